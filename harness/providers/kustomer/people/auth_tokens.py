"""Tokens: the keys of programs and the sessions of people. They can be read and revoked; none is shown again."""

from __future__ import annotations

from typing import Any

import orjson

from harness.core.exchange import Refused, Response
from harness.core.provider import Call, Handler
from harness.core.store import Document
from harness.providers.kustomer.dialect import empty, encoded, error
from harness.providers.kustomer.jsonapi.kind import MACHINE, is_deleted
from harness.providers.kustomer.jsonapi.kinds import AUTH_TOKENS
from harness.providers.kustomer.jsonapi.resources import nothing_there, page_of, paged
from harness.providers.kustomer.jsonapi.stamps import moment
from harness.providers.kustomer.keys import claims_of, token_id
from harness.providers.kustomer.people.users import SESSION


def _tokens(call: Call) -> dict[str, Document]:
    """By id: what the account's keys say of themselves, and what is kept of some."""
    kept = {token["id"]: token for token in call["auth_tokens"]}
    found = {token_id(key): key for key in call.account.keys}
    began = moment(call.account.sandbox.epoch)
    return kept | {id: _token(id, key, call.account.keys[key], began) for id, key in found.items() if id not in kept}


def _token(id: str, key: str, roles: tuple[str, ...] | None, began: str) -> Document:
    attributes: dict[str, Any] = {
        "userType": claims_of(key).get("userType", "machine"),
        "roles": list(("org",) if roles is None else roles),
    }
    return {
        "id": id,
        "attributes": {**attributes, "createdAt": began, "updatedAt": began},
        "relations": {"user": MACHINE},
    }


def _text(token: Document) -> bytes:
    return orjson.dumps(AUTH_TOKENS.document(token))


def _shown(token: Document, status: int = 200) -> Response:
    return encoded(b'{"data":' + _text(token) + b"}", status)


def _list(call: Call) -> Response:
    page, size = page_of(call)
    tokens = sorted(
        _tokens(call).values(),
        key=lambda token: (token["attributes"]["createdAt"], token["id"]),
        reverse=call.quirks["list_order"] == "newest",
    )
    texts = [_text(token) for token in tokens[(page - 1) * size : page * size]]
    return paged(call, texts, page, size, len(tokens))


def _current(call: Call) -> Response:
    return _shown(_tokens(call)[token_id(call.key)])


def _one(call: Call) -> Document:
    token = _tokens(call).get(call.path["id"])
    if token is None:
        raise nothing_there(call, call.path["id"])
    return token


def _get(call: Call) -> Response:
    return _shown(_one(call))


def _delete(call: Call) -> Response:
    """documented: a token that was revoked is refused from then on."""
    id = _one(call)["id"]
    for key in [key for key in call.account.keys if token_id(key) == id]:
        call.account.revoke_key(key)
    if id in call["auth_tokens"]:
        call["auth_tokens"].delete(id)
    return empty()


def _sign_in(call: Call) -> Response:
    """inferred: whoever knows the address of a person signs in, with any password; it makes no key for programs."""
    user = call["users"].lookup("value", ("email", call.body["email"].casefold()))
    if user is None or is_deleted(user) or not call.body["password"]:
        raise Refused(error(call.quirks, 401))
    attributes = user["attributes"]
    key = call.account.issue_key(tuple(attributes["roles"]))
    now = moment(call.now)
    token = {
        "id": token_id(key),
        "attributes": {"userType": attributes["userType"], "roles": attributes["roles"]}
        | {"createdAt": now, "updatedAt": now},
        "relations": {"user": user["id"]},
        "expires_at": call.now + SESSION,
    }
    call["auth_tokens"].insert(token)
    seen = {"firstLoginAt": attributes.get("firstLoginAt", now), "mostRecentLoginAt": now}
    call["users"].replace({**user, "attributes": {**attributes, **seen}})
    response = _shown(token, 201)
    # inferred: no source shows where the session's token comes back; a cookie keeps it out of the document
    response.headers.append(("set-cookie", f"token={key}; Path=/; HttpOnly; Secure"))
    return response


HANDLERS: dict[str, Handler] = {
    "auth_tokens.list": _list,
    "auth_tokens.get": _get,
    "auth_tokens.current": _current,
    "auth_tokens.create": _sign_in,
    "auth_tokens.delete": _delete,
}
