"""Figures and times of messages, put into the documents: as messages that have them."""

from __future__ import annotations

from typing import Final

from harness.core.clock import parse_shown
from harness.core.shown import NotPrimed, Shown
from harness.core.store import Document
from harness.core.unit import Unit
from harness.providers.superchat import primed
from harness.providers.superchat.messages import new_message

MOST: Final = 10_000
"""So many messages are made of figures."""


def put_figures(unit: Unit, shown: Shown) -> None:
    """What became of the messages made from a template: as many messages, in a conversation of their own."""
    since = parse_shown(shown.record["period"]["from"])
    for each in shown.record["results"]:
        template = unit["templates"].get(each["template_id"])
        if template is None:
            raise NotPrimed(f"{each['template_id']} is shown with its figures only: read it in the same cassette")
        if each["sent"] > MOST:
            raise NotPrimed(f"{each['sent']} messages of {template['id']} are more than the {MOST} that are made")
        if not each["sent"] or not template["channel_ids"]:
            continue
        channel = template["channel_ids"][0]
        contact = primed.contact(unit, unit.named_id("ct", f"figures/{template['id']}"))
        id = unit.named_id("cv", f"figures/{template['id']}")
        conversation = unit["conversations"][primed.conversation(unit, id, channel, contact)]
        content = {"type": template["content"]["type"], "template_id": template["id"]}
        counts = {"received": each["delivered"], "read": each["read"], "clicked": each["clicked"]}
        for number in range(each["sent"]):
            id, at = unit.named_id("ms", f"figures/{template['id']}/{number}"), since + 2 * number
            if id in unit["messages"]:
                break
            made = _sample(unit, conversation, "outbound", content, id, at)
            reached = ("processed", "sent", *(status for status, count in counts.items() if number < count))
            unit["messages"].replace({**made, "reached": dict.fromkeys(reached, at)})
            if number + 1 == each["replied"]:  # it answers all that was sent before it
                _sample(unit, conversation, "inbound", {"type": "text", "body": ""}, f"{id}-reply", at + 1)


def _sample(unit: Unit, conversation: Document, direction: str, content: Document, id: str, at: int) -> Document:
    contact, status = conversation["contact_ids"][0], "sent" if direction == "outbound" else "received"
    return new_message(
        unit, conversation, direction, content, contact=contact, identifier=contact, status=status, id=id, at=at
    )


def put_message_times(unit: Unit, shown: Shown) -> None:
    """When a message reached what; what the contact wrote after it is made as a message of that moment."""
    names = {
        "attempted_at": "processed",
        "delivered_at": "received",
        "failed_at": "sending_failed",
        "read_at": "read",
        "clicked_at": "clicked",
    }
    for each in shown.record["results"]:
        message = unit["messages"].get(each["message_id"])
        if message is None:
            raise NotPrimed(f"{each['message_id']} is shown with its times only: read it in the same cassette")
        reached = {status: parse_shown(each[name]) for name, status in names.items() if each.get(name)}
        unit["messages"].replace({**message, "reached": reached})
        if each.get("replied_at"):
            moment = parse_shown(each["replied_at"])
            unit["messages"].put(
                {
                    **message,
                    "id": unit.named_id("ms", f"reply/{message['conversation_id']}/{moment}"),
                    "direction": "inbound",
                    "status": "received",
                    "from_name": None,
                    "content": {"type": "text", "body": ""},
                    "template_id": None,
                    "reached": {},
                    "created_at": moment,
                    "updated_at": moment,
                }
            )
