"""Senders let through or kept out."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

Body = dict[str, Any]

pytestmark = pytest.mark.harness(world="empty")


def put(api: httpx.Client, sender: str = "offers@example.net", channel: str = "email", list: str = "blacklist") -> Body:
    response = api.put("/spam/senders", json={"channel": channel, "sender": sender, "list": list})
    assert response.status_code == 200, response.text
    data: Body = response.json()["data"]
    return data


def listed(api: httpx.Client) -> list[Body]:
    data: list[Body] = api.get("/spam/senders").json()["data"]
    return data


def test_a_sender_is_put_on_a_list_and_has_no_links(api: httpx.Client) -> None:
    sender = put(api)
    assert set(sender) == {"type", "id", "attributes", "relationships"}
    assert sender["type"] == "sender"
    assert {name: value for name, value in sender["attributes"].items() if not name.endswith("At")} == {
        "sender": "offers@example.net",
        "channel": "email",
        "list": "blacklist",
    }
    assert listed(api) == [sender]


def test_the_same_sender_moves_to_the_other_list(api: httpx.Client) -> None:
    first = put(api)
    second = put(api, "Offers@example.net", list="whitelist")
    assert (second["id"], second["attributes"]["list"]) == (first["id"], "whitelist")
    assert second["attributes"]["sender"] == "offers@example.net"
    assert second["attributes"]["createdAt"] == first["attributes"]["createdAt"] < second["attributes"]["modifiedAt"]
    assert listed(api) == [second]


def test_the_same_sender_in_another_channel_is_another_one(api: httpx.Client) -> None:
    assert put(api, "12025550114", "sms")["id"] != put(api, "12025550114", "whatsapp")["id"]
    assert len(listed(api)) == 2


def test_a_sender_can_be_forgotten(api: httpx.Client) -> None:
    path = f"/spam/senders/{put(api)['id']}"
    response = api.delete(path)
    assert (response.status_code, response.content) == (204, b"")
    assert listed(api) == []
    again = api.delete(path)
    assert again.status_code == 404
    assert again.json()["errors"][0]["source"] == {"parameter": "id"}
    assert put(api)["id"] not in path
