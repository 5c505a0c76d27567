"""Companies: made, changed, deleted and brought back, found by name and id."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import httpx
import pytest

from harness import Account, Sandbox

pytestmark = pytest.mark.harness(world="empty")

Body = dict[str, Any]
Untouched = Callable[[], AbstractContextManager[None]]


@pytest.fixture(autouse=True)
def still(harness: Sandbox) -> None:
    """Requests take no time."""
    harness.clock.tick = 0


def made(api: httpx.Client, name: str = "Quayside Delicatessen", **body: Any) -> Body:
    response = api.post("/companies", json={"name": name, **body})
    assert response.status_code == 201, response.text
    found: Body = response.json()["data"]
    return found


def changed(api: httpx.Client, company: Body, **body: Any) -> Body:
    response = api.put(f"/companies/{company['id']}", json=body)
    assert response.status_code == 200, response.text
    found: Body = response.json()["data"]
    return found


def ids(api: httpx.Client, **params: str) -> list[str]:
    return [each["id"] for each in api.get("/companies", params=params).json()["data"]]


def error(response: httpx.Response) -> tuple[int, str]:
    (first,) = response.json()["errors"]
    return response.status_code, first["source"]["parameter"]


def test_a_company_shows_what_it_was_given_and_no_more(api: httpx.Client) -> None:
    company = made(api, domains=[{"domain": "quayside.example.org"}], emails=[{"email": "orders@example.org"}])
    now = "2026-01-15T09:00:00.000Z"
    assert company["attributes"] == {
        "name": "Quayside Delicatessen",
        "domains": [{"domain": "quayside.example.org"}],
        "emails": [{"type": "home", "email": "orders@example.org", "verified": False}],
        "tags": [],
        "rev": 1,
        "createdAt": now,
        "updatedAt": now,
        "modifiedAt": now,
    }
    assert company["links"] == {"self": f"/v1/companies/{company['id']}"}
    assert company["relationships"].keys() == {"org", "createdBy", "modifiedBy"}
    assert api.get(f"/companies/{company['id']}").json() == {"data": company}


def test_times_of_an_import_are_kept(api: httpx.Client) -> None:
    attributes = made(api, createdAt="2020-01-01T00:00:00Z", importedAt="2026-01-01T00:00:00Z")["attributes"]
    assert attributes["createdAt"] == "2020-01-01T00:00:00.000Z"
    assert attributes["importedAt"] == "2026-01-01T00:00:00.000Z"


def test_a_change_changes_what_is_given(api: httpx.Client) -> None:
    company = made(api, externalId="WS-118", employeeCount=14)
    attributes = changed(api, company, employeeCount=15, tags=["wholesale"], externalId=None, rev=1)["attributes"]
    assert (attributes["employeeCount"], attributes["rev"], len(attributes["tags"])) == (15, 2, 1)
    assert attributes["name"] == "Quayside Delicatessen"
    assert "externalId" not in attributes


def test_custom_attributes_are_joined_with_those_it_has(api: httpx.Client) -> None:
    names = {"regionStr": {"displayName": "Region"}, "shopsNum": {"displayName": "Shops"}}
    assert api.put("/metadata/company", json={"properties": names}).status_code == 200
    company = made(api, custom={"regionStr": "north"})
    custom = changed(api, company, custom={"shopsNum": 3})["attributes"]["custom"]
    assert custom == {"regionStr": "north", "shopsNum": 3}


def test_an_old_rev_is_a_conflict(api: httpx.Client, untouched: Untouched) -> None:
    company = made(api)
    changed(api, company, employeeCount=1)
    with untouched():
        assert error(api.put(f"/companies/{company['id']}", json={"employeeCount": 2, "rev": 1})) == (409, "rev")


@pytest.mark.parametrize("status", ["409", "400"])
def test_an_external_id_another_company_has_is_refused(
    api: httpx.Client, kustomer: Account, untouched: Untouched, status: str
) -> None:
    kustomer.quirks["duplicate_value"] = status
    made(api, externalId="WS-118")
    other = made(api)
    with untouched():
        refused = api.post("/companies", json={"name": "Other", "externalId": "WS-118"})
        assert error(refused) == (int(status), "externalId")
        assert error(api.put(f"/companies/{other['id']}", json={"externalId": "WS-118"})) == (int(status), "externalId")


def test_customers_show_the_new_name_of_their_company_without_a_change_of_theirs(api: httpx.Client) -> None:
    company = made(api, name="Fernhill")
    customer = api.post("/customers", json={"company": company["id"]}).json()["data"]
    changed(api, company, name="Fernhill Tearooms")
    later = api.get(f"/customers/{customer['id']}").json()["data"]
    customer["attributes"]["companyName"] = "Fernhill Tearooms"
    assert later == customer


def test_deleted_true_deletes_and_null_brings_back(api: httpx.Client) -> None:
    company = made(api, externalId="WS-118")
    path = f"/companies/{company['id']}"
    attributes = changed(api, company, deleted=True)["attributes"]
    assert (attributes["deleted"], attributes["deletedAt"], attributes["rev"]) == (True, attributes["updatedAt"], 2)
    assert api.get(path).status_code == 404
    assert ids(api) == []
    restored = changed(api, company, deleted=None)
    assert restored["attributes"].keys().isdisjoint(("deleted", "deletedAt"))
    assert api.get(path).json() == {"data": restored}
    assert ids(api, externalId="WS-118") == [company["id"]]


def test_a_deleted_company_takes_no_other_change(api: httpx.Client, untouched: Untouched) -> None:
    company = made(api)
    changed(api, company, deleted=True)
    with untouched():
        assert error(api.put(f"/companies/{company['id']}", json={"name": "Other"})) == (404, "id")
        assert error(api.put(f"/companies/{company['id']}", json={"deleted": True})) == (404, "id")


def test_a_company_does_not_come_back_to_an_id_another_one_has_now(api: httpx.Client, untouched: Untouched) -> None:
    company = made(api, externalId="WS-118")
    changed(api, company, deleted=True)
    made(api, externalId="WS-118")
    with untouched():
        assert error(api.put(f"/companies/{company['id']}", json={"deleted": None})) == (409, "externalId")


def test_companies_are_found_by_external_id(api: httpx.Client) -> None:
    company = made(api, externalId="WS-118")
    made(api, externalId="WS-1181")
    page = api.get("/companies", params={"externalId": "WS-118"}).json()
    assert [each["id"] for each in page["data"]] == [company["id"]]
    assert page["links"]["self"] == "/v1/companies?page=1&pageSize=100&externalId=WS-118"
    assert page["meta"] == {"pageSize": 100, "page": 1}
    assert ids(api, externalId="WS-118", page="2") == []
    assert ids(api, externalId="WS-0") == []


def test_companies_are_found_by_a_part_of_their_name(api: httpx.Client) -> None:
    tearooms, delicatessen = made(api, name="Fernhill Tearooms"), made(api)
    assert ids(api, filter="fernhill tearooms") == [tearooms["id"]]
    assert ids(api, filter="DELI") == [delicatessen["id"]]
    assert ids(api, filter="bakery") == []


def test_with_both_filters_neither_is_used(api: httpx.Client) -> None:
    made(api, externalId="1"), made(api, name="Fernhill")
    assert len(ids(api, externalId="1", filter="Fernhill")) == 2
