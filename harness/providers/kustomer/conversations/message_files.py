"""Files of messages, by themselves and by conversation."""

from __future__ import annotations

from typing import Any

import orjson

from harness.core.exchange import Response
from harness.core.provider import Call, Handler
from harness.core.unit import Unit
from harness.providers.kustomer.dialect import encoded, not_found
from harness.providers.kustomer.files import attachments
from harness.providers.kustomer.jsonapi.kinds import ATTACHMENT_FILES, CONVERSATIONS, MESSAGES
from harness.providers.kustomer.jsonapi.resources import find, found, page_of, paged


def _shown(unit: Unit, message: str, id: str) -> dict[str, Any]:
    return attachments.shown(unit, unit["attachments"][id], f"/v1/messages/{message}/attachments/{id}")


def _get(call: Call) -> Response:
    message = found(call, MESSAGES, "message_id")
    id = find(call, ATTACHMENT_FILES, call.path["id"])["id"]
    if id not in message["relations"].get("attachments", ()):
        raise not_found(call)
    return encoded(orjson.dumps({"data": _shown(call, message["id"], id)}))


def _list_of_conversation(call: Call) -> Response:
    group = f"conversation:{found(call, CONVERSATIONS)['id']}"
    newest = call.quirks["list_order"] == "newest"
    messages = (entry.document for entry in call["messages"].range("id", group=group, descending=newest))
    files = [(each["id"], id) for each in messages for id in each["relations"].get("attachments", ())]
    page, size = page_of(call)
    texts = [orjson.dumps(_shown(call, *each)) for each in files[(page - 1) * size : page * size]]
    return paged(call, texts, page, size, len(files), meta="empty")


HANDLERS: dict[str, Handler] = {
    "conversation_attachments.list": _list_of_conversation,
    "message_attachments.get": _get,
}
