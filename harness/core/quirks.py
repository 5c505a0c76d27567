"""Quirks: named switches for behaviour that the sources disagree on or do not state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from harness.nearest import unknown


class QuirkError(ValueError):
    """An unknown quirk or choice; the text names the valid ones."""


@dataclass(frozen=True, slots=True)
class Quirk:
    """One switch: its choices, the default, and what is known about it."""

    name: str
    summary: str
    choices: tuple[str, ...]
    default: str
    level: str
    source: tuple[str, ...]

    @classmethod
    def read(cls, name: str, data: Mapping[str, Any]) -> Quirk:
        """From the `x-quirks` entry of a contract."""
        evidence = data["x-evidence"]
        source = evidence.get("source", ())
        return cls(
            name,
            data["summary"],
            tuple(data["choices"]),
            data["default"],
            evidence["level"],
            (source,) if isinstance(source, str) else tuple(source),
        )


class Quirks(Mapping[str, str]):
    """The switches of one account: `quirks["name"]` reads, `quirks.set(name=choice)` sets."""

    __slots__ = ("_chosen", "_table", "fingerprint")

    def __init__(self, table: Mapping[str, Quirk], chosen: Mapping[str, str] | None = None) -> None:
        self._table = table
        self._chosen: dict[str, str] = {}
        self.fingerprint: tuple[tuple[str, str], ...] = ()
        """What differs from the defaults; equal for accounts that behave alike."""
        if chosen:
            self.set(chosen)

    def set(self, chosen: Mapping[str, str] | None = None, /, **more: str) -> None:
        """Choose; all of it or, when one name or choice is wrong, nothing."""
        wanted = {**(chosen or {}), **more}
        for name, choice in wanted.items():
            if name not in self._table:
                raise QuirkError(unknown("quirk", name, self._table))
            if choice not in self._table[name].choices:
                raise QuirkError(unknown(f"choice for quirk {name}:", str(choice), self._table[name].choices))
        self._chosen |= wanted
        self.fingerprint = tuple(
            sorted((name, choice) for name, choice in self._chosen.items() if choice != self._table[name].default)
        )

    def __getitem__(self, name: str) -> str:
        chosen = self._chosen.get(name)
        if chosen is not None:
            return chosen
        try:
            return self._table[name].default
        except KeyError:
            raise QuirkError(unknown("quirk", name, self._table)) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._table)

    def __len__(self) -> int:
        return len(self._table)

    def copy(self) -> Quirks:
        """The same choices, settable apart."""
        return Quirks(self._table, self._chosen)
