"""Waiting until a provider lets a request through: only where the caller gives a sleep, and only where it is safe."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, TypeAlias, TypeVar

from harness.unified.account import IntegratedAccount
from harness.unified.errors import Unreachable
from harness.unified.exchange import Incoming, Outgoing, Steps
from harness.unified.remote import rate_limit

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Pause:
    """A wish beside requests: wait."""

    seconds: float


Calling: TypeAlias = Generator[Outgoing | Pause, Incoming | None, T]
"""A call with pauses: like Steps, but a Pause may come where a request is expected; it is sent None."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Send a request again when its answer says later.

    A request answered with 429 or 503 is sent again after its `Retry-After` (for a 429 without one, after the time the
    integration reads from its rate limit; without either it is not). Reads are also sent again after 502, 504 and no
    answer: after `Retry-After`, else after 1, 2, 4 … seconds. Other answers are final; so is any answer to a create,
    an update or a custom method without an idempotency key.
    """

    sleep: Callable[[float], Any]
    """Called with seconds, such as `time.sleep`, `asyncio.sleep` or `sandbox.clock.advance`; the async client awaits
    what it gives."""
    attempts: int = 3
    """How often one request is sent at most."""
    max_wait: float = 60.0
    """Seconds: what asks for a longer wait is final."""

    def __post_init__(self) -> None:
        if not callable(self.sleep):
            raise TypeError(f"Retry(sleep=…) is a function of seconds such as time.sleep, not {self.sleep!r}")
        if self.attempts < 1:
            raise ValueError(f"Retry(attempts=…) is a number from 1, not {self.attempts!r}")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one call may wait, by what it does."""

    account: IntegratedAccount
    retry: Retry | None
    reads: bool
    repeatable: bool
    """Whether sending again cannot do a thing twice."""

    def wait(self, attempt: int, outcome: Incoming | Unreachable) -> float | None:
        """Seconds until the next attempt, None where there is none."""
        if self.retry is None or attempt >= self.retry.attempts or not self.repeatable:
            return None
        seconds = self._asked(attempt, outcome)
        return seconds if seconds is not None and seconds <= self.retry.max_wait else None

    def _asked(self, attempt: int, outcome: Incoming | Unreachable) -> float | None:
        backoff = float(2 ** (attempt - 1)) if self.reads else None
        if isinstance(outcome, Unreachable):
            return backoff
        if outcome.status not in (429, 502, 503, 504):
            return None
        after = _retry_after(outcome)
        if outcome.status in (502, 504):
            return None if backoff is None else backoff if after is None else after
        if after is None and outcome.status == 429:
            reset = rate_limit(self.account, outcome).get("ratelimit-reset")
            after = _number(reset)
        return after


def patient(steps: Steps[T], patience: Patience) -> Calling[T]:
    """The steps of a call, each of whose requests is sent again as far as there is patience."""
    try:
        request = next(steps)
        while True:
            outcome = yield from _sent(request, patience)
            request = steps.throw(outcome) if isinstance(outcome, Unreachable) else steps.send(outcome)
    except StopIteration as stop:
        found: T = stop.value
        return found


def _sent(request: Outgoing, patience: Patience) -> Calling[Incoming | Unreachable]:
    attempt = 0
    while True:
        attempt += 1
        outcome: Incoming | Unreachable
        try:
            answer = yield request
            assert answer is not None  # noqa: S101 - only a Pause is sent None
            outcome = answer
        except Unreachable as error:
            outcome = error
        seconds = patience.wait(attempt, outcome)
        if seconds is None:
            return outcome
        yield Pause(seconds)


def _retry_after(answer: Incoming) -> float | None:
    """Seconds, also of a Retry-After that is a date: measured from the answer's own Date."""
    text = answer.header("retry-after")
    if text is None or (seconds := _number(text)) is not None:
        return None if text is None else seconds
    try:
        now = parsedate_to_datetime(answer.header("date") or "")
        return max(0.0, (parsedate_to_datetime(text) - now).total_seconds())
    except (TypeError, ValueError):
        return None


def _number(text: str | None) -> float | None:
    try:
        number = None if text is None else float(text)
    except ValueError:
        return None
    return number if number is not None and 0 <= number < float("inf") else None
