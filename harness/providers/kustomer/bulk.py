"""Bulk operations: up to a hundred objects in one request, worked off in batches later.

documented: https://developer.kustomer.com/api/core-resources/get-bulk-operation-batches
"""

from __future__ import annotations

from types import ModuleType
from typing import Any, Final

import orjson

from harness.core.clock import SECOND
from harness.core.exchange import Refused, Response
from harness.core.jobs import COLLECTION as JOBS_KEPT
from harness.core.jobs import JobKind
from harness.core.provider import Call, Handler
from harness.core.store import Document
from harness.core.unit import Unit
from harness.providers.kustomer.actor import Actor
from harness.providers.kustomer.conversations import conversations, messages, notes
from harness.providers.kustomer.customers import companies, customers
from harness.providers.kustomer.dialect import Taken, encoded, error, not_found, wrong
from harness.providers.kustomer.jsonapi import documents
from harness.providers.kustomer.jsonapi.kind import MACHINE, ORG, Kind
from harness.providers.kustomer.jsonapi.kinds import (
    BULK_BATCHES,
    BULKS,
    COMPANIES,
    CONVERSATIONS,
    CUSTOMERS,
    KOBJECTS,
    MESSAGES,
    NOTES,
)
from harness.providers.kustomer.jsonapi.resources import find, found, get_related, show, success, to_change
from harness.providers.kustomer.jsonapi.stamps import moment, new_id
from harness.providers.kustomer.keys import ORG_NAME, actor
from harness.providers.kustomer.klasses import custom_objects, klasses

MOST: Final = 100
"""documented: objects in one operation; the contract says so of those in a body."""
BATCH: Final = 50
"""inferred: objects in one batch."""
_READ_LATER: Final = frozenset(("batches", "completedAt"))
"""documented: what answers to requests do not have, not even the examples of one that is complete at once."""
_METHODS: Final = {"create": "POST", "update": "PUT", "delete": "DELETE"}
_ROOMS: Final[dict[str, tuple[Kind, ModuleType]]] = {
    "customers": (CUSTOMERS, customers),
    "companies": (COMPANIES, companies),
    "conversations": (CONVERSATIONS, conversations),
    "messages": (MESSAGES, messages),
    "notes": (NOTES, notes),
    "custom_objects": (KOBJECTS, custom_objects),
}
"""Who creates, updates and deletes one of the objects."""


def _submit(call: Call, room: str, verb: str, documented: int) -> Response:
    """The operation, queued; documented: one unit of the budget, however many objects there are."""
    by, ids = actor(call), _ids(call)
    _check(call, verb, ids)
    klass = _klass(call) if room == "custom_objects" else None
    attributes = {
        "ids": ids,
        "context": f"api.sobjects.{_ROOMS[room][0].collection}.bulk-{verb}",
        "status": "queued",
        "v2": True,
        "payload": {"api": _payload(call, verb, by)},
        "completed": False,
    }
    operation = documents.create(call, BULKS, attributes, by=by)
    items = call.body if isinstance(call.body, list) else [{**(call.body or {}), "id": id} for id in ids]
    for start in range(0, len(items), BATCH):
        call["bulk_batches"].insert(
            {
                "id": new_id(call),
                "attributes": _told("queued", [], []),
                "relations": {"bulk": operation["id"]},
                "items": items[start : start + BATCH],
            }
        )
    roles = None if by.roles is None else list(by.roles)
    call.jobs.submit(JOB.name, operation["id"], room=room, verb=verb, klass=klass, user=by.user, roles=roles)
    status = success(call, documented, 201 if verb == "create" else 200)
    submitted = call["bulks"][operation["id"]]
    told = {name: value for name, value in submitted["attributes"].items() if name not in _READ_LATER}
    return encoded(orjson.dumps({"data": BULKS.document({**submitted, "attributes": told})}), status)


def _ids(call: Call) -> list[str]:
    return [id for id in dict.fromkeys(call.query.get("ids", "").split(",")) if id]


def _check(call: Call, verb: str, ids: list[str]) -> None:
    """documented: objects with their ids, or one object and the ids it is for; inferred: how the rest is refused."""
    if len(ids) > MOST:
        raise wrong(call, "ids", f"Array is too long ({len(ids)}), maximum {MOST}", "/properties/ids/maxItems")
    if isinstance(call.body, list):
        if ids:
            raise wrong(call, "ids", "Ids and a list of objects cannot be combined")
        _check_references(call, call.body)
    elif verb != "create" and not ids:
        raise wrong(call, "ids", "Missing required property: ids", "/required/0")


def _check_references(call: Call, items: list[dict[str, Any]]) -> None:
    """documented: `_clientRef` stands on all items or on none, each its own."""
    given = [item["_clientRef"] for item in items if "_clientRef" in item]
    if given and len(given) < len(items):
        raise wrong(call, "_clientRef", "Missing required property: _clientRef", "/items/required/0")
    places: dict[str, int] = {}
    for later, reference in enumerate(given):
        if (earlier := places.setdefault(reference, later)) < later:
            title = f"Array items are not unique (indices {earlier} and {later})"
            raise wrong(call, "_clientRef", title, "/uniqueItems")


def _klass(call: Call) -> str:
    klass = klasses.named(call, call.path["name"])
    if klass is None:
        raise not_found(call, "name")
    return str(klass["id"])


def _payload(call: Call, verb: str, by: Actor) -> dict[str, Any]:
    user = call["users"].get(by.user or MACHINE)
    return {
        "data": {} if call.body is None else call.body,
        "path": call.request.path.rstrip("/").removesuffix("/bulk"),
        "user": {
            "id": by.user,
            "userType": user["attributes"]["userType"] if user else "machine",
            "roles": ["org"] if by.roles is None else list(by.roles),
            "orgName": ORG_NAME,
            "subject": by.user,
            "org": ORG,
        },
        "requestId": new_id(call),
        "service": "sobjects",
        "method": _METHODS[verb],
    }


def _started(unit: Unit, job: Document) -> None:
    total = unit["bulk_batches"].count("id", f"bulk:{job['id']}")
    _move(unit, job, {"status": "running", "batches": {"complete": 0, "total": total}})


def _finished(unit: Unit, job: Document) -> None:
    """All batches are worked off; each object stands or falls by itself."""
    batches = [entry.document for entry in unit["bulk_batches"].range("id", group=f"bulk:{job['id']}")]
    for batch in batches:
        attributes = _worked_off(unit, job, batch["items"])
        done = {"id": batch["id"], "attributes": attributes, "relations": batch["relations"]}
        unit["bulk_batches"].replace(done)
    told = {"complete": len(batches), "total": len(batches)}
    _move(unit, job, {"status": "complete", "completed": True, "completedAt": moment(unit.now), "batches": told})


def _move(unit: Unit, job: Document, changed: dict[str, Any]) -> None:
    operation = unit["bulks"][job["id"]]
    attributes = {**operation["attributes"], "updatedAt": moment(unit.now), **changed}
    unit["bulks"].replace({**operation, "attributes": attributes})


def _worked_off(unit: Unit, job: Document, items: list[dict[str, Any]]) -> dict[str, Any]:
    """What became of the items of a batch."""
    ids: list[str] = []
    errors: list[dict[str, Any]] = []
    results: list[dict[str, Any]] = []
    for item in items:
        try:
            with unit.store.unit():
                id = _write(unit, job, item)
        except Refused as refused:
            problem = _problem(refused)
            errors.append(problem)
            outcome = {"status": "error", "error": problem.get("title") or problem["message"]}
        else:
            ids.append(id)
            outcome = {"objectId": id, "status": "created" if job["payload"]["verb"] == "create" else "updated"}
        if "_clientRef" in item:
            results.append({"_clientRef": item["_clientRef"], **outcome})
    found = {**_told("complete", ids, errors), "completedAt": moment(unit.now)}
    return {**found, "results": results} if results else found


def _told(status: str, ids: list[str], errors: list[dict[str, Any]]) -> dict[str, Any]:
    """documented: what a batch tells; the form of an error is inferred."""
    counts = {"successCount": len(ids), "failureCount": len(errors)}
    return {"status": status, "objectIds": ids, **counts, "errors": errors}


def _write(unit: Unit, job: Document, item: dict[str, Any]) -> str:
    """Do what an item asks for. Returns the id of its object; raises Refused."""
    if job["state"] == "failed":
        raise Refused(error(unit.quirks, 500))
    asked = job["payload"]
    kind, room = _ROOMS[asked["room"]]
    by = Actor(asked["user"], None if asked["roles"] is None else tuple(asked["roles"]))
    klass = unit["klasses"].get(asked["klass"]) if kind is KOBJECTS else None
    if kind is KOBJECTS and klass is None:  # deleted meanwhile
        raise not_found(unit, "name")
    body = {name: value for name, value in item.items() if name != "_clientRef"}
    if asked["verb"] == "create":
        written: Document = room.create(unit, body, by) if klass is None else room.create(unit, klass, body, by)
        return str(written["id"])
    id: str = body.pop("id")
    if klass is not None:
        document = custom_objects.of_klass(unit, klass, id)
    else:
        document = to_change(unit, kind, id, body) if asked["verb"] == "update" else find(unit, kind, id)
    if asked["verb"] == "update":
        room.update(unit, document, body, by)
    else:
        room.delete(unit, document, by)
    return id


def _problem(refused: Refused) -> dict[str, Any]:
    """The error of an item; documented: a value that is taken is called a duplicate."""
    problem: dict[str, Any] = refused.response.json()["errors"][0]
    if isinstance(refused, Taken):
        problem["title" if "title" in problem else "message"] = "duplicate detected"
    return problem


def _get(call: Call) -> Response:
    operation = found(call, BULKS)
    if operation["id"] in call.store[JOBS_KEPT]:  # one that was shown by the real API has no job here
        call.jobs.poll(operation["id"])
    return show(call, BULKS, call["bulks"][operation["id"]])


def _handler(room: str, verb: str, documented: int) -> Handler:
    return lambda call: _submit(call, room, verb, documented)


JOB: Final = JobKind("bulk", waits=SECOND, runs=SECOND, started=_started, finished=_finished)
JOBS = {JOB.name: JOB}

# documented: 200 for updates of messages and of objects, and for new messages; 201 for the others
_STATUSES: Final = {
    "customers.bulk_create": 201,
    "customers.bulk_update": 201,
    "customers.bulk_delete": 201,
    "companies.bulk_create": 201,
    "companies.bulk_update": 201,
    "conversations.bulk_create": 201,
    "conversations.bulk_update": 201,
    "messages.bulk_create": 200,
    "messages.bulk_update": 200,
    "notes.bulk_create": 201,
    "notes.bulk_update": 201,
    "custom_objects.bulk_create": 201,
    "custom_objects.bulk_update": 200,
    "custom_objects.bulk_delete": 201,
}

HANDLERS: dict[str, Handler] = {
    **{id: _handler(id.partition(".")[0], id.rpartition("_")[2], status) for id, status in _STATUSES.items()},
    "bulk_operations.get": _get,
    "bulk_operation_batches.list": get_related(BULK_BATCHES, BULKS, "bulk"),
}
