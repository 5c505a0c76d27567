"""Searching contacts: one exact condition."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from harness import Account

Body = dict[str, Any]


def condition(field: str, value: Any, **more: Any) -> Body:
    return {"query": {"value": [{"field": field, "operator": "=", "value": value, **more}]}}


def found(api: httpx.Client, field: str, value: Any, **more: Any) -> list[str]:
    response = api.post("/contacts/search", json=condition(field, value, **more))
    assert response.status_code == 200
    return [each["first_name"] for each in response.json()["results"]]


@pytest.fixture
def ids(superchat: Account) -> dict[str, str]:
    return {each["name"]: each["id"] for each in superchat.collection("custom_attributes")}


@pytest.mark.parametrize(
    ("field", "value", "name"),
    [
        ("mail", "zoe.bronte@example.com", "Zoë"),
        ("mail", "ZOE.Bronte@Example.com", "Zoë"),
        ("mail", "petra.vielfach@example.org", "Petra"),
        ("phone", "+447700900211", "Zoë"),
        ("phone", "+33199002220", "Petra"),
        ("instagram", "petra.vielfach", "Petra"),
        ("instagram", "kletter.max", "Max"),
    ],
)
def test_a_handle_finds_its_contact(api: httpx.Client, field: str, value: str, name: str) -> None:
    assert found(api, field, value) == [name]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("mail", "zoe.bronte"),
        ("mail", "zoe.bronte@example.com "),
        ("mail", "+447700900211"),
        ("phone", "447700900211"),
        ("phone", "zoe.bronte@example.com"),
        ("instagram", "Kletter.Max"),
        ("instagram", "petra_vielfach"),
        ("mail", ""),
        ("mail", "\u0000"),
    ],
)
def test_nothing_found_is_a_success_without_results(api: httpx.Client, field: str, value: str) -> None:
    assert found(api, field, value) == []


def test_a_result_is_the_whole_contact(api: httpx.Client) -> None:
    page = api.post("/contacts/search", json=condition("mail", "zoe.bronte@example.com")).json()
    assert page["url"] == "/contacts/search"
    assert set(page["pagination"].values()) == {None}
    assert api.get(page["results"][0]["url"]).json() == page["results"][0]


@pytest.mark.parametrize(
    ("name", "value", "names"),
    [
        ("Kundennummer", "K-10002", {"Claudia"}),
        ("Bestellungen", 41, {"Petra"}),
        ("Bestellungen", 41.0, {"Petra"}),
        ("Stufe", "Gold", {"Petra", "Claudia"}),
        ("Geburtstag", "2000-02-29", {"Björn"}),
        ("Letzter Besuch im Laden", "2023-12-22T16:05:00Z", {"Claudia"}),
        ("Stufe", "gold", set()),
        ("Stufe", "Platin", set()),
        ("Bestellungen", 42, set()),
        ("Kundennummer", None, set()),
        ("Bestellungen", True, set()),
    ],
)
def test_a_custom_attribute_is_matched_by_its_value(
    api: httpx.Client, ids: dict[str, str], name: str, value: Any, names: set[str]
) -> None:
    assert set(found(api, "custom_attribute", value, identifier=ids[name])) == names


def test_a_multi_select_is_matched_by_one_of_its_values(api: httpx.Client, ids: dict[str, str]) -> None:
    assert "Max" in found(api, "custom_attribute", "Klettern", identifier=ids["Interessen"])


@pytest.mark.parametrize(
    ("identifier", "value", "name"), [("first_name", "Zoë", "Zoë"), ("last_name", "Brontë", "Zoë")]
)
def test_a_built_in_attribute_is_matched_by_its_name(api: httpx.Client, identifier: str, value: str, name: str) -> None:
    assert found(api, "custom_attribute", value, identifier=identifier) == [name]


def test_gender_is_a_built_in_attribute(api: httpx.Client) -> None:
    contacts = api.get("/contacts?limit=100").json()["results"]
    diverse = [each["first_name"] for each in contacts if each["gender"] == "diverse"]
    assert found(api, "custom_attribute", "diverse", identifier="gender") == diverse


@pytest.mark.parametrize("value", ["None", None, "null", ""])
def test_a_missing_name_is_not_found_by_any_text(api: httpx.Client, value: str | None) -> None:
    assert found(api, "custom_attribute", value, identifier="first_name") == []


def test_a_text_is_not_found_by_a_number(api: httpx.Client, ids: dict[str, str]) -> None:
    number = ids["Kundennummer"]
    body = {"handles": [{"value": "x@example.com"}], "custom_attributes": [{"id": number, "value": "5.0"}]}
    api.post("/contacts", json=body)
    assert found(api, "custom_attribute", 5, identifier=number) == []
    assert found(api, "custom_attribute", "5.0", identifier=number) == [None]


def test_a_search_sees_what_was_just_changed(api: httpx.Client, ids: dict[str, str]) -> None:
    made = api.post("/contacts", json={"first_name": "A", "handles": [{"value": "old@example.com"}]}).json()
    handles = [{**made["handles"][0], "value": "new@example.com"}]
    values = [{"id": ids["Stufe"], "value": "Silber"}]
    api.patch(made["url"], json={"handles": handles, "custom_attributes": values})
    assert found(api, "mail", "old@example.com") == []
    assert found(api, "mail", "new@example.com") == ["A"]
    assert "A" in found(api, "custom_attribute", "Silber", identifier=ids["Stufe"])


def test_a_deleted_contact_is_not_found(api: httpx.Client) -> None:
    made = api.post("/contacts", json={"handles": [{"value": "old@example.com"}]}).json()
    api.delete(made["url"])
    assert found(api, "mail", "old@example.com") == []


def test_results_are_newest_first(api: httpx.Client, ids: dict[str, str]) -> None:
    for number in range(3):
        body = {
            "first_name": f"N{number}",
            "handles": [{"value": f"n{number}@example.com"}],
            "custom_attributes": [{"id": ids["Kundennummer"], "value": "same"}],
        }
        api.post("/contacts", json=body)
    assert found(api, "custom_attribute", "same", identifier=ids["Kundennummer"]) == ["N2", "N1", "N0"]


@pytest.mark.parametrize("more", [{"column": "value"}, {"column": None}, {"type": "mail"}, {"type": None}, {"x": 1}])
def test_further_keys_of_the_schema_are_accepted(api: httpx.Client, more: Body) -> None:
    assert found(api, "mail", "zoe.bronte@example.com", **more) == ["Zoë"]


EXPRESSION = {"field": "mail", "operator": "=", "value": "zoe.bronte@example.com"}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"query": {}},
        {"query": None},
        {"query": {"value": None}},
        {"query": {"value": []}},
        {"query": {"value": EXPRESSION}},
        {"query": {"value": [EXPRESSION, EXPRESSION]}},
        {"query": {"value": [{**EXPRESSION, "field": "telegram"}]}},
        {"query": {"value": [{**EXPRESSION, "field": "first_name"}]}},
        {"query": {"value": [{**EXPRESSION, "operator": "!="}]}},
        {"query": {"value": [{**EXPRESSION, "operator": "contains"}]}},
        {"query": {"value": [{"field": "mail", "operator": "="}]}},
        {"query": {"value": [{"field": "mail", "value": "x"}]}},
        {"query": {"value": [{"operator": "=", "value": "x"}]}},
        {"query": {"value": [{**EXPRESSION, "value": 5}]}},
        {"query": {"value": [{**EXPRESSION, "value": None}]}},
        {"query": {"value": [{**EXPRESSION, "value": ["x"]}]}},
        {"query": {"value": [{**EXPRESSION, "type": "fax"}]}},
        {"query": {"value": [{**EXPRESSION, "field": "custom_attribute"}]}},
        {"query": {"value": [{**EXPRESSION, "field": "custom_attribute", "identifier": None}]}},
        {"query": {"value": [{**EXPRESSION, "field": "custom_attribute", "identifier": ""}]}},
        {"query": {"value": [{**EXPRESSION, "field": "custom_attribute", "identifier": "ca_nobody"}]}},
        {"query": {"value": [{**EXPRESSION, "field": "custom_attribute", "identifier": "Kundennummer"}]}},
        {"query": {"value": [{"field": "custom_attribute", "operator": "=", "value": [1], "identifier": "gender"}]}},
        {"query": {"value": [{"field": "custom_attribute", "operator": "=", "value": {}, "identifier": "gender"}]}},
        [],
    ],
    ids=str,
)
def test_a_search_that_makes_no_sense_is_400(api: httpx.Client, body: Any) -> None:
    response = api.post("/contacts/search", json=body)
    assert response.status_code == 400
    assert response.json()["errors"][0]["url"] == "/contacts/search"


def test_paging_is_in_the_query_string_not_in_the_body(api: httpx.Client, ids: dict[str, str]) -> None:
    body = {**condition("custom_attribute", "Gold", identifier=ids["Stufe"]), "limit": 1}
    assert len(api.post("/contacts/search", json=body).json()["results"]) == 2
    page = api.post("/contacts/search?limit=1", json=body).json()
    assert len(page["results"]) == 1
    assert page["pagination"]["next_url"] == f"/contacts/search?after={page['results'][0]['id']}&limit=1"


def test_a_search_is_no_creation(api: httpx.Client, superchat: Account) -> None:
    superchat.quirks["post_status"] = "201"
    before = superchat.state
    assert found(api, "mail", "nobody@example.com") == []
    assert superchat.state == before
