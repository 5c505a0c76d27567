"""A collection: documents by id, with declared indexes that share their parts with those of forks."""

from collections import deque
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Any, ClassVar

from harness.core.store.errors import AlreadyThere, NotThere, UnknownCursor, UnknownIndex
from harness.core.store.frozen import freeze
from harness.core.store.ledger import Ledger
from harness.core.store.schema import Document
from harness.core.store.sorted_index import Item, Position, SortedIndex
from harness.core.store.state import Change, Entry, State, items

_Window = tuple[Position, Position]


@dataclass(frozen=True, slots=True)
class Page:
    """Some consecutive entries, in walking direction."""

    entries: list[Entry]
    has_more_before: bool
    has_more_after: bool


class Collection:
    """The documents of one kind. Made by a `Store`; it stays valid when the store is restored.

    An order or unique index that was not declared raises UnknownIndex, which lists the declared ones.
    """

    __slots__ = ("_ledger", "_state", "_strict", "name")

    tombstones: ClassVar[int] = 10_000
    """How many deleted documents are remembered, so that a cursor may name one."""
    remembered_changes: ClassVar[int] = 1_000
    """How many writes `changes` can tell of."""

    def __init__(self, name: str, state: State, ledger: Ledger, strict: bool) -> None:
        self.name = name
        self._state = state
        self._ledger = ledger
        self._strict = strict

    @property
    def version(self) -> int:
        """A token: where it is equal, in whatever fork, the content is equal. Every write renews it."""
        return self._state.version

    def changes(self, since: int) -> list[Change] | None:
        """The writes since the content had this version, oldest first; None where they are not known (any more).

        They are kept from the first call on, so that what is derived from the content can follow it.
        """
        state = self._state
        if state.changes is None:
            state.changes = deque(maxlen=self.remembered_changes)
        if since == state.version:
            return []
        found: list[Change] = []
        for version, change in reversed(state.changes):
            found.append(change)
            if version == since:
                return found[::-1]
        return None

    def get(self, id: str) -> Document | None:
        entry = self._state.entries.get(id)
        return None if entry is None else entry.document

    def __getitem__(self, id: str) -> Document:
        """The document that must be there. Raises NotThere."""
        return self._present(id).document

    def entry(self, id: str) -> Entry:
        """The entry of a document that must be there. Raises NotThere."""
        return self._present(id)

    def __contains__(self, id: str) -> bool:
        return id in self._state.entries

    def __len__(self) -> int:
        return len(self._state.entries)

    def __iter__(self) -> Iterator[Document]:
        """The documents in the order of their insertion; see `range` for what writes meanwhile do."""
        return (entry.document for entry in self.range("sequence"))

    def insert(self, document: Document) -> None:
        """Add a document. Raises AlreadyThere, NotUnique; ValueError if it has no text `id`."""
        own_id = self._id(document)
        if own_id in self._state.entries:
            raise AlreadyThere(f"collection {self.name!r} already has a document {own_id!r}")
        self._change(None, Entry(self._stored(document, own_id), self._ledger.sequence + 1))

    def replace(self, document: Document) -> None:
        """Put a document in the place of the one with its id. Raises NotThere, NotUnique."""
        own_id = self._id(document)
        old = self._present(own_id)
        self._change(old, Entry(self._stored(document, own_id), old.sequence))

    def put(self, document: Document) -> None:
        """Insert or replace. Raises NotUnique."""
        own_id = self._id(document)
        old = self._state.entries.get(own_id)
        sequence = self._ledger.sequence + 1 if old is None else old.sequence
        self._change(old, Entry(self._stored(document, own_id), sequence))

    def delete(self, id: str) -> Document:
        """Take a document out and return it; cursors may still name it, if the schema says so. Raises NotThere."""
        old = self._present(id)
        self._change(old, None)
        if self._state.schema.remembers:
            self._bury(id, (self._ledger.sequence, old))
            state = self._state
            if len(state.burials) > self.tombstones:
                _, oldest = state.burials.first()
                self._bury(oldest, None)
        return old.document

    def insert_many(self, documents: Iterable[Document]) -> None:
        """Insert documents, all or none, sorting once: a million takes seconds. Raises as `insert` does."""
        self._fill(documents, count(self._ledger.sequence + 1))

    def lookup(self, unique: str, key: Hashable) -> Document | None:
        """The document which has the key in a unique index."""
        own_id = self.lookup_id(unique, key)
        return None if own_id is None else self.get(own_id)

    def lookup_id(self, unique: str, key: Hashable) -> str | None:
        """The id of the document which has the key in a unique index."""
        holders = self._state.holders.get(unique)
        if holders is None:
            raise self._unknown("unique index", unique, self._state.holders)
        return holders.get(key)

    def count(self, order: str = "sequence", group: str | None = None) -> int:
        """How many documents an order lists, in a group if it is grouped."""
        index = self._index(order, group)
        if group is None:
            return len(index)
        start, end = _bounds(index, group)
        return index.rank(end) - index.rank(start) if start[0] != end[0] else end[1] - start[1]

    def page(
        self,
        order: str,
        *,
        group: str | None = None,
        after: str | None = None,
        before: str | None = None,
        limit: int,
        descending: bool = False,
    ) -> Page:
        """The `limit` entries that follow the document `after`, immediately precede `before`, or come first.

        Both are ids of documents, present or deleted lately. Raises UnknownCursor for others.
        """
        if after is not None and before is not None:
            raise ValueError("a page follows `after` or precedes `before`: give only one of them")
        if limit < 0:
            raise ValueError(f"limit must not be negative: {limit}")
        index = self._index(order, group)
        start, end = _bounds(index, group)
        upward = descending == (before is not None)  # the page extends from its edge to greater keys
        cursor = before if after is None else after
        if cursor is None:
            edge = start if upward else end
        else:
            item = self._cursor(order, group, cursor)
            edge = index.find_after(item) if upward else index.find(item)
        if upward:
            window = edge, min(index.move(edge, limit), end)
        else:
            window = max(index.move(edge, -limit), start), edge
        return self._page(index, (start, end), window, descending)

    def page_at(
        self, order: str, *, group: str | None = None, offset: int, limit: int, descending: bool = False
    ) -> Page:
        """The `limit` entries that have `offset` entries before them; none past the end."""
        if offset < 0 or limit < 0:
            raise ValueError(f"offset and limit must not be negative: {offset}, {limit}")
        index = self._index(order, group)
        start, end = _bounds(index, group)
        first, last = index.rank(start), index.rank(end)
        if descending:
            right = max(last - offset, first)
            left = max(right - limit, first)
        else:
            left = min(first + offset, last)
            right = min(left + limit, last)
        return self._page(index, (start, end), (index.position(left), index.position(right)), descending)

    def rank(self, order: str, id: str, group: str | None = None, descending: bool = False) -> int:
        """How many entries precede the document, or its place if deleted lately. Raises UnknownCursor."""
        index = self._index(order, group)
        start, end = _bounds(index, group)
        item = self._cursor(order, group, id)
        if descending:
            return index.rank(end) - index.rank(index.find_after(item))
        return index.rank(index.find(item)) - index.rank(start)

    def range(
        self,
        order: str,
        *,
        group: str | None = None,
        low: tuple[Any, ...] | None = None,
        high: tuple[Any, ...] | None = None,
        descending: bool = False,
        limit: int | None = None,
    ) -> Iterator[Entry]:
        """The entries with `low <= key < high`, both compared as prefixes of the key.

        What is listed is fixed at the call, so the loop may write; it skips what was deleted meanwhile.
        """
        index = self._index(order, group)
        left, right = _bounds(index, group)
        prefix = () if group is None else (group,)
        if low is not None:
            left = index.find((*prefix, *low))
        if high is not None:
            right = max(left, index.find((*prefix, *high)))
        if limit is not None and descending:
            left = max(index.move(right, -limit), left)
        elif limit is not None:
            right = min(index.move(left, limit), right)
        entries = index.between(left, right)
        return self._present_entries(reversed(entries) if descending else entries)

    def _present_entries(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        for listed in entries:
            entry = self._state.entries.get(listed.document["id"])
            if entry is not None:
                yield entry

    def _page(self, index: SortedIndex, bounds: _Window, window: _Window, descending: bool) -> Page:
        entries = index.between(*window)
        lower, upper = window[0] > bounds[0], window[1] < bounds[1]
        if descending:
            entries.reverse()
            lower, upper = upper, lower
        return Page(entries, lower, upper)

    def _index(self, order: str, group: str | None) -> SortedIndex:
        index = self._state.orders.get(order)
        if index is None:
            raise self._unknown("order", order, self._state.orders)
        if (self._state.schema.orders[order].group is None) != (group is None):
            problem = "is grouped: name a group" if group is None else f"has no groups, so no {group!r}"
            raise ValueError(f"collection {self.name!r}: order {order!r} {problem}")
        return index

    def _cursor(self, order: str, group: str | None, id: str) -> Item:
        """The index item of a document, present or deleted."""
        state = self._state
        entry = state.entries.get(id)
        if entry is None:
            _, entry = state.deleted.get(id) or (0, None)
        if entry is not None:
            for item in items(state.schema.orders[order], entry):
                if group is None or item[0] == group:
                    return item
        place = f"collection {self.name!r}, order {order!r}" + ("" if group is None else f", group {group!r}")
        raise UnknownCursor(f"{place}: there is no document {id!r} to page from")

    def _id(self, document: Document) -> str:
        own_id = document.get("id")
        if not isinstance(own_id, str):
            raise ValueError(f"collection {self.name!r}: a document needs a text `id`, not {own_id!r}")
        return own_id

    def _stored(self, document: Document, id: str) -> Document:
        frozen: Document = freeze(document, f"{self.name}/{id}") if self._strict else document
        return frozen

    def _present(self, id: str) -> Entry:
        entry = self._state.entries.get(id)
        if entry is None:
            raise NotThere(f"collection {self.name!r} has no document {id!r}")
        return entry

    def _unknown(self, kind: str, name: str, valid: Iterable[str]) -> UnknownIndex:
        names = ", ".join(sorted(valid)) or "none"
        return UnknownIndex(f"collection {self.name!r} has no {kind} {name!r}: it has {names}")

    def _writable(self) -> State:
        state = self._state
        if state.shared:
            state = self._state = state.copy()
        return state

    def _change(self, old: Entry | None, new: Entry | None) -> None:
        self._write(old, new)
        self._ledger.sequence += 1
        self._ledger.record(partial(self._write, new, old))

    def _write(self, old: Entry | None, new: Entry | None) -> None:
        """Turn one entry into another of the same id, or into and out of none, in all indexes or in none."""
        state = self._writable()
        if old is not None and new is not None:
            state.exchange(old, new)
        elif new is not None:
            state.add(new)
        elif old is not None:
            state.remove(old)
        if state.changes is not None:
            state.changes.append((state.version, (old, new)))
        state.version = self._ledger.renew()

    def _bury(self, id: str, new: tuple[int, Entry] | None) -> None:
        old = self._state.deleted.get(id)
        self._rebury(id, old, new)
        self._ledger.record(partial(self._rebury, id, new, old))

    def _rebury(self, id: str, old: tuple[int, Entry] | None, new: tuple[int, Entry] | None) -> None:
        self._writable().rebury(id, old, new)

    def _fill(self, documents: Iterable[Document], sequences: Iterable[int]) -> None:
        before = self._state
        state = before.copy()
        entries = [
            Entry(self._stored(document, self._id(document)), sequence)
            for document, sequence in zip(documents, sequences, strict=False)
        ]
        state.fill(entries)
        if entries:
            self._ledger.sequence = max(self._ledger.sequence, entries[-1].sequence)
            state.version = self._ledger.renew()
            state.changes = None if state.changes is None else deque(maxlen=self.remembered_changes)
            self._state = state
            self._ledger.record(partial(self._return_to, before))

    def _return_to(self, before: State) -> None:
        self._state = before.copy()
        self._state.version = self._ledger.renew()

    def _fork(self, ledger: Ledger) -> "Collection":
        self._state.shared = True
        return Collection(self.name, self._state, ledger, self._strict)


def _bounds(index: SortedIndex, group: str | None) -> _Window:
    if group is None:
        return index.start, index.end
    return index.find((group,)), index.find((group + "\0",))  # the next greater text has a NUL more
