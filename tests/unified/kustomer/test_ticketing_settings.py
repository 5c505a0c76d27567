"""Unified users, teams, tags, fields and workspaces on Kustomer, both ways."""

from __future__ import annotations

from typing import Any

import pytest

USERS = "ticketing.users"
FIELDS = "ticketing.fields"


def teams_of(records: Any) -> dict[str, Any]:
    """What is asked beside users."""
    return {"data": list(records["teams"].values())}


def test_a_user_is_in_the_teams_that_name_it(scripted: Any, records: Any) -> None:
    people = [records["users"]["full"], records["users"]["gone"]]
    assert scripted.listed(f"{USERS}.list", *people, before=(teams_of(records),)) == [
        {
            "id": "64c000000000000000000001",
            "name": "Mira Lind",
            "emails": [{"email": "mira@example.org"}],
            "is_active": True,
            "team_ids": ["64d000000000000000000001", "64d000000000000000000002"],
            "avatar": "https://example.org/mira.png",
            "roles": [
                {"id": "org.user", "name": "org.user"},
                {"id": "org.admin.team", "name": "org.admin.team"},
                {"id": "64f000000000000000000001"},
            ],
            "created_at": "2024-02-03T04:05:06.000Z",
            "updated_at": "2025-02-03T04:05:06.000Z",
        },
        {
            "id": "64c000000000000000000002",
            "name": "Sam Sparse",
            "emails": [{"email": "sam@example.org"}],
            "is_active": False,
            "team_ids": [],
            "roles": [],
            "created_at": "2024-02-03T04:05:06.000Z",
            "updated_at": "2024-02-03T04:05:06.000Z",
        },
    ]


@pytest.mark.parametrize(
    ("query", "address"),
    [
        ({"emails": [{"email": "mira@example.org"}]}, "/users?email=mira@example.org"),
        ({"is_active": "false"}, "/users?deleted=true"),
        ({"is_active": "true"}, "/users?deleted=false"),
    ],
)
def test_users_are_found_by_what_kustomer_knows(scripted: Any, records: Any, query: Any, address: str) -> None:
    scripted.listed(f"{USERS}.list", before=(teams_of(records),), query=query)
    assert scripted.requests() == [("GET", "/teams?pageSize=500", None), ("GET", address, None)]


def test_filters_kustomer_cannot_combine_are_refused(scripted: Any, records: Any) -> None:
    query = {"emails": [{"email": "mira@example.org"}], "is_active": "true"}
    answer = scripted.call(f"{USERS}.list", teams_of(records), query=query)
    assert (answer.status, answer.body["message"]) == (
        400,
        "Kustomer cannot combine filters of users: either emails or is_active",
    )


@pytest.mark.parametrize(("active", "deleted"), [(False, True), (True, None)])
def test_whether_a_user_is_active_is_whether_it_is_deleted(
    scripted: Any, records: Any, active: bool, deleted: bool | None
) -> None:
    told = {"data": records["users"]["full"]}
    scripted.mapped(f"{USERS}.update", teams_of(records), told, id="64c", body={"is_active": active})
    assert scripted.requests()[1] == ("PUT", "/users/64c", {"deleted": deleted})


def test_a_user_is_deleted_by_a_mark_without_more(scripted: Any, records: Any) -> None:
    assert scripted.mapped(f"{USERS}.delete", {"data": records["users"]["gone"]}, id="64c") == {"id": "64c"}
    assert scripted.requests() == [("PUT", "/users/64c", {"deleted": True})]


def test_a_change_of_a_team_names_it(scripted: Any, records: Any) -> None:
    told = {"data": records["teams"]["sales"]}
    body: Any = {"remote_data": {"members": []}}
    scripted.mapped("ticketing.teams.update", told, told, id="64d", body=body)
    assert scripted.requests()[1] == ("PUT", "/teams/64d", {"name": "Sales", "members": []})


def test_a_deleted_tag_is_inactive(scripted: Any) -> None:
    tag = {
        "type": "tag",
        "id": "64f",
        "attributes": {
            "name": "clay",
            "color": "#c26a3d",
            "deleted": True,
            "createdAt": "2024-01-01T00:00:00.000Z",
            "updatedAt": "2024-01-02T00:00:00.000Z",
        },
        "relationships": {"org": {"data": {"type": "org", "id": "64o"}}},
    }
    assert scripted.listed("ticketing.tags.list", tag) == [
        {
            "id": "64f",
            "name": "clay",
            "color": "#c26a3d",
            "workspace": {"id": "64o"},
            "created_at": "2024-01-01T00:00:00.000Z",
            "updated_at": "2024-01-02T00:00:00.000Z",
            "status": "inactive",
        }
    ]


def test_the_workspace_is_the_organisation_of_the_key(scripted: Any) -> None:
    me = {"type": "user", "id": "64c", "attributes": {}, "relationships": {"org": {"data": {"id": "64o"}}}}
    assert scripted.mapped("ticketing.workspaces.list", {"data": me})["result"] == [{"id": "64o"}]
    assert scripted.requests() == [("GET", "/users/current", None)]


def test_the_attributes_of_a_kind_are_its_fields(scripted: Any, records: Any) -> None:
    told = {"data": records["metadata"]["customer"]}
    tier, notes, born, orders, old = scripted.mapped(f"{FIELDS}.list", told, query={"entity_type": "contact"})["result"]
    assert tier == {
        "id": "customer.tierStr",
        "name": "tierStr",
        "label": "Tier",
        "type": "enum",
        "options": [{"label": "gold", "value": "gold"}, {"label": "clay", "value": "clay"}],
        "is_user_defined": True,
        "entity_type": "contact",
        "updated_at": "2025-01-01T00:00:00.000Z",
        "status": "active",
    }
    assert (notes["type"], notes["updated_at"]) == ("text", "2025-01-02T00:00:00.000Z")
    assert (born["type"], orders["type"], old["type"], old["status"]) == ("datetime", "array", "number", "archived")


@pytest.mark.parametrize(
    ("kind", "resource"),
    [("account", "company"), ("ticket", "conversation"), ("contact", "customer"), ("comment", "message")],
)
def test_each_kind_of_record_has_fields_under_kustomers_name(scripted: Any, kind: str, resource: str) -> None:
    told = {"data": {"type": "metadata", "id": resource, "attributes": {"properties": {"oneStr": {"type": "string"}}}}}
    (field,) = scripted.mapped(f"{FIELDS}.list", told, query={"entity_type": kind})["result"]
    assert (field["id"], field["entity_type"]) == (f"{resource}.oneStr", kind)
    assert scripted.requests() == [("GET", f"/metadata/{resource}", None)]


def test_a_kind_without_attributes_has_no_fields(scripted: Any) -> None:
    told = {"data": {"type": "metadata", "id": "customer", "attributes": {"properties": {}}}}
    assert scripted.mapped(f"{FIELDS}.list", told, query={"entity_type": "contact"})["result"] == []


def test_fields_are_sorted_found_and_paged(scripted: Any, records: Any) -> None:
    told = {"data": records["metadata"]["customer"]}

    def names(**query: Any) -> list[str]:
        found = scripted.mapped(f"{FIELDS}.list", told, query={"entity_type": "contact", **query})["result"]
        return [each["name"] for each in found]

    assert names(sort_by={"name": "asc"}, limit="2") == ["bornAt", "notesTxt"]
    assert names(sort_by={"name": "desc"}, limit="2", next_cursor="2") == ["oldNum", "notesTxt"]
    assert names(name="bornAt") == ["bornAt"]
    assert names(name="nothingStr") == []


def test_a_field_of_a_klass_is_read_by_its_whole_name(scripted: Any, records: Any) -> None:
    told = {"data": records["metadata"]["order"]}
    field = scripted.call(f"{FIELDS}.get", told, id="kobject.order.giftBool").body
    assert (field["name"], field["type"], field["entity_type"]) == ("giftBool", "boolean", "kobject.order")
    assert field["remote_data"] == {"type": "boolean", "displayName": "Gift"}
    assert scripted.requests() == [("GET", "/metadata/kobject.order", None)]


def test_a_field_that_is_not_there_is_not_found(scripted: Any, records: Any) -> None:
    assert (
        scripted.call(f"{FIELDS}.get", {"data": records["metadata"]["order"]}, id="kobject.order.noStr").status == 404
    )


def test_a_new_field_gets_the_ending_of_its_type(scripted: Any) -> None:
    made = {"type": "number", "displayName": "Age"}
    told = {"data": {"type": "metadata", "id": "company", "attributes": {"properties": {"ageNum": made}}}}
    body = {"name": "age", "type": "number", "entity_type": "account", "label": "Age"}
    assert scripted.mapped(f"{FIELDS}.create", told, body=body)["id"] == "company.ageNum"
    assert scripted.requests() == [("PUT", "/metadata/company", {"properties": {"ageNum": made}})]


def test_a_change_of_a_field_sends_what_it_leaves(scripted: Any, records: Any) -> None:
    told = {"data": records["metadata"]["customer"]}
    scripted.mapped(f"{FIELDS}.update", told, told, id="customer.ordersId", body={"label": "Purchases"})
    assert scripted.requests()[1][2] == {
        "properties": {
            "ordersId": {"type": "string", "displayName": "Purchases", "target": "kobject.order", "multi": True}
        }
    }
