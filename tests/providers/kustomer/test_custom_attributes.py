"""Custom attributes: their definitions, and what `custom` may hold."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import httpx
import pytest

from harness.core.unit import Unit
from harness.providers.kustomer.klasses.custom_attributes import checked, display_name

Body = dict[str, Any]
Untouched = Callable[[], AbstractContextManager[None]]
Within = Callable[[], AbstractContextManager[Unit]]
UNKNOWN = "Additional properties not allowed"


pytestmark = pytest.mark.harness(world="empty")


def define(api: httpx.Client, resource: str = "customer", /, **properties: Body) -> Body:
    response = api.put(f"/metadata/{resource}", json={"properties": properties})
    assert response.status_code == 200, response.text
    known: Body = response.json()["data"]["attributes"]["properties"]
    return known


def problems(response: httpx.Response) -> list[tuple[str, str, str]]:
    assert response.status_code == 400
    return [(each["source"]["parameter"], each["title"], each["detail"]) for each in response.json()["errors"]]


@pytest.fixture
def order(api: httpx.Client) -> str:
    assert api.post("/klasses", json={"name": "order"}).status_code == 200
    return "kobject.order"


def write(api: httpx.Client, custom: Body) -> httpx.Response:
    return api.post("/klasses/order", json={"title": "Order", "custom": custom})


def kept(api: httpx.Client, custom: Body) -> Body:
    response = write(api, custom)
    assert response.status_code == 201, response.text
    found: Body = response.json()["data"]["attributes"]["custom"]
    return found


# Definitions


@pytest.mark.parametrize("resource", ["company", "conversation", "customer", "message"])
def test_every_kind_of_object_has_metadata_under_its_own_name(api: httpx.Client, resource: str) -> None:
    data = api.get(f"/metadata/{resource}").json()["data"]
    assert (data["type"], data["id"]) == ("metadata", resource)
    assert data["links"] == {"self": f"/v1/metadata/{resource}"}
    assert "properties" in data["attributes"]


def test_reading_metadata_of_nothing_leaves_no_trace(api: httpx.Client, untouched: Untouched) -> None:
    with untouched():
        assert api.get("/metadata/message").json()["data"]["attributes"] == {"properties": {}}


def test_a_klass_has_metadata_as_kobject_and_its_name(api: httpx.Client, order: str) -> None:
    define(api, order, totalPriceNum={})
    assert list(api.get("/metadata/kobject.order").json()["data"]["attributes"]["properties"]) == ["totalPriceNum"]


@pytest.mark.parametrize(
    "resource", ["teapot", "kobject.teapot", "kobject.orders", "kobject.ORDER", "order", "kobject."]
)
def test_other_metadata_does_not_exist(api: httpx.Client, order: str, resource: str) -> None:
    for response in (api.get(f"/metadata/{resource}"), api.put(f"/metadata/{resource}", json={})):
        assert response.status_code == 404
        assert response.json()["errors"][0]["source"] == {"parameter": "resource"}


@pytest.mark.parametrize(
    ("name", "type", "shown"),
    [
        ("shopCustomerIdNum", "number", "Shop Customer Id"),
        ("orderUpdatedAt", "date", "Order Updated"),
        ("newsletterBool", "boolean", "Newsletter"),
        ("studioStr", "string", "Studio"),
        ("longTxt", "string", "Long"),
        ("homeUrl", "string", "Home"),
        ("ordersId", "string", "Orders"),
        ("reasonTree", "string", "Reason"),
        ("rawDataObj", "object", "Raw Data"),
    ],
)
def test_type_and_display_name_follow_from_the_name(api: httpx.Client, name: str, type: str, shown: str) -> None:
    found = define(api, **{name: {}})[name]
    assert (found["type"], found["displayName"]) == (type, shown)


def test_abbreviations_and_numbers_are_words_of_a_display_name() -> None:
    assert [display_name(name) for name in ("homeURLStr", "line2Str", "shop_idNum")] == [
        "Home URL",
        "Line 2",
        "Shop Id",
    ]


def test_a_definition_says_who_changed_it_and_when(api: httpx.Client) -> None:
    found = define(api, studioStr={"displayName": "Favourite", "enumeration": ["a", "b"]})["studioStr"]
    assert (found["displayName"], found["enumeration"]) == ("Favourite", ["a", "b"])
    assert found["modifiedBy"] == api.get("/users/current").json()["data"]["id"]
    assert found["modifiedAt"] == found["updatedAt"]


def test_a_put_adds_to_what_is_there(api: httpx.Client) -> None:
    first = define(api, studioStr={"enumeration": ["a"]})
    second = define(api, newsletterBool={})
    assert second["studioStr"] == first["studioStr"]
    changed = define(api, studioStr={"displayName": "Mine"})["studioStr"]
    assert (changed["displayName"], changed["enumeration"]) == ("Mine", ["a"])


def test_standard_properties_and_relationships_are_kept(api: httpx.Client) -> None:
    for name in ("one", "two"):
        api.put("/metadata/customer", json={"standardProperties": {name: {}}, "relationships": {name: {}}})
    attributes = api.get("/metadata/customer").json()["data"]["attributes"]
    assert attributes["standardProperties"] == attributes["relationships"] == {"one": {}, "two": {}}


@pytest.mark.parametrize(
    ("name", "type"), [("aNum", "string"), ("aStr", "number"), ("aAt", "string"), ("aObj", "string")]
)
def test_a_type_that_is_not_that_of_the_ending_is_refused(
    api: httpx.Client, untouched: Untouched, name: str, type: str
) -> None:
    with untouched():
        response = api.put("/metadata/customer", json={"properties": {"fineStr": {}, name: {"type": type}}})
    detail = f"/properties/properties/properties/{name}/properties/type/enum"
    assert problems(response) == [("type", f'No enum match for: "{type}"', detail)]


def test_a_definition_leaves_an_audit_log(api: httpx.Client) -> None:
    define(api, studioStr={})
    attributes = api.get("/audit-logs?count=1").json()["data"][0]["attributes"]
    assert (attributes["objectType"], attributes["objectId"]) == ("metadata", "customer")
    assert attributes["changes"]["attributes"]["properties"]["after"]["studioStr"]["type"] == "string"


# Values


def test_an_unknown_attribute_is_refused_in_the_recorded_words(
    api: httpx.Client, order: str, untouched: Untouched
) -> None:
    with untouched():
        response = write(api, {"kilnColourHex": "aa"})
    assert response.json() == {
        "errors": [
            {
                "status": 400,
                "source": {"parameter": "kilnColourHex"},
                "code": "badparam",
                "title": UNKNOWN,
                "detail": "/properties/custom/additionalProperties",
            }
        ]
    }


GOOD = [
    ("aNum", 31),
    ("aNum", 31.5),
    ("aBool", False),
    ("aStr", ""),
    ("aStr", "x" * 1024),
    ("aTxt", "two\nlines"),
    ("aAt", "2016-11-06T13:54:29-05:00"),
    ("aUrl", "https://example.com/a"),
    ("aId", "anything"),
    ("aTree", "returns.damaged"),
    ("aObj", {"deep": [1]}),
]


@pytest.mark.parametrize(("name", "value"), GOOD)
def test_a_value_of_the_type_is_kept_as_it_was_given(api: httpx.Client, order: str, name: str, value: Any) -> None:
    define(api, order, **{name: {}})
    assert kept(api, {name: value}) == {name: value}


BAD = [
    ("aNum", "31", "Invalid type: string (expected number/null)", "type"),
    ("aNum", True, "Invalid type: boolean (expected number/null)", "type"),
    ("aBool", 1, "Invalid type: number (expected boolean/null)", "type"),
    ("aStr", 5, "Invalid type: number (expected string/null)", "type"),
    ("aStr", "x" * 1025, "String is too long (1025 chars), maximum 1024", "maxLength"),
    ("aTxt", "x" * 1025, "String is too long (1025 chars), maximum 1024", "maxLength"),
    ("aAt", 1479000000, "Invalid type: number (expected string/null)", "type"),
    ("aAt", "yesterday", "Format validation failed (must be a valid date-time)", "format"),
    ("aUrl", "no address", "Format validation failed (must be a valid uri)", "format"),
    ("aTree", {"a": 1}, "Invalid type: object (expected string/null)", "type"),
    ("aObj", [], "Invalid type: array (expected object/null)", "type"),
]


@pytest.mark.parametrize(("name", "value", "title", "keyword"), BAD)
def test_a_value_of_another_type_is_refused(
    api: httpx.Client, order: str, name: str, value: Any, title: str, keyword: str
) -> None:
    define(api, order, **{name: {}})
    assert problems(write(api, {name: value})) == [(name, title, f"/properties/custom/properties/{name}/{keyword}")]


def test_every_broken_value_is_told(api: httpx.Client, order: str) -> None:
    define(api, order, aNum={}, bBool={})
    told = problems(write(api, {"bBool": "no", "other": 1, "aNum": "1"}))
    assert [parameter for parameter, _, _ in told] == ["bBool", "other", "aNum"]


def test_an_enumeration_takes_nothing_else(api: httpx.Client, order: str) -> None:
    define(api, order, colourStr={"enumeration": ["red", "blue"]})
    assert kept(api, {"colourStr": "red"}) == {"colourStr": "red"}
    detail = "/properties/custom/properties/colourStr/enum"
    assert problems(write(api, {"colourStr": "pink"})) == [("colourStr", 'No enum match for: "pink"', detail)]


def test_an_attribute_of_many_values_takes_a_list(api: httpx.Client, order: str) -> None:
    define(api, order, partsId={"multi": True, "target": "kobject.order"})
    ids = ["6666c3656dc3d121c605ab1e"]
    assert kept(api, {"partsId": ids}) == {"partsId": ids}
    place = "/properties/custom/properties/partsId"
    assert problems(write(api, {"partsId": ids[0]})) == [
        ("partsId", "Invalid type: string (expected array/null)", f"{place}/type")
    ]
    assert problems(write(api, {"partsId": [*ids, 5, "x"]})) == [
        ("1", "Invalid type: number (expected string)", f"{place}/items/type"),
        ("2", "Format validation failed (must be a valid object-id)", f"{place}/items/format"),
    ]


def test_null_takes_a_value_away(api: httpx.Client, order: str) -> None:
    define(api, order, aNum={}, bStr={})
    made = api.post("/klasses/order", json={"title": "Order", "custom": {"aNum": 1, "bStr": None}}).json()["data"]
    assert made["attributes"]["custom"] == {"aNum": 1}
    changed = api.put(f"/klasses/order/{made['id']}", json={"custom": {"aNum": None, "bStr": "x"}}).json()["data"]
    assert changed["attributes"]["custom"] == {"bStr": "x"}


def test_a_deleted_attribute_is_unknown_until_it_is_restored(api: httpx.Client, order: str) -> None:
    define(api, order, aNum={})
    gone = define(api, order, aNum={"deletedAt": "2026-01-01T00:00:00Z"})["aNum"]
    assert gone["deletedAt"] == "2026-01-01T00:00:00.000Z"
    assert problems(write(api, {"aNum": 1}))[0][1] == UNKNOWN
    assert "deletedAt" not in define(api, order, aNum={"deletedAt": None})["aNum"]
    assert kept(api, {"aNum": 1}) == {"aNum": 1}


def test_a_deletion_at_no_moment_is_refused(api: httpx.Client) -> None:
    response = api.put("/metadata/customer", json={"properties": {"aNum": {"deletedAt": "never"}}})
    assert problems(response)[0][0] == "deletedAt"


def test_values_of_a_kind_are_checked_against_that_kind_alone(within: Within, api: httpx.Client) -> None:
    define(api, "customer", aNum={})
    with within() as unit:
        assert checked(unit, "customer", {"aNum": 2}, {"bStr": "x"}) == {"bStr": "x", "aNum": 2}
    assert problems(api.post("/companies", json={"name": "Kiln", "custom": {"aNum": 1}}))[0][1] == UNKNOWN


def test_the_metadata_of_a_klass_goes_with_it(api: httpx.Client, order: str) -> None:
    define(api, order, aNum={})
    klass = api.get("/klasses").json()["data"][-1]["id"]
    assert api.delete(f"/klasses/{klass}").status_code == 204
    assert api.get("/metadata/kobject.order").status_code == 404
    api.post("/klasses", json={"name": "order"})
    assert api.get("/metadata/kobject.order").json()["data"]["attributes"]["properties"] == {}
