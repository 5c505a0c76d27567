"""Inboxes: where conversations arrive; a team's users see them. The API reads them only."""

from __future__ import annotations

from typing import Any

from harness.core.provider import Handler
from harness.core.store import Document, Order, Schema
from harness.core.unit import Unit
from harness.core.views import View
from harness.providers.superchat import users
from harness.providers.superchat.resources import get_all, get_one

COLLECTIONS = {"inboxes": Schema(orders={"created": Order(lambda inbox: (inbox["created_at"],))})}


def reference(unit: Unit, id: str) -> dict[str, Any]:
    """An inbox inside another resource."""
    inbox = unit["inboxes"][id]
    return {"id": id, "name": inbox["name"], "url": f"/inboxes/{id}"}


def _inbox(unit: Unit, inbox: Document) -> dict[str, Any]:
    return {
        "id": inbox["id"],
        "url": f"/inboxes/{inbox['id']}",
        "name": inbox["name"],
        "users": users.references(unit, inbox["user_ids"]),
    }


VIEW = View("inboxes", _inbox, depends=("users",))

HANDLERS: dict[str, Handler] = {
    "inboxes.list": get_all(VIEW),
    "inboxes.get": get_one(VIEW, "Inbox", "inboxId"),
}
