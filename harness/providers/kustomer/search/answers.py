"""Searches over HTTP: from a body to a page of documents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import orjson

from harness.core.exchange import Response
from harness.core.provider import Call, Handler
from harness.core.store import Entry
from harness.providers.kustomer.dialect import VERSION, wrong
from harness.providers.kustomer.events.search_lag import indexed
from harness.providers.kustomer.jsonapi.kind import Kind
from harness.providers.kustomer.jsonapi.kinds import KINDS, SAVED_SEARCHES
from harness.providers.kustomer.jsonapi.resources import encode, found, page_of, pieced
from harness.providers.kustomer.search.attributes import known
from harness.providers.kustomer.search.grammar import Query, query_of
from harness.providers.kustomer.search.matching import COLLECTIONS, Matching
from harness.providers.kustomer.search.ranking import page
from harness.providers.kustomer.search.wrong import Wrong

SEARCH: Final = f"{VERSION}/customers/search"
LAST_PAGE: Final = 100
"""documented: more cannot be asked for."""
MOST: Final = 500
"""documented: of a page."""
COUNTED: Final = 10_000
"""inferred: beyond it totals are not counted where a saved search is told not to."""

_KINDS: Final = {kind.collection: kind for kind in KINDS}


def _search(call: Call) -> Response:
    return _answer(call, call.body, SEARCH)


def _archive(call: Call) -> Response:
    path = f"{VERSION}/customers/archive/search" if call.quirks["archive_links"] == "own" else SEARCH
    return _answer(call, call.body, path, archive=True)


def _execute(call: Call) -> Response:
    """client: include and trackTotalHits are taken; what include adds is not known."""
    saved = found(call, SAVED_SEARCHES)
    counted = COUNTED if call.query.get("trackTotalHits") is False else None
    path = f"{VERSION}/customers/searches/{saved['id']}/execution"
    return _answer(call, saved["search"], path, most=LAST_PAGE, counted=counted)


def _answer(
    call: Call,
    body: Mapping[str, Any],
    path: str,
    *,
    archive: bool = False,
    most: int = MOST,
    counted: int | None = None,
) -> Response:
    number, size = page_of(call, most)
    quirks = call.quirks
    beyond = number > LAST_PAGE
    if beyond and quirks["search_page_past_end"] == "400":
        title = f"Value {number} is greater than maximum {LAST_PAGE}"
        raise wrong(call, "page", title, "/properties/page/maximum")
    try:
        query = query_of(body, now=call.now, archive=archive, lenient=quirks["search_unknown_attribute"] == "ignored")
    except Wrong as reason:
        raise wrong(call, reason.parameter, reason.title, reason.detail) from None
    total, entries = _found(call, query, (number - 1) * size, 0 if beyond else size)
    if counted is not None:
        total = min(total, counted)
    texts = _texts(call, query, entries, body.get("fields"))
    return _page(path, number, size, total, texts, timed_out=quirks["search_timed_out"] == "present")


def _found(call: Call, query: Query, offset: int, limit: int) -> tuple[int, list[Entry]]:
    if query.context not in COLLECTIONS:  # work sessions and work items: nothing here makes any
        return 0, []
    matching = Matching(indexed(call), query, call.now)
    mask = matching.matches()
    sorts = query.sorts[:1] if call.quirks["search_several_sorts"] == "first" else query.sorts
    return mask.bit_count(), page(matching.table(query.context), mask, sorts, offset, limit)


def _texts(call: Call, query: Query, entries: list[Entry], fields: Iterable[Any] | None) -> list[bytes]:
    if not entries:
        return []
    kind = _KINDS[COLLECTIONS[query.context]]
    if call.query.get("idsOnly"):
        if call.quirks["search_ids_only"] == "ids":
            return [orjson.dumps(entry.document["id"]) for entry in entries]
        return [
            orjson.dumps({"type": entry.document.get("type", kind.type), "id": entry.document["id"]})
            for entry in entries
        ]
    return encode(call, kind, entries) if fields is None else _selected(kind, entries, fields)


def _selected(kind: Kind, entries: list[Entry], fields: Iterable[Any]) -> list[bytes]:
    """Documents with these attributes alone."""
    names = {name for field in fields for name in ([field] if isinstance(field, str) else field)}
    kept = {part for name in names for part in _parts(name)}
    texts = []
    for entry in entries:
        document = kind.document(entry.document)
        attributes = {name: value for name, value in document["attributes"].items() if name in kept}
        texts.append(orjson.dumps({**document, "attributes": attributes}))
    return texts


def _parts(name: str) -> Iterable[str]:
    """inferred: a field is an attribute as a search or as a document names it."""
    yield name
    attribute = known(name)
    if attribute is not None:
        for path in attribute.source.paths:
            for way in path.split("|"):
                yield way.partition(".")[0]


def _page(path: str, number: int, size: int, total: int, texts: list[bytes], *, timed_out: bool) -> Response:
    """recorded by a client: the last page that can be asked for still leads on to the next one."""
    pages = max(-(-total // size), 1) if size else 1

    def link(number: int) -> str:
        return f"{path}?page={number}&pageSize={size}"

    meta: dict[str, Any] = {
        "pageSize": size,
        "page": number,
        "total": total,
        "totalPages": pages,
        "aggregations": {},  # inferred: the form of what may be counted is not known
    }
    if timed_out:
        meta["timed_out"] = False
    links = {
        "self": link(number),
        "first": link(1),
        "prev": link(number - 1) if number > 1 else None,
        "next": link(number + 1) if number < pages else None,
        "last": link(pages),
    }
    head = b'{"meta":' + orjson.dumps(meta) + b',"links":' + orjson.dumps(links) + b',"data":['
    return pieced(head, texts, b"]}")


HANDLERS: dict[str, Handler] = {
    "search_customers.search": _search,
    "search_customers.search_archive_customers": _archive,
    "saved_searches.execute": _execute,
}
