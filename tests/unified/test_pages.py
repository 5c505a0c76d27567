"""Walking: everything once, whatever the size of a page, also while records come and go."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

import harness as package
from harness.unified import Page, UnifiedClient, UnifiedError

Connect = Callable[..., UnifiedClient]

LIMITS = (1, 2, 7, 100)


@pytest.fixture
def client(connect: Connect) -> UnifiedClient:
    return connect()


@pytest.fixture
def superchat() -> Iterator[package.Account]:
    with package.sandbox() as sandbox:
        yield sandbox.superchat


@pytest.mark.parametrize("limit", LIMITS)
def test_a_walk_gives_everything_once(client: UnifiedClient, desk: Any, limit: int) -> None:
    walked = [contact.id for contact in client.ticketing.contacts.list(limit=limit)]
    assert walked == [str(id) for id in range(15, 0, -1)]
    assert len(desk.asked) == -(-15 // limit)


def test_the_other_parameters_are_sent_with_every_page(client: UnifiedClient, desk: Any) -> None:
    list(client.ticketing.contacts.list(limit=7, created_at={"gt": "2026-01-01"}))
    assert desk.lines == [
        "GET /v1/people?since=2026-01-01&limit=7",
        "GET /v1/people?since=2026-01-01&limit=7&after=9",
        "GET /v1/people?since=2026-01-01&limit=7&after=2",
    ]


def test_pages_can_be_turned_by_hand(client: UnifiedClient) -> None:
    page: Page[Any] | None = client.ticketing.contacts.list(limit=7)
    sizes = []
    while page is not None:
        sizes.append(page.result_count)
        page = page.next_page()
    assert sizes == [7, 7, 1]


def test_pages_can_be_gone_over(client: UnifiedClient) -> None:
    pages = list(client.ticketing.contacts.list(limit=7).pages())
    assert [page.next_cursor for page in pages] == ["9", "2", None]
    assert [contact.id for contact in pages[1]] == [str(id) for id in range(8, 0, -1)]


def test_a_walk_may_begin_at_a_cursor_and_be_made_twice(client: UnifiedClient) -> None:
    page = client.ticketing.contacts.list(limit=2, next_cursor="4")
    assert [[contact.id for contact in page] for _ in range(2)] == [["3", "2", "1"]] * 2


def test_nothing_is_asked_before_it_is_needed(client: UnifiedClient, desk: Any) -> None:
    walk = iter(client.ticketing.contacts.list(limit=7))
    for _ in range(7):
        next(walk)
    assert len(desk.asked) == 1


def turn_all(page: Page[Any] | None) -> None:
    while page is not None:
        page = page.next_page()


def page_of(*people: int, next: str | None) -> httpx.Response:
    return httpx.Response(200, json={"people": [{"id": id} for id in people], "next": next})


def test_an_empty_page_with_a_cursor_is_gone_past(client: UnifiedClient, desk: Any) -> None:
    desk.first += [page_of(2, next="b"), page_of(next="c"), page_of(1, next=None)]
    assert [contact.id for contact in client.ticketing.contacts.list()] == ["2", "1"]


@pytest.mark.parametrize("cursors", ["aa", "aba", "abcb"])
def test_a_cursor_that_comes_again_ends_the_walk(client: UnifiedClient, desk: Any, cursors: str) -> None:
    desk.first += [page_of(1, next=cursor) for cursor in cursors]
    with pytest.raises(UnifiedError, match=f"the cursor '{cursors[-1]}' for the second time in one walk"):
        list(client.ticketing.contacts.list())
    desk.first += [page_of(1, next=cursor) for cursor in cursors]
    with pytest.raises(UnifiedError, match="for the second time"):
        turn_all(client.ticketing.contacts.list())
    assert desk.first == []


def test_a_page_whose_next_is_itself_is_told_at_once(client: UnifiedClient, desk: Any) -> None:
    desk.first += [page_of(1, next="a")]
    with pytest.raises(UnifiedError, match="for the second time"):
        list(client.ticketing.contacts.list(next_cursor="a"))
    assert len(desk.asked) == 1


@pytest.mark.parametrize("limit", LIMITS)
def test_superchats_contacts_are_walked_once(superchat: package.Account, limit: int) -> None:
    unified = [contact.id for contact in superchat.unified.ticketing.contacts.list(limit=limit)]
    raw = [contact["id"] for contact in superchat.unified.proxy.contacts.list(limit=limit)]
    assert unified == raw
    assert len(set(unified)) == len(unified) == superchat.state["contacts"]


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("kind", ["unified", "proxy"])
def test_what_stays_is_given_once_while_contacts_come_and_go(superchat: package.Account, kind: str, limit: int) -> None:
    client = superchat.unified
    listed: Any = client.ticketing.contacts if kind == "unified" else client.proxy.contacts
    there = [contact.id for contact in client.ticketing.contacts.list()]
    walked: list[str] = []
    gone: set[str] = set()
    for number, page in enumerate(listed.list(limit=limit).pages()):
        ids = [each.id if kind == "unified" else each["id"] for each in page.result]
        walked += ids
        handle = {"type": "mail", "value": f"new-{number}@example.org"}
        client.proxy.contacts.create({"first_name": "New", "handles": [handle]})
        ahead = [id for id in there if id not in {*walked, *gone}]
        for id in {*ids[:1], *ids[-1:], *ahead[-1:]}:  # the last of a page is its cursor
            client.proxy.contacts.delete(id)
            gone.add(id)
    assert len(set(walked)) == len(walked)
    assert set(there) - gone <= set(walked) <= set(there)
