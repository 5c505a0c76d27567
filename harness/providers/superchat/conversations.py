"""Conversations: one contact on one channel, with a status and, on some channels, a messaging window."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from harness.core.exchange import Response
from harness.core.provider import Call, Handler
from harness.core.store import Document, Order, Schema
from harness.core.unit import Unit
from harness.core.views import View
from harness.providers.superchat import contacts, inboxes, labels, users
from harness.providers.superchat.channels import WINDOWS
from harness.providers.superchat.dialect import deleted, given_moment, moment, moment_or_null, wrong
from harness.providers.superchat.events import EventType, emit
from harness.providers.superchat.resources import all_referenced, find, get_all, get_one, referenced, show

COLLECTIONS = {
    "conversations": Schema(
        orders={
            "created": Order(lambda each: (each["created_at"],)),
            "contact": Order(lambda each: (each["created_at"],), group=lambda each: each["contact_ids"]),
            "pair": Order(
                lambda each: (each["created_at"],),
                group=lambda each: [pair(id, each["channel_id"]) for id in each["contact_ids"]],
            ),
        }
    )
}

_EVENTS: Final[dict[str, EventType]] = {
    "open": "conversation_opened",
    "done": "conversation_done",
    "snoozed": "conversation_snoozed",
}
"""What is told when a conversation gets a status; nothing of the others."""

WAKE = "conversation_wakes"
CLOSE = "window_closes"


def pair(contact: str, channel: str) -> str:
    """The group of the conversations of a contact on a channel."""
    return f"{contact}:{channel}"


def _conversation(unit: Unit, conversation: Document) -> dict[str, Any]:
    channel = unit["channels"][conversation["channel_id"]]
    window = conversation["window_until"]
    return {
        "id": conversation["id"],
        "url": f"/conversations/{conversation['id']}",
        "channel": {
            "type": channel["type"],
            "id": channel["id"],
            "url": f"/channels/{channel['id']}",
            # client: read by one program. The three above are documented.
            "name": channel["name"],
            "phone_number": channel["address"] if channel["type"] in ("sms", "whats_app") else None,
            "inbox": inboxes.reference(unit, channel["inbox_id"]),
        },
        "status": conversation["status"],
        "snoozed_until": moment_or_null(unit, conversation["snoozed_until"]),
        # inferred: a channel without a window is always open
        "time_window": {
            "state": "open" if window is not None or channel["type"] not in WINDOWS else "closed",
            "open_until": moment_or_null(unit, window),
        },
        "contacts": [contacts.reference(id) for id in conversation["contact_ids"]],
        "assigned_users": users.references(unit, conversation["user_ids"]),
        "labels": labels.references(unit, conversation["label_ids"]),
        "inbox": inboxes.reference(unit, conversation["inbox_id"]),
    }


VIEW = View("conversations", _conversation, depends=("channels", "inboxes", "labels", "users"))


def announce(unit: Unit, type: EventType, conversation: Document) -> None:
    """Queue a conversation event. inferred: a deleted conversation is told by its id, as a deleted contact is."""
    gone = type == "conversation_deleted"
    shown = {"id": conversation["id"]} if gone else _conversation(unit, conversation)
    emit(
        unit,
        type,
        {"conversation": shown},
        channel=conversation["channel_id"],
        inbox=conversation["inbox_id"],
    )


def latest(unit: Unit, contact: str, channel: str) -> Document | None:
    """The contact's newest conversation on a channel."""
    found = unit["conversations"].range("pair", group=pair(contact, channel), descending=True, limit=1)
    entry = next(iter(found), None)
    return entry.document if entry else None


def begin(unit: Unit, contact: str, channel: Document) -> Document:
    """A new open conversation in the channel's inbox."""
    conversation = {
        "id": unit.new_id("cv"),
        "channel_id": channel["id"],
        "contact_ids": [contact],
        "status": "open",
        "snoozed_until": None,
        "window_until": None,
        "user_ids": [],
        "label_ids": [],
        "inbox_id": channel["inbox_id"],
        "created_at": unit.now,
    }
    unit["conversations"].insert(conversation)
    announce(unit, "conversation_opened", conversation)
    return conversation


def open_window(unit: Unit, conversation: Document, since: int) -> Document:
    """An inbound message opens the window of a channel that has one, and reopens what was done or snoozed."""
    channel = unit["channels"][conversation["channel_id"]]
    length = WINDOWS.get(channel["type"])
    changed = conversation
    if length is not None and since + length > unit.now:
        changed = {**changed, "window_until": since + length}
        unit.schedule(CLOSE, since + length, conversation["id"])
    if changed["status"] in ("done", "snoozed"):
        unit.unschedule(WAKE, conversation["id"])
        changed = {**changed, "status": "open", "snoozed_until": None}
    if changed is not conversation:
        unit["conversations"].replace(changed)
    if changed["status"] != conversation["status"]:
        announce(unit, "conversation_opened", changed)
    return changed


def close_window(unit: Unit, id: str, payload: Mapping[str, Any]) -> None:
    """Due event: the messaging window ends."""
    if conversation := unit["conversations"].get(id):
        unit["conversations"].replace({**conversation, "window_until": None})


def wake(unit: Unit, id: str, payload: Mapping[str, Any]) -> None:
    """Due event: the snooze ends."""
    conversation = unit["conversations"].get(id)
    if conversation and conversation["status"] == "snoozed":
        conversation = {**conversation, "status": "open", "snoozed_until": None}
        unit["conversations"].replace(conversation)
        announce(unit, "conversation_opened", conversation)


def _update(call: Call) -> Response:
    conversation = find(call, "conversations", "id", "Conversation")
    body = {name: value for name, value in call.body.items() if value is not None}
    changed = {**conversation, **_references(call, body), **_status(call, conversation, body)}
    if changed == conversation:
        return show(call, VIEW, conversation["id"])
    call["conversations"].replace(changed)
    if changed["snoozed_until"] is not None:
        call.schedule(WAKE, changed["snoozed_until"], conversation["id"])
    else:
        call.unschedule(WAKE, conversation["id"])
    moved = any(changed[name] != conversation[name] for name in ("status", "snoozed_until"))
    if moved and (event := _EVENTS.get(changed["status"])):
        announce(call, event, changed)
    return show(call, VIEW, conversation["id"])


def _references(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """Lists replace as a whole, and every id in them must exist."""
    changes: dict[str, Any] = {}
    if "assigned_users" in body:
        changes["user_ids"] = all_referenced(call, "users", body["assigned_users"], "User", "assigned_users")
    if "labels" in body:
        changes["label_ids"] = all_referenced(call, "labels", body["labels"], "Label", "labels")
    if "inbox_id" in body:
        changes["inbox_id"] = referenced(call, "inboxes", body["inbox_id"], "Inbox", "inbox_id")["id"]
    return changes


def _status(call: Call, conversation: Document, body: dict[str, Any]) -> dict[str, Any]:
    status = body.get("status", conversation["status"])
    if status != "snoozed":
        if "snoozed_until" in body:
            raise wrong(call, "snoozed_until", "Only a snoozed conversation has it.")
        return {"status": status, "snoozed_until": None}  # inferred: leaving snoozed clears it
    if "snoozed_until" not in body:
        return {}
    until = given_moment(call, "snoozed_until", body["snoozed_until"])
    if until <= call.now:
        raise wrong(call, "snoozed_until", f"It has to be later than now, {moment(call, call.now)}.")
    return {"status": "snoozed", "snoozed_until": until}


def _delete(call: Call) -> dict[str, str]:
    conversation = find(call, "conversations", "id", "Conversation")
    for collection in ("messages", "notes", "exports"):
        for entry in call[collection].range("conversation", group=conversation["id"]):
            call[collection].delete(entry.document["id"])
            if collection == "exports":
                call.jobs.forget(entry.document["id"])
    call.unschedule(WAKE, conversation["id"])
    call.unschedule(CLOSE, conversation["id"])
    call["conversations"].delete(conversation["id"])
    announce(call, "conversation_deleted", conversation)
    return deleted(conversation)


DUE = {WAKE: wake, CLOSE: close_window}

HANDLERS: dict[str, Handler] = {
    "conversations.list": get_all(VIEW),
    "conversations.get": get_one(VIEW, "Conversation", "id"),
    "conversations.update": _update,
    "conversations.delete": _delete,
}
