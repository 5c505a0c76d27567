"""What the collections of a store have in common, and the unit of work that can take writes back."""

from collections.abc import Callable
from itertools import count
from types import TracebackType

tokens = count(1)
"""Numbers for versions: where two states of a collection have the same, their content is equal."""


class Ledger:
    """What the collections of a store have in common."""

    __slots__ = ("counters", "sequence", "undo", "version")

    def __init__(self, sequence: int, counters: dict[str, int], version: int) -> None:
        self.sequence = sequence
        self.counters = counters
        self.version = version
        self.undo: list[Callable[[], None]] | None = None  # while a unit of work is open

    def copy(self) -> "Ledger":
        return Ledger(self.sequence, dict(self.counters), self.version)

    def renew(self) -> int:
        self.version = next(tokens)
        return self.version

    def record(self, undo: Callable[[], None]) -> None:
        if self.undo is not None:
            self.undo.append(undo)

    def set_counter(self, name: str, value: int) -> None:
        self.counters[name] = value
        self.renew()

    def drop_counter(self, name: str) -> None:
        del self.counters[name]
        self.renew()


class UnitOfWork:
    """A unit of work: an exception takes back all that was written since it was entered."""

    __slots__ = ("_ledger", "_mark", "_outermost", "_sequence")

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def __enter__(self) -> None:
        ledger = self._ledger
        self._outermost = ledger.undo is None
        if ledger.undo is None:
            ledger.undo = []
        self._mark = len(ledger.undo)
        self._sequence = ledger.sequence

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        ledger = self._ledger
        undo = ledger.undo or []
        if kind is not None:
            while len(undo) > self._mark:
                undo.pop()()
            ledger.sequence = self._sequence
        if self._outermost:
            ledger.undo = None
