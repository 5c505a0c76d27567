"""Messages: recorded, never sent; found, changed, listed by themselves and with their customers and conversations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from harness.core.exchange import Response
from harness.core.provider import Call, Handler
from harness.core.store import Document
from harness.core.unit import Unit
from harness.providers.kustomer.actor import Actor
from harness.providers.kustomer.conversations import activity, conversation_times, conversations, message_files
from harness.providers.kustomer.conversations.authorship import chosen_id, claimed
from harness.providers.kustomer.conversations.conversations import sorted_descending
from harness.providers.kustomer.dialect import not_found, wrong
from harness.providers.kustomer.files.attachments import adopt, included
from harness.providers.kustomer.jsonapi import documents
from harness.providers.kustomer.jsonapi.kind import LIVE, is_deleted
from harness.providers.kustomer.jsonapi.kinds import CONVERSATIONS, CUSTOMERS, MESSAGES
from harness.providers.kustomer.jsonapi.resources import find, found, get_one, listing, looked_up, referenced, show
from harness.providers.kustomer.jsonapi.stamps import moment, new_id
from harness.providers.kustomer.jsonapi.times import given_moment
from harness.providers.kustomer.keys import actor
from harness.providers.kustomer.limits import count_creation, count_update
from harness.providers.kustomer.people.membership import teams_of

_CHANGEABLE: Final = (
    "externalId",
    "preview",
    "subject",
    "status",
    "error",
    "size",
    "meta",
    "sentiment",
    "lang",
    "spam",
)
_PLAIN: Final = (
    *_CHANGEABLE,
    "channel",
    "app",
    "direction",
    "auto",
    "source",
    "shortcuts",
    "kbArticles",
    "location",
)
"""What is kept as it comes."""
_BLANK: Final[Mapping[str, Any]] = {
    **dict.fromkeys(("externalId", "preview", "subject", "error", "errorAt", "sentiment", "lang", "spam", "custom")),
    "size": 0,
    "meta": {},
    "reactions": [],
}
"""What a message has of which nobody said anything, and what a replaced one goes back to."""
_REMEMBERED: Final = ("preview", "subject", "sentAt", "sentiment", "createdAt")
"""What its conversation and its customer remember of a message."""


def create(
    unit: Unit,
    body: Mapping[str, Any],
    by: Actor,
    *,
    customer: Document | None = None,
    conversation: Document | None = None,
    attachments: Iterable[Mapping[str, Any] | str] = (),
) -> Document:
    """Record a message: in the conversation given or named, or in a new one with the customer given or named;
    `attachments` are files it takes over beside those of the body. Raises Refused."""
    owner, conversation = _parties(unit, body, customer, conversation)
    id = chosen_id(unit, MESSAGES, body) or new_id(unit)
    attributes, relations = _recorded(unit, body, by, conversation)
    files = [*attachments, *body.get("attachments", ())]
    relations |= {"customer": owner, "attachments": adopt(unit, files, "message", id, by) if files else []}
    private = {"related": body["related"]} if "related" in body else {}
    is_first = conversation is None
    if conversation is None:
        author = relations.get("createdBy", by.user)
        said = {name: value for name, value in attributes.items() if value is not None}
        first = {"id": id, "attributes": said, "relations": {"createdBy": author} if author else {}}
        conversation = _opened(unit, body, by, unit["customers"][owner], first)
    else:
        if "queue" in body:
            conversation = conversations.update(unit, conversation, {"queue": body["queue"]}, by)
        if activity.answers(conversation["attributes"], attributes):
            waited = activity.response_time(conversation["attributes"], activity.sent_at(attributes))
            attributes["responseTime"] = waited
    relations["conversation"] = conversation["id"]
    message = documents.create(unit, MESSAGES, attributes, relations, by=by, id=id, **private)
    if not is_first:
        conversation = activity.message_recorded(unit, conversation, message, by)
    if attributes["direction"] == "out":
        conversation_times.record(unit, conversation, by, "message")
    return message


def _opened(unit: Unit, body: Mapping[str, Any], by: Actor, customer: Document, first: Document) -> Document:
    """The conversation that begins with a message. inferred: it is called after the subject of an e-mail."""
    opening = {name: body[name] for name in ("importedAt", "queue") if name in body}
    if body.get("subject"):
        opening["name"] = body["subject"]
    return conversations.create(unit, opening, by, customer=customer, first=first)


def update(unit: Unit, message: Document, body: Mapping[str, Any], by: Actor, *, replace: bool = False) -> Document:
    """A message with what is given changed; `replace`: and the rest gone. With another conversation, it moves there.
    Raises Refused."""
    if is_deleted(message):
        raise not_found(unit)
    before, former = message["attributes"], message["relations"].get("conversation")
    changed: dict[str, Any] = {**_BLANK, "sentAt": before["createdAt"]} if replace else {}
    changed |= {name: body[name] for name in _CHANGEABLE if name in body}
    changed |= _times(unit, body)
    if "reactions" in body:
        changed["reactions"] = [_reaction(unit, each) for each in body["reactions"]]
    if "custom" in body:
        changed["custom"] = _custom(unit, body, None if replace else before.get("custom"))
    times, relations = claimed(unit, body, by)
    if "attachments" in body or replace:
        relations["attachments"] = adopt(unit, body.get("attachments", ()), "message", message["id"], by)
    if "conversation" in body:
        conversation = referenced(unit, CONVERSATIONS, body["conversation"], "conversation")
        relations |= {"conversation": conversation["id"], "customer": conversation["relations"]["customer"]}
    kept = {name: each for name, each in message.items() if name != "related"} if replace else message
    private = {"related": body["related"]} if "related" in body else {}
    after = documents.change(unit, MESSAGES, kept, {**changed, **times}, relations, by=by, **private)
    follow(unit, message, after, former, by)
    return after


def follow(unit: Unit, before: Document, after: Document, former: str | None, by: Actor) -> None:
    """Let the conversations of a changed message know, the one it was in and the one it is in."""
    here = after["relations"].get("conversation")
    old, new = before["attributes"], after["attributes"]
    if here == former and all(old.get(name) == new.get(name) for name in _REMEMBERED):
        return
    for id in dict.fromkeys((former, here)):
        if id is not None and (conversation := unit["conversations"].get(id)) is not None:
            activity.recount(unit, conversation, by)


def _parties(
    unit: Unit, body: Mapping[str, Any], customer: Document | None, conversation: Document | None
) -> tuple[str, Document | None]:
    """Whose message it is, and in which conversation, None for a new one. inferred: 400 for one with another."""
    if conversation is not None:
        return conversation["relations"]["customer"], conversation
    if customer is None and "customer" in body:
        customer = referenced(unit, CUSTOMERS, body["customer"], "customer")
    if "conversation" in body:
        conversation = referenced(unit, CONVERSATIONS, body["conversation"], "conversation")
        if customer is not None and customer["id"] != conversation["relations"]["customer"]:
            raise wrong(unit, "conversation", "Invalid conversation")
        return conversation["relations"]["customer"], conversation
    if customer is None:
        raise wrong(unit, "conversation", "Missing required property: conversation", "/required/3")
    return customer["id"], None


def _recorded(
    unit: Unit, body: Mapping[str, Any], by: Actor, conversation: Document | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The attributes and relations of a new message."""
    times, relations = claimed(unit, body, by)
    if "reference" in body:
        relations["reference"] = referenced(unit, MESSAGES, body["reference"]["message"], "message")["id"]
    direction = body.get("direction", "in")  # inferred: the side of a message of which nobody says it
    before = conversation["attributes"] if conversation is not None else {}
    created = times.get("createdAt", moment(unit.now))
    status = "error" if "error" in body else "received" if direction == "in" else "sent"
    attributes = {
        **_BLANK,
        "direction": direction,
        "directionType": f"{_turn(before.get('lastMessageDirection'), direction)}-{direction}",
        "status": status,
        "assignedTeams": before.get("assignedTeams", []),
        "assignedUsers": before.get("assignedUsers", []),
        "auto": False,
        "createdAt": created,
        "sentAt": created,
        "redacted": False,
        "createdByTeams": teams_of(unit, relations.get("createdBy", by.user)),
        "intentDetections": [],
        **times,
        **{name: body[name] for name in _PLAIN if name in body},
        **_times(unit, body),
    }
    if "custom" in body:
        attributes["custom"] = _custom(unit, body, None)
    return attributes, relations


def _turn(last: str | None, direction: str) -> str:
    """inferred from the names: a message begins, follows one of the same side or answers one of the other."""
    return "initial" if last is None else "followup" if last == direction else "response"


def _times(unit: Unit, body: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: None if body[name] is None else given_moment(unit, name, body[name])
        for name in ("sentAt", "errorAt")
        if name in body
    }


def _reaction(unit: Unit, given: Mapping[str, Any]) -> dict[str, Any]:
    at = given_moment(unit, "createdAt", given["createdAt"]) if "createdAt" in given else moment(unit.now)
    return {**given, "createdAt": at}


def _custom(unit: Unit, body: Mapping[str, Any], before: Mapping[str, Any] | None) -> dict[str, Any] | None:
    from harness.providers.kustomer.klasses import custom_attributes

    return custom_attributes.checked(unit, "message", body["custom"], before) or None


def _create(call: Call) -> Response:
    """documented: here the conversation has to be there already."""
    if "conversation" not in call.body:
        raise wrong(call, "conversation", "Missing required property: conversation", "/required/3")
    return _written(call, None, None)


def _create_for_customer(call: Call) -> Response:
    return _written(call, found(call, CUSTOMERS), None)


def _create_in_conversation(call: Call) -> Response:
    return _written(call, None, found(call, CONVERSATIONS))


def _written(call: Call, customer: Document | None, conversation: Document | None) -> Response:
    by = actor(call)
    if "importedAt" not in call.body:
        owner, _ = _parties(call, call.body, customer, conversation)
        count_creation(call, owner, by)
    message = create(call, call.body, by, customer=customer, conversation=conversation)
    return show(call, MESSAGES, message, 201)


def _update(call: Call) -> Response:
    by, message = actor(call), found(call, MESSAGES)
    count_update(call, message["id"], by)
    return show(call, MESSAGES, update(call, message, call.body, by, replace=call.query.get("replace", False)))


def _using_external_id(call: Call) -> Response:
    """The documentation spells it externalid here; what else does is a quirk."""
    spelling = call.quirks["external_id_spelling"]
    spelt = call.request.path.rpartition("/messages/")[2].partition("=")[0]
    wanted = {"documented": "externalid", "camel": "externalId"}.get(spelling, spelt)
    if spelt != wanted:  # then it is read as an id
        return show(call, MESSAGES, find(call, MESSAGES, f"{spelt}={call.path['externalId']}"))
    return show(call, MESSAGES, looked_up(call, MESSAGES, "externalId", call.path["externalId"]))


def _listed(call: Call, group: str = LIVE) -> Response:
    files = None
    if call.query.get("include") == "attachments":

        def files(page: list[Document]) -> Any:
            return included(call, page, "message")

    return listing(call, MESSAGES, group=group, descending=sorted_descending(call), included=files)


def _list_of_customer(call: Call) -> Response:
    return _listed(call, f"customer:{found(call, CUSTOMERS)['id']}")


def _list_of_conversation(call: Call) -> Response:
    return _listed(call, f"conversation:{found(call, CONVERSATIONS)['id']}")


HANDLERS: dict[str, Handler] = {
    "messages.list": _listed,
    "messages.get": get_one(MESSAGES),
    "messages.create": _create,
    "messages.update": _update,
    "messages.update_attributes": _update,
    "messages.message_using_external_id": _using_external_id,
    "customer_messages.list": _list_of_customer,
    "customer_messages.create": _create_for_customer,
    "conversation_messages.list": _list_of_conversation,
    "conversation_messages.create": _create_in_conversation,
    **message_files.HANDLERS,
}
