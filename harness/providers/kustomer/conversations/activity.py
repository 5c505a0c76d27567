"""What is said changes what is known of a conversation and its customer: counts, first and last messages, answers.

inferred, as far as no example shows the inside of these attributes; times are in milliseconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from harness.core.clock import parse_instant
from harness.core.store import Document
from harness.core.unit import Unit
from harness.providers.kustomer.actor import Actor
from harness.providers.kustomer.conversations.conversation_status import NOBODY, Turn, let_wake, turned, with_history
from harness.providers.kustomer.jsonapi import documents
from harness.providers.kustomer.jsonapi.kinds import CONVERSATIONS, CUSTOMERS
from harness.providers.kustomer.jsonapi.stamps import moment

Attributes = Mapping[str, Any]

_STATUSES: Final = ("open", "snoozed", "done")
"""The most pressing first."""
_ANSWERED: Final = ("rated", "commented")
"""The statuses of a survey the customer answered."""


def silent() -> dict[str, Any]:
    """What a conversation in which nothing was said knows of its messages."""
    return {
        "channels": [],
        "messageCount": 0,
        "inboundMessageCount": 0,
        "outboundMessageCount": 0,
        "firstMessageIn": {},
        "firstMessageOut": {"createdByTeams": []},
        "lastMessageIn": {},
        "lastMessageOut": {"createdByTeams": []},
        "lastMessageUnrespondedTo": {},
        "lastMessageUnrespondedToSinceLastDone": {},
        "firstResponse": dict(NOBODY),
        "firstResponseSinceLastDone": dict(NOBODY),
        "lastResponse": dict(NOBODY),
        # the live API has not these where nothing was said
        "lastMessageAt": None,
        "lastMessageDirection": None,
        "preview": None,
    }


def heard(before: Attributes, message: Document) -> dict[str, Any]:
    """What a conversation knows of its messages after one more."""
    said = message["attributes"]
    at, direction = sent_at(said), said["direction"]
    shown = remembered(message)
    changed: dict[str, Any] = {
        "channels": list(dict.fromkeys((*before["channels"], said["channel"]))),
        "messageCount": before["messageCount"] + 1,
        "lastMessageAt": at,
        "lastMessageDirection": direction,
        "preview": said.get("preview"),
        "direction": before.get("direction", direction),
    }
    count, first, last = _SIDES[direction]
    changed |= {count: before[count] + 1, last: shown}
    if "id" not in before[first]:
        changed[first] = shown
    waiting = ("lastMessageUnrespondedTo", "lastMessageUnrespondedToSinceLastDone")
    if direction == "in":
        return {**changed, **dict.fromkeys(waiting, shown)}
    if not answers(before, said):
        return changed
    author = message["relations"].get("createdBy")
    response = {
        "createdByTeams": said["createdByTeams"],
        "assignedTeams": said["assignedTeams"],
        "assignedUsers": said["assignedUsers"],
        **({"createdBy": author} if author else {}),
        "createdAt": said["createdAt"],
        "sentAt": at,
        "time": response_time(before, at),
    }
    for name in ("firstResponse", "firstResponseSinceLastDone"):
        if "createdAt" not in before[name]:
            changed[name] = response
    return {**changed, "lastResponse": response, **{name: {} for name in waiting}}


_SIDES: Final = {
    "in": ("inboundMessageCount", "firstMessageIn", "lastMessageIn"),
    "out": ("outboundMessageCount", "firstMessageOut", "lastMessageOut"),
}


def sent_at(said: Attributes) -> str:
    """When a message was sent; where nobody says, when it was recorded."""
    at: str = said.get("sentAt") or said["createdAt"]
    return at


def answers(conversation: Attributes, said: Attributes) -> bool:
    """Whether a message answers one that waits for it. inferred: no machine answers for a person."""
    waits = bool(conversation["lastMessageUnrespondedTo"])
    return waits and said["direction"] == "out" and not said.get("auto")


def response_time(conversation: Attributes, at: str) -> int:
    """How long the message that waits for an answer waited until a moment."""
    return max(parse_instant(at) - parse_instant(conversation["lastMessageUnrespondedTo"]["sentAt"]), 0)


def remembered(message: Document) -> dict[str, Any]:
    """A message as its conversation remembers it."""
    said = message["attributes"]
    shown = {"id": message["id"], "sentAt": sent_at(said), "channel": said["channel"]}
    if "directionType" in said:
        shown["directionType"] = said["directionType"]
    if said["direction"] == "out":
        shown["createdByTeams"] = said["createdByTeams"]
    return shown


def message_recorded(unit: Unit, conversation: Document, message: Document, by: Actor) -> Document:
    """A conversation hears a new message, and so does its customer; one that was snoozed or done is opened again by
    what comes in. inferred: what is imported wakes nobody."""
    before = conversation["attributes"]
    newest = next(unit["messages"].range("id", group=f"conversation:{conversation['id']}", descending=True, limit=1))
    if newest.document["id"] == message["id"]:
        changed = heard(before, message)
    else:  # its id was chosen
        changed = recollected(unit, conversation)
    said = message["attributes"]
    if said["direction"] == "in" and before["status"] != "open" and "importedAt" not in said:
        changed |= turned(unit, {**before, **changed}, Turn("open"), by)
    now = moment(unit.now)
    changed = with_history(before, {**changed, "lastActivityAt": now}, now)
    after = documents.change(unit, CONVERSATIONS, conversation, changed, by=by)
    let_wake(unit, after["id"], after["attributes"])
    _tell_customer(unit, after, {**_counted(unit, conversation, after), **_said(unit, after, message)}, by)
    return after


def recollected(unit: Unit, conversation: Document) -> dict[str, Any]:
    """What a conversation knows of its messages, found out anew from all of them."""
    found = {**conversation["attributes"], **silent()}
    done = found["lastDone"].get("createdAt")
    for entry in unit["messages"].range("id", group=f"conversation:{conversation['id']}"):
        message = entry.document
        if done is not None and message["attributes"]["createdAt"] > done:
            found |= {"firstResponseSinceLastDone": dict(NOBODY), "lastMessageUnrespondedToSinceLastDone": {}}
            done = None
        found |= heard(found, message)
    if done is not None:
        found |= {"firstResponseSinceLastDone": dict(NOBODY), "lastMessageUnrespondedToSinceLastDone": {}}
    return {name: found[name] for name in silent()}


def recount(unit: Unit, conversation: Document, by: Actor) -> Document:
    """Put right what a conversation and its customer know of its messages, after one of them changed or went."""
    before, known = conversation["attributes"], recollected(unit, conversation)
    if any(known[name] != before.get(name) for name in known):
        conversation = documents.change(unit, CONVERSATIONS, conversation, known, by=by, touch=False)
    recount_customer(unit, conversation["relations"]["customer"], by)
    return conversation


def conversation_opened(unit: Unit, conversation: Document, by: Actor, first: Document | None = None) -> None:
    """A customer has one more conversation, perhaps with a first message."""
    changed = _counted(unit, None, conversation)
    if first is not None:
        changed |= _said(unit, conversation, first)
    _tell_customer(unit, conversation, changed, by)


def conversation_changed(unit: Unit, before: Document, after: Document, by: Actor) -> None:
    """A customer's conversation changed, perhaps its status, or what its survey tells."""
    changed = _counted(unit, before, after)
    if _survey(after) == _survey(before):
        _tell_customer(unit, after, changed, by)
        return
    customer = after["relations"]["customer"]
    _tell_customer(unit, after, {**changed, **_surveyed(unit, after)}, by, satisfaction=satisfaction_of(unit, customer))


def satisfaction_of(unit: Unit, *customers: str) -> dict[str, float]:
    """What customers think on average, as search knows it; inferred from the names: over the surveys of all their
    conversations."""
    found: dict[str, list[float]] = {"score": [], "rating": []}
    for id in customers:
        for entry in unit["conversations"].range("id", group=f"customer:{id}"):
            survey = _survey(entry.document)
            for name, values in found.items():
                if name in survey:
                    values.append(survey[name])
    return {name: sum(values) / len(values) for name, values in found.items() if values}


def _survey(document: Document) -> dict[str, Any]:
    found: dict[str, Any] = document["attributes"].get("satisfactionLevel", {})
    return found


def _surveyed(unit: Unit, conversation: Document) -> dict[str, Any]:
    """The first and the last survey a customer answered. recorded: the names, with nothing in them; inferred: they
    hold what the conversation knows of the survey."""
    customer = unit["customers"].get(conversation["relations"]["customer"])
    survey = {name: each for name, each in _survey(conversation).items() if name != "answers"}
    if customer is None or survey.get("status") not in _ANSWERED:
        return {}
    first = _survey(customer).get("firstSatisfaction", {})
    return {
        "satisfactionLevel": {"firstSatisfaction": first if "status" in first else survey, "lastSatisfaction": survey}
    }


def recount_customer(unit: Unit, id: str, by: Actor) -> None:
    """Find out anew what is known of a customer's conversations and messages, after some went or came."""
    customer = unit["customers"].get(id)
    if customer is None:
        return
    conversations = [entry.document for entry in unit["conversations"].range("id", group=f"customer:{id}")]
    counts = dict.fromkeys(("done", "open", "snoozed", "all"), 0)
    for conversation in conversations:
        counts[conversation["attributes"]["status"]] += 1
        counts["all"] += 1
    last = max(conversations, key=lambda each: str(each["attributes"]["lastActivityAt"]), default=None)
    changed: dict[str, Any] = {
        "conversationCounts": counts,
        "progressiveStatus": _progress(counts),
        "lastConversation": {"channels": [], "tags": []} if last is None else _as_last(last),
        **dict.fromkeys(("lastMessageIn", "lastMessageOut", "lastMessageAt", "lastMessageUnrespondedTo")),
        "preview": {},
    }
    for entry in unit["messages"].range("id", group=f"customer:{id}"):
        changed |= _last_words(entry.document)
    changed["lastMessageUnrespondedTo"] = _unanswered(unit, id) or None
    known = satisfaction_of(unit, id)
    _change(unit, customer, changed, by, **({"satisfaction": known} if known or "satisfaction" in customer else {}))


def _tell_customer(unit: Unit, conversation: Document, changed: dict[str, Any], by: Actor, **private: Any) -> None:
    customer = unit["customers"].get(conversation["relations"]["customer"])
    if customer is not None:
        _change(unit, customer, {**changed, "lastConversation": _as_last(conversation)}, by, **private)


def _change(unit: Unit, customer: Document, changed: dict[str, Any], by: Actor, **private: Any) -> None:
    """inferred from recorded states: a customer gets a new revision and a new time of activity, but nobody modified
    one."""
    held = customer["attributes"]
    if any(value != held.get(name) for name, value in changed.items()):
        more = {"lastActivityAt": moment(unit.now)}
        documents.change(unit, CUSTOMERS, customer, {**more, **changed}, by=by, touch=False, **private)
    elif any(value != customer.get(name) for name, value in private.items()):
        unit["customers"].replace({**customer, **private})


def _counted(unit: Unit, before: Document | None, after: Document) -> dict[str, Any]:
    """The counts of the customer of a conversation that is new or changed its status."""
    customer = unit["customers"].get(after["relations"]["customer"])
    new = after["attributes"]["status"]
    if customer is None or (before is not None and before["attributes"]["status"] == new):
        return {}
    counts = dict(customer["attributes"]["conversationCounts"])
    counts[new] += 1
    if before is None:
        counts["all"] += 1
    else:
        counts[before["attributes"]["status"]] -= 1
    return {"conversationCounts": counts, "progressiveStatus": _progress(counts)}


def _progress(counts: Mapping[str, int]) -> str | None:
    return next((status for status in _STATUSES if counts[status] > 0), None)


def _as_last(conversation: Document) -> dict[str, Any]:
    known = conversation["attributes"]
    mood = {"sentiment": known["sentiment"]} if known["sentiment"] else {}
    return {"id": conversation["id"], **mood, "channels": known["channels"], "tags": known["tags"]}


def _said(unit: Unit, conversation: Document, message: Document) -> dict[str, Any]:
    """What a customer remembers after a new message."""
    now, said = moment(unit.now), message["attributes"]
    changed = {**_last_words(message), "lastActivityAt": now}
    if said["direction"] == "in":
        return {**changed, "lastCustomerActivityAt": now, "lastMessageUnrespondedTo": remembered(message)}
    changed["lastMessageUnrespondedTo"] = _unanswered(unit, conversation["relations"]["customer"]) or None
    return changed


def _last_words(message: Document) -> dict[str, Any]:
    said = message["attributes"]
    at = sent_at(said)
    preview = {"previewAt": at, "type": f"message_{said['direction']}", "text": said.get("preview", "")}
    if "subject" in said:
        preview["subject"] = said["subject"]
    name = "lastMessageIn" if said["direction"] == "in" else "lastMessageOut"
    last = remembered(message)
    if said.get("sentiment"):  # documented of customers
        last["sentiment"] = said["sentiment"]
    return {name: last, "lastMessageAt": at, "preview": {**preview, "channel": said["channel"]}}


def _unanswered(unit: Unit, customer: str) -> dict[str, Any]:
    """The latest message of a customer nobody answered yet, in whatever conversation."""
    waiting = (
        entry.document["attributes"].get("lastMessageUnrespondedTo") or {}
        for entry in unit["conversations"].range("id", group=f"customer:{customer}")
    )
    found: dict[str, Any] = max(waiting, key=lambda message: str(message.get("sentAt", "")), default={})
    return found
