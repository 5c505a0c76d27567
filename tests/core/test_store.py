"""What a store promises to the code that keeps an account's documents in it."""

import copy
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson
import pytest

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
    UnknownCollection,
    UnknownCursor,
    UnknownIndex,
)

SCHEMAS = {
    "contacts": Schema(
        orders={
            "name": Order(lambda contact: (contact["name"],)),
            "inbox": Order(lambda contact: (contact["age"],), group=lambda contact: contact["inboxes"]),
        },
        uniques={"email": Unique(lambda contact: contact["emails"])},
    ),
    "notes": Schema(),
}


def contact(number: int, **fields: Any) -> Document:
    """A contact whose names run against the numbers, so that no order is the other by accident."""
    return {
        "id": f"c{number}",
        "name": f"n{9 - number}",
        "age": number,
        "inboxes": [],
        "emails": [f"c{number}@example.org"],
        **fields,
    }


class ProviderError(Exception):
    pass


@contextmanager
def failing_unit(store: Store) -> Iterator[None]:
    """A unit of work that fails at its end."""
    try:
        with store.unit():
            yield
            raise ProviderError
    except ProviderError:
        pass


def ids(page: Page) -> list[str]:
    return [entry.document["id"] for entry in page.entries]


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SortedIndex, "chunk_size", 2)
    monkeypatch.setattr(ShardedMap, "shard_size", 2)


@pytest.fixture
def store() -> Store:
    return Store(SCHEMAS)


@pytest.fixture
def contacts(store: Store) -> Collection:
    """Nine contacts, c1 to c9; by name they run from c9 to c1."""
    for number in range(1, 10):
        store["contacts"].insert(contact(number))
    return store["contacts"]


class TestDocuments:
    def test_a_document_is_found_by_its_id(self, contacts: Collection) -> None:
        assert contacts.get("c3") == contact(3)
        assert "c3" in contacts
        assert contacts.get("c99") is None
        assert "c99" not in contacts
        assert len(contacts) == 9

    def test_documents_come_in_the_order_of_their_insertion(self, store: Store) -> None:
        for number in (3, 1, 2):
            store["contacts"].insert(contact(number))
        assert [each["id"] for each in store["contacts"]] == ["c3", "c1", "c2"]

    def test_a_replaced_document_keeps_its_place_in_the_sequence_and_gets_a_new_entry(
        self, contacts: Collection
    ) -> None:
        before = contacts.entry("c3")
        contacts.replace(contact(3, name="changed"))
        after = contacts.entry("c3")
        assert before is not None
        assert after is not None
        assert after is not before
        assert after.sequence == before.sequence
        assert ids(contacts.page("sequence", limit=3)) == ["c1", "c2", "c3"]

    def test_a_replaced_document_moves_in_the_orders_its_keys_changed_in(self, contacts: Collection) -> None:
        contacts.replace(contact(1, name="a"))
        assert ids(contacts.page("name", limit=2)) == ["c1", "c9"]

    def test_put_inserts_or_replaces(self, contacts: Collection) -> None:
        contacts.put(contact(10))
        contacts.put(contact(10, name="again"))
        assert len(contacts) == 10
        assert contacts.get("c10") == contact(10, name="again")

    def test_a_deleted_document_is_returned_and_gone_from_every_index(self, contacts: Collection) -> None:
        assert contacts.delete("c4") == contact(4)
        assert contacts.get("c4") is None
        assert contacts.lookup("email", "c4@example.org") is None
        assert "c4" not in ids(contacts.page("name", limit=100))
        assert contacts.count() == 8

    def test_every_write_counts_in_the_sequence(self, store: Store) -> None:
        notes = store["notes"]
        notes.insert({"id": "a"})
        notes.put({"id": "a", "text": "x"})
        notes.delete("a")
        assert store.sequence == 3

    def test_a_collection_is_filled_at_once(self, store: Store) -> None:
        store["contacts"].insert(contact(5))
        store["contacts"].insert_many(contact(number) for number in (4, 6, 1))
        assert [each["id"] for each in store["contacts"]] == ["c5", "c4", "c6", "c1"]
        assert ids(store["contacts"].page("name", limit=9)) == ["c6", "c5", "c4", "c1"]
        assert store["contacts"].lookup_id("email", "c6@example.org") == "c6"
        assert store.sequence == 4

    @pytest.mark.parametrize(
        "wrong", [contact(1), contact(20), contact(21, emails=["c1@example.org"]), {"name": "no id"}]
    )
    def test_filling_at_once_takes_all_or_none(self, store: Store, contacts: Collection, wrong: Document) -> None:
        before = store.dump()
        with pytest.raises((AlreadyThere, NotUnique, ValueError)):
            contacts.insert_many([contact(20), wrong])
        assert store.dump() == before
        assert contacts.lookup("email", "c20@example.org") is None


class TestUnique:
    def test_a_document_is_found_by_each_of_its_keys(self, store: Store) -> None:
        store["contacts"].insert(contact(1, emails=["a@example.org", "b@example.org"]))
        assert store["contacts"].lookup("email", "a@example.org") == store["contacts"].get("c1")
        assert store["contacts"].lookup_id("email", "b@example.org") == "c1"
        assert store["contacts"].lookup("email", "z@example.org") is None

    def test_a_key_is_held_by_one_document_only(self, store: Store, contacts: Collection) -> None:
        before = store.dump()
        with pytest.raises(NotUnique, match=r"'contacts'.*'c1'.*'c1@example.org'.*'email'") as caught:
            contacts.insert(contact(20, emails=["c1@example.org"]))
        problem = caught.value
        assert (problem.collection, problem.index) == ("contacts", "email")
        assert (problem.key, problem.holder) == ("c1@example.org", "c1")
        assert store.dump() == before

    def test_a_refused_replacement_changes_nothing(self, store: Store, contacts: Collection) -> None:
        before = store.dump()
        with pytest.raises(NotUnique):
            contacts.replace(contact(2, name="changed", emails=["c1@example.org"]))
        assert store.dump() == before
        assert contacts.lookup_id("email", "c2@example.org") == "c2"

    def test_a_key_is_free_again_when_its_document_gives_it_up(self, contacts: Collection) -> None:
        contacts.replace(contact(1, emails=[]))
        contacts.delete("c2")
        contacts.insert(contact(20, emails=["c1@example.org", "c2@example.org"]))
        assert contacts.lookup_id("email", "c1@example.org") == "c20"


class TestPages:
    def test_pages_follow_one_another(self, contacts: Collection) -> None:
        first = contacts.page("name", limit=4)
        second = contacts.page("name", after="c6", limit=4)
        third = contacts.page("name", after="c2", limit=4)
        assert [ids(first), ids(second), ids(third)] == [
            ["c9", "c8", "c7", "c6"],
            ["c5", "c4", "c3", "c2"],
            ["c1"],
        ]
        assert [(page.has_more_before, page.has_more_after) for page in (first, second, third)] == [
            (False, True),
            (True, True),
            (True, False),
        ]

    def test_a_page_before_a_document_ends_just_ahead_of_it(self, contacts: Collection) -> None:
        page = contacts.page("name", before="c5", limit=2)
        assert ids(page) == ["c7", "c6"]
        assert (page.has_more_before, page.has_more_after) == (True, True)
        assert not contacts.page("name", before="c7", limit=2).has_more_before

    def test_a_descending_walk_turns_everything_around(self, contacts: Collection) -> None:
        assert ids(contacts.page("name", limit=2, descending=True)) == ["c1", "c2"]
        assert ids(contacts.page("name", after="c2", limit=2, descending=True)) == ["c3", "c4"]
        page = contacts.page("name", before="c3", limit=5, descending=True)
        assert ids(page) == ["c1", "c2"]
        assert (page.has_more_before, page.has_more_after) == (False, True)

    def test_documents_of_equal_keys_stand_in_the_order_of_insertion(self, store: Store) -> None:
        for number in (3, 1, 2):
            store["contacts"].insert(contact(number, name="same"))
        assert ids(store["contacts"].page("name", limit=3)) == ["c3", "c1", "c2"]

    def test_a_page_is_found_by_offset(self, contacts: Collection) -> None:
        page = contacts.page_at("name", offset=3, limit=2)
        assert ids(page) == ["c6", "c5"]
        assert (page.has_more_before, page.has_more_after) == (True, True)
        assert ids(contacts.page_at("name", offset=3, limit=2, descending=True)) == ["c4", "c5"]

    def test_a_page_past_the_end_is_empty(self, contacts: Collection) -> None:
        page = contacts.page_at("name", offset=50, limit=2)
        assert page == Page([], has_more_before=True, has_more_after=False)

    def test_an_empty_collection_has_an_empty_page(self, store: Store) -> None:
        assert store["contacts"].page("name", limit=5) == Page([], False, False)
        assert store["contacts"].page_at("name", offset=0, limit=5, descending=True) == Page([], False, False)

    def test_rank_counts_what_precedes(self, contacts: Collection) -> None:
        assert contacts.rank("name", "c7") == 2
        assert contacts.rank("name", "c7", descending=True) == 6

    def test_a_range_holds_the_keys_from_low_up_to_high(self, contacts: Collection) -> None:
        def found(**options: Any) -> list[str]:
            return [entry.document["id"] for entry in contacts.range("name", **options)]

        assert found(low=("n2",), high=("n5",)) == ["c7", "c6", "c5"]
        assert found(low=("n2",), high=("n5",), descending=True, limit=2) == ["c5", "c6"]
        assert found(low=("n7",)) == ["c2", "c1"]
        assert found(high=("n2",), limit=1) == ["c9"]
        assert found(low=("n5",), high=("n2",)) == []

    def test_a_loop_over_a_collection_may_change_it(self, contacts: Collection) -> None:
        for document in contacts:
            contacts.insert({**document, "id": "x" + document["id"], "emails": []})
            contacts.delete(document["id"])
        assert [each["id"] for each in contacts] == [f"xc{number}" for number in range(1, 10)]

    def test_following_all_cursors_meets_every_document_once(self, contacts: Collection) -> None:
        seen: list[str] = []
        page = contacts.page("name", limit=2)
        while page.entries:
            seen += ids(page)
            page = contacts.page("name", after=seen[-1], limit=2)
        assert seen == [f"c{number}" for number in range(9, 0, -1)]


class TestGroups:
    @pytest.fixture
    def grouped(self, store: Store) -> Collection:
        """c1 to c9 in the inboxes "odd" or "even", c3, c6, c9 in "third" besides, c10 in none."""
        for number in range(1, 11):
            inboxes = ["odd" if number % 2 else "even"] + ["third"] * (number % 3 == 0)
            store["contacts"].insert(contact(number, inboxes=inboxes if number < 10 else []))
        return store["contacts"]

    def test_a_document_is_listed_under_each_of_its_groups(self, grouped: Collection) -> None:
        assert ids(grouped.page("inbox", group="third", limit=9)) == ["c3", "c6", "c9"]
        assert ids(grouped.page("inbox", group="even", limit=9)) == ["c2", "c4", "c6", "c8"]
        assert [grouped.count("inbox", name) for name in ("odd", "even", "third", "none")] == [5, 4, 3, 0]

    def test_a_group_named_twice_lists_the_document_once(self, store: Store) -> None:
        store["contacts"].insert(contact(1, inboxes=["a", "a"]))
        assert store["contacts"].count("inbox", "a") == 1

    def test_pages_stay_in_their_group(self, grouped: Collection) -> None:
        page = grouped.page("inbox", group="even", after="c4", limit=9)
        assert ids(page) == ["c6", "c8"]
        assert (page.has_more_before, page.has_more_after) == (True, False)
        assert ids(grouped.page("inbox", group="odd", before="c7", limit=2, descending=True)) == ["c9"]
        assert ids(grouped.page_at("inbox", group="odd", offset=1, limit=2)) == ["c3", "c5"]
        assert grouped.rank("inbox", "c7", "odd") == 3
        assert [entry.document["id"] for entry in grouped.range("inbox", group="odd", low=(4,), high=(8,))] == [
            "c5",
            "c7",
        ]

    def test_a_group_whose_name_begins_with_another_is_not_mixed_up(self, store: Store) -> None:
        for number, name in enumerate(("in", "in\0", "in_1", "io")):
            store["contacts"].insert(contact(number, inboxes=[name]))
        assert ids(store["contacts"].page("inbox", group="in", limit=9)) == ["c0"]

    def test_a_document_leaves_and_joins_groups_when_it_is_replaced(self, grouped: Collection) -> None:
        grouped.replace(contact(3, inboxes=["even"]))
        assert ids(grouped.page("inbox", group="third", limit=9)) == ["c6", "c9"]
        assert ids(grouped.page("inbox", group="even", limit=2)) == ["c2", "c3"]

    def test_a_cursor_must_be_of_the_group(self, grouped: Collection) -> None:
        with pytest.raises(UnknownCursor, match=r"'contacts', order 'inbox', group 'even'.*'c3'"):
            grouped.page("inbox", group="even", after="c3", limit=2)


class TestDeletedCursors:
    def test_a_walk_goes_on_from_a_document_deleted_meanwhile(self, contacts: Collection) -> None:
        contacts.delete("c5")
        assert ids(contacts.page("name", after="c5", limit=2)) == ["c4", "c3"]
        assert ids(contacts.page("name", before="c5", limit=2)) == ["c7", "c6"]
        assert ids(contacts.page("name", after="c5", limit=2, descending=True)) == ["c6", "c7"]
        assert contacts.rank("name", "c5") == 4

    def test_it_does_within_a_group_too(self, store: Store) -> None:
        contacts = store["contacts"]
        contacts.insert_many(contact(number, inboxes=["a"]) for number in range(1, 5))
        contacts.delete("c2")
        assert ids(contacts.page("inbox", group="a", after="c2", limit=9)) == ["c3", "c4"]
        with pytest.raises(UnknownCursor):
            contacts.page("inbox", group="b", after="c2", limit=9)

    def test_a_document_that_came_back_stands_where_it_is_now(self, contacts: Collection) -> None:
        contacts.delete("c5")
        contacts.insert(contact(5, name="n0a"))
        assert ids(contacts.page("name", after="c5", limit=2)) == ["c8", "c7"]

    def test_only_the_newest_deleted_are_remembered(
        self, contacts: Collection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Collection, "tombstones", 2)
        for number in (1, 2, 3):
            contacts.delete(f"c{number}")
        assert ids(contacts.page("sequence", after="c2", limit=1)) == ["c4"]
        with pytest.raises(UnknownCursor):
            contacts.page("sequence", after="c1", limit=1)

    def test_a_collection_that_does_not_remember_forgets_at_once(self) -> None:
        notes = Store({"notes": Schema(remembers=False)})["notes"]
        for name in ("a", "b"):
            notes.insert({"id": name})
        notes.delete("a")
        with pytest.raises(UnknownCursor):
            notes.page("sequence", after="a", limit=1)

    def test_an_id_never_seen_is_refused(self, contacts: Collection) -> None:
        with pytest.raises(UnknownCursor, match=r"'contacts', order 'name': .*'c77'"):
            contacts.page("name", after="c77", limit=2)


class TestUnitOfWork:
    def test_a_unit_that_succeeds_keeps_its_writes(self, store: Store) -> None:
        with store.unit():
            store["notes"].insert({"id": "a"})
        assert "a" in store["notes"]

    def test_a_unit_that_fails_leaves_everything_as_it_was(self, store: Store, contacts: Collection) -> None:
        store.counter("ticket")
        before, entry = store.dump(), contacts.entry("c2")
        with failing_unit(store):
            contacts.insert(contact(20))
            contacts.replace(contact(2, name="changed", emails=["new@example.org"]))
            contacts.delete("c3")
            contacts.delete("c20")
            contacts.insert(contact(3, name="back"))
            contacts.insert_many([contact(30), contact(31)])
            contacts.put(contact(30, name="other"))
            store.counter("ticket")
            store.counter("other")
        assert store.dump() == before
        assert contacts.entry("c2") is entry
        assert contacts.lookup_id("email", "c2@example.org") == "c2"
        assert contacts.lookup_id("email", "new@example.org") is None
        assert ids(contacts.page("name", limit=99)) == [f"c{number}" for number in range(9, 0, -1)]
        with pytest.raises(UnknownCursor):
            contacts.page("name", after="c20", limit=1)
        assert [store.counter("ticket"), store.counter("other")] == [2, 1]

    def test_an_inner_unit_takes_back_only_its_own_part(self, store: Store) -> None:
        notes = store["notes"]
        with store.unit():
            notes.insert({"id": "outer"})
            with failing_unit(store):
                notes.insert({"id": "inner"})
            assert store.sequence == 1
            notes.insert({"id": "later"})
        assert [note["id"] for note in notes] == ["outer", "later"]

    def test_an_outer_unit_takes_back_the_inner_ones_that_succeeded(self, store: Store) -> None:
        with failing_unit(store), store.unit():
            store["notes"].insert({"id": "inner"})
        assert len(store["notes"]) == 0
        assert store.sequence == 0

    def test_a_fork_made_inside_a_unit_is_not_rolled_back_with_it(self, store: Store) -> None:
        with failing_unit(store):
            store["notes"].insert({"id": "a"})
            fork = store.fork()
        assert "a" not in store["notes"]
        assert "a" in fork["notes"]

    def test_a_key_that_does_not_compare_is_refused_and_changes_nothing(
        self, store: Store, contacts: Collection
    ) -> None:
        before = store.dump()
        with pytest.raises(TypeError, match=r"'contacts', order 'inbox': keys do not compare"):
            contacts.insert_many([contact(20, inboxes=["a"]), contact(21, inboxes=["a"], age="old")])
        contacts.insert(contact(22, inboxes=["a"]))
        with pytest.raises(TypeError, match=r"'contacts', order 'inbox': keys do not compare"):
            contacts.insert(contact(23, inboxes=["a"], age="old"))
        contacts.delete("c22")
        assert [document["id"] for document in contacts] == [each["id"] for each in before["contacts"]]
        assert "c23" not in ids(contacts.page("name", limit=99))


class TestForks:
    def test_neither_side_sees_the_writes_of_the_other(self, store: Store, contacts: Collection) -> None:
        fork = store.fork()
        fork["contacts"].delete("c1")
        fork["contacts"].replace(contact(2, name="fork", emails=["fork@example.org"]))
        contacts.insert(contact(20))
        contacts.replace(contact(3, name="origin"))
        assert contacts.get("c1") == contact(1)
        assert contacts.get("c2") == contact(2)
        assert contacts.lookup("email", "fork@example.org") is None
        assert fork["contacts"].get("c3") == contact(3)
        assert ids(fork["contacts"].page("name", limit=99)) == [
            "c2",
            "c9",
            "c8",
            "c7",
            "c6",
            "c5",
            "c4",
            "c3",
        ]
        assert len(contacts) == 10

    def test_a_fork_of_a_fork_is_independent_too(self, store: Store, contacts: Collection) -> None:
        first = store.fork()
        second = first.fork()
        first["contacts"].delete("c1")
        assert "c1" in second["contacts"]
        assert "c1" in contacts

    def test_counters_and_sequence_go_with_the_fork(self, store: Store, contacts: Collection) -> None:
        store.counter("ticket")
        fork = store.fork()
        assert fork.sequence == store.sequence
        assert [fork.counter("ticket"), fork.counter("ticket"), store.counter("ticket")] == [2, 3, 2]

    def test_versions_are_equal_until_the_forks_diverge(self, store: Store, contacts: Collection) -> None:
        fork = store.fork()
        assert fork.version == store.version
        assert fork["contacts"].version == contacts.version
        fork["contacts"].delete("c1")
        assert fork["contacts"].version != contacts.version
        assert fork["notes"].version == store["notes"].version
        assert fork.version != store.version

    def test_a_rollback_renews_the_version(self, store: Store, contacts: Collection) -> None:
        seen = [contacts.version]
        with failing_unit(store):
            contacts.delete("c1")
            seen.append(contacts.version)
        assert contacts.version not in seen

    def test_a_store_is_restored_in_place(self, store: Store, contacts: Collection) -> None:
        snapshot = store.fork()
        contacts.delete("c1")
        store.counter("ticket")
        for _ in range(2):
            store.restore(snapshot)
            assert store.dump() == snapshot.dump()
            assert contacts.version == snapshot["contacts"].version
            contacts.delete("c2")
            assert "c2" in snapshot["contacts"]

    def test_a_store_is_not_restored_inside_a_unit(self, store: Store) -> None:
        with store.unit(), pytest.raises(RuntimeError, match="inside a unit of work"):
            store.restore(store.fork())

    def test_a_store_is_not_restored_from_one_of_other_collections(self, store: Store) -> None:
        with pytest.raises(ValueError, match=r"'contacts', 'notes'.*\['other'\]"):
            store.restore(Store({"other": Schema()}))


class TestDump:
    def test_a_loaded_dump_is_an_equal_store(self, store: Store, contacts: Collection) -> None:
        contacts.delete("c5")
        contacts.insert(contact(5, inboxes=["a"]))
        contacts.replace(contact(2, name="n5"))
        store.counter("ticket")
        loaded = Store.load(SCHEMAS, orjson.loads(orjson.dumps(store.dump())))
        assert loaded.dump() == store.dump()
        assert loaded.sequence == store.sequence
        assert loaded.counter("ticket") == 2
        for order in ("sequence", "name"):
            assert ids(loaded["contacts"].page(order, limit=99)) == ids(contacts.page(order, limit=99))

    def test_documents_written_by_hand_are_numbered_as_they_come(self) -> None:
        store = Store.load(SCHEMAS, {"notes": [{"id": "b"}, {"id": "a"}]})
        assert [note["id"] for note in store["notes"]] == ["b", "a"]
        assert store.sequence == 2

    def test_a_dump_of_unknown_collections_is_refused(self) -> None:
        with pytest.raises(UnknownCollection, match=r"'calls'.*contacts, notes"):
            Store.load(SCHEMAS, {"calls": []})

    def test_a_dump_whose_sequences_do_not_match_is_refused(self) -> None:
        with pytest.raises(ValueError, match="'notes': 1 documents, 2 sequences"):
            Store.load(SCHEMAS, {"$store": [{"sequences": {"notes": [1, 2]}}], "notes": [{"id": "a"}]})


class TestStrictStores:
    @pytest.fixture
    def stored(self) -> Document:
        store = Store(SCHEMAS, strict=True)
        store["notes"].insert({"id": "a", "tags": ["x", {"deep": [1]}], "by": {"name": "y"}})
        document = store["notes"].get("a")
        assert document is not None
        return document

    @pytest.mark.parametrize(
        "change",
        [
            lambda note: note.update(text="x"),
            lambda note: note.__setitem__("text", "x"),
            lambda note: note.__delitem__("by"),
            lambda note: note.__ior__({"text": "x"}),
            lambda note: note.setdefault("text", "x"),
            lambda note: note.pop("by"),
            lambda note: note.popitem(),
            lambda note: note.clear(),
            lambda note: note["by"].update(name="z"),
            lambda note: note["tags"].append("z"),
            lambda note: note["tags"].__iadd__(["z"]),
            lambda note: note["tags"].sort(),
            lambda note: note["tags"][1]["deep"].pop(),
        ],
    )
    def test_a_stored_document_cannot_be_changed_in_place(self, stored: Document, change: Any) -> None:
        with pytest.raises(TypeError, match="stored document notes/a is immutable: put a new one instead"):
            change(stored)
        assert stored == {"id": "a", "tags": ["x", {"deep": [1]}], "by": {"name": "y"}}

    def test_a_change_of_what_was_put_does_not_reach_the_store(self) -> None:
        store = Store(SCHEMAS, strict=True)
        note = {"id": "a", "tags": ["x"]}
        store["notes"].insert(note)
        note["tags"] = []
        assert store["notes"].get("a") == {"id": "a", "tags": ["x"]}

    def test_copies_can_be_changed(self, stored: Document) -> None:
        for made in (copy.deepcopy(stored), copy.copy(stored), {**stored}, stored.copy(), stored | {}):
            assert type(made) is dict
            made["text"] = "x"
        copy.deepcopy(stored)["tags"][1]["deep"].append(2)
        assert type(copy.copy(stored["tags"])) is list

    def test_a_stored_document_encodes_as_json(self, stored: Document) -> None:
        assert orjson.loads(orjson.dumps(stored)) == stored

    def test_a_stored_document_is_validated_as_json(self, stored: Document) -> None:
        jsonschema_rs = pytest.importorskip("jsonschema_rs")
        tags = {"type": "array", "items": {"type": ["string", "object"]}}
        validator = jsonschema_rs.validator_for({"type": "object", "properties": {"tags": tags}})
        assert validator.is_valid(stored)
        assert not validator.is_valid({**stored, "tags": [1]})

    def test_a_fork_and_a_loaded_store_are_strict_too(self, stored: Document) -> None:
        store = Store.load(SCHEMAS, {"notes": [stored]}, strict=True).fork()
        store["notes"].put({"id": "b"})
        for name in ("a", "b"):
            note = store["notes"].get(name)
            assert note is not None
            with pytest.raises(TypeError):
                note["text"] = "x"


class TestErrors:
    def test_an_unknown_collection_is_answered_with_the_known_ones(self, store: Store) -> None:
        with pytest.raises(UnknownCollection, match=r"^there is no collection 'calls': the store has contacts, notes$"):
            store["calls"]
        with pytest.raises(KeyError):
            store.collection("calls")

    def test_an_unknown_index_is_answered_with_the_known_ones(self, contacts: Collection) -> None:
        with pytest.raises(UnknownIndex, match="'contacts' has no order 'age': it has inbox, name, sequence"):
            contacts.page("age", limit=1)
        with pytest.raises(UnknownIndex, match="'contacts' has no unique index 'phone': it has email"):
            contacts.lookup("phone", "1")

    def test_a_group_must_be_named_where_there_are_groups_and_only_there(self, contacts: Collection) -> None:
        with pytest.raises(ValueError, match="'contacts': order 'inbox' is grouped: name a group"):
            contacts.page("inbox", limit=1)
        with pytest.raises(ValueError, match="'contacts': order 'name' has no groups, so no 'a'"):
            contacts.count("name", "a")

    def test_an_id_is_inserted_once(self, contacts: Collection) -> None:
        with pytest.raises(AlreadyThere, match="'contacts' already has a document 'c1'"):
            contacts.insert(contact(1))

    def test_only_a_present_document_is_replaced_or_deleted(self, contacts: Collection) -> None:
        with pytest.raises(NotThere, match="'contacts' has no document 'c20'"):
            contacts.replace(contact(20))
        with pytest.raises(NotThere, match="'contacts' has no document 'c20'"):
            contacts.delete("c20")

    @pytest.mark.parametrize("wrong", [{}, {"id": None}, {"id": 7}])
    def test_a_document_needs_a_text_id(self, store: Store, wrong: Document) -> None:
        with pytest.raises(ValueError, match="'notes': a document needs a text `id`"):
            store["notes"].put(wrong)

    def test_a_page_has_one_cursor_and_no_negative_numbers(self, contacts: Collection) -> None:
        with pytest.raises(ValueError, match="only one of them"):
            contacts.page("name", after="c1", before="c2", limit=1)
        with pytest.raises(ValueError, match="negative: -1"):
            contacts.page("name", limit=-1)
        with pytest.raises(ValueError, match="negative: -1, 1"):
            contacts.page_at("name", offset=-1, limit=1)

    def test_the_order_of_insertion_is_not_declared_again(self) -> None:
        with pytest.raises(ValueError, match="'notes' declares the order 'sequence'"):
            Store({"notes": Schema(orders={"sequence": Order(lambda note: ())})})


def test_the_first_writes_after_a_fork_copy_little_of_a_large_collection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.undo()
    store = Store(SCHEMAS)
    store["contacts"].insert_many(contact(number) for number in range(50_000))
    tracemalloc.start()
    try:
        fork = store.fork()
        for number in range(50_000, 50_005):
            fork["contacts"].insert(contact(number))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1_000_000  # bytes; the whole of it takes over five times as much
