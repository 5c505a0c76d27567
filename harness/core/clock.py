"""Virtual time in whole milliseconds since the Unix epoch, and its text forms.

This is the only module that asks the machine for the time, and only a live clock does.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from math import isfinite
from typing import Literal

EPOCH = 1_768_467_600_000
"""2026-01-15T09:00:00Z: where a frozen sandbox begins and its world ends."""

SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000

Mode = Literal["frozen", "live"]

_UNITS = {"ms": 1, "s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY}
_DURATION = re.compile(r"(\d+)(ms|[smhd])")


class TimeError(ValueError):
    """A moment or a duration that cannot be read; the text says which forms are valid."""


def machine_time() -> int:
    """The machine's own time, in milliseconds."""
    return time.time_ns() // 1_000_000


def parse_duration(value: str | float | timedelta) -> int:
    """Milliseconds of `"1h30m"`, a number of seconds, or a timedelta; never negative."""
    if isinstance(value, timedelta):
        length = round(value.total_seconds() * 1000)
    elif isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value):
        length = round(value * 1000)
    elif isinstance(value, str) and (parts := _DURATION.findall(value)) and "".join(map("".join, parts)) == value:
        length = sum(int(number) * _UNITS[unit] for number, unit in parts)
    else:
        raise TimeError(f"not a duration: {value!r}; give seconds, a timedelta, or text such as '5m' or '1d12h'")
    if length < 0:
        raise TimeError(f"time does not run backwards: {value!r}; use clock.set() to go back")
    return length


def parse_instant(value: str | datetime) -> int:
    """Milliseconds of an ISO 8601 moment (`2026-01-15T09:00:00Z`); without a zone it is UTC."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise TimeError(f"not a moment: {value!r}; give ISO 8601 such as '2026-01-15T09:00:00Z'") from None
    if not isinstance(value, datetime):
        raise TimeError(f"not a moment: {value!r}; give a datetime or ISO 8601 text")
    if value.tzinfo is None:
        value = value.replace(tzinfo=UTC)
    return (value - _ZERO) // _MILLISECOND


def parse_shown(text: str) -> int:
    """Milliseconds of a date-time as JSON schemas let it pass, in whatever letters.

    Raises TimeError; also for what no clock shows: leap seconds, and moments outside the years 1 to 9999 of UTC.
    """
    value = parse_instant(text.upper())
    try:
        to_datetime(value)
    except OverflowError:
        raise TimeError(f"not a moment: {text!r}; it lies outside the years 1 to 9999") from None
    return value


_ZERO = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def to_datetime(moment: int) -> datetime:
    """The moment as an aware datetime in UTC."""
    return _ZERO + timedelta(milliseconds=moment)


def format_instant(moment: int, *, fraction: bool = True) -> str:
    """ISO 8601 in UTC with a trailing Z, with milliseconds or in whole seconds."""
    second, milliseconds = divmod(moment, 1000)
    text = _second_text(second)
    return f"{text}.{milliseconds:03}Z" if fraction else f"{text}Z"


@lru_cache(maxsize=4096)
def _second_text(second: int) -> str:
    return to_datetime(second * 1000).isoformat()[:-6]


class Clock:
    """The time of one sandbox: frozen (moved by hand, plus `tick` at each request) or live."""

    __slots__ = ("_moment", "_source", "mode", "tick")

    def __init__(
        self,
        start: int = EPOCH,
        *,
        mode: Mode = "frozen",
        tick: int = 1,
        source: Callable[[], int] = machine_time,
    ) -> None:
        self._source = source
        self.mode: Mode = mode
        self.tick = tick
        # Frozen: the moment itself. Live: what to add to the source.
        self._moment = start if mode == "frozen" else start - source()

    def now(self) -> int:
        """The current moment."""
        return self._moment if self.mode == "frozen" else self._source() + self._moment

    def begin_request(self) -> int:
        """The moment of a request that comes in now; moves a frozen clock by one tick."""
        if self.mode == "frozen":
            self._moment += self.tick
            return self._moment
        return self._source() + self._moment

    def set(self, moment: int) -> None:
        """Jump there, forwards or backwards; the mode stays."""
        self._moment = moment if self.mode == "frozen" else moment - self._source()

    def freeze(self) -> None:
        """Stop at the current moment."""
        self._moment, self.mode = self.now(), "frozen"

    def live(self) -> None:
        """Run with the machine, from the current moment on."""
        self._moment, self.mode = self.now() - self._source(), "live"

    def copy(self) -> Clock:
        """A clock of its own that shows the same time."""
        return Clock(self.now(), mode=self.mode, tick=self.tick, source=self._source)

    def become(self, other: Clock) -> None:
        """Take over the other's time, mode and tick."""
        moment = other.now()
        self.mode, self.tick = other.mode, other.tick
        self.set(moment)
