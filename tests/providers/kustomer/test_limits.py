"""Rate limits: of the organisation, of searches, of what is made for one customer, of one object."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from harness import Account, Sandbox


@pytest.fixture
def customer(api: httpx.Client) -> str:
    """The id of a new customer."""
    id: str = api.post("/customers", json={"name": "Ann"}).json()["data"]["id"]
    return id


def test_what_is_left_of_a_minute_stands_in_every_answer(api: httpx.Client) -> None:
    left = [int(api.get("/tags").headers["x-ratelimit-remaining"]) for _ in range(3)]
    assert left == [999, 998, 997]


def test_the_reset_comes_only_with_the_refusal(harness: Sandbox, kustomer: Account, api: httpx.Client) -> None:
    assert "x-ratelimit-reset" not in api.get("/tags").headers
    kustomer.quotas["requests"].remaining = 0
    answer = api.get("/tags")
    assert answer.status_code == 429
    assert answer.json() == {"errors": [{"status": 429, "code": "toomanyrequests", "title": "Too Many Requests"}]}
    reset = datetime.fromtimestamp(int(answer.headers["x-ratelimit-reset"]), UTC)
    assert 0 < (reset - harness.clock.now).total_seconds() <= 61
    harness.clock.advance("1m")
    assert api.get("/tags").status_code == 200


@pytest.mark.harness(quirks={"kustomer": {"rate_limit_reset": "always"}})
def test_the_reset_comes_always_under_the_quirk(api: httpx.Client) -> None:
    assert "x-ratelimit-reset" in api.get("/tags").headers


@pytest.mark.parametrize(
    ("plan", "limit"), [("enterprise", 1000), ("ultimate", 2000), ("business", 500), ("professional", 300)]
)
def test_the_plan_sets_the_limit(plan: str, limit: int, kustomer: Account, api: httpx.Client) -> None:
    kustomer.quirks["rate_limit_plan"] = plan
    assert api.get("/tags").headers["x-ratelimit-limit"] == str(limit)


def test_searches_are_counted_apart(kustomer: Account, api: httpx.Client) -> None:
    body = {"queryContext": "customer"}
    answer = api.post("/customers/search", json=body)
    assert (answer.headers["x-ratelimit-limit"], answer.headers["x-ratelimit-remaining"]) == ("100", "99")
    assert api.get("/tags").headers["x-ratelimit-remaining"] == "999"
    kustomer.quotas["searches"].of(kustomer.api_key).remaining = 0
    assert api.post("/customers/search", json=body).status_code == 429
    assert api.get("/tags").status_code == 200


def test_so_much_is_made_for_one_customer_in_a_minute_unless_it_is_imported(
    kustomer: Account, api: httpx.Client, customer: str
) -> None:
    kustomer.quotas["creations"].limit = 2
    path = f"/customers/{customer}/conversations"
    assert [api.post(path, json={}).status_code for _ in range(3)] == [201, 201, 429]
    assert api.post(path, json={"importedAt": "2026-01-01T00:00:00Z"}).status_code == 201
    other = api.post("/customers", json={}).json()["data"]["id"]
    assert api.post(f"/customers/{other}/conversations", json={}).status_code == 201


def test_one_object_changes_only_so_often_a_minute(kustomer: Account, api: httpx.Client, customer: str) -> None:
    kustomer.quotas["object_updates"].limit = 1
    change: dict[str, Any] = {"name": "Anne"}
    assert [api.put(f"/customers/{customer}", json=change).status_code for _ in range(2)] == [200, 429]
    assert api.get(f"/customers/{customer}").json()["data"]["attributes"]["rev"] == 2


def test_the_limit_of_one_object_is_120_unless_the_quirk_takes_it_away(kustomer: Account) -> None:
    assert kustomer.quotas["object_updates"].limit == 120
    kustomer.quirks["object_rate_limit"] = "none"
    assert kustomer.quotas["object_updates"].limit > 1_000_000


def test_a_limit_of_one_customer_tells_of_the_organisations_budget_and_no_reset(
    kustomer: Account, api: httpx.Client, customer: str
) -> None:
    kustomer.quotas["creations"].limit = 0
    answer = api.post(f"/customers/{customer}/conversations", json={})
    assert answer.status_code == 429
    assert (answer.headers["x-ratelimit-limit"], answer.headers["x-ratelimit-remaining"]) == ("1000", "998")
    assert "x-ratelimit-reset" not in answer.headers
    assert kustomer.journal[-1].status == 429


def test_a_rate_limit_that_is_injected_says_when_it_ends(
    harness: Sandbox, kustomer: Account, api: httpx.Client
) -> None:
    harness.clock.tick = 0
    kustomer.faults.add("tags.list", "rate_limit", retry_after=30)
    answer = api.get("/tags")
    assert answer.status_code == 429
    reset = datetime.fromtimestamp(int(answer.headers["x-ratelimit-reset"]), UTC)
    assert (reset - harness.clock.now).total_seconds() == 30


def test_an_answer_tells_its_date_so_that_a_reset_can_be_measured(harness: Sandbox, api: httpx.Client) -> None:
    harness.clock.tick = 0
    assert api.get("/tags").headers["date"] == f"{harness.clock.now:%a, %d %b %Y %H:%M:%S} GMT"
