"""What most resources share: finding documents, showing them, listing pages, deleting."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from typing import Any, Final, Literal
from urllib.parse import parse_qs, quote, urlsplit

import orjson

from harness.core.contract import Invalid, Violation
from harness.core.exchange import Refused, Response
from harness.core.pack import Paging
from harness.core.provider import Call, Handler
from harness.core.store import Document, Entry
from harness.core.unit import Unit
from harness.core.views import Texts, View
from harness.providers.kustomer.actor import Actor
from harness.providers.kustomer.dialect import empty, encoded, malformed, not_found, wrong
from harness.providers.kustomer.jsonapi import documents
from harness.providers.kustomer.jsonapi.kind import LIVE, Kind, is_deleted
from harness.providers.kustomer.jsonapi.kinds import KINDS
from harness.providers.kustomer.keys import actor

PAGE_SIZE: Final = 100
"""documented, as the usual and the greatest."""

Keep = Callable[[Document], bool]
Meta = Literal["page", "totals", "empty"]


def _view(kind: Kind) -> View:
    return View(kind.collection, lambda unit, document: kind.document(document))


VIEWS: Final = {kind: _view(kind) for kind in KINDS}
"""Documents as answers show them; files, whose links expire, have views of their own."""


def _cursors(answer: Any, name: str) -> list[str]:
    links = answer.get("links") if isinstance(answer, dict) else None
    link = links.get(name) if isinstance(links, dict) else None
    if not isinstance(link, str):
        return []
    query = parse_qs(urlsplit(link).query)
    return [query[name][0] for name in ("page", "before", "after") if name in query][:1]


PAGING: Final = Paging(
    cursors=("page", "before", "after"),
    next_cursors=lambda answer: _cursors(answer, "next"),
    backward=("after",),
    previous_cursors=lambda answer: _cursors(answer, "prev"),
    sizes=("pageSize", "count"),
    counted=frozenset(("satisfactions.list", "outbound_accounts.list")),
)
"""documented: https://developer.kustomer.com/kustomer-api-docs/reference"""


def is_id(text: str) -> bool:
    """Whether a text has the form of an id."""
    return len(text) == 24 and all(letter in "0123456789abcdef" for letter in text)


def find(unit: Unit, kind: Kind, id: str, parameter: str = "id") -> Document:
    """The document of an id in the path, or 404. A malformed id and a deleted document are what quirks say."""
    document = unit[kind.collection].get(id)
    if document is None:
        raise nothing_there(unit, id, parameter)
    if is_deleted(document) and unit.quirks["deleted_reads"] == "404":
        raise not_found(unit, parameter)
    return document


def nothing_there(unit: Unit, id: str, parameter: str = "id") -> Refused:
    """The refusal of an id in the path that nothing has: 404, or what the quirk says of a malformed one."""
    if not is_id(id) and unit.quirks["malformed_id"] == "400":
        return malformed(unit, parameter)
    return not_found(unit, parameter)


def found(call: Call, kind: Kind, parameter: str = "id") -> Document:
    """The document a path parameter names, or 404."""
    return find(call, kind, call.path[parameter], parameter)


def changeable(call: Call, kind: Kind) -> Document:
    """The document a PUT or PATCH is about, or 404; see `to_change`."""
    return to_change(call, kind, call.path["id"], call.body)


def to_change(unit: Unit, kind: Kind, id: str, body: Mapping[str, Any]) -> Document:
    """The document a body is to change, or 404; documented: `deleted` false or null brings a deleted one back."""
    document: Document | None = unit[kind.collection].get(id)
    if document is not None and is_deleted(document) and "deleted" in body and not body["deleted"]:
        return document
    return find(unit, kind, id)


def referenced(unit: Unit, kind: Kind, id: str, parameter: str) -> Document:
    """The document an id in the body names. inferred: 400 where there is none, since most operations that take one
    know no 404."""
    if not is_id(id):
        raise malformed(unit, parameter)
    document = unit[kind.collection].get(id)
    if document is None or is_deleted(document):
        raise wrong(unit, parameter, f"Invalid {parameter}")
    return document


def all_referenced(unit: Unit, kind: Kind, ids: Iterable[str], parameter: str, held: Container[str] = ()) -> list[str]:
    """The ids in the body without repetitions, when all of them exist, or are `held` already: whoever sends back what
    it read is not refused for somebody who was deleted since."""
    return [id if id in held else referenced(unit, kind, id, parameter)["id"] for id in dict.fromkeys(ids)]


def looked_up(unit: Unit, kind: Kind, name: str, value: str, parameter: str | None = None) -> Document:
    """The document that has a unique value, or 404 about that parameter."""
    document = unit[kind.collection].lookup("value", (name, value))
    if document is None:
        raise not_found(unit, parameter or name)
    return document


def encode(unit: Unit, kind: Kind, entries: Iterable[Entry], view: View | None = None) -> Texts:
    """Documents as JSON text."""
    return (view or VIEWS[kind]).encode(unit, entries)


def show(
    unit: Unit,
    kind: Kind,
    document: Document,
    status: int = 200,
    *,
    included: Any = None,
    view: View | None = None,
) -> Response:
    """One document, `{"data": …}`."""
    entry = unit[kind.collection].entry(document["id"])
    more = b"" if included is None else b',"included":' + orjson.dumps(included)
    return encoded(b'{"data":' + encode(unit, kind, [entry], view)[0] + more + b"}", status)


def show_all(unit: Unit, kind: Kind, texts: list[Document], status: int = 200) -> Response:
    """Several documents without pages, `{"data": […]}`."""
    entries = [unit[kind.collection].entry(each["id"]) for each in texts]
    return encoded(b'{"data":[' + b",".join(encode(unit, kind, entries)) + b"]}", status)


def success(unit: Unit, documented: int, uniform: int) -> int:
    """The status of a success that is documented apart from the rule, as the quirk `success_status` says."""
    return documented if unit.quirks["success_status"] == "documented" else uniform


def get_one(kind: Kind, parameter: str = "id") -> Handler:
    """The handler of a GET by id."""
    return lambda call: show(call, kind, found(call, kind, parameter))


def get_several(kind: Kind, parameter: str = "id") -> Handler:
    """The handler of a GET by one id, or by several joined by commas: documented to answer with a list then."""

    def get(call: Call) -> Response:
        given = call.path[parameter]
        if "," not in given:
            return show(call, kind, found(call, kind, parameter))
        ids = [id for id in dict.fromkeys(given.split(",")) if id]
        return show_all(call, kind, [find(call, kind, id, parameter) for id in ids])

    return get


def get_all(kind: Kind, *, most: int = PAGE_SIZE, meta: Meta = "page") -> Handler:
    """The handler of a plain list."""
    return lambda call: listing(call, kind, most=most, meta=meta)


def get_related(kind: Kind, parent: Kind, relation: str, *, parameter: str = "id", meta: Meta = "page") -> Handler:
    """The handler of the list of what belongs to a document of the path."""

    def get(call: Call) -> Response:
        owner = found(call, parent, parameter)
        return listing(call, kind, group=f"{relation}:{owner['id']}", meta=meta)

    return get


def delete_one(kind: Kind, *, soft: bool = True) -> Handler:
    """The handler of a DELETE by id: 204."""

    def delete(call: Call) -> Response:
        documents.remove(call, kind, found(call, kind), by=actor(call), soft=soft)
        return empty()

    return delete


def page_of(call: Call, most: int = PAGE_SIZE) -> tuple[int, int]:
    """Page and page size of the query; one above the most is what the quirk `page_size_too_large` says."""
    page, size = call.query.get("page", 1), call.query.get("pageSize", min(PAGE_SIZE, most))
    if size > most:
        if call.quirks["page_size_too_large"] == "400":
            raise Invalid([Violation("query", ("pageSize",), "maximum", most, f"{size} is greater than {most}")])
        size = most
    return page, size


def _around_page(call: Call, size: int) -> tuple[str, str]:
    """What stands before and behind the number in the address of a page, which is a path: page and page size first,
    as recorded, then what else was asked."""
    others = [(name, value) for name, value in call.request.query_items() if name not in ("page", "pageSize")]
    text = "".join(f"&{quote(name, safe='')}={quote(value, safe='')}" for name, value in others)
    return f"{call.request.path.rstrip('/')}?page=", f"&pageSize={size}{text}"


def listing(
    call: Call,
    kind: Kind,
    *,
    group: str = LIVE,
    order: str = "id",
    descending: bool | None = None,
    keep: Keep | None = None,
    most: int = PAGE_SIZE,
    meta: Meta = "page",
    included: Callable[[list[Document]], Any] | None = None,
    view: View | None = None,
) -> Response:
    """A page of a collection. `descending` None: as the quirk `list_order` says; `included` makes what stands beside
    the page of its documents."""
    page, size = page_of(call, most)
    if descending is None:
        descending = call.quirks["list_order"] == "newest"
    collection, offset = call[kind.collection], (page - 1) * size
    if keep is None:
        total = collection.count(order, group)
        entries = collection.page_at(order, group=group, offset=offset, limit=size, descending=descending).entries
    else:
        kept = [e for e in collection.range(order, group=group, descending=descending) if keep(e.document)]
        total, entries = len(kept), kept[offset : offset + size]
    beside = included([entry.document for entry in entries]) if included else None
    return paged(call, encode(call, kind, entries, view), page, size, total, meta=meta, included=beside)


def paged(
    call: Call,
    texts: list[bytes],
    page: int,
    size: int,
    total: int,
    *,
    meta: Meta = "page",
    included: Any = None,
    more_meta: dict[str, Any] | None = None,
) -> Response:
    """The envelope of a page: `meta`, `links`, `data`."""
    pages = max(-(-total // size), 1) if size else 1
    around = _around_page(call, size)
    links: dict[str, Any] = {
        "self": str(page).join(around),
        "first": "1".join(around),
        "prev": str(page - 1).join(around) if page > 1 else None,
        "next": str(page + 1).join(around) if page < pages else None,
    }
    told: dict[str, Any] = {} if meta == "empty" else {"pageSize": size, "page": page}
    if meta == "totals":
        told |= {"total": total, "totalPages": pages}
        links["last"] = str(pages).join(around)
    head = b'{"meta":' + orjson.dumps({**told, **(more_meta or {})}) + b',"links":' + orjson.dumps(links) + b',"data":['
    tail = b"]}" if included is None else b'],"included":' + orjson.dumps(included) + b"}"
    return pieced(head, texts, tail)


def pieced(head: bytes, texts: list[bytes], tail: bytes) -> Response:
    """An answer of documents, with what stands before and behind them.

    A page is long: its text is put together at once, and its tag made of the digests that are kept of the documents.
    """
    pieces = texts[:] or [b""]
    pieces[0] = head + pieces[0]
    pieces[-1] += tail
    tagged = b"".join((head, texts.digests(), tail)) if isinstance(texts, Texts) else None
    return encoded(b",".join(pieces), tagged=tagged)


def written(call: Call) -> tuple[dict[str, Any], Actor]:
    """Body and author of a writing request."""
    return call.body, actor(call)
