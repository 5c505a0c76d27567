"""Unified User Directory on Superchat: users, me, roles and their assignments, groups, workspaces."""

from __future__ import annotations

from typing import Any

import pytest


def test_a_user_has_names_address_number_role_and_groups(scripted: Any, records: Any) -> None:
    assert scripted.listed("user-directory.users.list", records["users"]["supervisor"]) == [
        {
            "id": "us_supervisor",
            "first_name": "Mira",
            "last_name": "Lind",
            "name": "Mira Lind",
            "emails": [{"email": "mira@example.org", "is_primary": True}],
            "phones": [{"number": "+493012345678"}],
            "roles": [{"id": "supervisor", "name": "Supervisor"}],
            "groups": [{"id": "ib_service", "name": "Service"}, {"id": "ib_sales", "name": "Sales"}],
            "languages": ["de"],
            "created_at": "2024-02-03T04:05:06Z",
            "updated_at": "2025-02-03T04:05:06Z",
        }
    ]


def test_a_user_of_whom_little_is_known_keeps_what_there_is(scripted: Any, records: Any) -> None:
    user = scripted.mapped("user-directory.users.get", records["users"]["sparse"], id="us_sparse")
    assert user["name"] is None
    assert user["first_name"] is None
    assert user["phones"] == []
    assert user["groups"] == []
    assert user["languages"] == []
    assert user["created_at"] == "2024-02-03T04:05:06.789Z"


def test_an_unheard_of_role_passes_through(scripted: Any, records: Any) -> None:
    user = scripted.mapped("user-directory.users.get", records["users"]["sparse"], id="us_sparse")
    assert user["roles"] == [{"id": "keeper_of_keys", "name": "keeper_of_keys"}]


def test_one_name_is_the_whole_name(scripted: Any, records: Any) -> None:
    user = scripted.mapped("user-directory.users.get", records["users"]["first_name_only"], id="us_first")
    assert user["name"] == "Prince"


def test_me_is_a_list_of_one_with_the_workspace(scripted: Any, records: Any) -> None:
    body = scripted.mapped("user-directory.me.list", records["me"]["admin"])
    assert body["result_count"] == 1
    assert body["next_cursor"] is None
    assert body["result"] == [
        {
            "id": "us_admin",
            "first_name": None,
            "last_name": "Okafor",
            "name": "Okafor",
            "emails": [{"email": "okafor@example.org", "is_primary": True}],
            "phones": [],
            "roles": [{"id": "admin", "name": "Admin"}],
            "groups": [{"id": "ib_service", "name": "Service"}],
            "workspaces": [{"name": "Bikes & More"}],
            "languages": ["en"],
            "created_at": "2023-01-01T00:00:00Z",
            "updated_at": "2023-01-02T00:00:00Z",
        }
    ]
    assert [each.url for each in scripted.sent] == ["https://api.superchat.com/v1.0/me"]


def test_the_roles_are_answered_without_a_call(scripted: Any) -> None:
    body = scripted.mapped("user-directory.roles.list")
    assert [each["id"] for each in body["result"]] == ["admin", "supervisor", "member"]
    assert scripted.sent == []


def test_one_role_is_found_by_its_id(scripted: Any) -> None:
    role = scripted.mapped("user-directory.roles.get", id="member")
    assert role == {"id": "member", "name": "Member", "applicable_in": "workspace"}


def test_a_role_that_there_is_not_is_not_found(scripted: Any) -> None:
    answer = scripted.call("user-directory.roles.get", id="emperor")
    assert answer.status == 404
    assert "emperor" in answer.body["message"]


def test_each_user_is_assigned_one_role(scripted: Any, records: Any) -> None:
    users = records["users"]
    assert scripted.listed("user-directory.role_assignments.list", users["supervisor"], users["sparse"]) == [
        {"id": "us_supervisor", "user_id": "us_supervisor", "role_id": "supervisor"},
        {"id": "us_sparse", "user_id": "us_sparse", "role_id": "keeper_of_keys"},
    ]


def test_an_inbox_is_a_team_of_users(scripted: Any, records: Any) -> None:
    group = scripted.mapped("user-directory.groups.get", records["inboxes"]["service"], id="ib_service")
    assert group == {"id": "ib_service", "name": "Service", "group_type": "team"}


def test_the_workspace_has_its_name_alone(scripted: Any, records: Any) -> None:
    assert scripted.mapped("user-directory.workspaces.list", records["me"]["admin"])["result"] == [
        {"name": "Bikes & More"}
    ]


@pytest.mark.parametrize("resource", ["users", "groups", "role_assignments"])
def test_an_empty_list_is_empty(scripted: Any, resource: str) -> None:
    assert scripted.listed(f"user-directory.{resource}.list") == []


def test_the_whole_directory_of_the_fake_is_read(fake: Any) -> None:
    users = fake.read("/users?limit=100")["results"]
    found = fake.call("user-directory.users.list", query={"limit": "100"}).body["result"]
    assert [each["id"] for each in found] == [each["id"] for each in users]
    assert [each["emails"][0]["email"] for each in found] == [each["email"] for each in users]
    me = fake.call("user-directory.me.list").body["result"][0]
    assert me["id"] == fake.read("/me")["user"]["id"]


def test_every_role_of_the_fake_is_in_the_list_of_roles(fake: Any) -> None:
    roles = {each["id"] for each in fake.call("user-directory.roles.list").body["result"]}
    assigned = fake.call("user-directory.role_assignments.list", query={"limit": "100"}).body["result"]
    assert {each["role_id"] for each in assigned} <= roles
