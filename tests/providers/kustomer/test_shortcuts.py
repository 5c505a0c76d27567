"""Shortcuts: texts for agents to put in, and their shelves."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import httpx
import pytest

from harness import Account
from harness.core.unit import Unit
from harness.providers.kustomer.jsonapi.kind import MACHINE

Body = dict[str, Any]
Untouched = Callable[[], AbstractContextManager[None]]
Within = Callable[[], AbstractContextManager[Unit]]

pytestmark = pytest.mark.harness(world="empty")

SHELF = "66d58f2623f3a956227d7505"
TEAM = "66d58f2623f3a956227d7506"
STRANGER = "66d58f2623f3a956227d7507"
READER = "org.user.shortcut.read"
AT = "2024-09-02T10:10:46.113Z"


@pytest.fixture(autouse=True)
def shelf(within: Within) -> None:
    """A category, a team the key's user is in, and a user who wrote nothing yet."""
    times = dict.fromkeys(("createdAt", "updatedAt", "modifiedAt"), AT)
    with within() as unit:
        unit["shortcut_categories"].insert({"id": SHELF, "attributes": {"name": "Lids", **times}, "relations": {}})
        unit["teams"].insert({"id": TEAM, "attributes": {"name": "Lids", "members": [MACHINE]}, "relations": {}})
        unit["users"].insert({"id": STRANGER, "attributes": {"name": "Vesper"}, "relations": {}})


def make(api: httpx.Client, name: str = "New lid", /, **more: Any) -> Body:
    response = api.post("/shortcuts", json={"name": name, **more})
    assert response.status_code == 201, response.text
    shortcut: Body = response.json()["data"]
    return shortcut


def names(api: httpx.Client, query: str = "") -> list[str]:
    return [each["attributes"]["name"] for each in api.get(f"/shortcuts{query}").json()["data"]]


def reader(kustomer: Account, *roles: str) -> httpx.Client:
    client: httpx.Client = kustomer.client(headers={"Authorization": f"Bearer {kustomer.issue_key(roles)}"})
    return client


def test_a_shortcut_has_what_was_given(api: httpx.Client) -> None:
    given = {"draft": {"text": "On its way."}, "conversation": {"status": "done"}, "payload": {"a": 1}}
    shortcut = make(api, parent=SHELF, accessUsers=[STRANGER, STRANGER], accessTeams=[TEAM], **given)
    attributes, relationships = shortcut["attributes"], shortcut["relationships"]
    assert {name: value for name, value in attributes.items() if not name.endswith("At")} == {
        "name": "New lid",
        **given,
        "isPrivate": False,
        "deleted": False,
        "appDisabled": False,
        "rev": 1,
    }
    assert relationships["parent"] == {"data": {"type": "shortcut_category", "id": SHELF}}
    assert relationships["accessUsers"] == {"data": [{"type": "user", "id": STRANGER}]}
    assert relationships["accessTeams"] == {"data": [{"type": "team", "id": TEAM}]}
    assert api.get(f"/shortcuts/{shortcut['id']}").json() == {"data": shortcut}


def test_a_change_keeps_what_is_left_out(api: httpx.Client) -> None:
    shortcut = make(api, parent=SHELF, accessUsers=[STRANGER], draft={"text": "On its way."})
    path = f"/shortcuts/{shortcut['id']}"
    changed = api.put(path, json={"name": "Lid", "isPrivate": True, "accessUsers": []}).json()["data"]
    attributes = changed["attributes"]
    assert (attributes["name"], attributes["isPrivate"], attributes["rev"]) == ("Lid", True, 2)
    assert attributes["draft"] == {"text": "On its way."}
    assert "parent" in changed["relationships"]
    assert "accessUsers" not in changed["relationships"]


@pytest.mark.parametrize(
    ("body", "parameter"),
    [
        ({"parent": TEAM}, "parent"),
        ({"accessUsers": [SHELF]}, "accessUsers"),
        ({"accessTeams": [SHELF]}, "accessTeams"),
    ],
)
def test_what_a_shortcut_names_must_be_there(
    api: httpx.Client, untouched: Untouched, body: Body, parameter: str
) -> None:
    path = f"/shortcuts/{make(api)['id']}"
    with untouched():
        responses = [api.post("/shortcuts", json={"name": "x", **body}), api.put(path, json={"name": "x", **body})]
    for response in responses:
        assert response.status_code == 400
        assert response.json()["errors"][0]["source"] == {"parameter": parameter}


def test_the_list_can_be_asked_for_the_beginning_of_names(api: httpx.Client) -> None:
    for name in ("New lid", "Renewal", "new glaze"):
        make(api, name)
    assert names(api, "?name=New") == ["New lid", "new glaze"]
    assert names(api, "?name=lid") == []


def test_a_deleted_shortcut_is_not_found(kustomer: Account, api: httpx.Client) -> None:
    shortcut = make(api)
    path = f"/shortcuts/{shortcut['id']}"
    response = api.delete(path)
    assert (response.status_code, response.content) == (204, b"")
    for again in (api.get(path), api.put(path, json={"name": "x"}), api.delete(path)):
        assert again.status_code == 404
        assert again.json()["errors"][0]["source"] == {"parameter": "id"}
    assert "New lid" not in names(api)
    kustomer.quirks.set(deleted_reads="document")
    assert api.get(path).json()["data"]["attributes"]["deleted"] is True


@pytest.mark.parametrize(
    ("given", "visible"),
    [
        ({}, False),
        ({"accessUsers": [MACHINE]}, True),
        ({"accessTeams": [TEAM]}, True),
        ({"accessUsers": [STRANGER]}, False),
    ],
    ids=["nobody", "the-user", "a-team", "somebody-else"],
)
def test_a_private_shortcut_is_for_those_it_names(
    kustomer: Account, api: httpx.Client, within: Within, given: Body, visible: bool
) -> None:
    shortcut = make(api, "Secret", isPrivate=True, **given)
    with within() as unit:
        kept = unit["shortcuts"][shortcut["id"]]
        unit["shortcuts"].replace({**kept, "relations": {**kept["relations"], "createdBy": STRANGER}})
    path = f"/shortcuts/{shortcut['id']}"
    with reader(kustomer, READER) as user:
        assert ("Secret" in names(user), user.get(path).status_code) == (visible, 200 if visible else 404)
    with reader(kustomer, "org.admin") as admin:
        assert ("Secret" in names(admin), admin.get(path).status_code) == (True, 200)


def test_a_private_shortcut_is_for_its_author(kustomer: Account, api: httpx.Client) -> None:
    shortcut = make(api, "Secret", isPrivate=True)
    with reader(kustomer, READER) as user:
        assert user.get(f"/shortcuts/{shortcut['id']}").status_code == 200
        assert "Secret" in names(user)


def test_categories_are_listed(api: httpx.Client) -> None:
    shelves = [each for each in api.get("/shortcuts/categories").json()["data"] if each["id"] == SHELF]
    assert [(each["type"], each["attributes"]["name"]) for each in shelves] == [("shortcut_category", "Lids")]
    assert shelves[0]["links"] == {"self": f"/v1/shortcuts/categories/{SHELF}"}
