"""Webhook events: what is queued, for whom, and what the payload holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from harness import Account, Sandbox
from harness.testing.webhooks import Event

SOON = "2026-01-15T12:00:00Z"
SMS = "+493055500001"


@pytest.fixture
def subscribe(api: httpx.Client) -> Callable[..., str]:
    """The id of a new subscription to a type of event, with filters."""

    def post(type: str, *filters: dict[str, Any]) -> str:
        body = {"target_url": "https://hooks.example.org/in", "events": [{"type": type, "filters": list(filters)}]}
        return str(api.post("/webhooks", json=body).json()["id"])

    return post


Subscribe = Callable[..., str]


@pytest.fixture
def conversation(api: httpx.Client, channels: dict[str, str]) -> dict[str, Any]:
    """A new conversation by SMS."""
    found: dict[str, Any] = api.get(f"/conversations/{send(api, channels)['conversation_id']}").json()
    return found


def send(api: httpx.Client, channels: dict[str, str], to: str = SMS) -> dict[str, Any]:
    sender = {"channel_id": channels["sms"]}
    body = {"to": [{"identifier": to}], "from": sender, "content": {"type": "text", "body": "Hi"}}
    message: dict[str, Any] = api.post("/messages", json=body).json()
    return message


def types(harness: Sandbox) -> list[str]:
    return [event.type for event in harness.webhooks]


def only(harness: Sandbox, type: str) -> Event:
    (event,) = harness.webhooks.events(type)
    return event


def reached(event: Event) -> set[str]:
    """The subscriptions an event was queued for."""
    return {delivery.subscription for delivery in event.deliveries}


def test_the_world_itself_is_no_event(harness: Sandbox, superchat: Account) -> None:
    superchat.seed(contacts=[{"emails": ["new@example.org"]}])
    assert list(harness.webhooks) == []


def test_an_event_is_an_envelope_around_its_object(
    harness: Sandbox, api: httpx.Client, channels: dict[str, str]
) -> None:
    message = send(api, channels)
    event = only(harness, "message_outbound")
    assert event.payload == {"id": event.id, "event": "message_outbound", "message": message}
    assert event.id.startswith("pe_")
    assert len({each.id for each in harness.webhooks}) == 3


@pytest.mark.parametrize(
    ("status", "event"),
    [
        ("done", "conversation_done"),
        ("snoozed", "conversation_snoozed"),
        ("spam", None),
        ("archived", None),
        ("open", None),
    ],
)
def test_a_new_status_is_an_event_with_the_conversation(
    harness: Sandbox, api: httpx.Client, conversation: dict[str, Any], status: str, event: str | None
) -> None:
    known = len(harness.webhooks)
    until = {"snoozed_until": SOON} if status == "snoozed" else {}
    changed = api.patch(conversation["url"], json={"status": status, **until}).json()
    assert types(harness)[known:] == ([event] if event else [])
    if event:
        assert only(harness, event).payload["conversation"] == changed


def test_a_conversation_opened_again_is_an_event(
    harness: Sandbox, api: httpx.Client, conversation: dict[str, Any]
) -> None:
    for status in ("done", "open", "open", "spam", "open"):
        api.patch(conversation["url"], json={"status": status})
    assert types(harness)[3:] == ["conversation_done", "conversation_opened", "conversation_opened"]


def test_the_end_of_a_snooze_is_an_event_at_its_moment(
    harness: Sandbox, api: httpx.Client, conversation: dict[str, Any]
) -> None:
    api.patch(conversation["url"], json={"status": "snoozed", "snoozed_until": SOON})
    harness.clock.advance("2d")
    woken = [each for each in harness.webhooks.events("conversation_opened") if each.at.hour == 12]
    assert [each.payload["conversation"] for each in woken] == [conversation]


def test_a_snooze_that_is_moved_is_an_event_again(
    harness: Sandbox, api: httpx.Client, conversation: dict[str, Any]
) -> None:
    for until in (SOON, SOON, "2026-01-15T13:00:00Z"):
        api.patch(conversation["url"], json={"status": "snoozed", "snoozed_until": until})
    told = [each.payload["conversation"]["snoozed_until"] for each in harness.webhooks.events("conversation_snoozed")]
    assert told == [SOON, "2026-01-15T13:00:00Z"]


def test_other_changes_of_a_conversation_are_no_events(
    harness: Sandbox, api: httpx.Client, conversation: dict[str, Any]
) -> None:
    known = types(harness)
    label = api.get("/labels").json()["results"][0]["id"]
    user = api.get("/users").json()["results"][0]["id"]
    inbox = api.get("/inboxes").json()["results"][0]["id"]
    api.patch(conversation["url"], json={"labels": [label], "assigned_users": [user], "inbox_id": inbox})
    assert types(harness) == known


def test_a_deleted_conversation_is_told_by_its_id_and_takes_no_other_events_along(
    harness: Sandbox, api: httpx.Client, conversation: dict[str, Any]
) -> None:
    known = len(harness.webhooks)
    api.delete(conversation["url"])
    assert types(harness)[known:] == ["conversation_deleted"]
    event = only(harness, "conversation_deleted")
    assert event.payload == {
        "id": event.id,
        "event": "conversation_deleted",
        "conversation": {"id": conversation["id"]},
    }


def test_a_new_note_is_an_event_and_a_changed_one_is_none(
    harness: Sandbox, api: httpx.Client, conversation: dict[str, Any]
) -> None:
    known = len(harness.webhooks)
    note = api.post(f"{conversation['url']}/notes", json={"content": "x"}).json()
    api.put(note["url"], json={"content": "y"})
    api.delete(note["url"])
    assert types(harness)[known:] == ["note_created"]
    assert only(harness, "note_created").payload["note"] == note


def test_the_move_of_a_status_is_no_event(harness: Sandbox, api: httpx.Client, channels: dict[str, str]) -> None:
    send(api, channels)
    known = types(harness)
    harness.clock.advance("1h")
    assert types(harness) == known


def test_what_was_refused_is_no_event(harness: Sandbox, api: httpx.Client, channels: dict[str, str]) -> None:
    assert "errors" in send(api, channels, to="nobody@example.org")
    assert api.delete("/conversations/cv_nobody").status_code == 404
    assert list(harness.webhooks) == []


def test_an_event_is_queued_for_each_subscription_to_its_type(
    harness: Sandbox, api: httpx.Client, subscribe: Subscribe, channels: dict[str, str]
) -> None:
    first, second, other = subscribe("message_outbound"), subscribe("message_outbound"), subscribe("note_created")
    send(api, channels)
    event = only(harness, "message_outbound")
    targets = [(each.subscription, each.target_url) for each in event.deliveries]
    assert targets == [(id, "https://hooks.example.org/in") for id in (first, second)]
    assert other not in reached(event)


def test_one_subscription_to_a_type_twice_is_reached_once(
    harness: Sandbox, api: httpx.Client, channels: dict[str, str]
) -> None:
    event = {"type": "message_outbound"}
    api.post("/webhooks", json={"target_url": "https://hooks.example.org/in", "events": [event, event]})
    send(api, channels)
    assert len(only(harness, "message_outbound").deliveries) == 1


def test_an_event_without_subscriptions_is_kept_too(
    harness: Sandbox, api: httpx.Client, channels: dict[str, str]
) -> None:
    send(api, channels)
    assert only(harness, "message_outbound").deliveries == ()


def test_a_changed_or_deleted_subscription_gets_what_it_asks_for_now(
    harness: Sandbox, api: httpx.Client, subscribe: Subscribe, channels: dict[str, str]
) -> None:
    changed, deleted = subscribe("message_outbound"), subscribe("message_outbound")
    body = {"target_url": "https://hooks.example.org/in", "events": [{"type": "note_created"}]}
    api.put(f"/webhooks/{changed}", json=body)
    api.delete(f"/webhooks/{deleted}")
    url = f"/conversations/{send(api, channels)['conversation_id']}"
    api.post(f"{url}/notes", json={"content": "x"})
    assert reached(only(harness, "message_outbound")) == set()
    assert reached(only(harness, "note_created")) == {changed}


@pytest.mark.parametrize("type", ["message_outbound", "conversation_opened"])
@pytest.mark.parametrize("kind", ["channel", "inbox"])
def test_a_filter_by_channel_or_inbox_holds_for_messages_and_conversations(
    harness: Sandbox, api: httpx.Client, subscribe: Subscribe, channels: dict[str, str], type: str, kind: str
) -> None:
    inboxes = {each["id"]: each["inbox"]["id"] for each in api.get("/channels").json()["results"]}
    own = channels["sms"] if kind == "channel" else inboxes[channels["sms"]]
    other = channels["telegram"] if kind == "channel" else inboxes[channels["telegram"]]
    hooks = [subscribe(type, {"type": kind, "ids": ids}) for ids in ([own], [other, own], [other], [])]
    send(api, channels)
    assert reached(only(harness, type)) == {hooks[0], hooks[1]}


def test_the_inbox_filter_follows_a_conversation_that_moved(
    harness: Sandbox, api: httpx.Client, subscribe: Subscribe, conversation: dict[str, Any]
) -> None:
    other = next(
        each["id"] for each in api.get("/inboxes").json()["results"] if each["id"] != conversation["inbox"]["id"]
    )
    old, new = (
        subscribe("conversation_done", {"type": "inbox", "ids": [id]}) for id in (conversation["inbox"]["id"], other)
    )
    api.patch(conversation["url"], json={"inbox_id": other, "status": "done"})
    assert reached(only(harness, "conversation_done")) == {new}
    assert old != new


@pytest.mark.parametrize("kind", ["channel", "inbox", "handle"])
def test_a_filter_that_is_not_about_the_event_lets_it_pass(
    harness: Sandbox, api: httpx.Client, subscribe: Subscribe, kind: str
) -> None:
    hook = subscribe("contact_deleted", {"type": kind, "ids": ["x"]})
    api.delete(api.get("/contacts").json()["results"][0]["url"])
    assert reached(only(harness, "contact_deleted")) == {hook}


@pytest.mark.parametrize("logic", ["all", "any"])
def test_an_event_passes_all_filters_or_any_as_the_quirk_says(
    harness: Sandbox,
    api: httpx.Client,
    superchat: Account,
    subscribe: Subscribe,
    channels: dict[str, str],
    logic: str,
) -> None:
    superchat.quirks["webhook_filter_logic"] = logic
    inboxes = {each["id"]: each["inbox"]["id"] for each in api.get("/channels").json()["results"]}
    own = {"type": "channel", "ids": [channels["sms"]]}
    both = subscribe("message_outbound", own, {"type": "inbox", "ids": [inboxes[channels["sms"]]]})
    one = subscribe("message_outbound", own, {"type": "inbox", "ids": [inboxes[channels["telegram"]]]})
    none = subscribe("message_outbound", {"type": "channel", "ids": ["mc_x"]}, {"type": "inbox", "ids": ["ib_x"]})
    send(api, channels)
    assert reached(only(harness, "message_outbound")) == ({both} if logic == "all" else {both, one})
    assert none


def test_events_are_part_of_a_snapshot(harness: Sandbox, api: httpx.Client, channels: dict[str, str]) -> None:
    harness.snapshot("before")
    send(api, channels)
    assert len(harness.webhooks) == 3
    harness.restore("before")
    assert len(harness.webhooks) == 0
