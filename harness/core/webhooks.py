"""Webhooks: how a provider sends them, the ledger of events and deliveries, and what goes wrong on purpose.

A delivery is `queued` until it is sent, then `delivered` (any 2xx), `retrying` until its next attempt is due, or
`failed` when no attempt is left. One to a host that is not allowed is `refused` when it is queued, and never sent.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import orjson

from harness.core.store import Document, Order, Schema
from harness.nearest import unknown

if TYPE_CHECKING:
    from harness.core.quirks import Quirks
    from harness.core.unit import Unit

log = logging.getLogger("harness")

EVENTS = "_events"
OUTBOX = "_outbox"
PLANS = "_webhook_plans"
RETRY = "_webhook_retry"
"""The due event that queues a delivery again."""

MAX_EVENTS = 10_000
"""How many settled events an account keeps; older ones go."""
MAX_WAITING = 100_000
"""How many events with deliveries on their way an account keeps before it gives the oldest up."""
WAITING = ("queued", "retrying")
"""The states of a delivery that is not settled."""


class WebhookError(ValueError):
    """An unknown event or subscription, or an impossible plan; the text names what is valid."""


def _settled(event: Document) -> tuple[str, ...]:
    return () if any(each["state"] in WAITING for each in event["deliveries"]) else ("settled",)


SCHEMAS = {
    EVENTS: Schema(orders={"settled": Order(lambda event: (event["at"],), group=_settled)}, remembers=False),
    OUTBOX: Schema(orders={"lane": Order(lambda item: (item["subscription"], item["at"]))}, remembers=False),
    PLANS: Schema(),
}


@dataclass(frozen=True, kw_only=True)
class WebhookRules:
    """How a provider sends webhooks: a pack's declaration."""

    events: tuple[str, ...]
    """The types of event there are."""
    sign: Callable[[Unit, str, Document, bytes], Mapping[str, str] | None]
    """The headers that sign a body for a subscription (its id, the event, the body); None when it is gone."""
    retries: Callable[[Quirks], tuple[int, ...]] = lambda quirks: ()
    """Milliseconds of the sandbox's clock from each failed attempt to the next one."""
    timeout: float = 10.0
    """Real seconds a receiver has for its answer."""
    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})
    """What every delivery carries beside the signature."""
    give_up: Callable[[Unit, str], None] | None = None
    """Called with the subscription of a delivery that has failed for good."""
    subscribe: Callable[[str, Sequence[Any]], tuple[str, str, Any]] | None = None
    """The request (method, path, JSON body) that subscribes an address to events by the provider's own API."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What goes wrong on purpose with an account's deliveries from now on."""

    duplicates: int = 0
    """So many of the next deliveries are sent twice."""
    wrong_signature: int = 0
    """So many of the next attempts are signed wrongly."""
    shuffle: bool = False
    """What waits together goes out in a mixed order, the same for the same seed."""
    seed: int = 0
    hold: bool = False
    """Nothing goes out by itself, only by an explicit delivery."""
    allow: tuple[str, ...] = ()
    """Hosts beside this machine that may be sent to, by name."""

    def __post_init__(self) -> None:
        for name in ("duplicates", "wrong_signature"):
            count = getattr(self, name)
            if not isinstance(count, int) or isinstance(count, bool) or count < 0:
                raise WebhookError(f"{name} is a whole number from 0, not {count!r}")
        for host in self.allow:
            if problem := host_problem(host):
                raise WebhookError(f"allow: {problem}")


def host_problem(host: str) -> str | None:
    """Why something is no name of a host; None when it is one."""
    with suppress(ValueError):
        if host == (str(ip_address(host)) if ":" in host else urlsplit(f"//{host}").hostname):
            return None
    return f"not the name of a host: {host!r}; give it in lower case without scheme, port or path: 'hooks.example.org'"


def is_loopback(host: str) -> bool:
    """Whether a host's name can only mean this machine."""
    name = host.lower().rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def refusal(url: str, allowed: Iterable[str]) -> str | None:
    """Why nothing is sent to an address; None when it may be."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".")
        _ = parts.port
    except ValueError as error:
        return f"not an address: {error}"
    if parts.scheme not in ("http", "https") or not host:
        return "not an http or https address"
    if is_loopback(host) or host in allowed:
        return None
    return f"{host} is not this machine and not allowed by name: webhooks.plan(allow=[{host!r}]) allows it"


def queue(unit: Unit, event: Document) -> None:
    """Keep an event (`id`, `type`, `at`, `payload`, `deliveries` with `subscription` and `target_url`) and let its
    deliveries wait to be sent."""
    deliveries = []
    for number, each in enumerate(event["deliveries"]):
        reason = refusal(each["target_url"], _allowed(unit))
        if reason is None:
            _enqueue(unit, event["id"], number, each["subscription"], unit.now)
        deliveries.append(
            {**each, "state": "queued" if reason is None else "refused", "reason": reason, "tries": 0, "next_at": None}
            | {"attempts": []}
        )
    events = unit.store[EVENTS]
    events.insert({**event, "deliveries": deliveries})
    if len(events) > MAX_EVENTS:
        _let_go(unit)


def _allowed(unit: Unit) -> frozenset[str]:
    registry = unit.account.sandbox.registry if unit.account else None
    return frozenset(plan_of(unit).allow) | (registry.allowed_targets if registry else frozenset())


def _enqueue(unit: Unit, event: str, number: int, lane: str, at: int) -> None:
    key = f"{event}/{number}"
    unit.store[OUTBOX].put({"id": key, "event": event, "number": number, "subscription": lane, "at": at})


def _let_go(unit: Unit) -> None:
    """Make room: the oldest settled event goes, one that is on its way only when there are far too many."""
    events = unit.store[EVENTS]
    oldest = next(iter(events.range("settled", group="settled", limit=1)), None)
    if oldest is None and len(events) > MAX_WAITING:
        oldest = next(iter(events.range("sequence", limit=1)))
        log.warning("event %s is given up undelivered: %d newer ones wait", oldest.document["id"], MAX_WAITING)
        for number in range(len(oldest.document["deliveries"])):
            _forget(unit, f"{oldest.document['id']}/{number}")
    if oldest is not None:
        events.delete(oldest.document["id"])


def _forget(unit: Unit, key: str) -> None:
    if key in unit.store[OUTBOX]:
        unit.store[OUTBOX].delete(key)
    unit.unschedule(RETRY, key)


def plan_of(unit: Unit) -> Plan:
    """What is planned for the account's deliveries."""
    kept = unit.store[PLANS].get("plan")
    return (
        Plan(**{name: value for name, value in kept.items() if name not in ("id", "allow")}, allow=tuple(kept["allow"]))
        if kept
        else Plan()
    )


def set_plan(unit: Unit, **changes: Any) -> Plan:
    """Change the plan; what is not given stays. Raises WebhookError."""
    names = list(Plan.__slots__)
    for name in changes:
        if name not in names:
            raise WebhookError(unknown("part of a webhook plan", name, names))
    if "allow" in changes:
        changes["allow"] = tuple(changes["allow"])
    plan = replace(plan_of(unit), **changes)
    unit.store[PLANS].put({"id": "plan", **asdict(plan)})
    return plan


def redeliver(unit: Unit, id: str, subscription: str | None = None) -> Document:
    """Queue an event again for those it went to (or one of them), with all attempts before it. Raises WebhookError."""
    event = unit.store[EVENTS].get(id)
    if event is None:
        raise WebhookError(unknown("event", id, [each["id"] for each in unit.store[EVENTS]][-20:]))
    lanes = [each["subscription"] for each in event["deliveries"]]
    if not lanes:
        raise WebhookError(f"event {id} went to nobody: no active subscription wanted it when it came")
    if subscription is not None and subscription not in lanes:
        raise WebhookError(unknown(f"subscription of event {id}", subscription, lanes))
    deliveries = list(event["deliveries"])
    for number, each in enumerate(deliveries):
        if subscription not in (None, each["subscription"]):
            continue
        unit.unschedule(RETRY, f"{id}/{number}")
        reason = refusal(each["target_url"], _allowed(unit))
        state = "queued" if reason is None else "refused"
        deliveries[number] = {**each, "state": state, "reason": reason, "tries": 0, "next_at": None}
        if reason is None:
            _enqueue(unit, id, number, each["subscription"], unit.now)
    changed = {**event, "deliveries": deliveries}
    unit.store[EVENTS].replace(changed)
    return changed


def retry(unit: Unit, key: str) -> None:
    """Due event: a delivery whose last attempt failed is queued again."""
    found = find_delivery(unit, key)
    if found is not None and found[2]["state"] == "retrying":
        event, number, delivery = found
        replace_delivery(unit, event, number, {**delivery, "state": "queued", "next_at": None})
        _enqueue(unit, event["id"], number, delivery["subscription"], unit.now)


def find_delivery(unit: Unit, key: str) -> tuple[Document, int, Document] | None:
    """The event, the number in it and the delivery of a key `<event>/<number>`."""
    id, _, number = key.rpartition("/")
    event = unit.store[EVENTS].get(id)
    return None if event is None else (event, int(number), event["deliveries"][int(number)])


def replace_delivery(unit: Unit, event: Document, number: int, delivery: Document) -> None:
    """Put a delivery in the place of the one it was."""
    deliveries = [delivery if place == number else each for place, each in enumerate(event["deliveries"])]
    unit.store[EVENTS].replace({**event, "deliveries": deliveries})


def body_of(event: Document) -> bytes:
    """The bytes that are sent and signed."""
    return orjson.dumps(event["payload"])


def verify(unit: Unit, headers: Mapping[str, str], body: bytes) -> tuple[Document | None, str | None]:
    """The event a received body is of, and what is wrong with its signature (None: nothing)."""
    given = {name.lower(): value for name, value in headers.items()}
    for entry in unit.store[EVENTS].range("sequence", descending=True):
        event = entry.document
        if body_of(event) == body:
            break
    else:
        return None, "the body is not that of any event of this account"
    rules = unit.pack.webhooks
    expected = [
        signed
        for each in event["deliveries"]
        if rules and (signed := rules.sign(unit, each["subscription"], event, body)) is not None
    ]
    if not expected:
        return event, f"the subscriptions of event {event['id']} are gone"
    if any(all(given.get(name.lower()) == value for name, value in signed.items()) for signed in expected):
        return event, None
    names = ", ".join(expected[0])
    if not any(name.lower() in given for name in expected[0]):
        return event, f"event {event['id']} came without {names}"
    return event, f"{names} of event {event['id']} is not what any of its subscriptions' secrets gives"
