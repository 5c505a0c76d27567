"""Events of a conversation: what was written of it, its messages and notes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from harness.core.exchange import Response
from harness.core.provider import Call, Handler
from harness.core.store import Document
from harness.providers.kustomer.jsonapi.kinds import CONVERSATIONS, CUSTOMER_EVENTS
from harness.providers.kustomer.jsonapi.resources import encode, found, listing, page_of, paged

_NAMES: Final = {"eventName": "name"}
"""What the documentation sorts by, and what an answer calls it."""


def _list(call: Call) -> Response:
    """documented by the example: the newest first; `sort`, `name` and `changed` without one of their answers.

    inferred: several names are joined by commas, an event is told when one of them fits, and a sort begins with what
    is least unless there is a minus before it.
    """
    query, group = call.query, f"conversation:{found(call, CONVERSATIONS)['id']}"
    names, changed = _several(query.get("name")), _several(query.get("changed"))

    def fits(event: Document) -> bool:
        attributes = event["attributes"]
        return (not names or attributes["name"] in names) and (not changed or not changed.isdisjoint(_touched(event)))

    sort = query.get("sort")
    if sort is None:
        return listing(call, CUSTOMER_EVENTS, group=group, descending=True, keep=fits, meta="empty")
    field = sort.removeprefix("-")
    field = _NAMES.get(field, field)
    kept = [entry for entry in call["customer_events"].range("id", group=group) if fits(entry.document)]
    kept.sort(key=lambda entry: str(entry.document["attributes"].get(field) or ""), reverse=sort.startswith("-"))
    page, size = page_of(call)
    shown = kept[(page - 1) * size : page * size]
    return paged(call, encode(call, CUSTOMER_EVENTS, shown), page, size, len(kept), meta="empty")


def _several(given: str | None) -> frozenset[str]:
    return frozenset(given.split(",")) if given else frozenset()


def _touched(event: Document) -> frozenset[str]:
    changes: Mapping[str, Any] = event["attributes"].get("changes") or {}
    return frozenset(name for part in changes.values() for name in part)


HANDLERS: dict[str, Handler] = {"conversation_events.list": _list}
