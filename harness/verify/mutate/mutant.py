"""A mutant: one way in which a fake or its mappings are broken, and what has to be seen for it to be noticed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from harness.core.provider import Handler
    from harness.verify.subject import Alter

Layer = Literal["answer", "state", "mapping"]


@dataclass(frozen=True, slots=True)
class Mutant:
    """One break, at one of three layers: what is answered, what a handler sees and keeps, how it is mapped."""

    layer: Layer
    kind: str
    """`rename`, `lost`, `swap` …"""
    what: str
    """What is broken: `contacts.list results[].first_name`."""
    place: str
    """The operation, or the unified method, it is of."""
    needs: tuple[str, ...]
    """The facts of which a case has to see one: see `sight`."""
    alter: Alter | None = field(default=None, repr=False)
    handlers: Mapping[str, Callable[[Handler], Handler]] = field(default_factory=dict, repr=False)
    mapping_override: Mapping[str, Any] = field(default_factory=dict, repr=False)
    fields: tuple[str, ...] = ()
    """Of a mapping: the fields of the result it is about."""

    @property
    def id(self) -> str:
        """`answer rename contacts.list results[].first_name`."""
        return f"{self.layer} {self.kind} {self.what}"
