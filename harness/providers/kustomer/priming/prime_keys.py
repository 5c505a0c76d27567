"""Whose key it is: the tokens and the user that a cassette shows, given to the account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.core.account import Account
from harness.core.shown import NotPrimed
from harness.core.store import Document
from harness.core.unit import Unit
from harness.providers.kustomer.jsonapi.kind import MACHINE
from harness.providers.kustomer.jsonapi.stamps import moment
from harness.providers.kustomer.keys import token_id, token_of
from harness.providers.kustomer.priming.primed import Record, related


def act_as_author(unit: Unit, record: Record, *, only_for_nobody: bool = False) -> None:
    """Let the key be that of whoever made a record."""
    author = related(record, "createdBy")
    if author is not None:
        act_as(unit, author, only_for_nobody=only_for_nobody)


def act_as(unit: Unit, user: str, *, only_for_nobody: bool = False) -> None:
    """Let the account's key be that user's; the machine user that every account has goes, or becomes this one."""
    account = _account(unit)
    id = token_id(account.api_key)
    token = unit["auth_tokens"].get(id)
    if token is not None and (only_for_nobody or token["relations"]["user"] == user):
        return
    now = moment(unit.now)
    attributes = {"userType": "machine", "roles": ["org"], "createdAt": now, "updatedAt": now}
    token = token or {"id": id, "attributes": attributes}
    unit["auth_tokens"].put({**token, "relations": {"user": user}})
    if MACHINE in unit["users"]:
        machine = unit["users"].delete(MACHINE)
        if user not in unit["users"]:
            unit["users"].put({**machine, "id": user})


def put_key(unit: Unit, token: Document, *, mine: bool) -> None:
    """Give the account the key that a token is about; one that is `mine` takes the place of the first."""
    account = _account(unit)
    user, attributes = token["relations"]["user"], token["attributes"]
    roles = tuple(attributes["roles"])
    key = token_of(token["id"], user, attributes["userType"], roles, token["id"])
    first = account.api_key
    if mine and token_id(first) != token["id"]:
        others = dict(account.keys)
        account.keys.clear()
        account.keys.update({key: roles, **others})
        account.revoke_key(first)
        if token_id(first) in unit["auth_tokens"]:
            unit["auth_tokens"].delete(token_id(first))
    account.keys.setdefault(key, roles)
    account.sandbox.registry.claim(account, key)


def other_key(unit: Unit, told: Mapping[str, Any]) -> str:
    """A key as a cassette tells of it: of a `token` that it shows, with certain `roles`, or one that has `expired`."""
    account = _account(unit)
    if "token" in told:
        found = next((key for key in account.keys if token_id(key) == told["token"]), None)
        if found is None:
            raise NotPrimed(f"the cassette shows no token {told['token']}")
        return found
    roles = told.get("roles")
    key = account.issue_key(None if roles is None else tuple(roles))
    if told.get("expired"):
        user = unit["auth_tokens"].get(token_id(account.api_key))
        attributes = {"userType": "machine", "roles": ["org"], "createdAt": moment(0), "updatedAt": moment(0)}
        unit["auth_tokens"].put(
            {
                "id": token_id(key),
                "attributes": attributes,
                "relations": user["relations"] if user else {"user": MACHINE},
                "expires_at": unit.now,
            }
        )
    return key


def _account(unit: Unit) -> Account:
    if unit.account is None:
        raise NotPrimed("an account is primed, not a world")
    return unit.account
