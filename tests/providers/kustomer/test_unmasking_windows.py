"""Windows in which what is masked of a customer may be read."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import httpx
import pytest

from harness import Account, Sandbox

pytestmark = pytest.mark.harness(world="empty")

Untouched = Callable[[], AbstractContextManager[None]]


@pytest.fixture(autouse=True)
def still(harness: Sandbox) -> None:
    """Requests take no time."""
    harness.clock.tick = 0


@pytest.fixture
def path(api: httpx.Client) -> str:
    return f"/customers/{api.post('/customers', json={'name': 'Odile'}).json()['data']['id']}"


def attributes(api: httpx.Client, path: str) -> dict[str, Any]:
    found: dict[str, Any] = api.get(path).json()["data"]["attributes"]
    return found


def test_a_window_is_shown_with_the_customer(api: httpx.Client, path: str) -> None:
    response = api.post(f"{path}/unmasking-windows")
    assert response.status_code == 201
    customer = response.json()["data"]
    now = "2026-01-15T09:00:00.000Z"
    assert customer["attributes"]["unmaskingWindow"] == {
        "requestedBy": customer["relationships"]["modifiedBy"]["data"]["id"],
        "startDate": now,
        "endDate": "2026-01-15T17:00:00.000Z",
        "createdAt": now,
        "updatedAt": now,
    }
    assert (customer["attributes"]["modifiedAt"], customer["attributes"]["rev"]) == (now, 2)
    assert customer["links"] == {"self": f"/v1{path}"}
    assert api.get(path).json()["data"] == customer


@pytest.mark.parametrize(("choice", "hours"), [("eight_hours", 8), ("one_hour", 1)])
def test_a_window_ends_by_the_clock_after_as_long_as_the_quirk_says(
    api: httpx.Client, kustomer: Account, harness: Sandbox, path: str, choice: str, hours: int
) -> None:
    kustomer.quirks["unmasking_window_length"] = choice
    api.post(f"{path}/unmasking-windows")
    harness.clock.advance(f"{hours * 60 - 1}m")
    assert "unmaskingWindow" in attributes(api, path)
    harness.clock.advance("1m")
    later = attributes(api, path)
    assert "unmaskingWindow" not in later
    assert later["rev"] == 3
    assert later["modifiedAt"] == "2026-01-15T09:00:00.000Z"


def test_a_second_window_replaces_the_first_and_ends_later(api: httpx.Client, harness: Sandbox, path: str) -> None:
    api.post(f"{path}/unmasking-windows")
    harness.clock.advance("7h")
    second = api.post(f"{path}/unmasking-windows").json()["data"]["attributes"]["unmaskingWindow"]
    harness.clock.advance("7h")
    assert attributes(api, path)["unmaskingWindow"] == second
    harness.clock.advance("1h")
    assert "unmaskingWindow" not in attributes(api, path)


def test_a_deleted_window_is_gone_and_its_end_changes_nothing(api: httpx.Client, harness: Sandbox, path: str) -> None:
    api.post(f"{path}/unmasking-windows")
    assert api.delete(f"{path}/unmasking-windows").status_code == 204
    before = attributes(api, path)
    assert "unmaskingWindow" not in before
    assert harness.clock.next_due is None
    harness.clock.advance("8h")
    assert attributes(api, path) == before


def test_there_is_nothing_to_delete_where_no_window_is_open(api: httpx.Client, path: str, untouched: Untouched) -> None:
    with untouched():
        assert api.delete(f"{path}/unmasking-windows").status_code == 404


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_an_unknown_customer_has_no_window(api: httpx.Client, untouched: Untouched, method: str) -> None:
    with untouched():
        response = api.request(method, "/customers/65f0c1e7ad3b92846f1a70e3/unmasking-windows")
    assert response.status_code == 404
    assert response.json()["errors"][0]["source"] == {"parameter": "id"}


def test_a_window_ends_with_its_customer(api: httpx.Client, harness: Sandbox, path: str) -> None:
    api.post(f"{path}/unmasking-windows")
    api.delete(path)
    assert harness.clock.next_due is None
