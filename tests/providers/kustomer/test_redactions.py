"""Redactions: what becomes of a message of which parts are made unreadable."""

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
def file(api: httpx.Client) -> str:
    """The id of a file that was announced."""
    body = {"name": "a.txt", "contentType": "text/plain", "contentLength": 5}
    return str(api.post("/attachments", json=body).json()["data"]["id"])


@pytest.fixture
def message(harness: Sandbox, api: httpx.Client, file: str) -> Body:
    """A message with a text, a meta and a file."""
    harness.clock.tick = 0
    customer = api.post("/customers", json={"name": "Ann"}).json()["data"]["id"]
    body = {"channel": "chat", "app": "chat", "preview": "my card is 4242", "meta": {"a": 1}, "attachments": [file]}
    found: Body = api.post(f"/customers/{customer}/messages", json={**body, "direction": "in"}).json()["data"]
    return found


def related(message: Body, name: str) -> str:
    return str(message["relationships"][name]["data"]["id"])


def test_a_redaction_tells_what_took_the_place(api: httpx.Client, message: Body) -> None:
    body = {"preview": "[removed]", "meta": {}}
    response = api.post(f"/messages/{message['id']}/redactions", json=body)
    assert response.status_code == 201
    redaction = response.json()["data"]
    assert redaction["attributes"] == body
    for name in ("message", "conversation", "customer"):
        wanted = message["id"] if name == "message" else related(message, name)
        assert redaction["relationships"][name]["data"] == {"type": name, "id": wanted}
    assert redaction["links"] == {"self": f"/v1/messages/{message['id']}/redactions/{redaction['id']}"}


def test_the_message_is_redacted_for_good(harness: Sandbox, api: httpx.Client, message: Body) -> None:
    harness.clock.set("2026-01-15T09:01:00Z")
    api.post(f"/messages/{message['id']}/redactions", json={"preview": "[removed]"})
    attributes = api.get(f"/messages/{message['id']}").json()["data"]["attributes"]
    assert (attributes["preview"], attributes["meta"], attributes["redacted"]) == ("[removed]", {"a": 1}, True)
    assert attributes["redactedAt"] == attributes["modifiedAt"] == "2026-01-15T09:01:00.000Z"


def test_nobody_remembers_what_was_redacted(api: httpx.Client, message: Body) -> None:
    api.post(f"/messages/{message['id']}/redactions", json={"preview": "[removed]"})
    conversation = api.get(f"/conversations/{related(message, 'conversation')}").json()["data"]["attributes"]
    customer = api.get(f"/customers/{related(message, 'customer')}").json()["data"]["attributes"]
    assert conversation["preview"] == customer["preview"]["text"] == "[removed]"
    assert "4242" not in api.get("/messages").text


def test_a_redacted_file_says_so(api: httpx.Client, message: Body, file: str) -> None:
    redaction = api.post(f"/messages/{message['id']}/redactions", json={"attachments": [file]}).json()["data"]
    assert redaction["relationships"]["attachments"]["data"] == [{"type": "attachment", "id": file}]
    assert api.get(f"/messages/{message['id']}/attachments/{file}").json()["data"]["attributes"]["redacted"] is True
    assert api.get(f"/messages/{message['id']}").json()["data"]["attributes"]["preview"] == "my card is 4242"


@pytest.mark.parametrize("body", [{}, {"attachments": [NOBODY]}], ids=str)
def test_a_redaction_of_nothing_is_refused_without_a_trace(
    api: httpx.Client, message: Body, untouched: Untouched, body: Body
) -> None:
    with untouched():
        assert api.post(f"/messages/{message['id']}/redactions", json=body).status_code == 400


def test_a_message_that_is_not_there_cannot_be_redacted(api: httpx.Client) -> None:
    assert api.post(f"/messages/{NOBODY}/redactions", json={"preview": ""}).status_code == 404


def test_only_administrators_redact(kustomer: Account, api: httpx.Client, message: Body, untouched: Untouched) -> None:
    api.headers["authorization"] = f"Bearer {kustomer.issue_key(['org.user'])}"
    with untouched():
        assert api.post(f"/messages/{message['id']}/redactions", json={"preview": ""}).status_code == 403
    api.headers["authorization"] = f"Bearer {kustomer.issue_key(['org.permission.message_redaction'])}"
    assert api.post(f"/messages/{message['id']}/redactions", json={"preview": ""}).status_code == 201
