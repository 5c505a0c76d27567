"""The messages of a conversation: order, pages, filters, and the plan that includes them."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from harness import Account


@pytest.fixture
def conversation(superchat: Account) -> str:
    """The address of a conversation with 50 messages, one a minute; the contact wrote every second one."""
    messages = [
        {"from": ("contact", "seeded-1")[number % 2], "text": f"Message {number}", "at": f"-{50 - number}m"}
        for number in range(50)
    ]
    superchat.seed(
        agents=[{"first_name": "Ada", "email": "ada@example.com"}],
        contacts=[{"key": "writer", "phones": ["+493012345678"]}],
        conversations=[{"contact": "writer", "channel": "sms", "messages": messages}],
    )
    *_, newest = superchat.collection("conversations")
    return str(newest["url"])


def bodies(answer: httpx.Response) -> list[int]:
    return [int(each["content"]["body"].removeprefix("Message ")) for each in answer.json()["results"]]


def test_a_page_holds_twenty_messages_newest_first(api: httpx.Client, conversation: str) -> None:
    assert bodies(api.get(f"{conversation}/messages")) == list(range(49, 29, -1))


def test_the_page_names_the_limit_in_force_in_its_addresses(api: httpx.Client, conversation: str) -> None:
    pagination = api.get(f"{conversation}/messages").json()["pagination"]
    assert pagination["next_url"].endswith("&limit=20")


def test_the_pages_lead_to_the_oldest_and_back(api: httpx.Client, conversation: str) -> None:
    first = api.get(f"{conversation}/messages").json()
    second = api.get("/" + first["pagination"]["next_url"].lstrip("/"))
    third = api.get("/" + second.json()["pagination"]["next_url"].lstrip("/"))
    assert (bodies(second), bodies(third)) == (list(range(29, 9, -1)), list(range(9, -1, -1)))
    assert third.json()["pagination"]["next_cursor"] is None
    back = api.get("/" + third.json()["pagination"]["previous_url"].lstrip("/"))
    assert bodies(back) == list(range(29, 9, -1))


@pytest.mark.parametrize("limit", [1, 100])
def test_the_limit_is_one_to_a_hundred(api: httpx.Client, conversation: str, limit: int) -> None:
    answer = api.get(f"{conversation}/messages", params={"limit": limit})
    assert bodies(answer) == list(range(49, -1, -1))[:limit]


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=101",
        "limit=-1",
        "limit=ten",
        "limit=",
        "limit=1.5",
        "direction=inbound",
        "direction=BOTH",
        "created_after=yesterday",
        "created_after=2026-01-15",
        "created_after=0000-01-01T00:00:00Z",
        "created_before=2026-12-31T23:59:60Z",
        "created_before=1768478400",
        "after=ms_a&before=ms_b",
        "after=ms_unknown",
        "before=ms_unknown",
    ],
)
def test_a_query_that_makes_no_sense_is_refused(api: httpx.Client, conversation: str, query: str) -> None:
    assert api.get(f"{conversation}/messages?{query}").status_code == 400


def test_a_message_of_another_conversation_is_no_cursor(
    api: httpx.Client, superchat: Account, conversation: str
) -> None:
    foreign = next(iter(superchat.collection("messages")))["id"]
    assert api.get(f"{conversation}/messages", params={"after": foreign}).status_code == 400
    superchat.quirks["unknown_cursor"] = "404"
    assert api.get(f"{conversation}/messages", params={"after": foreign}).status_code == 404


@pytest.mark.parametrize(("direction", "parity"), [("INBOUND", 0), ("OUTBOUND", 1)])
def test_the_direction_is_asked_in_upper_case_and_told_in_lower_case(
    api: httpx.Client, conversation: str, direction: str, parity: int
) -> None:
    answer = api.get(f"{conversation}/messages", params={"direction": direction})
    assert bodies(answer) == [number for number in range(49, -1, -1) if number % 2 == parity][:20]
    assert {each["direction"] for each in answer.json()["results"]} == {direction.lower()}


def test_a_filtered_list_pages_in_both_directions(api: httpx.Client, conversation: str) -> None:
    query: dict[str, Any] = {"direction": "INBOUND", "limit": 10}
    first = api.get(f"{conversation}/messages", params=query)
    second = api.get("/" + first.json()["pagination"]["next_url"].lstrip("/"))
    third = api.get("/" + second.json()["pagination"]["next_url"].lstrip("/"))
    assert [*bodies(first), *bodies(second), *bodies(third)] == list(range(48, -1, -2))
    assert third.json()["pagination"]["next_cursor"] is None
    back = api.get("/" + third.json()["pagination"]["previous_url"].lstrip("/"))
    assert bodies(back) == bodies(second)
    front = api.get("/" + back.json()["pagination"]["previous_url"].lstrip("/"))
    assert bodies(front) == bodies(first)
    assert front.json()["pagination"]["previous_cursor"] is None


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ({"created_after": "2026-01-15T08:50:00Z"}, range(49, 40, -1)),
        ({"created_after": "2026-01-15T09:50:00+01:00"}, range(49, 40, -1)),
        ({"created_after": "2026-01-15t08:50:00z"}, range(49, 40, -1)),
        ({"created_before": "2026-01-15T08:15:00Z"}, range(4, -1, -1)),
        ({"created_after": "2026-01-15T08:19:59Z", "created_before": "2026-01-15T08:22:01Z"}, range(12, 9, -1)),
        ({"created_after": "2026-01-15T08:20:00Z", "created_before": "2026-01-15T08:21:00Z"}, ()),
        ({"created_after": "2026-01-15T08:56:00Z", "direction": "OUTBOUND"}, (49, 47)),
        ({"created_after": "", "created_before": ""}, range(49, 29, -1)),
    ],
)
def test_the_times_bound_the_list_and_exclude_themselves(
    api: httpx.Client, conversation: str, query: dict[str, str], numbers: Any
) -> None:
    assert bodies(api.get(f"{conversation}/messages", params=query)) == list(numbers)


def test_a_filter_that_nothing_passes_gives_an_empty_page(api: httpx.Client, conversation: str) -> None:
    page = api.get(f"{conversation}/messages", params={"created_after": "2026-01-16T00:00:00Z"}).json()
    assert page["results"] == []
    assert set(page["pagination"].values()) == {None}


def test_unknown_parameters_are_ignored(api: httpx.Client, conversation: str) -> None:
    answer = api.get(f"{conversation}/messages", params={"size": 1000, "status": "read", "direcion": "x"})
    assert len(bodies(answer)) == 20


def test_a_message_added_meanwhile_does_not_shift_the_next_page(
    api: httpx.Client, channels: dict[str, str], conversation: str
) -> None:
    first = api.get(f"{conversation}/messages", params={"limit": 5}).json()
    message = {
        "to": [{"identifier": "+493012345678"}],
        "from": {"channel_id": channels["sms"]},
        "content": {"type": "text", "body": "Message 50"},
    }
    assert f"/conversations/{api.post('/messages', json=message).json()['conversation_id']}" == conversation
    after = api.get(f"{conversation}/messages", params={"limit": 5, "after": first["pagination"]["next_cursor"]})
    assert bodies(after) == [44, 43, 42, 41, 40]
    newer = api.get(f"{conversation}/messages", params={"before": first["results"][0]["id"]})
    assert bodies(newer) == [50]


def test_messages_of_one_moment_stand_in_the_order_they_were_sent(
    api: httpx.Client, superchat: Account, channels: dict[str, str], conversation: str
) -> None:
    for number in range(60, 65):
        message = {
            "to": [{"identifier": "+493012345678"}],
            "from": {"channel_id": channels["sms"]},
            "content": {"type": "text", "body": f"Message {number}"},
        }
        api.post("/messages", json=message)
    assert bodies(api.get(f"{conversation}/messages", params={"limit": 5})) == [64, 63, 62, 61, 60]


def test_inbound_and_outbound_messages_are_shaped_apart(api: httpx.Client, conversation: str) -> None:
    outbound, inbound = api.get(f"{conversation}/messages", params={"limit": 2}).json()["results"]
    contact = api.get(conversation).json()["contacts"][0]
    channel = api.get(conversation).json()["channel"]["id"]
    assert outbound["to"] == [{"contact_id": contact["id"], "identifier": "+493012345678", "url": contact["url"]}]
    assert outbound["from"] == {"channel_id": channel, "name": "Ada"}
    assert inbound["from"] == {"id": contact["id"], "identifier": "+493012345678", "url": contact["url"]}
    assert inbound["to"] == {"channel_id": channel}


def test_an_unknown_conversation_is_not_found(api: httpx.Client) -> None:
    assert api.get("/conversations/cv_nobody/messages").status_code == 404


def test_without_the_enterprise_plan_the_list_is_refused_with_an_error(
    api: httpx.Client, superchat: Account, conversation: str
) -> None:
    superchat.quirks["message_list_plan"] = "disabled"
    answer = api.get(f"{conversation}/messages")
    assert answer.status_code == 403
    assert answer.json()["errors"][0]["status_code"] == 403


def test_the_plan_does_not_touch_single_messages(api: httpx.Client, superchat: Account) -> None:
    superchat.quirks["message_list_plan"] = "disabled"
    assert api.get(next(iter(superchat.collection("messages")))["url"]).status_code == 200
