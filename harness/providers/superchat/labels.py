"""Labels of conversations. The API reads them only."""

from __future__ import annotations

from typing import Any

from harness.core.provider import Handler
from harness.core.store import Document, Order, Schema
from harness.core.unit import Unit
from harness.core.views import View
from harness.providers.superchat.resources import get_all, get_one

COLLECTIONS = {"labels": Schema(orders={"created": Order(lambda label: (label["created_at"],))})}


def references(unit: Unit, ids: list[str]) -> list[dict[str, Any]]:
    """The labels of a list of ids, in its order."""
    return [_label(unit, label) for id in ids if (label := unit["labels"].get(id))]


def _label(unit: Unit, label: Document) -> dict[str, Any]:
    return {"id": label["id"], "name": label["name"], "url": f"/labels/{label['id']}"}


VIEW = View("labels", _label)

HANDLERS: dict[str, Handler] = {
    "labels.list": get_all(VIEW),
    "labels.get": get_one(VIEW, "Label", "labelId"),
}
