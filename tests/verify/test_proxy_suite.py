"""The suite `proxy`: green over the fake, and red for every way in which fake or proxy may spoil what goes through."""

from __future__ import annotations

import re
from collections.abc import Callable
from copy import copy
from pathlib import Path
from typing import Any

import orjson
import pytest

from harness.core.exchange import Request, Response
from harness.unified.document import Document
from harness.unified.exchange import Answer, Steps
from harness.unified.proxy import proxy
from harness.verify.case import Outcome, judged
from harness.verify.subject import Subject
from harness.verify.suites.proxy import cases

Handle = Callable[[Request], Response]
Alter = Callable[[Request, Handle], Response]


def outcomes(subject: Subject, *prefixes: str) -> dict[str, Outcome]:
    """Of the cases whose names begin so."""
    found = [case for case in cases(subject) if case.id.startswith(prefixes)]
    return {case.id: judged(case, subject) for case in found}


def failures(alter: Alter, *prefixes: str, provider: str = "superchat") -> set[str]:
    """The cases that notice an alteration."""
    found = outcomes(Subject(provider=provider, alter=alter), *prefixes)
    return {name for name, outcome in found.items() if outcome.verdict == "failed"}


def changed(path: str, change: Callable[[Any], Any], method: str = "GET") -> Alter:
    """Answers under a path, otherwise than the fake gave them."""

    def alter(request: Request, handle: Handle) -> Response:
        answer = handle(request)
        if request.method != method or not request.path.endswith(path) or answer.status >= 400:
            return answer
        return Response(answer.status, orjson.dumps(change(answer.json())), answer.headers)

    return alter


def sent_as(request: Request, **changes: Any) -> Request:
    """A request with something else in it."""
    sent = copy(request)
    for name, value in changes.items():
        setattr(sent, name, value)
    return sent


def test_every_proxy_method_has_cases() -> None:
    from harness.unified.integration import Integration

    asked = {case.id.split()[0] for case in cases(Subject(provider="superchat"))}
    resources = Integration.load("superchat").resources
    assert {f"{resource}.{method}" for resource, methods in resources.items() for method in methods} <= asked


def test_what_is_judged_by_the_state_says_so_and_names_its_operation() -> None:
    found = {case.id: case for case in cases(Subject(provider="superchat"))}
    assert found["contacts.list pages of 7"].evidence == "world"
    assert found["contact_conversations.list pages of 7"].operations == ("contact_conversations.list",)
    assert found["contacts.list refused with 429"].evidence == "none"


def without(record: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in record.items() if key != name}


def with_results(change: Callable[[list[Any]], list[Any]]) -> Callable[[Any], Any]:
    return lambda page: {**page, "results": change(page["results"])}


def with_cursor(cursor: str | None) -> Callable[[Any], Any]:
    return lambda page: {**page, "pagination": {**page["pagination"], "next_cursor": cursor}}


@pytest.mark.parametrize(
    ("change", "notices"),
    [
        (with_results(lambda results: results[:-1]), "contacts.list pages of 7"),
        (with_results(lambda results: results + results[:1]), "contacts.list pages of 1"),
        (with_results(lambda results: results[::-1]), "contacts.list in one order"),
        (with_results(lambda results: [without(each, "gender") for each in results]), "contacts.list pages of 100"),
        (
            with_results(lambda results: [{**each, "updated_at": each["created_at"]} for each in results]),
            "contacts.list pages of 2",
        ),
        (with_cursor("ct_nobody"), "contacts.list pages of 7"),
        (with_cursor(None), "contacts.list pages of 7"),
    ],
    ids=["lost", "repeated", "reordered", "dropped field", "stale", "wrong cursor", "no cursor"],
)
def test_a_list_that_is_spoilt_is_noticed(change: Callable[[Any], Any], notices: str) -> None:
    assert notices in failures(changed("/contacts", change), "contacts.list")


@pytest.mark.parametrize(
    "change",
    [
        lambda record: {**without(record, "first_name"), "firstName": record["first_name"]},
        lambda record: {**record, "last_name": None},
        lambda record: {**record, "created_at": 1},
        lambda record: {**record, "id": "ct_other"},
    ],
    ids=["renamed", "null", "retyped", "another"],
)
def test_a_record_that_is_spoilt_is_noticed(change: Callable[[Any], Any]) -> None:
    def alter(request: Request, handle: Handle) -> Response:
        if "/contacts/" not in request.path:
            return handle(request)
        return changed(request.path, change)(request, handle)

    assert "contacts.get as it came" in failures(alter, "contacts.get")


def test_a_filter_that_is_ignored_is_noticed() -> None:
    def alter(request: Request, handle: Handle) -> Response:
        if request.path.endswith("/conversations") and "/contacts/" in request.path:
            return handle(sent_as(request, path="/v1.0/conversations"))
        return handle(request)

    assert "contact_conversations.list pages of 100" in failures(alter, "contact_conversations.list")


def test_a_parameter_that_gets_lost_is_noticed() -> None:
    def alter(request: Request, handle: Handle) -> Response:
        return handle(sent_as(request, query=request.query.replace("probe_text", "text")))

    assert "users.list arrives unchanged" in failures(alter, "users.list arrives")


def test_a_write_that_does_not_happen_is_noticed() -> None:
    def alter(request: Request, handle: Handle) -> Response:
        if request.method == "DELETE":
            return Response(
                200, orjson.dumps({"id": request.path.rpartition("/")[2]}), [("content-type", "application/json")]
            )
        return handle(request)

    assert "contacts.delete as it came" in failures(alter, "contacts.delete")


def test_a_swapped_error_code_is_noticed() -> None:
    def alter(request: Request, handle: Handle) -> Response:
        answer = handle(request)
        return Response({404: 400, 400: 404}.get(answer.status, answer.status), answer.read(), answer.headers)

    assert {"contacts.get of nothing", "contacts.create of a wrong body"} <= failures(alter, "contacts")


def test_a_body_that_is_cut_down_to_what_is_taken_is_noticed() -> None:
    def alter(request: Request, handle: Handle) -> Response:
        return handle(sent_as(request, body=request.body if len(request.body) < 100_000 else b"{}"))

    assert failures(alter, "teams.create", provider="kustomer") == {"teams.create of too large a body"}


def spoilt(change: Callable[[Answer], None]) -> Any:
    """A proxy that changes its answers."""

    def wrapper(*arguments: Any, **named: Any) -> Steps[Answer]:
        answer = yield from proxy(*arguments, **named)
        change(answer)
        return answer

    return wrapper


def lose_headers(answer: Answer) -> None:
    answer.headers.clear()


def rewrite_body(answer: Answer) -> None:
    if isinstance(answer.body, bytes) and answer.body:
        answer.body = orjson.dumps(orjson.loads(answer.body), option=orjson.OPT_INDENT_2)


def blame_itself(answer: Answer) -> None:
    if answer.status >= 400:
        answer.status = 502


def summarise_error(answer: Answer) -> None:
    if isinstance(answer.body, dict) and "raw_response" in answer.body:
        answer.body["raw_response"] = {"error": answer.body["message"]}


@pytest.mark.parametrize(
    ("change", "notices"),
    [
        (lose_headers, "contacts.get refused with 429"),
        (rewrite_body, "contacts.get as it came"),
        (blame_itself, "contacts.get of nothing"),
        (summarise_error, "contacts.get of nothing"),
    ],
)
def test_a_proxy_that_spoils_what_it_passes_is_noticed(
    monkeypatch: pytest.MonkeyPatch, change: Callable[[Answer], None], notices: str
) -> None:
    monkeypatch.setattr("harness.verify.bench.proxy", spoilt(change))
    found = outcomes(Subject(provider="superchat"), "contacts.get")
    assert found[notices].verdict == "failed"


def test_a_list_that_always_shows_the_same_page_is_left_and_noticed() -> None:
    def alter(request: Request, handle: Handle) -> Response:
        return handle(sent_as(request, query=re.sub(r"page=\d+", "page=1", request.query)))

    walked = "outbound_accounts.list pages of 2"
    assert failures(alter, walked, provider="kustomer") == {walked}


@pytest.mark.parametrize(
    ("provider", "method", "header"),
    [("superchat", "contacts.get", "retry-after"), ("kustomer", "tags.list", "x-ratelimit-reset")],
)
def test_a_limit_that_does_not_say_what_its_contract_describes_is_noticed(
    provider: str, method: str, header: str
) -> None:
    def alter(request: Request, handle: Handle) -> Response:
        answer = handle(request)
        return Response(answer.status, answer.read(), [each for each in answer.headers if each[0] != header])

    refused = f"{method} refused with 429"
    assert failures(alter, refused, provider=provider) == {refused}


def test_a_world_with_nothing_to_ask_about_is_not_passed_over() -> None:
    found = outcomes(Subject(provider="superchat", world="empty"), "conversations.update")
    assert {outcome.verdict for outcome in found.values()} == {"unchecked"}
    assert "nothing that conversations.update could be about" in found["conversations.update as it came"].message


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("contcts: {}", "calls.yaml:1: contcts: unknown field 'contcts': did you mean 'contacts'?"),
        ("contacts:\n  shos: =x", "calls.yaml:2: contacts.shos: unknown field 'shos': did you mean 'shows'?"),
        ("contacts:\n  get:\n    boody: {}", "calls.yaml:3: contacts.get.boody: unknown field 'boody'"),
        ("contacts:\n  collection: people", "calls.yaml:2: contacts.collection: unknown collection 'people'"),
        ("contacts:\n  query: [1]", "calls.yaml:2: contacts.query: must be of type dict, not list"),
        ("contacts:\n  first: [contacts.crate]", "calls.yaml:2: contacts.first.0: unknown method 'contacts.crate'"),
        ("'*':\n  shows: x", "calls.yaml:2: *.shows: unknown field 'shows'"),
    ],
)
def test_a_file_of_calls_that_does_not_fit_is_told_with_its_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str, told: str
) -> None:
    file = tmp_path / "calls.yaml"
    file.write_text(text)
    monkeypatch.setattr("harness.verify.calls._document", lambda provider: Document.load(file))
    (case,) = cases(Subject(provider="superchat"))
    outcome = judged(case, Subject(provider="superchat"))
    assert outcome.verdict == "unchecked"
    assert told in outcome.message


def test_every_method_of_a_json_api_has_a_good_call() -> None:
    subject = Subject(provider="kustomer")
    found = {case.id: case for case in cases(subject)}
    asked = (
        "users.get of every record",
        "customer_events.list pages of 2",
        "conversation_attachments.download as it came",
    )
    assert [judged(found[name], subject).verdict for name in asked] == ["passed"] * len(asked)


@pytest.mark.parametrize(
    ("path", "change"),
    [
        ("attributes", lambda data: {**data, "attributes": {**data["attributes"], "name": "Somebody"}}),
        ("relationships", lambda data: {**data, "relationships": {}}),
        ("id", lambda data: {**data, "id": "65a4f2c0b1d7e93a5c08f641"}),
    ],
)
def test_a_part_of_a_json_api_record_that_is_spoilt_is_noticed(path: str, change: Callable[[Any], Any]) -> None:
    def alter(request: Request, handle: Handle) -> Response:
        answer = handle(request)
        if request.method != "GET" or "/brands/" not in request.path or answer.status >= 400:
            return answer
        spoilt = {**answer.json(), "data": change(answer.json()["data"])}
        return Response(answer.status, orjson.dumps(spoilt), answer.headers)

    found = outcomes(Subject(provider="kustomer", alter=alter), "brands.get of every record", "brands.get as it came")
    assert {outcome.verdict for outcome in found.values()} == {"failed"}


def test_a_page_that_repeats_what_another_had_is_noticed() -> None:
    def alter(request: Request, handle: Handle) -> Response:
        answer = handle(request)
        if request.path.endswith("/tags") and "page=2" in request.query:
            first = handle(replace_query(request, "pageSize=7&page=1"))
            return Response(200, orjson.dumps({**answer.json(), "data": first.json()["data"]}), answer.headers)
        return answer

    found = outcomes(Subject(provider="kustomer", alter=alter), "tags.list pages of 7")
    assert found["tags.list pages of 7"].message.startswith("tags.list shows twice at limit=7")


def replace_query(request: Request, query: str) -> Request:
    """The same request with another query."""
    headers = list(request.headers)
    return Request(request.method, request.path, query=query, headers=headers, base_url=request.base_url)


def test_a_deleted_record_that_is_still_shown_is_noticed() -> None:
    def alter(request: Request, handle: Handle) -> Response:
        return Response(204, b"", []) if request.method == "DELETE" else handle(request)

    found = outcomes(Subject(provider="kustomer", alter=alter), "teams.delete as it came", "teams.delete is kept")
    assert {outcome.verdict for outcome in found.values()} == {"failed"}


def test_what_numbered_pages_cannot_promise_is_not_asked() -> None:
    asked = {case.id for case in cases(Subject(provider="kustomer"))}
    assert "customers.list in one order" in asked
    assert "customers.list while records change" not in asked


def test_a_page_beyond_the_last_is_refused_as_the_quirk_says() -> None:
    found = outcomes(Subject(provider="kustomer"), "search_customers.list of an unknown cursor")
    assert {name: outcome.verdict for name, outcome in found.items()} == {
        "search_customers.list of an unknown cursor, 400": "passed"
    }
