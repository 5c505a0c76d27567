"""Schedules: opening hours by the day of the week, exactly one of them the default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.core.exchange import Response
from harness.core.provider import Call, Handler
from harness.core.store import Document
from harness.core.unit import Unit
from harness.providers.kustomer.actor import Actor
from harness.providers.kustomer.dialect import conflict, not_found, wrong
from harness.providers.kustomer.jsonapi import documents
from harness.providers.kustomer.jsonapi.kind import LIVE
from harness.providers.kustomer.jsonapi.kinds import HOLIDAYS, SCHEDULES
from harness.providers.kustomer.jsonapi.resources import found, get_all, show, success, written
from harness.providers.kustomer.jsonapi.stamps import moment
from harness.providers.kustomer.keys import actor


def default(unit: Unit) -> Document | None:
    """The default schedule."""
    live = (entry.document for entry in unit["schedules"].range("id", group=LIVE))
    return next((schedule for schedule in live if schedule["attributes"]["default"]), None)


def create(unit: Unit, body: Mapping[str, Any], by: Actor) -> Document:
    """A new schedule. inferred: the first is the default whatever it says, since one must be."""
    before = default(unit)
    attributes = {**_attributes(unit, body), "default": body["default"] or before is None}
    schedule = documents.create(unit, SCHEDULES, attributes, by=by)
    if before is not None and body["default"]:
        documents.change(unit, SCHEDULES, before, {"default": False}, by=by)
    return schedule


def update(unit: Unit, schedule: Document, body: Mapping[str, Any], by: Actor) -> Document:
    """Change a schedule. documented: exactly one is the default; inferred: a new one takes its place, and it cannot
    stop being it otherwise (409)."""
    before = default(unit)
    was_default = schedule["attributes"]["default"]
    if was_default and not body["default"]:
        raise conflict(unit, "default")
    changed = documents.change(unit, SCHEDULES, schedule, _attributes(unit, body), by=by)
    if before is not None and body["default"] and not was_default:
        documents.change(unit, SCHEDULES, before, {"default": False}, by=by)
    return changed


def delete(unit: Unit, schedule: Document, by: Actor) -> Document:
    """documented: it stays, and says when and by whom it was deleted. inferred: the default cannot go (409)."""
    if schedule["attributes"]["default"]:
        raise conflict(unit, "default")
    now = moment(unit.now)
    signed = {
        **schedule,
        "attributes": {**schedule["attributes"], "modifiedAt": now, "updatedAt": now},
        "relations": {**schedule["relations"], **dict.fromkeys(("modifiedBy", "deletedBy"), by.user)},
    }
    return documents.remove(unit, SCHEDULES, signed, by=by)


def _attributes(unit: Unit, body: Mapping[str, Any]) -> dict[str, Any]:
    for day, periods in body["hours"].items():
        last = -1
        for start, end in periods or ():
            if not last < start < end:
                # documented: sorted, without touching each other; the wording is inferred
                title = "Periods must be sorted, begin before they end and not touch"
                raise wrong(unit, day, title, f"/properties/hours/properties/{day}")
            last = end
    return {name: body[name] for name in ("name", "hours", "timezone", "default")}


def _holidays(call: Call, schedule: Document) -> list[dict[str, Any]] | None:
    if call.query.get("include") != "holidays":
        return None
    entries = call["holidays"].range("id", group=f"schedule:{schedule['id']}")
    return [HOLIDAYS.document(entry.document) for entry in entries]


def _get(call: Call) -> Response:
    schedule = found(call, SCHEDULES)
    return show(call, SCHEDULES, schedule, included=_holidays(call, schedule))


def _get_default(call: Call) -> Response:
    schedule = default(call)
    if schedule is None:
        raise not_found(call, None)  # inferred: an organisation has one from its beginning
    return show(call, SCHEDULES, schedule, included=_holidays(call, schedule))


def _create(call: Call) -> Response:
    return show(call, SCHEDULES, create(call, *written(call)), success(call, 200, 201))


def _update(call: Call) -> Response:
    return show(call, SCHEDULES, update(call, found(call, SCHEDULES), *written(call)))


def _delete(call: Call) -> Response:
    return show(call, SCHEDULES, delete(call, found(call, SCHEDULES), actor(call)))


HANDLERS: dict[str, Handler] = {
    "schedules.list": get_all(SCHEDULES),
    "schedules.get": _get,
    "schedules.create": _create,
    "schedules.update": _update,
    "schedules.delete": _delete,
    "default_schedules.list": _get_default,
}
