"""Surveys of satisfaction; the API reads them only."""

from __future__ import annotations

import orjson

from harness.core.exchange import Response
from harness.core.provider import Call, Handler
from harness.providers.kustomer.dialect import encoded
from harness.providers.kustomer.jsonapi.kind import LIVE
from harness.providers.kustomer.jsonapi.kinds import SATISFACTIONS
from harness.providers.kustomer.jsonapi.resources import encode, page_of


def _list(call: Call) -> Response:
    """documented by the example: a page without links."""
    page, size = page_of(call)
    descending = call.quirks["list_order"] == "newest"
    satisfactions = call["satisfactions"]
    found = satisfactions.page_at("id", group=LIVE, offset=(page - 1) * size, limit=size, descending=descending)
    data = b",".join(encode(call, SATISFACTIONS, found.entries))
    meta = orjson.dumps({"pageSize": size, "page": page})
    return encoded(b'{"meta":' + meta + b',"data":[' + data + b"]}")


HANDLERS: dict[str, Handler] = {"satisfactions.list": _list}
