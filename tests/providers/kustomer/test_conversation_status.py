"""The status of a conversation: who and what turns it, what it counts, when a snooze ends."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import httpx
import pytest

from harness import Sandbox

pytestmark = pytest.mark.harness(world="empty")

Body = dict[str, Any]
Untouched = Callable[[], AbstractContextManager[None]]
Turn = Callable[..., Body]

NOON = "2026-01-15T12:00:00.000Z"
SNOOZE = {"time": NOON, "status": "scheduled"}


@pytest.fixture(autouse=True)
def still(harness: Sandbox) -> None:
    """Requests take no time."""
    harness.clock.tick = 0


@pytest.fixture
def path(api: httpx.Client) -> str:
    """The address of a conversation."""
    customer = api.post("/customers", json={"name": "Ann"}).json()["data"]["id"]
    return f"/conversations/{api.post('/conversations', json={'customer': customer}).json()['data']['id']}"


@pytest.fixture
def turn(api: httpx.Client, path: str) -> Turn:
    """Change the conversation; its attributes afterwards."""

    def put(**body: Any) -> Body:
        response = api.put(path, json=body)
        assert response.status_code == 200, response.text
        attributes: Body = response.json()["data"]["attributes"]
        return attributes

    return put


def read(api: httpx.Client, path: str) -> Body:
    attributes: Body = api.get(path).json()["data"]["attributes"]
    return attributes


def counts(api: httpx.Client, path: str) -> tuple[dict[str, int], str | None]:
    """What the customer of a conversation counts, and the most pressing status."""
    customer = api.get(path).json()["data"]["relationships"]["customer"]["data"]["id"]
    attributes = api.get(f"/customers/{customer}").json()["data"]["attributes"]
    counted = attributes["conversationCounts"]
    assert counted["all"] == counted["open"] + counted["snoozed"] + counted["done"]
    return {name: count for name, count in counted.items() if count and name != "all"}, attributes["progressiveStatus"]


def hear(api: httpx.Client, path: str, direction: str = "in", **body: Any) -> None:
    response = api.post(f"{path}/messages", json={"channel": "chat", "app": "chat", "direction": direction, **body})
    assert response.status_code == 201, response.text


def test_done_is_told_with_who_and_when(harness: Sandbox, api: httpx.Client, turn: Turn) -> None:
    me = api.get("/users/current").json()["data"]["id"]
    team = api.post("/teams", json={"name": "Desk", "members": [me]}).json()["data"]["id"]
    harness.clock.advance("1m")
    attributes = turn(status="done", assignedTeams=[team])
    done = {
        "createdByTeams": [team],
        "assignedTeams": [team],
        "assignedUsers": [],
        "createdBy": me,
        "createdAt": "2026-01-15T09:01:00.000Z",
    }
    assert attributes["firstDone"] == attributes["lastDone"] == done
    assert attributes["doneCount"] == 1
    assert attributes["modificationHistory"]["statusAt"] == done["createdAt"]
    assert attributes["open"] == {"statusAt": "2026-01-15T09:00:00.000Z"}


def test_the_first_time_it_was_done_stays(harness: Sandbox, turn: Turn) -> None:
    first = turn(status="done")["firstDone"]
    harness.clock.advance("1m")
    opened = turn(status="open")
    assert (opened["reopenCount"], opened["open"]) == (1, {"statusAt": "2026-01-15T09:01:00.000Z"})
    harness.clock.advance("1m")
    again = turn(status="done")
    assert (again["firstDone"], again["doneCount"]) == (first, 2)
    assert again["lastDone"]["createdAt"] == "2026-01-15T09:02:00.000Z"


def test_how_long_it_was_in_a_status_adds_up(harness: Sandbox, turn: Turn) -> None:
    for status in ("done", "open", "snoozed", "open", "done"):
        harness.clock.advance("1m")
        attributes = turn(status=status)
    times = {name: attributes[name]["time"] for name in ("totalOpen", "totalDone", "totalSnooze")}
    assert times == {"totalOpen": 180_000, "totalDone": 60_000, "totalSnooze": 60_000}


def test_the_same_status_again_changes_nothing(harness: Sandbox, turn: Turn) -> None:
    first = turn(status="done")
    harness.clock.advance("1m")
    again = turn(status="done")
    changed = {name for name in first if first[name] != again[name]}
    assert changed == {"rev", "updatedAt", "modifiedAt", "lastActivityAt"}


@pytest.mark.parametrize("body", [{"status": "snoozed", "snooze": SNOOZE}, {"snooze": SNOOZE}], ids=str)
def test_a_snooze_is_scheduled_and_elapses_on_the_clock(
    harness: Sandbox, api: httpx.Client, path: str, turn: Turn, body: Body
) -> None:
    asleep = turn(**body)
    assert (asleep["status"], asleep["snoozeCount"]) == ("snoozed", 1)
    assert asleep["snooze"] == {**SNOOZE, "statusAt": "2026-01-15T09:00:00.000Z"}
    assert counts(api, path) == ({"snoozed": 1}, "snoozed")
    harness.clock.set("2026-01-15T11:59:59.999Z")
    assert read(api, path)["status"] == "snoozed"
    harness.clock.set(NOON)
    awake = read(api, path)
    assert (awake["status"], awake["open"]) == ("open", {"statusAt": NOON})
    assert awake["snooze"] == {"time": NOON, "status": "elapsed", "statusAt": NOON}
    assert awake["modificationHistory"]["statusAt"] == NOON
    assert (awake["rev"], awake["modifiedAt"]) == (asleep["rev"] + 1, asleep["modifiedAt"])
    assert counts(api, path) == ({"open": 1}, "open")


def test_an_elapsed_snooze_is_nobodys_change(harness: Sandbox, api: httpx.Client, path: str, turn: Turn) -> None:
    turn(snooze=SNOOZE)
    harness.clock.set(NOON)
    event = api.get(f"{path}/events?changed=status").json()["data"][0]
    assert event["attributes"]["changes"]["attributes"]["status"]["after"] == "open"
    assert event["relationships"]["modifiedBy"] is None


@pytest.mark.parametrize(
    ("body", "status", "ending"),
    [
        ({"status": "open", "snooze": {"status": "canceled"}}, "open", "canceled"),
        ({"snooze": {"status": "canceled"}}, "open", "canceled"),
        ({"snooze": {"status": "elapsed"}}, "open", "elapsed"),
        ({"status": "open"}, "open", "canceled"),
        ({"status": "done"}, "done", "canceled"),
        ({"status": "done", "snooze": {"status": "elapsed"}}, "done", "elapsed"),
    ],
    ids=str,
)
def test_a_snooze_that_was_ended_by_hand_wakes_nobody_later(
    harness: Sandbox, api: httpx.Client, path: str, turn: Turn, body: Body, status: str, ending: str
) -> None:
    turn(snooze=SNOOZE)
    awake = turn(**body)
    assert (awake["status"], awake["snooze"]["status"], awake["snooze"]["time"]) == (status, ending, NOON)
    assert "reopenCount" not in awake
    harness.clock.advance("1d")
    assert read(api, path) == awake


def test_a_new_time_moves_the_end_of_a_snooze(harness: Sandbox, api: httpx.Client, path: str, turn: Turn) -> None:
    turn(snooze=SNOOZE)
    later = turn(snooze={"time": "2026-01-15T15:00:00+02:00", "status": "scheduled"})
    assert (later["snooze"]["time"], later["snoozeCount"]) == ("2026-01-15T13:00:00.000Z", 1)
    harness.clock.set(NOON)
    assert read(api, path)["status"] == "snoozed"
    harness.clock.advance("1h")
    assert read(api, path)["status"] == "open"


def test_a_snooze_without_a_time_ends_by_hand_only(harness: Sandbox, api: httpx.Client, path: str, turn: Turn) -> None:
    assert "time" not in turn(status="snoozed")["snooze"]
    harness.clock.advance("30d")
    assert read(api, path)["status"] == "snoozed"


def test_the_status_again_leaves_a_snooze_as_it_is(harness: Sandbox, api: httpx.Client, path: str, turn: Turn) -> None:
    first = turn(snooze=SNOOZE)
    harness.clock.advance("1m")
    assert turn(status="snoozed", priority=1)["snooze"] == first["snooze"]
    harness.clock.set(NOON)
    assert read(api, path)["status"] == "open"


@pytest.mark.parametrize("time", ["2026-01-15T08:00:00Z", "2020-01-01T00:00:00Z"])
def test_a_snooze_until_the_past_is_over_at_once(api: httpx.Client, path: str, turn: Turn, time: str) -> None:
    turn(snooze={"time": time, "status": "scheduled"})
    awake = read(api, path)
    assert (awake["status"], awake["snooze"]["status"]) == ("open", "elapsed")


@pytest.mark.parametrize(
    "body",
    [
        {"status": "snoozed", "snooze": {"status": "canceled"}},
        {"status": "snoozed", "snooze": {"status": "elapsed"}},
        {"status": "open", "snooze": SNOOZE},
        {"status": "done", "snooze": SNOOZE},
        {"snooze": {"status": "scheduled", "time": "soon"}},
        {"snooze": {"status": "scheduled", "time": "9999-12-31T23:59:59-12:00"}},
        {"snooze": {"time": NOON}},
        {"status": "closed"},
    ],
    ids=str,
)
def test_status_and_snooze_may_not_contradict_each_other(
    api: httpx.Client, path: str, untouched: Untouched, body: Body
) -> None:
    with untouched():
        assert api.put(path, json=body).status_code == 400


def test_waking_what_is_awake_changes_no_status(turn: Turn) -> None:
    attributes = turn(snooze={"status": "canceled"})
    assert attributes["status"] == "open"
    assert "snooze" not in attributes


@pytest.mark.parametrize(("status", "reopened"), [("snoozed", None), ("done", 1)])
def test_an_inbound_message_opens_a_conversation_again(
    harness: Sandbox, api: httpx.Client, path: str, turn: Turn, status: str, reopened: int | None
) -> None:
    turn(**({"snooze": SNOOZE} if status == "snoozed" else {"status": status}))
    harness.clock.advance("1m")
    hear(api, path)
    attributes = read(api, path)
    assert (attributes["status"], attributes.get("reopenCount")) == ("open", reopened)
    assert attributes["open"] == {"statusAt": "2026-01-15T09:01:00.000Z"}
    assert attributes["modificationHistory"]["statusAt"] == "2026-01-15T09:01:00.000Z"
    assert counts(api, path) == ({"open": 1}, "open")
    harness.clock.advance("1d")
    assert read(api, path) == attributes
    assert status == "done" or attributes["snooze"]["status"] == "canceled"


@pytest.mark.parametrize("status", ["snoozed", "done"])
@pytest.mark.parametrize("body", [{"direction": "out"}, {"importedAt": "2026-01-01T00:00:00Z"}], ids=str)
def test_what_goes_out_or_is_imported_opens_nothing(
    api: httpx.Client, path: str, turn: Turn, status: str, body: Body
) -> None:
    turn(status=status)
    hear(api, path, **body)
    assert read(api, path)["status"] == status


def test_the_most_pressing_status_of_a_customer_is_found_among_all(api: httpx.Client, path: str, turn: Turn) -> None:
    customer = api.get(path).json()["data"]["relationships"]["customer"]["data"]["id"]
    api.post("/conversations", json={"customer": customer, "status": "done"})
    assert counts(api, path) == ({"open": 1, "done": 1}, "open")
    turn(status="snoozed")
    assert counts(api, path) == ({"snoozed": 1, "done": 1}, "snoozed")
    turn(status="done")
    assert counts(api, path) == ({"done": 2}, "done")


def test_a_deleted_conversation_does_not_wake(harness: Sandbox, api: httpx.Client, path: str, turn: Turn) -> None:
    turn(snooze=SNOOZE)
    api.delete(path)
    assert harness.clock.next_due is None
    asleep = turn(deleted=None)
    assert asleep["status"] == "snoozed"
    harness.clock.set(NOON)
    assert read(api, path)["status"] == "open"


def test_a_snapshot_brings_the_end_of_a_snooze_back(harness: Sandbox, api: httpx.Client, path: str, turn: Turn) -> None:
    turn(snooze=SNOOZE)
    harness.snapshot("asleep")
    harness.clock.set(NOON)
    assert read(api, path)["status"] == "open"
    harness.restore("asleep")
    assert read(api, path)["status"] == "snoozed"
    harness.clock.advance("3h")
    assert read(api, path)["status"] == "open"


def test_a_change_of_status_is_delivered(harness: Sandbox, api: httpx.Client, turn: Turn) -> None:
    hook = {"name": "n", "url": "https://hooks.example.com", "events": ["kustomer.conversation.update"]}
    assert api.post("/outbound-webhooks", json=hook).status_code == 201
    turn(status="done")
    event = next(each for each in harness.webhooks if each.type == "kustomer.conversation.update")
    assert event.payload["changes"]["attributes"]["status"] == {"op": "replace", "before": "open", "after": "done"}
