"""A table: the documents of one collection with the columns search has asked for, kept up to date write by write."""

from __future__ import annotations

from typing import ClassVar
from weakref import WeakKeyDictionary

from harness.core.store import Collection, Entry, Store
from harness.providers.kustomer.search.column import Column
from harness.providers.kustomer.search.values import Source


class Link:
    """To which document of another table each of a table belongs by a relation, as slots; -1: to none of it."""

    __slots__ = ("_parents", "_refilled", "_relation", "slots", "stale")

    def __init__(self, relation: str) -> None:
        self._relation = relation
        self._parents: Table | None = None
        self._refilled = 0
        self.slots: list[int] = []
        self.stale: set[int] = set()
        """Of the documents that may belong to another one by now, or whose parent was not there yet."""

    def refresh(self, table: Table, parents: Table) -> None:
        """Follow what changed in both."""
        if self._parents is not parents or self._refilled != parents.refilled:
            self._parents, self._refilled = parents, parents.refilled
            self.stale = set(range(len(table.entries)))
        self.slots += [-1] * (len(table.entries) - len(self.slots))
        waiting = set()
        for slot in self.stale:
            entry = table.entries[slot]
            id = None if entry is None else entry.document["relations"].get(self._relation)
            found = self.slots[slot] = -1 if id is None else parents.slot_of.get(id, -1)
            if id is not None and found < 0:
                waiting.add(slot)
        self.stale = waiting


class Table:
    """The documents of a collection in slots, in the order of their insertion; a deleted one leaves its slot empty."""

    __slots__ = ("_collection", "_columns", "_links", "_version", "alive", "entries", "refilled", "slot_of")

    most_columns: ClassVar[int] = 256
    """Beyond it the column asked for first is dropped: the names of custom attributes are up to clients."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._columns: dict[Source, Column] = {}
        self._links: dict[str, Link] = {}
        self.refilled = 0
        """How often the slots were given anew."""
        self._fill()

    def _fill(self) -> None:
        self._collection.changes(self._collection.version)  # from now on they are kept
        self._version = self._collection.version
        self.entries: list[Entry | None] = list(self._collection.range("sequence"))
        self.slot_of = {entry.document["id"]: slot for slot, entry in enumerate(self.entries) if entry is not None}
        self.alive = (1 << len(self.entries)) - 1
        self._columns.clear()
        self._links.clear()
        self.refilled += 1

    def refresh(self) -> None:
        """Follow what was written since."""
        version = self._collection.version
        if version == self._version:
            return
        changes = self._collection.changes(self._version)
        empty = len(self.entries) - len(self._collection)
        if changes is None or empty > len(self._collection) + 1_000:
            self._fill()
            return
        for change in changes:
            self._follow(*change)
        self._version = version

    def column(self, source: Source) -> Column:
        """The column of a source, made when first asked for."""
        column = self._columns.get(source)
        if column is None:
            if len(self._columns) >= self.most_columns:
                del self._columns[next(iter(self._columns))]
            read = source.read
            values = ((slot, read(entry.document)) for slot, entry in enumerate(self.entries) if entry is not None)
            column = self._columns[source] = Column(values)
        return column

    def parents(self, relation: str, parents: Table) -> list[int]:
        """By slot, the slot of the document of another table it belongs to; -1 where there is none."""
        link = self._links.get(relation)
        if link is None:
            link = self._links[relation] = Link(relation)
        link.refresh(self, parents)
        return link.slots

    def _follow(self, old: Entry | None, new: Entry | None) -> None:
        present = new or old
        if present is None:
            return
        id = present.document["id"]
        slot = self.slot_of.get(id)
        if slot is None:
            slot = self.slot_of[id] = len(self.entries)
            self.entries.append(None)
        self.entries[slot] = new
        if (old is None) != (new is None):
            self.alive ^= 1 << slot
        for link in self._links.values():
            link.stale.add(slot)
        for source, column in self._columns.items():
            read = source.read
            before = read(old.document) if old is not None else ()
            after = read(new.document) if new is not None else ()
            if before == after:
                continue
            for key in before:
                if key not in after:
                    column.remove(key, slot)
            for key in after:
                if key not in before:
                    column.add(key, slot)


_TABLES: WeakKeyDictionary[Store, dict[str, Table]] = WeakKeyDictionary()
"""By store: what is derived from the state of an account goes with it, and no fork sees another's."""


def table_of(store: Store, collection: str) -> Table:
    """The table of a collection, up to date."""
    tables = _TABLES.get(store)
    if tables is None:
        tables = _TABLES[store] = {}
    table = tables.get(collection)
    if table is None:
        table = tables[collection] = Table(store[collection])
    else:
        table.refresh()
    return table
