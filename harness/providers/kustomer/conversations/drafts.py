"""Drafts: messages and notes that are not sent yet, one form for each channel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from harness.core.clock import parse_instant
from harness.core.exchange import Refused, Response
from harness.core.provider import Call, Handler
from harness.core.store import Document
from harness.core.unit import Unit
from harness.providers.kustomer.actor import Actor
from harness.providers.kustomer.conversations import sending
from harness.providers.kustomer.dialect import empty, wrong
from harness.providers.kustomer.files import attachments
from harness.providers.kustomer.jsonapi import documents
from harness.providers.kustomer.jsonapi.kinds import ATTACHMENT_FILES, CONVERSATIONS, CUSTOMERS, DRAFTS
from harness.providers.kustomer.jsonapi.resources import found, listing, referenced, show, success
from harness.providers.kustomer.jsonapi.stamps import moment, new_id
from harness.providers.kustomer.jsonapi.times import given_math
from harness.providers.kustomer.keys import actor
from harness.providers.kustomer.limits import count_creation, count_whatsapp

SEND: Final = "send_draft"
_RELATIONS: Final = ("customer", "conversation", "attachments")
_UNKNOWN: Final = "Additional properties not allowed"


def create(unit: Unit, body: Mapping[str, Any], by: Actor, *, customer: Document) -> Document:
    """A new draft to a customer. It waits for somebody who sends it, or for its time where it is scheduled.
    Raises Refused."""
    if "scheduled" in body and unit.quirks["draft_scheduling"] == "time":
        raise wrong(unit, "scheduled", _UNKNOWN, "/additionalProperties")
    id = new_id(unit)
    relations = {"customer": customer["id"], **_placed(unit, body, customer["id"])}
    _check_only_note(unit, id, body["channel"], relations.get("conversation"))
    attributes = {name: value for name, value in body.items() if name not in (*_RELATIONS, "sendAt")}
    at = given_math(unit, "sendAt", body["sendAt"]) if body.get("sendAt") else None
    if at is not None:
        attributes["sendAt"] = moment(at)
    wanted = unit.quirks["draft_scheduling"] == "time" or body.get("scheduled", False)
    attributes["status"] = _schedule(unit, id, at if wanted else None)
    if "attachments" in body:
        relations["attachments"] = attachments.adopt(unit, body["attachments"], "draft", id, by)
    return documents.create(unit, DRAFTS, attributes, relations, by=by, id=id)


def update(unit: Unit, draft: Document, body: Mapping[str, Any], by: Actor) -> Document:
    """A draft with what is given changed. documented: a time to send schedules it, an empty one takes that back, none
    leaves it as it is. inferred: it stays in its channel; a past time does not schedule. Raises Refused."""
    held, id = draft["attributes"], draft["id"]
    if body["channel"] != held["channel"]:
        raise wrong(unit, "channel", f'No enum match for: "{body["channel"]}"', "/properties/channel/enum")
    customer = draft["relations"]["customer"]
    if "customer" in body:
        customer = referenced(unit, CUSTOMERS, body["customer"], "customer")["id"]
    relations: dict[str, Any] = {"customer": customer, **_placed(unit, body, customer)}
    if customer != draft["relations"]["customer"]:
        relations.setdefault("conversation", None)
    _check_only_note(unit, id, held["channel"], {**draft["relations"], **relations}.get("conversation"))
    changed = {name: value for name, value in body.items() if name not in _RELATIONS}
    if "sendAt" in body or "scheduled" in body:
        if "sendAt" in body:
            at = given_math(unit, "sendAt", body["sendAt"]) if body["sendAt"] else None
            changed["sendAt"] = None if at is None else moment(at)
        else:
            at = parse_instant(held["sendAt"]) if held.get("sendAt") else None
        changed["status"] = _schedule(unit, id, at if body.get("scheduled", True) else None)
    elif held["status"] == "error":
        changed["status"] = "draft"
    if "attachments" in body:
        relations["attachments"] = attachments.adopt(unit, body["attachments"], "draft", id, by)
    return documents.change(unit, DRAFTS, draft, changed, relations, by=by)


def delete(unit: Unit, draft: Document, by: Actor) -> None:
    """Delete a draft and its files."""
    unit.unschedule(SEND, draft["id"])
    for attachment in attachments.of(unit, "draft", draft["id"]):
        documents.remove(unit, ATTACHMENT_FILES, attachment, by=by, soft=False)
    documents.remove(unit, DRAFTS, draft, by=by, soft=False)


def send(unit: Unit, draft: Document, by: Actor) -> Document:
    """The message or note a draft becomes: the draft is gone then. Where it cannot be sent it stays, with the status
    `error`, and is given back."""
    unit.unschedule(SEND, draft["id"])
    try:
        with unit.store.unit():
            sent = sending.deliver(unit, draft, by)
            documents.remove(unit, DRAFTS, draft, by=by, soft=False)
    except Refused:
        return documents.change(unit, DRAFTS, draft, {"status": "error"}, by=by, touch=False)
    return sent


def _send_due(unit: Unit, id: str, payload: Mapping[str, Any]) -> None:
    draft = unit[DRAFTS.collection].get(id)
    if draft is not None:
        send(unit, draft, Actor(draft["relations"].get("createdBy")))


def _schedule(unit: Unit, id: str, at: int | None) -> str:
    """The status of a draft to send at a moment, None: by hand. inferred: so is one whose time has passed."""
    if at is None or at <= unit.now:
        unit.unschedule(SEND, id)
        return "draft"
    unit.schedule(SEND, at, id)
    return "scheduled"


def _placed(unit: Unit, body: Mapping[str, Any], customer: str) -> dict[str, str]:
    """The conversation of a body. inferred: it is one of the customer's."""
    if "conversation" not in body:
        return {}
    conversation = referenced(unit, CONVERSATIONS, body["conversation"], "conversation")
    if conversation["relations"].get("customer") != customer:
        raise wrong(unit, "conversation", "Conversation belongs to another customer")
    return {"conversation": conversation["id"]}


def _check_only_note(unit: Unit, id: str, channel: str, conversation: str | None) -> None:
    """documented: a conversation has one note in draft. inferred: 400 for another."""
    if channel != "note" or conversation is None:
        return
    for entry in unit[DRAFTS.collection].range("id", group=f"conversation:{conversation}"):
        if entry.document["attributes"]["channel"] == "note" and entry.document["id"] != id:
            raise wrong(unit, "conversation", "Conversation has a note in draft already")


def _create(call: Call) -> Response:
    by, customer, body = actor(call), found(call, CUSTOMERS), call.body
    if body.get("customer", customer["id"]) != customer["id"]:  # inferred
        raise wrong(call, "customer", "Customer is not the one of the path")
    count_creation(call, customer["id"], by)
    if body["channel"] == "whatsapp":
        count_whatsapp(call, by)
    draft = create(call, body, by, customer=customer)
    return show(call, DRAFTS, draft, success(call, 200, 201))


def _list(call: Call) -> Response:
    def beside(drafts: list[Document]) -> Any:
        return attachments.included(call, drafts, "draft")

    customer = found(call, CUSTOMERS)
    included = beside if call.query.get("include") == "attachments" else None
    return listing(call, DRAFTS, group=f"customer:{customer['id']}", included=included)


def _update(call: Call) -> Response:
    return show(call, DRAFTS, update(call, found(call, DRAFTS), call.body, actor(call)))


def _delete(call: Call) -> Response:
    delete(call, found(call, DRAFTS), actor(call))
    return empty()


HANDLERS: dict[str, Handler] = {
    "customer_drafts.create": _create,
    "customer_drafts.list": _list,
    "drafts.update": _update,
    "drafts.delete": _delete,
    **attachments.owned(DRAFTS, "draft"),
}
DUE: dict[str, Any] = {SEND: _send_due}
