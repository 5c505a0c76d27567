"""Files of messages: taken over, shown beside messages, by themselves and by conversation."""

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


@pytest.fixture(autouse=True)
def still(harness: Sandbox) -> None:
    """Requests take no time."""
    harness.clock.tick = 0


@pytest.fixture
def conversation(api: httpx.Client) -> str:
    """The id of a conversation."""
    customer = api.post("/customers", json={"name": "Ann"}).json()["data"]["id"]
    return str(api.post("/conversations", json={"customer": customer}).json()["data"]["id"])


def announced(api: httpx.Client, name: str) -> Body:
    """A file, described as a message names it."""
    body = {"name": name, "contentType": "text/plain", "contentLength": 5}
    id = api.post("/attachments", json=body).json()["data"]["id"]
    return {"_id": id, **body}


def said(api: httpx.Client, conversation: str, *files: Any) -> Body:
    body = {"channel": "chat", "app": "chat", "direction": "in", "attachments": list(files)}
    response = api.post(f"/conversations/{conversation}/messages", json=body)
    assert response.status_code == 201, response.text
    found: Body = response.json()["data"]
    return found


def held(message: Body) -> list[str]:
    return [each["id"] for each in message["relationships"].get("attachments", {"data": []})["data"]]


@pytest.mark.parametrize("by_id", [False, True])
def test_a_message_takes_files_over(api: httpx.Client, conversation: str, by_id: bool) -> None:
    files = [announced(api, name) for name in ("a.txt", "b.txt")]
    message = said(api, conversation, *(file["_id"] if by_id else file for file in files))
    assert held(message) == [file["_id"] for file in files]
    shown = api.get(f"/messages/{message['id']}/attachments/{files[0]['_id']}").json()["data"]
    assert shown["attributes"]["name"] == "a.txt"
    assert shown["relationships"]["message"]["data"]["id"] == message["id"]
    assert shown["links"]["self"] == f"/v1/messages/{message['id']}/attachments/{files[0]['_id']}"
    assert "X-Amz-Signature" in shown["links"]["related"]


def test_a_file_of_another_message_is_not_found(api: httpx.Client, conversation: str) -> None:
    message, other = said(api, conversation, announced(api, "a.txt")), said(api, conversation)
    for path in (
        f"/messages/{other['id']}/attachments/{held(message)[0]}",
        f"/messages/{message['id']}/attachments/{NOBODY}",
        f"/messages/{NOBODY}/attachments/{held(message)[0]}",
    ):
        assert api.get(path).status_code == 404


def test_a_file_goes_with_one_message_only(api: httpx.Client, conversation: str, untouched: Untouched) -> None:
    file = announced(api, "a.txt")
    said(api, conversation, file)
    with untouched():
        body = {"channel": "chat", "app": "chat", "attachments": [file]}
        assert api.post(f"/conversations/{conversation}/messages", json=body).status_code == 400


def test_a_change_gives_a_message_the_files_it_names(api: httpx.Client, conversation: str) -> None:
    old, new = announced(api, "a.txt"), announced(api, "b.txt")
    message = said(api, conversation, old)
    path = f"/messages/{message['id']}"
    assert held(api.put(path, json={"attachments": [new, old]}).json()["data"]) == [new["_id"], old["_id"]]
    assert held(api.patch(path, json={"attachments": [new]}).json()["data"]) == [new["_id"]]
    assert api.get(f"{path}/attachments/{old['_id']}").status_code == 404
    assert held(api.put(f"{path}?replace=true", json={"preview": "x"}).json()["data"]) == []


@pytest.mark.parametrize("path", ["/messages", "/conversations/{conversation}/messages"])
def test_files_stand_beside_the_messages_of_a_page_when_asked_for(
    api: httpx.Client, conversation: str, path: str
) -> None:
    first = said(api, conversation, announced(api, "a.txt"))
    second = said(api, conversation, announced(api, "b.txt"))
    page = api.get(path.format(conversation=conversation), params={"include": "attachments", "pageSize": 1}).json()
    assert [each["id"] for each in page["included"]] == held(first)
    assert page["links"]["next"].endswith("?page=2&pageSize=1&include=attachments")
    whole = api.get(path.format(conversation=conversation), params={"include": "attachments"}).json()
    assert [each["id"] for each in whole["included"]] == held(first) + held(second)


def test_the_files_of_a_conversation_are_those_of_its_messages(
    kustomer: Account, api: httpx.Client, conversation: str
) -> None:
    messages = [said(api, conversation, announced(api, name)) for name in ("a.txt", "b.txt")]
    path = f"/conversations/{conversation}/attachments"
    answer = api.get(path).json()
    assert answer["meta"] == {}
    assert [each["attributes"]["name"] for each in answer["data"]] == ["a.txt", "b.txt"]
    assert answer["data"][1]["links"]["self"] == f"/v1/messages/{messages[1]['id']}/attachments/{held(messages[1])[0]}"
    second = api.get(path, params={"page": 2, "pageSize": 1}).json()
    assert [each["attributes"]["name"] for each in second["data"]] == ["b.txt"]
    assert (second["links"]["prev"], second["links"]["next"]) == (f"/v1{path}?page=1&pageSize=1", None)
    kustomer.quirks["list_order"] = "newest"
    assert [each["attributes"]["name"] for each in api.get(path).json()["data"]] == ["b.txt", "a.txt"]
    assert api.get(f"/conversations/{NOBODY}/attachments").status_code == 404
