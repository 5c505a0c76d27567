"""Idempotency keys of the client: the same again gets the same answer, and nothing is sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from harness.unified import UnifiedClient, UnifiedError
from harness.unified.idempotency import KEPT

Connect = Callable[..., UnifiedClient]


@pytest.fixture
def client(connect: Connect) -> UnifiedClient:
    return connect()


def test_a_repeat_gets_the_first_answer_and_sends_nothing(client: UnifiedClient, desk: Any) -> None:
    first = client.ticketing.contacts.create(name="Ada", idempotency_key="k")
    name, first.name = first.name, "changed by the caller"
    again = client.ticketing.contacts.create(name="Eve", idempotency_key="k")
    assert (again.id, again.name, len(desk.asked)) == (first.id, name, 1)


def test_without_a_key_everything_is_sent(client: UnifiedClient, desk: Any) -> None:
    assert client.ticketing.contacts.create(name="Ada").id != client.ticketing.contacts.create(name="Ada").id
    assert len(desk.asked) == 2


def test_a_key_belongs_to_its_path(client: UnifiedClient, desk: Any) -> None:
    client.ticketing.contacts.create(name="Ada", idempotency_key="k")
    client.ticketing.contacts.update("3", name="Ada", idempotency_key="k")
    client.ticketing.contacts.update("4", name="Ada", idempotency_key="k")
    client.ticketing.tickets.import_(name="Ada", idempotency_key="k")
    client.proxy.people.create({"name": "Ada"}, idempotency_key="k")
    client.proxy.people.merge({}, id="3", idempotency_key="k")
    client.custom("POST", "/people", body={"name": "Ada"}, idempotency_key="k")
    assert len(desk.asked) == 7
    client.proxy.people.merge({}, id="3", idempotency_key="k")
    client.custom("POST", "people", body={"name": "Ada"}, idempotency_key="k")
    assert len(desk.asked) == 7


def test_a_key_belongs_to_its_client(connect: Connect, desk: Any) -> None:
    for each in (connect(), connect()):
        each.ticketing.contacts.create(name="Ada", idempotency_key="k")
    assert len(desk.asked) == 2


@pytest.mark.parametrize(
    "failure", [httpx.ConnectError("down"), httpx.Response(429), httpx.Response(503), httpx.Response(500)]
)
def test_a_call_that_failed_may_be_made_again(client: UnifiedClient, desk: Any, failure: Any) -> None:
    desk.first.append(failure)
    with pytest.raises(UnifiedError):
        client.ticketing.contacts.create(name="Ada", idempotency_key="k")
    assert client.ticketing.contacts.create(name="Ada", idempotency_key="k").name == "Ada"


def test_a_call_that_was_refused_before_it_was_sent_may_be_made_again(client: UnifiedClient) -> None:
    with pytest.raises(UnifiedError, match="unknown query parameter"):
        client.ticketing.contacts.create(name="Ada", query={"nme": "x"}, idempotency_key="k")
    assert client.ticketing.contacts.create(name="Ada", idempotency_key="k").name == "Ada"


def test_a_refusal_of_the_provider_is_kept(client: UnifiedClient, desk: Any) -> None:
    desk.first.append(httpx.Response(409, json={"message": "Ada is here already"}))
    for _ in range(2):
        with pytest.raises(UnifiedError, match="Ada is here already"):
            client.ticketing.contacts.create(name="Ada", idempotency_key="k")
    assert len(desk.asked) == 1


@pytest.mark.parametrize("status", [401, 429, 500, 503])
def test_a_refusal_that_passes_is_not_kept(client: UnifiedClient, desk: Any, status: int) -> None:
    desk.first.append(httpx.Response(status, json={"message": "not now"}))
    with pytest.raises(UnifiedError, match="not now"):
        client.ticketing.contacts.create(name="Ada", idempotency_key="k")
    assert client.ticketing.contacts.create(name="Ada", idempotency_key="k").name == "Ada"


def test_another_body_may_be_a_conflict(connect: Connect, desk: Any) -> None:
    client = connect(quirks={"idempotency_mismatch": "conflict"})
    for _ in range(2):
        client.ticketing.contacts.create({"name": "Ada", "details": "x"}, idempotency_key="k")
        client.ticketing.contacts.create({"details": "x", "name": "Ada"}, idempotency_key="k")
        client.ticketing.attachments.create(files={"file": b"hello"}, idempotency_key="k")
    assert len(desk.asked) == 2
    with pytest.raises(UnifiedError, match="with another body") as failure:
        client.ticketing.contacts.create(name="Eve", idempotency_key="k")
    assert failure.value.status == 409


def test_the_same_key_while_the_first_call_is_under_way_is_a_conflict(connect: Connect, desk: Any) -> None:
    told: list[UnifiedError] = []

    def answer(request: httpx.Request) -> httpx.Response:
        with pytest.raises(UnifiedError, match="is under way") as failure:
            made.ticketing.contacts.create(name="Ada", idempotency_key="k")
        told.append(failure.value)
        found: httpx.Response = desk(request)
        return found

    made = connect(transport=httpx.MockTransport(answer))
    assert made.ticketing.contacts.create(name="Ada", idempotency_key="k").name == "Ada"
    assert [error.status for error in told] == [409]


def test_a_client_keeps_so_many_answers(client: UnifiedClient, desk: Any) -> None:
    for number in range(KEPT + 1):
        client.custom("POST", "/people", body={}, idempotency_key=str(number))
    client.custom("POST", "/people", body={}, idempotency_key=str(KEPT))
    assert len(desk.asked) == KEPT + 1
    client.custom("POST", "/people", body={}, idempotency_key="0")
    assert len(desk.asked) == KEPT + 2


def test_an_empty_key_is_refused(client: UnifiedClient) -> None:
    with pytest.raises(ValueError, match="idempotency_key= is empty"):
        client.ticketing.contacts.create(name="Ada", idempotency_key="")
