"""What happened to customers, and their sessions with tracked sites."""

from __future__ import annotations

from harness.core.exchange import Response
from harness.core.provider import Call, Handler
from harness.core.store import Document
from harness.core.unit import Unit
from harness.providers.kustomer.dialect import not_found
from harness.providers.kustomer.jsonapi.kinds import CUSTOMER_EVENTS, CUSTOMERS, SESSIONS
from harness.providers.kustomer.jsonapi.resources import find, found, get_related, listing, show


def session_of(unit: Unit, customer: str, session_id: str) -> Document | None:
    """A customer's session by the id its site gave it."""
    entries = unit["sessions"].range("id", group=f"session:{session_id}")
    return next((each.document for each in entries if each.document["relations"]["customer"] == customer), None)


def _list_all(call: Call) -> Response:
    """documented by the examples: the newest first. https://developer.kustomer.com/kustomer-api-docs/reference"""
    customer, name = found(call, CUSTOMERS), call.query.get("name")
    keep = None if name is None else lambda event: event["attributes"]["name"] == name
    group = f"customer:{customer['id']}"
    return listing(call, CUSTOMER_EVENTS, group=group, descending=True, keep=keep, meta="empty")


def _list(call: Call) -> Response:
    """The events of one session, the newest first as in the examples."""
    customer = found(call, CUSTOMERS, "customerId")
    session = session_of(call, customer["id"], call.path["sessionId"])
    if session is None:
        raise not_found(call, "sessionId")
    return listing(call, CUSTOMER_EVENTS, group=f"session:{session['id']}", descending=True, meta="empty")


def _get(call: Call) -> Response:
    customer = found(call, CUSTOMERS, "customerId")
    event = find(call, CUSTOMER_EVENTS, call.path["id"])
    if event["relations"]["customer"] != customer["id"]:
        raise not_found(call)
    return show(call, CUSTOMER_EVENTS, event)


HANDLERS: dict[str, Handler] = {
    "customer_events.list_all": _list_all,
    "customer_events.list": _list,
    "customer_events.get": _get,
    "customer_sessions.list": get_related(SESSIONS, CUSTOMERS, "customer", meta="empty"),
}
