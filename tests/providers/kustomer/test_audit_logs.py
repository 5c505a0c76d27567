"""Audit logs: walked by ids, filtered."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from harness import Account, Sandbox

Body = dict[str, Any]

pytestmark = pytest.mark.harness(world="empty")

NOBODY = "6666c3656dc3d121c605ab1e"


@pytest.fixture
def ids(harness: Sandbox, api: httpx.Client) -> list[str]:
    """The ids of five logs, newest first: of customers and companies in turn, a minute after each other."""
    for number in range(5):
        path = "/companies" if number % 2 else "/customers"
        assert api.post(path, json={"name": f"Number {number}"}).status_code == 201
        harness.clock.advance("1m")
    return [each["id"] for each in page(api)["data"]]


def page(api: httpx.Client, **query: Any) -> Body:
    """`filter_userId=…` is the parameter `filter[userId]`."""
    named = {f"filter[{name[7:]}]" if name.startswith("filter_") else name: value for name, value in query.items()}
    answer = api.get("/audit-logs", params=named)
    assert answer.status_code == 200, answer.text
    found: Body = answer.json()
    return found


def shown(found: Body) -> list[str]:
    return [each["id"] for each in found["data"]]


def follow(api: httpx.Client, link: str) -> Body:
    found: Body = api.get(link.removeprefix("/v1")).json()
    return found


def test_a_page_tells_how_many_it_has_and_how_many_there_are(ids: list[str], api: httpx.Client) -> None:
    found = page(api, count=2)
    assert found["meta"] == {"count": 2, "total": 5, "cursorCount": 5}
    assert found["links"] == {
        "self": "/v1/audit-logs?count=2",
        "first": "/v1/audit-logs?count=2",
        "prev": f"/v1/audit-logs?count=2&after={ids[0]}",
        "next": f"/v1/audit-logs?count=2&before={ids[1]}",
    }


@pytest.mark.parametrize("choice", ["newest", "oldest"])
@pytest.mark.parametrize("query", [{}, {"filter_start": "2026-01-01T00:00:00Z"}])
def test_links_lead_through_all_pages_and_back(
    query: Body, choice: str, ids: list[str], kustomer: Account, api: httpx.Client
) -> None:
    kustomer.quirks["audit_log_order"] = choice
    pages = [page(api, count=2, **query)]
    while pages[-1]["data"]:
        pages.append(follow(api, pages[-1]["links"]["next"]))
    assert [shown(each) for each in pages] == [[*part] for part in _parts(ids if choice == "newest" else ids[::-1])]
    assert (pages[-1]["links"]["next"], pages[-1]["links"]["prev"]) == (None, None)
    back = follow(api, pages[2]["links"]["prev"])
    assert shown(back) == shown(pages[1])
    assert shown(follow(api, pages[0]["links"]["prev"])) == []


def _parts(ids: list[str]) -> list[list[str]]:
    return [ids[:2], ids[2:4], ids[4:], []]


def test_both_cursors_hold_a_page_between_them(ids: list[str], api: httpx.Client) -> None:
    found = page(api, before=ids[0], after=ids[3])
    assert shown(found) == ids[1:3]
    assert found["links"]["self"] == f"/v1/audit-logs?count=100&after={ids[3]}&before={ids[0]}"


@pytest.mark.parametrize("query", [{}, {"filter_start": "2026-01-01T00:00:00Z"}])
@pytest.mark.parametrize("cursor", ["before", "after"])
def test_nothing_comes_before_or_after_an_unknown_id(
    cursor: str, query: Body, ids: list[str], api: httpx.Client
) -> None:
    assert shown(page(api, **{cursor: NOBODY}, **query)) == []


def test_an_empty_cursor_is_none(ids: list[str], api: httpx.Client) -> None:
    assert shown(page(api, before="", after="")) == ids


def test_filters_count_and_stand_in_the_links(ids: list[str], api: httpx.Client) -> None:
    found = page(api, count=1, filter_objectType="company")
    assert (shown(found), found["meta"]) == ([ids[1]], {"count": 1, "total": 2, "cursorCount": 2})
    assert found["links"]["next"] == f"/v1/audit-logs?count=1&before={ids[1]}&filter%5BobjectType%5D=company"
    assert shown(follow(api, found["links"]["next"])) == [ids[3]]


def test_an_object_is_filtered_by_together_with_its_type(ids: list[str], api: httpx.Client) -> None:
    one = page(api, count=1)["data"][0]["attributes"]["objectId"]
    assert shown(page(api, filter_objectType="customer", filter_objectId=one)) == ids[:1]
    answer = api.get("/audit-logs", params={"filter[objectId]": one})
    assert answer.json()["errors"] == [
        {
            "status": 400,
            "source": {"parameter": "objectType"},
            "code": "badparam",
            "title": "Missing required property: objectType",
            "detail": "/dependencies/objectId/required/0",
        }
    ]


def test_logs_of_a_span_of_time_and_of_a_user_are_found(ids: list[str], api: httpx.Client) -> None:
    span = page(api, filter_start="2026-01-15T09:01:00Z", filter_end="2026-01-15T09:03:00Z")
    assert shown(span) == ids[2:4]
    me = api.get("/users/current").json()["data"]["id"]
    assert (shown(page(api, filter_userId=me)), shown(page(api, filter_userId=NOBODY))) == (ids, [])


@pytest.mark.parametrize("query", ["count=0", "count=1001", "filter[start]=yesterday", "filter[objectType]=team"])
def test_a_query_that_makes_no_sense_is_refused(query: str, api: httpx.Client) -> None:
    assert api.get(f"/audit-logs?{query}").status_code == 400


def test_a_cursor_stands_in_links_as_an_address_has_it(ids: list[str], api: httpx.Client) -> None:
    assert page(api, before="a&count=1 é")["links"]["self"] == "/v1/audit-logs?count=100&before=a%26count%3D1%20%C3%A9"
