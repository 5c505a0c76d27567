"""Users, the one behind the key, and roles."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

NOBODY = "65f0a1b2c3d4e5f60718293a"


@pytest.fixture
def user(api: httpx.Client) -> dict[str, Any]:
    """A new person."""
    data: dict[str, Any] = api.post("/users", json={"name": "Ann Lee", "email": "ann@example.com"}).json()["data"]
    return data


def _names(answer: httpx.Response) -> list[str]:
    return [each["attributes"]["name"] for each in answer.json()["data"]]


def test_a_new_user_is_pending_and_shown_by_name(user: dict[str, Any], api: httpx.Client) -> None:
    attributes = user["attributes"]
    assert (attributes["displayName"], attributes["userType"], attributes["roles"]) == ("Ann Lee", "user", [])
    assert "emailVerifiedAt" not in attributes
    assert "Ann Lee" in _names(api.get("/users", params={"pending": "true"}))


def test_a_user_is_found_by_email_whatever_its_case(user: dict[str, Any], api: httpx.Client) -> None:
    assert _names(api.get("/users", params={"email": "ANN@example.com"})) == ["Ann Lee"]


def test_an_email_belongs_to_one_user(user: dict[str, Any], api: httpx.Client) -> None:
    answer = api.post("/users", json={"name": "Other", "email": "Ann@example.com"})
    assert answer.status_code == 409
    assert answer.json()["errors"][0]["source"] == {"parameter": "email"}


def test_nobody_takes_the_email_of_another_for_themselves(user: dict[str, Any], api: httpx.Client) -> None:
    answer = api.put("/users/current", json={"email": "Ann@example.com"})
    assert (answer.status_code, answer.json()["errors"][0]["source"]) == (409, {"parameter": "email"})


def test_filters_cannot_be_combined(api: httpx.Client) -> None:
    answer = api.get("/users", params={"userType": "machine", "pending": "false"})
    assert (answer.status_code, answer.json()["errors"][0]["source"]) == (400, {"parameter": "userType"})


@pytest.mark.harness(quirks={"kustomer": {"user_filters_combined": "first"}})
def test_only_the_first_of_several_filters_counts_under_the_quirk(user: dict[str, Any], api: httpx.Client) -> None:
    answer = api.get("/users", params={"pending": "true", "userType": "machine"})
    assert "Ann Lee" in _names(answer)


def test_several_users_are_read_by_ids_with_commas(user: dict[str, Any], api: httpx.Client) -> None:
    me = api.get("/users/current").json()["data"]["id"]
    assert [each["id"] for each in api.get(f"/users/{user['id']},{me}").json()["data"]] == [user["id"], me]
    assert api.get(f"/users/{user['id']},{NOBODY}").status_code == 404


def test_a_user_is_taken_away_and_brought_back(user: dict[str, Any], api: httpx.Client) -> None:
    path = f"/users/{user['id']}"
    gone = api.put(path, json={"deleted": True}).json()["data"]["attributes"]
    assert (gone["deleted"], "deletedAt" in gone) == (True, True)
    assert api.get(path).status_code == 404
    assert _names(api.get("/users", params={"deleted": "true"}))[-1] == "Ann Lee"
    back = api.put(path, json={"deleted": None}).json()["data"]["attributes"]
    assert (back["deleted"], "deletedAt" in back) == (False, False)
    assert api.get(path).status_code == 200


def test_a_new_password_is_never_shown(user: dict[str, Any], api: httpx.Client) -> None:
    answer = api.put(f"/users/{user['id']}", json={"password": "n3w-secret", "currentPassword": "old"})
    assert "n3w-secret" not in answer.text
    assert "updatedAt" in answer.json()["data"]["attributes"]["password"]


@pytest.mark.harness(quirks={"kustomer": {"user_update_status": "201"}})
def test_the_status_of_a_change_is_a_quirk(user: dict[str, Any], api: httpx.Client) -> None:
    assert api.put(f"/users/{user['id']}", json={"mobile": "+12025550100"}).status_code == 201
    assert api.put("/users/current", json={"displayName": "M"}).status_code == 201


def test_an_unknown_role_group_is_refused(user: dict[str, Any], api: httpx.Client) -> None:
    answer = api.put(f"/users/{user['id']}", json={"roleGroups": [NOBODY]})
    assert (answer.status_code, answer.json()["errors"][0]["source"]) == (400, {"parameter": "roleGroups"})


def test_a_password_reset_does_not_tell_who_is_there(user: dict[str, Any], api: httpx.Client) -> None:
    statuses = [
        api.post("/users/passwordreset", json={"email": email}).status_code for email in ("ann@example.com", "x")
    ]
    assert statuses == [204, 204]


def test_the_teams_of_a_user_are_listed(user: dict[str, Any], api: httpx.Client) -> None:
    api.post("/teams", json={"name": "Day", "members": [user["id"]]})
    api.post("/teams", json={"name": "Night"})
    assert _names(api.get(f"/users/{user['id']}/teams")) == ["Day"]
    assert api.get(f"/users/{NOBODY}/teams").status_code == 404


def test_all_roles_that_operations_need_are_listed(api: httpx.Client) -> None:
    roles = [each["id"] for each in api.get("/auth/roles").json()["data"]]
    assert {"org", "org.tracking", "org.user.customer.read", "org.permission.customer.create"} <= set(roles)
    assert roles == sorted(roles)


def test_role_groups_are_made_changed_and_deleted(api: httpx.Client) -> None:
    group = api.post("/role-groups", json={"name": "Desk"}).json()["data"]
    assert group["attributes"]["roles"] == []
    path = f"/role-groups/{group['id']}"
    assert api.put(path, json={"name": "Desk", "roles": ["org.user"]}).json()["data"]["attributes"]["roles"] == [
        "org.user"
    ]
    assert group["id"] in [each["id"] for each in api.get("/role-groups").json()["data"]]
    assert api.delete(path).status_code == 204
    assert api.get(path).status_code == 404


def test_a_deleted_user_changes_only_by_being_brought_back(user: dict[str, Any], api: httpx.Client) -> None:
    path = f"/users/{user['id']}"
    assert api.put(path, json={"deleted": True}).status_code == 200
    assert api.put(path, json={"name": "Other"}).status_code == 404
    assert api.put(path, json={"name": "Other", "deleted": None}).json()["data"]["attributes"]["name"] == "Other"
