"""The suite `live`, against a server on this machine that stands in for the real API."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import orjson
import pytest

import harness
from harness.core.exchange import Request, Response
from harness.verify.case import Outcome
from harness.verify.run import DEFAULT, run
from harness.verify.subject import Alter, Subject

StandIn = Callable[..., AbstractContextManager[harness.Account]]


@pytest.fixture
def stand_in() -> StandIn:
    """A server with an account, whose answers may be altered."""

    @contextmanager
    def open_stand_in(alter: Alter | None = None, world: str | None = None) -> Iterator[harness.Account]:
        there = Subject(provider="superchat", alter=alter)
        try:
            with there.sandbox(world) as sandbox:
                yield sandbox.account("superchat")
        finally:
            there.home.close()

    return open_stand_in


def live(account: harness.Account, key: str | None = None, **options: Any) -> dict[str, Outcome]:
    subject = Subject(provider="superchat", live_key=key or account.api_key, live_url=account.base_url, **options)
    return {each.case.id: each for each in run(subject, ["live"]).outcomes}


def test_it_is_not_among_the_suites_that_run_by_themselves() -> None:
    assert "live" not in DEFAULT


def test_without_a_key_it_says_what_is_missing() -> None:
    (outcome,) = run(Subject(provider="superchat"), ["live"]).outcomes
    assert outcome.verdict == "unchecked"
    assert outcome.message == "there is no key to the real superchat API: set SUPERCHAT_LIVE_API_KEY"


def test_an_api_that_is_as_the_contract_says_passes(stand_in: StandIn) -> None:
    with stand_in() as account:
        found = live(account)
    assert {name for name, outcome in found.items() if outcome.verdict == "failed"} == set()
    # an export cannot be read without making one, and nothing lists them
    assert {name for name, outcome in found.items() if outcome.verdict == "unchecked"} <= {"conversation_exports.get"}
    assert {"contacts.list", "contacts.get", "notes.get", "ticketing.contacts.list", "ticketing.comments.list"} <= {
        *found
    }
    assert {outcome.case.evidence for outcome in found.values()} == {"recorded"}


def test_it_only_reads(stand_in: StandIn) -> None:
    with stand_in() as account:
        live(account)
        writes = [each for each in account.journal if each.method != "GET" and each.operation != "search_contacts.list"]
        assert writes == []


def test_when_asked_it_writes_and_leaves_nothing_behind(stand_in: StandIn) -> None:
    with stand_in() as account:
        before = {
            name: list(account.collection(name)) for name in ("contacts", "custom_attributes", "template_folders")
        }
        found = live(account, live_writes=True)
        assert found["contacts made, changed and deleted"].verdict == "passed"
        assert {each.operation for each in account.journal if each.method == "DELETE"} == {
            "contacts.delete",
            "custom_attributes.delete",
            "template_folders.delete",
        }
        assert before == {name: list(account.collection(name)) for name in before}


def test_a_field_that_the_contract_does_not_know_fails(stand_in: StandIn) -> None:
    def alter(request: Request, handle: Callable[[Request], Response]) -> Response:
        answer = handle(request)
        if not request.path.endswith("/labels"):
            return answer
        page = answer.json()
        page["results"] = [{**each, "colour": "red"} for each in page["results"]]
        return Response(200, orjson.dumps(page), [("content-type", "application/json")])

    with stand_in(alter) as account:
        found = live(account)
    assert found["labels.list"].verdict == "failed"
    assert "colour" in found["labels.list"].message


def test_a_key_that_is_refused_leaves_all_unchecked(stand_in: StandIn) -> None:
    with stand_in() as account:
        found = live(account, key="fa4e0000-0000-4000-8000-000000000000")
    assert {outcome.verdict for outcome in found.values()} == {"unchecked"}
    assert found["contacts.list"].message == "the real API refused the key with 403: give one that is valid"


def test_an_api_that_cannot_be_reached_leaves_all_unchecked() -> None:
    subject = Subject(provider="superchat", live_key="any", live_url="http://127.0.0.1:9/v1.0")
    found = run(subject, ["live"])
    assert found.counts()["unchecked"] == len(found.outcomes)
    assert "cannot be reached" in found.outcomes[0].message


def test_what_an_account_has_nothing_of_is_named(stand_in: StandIn) -> None:
    with stand_in(world="empty") as account:
        found = live(account)
    assert found["contacts.get"].message == "the account has no contacts: make one, and contacts.get can be checked"


def test_what_a_key_may_not_do_is_not_checked(stand_in: StandIn) -> None:
    def alter(request: Request, handle: Callable[[Request], Response]) -> Response:
        return Response(403, b"", []) if request.path.endswith("/templates") else handle(request)

    with stand_in(alter) as account:
        found = live(account)
    assert found["templates.list"].message == "this key or plan may not do templates.list: the real API answered 403"
    assert found["labels.list"].verdict == "passed"
