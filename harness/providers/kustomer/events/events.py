"""What is told of a write: a customer's events, the audit log, webhooks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from harness.core.clock import DAY
from harness.core.store import Document
from harness.core.unit import Unit
from harness.providers.kustomer.actor import Actor
from harness.providers.kustomer.jsonapi.kind import ORG, Kind
from harness.providers.kustomer.jsonapi.stamps import moment, new_id

KEPT: Final = 365 * DAY
"""documented: audit logs are kept for a year. https://developer.kustomer.com/kustomer-api-docs/reference"""
TOLD: Final = ("customer", "conversation", "message", "note", "kobject")
"""The nouns of which a customer's events tell."""
SUBSCRIBABLE: Final = ("customer", "conversation", "message", "user", "team")
"""The nouns of which webhooks tell. documented: https://developer.kustomer.com/docs/events/delivery-and-retries"""
EVENTS: Final = tuple(f"kustomer.{noun}.{verb}" for noun in SUBSCRIBABLE for verb in ("create", "update"))
_SNS_FILTERS: Final = {"message": ["assistant"]}
"""recorded: what a delivery about a message says beside; about a customer it says nothing."""
_BOOKKEEPING: Final = ("updatedAt", "modifiedAt", "modifiedBy", "rev", "lastActivityAt", "modificationHistory")


def announce(unit: Unit, kind: Kind, verb: str, document: Document, before: Document | None, by: Actor) -> None:
    """Tell of a write, once it is done."""
    if not kind.told or unit.account is None:  # a world comes without a past of writes
        return
    changes = differences(kind, before, document) if verb == "update" and before is not None else None
    name = f"kustomer.{document.get('type', kind.type)}.{verb}"
    if kind.type in TOLD and (customer := _customer_of(kind, document)) is not None:
        _tell_customer(unit, kind, name, document, customer, changes, by)
    _log(unit, kind, name, verb, document, changes, by)
    if name in EVENTS:
        _deliver(unit, kind, name, document, changes, by)


def differences(kind: Kind, before: Document, after: Document) -> dict[str, Any]:
    """documented: `{attributes, relationships}`, each changed name with what was done to it, before and after; values
    and relationships are as an answer shows them."""
    old, new = (
        {name: to.shown(each["relations"].get(name)) for name, to in kind.relations.items()} for each in (before, after)
    )
    return {
        "attributes": _changed(before["attributes"], after["attributes"]),
        "relationships": _changed(old, new),
    }


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    found = {}
    for name in dict.fromkeys((*before, *after)):
        old, new = before.get(name), after.get(name)
        if old != new:
            verb = "add" if old is None else "remove" if new is None else "replace"
            found[name] = {"op": verb, "before": old, "after": new}
    return found


def _customer_of(kind: Kind, document: Document) -> str | None:
    found: str | None = document["id"] if kind.type == "customer" else document["relations"].get("customer")
    return found


def _tell_customer(
    unit: Unit,
    kind: Kind,
    name: str,
    document: Document,
    customer: str,
    changes: dict[str, Any] | None,
    by: Actor,
) -> None:
    """documented: an event names its author only where somebody changed something."""
    attributes, relations = document["attributes"], document["relations"]
    author = by.user if changes is not None else None
    event: dict[str, Any] = {
        "name": name,
        "type": kind.type,
        "publishedAt": moment(unit.now),
        "createdAt": attributes["createdAt"],
        "updatedAt": attributes["updatedAt"],
        "modifiedAt": attributes.get("modifiedAt") if author else None,
    }
    if changes is not None:
        event["changes"] = changes
    unit["customer_events"].insert(
        {
            "id": new_id(unit),
            "attributes": {**event, "location": None, "meta": None},
            "relations": {
                "createdBy": author,
                "modifiedBy": author,
                "customer": customer,
                **{noun: document["id"] for noun in ("conversation", "message") if kind.type == noun},
                **{noun: relations[noun] for noun in ("conversation",) if noun in relations},
            },
        }
    )


def _log(
    unit: Unit, kind: Kind, name: str, verb: str, document: Document, changes: dict[str, Any] | None, by: Actor
) -> None:
    customer = _customer_of(kind, document)
    unit["audit_logs"].insert(
        {
            "id": new_id(unit),
            "attributes": {
                "eventName": name,
                "eventVerb": verb,
                "org": ORG,
                "userId": by.user,
                "userType": _type_of(unit, by),
                "objectId": document["id"],
                "objectType": kind.type,
                "client": by.client,
                "ip": None if by.user is None else "127.0.0.1",
                "changes": _logged(changes),
                "createdAt": moment(unit.now),
                "publishedAt": moment(unit.now),
                "expiresAt": moment(unit.now + KEPT),
            },
            "relations": {"customer": customer} if customer else {},
        }
    )


def _type_of(unit: Unit, by: Actor) -> str:
    if by.user is None:
        return "system"
    user = unit["users"].get(by.user)
    return str(user["attributes"]["userType"]) if user else "machine"


def _logged(changes: Mapping[str, Any] | None) -> dict[str, Any]:
    """documented by the example: the log tells what was meant, not the times and the revision that follow, and
    relationships by their ids."""
    if changes is None:
        return {"attributes": {}, "relationships": {}}
    attributes, relations = (
        {name: each for name, each in changes[part].items() if name not in _BOOKKEEPING}
        for part in ("attributes", "relationships")
    )
    return {
        "attributes": attributes,
        "relationships": {
            name: {"op": each["op"], "before": _ids(each["before"]), "after": _ids(each["after"])}
            for name, each in relations.items()
        },
    }


def _ids(relationship: Mapping[str, Any] | None) -> str | list[str] | None:
    if relationship is None:
        return None
    to = relationship["data"]
    return [each["id"] for each in to] if isinstance(to, list) else to["id"]


def _deliver(unit: Unit, kind: Kind, name: str, document: Document, changes: dict[str, Any] | None, by: Actor) -> None:
    """recorded: the body of a delivery, in an issue of 2025."""
    deliveries = [
        {"subscription": hook["id"], "target_url": hook["attributes"]["url"], "state": "queued"}
        for hook in unit["outbound_webhooks"]
        if name in hook["attributes"]["events"] and hook["attributes"].get("enabled", True)
    ]
    id = new_id(unit)
    custom = changes is not None and "custom" in changes["attributes"]
    payload = {
        "id": id,
        "name": name,
        "org": ORG,
        "partition": ORG,
        "data": kind.document(document),
        "createdAt": moment(unit.now),
        **({"changes": changes} if changes is not None else {}),
        "persist": True,
        "client": by.client,
        "dataId": document["id"],
        "meta": {"customChanged": custom},
        "snsFilters": _SNS_FILTERS.get(kind.type, []),
    }
    unit.record_event({"id": id, "type": name, "at": unit.now, "payload": payload, "deliveries": deliveries})
