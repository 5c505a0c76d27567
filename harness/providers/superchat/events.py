"""Webhook events: what happens in the workspace, who subscribed to it, and the payload they get.

Events are queued in the account; delivering them is not this module's work.
"""

from __future__ import annotations

from typing import Any, Final, Literal

from harness.core.store import Document
from harness.core.unit import Unit

EventType = Literal[
    "message_inbound",
    "message_outbound",
    "message_failed",
    "note_created",
    "contact_created",
    "contact_updated",
    "contact_deleted",
    "conversation_opened",
    "conversation_done",
    "conversation_snoozed",
    "conversation_deleted",
    "ai_call_completed",
]

BUILT_IN: Final = ("first_name", "last_name", "gender")
"""What a `default_attribute` filter may name."""


def emit(
    unit: Unit,
    type: EventType,
    payload: dict[str, Any],
    *,
    channel: str | None = None,
    inbox: str | None = None,
    changed: frozenset[str] | None = None,
) -> None:
    """Queue an event for every active subscription whose filters it passes.

    `payload` holds the object under its noun (`{"contact": …}`); `changed` names the built-in and the ids of the
    custom attributes a contact_updated is about, None for other events.
    """
    id = unit.new_id("pe")
    deliveries = [
        {"subscription": hook["id"], "target_url": hook["target_url"], "state": "queued"}
        for hook in unit["webhooks"]
        if hook["status"] == "active"
        and any(
            wanted["type"] == type and _passes(unit, wanted.get("filters") or [], channel, inbox, changed)
            for wanted in hook["events"]
        )
    ]
    unit.record_event(
        {
            "id": id,
            "type": type,
            "at": unit.now,
            "payload": {"id": id, "event": type, **payload},
            "deliveries": deliveries,
        }
    )


def _passes(
    unit: Unit, filters: list[Document], channel: str | None, inbox: str | None, changed: frozenset[str] | None
) -> bool:
    results = [result for each in filters if (result := _filter_result(each, channel, inbox, changed)) is not None]
    if not results:
        return True
    return all(results) if unit.quirks["webhook_filter_logic"] == "all" else any(results)


def _filter_result(
    each: Document, channel: str | None, inbox: str | None, changed: frozenset[str] | None
) -> bool | None:
    """Whether one filter lets the event through; None when it is not about such an event."""
    match each["type"]:
        case "channel" if channel is not None:
            return channel in each["ids"]
        case "inbox" if inbox is not None:
            return inbox in each["ids"]
        case "custom_attribute" if changed is not None:
            return not changed.isdisjoint(each["ids"])
        case "default_attribute" if changed is not None:
            return not changed.isdisjoint(each["attributes"])
    return None
