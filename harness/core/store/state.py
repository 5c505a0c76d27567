"""What a collection holds, in all its indexes at once."""

from collections import deque
from collections.abc import Hashable
from typing import Any

from harness.core.store.errors import AlreadyThere, NotUnique
from harness.core.store.ledger import tokens
from harness.core.store.schema import Document, Order, Schema
from harness.core.store.sharded_map import ShardedMap
from harness.core.store.sorted_index import Item, SortedIndex

_Listing = tuple[SortedIndex, Item]
_Holding = tuple[ShardedMap[Hashable, str], Hashable]


class Entry:
    """One stored document."""

    __slots__ = ("document", "rendered", "sequence")

    def __init__(self, document: Document, sequence: int) -> None:
        self.document = document
        self.sequence = sequence  # the store's at insertion; kept when the document is replaced
        self.rendered: Any = None  # a renderer's cache of this very document: a replaced one has a new entry


Change = tuple[Entry | None, Entry | None]
"""A write: the entry before and the one after, of one id; None where there was, or is, none."""


class State:
    """The entries of a collection. Once shared by forks it is never written: the next writer takes a copy.

    What one write refuses (NotUnique, keys that do not compare) leaves all as it was.
    """

    __slots__ = ("burials", "changes", "deleted", "entries", "holders", "name", "orders", "schema", "shared", "version")

    def __init__(self, name: str, schema: Schema) -> None:
        self.name = name
        self.schema = schema
        self.entries: ShardedMap[str, Entry] = ShardedMap()
        self.orders = {name: SortedIndex() for name in schema.orders}
        self.holders: dict[str, ShardedMap[Hashable, str]] = {name: ShardedMap() for name in schema.uniques}
        self.deleted: ShardedMap[str, tuple[int, Entry]] = ShardedMap()  # with the sequence of the deletion
        self.burials = SortedIndex()  # the deleted, oldest first: (sequence of the deletion, id)
        self.version = next(tokens)
        self.changes: deque[tuple[int, Change]] | None = None  # with the version before; None: nobody asked yet
        self.shared = False

    def copy(self) -> "State":
        """One that may be written; both share what neither changes."""
        twin = State.__new__(State)
        twin.name = self.name
        twin.schema = self.schema
        twin.entries = self.entries.copy()
        twin.orders = {name: index.copy() for name, index in self.orders.items()}
        twin.holders = {name: holders.copy() for name, holders in self.holders.items()}
        twin.deleted = self.deleted.copy()
        twin.burials = self.burials.copy()
        twin.version = self.version
        twin.changes = None if self.changes is None else self.changes.copy()
        twin.shared = False
        return twin

    def add(self, entry: Entry) -> None:
        """One more."""
        document = entry.document
        own_id: str = document["id"]
        taken = self._free_keys(document)
        self._list(self._listings(entry), entry)
        for holders, key in taken:
            holders[key] = own_id
        self.entries[own_id] = entry

    def remove(self, entry: Entry) -> None:
        """One less."""
        for index, item in self._listings(entry):
            index.remove(item)
        for name, unique in self.schema.uniques.items():
            for key in dict.fromkeys(unique.keys(entry.document)):
                del self.holders[name][key]
        del self.entries[entry.document["id"]]

    def exchange(self, old: Entry, new: Entry) -> None:
        """Another one of the same id."""
        own_id: str = new.document["id"]
        taken = self._free_keys(new.document)
        staying: list[_Listing] = []
        leaving: list[_Listing] = []
        arriving: list[_Listing] = []
        for name, order in self.schema.orders.items():
            index, before, after = self.orders[name], items(order, old), items(order, new)
            if before == after:
                staying += [(index, item) for item in after]
            else:
                staying += [(index, item) for item in after if item in before]
                leaving += [(index, item) for item in before if item not in after]
                arriving += [(index, item) for item in after if item not in before]
        self._list(arriving, new)
        for index, item in leaving:
            index.remove(item)
        for index, item in staying:
            index.change(item, new)
        for name, unique in self.schema.uniques.items():
            for key in dict.fromkeys(unique.keys(old.document)):
                if (self.holders[name], key) not in taken:
                    del self.holders[name][key]
        for holders, key in taken:
            if holders.get(key) is None:
                holders[key] = own_id
        self.entries[own_id] = new

    def fill(self, entries: list[Entry]) -> None:
        """Many more at once. What it refuses (AlreadyThere, too) leaves a state that is half filled."""
        for entry in entries:
            own_id: str = entry.document["id"]
            if own_id in self.entries:
                raise AlreadyThere(f"collection {self.name!r} already has a document {own_id!r}")
            self.entries[own_id] = entry
        for name, unique in self.schema.uniques.items():
            holders = self.holders[name]
            for entry in entries:
                own_id = entry.document["id"]
                for key in unique.keys(entry.document):
                    holder = holders.get(key)
                    if holder is not None and holder != own_id:
                        raise NotUnique(self.name, name, key, holder)
                    holders[key] = own_id
        for name, order in self.schema.orders.items():
            try:
                self.orders[name].update([(item, entry) for entry in entries for item in items(order, entry)])
            except TypeError as error:
                raise self._incomparable(name, error) from error

    def rebury(self, id: str, old: tuple[int, Entry] | None, new: tuple[int, Entry] | None) -> None:
        """Remember another deleted entry of an id, with the sequence of its deletion, or none."""
        if old is not None:
            self.burials.remove((old[0], id))
            del self.deleted[id]
        if new is not None:
            self.burials.add((new[0], id), None)
            self.deleted[id] = new

    def _listings(self, entry: Entry) -> list[_Listing]:
        """Where an entry stands: each of its index items, with the index."""
        return [(self.orders[name], item) for name, order in self.schema.orders.items() for item in items(order, entry)]

    def _free_keys(self, document: Document) -> list[_Holding]:
        """The document's unique keys, each with its index. Raises NotUnique for one another document has."""
        keys: list[_Holding] = []
        for name, unique in self.schema.uniques.items():
            holders = self.holders[name]
            for key in unique.keys(document):
                holder = holders.get(key)
                if holder is not None and holder != document["id"]:
                    raise NotUnique(self.name, name, key, holder)
                keys.append((holders, key))
        return keys

    def _list(self, listings: list[_Listing], entry: Entry) -> None:
        for done, (index, item) in enumerate(listings):
            try:
                index.add(item, entry)
            except TypeError as error:
                for earlier, other in listings[:done]:
                    earlier.remove(other)
                (name,) = (name for name, each in self.orders.items() if each is index)
                raise self._incomparable(name, error) from error

    def _incomparable(self, order: str, error: TypeError) -> TypeError:
        return TypeError(f"collection {self.name!r}, order {order!r}: keys do not compare: {error}")


def items(order: Order, entry: Entry) -> list[Item]:
    """The places of an entry in an order: one, or one in each of its groups."""
    document = entry.document
    item = (*order.key(document), entry.sequence)
    if order.group is None:
        return [item]
    return [(name, *item) for name in dict.fromkeys(order.group(document))]
