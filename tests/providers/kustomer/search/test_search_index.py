"""The index follows what is written: at once, or a minute later where the quirk says so."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from harness.core.store import Collection
from harness.core.unit import Unit
from harness.providers.kustomer.actor import KEY
from harness.providers.kustomer.jsonapi import documents
from harness.providers.kustomer.jsonapi.kinds import CUSTOMERS
from harness.providers.kustomer.search.column import Column, flags_of, mask_of, mask_of_flags, slots_in
from harness.providers.kustomer.search.table import Table

Org = Any
MINUTE = 60_000


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Column, "block_size", 3)


@contextmanager
def failing_unit(org: Org) -> Iterator[Unit]:
    """A unit of work that fails at its end."""
    try:
        with org.account.unit() as unit:
            yield unit
            raise EndError
    except EndError:
        pass


class EndError(Exception):
    pass


def named(org: Org, name: str) -> int:
    total: int = org.found({"and": {"customer_name": {"equals": name}}})["meta"]["total"]
    return total


def test_a_write_is_found_at_once(org: Org) -> None:
    assert named(org, "Ada") == 0
    id = org.customer("Ada")
    assert named(org, "Ada") == 1
    org.customer("Ben", id=id)
    assert (named(org, "Ada"), named(org, "Ben")) == (0, 1)
    with org.account.unit() as unit:
        unit["customers"].delete(id)
    assert named(org, "Ben") == 0


def test_what_a_failed_request_took_back_is_not_found(org: Org) -> None:
    id = org.customer("Ada")
    assert named(org, "Ada") == 1
    with failing_unit(org) as unit:
        unit["customers"].delete(id)
    assert named(org, "Ada") == 1


def test_a_fork_is_searched_apart(org: Org) -> None:
    org.customer("Ada")
    assert named(org, "Ada") == 1
    twin = org.sandbox.fork().account("kustomer")
    org.customer("Ben")
    assert len(twin.store["customers"]) == 1
    org.account = twin
    assert (named(org, "Ada"), named(org, "Ben")) == (1, 0)


def test_after_a_restore_the_earlier_state_is_searched(org: Org) -> None:
    org.customer("Ada")
    org.sandbox.snapshot("before")
    org.customer("Ben")
    assert named(org, "Ben") == 1
    org.sandbox.restore("before")
    assert (named(org, "Ada"), named(org, "Ben")) == (1, 0)


QUERIES: tuple[dict[str, Any], ...] = (
    {"and": {"customer_name": {"prefix": "n1"}}, "sort": {"customer_name": "desc"}},
    {"and": {"customer_tags": {"equals": "t1"}}, "sort": {"customer_updated_at": "asc"}},
    {"not": {"customer_tags": {"equals": "t2"}}, "sort": [{"customer_gender": "asc"}, {"customer_name": "asc"}]},
    {"and": {"customer_any_text": {"contains": "n3"}}, "sort": {"customer_created_at": "asc"}},
    {"and": {"customer_conversations_count": {"gte": 1, "lt": 3}}, "sort": {"customer_conversations_count": "desc"}},
    {"or": [{"customer_gender": {"not_set": True}}, {"conversation_priority": {"gt": 3}}]},
)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("few", [0, 1_000])
@pytest.mark.parametrize("remembered", [3, 1_000])
def test_an_index_that_followed_writes_is_like_a_new_one(
    org: Org, few: int, remembered: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.providers.kustomer.search.ranking._FEW", few)
    monkeypatch.setattr(Collection, "remembered_changes", remembered)
    draw = random.Random(f"{few} {remembered}")
    ids: list[str] = []
    for _ in range(12):
        for _ in range(draw.randint(1, 6)):
            if len(ids) > 5 and draw.random() < 0.2:
                with org.account.unit() as unit:
                    unit["customers"].delete(ids.pop(draw.randrange(len(ids))))
            old = draw.choice(ids) if ids and draw.random() < 0.5 else None
            tags = draw.sample(["t1", "t2", "t3"], draw.randint(0, 3))
            own: dict[str, Any] = {"tags": tags, "conversationCounts": {"all": draw.randint(0, 4)}}
            if draw.random() < 0.7:
                own["gender"] = draw.choice("mf")
            moment = org.now(days=draw.randint(0, 900))
            new = org.customer(f"n{draw.randint(1, 40)}", id=old, updatedAt=moment, **own)
            if old is None:
                ids.append(new)
            org.conversation("talk", draw.choice(ids), priority=draw.randint(1, 5))
        followed = [org.found(query) for query in QUERIES]
        twin = org.sandbox.fork()
        account, org.account = org.account, twin.account("kustomer")
        # the order of equals is that of insertion, which a slot used again may not have
        anew = [org.found(query) for query in QUERIES]
        org.account = account
        assert [each["meta"] for each in followed] == [each["meta"] for each in anew]
        assert [sorted(e["id"] for e in each["data"]) for each in followed] == [
            sorted(e["id"] for e in each["data"]) for each in anew
        ]


@pytest.mark.usefixtures("small_blocks")
def test_a_column_that_was_written_is_like_one_that_was_made_so() -> None:
    draw = random.Random(4)
    keys: dict[int, set[int]] = {}
    column = Column(())
    for _ in range(600):
        slot, key = draw.randrange(40), draw.randrange(12)
        own = keys.setdefault(slot, set())
        if key in own:
            own.remove(key)
            column.remove(key, slot)
        else:
            own.add(key)
            column.add(key, slot)
        low, high = draw.randrange(-1, 13), draw.randrange(-1, 13)

        def expected(wanted: Iterable[int]) -> int:
            return mask_of([slot for slot, own in keys.items() if not own.isdisjoint(wanted)])

        assert column.having() == expected(range(12))
        assert column.equal(low) == expected([low])
        assert column.within(low, high) == expected(range(low, high))
        assert column.within(low, high, after=True, through=True) == expected(range(low + 1, high + 1))
    pairs = sorted((key, slot) for slot, own in keys.items() for key in own)
    assert list(zip(column.keys(), column.slots(), strict=True)) == pairs
    assert list(zip(column.keys(descending=True), column.slots(descending=True), strict=True)) == pairs[::-1]
    some = mask_of(range(0, 40, 3))
    among = column.among(some, flags_of(some, 40))
    assert list(among) == [slot for _, slot in pairs if slot % 3 == 0]


@pytest.mark.parametrize("count", [0, 1, 16, 17, 500, 4_001])
def test_a_mask_is_its_slots(count: int) -> None:
    slots = sorted(random.Random(count).sample(range(9_000), count))
    mask = mask_of(slots)
    flags = flags_of(mask, 9_000)
    assert mask == sum(1 << slot for slot in slots)
    assert (list(slots_in(flags)), len(flags), mask_of_flags(flags)) == (slots, 9_000, mask)


def test_the_columns_of_a_table_have_a_limit(org: Org, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Table, "most_columns", 4)
    for number in range(10):
        org.customer(f"c{number}", custom={f"a{number}Num": 1})
        assert org.names(**{"and": {f"customer_custom_a{number}Num": {"equals": 1}}}) == [f"c{number}"]


def test_slots_of_the_deleted_are_given_up_in_time(org: Org) -> None:
    ids = [org.new_id() for _ in range(1_200)]
    with org.account.unit() as unit:
        unit["customers"].insert_many({"id": id, "attributes": {"name": "Ada"}, "relations": {}} for id in ids)
    assert named(org, "Ada") == 1_200
    for some in (ids[:600], ids[600:1_190]):
        with org.account.unit() as unit:
            for id in some:
                unit["customers"].delete(id)
        assert named(org, "Ada") == len(org.account.store["customers"])
    org.customer("Ada")
    assert named(org, "Ada") == 11


@pytest.fixture
def lagging(organisation: Org) -> Org:
    return organisation({"search_lag": "minute"})


def create(org: Org, name: str) -> dict[str, Any]:
    with org.account.unit() as unit:
        document: dict[str, Any] = documents.create(unit, CUSTOMERS, {"name": name}, by=KEY)
    return document


def change(org: Org, document: dict[str, Any], name: str) -> dict[str, Any]:
    with org.account.unit() as unit:
        changed: dict[str, Any] = documents.change(unit, CUSTOMERS, document, {"name": name}, by=KEY)
    return changed


def test_what_is_new_is_found_after_a_minute(lagging: Org) -> None:
    create(lagging, "Ada")
    lagging.sandbox.advance(MINUTE - 1)
    assert lagging.names() == []
    lagging.sandbox.advance(1)
    assert lagging.names() == ["Ada"]


def test_what_was_changed_is_found_as_it_was_a_minute_ago(lagging: Org) -> None:
    ada = create(lagging, "Ada")
    lagging.sandbox.advance(MINUTE)
    ada = change(lagging, ada, "Bea")
    lagging.sandbox.advance(MINUTE // 2)
    change(lagging, ada, "Cleo")
    assert lagging.names() == ["Ada"]
    lagging.sandbox.advance(MINUTE // 2)
    assert lagging.names() == ["Bea"]
    lagging.sandbox.advance(MINUTE // 2)
    assert lagging.names() == ["Cleo"]


def test_what_was_deleted_is_found_for_another_minute(lagging: Org) -> None:
    ada = create(lagging, "Ada")
    lagging.sandbox.advance(MINUTE)
    with lagging.account.unit() as unit:
        documents.remove(unit, CUSTOMERS, ada, by=KEY)
    assert lagging.names() == ["Ada"]
    lagging.sandbox.advance(MINUTE)
    assert lagging.names() == []


def test_a_lag_survives_a_snapshot(lagging: Org) -> None:
    create(lagging, "Ada")
    lagging.sandbox.snapshot("fresh")
    lagging.sandbox.advance(MINUTE)
    assert lagging.names() == ["Ada"]
    lagging.sandbox.restore("fresh")
    assert lagging.names() == []


def test_what_lags_is_forgotten_once_it_is_found(lagging: Org) -> None:
    for number in range(3):
        create(lagging, f"c{number}")
        lagging.sandbox.advance(MINUTE)
    assert len(lagging.account.store["_search_backlog"]) == 1
