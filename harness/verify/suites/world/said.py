"""What a world says, record by record: the words that neutral values are told in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.core.worlds import Place

Key = tuple[str, ...]
"""What a record of the world is known by: `("contacts", "anna")`, `("messages", "tent-pole", "0")`."""


@dataclass(frozen=True, slots=True)
class To:
    """Leads to another record, by its id."""

    resource: str
    key: Key


@dataclass(frozen=True, slots=True)
class At:
    """A moment, in milliseconds from the epoch."""

    offset: int


@dataclass(frozen=True, slots=True)
class Word:
    """What a provider says for a value of the world."""

    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Same:
    """A value that nobody knows but which is the same wherever it stands for the same thing, and no other's."""

    kind: str
    key: str


@dataclass(frozen=True, slots=True)
class Bytes:
    """An address that gives a file, whose content the world may leave open."""

    mime_type: str
    content: str | None


@dataclass(frozen=True, slots=True)
class Unordered:
    """A list whose order says nothing."""

    items: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """One record as the world tells it."""

    key: Key
    place: Place
    naturals: tuple[Any, ...]
    """What it can be found by; one of them is enough."""
    fields: Mapping[str, tuple[Any, Place]]
    """By unified field (`status.name`; through lists, too: `tags.name`), with the part of the world it comes from."""
    about: Mapping[str, Any] = field(default_factory=dict)
    """What declared losses may ask about."""
    within: Key | None = None
    """The conversation it is a part of."""
    at: int | None = None
    """When it came, for the order."""


Fields = dict[str, tuple[Any, Place]]


class Facts:
    """A world, its records by their keys, and the section of one provider."""

    def __init__(self, world: Mapping[str, Any], provider: str, words_of: Callable[[str, str], list[str]]) -> None:
        self.world = world
        self.words_of = words_of
        self.section: Mapping[str, Any] = world.get(provider) or {}
        self.agents = _by_key(world, "agents")
        self.channels = _by_key(world, "channels")
        self.contacts = _by_key(world, "contacts")
        self.teams = _by_key(world, "teams")
        self.tags = _by_key(world, "tags")
        self.files = _by_key(world, "files")


def _by_key(world: Mapping[str, Any], name: str) -> dict[str, Mapping[str, Any]]:
    return {record["key"]: record for record in world[name]}


def full_name(person: Mapping[str, Any]) -> str | None:
    """Of a contact or an agent."""
    return " ".join(part for part in (person["first_name"], person["last_name"]) if part) or None
