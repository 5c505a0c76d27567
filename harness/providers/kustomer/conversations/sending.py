"""What becomes of a draft that is sent: an outgoing message, or a note."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from harness.core.store import Document
from harness.core.unit import Unit
from harness.providers.kustomer.actor import Actor
from harness.providers.kustomer.conversations import messages, notes
from harness.providers.kustomer.dialect import wrong
from harness.providers.kustomer.files import attachments
from harness.providers.kustomer.jsonapi.kinds import CONVERSATIONS, CUSTOMERS
from harness.providers.kustomer.jsonapi.resources import referenced
from harness.providers.kustomer.jsonapi.stamps import moment

_APPS: Final = {"email": "postmark", "sms": "twilio", "twitter-tweet": "twitter", "twitter-dm": "twitter"}
"""inferred: what sends where a draft names nothing; for other channels it is called like the channel."""
_NEEDED: Final = {"email": ("emails",), "sms": ("phones",), "whatsapp": ("whatsapps", "phones")}
"""Where the address of a channel is taken from when a draft has none."""
_SAME: Final = ("auto", "lang", "shortcuts", "kbArticles")
_ABOUT: Final = ("to", "from", "cc", "bcc", "replyTo", "payload", "responseButtons", "messageTemplate")
_SOURCES: Final = ("bulk", "satisfaction")
_LONGEST_SUBJECT: Final = 256


def deliver(unit: Unit, draft: Document, by: Actor) -> Document:
    """The message or note that is recorded, with the files of the draft. Raises Refused where it cannot be sent."""
    relations = draft["relations"]
    customer = referenced(unit, CUSTOMERS, relations["customer"], "customer")
    conversation = None
    if "conversation" in relations:
        conversation = referenced(unit, CONVERSATIONS, relations["conversation"], "conversation")
    files = attachments.release(unit, "draft", draft["id"], by)
    attributes = draft["attributes"]
    if attributes["channel"] == "note":
        body = _note(unit, attributes)
        return notes.create(unit, {**body, "attachments": files}, by, customer=customer, conversation=conversation)
    if not (_text(attributes) or files):
        raise wrong(unit, "body", "Nothing to send")
    needed = _NEEDED.get(attributes["channel"])
    if needed and not attributes.get("to") and not any(customer["attributes"].get(name) for name in needed):
        raise wrong(unit, "to", "No address to send to")
    body = _message(unit, attributes)
    by = replace(by, client=f"{body['app']}-drafts-sender")  # recorded: as deliveries of webhooks have it
    return messages.create(unit, body, by, customer=customer, conversation=conversation, attachments=files)


def _note(unit: Unit, attributes: Mapping[str, Any]) -> dict[str, Any]:
    if not attributes.get("body"):
        raise wrong(unit, "body", "Nothing to write")
    return {name: attributes[name] for name in ("body", "userMentions", "lang") if name in attributes}


def _message(unit: Unit, attributes: Mapping[str, Any]) -> dict[str, Any]:
    """inferred: addresses go into the meta of the message."""
    channel = attributes["channel"]
    about = {name: attributes[name] for name in _ABOUT if name in attributes}
    body: dict[str, Any] = {
        "channel": channel,
        "app": attributes.get("app") or _APPS.get(channel, channel),
        "direction": "out",
        "preview": _text(attributes),
        "status": "sent",
        "sentAt": moment(unit.now),
        "meta": {**about, **attributes.get("meta", {})},
        **{name: attributes[name] for name in _SAME if name in attributes},
    }
    if subject := attributes.get("subject"):
        body["subject"] = subject[:_LONGEST_SUBJECT]
    if attributes.get("source") in _SOURCES:
        body["source"] = attributes["source"]
    return body


def _text(attributes: Mapping[str, Any]) -> str:
    """What is read first of it: its text, or that of its form."""
    interactive = attributes.get("meta", {}).get("interactive", {})
    texts = (
        attributes.get("body"),
        attributes.get("htmlBody"),
        interactive.get("body", {}).get("text"),
        attributes.get("messageTemplate", {}).get("body"),
    )
    return next((text for text in texts if text), "")
