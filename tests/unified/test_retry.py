"""Waiting until the provider lets a request through, with a sleep that only notes what it was asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

import harness as package
from harness.unified import Retry, UnifiedClient, UnifiedError

Connect = Callable[..., UnifiedClient]


def answer(status: int, **headers: str) -> httpx.Response:
    """An answer with headers whose names have dashes for underscores."""
    return httpx.Response(status, json={}, headers={name.replace("_", "-"): text for name, text in headers.items()})


@pytest.fixture
def waits() -> list[float]:
    """The seconds that were slept."""
    return []


@pytest.fixture
def patient(connect: Connect, waits: list[float]) -> UnifiedClient:
    """A client that waits."""
    return connect(retry=Retry(sleep=waits.append))


@pytest.mark.parametrize(
    ("answers", "slept"),
    [
        ([answer(429, retry_after="7")], [7.0]),
        ([answer(429, retry_after="2"), answer(429, retry_after="3")], [2.0, 3.0]),
        ([answer(429, x_wait="4")], [4.0]),
        ([answer(503, retry_after="1")], [1.0]),
        (
            [answer(429, date="Thu, 15 Jan 2026 09:00:00 GMT", retry_after="Thu, 15 Jan 2026 09:00:30 GMT")],
            [30.0],
        ),
        ([answer(502), answer(504)], [1.0, 2.0]),
        ([answer(502, retry_after="5")], [5.0]),
        ([httpx.ConnectError("down"), httpx.ReadTimeout("slow")], [1.0, 2.0]),
    ],
)
def test_a_read_is_sent_again_after_a_wait(
    patient: UnifiedClient, desk: Any, waits: list[float], answers: list[Any], slept: list[float]
) -> None:
    desk.first.extend(answers)
    assert patient.ticketing.contacts.get("3").id == "3"
    assert (waits, len(desk.asked)) == (slept, len(answers) + 1)


@pytest.mark.parametrize(
    "final",
    [
        *map(answer, (400, 401, 403, 404, 409, 422, 429, 500, 503)),
        answer(400, retry_after="1"),
        answer(500, retry_after="1"),
        answer(429, retry_after="soon"),
        answer(429, retry_after="61"),
    ],
)
def test_other_answers_are_final(patient: UnifiedClient, desk: Any, waits: list[float], final: httpx.Response) -> None:
    desk.first.append(final)
    with pytest.raises(UnifiedError) as failure:
        patient.ticketing.contacts.get("3")
    assert (failure.value.status, waits, len(desk.asked)) == (final.status_code, [], 1)


@pytest.mark.parametrize(
    "write",
    [
        lambda client: client.ticketing.contacts.create(name="Ada"),
        lambda client: client.ticketing.contacts.update("3", name="Ada"),
        lambda client: client.ticketing.tickets.import_(name="Ada"),
        lambda client: client.proxy.people.create({}),
        lambda client: client.custom("POST", "/people", body={}),
        lambda client: client.custom("PATCH", "/people/3", body={}),
    ],
)
def test_a_write_without_a_key_is_never_sent_again(
    patient: UnifiedClient, desk: Any, waits: list[float], write: Any
) -> None:
    desk.first.append(answer(429, retry_after="1"))
    with pytest.raises(UnifiedError, match="429"):
        write(patient)
    assert (waits, len(desk.asked)) == ([], 1)


@pytest.mark.parametrize(
    "write",
    [
        lambda client: client.ticketing.contacts.create(name="Ada", idempotency_key="k"),
        lambda client: client.proxy.people.create({}, idempotency_key="k"),
        lambda client: client.custom("POST", "/people", body={}, idempotency_key="k"),
        lambda client: client.ticketing.contacts.delete("3"),
        lambda client: client.proxy.people.delete("3"),
    ],
)
def test_a_write_that_cannot_happen_twice_waits_for_the_limit_only(
    patient: UnifiedClient, desk: Any, waits: list[float], write: Any
) -> None:
    desk.first.append(answer(429, retry_after="1"))
    write(patient)
    assert waits == [1.0]
    desk.first.append(answer(502))
    with pytest.raises(UnifiedError, match="502"):
        patient.ticketing.contacts.create(name="Eve", idempotency_key="other")
    assert waits == [1.0]


def test_a_request_is_sent_so_often_at_most(connect: Connect, desk: Any, waits: list[float]) -> None:
    desk.first.extend(answer(429, retry_after="90") for _ in range(9))
    with pytest.raises(UnifiedError, match="429") as failure:
        connect(retry=Retry(sleep=waits.append, attempts=4, max_wait=90)).ticketing.contacts.list()
    assert (failure.value.retry_after, waits, len(desk.asked)) == (90.0, [90.0] * 3, 4)


def test_without_a_sleep_nothing_is_sent_again(connect: Connect, desk: Any) -> None:
    desk.first.append(answer(429, retry_after="1"))
    with pytest.raises(UnifiedError, match="429") as failure:
        connect().ticketing.contacts.get("3")
    assert (failure.value.retry_after, failure.value.is_remote, len(desk.asked)) == (1.0, True, 1)
    assert "rate_limit_error" in failure.value.insight


def test_each_page_of_a_walk_may_wait(patient: UnifiedClient, desk: Any, waits: list[float]) -> None:
    page = patient.ticketing.contacts.list(limit=5)
    desk.first.append(answer(429, retry_after="2"))
    assert len(list(page)) == 15
    assert waits == [2.0]


@pytest.mark.parametrize(
    ("options", "error", "told"),
    [
        ({"sleep": 3}, TypeError, "is a function of seconds"),
        ({"sleep": print, "attempts": 0}, ValueError, "a number from 1"),
    ],
)
def test_what_is_no_retry_is_refused(options: dict[str, Any], error: type[Exception], told: str) -> None:
    with pytest.raises(error, match=told):
        Retry(**options)


def test_the_sandboxs_clock_may_be_the_sleep() -> None:
    with package.sandbox(quirks={"superchat": {"rate_limit_retry_after": "present"}}) as sandbox:
        account = sandbox.superchat
        account.faults.add("contacts.list", "rate_limit", retry_after=12, times=1)
        client = UnifiedClient(
            "superchat",
            account.api_key,
            base_url=account.transport_url,
            transport=account.transport(),
            retry=Retry(sleep=sandbox.clock.advance),
        )
        before = sandbox.clock.now
        assert client.ticketing.contacts.list(limit=3).result_count == 3
        assert int((sandbox.clock.now - before).total_seconds()) == 12
        account.conduct.assert_good()
