"""Audit logs: every write leaves one. They are walked by ids, newest first."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

import orjson

from harness.core.exchange import Response
from harness.core.provider import Call, Handler
from harness.core.store import Document, Entry, UnknownCursor
from harness.providers.kustomer.dialect import encoded, wrong
from harness.providers.kustomer.jsonapi.kind import LIVE
from harness.providers.kustomer.jsonapi.kinds import AUDIT_LOGS
from harness.providers.kustomer.jsonapi.resources import Keep, encode
from harness.providers.kustomer.jsonapi.times import given_moment

USUAL: Final = 100
"""documented, as the most of 1000 is, which the contract checks."""
_FILTERS: Final = {"filter[objectType]": "objectType", "filter[objectId]": "objectId", "filter[userId]": "userId"}
_CURSORS: Final = ("count", "after", "before")


def _list(call: Call) -> Response:
    query = call.query
    if "filter[objectId]" in query and "filter[objectType]" not in query:
        detail = "/dependencies/objectId/required/0"
        raise wrong(call, "objectType", "Missing required property: objectType", detail)
    count, before, after = query.get("count", USUAL), query.get("before") or None, query.get("after") or None
    logs = _Logs(call)
    start = 0 if before is None else logs.place(before, logs.total) + 1
    end = logs.total if after is None else logs.place(after, 0)
    if after is not None and before is None:  # what comes right before it
        start = max(start, end - count)
    page = logs.page(start, min(end, start + count))
    # documented: the names; inferred: what the two totals count
    meta = {"count": len(page), "total": logs.total, "cursorCount": logs.total}
    links = {
        "self": _link(call, count, after=after, before=before),
        "first": _link(call, count),
        "prev": _link(call, count, after=page[0].document["id"]) if page else None,
        "next": _link(call, count, before=page[-1].document["id"]) if page else None,
    }
    texts = b",".join(encode(call, AUDIT_LOGS, page))
    return encoded(b'{"meta":' + orjson.dumps(meta) + b',"links":' + orjson.dumps(links) + b',"data":[' + texts + b"]}")


class _Logs:
    """The logs a request is about, in their order."""

    def __init__(self, call: Call) -> None:
        self._collection = call["audit_logs"]
        self._newest = call.quirks["audit_log_order"] == "newest"
        self._kept: list[Entry] | None = None
        """Those that pass the filters, where there are such."""
        if (passes := _filter(call)) is not None:
            found = self._collection.range("id", group=LIVE, descending=self._newest)
            self._kept = [entry for entry in found if passes(entry.document)]
        self.total = self._collection.count("id", LIVE) if self._kept is None else len(self._kept)

    def place(self, id: str, otherwise: int) -> int:
        """How many come before a log; `otherwise` where there is none of that id."""
        if self._kept is not None:
            return next((place for place, each in enumerate(self._kept) if each.document["id"] == id), otherwise)
        try:
            return self._collection.rank("id", id, LIVE, descending=self._newest)
        except UnknownCursor:
            return otherwise

    def page(self, start: int, end: int) -> list[Entry]:
        """Those from one place up to another."""
        if self._kept is not None:
            return self._kept[start:end]
        size = max(end - start, 0)
        page = self._collection.page_at("id", group=LIVE, offset=start, limit=size, descending=self._newest)
        return list(page.entries)


def _filter(call: Call) -> Keep | None:
    """What the filters of the query let through; None where there are none."""
    wanted = [(field, call.query[name]) for name, field in _FILTERS.items() if name in call.query]
    start, end = (
        given_moment(call, name, text) if (text := call.query.get(f"filter[{name}]")) else None
        for name in ("start", "end")
    )
    if not wanted and start is None and end is None:
        return None

    def passes(log: Document) -> bool:
        attributes = log["attributes"]
        if any(attributes[field] != value for field, value in wanted):
            return False
        at = attributes["createdAt"]
        return (start is None or start <= at) and (end is None or at <= end)

    return passes


def _link(call: Call, count: int, *, after: str | None = None, before: str | None = None) -> str:
    cursors = [(name, value) for name, value in (("after", after), ("before", before)) if value is not None]
    others = [(name, value) for name, value in call.request.query_items() if name not in _CURSORS]
    text = "".join(f"&{quote(name, safe='')}={quote(value, safe='')}" for name, value in (*cursors, *others))
    return f"{call.request.path.rstrip('/')}?count={count}{text}"


HANDLERS: dict[str, Handler] = {"audit_logs.list": _list}
