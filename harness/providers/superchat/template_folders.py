"""Template folders; they nest."""

from __future__ import annotations

from typing import Any

from harness.core.exchange import Response
from harness.core.provider import Call, Handler
from harness.core.store import Document, Order, Schema
from harness.core.unit import Unit
from harness.core.views import View
from harness.providers.superchat.dialect import conflict, created, deleted
from harness.providers.superchat.resources import find, get_all, referenced, show

COLLECTIONS = {
    "template_folders": Schema(
        orders={
            "created": Order(lambda folder: (folder["created_at"],)),
            "parent": Order(lambda folder: (folder["created_at"],), group=lambda folder: (folder["parent_id"] or "",)),
        }
    )
}


def _folder(unit: Unit, folder: Document) -> dict[str, Any]:
    return {"id": folder["id"], "name": folder["name"], "parent_id": folder["parent_id"]}


VIEW = View("template_folders", _folder)


def _create(call: Call) -> Response:
    parent = call.body.get("parent_id")
    if parent is not None:
        referenced(call, "template_folders", parent, "Template folder", "parent_id")
    # documented: folders share the prefix of templates
    folder = {"id": call.new_id("tn"), "name": call.body["name"], "parent_id": parent, "created_at": call.now}
    call["template_folders"].insert(folder)
    return created(call, show(call, VIEW, folder["id"]))


def _update(call: Call) -> Response:
    folder = find(call, "template_folders", "folder_id", "Template folder")
    call["template_folders"].replace({**folder, "name": call.body.get("name", folder["name"])})
    return show(call, VIEW, folder["id"])


def _delete(call: Call) -> dict[str, str]:
    folder = find(call, "template_folders", "folder_id", "Template folder")
    held = call["templates"].count("folder", folder["id"]) + call["template_folders"].count("parent", folder["id"])
    if held:
        raise conflict(call, "folder_not_empty", f"The folder holds {held} templates or folders.")
    return deleted(call["template_folders"].delete(folder["id"]))


HANDLERS: dict[str, Handler] = {
    "template_folders.list": get_all(VIEW),
    "template_folders.create": _create,
    "template_folders.update": _update,
    "template_folders.delete": _delete,
}
