"""What an answer of the real provider tells: records that were there, and values that no fake can foretell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Literal

When = Literal["before", "made", "meanwhile"]


@dataclass(frozen=True, slots=True)
class Shown:
    """A record as an answer shows it, for a pack to put into an account."""

    operation: str
    """The operation that answered it."""
    path: Mapping[str, str]
    """That operation's path parameters."""
    record: Mapping[str, Any]
    """The record; of an answer that holds none with an id, the whole answer."""
    when: When = "before"
    """`before`: it was there before the first request. `made`: the request made it, so only what it refers to was
    there. `meanwhile`: it came or changed between two requests, through somebody else."""
    changes: int = 0
    """How many requests had to do with it before it was first shown, so that it may have been otherwise at first."""


Freedom = Literal["value", "filled", "null", "order", "length", "items", "empty"]
"""How a fake may differ at a place: in the value (not in its form); by something where the provider has null
(`filled`) or null where it has something; in a list by the order, by the number of items (not by having none), by
having other ones besides (`items`, of records with ids), or by having none or some."""


@dataclass(frozen=True, slots=True)
class Unstable:
    """What may differ between a provider and its fake although both are right: no source tells."""

    operations: str
    """By id, or a pattern of ids: `files.*`."""
    place: str
    """The end of the place in the answer, without indexes: `link.valid_until`."""
    frees: tuple[Freedom, ...]
    reason: str

    def covers(self, operation: str, place: str) -> bool:
        """Whether it is about a place (`results.link.valid_until`) of an operation's answers."""
        return f".{place}".endswith(f".{self.place}") and fnmatchcase(operation, self.operations)


class NotPrimed(Exception):
    """A record from which no state can be made; the text says why."""
