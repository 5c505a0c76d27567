"""Custom attributes: their types, their options, and what they do to contacts."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from harness import Account

Body = dict[str, Any]
OPTIONS = ["rot", "grün", "blau"]
TYPES = ["text", "number", "dateonly", "datetime", "single_select", "multi_select"]
SELECTS = TYPES[4:]


def make(api: httpx.Client, type: str, name: str = "Neu", **more: Any) -> Body:
    options = {"option_values": OPTIONS} if type in SELECTS else {}
    response = api.post(
        "/custom-attributes", json={"name": name, "type": type, "resource": "contact", **options, **more}
    )
    assert response.status_code == 200
    made: Body = response.json()
    return made


def give(api: httpx.Client, attribute: Body, value: Any) -> httpx.Response:
    body = {
        "handles": [{"value": "a@example.com"}],
        "custom_attributes": [{"id": attribute["id"], "value": value}],
    }
    return api.post("/contacts", json=body)


def held(api: httpx.Client, contact: Body) -> list[Any]:
    return [each["value"] for each in api.get(contact["url"]).json()["custom_attributes"]]


def newest(api: httpx.Client) -> Body:
    first: Body = api.get("/custom-attributes?limit=1").json()["results"][0]
    return first


# Making


@pytest.mark.parametrize("type", TYPES)
def test_an_attribute_of_every_type_can_be_made(api: httpx.Client, type: str) -> None:
    made = make(api, type)
    assert {name: made[name] for name in ("name", "type", "resource", "read_only")} == {
        "name": "Neu",
        "type": type,
        "resource": "contact",
        "read_only": False,
    }
    assert newest(api) == made


def test_an_id_is_ca_and_21_letters_and_digits(api: httpx.Client) -> None:
    prefix, _, rest = make(api, "text")["id"].partition("_")
    assert (prefix, len(rest), rest.isalnum()) == ("ca", 21, True)


@pytest.mark.harness(quirks={"superchat": {"custom_attribute_id_prefix": "cat"}})
def test_all_ids_begin_with_cat_under_the_quirk(api: httpx.Client) -> None:
    make(api, "text")
    ids = {each["id"].partition("_")[0] for each in api.get("/custom-attributes").json()["results"]}
    contacts = api.get("/contacts?limit=100").json()["results"]
    ids |= {value["id"].partition("_")[0] for each in contacts for value in each["custom_attributes"]}
    assert ids == {"cat"}


@pytest.mark.parametrize("type", SELECTS)
def test_options_get_ids_and_keep_their_order(api: httpx.Client, type: str) -> None:
    options = make(api, type)["option_values"]
    assert [option["value"] for option in options] == OPTIONS
    assert len({option["id"] for option in options}) == 3


def test_an_option_named_twice_is_one(api: httpx.Client) -> None:
    options = make(api, "single_select", option_values=["a", "b", "a"])["option_values"]
    assert [option["value"] for option in options] == ["a", "b"]


@pytest.mark.parametrize(
    ("choice", "fields"),
    [
        ("both", {"option_values", "specification"}),
        ("option_values", {"option_values"}),
        ("specification", {"specification"}),
    ],
)
@pytest.mark.parametrize("type", ["text", "multi_select"])
def test_the_options_stand_under_the_names_the_quirk_says(
    api: httpx.Client, superchat: Account, choice: str, fields: set[str], type: str
) -> None:
    superchat.quirks["select_options_field"] = choice
    made = make(api, type)
    assert made.keys() & {"option_values", "specification"} == fields
    for field in fields:
        expected = OPTIONS if type == "multi_select" else []
        assert [option["value"] for option in made[field] or []] == expected


def test_read_only_is_fixed_at_creation(api: httpx.Client) -> None:
    made = make(api, "text", read_only=True)
    assert made["read_only"] is True
    assert api.put(f"/custom-attributes/{made['id']}", json={"name": "x", "read_only": False}).json()["read_only"]


GOOD = {"name": "Neu", "type": "text", "resource": "contact"}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": "Neu", "type": "text"},
        {"name": "Neu", "resource": "contact"},
        {"type": "text", "resource": "contact"},
        {**GOOD, "name": ""},
        {**GOOD, "name": None},
        {**GOOD, "name": 5},
        {**GOOD, "type": "boolean"},
        {**GOOD, "type": "Text"},
        {**GOOD, "resource": "conversation"},
        {**GOOD, "read_only": "yes"},
        {**GOOD, "option_values": ["a"]},
        {**GOOD, "type": "single_select"},
        {**GOOD, "type": "single_select", "option_values": None},
        {**GOOD, "type": "multi_select", "option_values": []},
        {**GOOD, "type": "multi_select", "option_values": "a"},
        {**GOOD, "type": "multi_select", "option_values": [5]},
        {**GOOD, "type": "multi_select", "option_values": [{"value": "a"}]},
        [],
    ],
    ids=str,
)
def test_an_attribute_that_makes_no_sense_is_400_and_leaves_no_trace(
    api: httpx.Client, superchat: Account, body: Any
) -> None:
    before = superchat.state
    assert api.post("/custom-attributes", json=body).status_code == 400
    assert superchat.state == before


def test_a_taken_name_is_a_conflict(api: httpx.Client, superchat: Account) -> None:
    before = superchat.state
    response = api.post("/custom-attributes", json={**GOOD, "name": "Kundennummer"})
    assert response.status_code == 409
    assert response.json()["errors"][0]["title"] == "Attribute already exists"
    assert superchat.state == before


@pytest.mark.parametrize("path", ["/custom-attributes/ca_1"])
def test_one_attribute_cannot_be_read_alone(api: httpx.Client, path: str) -> None:
    assert api.get(path).status_code == 405


# The values of contacts

VALUES = [
    ("text", "any text", True),
    ("text", "", True),
    ("text", 5, False),
    ("text", ["x"], False),
    ("number", 5, True),
    ("number", -2.5, True),
    ("number", 0, True),
    ("number", 10**15, True),
    ("number", "5", False),
    ("number", True, False),
    ("number", [5], False),
    ("dateonly", "2026-02-28", True),
    ("dateonly", "2024-02-29", True),
    ("dateonly", "2026-02-29", False),
    ("dateonly", "20260228", False),
    ("dateonly", "2026-02-28T09:00:00Z", False),
    ("dateonly", "28.02.2026", False),
    ("dateonly", 20260228, False),
    ("datetime", "2026-02-28T09:00:00Z", True),
    ("datetime", "2026-02-28T09:00:00.123Z", True),
    ("datetime", "2026-02-28T09:00:00+01:00", True),
    ("datetime", "2026-02-28T09:00:00", False),
    ("datetime", "2026-02-28", False),
    ("datetime", "2026-02-30T09:00:00Z", False),
    ("datetime", "2026-02-28T25:00:00Z", False),
    ("datetime", "2026-W09-1T09:00:00Z", False),
    ("datetime", "tomorrow", False),
    ("datetime", 1767225600, False),
    ("single_select", "rot", True),
    ("single_select", "Rot", False),
    ("single_select", "gelb", False),
    ("single_select", ["rot"], False),
    ("single_select", 1, False),
    ("multi_select", ["rot"], True),
    ("multi_select", ["blau", "rot"], True),
    ("multi_select", "rot", False),
    ("multi_select", ["rot", "gelb"], False),
    ("multi_select", [1], False),
    ("multi_select", None, False),
    ("text", {}, False),
]


@pytest.mark.parametrize(("type", "value", "fits"), VALUES)
def test_a_value_is_typed_as_its_attribute(
    api: httpx.Client, superchat: Account, type: str, value: Any, fits: bool
) -> None:
    attribute = make(api, type)
    before = superchat.state
    response = give(api, attribute, value)
    assert response.status_code == (200 if fits else 400)
    if fits:
        assert held(api, response.json()) == [value]
    else:
        assert superchat.state == before


@pytest.mark.parametrize("type", TYPES)
def test_an_option_is_given_by_its_text_not_its_id(api: httpx.Client, type: str) -> None:
    attribute = make(api, "single_select")
    assert give(api, attribute, attribute["option_values"][0]["id"]).status_code == 400


@pytest.mark.parametrize("type", TYPES[:5])
@pytest.mark.parametrize("value", [{"value": None}, {}])
def test_null_or_no_value_clears_all_but_a_multi_select(api: httpx.Client, type: str, value: Body) -> None:
    good = {"text": "x", "number": 5, "dateonly": "2026-01-01", "datetime": "2026-01-01T00:00:00Z"}
    attribute = make(api, type)
    contact = give(api, attribute, good.get(type, "rot")).json()
    changed = api.patch(contact["url"], json={"custom_attributes": [{"id": attribute["id"], **value}]})
    assert (changed.status_code, changed.json()["custom_attributes"]) == (200, [])


def test_an_empty_list_clears_a_multi_select(api: httpx.Client) -> None:
    attribute = make(api, "multi_select")
    contact = give(api, attribute, ["rot"]).json()
    changed = api.patch(contact["url"], json={"custom_attributes": [{"id": attribute["id"], "value": []}]})
    assert changed.json()["custom_attributes"] == []


def test_a_multi_select_needs_its_value(api: httpx.Client) -> None:
    attribute = make(api, "multi_select")
    contact = give(api, attribute, ["rot"]).json()
    response = api.patch(contact["url"], json={"custom_attributes": [{"id": attribute["id"]}]})
    assert response.status_code == 400
    assert held(api, contact) == [["rot"]]


def test_an_attribute_of_the_world_has_the_values_of_the_world(api: httpx.Client) -> None:
    contacts = api.get("/contacts?limit=100").json()["results"]
    anna = next(each for each in contacts if each["first_name"] == "Anna")
    values = {each["name"]: each["value"] for each in anna["custom_attributes"]}
    assert values["Bestellungen"] == 14
    assert values["Interessen"] == ["Zelten", "Wandern"]


# Changing


def test_a_new_name_is_seen_at_once_in_contacts(api: httpx.Client) -> None:
    attribute = make(api, "text")
    contact = give(api, attribute, "x").json()
    assert api.get(contact["url"]).json()["custom_attributes"][0]["name"] == "Neu"
    changed = api.put(f"/custom-attributes/{attribute['id']}", json={"name": "Anders"}).json()
    assert changed == {**attribute, "name": "Anders"}
    assert api.get(contact["url"]).json()["custom_attributes"][0]["name"] == "Anders"


def test_options_that_stay_keep_their_ids(api: httpx.Client) -> None:
    attribute = make(api, "single_select")
    body = {"option_values": ["blau", "gelb", "rot"]}
    options = api.put(f"/custom-attributes/{attribute['id']}", json=body).json()["option_values"]
    before = {option["value"]: option["id"] for option in attribute["option_values"]}
    after = {option["value"]: option["id"] for option in options}
    assert list(after) == ["blau", "gelb", "rot"]
    assert (after["rot"], after["blau"]) == (before["rot"], before["blau"])
    assert after["gelb"] not in before.values()


def test_contacts_lose_a_value_that_is_no_option_any_more(api: httpx.Client) -> None:
    attribute = make(api, "single_select")
    contact = give(api, attribute, "rot").json()
    api.put(f"/custom-attributes/{attribute['id']}", json={"option_values": ["grün"]})
    assert held(api, contact) == []


def test_contacts_keep_those_of_several_values_that_are_still_options(api: httpx.Client) -> None:
    attribute = make(api, "multi_select")
    contact = give(api, attribute, ["rot", "blau"]).json()
    api.put(f"/custom-attributes/{attribute['id']}", json={"option_values": ["blau"]})
    assert held(api, contact) == [["blau"]]


@pytest.mark.parametrize(
    ("type", "body"),
    [
        ("text", {}),
        ("text", {"name": ""}),
        ("text", {"name": None}),
        ("text", {"option_values": ["a"]}),
        ("multi_select", {"option_values": []}),
        ("multi_select", {"option_values": [1]}),
        ("multi_select", {"option_values": None}),
        ("text", []),
    ],
    ids=str,
)
def test_a_change_that_makes_no_sense_is_400(api: httpx.Client, type: str, body: Any) -> None:
    attribute = make(api, type)
    assert api.put(f"/custom-attributes/{attribute['id']}", json=body).status_code == 400
    assert newest(api) == attribute


def test_renaming_to_a_taken_name_is_a_conflict(api: httpx.Client) -> None:
    attribute = make(api, "text")
    response = api.put(f"/custom-attributes/{attribute['id']}", json={"name": "Kundennummer"})
    assert response.status_code == 409
    assert newest(api) == attribute


def test_renaming_to_its_own_name_is_fine(api: httpx.Client) -> None:
    attribute = make(api, "text")
    assert api.put(f"/custom-attributes/{attribute['id']}", json={"name": "Neu"}).json() == attribute


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_an_unknown_attribute_is_404(api: httpx.Client, method: str) -> None:
    response = api.request(method, "/custom-attributes/ca_nobody", json={"name": "x"} if method == "PUT" else None)
    assert response.status_code == 404


# Deleting


def test_a_deleted_attribute_is_gone_from_the_list_and_from_contacts(api: httpx.Client) -> None:
    attribute = make(api, "text")
    contact = give(api, attribute, "x").json()
    response = api.delete(f"/custom-attributes/{attribute['id']}")
    assert (response.status_code, response.json()) == (200, {"id": attribute["id"]})
    assert held(api, contact) == []
    assert newest(api)["id"] != attribute["id"]


def test_a_deleted_attribute_cannot_be_given(api: httpx.Client) -> None:
    attribute = make(api, "text")
    api.delete(f"/custom-attributes/{attribute['id']}")
    assert give(api, attribute, "x").status_code == 400


def test_the_name_of_a_deleted_attribute_is_free(api: httpx.Client) -> None:
    api.delete(f"/custom-attributes/{make(api, 'text')['id']}")
    assert make(api, "number")["name"] == "Neu"
