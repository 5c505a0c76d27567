"""Objects of klasses, and what they leave on customers."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import httpx
import pytest

from harness import Account, Sandbox
from harness.core.exchange import Refused
from harness.core.unit import Unit
from harness.providers.kustomer.actor import KEY
from harness.providers.kustomer.klasses import custom_objects

Body = dict[str, Any]
Untouched = Callable[[], AbstractContextManager[None]]
Within = Callable[[], AbstractContextManager[Unit]]

pytestmark = pytest.mark.harness(world="empty")

NOBODY = "6666c3656dc3d121c605ab1e"


@pytest.fixture(autouse=True)
def order(api: httpx.Client) -> None:
    """A klass with a few custom attributes, and one beside it."""
    for name in ("order", "kiln"):
        api.post("/klasses", json={"name": name})
    api.put("/metadata/kobject.order", json={"properties": {"numberNum": {}, "stateStr": {}}})


@pytest.fixture
def customer(api: httpx.Client) -> str:
    return str(api.post("/customers", json={"name": "Odile Farrant"}).json()["data"]["id"])


def make(api: httpx.Client, path: str = "/klasses/order", /, **body: Any) -> Body:
    response = api.post(path, json={"title": "Order", **body})
    assert response.status_code == 201, response.text
    kobject: Body = response.json()["data"]
    return kobject


def listed(api: httpx.Client, path: str) -> list[str]:
    response = api.get(path)
    assert response.status_code == 200, response.text
    return [each["id"] for each in response.json()["data"]]


def problem(response: httpx.Response) -> tuple[int, str | None]:
    error = response.json()["errors"][0]
    return response.status_code, error.get("source", {}).get("parameter")


def work(within: Within, kobject: Body, **body: Any) -> None:
    with within() as unit:
        custom_objects.update(unit, unit["kobjects"][kobject["id"]], body, KEY)


# Making


def test_an_object_has_the_form_that_was_recorded(api: httpx.Client) -> None:
    kobject = make(api, custom={"numberNum": 5531})
    at = kobject["attributes"]["createdAt"]
    org = kobject["relationships"]["org"]
    assert kobject == {
        "type": "kobject.order",
        "id": kobject["id"],
        "attributes": {
            "title": "Order",
            "images": [],
            "custom": {"numberNum": 5531},
            "tags": [],
            "createdAt": at,
            "updatedAt": at,
            "rev": 1,
            "roleGroupVersions": [],
        },
        "relationships": {
            "org": org,
            "klass": {"link": {"self": "/v1/klasses/order"}, "data": {"type": "klass", "id": "order"}},
        },
        "links": {"self": f"/v1/klasses/orders/{kobject['id']}"},
    }


def test_an_object_keeps_all_it_was_given(api: httpx.Client) -> None:
    given = {
        "externalId": "5530",
        "description": "Two mugs",
        "images": ["https://example.com/mug.png"],
        "icon": "parcel",
        "data": {"lines": [1, 2]},
        "createdAt": "2026-01-02T03:04:05.000Z",
        "importedAt": "2026-01-03T03:04:05.000Z",
    }
    attributes = make(api, **given)["attributes"]
    assert {name: attributes[name] for name in given} == given


def test_tags_by_name_become_ids(api: httpx.Client) -> None:
    first, second = make(api, tags=["glaze"]), make(api, tags=["glaze"])
    assert first["attributes"]["tags"] == second["attributes"]["tags"]
    assert api.get(f"/tags/{first['attributes']['tags'][0]}").json()["data"]["attributes"]["name"] == "glaze"


def test_the_first_revision_is_a_quirk(kustomer: Account, api: httpx.Client) -> None:
    kustomer.quirks.set(first_rev="0")
    kobject = make(api)
    assert kobject["attributes"]["rev"] == 0
    changed = api.put(f"/klasses/order/{kobject['id']}", json={"title": "Paid", "rev": 0}).json()["data"]
    assert changed["attributes"]["rev"] == 1


def test_an_object_of_a_company_is_listed_there(api: httpx.Client) -> None:
    company = api.post("/companies", json={"name": "Tidewick"}).json()["data"]["id"]
    kobject = make(api, company=company)
    make(api)
    assert kobject["relationships"]["company"]["data"] == {"type": "company", "id": company}
    assert listed(api, f"/companies/{company}/klasses/orders") == [kobject["id"]]
    assert listed(api, f"/companies/{company}/klasses/kiln") == []


@pytest.mark.parametrize("name", ["customer", "company"])
@pytest.mark.parametrize("id", [NOBODY, "nobody"])
def test_nobody_can_own_an_object(api: httpx.Client, untouched: Untouched, name: str, id: str) -> None:
    with untouched():
        response = api.post("/klasses/order", json={"title": "Order", name: id, "tags": ["new"]})
    assert problem(response) == (400, name)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_klass_nobody_defined_is_not_found(api: httpx.Client, method: str) -> None:
    assert problem(api.request(method, "/klasses/teacup", json={"title": "x"})) == (404, "name")


def test_an_external_id_is_taken_once_a_klass(kustomer: Account, api: httpx.Client, untouched: Untouched) -> None:
    make(api, externalId="7")
    make(api, "/klasses/kiln", externalId="7")
    with untouched():
        assert problem(api.post("/klasses/order", json={"title": "Order", "externalId": "7"})) == (409, "externalId")
    kustomer.quirks.set(duplicate_value="400")
    assert problem(api.post("/klasses/order", json={"title": "Order", "externalId": "7"})) == (400, "externalId")


def test_a_role_for_one_klass_is_for_both_of_its_names(kustomer: Account) -> None:
    key = kustomer.issue_key(["org.permission.kobject.kobject_order.create"])
    with kustomer.client(headers={"Authorization": f"Bearer {key}"}) as api:
        statuses = [
            api.post(f"/klasses/{name}", json={"title": "x"}).status_code for name in ("order", "orders", "kiln")
        ]
    assert statuses == [201, 201, 403]


# Finding


def test_both_names_of_a_klass_stand_in_addresses(api: httpx.Client) -> None:
    kobject = make(api, "/klasses/orders", externalId="5530")
    for name in ("order", "orders"):
        assert api.get(f"/klasses/{name}/{kobject['id']}").json()["data"] == kobject
        assert api.get(f"/klasses/{name}/externalId=5530").json()["data"] == kobject
        assert listed(api, f"/klasses/{name}") == [kobject["id"]]


def test_an_object_of_another_klass_is_not_found(api: httpx.Client) -> None:
    kobject = make(api, externalId="5530")
    for response in (
        api.get(f"/klasses/kiln/{kobject['id']}"),
        api.put(f"/klasses/kiln/{kobject['id']}", json={"title": "x"}),
        api.delete(f"/klasses/kiln/{kobject['id']}"),
    ):
        assert problem(response) == (404, "id")
    assert problem(api.get("/klasses/kiln/externalId=5530")) == (404, "externalId")


def test_a_list_has_the_oldest_first_page_by_page(api: httpx.Client) -> None:
    ids = [make(api)["id"] for _ in range(3)]
    first = api.get("/klasses/order?pageSize=2").json()
    assert [each["id"] for each in first["data"]] == ids[:2]
    assert listed(api, first["links"]["next"].removeprefix("/v1")) == ids[2:]


def test_a_list_begins_with_what_was_changed_since_a_date(harness: Sandbox, api: httpx.Client) -> None:
    old, changed = make(api), make(api)
    harness.clock.advance("1d")
    since = api.put(f"/klasses/order/{changed['id']}", json={"title": "x"}).json()["data"]["attributes"]["updatedAt"]
    new = make(api)
    assert listed(api, f"/klasses/order?fromDate={since}") == [changed["id"], new["id"]]
    assert old["id"] in listed(api, "/klasses/order?fromDate=2020-01-01T00:00:00Z")


# Changing


def test_a_change_keeps_the_rest_and_counts_the_revision(api: httpx.Client) -> None:
    kobject = make(api, externalId="5", custom={"numberNum": 5})
    body = {"custom": {"stateStr": "sent"}, "tags": ["late"], "rev": 1}
    attributes = api.put(f"/klasses/order/{kobject['id']}", json=body).json()["data"]["attributes"]
    assert (attributes["title"], attributes["externalId"], attributes["rev"]) == ("Order", "5", 2)
    assert attributes["custom"] == {"numberNum": 5, "stateStr": "sent"}
    assert len(attributes["tags"]) == 1
    assert attributes["createdAt"] == kobject["attributes"]["createdAt"] < attributes["updatedAt"]


def test_a_replacement_drops_what_is_left_out(api: httpx.Client, customer: str) -> None:
    full = {"externalId": "5", "description": "x", "icon": "y", "data": {}, "tags": ["late"]}
    kobject = make(api, customer=customer, images=["https://example.com"], custom={"numberNum": 5}, **full)
    path = f"/klasses/order/{kobject['id']}?replace=true"
    replaced = api.put(path, json={"title": "Paid", "custom": {"stateStr": "sent"}}).json()["data"]
    assert replaced["relationships"] == kobject["relationships"]
    assert {name: value for name, value in replaced["attributes"].items() if not name.endswith("At")} == {
        "title": "Paid",
        "images": [],
        "custom": {"stateStr": "sent"},
        "tags": [],
        "rev": 2,
        "roleGroupVersions": [],
    }


def test_a_replacement_needs_a_title(api: httpx.Client, untouched: Untouched) -> None:
    kobject = make(api)
    with untouched():
        response = api.put(f"/klasses/order/{kobject['id']}?replace=true", json={"icon": "x"})
    assert response.json()["errors"][0]["title"] == "Missing required property: title"


def test_an_old_revision_is_a_conflict(api: httpx.Client, untouched: Untouched) -> None:
    kobject = make(api)
    api.put(f"/klasses/order/{kobject['id']}", json={"title": "Paid"})
    with untouched():
        assert problem(api.put(f"/klasses/order/{kobject['id']}", json={"title": "Lost", "rev": 1})) == (409, "rev")


def test_a_deleted_object_is_not_found(kustomer: Account, api: httpx.Client) -> None:
    kobject = make(api, externalId="5")
    response = api.delete(f"/klasses/order/{kobject['id']}")
    assert (response.status_code, response.content) == (204, b"")
    assert problem(api.get(f"/klasses/order/{kobject['id']}")) == (404, "id")
    assert problem(api.get("/klasses/order/externalId=5")) == (404, "externalId")
    assert listed(api, "/klasses/order") == []
    make(api, externalId="5")
    kustomer.quirks.set(deleted_reads="document")
    attributes = api.get(f"/klasses/order/{kobject['id']}").json()["data"]["attributes"]
    assert attributes["deleted"] is True


def test_a_deleted_object_that_can_be_read_cannot_be_changed(
    kustomer: Account, api: httpx.Client, untouched: Untouched
) -> None:
    kustomer.quirks.set(deleted_reads="document")
    path = f"/klasses/order/{make(api)['id']}"
    assert api.delete(path).status_code == 204
    with untouched():
        assert problem(api.put(path, json={"title": "Sold"})) == (404, "id")
        assert problem(api.delete(path)) == (404, "id")


# Customers


def test_an_object_of_a_customer_is_listed_there(api: httpx.Client, customer: str) -> None:
    named = make(api, customer=customer)
    beneath = make(api, f"/customers/{customer}/klasses/orders", customer=NOBODY)
    other = make(api, f"/customers/{customer}/klasses/kiln")
    assert beneath["relationships"]["customer"] == {
        "links": {"self": f"/v1/customers/{customer}"},
        "data": {"type": "customer", "id": customer},
    }
    assert listed(api, f"/customers/{customer}/klasses/order") == [named["id"], beneath["id"]]
    assert listed(api, f"/customers/{customer}/klasses/kilns") == [other["id"]]


def test_nobody_has_no_objects(api: httpx.Client) -> None:
    assert problem(api.get(f"/customers/{NOBODY}/klasses/order")) == (404, "id")
    assert problem(api.post(f"/customers/{NOBODY}/klasses/order", json={"title": "x"})) == (404, "id")
    assert problem(api.get(f"/companies/{NOBODY}/klasses/order")) == (404, "id")


def test_a_customer_shows_a_relationship_for_each_klass_of_its_objects(api: httpx.Client, customer: str) -> None:
    def shown() -> Body:
        relationships = api.get(f"/customers/{customer}").json()["data"]["relationships"]
        return {name: each for name, each in relationships.items() if "meta" in each}

    assert shown() == {}
    orders = [make(api, customer=customer)["id"] for _ in range(2)]
    kiln = make(api, "/klasses/kiln", customer=customer)["id"]
    links = {"self": f"/v1/customers/{customer}/klasses/orders"}
    assert list(shown()) == ["kilns", "orders"]
    assert shown()["orders"] == {"links": links, "meta": {"kobject": True}}
    api.delete(f"/klasses/order/{orders[0]}")
    api.delete(f"/klasses/kiln/{kiln}")
    assert list(shown()) == ["orders"]
    api.delete(f"/klasses/order/{orders[1]}")
    assert shown() == {}


def test_a_customer_names_its_latest_objects_newest_first(api: httpx.Client, customer: str) -> None:
    before = api.get(f"/customers/{customer}").json()["data"]["attributes"]
    first, second = (make(api, customer=customer)["id"] for _ in range(2))
    changed = api.put(f"/klasses/order/{first}", json={"title": "Paid"}).json()["data"]["attributes"]["updatedAt"]
    after = api.get(f"/customers/{customer}").json()["data"]["attributes"]
    assert [item["id"] for item in after["recentItems"]] == [first, second]
    assert after["recentItems"][0] == {
        "type": "kobject",
        "id": first,
        "updatedAt": changed,
        "meta": {"klassName": "order"},
    }
    assert after["updatedAt"] == after["lastActivityAt"] == after["lastCustomerActivityAt"] == changed
    assert (after["modifiedAt"], after["rev"]) == (before["modifiedAt"], before["rev"] + 3)
    api.delete(f"/klasses/order/{first}")
    items = api.get(f"/customers/{customer}").json()["data"]["attributes"]["recentItems"]
    assert [item["id"] for item in items] == [second]


def test_a_customer_names_only_the_latest_of_many_objects(api: httpx.Client, customer: str) -> None:
    ids = [make(api, customer=customer)["id"] for _ in range(custom_objects.RECENT + 1)]
    items = api.get(f"/customers/{customer}").json()["data"]["attributes"]["recentItems"]
    assert [item["id"] for item in items] == ids[:0:-1]


def test_only_so_many_objects_are_made_for_a_customer_in_a_minute(
    kustomer: Account, api: httpx.Client, customer: str, untouched: Untouched
) -> None:
    path = f"/customers/{customer}/klasses/order"
    make(api, path)
    kustomer.quotas["creations"].of(f"{KEY.user} {customer}").remaining = 0
    with untouched():
        assert api.post(path, json={"title": "Order"}).status_code == 429
        assert api.post("/klasses/order", json={"title": "Order", "customer": customer}).status_code == 429
    make(api, path, importedAt="2026-01-01T00:00:00Z")
    make(api)


def test_one_object_is_changed_only_so_often_in_a_minute(
    kustomer: Account, api: httpx.Client, untouched: Untouched
) -> None:
    kobject, other = make(api), make(api)
    kustomer.quotas["object_updates"].of(f"{KEY.user} {kobject['id']}").remaining = 0
    with untouched():
        assert api.put(f"/klasses/order/{kobject['id']}", json={"title": "x"}).status_code == 429
    assert api.put(f"/klasses/order/{other['id']}", json={"title": "x"}).status_code == 200


# Objects that are worked off


def test_an_object_that_is_assignable_begins_open(api: httpx.Client) -> None:
    api.post("/klasses", json={"name": "task", "mixins": ["assignable"]})
    attributes = make(api, "/klasses/task")["attributes"]
    assert {name: attributes[name] for name in ("status", "doneCount", "reopenCount", "reopenFromDoneCount")} == {
        "status": "open",
        "doneCount": 0,
        "reopenCount": 0,
        "reopenFromDoneCount": 0,
    }


def test_an_object_counts_how_often_it_was_done_and_opened_again(
    harness: Sandbox, api: httpx.Client, within: Within
) -> None:
    api.post("/klasses", json={"name": "task", "mixins": ["assignable"]})
    harness.clock.tick = 0
    task = make(api, "/klasses/task")
    user = api.get("/users/current").json()["data"]["id"]
    harness.clock.advance("1m")
    work(within, task, status="done", assignedUser=user, queue=NOBODY)
    work(within, task, status="done")
    work(within, task, status="open")
    harness.clock.advance("30s")
    work(within, task, status="done", assignedUser=None)
    shown = api.get(f"/klasses/task/{task['id']}").json()["data"]
    attributes = shown["attributes"]
    assert [attributes[name] for name in ("status", "doneCount", "reopenCount", "reopenFromDoneCount")] == [
        "done",
        2,
        1,
        1,
    ]
    first, last = attributes["firstDone"], attributes["lastDone"]
    assert (first["time"], first["assignedUser"], first["createdBy"]) == (60_000, user, KEY.user)
    assert (last["time"], "assignedUser" in last) == (30_000, False)
    assert attributes["queue"] == NOBODY
    assert shown["relationships"]["queue"] == {
        "link": {"self": f"/v1/queues/{NOBODY}"},
        "data": {"type": "queue", "id": NOBODY},
    }


def test_an_object_that_is_not_assignable_is_not_worked_off(api: httpx.Client, within: Within) -> None:
    kobject = make(api)
    with pytest.raises(Refused):
        work(within, kobject, status="done")
    assert "status" not in api.get(f"/klasses/order/{kobject['id']}").json()["data"]["attributes"]


def test_nobody_can_be_assigned(api: httpx.Client, within: Within) -> None:
    api.post("/klasses", json={"name": "task", "mixins": ["assignable"]})
    with pytest.raises(Refused):
        work(within, make(api, "/klasses/task"), assignedUser=NOBODY)
