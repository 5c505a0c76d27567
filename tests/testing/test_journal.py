"""The journal as a test reads it."""

from __future__ import annotations

import pytest

import harness


@pytest.fixture
def journal(sandbox: harness.Sandbox) -> harness.Sandbox:
    """A sandbox that was asked four things."""
    with sandbox.notebook.client() as client:
        client.get("/notes", params={"color": "red"})
        client.post("/notes", json={"title": "a"})
        client.get("/notes/none")
        client.get("/nots")
    return sandbox


def test_it_tells_each_exchange_in_order(journal: harness.Sandbox) -> None:
    told = [(each.number, each.operation, each.status) for each in journal.journal]
    assert told == [(1, "notes.list", 200), (2, "notes.create", 201), (3, "notes.get", 404), (4, None, 404)]


def test_an_exchange_tells_what_was_sent_and_answered(journal: harness.Sandbox) -> None:
    created = journal.journal[1]
    assert (created.provider, created.method, created.path) == ("notebook", "POST", "/v2/notes")
    assert created.request.json() == {"title": "a"}
    assert created.response.json()["title"] == "a"
    assert created.request.headers["content-type"] == "application/json"
    assert journal.journal[0].query == "color=red"
    assert created.at > journal.journal[0].at


def test_credentials_are_not_in_it(journal: harness.Sandbox) -> None:
    assert journal.journal[0].request.headers["x-api-key"] == "[redacted]"


def test_calls_are_chosen_by_operation_and_status(journal: harness.Sandbox) -> None:
    assert [each.number for each in journal.journal.calls("notes.get")] == [3]
    assert [each.number for each in journal.journal.calls(status=404)] == [3, 4]
    assert journal.journal.calls("notes.get", status=200) == []
    assert len(journal.journal.calls(provider="notebook")) == 4


def test_a_misspelt_operation_is_refused_with_the_nearest(journal: harness.Sandbox) -> None:
    with pytest.raises(ValueError, match=r"did you mean 'notes\.list'"):
        journal.journal.calls("note.list")


def test_an_account_has_its_own_part(journal: harness.Sandbox) -> None:
    assert [each.number for each in journal.notebook.journal] == [1, 2, 3, 4]
    assert journal.notebook.journal.calls("notes.list")[0].number == 1
    assert journal.notebook.journal.calls(provider="another") == []


def test_its_text_is_a_line_an_exchange(journal: harness.Sandbox) -> None:
    first, *_, last = journal.journal.text().splitlines()
    assert first == "   1  2026-01-15T09:00:00.001Z  200  GET /v2/notes?color=red  notebook notes.list"
    assert last == "   4  2026-01-15T09:00:00.004Z  404  GET /v2/nots  notebook -  (nearest notes.list: GET /v2/notes)"


def test_its_text_may_be_cut_to_the_newest(journal: harness.Sandbox) -> None:
    lines = journal.journal.text(limit=2).splitlines()
    assert (lines[0], len(lines)) == ("(2 older not shown)", 3)


def test_cleared_it_is_empty_and_counts_anew(journal: harness.Sandbox) -> None:
    journal.journal.clear()
    assert len(journal.journal) == 0
    with journal.notebook.client() as client:
        client.get("/notes")
    assert journal.journal[0].number == 1
