"""The lag of the index: while the quirk `search_lag` asks for it, what was written lately is found as it was before.

Each write leaves what was there before in a collection of its own, so that forks, snapshots and failed requests need
no care; a search puts back what is too new.
"""

from __future__ import annotations

from typing import Final
from weakref import WeakKeyDictionary

from harness.core.clock import MINUTE
from harness.core.store import Document, Order, Schema, Store
from harness.core.unit import Unit

BACKLOG: Final = "_search_backlog"
COLLECTIONS: Final = {BACKLOG: Schema(orders={"at": Order(lambda note: (note["at"],))}, remembers=False)}
LAG: Final = MINUTE
"""client: one waits so long."""


def note_write(unit: Unit, collection: str, id: str) -> None:
    """A document will be written now."""
    if unit.quirks["search_lag"] == "none" or unit.account is None:  # a world was there long ago
        return
    backlog = unit[BACKLOG]
    for entry in list(backlog.range("at", high=(unit.now - LAG + 1,))):
        backlog.delete(entry.document["id"])
    number, before = unit.store.counter(BACKLOG), unit[collection].get(id)
    backlog.insert({"id": str(number), "at": unit.now, "collection": collection, "of": id, "before": before})


def indexed(unit: Unit) -> Store:
    """The state as search knows it."""
    if unit.quirks["search_lag"] == "none":
        return unit.store
    notes = [entry.document for entry in unit[BACKLOG].range("at", low=(unit.now - LAG + 1,))]
    if not notes:
        return unit.store
    stamp = (unit.store.version, notes[0]["id"])
    kept = _INDEXED.get(unit.store)
    if kept is None or kept[0] != stamp:
        kept = _INDEXED[unit.store] = (stamp, _put_back(unit.store.fork(), notes))
    return kept[1]


def _put_back(store: Store, notes: list[Document]) -> Store:
    """Take the noted writes back, the last one first."""
    for note in reversed(notes):
        collection = store[note["collection"]]
        if note["before"] is not None:
            collection.put(note["before"])
        elif note["of"] in collection:
            collection.delete(note["of"])
    return store


_INDEXED: WeakKeyDictionary[Store, tuple[tuple[int, str], Store]] = WeakKeyDictionary()
