"""Teams, tags, brands, outbound accounts and audit logs."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

NOBODY = "65f0a1b2c3d4e5f60718293a"


@pytest.fixture
def me(api: httpx.Client) -> str:
    """The id of the machine user."""
    id: str = api.get("/users/current").json()["data"]["id"]
    return id


@pytest.fixture
def team(api: httpx.Client) -> dict[str, Any]:
    """A new team."""
    data: dict[str, Any] = api.post("/teams", json={"name": "Night"}).json()["data"]
    return data


def test_a_team_is_shown_by_its_name_and_has_nobody_at_first(team: dict[str, Any]) -> None:
    assert (team["attributes"]["displayName"], team["attributes"]["members"]) == ("Night", [])


def test_a_name_belongs_to_one_team(team: dict[str, Any], api: httpx.Client) -> None:
    answer = api.post("/teams", json={"name": "NIGHT"})
    assert (answer.status_code, answer.json()["errors"][0]["source"]) == (409, {"parameter": "name"})


def test_members_come_and_go(team: dict[str, Any], me: str, api: httpx.Client) -> None:
    path = f"/teams/{team['id']}/members"
    assert api.post(path, json={"members": [me, me]}).json()["data"]["attributes"]["members"] == [me]
    assert api.request("DELETE", path, json={"members": [me]}).json()["data"]["attributes"]["members"] == []


def test_a_member_has_to_be_a_user(team: dict[str, Any], api: httpx.Client) -> None:
    answer = api.post(f"/teams/{team['id']}/members", json={"members": [NOBODY]})
    assert (answer.status_code, answer.json()["errors"][0]["source"]) == (400, {"parameter": "members"})


def test_members_that_are_read_can_be_sent_back_although_one_was_deleted(
    team: dict[str, Any], me: str, api: httpx.Client
) -> None:
    gone = api.post("/users", json={"name": "Ivo", "email": "ivo@example.com"}).json()["data"]["id"]
    path = f"/teams/{team['id']}"
    api.post(f"{path}/members", json={"members": [gone]})
    api.put(f"/users/{gone}", json={"deleted": True})
    answer = api.put(path, json={"name": "Night", "members": [gone, me]})
    assert (answer.status_code, answer.json()["data"]["attributes"]["members"]) == (200, [gone, me])
    api.put(path, json={"name": "Night", "members": [me]})
    assert api.put(path, json={"name": "Night", "members": [me, gone]}).status_code == 400


def test_a_team_that_was_deleted_can_be_brought_back(team: dict[str, Any], api: httpx.Client) -> None:
    path = f"/teams/{team['id']}"
    assert api.delete(path).status_code == 204
    assert api.get(path).status_code == 404
    assert api.put(path, json={"name": "Night", "deleted": None}).json()["data"]["attributes"]["deleted"] is False
    assert api.get(path).status_code == 200


@pytest.mark.harness(quirks={"kustomer": {"deleted_reads": "document"}})
def test_what_was_deleted_can_be_read_under_the_quirk(team: dict[str, Any], api: httpx.Client) -> None:
    api.delete(f"/teams/{team['id']}")
    assert api.get(f"/teams/{team['id']}").json()["data"]["attributes"]["deleted"] is True


@pytest.mark.parametrize(("choice", "status"), [("404", 404), ("400", 400)])
def test_a_malformed_id_is_what_the_quirk_says(choice: str, status: int, kustomer: Any, api: httpx.Client) -> None:
    kustomer.quirks["malformed_id"] = choice
    assert api.get("/teams/nothing-like-an-id").status_code == status


def test_a_page_above_the_most_shrinks(api: httpx.Client) -> None:
    assert api.get("/tags", params={"pageSize": 1000}).json()["meta"]["pageSize"] == 100
    assert api.get("/teams", params={"pageSize": 1000}).json()["meta"]["pageSize"] == 500


@pytest.mark.harness(quirks={"kustomer": {"page_size_too_large": "400"}})
def test_a_page_above_the_most_is_refused_under_the_quirk(api: httpx.Client) -> None:
    answer = api.get("/tags", params={"pageSize": 101})
    assert answer.json()["errors"] == [
        {
            "status": 400,
            "source": {"parameter": "pageSize"},
            "code": "badparam",
            "title": "Value 101 is greater than maximum 100",
            "detail": "/properties/pageSize/maximum",
        }
    ]


def test_the_oldest_comes_first_and_pages_link_to_their_neighbours(team: dict[str, Any], api: httpx.Client) -> None:
    newer = api.post("/teams", json={"name": "Day"}).json()["data"]["id"]
    ids = [each["id"] for each in api.get("/teams").json()["data"]]
    assert ids[-2:] == [team["id"], newer]
    page = api.get("/teams", params={"pageSize": 1, "page": len(ids)}).json()
    last = len(ids)
    assert page["links"] == {
        "self": f"/v1/teams?page={last}&pageSize=1",
        "first": "/v1/teams?page=1&pageSize=1",
        "prev": f"/v1/teams?page={last - 1}&pageSize=1",
        "next": None,
    }


@pytest.mark.harness(quirks={"kustomer": {"list_order": "newest"}})
def test_the_newest_comes_first_under_the_quirk(team: dict[str, Any], api: httpx.Client) -> None:
    assert api.get("/teams").json()["data"][0]["id"] == team["id"]


def test_a_brand_is_made_and_changed_but_never_the_default(api: httpx.Client) -> None:
    brand = api.post("/brands", json={"name": "Kiln", "iconUrl": "https://cdn.example.org/kiln.png"}).json()["data"]
    assert brand["attributes"]["default"] is False
    changed = {"name": "Kilns", "iconUrl": "https://cdn.example.org/kilns.png"}
    assert api.patch(f"/brands/{brand['id']}", json=changed).json()["data"]["attributes"]["name"] == "Kilns"
    assert api.get(f"/brands/{brand['id']}").json()["data"]["attributes"]["iconUrl"] == changed["iconUrl"]
    assert api.get("/brands/default").json()["data"]["attributes"]["default"] is True


def test_every_write_leaves_an_audit_log_newest_first(team: dict[str, Any], me: str, api: httpx.Client) -> None:
    api.patch(f"/teams/{team['id']}", json={"name": "Late"})
    logs = api.get("/audit-logs", params={"count": 2}).json()
    assert [log["attributes"]["eventName"] for log in logs["data"]] == ["kustomer.team.update", "kustomer.team.create"]
    newest = logs["data"][0]["attributes"]
    assert newest["changes"]["attributes"] == {"name": {"op": "replace", "before": "Night", "after": "Late"}}
    assert (newest["userId"], newest["userType"], newest["objectId"]) == (me, "machine", team["id"])


def test_audit_logs_are_walked_by_ids(team: dict[str, Any], api: httpx.Client) -> None:
    for name in ("a", "b", "c"):
        api.patch(f"/teams/{team['id']}", json={"name": name})
    every = [log["id"] for log in api.get("/audit-logs").json()["data"]]
    walked, url = [], "/v1/audit-logs?count=1"
    for _ in every:
        page = api.get(url.removeprefix("/v1")).json()
        walked += [log["id"] for log in page["data"]]
        url = page["links"]["next"]
    assert walked == every
    back = api.get("/audit-logs", params={"count": 1, "after": every[2]}).json()
    assert [log["id"] for log in back["data"]] == [every[1]]


def test_audit_logs_are_filtered_by_object_user_and_time(team: dict[str, Any], api: httpx.Client) -> None:
    assert api.get("/audit-logs", params={"filter[objectType]": "conversation"}).json()["data"] == []
    assert api.get("/audit-logs", params={"filter[userId]": NOBODY}).json()["data"] == []
    assert api.get("/audit-logs", params={"filter[end]": "2020-01-01T00:00:00Z"}).json()["data"] == []
    assert api.get("/audit-logs", params={"filter[start]": "2020-01-01T00:00:00Z"}).json()["data"]
    assert api.get("/audit-logs", params={"filter[start]": "yesterday"}).status_code == 400


@pytest.mark.harness(quirks={"kustomer": {"audit_log_order": "oldest"}})
def test_audit_logs_come_oldest_first_under_the_quirk(team: dict[str, Any], api: httpx.Client) -> None:
    api.delete(f"/teams/{team['id']}")
    verbs = [log["attributes"]["eventVerb"] for log in api.get("/audit-logs").json()["data"]]
    assert verbs == ["create", "delete"]


def test_a_deleted_team_changes_only_by_being_brought_back(team: dict[str, Any], api: httpx.Client) -> None:
    path = f"/teams/{team['id']}"
    assert api.delete(path).status_code == 204
    assert api.put(path, json={"name": "Other"}).status_code == 404
    assert api.put(path, json={"name": "Other", "deleted": False}).json()["data"]["attributes"]["name"] == "Other"
