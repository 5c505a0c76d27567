"""Configuration files and overrides as data that knows where each part of it stands."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.nearest import unknown
from harness.unified.errors import ConfigurationError

if TYPE_CHECKING:
    from harness.marked_yaml import Place


@dataclass(frozen=True, slots=True)
class Document:
    """Plain data, and for messages where each part of it comes from.

    `origins` has the texts of places that are known exactly (`superchat/ticketing.yaml:12`); a part without one is
    placed by what is around it.
    """

    data: Any
    origins: Mapping[Place, str] = field(default_factory=dict)
    name: str = ""

    @classmethod
    def load(cls, path: Path) -> Document:
        """A YAML or JSON file. Raises ConfigurationError with line and column."""
        from harness import marked_yaml

        name = f"{path.parent.name}/{path.name}"
        try:
            source = marked_yaml.read(path)
        except marked_yaml.Unreadable as error:
            where = ":".join(str(part) for part in (name, error.line, error.column) if part is not None)
            raise ConfigurationError(where, str(error)) from None
        for place, message in source.findings:
            raise ConfigurationError(f"{name}:{source.position(place)[0]}", f"{_shown(place)} {message}")
        return cls(source.data, {place: f"{name}:{line}" for place, (line, _) in source.marks.items()}, name)

    def where(self, place: Place) -> str:
        """`superchat/ticketing.yaml:12: resources.contacts.list`."""
        known = place
        while known and known not in self.origins:
            known = known[:-1]
        return f"{self.origins.get(known, self.name)}: {_shown(place)}" if place else self.name

    def merged(self, override: Any, name: str) -> Document:
        """With an override on top: mappings merge deeply; lists, texts and all else are replaced whole."""
        origins = dict(self.origins)
        data = _merge(self.data, override, (), origins, name)
        return Document(data, origins, self.name)


def _merge(base: Any, over: Any, place: Place, origins: dict[Place, str], name: str) -> Any:
    if isinstance(base, Mapping) and isinstance(over, Mapping):
        merged = dict(base)
        for key, value in over.items():
            merged[key] = _merge(base.get(key), value, (*place, key), origins, name)
        return merged
    origins[place] = name
    return over


def _shown(place: Place) -> str:
    return ".".join(str(part) for part in place)


class Reader:
    """Reads a mapping of a document by its known keys; anything else is refused with its place."""

    def __init__(self, document: Document, place: Place = (), data: Any = None) -> None:
        self.document = document
        self.place = place
        self.data: Mapping[str, Any] = document.data if not place else data
        if not isinstance(self.data, Mapping):
            raise self.wrong("must be a mapping")

    def wrong(self, message: str, *below: str | int) -> ConfigurationError:
        """An error at this place."""
        return ConfigurationError(self.document.where((*self.place, *below)), message)

    def only(self, known: Collection[str], elsewhere: Collection[str] = ()) -> None:
        """Refuse keys that are not known; those of `elsewhere` are Truto's, but not offered here."""
        for key in self.data:
            if key in elsewhere:
                raise self.wrong(f"{key!r} is a field of Truto's that no integration here has needed: not offered", key)
            if key not in known:
                raise self.wrong(unknown("field", str(key), known), key)

    def get(self, key: str, kind: type | tuple[type, ...], default: Any = None) -> Any:
        """A value of a type; null is like nothing."""
        value = self.data.get(key)
        if value is None:
            return default
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is int):
            names = " or ".join(each.__name__ for each in (kind if isinstance(kind, tuple) else (kind,)))
            raise self.wrong(f"must be of type {names}, not {type(value).__name__}", key)
        return value

    def text(self, key: str) -> str:
        """A text that must be there."""
        value: str | None = self.get(key, str)
        if not value:
            raise self.wrong(f"{key!r} is missing: give a text")
        return value

    def choice(self, key: str, choices: Collection[str], default: str) -> str:
        """One of some texts."""
        value: str = self.get(key, str, default)
        if value not in choices:
            raise self.wrong(unknown(key, value, choices), key)
        return value

    def below(self, key: str) -> Reader | None:
        """The mapping under a key, None where there is none."""
        value = self.data.get(key)
        return None if value is None else Reader(self.document, (*self.place, key), value)

    def children(self) -> Iterator[tuple[str, Reader]]:
        """Each key with the mapping under it."""
        for key, value in self.data.items():
            yield key, Reader(self.document, (*self.place, key), value)
