"""Notes: what colleagues write into a conversation."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import httpx
import pytest

from harness import Account, Sandbox

Untouched = Callable[[], AbstractContextManager[None]]


@pytest.fixture
def notes(api: httpx.Client) -> str:
    """The address of the notes of a conversation that has none yet."""
    for each in api.get("/conversations").json()["results"]:
        if not api.get(f"{each['url']}/notes").json()["results"]:
            return f"{each['url']}/notes"
    raise AssertionError("every conversation of the world has notes")


@pytest.fixture
def files(superchat: Account) -> list[str]:
    """The ids of some files."""
    return [file["id"] for file in superchat.collection("files")]


def test_a_note_shows_its_author_and_times(api: httpx.Client, notes: str) -> None:
    note = api.post(notes, json={"content": "Ruft um 3 zurück"}).json()
    me = api.get("/me").json()["user"]
    assert note == {
        "id": note["id"],
        "url": f"{notes}/{note['id']}",
        "content": "Ruft um 3 zurück",
        "author": {
            "id": me["id"],
            "name": f"{me['first_name']} {me['last_name']}",
            "email": me["email"],
            "url": me["url"],
        },
        "created_at": "2026-01-15T09:00:00Z",
        "updated_at": "2026-01-15T09:00:00Z",
        "files": [],
    }
    assert note["id"].startswith("no_")
    assert api.get(note["url"]).json() == note


@pytest.mark.parametrize(("side", "status"), [("200", 200), ("201", 201)])
def test_the_success_status_is_a_quirk(
    api: httpx.Client, superchat: Account, notes: str, side: str, status: int
) -> None:
    superchat.quirks["post_status"] = side
    assert api.post(notes, json={"content": "x"}).status_code == status


def test_a_note_carries_files_once_each(api: httpx.Client, notes: str, files: list[str]) -> None:
    note = api.post(notes, json={"content": "x", "file_ids": [files[1], files[0], files[1]]}).json()
    assert [file["id"] for file in note["files"]] == [files[1], files[0]]


@pytest.mark.parametrize("file_ids", [[], None])
def test_a_note_needs_no_files(api: httpx.Client, notes: str, file_ids: list[str] | None) -> None:
    assert api.post(notes, json={"content": "x", "file_ids": file_ids}).json()["files"] == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"content": ""},
        {"content": " \n\t"},
        {"content": None},
        {"content": 1},
        {"content": ["x"]},
        {"file_ids": []},
        {"content": "x", "file_ids": "fi_1"},
        {"content": "x", "file_ids": [1]},
    ],
    ids=str,
)
def test_a_note_without_words_or_with_wrong_files_is_refused_without_a_trace(
    api: httpx.Client, notes: str, untouched: Untouched, body: dict[str, Any]
) -> None:
    note = api.post(notes, json={"content": "kept"}).json()
    with untouched():
        assert api.post(notes, json=body).status_code == 400
        assert api.put(note["url"], json=body).status_code == 400


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null"])
def test_a_body_that_is_no_object_is_refused(api: httpx.Client, notes: str, body: bytes) -> None:
    assert api.post(notes, content=body, headers={"content-type": "application/json"}).status_code == 400


@pytest.mark.parametrize(("side", "status"), [("404", 404), ("400", 400)])
def test_an_unknown_file_is_refused_as_the_quirk_says(
    api: httpx.Client, superchat: Account, notes: str, untouched: Untouched, side: str, status: int
) -> None:
    superchat.quirks["unknown_reference"] = side
    note = api.post(notes, json={"content": "kept"}).json()
    with untouched():
        assert api.post(notes, json={"content": "x", "file_ids": ["fi_gone"]}).status_code == status
        assert api.put(note["url"], json={"content": "x", "file_ids": ["fi_gone"]}).status_code == status


def test_a_note_is_replaced_and_keeps_its_files_unless_given(
    harness: Sandbox, api: httpx.Client, notes: str, files: list[str]
) -> None:
    note = api.post(notes, json={"content": "old", "file_ids": files[:2]}).json()
    harness.clock.advance("5m")
    changed = api.put(note["url"], json={"content": "new"}).json()
    assert changed == {**note, "content": "new", "updated_at": "2026-01-15T09:05:00Z"}
    assert api.put(note["url"], json={"content": "new", "file_ids": None}).json()["files"] == note["files"]
    other = api.put(note["url"], json={"content": "new", "file_ids": files[2:3]}).json()
    assert [file["id"] for file in other["files"]] == files[2:3]
    assert api.put(note["url"], json={"content": "new", "file_ids": []}).json()["files"] == []


def test_a_deleted_file_leaves_the_note(api: httpx.Client, notes: str, files: list[str]) -> None:
    note = api.post(notes, json={"content": "x", "file_ids": files[:2]}).json()
    api.delete(f"/files/{files[0]}")
    assert [file["id"] for file in api.get(note["url"]).json()["files"]] == files[1:2]


def test_a_note_is_not_patched(api: httpx.Client, notes: str) -> None:
    note = api.post(notes, json={"content": "x"}).json()
    assert api.patch(note["url"], json={"content": "y"}).status_code == 405


def test_a_deleted_note_answers_with_its_id_and_is_gone(api: httpx.Client, notes: str) -> None:
    note = api.post(notes, json={"content": "x"}).json()
    assert api.delete(note["url"]).json() == {"id": note["id"]}
    assert api.get(note["url"]).status_code == 404
    assert api.delete(note["url"]).status_code == 404
    assert api.get(notes).json()["results"] == []


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_note_is_found_in_its_own_conversation_only(
    api: httpx.Client, notes: str, untouched: Untouched, method: str
) -> None:
    note = api.post(notes, json={"content": "x"}).json()
    others = [each["url"] for each in api.get("/conversations").json()["results"]]
    other = next(url for url in others if f"{url}/notes" != notes)
    body = {"content": "y"} if method == "PUT" else None
    with untouched():
        assert api.request(method, f"{other}/notes/{note['id']}", json=body).status_code == 404
        assert api.request(method, f"{notes}/no_nothing", json=body).status_code == 404
        assert api.request(method, f"/conversations/cv_nobody/notes/{note['id']}", json=body).status_code == 404


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_notes_of_an_unknown_conversation_are_not_found(
    api: httpx.Client, untouched: Untouched, method: str
) -> None:
    with untouched():
        answer = api.request(
            method, "/conversations/cv_nobody/notes", json={"content": "x"} if method == "POST" else None
        )
    assert answer.status_code == 404


def test_the_list_is_newest_first_and_pages_both_ways(api: httpx.Client, notes: str) -> None:
    ids = [api.post(notes, json={"content": str(number)}).json()["id"] for number in range(5)][::-1]
    first = api.get(notes, params={"limit": 2}).json()
    second = api.get(notes, params={"limit": 2, "after": first["pagination"]["next_cursor"]}).json()
    back = api.get(notes, params={"limit": 2, "before": second["pagination"]["previous_cursor"]}).json()
    assert [note["id"] for note in first["results"]] == ids[:2]
    assert [note["id"] for note in second["results"]] == ids[2:4]
    assert back["results"] == first["results"]


def test_a_page_holds_fifty_notes_unless_asked_otherwise(api: httpx.Client, notes: str) -> None:
    for number in range(51):
        api.post(notes, json={"content": str(number)})
    assert len(api.get(notes).json()["results"]) == 50


@pytest.mark.parametrize("limit", [101, 1000, 2**31 - 1])
def test_the_limit_of_this_list_alone_has_no_upper_bound(api: httpx.Client, notes: str, limit: int) -> None:
    for number in range(101):
        api.post(notes, json={"content": str(number)})
    assert len(api.get(notes, params={"limit": limit}).json()["results"]) == 101


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=-1", "limit=2147483648", "limit=x", "after=no_a&before=no_b", "after=no_unknown"]
)
def test_a_query_that_makes_no_sense_is_refused(api: httpx.Client, notes: str, query: str) -> None:
    assert api.get(f"{notes}?{query}").status_code == 400


def test_a_deleted_note_is_still_a_cursor(api: httpx.Client, notes: str) -> None:
    ids = [api.post(notes, json={"content": str(number)}).json()["id"] for number in range(5)][::-1]
    api.delete(f"{notes}/{ids[2]}")
    assert [note["id"] for note in api.get(notes, params={"after": ids[2]}).json()["results"]] == ids[3:]
    assert [note["id"] for note in api.get(notes, params={"before": ids[2]}).json()["results"]] == ids[:2]
