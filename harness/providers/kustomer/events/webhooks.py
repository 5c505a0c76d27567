"""Outbound webhooks: subscriptions, how deliveries are signed, and when they are made again.

documented: https://developer.kustomer.com/docs/events/delivery-and-retries
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from typing import Any, Final

from harness.core.clock import MINUTE
from harness.core.exchange import Response
from harness.core.ids import digest
from harness.core.provider import Call, Handler
from harness.core.quirks import Quirks
from harness.core.store import Document
from harness.core.unit import Unit
from harness.core.views import View
from harness.core.webhooks import WebhookRules
from harness.providers.kustomer.actor import Actor
from harness.providers.kustomer.dialect import VERSION, conflict
from harness.providers.kustomer.events.events import EVENTS
from harness.providers.kustomer.jsonapi import documents
from harness.providers.kustomer.jsonapi.kind import LIVE
from harness.providers.kustomer.jsonapi.kinds import WEBHOOKS
from harness.providers.kustomer.jsonapi.resources import delete_one, found, listing, show
from harness.providers.kustomer.jsonapi.stamps import new_id
from harness.providers.kustomer.keys import actor

MOST: Final = 5
"""documented: an organisation has no more of its own."""
EVENT_HEADER: Final = "X-Kustomer-Webhook-Event"
SIGNATURE_HEADER: Final = "X-Kustomer-Webhook-Signature"
_RETRIES: Final = {
    # documented: about an hour, or about ten times in eighty minutes; the steps are inferred
    "hour": tuple(minutes * MINUTE for minutes in (1, 2, 4, 8, 15, 30)),
    "eighty_minutes": tuple(minutes * MINUTE for minutes in (1, 1, 2, 3, 5, 8, 12, 16, 16, 16)),
}


def _webhook(unit: Unit, hook: Document) -> dict[str, Any]:
    shown = WEBHOOKS.document(hook)
    if unit.quirks["webhook_token_shown"] == "creation":
        kept = {name: value for name, value in shown["attributes"].items() if name != "token"}
        shown = {**shown, "attributes": kept}
    return shown


VIEWS = {WEBHOOKS.collection: View(WEBHOOKS.collection, _webhook)}


def create(unit: Unit, body: Mapping[str, Any], by: Actor) -> Document:
    """A new webhook with its token. Raises Refused (409) for one too many."""
    if unit["outbound_webhooks"].count("id", LIVE) >= MOST:
        raise conflict(unit, None)
    id = new_id(unit)
    token = digest("kustomer", "webhook", id, length=32).hex()
    attributes = {**body, "headers": body.get("headers", []), "token": token}
    return documents.create(unit, WEBHOOKS, attributes, by=by, id=id)


def _create(call: Call) -> Response:
    return show(call, WEBHOOKS, create(call, call.body, actor(call)), 201)


def _get(call: Call) -> Response:
    return show(call, WEBHOOKS, found(call, WEBHOOKS), view=VIEWS["outbound_webhooks"])


def _list(call: Call) -> Response:
    return listing(call, WEBHOOKS, view=VIEWS["outbound_webhooks"])


def sign(unit: Unit, subscription: str, event: Document, body: bytes) -> dict[str, str] | None:
    """The event, the lower-case hex HMAC-SHA256 of the body with the webhook's token, and its own headers."""
    hook = unit["outbound_webhooks"].get(subscription)
    if hook is None:
        return None
    attributes = hook["attributes"]
    signature = hmac.new(attributes["token"].encode(), body, "sha256").hexdigest()
    return {
        **{each["name"]: each["value"] for each in attributes["headers"]},
        EVENT_HEADER: event["type"],
        SIGNATURE_HEADER: signature,
    }


def retries(quirks: Quirks) -> tuple[int, ...]:
    """When a delivery that failed is made again, as the quirk `webhook_retries` says."""
    return _RETRIES[quirks["webhook_retries"]]


def subscribe(target_url: str, events: Sequence[Any]) -> tuple[str, str, Any]:
    """The request that subscribes."""
    return "POST", f"{VERSION}/outbound-webhooks", {"name": "harness", "url": target_url, "events": list(events)}


def give_up(unit: Unit, subscription: str) -> None:
    """documented: when a delivery has failed for good, the webhook is turned off; inferred: what says so."""
    hook = unit["outbound_webhooks"].get(subscription)
    if hook is not None:
        unit["outbound_webhooks"].replace({**hook, "attributes": {**hook["attributes"], "enabled": False}})


RULES: Final = WebhookRules(events=EVENTS, sign=sign, retries=retries, subscribe=subscribe, give_up=give_up)

HANDLERS: dict[str, Handler] = {
    "outbound_webhooks.list": _list,
    "outbound_webhooks.get": _get,
    "outbound_webhooks.create": _create,
    "outbound_webhooks.delete": delete_one(WEBHOOKS, soft=False),
}
