"""Temporary download links: no key needed, refused after their time."""

from __future__ import annotations

from typing import Any, Final

from harness.core.exchange import Refused, Response
from harness.core.ids import base62
from harness.core.provider import Call
from harness.core.store import Document
from harness.core.unit import Unit
from harness.providers.superchat.dialect import moment

PREFIX: Final = "/downloads"
"""Before the account's token in the path. inferred: the real links lead to a storage host whose form is not known."""


def link(unit: Unit, kind: str, id: str, valid_until: int) -> dict[str, Any]:
    """`{url, valid_until}` of something that can be downloaded until then; `kind` is its collection."""
    signature = _signature(unit, kind, id, valid_until)
    url = f"{unit.base_url}{PREFIX}/{unit.link_token}/{kind}/{id}?expires={valid_until}&signature={signature}"
    return {"url": url, "valid_until": moment(unit, valid_until)}


def target(call: Call, kind: str) -> Document:
    """What a link leads to; 403 when its time is over or it was tampered with, 404 when the thing is gone."""
    expires = call.query.get("expires", "")
    signature = _signature(call, kind, call.path["id"], expires)
    if call.query.get("signature") != signature or call.now >= int(expires):
        raise Refused(Response(403, b"", [("content-length", "0")]))
    document = call[kind].get(call.path["id"])
    if document is None:
        raise Refused(Response(404, b"", [("content-length", "0")]))
    return document


def _signature(unit: Unit, kind: str, id: str, valid_until: int | str) -> str:
    return base62(unit.link_token, kind, id, valid_until, length=24)
