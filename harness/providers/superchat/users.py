"""Users: the people who work in the workspace. The API reads them only."""

from __future__ import annotations

from typing import Any

from harness.core.provider import Call, Handler
from harness.core.store import Document, Order, Schema
from harness.core.unit import Unit
from harness.core.views import View
from harness.providers.superchat.dialect import moment
from harness.providers.superchat.resources import get_all, get_one

COLLECTIONS = {
    "users": Schema(orders={"created": Order(lambda user: (user["created_at"],))}),
    "workspaces": Schema(),
}
ME = "me"
"""The one document of `workspaces`: its name, and the user the key acts as."""


def reference(unit: Unit, id: str) -> dict[str, Any] | None:
    """A user inside another resource; None when the user is gone."""
    user = unit["users"].get(id)
    return {"id": id, "url": f"/users/{id}", "email": user["email"]} if user else None


def references(unit: Unit, ids: list[str]) -> list[dict[str, Any]]:
    """The users of a list of ids, in its order."""
    return [found for id in ids if (found := reference(unit, id))]


def _user(unit: Unit, user: Document) -> dict[str, Any]:
    inboxes = unit["inboxes"].range("created", descending=True)
    return {
        "id": user["id"],
        "url": f"/users/{user['id']}",
        "first_name": user["first_name"],
        "last_name": user["last_name"],
        "email": user["email"],
        "phone": user["phone"],
        "role": user["role"],
        "language": user["language"],
        "created_at": moment(unit, user["created_at"]),
        "updated_at": moment(unit, user["updated_at"]),
        "inboxes": [
            {"id": inbox["id"], "name": inbox["name"], "url": f"/inboxes/{inbox['id']}"}
            for inbox in (entry.document for entry in inboxes)
            if user["id"] in inbox["user_ids"]
        ],
    }


VIEW = View("users", _user, depends=("inboxes",))


def _me(call: Call) -> dict[str, Any]:
    workspace = call["workspaces"][ME]
    user = call["users"][workspace["user_id"]]
    return {"user": _user(call, user), "workspace": {"name": workspace["name"]}}


HANDLERS: dict[str, Handler] = {
    "users.list": get_all(VIEW),
    "users.get": get_one(VIEW, "User", "userId"),
    "me.list": _me,
}
