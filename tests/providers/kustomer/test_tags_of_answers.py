"""The weak tag of an answer: it changes with the text, and only with it."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from harness import Account, Sandbox

PAGES = ("/customers?pageSize=5", "/conversations?page=2&pageSize=3", "/customers?filter[createdAt][gt]=2020-01-01")


@pytest.fixture
def customer(api: httpx.Client) -> Any:
    """One of the first page."""
    return api.get(PAGES[0]).json()["data"][2]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_has_a_tag_with_its_length(api: httpx.Client, page: str) -> None:
    answer = api.get(page)
    assert re.fullmatch(rf'W/"{len(answer.content):x}-[A-Za-z0-9+/]{{27}}"', answer.headers["etag"])


def test_the_same_page_has_the_same_tag(api: httpx.Client) -> None:
    assert api.get(PAGES[0]).headers["etag"] == api.get(PAGES[0]).headers["etag"]


def test_the_same_page_of_another_sandbox_has_the_same_tag(api: httpx.Client, harness: Sandbox) -> None:
    with harness.fork() as twin, twin.kustomer.client() as other:
        assert other.get(PAGES[0]).headers["etag"] == api.get(PAGES[0]).headers["etag"]


def test_another_page_has_another_tag(api: httpx.Client) -> None:
    assert api.get(PAGES[0]).headers["etag"] != api.get(f"{PAGES[0]}&page=2").headers["etag"]


def test_a_tag_changes_with_one_document_of_the_page(api: httpx.Client, customer: Any) -> None:
    rename(api, customer, "Ada")
    before = api.get(PAGES[0])
    rename(api, customer, "Bea")
    after = api.get(PAGES[0])
    assert len(after.content) == len(before.content)
    assert after.headers["etag"] != before.headers["etag"]


def test_a_tag_changes_with_the_order_of_the_page(api: httpx.Client, kustomer: Account) -> None:
    kustomer.quirks["list_order"] = "oldest"
    up = api.get("/customers?pageSize=100")
    kustomer.quirks["list_order"] = "newest"
    down = api.get("/customers?pageSize=100")
    assert len(up.content) == len(down.content)
    assert up.headers["etag"] != down.headers["etag"]


def test_a_search_has_a_tag_that_changes_with_what_it_finds(api: httpx.Client, customer: Any) -> None:
    def found() -> httpx.Response:
        return api.post("/customers/search", json={}).raise_for_status()

    before = found()
    assert re.fullmatch(rf'W/"{len(before.content):x}-[A-Za-z0-9+/]{{27}}"', before.headers["etag"])
    rename(api, customer, "Ada")
    assert found().headers["etag"] != before.headers["etag"]


def rename(api: httpx.Client, customer: Any, name: str) -> None:
    """Give a customer another name."""
    api.put(f"/customers/{customer['id']}", json={"name": name}).raise_for_status()
