"""What a collection tells of its latest writes, so that what is derived from it can follow."""

from __future__ import annotations

import pytest

from harness.core.store import AlreadyThere, Change, Collection, Schema, Store

Told = list[tuple[str | None, str | None]]


@pytest.fixture
def store() -> Store:
    store = Store({"things": Schema(), "others": Schema()})
    store["things"].insert({"id": "a", "name": "first"})
    return store


def told(changes: list[Change] | None) -> Told | None:
    """The names before and after each change."""
    if changes is None:
        return None
    return [
        (None if old is None else old.document["name"], None if new is None else new.document["name"])
        for old, new in changes
    ]


def replace_and_fail(things: Collection) -> None:
    things.replace({"id": "a", "name": "second"})
    things.insert({"id": "a", "name": "taken"})


def followed(collection: Collection) -> int:
    """A version from which on the collection keeps its changes."""
    collection.changes(collection.version)
    return collection.version


def test_writes_are_told_oldest_first_with_what_was_there_before(store: Store) -> None:
    things = store["things"]
    version = followed(things)
    things.insert({"id": "b", "name": "new"})
    things.replace({"id": "a", "name": "second"})
    things.delete("b")
    assert told(things.changes(version)) == [(None, "new"), ("first", "second"), ("new", None)]


def test_what_has_not_changed_tells_nothing(store: Store) -> None:
    version = followed(store["things"])
    store["others"].insert({"id": "x", "name": "elsewhere"})
    assert store["things"].changes(version) == []


def test_a_version_in_between_is_followed_from_there(store: Store) -> None:
    things = store["things"]
    followed(things)
    things.replace({"id": "a", "name": "second"})
    version = things.version
    things.replace({"id": "a", "name": "third"})
    assert told(things.changes(version)) == [("second", "third")]


def test_changes_before_the_first_question_are_not_known(store: Store) -> None:
    things = store["things"]
    version = things.version
    things.replace({"id": "a", "name": "second"})
    assert things.changes(version) is None


def test_only_so_many_are_remembered(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Collection, "remembered_changes", 2)
    things = store["things"]
    oldest = followed(things)
    things.replace({"id": "a", "name": "second"})
    older = things.version
    things.replace({"id": "a", "name": "third"})
    things.replace({"id": "a", "name": "fourth"})
    assert things.changes(oldest) is None
    assert told(things.changes(older)) == [("second", "third"), ("third", "fourth")]


def test_what_a_failed_unit_took_back_is_a_change_like_any_other(store: Store) -> None:
    things = store["things"]
    version = followed(things)
    with pytest.raises(AlreadyThere), store.unit():
        replace_and_fail(things)
    assert told(things.changes(version)) == [("first", "second"), ("second", "first")]


def test_a_fork_tells_its_own_changes_and_those_before_it(store: Store) -> None:
    version = followed(store["things"])
    store["things"].replace({"id": "a", "name": "second"})
    fork = store.fork()
    fork["things"].replace({"id": "a", "name": "there"})
    store["things"].replace({"id": "a", "name": "here"})
    assert told(fork["things"].changes(version)) == [("first", "second"), ("second", "there")]
    assert told(store["things"].changes(version)) == [("first", "second"), ("second", "here")]


def test_a_version_of_another_fork_is_not_known(store: Store) -> None:
    followed(store["things"])
    fork = store.fork()
    fork["things"].replace({"id": "a", "name": "there"})
    store["things"].replace({"id": "a", "name": "here"})
    assert store["things"].changes(fork["things"].version) is None


def test_after_many_inserts_at_once_nothing_is_known(store: Store) -> None:
    things = store["things"]
    version = followed(things)
    things.insert_many([{"id": "b", "name": "one"}, {"id": "c", "name": "two"}])
    assert things.changes(version) is None
    assert things.changes(followed(things)) == []


def test_after_a_restore_what_came_later_is_not_known(store: Store) -> None:
    followed(store["things"])
    kept = store.fork()
    store["things"].replace({"id": "a", "name": "second"})
    version = store["things"].version
    store.restore(kept)
    assert store["things"].changes(version) is None
