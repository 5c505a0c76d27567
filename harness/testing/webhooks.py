"""Webhooks as a test holds them: what was queued for whom, what became of it, and what is to go wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, get_args, overload

from harness.nearest import unknown
from harness.testing.clock import moment, moment_or_none

if TYPE_CHECKING:
    from harness.testing.control import Control

State = Literal["queued", "retrying", "delivered", "failed", "refused"]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One time a delivery was sent."""

    at: datetime
    status: int | None
    """What the receiver answered; None when it did not."""
    error: str | None
    body: str
    """How its answer begins."""
    signature: tuple[str, ...]
    """The names of the headers that signed it."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event on its way to one subscription."""

    subscription: str
    target_url: str
    state: State
    reason: str | None
    """Why it is not delivered."""
    next_at: datetime | None
    """When it is tried again."""
    attempts: tuple[Attempt, ...]

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Delivery:
        """From the control's document."""
        return cls(
            document["subscription"],
            document["target_url"],
            document["state"],
            document["reason"],
            moment_or_none(document["next_at"]),
            tuple(
                Attempt(moment(each["at"]), each["status"], each["error"], each["body"], tuple(each["signature"]))
                for each in document["attempts"]
            ),
        )


@dataclass(frozen=True, slots=True)
class Event:
    """A webhook event: what happened, and its way to each subscription that wants it."""

    id: str
    type: str
    provider: str
    at: datetime
    payload: Any
    deliveries: tuple[Delivery, ...]

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Event:
        """From the control's document."""
        return cls(
            document["id"],
            document["type"],
            document["provider"],
            moment(document["at"]),
            document["payload"],
            tuple(map(Delivery.read, document["deliveries"])),
        )

    def __str__(self) -> str:
        at = self.at.isoformat(timespec="milliseconds").removesuffix("+00:00")
        states = ", ".join(f"{each.target_url} {each.state}" for each in self.deliveries) or "nobody wanted it"
        return f"{at}Z  {self.provider} {self.type} {self.id}  {states}"


@dataclass(frozen=True, slots=True)
class Report:
    """How many deliveries there are of each kind."""

    sent: int
    """Posts which the call sent; a server sends by itself, too."""
    delivered: int
    waiting: int
    retrying: int
    failed: int
    refused: int


class Webhooks(Sequence[Event]):
    """The ledger of a sandbox's webhooks (or of one account in it), oldest event first, read anew at each use."""

    def __init__(self, control: Control, sandbox: str, provider: str | None = None) -> None:
        self._control = control
        self._sandbox = sandbox
        self._provider = provider

    def events(self, type: str | None = None, *, provider: str | None = None) -> list[Event]:
        """The events that fit all that is given. Raises ControlError for a type or provider there is not."""
        return self._read(provider or self._provider, type)

    def deliveries(self, state: State | None = None) -> list[Delivery]:
        """All deliveries, or those in a state. Raises ValueError for one there is not."""
        if state is not None and state not in get_args(State):
            raise ValueError(unknown("state of a delivery", state, get_args(State)))
        return [each for event in self for each in event.deliveries if state is None or each.state == state]

    def deliver(self) -> Report:
        """Send what waits, and return when each of it has been tried; what failed is tried again by the clock."""
        return self._deliver()

    def wait(self, count: int, timeout: float = 10) -> Report:
        """Return when so many deliveries have succeeded in all; ControlError after real seconds without."""
        return self._deliver(count=count, timeout=timeout)

    def redeliver(self, event: Event | str, subscription: str | None = None) -> Event:
        """Queue an event once more, for all it went to or for one subscription."""
        if isinstance(event, str):
            found = {each.id: each for each in self}
            if event not in found:
                raise KeyError(unknown("event", event, [*found][-20:]))
            event = found[event]
        again = {"provider": event.provider, "event": event.id, "subscription": subscription}
        return Event.read(self._control.call("webhooks.redeliver", sandbox=self._sandbox, **again))

    def __iter__(self) -> Iterator[Event]:
        return iter(self._read(self._provider))

    def __len__(self) -> int:
        return len(self._read(self._provider))

    @overload
    def __getitem__(self, index: int) -> Event: ...
    @overload
    def __getitem__(self, index: slice) -> list[Event]: ...
    def __getitem__(self, index: int | slice) -> Event | list[Event]:
        return self._read(self._provider)[index]

    def _read(self, provider: str | None, type: str | None = None) -> list[Event]:
        answer = self._control.call("webhooks.list", sandbox=self._sandbox, provider=provider, type=type)
        return [Event.read(document) for document in answer["events"]]

    def _deliver(self, **options: Any) -> Report:
        wanted = {"sandbox": self._sandbox, "provider": self._provider, **options}
        return Report(**self._control.call("webhooks.deliver", **wanted))

    def __repr__(self) -> str:
        lines = "\n".join(map(str, self))
        return f"<Webhooks of {self._provider or 'sandbox'} {self._sandbox}>\n{lines}"


class AccountWebhooks(Webhooks):
    """The webhooks of one account, which can be subscribed to and be made to go wrong."""

    def subscribe(self, target_url: str, events: Sequence[str | Mapping[str, Any]] | None = None) -> dict[str, Any]:
        """Subscribe an address by the provider's own API, to all types of event or to these; returns its answer."""
        wanted = None if events is None else [events] if isinstance(events, str) else list(events)
        answer: dict[str, Any] = self._call("webhooks.subscribe", target_url=target_url, events=wanted)
        return answer

    def plan(
        self,
        *,
        duplicates: int | None = None,
        wrong_signature: int | None = None,
        shuffle: bool | None = None,
        seed: int | None = None,
        hold: bool | None = None,
        allow: str | Sequence[str] | None = None,
    ) -> dict[str, Any]:
        """Decide what goes wrong from now on; what is not given stays. Returns the whole plan.

        The next `duplicates` deliveries are sent twice, the next `wrong_signature` attempts are signed wrongly; with
        `shuffle` what waits together goes out in a mixed order, the same for the same `seed`; with `hold` nothing
        goes out but by `deliver()` and `wait()`; `allow` names hosts beside this machine that may be sent to.
        """
        wished = {"duplicates": duplicates, "wrong_signature": wrong_signature, "shuffle": shuffle, "seed": seed}
        allowed = None if allow is None else [allow] if isinstance(allow, str) else list(allow)
        plan: dict[str, Any] = self._call("webhooks.plan", **wished, hold=hold, allow=allowed)
        return plan

    def verify(self, headers: Mapping[str, str], body: bytes) -> str | None:
        """What is wrong with the signature of something received; None when nothing is."""
        text = body.decode("utf-8", "replace")
        problem: str | None = self._call("webhooks.verify", headers=dict(headers), body=text)["problem"]
        return problem

    def _call(self, operation: str, **arguments: Any) -> Any:
        return self._control.call(operation, sandbox=self._sandbox, provider=self._provider, **arguments)
