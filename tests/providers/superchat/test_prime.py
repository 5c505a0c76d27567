"""Priming: a record as the API shows it, put into an account that had nothing, reads the same there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest

import harness
from harness.core.account import Account
from harness.core.shown import NotPrimed, Shown
from harness.providers.superchat.prime import prime
from harness.testing.home import home

NOBODY = {"name": "nobody", "title": "Nobody has been here"}
LISTS = {
    "users": "/users",
    "inboxes": "/inboxes",
    "labels": "/labels",
    "channels": "/channels",
    "custom_attributes": "/custom-attributes",
    "contacts": "/contacts",
    "contact_lists": "/contact-lists",
    "template_folders": "/template-folders",
    "templates": "/templates",
    "webhooks": "/webhooks",
    "conversations": "/conversations",
}


@pytest.fixture
def desk() -> Iterator[httpx.Client]:
    """The API of an account with the default world."""
    with harness.sandbox(quotas="off") as sandbox, sandbox.superchat.client() as client:
        yield client


@pytest.fixture
def bare() -> Iterator[harness.Sandbox]:
    """A sandbox where nobody has been."""
    with harness.sandbox(NOBODY, quotas="off") as sandbox:
        yield sandbox


def read(client: httpx.Client, path: str) -> list[Any]:
    return list(client.get(path, params={"limit": 100}).json()["results"])


def account(sandbox: harness.Sandbox) -> Account:
    return home().registry.sandbox(sandbox.id).account("superchat")


def put(into: Account, operation: str, records: list[Any], path: Mapping[str, str] | None = None, **more: Any) -> None:
    """Prime records that stand newest first."""
    with into.unit() as unit:
        begun = unit.now
        for age, record in reversed(list(enumerate(records))):
            unit.now = begun - (age + 1) * 1000
            prime(unit, Shown(operation, path or {}, record, **more))


def test_lists_of_primed_records_read_as_those_they_were_taken_from(desk: httpx.Client, bare: harness.Sandbox) -> None:
    shown = {name: read(desk, path) for name, path in LISTS.items()}
    me = desk.get("/me").json()
    for name, records in shown.items():
        put(account(bare), f"{name}.list", records)
    put(account(bare), "me.list", [me])
    with bare.superchat.client() as client:
        assert {name: read(client, path) for name, path in LISTS.items()} == shown
        assert client.get("/me").json() == me


def test_messages_and_notes_of_primed_conversations_read_the_same(desk: httpx.Client, bare: harness.Sandbox) -> None:
    put(account(bare), "users.list", read(desk, "/users"))
    conversations = read(desk, "/conversations")[:10]
    put(account(bare), "conversations.list", conversations)
    with bare.superchat.client() as client:
        for conversation in conversations:
            for operation, part in (("conversation_messages.list", "messages"), ("notes.list", "notes")):
                path = f"/conversations/{conversation['id']}/{part}"
                records = read(desk, path)
                put(account(bare), operation, records, {"id": conversation["id"]})
                assert read(client, path) == records


def test_a_message_alone_brings_its_conversation_contact_and_channel(desk: httpx.Client, bare: harness.Sandbox) -> None:
    conversation = read(desk, "/conversations")[0]["id"]
    message = read(desk, f"/conversations/{conversation}/messages")[0]
    put(account(bare), "messages.get", [message], {"messageId": message["id"]})
    with bare.superchat.client() as client:
        assert client.get(f"/messages/{message['id']}").json() == message
        assert client.get(f"/conversations/{conversation}").json()["id"] == conversation


def test_members_of_a_primed_list_are_on_it(desk: httpx.Client, bare: harness.Sandbox) -> None:
    lists = (each["id"] for each in read(desk, "/contact-lists"))
    list_id, members = next((id, found) for id in lists if (found := read(desk, f"/contact-lists/{id}/contacts")))
    put(account(bare), "contact_list_contacts.list", members, {"contact_list_id": list_id})
    with bare.superchat.client() as client:
        assert read(client, f"/contact-lists/{list_id}/contacts") == members
        assert client.get(f"/contacts/{members[0]['id']}/contact-lists/{list_id}").status_code == 200


def test_a_primed_file_shows_what_is_told_of_it(desk: httpx.Client, bare: harness.Sandbox) -> None:
    files = read(desk, "/files")
    put(account(bare), "files.list", files)
    with bare.superchat.client() as client:
        kept = [{name: each[name] for name in ("id", "name", "url", "mime_type")} for each in read(client, "/files")]
    assert kept == [{name: each[name] for name in ("id", "name", "url", "mime_type")} for each in files]


def test_of_what_a_request_made_only_what_it_refers_to_is_there_before(
    desk: httpx.Client, bare: harness.Sandbox
) -> None:
    conversation = read(desk, "/conversations")[0]
    put(account(bare), "conversations.get", [conversation])
    author = {"id": "us_author", "name": "Uma Ott", "email": "uma@example.org", "url": "/users/us_author"}
    note = {
        "id": "no_new",
        "content": "x",
        "author": author,
        "url": f"/conversations/{conversation['id']}/notes/no_new",
    }
    put(account(bare), "notes.create", [note], {"id": conversation["id"]}, when="made")
    with bare.superchat.client() as client:
        assert read(client, f"/conversations/{conversation['id']}/notes") == []
        made = client.post(f"/conversations/{conversation['id']}/notes", json={"content": "y"}).json()
    assert made["author"] == author


def test_figures_of_a_template_are_made_of_as_many_messages(desk: httpx.Client, bare: harness.Sandbox) -> None:
    template = next(each for each in read(desk, "/templates") if each["status"] == "approved")
    put(account(bare), "templates.get", [template])
    period = {"from": "2025-10-01T00:00:00Z", "to": "2025-11-01T00:00:00Z"}
    counts = {"sent": 20, "delivered": 19, "read": 10, "clicked": 4, "replied": 5}
    rates = {"delivery_rate": 0.95, "read_rate": 0.5, "click_rate": 0.2, "reply_rate": 0.25}
    figures = {"period": period, "results": [{"template_id": template["id"], **counts, **rates}]}
    put(account(bare), "template_analytics.list", [figures])
    with bare.superchat.client() as client:
        assert client.get("/analytics/templates", params=period).json() == figures


def test_times_of_a_message_nobody_read_cannot_be_primed(bare: harness.Sandbox) -> None:
    with pytest.raises(NotPrimed, match="ms_unseen"):
        put(account(bare), "message_analytics.list", [{"results": [{"message_id": "ms_unseen"}]}])
