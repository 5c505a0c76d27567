"""The state of one provider account."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, ClassVar

from harness.core.store.collection import Collection
from harness.core.store.errors import UnknownCollection
from harness.core.store.ledger import Ledger, UnitOfWork, tokens
from harness.core.store.schema import Order, Schema
from harness.core.store.state import State


class Store:
    """The collections and counters of one account.

    `strict` stores frozen copies, so that code which changes a stored document in place fails at its line.
    """

    __slots__ = ("__weakref__", "_collections", "_ledger")

    _header: ClassVar[str] = "$store"

    def __init__(self, schemas: Mapping[str, Schema], *, strict: bool = False) -> None:
        self._ledger = Ledger(0, {}, next(tokens))
        self._collections = {
            name: Collection(name, State(name, _with_sequence(name, schema)), self._ledger, strict)
            for name, schema in schemas.items()
        }

    @property
    def version(self) -> int:
        """A token as a collection's, for all of them and the counters."""
        return self._ledger.version

    @property
    def sequence(self) -> int:
        """The number of the latest write."""
        return self._ledger.sequence

    def names(self) -> list[str]:
        """The names of the collections, as declared."""
        return list(self._collections)

    def collection(self, name: str) -> Collection:
        """A collection by name. Raises UnknownCollection, which lists the valid names."""
        try:
            return self._collections[name]
        except KeyError:
            valid = ", ".join(sorted(self._collections)) or "none"
            raise UnknownCollection(f"there is no collection {name!r}: the store has {valid}") from None

    __getitem__ = collection

    def counter(self, name: str) -> int:
        """The next value of a named counter: 1, 2, ..."""
        ledger = self._ledger
        last = ledger.counters.get(name)
        if last is None:
            ledger.record(partial(ledger.drop_counter, name))
            last = 0
        else:
            ledger.record(partial(ledger.set_counter, name, last))
        ledger.set_counter(name, last + 1)
        return last + 1

    def unit(self) -> AbstractContextManager[None]:
        """A unit of work: if its block raises, the store is as it was at its beginning. Units nest."""
        return UnitOfWork(self._ledger)

    def fork(self) -> "Store":
        """An independent store with the same content, in microseconds: parts are copied when written."""
        twin = Store.__new__(Store)
        twin._ledger = ledger = self._ledger.copy()
        twin._collections = {name: each._fork(ledger) for name, each in self._collections.items()}
        return twin

    def restore(self, other: "Store") -> None:
        """Take the content of a store of the same collections. Raises RuntimeError inside a unit of work."""
        if self._ledger.undo is not None:
            raise RuntimeError("a store cannot be restored inside a unit of work")
        if self._collections.keys() != other._collections.keys():
            raise ValueError(f"the stores have different collections: {self.names()} and {other.names()}")
        for name, collection in self._collections.items():
            state = other._collections[name]._state
            state.shared = True
            collection._state = state
        self._ledger.sequence = other._ledger.sequence
        self._ledger.counters = dict(other._ledger.counters)
        self._ledger.version = other._ledger.version

    def dump(self) -> dict[str, list[dict[str, Any]]]:
        """The documents by collection in order of insertion, and under "$store" what `load` needs besides.

        The documents are the stored ones, not copies. Which documents were deleted is not kept.
        """
        entries = {name: list(each.range("sequence")) for name, each in self._collections.items()}
        header = {
            "sequence": self._ledger.sequence,
            "counters": dict(self._ledger.counters),
            "sequences": {name: [entry.sequence for entry in each] for name, each in entries.items() if each},
        }
        documents = {name: [entry.document for entry in each] for name, each in entries.items()}
        return {self._header: [header], **documents}

    @classmethod
    def load(
        cls, schemas: Mapping[str, Schema], data: Mapping[str, list[dict[str, Any]]], *, strict: bool = False
    ) -> "Store":
        """A store from what `dump` gave; without its "$store" the documents are numbered as they come.

        Raises UnknownCollection, and what `Collection.insert` raises.
        """
        store = cls(schemas, strict=strict)
        header = next(iter(data.get(cls._header, ())), {})
        for name, documents in data.items():
            if name == cls._header:
                continue
            sequences = header.get("sequences", {}).get(name)
            if sequences is None:
                store[name].insert_many(documents)
            elif len(sequences) == len(documents):
                store[name]._fill(documents, sequences)
            else:
                counts = f"{len(documents)} documents, {len(sequences)} sequences"
                raise ValueError(f"collection {name!r}: {counts}")
        store._ledger.sequence = max(store._ledger.sequence, header.get("sequence", 0))
        store._ledger.counters.update(header.get("counters", {}))
        return store


def _with_sequence(name: str, schema: Schema) -> Schema:
    if "sequence" in schema.orders:
        raise ValueError(f"collection {name!r} declares the order 'sequence', which every collection has")
    return Schema({"sequence": Order(lambda document: ()), **schema.orders}, schema.uniques, schema.remembers)
