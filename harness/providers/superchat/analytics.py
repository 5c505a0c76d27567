"""Analytics: when messages were delivered and read, and what became of those made from templates."""

from __future__ import annotations

from typing import Any

from harness.core.provider import Call, Handler
from harness.core.store import Document
from harness.core.unit import Unit
from harness.providers.superchat.dialect import given_moment, moment, moment_or_null, wrong


def _replied_at(unit: Unit, message: Document) -> int | None:
    """When the contact wrote next in the conversation; None for what the contact wrote."""
    if message["direction"] == "inbound":
        return None
    later = unit["messages"].range(
        "conversation", group=message["conversation_id"], low=(message["created_at"],), high=None
    )
    passed = False  # others of the same moment may stand before it
    for entry in later:
        other = entry.document
        if other["id"] == message["id"]:
            passed = True
        elif passed and other["direction"] == "inbound":
            return int(other["created_at"])
    return None


def _messages(call: Call) -> dict[str, Any]:
    # inferred: ids of no message are left out
    found = [message for id in call.query["message_ids"] if (message := call["messages"].get(id))]
    results = []
    for message in found:
        reached = message["reached"]
        results.append(
            {
                "message_id": message["id"],
                "attempted_at": moment_or_null(call, reached.get("processed")),
                "delivered_at": moment_or_null(call, reached.get("received")),
                "failed_at": moment_or_null(call, reached.get("sending_failed")),
                "read_at": moment_or_null(call, reached.get("read")),
                "clicked_at": moment_or_null(call, reached.get("clicked")),
                "replied_at": moment_or_null(call, _replied_at(call, message)),
            }
        )
    return {"results": results}


def _templates(call: Call) -> dict[str, Any]:
    start, end = (given_moment(call, name, call.query[name]) for name in ("from", "to"))
    if start > end:
        raise wrong(call, "to", "'to' lies before 'from'.")
    wanted = call.query.get("template_ids")
    templates = [entry.document for entry in call["templates"].range("created", descending=True)]
    return {
        "period": {"from": moment(call, start), "to": moment(call, end)},
        "results": [
            _figures(call, template["id"], start, end)
            for template in templates
            if not wanted or template["id"] in wanted
        ],
    }


def _figures(call: Call, template: str, start: int, end: int) -> dict[str, Any]:
    sent = delivered = read = clicked = replied = 0
    for entry in call["messages"].range("template", group=template, low=(start,), high=(end,)):
        message = entry.document
        reached = message["reached"]
        if "sending_failed" in reached:
            continue
        sent += 1
        delivered += "received" in reached
        read += "read" in reached
        clicked += "clicked" in reached
        replied += _replied_at(call, message) is not None

    def rate(count: int) -> float:
        return round(count / sent, 4) if sent else 0.0

    return {
        "template_id": template,
        "sent": sent,
        "delivered": delivered,
        "read": read,
        "clicked": clicked,
        "replied": replied,
        "delivery_rate": rate(delivered),
        "read_rate": rate(read),
        "click_rate": rate(clicked),
        "reply_rate": rate(replied),
    }


HANDLERS: dict[str, Handler] = {
    "message_analytics.list": _messages,
    "template_analytics.list": _templates,
}
