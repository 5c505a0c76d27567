"""Shortcuts: texts for agents to put in, on shelves, for everybody or for some."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from harness.core.exchange import Response
from harness.core.provider import Call, Handler
from harness.core.store import Document
from harness.core.unit import Unit
from harness.providers.kustomer.actor import Actor
from harness.providers.kustomer.dialect import not_found
from harness.providers.kustomer.jsonapi import documents
from harness.providers.kustomer.jsonapi.kinds import SHORTCUT_CATEGORIES, SHORTCUTS, TEAMS, USERS
from harness.providers.kustomer.jsonapi.resources import (
    all_referenced,
    delete_one,
    found,
    get_all,
    listing,
    referenced,
    show,
    written,
)
from harness.providers.kustomer.keys import actor

_PLAIN: Final = ("name", "draft", "conversation", "payload", "isPrivate")
_MANAGERS: Final = ("org.admin.content.shortcut.read", "org.admin.shortcut.read")


def create(unit: Unit, body: Mapping[str, Any], by: Actor) -> Document:
    """A new shortcut."""
    attributes = {"isPrivate": False, "deleted": False, "appDisabled": False, **_given(body)}
    return documents.create(unit, SHORTCUTS, attributes, _relations(unit, body), by=by)


def update(unit: Unit, shortcut: Document, body: Mapping[str, Any], by: Actor) -> Document:
    """Change what is given. inferred: what is left out stays, though the name must be there."""
    return documents.change(unit, SHORTCUTS, shortcut, _given(body), _relations(unit, body), by=by)


def is_visible(unit: Unit, shortcut: Document, by: Actor) -> bool:
    """Whether somebody may use a shortcut. inferred: a private one is for its author, for the users and teams it
    names, and for those who manage all of them."""
    if not shortcut["attributes"].get("isPrivate") or any(by.has(role) for role in _MANAGERS):
        return True
    relations = shortcut["relations"]
    if by.user in (relations.get("createdBy"), *relations.get("accessUsers", ())):
        return True
    teams = (unit["teams"].get(id) for id in relations.get("accessTeams", ()))
    return any(by.user in team["attributes"].get("members", ()) for team in teams if team is not None)


def _given(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: body[name] for name in _PLAIN if name in body}


def _relations(unit: Unit, body: Mapping[str, Any]) -> dict[str, Any]:
    relations: dict[str, Any] = {}
    if "parent" in body:
        relations["parent"] = referenced(unit, SHORTCUT_CATEGORIES, body["parent"], "parent")["id"]
    for name, kind in (("accessUsers", USERS), ("accessTeams", TEAMS)):
        if name in body:
            relations[name] = all_referenced(unit, kind, body[name], name)
    return relations


def _list(call: Call) -> Response:
    """documented: those whose name begins with a text. inferred: in whatever letters."""
    by, beginning = actor(call), call.query.get("name", "").casefold()
    return listing(
        call,
        SHORTCUTS,
        keep=lambda shortcut: (
            shortcut["attributes"]["name"].casefold().startswith(beginning) and is_visible(call, shortcut, by)
        ),
    )


def _get(call: Call) -> Response:
    shortcut = found(call, SHORTCUTS)
    if not is_visible(call, shortcut, actor(call)):
        raise not_found(call)
    return show(call, SHORTCUTS, shortcut)


def _create(call: Call) -> Response:
    return show(call, SHORTCUTS, create(call, *written(call)), 201)


def _update(call: Call) -> Response:
    return show(call, SHORTCUTS, update(call, found(call, SHORTCUTS), *written(call)))


HANDLERS: dict[str, Handler] = {
    "shortcuts.list": _list,
    "shortcuts.get": _get,
    "shortcuts.create": _create,
    "shortcuts.update": _update,
    "shortcuts.delete": delete_one(SHORTCUTS),
    "shortcut_categories.list": get_all(SHORTCUT_CATEGORIES),
}
