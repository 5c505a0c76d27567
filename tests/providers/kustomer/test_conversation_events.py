"""Events of a conversation: what was written of it, newest first, filtered and sorted."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from harness import Sandbox

pytestmark = pytest.mark.harness(world="empty")

Body = dict[str, Any]

NOBODY = "65f0c1e7ad3b92846f1a70e3"


@pytest.fixture
def path(harness: Sandbox, api: httpx.Client) -> str:
    """The address of a conversation that was made, changed, spoken in and commented, second by second."""
    harness.clock.tick = 1000
    customer = api.post("/customers", json={"name": "Ann"}).json()["data"]["id"]
    path = f"/conversations/{api.post('/conversations', json={'customer': customer}).json()['data']['id']}"
    api.put(path, json={"priority": 4, "name": "Glaze"})
    api.post(f"{path}/messages", json={"channel": "chat", "app": "chat", "direction": "in"})
    api.post(f"{path}/notes", json={"body": "n"})
    return path


def events(api: httpx.Client, path: str, **query: Any) -> list[Body]:
    answer = api.get(f"{path}/events", params=query)
    assert answer.status_code == 200, answer.text
    assert answer.json()["meta"] == {}
    found: list[Body] = answer.json()["data"]
    return found


def names(found: list[Body]) -> list[str]:
    return [event["attributes"]["name"].removeprefix("kustomer.") for event in found]


def test_the_newest_event_stands_first(api: httpx.Client, path: str) -> None:
    assert names(events(api, path)) == [
        "conversation.update",
        "note.create",
        "conversation.update",
        "message.create",
        "conversation.update",
        "conversation.create",
    ]


def test_a_creation_has_no_author_and_no_changes(api: httpx.Client, path: str) -> None:
    made = events(api, path)[-1]
    assert "changes" not in made["attributes"]
    assert made["relationships"]["createdBy"] is None
    assert made["relationships"]["conversation"]["data"]["id"] == path.rpartition("/")[2]


def test_a_change_tells_what_it_was_before_and_after(api: httpx.Client, path: str) -> None:
    (event,) = events(api, path, changed="priority")
    changes = event["attributes"]["changes"]["attributes"]
    assert changes["priority"] == {"op": "replace", "before": 3, "after": 4}
    assert changes["name"] == {"op": "add", "before": None, "after": "Glaze"}
    assert event["relationships"]["createdBy"]["data"]["id"] == api.get("/users/current").json()["data"]["id"]


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ({"name": "kustomer.note.create"}, ["note.create"]),
        ({"name": "kustomer.note.create,kustomer.message.create"}, ["note.create", "message.create"]),
        ({"name": "kustomer.conversation.update", "changed": "noteCount"}, ["conversation.update"]),
        ({"changed": "priority,noteCount"}, ["conversation.update", "conversation.update"]),
        ({"changed": "customer"}, []),
        ({"name": "kustomer.conversation.create", "changed": "priority"}, []),
    ],
    ids=str,
)
def test_events_are_filtered_by_name_and_by_what_changed(
    api: httpx.Client, path: str, query: Body, wanted: list[str]
) -> None:
    assert names(events(api, path, **query)) == wanted


def test_events_are_sorted_as_asked(api: httpx.Client, path: str) -> None:
    plain = names(events(api, path))
    assert names(events(api, path, sort="eventName")) == sorted(plain)
    assert names(events(api, path, sort="-eventName")) == sorted(plain, reverse=True)
    assert names(events(api, path, sort="publishedAt")) == [
        "conversation.create",
        "conversation.update",
        "message.create",
        "conversation.update",
        "note.create",
        "conversation.update",
    ]


@pytest.mark.parametrize("sort", [{}, {"sort": "eventName"}], ids=str)
def test_events_come_in_pages(api: httpx.Client, path: str, sort: Body) -> None:
    whole = [event["id"] for event in events(api, path, **sort)]
    pages = [[event["id"] for event in events(api, path, page=page, pageSize=4, **sort)] for page in (1, 2)]
    assert pages == [whole[:4], whole[4:]]
    links = api.get(f"{path}/events", params={"pageSize": 4, **sort}).json()["links"]
    assert links["next"].startswith(f"/v1{path}/events?page=2&pageSize=4")
    assert links["prev"] is None


def test_a_conversation_that_is_not_there_has_no_events(api: httpx.Client) -> None:
    assert api.get(f"/conversations/{NOBODY}/events").status_code == 404
