"""Merges: one customer goes into another.

documented: what is joined, what of the target stays, what is the newest and what the oldest of both.
https://developer.kustomer.com/kustomer-api-docs/reference
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from harness.core.exchange import Response
from harness.core.provider import Call, Handler
from harness.core.store import Document
from harness.core.unit import Unit
from harness.providers.kustomer.actor import Actor
from harness.providers.kustomer.conversations import activity
from harness.providers.kustomer.customers.addresses import DEFAULTS, joined
from harness.providers.kustomer.customers.customer_names import derived
from harness.providers.kustomer.customers.unmasking_windows import forget
from harness.providers.kustomer.dialect import wrong
from harness.providers.kustomer.jsonapi import documents
from harness.providers.kustomer.jsonapi.kind import Kind, is_deleted
from harness.providers.kustomer.jsonapi.kinds import (
    CONVERSATION_TIMES,
    CONVERSATIONS,
    CUSTOMER_EVENTS,
    CUSTOMERS,
    DRAFTS,
    FORWARDS,
    IDENTITIES,
    KOBJECTS,
    MERGES,
    MESSAGES,
    NOTES,
    REDACTIONS,
    SESSIONS,
)
from harness.providers.kustomer.jsonapi.resources import encode, found, get_one, page_of, paged, show
from harness.providers.kustomer.jsonapi.stamps import moment
from harness.providers.kustomer.keys import actor
from harness.providers.kustomer.klasses.custom_objects import RECENT
from harness.providers.kustomer.limits import count_update

JOINED: Final = tuple(name for name in DEFAULTS if name != "domains")
"""documented for e-mail addresses, telephone numbers, profiles and places; inferred for the other addresses."""
OURS: Final = (
    "name",
    "externalId",
    "username",
    "avatarUrl",
    "locale",
    "timeZone",
    "birthdayAt",
    "gender",
    "companyName",
    # inferred
    "defaultLang",
    "importedAt",
)
"""What of the target stays, where both have it."""
LATEST: Final = ("signedUpAt", "lastSeenAt", "lastCustomerActivityAt", "lastMessageAt")
"""The times of which the later counts."""
_DATED: Final = {
    "preview": "previewAt",
    "lastMessageIn": "sentAt",
    "lastMessageOut": "sentAt",
    "lastMessageUnrespondedTo": "sentAt",
}
"""What is taken from the one who has the newer, with the time that says which."""

_TOLD: Final = (CONVERSATIONS, MESSAGES, NOTES, KOBJECTS)
_SILENT: Final = (DRAFTS, FORWARDS, CONVERSATION_TIMES, REDACTIONS, SESSIONS, IDENTITIES, CUSTOMER_EVENTS)


def merge(unit: Unit, source: Document, target: Document, by: Actor) -> Document:
    """Let the source go into the target. Raises Refused."""
    merged = _merged(unit, source, target)
    relations = {
        "company": target["relations"].get("company") or source["relations"].get("company"),
        "createdBy": _older(source, target)["relations"].get("createdBy"),
    }
    _retire(unit, source, by)
    private: dict[str, Any] = {"klasses": sorted({*target.get("klasses", ()), *source.get("klasses", ())})}
    if satisfaction := activity.satisfaction_of(unit, source["id"], target["id"]):
        private["satisfaction"] = satisfaction
    documents.change(unit, CUSTOMERS, target, merged, relations, by=by, **private)
    _move(unit, source["id"], target["id"], by)
    parts = {"source": source["id"], "target": target["id"]}
    return documents.create(unit, MERGES, {"status": "success"}, parts, by=by)


def _merged(unit: Unit, source: Document, target: Document) -> dict[str, Any]:
    """What the target has from now on."""
    theirs, ours = source["attributes"], target["attributes"]
    found: dict[str, Any] = {name: joined(name, ours.get(name, ()), theirs.get(name, ())) for name in JOINED}
    for name in ("tags", "watchers", "activeUsers"):
        found[name] = [*ours[name], *(each for each in theirs[name] if each not in ours[name])]
    if custom := {**theirs.get("custom", {}), **ours.get("custom", {})}:
        found["custom"] = custom
    for name in OURS:
        found[name] = ours.get(name) or theirs.get(name)
    counts = ours["conversationCounts"]
    found["conversationCounts"] = {name: count + theirs["conversationCounts"][name] for name, count in counts.items()}
    for name in LATEST:
        found[name] = max(filter(None, (ours.get(name), theirs.get(name))), default=None)
    # to be merged is an activity, too
    found["lastActivityAt"] = max(ours["lastActivityAt"], theirs["lastActivityAt"], moment(unit.now))
    for name, at in _DATED.items():
        found[name] = _newer(ours.get(name), theirs.get(name), at)
    found["recentLocation"] = _newer_place(ours["recentLocation"], theirs["recentLocation"])
    found["lastConversation"] = _last_conversation(unit, ours["lastConversation"], theirs["lastConversation"])
    found["progressiveStatus"] = _status(found["conversationCounts"])
    found["createdAt"] = min(ours["createdAt"], theirs["createdAt"])
    items = sorted([*ours["recentItems"], *theirs["recentItems"]], key=lambda item: item["updatedAt"], reverse=True)
    found["recentItems"] = items[:RECENT]
    return {**found, **derived({**ours, **found})}


def _older(source: Document, target: Document) -> Document:
    return source if source["attributes"]["createdAt"] < target["attributes"]["createdAt"] else target


def _newer(ours: Any, theirs: Any, at: str) -> Any:
    mine, other = (ours or {}).get(at, ""), (theirs or {}).get(at, "")
    return theirs if other > mine or ours is None else ours


def _newer_place(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> Mapping[str, Any]:
    """inferred: one that tells no place, only when nobody looked, is not newer than another."""
    known = len(theirs) > 1
    return theirs if known and (len(ours) == 1 or theirs["updatedAt"] > ours["updatedAt"]) else ours


def _last_conversation(unit: Unit, ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> Mapping[str, Any]:
    def latest(last: Mapping[str, Any]) -> str:
        conversation = unit["conversations"].get(last.get("id", ""))
        return "" if conversation is None else conversation["attributes"]["lastActivityAt"]

    return theirs if latest(theirs) > latest(ours) else ours


def _status(counts: Mapping[str, int]) -> str | None:
    """The most pressing status among the conversations of both."""
    return next((status for status in ("open", "snoozed", "done") if counts[status]), None)


def _retire(unit: Unit, source: Document, by: Actor) -> None:
    """What is left of the source, which no longer has what the target has now."""
    forget(unit, source["id"])
    if unit.quirks["merged_customer"] == "deleted":
        documents.remove(unit, CUSTOMERS, source, by=by)
        return
    # inferred: one that is kept keeps what may be had twice
    gone: dict[str, Any] = {name: [] for name in ("externalIds", "emails", "phones", "whatsapps", "socials")}
    gone |= {
        "externalId": None,
        "unmaskingWindow": None,
        "conversationCounts": dict.fromkeys(source["attributes"]["conversationCounts"], 0),
        "lastConversation": {"channels": [], "tags": []},
        "progressiveStatus": None,
        "recentItems": [],
        "preview": {},
        **dict.fromkeys(("lastMessageAt", "lastMessageIn", "lastMessageOut", "lastMessageUnrespondedTo")),
    }
    after = {**source["attributes"], **gone}
    documents.change(unit, CUSTOMERS, source, {**gone, **derived(after)}, by=by, klasses=[])


def _move(unit: Unit, source: str, target: str, by: Actor) -> None:
    """Give the target what belonged to the source. documented: conversations tell of it, as a change of customer."""
    for kind in (*_TOLD, *_SILENT):
        for document in _of(unit, kind, source):
            if kind in _TOLD:
                documents.change(unit, kind, document, {}, {"customer": target}, by=by, touch=False)
            elif document["attributes"].get("type") != "customer":  # what happened to the source itself stays its own
                relations = {**document["relations"], "customer": target}
                unit[kind.collection].replace({**document, "relations": relations})


def _of(unit: Unit, kind: Kind, customer: str) -> list[Document]:
    collection = unit[kind.collection]
    if "customer" in kind.parents:
        return [entry.document for entry in collection.range("id", group=f"customer:{customer}")]
    return [document for document in collection if document["relations"].get("customer") == customer]


def _create(call: Call) -> Response:
    by = actor(call)
    source, target = (_party(call, name) for name in ("source", "target"))
    if source["id"] == target["id"]:
        raise wrong(call, "source", "Invalid merge")
    count_update(call, target["id"], by)
    return show(call, MERGES, merge(call, source, target, by), 201)


def _party(call: Call, name: str) -> Document:
    """inferred: 400 for a customer that is not there, since no 404 is documented."""
    customer = call["customers"].get(call.body[name])
    if customer is None or is_deleted(customer):
        raise wrong(call, name, "Invalid merge")
    return customer


def _list(call: Call) -> Response:
    """Those it went into others with, and those that went into it."""
    customer = found(call, CUSTOMERS)
    merges = call["merges"]
    groups = (f"{part}:{customer['id']}" for part in ("source", "target"))
    entries = [entry for group in groups for entry in merges.range("id", group=group)]
    entries.sort(key=lambda entry: entry.document["id"], reverse=call.quirks["list_order"] == "newest")
    page, size = page_of(call)
    shown = entries[(page - 1) * size : page * size]
    return paged(call, encode(call, MERGES, shown), page, size, len(entries))


HANDLERS: dict[str, Handler] = {
    "customer_merges.create": _create,
    "customer_merges.get": get_one(MERGES),
    "customer_merges.list": _list,
}
