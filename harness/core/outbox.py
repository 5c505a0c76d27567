"""The outbox: which deliveries wait to be sent, and what came of each attempt.

Taking and recording are units of work under the sandbox's lock. Sending is somebody else's: it happens between `take`
and `record`, with no lock held, so that a receiver may call back into the fake.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from harness.core.ids import digest
from harness.core.store import Document
from harness.core.webhooks import (
    EVENTS,
    OUTBOX,
    RETRY,
    Plan,
    body_of,
    find_delivery,
    plan_of,
    replace_delivery,
    set_plan,
)

if TYPE_CHECKING:
    from harness.core.account import Account
    from harness.core.sandbox import Sandbox
    from harness.core.unit import Unit

BODY_START = 1_000
"""Characters of a receiver's answer that the ledger keeps."""


class Dispatcher(Protocol):
    """Who sends by itself what comes to wait."""

    def wake(self, sandbox: Sandbox) -> None:
        """Deliveries wait in a sandbox, whose lock may be held."""


@dataclass(frozen=True, slots=True)
class Post:
    """A delivery that is on its way: what to send where."""

    key: str
    """`<event>/<number of the delivery>`."""
    lane: str
    """The subscription: one post of a lane is on its way at a time, which keeps their order."""
    url: str
    headers: dict[str, str]
    body: bytes
    timeout: float
    times: int
    """2 for a duplicate on purpose."""
    signature: tuple[str, ...]
    """The names of the headers that sign it."""
    generation: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of sending a post once: a status with the start of its body, or an error."""

    status: int | None = None
    error: str | None = None
    body: str = ""

    @property
    def is_success(self) -> bool:
        """Whether the receiver took it: any 2xx. A redirect is not followed and is none."""
        return self.status is not None and 200 <= self.status < 300


class Outbox:
    """The deliveries of one account that wait to be sent; what of them is on its way is known to it alone."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._busy: dict[str, Document] = {}
        """What is on its way, by lane. It waits in the state until its outcome is known, so that none is lost there."""
        self._generation = 0
        self._version = self._noted = -1
        self._waits = False

    def waits(self) -> bool:
        """Whether a delivery is queued or on its way."""
        outbox = self._account.store[OUTBOX]
        if outbox.version != self._version:
            self._version, self._waits = outbox.version, len(outbox) > 0
        return self._waits

    @property
    def is_busy(self) -> bool:
        """Whether something is on its way."""
        return bool(self._busy)

    def notify(self) -> None:
        """Let the dispatcher know, if there is one, when deliveries have come to wait."""
        version = self._account.store[OUTBOX].version
        if version != self._noted:
            self._noted = version
            self.wake()

    def wake(self) -> None:
        """Let the dispatcher look, if more waits than is on its way."""
        sandbox = self._account.sandbox
        if (dispatcher := sandbox.registry.dispatcher) and len(self._account.store[OUTBOX]) > len(self._busy):
            dispatcher.wake(sandbox)

    def forget(self) -> None:
        """The state was replaced: what comes of posts on their way is of no account any more."""
        with self._account.sandbox.lock:
            self._generation += 1
            self._noted = -1
            self._busy.clear()
            self._account.sandbox.settled.notify_all()

    def take(self, *, held: bool = False) -> Post | None:
        """The next post, in the order of the events; each lane's after its last one has come back.

        With `held` also what a plan holds back.
        """
        if not self.waits():
            return None
        with self._account.unit() as unit:
            plan = plan_of(unit)
            if plan.hold and not held:
                return None
            while (item := self._next(unit, plan)) is not None:
                if post := self._post(unit, item, plan):
                    self._busy[post.lane] = item
                    self.wake()
                    return post
                unit.store[OUTBOX].delete(item["id"])
        return None

    def _next(self, unit: Unit, plan: Plan) -> Document | None:
        """The item whose turn it is: the oldest of all lanes that are free, or by lot."""
        outbox = unit.store[OUTBOX]
        if plan.shuffle:
            free = (item for item in outbox if item["subscription"] not in self._busy)
            return min(free, key=lambda item: digest("webhooks", plan.seed, item["id"], length=8), default=None)
        heads, lane = [], ""
        while head := next(iter(outbox.range("lane", low=(lane,), limit=1)), None):
            subscription = head.document["subscription"]
            if subscription not in self._busy:
                heads.append(head)
            lane = f"{subscription}\0"
        return min(heads, key=lambda head: (head.document["at"], head.sequence)).document if heads else None

    def _post(self, unit: Unit, item: Document, plan: Plan) -> Post | None:
        event = unit.store[EVENTS].get(item["event"])
        rules = unit.pack.webhooks
        if event is None or rules is None:
            return None
        delivery, body = event["deliveries"][item["number"]], body_of(event)
        spoilt = plan.wrong_signature > 0
        # a signature of something else is well-formed and wrong, whatever the provider's algorithm is
        signed = rules.sign(unit, item["subscription"], event, body + b" " if spoilt else body)
        if signed is None:
            reason = f"the subscription {item['subscription']} is gone"
            replace_delivery(unit, event, item["number"], {**delivery, "state": "failed", "reason": reason})
            return None
        used = {"wrong_signature": plan.wrong_signature - spoilt, "duplicates": plan.duplicates - (plan.duplicates > 0)}
        if plan.wrong_signature or plan.duplicates:
            set_plan(unit, **used)
        return Post(
            item["id"],
            item["subscription"],
            delivery["target_url"],
            {**rules.headers, **signed},
            body,
            rules.timeout,
            2 if plan.duplicates else 1,
            tuple(signed),
            self._generation,
        )

    def record(self, post: Post, outcomes: Sequence[Outcome]) -> None:
        """What came of a post, once or twice sent; a failed one is tried again when the provider would."""
        with self._account.unit() as unit:
            if post.generation != self._generation:
                return
            item = self._busy.pop(post.lane)
            self._account.sandbox.settled.notify_all()
            found = find_delivery(unit, post.key)
            if found is None:
                self.wake()
                return
            event, number, delivery = found
            attempts = [
                {
                    "at": unit.now,
                    "status": outcome.status,
                    "error": outcome.error,
                    "body": outcome.body[:BODY_START],
                    "signature": list(post.signature),
                }
                for outcome in outcomes
            ]
            delivery = {**delivery, "attempts": [*delivery["attempts"], *attempts]}
            if unit.store[OUTBOX].get(post.key) is item:  # else it was asked to be redelivered meanwhile
                unit.store[OUTBOX].delete(post.key)
                tries = delivery["tries"] + 1
                delivery |= {"tries": tries, **self._verdict(unit, post, tries, outcomes)}
            replace_delivery(unit, event, number, delivery)
            self.wake()

    def _verdict(self, unit: Unit, post: Post, tries: int, outcomes: Sequence[Outcome]) -> dict[str, Any]:
        if any(outcome.is_success for outcome in outcomes):
            return {"state": "delivered", "reason": None, "next_at": None}
        rules = unit.pack.webhooks
        waits = rules.retries(unit.quirks) if rules else ()
        last = outcomes[-1] if outcomes else Outcome(error="nothing was sent")
        reason = last.error or f"the receiver answered {last.status}"
        if tries > len(waits):
            if rules and rules.give_up:
                rules.give_up(unit, post.lane)
            return {"state": "failed", "reason": reason, "next_at": None}
        at = unit.now + waits[tries - 1]
        unit.schedule(RETRY, at, post.key)
        return {"state": "retrying", "reason": reason, "next_at": at}
