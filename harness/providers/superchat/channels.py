"""Channels: the accounts by which messages come and go. The API reads them only."""

from __future__ import annotations

from typing import Any, Final

from harness.core.clock import DAY, HOUR
from harness.core.provider import Handler
from harness.core.store import Document, Order, Schema
from harness.core.unit import Unit
from harness.core.views import View
from harness.providers.superchat import inboxes
from harness.providers.superchat.resources import get_all, get_one

COLLECTIONS = {"channels": Schema(orders={"created": Order(lambda channel: (channel["created_at"],))})}

# documented: https://developers.superchat.com/docs/message-channels
WINDOWS: Final = {"whats_app": 24 * HOUR, "facebook_messenger": 7 * DAY, "instagram": 7 * DAY}
"""How long after an inbound message free text may be sent, by channel type; other types have no window."""

NO_FIRST_MESSAGE: Final = frozenset(("facebook_messenger", "instagram"))
"""Channel types on which only the contact can begin a conversation."""

CONTENTS: Final[dict[str, frozenset[str]]] = {
    "sms": frozenset(("text",)),
    "mail": frozenset(("email", "generic_template")),
    "whats_app": frozenset(
        ("text", "media", "generic_template", "whats_app_template", "whats_app_quick_reply", "whats_app_list")
    ),
    "facebook_messenger": frozenset(("text", "media", "generic_template")),
    "instagram": frozenset(("text", "media", "generic_template")),
    "google_business_messaging": frozenset(("text", "media", "generic_template")),
    "telegram": frozenset(("text", "media", "generic_template")),
    "live_chat": frozenset(("text", "media", "generic_template", "live_chat_buttons")),
    "phone": frozenset(),
}
"""The kinds of content a channel type takes. documented for SMS (text only) and the names of the WhatsApp kinds; the
rest is inferred from them. https://developers.superchat.com/reference/post_messages"""

HANDLES: Final = {"sms": "phone", "whats_app": "phone", "phone": "phone", "mail": "mail"}
"""The type of contact handle a channel type writes to; the other channel types have one of their own name."""

_ADDRESSES: Final = {
    "sms": "phone_number",
    "whats_app": "phone_number",
    "phone": "phone_number",
    "mail": "email_address",
}


def reference(channel: Document) -> dict[str, Any]:
    """A channel inside a template."""
    return {"id": channel["id"], "name": channel["name"], "url": f"/channels/{channel['id']}"}


def _channel(unit: Unit, channel: Document) -> dict[str, Any]:
    shown = {
        "id": channel["id"],
        "type": channel["type"],
        "name": channel["name"],
        "inbox": inboxes.reference(unit, channel["inbox_id"]),
        "url": f"/channels/{channel['id']}",
        "whats_app_business_account_id": channel["whats_app_business_account_id"],
    }
    if address := _ADDRESSES.get(channel["type"]):
        shown[address] = channel["address"]
    return shown


VIEW = View("channels", _channel, depends=("inboxes",))

HANDLERS: dict[str, Handler] = {
    "channels.list": get_all(VIEW),
    "channels.get": get_one(VIEW, "Channel", "channelId"),
}
