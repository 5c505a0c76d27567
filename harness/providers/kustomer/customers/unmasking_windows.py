"""Windows in which what is masked of a customer may be read: one a customer, ended by the clock."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from harness.core.clock import HOUR
from harness.core.exchange import Response
from harness.core.provider import Call, Handler
from harness.core.unit import Unit
from harness.providers.kustomer.actor import SYSTEM
from harness.providers.kustomer.dialect import empty, not_found
from harness.providers.kustomer.jsonapi import documents
from harness.providers.kustomer.jsonapi.kind import is_deleted
from harness.providers.kustomer.jsonapi.kinds import CUSTOMERS
from harness.providers.kustomer.jsonapi.resources import found, show
from harness.providers.kustomer.jsonapi.stamps import moment
from harness.providers.kustomer.keys import actor
from harness.providers.kustomer.limits import count_update

ENDS: Final = "unmasking_window"
"""The due event that closes one."""
_LENGTHS: Final = {"eight_hours": 8 * HOUR, "one_hour": HOUR}


def forget(unit: Unit, customer: str) -> None:
    """Let the end of a customer's window not come: it is gone before."""
    unit.unschedule(ENDS, customer)


def _create(call: Call) -> Response:
    """Open a window, or replace the one that is open."""
    by, customer = actor(call), found(call, CUSTOMERS)
    if is_deleted(customer):
        raise not_found(call)
    count_update(call, customer["id"], by)
    ends = call.now + _LENGTHS[call.quirks["unmasking_window_length"]]
    now = moment(call.now)
    window = {
        "requestedBy": by.user,
        "startDate": now,
        "endDate": moment(ends),
        "updatedAt": now,
        "createdAt": now,
    }
    changes = {"unmaskingWindow": window, "lastActivityAt": now}
    call.schedule(ENDS, ends, customer["id"])
    return show(call, CUSTOMERS, documents.change(call, CUSTOMERS, customer, changes, by=by), 201)


def _delete(call: Call) -> Response:
    """inferred: 404 where none is open."""
    by, customer = actor(call), found(call, CUSTOMERS)
    if is_deleted(customer) or "unmaskingWindow" not in customer["attributes"]:
        raise not_found(call)
    count_update(call, customer["id"], by)
    forget(call, customer["id"])
    changes = {"unmaskingWindow": None, "lastActivityAt": moment(call.now)}
    documents.change(call, CUSTOMERS, customer, changes, by=by)
    return empty()


def _close(unit: Unit, customer: str, payload: Mapping[str, Any]) -> None:
    document = unit["customers"].get(customer)
    if document is not None and not is_deleted(document):
        documents.change(unit, CUSTOMERS, document, {"unmaskingWindow": None}, by=SYSTEM, touch=False)


DUE: dict[str, Any] = {ENDS: _close}

HANDLERS: dict[str, Handler] = {
    "customer_unmasking_windows.create": _create,
    "customer_unmasking_windows.delete": _delete,
}
