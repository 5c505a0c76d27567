"""Roles, which the contract names, and groups of them."""

from __future__ import annotations

from typing import Any

from harness.core.contract import Contract
from harness.core.exchange import Response, json_response
from harness.core.provider import Call, Handler
from harness.providers.kustomer.dialect import JSON
from harness.providers.kustomer.jsonapi import documents
from harness.providers.kustomer.jsonapi.kinds import ROLE_GROUPS
from harness.providers.kustomer.jsonapi.resources import delete_one, found, get_all, get_one, show
from harness.providers.kustomer.keys import actor


def names(contract: Contract) -> list[str]:
    """The roles there are: those that operations need, and the shorter ones that cover them."""
    known = {role for operation in contract.operations.values() for role in operation.roles if "{" not in role}
    return sorted({"org", "org.admin", "org.user", *known})


def _list(call: Call) -> Response:
    roles = [{"type": "role", "id": name} for name in names(call.pack.contract)]
    return json_response({"data": roles}, content_type=JSON)


def _create(call: Call) -> Response:
    body: dict[str, Any] = {"roles": [], **call.body}
    return show(call, ROLE_GROUPS, documents.create(call, ROLE_GROUPS, body, by=actor(call)), 201)


def _update(call: Call) -> Response:
    group = documents.change(call, ROLE_GROUPS, found(call, ROLE_GROUPS), call.body, by=actor(call))
    return show(call, ROLE_GROUPS, group)


HANDLERS: dict[str, Handler] = {
    "auth_roles.list": _list,
    "role_groups.list": get_all(ROLE_GROUPS),
    "role_groups.get": get_one(ROLE_GROUPS),
    "role_groups.create": _create,
    "role_groups.update": _update,
    "role_groups.delete": delete_one(ROLE_GROUPS, soft=False),
}
