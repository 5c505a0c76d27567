"""Lists whose pages are told by links, and lists that tell nothing of their pages."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from harness.unified import Integration, UnifiedClient, UnifiedError
from harness.unified.errors import ConfigurationError

LINKS = """
    format: cursor
    config: {cursor_path: links.next, prev_cursor_path: links.prev, cursor_key: page, limit_key: size, max_limit: 4,
             is_link: true}
"""
COUNTED = """
    format: page
    config: {page_param: page, limit_param: size, max_limit: 4}
"""


RESOURCES = """
resources:
  books:
    list: {path: /books, response_path: data}
    get: {path: '/books/{{id}}'}
"""


def written(folder: Path, pagination: str, more: str = "") -> Integration:
    """An integration whose one list is paged so."""
    place = folder / "shelf"
    place.mkdir()
    top = "label: Shelf\nbase_url: https://shelf.example.com/v1\ncredentials: {api_key: {label: key}}\n"
    text = f"{top}pagination:{pagination}{RESOURCES}{more}"
    (place / "integration.yaml").write_text(text, encoding="utf-8")
    return Integration.load(place)


class Shelf:
    """Eleven books in pages of a size, with links around each page or without."""

    def __init__(self, *, links: bool) -> None:
        self.links = links
        self.asked: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.raw_path.decode())
        params = request.url.params
        page, size = int(params.get("page", 1)), int(params.get("size", 4))
        books = [{"id": number} for number in range(1, 12)][(page - 1) * size : page * size]
        more = page * size < 11
        kept = "".join(f"&{name}={value}" for name, value in params.items() if name not in ("page", "size"))
        links = {
            "next": f"/v1/books?page={page + 1}&size={size}{kept}" if more else None,
            "prev": f"/v1/books?page={page - 1}&size={size}{kept}" if page > 1 else None,
        }
        return httpx.Response(200, json={"data": books, **({"links": links} if self.links else {})})


Connect = Callable[[str], tuple[UnifiedClient, Shelf]]


@pytest.fixture
def connect(tmp_path: Path) -> Connect:
    def make(pagination: str) -> tuple[UnifiedClient, Shelf]:
        shelf = Shelf(links=pagination == LINKS)
        client = UnifiedClient(written(tmp_path, pagination), api_key="secret", transport=httpx.MockTransport(shelf))
        return client, shelf

    return make


def test_a_link_is_a_cursor_whose_query_is_sent(connect: Connect) -> None:
    client, shelf = connect(LINKS)
    page = client.proxy.books.list(limit=3, kind="novel")
    assert page.next_cursor == "/v1/books?page=2&size=3&kind=novel"
    second = client.proxy.books.list(limit=3, kind="novel", next_cursor=page.next_cursor)
    assert [each["id"] for each in second.result] == [4, 5, 6]
    assert (second.prev_cursor, second.next_cursor) == (
        "/v1/books?page=1&size=3&kind=novel",
        "/v1/books?page=3&size=3&kind=novel",
    )
    assert shelf.asked[1] == "/v1/books?kind=novel&size=3&page=2"


def test_links_are_followed_to_the_last_page(connect: Connect) -> None:
    client, shelf = connect(LINKS)
    assert [each["id"] for each in client.proxy.books.list()] == list(range(1, 12))
    assert len(shelf.asked) == 3


def test_a_page_keeps_the_size_its_number_counts_by(connect: Connect) -> None:
    client, _ = connect(LINKS)
    page = client.proxy.books.list(limit=3)
    assert [each["id"] for each in client.proxy.books.list(limit=2, next_cursor=page.next_cursor).result] == [4, 5, 6]


def test_the_page_before_is_reached_by_its_link(connect: Connect) -> None:
    client, _ = connect(LINKS)
    last = client.proxy.books.list(next_cursor="/v1/books?page=3&size=4")
    before = client.proxy.books.list(next_cursor=last.prev_cursor)
    assert [each["id"] for each in before.result] == [5, 6, 7, 8]


def test_a_whole_address_leads_nowhere_else(connect: Connect) -> None:
    client, shelf = connect(LINKS)
    client.proxy.books.list(next_cursor="https://elsewhere.example.com/secrets?page=2&size=4")
    assert shelf.asked == ["/v1/books?page=2&size=4"]


@pytest.mark.parametrize("cursor", ["2", "/v1/books", "/v1/books?", "?a[b][c][d][e][f][g][h][i]=1"])
def test_a_cursor_that_is_no_link_is_refused(connect: Connect, cursor: str) -> None:
    client, shelf = connect(LINKS)
    with pytest.raises(UnifiedError, match="next_cursor is no link to a page of books") as caught:
        client.proxy.books.list(next_cursor=cursor)
    assert (caught.value.status, shelf.asked) == (400, [])


def test_free_paths_follow_links_too(connect: Connect) -> None:
    client, shelf = connect(LINKS)
    client.custom("GET", "/books", query={"next_cursor": "/v1/books?page=3&size=4"})
    assert shelf.asked == ["/v1/books?page=3&size=4"]


def test_the_debug_format_tells_a_link_that_leads_to_its_own_page(tmp_path: Path) -> None:
    own = "/v1/books?page=2&size=4"
    answer = httpx.Response(200, json={"data": [{"id": 1}], "links": {"next": own}})
    client = UnifiedClient(
        written(tmp_path, LINKS), api_key="secret", transport=httpx.MockTransport(lambda request: answer)
    )
    first: Any = client.proxy.books.list(truto_response_format="debug")
    again: Any = client.proxy.books.list(truto_response_format="debug", next_cursor=own)
    assert (first["debug"]["isLooping"], again["debug"]["isLooping"]) == (False, True)


def test_pages_are_counted_until_one_is_not_full(connect: Connect) -> None:
    client, shelf = connect(COUNTED)
    assert [each["id"] for each in client.proxy.books.list(limit=3)] == list(range(1, 12))
    assert shelf.asked == [f"/v1/books?size=3{page}" for page in ("", "&page=2", "&page=3", "&page=4")]


def test_counted_pages_have_the_largest_size_where_none_is_asked(connect: Connect) -> None:
    client, shelf = connect(COUNTED)
    page = client.proxy.books.list(next_cursor="2")
    assert (page.prev_cursor, page.next_cursor) == ("1", "3")
    client.proxy.books.list(limit=99)
    assert shelf.asked == ["/v1/books?size=4&page=2", "/v1/books?size=4"]


@pytest.mark.parametrize("cursor", ["0", "-1", "1.5", "two", "²", "9999999999"])
def test_a_cursor_that_is_no_number_of_a_page_is_refused(connect: Connect, cursor: str) -> None:
    client, shelf = connect(COUNTED)
    with pytest.raises(UnifiedError, match="next_cursor is the number of a page here") as caught:
        client.proxy.books.list(next_cursor=cursor)
    assert (caught.value.status, shelf.asked) == (400, [])


def test_a_free_path_counts_no_pages(connect: Connect) -> None:
    client, shelf = connect(COUNTED)
    assert len(client.custom("GET", "/books")["data"]) == 4
    assert shelf.asked == ["/v1/books"]


@pytest.mark.parametrize(
    ("pagination", "says"),
    [
        ("\n    format: page\n", "name page_param, limit_param and max_limit"),
        ("\n    format: page\n    config: {page_param: page, limit_param: size}\n", "'max_limit' is missing"),
        ("\n    format: page\n    config: {limit_param: size, max_limit: 4}\n", "'page_param' is missing"),
        ("\n    format: page\n    config: {page_param: page, limit_param: size, max_limt: 4}\n", "max_limt"),
        ("\n    format: offset\n    config: {}\n", "offset"),
        ("\n    format: cursor\n    config: {cursor_path: a, cursor_key: b, is_link: maybe}\n", "is_link"),
        (
            "\n    format: cursor\n    config: {cursor_path: a, cursor_key: b, add_to_body: true}\n",
            "a field of Truto's",
        ),
    ],
)
def test_pagination_that_does_not_fit_says_where_and_what(tmp_path: Path, pagination: str, says: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        written(tmp_path, pagination)
    assert "shelf/integration.yaml:" in str(caught.value)
    assert says in str(caught.value)


BODIES = """
    clear: {path: /books, method: delete, body: '{{query.books}}'}
    mark: {path: /marks, method: put, body: ['{{query.book}}', 2]}
"""


def test_a_body_may_be_one_parameter_alone_or_a_list(tmp_path: Path) -> None:
    asked: list[tuple[str, Any]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append((request.url.raw_path.decode(), json.loads(request.content)))
        return httpx.Response(200, json={})

    integration = written(tmp_path, COUNTED, BODIES)
    client = UnifiedClient(integration, api_key="secret", transport=httpx.MockTransport(answer))
    client.proxy.books.clear(books=["1", "2"])
    client.proxy.books.mark(book="7")
    assert asked == [("/v1/books", ["1", "2"]), ("/v1/marks", ["7", 2])]
