"""Outbound accounts: what messages go out by. documented: they have neither id nor links, and no times."""

from __future__ import annotations

from typing import Any, Final

import orjson

from harness.core.exchange import Response
from harness.core.provider import Call, Handler
from harness.core.store import Document
from harness.core.unit import Unit
from harness.core.views import View
from harness.providers.kustomer.dialect import encoded
from harness.providers.kustomer.jsonapi.kind import LIVE
from harness.providers.kustomer.jsonapi.kinds import OUTBOUND_ACCOUNTS
from harness.providers.kustomer.jsonapi.resources import page_of

_SHOWN: Final = ("channel", "name", "account")


def _account(unit: Unit, account: Document) -> dict[str, Any]:
    attributes = account["attributes"]
    return {"type": "outbound_account", "attributes": {name: attributes[name] for name in _SHOWN}}


VIEW = View("outbound_accounts", _account)


def _list(call: Call) -> Response:
    page, size = page_of(call)
    newest = call.quirks["list_order"] == "newest"
    accounts = call["outbound_accounts"]
    entries = accounts.page_at("id", group=LIVE, offset=(page - 1) * size, limit=size, descending=newest).entries
    links = orjson.dumps({"self": call.request.path.rstrip("/")})
    texts = b",".join(VIEW.encode(call, entries))
    return encoded(b'{"meta":{},"data":[' + texts + b'],"links":' + links + b"}")


VIEWS = {OUTBOUND_ACCOUNTS.collection: VIEW}

HANDLERS: dict[str, Handler] = {"outbound_accounts.list": _list}
