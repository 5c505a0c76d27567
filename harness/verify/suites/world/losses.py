"""What a provider's mappings are declared to lose of a world, value by value: `losses.yaml` beside the mappings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from harness.unified import catalogue
from harness.unified.document import Document, Reader
from harness.unified.integration import Integration
from harness.unified.placeholders import filled_data

FILE = "losses.yaml"
_TOP = ("words", "newest_first", "losses")
_RULE = ("where", "becomes", "reason")


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
        return all(about.get(name) == value for name, value in self.where.items())

    def left(self, about: Mapping[str, Any]) -> Any:
        """What a value of such a record comes to."""
        return filled_data(self.becomes, about)


@dataclass(frozen=True, slots=True)
class Losses:
    """All of a provider."""

    words: Mapping[str, Mapping[str, str]]
    newest_first: frozenset[str]
    rules: Mapping[str, Mapping[str, list[Loss]]]
    """By resource and field."""

    def word(self, kind: str, value: str) -> str:
        """What the provider says for a word of the world."""
        return self.words.get(kind, {}).get(value, value)

    def of(self, resource: str, field: str, about: Mapping[str, Any]) -> Loss | None:
        """The first that a value meets."""
        rules = self.rules.get(resource, {}).get(field, [])
        return next((rule for rule in rules if rule.meets(about)), None)


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
    return Losses(top.get("words", dict, {}), frozenset(newest_first), rules)


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
