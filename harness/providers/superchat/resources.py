"""What most resources share: finding one, listing pages, deleting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from harness.core.exchange import Response
from harness.core.pack import Paging
from harness.core.paging import filtered_page
from harness.core.provider import Call, Handler
from harness.core.store import Collection, Document, UnknownCursor
from harness.core.views import View
from harness.providers.superchat.dialect import (
    VERSION,
    encoded,
    envelope,
    not_found,
    unknown_reference,
    wrong,
)

LIMIT = 50
MESSAGE_LIMIT = 20
_PAGING = ("after", "before", "limit", "")

Keep = Callable[[Document], bool]

PAGING: Final = Paging(
    cursors=("after", "before"),
    next_cursors=lambda answer: _cursor(answer, "next_cursor"),
    backward=("before",),
    previous_cursors=lambda answer: _cursor(answer, "previous_cursor"),
    sizes=("limit",),
)
"""documented: https://github.com/Anou4r/superchat-mcp"""


def _cursor(answer: Any, name: str) -> list[str]:
    pagination = answer.get("pagination") if isinstance(answer, dict) else None
    return [pagination[name]] if pagination and pagination[name] else []


def find(call: Call, collection: str, parameter: str, what: str) -> Document:
    """The document a path parameter names, or 404."""
    document = call[collection].get(call.path[parameter])
    if document is None:
        raise not_found(call, what)
    return document


def referenced(call: Call, collection: str, id: str, what: str, parameter: str) -> Document:
    """The document an id in the body names, or the answer for an unknown reference."""
    document = call[collection].get(id)
    if document is None:
        raise unknown_reference(call, what, parameter)
    return document


def all_referenced(call: Call, collection: str, ids: list[str], what: str, parameter: str) -> list[str]:
    """The ids in the body without repetitions, when all of them exist."""
    return [referenced(call, collection, id, what, parameter)["id"] for id in dict.fromkeys(ids)]


def show(call: Call, view: View, id: str) -> Response:
    """One document as it looks from outside."""
    return encoded(view.encode(call, [call[view.collection].entry(id)])[0])


def get_one(view: View, what: str, parameter: str) -> Handler:
    """The handler of a GET by id."""

    def get(call: Call) -> Response:
        return show(call, view, find(call, view.collection, parameter, what)["id"])

    return get


def get_all(view: View) -> Handler:
    """The handler of a plain list, newest first."""

    def get(call: Call) -> Response:
        return listing(call, view)

    return get


def listing(
    call: Call,
    view: View,
    *,
    order: str = "created",
    group: str | None = None,
    keep: Keep | None = None,
    home: str | None = None,
    limit: int = LIMIT,
) -> Response:
    """A page, newest first, by the `after`, `before` and `limit` of the query.

    `home` names the ungrouped order with the same keys, for groups that documents leave: their cursors still
    hold.
    """
    query = call.query
    after, before = query.get("after") or None, query.get("before") or None
    if after and before:
        raise wrong(call, "before", "Give either 'after' or 'before', not both.")
    limit = query.get("limit", limit)
    collection = call[view.collection]
    cursor = after or before
    if home and group is not None and cursor and not _in_group(collection, order, group, cursor):
        members = {entry.document["id"] for entry in collection.range(order, group=group)}
        order, group, keep = home, None, lambda document: document["id"] in members
    try:
        if keep is None:
            page = collection.page(order, group=group, after=after, before=before, limit=limit, descending=True)
        else:
            page = filtered_page(
                collection, order, keep, group=group, after=after, before=before, limit=limit, descending=True
            )
    except UnknownCursor:
        if call.quirks["unknown_cursor"] == "404":
            raise not_found(call, "Cursor") from None
        raise wrong(call, "after" if after else "before", "The cursor names no object of this list.") from None
    url = call.request.path.removeprefix(VERSION)
    next_cursor = page.entries[-1].document["id"] if page.has_more_after and page.entries else None
    previous_cursor = page.entries[0].document["id"] if page.has_more_before and page.entries else None
    pagination = {
        "next_cursor": next_cursor,
        "previous_cursor": previous_cursor,
        "next_url": _page_url(call, url, "after", next_cursor, limit),
        "previous_url": _page_url(call, url, "before", previous_cursor, limit),
    }
    return envelope(url, view.encode(call, page.entries), pagination)


def _in_group(collection: Collection, order: str, group: str, id: str) -> bool:
    try:
        collection.rank(order, id, group)
    except UnknownCursor:
        return False
    return True


def _page_url(call: Call, url: str, direction: str, cursor: str | None, limit: int) -> str | None:
    if cursor is None:
        return None
    kept = [part for part in call.request.query.split("&") if part.partition("=")[0] not in _PAGING]
    return f"{url}?{'&'.join([*kept, f'{direction}={cursor}', f'limit={limit}'])}"
