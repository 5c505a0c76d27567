"""Ids and times of documents."""

from __future__ import annotations

from typing import Final

from harness.core.clock import EPOCH, SECOND, format_instant
from harness.core.ids import digest
from harness.core.unit import Unit

_PROCESS: Final = digest("kustomer", "process", length=5).hex()
_COUNTED: Final = 1 << 24


class Seeding(Unit):
    """A unit of work that projects a world: one record after the other is made at its own moment, and all ids follow
    from the records' names, so that they are the same in every sandbox."""

    def __init__(self, unit: Unit, *, is_fragment: bool) -> None:
        quirks = unit.quirks.copy()
        quirks.set(error_form="recorded")  # what is refused is told as a problem of the world
        super().__init__(unit.pack, unit.store, quirks, unit.now)
        self.end = unit.now
        """When the world ends; `now` is the moment of the record that is made."""
        # a piece comes after what is there already, whenever the world ended
        self._shift = 0 if is_fragment else EPOCH - unit.now
        self._drawn = 0
        self._tail = ""

    def begin(self, name: str, created: int, number: int | None = None) -> None:
        """Go on with a record, made so many milliseconds after the end of the world (before it: negative); `number`:
        with a part of it, whose id comes after those of the parts before it, also within one second."""
        self.now = self.end + created
        tail = digest("kustomer", name, length=7).hex()
        self._tail = tail if number is None else f"{tail[:10]}{number & 0xFFFF:04x}"
        self._drawn = 0

    def draw(self) -> str:
        """The next id of the record; its second is that of a world which ends at the epoch of all worlds."""
        number, self._drawn = self._drawn, self._drawn + 1
        return f"{_second(self.now + self._shift)}{self._tail}{number & 0xFF:02x}"


def moment(at: int) -> str:
    """recorded: in UTC, with milliseconds and Z."""
    return format_instant(at, fraction=True)


def new_id(unit: Unit, at: int | None = None) -> str:
    """A fresh id. recorded: 24 hexadecimal digits, the first eight the second of creation; the others are those of an
    ObjectId, a process and a counter, so that ids sort by creation."""
    if isinstance(unit, Seeding):
        return unit.draw()
    number = unit.store.counter("id") % _COUNTED
    return f"{_second(unit.now if at is None else at)}{_PROCESS}{number:06x}"


def _second(at: int) -> str:
    return f"{min(max(at // SECOND, 0), 0xFFFFFFFF):08x}"
