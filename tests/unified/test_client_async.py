"""The async client: the same, awaited."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest

import harness as package
from harness.unified import AsyncPage, AsyncUnifiedClient, Download, Retry, UnifiedError
from harness.unified.schemas.ticketing import Contact

Connect = Callable[..., AsyncUnifiedClient]


def test_records_are_typed(connect_async: Connect, desk: Any) -> None:
    async def use() -> None:
        async with connect_async() as client:
            contact = await client.ticketing.contacts.get("3")
            assert isinstance(contact, Contact)
            assert (await client.ticketing.contacts.create(name="Ada")).name == "Ada"
            assert (await client.ticketing.contacts.update("3", name="Eve")).name == "Eve"
            assert await client.ticketing.contacts.delete("3") == {"id": "3"}
            assert isinstance(await client.ticketing.attachments.download(id="up-1"), Download)

    asyncio.run(use())
    assert len(desk.asked) == 5


@pytest.mark.parametrize("limit", [1, 2, 7, 100])
def test_a_list_is_gone_over_or_awaited(connect_async: Connect, desk: Any, limit: int) -> None:
    async def use() -> None:
        client = connect_async()
        all_ids = [str(id) for id in range(15, 0, -1)]
        listing = client.ticketing.contacts.list(limit=limit)
        assert desk.asked == []
        assert [contact.id async for contact in listing] == all_ids
        page = await listing
        assert isinstance(page, AsyncPage)
        assert [contact.id for contact in page.result] == all_ids[:limit]
        assert [contact.id async for contact in page] == all_ids
        assert [each.result_count async for each in listing.pages()] == [limit] * (15 // limit) + [15 % limit] * (
            15 % limit > 0
        )
        following = await page.next_page()
        assert (following is None) == (limit == 100)

    asyncio.run(use())


def test_a_cursor_that_comes_again_ends_the_walk(connect_async: Connect, desk: Any) -> None:
    desk.first += [httpx.Response(200, json={"people": [], "next": next}) for next in "aba"]

    async def use() -> None:
        with pytest.raises(UnifiedError, match="the cursor 'a' for the second time"):
            [contact async for contact in connect_async().ticketing.contacts.list()]

    asyncio.run(use())


def test_the_proxy_and_free_paths_are_awaited(connect_async: Connect) -> None:
    async def use() -> None:
        client = connect_async()
        assert (await client.proxy.people.get("3"))["id"] == 3
        assert [each["id"] async for each in client.proxy["people"].list(limit=9)] == list(range(15, 0, -1))
        assert (await client.custom("GET", "/people/3"))["id"] == 3
        assert (await client.proxy.people.merge({"with": 4}, id="3"))["with"] == 4
        assert (await client.ticketing.contacts.list(truto_response_format="raw"))["next"] is None

    asyncio.run(use())


def test_errors_are_raised(connect_async: Connect, desk: Any) -> None:
    async def use() -> None:
        client = connect_async()
        with pytest.raises(UnifiedError, match="nobody is 99"):
            await client.ticketing.contacts.get("99")
        for failure, status in ((httpx.ConnectError("down"), 502), (httpx.ReadTimeout("slow"), 504)):
            desk.first.append(failure)
            with pytest.raises(UnifiedError) as told:
                await client.ticketing.contacts.get("3")
            assert told.value.status == status
        with pytest.raises(AttributeError, match="did you mean 'contacts'"):
            _ = client.ticketing.contcts  # type: ignore[attr-defined]

    asyncio.run(use())


def test_the_sleep_is_awaited(connect_async: Connect, desk: Any) -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        await asyncio.sleep(0)
        waits.append(seconds)

    desk.first.append(httpx.Response(429, headers={"retry-after": "3"}))
    client = connect_async(retry=Retry(sleep=sleep))
    assert asyncio.run(client.ticketing.contacts.get("3")).id == "3"
    assert waits == [3.0]


def test_a_repeated_key_sends_nothing(connect_async: Connect, desk: Any) -> None:
    async def use() -> None:
        client = connect_async()
        first = await client.ticketing.contacts.create(name="Ada", idempotency_key="k")
        assert await client.ticketing.contacts.create(name="Ada", idempotency_key="k") == first

    asyncio.run(use())
    assert len(desk.asked) == 1


def test_a_call_that_was_cancelled_leaves_its_key_free(connect_async: Connect, desk: Any) -> None:
    async def answer(request: httpx.Request) -> httpx.Response:
        if not desk.asked:
            desk.asked.append(request)
            await asyncio.Event().wait()
        found: httpx.Response = desk(request)
        return found

    async def use() -> None:
        client = connect_async(transport=httpx.MockTransport(answer))
        call = asyncio.ensure_future(client.ticketing.contacts.create(name="Ada", idempotency_key="k"))
        while not desk.asked:
            await asyncio.sleep(0)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert (await client.ticketing.contacts.create(name="Ada", idempotency_key="k")).name == "Ada"

    asyncio.run(use())


def test_many_walks_may_go_on_at_once(connect_async: Connect) -> None:
    async def walk(client: AsyncUnifiedClient) -> int:
        return len([contact async for contact in client.ticketing.contacts.list(limit=2)])

    async def use() -> list[int]:
        client = connect_async()
        return await asyncio.gather(*(walk(client) for _ in range(8)))

    assert asyncio.run(use()) == [15] * 8


def test_superchat_is_read_in_process() -> None:
    with package.sandbox() as sandbox:
        account = sandbox.superchat

        async def use() -> list[str]:
            client = AsyncUnifiedClient(
                "superchat",
                account.api_key,
                base_url=account.transport_url,
                transport=account.async_transport(),
            )
            async with client:
                return [contact.id async for contact in client.ticketing.contacts.list(limit=7)]

        assert asyncio.run(use()) == [contact.id for contact in account.unified.ticketing.contacts.list()]
