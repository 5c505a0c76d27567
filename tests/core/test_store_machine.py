"""Stores, their forks and their units of work against a plain model, by Hypothesis."""

import copy
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from harness.core.store import (
    AlreadyThere,
    Collection,
    Document,
    NotThere,
    NotUnique,
    Order,
    Page,
    Schema,
    ShardedMap,
    SortedIndex,
    Store,
    Unique,
    UnknownCursor,
)

TOMBSTONES = 3
GROUPS = ("a", "b", "ab")
SCHEMAS = {
    "things": Schema(
        orders={
            "size": Order(lambda thing: (thing["size"],)),
            "owner": Order(lambda thing: (thing["size"],), group=lambda thing: thing["owners"]),
        },
        uniques={"label": Unique(lambda thing: thing["labels"])},
    )
}

thing_ids = st.integers(0, 15).map(str)
labels = st.integers(0, 12)
things = st.fixed_dictionaries(
    {
        "id": thing_ids,
        "size": st.integers(0, 4),
        "owners": st.lists(st.sampled_from(GROUPS), max_size=2),
        "labels": st.lists(labels, max_size=1),
    }
)
listings = st.sampled_from([("sequence", None), ("size", None), *(("owner", group) for group in GROUPS)])


@dataclass
class Model:
    """The same content in the plainest form."""

    documents: dict[str, tuple[int, Document]] = field(default_factory=dict)
    deleted: dict[str, tuple[int, Document]] = field(default_factory=dict)
    sequence: int = 0
    counter: int = 0

    def holder(self, document: Document) -> str | None:
        """Another document that has one of the labels."""
        for _, other in self.documents.values():
            if other["id"] != document["id"] and set(other["labels"]) & set(document["labels"]):
                return str(other["id"])
        return None

    def put(self, document: Document) -> None:
        self.sequence += 1
        sequence, _ = self.documents.get(document["id"], (self.sequence, None))
        self.documents[document["id"]] = (sequence, document)

    def delete(self, id: str) -> None:
        self.sequence += 1
        self.deleted.pop(id, None)
        self.deleted[id] = self.documents.pop(id)
        if len(self.deleted) > TOMBSTONES:
            del self.deleted[next(iter(self.deleted))]

    def listed(self, order: str, group: str | None) -> list[tuple[Any, ...]]:
        """(keys, id) in ascending order."""
        return sorted(
            self.place(order, sequence, document)
            for sequence, document in self.documents.values()
            if group is None or group in document["owners"]
        )

    def place(self, order: str, sequence: int, document: Document) -> tuple[Any, ...]:
        return (0 if order == "sequence" else document["size"], sequence, document["id"])

    def cursor(self, order: str, group: str | None, id: str) -> tuple[Any, ...] | None:
        found = self.documents.get(id) or self.deleted.get(id)
        if found is None or (group is not None and group not in found[1]["owners"]):
            return None
        return self.place(order, *found)


@dataclass
class World:
    """A store, its model, and its open units with the models to return to."""

    store: Store
    model: Model
    units: list[tuple[AbstractContextManager[None], Model]] = field(default_factory=list)

    @property
    def things(self) -> Collection:
        return self.store["things"]


def same(page: Page, expected: list[tuple[Any, ...]], before: bool, after: bool) -> None:
    assert [entry.document["id"] for entry in page.entries] == [place[-1] for place in expected]
    assert (page.has_more_before, page.has_more_after) == (before, after)


class StoreMachine(RuleBasedStateMachine):
    """Rules act on one of up to three worlds; invariants look at all of them."""

    def __init__(self) -> None:
        super().__init__()
        self.worlds = [World(Store(SCHEMAS), Model())]

    def world(self, pick: int) -> World:
        return self.worlds[pick % len(self.worlds)]

    picks = st.integers(0, 2)

    @rule(pick=picks, thing=things)
    def insert(self, pick: int, thing: Document) -> None:
        world = self.world(pick)
        if thing["id"] in world.model.documents:
            with pytest.raises(AlreadyThere):
                world.things.insert(thing)
        elif (holder := world.model.holder(thing)) is not None:
            with pytest.raises(NotUnique) as caught:
                world.things.insert(thing)
            assert caught.value.holder == holder
        else:
            world.things.insert(thing)
            world.model.put(thing)

    @rule(pick=picks, thing=things)
    def replace(self, pick: int, thing: Document) -> None:
        world = self.world(pick)
        if thing["id"] not in world.model.documents:
            with pytest.raises(NotThere):
                world.things.replace(thing)
        elif world.model.holder(thing) is not None:
            with pytest.raises(NotUnique):
                world.things.replace(thing)
        else:
            world.things.replace(thing)
            world.model.put(thing)

    @rule(pick=picks, batch=st.lists(things, max_size=6, unique_by=lambda thing: thing["id"]))
    def insert_many(self, pick: int, batch: list[Document]) -> None:
        world = self.world(pick)
        model = copy.deepcopy(world.model)
        for thing in batch:
            if thing["id"] in model.documents or model.holder(thing) is not None:
                with pytest.raises((AlreadyThere, NotUnique)):
                    world.things.insert_many(batch)
                return
            model.put(thing)
        world.things.insert_many(batch)
        world.model = model

    @rule(pick=picks, id=thing_ids)
    def delete(self, pick: int, id: str) -> None:
        world = self.world(pick)
        if id in world.model.documents:
            assert world.things.delete(id) == world.model.documents[id][1]
            world.model.delete(id)
        else:
            with pytest.raises(NotThere):
                world.things.delete(id)

    @rule(pick=picks)
    def count_on(self, pick: int) -> None:
        world = self.world(pick)
        world.model.counter += 1
        assert world.store.counter("tickets") == world.model.counter

    @rule(pick=picks, label=labels)
    def lookup(self, pick: int, label: int) -> None:
        world = self.world(pick)
        expected = [each for _, each in world.model.documents.values() if label in each["labels"]]
        assert world.things.lookup("label", label) == (expected[0] if expected else None)

    @rule(
        pick=picks,
        listing=listings,
        cursor=st.none() | thing_ids,
        backwards=st.booleans(),
        limit=st.integers(0, 6),
        descending=st.booleans(),
    )
    def page(
        self,
        pick: int,
        listing: tuple[str, str | None],
        cursor: str | None,
        backwards: bool,
        limit: int,
        descending: bool,
    ) -> None:
        world = self.world(pick)
        order, group = listing
        walk = world.model.listed(order, group)
        if descending:
            walk.reverse()
        options: dict[str, Any] = {"group": group, "limit": limit, "descending": descending}
        if cursor is None:
            same(world.things.page(order, **options), walk[:limit], False, len(walk) > limit)
            return
        options["before" if backwards else "after"] = cursor
        place = world.model.cursor(order, group, cursor)
        if place is None:
            with pytest.raises(UnknownCursor):
                world.things.page(order, **options)
            return
        preceding = [each for each in walk if (each > place if descending else each < place)]
        following = [each for each in walk if (each < place if descending else each > place)]
        here = len(walk) - len(preceding) - len(following)
        assert world.things.rank(order, cursor, group, descending) == len(preceding)
        page = world.things.page(order, **options)
        if backwards:
            taken = preceding[max(0, len(preceding) - limit) :]
            same(page, taken, len(preceding) > limit, len(following) + here > 0)
        else:
            same(page, following[:limit], len(preceding) + here > 0, len(following) > limit)

    @rule(
        pick=picks,
        listing=listings,
        offset=st.integers(0, 12),
        limit=st.integers(0, 6),
        descending=st.booleans(),
    )
    def page_at(self, pick: int, listing: tuple[str, str | None], offset: int, limit: int, descending: bool) -> None:
        world = self.world(pick)
        order, group = listing
        walk = world.model.listed(order, group)
        if descending:
            walk.reverse()
        page = world.things.page_at(order, group=group, offset=offset, limit=limit, descending=descending)
        same(page, walk[offset : offset + limit], min(offset, len(walk)) > 0, len(walk) > offset + limit)

    @rule(pick=picks, group=st.sampled_from(GROUPS), low=st.integers(0, 5), high=st.integers(0, 5))
    def range(self, pick: int, group: str, low: int, high: int) -> None:
        world = self.world(pick)
        expected = [each[-1] for each in world.model.listed("owner", group) if low <= each[0] < high]
        found = world.things.range("owner", group=group, low=(low,), high=(high,))
        assert [entry.document["id"] for entry in found] == expected

    @rule(pick=picks)
    def fork(self, pick: int) -> None:
        world = self.world(pick)
        fork = World(world.store.fork(), copy.deepcopy(world.model))
        assert fork.things.version == world.things.version
        if len(self.worlds) < 3:
            self.worlds.append(fork)
        elif not self.worlds[-1].units:
            self.worlds[-1] = fork

    @rule(pick=picks, source=picks)
    def restore(self, pick: int, source: int) -> None:
        world, other = self.world(pick), self.world(source)
        if world.units:
            with pytest.raises(RuntimeError):
                world.store.restore(other.store)
        else:
            world.store.restore(other.store)
            world.model = copy.deepcopy(other.model)

    @rule(pick=picks)
    def dump_and_load(self, pick: int) -> None:
        world = self.world(pick)
        loaded = Store.load(SCHEMAS, world.store.dump())
        assert loaded.dump() == world.store.dump()

    @rule(pick=picks)
    def begin_unit(self, pick: int) -> None:
        world = self.world(pick)
        unit = world.store.unit()
        unit.__enter__()
        world.units.append((unit, copy.deepcopy(world.model)))

    @precondition(lambda self: any(world.units for world in self.worlds))
    @rule(pick=picks, fails=st.booleans())
    def end_unit(self, pick: int, fails: bool) -> None:
        open_worlds = [world for world in self.worlds if world.units]
        world = open_worlds[pick % len(open_worlds)]
        unit, before = world.units.pop()
        if fails:
            unit.__exit__(RuntimeError, RuntimeError(), None)
            world.model = before
        else:
            unit.__exit__(None, None, None)

    @invariant()
    def stores_equal_their_models(self) -> None:
        for world in self.worlds:
            model, things = world.model, world.things
            assert world.store.sequence == model.sequence
            assert len(things) == things.count() == len(model.documents)
            by_insertion = [each for _, each in sorted(model.documents.values(), key=itemgetter(0))]
            assert list(things) == by_insertion
            for order, group in (("sequence", None), ("size", None), *(("owner", group) for group in GROUPS)):
                expected = [place[-1] for place in model.listed(order, group)]
                assert [entry.document["id"] for entry in things.range(order, group=group)] == expected
                assert things.count(order, group) == len(expected)
            held = {label: each["id"] for each in by_insertion for label in each["labels"]}
            assert {label: things.lookup_id("label", label) for label in held} == held

    @invariant()
    def equal_versions_mean_equal_content(self) -> None:
        first = self.worlds[0]
        for world in self.worlds[1:]:
            if world.things.version == first.things.version:
                assert world.model.documents == first.model.documents


@pytest.fixture
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SortedIndex, "chunk_size", 1)
    monkeypatch.setattr(ShardedMap, "shard_size", 1)
    monkeypatch.setattr(Collection, "tombstones", TOMBSTONES)


@pytest.mark.usefixtures("_small_parts")
def test_a_store_behaves_as_its_model() -> None:
    run_state_machine_as_test(
        StoreMachine,
        settings=settings(
            max_examples=150, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
