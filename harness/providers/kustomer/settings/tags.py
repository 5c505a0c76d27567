"""Tags: words of the organisation, by their ids on whatever they stick to. The API reads them; naming one that is not
there makes it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from harness.core.exchange import Response
from harness.core.provider import Call, Handler
from harness.core.unit import Unit
from harness.providers.kustomer.actor import Actor
from harness.providers.kustomer.jsonapi import documents
from harness.providers.kustomer.jsonapi.kind import DELETED, is_deleted
from harness.providers.kustomer.jsonapi.kinds import TAGS
from harness.providers.kustomer.jsonapi.resources import get_one, is_id, listing

COLOUR: Final = "#37a0f4"
"""inferred: what a tag looks like that came by its name."""


def resolved(unit: Unit, names: Iterable[str], by: Actor) -> list[str]:
    """The ids of tags given by id or name; documented: a name nobody has yet becomes a tag."""
    return list(dict.fromkeys(_resolved(unit, name, by) for name in names))


def _resolved(unit: Unit, name: str, by: Actor) -> str:
    tags = unit["tags"]
    if is_id(name) and (known := tags.get(name)) is not None and not is_deleted(known):
        return name
    found = tags.lookup_id("value", ("name", name.casefold()))
    return found or documents.create(unit, TAGS, {"name": name, "color": COLOUR, "deleted": False}, by=by)["id"]


def _list(call: Call) -> Response:
    """client: with deleted=false for those that are there. https://github.com/jasbanza/osl-kustomer-archiver"""
    deleted = call.query.get("deleted", False)
    return listing(call, TAGS, group=DELETED) if deleted else listing(call, TAGS)


HANDLERS: dict[str, Handler] = {
    "tags.list": _list,
    "tags.get": get_one(TAGS),
}
