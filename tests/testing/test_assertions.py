"""Assertions about what was asked, requests that missed every operation, and fields nobody read."""

from __future__ import annotations

from typing import Any
from unittest.mock import ANY

import pytest

import harness
from harness.core.journal import Journal as CoreJournal


@pytest.fixture
def asked(sandbox: harness.Sandbox) -> harness.Account:
    """A Superchat account that was asked five things."""
    with sandbox.superchat.client() as client:
        client.get("/contacts", params={"limit": 2})
        client.get("/contacts", params={"limit": 3, "page_size": 3})
        client.post("/contacts", json={"handles": [{"type": "mail", "value": "ada@example.com", "typ": 1}], "nick": 1})
        client.get("/contact", params={"limit": 2})
        client.put("/labels/x")
    return sandbox.superchat


def failure(account: harness.Account, operation: str, **expected: Any) -> str:
    with pytest.raises(AssertionError) as caught:
        account.journal.assert_called(operation, **expected)
    return str(caught.value)


def test_an_assertion_that_holds_gives_the_calls(asked: harness.Account) -> None:
    assert [call.number for call in asked.journal.assert_called("contacts.list")] == [1, 2]
    assert [call.number for call in asked.journal.assert_called("contacts.list", query={"limit": 3}, times=1)] == [2]
    asked.journal.assert_called("contacts.list", at_least=2, status=200)
    asked.journal.assert_called("contacts.list", times=0, status=404)
    asked.journal.assert_not_called("contacts.list", status=404)
    asked.journal.assert_not_called("contacts.get")


def test_a_part_of_the_body_is_enough(asked: harness.Account) -> None:
    asked.journal.assert_called("contacts.create", body={"handles": [{"type": "mail"}]})
    asked.journal.assert_called("contacts.create", body=lambda body: len(body["handles"]) == 1)
    asked.journal.assert_not_called("contacts.create", body={"handles": []})


def test_a_parameter_can_be_expected_not_to_be_sent(asked: harness.Account) -> None:
    assert len(asked.journal.assert_called("contacts.list", query={"page_size": None})) == 1


def test_a_failure_tells_the_nearest_call_how_it_differs_and_all_that_came(asked: harness.Account) -> None:
    told = failure(asked, "contacts.list", query={"limit": 5, "page_size": 3, "after": "x"}, status=200)
    assert told.startswith("expected at least 1 call of contacts.list with status 200, query {'limit': 5, ")
    assert told.splitlines()[1:4] == [
        "the nearest call is 2:",
        "  query.limit is '3', expected '5'",
        "  query.after was not sent, expected 'x'",
    ]
    assert "the calls that came:" in told
    assert told.endswith(asked.journal.text())


def test_a_failure_tells_where_the_body_differs(asked: harness.Account) -> None:
    told = failure(asked, "contacts.create", body={"handles": [{"type": "phone"}], "first_name": "Ada"})
    assert "body.handles[0].type is 'mail', expected 'phone'" in told
    assert "body.first_name was not sent, expected 'Ada'" in told
    assert "body.nick is 1, expected True" in failure(asked, "contacts.create", body={"nick": True})


def test_a_function_that_stumbles_over_a_body_does_not_fit_it(asked: harness.Account) -> None:
    def of_ada(body: Any) -> bool:
        return bool(body["name"] == "Ada")

    assert "does not satisfy of_ada, which raised KeyError('name')" in failure(asked, "contacts.create", body=of_ada)


def test_the_wrong_number_of_calls_is_told(asked: harness.Account) -> None:
    assert "expected exactly 1 call of contacts.list; there were 2" in failure(asked, "contacts.list", times=1)
    assert "expected at least 3 calls of contacts.list; there were 2" in failure(asked, "contacts.list", at_least=3)
    with pytest.raises(AssertionError, match=r"expected no call of contacts\.list; there were 2\nthe calls that came"):
        asked.journal.assert_not_called("contacts.list")


def test_a_request_that_missed_the_operation_is_told(asked: harness.Account) -> None:
    with asked.client() as client:
        client.put("/contacts/one")
        client.patch("/contact/one")
    told = failure(asked, "contacts.update")
    assert "near misses:\n   7  PATCH /v1.0/contact/one matched no operation; nearest is contacts.update" in told
    assert "PUT /v1.0/contacts/one matched no operation; nearest is contacts.get" in told


def test_an_assertion_about_an_operation_that_does_not_exist_never_passes(asked: harness.Account) -> None:
    for assertion in (asked.journal.assert_not_called, asked.journal.assert_called):
        with pytest.raises(ValueError, match=r"did you mean 'contacts\.list'"):
            assertion("contact.list")
    with pytest.raises(ValueError, match="journal of superchat"):
        asked.journal.assert_not_called("contacts.list", provider="notebook")
    with pytest.raises(ValueError, match="unknown operation"):
        asked.journal.assert_not_called("notes.create.all")


def test_the_sandbox_asserts_over_all_its_accounts(sandbox: harness.Sandbox, asked: harness.Account) -> None:
    with sandbox.notebook.client() as client:
        client.get("/notes")
    sandbox.journal.assert_called("notes.list", times=1)
    sandbox.journal.assert_called("contacts.list", times=2, provider="superchat")
    assert sandbox.journal.assert_called("notes.list")[0].provider == "notebook"


def test_what_the_journal_let_go_cannot_be_denied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CoreJournal.__init__, "__defaults__", (1, None))
    with harness.sandbox() as sandbox:
        with sandbox.superchat.client() as client:
            for _ in range(3):
                client.get("/me")
        sandbox.journal.assert_called("me.list")
        for assertion in (
            lambda: sandbox.journal.assert_not_called("contacts.list"),
            lambda: sandbox.journal.assert_called("me.list", times=1),
            lambda: sandbox.journal.assert_called("me.list", at_least=2),
            lambda: sandbox.journal.assert_called("contacts.list"),
        ):
            with pytest.raises(AssertionError, match="let go of 2 older exchanges"):
                assertion()
        with pytest.raises(ValueError, match="conduct can be judged no more"):
            sandbox.conduct.findings()


def test_times_and_at_least_exclude_each_other(asked: harness.Account) -> None:
    with pytest.raises(ValueError, match="not both"):
        asked.journal.assert_called("contacts.list", times=1, at_least=1)


def test_near_misses_tell_the_nearest_operation_and_what_differs(asked: harness.Account) -> None:
    contact, label = asked.journal.near_misses()
    assert (contact.exchange.number, contact.operation) == (4, "contacts.list")
    assert contact.differences == ("the path has 'contact' in the place of 'contacts'",)
    assert (label.exchange.number, label.operation) == (5, "labels.get")
    assert label.differences == ("the method is PUT, not GET",)
    assert str(label).endswith("nearest is labels.get, GET /v1.0/labels/{labelId}: the method is PUT, not GET")


def test_a_404_of_the_provider_itself_is_no_near_miss(asked: harness.Account) -> None:
    with asked.client() as client:
        client.get("/contacts/nobody")
    assert len(asked.journal.near_misses()) == 2


def test_fields_that_no_handler_read_are_told(asked: harness.Account) -> None:
    assert [(call.number, call.unread) for call in asked.journal.unread()] == [
        (2, ("query.page_size",)),
        (3, ("body.handles[].typ", "body.nick")),
    ]
    assert asked.journal[0].unread == ()


def test_a_body_where_none_is_taken_is_unread(sandbox: harness.Sandbox) -> None:
    with sandbox.superchat.client() as client:
        client.request("DELETE", "/contacts/one", json={"really": True})
    assert sandbox.journal[0].unread == ("body",)


def test_a_body_that_cannot_be_parsed_has_no_fields(sandbox: harness.Sandbox) -> None:
    with sandbox.superchat.client() as client:
        client.post("/contacts", content=b"{", headers={"content-type": "application/json"})
    assert sandbox.journal[0].unread == ()


def test_fields_of_a_form_are_told_too(sandbox: harness.Sandbox) -> None:
    with sandbox.superchat.client() as client:
        client.post("/files", files={"file": ("a.txt", b"a", "text/plain")}, data={"folder": "x"})
    assert sandbox.journal[0].unread == ("body.folder",)


def test_a_declared_choice_of_shapes_takes_the_fields_of_each(sandbox: harness.Sandbox) -> None:
    query = {"value": [{"field": "mail", "operator": "=", "value": "a@example.com", "valu": 1}]}
    with sandbox.superchat.client() as client:
        client.post("/contacts/search", json={"query": query, "limit": 3})
    assert set(sandbox.journal[0].unread) >= {"body.limit"}
    assert "body.query.value[].field" not in sandbox.journal[0].unread


@pytest.mark.parametrize("expected", [{"query": "limit=2"}, {"status": "200"}, {"times": "1"}, {"at_least": -1}])
def test_an_expectation_no_call_could_meet_is_an_error_of_its_own(
    asked: harness.Account, expected: dict[str, Any]
) -> None:
    with pytest.raises((TypeError, ValueError), match=f"{next(iter(expected))} is .* not "):
        asked.journal.assert_called("contacts.list", **expected)


def test_true_is_not_the_number_one_but_anything_is_like_true(sandbox: harness.Sandbox) -> None:
    with sandbox.superchat.client() as client:
        client.post("/contacts", json={"active": True, "count": 1})
    journal = sandbox.superchat.journal
    journal.assert_called("contacts.create", body={"active": ANY, "count": ANY})
    journal.assert_not_called("contacts.create", body={"active": 1})
    journal.assert_not_called("contacts.create", body={"count": True})
