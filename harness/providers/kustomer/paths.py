"""How Kustomer reads an address: other spellings of it that lead to the same place."""

from __future__ import annotations

import re
from typing import Final

from harness.core.exchange import Request
from harness.providers.kustomer.dialect import VERSION

OVERRIDE: Final = "x-http-method-override"
"""inferred: recorded answers name it in `vary`. https://github.com/nebulab/solidus_kustomer"""
_METHODS: Final = frozenset(("GET", "PUT", "PATCH", "DELETE"))
_ID: Final = f"{VERSION}/customers/id="
_EXTERNAL_ID: Final = re.compile(rf"({VERSION}/messages/)externalid=", re.IGNORECASE)
"""documented in small letters, which letters count is a quirk: `messages.message_using_external_id` looks."""
_STORED: Final = "/attachments/"
"""documented: what a key begins with, and with it the path of a file at the storage."""


def target(request: Request) -> tuple[str, str]:
    """The method and path a request is meant for."""
    method, path = request.method, request.path
    if method == "POST" and (wanted := (request.header(OVERRIDE) or "").upper()) in _METHODS:
        method = wanted
    if path.startswith(_STORED):  # recorded: at the storage's own host a file has no version in its path
        path = f"{VERSION}{path}"
    if path.endswith("/"):  # client: https://github.com/singer-io/tap-kustomer
        path = path.rstrip("/") or "/"
    if path.startswith(_ID):  # client: https://www.npmjs.com/package/@kustomer/apps-server-sdk
        path = f"{VERSION}/customers/{path.removeprefix(_ID)}"
    if path.startswith(_STORED):
        path = f"{VERSION}{path}"
    if "=" in path:
        path = _EXTERNAL_ID.sub(r"\1externalId=", path, count=1)
    return method, path


def token(request: Request) -> str:
    """Which account a pre-signed link is of: the beginning of its signature names it."""
    return next((value[:TOKEN] for name, value in request.query_items() if name == "X-Amz-Signature"), "")


TOKEN: Final = 24
"""How much of a signature names the account; the rest proves the link."""
