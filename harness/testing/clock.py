"""The clock of a sandbox, as a test holds it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from harness.core.clock import format_instant, parse_instant

if TYPE_CHECKING:
    from harness.testing.control import Control

Moment = datetime | str
"""An aware datetime (naive is UTC) or ISO 8601 text."""


def moment(text: str) -> datetime:
    """The aware datetime of an answer's ISO text."""
    return datetime.fromisoformat(text)


def moment_or_none(text: str | None) -> datetime | None:
    """The same, where there may be none."""
    return None if text is None else moment(text)


def wish(clock: Moment | Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What `clock=` may be, for the control: `"frozen"`, `"live"`, a moment to freeze at, or a mapping with
    `mode`, `at` and `tick` (milliseconds a request)."""
    if clock is None:
        return None
    if isinstance(clock, Mapping):
        asked = dict(clock)
        if isinstance(asked.get("at"), datetime):
            asked["at"] = format_instant(parse_instant(asked["at"]))
        return asked
    if clock in ("frozen", "live"):
        return {"mode": clock}
    return {"mode": "frozen", "at": format_instant(parse_instant(clock))}


class Clock:
    """The time of one sandbox: frozen, moved by hand and by a tick at each request, or live."""

    def __init__(self, control: Control, sandbox: str) -> None:
        self._control = control
        self._sandbox = sandbox

    @property
    def now(self) -> datetime:
        """The sandbox's present."""
        return moment(self._get()["now"])

    @property
    def mode(self) -> Literal["frozen", "live"]:
        """Whether it stands still or runs with the machine."""
        mode: Literal["frozen", "live"] = self._get()["mode"]
        return mode

    @property
    def next_due(self) -> datetime | None:
        """When the next thing happens by itself (a job moves, a snooze ends); None when nothing will."""
        return moment_or_none(self._get()["next_due"])

    @property
    def tick(self) -> int:
        """Milliseconds a frozen clock moves at each request; settable."""
        tick: int = self._get()["tick"]
        return tick

    @tick.setter
    def tick(self, milliseconds: int) -> None:
        self._change("tick", tick=milliseconds)

    def advance(self, by: str | float | timedelta | None = None, /, *, wait: bool = True, **units: float) -> datetime:
        """Move forwards by `"1h30m"`, seconds, a timedelta or its units (`minutes=5`).

        All that becomes due happens on the way, each at its own moment; webhooks that become due have been sent on
        return, unless `wait` is False. Returns the new present.
        """
        if (by is None) == (not units):
            raise TypeError("advance() takes a duration ('5m', 300, a timedelta) or units (minutes=5), one of the two")
        if units:
            by = timedelta(**units)
        if isinstance(by, timedelta):
            by = by.total_seconds()
        return self._change("advance", by=by, wait=wait)

    def set(self, to: Moment, *, wait: bool = True) -> datetime:
        """Jump to a moment; forwards, what becomes due happens on the way, webhooks included as in `advance`."""
        return self._change("set", to=format_instant(parse_instant(to)), wait=wait)

    def freeze(self) -> datetime:
        """Stop at the present."""
        return self._change("freeze")

    def live(self) -> datetime:
        """Run with the machine, from the present on."""
        return self._change("live")

    def next(self, *, wait: bool = True) -> bool:
        """Move to the next due event and let it happen, webhooks included as in `advance`; False when there is none."""
        moved: bool = self._control.call("clock.change", sandbox=self._sandbox, action="next", wait=wait)["moved"]
        return moved

    def _get(self) -> dict[str, Any]:
        document: dict[str, Any] = self._control.call("clock.get", sandbox=self._sandbox)
        return document

    def _change(self, action: str, **arguments: Any) -> datetime:
        changed = self._control.call("clock.change", sandbox=self._sandbox, action=action, **arguments)
        return moment(changed["now"])

    def __repr__(self) -> str:
        return f"<Clock {self.mode} at {self.now.isoformat()}>"
