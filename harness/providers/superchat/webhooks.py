"""Webhook subscriptions. The secret stands in every answer in clear, as documented."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlsplit

from harness.core.exchange import Response
from harness.core.provider import Call, Handler
from harness.core.store import Document, Order, Schema
from harness.core.unit import Unit
from harness.core.views import View
from harness.core.webhooks import is_loopback
from harness.providers.superchat.dialect import created, deleted, moment, wrong
from harness.providers.superchat.resources import find, get_all, get_one, show

COLLECTIONS = {"webhooks": Schema(orders={"created": Order(lambda hook: (hook["created_at"],))})}

OWN_DOMAINS: Final = ("superchat.com", "superchat.de")
_FILTER_KEYS: Final = {"default_attribute": "attributes", "channel": "ids", "inbox": "ids", "custom_attribute": "ids"}


def _webhook(unit: Unit, hook: Document) -> dict[str, Any]:
    return {
        "id": hook["id"],
        "url": f"/webhooks/{hook['id']}",
        "target_url": hook["target_url"],
        "events": hook["events"],
        "status": hook["status"],
        "secret": hook["secret"],
        "created_at": moment(unit, hook["created_at"]),
        "updated_at": moment(unit, hook["updated_at"]),
    }


VIEW = View("webhooks", _webhook)


def _written(call: Call) -> dict[str, Any]:
    target = call.body["target_url"]
    if problem := target_problem(target):
        raise wrong(call, "target_url", problem)
    return {"target_url": target, "events": [_event(event) for event in call.body["events"]]}


def target_problem(target: str) -> str | None:
    """Why events cannot go to an address, or None.

    documented: https only, and not to the vendor's own hosts. Plain http to this machine passes, so that tests can
    receive.
    """
    try:
        parts = urlsplit(target)
        host = (parts.hostname or "").rstrip(".")
        _ = parts.port
    except ValueError:
        return "It is not an address."
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
        return "The address has to begin with https:// (or http:// on this machine)."
    if not host or any(host == domain or host.endswith(f".{domain}") for domain in OWN_DOMAINS):
        return "This host cannot receive webhooks."
    return None


def _event(event: dict[str, Any]) -> dict[str, Any]:
    filters = []
    for each in event.get("filters") or []:
        key = _FILTER_KEYS.get(each["type"])
        filters.append({"type": each["type"], key: each[key]} if key else each)
    return {"type": event["type"], "filters": filters}


def _create(call: Call) -> Response:
    written = _written(call)
    id = call.new_id("wh")
    hook = {
        "id": id,
        **written,
        "status": "active",
        "secret": call.named_id("secret", id, length=40).removeprefix("secret_"),
        "created_at": call.now,
        "updated_at": call.now,
    }
    call["webhooks"].insert(hook)
    return created(call, show(call, VIEW, id))


def _update(call: Call) -> Response:
    hook = find(call, "webhooks", "id", "Webhook")
    call["webhooks"].replace({**hook, **_written(call), "updated_at": call.now})
    return show(call, VIEW, hook["id"])


def _delete(call: Call) -> dict[str, str]:
    return deleted(call["webhooks"].delete(find(call, "webhooks", "id", "Webhook")["id"]))


HANDLERS: dict[str, Handler] = {
    "webhooks.list": get_all(VIEW),
    "webhooks.get": get_one(VIEW, "Webhook", "id"),
    "webhooks.create": _create,
    "webhooks.update": _update,
    "webhooks.delete": _delete,
}
