"""Conversations: opened, changed, moved to another customer, listed, deleted and brought back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from harness.core.exchange import Response
from harness.core.provider import Call, Handler
from harness.core.store import Document
from harness.core.unit import Unit
from harness.providers.kustomer.actor import SYSTEM, Actor
from harness.providers.kustomer.conversations import activity, conversation_times
from harness.providers.kustomer.conversations.authorship import chosen_id
from harness.providers.kustomer.conversations.conversation_contents import bring_back, move_along, take_along
from harness.providers.kustomer.conversations.conversation_status import (
    NEVER,
    NOBODY,
    SNOOZE,
    Turn,
    asked,
    entered,
    let_wake,
    turned,
    with_history,
)
from harness.providers.kustomer.dialect import empty, malformed, not_found, wrong
from harness.providers.kustomer.jsonapi import documents
from harness.providers.kustomer.jsonapi.kind import is_deleted
from harness.providers.kustomer.jsonapi.kinds import CONVERSATIONS, CUSTOMERS, TEAMS, USERS
from harness.providers.kustomer.jsonapi.resources import (
    all_referenced,
    changeable,
    found,
    get_several,
    is_id,
    listing,
    looked_up,
    referenced,
    show,
)
from harness.providers.kustomer.jsonapi.stamps import moment, new_id
from harness.providers.kustomer.jsonapi.times import given_moment
from harness.providers.kustomer.keys import actor
from harness.providers.kustomer.limits import count_creation, count_update
from harness.providers.kustomer.settings import tags

_PLAIN: Final = (
    "externalId",
    "name",
    "direction",
    "priority",
    "replyChannel",
    "subStatus",
    "satisfaction",
    "suggestedShortcuts",
    "suggestedTags",
    "sentiment",
    "locked",
    "defaultLang",
)
"""What is kept as it comes."""
_SURVEY: Final[Mapping[str, Any]] = {"sentByTeams": [], "answers": []}
_SURVEY_TIMES: Final = ("createdAt", "updatedAt", "scheduledFor", "sentAt")
_BLANK: Final[Mapping[str, Any]] = {
    **dict.fromkeys(("externalId", "name", "replyChannel", "subStatus", "locked", "defaultLang", "custom")),
    "satisfaction": 0,
    "satisfactionLevel": _SURVEY,
    "tags": [],
    "suggestedTags": [],
    "suggestedShortcuts": [],
    "sentiment": {},
    "assignedUsers": [],
    "assignedTeams": [],
    "priority": 3,
}
"""What a conversation has of which nobody said anything, and what a replaced one goes back to. inferred: a replaced
one keeps its status and what is known of its messages."""


def _begun(begun: str, now: str) -> dict[str, Any]:
    """What every conversation has at first, in the empty values of live answers of 2025. inferred: what does not
    change here, because nobody shows another value of it."""
    return {
        **activity.silent(),
        **_BLANK,
        "status": "open",
        "open": {"statusAt": begun},
        "noteCount": 0,
        "lastActivityAt": now,
        "spam": False,
        "ended": False,
        "predictions": [],
        "firstDone": dict(NOBODY),
        "lastDone": dict(NOBODY),
        "roleGroupVersions": [],
        "accessOverride": [],
        "modificationHistory": dict(NEVER),
        "billingStatus": "no_messages",
        "phase": "initial",
        "matchedTimeBasedRules": [],
    }


def create(
    unit: Unit,
    body: Mapping[str, Any],
    by: Actor,
    *,
    customer: Document | None = None,
    first: Document | None = None,
) -> Document:
    """A new conversation, with the customer of the body where none is given; `first` is the message it begins with,
    about to be written. Raises Refused."""
    if customer is None:
        if "customer" not in body:
            raise wrong(unit, "customer", "Missing required property: customer", "/required/0")
        customer = referenced(unit, CUSTOMERS, body["customer"], "customer")
    id = chosen_id(unit, CONVERSATIONS, body) or new_id(unit)
    now = moment(unit.now)
    times = {name: given_moment(unit, name, body[name]) for name in ("createdAt", "importedAt") if name in body}
    begun = times.get("createdAt", now)
    changed, relations, private = _given(unit, body, by, {})
    attributes = {**_begun(begun, now), "createdAt": begun, **times, **changed}
    if body.get("status") == "done":
        attributes |= {"status": "done", **entered(unit, attributes, "done", by)}
        del attributes["open"]
    if first is not None:
        attributes |= activity.heard(attributes, first)
    relations = {**relations, "customer": customer["id"]}
    conversation = documents.create(unit, CONVERSATIONS, attributes, relations, by=by, id=id, **private)
    activity.conversation_opened(unit, conversation, by, first)
    return conversation


def update(
    unit: Unit, conversation: Document, body: Mapping[str, Any], by: Actor, *, replace: bool = False
) -> Document:
    """A conversation with what is given changed; `replace`: and the rest gone; with a customer: moved. Raises
    Refused."""
    restored = is_deleted(conversation) and "deleted" in body and not body["deleted"]
    if is_deleted(conversation) and not restored:
        raise not_found(unit)
    documents.check_rev(unit, conversation, body)
    if "customer" in body:
        return move(unit, conversation, referenced(unit, CUSTOMERS, body["customer"], "customer")["id"], by)
    before = conversation["attributes"]
    held = {**before, **_BLANK} if replace else before
    changed, relations, private = _given(unit, body, by, held)
    if replace:
        changed, relations = {**_BLANK, **changed}, {"queue": None, **relations}
    changed |= _ended(unit, body, by, before, relations)
    turn = asked(unit, body, before)
    if turn is not None:
        changed |= turned(unit, {**before, **changed}, turn, by)
    changed |= documents.deletion(unit, body)
    after = _write(unit, conversation, changed, relations, by, **private)
    conversation_times.record(unit, after, by, former=before["status"])
    if restored:
        bring_back(unit, after, by)
    elif is_deleted(after):
        take_along(unit, after, by)
    if restored or is_deleted(after):
        activity.recount_customer(unit, after["relations"]["customer"], by)
    return unit["conversations"][after["id"]]


def delete(unit: Unit, conversation: Document, by: Actor) -> Document:
    """Delete a conversation, with its messages and notes. Raises Refused where it is gone already."""
    if is_deleted(conversation):
        raise not_found(unit)
    gone = documents.remove(unit, CONVERSATIONS, conversation, by=by)
    unit.unschedule(SNOOZE, gone["id"])
    take_along(unit, gone, by)
    activity.recount_customer(unit, gone["relations"]["customer"], by)
    return gone


def move(unit: Unit, conversation: Document, customer: str, by: Actor) -> Document:
    """Give a conversation to another customer, and what belongs to it."""
    former = conversation["relations"]["customer"]
    now = moment(unit.now)
    moved = documents.change(unit, CONVERSATIONS, conversation, {"lastActivityAt": now}, {"customer": customer}, by=by)
    if former == customer:
        activity.conversation_changed(unit, conversation, moved, by)
        return moved
    move_along(unit, moved["id"], customer, by)
    for id in (former, customer):
        activity.recount_customer(unit, id, by)
    return moved


def _write(
    unit: Unit,
    conversation: Document,
    changed: Mapping[str, Any],
    relations: Mapping[str, Any],
    by: Actor,
    *,
    touch: bool = True,
    **private: Any,
) -> Document:
    now = moment(unit.now)
    changed = with_history(conversation["attributes"], {**changed, "lastActivityAt": now}, now)
    after = documents.change(unit, CONVERSATIONS, conversation, changed, relations, by=by, touch=touch, **private)
    let_wake(unit, after["id"], after["attributes"])
    if not is_deleted(conversation) and not is_deleted(after):
        activity.conversation_changed(unit, conversation, after, by)
    return after


def _given(
    unit: Unit, body: Mapping[str, Any], by: Actor, held: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """The attributes and relations of a body, and what no answer shows of it."""
    changed = {name: body[name] for name in _PLAIN if name in body}
    if "satisfactionLevel" in body:
        survey = body["satisfactionLevel"]
        times = {name: given_moment(unit, name, survey[name]) for name in _SURVEY_TIMES if name in survey}
        changed["satisfactionLevel"] = {**_SURVEY, **survey, **times}
    for name, kind in (("assignedUsers", USERS), ("assignedTeams", TEAMS)):
        if name in body:
            changed[name] = all_referenced(unit, kind, body[name], name, held.get(name, ()))
    if "tags" in body:
        changed["tags"] = tags.resolved(unit, body["tags"], by)
    if "custom" in body:
        from harness.providers.kustomer.klasses import custom_attributes

        custom = custom_attributes.checked(unit, "conversation", body["custom"], held.get("custom"))
        changed["custom"] = custom or None
    relations, private = queued(unit, body)
    if "campaign" in body:
        private["campaign"] = body["campaign"]
    return changed, relations, private


def queued(unit: Unit, body: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The relation to a queue, and the outside one, which no answer shows. No operation knows queues, so any id is
    that of one."""
    queue = body.get("queue", {})
    id = queue.get("id")
    if id is not None and not is_id(id):
        raise malformed(unit, "id", "/properties/queue/properties/id/format")
    return ({"queue": id} if "id" in queue else {}), (
        {"external_queue": queue["external"]} if "external" in queue else {}
    )


def _ended(
    unit: Unit, body: Mapping[str, Any], by: Actor, before: Mapping[str, Any], relations: dict[str, Any]
) -> dict[str, Any]:
    """Whether a conversation has ended, when, why and by whom. inferred: now and by who says so, unless told."""
    changed = {name: body[name] for name in ("ended", "endedReason", "endedByType") if name in body}
    if "endedAt" in body:
        changed["endedAt"] = given_moment(unit, "endedAt", body["endedAt"])
    if body.get("ended") is False:
        relations["endedBy"] = None
        return {"endedAt": None, "endedReason": None, "endedByType": None, "ended": False}
    if body.get("ended") and not before["ended"]:
        changed = {"endedAt": moment(unit.now), "endedByType": "user", **changed}
        relations["endedBy"] = by.user if changed["endedByType"] == "user" else None
    if "endedBy" in body:
        kind = CUSTOMERS if changed.get("endedByType", before.get("endedByType")) == "customer" else USERS
        id = referenced(unit, kind, body["endedBy"], "endedBy")["id"]
        relations["endedBy"] = id if kind is USERS else None  # an answer can only show users there
    return changed


def _wake(unit: Unit, ref: str, payload: Mapping[str, Any]) -> None:
    conversation = unit["conversations"].get(ref)
    if conversation is None or is_deleted(conversation) or conversation["attributes"]["status"] != "snoozed":
        return
    changed = turned(unit, conversation["attributes"], Turn("open", ending="elapsed"), SYSTEM)
    _write(unit, conversation, changed, {}, SYSTEM, touch=False)


def _create(call: Call) -> Response:
    return _opened(call, referenced(call, CUSTOMERS, call.body["customer"], "customer"))


def _create_for_customer(call: Call) -> Response:
    return _opened(call, found(call, CUSTOMERS))


def _opened(call: Call, customer: Document) -> Response:
    by = actor(call)
    if "importedAt" not in call.body:
        count_creation(call, customer["id"], by)
    return show(call, CONVERSATIONS, create(call, call.body, by, customer=customer), 201)


def _changed(call: Call) -> Document:
    by, conversation = actor(call), changeable(call, CONVERSATIONS)
    count_update(call, conversation["id"], by)
    return update(call, conversation, call.body, by, replace=call.query.get("replace", False))


def _update(call: Call) -> Response:
    return show(call, CONVERSATIONS, _changed(call))


def _update_attributes(call: Call) -> Response:
    conversation = _changed(call)
    if call.quirks["conversation_patch_answer"] == "empty":
        return empty(200)
    return show(call, CONVERSATIONS, conversation)


def _delete(call: Call) -> Response:
    delete(call, found(call, CONVERSATIONS), actor(call))
    return empty()


def _list(call: Call) -> Response:
    return listing(call, CONVERSATIONS, descending=sorted_descending(call))


def sorted_descending(call: Call) -> bool | None:
    """What the parameter `sort` says of the order; None where it is not given."""
    given = call.query.get("sort")
    return None if given is None else given == "desc"


def _list_of_customer(call: Call) -> Response:
    """documented: fromDate leaves out what is older; inferred: by its last change."""
    group = f"customer:{found(call, CUSTOMERS)['id']}"
    if "fromDate" not in call.query:
        return listing(call, CONVERSATIONS, group=group)
    start = given_moment(call, "fromDate", call.query["fromDate"])
    return listing(call, CONVERSATIONS, group=group, keep=lambda each: bool(each["attributes"]["updatedAt"] >= start))


def _using_external_id(call: Call) -> Response:
    return show(call, CONVERSATIONS, looked_up(call, CONVERSATIONS, "externalId", call.path["externalId"]))


HANDLERS: dict[str, Handler] = {
    "conversations.list": _list,
    "conversations.get": get_several(CONVERSATIONS),
    "conversations.create": _create,
    "conversations.update": _update,
    "conversations.update_attributes": _update_attributes,
    "conversations.delete": _delete,
    "conversations.using_external_id": _using_external_id,
    "customer_conversations.list": _list_of_customer,
    "customer_conversations.create": _create_for_customer,
}

DUE = {SNOOZE: _wake}
