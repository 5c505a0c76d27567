"""The list of customers: sorted and filtered by times."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from harness.core.exchange import Response
from harness.core.provider import Call
from harness.core.store import Collection, Entry
from harness.providers.kustomer.jsonapi.kind import LIVE
from harness.providers.kustomer.jsonapi.kinds import CUSTOMERS
from harness.providers.kustomer.jsonapi.resources import encode, listing, page_of, paged
from harness.providers.kustomer.jsonapi.times import given_moment

INDEXED: Final = ("createdAt", "updatedAt")
_AFTER: Final = "\0"
"""What a text ends in that comes next after another."""


def customers(call: Call) -> Response:
    """A page of customers. By id unless `sort` says otherwise; a sort or a filter by a time, or both by the same one,
    costs no more than the page."""
    wanted: str | None = call.query.get("sort")
    bounds = _bounds(call)
    if wanted is None and not bounds:
        return listing(call, CUSTOMERS, meta="totals")
    name = wanted.removeprefix("-") if wanted else None
    descending = wanted.startswith("-") if wanted else call.quirks["list_order"] == "newest"
    if name in INDEXED and bounds.keys() <= {name}:
        return _window(call, name, bounds.get(name, (None, None)), descending)
    entries = list(_kept(call["customers"], bounds))
    # values that do not compare, and customers without one, stand behind in the order of their ids
    entries.sort(key=lambda entry: entry.document["id"], reverse=descending and name is None)
    if name is not None:
        rest = [entry for entry in entries if not _comparable(entry, name)]
        sorted_ones = [entry for entry in entries if _comparable(entry, name)]
        sorted_ones.sort(key=lambda entry: _key(entry, name), reverse=descending)
        entries = sorted_ones + rest
    page, size = page_of(call)
    shown = entries[(page - 1) * size : page * size]
    return paged(call, encode(call, CUSTOMERS, shown), page, size, len(entries), meta="totals")


_Bounds = tuple[str | None, str | None]


def _bounds(call: Call) -> dict[str, _Bounds]:
    """By attribute: from what text on, and below which."""
    found: dict[str, _Bounds] = {}
    for name in INDEXED:
        lows: list[str] = []
        highs: list[str] = []
        for operator in ("gte", "gt", "lte", "lt"):
            parameter = f"filter[{name}][{operator}]"
            if parameter not in call.query:
                continue
            at = given_moment(call, parameter, call.query[parameter])
            text = at + _AFTER if operator in ("gt", "lte") else at
            (lows if operator in ("gte", "gt") else highs).append(text)
        if lows or highs:
            found[name] = max(lows, default=None), min(highs, default=None)
    return found


def _window(call: Call, name: str, bounds: _Bounds, descending: bool) -> Response:
    """A page of the customers between two moments, by the index of that time."""
    collection, (low, high) = call["customers"], bounds
    total = collection.count(name, LIVE)
    first = 0 if low is None else _rank(collection, name, low, total)
    last = max(total if high is None else _rank(collection, name, high, total), first)
    page, size = page_of(call)
    begun = (page - 1) * size
    offset = (total - last if descending else first) + begun
    limit = max(min(size, last - first - begun), 0)
    found = collection.page_at(name, group=LIVE, offset=offset, limit=limit, descending=descending)
    return paged(call, encode(call, CUSTOMERS, found.entries), page, size, last - first, meta="totals")


def _rank(collection: Collection, name: str, bound: str, total: int) -> int:
    """How many customers have less than this."""
    first = next(collection.range(name, group=LIVE, low=(bound,), limit=1), None)
    return total if first is None else collection.rank(name, first.document["id"], LIVE)


def _kept(collection: Collection, bounds: dict[str, _Bounds]) -> Iterator[Entry]:
    """The customers between the moments, found by the index of one of them."""
    name = next(iter(bounds), None)
    if name is None:
        return collection.range("id", group=LIVE)
    low, high = bounds[name]
    entries = collection.range(
        name, group=LIVE, low=None if low is None else (low,), high=None if high is None else (high,)
    )
    others = [(other, *bounds[other]) for other in bounds if other != name]
    return (
        entry
        for entry in entries
        if all(
            (low or "") <= entry.document["attributes"].get(other, "") < (high or "~") for other, low, high in others
        )
    )


def _comparable(entry: Entry, name: str) -> bool:
    return isinstance(entry.document["attributes"].get(name), (str, int, float))


def _key(entry: Entry, name: str) -> tuple[bool, Any]:
    value = entry.document["attributes"][name]
    return isinstance(value, str), value.casefold() if isinstance(value, str) else value
