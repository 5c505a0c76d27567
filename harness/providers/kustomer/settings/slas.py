"""Service level agreements with their versions; the API reads them only."""

from __future__ import annotations

from typing import Any

from harness.core.exchange import Response
from harness.core.provider import Call, Handler
from harness.core.store import Document
from harness.core.unit import Unit
from harness.providers.kustomer.jsonapi.kinds import SLA_VERSIONS, SLAS
from harness.providers.kustomer.jsonapi.resources import found, listing, show


def active_version(unit: Unit, sla: Document) -> Document | None:
    """The version of an agreement that is in force."""
    current = sla["attributes"]["currentVersion"]
    return next((each for each in _versions(unit, sla) if each["attributes"]["version"] == current), None)


def _versions(unit: Unit, sla: Document) -> list[Document]:
    return [entry.document for entry in unit["sla_versions"].range("id", group=f"sla:{sla['id']}")]


def _included(call: Call, slas: list[Document]) -> Any:
    """What stands beside agreements, if versions were asked for. One of them, where it is not a list, is the one in
    force of the first: no example shows more."""
    asked = call.query.get("versions")
    if asked is None:
        return None
    active = [version for sla in slas if (version := active_version(call, sla)) is not None]
    if call.quirks["included_versions"] == "object":
        return SLA_VERSIONS.document(active[0]) if active else None
    shown = active if asked == "active" else [version for sla in slas for version in _versions(call, sla)]
    return [SLA_VERSIONS.document(version) for version in shown]


def _get(call: Call) -> Response:
    sla = found(call, SLAS)
    return show(call, SLAS, sla, included=_included(call, [sla]))


def _list(call: Call) -> Response:
    """client: https://github.com/MeltanoLabs/tap-kustomer"""
    return listing(call, SLAS, included=lambda slas: _included(call, slas))


HANDLERS: dict[str, Handler] = {
    "slas.get": _get,
    "slas.list": _list,
}
