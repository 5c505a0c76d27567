"""Klasses: the kinds of objects an organisation defines."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import httpx
import pytest

from harness import Account
from harness.core.unit import Unit
from harness.providers.kustomer.klasses.klasses import named, plural

Body = dict[str, Any]
Untouched = Callable[[], AbstractContextManager[None]]
Within = Callable[[], AbstractContextManager[Unit]]

pytestmark = pytest.mark.harness(world="empty")


def make(api: httpx.Client, name: str, **more: Any) -> Body:
    response = api.post("/klasses", json={"name": name, **more})
    assert response.status_code == 200, response.text
    klass: Body = response.json()["data"]
    return klass


def names(api: httpx.Client, query: str = "") -> list[str]:
    data = api.get(f"/klasses{query}").json()["data"]
    return [klass["attributes"]["name"] for klass in data if klass["attributes"]["name"].startswith("firing")]


def test_a_klass_is_made_with_what_was_given(api: httpx.Client) -> None:
    klass = make(api, "firing", displayName="Firing", icon="flame")
    assert {name: value for name, value in klass["attributes"].items() if not name.endswith("At")} == {
        "name": "firing",
        "displayName": "Firing",
        "icon": "flame",
        "status": "enabled",
    }
    assert klass["relationships"]["kobjects"] == {"links": {"self": "/v1/klasses/firings"}}
    assert klass["links"] == {"self": f"/v1/klasses/{klass['id']}"}


def test_a_new_klass_is_201_where_success_is_uniform(kustomer: Account, api: httpx.Client) -> None:
    kustomer.quirks.set(success_status="uniform")
    assert api.post("/klasses", json={"name": "firing"}).status_code == 201


def test_a_klass_is_read_by_its_id(api: httpx.Client) -> None:
    klass = make(api, "firing")
    assert api.get(f"/klasses/{klass['id']}").json()["data"] == klass


def test_an_id_of_no_klass_is_not_found(api: httpx.Client) -> None:
    for response in (
        api.get("/klasses/6666c3656dc3d121c605ab1e"),
        api.put("/klasses/6666c3656dc3d121c605ab1e", json={}),
        api.delete("/klasses/6666c3656dc3d121c605ab1e"),
    ):
        assert response.status_code == 404
        assert response.json()["errors"][0]["source"] == {"parameter": "id"}


def test_a_change_keeps_the_rest_and_says_that_no_app_turned_it_off(api: httpx.Client) -> None:
    klass = make(api, "firing", icon="flame")
    changed = api.put(f"/klasses/{klass['id']}", json={"displayName": "Kiln", "mixins": ["assignable"]}).json()["data"]
    attributes = changed["attributes"]
    assert (attributes["displayName"], attributes["icon"], attributes["mixins"]) == ("Kiln", "flame", ["assignable"])
    assert attributes["appDisabled"] is False
    assert attributes["createdAt"] == klass["attributes"]["createdAt"] < attributes["updatedAt"]


def test_the_list_has_those_that_are_enabled_unless_others_are_asked_for(api: httpx.Client) -> None:
    make(api, "firing")
    off = make(api, "firing-two")
    api.put(f"/klasses/{off['id']}", json={"status": "disabled"})
    assert names(api) == names(api, "?status=enabled") == ["firing"]
    assert names(api, "?status=disabled") == ["firing-two"]
    assert names(api, "?status=existing_only") == []


@pytest.mark.parametrize("name", ["firing", "Firing", "firings"])
def test_a_name_that_is_taken_also_as_a_plural_is_a_conflict(
    api: httpx.Client, untouched: Untouched, name: str
) -> None:
    make(api, "firing")
    with untouched():
        response = api.post("/klasses", json={"name": name})
    assert response.status_code == 409
    assert response.json()["errors"][0]["source"] == {"parameter": "name"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("order", "orders"),
        ("call_back_request", "call_back_requests"),
        ("category", "categories"),
        ("day", "days"),
        ("box", "boxes"),
        ("glass", "glasses"),
        ("batch", "batches"),
        ("DISH", "DISHes"),
        ("y", "ys"),
        ("order-2", "order-2s"),
    ],
)
def test_the_plural_of_a_name_is_english(name: str, expected: str) -> None:
    assert plural(name) == expected


def test_a_klass_is_found_by_its_name_and_its_plural(within: Within, api: httpx.Client) -> None:
    klass = make(api, "category")
    with within() as unit:
        found = [named(unit, name) for name in ("category", "categories", "Category", "categorys")]
    assert [each and each["id"] for each in found] == [klass["id"], klass["id"], None, None]


def test_a_klass_of_tasks_says_so(api: httpx.Client) -> None:
    assert make(api, "firing", klassSchema="task")["attributes"]["klassSchema"] == "task"


def test_the_properties_of_a_schema_become_custom_attributes(api: httpx.Client) -> None:
    klass = make(api, "firing", jsonSchema={"properties": {"heatNum": {}, "title": {}}})
    api.put(f"/klasses/{klass['id']}", json={"jsonSchema": {"properties": {"kilnStr": {}}}})
    known = api.get("/metadata/kobject.firing").json()["data"]["attributes"]["properties"]
    assert {name: each["type"] for name, each in known.items()} == {"heatNum": "number", "kilnStr": "string"}


@pytest.mark.parametrize("schema", [None, 5, [], {}, {"properties": []}])
def test_a_schema_without_properties_defines_nothing(api: httpx.Client, schema: Any) -> None:
    make(api, "firing", jsonSchema=schema)
    assert api.get("/metadata/kobject.firing").json()["data"]["attributes"]["properties"] == {}


def test_a_klass_without_objects_can_be_deleted(api: httpx.Client) -> None:
    klass = make(api, "firing")
    response = api.delete(f"/klasses/{klass['id']}")
    assert (response.status_code, response.content) == (204, b"")
    assert api.get(f"/klasses/{klass['id']}").status_code == 404
    make(api, "firing")


@pytest.mark.parametrize(("status", "code"), [(409, "conflict"), (400, "badparam")])
def test_a_klass_with_objects_cannot_be_deleted(
    kustomer: Account, api: httpx.Client, untouched: Untouched, status: int, code: str
) -> None:
    kustomer.quirks.set(klass_in_use=str(status))
    klass = make(api, "firing")
    kobject = api.post("/klasses/firing", json={"title": "Bisque"}).json()["data"]
    with untouched():
        response = api.delete(f"/klasses/{klass['id']}")
    assert response.json() == {"errors": [{"status": status, "code": code, "title": "Conflict"}]}
    api.delete(f"/klasses/firing/{kobject['id']}")
    assert api.delete(f"/klasses/{klass['id']}").status_code == 204


def test_the_name_of_a_klass_leads_to_its_objects_or_to_itself(kustomer: Account, api: httpx.Client) -> None:
    klass = make(api, "firing")
    assert api.get("/klasses/firing").json()["data"] == []
    kustomer.quirks.set(klass_path="klass")
    assert api.get("/klasses/firing").json() == {"data": klass}
    assert api.get("/klasses/firings").json()["data"] == []
