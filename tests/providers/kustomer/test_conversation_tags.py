"""Tags put on conversations and taken off them, by name and by id."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import httpx
import pytest

from harness import Account, Sandbox

pytestmark = pytest.mark.harness(world="empty")

Body = dict[str, Any]
Untouched = Callable[[], AbstractContextManager[None]]

NOBODY = "65f0c1e7ad3b92846f1a70e3"


@pytest.fixture
def path(harness: Sandbox, api: httpx.Client) -> str:
    """The address of the tags of a conversation."""
    harness.clock.tick = 0
    customer = api.post("/customers", json={"name": "Ann"}).json()["data"]["id"]
    return f"/conversations/{api.post('/conversations', json={'customer': customer}).json()['data']['id']}/tags"


def put(api: httpx.Client, path: str, *names: str) -> Body:
    response = api.post(path, json=list(names))
    assert response.status_code == 200, response.text
    attributes: Body = response.json()["data"]["attributes"]
    return attributes


def take(api: httpx.Client, path: str, *names: str) -> Body:
    response = api.request("DELETE", path, json=list(names))
    assert response.status_code == 200, response.text
    attributes: Body = response.json()["data"]["attributes"]
    return attributes


def known(api: httpx.Client) -> dict[str, str]:
    """The ids of the tags by their names."""
    return {tag["attributes"]["name"]: tag["id"] for tag in api.get("/tags").json()["data"]}


def test_a_name_nobody_has_becomes_a_tag(api: httpx.Client, path: str) -> None:
    attributes = put(api, path, "spout", "glaze")
    tags = known(api)
    assert attributes["tags"] == [tags["spout"], tags["glaze"]]
    assert attributes["modificationHistory"]["tagsAt"] == attributes["updatedAt"]
    assert attributes["rev"] == 2


def test_tags_are_put_after_those_there_are_by_name_or_id(api: httpx.Client, path: str) -> None:
    (glaze,) = put(api, path, "glaze")["tags"]
    tags = put(api, path, "spout", glaze, "Glaze")["tags"]
    assert tags == [glaze, known(api)["spout"]]
    assert len(known(api)) == 2


def test_tags_are_taken_off_by_name_or_id(api: httpx.Client, path: str) -> None:
    _, two, three = put(api, path, "one", "two", "three")["tags"]
    assert take(api, path, "ONE", three)["tags"] == [two]
    assert len(known(api)) == 3


def test_a_tag_that_is_not_there_is_taken_off_without_making_one(api: httpx.Client, path: str) -> None:
    tags = put(api, path, "one")["tags"]
    assert take(api, path, "two", NOBODY)["tags"] == tags
    assert list(known(api)) == ["one"]


def test_a_conversation_has_no_more_than_twenty_tags(api: httpx.Client, path: str, untouched: Untouched) -> None:
    put(api, path, *(f"batch {number}" for number in range(20)))
    with untouched():
        assert api.post(path, json=["one more"]).status_code == 400
    assert len(put(api, path, "batch 3")["tags"]) == 20


def test_the_customer_knows_the_tags_of_the_last_conversation(api: httpx.Client, path: str) -> None:
    tags = put(api, path, "one")["tags"]
    customer = api.get(path.removesuffix("/tags")).json()["data"]["relationships"]["customer"]["data"]["id"]
    assert api.get(f"/customers/{customer}").json()["data"]["attributes"]["lastConversation"]["tags"] == tags


@pytest.mark.parametrize(("choice", "status"), [("documented", 200), ("uniform", 201)])
def test_the_success_status_is_a_quirk(
    kustomer: Account, api: httpx.Client, path: str, choice: str, status: int
) -> None:
    kustomer.quirks["success_status"] = choice
    assert api.post(path, json=["one"]).status_code == status
    assert api.request("DELETE", path, json=["one"]).status_code == 200


@pytest.mark.parametrize(
    ("choice", "role", "status"),
    [
        ("documented", "org.permission.conversation.delete", 200),
        ("documented", "org.permission.conversation.update", 403),
        ("corrected", "org.permission.conversation.delete", 403),
        ("corrected", "org.permission.conversation.update", 200),
        ("documented", "org.user.conversation.write", 200),
    ],
)
def test_which_role_takes_tags_off_is_a_quirk(
    kustomer: Account, api: httpx.Client, path: str, choice: str, role: str, status: int
) -> None:
    kustomer.quirks["role_slips"] = choice
    api.headers["authorization"] = f"Bearer {kustomer.issue_key([role])}"
    assert api.request("DELETE", path, json=["one"]).status_code == status


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_what_is_not_there_has_no_tags(api: httpx.Client, untouched: Untouched, method: str) -> None:
    with untouched():
        assert api.request(method, f"/conversations/{NOBODY}/tags", json=["one"]).status_code == 404


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_tags_count_as_changes_of_the_conversation(
    kustomer: Account, api: httpx.Client, path: str, untouched: Untouched, method: str
) -> None:
    kustomer.quotas["object_updates"].limit = 1
    assert api.request(method, path, json=["one"]).status_code == 200
    with untouched():
        assert api.request(method, path, json=["two"]).status_code == 429
