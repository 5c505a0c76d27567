"""While a provider is slow nobody else waits: no lock is held, no event loop is blocked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from harness import Account, Sandbox

PATIENCE = 20
"""Seconds until a test that waits for nothing is given up."""


def begun(live: Any, ask: Callable[[], httpx.Response], pool: ThreadPoolExecutor) -> Future[httpx.Response]:
    """The call, which has reached the provider and gets no answer yet."""
    live.may_answer.clear()
    call = pool.submit(ask)
    assert live.reached.wait(PATIENCE)
    return call


@pytest.fixture
def pool() -> Any:
    with ThreadPoolExecutor(2) as threads:
        yield threads


def test_a_slow_provider_holds_up_nobody_on_a_server(
    live: Any, connected: Any, served: Account, superchat: Account, pool: ThreadPoolExecutor
) -> None:
    account = connected()
    slow = f"{served.base_url}/proxy/users?integrated_account_id={account.id}"
    with httpx.Client(headers=served.headers, timeout=PATIENCE, trust_env=False) as client:
        call = begun(live, lambda: client.get(slow), pool)
        assert client.get(f"{served.base_url}/ping").status_code == 200
        assert client.get(f"{superchat.base_url}/users", headers=superchat.headers).status_code == 200
        assert not call.done()
        live.may_answer.set()
        assert call.result(PATIENCE).json()["result"] == []


def test_a_slow_provider_holds_up_nobody_in_process(
    live: Any, connected: Any, api: Any, harness: Sandbox, pool: ThreadPoolExecutor
) -> None:
    account = connected()
    call = begun(live, lambda: account.get("/unified/user-directory/users"), pool)
    assert api.get("/unified/ticketing/contacts", "limit=1").status_code == 200
    harness.clock.advance(60)
    harness.snapshot("meanwhile")
    harness.fork().close()
    assert not call.done()
    live.may_answer.set()
    assert call.result(PATIENCE).status_code == 200


def test_a_slow_provider_holds_up_no_event_loop(live: Any, connected: Any, served: Account) -> None:
    account = connected()
    live.may_answer.clear()

    async def ask() -> httpx.Response:
        async with served.async_client() as client:
            slow = asyncio.create_task(client.get(f"/proxy/users?integrated_account_id={account.id}"))
            assert await asyncio.to_thread(live.reached.wait, PATIENCE)
            assert (await client.get("/ping")).status_code == 200
            assert not slow.done()
            live.may_answer.set()
            return await slow

    assert asyncio.run(ask()).status_code == 200


def test_the_same_key_while_the_first_call_is_under_way_is_409(
    live: Any, connected: Any, refusal: Any, pool: ThreadPoolExecutor
) -> None:
    account = connected()
    headers = {"Idempotency-Key": "k"}
    call = begun(live, lambda: account.post("/custom/things", json={}, headers=headers), pool)
    refusal(account.post("/custom/things", json={}, headers=headers), 409)
    live.may_answer.set()
    first = call.result(PATIENCE)
    assert account.post("/custom/things", json={}, headers=headers).content == first.content
    assert len(live.asked) == 1


def test_an_account_that_goes_meanwhile_still_gets_its_answer(
    live: Any, connected: Any, api: Any, harness: Sandbox, pool: ThreadPoolExecutor
) -> None:
    account = connected()
    live.status = 401
    call = begun(live, lambda: account.get("/proxy/users"), pool)
    api.client.delete(f"/integrated-account/{account.id}")
    harness.reset()
    live.may_answer.set()
    assert call.result(PATIENCE).status_code == 401
    assert [each.operation for each in harness.journal] == ["proxy.list"]


def test_a_receiver_may_ask_the_unified_api_while_the_fake_calls_it(
    api: Any, superchat: Account, harness: Sandbox, harness_receiver: Any, served: Account
) -> None:
    asked: list[int] = []
    url = f"{served.base_url}/unified/ticketing/contacts?integrated_account_id={api.id}&limit=1"

    def call_back(*_: Any) -> None:
        asked.append(httpx.get(url, headers=served.headers, trust_env=False).status_code)

    harness_receiver.then(call_back)
    superchat.webhooks.subscribe(harness_receiver.url)
    body = {"first_name": "Zoe", "emails": [{"email": "zoe@example.org"}]}
    assert api.post("/unified/ticketing/contacts", json=body).status_code == 200
    harness.webhooks.deliver()
    assert asked == [200]


def test_a_slow_provider_holds_up_no_event_loop_of_an_intercepted_client(
    live: Any, connected: Any, served: Account
) -> None:
    account = connected()
    live.may_answer.clear()
    slow = f"https://api.truto.one/proxy/users?integrated_account_id={account.id}"

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(headers=served.headers, timeout=PATIENCE, trust_env=False) as client:
            call = asyncio.create_task(client.get(slow))
            assert await asyncio.to_thread(live.reached.wait, PATIENCE)
            assert (await client.get("https://api.truto.one/ping")).status_code == 200
            assert not call.done()
            live.may_answer.set()
            return await call

    with served.intercept():
        assert asyncio.run(ask()).status_code == 200


def test_many_slow_calls_leave_threads_for_whoever_waits_in_a_loop(live: Any, connected: Any, served: Account) -> None:
    account = connected()
    live.may_answer.clear()

    async def ask() -> list[int]:
        async with served.async_client() as client:
            path = f"/proxy/users?integrated_account_id={account.id}"
            calls = [asyncio.create_task(client.get(path)) for _ in range(40)]  # more than a loop has threads
            assert await asyncio.to_thread(live.reached.wait, PATIENCE)
            assert await asyncio.wait_for(asyncio.to_thread(lambda: True), PATIENCE)
            live.may_answer.set()
            return [response.status_code for response in await asyncio.gather(*calls)]

    assert asyncio.run(ask()) == [200] * 40


def test_a_call_that_its_client_gave_up_is_made_to_its_end(
    live: Any, connected: Any, served: Account, harness: Sandbox
) -> None:
    account = connected()
    live.may_answer.clear()
    headers = {"Idempotency-Key": "k"}
    path = f"/custom/things?integrated_account_id={account.id}"

    async def ask() -> httpx.Response:
        async with served.async_client() as client:
            call = asyncio.create_task(client.post(path, json={}, headers=headers))
            assert await asyncio.to_thread(live.reached.wait, PATIENCE)
            call.cancel()
            await asyncio.gather(call, return_exceptions=True)
            assert call.cancelled()
            live.may_answer.set()
            while not served.journal.calls("custom.post"):  # a call is noted when it is done
                await asyncio.sleep(0)
            return await client.post(path, json={}, headers=headers)

    assert asyncio.run(ask()).status_code == 200
    assert len(live.asked) == 1
