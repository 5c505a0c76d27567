"""Searching: the grammar and the operators of each class of attributes."""

from __future__ import annotations

from typing import Any

import pytest

Org = Any
"""The `Organisation` of the conftest."""


@pytest.fixture
def people(org: Org) -> Org:
    org.customer(
        "Odile Farrant",
        gender="f",
        emails=[{"email": "odile@example.com"}, {"email": "Second@Example.com"}],
        externalIds=[{"externalId": "TW-1"}],
        tags=["vip", "north"],
        conversationCounts={"all": 3},
        custom={"levelNum": 2, "cityStr": "Old Town", "bornAt": "1990-05-01T00:00:00.000Z", "goldBool": True},
        importedAt="2026-01-01T00:00:00.000Z",
        sentiment={"polarity": 1},
    )
    org.customer(
        "Teun Maasdal",
        gender="m",
        emails=[{"email": "teun@example.org"}],
        externalIds=[{"externalId": "tw-1"}],
        tags=["north"],
        conversationCounts={"all": 1},
        custom={"levelNum": 10, "cityStr": "Harbour", "shopTree": ["a.b", "a.c"], "placeObj": {"street": "High Lane"}},
    )
    org.customer("Vesper")
    return org


def test_without_criteria_everything_is_found(people: Org) -> None:
    assert people.names() == ["Odile Farrant", "Teun Maasdal", "Vesper"]


def test_a_group_may_be_one_object(people: Org) -> None:
    assert people.names(**{"and": {"customer_name": {"equals": "Vesper"}}}) == ["Vesper"]


def test_all_criteria_of_and_have_to_be_met(people: Org) -> None:
    criteria = [{"customer_tags": {"equals": "north"}}, {"customer_gender": {"equals": "m"}}]
    assert people.names(**{"and": criteria}) == ["Teun Maasdal"]


def test_one_criterion_of_or_has_to_be_met(people: Org) -> None:
    criteria = [{"customer_name": {"equals": "Vesper"}}, {"customer_gender": {"equals": "m"}}]
    assert people.names(**{"or": criteria}) == ["Teun Maasdal", "Vesper"]


def test_no_criterion_of_not_may_be_met(people: Org) -> None:
    criteria = [{"customer_name": {"equals": "Vesper"}}, {"customer_gender": {"equals": "m"}}]
    assert people.names(**{"not": criteria}) == ["Odile Farrant"]


def test_the_groups_of_a_body_have_all_to_be_met(people: Org) -> None:
    found = people.names(
        **{
            "and": [{"customer_tags": {"equals": "north"}}],
            "or": [{"customer_gender": {"equals": "m"}}, {"customer_gender": {"equals": "f"}}],
            "not": [{"customer_tags": {"equals": "vip"}}],
        }
    )
    assert found == ["Teun Maasdal"]


def test_groups_stand_inside_groups(people: Org) -> None:
    inner = {"or": [{"customer_name": {"contains": "odile"}}, {"not": [{"customer_gender": {"set": True}}]}]}
    assert people.names(**{"and": [inner]}) == ["Odile Farrant", "Vesper"]
    assert people.names(**{"not": [inner]}) == ["Teun Maasdal"]


def test_the_attributes_of_one_criterion_have_all_to_be_met_even_in_or(people: Org) -> None:
    both = {"customer_tags": {"equals": "north"}, "customer_gender": {"equals": "f"}}
    assert people.names(**{"or": [both]}) == ["Odile Farrant"]
    assert people.names(**{"or": both}) == ["Odile Farrant", "Teun Maasdal"]


def test_a_group_of_nothing_demands_nothing(people: Org) -> None:
    assert len(people.names(**{"and": [], "or": [], "not": []})) == 3


def test_several_operators_make_a_range(people: Org) -> None:
    assert people.names(**{"and": [{"customer_conversations_count": {"gt": 1, "lte": 3}}]}) == ["Odile Farrant"]


@pytest.mark.parametrize(
    ("attribute", "condition", "names"),
    [
        ("customer_name", {"equals": "odile farrant"}, ["Odile Farrant"]),
        ("customer_name", {"equals": "Odile"}, []),
        ("customer_name", {"not_equals": "vesper"}, ["Odile Farrant", "Teun Maasdal"]),
        ("customer_name", {"contains": "maasdal"}, ["Teun Maasdal"]),
        ("customer_name", {"contains": "Maas"}, []),
        ("customer_name", {"contains": "Farrant odile"}, ["Odile Farrant"]),
        ("customer_name", {"contains": "Odile Maasdal"}, []),
        ("customer_name", {"contains": "!"}, []),
        ("customer_name", {"not_contains": "odile"}, ["Teun Maasdal", "Vesper"]),
        ("customer_name", {"prefix": "tEUN maas"}, ["Teun Maasdal"]),
        ("customer_email", {"equals": "second@example.com"}, ["Odile Farrant"]),
        ("customer_email", {"contains": "example.org"}, ["Teun Maasdal"]),
        ("customer_email", {"set": True}, ["Odile Farrant", "Teun Maasdal"]),
        ("customer_email", {"set": False}, ["Vesper"]),
        ("customer_email", {"not_set": True}, ["Vesper"]),
        ("customer_email", {"not_set": False}, ["Odile Farrant", "Teun Maasdal"]),
        ("customer_externalId", {"equals": "TW-1"}, ["Odile Farrant"]),
        ("customer_externalId", {"in": ["tw-1", "TW-1", "TW-2"]}, ["Odile Farrant", "Teun Maasdal"]),
        ("customer_externalId", {"in": []}, []),
        ("customer_externalId", {"contains": "TW"}, []),
        ("customer_externalId", {"not_equals": "TW-1"}, ["Teun Maasdal", "Vesper"]),
        ("customer_tags", {"contains": "vip"}, ["Odile Farrant"]),
        ("customer_tags", {"equals": ["vip", "north"]}, ["Odile Farrant", "Teun Maasdal"]),
        ("customer_tags", {"not_equals": "vip"}, ["Teun Maasdal", "Vesper"]),
        ("customer_conversations_count", {"equals": 1}, ["Teun Maasdal"]),
        ("customer_conversations_count", {"equals": "3"}, ["Odile Farrant"]),
        ("customer_conversations_count", {"gte": 1}, ["Odile Farrant", "Teun Maasdal"]),
        ("customer_conversations_count", {"gt": 1}, ["Odile Farrant"]),
        ("customer_conversations_count", {"lt": 3}, ["Teun Maasdal"]),
        ("customer_conversations_count", {"lte": 2.5}, ["Teun Maasdal"]),
        ("customer_conversations_count", {"not_set": True}, ["Vesper"]),
        ("customer_imported", {"equals": True}, ["Odile Farrant"]),
        ("customer_imported", {"equals": "false"}, ["Teun Maasdal", "Vesper"]),
        ("customer_sentiment", {"equals": "happy"}, ["Odile Farrant"]),
        ("customer_any_text", {"contains": "harbour TEUN"}, ["Teun Maasdal"]),
        ("any_text", {"contains": "old"}, ["Odile Farrant"]),
        ("customer_custom_levelNum", {"gte": 2, "lt": 10}, ["Odile Farrant"]),
        ("customer_custom_cityStr", {"prefix": "harb"}, ["Teun Maasdal"]),
        ("customer_custom_cityStr", {"contains": "town"}, ["Odile Farrant"]),
        ("customer_custom_bornAt", {"lt": "1991-01-01"}, ["Odile Farrant"]),
        ("customer_custom_goldBool", {"equals": True}, ["Odile Farrant"]),
        ("customer_custom_goldBool", {"equals": False}, []),
        ("customer_custom_shopTree", {"contains": "a.c"}, ["Teun Maasdal"]),
        ("customer_custom_placeObj", {"contains": "lane"}, ["Teun Maasdal"]),
    ],
)
def test_an_operator_finds(people: Org, attribute: str, condition: dict[str, Any], names: list[str]) -> None:
    assert people.names(**{"and": [{attribute: condition}]}) == names


@pytest.mark.parametrize(
    ("criterion", "refusal"),
    [
        ({"customer_shoe_size": {"equals": 1}}, ("customer_shoe_size", "/additionalProperties")),
        ({"customer_custom_level": {"equals": 1}}, ("customer_custom_level", "/additionalProperties")),
        ({"kobject_custom_levelNum": {"equals": 1}}, ("kobject_custom_levelNum", "/additionalProperties")),
        ({"note_custom_levelNum": {"equals": 1}}, ("note_custom_levelNum", "/additionalProperties")),
        ({"customer_id": {"equals": "x"}}, ("customer_id", "/additionalProperties")),
        ({"customer_name": {"like": "x"}}, ("like", "/properties/customer_name/additionalProperties")),
        ({"customer_name": {"gt": "x"}}, ("gt", "/properties/customer_name/additionalProperties")),
        (
            {"customer_updated_at": {"contains": "x"}},
            ("contains", "/properties/customer_updated_at/additionalProperties"),
        ),
        ({"customer_imported": {"set": True}}, ("set", "/properties/customer_imported/additionalProperties")),
    ],
)
def test_a_name_nobody_knows_is_refused(people: Org, criterion: dict[str, Any], refusal: tuple[str, str]) -> None:
    parameter, rest = refusal
    title = "Additional properties not allowed"
    assert people.refusal(**{"and": [criterion]}) == (parameter, title, f"/properties/and/items{rest}")


def test_a_refusal_names_the_place_in_nested_groups(people: Org) -> None:
    body = {"or": {"not": [{"customer_shoe_size": {"equals": 1}}]}}
    assert people.refusal(**body)[2] == "/properties/or/properties/not/items/additionalProperties"


@pytest.mark.parametrize(
    ("attribute", "operator", "value", "title"),
    [
        ("customer_name", "equals", ["x"], "Invalid type: array (expected string)"),
        ("customer_name", "contains", {}, "Invalid type: object (expected string)"),
        ("customer_name", "prefix", None, "Invalid type: null (expected string)"),
        ("customer_conversations_count", "gt", "many", "Invalid type: string (expected number)"),
        ("customer_conversations_count", "gt", True, "Invalid type: boolean (expected number)"),
        ("customer_conversations_count", "equals", "NaN", "Invalid type: string (expected number)"),
        ("customer_imported", "equals", 1, "Invalid type: number (expected boolean)"),
        ("customer_imported", "equals", "yes", "Invalid type: string (expected boolean)"),
        ("customer_tags", "in", None, "Invalid type: null (expected array)"),
        ("customer_updated_at", "gte", 1700000000000, "Invalid type: number (expected string)"),
    ],
)
def test_a_value_of_the_wrong_type_is_refused(
    people: Org, attribute: str, operator: str, value: Any, title: str
) -> None:
    place = f"/properties/and/items/properties/{attribute}/properties/{operator}/type"
    assert people.refusal(**{"and": [{attribute: {operator: value}}]}) == (operator, title, place)


def test_what_nobody_knows_is_left_out_where_the_quirk_says_so(organisation: Org) -> None:
    org = organisation({"search_unknown_attribute": "ignored"})
    org.customer("Ada")
    org.customer("Ben")
    unknown = [{"customer_shoe_size": {"equals": 1}}, {"customer_name": {"like": "x"}}]
    assert org.names(**{"and": [*unknown, {"customer_name": {"equals": "ada"}}]}) == ["Ada"]
    assert org.names(**{"or": unknown}) == ["Ada", "Ben"]
    assert org.names(**{"not": unknown}) == ["Ada", "Ben"]
    assert org.names(sort={"customer_shoe_size": "asc"}) == ["Ada", "Ben"]


@pytest.mark.parametrize("group", [b'{"and":%s}', b'{"and":[%s]}'])
def test_groups_may_not_be_nested_without_end(people: Org, group: bytes) -> None:
    def nested(depth: int) -> bytes:
        body = b'{"customer_name":{"equals":"Vesper"}}'
        for _ in range(depth):
            body = group % body
        return body

    assert people.found(nested(50))["meta"]["total"] == 1
    status, answer = people.post(nested(200))
    assert status == 400
    assert answer["errors"][0]["title"] == "Groups are nested too deeply, maximum 50"


@pytest.mark.parametrize("group", ["and", "or", "not"])
@pytest.mark.parametrize(
    "members",
    [
        [{"customer_name": {"equals": str(number)}} for number in range(21)],
        [{"customer_name": {"equals": "x"}}, {"customer_name": {"equals": "x"}}],
        "customer_name",
    ],
    ids=["more than 20", "not unique", "a text"],
)
def test_a_group_keeps_its_limits(people: Org, group: str, members: Any) -> None:
    title = 'Data does not match any schemas from "anyOf"'
    assert people.refusal(**{group: members}) == (group, title, f"/properties/{group}/anyOf")


def test_deleted_objects_are_found_only_when_they_are_asked_for(people: Org) -> None:
    people.customer("Gone", deleted=True)
    assert "Gone" not in people.names()
    assert people.names(includeDeleted=True, **{"and": {"customer_name": {"equals": "gone"}}}) == ["Gone"]


def test_a_deleted_note_is_told_by_its_attribute(org: Org) -> None:
    org.put("notes", body="here", name="here")
    org.put("notes", body="gone", name="gone", deleted=True)
    deleted = {"and": {"note_deleted": {"equals": True}}}
    assert org.names(queryContext="note", includeDeleted=True, **deleted) == ["gone"]
    assert org.names(queryContext="note", **deleted) == []


@pytest.mark.parametrize("context", ["work_session", "work_item"])
def test_of_work_sessions_and_work_items_there_are_none(people: Org, context: str) -> None:
    answer = people.found({"queryContext": context, "and": {"customer_name": {"equals": "Vesper"}}})
    assert (answer["data"], answer["meta"]["total"], answer["meta"]["totalPages"]) == ([], 0, 1)


def test_the_context_is_a_kind_of_object_and_may_name_a_klass(org: Org) -> None:
    org.put("kobjects", title="Order 1", klass="order", type="kobject.order", name="order", custom={"totalNum": 5})
    org.put("kobjects", title="Visit 1", klass="visit", type="kobject.visit", name="visit", custom={"totalNum": 5})
    assert org.names(queryContext="kobject") == ["order", "visit"]
    assert org.names(queryContext="kobject_order") == ["order"]
    assert org.names(queryContext="kobject_nothing") == []
    criterion = {"kobject_custom_visit_totalNum": {"gte": 5}}
    assert org.names(queryContext="kobject", **{"and": criterion}) == ["visit"]
    assert org.names(queryContext="kobject", **{"and": {"kobject_custom_visit_otherNum": {"not_set": True}}}) == [
        "visit"
    ]


def test_a_context_nobody_knows_is_refused(org: Org) -> None:
    assert org.refusal(queryContext="teapot")[0] == "queryContext"


def test_nonsense_deep_inside_groups_is_refused_too(org: Org) -> None:
    status, _ = org.post(b'{"and":[' * 490 + b'{"customer_name":3}' + b"]}" * 490)
    assert status == 400
