"""What a provider's mappings are declared to lose of a world, value by value: `losses.yaml` beside the mappings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from harness.core.worlds import relative
from harness.unified import catalogue
from harness.unified.document import Document, Reader
from harness.unified.integration import Integration
from harness.unified.placeholders import filled_data

FILE = "losses.yaml"
_TOP = ("words", "newest_first", "hidden", "beside", "searched", "by_id", "losses")
_RULE = ("where", "becomes", "reason")
_HIDDEN = ("where", "asked", "reason")
_BESIDE = ("where", "reason")
_SEARCHED = ("field", "since", "filters", "reason")


@dataclass(frozen=True, slots=True)
class Loss:
    """One kind of value that comes to something else."""

    place: str
    """The file and line that say so."""
    reason: str
    where: Mapping[str, Any]
    becomes: Any

    def meets(self, about: Mapping[str, Any]) -> bool:
        """Whether a record is of those it is about."""
        return _meets(self.where, about)

    def left(self, about: Mapping[str, Any]) -> Any:
        """What a value of such a record comes to."""
        return filled_data(self.becomes, about)


@dataclass(frozen=True, slots=True)
class Hidden:
    """Records that a list does not show by itself."""

    place: str
    where: Mapping[str, Any]
    asked: Mapping[str, Any] | None
    """With which query it does; None: with none."""


@dataclass(frozen=True, slots=True)
class Searched:
    """A list that finds by its filters only what is not too old."""

    field: str
    since: int
    """In milliseconds after the end of the world."""
    filters: frozenset[str]


@dataclass(frozen=True, slots=True)
class Losses:
    """All of a provider."""

    words: Mapping[str, Mapping[str, str | list[str]]]
    newest_first: frozenset[str]
    rules: Mapping[str, Mapping[str, list[Loss]]]
    """By resource and field."""
    hidden: Mapping[str, Hidden] = field(default_factory=dict)
    """By resource."""
    beside: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """The fields of records that a provider has and no world."""
    searched: Mapping[str, Searched] = field(default_factory=dict)
    """By resource."""
    by_id: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """By resource the fields that a record has in its list alone, with the reason."""

    def words_of(self, kind: str, value: str) -> list[str]:
        """What the provider says for a word of the world: one word, or several."""
        found = self.words.get(kind, {}).get(value, value)
        return [found] if isinstance(found, str) else list(found)

    def hides(self, resource: str, about: Mapping[str, Any]) -> bool:
        """Whether a record of the world is not to be had at all."""
        hidden = self.hidden.get(resource)
        return hidden is not None and hidden.asked is None and _meets(hidden.where, about)

    def is_listed(self, resource: str, about: Mapping[str, Any]) -> bool:
        """Whether a list shows a record of the world without being asked for it."""
        return resource not in self.hidden or not _meets(self.hidden[resource].where, about)

    def is_beside(self, resource: str, record: Mapping[str, Any]) -> bool:
        """Whether a record is one of those that no world has."""
        where = self.beside.get(resource)
        return where is not None and _meets(where, record)

    def of(self, resource: str, field: str, about: Mapping[str, Any]) -> Loss | None:
        """The first that a value meets."""
        rules = self.rules.get(resource, {}).get(field, [])
        return next((rule for rule in rules if rule.meets(about)), None)


def _meets(where: Mapping[str, Any], about: Mapping[str, Any]) -> bool:
    return all(about.get(name) == value for name, value in where.items())


def losses(integration: Integration) -> Losses:
    """What is declared for an integration. Raises ConfigurationError."""
    return _read(integration.folder)


@lru_cache(maxsize=16)
def _read(folder: Path) -> Losses:
    path = folder / FILE
    if not path.is_file():
        return Losses({}, frozenset(), {})
    top = Reader(Document.load(path))
    top.only(_TOP)
    below = top.below("losses")
    rules = {}
    for resource, at in below.children() if below else ():
        _known(resource, at)
        rules[resource] = {field: _rules(at, field) for field in at.data}
    newest_first: list[str] = top.get("newest_first", list, [])
    for index, resource in enumerate(newest_first):
        _known(resource, top, "newest_first", index)
    return Losses(
        top.get("words", dict, {}),
        frozenset(newest_first),
        rules,
        {resource: _hidden(at) for resource, at in _resources(top, "hidden", _HIDDEN)},
        {resource: at.get("where", dict, {}) for resource, at in _resources(top, "beside", _BESIDE)},
        {resource: _searched(at) for resource, at in _resources(top, "searched", _SEARCHED)},
        _by_id(top.below("by_id")),
    )


def _by_id(at: Reader | None) -> dict[str, dict[str, str]]:
    found = {}
    for resource, below in at.children() if at else ():
        _known(resource, below)
        found[resource] = {field: below.text(field) for field in below.data}
    return found


def _resources(top: Reader, name: str, known: tuple[str, ...]) -> Iterator[tuple[str, Reader]]:
    """The declarations of a section by resource, each with its reason."""
    below = top.below(name)
    for resource, at in below.children() if below else ():
        _known(resource, at)
        at.only(known)
        at.text("reason")
        yield resource, at


def _hidden(at: Reader) -> Hidden:
    return Hidden(at.document.where(at.place).partition(": ")[0], at.get("where", dict, {}), at.get("asked", dict))


def _searched(at: Reader) -> Searched:
    return Searched(at.text("field"), relative(at.text("since")), frozenset(at.get("filters", list, [])))


def _known(resource: str, at: Reader, *below: str | int) -> None:
    model, _, name = resource.partition(".")
    try:
        catalogue.resource(model, name)
    except catalogue.UnknownName as error:
        raise at.wrong(str(error), *below) from None


def _rules(at: Reader, field: str) -> list[Loss]:
    found = []
    for index, data in enumerate(at.get(field, list, [])):
        rule = Reader(at.document, (*at.place, field, index), data)
        rule.only(_RULE)
        place = at.document.where(rule.place).partition(": ")[0]
        found.append(Loss(place, rule.text("reason"), rule.get("where", dict, {}), rule.data.get("becomes")))
    return found
