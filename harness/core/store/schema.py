"""How a collection and its indexes are declared."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Document = dict[str, Any]
"""A stored document: never changed after it was put."""


@dataclass(frozen=True, slots=True)
class Order:
    """A sorted index. Documents of equal keys stand in the order of their insertion."""

    key: Callable[[Document], tuple[Any, ...]]
    """The values to sort by; those of one place must compare with each other."""
    group: Callable[[Document], Iterable[str]] | None = None
    """The groups a document is listed under, for instance its foreign keys. None of them: not listed."""


@dataclass(frozen=True, slots=True)
class Unique:
    """An index of keys that no two documents of a collection share."""

    keys: Callable[[Document], Iterable[Hashable]]
    """The keys of a document: none, one or several."""


@dataclass(frozen=True, slots=True)
class Schema:
    """The indexes of one collection. The order "sequence" (of insertion, ungrouped) is always there."""

    orders: Mapping[str, Order] = field(default_factory=dict)
    uniques: Mapping[str, Unique] = field(default_factory=dict)
    remembers: bool = True
    """Whether a cursor may name a document deleted lately."""
