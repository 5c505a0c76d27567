"""API keys: tokens in the form of JWTs, whose roles an operation asks for.

recorded: the names of the claims. https://github.com/nebulab/solidus_kustomer
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final
from urllib.parse import urlsplit

import orjson

from harness.core.exchange import Refused, Request
from harness.core.ids import digest
from harness.core.provider import Call, Link
from harness.providers.kustomer.actor import Actor
from harness.providers.kustomer.dialect import error
from harness.providers.kustomer.jsonapi.kind import MACHINE, ORG

ORG_NAME: Final = "fake-harness"
"""In every key, so that nobody takes one for real."""
HOSTS: Final = {
    "us": "api.kustomerapp.com",
    "eu": "api.prod2.kustomerapp.com",
    "india": "api.prod4.kustomerapp.com",
}
"""documented: the addresses of the regions. https://developer.kustomer.com/api.md"""
_HOST_NAMES: Final = frozenset(HOSTS.values())

_CORRECTED: Final = {
    "conversation_notes.create": ("org.user.note.write", "org.permission.note.create"),
    "conversation_tags.delete": ("org.user.conversation.write", "org.permission.conversation.update"),
}
"""What the quirk `role_slips` puts in the place of two lists that look like slips."""


def make_key(seed: str, roles: tuple[str, ...] | None) -> str:
    """A key drawn from a seed."""
    number = digest("kustomer", "key", seed, length=12).hex()
    return token_of(number, MACHINE, "machine", ("org",) if roles is None else roles, seed)


def token_of(id: str, user: str, user_type: str, roles: tuple[str, ...], seed: str) -> str:
    """A JWT with these claims; its signature is drawn, since nobody outside can check one."""
    claims = {
        "id": id,
        "user": user,
        "org": ORG,
        "orgName": ORG_NAME,
        "userType": user_type,
        "pod": "prod1",
        "roles": list(roles),
        "aud": "urn:consumer",
        "iss": "urn:api",
        "sub": user,
    }
    signature = digest("kustomer", "signature", seed, length=32)
    parts = (orjson.dumps({"alg": "HS256", "typ": "JWT"}), orjson.dumps(claims), signature)
    return ".".join(urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


@lru_cache(maxsize=4096)
def claims_of(key: str) -> Mapping[str, Any]:
    """The claims of a key; none where it is no JWT (one that was chosen by hand)."""
    try:
        _, middle, _ = key.split(".")
        found = orjson.loads(urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def token_id(key: str) -> str:
    """The id of the token a key is."""
    id = claims_of(key).get("id")
    return id if isinstance(id, str) else digest("kustomer", "token", key, length=12).hex()


def credential(request: Request) -> str | None:
    """documented: `Authorization: Bearer <key>`. https://developer.kustomer.com/docs/get-started/making-requests"""
    given = request.header("authorization") or ""
    scheme, _, key = given.partition(" ")
    return key.strip() or None if scheme.lower() == "bearer" else None


def authorise(call: Call) -> None:
    """The region, the time of the key, then its roles: any one of the operation's, or one that covers it."""
    if isinstance(call.operation, Link) or call.operation.keyless:
        return
    host = _host(call.base_url)
    if host in _HOST_NAMES and host != HOSTS[call.quirks["region"]]:
        raise Refused(error(call.quirks, 401))
    token = call["auth_tokens"].get(token_id(call.key))
    if token is not None and token.get("expires_at") is not None and token["expires_at"] <= call.now:
        raise Refused(error(call.quirks, 401, call.quirks["expired_token_title"]))
    if call.roles is None:
        return
    needed, by = _needed(call), actor(call)
    if needed and not any(by.has(role) for role in needed):
        status = int(call.quirks["missing_role_status"])
        raise Refused(error(call.quirks, status))


@lru_cache(maxsize=64)
def _host(base_url: str) -> str | None:
    return urlsplit(base_url).hostname


def _needed(call: Call) -> tuple[str, ...]:
    id = call.operation.id
    if call.quirks["role_slips"] == "corrected" and id in _CORRECTED:
        return _CORRECTED[id]
    roles: tuple[str, ...] = call.operation.roles
    if any("{" in role for role in roles):
        return tuple(role.replace("{name}", _klass(call, call.path.get("name", ""))) for role in roles)
    return roles


def _klass(call: Call, name: str) -> str:
    """A role names the klass in the singular, also where the path has the plural."""
    found = call["klasses"].lookup("value", ("name", name.casefold()))
    return found["attributes"]["name"] if found else name


def actor(call: Call) -> Actor:
    """Who makes a request: the machine user of the key, or the person who signed in."""
    token = call["auth_tokens"].get(token_id(call.key))
    user = token["relations"].get("user", MACHINE) if token else MACHINE
    return Actor(user, call.roles)
