"""Conversation exports: how they go, what the transcript holds, and how long the link lasts."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import httpx
import pytest

from harness import Account, Sandbox

Untouched = Callable[[], AbstractContextManager[None]]


@pytest.fixture
def conversation(superchat: Account) -> str:
    """The address of a conversation with three messages, half an hour apart."""
    superchat.seed(
        agents=[{"key": "ada", "first_name": "Ada", "email": "ada@example.com"}],
        contacts=[{"key": "writer", "phones": ["+493012345678"]}],
        conversations=[
            {
                "contact": "writer",
                "channel": "sms",
                "messages": [
                    {"from": "contact", "text": "Grüße 👋", "at": "-60m"},
                    {"from": "ada", "text": 'Say "hi", twice', "at": "-30m"},
                    {"from": "contact", "file": "voice", "at": "0s"},
                ],
            }
        ],
    )
    *_, newest = superchat.collection("conversations")
    return str(newest["url"])


@pytest.fixture
def keyless(superchat: Account) -> httpx.Client:
    """A client that sends no key."""
    client: httpx.Client = superchat.client()
    del client.headers["x-api-key"]
    return client


def transcript(harness: Sandbox, api: httpx.Client, conversation: str, **body: Any) -> httpx.Response:
    """The download of a finished export."""
    export = api.post(f"{conversation}/export", json=body or None).json()
    harness.clock.advance("5s")
    return api.get(api.get(f"{conversation}/export/{export['id']}").json()["link"]["url"])


def test_an_export_is_pending_until_its_time(harness: Sandbox, api: httpx.Client, conversation: str) -> None:
    harness.clock.tick = 0
    export = api.post(f"{conversation}/export").json()
    assert export == {"id": export["id"], "start": None, "end": None, "link": None, "status": "pending"}
    url = f"{conversation}/export/{export['id']}"
    harness.clock.advance(4.999)
    assert api.get(url).json() == export
    harness.clock.advance(0.001)
    done = api.get(url).json()
    assert done["status"] == "done"
    assert done["link"]["valid_until"] == "2026-01-15T10:00:05Z"


def test_asking_does_not_hasten_an_export(api: httpx.Client, conversation: str) -> None:
    url = f"{conversation}/export/{api.post(f'{conversation}/export').json()['id']}"
    assert {api.get(url).json()["status"] for _ in range(20)} == {"pending"}


@pytest.mark.parametrize(("side", "status"), [("200", 200), ("201", 201)])
def test_the_success_status_is_a_quirk(
    api: httpx.Client, superchat: Account, conversation: str, side: str, status: int
) -> None:
    superchat.quirks["post_status"] = side
    assert api.post(f"{conversation}/export").status_code == status


def test_an_export_may_be_done_at_once(api: httpx.Client, superchat: Account, conversation: str) -> None:
    superchat.jobs.plan("conversation_export", progress="immediate")
    export = api.post(f"{conversation}/export").json()
    assert export["status"] == "done"
    assert api.get(export["link"]["url"]).status_code == 200


def test_an_export_may_be_done_after_so_many_polls(
    harness: Sandbox, api: httpx.Client, superchat: Account, conversation: str
) -> None:
    superchat.jobs.plan("conversation_export", progress="polls", polls=3)
    url = f"{conversation}/export/{api.post(f'{conversation}/export').json()['id']}"
    harness.clock.advance("1d")
    assert [api.get(url).json()["status"] for _ in range(4)] == ["pending", "pending", "done", "done"]


@pytest.mark.parametrize("progress", ["clock", "immediate", "polls"])
def test_an_export_may_fail(
    harness: Sandbox, api: httpx.Client, superchat: Account, conversation: str, progress: Any
) -> None:
    superchat.jobs.plan("conversation_export", progress=progress, polls=1, outcome="failed")
    export = api.post(f"{conversation}/export").json()
    harness.clock.advance("5s")
    failed = api.get(f"{conversation}/export/{export['id']}").json()
    assert (failed["status"], failed["link"]) == ("failed", None)


def test_the_outcome_of_an_export_on_its_way_can_be_decided(
    harness: Sandbox, api: httpx.Client, superchat: Account, conversation: str
) -> None:
    first, second = (api.post(f"{conversation}/export").json()["id"] for _ in range(2))
    superchat.jobs.settle(first, "failed")
    harness.clock.advance("5s")
    statuses = [api.get(f"{conversation}/export/{id}").json()["status"] for id in (first, second)]
    assert statuses == ["failed", "done"]


def test_a_plan_holds_for_exports_that_come_after_it(
    harness: Sandbox, api: httpx.Client, superchat: Account, conversation: str
) -> None:
    first = api.post(f"{conversation}/export").json()["id"]
    superchat.jobs.plan("conversation_export", outcome="failed")
    harness.clock.advance("5s")
    assert api.get(f"{conversation}/export/{first}").json()["status"] == "done"


def test_an_export_can_be_finished_by_hand(api: httpx.Client, superchat: Account, conversation: str) -> None:
    export = api.post(f"{conversation}/export").json()["id"]
    superchat.jobs.finish(export)
    assert api.get(f"{conversation}/export/{export}").json()["status"] == "done"


def test_the_link_needs_no_key_until_its_end(
    harness: Sandbox, api: httpx.Client, keyless: httpx.Client, conversation: str
) -> None:
    harness.clock.tick = 0
    export = api.post(f"{conversation}/export").json()
    harness.clock.advance("5s")
    link = api.get(f"{conversation}/export/{export['id']}").json()["link"]
    harness.clock.set("2026-01-15T10:00:04Z")
    assert keyless.get(link["url"]).status_code == 200
    harness.clock.set(link["valid_until"])
    over = keyless.get(link["url"])
    assert (over.status_code, over.content) == (403, b"")


def test_an_export_stays_done_when_its_link_has_ended(harness: Sandbox, api: httpx.Client, conversation: str) -> None:
    export = api.post(f"{conversation}/export").json()
    harness.clock.advance("5s")
    done = api.get(f"{conversation}/export/{export['id']}").json()
    harness.clock.advance("2h")
    assert api.get(f"{conversation}/export/{export['id']}").json() == done


@pytest.mark.parametrize(
    ("part", "other"), [("expires=1", "expires=9"), ("signature=", "signature=x"), ("/exports/", "/files/")]
)
def test_a_link_that_was_changed_is_refused(
    harness: Sandbox, api: httpx.Client, keyless: httpx.Client, conversation: str, part: str, other: str
) -> None:
    export = api.post(f"{conversation}/export").json()
    harness.clock.advance("5s")
    url = api.get(f"{conversation}/export/{export['id']}").json()["link"]["url"]
    assert part in url
    assert keyless.get(url.replace(part, other)).status_code == 403


def test_downloads_do_not_count_as_requests(
    harness: Sandbox, api: httpx.Client, superchat: Account, conversation: str
) -> None:
    superchat.jobs.plan("conversation_export", progress="immediate")
    url = api.post(f"{conversation}/export").json()["link"]["url"]
    superchat.quotas["requests"].remaining = 0
    assert api.get(conversation).status_code == 429
    assert api.get(url).status_code == 200


def test_a_transcript_is_text_with_a_line_for_each_message(
    harness: Sandbox, api: httpx.Client, superchat: Account, channels: dict[str, str], conversation: str
) -> None:
    answer = transcript(harness, api, conversation)
    voice = next(file["id"] for file in superchat.collection("files") if file["name"] == "sprachnachricht.ogg")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["content-disposition"] == f'attachment; filename="conversation-{conversation[15:]}.txt"'
    assert answer.text == (
        "[2026-01-15T08:00:00Z] +493012345678: Grüße 👋\n"
        f'[2026-01-15T08:30:00Z] {channels["sms"]}: Say "hi", twice\n'
        f"[2026-01-15T09:00:00Z] +493012345678: [media {voice}]\n"
    )


def test_a_transcript_may_be_csv(harness: Sandbox, api: httpx.Client, superchat: Account, conversation: str) -> None:
    superchat.quirks["export_format"] = "csv"
    answer = transcript(harness, api, conversation)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert [row["direction"] for row in rows] == ["inbound", "outbound", "inbound"]
    assert rows[1]["text"] == 'Say "hi", twice'


def test_a_transcript_may_be_json(harness: Sandbox, api: httpx.Client, superchat: Account, conversation: str) -> None:
    superchat.quirks["export_format"] = "json"
    answer = transcript(harness, api, conversation)
    assert answer.headers["content-type"] == "application/json"
    assert json.loads(answer.text)[0] == {
        "created_at": "2026-01-15T08:00:00Z",
        "direction": "inbound",
        "sender": "+493012345678",
        "text": "Grüße 👋",
    }


@pytest.mark.parametrize(
    ("start", "end", "lines"),
    [
        (None, None, 3),
        ("2026-01-15T08:30:00Z", None, 2),
        ("2026-01-15T08:30:01Z", None, 1),
        (None, "2026-01-15T08:30:01Z", 2),
        (None, "2026-01-15T08:30:00Z", 1),
        ("2026-01-15T08:30:00Z", "2026-01-15T08:30:00Z", 0),
        ("2026-01-15T09:30:00+01:00", "2026-01-15T10:00:00+01:00", 1),
        ("2027-01-01T00:00:00Z", None, 0),
    ],
)
def test_a_period_includes_its_start_and_excludes_its_end(
    harness: Sandbox, api: httpx.Client, conversation: str, start: str | None, end: str | None, lines: int
) -> None:
    assert transcript(harness, api, conversation, start=start, end=end).text.count("\n") == lines


def test_the_period_is_shown_in_utc(api: httpx.Client, conversation: str) -> None:
    period = {"start": "2026-01-15T09:00:00+01:00", "end": "2026-01-15t09:00:00z"}
    export = api.post(f"{conversation}/export", json=period).json()
    assert (export["start"], export["end"]) == ("2026-01-15T08:00:00Z", "2026-01-15T09:00:00Z")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"start": None},
        {"end": None},
        {"start": "2026-01-15T09:00:00Z"},
        {"start": "2026-01-15", "end": None},
        {"start": 1768467600, "end": None},
        {"start": "", "end": None},
        {"start": "0000-01-01T00:00:00Z", "end": None},
        {"start": None, "end": "0001-01-01T00:00:00+10:00"},
        {"start": "2026-01-15T09:00:01Z", "end": "2026-01-15T09:00:00Z"},
        [],
        "all",
    ],
    ids=str,
)
def test_a_period_that_makes_no_sense_is_refused_without_a_trace(
    api: httpx.Client, conversation: str, untouched: Untouched, body: Any
) -> None:
    with untouched():
        assert api.post(f"{conversation}/export", json=body).status_code == 400


def test_an_export_of_an_empty_conversation_is_empty(harness: Sandbox, api: httpx.Client, conversation: str) -> None:
    assert transcript(harness, api, conversation, start="2030-01-01T00:00:00Z", end=None).content == b""


def test_an_export_belongs_to_its_conversation(api: httpx.Client, superchat: Account, conversation: str) -> None:
    superchat.jobs.plan("conversation_export", progress="polls", polls=1)
    export = api.post(f"{conversation}/export").json()
    other = next(each["url"] for each in superchat.collection("conversations") if each["url"] != conversation)
    assert api.get(f"{other}/export/{export['id']}").status_code == 404
    assert superchat.jobs[export["id"]].state == "submitted"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/conversations/cv_nobody/export"),
        ("GET", "/conversations/cv_nobody/export/ce_nothing"),
    ],
)
def test_an_unknown_conversation_is_not_found(api: httpx.Client, untouched: Untouched, method: str, path: str) -> None:
    with untouched():
        assert api.request(method, path).status_code == 404


def test_an_unknown_export_is_not_found(api: httpx.Client, conversation: str) -> None:
    assert api.get(f"{conversation}/export/ce_nothing").status_code == 404


def test_a_deleted_conversation_takes_its_download_along(
    harness: Sandbox, api: httpx.Client, superchat: Account, conversation: str
) -> None:
    done = api.post(f"{conversation}/export").json()
    harness.clock.advance("5s")
    url = api.get(f"{conversation}/export/{done['id']}").json()["link"]["url"]
    under_way = api.post(f"{conversation}/export").json()
    api.delete(conversation)
    harness.clock.advance("5s")
    assert api.get(url).status_code == 404
    assert api.get(f"{conversation}/export/{under_way['id']}").status_code == 404
    assert len(superchat.collection("exports")) == 0


def test_a_transcript_shows_the_conversation_as_it_was(
    harness: Sandbox, api: httpx.Client, channels: dict[str, str], conversation: str
) -> None:
    export = api.post(f"{conversation}/export").json()
    harness.clock.advance("5s")
    url = api.get(f"{conversation}/export/{export['id']}").json()["link"]["url"]
    before = api.get(url).text
    body = {
        "to": [{"identifier": "+493012345678"}],
        "from": {"channel_id": channels["sms"]},
        "content": {"type": "text", "body": "later"},
    }
    api.post("/messages", json=body)
    assert api.get(url).text == before
