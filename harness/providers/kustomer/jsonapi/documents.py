"""Writing documents: what all of them have in common when they are made, changed and deleted.

`create`, `change` and `remove` keep times, revision and author, and tell of it: customer events, audit logs,
webhooks. Values are given as an answer shows them; None takes one away.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.core.store import Document, NotUnique
from harness.core.unit import Unit
from harness.providers.kustomer.actor import SYSTEM, Actor
from harness.providers.kustomer.dialect import conflict
from harness.providers.kustomer.events import events
from harness.providers.kustomer.events.search_lag import note_write
from harness.providers.kustomer.jsonapi.kind import Kind
from harness.providers.kustomer.jsonapi.stamps import moment, new_id


def create(
    unit: Unit,
    kind: Kind,
    attributes: Mapping[str, Any],
    relations: Mapping[str, Any] | None = None,
    *,
    by: Actor,
    id: str | None = None,
    at: int | None = None,
    **private: Any,
) -> Document:
    """A new document, announced. Raises Refused (409) for a value another one has."""
    document = new(unit, kind, attributes, relations, by=by, id=id, at=at, **private)
    write(unit, kind, document)
    events.announce(unit, kind, "create", document, None, by)
    return document


def new(
    unit: Unit,
    kind: Kind,
    attributes: Mapping[str, Any],
    relations: Mapping[str, Any] | None = None,
    *,
    by: Actor,
    id: str | None = None,
    at: int | None = None,
    **private: Any,
) -> Document:
    """A new document that is not written yet."""
    now = moment(unit.now if at is None else at)
    stamps: dict[str, Any] = {"createdAt": now, "updatedAt": now}
    if kind.modified:
        stamps["modifiedAt"] = now
    if kind.revised:
        stamps["rev"] = 1
    authors = {name: by.user for name in ("createdBy", "modifiedBy") if name in kind.relations and by.user}
    return {
        **private,
        "id": id or new_id(unit),
        "attributes": _kept(kind, {**stamps, **attributes}),
        "relations": _given({**authors, **(relations or {})}),
    }


def change(
    unit: Unit,
    kind: Kind,
    document: Document,
    attributes: Mapping[str, Any],
    relations: Mapping[str, Any] | None = None,
    *,
    by: Actor,
    touch: bool = True,
    **private: Any,
) -> Document:
    """The document with these attributes and relations changed (None: taken away), announced.

    `touch` says whether somebody modified it; without, it only followed from something else: it gets a new revision,
    but no `modifiedAt` and no `modifiedBy`.
    """
    now = moment(unit.now)
    stamps: dict[str, Any] = {"updatedAt": now}
    authors: dict[str, Any] = {}
    if touch and kind.modified:
        stamps["modifiedAt"] = now
    if touch and by.user and "modifiedBy" in kind.relations:
        authors["modifiedBy"] = by.user
    if kind.revised:
        stamps["rev"] = document["attributes"].get("rev", 0) + 1
    changed = {
        **document,
        **private,
        "attributes": _kept(kind, {**document["attributes"], **stamps, **attributes}),
        "relations": _given({**document["relations"], **authors, **(relations or {})}),
    }
    write(unit, kind, changed)
    # documented by the examples: what follows by itself is nobody's, but a conversation's new customer has an author
    author = by if touch or relations else SYSTEM
    events.announce(unit, kind, "update", changed, document, author)
    return changed


def remove(unit: Unit, kind: Kind, document: Document, *, by: Actor, soft: bool = True) -> Document:
    """Delete a document; `soft` keeps it, with `deleted` and when, outside of all lists."""
    note_write(unit, kind.collection, document["id"])
    if soft:
        gone = {
            **document,
            "attributes": {**document["attributes"], "deleted": True, "deletedAt": moment(unit.now)},
        }
        unit[kind.collection].replace(gone)
    else:
        gone = unit[kind.collection].delete(document["id"])
    events.announce(unit, kind, "delete", gone, document, by)
    return gone


def deletion(unit: Unit, body: Mapping[str, Any], *, restored: bool | None = None) -> dict[str, Any]:
    """What `deleted` in a body does to attributes. documented: true takes a document away, now; false or null brings
    it back, with `restored` in the place of `deleted` then."""
    if "deleted" not in body:
        return {}
    gone = bool(body["deleted"])
    return {"deleted": gone or restored, "deletedAt": moment(unit.now) if gone else None}


def check_rev(unit: Unit, document: Document, body: Mapping[str, Any]) -> None:
    """409 for a revision that is no longer the latest: documented as optimistic locking."""
    given = body.get("rev")
    if given is not None and given != document["attributes"].get("rev"):
        raise conflict(unit, "rev")


def _kept(kind: Kind, attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in attributes.items() if value is not None or name in kind.nulls}


def _given(relations: Mapping[str, Any]) -> dict[str, Any]:
    return {name: given for name, given in relations.items() if given not in (None, [])}


def write(unit: Unit, kind: Kind, document: Document) -> None:
    """Keep a document. Raises Refused (409) for a value another one has."""
    note_write(unit, kind.collection, document["id"])
    try:
        unit[kind.collection].put(document)
    except NotUnique as taken:
        raise conflict(unit, taken.key[0], "duplicate_value") from None  # type: ignore[index]
