"""Analytics of messages and templates."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from harness import Account, Sandbox

PERIOD = {"from": "2026-01-15T00:00:00Z", "to": "2026-01-16T00:00:00Z"}
NOTHING = {"sent": 0, "delivered": 0, "read": 0, "clicked": 0, "replied": 0}
NO_RATES = {"delivery_rate": 0, "read_rate": 0, "click_rate": 0, "reply_rate": 0}


@pytest.fixture
def template(superchat: Account) -> str:
    """The id of an approved WhatsApp template with two variables."""
    found = (each["id"] for each in superchat.collection("templates") if each["name"] == "versand_bestaetigung")
    return str(next(found))


def send(api: httpx.Client, channels: dict[str, str], template: str | None = None) -> dict[str, Any]:
    """Send a text, or a template."""
    content: dict[str, Any] = {"type": "text", "body": "Hi"}
    if template:
        variables = [{"position": 1, "value": "a"}, {"position": 2, "value": "b"}]
        content = {"type": "whats_app_template", "template_id": template, "variables": variables}
    channel = channels["whats_app" if template else "sms"]
    body = {"to": [{"identifier": "+493055500001"}], "from": {"channel_id": channel}, "content": content}
    message: dict[str, Any] = api.post("/messages", json=body).json()
    return message


def of_messages(api: httpx.Client, *ids: str) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = api.get("/analytics/messages", params={"message_ids": list(ids)}).json()["results"]
    return results


def test_the_times_of_a_message_come_with_the_clock(
    harness: Sandbox, api: httpx.Client, superchat: Account, channels: dict[str, str]
) -> None:
    harness.clock.tick = 0
    superchat.quirks["message_final_status"] = "read"
    id = send(api, channels)["id"]
    steps = dict.fromkeys(("delivered_at", "failed_at", "read_at", "clicked_at", "replied_at"))
    fresh = {"message_id": id, "attempted_at": "2026-01-15T09:00:00Z", **steps}
    assert of_messages(api, id) == [fresh]
    harness.clock.advance("3s")
    delivered = {**fresh, "delivered_at": "2026-01-15T09:00:03Z"}
    assert of_messages(api, id) == [delivered]
    harness.clock.advance("1h")
    assert of_messages(api, id) == [{**delivered, "read_at": "2026-01-15T09:01:03Z"}]


def test_a_reply_and_a_failure_have_their_times(api: httpx.Client, superchat: Account) -> None:
    superchat.seed(
        agents=[{"key": "ada", "first_name": "Ada", "email": "ada@example.com"}],
        contacts=[{"key": "writer", "phones": ["+493012345678"]}],
        conversations=[
            {
                "contact": "writer",
                "channel": "sms",
                "messages": [
                    {"from": "contact", "text": "1", "at": "-4h"},
                    {"from": "ada", "text": "2", "at": "-4h"},
                    {"from": "ada", "text": "3", "at": "-3h", "status": "failed"},
                    {"from": "contact", "text": "4", "at": "-2h"},
                    {"from": "ada", "text": "5", "at": "-1h"},
                ],
            }
        ],
    )
    *_, first, second, third, fourth, fifth = superchat.collection("messages")
    told = of_messages(api, *(each["id"] for each in (first, second, third, fourth, fifth)))
    assert [each["replied_at"] for each in told] == [None, "2026-01-15T07:00:00Z", "2026-01-15T07:00:00Z", None, None]
    assert [each["failed_at"] for each in told] == [None, None, "2026-01-15T06:00:00Z", None, None]
    assert [each["attempted_at"] for each in told][::3] == [None, None]
    assert [each["delivered_at"] is not None for each in told] == [False, True, False, False, True]


def test_messages_are_told_in_the_order_asked_without_unknown_ones(api: httpx.Client, channels: dict[str, str]) -> None:
    first, second = send(api, channels)["id"], send(api, channels)["id"]
    assert [each["message_id"] for each in of_messages(api, second, "ms_nothing", first)] == [second, first]
    assert of_messages(api, "ms_nothing") == []


def test_a_hundred_messages_may_be_asked_for(api: httpx.Client, superchat: Account) -> None:
    ids = [each["id"] for each in superchat.collection("messages")][:100]
    assert len(of_messages(api, *ids)) == 100


@pytest.mark.parametrize("query", ["", "message_id=ms_x", "&".join(["message_ids=ms_x"] * 101)])
def test_no_message_or_more_than_a_hundred_are_refused(api: httpx.Client, query: str) -> None:
    assert api.get(f"/analytics/messages?{query}").status_code == 400


def test_a_template_nobody_sent_has_no_figures(api: httpx.Client, template: str) -> None:
    answer = api.get("/analytics/templates", params={**PERIOD, "template_ids": template}).json()
    assert answer == {"period": PERIOD, "results": [{"template_id": template, **NOTHING, **NO_RATES}]}


def test_the_figures_of_a_template_grow_with_its_messages(
    harness: Sandbox, api: httpx.Client, superchat: Account, channels: dict[str, str], template: str
) -> None:
    query = {**PERIOD, "template_ids": template}
    superchat.quirks["message_final_status"] = "read"
    send(api, channels, template)
    harness.clock.advance("2m")
    superchat.quirks["message_final_status"] = "received"
    send(api, channels, template)
    harness.clock.advance("2m")
    send(api, channels, template)
    (figures,) = api.get("/analytics/templates", params=query).json()["results"]
    assert figures == {
        "template_id": template,
        **NOTHING,
        "sent": 3,
        "delivered": 2,
        "read": 1,
        **NO_RATES,
        "delivery_rate": 0.6667,
        "read_rate": 0.3333,
    }


@pytest.mark.parametrize(
    ("start", "end", "sent"),
    [
        ("2026-01-15T09:00:00Z", "2026-01-15T09:00:01Z", 1),
        ("2026-01-15T10:00:00+01:00", "2026-01-15T10:00:01+01:00", 1),
        ("2026-01-15T09:00:01Z", "2026-01-16T00:00:00Z", 0),
        ("2020-01-01T00:00:00Z", "2026-01-15T09:00:00Z", 0),
        ("2026-01-15T09:00:00Z", "2026-01-15T09:00:00Z", 0),
    ],
)
def test_a_period_includes_its_start_and_excludes_its_end(
    api: httpx.Client, channels: dict[str, str], template: str, start: str, end: str, sent: int
) -> None:
    send(api, channels, template)
    query = {"from": start, "to": end, "template_ids": template}
    assert api.get("/analytics/templates", params=query).json()["results"][0]["sent"] == sent


def test_without_ids_every_template_is_told_newest_first(api: httpx.Client) -> None:
    templates = [each["id"] for each in api.get("/templates").json()["results"]]
    told = api.get("/analytics/templates", params=PERIOD).json()["results"]
    assert [each["template_id"] for each in told] == templates


def test_unknown_templates_are_left_out(api: httpx.Client, template: str) -> None:
    query = {**PERIOD, "template_ids": ["tn_nothing", template]}
    told = api.get("/analytics/templates", params=query).json()["results"]
    assert [each["template_id"] for each in told] == [template]


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"from": PERIOD["from"]},
        {"to": PERIOD["to"]},
        {**PERIOD, "from": "2026-01-15"},
        {**PERIOD, "to": ""},
        {**PERIOD, "to": "2026-06-30T23:59:60Z"},
        {"from": PERIOD["to"], "to": PERIOD["from"]},
    ],
    ids=str,
)
def test_a_period_that_makes_no_sense_is_refused(api: httpx.Client, query: dict[str, str]) -> None:
    assert api.get("/analytics/templates", params=query).status_code == 400
