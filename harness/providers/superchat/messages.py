"""Messages: what goes out by a channel and comes in, with its rules and its life after the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson

from harness.core.clock import SECOND
from harness.core.contract import Violation
from harness.core.exchange import Refused, Response
from harness.core.provider import Call, Handler
from harness.core.store import Document, Order, Schema
from harness.core.unit import Unit
from harness.core.views import View
from harness.providers.superchat import contacts, conversations
from harness.providers.superchat.channels import CONTENTS, HANDLES, NO_FIRST_MESSAGE, WINDOWS
from harness.providers.superchat.dialect import (
    SuperchatDialect,
    conflict,
    created,
    encoded,
    error,
    given_moment,
    moment,
    unknown_reference,
    wrong,
)
from harness.providers.superchat.events import EventType, emit
from harness.providers.superchat.resources import MESSAGE_LIMIT, find, listing, referenced, show

COLLECTIONS = {
    "messages": Schema(
        orders={
            "created": Order(lambda message: (message["created_at"],)),
            "conversation": Order(
                lambda message: (message["created_at"],), group=lambda message: (message["conversation_id"],)
            ),
            "template": Order(
                lambda message: (message["created_at"],),
                group=lambda message: (message["template_id"],) if message["template_id"] else (),
            ),
        }
    )
}

MOVE = "message_moves"
# documented: the words of the statuses. inferred: their times, and that nothing but a receipt makes a message read
# unless the quirk message_final_status says so.
STEPS: Final = {"processed": ("sent", 1 * SECOND), "sent": ("received", 2 * SECOND), "received": ("read", 60 * SECOND)}
_ORDER: Final = ("processed", "sent", "received", "read")
LEGACY: Final = {
    "processed": "sent",
    "sent": "sent",
    "received": "received",
    "read": "received",
    "sending_failed": "failed",
}
"""The older vocabulary. documented: https://developers.superchat.com/reference/webhook-payload-model"""

_KEPT: Final = {
    "text": ("body",),
    "media": ("file_id",),
    "email": ("subject", "text", "html", "files"),
    "generic_template": ("template_id", "variables"),
    "whats_app_template": ("template_id", "variables", "file"),
    "whats_app_quick_reply": ("body", "replies", "footer", "header"),
    "whats_app_list": ("title", "body", "sections", "footer", "header"),
    "live_chat_buttons": ("body", "buttons"),
}
_NESTED: Final = {
    "files": ("id",),
    "variables": ("position", "value"),
    "file": ("id",),
    "replies": ("value",),
    "sections": ("title", "rows"),
    "rows": ("title",),
    "buttons": ("type", "title", "target"),
}
_HEADERS: Final = {"whats_app_quick_reply": ("type", "value"), "whats_app_list": ("value",)}


def render(unit: Unit, message: Document) -> dict[str, Any]:
    """A message as every answer but that of a single GET shows it."""
    contact = {"identifier": message["identifier"], "url": f"/contacts/{message['contact_id']}"}
    if message["direction"] == "outbound":
        to: Any = [{"contact_id": message["contact_id"], **contact}]
        sender = {"channel_id": message["channel_id"], "name": message["from_name"]}
    else:
        to = {"channel_id": message["channel_id"]}
        sender = {"id": message["contact_id"], **contact}
    status = message["status"]
    shown = {
        "id": message["id"],
        "url": f"/messages/{message['id']}",
        "created_at": moment(unit, message["created_at"]),
        "updated_at": moment(unit, message["updated_at"]),
        "status": LEGACY[status] if unit.quirks["message_status_vocabulary"] == "legacy" else status,
        "direction": message["direction"],
        "to": to,
        "from": sender,
        "content": message["content"],
        "in_reply_to": message["in_reply_to"],
        "conversation_id": message["conversation_id"],
    }
    if message["errors"]:
        shown["errors"] = message["errors"]
    return shown


VIEW = View("messages", render)


def new_message(
    unit: Unit,
    conversation: Document,
    direction: str,
    content: dict[str, Any],
    *,
    contact: str,
    identifier: str,
    status: str,
    id: str | None = None,
    at: int | None = None,
    from_name: str | None = None,
    in_reply_to: str | None = None,
) -> Document:
    """Store a message; events and windows are the caller's."""
    created_at = unit.now if at is None else at
    message = {
        "id": id or unit.new_id("ms"),
        "conversation_id": conversation["id"],
        "channel_id": conversation["channel_id"],
        "contact_id": contact,
        "identifier": identifier,
        "direction": direction,
        "status": status,
        "from_name": from_name,
        "content": content,
        "template_id": content.get("template_id"),
        "in_reply_to": in_reply_to,
        "errors": None,
        "reached": {"processed": created_at} if direction == "outbound" else {},
        "created_at": created_at,
        "updated_at": created_at,
    }
    unit["messages"].insert(message)
    return message


def announce(unit: Unit, type: EventType, message: Document) -> None:
    """Queue a message event."""
    conversation = unit["conversations"].get(message["conversation_id"])
    inbox = conversation["inbox_id"] if conversation else None
    emit(unit, type, {"message": render(unit, message)}, channel=message["channel_id"], inbox=inbox)


def reach(unit: Unit, message: Document, status: str) -> Document:
    """The message has come to a status."""
    message = {
        **message,
        "status": status,
        "reached": {**message["reached"], status: unit.now},
        "updated_at": unit.now,
    }
    unit["messages"].replace(message)
    return message


def move(unit: Unit, id: str, payload: Mapping[str, Any]) -> None:
    """Due event: the message gets one status further."""
    message = unit["messages"].get(id)
    if message is None or message["status"] not in STEPS:
        return
    message = reach(unit, message, STEPS[message["status"]][0])
    move_later(unit, message)


def move_later(unit: Unit, message: Document) -> None:
    """Let the message get further by itself, as far as the quirk says."""
    final = _ORDER.index(unit.quirks["message_final_status"])
    if _ORDER.index(message["status"]) < final:
        unit.schedule(MOVE, unit.now + STEPS[message["status"]][1], message["id"])


def _create(call: Call) -> Response:
    body = call.body
    if "name" not in body["from"] and call.quirks["missing_sender_name"] == "refused":
        missing = Violation("body", ("from",), "required", "name", "name is missing")
        raise Refused(SuperchatDialect().invalid(call, [missing]))
    channel = referenced(call, "channels", body["from"]["channel_id"], "Channel", "from.channel_id")
    content = _content(call, channel, body["content"])
    contact, identifier = _recipient(call, channel, body["to"][0]["identifier"])
    conversation = conversations.latest(call, contact["id"], channel["id"]) if contact else None
    _check_window(call, channel, conversation, content["type"])
    in_reply_to = _replied(call, content, body.get("in_reply_to"))
    if contact is None:
        contact = contacts.add(call, [{"type": HANDLES[channel["type"]], "value": identifier}])
    conversation = conversation or conversations.begin(call, contact["id"], channel)
    message = new_message(
        call,
        conversation,
        "outbound",
        content,
        contact=contact["id"],
        identifier=identifier,
        status="processed",
        from_name=body["from"].get("name"),
        in_reply_to=in_reply_to,
    )
    move_later(call, message)
    announce(call, "message_outbound", message)
    return created(call, show(call, VIEW, message["id"]))


def _recipient(call: Call, channel: Document, identifier: str) -> tuple[Document | None, str]:
    """The contact (None: still to be made) and the handle the message goes to."""
    handle_type = HANDLES.get(channel["type"])
    if handle_type == "phone" and contacts.PHONE.fullmatch(identifier):
        return call["contacts"].lookup("handle", contacts.handle_group("phone", identifier)), identifier
    if handle_type == "mail" and contacts.MAIL.fullmatch(identifier):
        return call["contacts"].lookup("handle", contacts.handle_group("mail", identifier)), identifier
    contact = call["contacts"].get(identifier)
    if contact is None:
        if identifier.startswith("+") or "@" in identifier:
            raise wrong(call, "to.0.identifier", f"A {channel['type']} channel cannot write to this address.")
        raise unknown_reference(call, "Contact", "to.0.identifier")
    wanted = handle_type or channel["type"]
    for handle in contact["handles"]:
        if handle["type"] == wanted:
            return contact, handle["value"]
    raise wrong(call, "to.0.identifier", f"The contact has no {wanted} handle for this channel.")


def _content(call: Call, channel: Document, given: dict[str, Any]) -> dict[str, Any]:
    """What is kept of the content, after its references and the channel's rules are checked."""
    kind = given["type"]
    if kind not in CONTENTS[channel["type"]]:
        raise wrong(call, "content.type", f"A {channel['type']} channel does not send {kind}.")
    content = {"type": kind, **_only(given, _KEPT[kind], _HEADERS.get(kind, ()))}
    if kind == "media":
        referenced(call, "files", content["file_id"], "File", "content.file_id")
    for file in content.get("files") or []:
        referenced(call, "files", file["id"], "File", "content.files")
    if content.get("file"):
        referenced(call, "files", content["file"]["id"], "File", "content.file.id")
    header = content.get("header")
    if kind == "whats_app_quick_reply" and header and header["type"] != "text":
        referenced(call, "files", header["value"], "File", "content.header.value")
    if "template_id" in content:
        _check_template(call, channel, content)
    return content


def _only(given: Mapping[str, Any], names: tuple[str, ...], header: tuple[str, ...]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for name in names:
        if name not in given:
            continue
        value, inner = given[name], header if name == "header" else _NESTED.get(name, ())
        if isinstance(value, list):
            value = [_only(item, inner, header) for item in value]
        elif isinstance(value, dict):
            value = _only(value, inner, header)
        kept[name] = value
    return kept


def _check_template(call: Call, channel: Document, content: dict[str, Any]) -> None:
    template = referenced(call, "templates", content["template_id"], "Template", "content.template_id")
    if template["content"]["type"] != content["type"]:
        raise wrong(call, "content.type", f"The template is a {template['content']['type']}.")
    if channel["id"] not in template["channel_ids"]:
        raise wrong(call, "from.channel_id", "The template is not meant for this channel.")
    if template["status"] != "approved":
        raise conflict(call, "not_approved", f"The template is {template['status']}.")
    header = template["content"].get("header")
    if content.get("file") and (header is None or header["type"] == "text"):
        raise wrong(call, "content.file", "The template has no media header.")
    positions = sorted(variable["position"] for variable in content.get("variables") or [])
    count = len(template["content"]["variables"])
    base = call.quirks["variable_base"]
    fits = {"0": range(count), "1": range(1, count + 1)}
    if not any(positions == list(fits[start]) for start in (fits if base == "any" else (base,))):
        raise wrong(call, "variables", f"The template has {count} variables, given were the positions {positions}.")


def _check_window(call: Call, channel: Document, conversation: Document | None, kind: str) -> None:
    """documented: free text only in an open window, WhatsApp templates at any time, no first message on some."""
    if channel["type"] not in WINDOWS or kind == "whats_app_template":
        return
    if conversation is None and channel["type"] in NO_FIRST_MESSAGE:
        raise _start_refused(call, "Only the contact can begin a conversation on this channel.")
    if conversation is None or conversation["window_until"] is None:
        raise _start_refused(call, "The messaging window is closed: the contact has not written lately.")


def _start_refused(call: Call, detail: str) -> Refused:
    if call.quirks["message_window_refusal"] == "409":
        return conflict(call, "start_refused", detail)
    return Refused(error(call.quirks, 400, "start_refused", detail, url="/messages"))


def _replied(call: Call, content: dict[str, Any], in_reply_to: str | None) -> str | None:
    if in_reply_to is None:
        return None
    if content["type"] != "email":
        raise wrong(call, "in_reply_to", "Only an e-mail can be a reply.")
    return str(referenced(call, "messages", in_reply_to, "Message", "in_reply_to")["id"])


def _get(call: Call) -> Response:
    message = find(call, "messages", "messageId", "Message")
    if call.quirks["message_content_on_get"] == "array":
        return encoded(orjson.dumps({**render(call, message), "content": [message["content"]]}))
    return show(call, VIEW, message["id"])


def authorise_list(call: Call) -> None:
    """documented: listing messages is part of the Enterprise plan."""
    if call.quirks["message_list_plan"] == "disabled":
        detail = "Listing messages is part of the Enterprise plan."
        raise Refused(error(call.quirks, 403, "plan", detail, url="/conversations/{id}/messages"))


def _of_conversation(call: Call) -> Response:
    conversation = find(call, "conversations", "id", "Conversation")
    return listing(
        call,
        VIEW,
        order="conversation",
        group=conversation["id"],
        keep=_filter(call),
        limit=MESSAGE_LIMIT,
    )


def _filter(call: Call) -> Callable[[Document], bool] | None:
    """The bounds exclude the moment they name, as their names say."""
    query = call.query
    after, before = (
        given_moment(call, name, query[name]) if query.get(name) else None
        for name in ("created_after", "created_before")
    )
    direction = query["direction"].lower() if query.get("direction") else None
    if after is None and before is None and direction is None:
        return None
    return lambda message: (
        (after is None or message["created_at"] > after)
        and (before is None or message["created_at"] < before)
        and (direction is None or message["direction"] == direction)
    )


DUE = {MOVE: move}

HANDLERS: dict[str, Handler] = {
    "messages.create": _create,
    "messages.get": _get,
    "conversation_messages.list": _of_conversation,
}
