"""Webhook subscriptions: targets, event types, filters, the secret."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import httpx
import pytest

from harness import Account, Sandbox

Untouched = Callable[[], AbstractContextManager[None]]

TARGET = "https://hooks.example.org/in"
TYPES = (
    "message_inbound",
    "message_outbound",
    "message_failed",
    "note_created",
    "contact_created",
    "contact_updated",
    "contact_deleted",
    "conversation_opened",
    "conversation_done",
    "conversation_snoozed",
    "conversation_deleted",
    "ai_call_completed",
)


def subscribe(api: httpx.Client, *events: dict[str, Any], target: Any = TARGET) -> httpx.Response:
    return api.post("/webhooks", json={"target_url": target, "events": list(events)})


def test_a_subscription_shows_its_secret_in_clear_in_every_answer(api: httpx.Client) -> None:
    hook = subscribe(api, {"type": "note_created", "filters": []}).json()
    assert hook == {
        "id": hook["id"],
        "url": f"/webhooks/{hook['id']}",
        "target_url": TARGET,
        "events": [{"type": "note_created", "filters": []}],
        "status": "active",
        "secret": hook["secret"],
        "created_at": "2026-01-15T09:00:00Z",
        "updated_at": "2026-01-15T09:00:00Z",
    }
    assert hook["id"].startswith("wh_")
    assert len(hook["secret"]) >= 32
    assert api.get(hook["url"]).json() == hook
    assert api.get("/webhooks").json()["results"][0] == hook


def test_every_subscription_has_a_secret_of_its_own(api: httpx.Client) -> None:
    assert len({subscribe(api).json()["secret"] for _ in range(5)}) == 5


@pytest.mark.parametrize(("side", "status"), [("200", 200), ("201", 201)])
def test_the_success_status_is_a_quirk(api: httpx.Client, superchat: Account, side: str, status: int) -> None:
    superchat.quirks["post_status"] = side
    assert subscribe(api).status_code == status


@pytest.mark.parametrize("type", TYPES)
def test_every_type_of_event_can_be_subscribed_to(api: httpx.Client, type: str) -> None:
    assert subscribe(api, {"type": type}).json()["events"] == [{"type": type, "filters": []}]


@pytest.mark.parametrize(
    "filter",
    [
        {"type": "channel", "ids": ["mc_a", "mc_b"]},
        {"type": "inbox", "ids": []},
        {"type": "custom_attribute", "ids": ["ca_a"]},
        {"type": "default_attribute", "attributes": ["first_name", "last_name", "gender"]},
        {"type": "handle"},
    ],
    ids=str,
)
def test_a_filter_reads_as_it_was_written(api: httpx.Client, filter: dict[str, Any]) -> None:
    event = {"type": "contact_updated", "filters": [filter]}
    assert subscribe(api, event).json()["events"] == [event]


def test_unknown_keys_are_ignored(api: httpx.Client) -> None:
    event = {"type": "note_created", "filters": [{"type": "inbox", "ids": ["ib_a"], "not": True}], "active": False}
    body = {"target_url": TARGET, "events": [event], "status": "paused", "secret": "mine", "url": "https://x"}
    hook = api.post("/webhooks", json=body).json()
    assert hook["events"] == [{"type": "note_created", "filters": [{"type": "inbox", "ids": ["ib_a"]}]}]
    assert (hook["status"], hook["secret"] == "mine") == ("active", False)


@pytest.mark.parametrize(
    "target",
    [
        "https://example.org",
        "https://example.org:8443/a/b?c=d",
        "https://notsuperchat.com/in",
        "https://superchat.com.example.org/in",
        "http://localhost:8000/in",
        "http://127.0.0.1:8000/in",
        "http://127.1.2.3:8000/in",
        "http://[::1]:8000/in",
        "http://receiver.localhost:8000/in",
    ],
)
def test_https_goes_everywhere_and_http_to_this_machine(api: httpx.Client, target: str) -> None:
    assert subscribe(api, target=target).json()["target_url"] == target


@pytest.mark.parametrize(
    "target",
    [
        "http://example.org/in",
        "http://localhost.example.org/in",
        "ftp://example.org/in",
        "ws://localhost/in",
        "//example.org/in",
        "/in",
        "example.org",
        "https://",
        "https:///in",
        "https://[::1/in",
        "https://example.org:port/in",
        "https://example.org:70000/in",
        "https://superchat.com/in",
        "https://api.superchat.com/in",
        "https://app.superchat.de/in",
        "https://API.SuperChat.com/in",
        "https://api.superchat.com./in",
        "https://api.superchat.com:8443/in",
        "https://user@api.superchat.com/in",
        "",
        None,
        1,
        [TARGET],
    ],
)
def test_other_targets_are_refused_without_a_trace(api: httpx.Client, untouched: Untouched, target: Any) -> None:
    hook = subscribe(api).json()
    with untouched():
        assert subscribe(api, target=target).status_code == 400
        assert api.put(hook["url"], json={"target_url": target, "events": []}).status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"target_url": TARGET},
        {"events": []},
        {"target_url": TARGET, "events": None},
        {"target_url": TARGET, "events": {}},
        {"target_url": TARGET, "events": ["note_created"]},
        {"target_url": TARGET, "events": [{}]},
        {"target_url": TARGET, "events": [{"type": "message.created"}]},
        {"target_url": TARGET, "events": [{"type": "note_created"}, {"type": "nothing"}]},
        {"target_url": TARGET, "events": [{"type": "note_created", "filters": {}}]},
        {"target_url": TARGET, "events": [{"type": "note_created", "filters": ["channel"]}]},
        {"target_url": TARGET, "events": [{"type": "note_created", "filters": [{}]}]},
        {"target_url": TARGET, "events": [{"type": "note_created", "filters": [{"type": "label", "ids": []}]}]},
        {"target_url": TARGET, "events": [{"type": "note_created", "filters": [{"type": "channel"}]}]},
        {"target_url": TARGET, "events": [{"type": "note_created", "filters": [{"type": "channel", "ids": "mc_a"}]}]},
        {"target_url": TARGET, "events": [{"type": "note_created", "filters": [{"type": "inbox", "ids": [1]}]}]},
        {
            "target_url": TARGET,
            "events": [{"type": "note_created", "filters": [{"type": "default_attribute", "ids": []}]}],
        },
        {
            "target_url": TARGET,
            "events": [{"type": "note_created", "filters": [{"type": "default_attribute", "attributes": ["email"]}]}],
        },
    ],
    ids=str,
)
def test_a_body_that_makes_no_sense_is_refused_without_a_trace(
    api: httpx.Client, untouched: Untouched, body: dict[str, Any]
) -> None:
    hook = subscribe(api).json()
    with untouched():
        assert api.post("/webhooks", json=body).status_code == 400
        assert api.put(hook["url"], json=body).status_code == 400


def test_an_update_replaces_target_and_events_and_keeps_the_secret(harness: Sandbox, api: httpx.Client) -> None:
    hook = subscribe(api, {"type": "note_created"}, {"type": "contact_created"}).json()
    harness.clock.advance("5m")
    body = {"target_url": "https://example.net/", "events": [{"type": "contact_deleted"}]}
    changed = api.put(hook["url"], json=body).json()
    assert changed == {
        **hook,
        "target_url": "https://example.net/",
        "events": [{"type": "contact_deleted", "filters": []}],
        "updated_at": "2026-01-15T09:05:00Z",
    }
    assert api.get(hook["url"]).json() == changed


def test_a_subscription_is_not_patched(api: httpx.Client) -> None:
    hook = subscribe(api).json()
    assert api.patch(hook["url"], json={"target_url": TARGET}).status_code == 405


def test_a_deleted_subscription_answers_with_its_id_and_is_gone(api: httpx.Client) -> None:
    hook = subscribe(api).json()
    assert api.delete(hook["url"]).json() == {"id": hook["id"]}
    assert api.get(hook["url"]).status_code == 404
    assert api.delete(hook["url"]).status_code == 404


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_an_unknown_subscription_is_not_found(api: httpx.Client, method: str) -> None:
    body = {"target_url": TARGET, "events": []} if method == "PUT" else None
    assert api.request(method, "/webhooks/wh_nothing", json=body).status_code == 404


def test_the_list_is_newest_first_and_pages_both_ways(api: httpx.Client) -> None:
    ids = [subscribe(api).json()["id"] for _ in range(4)][::-1]
    first = api.get("/webhooks", params={"limit": 2}).json()
    second = api.get("/webhooks", params={"limit": 2, "after": first["pagination"]["next_cursor"]}).json()
    back = api.get("/webhooks", params={"limit": 2, "before": second["pagination"]["previous_cursor"]}).json()
    assert [each["id"] for each in first["results"] + second["results"]] == ids
    assert back["results"] == first["results"]


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "after=a&before=b", "before=wh_unknown"])
def test_a_query_that_makes_no_sense_is_refused(api: httpx.Client, query: str) -> None:
    assert api.get(f"/webhooks?{query}").status_code == 400
