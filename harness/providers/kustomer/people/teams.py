"""Teams of users."""

from __future__ import annotations

from collections.abc import Container
from typing import Any, Final

from harness.core.exchange import Response
from harness.core.provider import Call, Handler
from harness.core.store import Document
from harness.core.unit import Unit
from harness.providers.kustomer.actor import Actor
from harness.providers.kustomer.jsonapi import documents
from harness.providers.kustomer.jsonapi.kinds import TEAMS, USERS
from harness.providers.kustomer.jsonapi.resources import (
    all_referenced,
    changeable,
    delete_one,
    found,
    get_all,
    get_one,
    show,
)
from harness.providers.kustomer.jsonapi.times import given_moment
from harness.providers.kustomer.keys import actor

MOST: Final = 500
"""client: a page of teams may be that long. https://github.com/LarisLab/kustomer-client"""


def create(unit: Unit, body: dict[str, Any], by: Actor) -> Document:
    """A team; it is shown by its name where it is given no other."""
    attributes = {"displayName": body["name"], "members": [], "roleGroups": [], **body, **_written(unit, body, ())}
    return documents.create(unit, TEAMS, attributes, by=by)


def update(unit: Unit, team: Document, body: dict[str, Any], by: Actor) -> Document:
    """What is given changes; documented: `deleted` true takes a team away, null or false brings one back."""
    changes = {**body, **_written(unit, body, team["attributes"]["members"])}
    changes |= documents.deletion(unit, body, restored=False)
    return documents.change(unit, TEAMS, team, changes, by=by)


def _written(unit: Unit, body: dict[str, Any], members: Container[str]) -> dict[str, Any]:
    """The parts of a body that are not kept as they come; `members` are those there are."""
    found: dict[str, Any] = {}
    if "members" in body:
        found["members"] = all_referenced(unit, USERS, body["members"], "members", members)
    for name in ("createdAt", "importedAt"):
        if name in body:
            found[name] = given_moment(unit, name, body[name])
    return found


def _create(call: Call) -> Response:
    return show(call, TEAMS, create(call, call.body, actor(call)), 201)


def _update(call: Call) -> Response:
    return show(call, TEAMS, update(call, changeable(call, TEAMS), call.body, actor(call)))


def _add_members(call: Call) -> Response:
    team = found(call, TEAMS)
    more = all_referenced(call, USERS, call.body["members"], "members")
    members = list(dict.fromkeys((*team["attributes"]["members"], *more)))
    return show(call, TEAMS, documents.change(call, TEAMS, team, {"members": members}, by=actor(call)))


def _remove_members(call: Call) -> Response:
    team, gone = found(call, TEAMS), set(call.body["members"])
    members = [id for id in team["attributes"]["members"] if id not in gone]
    return show(call, TEAMS, documents.change(call, TEAMS, team, {"members": members}, by=actor(call)))


HANDLERS: dict[str, Handler] = {
    "teams.list": get_all(TEAMS, most=MOST),
    "teams.get": get_one(TEAMS),
    "teams.create": _create,
    "teams.update": _update,
    "teams.update_attributes": _update,
    "teams.delete": delete_one(TEAMS),
    "team_members.create": _add_members,
    "team_members.delete": _remove_members,
}
