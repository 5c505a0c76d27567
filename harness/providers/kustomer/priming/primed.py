"""What primed documents are made of: relations from relationships, and stand-ins for what records refer to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from harness.core.ids import digest
from harness.core.jobs import COLLECTION as JOBS
from harness.core.shown import Shown
from harness.core.store import Document
from harness.core.unit import Unit
from harness.providers.kustomer.jsonapi.kind import Kind, To
from harness.providers.kustomer.jsonapi.kinds import KLASSES, TEAMS, USERS
from harness.providers.kustomer.jsonapi.stamps import moment

Record = Mapping[str, Any]


def put(unit: Unit, kind: Kind, document: Document) -> None:
    """Store a document; what was private to it stays."""
    unit[kind.collection].put({**(unit[kind.collection].get(document["id"]) or {}), **document})


def is_worked_off(unit: Unit, shown: Shown) -> bool:
    """Whether a bulk operation, or a part of one, was made here: what becomes of it is the fake's."""
    return shown.record["id"] in unit.store[JOBS] or shown.path.get("id", "") in unit.store[JOBS]


def is_known(unit: Unit, kind: Kind, document: Document) -> bool:
    """Whether there is a document that says the same of what is told, perhaps more."""
    there = unit[kind.collection].get(document["id"])
    if there is None:
        return False
    held = there["attributes"]
    return all(name in held and held[name] == value for name, value in document["attributes"].items())


def relations(kind: Kind, record: Record) -> dict[str, Any]:
    """What a record leads to. The organisation is left out: an account has its own."""
    shown = record.get("relationships", {})
    return {name: _given(to, shown[name]) for name, to in kind.relations.items() if name in shown}


def _given(to: To, related: Any) -> Any:
    data = related.get("data") if related is not None else None
    if isinstance(data, list):
        return [each["id"] if each["type"] == to.type else f"{each['type']}:{each['id']}" for each in data]
    return data["id"] if data is not None else None


def related(record: Record, name: str) -> str | None:
    """The id of the one document a record leads to by a name."""
    data = (record.get("relationships", {}).get(name) or {}).get("data")
    return data["id"] if isinstance(data, Mapping) else None


def referred(unit: Unit, record: Record) -> None:
    """What a record that is made refers to has to be there: the users and teams it is given to."""
    attributes, relationships = record["attributes"], record.get("relationships", {})
    for name, stand_in in _REFERRED.items():
        for id in attributes.get(name, ()):
            stand_in(unit, id)
        for each in relationships.get(name, {}).get("data", ()):
            stand_in(unit, each["id"])


def user(unit: Unit, id: str) -> None:
    """A user, of whom only the id is known."""
    if id not in unit["users"]:
        attributes = {"displayName": "User", "name": "User", "userType": "user", "email": f"{id}@example.com"}
        _stand_in(unit, USERS, id, {**attributes, "roles": ["org.user"], "roleGroups": []})


def team(unit: Unit, id: str) -> None:
    """A team, of which only the id is known."""
    if id not in unit["teams"]:
        _stand_in(unit, TEAMS, id, {"name": f"Team {id}", "displayName": f"Team {id}", "members": []})


def _stand_in(unit: Unit, kind: Kind, id: str, attributes: Record) -> None:
    now = moment(unit.now)
    unit[kind.collection].put(
        {"id": id, "attributes": {**attributes, "createdAt": now, "updatedAt": now}, "relations": {}}
    )


_REFERRED: Final = {
    "assignedUsers": user,
    "assignedTeams": team,
    "members": user,
    "accessUsers": user,
    "accessTeams": team,
}


def last_of(address: str) -> str:
    """What an address ends with."""
    return address.rstrip("/").rpartition("/")[2]


def klass(unit: Unit, name: str, plural: str) -> None:
    """A klass, of which an object is shown."""
    if unit["klasses"].lookup("value", ("name", name.casefold())) is not None:
        return
    now = moment(unit.now)
    unit[KLASSES.collection].put(
        {
            "id": digest("kustomer", "primed", name, length=12).hex(),
            "attributes": {"name": name, "status": "enabled", "createdAt": now, "updatedAt": now},
            "relations": {},
            "plural": plural,
        }
    )
