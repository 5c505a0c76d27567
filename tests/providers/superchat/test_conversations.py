"""Conversations: reading, changing, snoozing, deleting, and the messaging window."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import httpx
import pytest

from harness import Account, Sandbox

Untouched = Callable[[], AbstractContextManager[None]]
SOON = "2026-01-15T12:00:00Z"


@pytest.fixture
def conversation(api: httpx.Client) -> dict[str, Any]:
    """An open conversation with labels and assigned users."""
    for each in api.get("/conversations").json()["results"]:
        if each["status"] == "open" and each["labels"] and each["assigned_users"]:
            found: dict[str, Any] = each
            return found
    raise AssertionError("the world has no such conversation")


@pytest.fixture
def patch(api: httpx.Client, conversation: dict[str, Any]) -> Callable[..., httpx.Response]:
    """Change the conversation."""
    return lambda **body: api.patch(conversation["url"], json=body)


def inbound(superchat: Account, channel: str, at: str = "0s", **contact: Any) -> str:
    """The id of a new conversation whose contact wrote at a time."""
    before = {each["id"] for each in superchat.collection("conversations")}
    superchat.seed(
        contacts=[{"key": f"writer-{channel}", **contact}],
        conversations=[
            {
                "contact": f"writer-{channel}",
                "channel": channel,
                "messages": [{"from": "contact", "text": "Hi", "at": at}],
            }
        ],
    )
    return next(str(each["id"]) for each in superchat.collection("conversations") if each["id"] not in before)


def phone(number: int) -> dict[str, Any]:
    return {"phones": [f"+49301234{number:04}"]}


def test_the_list_begins_with_the_newest(api: httpx.Client, superchat: Account) -> None:
    sms = next(each["id"] for each in superchat.collection("channels") if each["type"] == "sms")
    message = {
        "to": [{"identifier": "+493099999999"}],
        "from": {"channel_id": sms},
        "content": {"type": "text", "body": "Hi"},
    }
    newest = api.post("/messages", json=message).json()["conversation_id"]
    assert api.get("/conversations").json()["results"][0]["id"] == newest


def test_the_list_pages_through_all_without_repeating(api: httpx.Client, superchat: Account) -> None:
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 7}
    while True:
        page = api.get("/conversations", params=query).json()
        seen += [each["id"] for each in page["results"]]
        if page["pagination"]["next_cursor"] is None:
            break
        query["after"] = page["pagination"]["next_cursor"]
    assert sorted(seen) == sorted(each["id"] for each in superchat.collection("conversations"))
    assert len(seen) == len(set(seen))


def test_the_list_knows_no_filters(api: httpx.Client) -> None:
    everything = api.get("/conversations").json()["results"]
    assert api.get("/conversations", params={"status": "done", "inbox_id": "ib_x"}).json()["results"] == everything


def test_a_deleted_conversation_is_still_a_cursor(api: httpx.Client) -> None:
    ids = [each["id"] for each in api.get("/conversations").json()["results"]]
    api.delete(f"/conversations/{ids[3]}")
    page = api.get("/conversations", params={"after": ids[3], "limit": 2}).json()
    assert [each["id"] for each in page["results"]] == ids[4:6]


def test_a_conversation_reads_the_same_alone_and_in_the_list(api: httpx.Client, conversation: dict[str, Any]) -> None:
    assert api.get(conversation["url"]).json() == conversation


def test_a_conversation_shows_its_channel_contact_and_inbox(api: httpx.Client, conversation: dict[str, Any]) -> None:
    channel = api.get(conversation["channel"]["url"]).json()
    inbox = api.get(conversation["inbox"]["url"]).json()
    assert conversation["channel"]["type"] == channel["type"]
    assert conversation["inbox"] == {name: inbox[name] for name in ("id", "name", "url")}
    assert [api.get(each["url"]).status_code for each in conversation["contacts"]] == [200]


def test_a_conversation_has_no_times_of_its_own(conversation: dict[str, Any]) -> None:
    assert not {"created_at", "updated_at"} & conversation.keys()


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_an_unknown_conversation_is_not_found(api: httpx.Client, method: str) -> None:
    answer = api.request(method, "/conversations/cv_nobody", json={} if method == "PATCH" else None)
    assert answer.status_code == 404
    assert answer.json()["errors"][0]["status_code"] == 404


@pytest.mark.parametrize("status", ["open", "done", "spam", "archived"])
def test_a_status_is_set_at_will(patch: Callable[..., httpx.Response], status: str) -> None:
    assert patch(status=status).json()["status"] == status


@pytest.mark.parametrize("first", ["open", "done", "spam", "archived", "snoozed"])
@pytest.mark.parametrize("second", ["open", "done", "spam", "archived", "snoozed"])
def test_every_status_leads_to_every_other(patch: Callable[..., httpx.Response], first: str, second: str) -> None:
    for status in (first, second):
        answer = patch(status=status, **({"snoozed_until": SOON} if status == "snoozed" else {}))
        assert answer.status_code == 200
    changed = answer.json()
    assert (changed["status"], changed["snoozed_until"]) == (second, SOON if second == "snoozed" else None)


@pytest.mark.parametrize(
    "body",
    [
        {"status": "closed"},
        {"status": "OPEN"},
        {"status": ""},
        {"status": 1},
        {"status": ["open"]},
        {"snoozed_until": SOON},
        {"snoozed_until": "tomorrow", "status": "snoozed"},
        {"snoozed_until": 1768478400, "status": "snoozed"},
        {"snoozed_until": "2026-01-15", "status": "snoozed"},
        {"snoozed_until": "2026-01-15T12:00:00", "status": "snoozed"},
        {"status": "snoozed"},
        {"status": "snoozed", "snoozed_until": None},
        {"status": "snoozed", "snoozed_until": "2026-01-15T08:59:59Z"},
        {"status": "snoozed", "snoozed_until": "2020-01-01T00:00:00Z"},
        {"status": "snoozed", "snoozed_until": "2026-12-31T23:59:60Z"},
        {"status": "snoozed", "snoozed_until": "9999-12-31T23:59:59-12:00"},
        {"status": "done", "snoozed_until": SOON},
        {"assigned_users": "us_1"},
        {"assigned_users": [1]},
        {"assigned_users": [None]},
        {"labels": {"id": "lb_1"}},
        {"labels": [["lb_1"]]},
        {"inbox_id": 5},
        {"inbox_id": ["ib_1"]},
    ],
    ids=str,
)
def test_a_change_that_makes_no_sense_is_refused_without_a_trace(
    patch: Callable[..., httpx.Response], untouched: Untouched, body: dict[str, Any]
) -> None:
    with untouched():
        assert patch(**body).status_code == 400


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"open"', b"\xff"])
def test_a_body_that_is_no_object_is_refused(api: httpx.Client, conversation: dict[str, Any], body: bytes) -> None:
    answer = api.patch(conversation["url"], content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400


def test_a_body_of_another_content_type_is_refused(api: httpx.Client, conversation: dict[str, Any]) -> None:
    assert api.patch(conversation["url"], data={"status": "done"}).status_code == 400


def test_an_empty_change_changes_nothing(patch: Callable[..., httpx.Response], untouched: Untouched) -> None:
    with untouched():
        assert patch().status_code == 200


def test_null_changes_nothing(
    patch: Callable[..., httpx.Response], conversation: dict[str, Any], untouched: Untouched
) -> None:
    with untouched():
        answer = patch(status=None, snoozed_until=None, assigned_users=None, labels=None, inbox_id=None)
    assert answer.json() == conversation


def test_unknown_keys_are_ignored(patch: Callable[..., httpx.Response], untouched: Untouched) -> None:
    with untouched():
        assert patch(id="cv_other", tags=["x"], channel={"id": "mc_x"}).status_code == 200


def test_labels_are_replaced_as_a_whole_in_the_order_given(
    api: httpx.Client, patch: Callable[..., httpx.Response]
) -> None:
    wanted = [label["id"] for label in api.get("/labels").json()["results"]][:3]
    assert [label["id"] for label in patch(labels=wanted).json()["labels"]] == wanted
    assert [label["id"] for label in patch(labels=wanted[:1]).json()["labels"]] == wanted[:1]


def test_assigned_users_are_replaced_as_a_whole_in_the_order_given(
    api: httpx.Client, patch: Callable[..., httpx.Response]
) -> None:
    users = api.get("/users").json()["results"]
    wanted = [{name: user[name] for name in ("id", "url", "email")} for user in users[:2]]
    assert patch(assigned_users=[user["id"] for user in users[:2]]).json()["assigned_users"] == wanted


@pytest.mark.parametrize("key", ["labels", "assigned_users"])
def test_an_empty_list_clears(patch: Callable[..., httpx.Response], conversation: dict[str, Any], key: str) -> None:
    assert conversation[key]
    changed = patch(**{key: []}).json()
    assert changed == {**conversation, key: []}


def test_an_id_given_twice_counts_once(api: httpx.Client, patch: Callable[..., httpx.Response]) -> None:
    label = api.get("/labels").json()["results"][0]["id"]
    assert [each["id"] for each in patch(labels=[label, label]).json()["labels"]] == [label]


def test_a_conversation_moves_to_another_inbox(
    api: httpx.Client, patch: Callable[..., httpx.Response], conversation: dict[str, Any]
) -> None:
    inboxes = api.get("/inboxes").json()["results"]
    other = next(each for each in inboxes if each["id"] != conversation["inbox"]["id"])
    changed = patch(inbox_id=other["id"]).json()
    assert changed["inbox"] == {name: other[name] for name in ("id", "name", "url")}
    assert changed["channel"] == conversation["channel"]


@pytest.mark.parametrize(("side", "status"), [("404", 404), ("400", 400)])
@pytest.mark.parametrize(
    "body",
    [
        {"assigned_users": ["us_nobody"]},
        {"labels": ["lb_nothing"]},
        {"inbox_id": "ib_nowhere"},
        {"inbox_id": ""},
        {"status": "done", "labels": [], "assigned_users": ["us_nobody"]},
    ],
    ids=str,
)
def test_an_unknown_id_refuses_the_whole_change(
    superchat: Account,
    patch: Callable[..., httpx.Response],
    untouched: Untouched,
    body: dict[str, Any],
    side: str,
    status: int,
) -> None:
    superchat.quirks["unknown_reference"] = side
    with untouched():
        assert patch(**body).status_code == status


def test_a_snooze_ends_by_the_clock(
    harness: Sandbox, api: httpx.Client, patch: Callable[..., httpx.Response], conversation: dict[str, Any]
) -> None:
    patch(status="snoozed", snoozed_until=SOON)
    harness.clock.set("2026-01-15T11:59:59Z")
    assert api.get(conversation["url"]).json()["status"] == "snoozed"
    harness.clock.set(SOON)
    woken = api.get(conversation["url"]).json()
    assert (woken["status"], woken["snoozed_until"]) == ("open", None)


def test_a_snooze_until_another_zone_is_kept_in_utc(patch: Callable[..., httpx.Response]) -> None:
    assert patch(status="snoozed", snoozed_until="2026-01-15T13:00:00+01:00").json()["snoozed_until"] == SOON


def test_a_new_time_moves_the_end_of_a_snooze(
    harness: Sandbox, api: httpx.Client, patch: Callable[..., httpx.Response], conversation: dict[str, Any]
) -> None:
    patch(status="snoozed", snoozed_until=SOON)
    patch(snoozed_until="2026-01-15T15:00:00Z")
    harness.clock.set("2026-01-15T14:59:59Z")
    assert api.get(conversation["url"]).json()["status"] == "snoozed"
    harness.clock.set("2026-01-15T15:00:00Z")
    assert api.get(conversation["url"]).json()["status"] == "open"


def test_a_snooze_that_was_ended_by_hand_does_not_wake_what_came_after(
    harness: Sandbox, api: httpx.Client, patch: Callable[..., httpx.Response], conversation: dict[str, Any]
) -> None:
    patch(status="snoozed", snoozed_until=SOON)
    patch(status="done")
    harness.clock.advance("2d")
    assert api.get(conversation["url"]).json()["status"] == "done"


def test_labels_change_during_a_snooze_without_ending_it(
    harness: Sandbox, api: httpx.Client, patch: Callable[..., httpx.Response], conversation: dict[str, Any]
) -> None:
    patch(status="snoozed", snoozed_until=SOON)
    changed = patch(labels=[], status="snoozed", snoozed_until=SOON).json()
    assert (changed["status"], changed["snoozed_until"], changed["labels"]) == ("snoozed", SOON, [])
    assert patch(assigned_users=[]).json()["snoozed_until"] == SOON
    harness.clock.set(SOON)
    assert api.get(conversation["url"]).json()["status"] == "open"


def test_a_snooze_may_last_longer_than_anybody_lives(patch: Callable[..., httpx.Response]) -> None:
    last = "9999-12-31T23:59:59Z"
    assert patch(status="snoozed", snoozed_until=last).json()["snoozed_until"] == last


def test_the_worlds_own_snoozes_end_too(harness: Sandbox, api: httpx.Client) -> None:
    asleep = [each for each in api.get("/conversations").json()["results"] if each["status"] == "snoozed"]
    assert asleep
    harness.clock.set(max(each["snoozed_until"] for each in asleep))
    assert {api.get(each["url"]).json()["status"] for each in asleep} == {"open"}


def test_a_deleted_conversation_answers_with_its_id_and_is_gone(
    api: httpx.Client, conversation: dict[str, Any]
) -> None:
    assert api.delete(conversation["url"]).json() == {"id": conversation["id"]}
    assert api.get(conversation["url"]).status_code == 404
    assert api.delete(conversation["url"]).status_code == 404


def test_deleting_a_conversation_takes_messages_notes_and_exports_along(
    api: httpx.Client, superchat: Account, conversation: dict[str, Any]
) -> None:
    url = conversation["url"]
    message = api.get(f"{url}/messages").json()["results"][0]
    note = api.post(f"{url}/notes", json={"content": "gone soon"}).json()
    export = api.post(f"{url}/export").json()
    api.delete(url)
    for below in (f"{url}/messages", f"{url}/notes", f"{url}/notes/{note['id']}", f"{url}/export/{export['id']}"):
        assert api.get(below).status_code == 404
    assert api.get(message["url"]).status_code == 404
    assert note["id"] not in superchat.collection("notes")
    assert len(superchat.jobs) == 0


def test_deleting_a_conversation_leaves_its_contact_and_the_other_conversations(
    api: httpx.Client, superchat: Account, conversation: dict[str, Any]
) -> None:
    before = superchat.state
    api.delete(conversation["url"])
    after = superchat.state
    assert api.get(conversation["contacts"][0]["url"]).status_code == 200
    assert after["conversations"] == before["conversations"] - 1
    assert {name for name in before if before[name] != after[name]} <= {"conversations", "messages", "notes"}


def test_nothing_happens_later_to_a_deleted_conversation(
    harness: Sandbox, api: httpx.Client, patch: Callable[..., httpx.Response], conversation: dict[str, Any]
) -> None:
    patch(status="snoozed", snoozed_until=SOON)
    api.delete(conversation["url"])
    harness.clock.advance("30d")
    assert api.get(conversation["url"]).status_code == 404


def test_the_contact_of_a_conversation_can_be_deleted(api: httpx.Client, conversation: dict[str, Any]) -> None:
    api.delete(conversation["contacts"][0]["url"])
    assert api.get(conversation["url"]).json()["contacts"] == []


@pytest.mark.parametrize(
    ("channel", "contact", "open_until"),
    [
        ("whatsapp-support", phone(1), "2026-01-16T09:00:00Z"),
        ("facebook", {"socials": [{"type": "facebook", "value": "1"}]}, "2026-01-22T09:00:00Z"),
        ("instagram", {"socials": [{"type": "instagram", "value": "1"}]}, "2026-01-22T09:00:00Z"),
    ],
)
def test_a_message_of_the_contact_opens_the_window(
    harness: Sandbox, api: httpx.Client, superchat: Account, channel: str, contact: dict[str, Any], open_until: str
) -> None:
    url = f"/conversations/{inbound(superchat, channel, **contact)}"
    assert api.get(url).json()["time_window"] == {"state": "open", "open_until": open_until}
    harness.clock.set(open_until)
    harness.clock.advance("-0s" if False else "0s")
    assert api.get(url).json()["time_window"] == {"state": "closed", "open_until": None}


@pytest.mark.parametrize(
    ("channel", "contact", "last"),
    [
        ("whatsapp-support", phone(1), "2026-01-16T08:59:59Z"),
        ("facebook", {"socials": [{"type": "facebook", "value": "1"}]}, "2026-01-22T08:59:59Z"),
        ("instagram", {"socials": [{"type": "instagram", "value": "1"}]}, "2026-01-22T08:59:59Z"),
    ],
)
def test_the_window_is_open_to_its_last_second(
    harness: Sandbox, api: httpx.Client, superchat: Account, channel: str, contact: dict[str, Any], last: str
) -> None:
    url = f"/conversations/{inbound(superchat, channel, **contact)}"
    harness.clock.set(last)
    assert api.get(url).json()["time_window"]["state"] == "open"


def test_a_window_that_ended_before_is_closed(api: httpx.Client, superchat: Account) -> None:
    url = f"/conversations/{inbound(superchat, 'whatsapp-support', '-24h', **phone(1))}"
    assert api.get(url).json()["time_window"] == {"state": "closed", "open_until": None}


def test_a_window_counts_from_the_last_message_of_the_contact(api: httpx.Client, superchat: Account) -> None:
    url = f"/conversations/{inbound(superchat, 'whatsapp-support', '-23h', **phone(1))}"
    assert api.get(url).json()["time_window"] == {"state": "open", "open_until": "2026-01-15T10:00:00Z"}


@pytest.mark.parametrize(
    ("channel", "contact"),
    [
        ("sms", phone(1)),
        ("email", {"emails": ["writer@example.org"]}),
        ("telegram", {"socials": [{"type": "telegram", "value": "1"}]}),
        ("live-chat", {"socials": [{"type": "live_chat", "value": "1"}]}),
    ],
)
def test_other_channels_have_no_window_and_are_always_open(
    harness: Sandbox, api: httpx.Client, superchat: Account, channel: str, contact: dict[str, Any]
) -> None:
    url = f"/conversations/{inbound(superchat, channel, **contact)}"
    harness.clock.advance("400d")
    assert api.get(url).json()["time_window"] == {"state": "open", "open_until": None}


def test_an_outbound_message_does_not_open_a_window(
    api: httpx.Client, superchat: Account, channels: dict[str, str]
) -> None:
    template = next(each for each in superchat.collection("templates") if each["name"] == "versand_bestaetigung")
    content = {
        "type": "whats_app_template",
        "template_id": template["id"],
        "variables": [{"position": 1, "value": "Eva"}, {"position": 2, "value": "7"}],
    }
    message = {
        "to": [{"identifier": "+493099999999"}],
        "from": {"channel_id": channels["whats_app"]},
        "content": content,
    }
    id = api.post("/messages", json=message).json()["conversation_id"]
    assert api.get(f"/conversations/{id}").json()["time_window"] == {"state": "closed", "open_until": None}


def test_status_and_window_do_not_depend_on_each_other(harness: Sandbox, api: httpx.Client, superchat: Account) -> None:
    url = f"/conversations/{inbound(superchat, 'whatsapp-support', **phone(1))}"
    assert api.patch(url, json={"status": "done"}).json()["time_window"]["state"] == "open"
    harness.clock.advance("25h")
    shown = api.get(url).json()
    assert (shown["status"], shown["time_window"]["state"]) == ("done", "closed")


def test_a_restored_snapshot_brings_the_window_back_and_its_end(
    harness: Sandbox, api: httpx.Client, superchat: Account
) -> None:
    url = f"/conversations/{inbound(superchat, 'whatsapp-support', **phone(1))}"
    harness.snapshot("open")
    harness.clock.advance("25h")
    assert api.get(url).json()["time_window"]["state"] == "closed"
    harness.restore("open")
    assert api.get(url).json()["time_window"]["state"] == "open"
    harness.clock.advance("25h")
    assert api.get(url).json()["time_window"]["state"] == "closed"


@pytest.mark.parametrize("path", ["/conversations", "/conversations/cv_x"])
def test_without_a_key_or_with_a_wrong_one_nothing_is_told(api: httpx.Client, path: str) -> None:
    missing = api.get(path, headers={"x-api-key": ""})
    wrong = api.get(path, headers={"x-api-key": "fa4e0000-0000-4000-8000-000000000000"})
    assert [(each.status_code, each.content) for each in (missing, wrong)] == [(401, b""), (403, b"")]
