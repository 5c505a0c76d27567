"""Unified User Directory on Kustomer: users and me, roles and role groups, groups, activities, the organisation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

ORG = {"org": {"data": {"type": "org", "id": "64f0000000000000000000aa"}}}


def user(**attributes: Any) -> dict[str, Any]:
    """A user as Kustomer shows one."""
    whole = {
        "name": "Mira Lind",
        "displayName": "Mira",
        "email": "mira@example.org",
        "emailVerifiedAt": "2024-02-04T04:05:06.000Z",
        "userType": "user",
        "roles": ["org.user"],
        "roleGroups": [],
        "createdAt": "2024-02-03T04:05:06.000Z",
        "updatedAt": "2025-02-03T04:05:06.000Z",
    }
    given = {name: value for name, value in {**whole, **attributes}.items() if value is not None}
    return {"type": "user", "id": "64c000000000000000000001", "attributes": given, "relationships": ORG}


def paged(*records: Any) -> dict[str, Any]:
    """A page of them."""
    return {"meta": {}, "links": {"prev": None, "next": None}, "data": list(records)}


def one(record: Any) -> dict[str, Any]:
    """One of them."""
    return {"data": record}


TEAMS = paged(
    {"type": "team", "id": "64d1", "attributes": {"name": "Service", "members": ["64c000000000000000000001", "64c9"]}},
    {"type": "team", "id": "64d2", "attributes": {"name": "Sales", "members": ["64c9"]}},
)
ROLES = {"data": [{"type": "role", "id": "org"}, {"type": "role", "id": "org.user"}]}
ROLE_GROUP = {
    "type": "role_group",
    "id": "64f000000000000000000001",
    "attributes": {
        "name": "Desk",
        "description": "Who answers.",
        "roles": ["org.user"],
        "createdAt": "2024-02-05T08:30:44.162Z",
        "updatedAt": "2024-02-06T08:30:44.162Z",
    },
}


def test_a_user_has_all_that_kustomer_shows(scripted: Any) -> None:
    more = {
        "mobile": "+12025550187",
        "avatarUrl": "https://example.org/mira.png",
        "roleGroups": ["64f000000000000000000001"],
        "mostRecentLoginAt": "2025-01-01T00:00:00.000Z",
        "firstEmailVerifiedAt": "2024-02-03T05:00:00.000Z",
    }
    assert scripted.listed("user-directory.users.list", user(**more), before=(TEAMS,)) == [
        {
            "id": "64c000000000000000000001",
            "name": "Mira Lind",
            "emails": [{"email": "mira@example.org", "is_primary": True}],
            "phones": [{"number": "+12025550187", "type": "mobile"}],
            "status": "active",
            "is_email_verified": True,
            "roles": [{"id": "org.user", "name": "org.user"}, {"id": "64f000000000000000000001"}],
            "organizations": [{"id": "64f0000000000000000000aa"}],
            "user_type": "user",
            "groups": [{"id": "64d1", "name": "Service"}],
            "avatar": "https://example.org/mira.png",
            "created_at": "2024-02-03T04:05:06.000Z",
            "updated_at": "2025-02-03T04:05:06.000Z",
            "last_login_at": "2025-01-01T00:00:00.000Z",
            "activated_at": "2024-02-03T05:00:00.000Z",
        }
    ]
    assert scripted.requests() == [("GET", "/teams?pageSize=500", None), ("GET", "/users", None)]


def test_a_user_of_whom_little_is_known_keeps_what_there_is(scripted: Any) -> None:
    bare = user(displayName=None, emailVerifiedAt=None, roles=[])
    found = scripted.mapped("user-directory.users.get", paged(), one(bare), id="64c000000000000000000001")
    assert (found["phones"], found["roles"], found["groups"]) == ([], [], [])
    assert (found["status"], found["is_email_verified"]) == ("invited", False)
    assert not {"avatar", "last_login_at", "activated_at", "status_changed_at"} & found.keys()


@pytest.mark.parametrize(
    ("attributes", "status"),
    [
        ({}, "active"),
        ({"deleted": False}, "active"),
        ({"emailVerifiedAt": None, "firstEmailVerifiedAt": "2024-02-03T05:00:00.000Z"}, "active"),
        ({"emailVerifiedAt": None}, "invited"),
        ({"deleted": True}, "inactive"),
        ({"deleted": True, "emailVerifiedAt": None}, "inactive"),
    ],
)
def test_the_status_tells_who_is_there(scripted: Any, attributes: Mapping[str, Any], status: str) -> None:
    assert scripted.listed("user-directory.users.list", user(**attributes), before=(TEAMS,))[0]["status"] == status
    assert scripted.listed("user-directory.me.list", user(**attributes))[0]["status"] == status


def test_who_was_deactivated_tells_since_when(scripted: Any) -> None:
    gone = user(deleted=True, deletedAt="2026-01-01T00:00:00.000Z")
    found = scripted.mapped("user-directory.users.get", TEAMS, one(gone), id="64c000000000000000000001")
    assert found["status_changed_at"] == "2026-01-01T00:00:00.000Z"


def test_me_is_a_list_of_one_that_asks_for_nothing_else(scripted: Any) -> None:
    body = scripted.mapped("user-directory.me.list", one(user(userType="machine", roles=["org"])))
    assert (body["result_count"], body["next_cursor"]) == (1, None)
    [me] = body["result"]
    assert (me["name"], me["user_type"], me["roles"]) == ("Mira Lind", "machine", [{"id": "org", "name": "org"}])
    assert scripted.requests() == [("GET", "/users/current", None)]


def created(scripted: Any, **body: Any) -> Any:
    """The body that is sent for a new user."""
    scripted.mapped("user-directory.users.create", TEAMS, one(user()), body=body)
    verb, path, sent = scripted.requests()[-1]
    assert (verb, path) == ("POST", "/users")
    return sent


MIRA = {"emails": [{"email": "mira@example.org"}]}


@pytest.mark.parametrize(
    ("body", "sent"),
    [
        ({"name": "Mira Lind", "first_name": "M"}, {"name": "Mira Lind"}),
        ({"first_name": "Mira", "last_name": "Lind"}, {"name": "Mira Lind"}),
        ({"last_name": "Lind"}, {"name": "Lind"}),
        ({"name": "M", "phones": [{"number": "+1202"}]}, {"name": "M", "mobile": "+1202"}),
        ({"name": "M", "avatar": "https://a.example/m"}, {"name": "M", "avatarUrl": "https://a.example/m"}),
        ({"name": "M", "user_type": "limited"}, {"name": "M", "userType": "limited"}),
        (
            {"name": "M", "roles": [{"id": "org.user"}, {"id": "64f000000000000000000001"}]},
            {"name": "M", "roles": ["org.user"], "roleGroups": ["64f000000000000000000001"]},
        ),
        ({"name": "M", "roles": []}, {"name": "M", "roles": [], "roleGroups": []}),
    ],
)
def test_a_user_is_invited_with_what_is_known(scripted: Any, body: Any, sent: Any) -> None:
    assert created(scripted, **MIRA, **body) == {"email": "mira@example.org", **sent}


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({**MIRA}, "needs a name"),
        ({"name": "M", "emails": [{"email": "a@b.example"}, {"email": "c@d.example"}]}, "one e-mail address"),
        ({"name": "M", **MIRA, "phones": [{"number": "1"}, {"number": "2"}]}, "one telephone number"),
    ],
)
def test_a_user_that_kustomer_cannot_keep_is_refused(scripted: Any, body: Any, says: str) -> None:
    answer = scripted.mapped("user-directory.users.create", TEAMS, body=body)
    assert (answer["statusCode"], says in answer["message"]) == (400, True)


def test_a_user_without_an_address_is_refused_before_anything_is_asked(scripted: Any) -> None:
    answer = scripted.mapped("user-directory.users.create", body={"name": "M"})
    assert answer["truto_error_insight"]["missing_required_body_fields"]["value"] == ["emails"]


@pytest.mark.parametrize(
    ("body", "sent"),
    [
        ({"name": "M. Lind"}, {"name": "M. Lind"}),
        ({"emails": [{"email": "m@example.org"}]}, {"email": "m@example.org"}),
        ({"phones": [{"number": "+1202"}]}, {"mobile": "+1202"}),
        ({"phones": []}, {"mobile": None}),
        ({"status": "inactive"}, {"deleted": True}),
        ({"status": "deleted"}, {"deleted": True}),
        ({"status": "active"}, {"deleted": None}),
        ({"roles": [{"id": "org.admin"}]}, {"roles": ["org.admin"], "roleGroups": []}),
        ({"remote_data": {"emailSignature": "M."}}, {"emailSignature": "M."}),
    ],
)
def test_a_change_of_a_user_sends_what_is_named(scripted: Any, body: Any, sent: Any) -> None:
    scripted.mapped("user-directory.users.update", TEAMS, one(user()), id="64c1", body=body)
    assert scripted.requests()[-1] == ("PUT", "/users/64c1", sent)


@pytest.mark.parametrize("status", ["invited", "asleep"])
def test_a_status_nobody_can_set_is_refused(scripted: Any, status: str) -> None:
    answer = scripted.mapped("user-directory.users.update", TEAMS, id="64c1", body={"status": status})
    assert (answer["statusCode"], "active or inactive" in answer["message"]) == (400, True)


def test_a_user_is_deleted_by_a_change(scripted: Any) -> None:
    assert scripted.mapped("user-directory.users.delete", one(user(deleted=True)), id="64c1") == {"id": "64c1"}
    assert scripted.requests() == [("PUT", "/users/64c1", {"deleted": True})]


def test_roles_and_role_groups_are_one_list(scripted: Any) -> None:
    body = scripted.call("user-directory.roles.list", ROLES, paged(ROLE_GROUP)).body
    assert body["result"] == [
        {"id": "org", "name": "org", "type": "role", "applicable_in": "workspace", "remote_data": ROLES["data"][0]},
        {
            "id": "org.user",
            "name": "org.user",
            "type": "role",
            "applicable_in": "workspace",
            "remote_data": ROLES["data"][1],
        },
        {
            "id": "64f000000000000000000001",
            "name": "Desk",
            "description": "Who answers.",
            "type": "role_group",
            "applicable_in": "workspace",
            "created_at": "2024-02-05T08:30:44.162Z",
            "updated_at": "2024-02-06T08:30:44.162Z",
            "remote_data": ROLE_GROUP,
        },
    ]


def test_roles_come_in_pages(scripted: Any) -> None:
    first = scripted.mapped("user-directory.roles.list", ROLES, paged(ROLE_GROUP), query={"limit": "2"})
    assert ([each["id"] for each in first["result"]], first["next_cursor"]) == (["org", "org.user"], "2")
    asked = {"limit": "2", "next_cursor": "2"}
    last = scripted.mapped("user-directory.roles.list", ROLES, paged(ROLE_GROUP), query=asked)
    assert ([each["name"] for each in last["result"]], last["next_cursor"]) == (["Desk"], None)


def test_an_organisation_without_role_groups_has_its_roles(scripted: Any) -> None:
    body = scripted.mapped("user-directory.roles.list", ROLES, paged())
    assert [each["id"] for each in body["result"]] == ["org", "org.user"]


def test_one_role_is_found_among_all_and_a_role_group_by_its_id(scripted: Any) -> None:
    role = scripted.mapped("user-directory.roles.get", ROLES, id="org.user")
    assert role == {"id": "org.user", "name": "org.user", "type": "role", "applicable_in": "workspace"}
    assert scripted.requests() == [("GET", "/auth/roles", None)]
    group = scripted.mapped("user-directory.roles.get", one(ROLE_GROUP), id=ROLE_GROUP["id"])
    assert (group["name"], group["type"]) == ("Desk", "role_group")
    assert scripted.requests() == [("GET", f"/role-groups/{ROLE_GROUP['id']}", None)]


def test_a_role_that_there_is_not_is_not_found(scripted: Any) -> None:
    answer = scripted.call("user-directory.roles.get", ROLES, id="org.emperor")
    assert (answer.status, "org.emperor" in answer.body["message"]) == (404, True)
    missing = {"errors": [{"status": 404, "source": {"parameter": "id"}, "code": "notfound", "title": "Not Found"}]}
    answer = scripted.call("user-directory.roles.get", (404, missing), id="64f9")
    assert (answer.status, answer.body["message"]) == (404, "Not Found (id)")


def test_a_role_group_is_made_changed_and_deleted(scripted: Any) -> None:
    body = {"name": "Desk", "remote_data": {"roles": ["org.user"]}}
    scripted.mapped("user-directory.roles.create", one(ROLE_GROUP), body=body)
    assert scripted.requests() == [("POST", "/role-groups", {"name": "Desk", "roles": ["org.user"]})]
    scripted.mapped("user-directory.roles.update", one(ROLE_GROUP), id="64f1", body={"name": "Front"})
    assert scripted.requests() == [("PUT", "/role-groups/64f1", {"name": "Front"})]
    scripted.mapped("user-directory.roles.delete", (204, None), id="64f1")
    assert scripted.requests() == [("DELETE", "/role-groups/64f1", None)]


@pytest.mark.parametrize(
    ("address", "path", "held", "body", "sent"),
    [
        ("roles", "/role-groups/64", ROLE_GROUP, {"description": "All."}, {"name": "Desk", "description": "All."}),
        ("groups", "/teams/64", TEAMS["data"][0], {"remote_data": {"icon": "x"}}, {"name": "Service", "icon": "x"}),
    ],
)
def test_a_change_that_names_no_name_keeps_it(
    scripted: Any, address: str, path: str, held: Any, body: Any, sent: Any
) -> None:
    scripted.mapped(f"user-directory.{address}.update", one(held), one(held), id="64", body=body)
    assert scripted.requests() == [("GET", path, None), ("PUT", path, sent)]


def test_a_team_is_a_group_of_users(scripted: Any) -> None:
    times = {"createdAt": "2024-02-05T08:20:17.511Z", "updatedAt": "2024-03-11T13:44:00.180Z"}
    team = {"type": "team", "id": "64d1", "attributes": {"name": "Service", **times}, "relationships": ORG}
    assert scripted.mapped("user-directory.groups.get", one(team), id="64d1") == {
        "id": "64d1",
        "name": "Service",
        "organization": "64f0000000000000000000aa",
        "group_type": "team",
        "created_at": "2024-02-05T08:20:17.511Z",
        "updated_at": "2024-03-11T13:44:00.180Z",
    }


def test_a_user_is_taken_out_of_a_group(scripted: Any) -> None:
    body = {"group_id": "64d1", "user_id": "64c9"}
    answer = scripted.mapped("user-directory.groups.remove-user", one(TEAMS["data"][0]), body=body)
    assert answer["result"]["id"] == "64d1"
    assert scripted.requests() == [("DELETE", "/teams/64d1/members", {"members": ["64c9"]})]


@pytest.mark.parametrize("left_out", ["group_id", "user_id"])
def test_who_and_from_where_has_to_be_said(scripted: Any, left_out: str) -> None:
    body = {name: "64" for name in ("group_id", "user_id") if name != left_out}
    answer = scripted.mapped("user-directory.groups.remove-user", body=body)
    assert answer["truto_error_insight"]["missing_required_body_fields"]["value"] == [left_out]


def test_an_audit_log_is_an_activity(scripted: Any) -> None:
    changes = {"attributes": {"priority": {"op": "replace", "before": 3, "after": 4}}, "relationships": {}}
    log = {
        "type": "audit_log",
        "id": "6ae8",
        "attributes": {
            "eventName": "kustomer.conversation.update",
            "eventVerb": "update",
            "org": "64f0",
            "userId": "64c1",
            "userType": "user",
            "objectId": "64e1",
            "objectType": "conversation",
            "client": "web",
            "ip": "198.51.100.23",
            "changes": changes,
            "createdAt": "2026-11-02T09:31:40.219Z",
        },
    }
    assert scripted.listed("user-directory.activities.list", log) == [
        {
            "id": "6ae8",
            "actor": {"id": "64c1", "type": "user"},
            "organization": "64f0",
            "description": "kustomer.conversation.update",
            "action": "update",
            "entity": "64e1",
            "entity_type": "conversation",
            "context": {"changes": changes, "client": "web", "ip": "198.51.100.23"},
            "created_at": "2026-11-02T09:31:40.219Z",
        }
    ]


@pytest.mark.parametrize("resource", ["organizations", "workspaces"])
def test_the_organisation_has_its_id_alone(scripted: Any, resource: str) -> None:
    body = scripted.mapped(f"user-directory.{resource}.list", one(user()))
    assert body["result"] == [{"id": "64f0000000000000000000aa"}]


@pytest.mark.parametrize(("resource", "before"), [("users", (TEAMS,)), ("groups", ()), ("activities", ())])
def test_an_empty_list_is_empty(scripted: Any, resource: str, before: Any) -> None:
    assert scripted.listed(f"user-directory.{resource}.list", before=before) == []


@pytest.mark.parametrize(
    ("error", "says", "code"),
    [
        (
            {"status": 404, "source": {"parameter": "id"}, "code": "notfound", "title": "Not Found"},
            "Not Found (id)",
            "notfound",
        ),
        ({"status": 401, "code": "unauthorized", "title": "Unauthorized"}, "Unauthorized", "unauthorized"),
        ({"code": "not_found", "message": "Nobody", "meta": {}}, "Nobody", "not_found"),
    ],
)
def test_an_error_has_the_words_of_kustomer(scripted: Any, error: Any, says: str, code: str) -> None:
    body = scripted.mapped("user-directory.groups.get", (404, {"errors": [error]}), id="64")
    assert body["message"] == says
    assert body["truto_error_insight"]["remote_error"]["value"] == {"message": says, "code": code}


def test_an_error_of_another_shape_keeps_its_own_message(scripted: Any) -> None:
    body = scripted.mapped("user-directory.groups.list", (500, {"message": "out of order"}))
    assert body["message"] == "out of order"
