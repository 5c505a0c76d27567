"""The list of customers: pages, sorted and filtered by times."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from harness import Account, Sandbox

pytestmark = pytest.mark.harness(world="empty")


@pytest.fixture(autouse=True)
def still(harness: Sandbox) -> None:
    """Requests take no time."""
    harness.clock.tick = 0


def made(api: httpx.Client, **body: Any) -> str:
    return str(api.post("/customers", json=body).json()["data"]["id"])


def ids(response: httpx.Response) -> list[str]:
    assert response.status_code == 200, response.text
    return [each["id"] for each in response.json()["data"]]


@pytest.fixture
def four(api: httpx.Client, harness: Sandbox) -> list[str]:
    """Customers made a minute apart; the first was changed last, the last was made before all others elsewhere."""
    found = []
    for name in ("d", "b", "C", "a"):
        found.append(made(api, name=name, **({"createdAt": "2025-01-01T00:00:00Z"} if name == "a" else {})))
        harness.clock.advance("1m")
    api.patch(f"/customers/{found[0]}", json={"username": "first"})
    return found


def test_a_list_has_totals_and_links_to_all_ends(api: httpx.Client, four: list[str]) -> None:
    page = api.get("/customers?page=2&pageSize=1").json()
    assert page["meta"] == {"pageSize": 1, "page": 2, "total": 4, "totalPages": 4}
    assert page["links"] == {
        "self": "/v1/customers?page=2&pageSize=1",
        "first": "/v1/customers?page=1&pageSize=1",
        "prev": "/v1/customers?page=1&pageSize=1",
        "next": "/v1/customers?page=3&pageSize=1",
        "last": "/v1/customers?page=4&pageSize=1",
    }
    assert [each["id"] for each in page["data"]] == [four[1]]


def test_an_empty_list_counts_the_page_its_last_link_leads_to_as_search_does(api: httpx.Client) -> None:
    pages = [api.get("/customers?pageSize=5").json(), api.post("/customers/search?pageSize=5", json={}).json()]
    assert [(page["meta"]["total"], page["meta"]["totalPages"]) for page in pages] == [(0, 1), (0, 1)]
    assert [page["links"]["last"].partition("?")[2] for page in pages] == ["page=1&pageSize=5"] * 2


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("createdAt", [3, 0, 1, 2]),
        ("-createdAt", [2, 1, 0, 3]),
        ("updatedAt", [1, 2, 3, 0]),
        ("-updatedAt", [0, 3, 2, 1]),
        ("name", [3, 1, 2, 0]),
        ("-name", [0, 2, 1, 3]),
        ("username", [0, 1, 2, 3]),
        ("-username", [0, 1, 2, 3]),
        ("emails", [0, 1, 2, 3]),
        ("whatever", [0, 1, 2, 3]),
    ],
)
def test_a_list_is_sorted_by_an_attribute(api: httpx.Client, four: list[str], sort: str, order: list[int]) -> None:
    expected = [four[number] for number in order]
    assert ids(api.get("/customers", params={"sort": sort})) == expected
    pages = [ids(api.get("/customers", params={"sort": sort, "pageSize": 3, "page": page})) for page in (1, 2, 3)]
    assert pages == [expected[:3], expected[3:], []]


@pytest.mark.parametrize(("choice", "order"), [("oldest", [0, 1, 2, 3]), ("newest", [3, 2, 1, 0])])
def test_which_end_of_a_list_comes_first_is_a_quirk(
    api: httpx.Client, kustomer: Account, four: list[str], choice: str, order: list[int]
) -> None:
    kustomer.quirks["list_order"] = choice
    expected = [four[number] for number in order]
    assert ids(api.get("/customers")) == expected
    assert ids(api.get("/customers", params={"filter[updatedAt][gte]": "2026-01-15T09:00:00Z"})) == expected


@pytest.mark.parametrize("sort", [None, "createdAt", "-createdAt", "updatedAt", "name"])
@pytest.mark.parametrize(
    ("operators", "found"),
    [
        ({"gte": 1}, [1, 2]),
        ({"gt": 1}, [2]),
        ({"lte": 1}, [3, 0, 1]),
        ({"lt": 1}, [3, 0]),
        ({"gte": 0, "lt": 2}, [0, 1]),
        ({"gt": 2}, []),
        ({"gt": 2, "lt": 1}, []),
        ({"gte": 0, "gt": 0, "lte": 2, "lt": 2}, [1]),
    ],
)
def test_a_list_is_filtered_by_the_time_of_creation(
    api: httpx.Client, four: list[str], sort: str | None, operators: dict[str, int], found: list[int]
) -> None:
    times = [api.get(f"/customers/{id}").json()["data"]["attributes"]["createdAt"] for id in four]
    params = {f"filter[createdAt][{operator}]": times[number] for operator, number in operators.items()}
    page = api.get("/customers", params=params if sort is None else {**params, "sort": sort})
    expected = [four[number] for number in found]
    assert set(ids(page)) == set(expected)
    assert page.json()["meta"]["total"] == len(expected)
    if sort in ("createdAt", "-createdAt"):
        assert ids(page) == (expected if sort == "createdAt" else expected[::-1])
    elif sort is None:
        assert ids(page) == sorted(expected)


def test_pages_of_a_filtered_and_sorted_list_join(api: httpx.Client, four: list[str]) -> None:
    params: dict[str, Any] = {"filter[createdAt][gte]": "2026-01-01T00:00:00Z", "sort": "-createdAt", "pageSize": 2}
    first, second = (api.get("/customers", params={**params, "page": page}) for page in (1, 2))
    assert ids(first) + ids(second) == [four[2], four[1], four[0]]
    assert first.json()["links"]["next"] == second.json()["links"]["self"]
    assert first.json()["links"]["last"] == second.json()["links"]["self"]


def test_filters_by_both_times_hold_together(api: httpx.Client, four: list[str]) -> None:
    params = {"filter[createdAt][gte]": "2026-01-01T00:00:00Z", "filter[updatedAt][lt]": "2026-01-15T09:03:00Z"}
    assert ids(api.get("/customers", params=params)) == [four[1], four[2]]
    assert ids(api.get("/customers", params={**params, "sort": "-updatedAt"})) == [four[2], four[1]]


def test_a_filter_by_what_is_no_time_is_refused(api: httpx.Client) -> None:
    response = api.get("/customers", params={"filter[createdAt][gte]": "yesterday"})
    assert response.status_code == 400
    assert response.json()["errors"][0]["source"] == {"parameter": "filter[createdAt][gte]"}
