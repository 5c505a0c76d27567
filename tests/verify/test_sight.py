"""What a case sees of a fake: the facts that decide which mutants it meets."""

from __future__ import annotations

from harness.core.journal import Exchange
from harness.verify.case import Case
from harness.verify.mutate.sight import facts
from harness.verify.subject import Subject


def nothing(subject: Subject) -> None:
    """A question that is always answered."""


def exchange(method: str, operation: str, *, query: str = "", body: bytes = b"", status: int = 200) -> Exchange:
    return Exchange(1, 0, "p", operation, method, "/", query, [], body, status, [], b"{}")


def seen(operation: str, *exchanges: Exchange) -> set[str]:
    return facts(Case("a case", "fake", "p", (operation,), nothing), exchanges, "p")


def test_an_encoded_parameter_goes_by_its_name() -> None:
    found = seen("logs.list", exchange("GET", "logs.list", query="filter%5Bid%5D=1&page=2"))
    assert {"query logs.list filter[id]", "query logs.list page"} <= found


def test_what_was_written_before_may_show_in_a_later_answer() -> None:
    written = exchange("POST", "notes.create", body=b'{"author":{"name":"A"}}', status=201)
    found = seen("notes.get", written, exchange("GET", "notes.get"))
    assert {"write notes.create", "body notes.create author.name"} <= found
    assert not {"status notes.create 201", "answer notes.create"} & found


def test_what_was_refused_before_shows_in_no_later_answer() -> None:
    refused = exchange("POST", "notes.create", body=b'{"text":"a"}', status=400)
    assert not any("notes.create" in fact for fact in seen("notes.get", refused, exchange("GET", "notes.get")))
