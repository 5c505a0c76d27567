"""Forwards: conversations passed on by e-mail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from harness.core.clock import parse_instant
from harness.core.exchange import Response
from harness.core.provider import Call, Handler
from harness.core.store import Document
from harness.core.unit import Unit
from harness.providers.kustomer.actor import Actor
from harness.providers.kustomer.files import attachments
from harness.providers.kustomer.jsonapi import documents
from harness.providers.kustomer.jsonapi.kinds import CONVERSATIONS, CUSTOMERS, FORWARDS
from harness.providers.kustomer.jsonapi.resources import found, get_one, get_related, referenced, show, success
from harness.providers.kustomer.jsonapi.stamps import moment, new_id
from harness.providers.kustomer.jsonapi.times import given_math
from harness.providers.kustomer.keys import actor

SEND: Final = "send_forward"
_ELSEWHERE: Final = ("customer", "attachments", "sendAt", "status")


def create(unit: Unit, conversation: Document, body: Mapping[str, Any], by: Actor) -> Document:
    """A forward of a conversation, of its customer unless the body names another one. Raises Refused."""
    id, customer = new_id(unit), conversation["relations"].get("customer")
    if "customer" in body:
        customer = referenced(unit, CUSTOMERS, body["customer"], "customer")["id"]
    relations: dict[str, Any] = {"customer": customer, "conversation": conversation["id"]}
    if "attachments" in body:
        relations["attachments"] = attachments.adopt(unit, body["attachments"], "forward", id, by)
    attributes = {**_given(body), **_timed(unit, id, body, {})}
    return documents.create(unit, FORWARDS, attributes, relations, by=by, id=id)


def update(unit: Unit, forward: Document, body: Mapping[str, Any], by: Actor) -> Document:
    """A forward with what is given changed; a time to send schedules it, an empty one takes that back.
    Raises Refused."""
    relations: dict[str, Any] = {}
    if "attachments" in body:
        relations["attachments"] = attachments.adopt(unit, body["attachments"], "forward", forward["id"], by)
    changed = {**_given(body), **_timed(unit, forward["id"], body, forward["attributes"])}
    return documents.change(unit, FORWARDS, forward, changed, relations, by=by)


def _given(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in _ELSEWHERE}


def _timed(unit: Unit, id: str, body: Mapping[str, Any], held: Mapping[str, Any]) -> dict[str, Any]:
    """The time to send and the status that follows. documented by the example: scheduled, once it has a time.
    inferred: whoever says that it was sent, failed or is a draft decides so; a past time schedules nothing."""
    timed: dict[str, Any] = {}
    at = parse_instant(held["sendAt"]) if held.get("sendAt") else None
    if "sendAt" in body:
        at = given_math(unit, "sendAt", body["sendAt"]) if body["sendAt"] else None
        timed["sendAt"] = None if at is None else moment(at)
        if not held and at is None:
            del timed["sendAt"]
    status = body.get("status", held.get("status", "draft"))
    if status == "scheduled" or (status == "draft" and "sendAt" in body):
        status = "scheduled" if at is not None and at > unit.now else "draft"
    if status == "scheduled" and at is not None:
        unit.schedule(SEND, at, id)
    else:
        unit.unschedule(SEND, id)
    return {**timed, "status": status}


def _send_due(unit: Unit, id: str, payload: Mapping[str, Any]) -> None:
    """inferred: it fails when it goes to nobody."""
    forward = unit[FORWARDS.collection].get(id)
    if forward is None:
        return
    status = "sent" if forward["attributes"].get("to") else "failed"
    by = Actor(forward["relations"].get("createdBy"))
    documents.change(unit, FORWARDS, forward, {"status": status}, by=by, touch=False)


def _create(call: Call) -> Response:
    conversation = found(call, CONVERSATIONS)
    return show(call, FORWARDS, create(call, conversation, call.body, actor(call)), success(call, 200, 201))


def _update(call: Call) -> Response:
    return show(call, FORWARDS, update(call, found(call, FORWARDS), call.body, actor(call)))


HANDLERS: dict[str, Handler] = {
    "conversation_forwards.create": _create,
    "conversation_forwards.list": get_related(FORWARDS, CONVERSATIONS, "conversation"),
    "draft_forwards.get": get_one(FORWARDS),
    "draft_forwards.update": _update,
    **attachments.owned(FORWARDS, "forward"),
}
DUE: dict[str, Any] = {SEND: _send_due}
