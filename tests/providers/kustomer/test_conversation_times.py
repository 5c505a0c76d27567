"""Times of people who work on conversations."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from harness import Account, Sandbox

pytestmark = pytest.mark.harness(world="empty")

Body = dict[str, Any]

NOBODY = "65f0c1e7ad3b92846f1a70e3"


@pytest.fixture
def path(harness: Sandbox, api: httpx.Client) -> str:
    """The address of a conversation."""
    harness.clock.tick = 0
    customer = api.post("/customers", json={"name": "Ann"}).json()["data"]["id"]
    return f"/conversations/{api.post('/conversations', json={'customer': customer}).json()['data']['id']}"


@pytest.fixture
def cleo(api: httpx.Client) -> str:
    """The id of a user in a team."""
    body = {"name": "Cleo", "email": "cleo@example.com", "roles": ["org"]}
    id = api.post("/users", json=body).json()["data"]["id"]
    api.post("/teams", json={"name": "Desk", "members": [id]})
    return str(id)


@pytest.fixture
def person(kustomer: Account, api: httpx.Client, cleo: str) -> httpx.Client:
    """A client of that user, signed in."""
    answer = api.post("/auth/tokens", json={"email": "cleo@example.com", "password": "secret-1234"})
    assert answer.status_code == 201, answer.text
    token = answer.headers["set-cookie"].partition("=")[2].partition(";")[0]
    client: httpx.Client = kustomer.client()
    client.headers["authorization"] = f"Bearer {token}"
    return client


def times(api: httpx.Client, path: str, **query: Any) -> list[Body]:
    found: list[Body] = api.get(f"{path}/times", params=query).json()["data"]
    return found


def test_what_a_person_says_takes_time(harness: Sandbox, person: httpx.Client, path: str, cleo: str) -> None:
    team = next(each["id"] for each in person.get("/teams").json()["data"] if cleo in each["attributes"]["members"])
    person.put(path, json={"assignedUsers": [cleo]})
    harness.clock.set("2026-01-15T09:01:00Z")
    message = {"channel": "chat", "app": "chat", "direction": "out"}
    assert person.post(f"{path}/messages", json=message).status_code == 201
    latest = times(person, path)[0]
    now = "2026-01-15T09:01:00.000Z"
    assert latest["attributes"] == {
        "createdAt": now,
        "createdByTeams": [team],
        "assignedUsers": [cleo],
        "assignedTeams": [],
        "handleAt": now,
        "handleTime": 0,
        "messageAt": now,
        "messageTime": 0,
        "channels": ["chat"],
    }
    assert latest["relationships"]["createdBy"]["data"]["id"] == cleo
    assert latest["relationships"]["conversation"]["data"]["id"] == path.rpartition("/")[2]
    assert latest["links"] == {"self": f"/v1/conversations/times/{latest['id']}"}


def test_notes_and_changes_of_a_person_take_time_too(person: httpx.Client, path: str) -> None:
    person.post(f"{path}/notes", json={"body": "n"})
    person.put(path, json={"status": "done"})
    change, note = times(person, path)
    assert "noteAt" in note["attributes"]
    assert not {"noteAt", "messageAt"} & change["attributes"].keys()


@pytest.mark.parametrize(
    ("attribute", "value"),
    [("messages_sent", 1), ("notes_sent", 1), ("snoozed", True), ("resolved", True), ("reopened", True)],
)
def test_search_finds_times_by_what_was_done(person: httpx.Client, path: str, attribute: str, value: Any) -> None:
    person.post(f"{path}/messages", json={"channel": "chat", "app": "chat", "direction": "out"})
    person.post(f"{path}/notes", json={"body": "n"})
    for status in ("snoozed", "open", "done", "open"):
        person.put(path, json={"status": status})
    done = ("messages_sent", "notes_sent", "snoozed", None, "resolved", "reopened")
    expected = [each["id"] for each in times(person, path)][::-1][done.index(attribute)]
    body = {"queryContext": "conversation_time", "and": [{f"conversation_time_{attribute}": {"equals": value}}]}
    assert [each["id"] for each in person.post("/customers/search", json=body).json()["data"]] == [expected]
    body["and"] = [{"conversation_time_touched": {"equals": True}}]
    assert len(person.post("/customers/search", json=body).json()["data"]) == len(done)


def test_no_machine_and_no_customer_takes_time(api: httpx.Client, person: httpx.Client, path: str) -> None:
    body = {"channel": "chat", "app": "chat"}
    api.post(f"{path}/messages", json={**body, "direction": "out"})
    api.post(f"{path}/notes", json={"body": "n"})
    api.put(path, json={"status": "done"})
    person.post(f"{path}/messages", json={**body, "direction": "in"})
    assert times(api, path) == []


def test_times_are_listed_the_newest_first_by_up_to_a_thousand(person: httpx.Client, path: str) -> None:
    for priority in (1, 2, 3):
        person.put(path, json={"priority": priority})
    ids = [each["id"] for each in times(person, path)]
    assert ids == sorted(ids, reverse=True)
    page = person.get(f"{path}/times", params={"pageSize": 2000}).json()
    assert page["meta"] == {"pageSize": 1000, "page": 1}
    assert [each["id"] for each in times(person, path, page=2, pageSize=2)] == ids[2:]


def test_times_are_read_by_one_id_or_several(person: httpx.Client, path: str) -> None:
    for priority in (1, 2):
        person.put(path, json={"priority": priority})
    one, two = times(person, path)
    assert person.get(f"/conversations/times/{one['id']}").json() == {"data": one}
    assert person.get(f"/conversations/times/{two['id']},{one['id']}").json() == {"data": [two, one]}


@pytest.mark.parametrize("ids", [NOBODY, f"{NOBODY},{NOBODY}", "x"])
def test_a_time_that_is_not_there_is_not_found(kustomer: Account, api: httpx.Client, ids: str) -> None:
    answer = api.get(f"/conversations/times/{ids}")
    assert answer.status_code == 404
    assert answer.json()["errors"][0]["source"] == {"parameter": "id"}
    kustomer.quirks["malformed_id"] = "400"
    assert api.get(f"/conversations/times/{ids}").status_code == (400 if ids == "x" else 404)


def test_a_conversation_that_is_not_there_has_no_times(api: httpx.Client) -> None:
    assert api.get(f"/conversations/{NOBODY}/times").status_code == 404


def test_times_move_with_their_conversation(person: httpx.Client, path: str) -> None:
    other = person.post("/customers", json={"name": "Bo"}).json()["data"]["id"]
    person.put(path, json={"priority": 1})
    person.put(path, json={"customer": other})
    assert times(person, path)[-1]["relationships"]["customer"]["data"]["id"] == other
