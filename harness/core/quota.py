"""Quotas: how many requests an account, key, operation or object may make in a window of time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from harness.nearest import unknown

if TYPE_CHECKING:
    from harness.core.provider import Call

Kind = Literal["fixed", "sliding"]
OFF = 1_000_000_000
"""The limit of every quota where quotas are off: the code stays on, nobody reaches it."""

MAX_WINDOWS = 100_000
"""How many windows an account keeps."""


class QuotaError(ValueError):
    """An unknown quota or an impossible value; the text names what is valid."""


def of_account(call: Call) -> str:
    """One window for the whole account."""
    return ""


def of_key(call: Call) -> str:
    """One window a key."""
    return call.key


def of_operation(call: Call) -> str:
    """One window an operation."""
    return call.operation.id


@dataclass(frozen=True, slots=True)
class Quota:
    """`limit` requests in `window` milliseconds for each scope.

    `scope` gives the name of the window a call counts in (`of_account`, `of_key`, `of_operation`, or an
    object's id from the path), or None when the call does not count. A fixed window begins with the
    first request in it; a sliding one looks back from each request. `quirk` names the quirk that
    chooses between the two. `chosen_by` names one that chooses the limit: `limits` has it by choice (None: there is
    none), `limit` stands for the other choices.
    """

    name: str
    limit: int
    window: int
    kind: Kind = "fixed"
    scope: Callable[[Call], str | None] = of_account
    quirk: str | None = None
    chosen_by: str | None = None
    limits: Mapping[str, int | None] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        if bool(self.limits) != (self.chosen_by is not None):
            raise QuotaError(f"quota {self.name}: limits and chosen_by belong together")


class Window:
    """What is left of one quota in one scope."""

    __slots__ = ("_hits", "_kind", "_used", "limit", "opened", "quota")

    def __init__(self, quota: Quota, kind: Kind, limit: int) -> None:
        self.quota = quota
        self.limit = limit
        self.opened: int | None = None
        self._kind = kind
        self._used = 0
        self._hits: deque[int] = deque()

    def _settle(self, now: int) -> None:
        if self._kind == "sliding":
            edge = now - self.quota.window
            while self._hits and self._hits[0] <= edge:
                self._hits.popleft()
            while self._hits and self._hits[-1] > now:  # the clock was set back
                self._hits.pop()
            self._used = len(self._hits)
            self.opened = self._hits[0] if self._hits else None
        elif self.opened is not None and not self.opened <= now < self.opened + self.quota.window:
            self.opened, self._used = None, 0

    def remaining(self, now: int) -> int:
        """Requests that would still be answered."""
        self._settle(now)
        return max(0, self.limit - self._used)

    def take(self, now: int) -> None:
        """Count one request; ask `remaining` first."""
        if self.opened is None:
            self.opened = now
        self._used += 1
        if self._kind == "sliding":
            self._hits.append(now)

    def leave(self, remaining: int, now: int) -> None:
        """Make it so that `remaining` requests are left, as if the others had been made now."""
        if not 0 <= remaining <= self.limit:
            raise QuotaError(f"quota {self.quota.name}: remaining is 0 to {self.limit}, not {remaining}")
        self._used = self.limit - remaining
        self.opened = now if self._used else None
        if self._kind == "sliding":
            self._hits = deque([now] * self._used)

    def resets_at(self, now: int) -> int:
        """When the next request is possible (sliding) or the window is whole again (fixed)."""
        self._settle(now)
        if self._kind == "sliding" and self._used > self.limit > 0:  # the limit was lowered meanwhile
            return self._hits[self._used - self.limit] + self.quota.window
        return now if self.opened is None else self.opened + self.quota.window

    def become(self, kind: Kind) -> None:
        """Count on in the other way: what was counted stays counted, from the window's beginning."""
        if kind == self._kind:
            return
        self._kind = kind
        opened = self.opened if self.opened is not None else 0
        self._hits = deque([opened] * self._used) if kind == "sliding" else deque()

    def copy(self) -> Window:
        """The same count, apart."""
        twin = Window(self.quota, self._kind, self.limit)
        twin.opened, twin._used, twin._hits = self.opened, self._used, self._hits.copy()
        return twin


class Quotas:
    """All windows of one account."""

    __slots__ = ("_limits", "_quirks", "_table", "_windows", "real")

    def __init__(self, table: Mapping[str, Quota], quirks: Mapping[str, str], *, real: bool) -> None:
        self.real = real
        """False where quotas are off."""
        self._table = table
        self._quirks = quirks
        self._limits: dict[str, int] = {}
        self._windows: dict[tuple[str, str], Window] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(self._table)

    def limit(self, name: str) -> int:
        """The limit in force: the one that was set, or else the one the quirks choose."""
        quota = self._quota(name)
        found = self._limits.get(name)
        if found is not None:
            return found
        if not self.real:
            return OFF
        if quota.chosen_by is None:
            return quota.limit
        chosen = quota.limits.get(self._quirks[quota.chosen_by], quota.limit)
        return OFF if chosen is None else chosen

    def set_limit(self, name: str, limit: int) -> None:
        """Another limit from now on, for windows that are open too."""
        self._quota(name)
        if limit < 0:
            raise QuotaError(f"quota {name}: a limit is at least 0, not {limit}")
        self._limits[name] = limit
        for (owner, _), window in self._windows.items():
            if owner == name:
                window.limit = limit
                window.become(self._kind(name, limit))

    def window(self, name: str, scope: str = "") -> Window:
        """The window of a scope, opened when it is asked for."""
        found = self._windows.get((name, scope))
        if found is None:
            self._make_room()
            limit = self.limit(name)
            found = self._windows[name, scope] = Window(self._quota(name), self._kind(name, limit), limit)
        return found

    def _make_room(self) -> None:
        """Let go of the oldest windows when there are very many: a scope may be any id a client sends."""
        if len(self._windows) >= MAX_WINDOWS:
            for place in list(self._windows)[: MAX_WINDOWS // 10]:
                del self._windows[place]

    def follow_quirks(self) -> None:
        """Let windows that are open count, and to the limits, as the quirks now say."""
        for (name, _), window in self._windows.items():
            window.limit = self.limit(name)
            window.become(self._kind(name, window.limit))

    def _kind(self, name: str, limit: int) -> Kind:
        quota = self._quota(name)
        if limit >= OFF:  # nobody can count to OFF, and a sliding window would keep every hit
            return "fixed"
        if quota.quirk is None:
            return quota.kind
        return "sliding" if self._quirks[quota.quirk] == "sliding" else "fixed"

    def take(self, call: Call) -> Window | None:
        """Count the call everywhere, or return the window that refuses it (then it counts nowhere)."""
        now = call.now
        counted = []
        for quota in self._table.values():
            scope = quota.scope(call)
            if scope is None:
                continue
            window = self._windows.get((quota.name, scope)) or self.window(quota.name, scope)
            if window.remaining(now) <= 0:
                return window
            counted.append(window)
        for window in counted:
            window.take(now)
        return None

    def count(self, name: str, scope: str, now: int) -> Window | None:
        """Count one use in a scope, or return the window that refuses it: for what only a handler knows.

        `take` leaves a quota to it whose `scope` is None for every call.
        """
        window = self._windows.get((name, scope)) or self.window(name, scope)
        if window.remaining(now) <= 0:
            return window
        window.take(now)
        return None

    def open_windows(self) -> Iterator[tuple[str, str, Window]]:
        """Name, scope and window of all that was counted."""
        for (name, scope), window in self._windows.items():
            yield name, scope, window

    def copy(self, quirks: Mapping[str, str]) -> Quotas:
        """The same counts and limits that were set, apart; the rest as these quirks say."""
        twin = Quotas(self._table, quirks, real=self.real)
        twin._limits = dict(self._limits)
        twin._windows = {place: window.copy() for place, window in self._windows.items()}
        twin.follow_quirks()
        return twin

    def _quota(self, name: str) -> Quota:
        try:
            return self._table[name]
        except KeyError:
            raise QuotaError(unknown("quota", name, self._table)) from None
