"""Who wrote something and when, where a body says so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from harness.core.unit import Unit
from harness.providers.kustomer.actor import Actor
from harness.providers.kustomer.dialect import conflict, malformed
from harness.providers.kustomer.jsonapi.kind import Kind
from harness.providers.kustomer.jsonapi.kinds import USERS
from harness.providers.kustomer.jsonapi.resources import is_id, referenced
from harness.providers.kustomer.jsonapi.times import given_moment

ADMIN: Final = "org.admin"
_TIMES: Final = ("createdAt", "modifiedAt", "updatedAt")
_AUTHORS: Final = ("createdBy", "modifiedBy")


def claimed(unit: Unit, body: Mapping[str, Any], by: Actor) -> tuple[dict[str, Any], dict[str, Any]]:
    """The times and the authors that a body of a message or note claims.

    documented: only org.admin may, otherwise they are those of the request.
    https://developer.kustomer.com/kustomer-api-docs/reference
    """
    times = {"importedAt": given_moment(unit, "importedAt", body["importedAt"])} if "importedAt" in body else {}
    if not by.has(ADMIN):
        return times, {}
    times |= {name: given_moment(unit, name, body[name]) for name in _TIMES if name in body}
    authors = {
        name: None if body[name] is None else referenced(unit, USERS, body[name], name)["id"]
        for name in _AUTHORS
        if name in body
    }
    return times, authors


def chosen_id(unit: Unit, kind: Kind, body: Mapping[str, Any]) -> str | None:
    """The id a client chose for something new. inferred: 409 for one that is there, 400 for one that can be none."""
    id = body.get("id")
    if id is None:
        return None
    if not is_id(id):
        raise malformed(unit, "id")
    if id in unit[kind.collection]:
        raise conflict(unit, "id", "duplicate_value")
    return str(id)
