"""Integrated accounts: the connections to providers, to this sandbox's fakes unless somebody gives credentials."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib.metadata import entry_points
from typing import Any, Final
from urllib.parse import urlsplit

from harness.core.clock import format_instant
from harness.core.exchange import Response, json_response
from harness.core.ids import uuid_text
from harness.core.provider import Call, Handler
from harness.core.store import Document, Schema
from harness.core.unit import Unit
from harness.core.views import View
from harness.core.webhooks import is_loopback
from harness.nearest import unknown
from harness.providers.unified import secrets
from harness.providers.unified.dialect import refused
from harness.providers.unified.reach import OVERRIDES, check_credentials, configured, credentials_of

NAME: Final = "integrated_accounts"
GROUP: Final = "harness.integrations"
LIMIT: Final = 5000
"""documented as the example of a list that was asked for without a limit. https://github.com/trutohq/truto-skills"""
MASK: Final = "********"

COLLECTIONS: Final = {NAME: Schema()}


@lru_cache(maxsize=1)
def integrations() -> frozenset[str]:
    """The names of the installed integrations, none of them loaded."""
    return frozenset(point.name for point in entry_points(group=GROUP))


def own_id(provider: str) -> str:
    """The id of the account that leads to a sandbox's own fake: the same in every sandbox, as the token chooses one."""
    return uuid_text("integrated account", provider)


def seed(unit: Unit, world: Mapping[str, Any]) -> None:
    """An account for each other provider that has an integration; a world says nothing of them."""
    if "title" not in world:  # a fragment: they are there
        return
    for provider in unit.providers:
        if provider in integrations() and provider != unit.pack.name:
            unit[NAME].insert(_document(own_id(provider), provider, unit.now))


def variables(account: Any) -> dict[str, str]:
    """`SUPERCHAT_ACCOUNT_ID` and the like: the accounts that lead to the sandbox's fakes."""
    found = account.store[NAME]
    providers = sorted(account.sandbox.registry.names())
    return {f"{name.upper()}_ACCOUNT_ID": own_id(name) for name in providers if own_id(name) in found}


def _document(id: str, integration: str, now: int, **more: Any) -> Document:
    return {
        "id": id,
        "integration": integration,
        "status": "active",
        "is_sandbox": False,
        "is_blocked": False,
        "authentication_method": "api_key",
        "context": {},
        "credentials": None,
        "credential_names": [],
        **dict.fromkeys(OVERRIDES),
        "created_at": now,
        "updated_at": now,
        **more,
    }


def shown(unit: Unit, document: Document) -> dict[str, Any]:
    """As the API shows it: what is secret is masked."""
    return {
        "id": document["id"],
        "integration": {"name": document["integration"]},
        "status": document["status"],
        "is_sandbox": document["is_sandbox"],
        "is_blocked": document["is_blocked"],
        "authentication_method": document["authentication_method"],
        "context": {**document["context"], **dict.fromkeys(document["credential_names"], MASK)},
        **{name: document.get(name) for name in OVERRIDES},
        "created_at": format_instant(document["created_at"]),
        "updated_at": format_instant(document["updated_at"]),
    }


VIEW: Final = View(NAME, shown)


def found(call: Call, id: str) -> Document:
    """An account, or 404."""
    document = call[NAME].get(id)
    if document is None:
        there = ", ".join(f"{each['id']} ({each['integration']})" for each in list(call[NAME])[:5])
        raise refused(404, "There is no integrated account with this id", hint=f"accounts are {there or 'none'}")
    return document


def _list(call: Call) -> Any:
    asked = call.query.get("limit", LIMIT)
    if asked < 1 or asked != int(asked):
        raise refused(400, f"limit is a whole number from 1, not {asked}")
    cursor = call.query.get("next_cursor") or None
    if cursor is not None and cursor not in call[NAME]:
        raise refused(400, "next_cursor is no cursor of this list")
    page = call[NAME].page("sequence", after=cursor, limit=int(asked))
    last = page.entries[-1].document["id"] if page.entries and page.has_more_after else None
    result = [shown(call, entry.document) for entry in page.entries]
    return {"result": result, "next_cursor": last, "limit": int(asked)}


def _get(call: Call) -> Any:
    return shown(call, found(call, call.path["id"]))


def _create(call: Call) -> Response:
    body = call.body
    name = body["integration"]["name"]
    if name not in integrations():
        raise refused(400, unknown("integration", name, integrations()))
    id = body.get("id") or uuid_text("integrated account", call.pack.name, call.store.counter("integrated_account"))
    if id in call[NAME]:
        raise refused(400, f"There is an integrated account with the id {id} already")
    given = {key: body[key] for key in ("is_sandbox", "authentication_method") if key in body}
    document = _document(id, name, call.now, **given)
    document = _checked(call, _with(document, body))
    call[NAME].insert(document)
    return json_response(shown(call, document), int(call.quirks["create_status"]))


def _update(call: Call) -> Any:
    document = found(call, call.path["id"])
    given = {
        name: call.body[name]
        for name in ("status", "is_sandbox", "is_blocked", "authentication_method")
        if name in call.body
    }
    changed = _checked(call, _with({**document, **given, "updated_at": call.now}, call.body))
    kept = set(document["credential_names"]) - (call.body.get("context") or {}).keys()
    if kept and _origin(document) != _origin(changed):  # or whoever may change an account could read its credentials
        raise refused(400, f"The account is to call another host: give {', '.join(sorted(kept))} in context again")
    call[NAME].replace(changed)
    return shown(call, changed)


def _origin(document: Document) -> tuple[str, str]:
    address = urlsplit(configured(document).base_url)
    return address.scheme, address.netloc


def _delete(call: Call) -> Any:
    return {"id": call[NAME].delete(found(call, call.path["id"])["id"])["id"]}


def _with(document: Document, body: Mapping[str, Any]) -> Document:
    """The account with the overrides and the context of a request; the credentials in it are put away."""
    changed = {name: body[name] or None for name in OVERRIDES if name in body}
    document = {**document, **changed}
    context = {**document["context"], **(body.get("context") or {})}
    names = credentials_of(document)
    given = {name: context.pop(name) for name in names if name in context}
    for name, value in given.items():
        if not isinstance(value, str):
            raise refused(400, f"context.{name} is a text")
        if value == MASK:
            raise refused(400, f"context.{name} is the mask that stands for a credential: give the credential itself")
    document["context"] = context
    if given:
        before = secrets.find(document["credentials"]) if document["credentials"] else None
        whole = {**(before or {}), **given}
        document |= {"credentials": secrets.keep(whole), "credential_names": sorted(whole)}
    return document


def _checked(call: Call, document: Document) -> Document:
    """Refuse an account that could never be called."""
    registry = call.account.sandbox.registry
    name = document["integration"]
    override = document["integration_override"] or {}
    if document["credentials"] is None:
        if "base_url" in override:
            raise refused(400, "An account with a base_url of its own needs credentials: give them in context")
        if name not in registry.names():
            needed = ", ".join(credentials_of(document))
            raise refused(400, f"There is no fake of {name} here: give {needed} in context, for a live account")
    account = configured(document)
    if document["credentials"] is None:
        return document
    credentials = secrets.find(document["credentials"])
    if credentials is None:
        return document
    check_credentials(account, credentials)
    target = urlsplit(account.base_url).hostname or ""
    fake = any(registry.by_key(each, value) for each in registry.names() for value in credentials.values())
    if fake and not is_loopback(target):
        raise refused(400, f"The credentials are those of a fake, and {target} is not on this machine: nothing is sent")
    return document


HANDLERS: Final[dict[str, Handler]] = {
    "integrated_accounts.list": _list,
    "integrated_accounts.get": _get,
    "integrated_accounts.create": _create,
    "integrated_accounts.update": _update,
    "integrated_accounts.delete": _delete,
}
