"""Users: the people of the organisation, and the machines behind its keys."""

from __future__ import annotations

from typing import Any, Final

from harness.core.clock import HOUR
from harness.core.exchange import Response
from harness.core.provider import Call, Handler
from harness.core.store import Document
from harness.core.unit import Unit
from harness.providers.kustomer.actor import Actor
from harness.providers.kustomer.dialect import empty, not_found, wrong
from harness.providers.kustomer.jsonapi import documents
from harness.providers.kustomer.jsonapi.kind import DELETED, LIVE
from harness.providers.kustomer.jsonapi.kinds import TEAMS, USERS
from harness.providers.kustomer.jsonapi.resources import Keep, changeable, found, get_several, listing, show
from harness.providers.kustomer.jsonapi.stamps import moment
from harness.providers.kustomer.keys import actor

MOST: Final = 500
"""client: a page of users may be that long. https://github.com/LarisLab/kustomer-client"""
SESSION: Final = 24 * HOUR
"""documented: how long a person stays signed in."""
_FILTERS: Final = ("pending", "deleted", "userType", "email")


def _list(call: Call) -> Response:
    given = [name for name in _FILTERS if name in call.query]
    if len(given) > 1 and call.quirks["user_filters_combined"] == "400":
        raise wrong(call, given[1], "Filters cannot be combined")
    if not given:
        return listing(call, USERS, most=MOST)
    name = given[0]
    group = DELETED if name == "deleted" and call.query["deleted"] else LIVE
    return listing(call, USERS, group=group, keep=_filter(name, call.query[name]), most=MOST)


def _filter(name: str, wanted: Any) -> Keep | None:
    match name:
        case "pending":
            return lambda user: is_pending(user) is wanted
        case "userType":
            return lambda user: bool(user["attributes"]["userType"] == wanted)
        case "email":
            return lambda user: bool(user["attributes"]["email"].casefold() == wanted.casefold())
    return None


def is_pending(user: Document) -> bool:
    """inferred: until an invited person confirms the address."""
    return user["attributes"]["userType"] != "machine" and "emailVerifiedAt" not in user["attributes"]


def create(unit: Unit, body: dict[str, Any], by: Actor) -> Document:
    """A user, invited."""
    attributes = {"displayName": body["name"], "userType": "user", "roles": [], "roleGroups": [], **body}
    _check_groups(unit, body)
    return documents.create(unit, USERS, attributes, by=by)


def update(unit: Unit, user: Document, body: dict[str, Any], by: Actor) -> Document:
    """What is given changes; documented: `deleted` true takes a user away, null or false brings one back."""
    changes = {name: value for name, value in body.items() if name not in ("password", "currentPassword", "deleted")}
    changes |= documents.deletion(unit, body, restored=False)
    if "password" in body:
        kept = user["attributes"].get("password") or {"allowNew": True, "forceNew": False}
        changes["password"] = {**kept, "updatedAt": moment(unit.now)}
    author = None if by.user == user["id"] else by.user
    relations = {"modifiedBy": author or user["relations"].get("modifiedBy")}
    _check_groups(unit, body)
    return documents.change(unit, USERS, user, changes, relations, by=by)


def _check_groups(unit: Unit, body: dict[str, Any]) -> None:
    """inferred: groups of roles have to exist."""
    for id in body.get("roleGroups", ()):
        if id not in unit["role_groups"]:
            raise wrong(unit, "roleGroups", "Invalid roleGroups")


def _create(call: Call) -> Response:
    return show(call, USERS, create(call, call.body, actor(call)), 201)


def _update(call: Call) -> Response:
    user = update(call, changeable(call, USERS), call.body, actor(call))
    return show(call, USERS, user, int(call.quirks["user_update_status"]))


def me(call: Call) -> Document:
    """Whom the key belongs to, or 404."""
    user = call["users"].get(actor(call).user or "")
    if user is None:
        raise not_found(call)
    return user


def _me(call: Call) -> Response:
    return show(call, USERS, me(call))


def _update_me(call: Call) -> Response:
    user = update(call, me(call), call.body, actor(call))
    return show(call, USERS, user, int(call.quirks["user_update_status"]))


def _password_reset(call: Call) -> Response:
    """inferred: the same answer for an address nobody has, so that none can be found out."""
    return empty()


def _teams(call: Call) -> Response:
    id = found(call, USERS)["id"]
    return listing(call, TEAMS, keep=lambda team: id in team["attributes"]["members"])


HANDLERS: dict[str, Handler] = {
    "users.list": _list,
    "users.get": get_several(USERS),
    "users.create": _create,
    "users.update": _update,
    "users.password_reset": _password_reset,
    "user_teams.list": _teams,
    "me.list": _me,
    "me.update": _update_me,
}
