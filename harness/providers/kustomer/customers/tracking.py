"""Tracking: what visitors of a site do, and who they say they are.

A visitor is known by a tracking id. What is known only by its session is taken for the visitor's who had it last.
What a visitor does before anybody knows who it is waits, and becomes events of the customer then (inferred; the name
of the events of a customer, `identified`, says that there are others).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from harness.core.exchange import Response
from harness.core.provider import Call, Handler
from harness.core.store import Document
from harness.core.unit import Unit
from harness.providers.kustomer.actor import SYSTEM
from harness.providers.kustomer.customers.identified import identified
from harness.providers.kustomer.dialect import empty
from harness.providers.kustomer.events.customer_events import session_of
from harness.providers.kustomer.jsonapi import documents
from harness.providers.kustomer.jsonapi.kind import is_deleted
from harness.providers.kustomer.jsonapi.kinds import CUSTOMERS, IDENTITIES
from harness.providers.kustomer.jsonapi.resources import show
from harness.providers.kustomer.jsonapi.stamps import moment, new_id

NAME: Final = "kustomer.tracking.identified.event"
WAITING: Final = 100
"""How many events of a visitor nobody knows are kept, the latest."""


def identify(unit: Unit, given: Mapping[str, Any], prefix: str = "") -> Document:
    """Say who a visitor is: the identity, with a customer that was made or changed. `prefix` is where the identity
    stands in the schema of the body. Raises Refused."""
    tracking_id = given.get("trackingId") or new_id(unit)
    identity = _identity(unit, tracking_id)
    customer = identified(unit, given, None if identity is None else _customer(unit, identity), prefix)
    relations: dict[str, Any] = {"customer": customer["id"]}
    if given.get("sessionId"):
        relations["session"] = given["sessionId"]
    # recorded: "updated" is what the example of a new one says, too
    attributes: dict[str, Any] = {"status": "updated", "statusAt": moment(unit.now)}
    if "email" in given:
        attributes["email"] = given["email"]
    if identity is None:
        attributes |= {"trackingId": tracking_id}
        return documents.create(unit, IDENTITIES, attributes, relations, by=SYSTEM)
    waiting = identity.get("waiting", [])
    identity = documents.change(unit, IDENTITIES, identity, attributes, relations, by=SYSTEM, waiting=[])
    for event in waiting:
        _happened(unit, customer["id"], event)
    return identity


def track(unit: Unit, given: Mapping[str, Any]) -> None:
    """Record something a visitor did. What names neither visitor nor session is nobody's, and lost."""
    event = {
        "trackingEvent": f"tracking.{given['name']}",
        "at": moment(unit.now),
        "meta": given.get("meta"),
        "sessionId": given.get("sessionId") or None,
    }
    tracking_id = given.get("trackingId") or None
    identity = _visitor(unit, tracking_id, event["sessionId"])
    if identity is not None and (customer := _customer(unit, identity)) is not None:
        _happened(unit, customer["id"], event)
        # documented by the example of events: who is there was seen, and that is a change
        seen = dict.fromkeys(("lastSeenAt", "lastActivityAt", "lastCustomerActivityAt"), moment(unit.now))
        documents.change(unit, CUSTOMERS, customer, seen, by=SYSTEM, touch=False)
        if event["sessionId"] and identity["relations"].get("session") != event["sessionId"]:
            relations = {"session": event["sessionId"]}
            documents.change(unit, IDENTITIES, identity, {}, relations, by=SYSTEM)
    elif identity is not None:
        waiting = [*identity.get("waiting", []), event][-WAITING:]
        documents.change(unit, IDENTITIES, identity, {}, {"customer": None}, by=SYSTEM, waiting=waiting)
    elif tracking_id is not None:
        attributes = {"trackingId": tracking_id, "status": "created", "statusAt": moment(unit.now)}
        relations = {"session": event["sessionId"]}
        documents.create(unit, IDENTITIES, attributes, relations, by=SYSTEM, waiting=[event])


def _identity(unit: Unit, tracking_id: str) -> Document | None:
    return unit["identities"].lookup("value", ("trackingId", tracking_id))


def _visitor(unit: Unit, tracking_id: str | None, session_id: str | None) -> Document | None:
    if tracking_id is not None:
        return _identity(unit, tracking_id)
    if session_id is None:
        return None
    latest = unit["identities"].range("id", group=f"session:{session_id}", descending=True, limit=1)
    return next((entry.document for entry in latest), None)


def _customer(unit: Unit, identity: Document) -> Document | None:
    customer = unit["customers"].get(identity["relations"].get("customer", ""))
    return None if customer is None or is_deleted(customer) else customer


def _happened(unit: Unit, customer: str, event: Mapping[str, Any]) -> None:
    """An event of a customer, and of its session."""
    at, session_id = event["at"], event["sessionId"]
    relations: dict[str, Any] = {"createdBy": None, "modifiedBy": None, "customer": customer}
    attributes = {
        "name": NAME,
        "trackingEvent": event["trackingEvent"],
        "app": None,
        "publishedAt": at,
        "createdAt": moment(unit.now),
        # inferred: nobody knows where a visitor of the fake is
        "location": None,
        "meta": event["meta"],
    }
    if session_id:
        attributes["sessionId"] = session_id
        relations["session"] = _session(unit, customer, session_id, at)
    unit["customer_events"].insert({"id": new_id(unit), "attributes": attributes, "relations": relations})


def _session(unit: Unit, customer: str, session_id: str, at: str) -> str:
    """The id of a session that has one event more."""
    session = session_of(unit, customer, session_id)
    if session is None:
        session = {
            "id": new_id(unit),
            "attributes": {"sessionId": session_id, "firstEventAt": at, "lastEventAt": at, "count": 1},
            "relations": {"customer": customer, "session": session_id},
        }
    else:
        held = session["attributes"]
        times = {"firstEventAt": min(held["firstEventAt"], at), "lastEventAt": max(held["lastEventAt"], at)}
        session = {**session, "attributes": {**held, **times, "count": held["count"] + 1}}
    unit["sessions"].put(session)
    id: str = session["id"]
    return id


def _create_event(call: Call) -> Response:
    track(call, call.body)
    return empty()


def _create_identity(call: Call) -> Response:
    return show(call, IDENTITIES, identify(call, call.body), 201)


def _create_identity_event(call: Call) -> Response:
    """The event is the identity's visitor's, and of that one's session, unless it names another visitor."""
    identity = identify(call, call.body["identity"], "/properties/identity")
    visitor, session = identity["attributes"]["trackingId"], identity["relations"].get("session")
    event = {"trackingId": visitor, **call.body["event"]}
    if session is not None and event["trackingId"] in (visitor, ""):
        event = {"sessionId": session, **event}
    track(call, event)
    return show(call, IDENTITIES, identity, 201)


HANDLERS: dict[str, Handler] = {
    "tracking_events.create": _create_event,
    "tracking_identities.create": _create_identity,
    "identity_events.create": _create_identity_event,
}
