"""What customers and networks do: they write, deliver, rate and visit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from harness.core.simulate import SimulationError
from harness.core.store import Document
from harness.core.unit import Unit
from harness.providers.kustomer.actor import SYSTEM
from harness.providers.kustomer.conversations import conversations, messages
from harness.providers.kustomer.customers import customers, tracking
from harness.providers.kustomer.jsonapi import documents
from harness.providers.kustomer.jsonapi.kinds import CONVERSATIONS, CUSTOMER_EVENTS, IDENTITIES, MESSAGES
from harness.providers.kustomer.jsonapi.stamps import moment, new_id
from harness.providers.kustomer.people.membership import teams_of
from harness.providers.kustomer.settings import spam_senders
from harness.providers.kustomer.world import named
from harness.providers.kustomer.world.named import find, shown

RECEIPTS: Final = ("sent", "received", "error")
_FORMS: Final = {
    "email": (re.compile(r"[^@\s]+@[^@\s]+"), "an e-mail address"),
    "sms": (re.compile(r"\+?[0-9]{5,15}"), "a telephone number"),
}
_FORMS_OF: Final = {"email": "email", "sms": "sms", "voice": "sms", "whatsapp": "sms"}


def inbound_message(
    unit: Unit,
    channel: str,
    text: str,
    customer: str | None = None,
    address: str | None = None,
    subject: str | None = None,
) -> dict[str, Any]:
    """A customer writes."""
    way, app = named.channel(unit, channel)
    if subject is not None and way != "email":
        raise SimulationError(f"only an e-mail has one, and this is {way}", "subject")
    writer, sender = _writer(unit, way, customer, address)
    body: dict[str, Any] = {
        "channel": way,
        "app": app,
        "direction": "in",
        "preview": text,
        "status": "received",
        "sentAt": moment(unit.now),
    }
    if subject is not None:
        body["subject"] = subject
    if sender is not None:
        body["meta"] = {"from": sender}
    blocked = sender is not None and _is_blocked(unit, way, sender)
    if blocked:
        body["spam"] = True
    message = messages.create(unit, body, SYSTEM, customer=writer, conversation=_going_on(unit, writer, way))
    if blocked:  # inferred: what a sender who is kept out writes is marked, and so is where it is written
        conversation = unit["conversations"][message["relations"]["conversation"]]
        documents.change(unit, CONVERSATIONS, conversation, {"spam": True}, by=SYSTEM, touch=False)
    return shown(unit, MESSAGES, message["id"])


def _writer(unit: Unit, way: str, customer: str | None, address: str | None) -> tuple[Document, str | None]:
    """Who writes, a new customer where nobody has the address, and the address."""
    known = None if customer is None else find(unit, "customer", customer)
    if way not in named.PLACES:
        if address is not None:
            raise SimulationError(f"a {way} knows nobody by an address: name a customer, or nobody", "address")
        return known or customers.create(unit, {}, SYSTEM), None
    if known is not None:
        held = named.address_of(known, way)
        if address is None and held is None:
            raise SimulationError(f"it has no address to write from by {way}: give the customer one", "customer")
        if address is not None and (other := named.holder(unit, way, address) or known)["id"] != known["id"]:
            raise SimulationError(f"{address!r} is the address of the customer {other['id']}", "address")
        return known, address or held
    if address is None:
        raise SimulationError("give a customer, or the address it writes from", "customer")
    form, what = _FORMS.get(_FORMS_OF.get(way, ""), (None, ""))
    if not address or (form is not None and not form.fullmatch(address)):
        raise SimulationError(f"{way} needs {what or 'a name'}: {address!r} is none", "address")
    found = named.holder(unit, way, address)
    return found or customers.create(unit, named.holding(way, address), SYSTEM), address


def _is_blocked(unit: Unit, way: str, sender: str) -> bool:
    """inferred: whole addresses are listed, and domains; the narrower entry counts."""
    for name in (sender, sender.rpartition("@")[2]):
        known = spam_senders.find(unit, way, name)
        if known is not None:
            return bool(known["attributes"]["list"] == "blacklist")
    return False


def _going_on(unit: Unit, customer: Document, way: str) -> Document | None:
    """inferred: an answer goes to the latest conversation by that channel, unless it has ended."""
    for entry in unit["conversations"].range("id", group=f"customer:{customer['id']}", descending=True):
        known = entry.document["attributes"]
        if way in known["channels"] and not known["ended"]:
            return entry.document
    return None


def delivery_receipt(unit: Unit, message: str, status: str, error: str | None = None) -> dict[str, Any]:
    """The network tells what became of a message."""
    found = find(unit, "message", message)
    held = found["attributes"]
    if held["direction"] != "out":
        raise SimulationError("receipts are for what was sent, and this came in", "message")
    if error is not None and status != "error":
        raise SimulationError("only with status error", "error")
    now = held.get("status", "sent")
    if now in ("error", "received", status):
        raise SimulationError(f"the message is {now} already", "status")
    body: dict[str, Any] = {"status": status}
    if status == "error":
        # inferred: the words; documented is that an error has a title
        body |= {"error": {"title": error or "The message could not be delivered."}, "errorAt": moment(unit.now)}
    messages.update(unit, found, body, SYSTEM)
    return shown(unit, MESSAGES, found["id"])


def satisfaction_answered(
    unit: Unit,
    conversation: str,
    score: float,
    rating: float | None = None,
    comment: str | None = None,
    survey: str | None = None,
) -> dict[str, Any]:
    """A customer answers the survey about a conversation."""
    found = find(unit, "conversation", conversation)
    if score not in (0, 1):
        raise SimulationError(f"0 for not satisfied or 1 for satisfied, not {score!r}", "score")
    if rating is not None and (rating != int(rating) or not 0 <= rating <= 10):
        raise SimulationError(f"a whole number from 0 to 10, not {rating!r}", "rating")
    now, known = moment(unit.now), found["attributes"]
    agents = known["assignedUsers"]
    level: dict[str, Any] = {
        "createdAt": known["satisfactionLevel"].get("createdAt", now),
        "updatedAt": now,
        "status": "rated" if comment is None else "commented",
        "score": int(score),
        "sentByTeams": teams_of(unit, agents[0] if agents else None),
    }
    if agents:
        level["sentBy"] = agents[0]
    if (channels := known["channels"]) and channels[-1] in (*named.CHANNELS, "form"):
        level["channel"] = channels[-1]
    if rating is not None:
        level["rating"] = int(rating)
    if comment is not None:
        level["firstAnswer"] = comment
    if survey is not None:
        level["form"] = find(unit, "survey", survey)["id"]
    conversations.update(unit, found, {"satisfaction": int(score), "satisfactionLevel": level}, SYSTEM)
    return shown(unit, CONVERSATIONS, found["id"])


def track(
    unit: Unit, customer: str, name: str, session: str | None = None, meta: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """A customer does something on a tracked site."""
    found = find(unit, "customer", customer)
    event: dict[str, Any] = {"name": name}
    if session is not None:
        event["sessionId"] = session
    if meta is not None:
        event["meta"] = dict(meta)
    schema = unit.pack.contract.validator("#/components/schemas/TrackingEventCreate")
    if (wrong := next(iter(schema.iter_errors(event)), None)) is not None:
        raise SimulationError(wrong.message, *(map(str, wrong.instance_path) if wrong.instance_path else ["name"]))
    event["trackingId"] = _visitor(unit, found)["attributes"]["trackingId"]
    tracking.track(unit, event)
    latest = unit["customer_events"].range("id", group=f"customer:{found['id']}", descending=True)
    tracked = next(each.document for each in latest if each.document["attributes"]["name"] == tracking.NAME)
    return shown(unit, CUSTOMER_EVENTS, tracked["id"])


def _visitor(unit: Unit, customer: Document) -> Document:
    """What a customer's browser is known by; a new one where none is."""
    group = f"customer:{customer['id']}"
    for entry in unit["identities"].range("id", group=group, descending=True, limit=1):
        return entry.document
    id = new_id(unit)
    attributes = {"trackingId": id, "status": "created", "statusAt": moment(unit.now)}
    return documents.create(unit, IDENTITIES, attributes, {"customer": customer["id"]}, by=SYSTEM, id=id)
