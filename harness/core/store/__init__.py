"""The state of one provider account: collections of immutable JSON documents, indexed as declared.

A `Store` is cheap to fork (copy-on-write), and a unit of work takes its writes back when it fails.
"""

from harness.core.store.collection import Collection, Page
from harness.core.store.errors import (
    AlreadyThere,
    NotThere,
    NotUnique,
    UnknownCollection,
    UnknownCursor,
    UnknownIndex,
)
from harness.core.store.frozen import FrozenDict, FrozenList
from harness.core.store.schema import Document, Order, Schema, Unique
from harness.core.store.sharded_map import ShardedMap
from harness.core.store.sorted_index import SortedIndex
from harness.core.store.state import Change, Entry
from harness.core.store.store import Store

__all__ = [
    "AlreadyThere",
    "Change",
    "Collection",
    "Document",
    "Entry",
    "FrozenDict",
    "FrozenList",
    "NotThere",
    "NotUnique",
    "Order",
    "Page",
    "Schema",
    "ShardedMap",
    "SortedIndex",
    "Store",
    "Unique",
    "UnknownCollection",
    "UnknownCursor",
    "UnknownIndex",
]
