"""Notes inside a conversation, which the contact never sees."""

from __future__ import annotations

from typing import Any

from harness.core.exchange import Response
from harness.core.provider import Call, Handler
from harness.core.store import Document, Order, Schema
from harness.core.unit import Unit
from harness.core.views import View
from harness.providers.superchat import files
from harness.providers.superchat.dialect import created, deleted, moment, not_found
from harness.providers.superchat.events import emit
from harness.providers.superchat.resources import all_referenced, find, listing, show
from harness.providers.superchat.users import ME

COLLECTIONS = {
    "notes": Schema(
        orders={
            "conversation": Order(lambda note: (note["created_at"],), group=lambda note: (note["conversation_id"],))
        }
    )
}


def _note(unit: Unit, note: Document) -> dict[str, Any]:
    author = unit["users"][note["author_id"]]
    names = [name for name in (author["first_name"], author["last_name"]) if name]
    attached = [file for id in note["file_ids"] if (file := unit["files"].get(id))]
    return {
        "id": note["id"],
        "url": f"/conversations/{note['conversation_id']}/notes/{note['id']}",
        "content": note["content"],
        "author": {
            "id": author["id"],
            "name": " ".join(names) or None,
            "email": author["email"],
            "url": f"/users/{author['id']}",
        },
        "created_at": moment(unit, note["created_at"]),
        "updated_at": moment(unit, note["updated_at"]),
        "files": [files.reference(file) for file in attached],  # inferred
    }


VIEW = View("notes", _note, depends=("users", "files"))


def _find(call: Call) -> Document:
    conversation = find(call, "conversations", "conversationId", "Conversation")
    note = find(call, "notes", "noteId", "Note")
    if note["conversation_id"] != conversation["id"]:
        raise not_found(call, "Note")
    return note


def _list(call: Call) -> Response:
    conversation = find(call, "conversations", "id", "Conversation")
    return listing(call, VIEW, order="conversation", group=conversation["id"])


def _get(call: Call) -> Response:
    return show(call, VIEW, _find(call)["id"])


def _create(call: Call) -> Response:
    conversation = find(call, "conversations", "id", "Conversation")
    workspace = call["workspaces"][ME]
    note = {
        "id": call.new_id("no"),
        "conversation_id": conversation["id"],
        "content": call.body["content"],
        "author_id": workspace["user_id"],
        "file_ids": all_referenced(call, "files", call.body.get("file_ids") or [], "File", "file_ids"),
        "created_at": call.now,
        "updated_at": call.now,
    }
    call["notes"].insert(note)
    emit(
        call,
        "note_created",
        {"note": _note(call, note)},
        channel=conversation["channel_id"],
        inbox=conversation["inbox_id"],
    )
    return created(call, show(call, VIEW, note["id"]))


def _update(call: Call) -> Response:
    note = _find(call)
    changes: dict[str, Any] = {"content": call.body["content"], "updated_at": call.now}
    if call.body.get("file_ids") is not None:  # documented: left out keeps, [] removes
        changes["file_ids"] = all_referenced(call, "files", call.body["file_ids"], "File", "file_ids")
    call["notes"].replace({**note, **changes})
    return show(call, VIEW, note["id"])


def _delete(call: Call) -> dict[str, str]:
    return deleted(call["notes"].delete(_find(call)["id"]))


HANDLERS: dict[str, Handler] = {
    "notes.list": _list,
    "notes.get": _get,
    "notes.create": _create,
    "notes.update": _update,
    "notes.delete": _delete,
}
