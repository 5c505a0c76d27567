"""The journal: what was asked and answered, bounded, without credentials."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.core.clock import EPOCH
from harness.core.exchange import Request, Response
from harness.core.journal import REDACTED, Exchange, Journal, Journals, redacted, redacted_body
from harness.core.pack import Pack
from harness.core.provider import Call, Provider
from harness.core.registry import Registry
from harness.core.sandbox import Sandbox


def exchange(
    operation: str | None = "things.list", *, provider: str = "toy", status: int = 200, size: int = 0
) -> Exchange:
    headers = [("content-type", "application/json")]
    return Exchange(
        0, EPOCH, provider, operation, "GET", "/v1/things", "limit=5", headers, b"x" * size, status, headers, b"\xff{}"
    )


def test_exchanges_are_numbered_as_they_come() -> None:
    journal = Journal()
    for _ in range(3):
        journal.add(exchange())
    assert [each.number for each in journal] == [1, 2, 3]


def test_calls_are_those_that_fit_all_that_is_asked() -> None:
    journal = Journal()
    for each in (exchange(), exchange("things.get"), exchange(status=429), exchange(provider="other")):
        journal.add(each)
    assert [each.number for each in journal.calls()] == [1, 2, 3, 4]
    assert [each.number for each in journal.calls("things.list", provider="toy", status=200)] == [1]
    assert [each.number for each in journal.calls(status=429)] == [3]
    assert journal.calls("nothing") == []


def test_the_oldest_go_when_there_are_too_many_bytes() -> None:
    journal = Journal(max_bytes=10_000)
    for _ in range(20):
        journal.add(exchange(size=1_000))
    assert [each.number for each in journal] == list(range(21 - len(journal), 21))
    assert 0 < len(journal) < 10
    assert journal.dropped == 20 - len(journal)


def test_one_exchange_stays_however_large() -> None:
    journal = Journal(max_bytes=10)
    journal.add(exchange(size=1_000))
    assert (len(journal), journal.dropped) == (1, 0)


def test_cleared_numbers_begin_again() -> None:
    journal = Journal(max_bytes=10)
    for _ in range(2):
        journal.add(exchange())
    journal.clear()
    assert (len(journal), journal.dropped) == (0, 0)
    journal.add(exchange())
    assert [each.number for each in journal] == [1]


def test_a_line_tells_the_exchange_to_a_person() -> None:
    line = exchange(None, status=404)
    line.note = "nearest things.list: GET /v1/things"
    assert line.line() == (
        "   0  2026-01-15T09:00:00.000Z  404  GET /v1/things?limit=5  -  (nearest things.list: GET /v1/things)"
    )


def test_a_document_has_bodies_as_text_whatever_they_are() -> None:
    document = exchange(size=2).document()
    assert document["at"] == "2026-01-15T09:00:00.000Z"
    assert (document["request"]["body"], document["response"]["body"]) == ("xx", "\ufffd{}")
    assert document["request"]["headers"] == [["content-type", "application/json"]]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (b'{"a":{"key":"x"},"b":[{"key":1}]}', b'{"a":{"key":"[redacted]"},"b":[{"key":"[redacted]"}]}'),
        (
            b'{"key":[{"name":"X-Api","value":"s3cret"},["s3cret",7,null]],"a":1}',
            b'{"key":[{"name":"[redacted]","value":"[redacted]"},["[redacted]","[redacted]","[redacted]"]],"a":1}',
        ),
        (b'{"key":[],"a":{"key":{}}}', b'{"key":[],"a":{"key":{}}}'),
        (b'{"key": "x"', b"[redacted]"),
        (b'{ "other": "key" }', b'{ "other": "key" }'),
        (b'{"k\\u0065y":"s3cret"}', b'{"key":"[redacted]"}'),
        (b"no \\u JSON", b"no \\u JSON"),
        (b"", b""),
    ],
)
def test_secret_fields_of_a_body_are_redacted_and_their_form_stays(sent: bytes, kept: bytes) -> None:
    assert redacted_body(sent, frozenset(("key",))) == kept


def test_secret_headers_are_redacted() -> None:
    headers = [("x-toy-key", "k"), ("accept", "*/*")]
    assert redacted(headers, frozenset(("x-toy-key",))) == [("x-toy-key", REDACTED), ("accept", "*/*")]


@pytest.mark.parametrize("name", ["authorization", "cookie", "x-api-key", "x-toy-key"])
def test_no_credential_gets_into_a_sandboxs_journal(provider: Provider, sandbox: Sandbox, name: str) -> None:
    from harness.core.exchange import Request

    key = sandbox.account("toy").api_key
    provider.handle(Request("GET", "/v1/things", headers=[("x-toy-key", key), (name, "secret " + key)]))
    (kept,) = sandbox.journal
    assert key not in str(kept.document())


def test_a_secret_header_of_an_answer_gets_into_no_journal(pack: Pack) -> None:
    def handler(call: Call) -> Response:
        return Response(200, b"{}", [("content-type", "application/json"), ("set-cookie", "session=1")])

    registry = Registry({"toy": replace(pack, handlers={**pack.handlers, "things.list": handler})})
    sandbox = registry.open()
    headers = [("x-toy-key", sandbox.account("toy").api_key)]
    answer = registry.provider("toy").handle(Request("GET", "/v1/things", headers=headers))
    (kept,) = sandbox.journal
    assert answer.header("set-cookie") == "session=1"
    assert dict(kept.response_headers)["set-cookie"] == REDACTED


def test_what_came_with_an_unknown_key_is_kept_apart(registry: Registry, provider: Provider, sandbox: Sandbox) -> None:
    from harness.core.exchange import Request

    provider.handle(Request("GET", "/v1/things", headers=[("x-toy-key", "toy-unknown")]))
    provider.handle(Request("GET", "/v1/things"))
    assert [(each.status, each.note) for each in registry.unclaimed] == [(403, "unknown key"), (401, "no key")]
    assert len(sandbox.journal) == 0


def test_paths_and_headers_count_too(provider: Provider, sandbox: Sandbox) -> None:
    sandbox.journal.max_bytes = 100_000
    key = sandbox.account("toy").api_key
    for _ in range(40):
        headers = [("x-toy-key", key), ("x-long", "x" * 5_000)]
        provider.handle(Request("GET", "/v1/things", query="q=" + "x" * 5_000, headers=headers))
    assert len(sandbox.journal) < 10


def test_keys_are_told_apart_without_being_told(provider: Provider, sandbox: Sandbox) -> None:
    account = sandbox.account("toy")
    for key in (account.api_key, account.issue_key(), account.api_key):
        provider.handle(Request("GET", "/v1/things", headers=[("x-toy-key", key)]))
    provider.handle(Request("GET", "/v1/nothing", headers=[("x-toy-key", account.api_key)]))
    first, second, third, unrouted = [each.key for each in sandbox.journal]
    assert first == third == unrouted != second
    assert not any(name in key for key in account.keys for name in (first, second))


def test_a_refused_exchange_tells_when_it_would_be_answered(provider: Provider, sandbox: Sandbox) -> None:
    sandbox.strict = False  # the toy's contract knows no 429
    account = sandbox.account("toy")
    quota = next(iter(account.quotas))
    account.quotas.set_limit(quota, 0)
    response = provider.handle(Request("GET", "/v1/things", headers=[("x-toy-key", account.api_key)]))
    (kept,) = sandbox.journal
    assert response.status == 429
    assert kept.retry_at is not None
    assert kept.document()["retry_at"].startswith("2026-01-15T09:")


def test_what_comes_with_a_revoked_key_is_in_the_journal_of_its_sandbox(
    registry: Registry, provider: Provider, sandbox: Sandbox
) -> None:
    account = sandbox.account("toy")
    key = account.api_key
    account.revoke_key(key)
    assert provider.handle(Request("GET", "/v1/things", headers=[("x-toy-key", key)])).status == 403
    assert [(each.operation, each.note) for each in sandbox.journal] == [("things.list", "revoked key")]
    registry.close(sandbox.id)
    provider.handle(Request("GET", "/v1/things", headers=[("x-toy-key", key)]))
    assert [each.note for each in registry.unclaimed] == ["unknown key"]


def test_the_oldest_of_all_go_when_journals_together_hold_too_much() -> None:
    journals = Journals(max_bytes=20_000)
    quiet, busy, closed = journals.open(), journals.open(), journals.open()
    quiet.add(exchange(size=1_000))
    busy.add(exchange(size=1_000))
    quiet.add(exchange(size=1_000))
    for _ in range(20):
        closed.add(exchange(size=500))
    kept = len(closed)
    journals.close(closed)
    closed.add(exchange(size=50_000))
    for _ in range(20):
        busy.add(exchange(size=1_000))
    assert (len(quiet), quiet.dropped) == (0, 2)
    assert [each.number for each in busy] == list(range(22 - len(busy), 22))
    assert 20_000 * 0.8 < busy.bytes <= 20_000
    assert len(closed) == kept + 1


def test_what_was_cleared_makes_room_for_others() -> None:
    journals = Journals(max_bytes=20_000)
    first, second = journals.open(), journals.open()
    for journal in (first, second, first):
        for _ in range(5):
            journal.add(exchange(size=1_000))
        if journal is first:
            first.clear()
    assert (len(second), second.dropped) == (5, 0)


def test_one_exchange_stays_however_large_it_is_for_all_journals() -> None:
    journals = Journals(max_bytes=2_000)
    first, second = journals.open(), journals.open()
    first.add(exchange())
    second.add(exchange(size=9_000))
    assert (len(first), len(second)) == (0, 1)


def test_the_journals_of_a_registrys_sandboxes_are_bounded_together(registry: Registry, provider: Provider) -> None:
    registry.journals.max_bytes = 20_000
    sandboxes = [registry.open() for _ in range(3)]
    keys = [sandbox.account("toy").api_key for sandbox in sandboxes]
    for _ in range(20):
        for key in keys:
            provider.handle(Request("GET", "/v1/things", headers=[("x-toy-key", key)]))
    assert sum(sandbox.journal.bytes for sandbox in sandboxes) <= 20_000
    assert all(sandbox.journal.dropped for sandbox in sandboxes)
    registry.close(sandboxes[0].id)
    before = sandboxes[1].journal.dropped
    provider.handle(Request("GET", "/v1/things", headers=[("x-toy-key", keys[1])]))
    assert sandboxes[1].journal.dropped == before
