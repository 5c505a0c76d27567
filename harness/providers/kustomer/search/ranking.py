"""A page of what was found, in the order it was asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import compress, groupby, islice
from operator import itemgetter
from typing import Final

from harness.core.store import Entry
from harness.providers.kustomer.search.column import flags_of, mask_of, slots_in
from harness.providers.kustomer.search.grammar import Sort
from harness.providers.kustomer.search.table import Table
from harness.providers.kustomer.search.values import CHANGED, Source

_FEW: Final = 1_000
"""So many are sorted; of more the column is walked along, which is in order already."""

_Orders = Sequence[tuple[Source, bool]]


def page(table: Table, mask: int, sorts: Sequence[Sort], offset: int, limit: int) -> list[Entry]:
    """Some entries of a mask.

    inferred: without an order the one changed last comes first; what lacks the attribute comes last either way, and of
    several values the one that comes first counts. What is equal stands in the order of its insertion, or backwards.
    """
    orders = [(sort.attribute.source, sort.descending) for sort in sorts] or [(CHANGED, True)]
    total = mask.bit_count()
    if offset >= total or not limit:
        return []
    slots = islice(_ordered(table, mask, orders, orders[-1][1]), offset, offset + limit)
    return [entry for slot in slots if (entry := table.entries[slot]) is not None]


def _sorted(table: Table, given: Iterator[int], orders: _Orders, backwards: bool) -> list[int]:
    """Ascending slots by their keys: the last order first, since a later sort keeps what an earlier one did."""
    slots = list(given)
    if backwards:
        slots.reverse()
    for source, descending in reversed(orders):
        read, best = source.read, max if descending else min
        keyed = []
        lacking = []
        for slot in slots:
            entry = table.entries[slot]
            if entry is not None and (keys := read(entry.document)):
                keyed.append((keys[0] if len(keys) == 1 else best(keys), slot))
            else:
                lacking.append(slot)
        keyed.sort(key=itemgetter(0), reverse=descending)
        slots = [slot for _, slot in keyed] + lacking
    return slots


def _walked(table: Table, mask: int, flags: bytes, orders: _Orders, backwards: bool) -> Iterator[int]:
    (source, descending), *others = orders
    column = table.column(source)
    listed = column.among(mask, flags, descending=descending)
    if others:
        keys = compress(column.keys(descending=descending), map(flags.__getitem__, column.slots(descending=descending)))
        listed = _grouped(table, zip(keys, listed, strict=True), others, backwards)
    seen: set[int] = set()
    for slot in listed:
        if slot not in seen:
            seen.add(slot)
            yield slot
    lacking = mask ^ (mask & column.having())
    yield from _ordered(table, lacking, others, backwards)


def _grouped(table: Table, pairs: Iterator[tuple[object, int]], others: _Orders, backwards: bool) -> Iterator[int]:
    """Slots whose keys are equal, sorted by what else there is to sort by."""
    for _, group in groupby(pairs, key=itemgetter(0)):
        yield from _ordered(table, mask_of([slot for _, slot in group]), others, backwards)


def _ordered(table: Table, mask: int, orders: _Orders, backwards: bool) -> Iterator[int]:
    """The slots of a mask in order, as they are asked for."""
    flags = flags_of(mask, len(table.entries))
    if orders and mask.bit_count() > _FEW:
        return _walked(table, mask, flags, orders, backwards)
    return iter(_sorted(table, slots_in(flags), orders, backwards))
