"""Events of customers and the sessions they had: read, listed, filtered."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.harness(world="empty")

Body = dict[str, Any]

NOBODY = "65f0c1e7ad3b92846f1a70e3"


@pytest.fixture
def path(api: httpx.Client) -> str:
    """A customer that was made and changed."""
    path = f"/customers/{api.post('/customers', json={'name': 'Odile'}).json()['data']['id']}"
    api.patch(path, json={"name": "Odile Farrant"})
    return path


def test_the_events_of_a_customer_stand_newest_first(api: httpx.Client, path: str) -> None:
    page = api.get(f"{path}/events").json()
    assert page["meta"] == {}
    assert page["links"]["self"] == f"/v1{path}/events?page=1&pageSize=100"
    names = [each["attributes"]["name"] for each in page["data"]]
    assert names == ["kustomer.customer.update", "kustomer.customer.create"]


def test_an_event_of_a_change_tells_what_was_before_and_after(api: httpx.Client, path: str) -> None:
    event = api.get(f"{path}/events").json()["data"][0]
    changes = event["attributes"]["changes"]
    assert changes["attributes"]["displayName"] == {"op": "replace", "before": "Odile", "after": "Odile Farrant"}
    assert changes["attributes"]["lastName"] == {"op": "add", "before": None, "after": "Farrant"}
    assert changes["attributes"]["rev"] == {"op": "replace", "before": 1, "after": 2}
    assert changes["relationships"] == {}


def test_a_change_of_company_is_told_as_relationships_are_shown(api: httpx.Client, path: str) -> None:
    company = api.post("/companies", json={"name": "Fernhill"}).json()["data"]["id"]
    api.patch(path, json={"company": company})
    changes = api.get(f"{path}/events").json()["data"][0]["attributes"]["changes"]
    shown = {"links": {"self": f"/v1/companies/{company}"}, "data": {"type": "company", "id": company}}
    assert changes["relationships"] == {"company": {"op": "add", "before": None, "after": shown}}


def test_an_event_is_read_by_its_id(api: httpx.Client, path: str) -> None:
    event = api.get(f"{path}/events").json()["data"][0]
    assert event["links"] == {"self": f"/v1{path}/events/{event['id']}"}
    assert api.get(f"{path}/events/{event['id']}").json() == {"data": event}


def test_events_are_filtered_by_name_also_in_links(api: httpx.Client, path: str) -> None:
    page = api.get(f"{path}/events", params={"name": "kustomer.customer.create"}).json()
    assert [each["attributes"]["name"] for each in page["data"]] == ["kustomer.customer.create"]
    assert page["links"]["self"] == f"/v1{path}/events?page=1&pageSize=100&name=kustomer.customer.create"


def test_an_event_of_another_customer_is_not_found(api: httpx.Client, path: str) -> None:
    event = api.get(f"{path}/events").json()["data"][0]["id"]
    other = api.post("/customers", json={}).json()["data"]["id"]
    response = api.get(f"/customers/{other}/events/{event}")
    assert response.status_code == 404
    assert response.json()["errors"][0]["source"] == {"parameter": "id"}


@pytest.mark.parametrize(
    ("tail", "parameter"),
    [
        ("sessions", "id"),
        ("events", "id"),
        (f"events/{NOBODY}", "customerId"),
        ("sessions/s/events", "customerId"),
    ],
)
def test_an_unknown_customer_has_neither_events_nor_sessions(api: httpx.Client, tail: str, parameter: str) -> None:
    response = api.get(f"/customers/{NOBODY}/{tail}")
    assert response.status_code == 404
    assert response.json()["errors"][0]["source"] == {"parameter": parameter}


def test_an_unknown_session_is_not_found(api: httpx.Client, path: str) -> None:
    assert api.get(f"{path}/sessions").json()["data"] == []
    response = api.get(f"{path}/sessions/nothing/events")
    assert response.status_code == 404
    assert response.json()["errors"][0]["source"] == {"parameter": "sessionId"}
