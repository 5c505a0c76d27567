"""Notes: what agents tell each other, in a conversation or outside any."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from harness.core.exchange import Response
from harness.core.provider import Call, Handler
from harness.core.store import Document
from harness.core.unit import Unit
from harness.providers.kustomer.actor import Actor
from harness.providers.kustomer.conversations import activity, conversation_times
from harness.providers.kustomer.conversations.authorship import chosen_id, claimed
from harness.providers.kustomer.conversations.conversations import sorted_descending
from harness.providers.kustomer.dialect import empty, not_found
from harness.providers.kustomer.files.attachments import adopt
from harness.providers.kustomer.jsonapi import documents
from harness.providers.kustomer.jsonapi.kind import is_deleted
from harness.providers.kustomer.jsonapi.kinds import CONVERSATIONS, CUSTOMERS, NOTES, TEAMS, USERS
from harness.providers.kustomer.jsonapi.resources import (
    changeable,
    found,
    get_one,
    get_related,
    listing,
    referenced,
    show,
)
from harness.providers.kustomer.jsonapi.stamps import moment, new_id
from harness.providers.kustomer.keys import actor
from harness.providers.kustomer.limits import count_creation, count_update

_PLAIN: Final = ("body", "externalId", "lang")
_MENTIONS: Final = (("user", USERS, ""), ("team", TEAMS, "team:"))


def create(
    unit: Unit,
    body: Mapping[str, Any],
    by: Actor,
    *,
    customer: Document | None = None,
    conversation: Document | None = None,
) -> Document:
    """A new note in the conversation given or named, or about the customer given, or about nobody. Raises Refused."""
    if conversation is None and "conversation" in body:
        conversation = referenced(unit, CONVERSATIONS, body["conversation"], "conversation")
    id = chosen_id(unit, NOTES, body) or new_id(unit)
    times, authors = claimed(unit, body, by)
    about = conversation["relations"]["customer"] if conversation else customer["id"] if customer else None
    relations = {
        "modifiedBy": None,  # documented by the examples: a new note names only who made it
        **authors,
        "customer": about,
        "conversation": conversation["id"] if conversation else None,
        "userMentions": _mentioned(unit, body.get("userMentions", ())),
        "attachments": adopt(unit, body.get("attachments", ()), "note", id, by),
    }
    attributes = {**{name: body[name] for name in _PLAIN if name in body}, **times}
    note = documents.create(unit, NOTES, attributes, relations, by=by, id=id)
    if conversation is not None:
        _count(unit, conversation["id"], 1, by)
        conversation_times.record(unit, unit["conversations"][conversation["id"]], by, "note")
    return note


def update(unit: Unit, note: Document, body: Mapping[str, Any], by: Actor, *, replace: bool = False) -> Document:
    """A note with what is given changed; `replace`: and the rest gone. With another conversation, it moves there; it
    is deleted and brought back by `deleted`. Raises Refused."""
    restored = is_deleted(note) and "deleted" in body and not body["deleted"]
    if is_deleted(note) and not restored:
        raise not_found(unit)
    former = note["relations"].get("conversation")
    changed: dict[str, Any] = {"externalId": None, "lang": None} if replace else {}
    changed |= {name: body[name] for name in _PLAIN if name in body}
    times, authors = claimed(unit, body, by)
    relations = {"modifiedBy": note["relations"].get("modifiedBy"), **authors}
    if "conversation" in body or (restored and former):
        id = body.get("conversation", former)
        conversation = referenced(unit, CONVERSATIONS, id, "conversation")
        relations |= {"conversation": conversation["id"], "customer": conversation["relations"]["customer"]}
    if "userMentions" in body or replace:
        relations["userMentions"] = _mentioned(unit, body.get("userMentions", ()))
    if "attachments" in body or replace:
        relations["attachments"] = adopt(unit, body.get("attachments", ()), "note", note["id"], by)
    changed |= documents.deletion(unit, body)
    private: dict[str, Any] = {"gone_with": None} if restored else {}
    after = documents.change(unit, NOTES, note, {**changed, **times}, relations, by=by, **private)
    _recount(
        unit, None if restored else former, None if is_deleted(after) else after["relations"].get("conversation"), by
    )
    return after


def delete(unit: Unit, note: Document, by: Actor) -> Document:
    """Delete a note. Raises Refused where it is gone already."""
    if is_deleted(note):
        raise not_found(unit)
    _recount(unit, note["relations"].get("conversation"), None, by)
    return documents.remove(unit, NOTES, note, by=by)


def _recount(unit: Unit, former: str | None, here: str | None, by: Actor) -> None:
    if former != here:
        _count(unit, former, -1, by)
        _count(unit, here, 1, by)


def _count(unit: Unit, id: str | None, by_how_many: int, by: Actor) -> None:
    """Keep the number of notes of a conversation."""
    conversation = unit["conversations"].get(id) if id else None
    if conversation is not None:
        count = conversation["attributes"]["noteCount"] + by_how_many
        changed = {"noteCount": count, "lastActivityAt": moment(unit.now)}
        after = documents.change(unit, CONVERSATIONS, conversation, changed, by=by)
        activity.conversation_changed(unit, conversation, after, by)


def _mentioned(unit: Unit, given: Iterable[Mapping[str, Any]]) -> list[str]:
    """Whom a note calls, as relations have it: users by their ids, teams with their type before it."""
    return list(
        dict.fromkeys(
            prefix + str(referenced(unit, kind, each[name], "userMentions")["id"])
            for each in given
            for name, kind, prefix in _MENTIONS
            if name in each
        )
    )


def _create(call: Call) -> Response:
    return show(call, NOTES, create(call, call.body, actor(call)), 201)


def _create_in_conversation(call: Call) -> Response:
    by, conversation = actor(call), found(call, CONVERSATIONS)
    count_creation(call, conversation["relations"]["customer"], by)  # documented: also of what is imported
    return show(call, NOTES, create(call, call.body, by, conversation=conversation), 201)


def _update(call: Call) -> Response:
    by, note = actor(call), changeable(call, NOTES)
    count_update(call, note["id"], by)
    return show(call, NOTES, update(call, note, call.body, by, replace=call.query.get("replace", False)))


def _delete(call: Call) -> Response:
    delete(call, found(call, NOTES), actor(call))
    return empty()


def _list(call: Call) -> Response:
    return listing(call, NOTES, descending=sorted_descending(call))


HANDLERS: dict[str, Handler] = {
    "notes.list": _list,
    "notes.get": get_one(NOTES),
    "notes.create": _create,
    "notes.update": _update,
    "notes.update_note_attributes": _update,
    "notes.delete": _delete,
    "conversation_notes.list": get_related(NOTES, CONVERSATIONS, "conversation"),
    "conversation_notes.create": _create_in_conversation,
    "customer_notes.list": get_related(NOTES, CUSTOMERS, "customer"),
}
