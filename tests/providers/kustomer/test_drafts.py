"""Drafts: a form for each channel, sent by hand or at their time."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import httpx
import pytest

from harness import Account, Sandbox
from harness.core.unit import Unit
from harness.providers.kustomer.actor import KEY
from harness.providers.kustomer.conversations import drafts

Body = dict[str, Any]
Untouched = Callable[[], AbstractContextManager[None]]
Within = Callable[[], AbstractContextManager[Unit]]

pytestmark = pytest.mark.harness(world="empty")

NOBODY = "6666c3656dc3d121c605ab1e"
TO = {"email": [{"email": "odile@example.com"}], "sms": "+12025550114", "whatsapp": "whatsapp:+12025550114"}
BUTTONS = {
    "interactive": {
        "type": "button",
        "body": {"text": "The right one?"},
        "action": {"buttons": [{"type": "reply", "reply": {"id": "yes", "title": "Yes"}}]},
    }
}


@pytest.fixture
def customer(api: httpx.Client) -> str:
    return person(api)


@pytest.fixture
def conversation(api: httpx.Client, customer: str) -> str:
    return talk(api, customer)


def person(api: httpx.Client, **body: Any) -> str:
    return str(api.post("/customers", json={"name": "Odile Farrant", **body}).json()["data"]["id"])


def talk(api: httpx.Client, customer: str) -> str:
    return str(api.post("/conversations", json={"customer": customer}).json()["data"]["id"])


def draft(api: httpx.Client, customer: str, channel: str = "chat", /, **body: Any) -> Body:
    response = api.post(f"/customers/{customer}/drafts", json={"channel": channel, **body})
    assert response.status_code == 200, response.text
    data: Body = response.json()["data"]
    return data


def change(api: httpx.Client, held: Body, **body: Any) -> Body:
    response = api.put(f"/drafts/{held['id']}", json={"channel": held["attributes"]["channel"], **body})
    assert response.status_code == 200, response.text
    data: Body = response.json()["data"]
    return data


def listed(api: httpx.Client, customer: str) -> list[Body]:
    found: list[Body] = api.get(f"/customers/{customer}/drafts").json()["data"]
    return found


def messages(api: httpx.Client, conversation: str) -> list[Body]:
    found: list[Body] = api.get(f"/conversations/{conversation}/messages").json()["data"]
    return found


def problem(response: httpx.Response) -> tuple[int, str | None, str]:
    (error,) = response.json()["errors"]
    return response.status_code, error.get("source", {}).get("parameter"), error["title"]


def test_a_new_draft_shows_what_was_sent_and_leads_to_customer_and_conversation(
    api: httpx.Client, customer: str, conversation: str
) -> None:
    data = draft(api, customer, "email", conversation=conversation, app="postmark", subject="Lid", body="On its way")
    attributes = data["attributes"]
    assert attributes.pop("createdAt") == attributes.pop("updatedAt") == attributes.pop("modifiedAt")
    assert attributes == {
        "channel": "email",
        "app": "postmark",
        "subject": "Lid",
        "body": "On its way",
        "status": "draft",
    }
    assert sorted(data["relationships"]) == ["conversation", "createdBy", "customer", "modifiedBy", "org"]
    assert data["relationships"]["conversation"]["data"]["id"] == conversation
    assert "links" not in data


@pytest.mark.parametrize(
    ("channel", "body"),
    [
        ("email", {"to": {"email": "odile@example.com"}, "cc": [{"email": "kiln@example.net"}], "body": "Hi"}),
        ("sms", {"app": "zipwhip", "to": "+12025550114", "body": "Hi"}),
        ("chat", {"body": "Hi", "payload": {"draftJs": {}}}),
        ("facebook", {"body": "Hi"}),
        ("instagram", {"body": "Hi"}),
        ("twitter-tweet", {"body": "Hi"}),
        ("twitter-dm", {"body": "Hi"}),
        ("note", {"body": "Hi", "userMentions": []}),
        ("whatsapp", {"app": "messagebird", "body": "Hi"}),
        ("whatsapp", {"app": "whatsapp", "meta": BUTTONS}),
    ],
)
def test_every_channel_has_a_form_of_its_own(api: httpx.Client, customer: str, channel: str, body: Body) -> None:
    attributes = draft(api, customer, channel, **body)["attributes"]
    assert {name: attributes[name] for name in body} == body


@pytest.mark.parametrize(
    ("channel", "more", "most"),
    [
        ("email", {}, 10240),
        ("sms", {}, 1600),
        ("whatsapp", {"app": "whatsapp"}, 1600),
        ("chat", {}, 1024),
        ("facebook", {}, 2000),
        ("twitter-tweet", {}, 280),
        ("twitter-dm", {}, 10000),
        ("note", {}, 10240),
        ("instagram", {}, 1000),
    ],
)
def test_a_text_that_is_too_long_for_its_channel_is_told_so(
    api: httpx.Client, customer: str, untouched: Untouched, channel: str, more: Body, most: int
) -> None:
    held = draft(api, customer, channel, body="A" * most, **more)
    title = f"String is too long ({most + 1} chars), maximum {most}"
    body = {"channel": channel, "body": "A" * (most + 1), **more}
    with untouched():
        made = api.post(f"/customers/{customer}/drafts", json=body)
        changed = api.put(f"/drafts/{held['id']}", json=body)
    for response in (made, changed):
        assert problem(response) == (400, "body", title)
        assert response.json()["errors"][0]["detail"] == "/properties/body/maxLength"


@pytest.mark.parametrize(
    ("body", "parameter", "title", "detail"),
    [
        ({"body": "Hi"}, "channel", "Missing required property: channel", "/required/0"),
        ({"channel": "fax"}, "channel", 'No enum match for: "fax"', "/properties/channel/enum"),
        ({"channel": 5}, "channel", "Invalid type: number (expected string)", "/properties/channel/type"),
        ({"channel": "sms", "colour": 1}, "colour", "Additional properties not allowed", "/additionalProperties"),
        ({"channel": "chat", "body": 5}, "body", "Invalid type: number (expected string)", "/properties/body/type"),
        ({"channel": "whatsapp", "app": "whatsapp"}, "body", "Missing required property: body", "/required/2"),
        ({"channel": "whatsapp", "meta": BUTTONS}, "app", "Missing required property: app", "/required/1"),
        ([], None, "Invalid type: array (expected object)", "/type"),
    ],
)
def test_the_errors_are_those_of_the_form_that_was_meant(
    api: httpx.Client, customer: str, body: Any, parameter: str | None, title: str, detail: str
) -> None:
    response = api.post(f"/customers/{customer}/drafts", json=body)
    assert problem(response) == (400, parameter, title)
    assert response.json()["errors"][0]["detail"] == detail


def test_the_status_of_success_is_a_quirk(kustomer: Account, api: httpx.Client, customer: str) -> None:
    kustomer.quirks.set(success_status="uniform")
    assert api.post(f"/customers/{customer}/drafts", json={"channel": "chat"}).status_code == 201


def test_drafts_are_listed_with_their_customer(api: httpx.Client, customer: str) -> None:
    mine = [draft(api, customer)["id"], draft(api, customer, "sms")["id"]]
    draft(api, person(api))
    assert [each["id"] for each in listed(api, customer)] == mine


def test_attachments_stand_beside_a_list_when_they_are_asked_for(api: httpx.Client, customer: str) -> None:
    held = draft(api, customer)
    file = {"name": "a.txt", "contentType": "text/plain", "contentLength": 3}
    id = api.post(f"/drafts/{held['id']}/attachments", json=file).json()["data"]["id"]
    answer = api.get(f"/customers/{customer}/drafts?include=attachments").json()
    assert [each["id"] for each in answer["included"]] == [id]
    assert "included" not in api.get(f"/customers/{customer}/drafts").json()


def test_a_chat_takes_files_by_their_ids(api: httpx.Client, customer: str) -> None:
    file = {"name": "a.txt", "contentType": "text/plain", "contentLength": 3}
    id = api.post("/attachments", json=file).json()["data"]["id"]
    data = draft(api, customer, attachments=[id])
    assert [each["id"] for each in data["relationships"]["attachments"]["data"]] == [id]
    assert [each["id"] for each in api.get(f"/drafts/{data['id']}/attachments").json()["data"]] == [id]
    assert "attachments" not in change(api, data, attachments=[])["relationships"]


@pytest.mark.parametrize(
    ("body", "parameter"),
    [({"conversation": NOBODY}, "conversation"), ({"customer": NOBODY}, "customer"), ({"attachments": [NOBODY]}, None)],
)
def test_what_a_draft_names_must_exist(
    api: httpx.Client, customer: str, untouched: Untouched, body: Body, parameter: str | None
) -> None:
    held = draft(api, customer)
    with untouched():
        made = api.post(f"/customers/{customer}/drafts", json={"channel": "chat", **body})
        changed = api.put(f"/drafts/{held['id']}", json={"channel": "chat", **body})
    assert problem(made)[:2] == problem(changed)[:2] == (400, parameter or "attachments")


def test_the_conversation_is_one_of_the_customers(api: httpx.Client, customer: str, untouched: Untouched) -> None:
    elsewhere = talk(api, person(api))
    with untouched():
        body = {"channel": "chat", "conversation": elsewhere}
        response = api.post(f"/customers/{customer}/drafts", json=body)
    assert problem(response)[:2] == (400, "conversation")


def test_drafts_to_nobody_are_not_found(api: httpx.Client) -> None:
    assert api.post(f"/customers/{NOBODY}/drafts", json={"channel": "chat"}).status_code == 404
    assert api.get(f"/customers/{NOBODY}/drafts").status_code == 404
    assert api.put(f"/drafts/{NOBODY}", json={"channel": "chat"}).status_code == 404
    assert api.delete(f"/drafts/{NOBODY}").status_code == 404


def test_an_update_changes_what_is_given_and_nothing_else(api: httpx.Client, customer: str) -> None:
    before = draft(api, customer, "sms", app="twilio", body="Today")
    after = change(api, before, body="Tomorrow")["attributes"]
    assert (after["body"], after["app"], after["status"]) == ("Tomorrow", "twilio", "draft")
    assert after["modifiedAt"] > before["attributes"]["modifiedAt"]
    assert after["createdAt"] == before["attributes"]["createdAt"]


def test_a_draft_moves_to_another_customer_with_its_conversation(api: httpx.Client, customer: str) -> None:
    held, other = draft(api, customer), person(api)
    change(api, held, customer=other, conversation=talk(api, other))
    assert listed(api, customer) == []
    assert [each["id"] for each in listed(api, other)] == [held["id"]]


def test_a_draft_to_another_customer_leaves_the_conversation(
    api: httpx.Client, customer: str, conversation: str
) -> None:
    held = draft(api, customer, conversation=conversation)
    assert "conversation" not in change(api, held, customer=person(api))["relationships"]


def test_a_draft_stays_in_its_channel(api: httpx.Client, customer: str, untouched: Untouched) -> None:
    held = draft(api, customer, "chat")
    with untouched():
        response = api.put(f"/drafts/{held['id']}", json={"channel": "sms", "body": "Hi"})
    assert problem(response) == (400, "channel", 'No enum match for: "sms"')


def test_a_conversation_has_one_note_in_draft(
    api: httpx.Client, customer: str, conversation: str, untouched: Untouched
) -> None:
    note = draft(api, customer, "note", conversation=conversation, body="Ask Signe")
    elsewhere = draft(api, customer, "note", conversation=talk(api, customer))
    draft(api, customer, "chat", conversation=conversation)
    body = {"channel": "note", "conversation": conversation}
    with untouched():
        assert problem(api.post(f"/customers/{customer}/drafts", json=body))[:2] == (400, "conversation")
        assert problem(api.put(f"/drafts/{elsewhere['id']}", json=body))[:2] == (400, "conversation")
    change(api, note, conversation=conversation, body="Ask Signe again")
    api.delete(f"/drafts/{note['id']}")
    draft(api, customer, "note", conversation=conversation)


def test_a_deleted_draft_is_gone_with_its_files(kustomer: Account, api: httpx.Client, customer: str) -> None:
    kustomer.quirks.set(deleted_reads="document")
    held = draft(api, customer)
    file = {"name": "a.txt", "contentType": "text/plain", "contentLength": 3}
    id = api.post(f"/drafts/{held['id']}/attachments", json=file).json()["data"]["id"]
    response = api.delete(f"/drafts/{held['id']}")
    assert (response.status_code, response.content) == (204, b"")
    assert api.put(f"/drafts/{held['id']}", json={"channel": "chat"}).status_code == 404
    assert api.get(f"/attachments/{id}").status_code == 404
    assert listed(api, customer) == []


def test_a_time_without_the_flag_schedules_nothing(
    harness: Sandbox, api: httpx.Client, customer: str, conversation: str
) -> None:
    attributes = draft(api, customer, conversation=conversation, body="Hi", sendAt="now+1h")["attributes"]
    assert attributes["status"] == "draft"
    harness.clock.advance(7200)
    assert len(listed(api, customer)) == 1


def test_a_time_with_the_flag_sends_a_message_at_that_time(
    harness: Sandbox, api: httpx.Client, customer: str, conversation: str
) -> None:
    harness.clock.tick = 0
    body = {"conversation": conversation, "body": "Hi", "sendAt": "2026-01-15 10:00:00", "scheduled": True}
    attributes = draft(api, customer, **body)["attributes"]
    assert (attributes["status"], attributes["sendAt"]) == ("scheduled", "2026-01-15T10:00:00.000Z")
    harness.clock.advance(3599)
    assert messages(api, conversation) == []
    harness.clock.advance(1)
    (sent,) = messages(api, conversation)
    assert sent["attributes"]["preview"] == "Hi"
    assert sent["attributes"]["sentAt"] == "2026-01-15T10:00:00.000Z"
    assert (sent["attributes"]["direction"], sent["attributes"]["status"]) == ("out", "sent")
    assert (sent["attributes"]["channel"], sent["attributes"]["app"]) == ("chat", "chat")
    assert sent["relationships"]["createdBy"]["data"]["id"]
    assert listed(api, customer) == []


def test_the_time_alone_schedules_where_the_quirk_says_so(
    harness: Sandbox, kustomer: Account, api: httpx.Client, customer: str, conversation: str
) -> None:
    kustomer.quirks.set(draft_scheduling="time")
    attributes = draft(api, customer, conversation=conversation, body="Hi", sendAt="now+1h")["attributes"]
    assert attributes["status"] == "scheduled"
    harness.clock.advance(3601)
    assert len(messages(api, conversation)) == 1


def test_the_description_of_2025_does_not_know_the_flag(
    kustomer: Account, api: httpx.Client, customer: str, untouched: Untouched
) -> None:
    kustomer.quirks.set(draft_scheduling="time")
    with untouched():
        body = {"channel": "chat", "sendAt": "now+1h", "scheduled": True}
        response = api.post(f"/customers/{customer}/drafts", json=body)
    assert problem(response) == (400, "scheduled", "Additional properties not allowed")


def test_an_update_with_a_time_schedules_and_an_empty_one_takes_it_back(
    harness: Sandbox, api: httpx.Client, customer: str, conversation: str
) -> None:
    held = draft(api, customer, "sms", conversation=conversation, to=TO["sms"], body="Hi")
    assert change(api, held, sendAt="now+1h")["attributes"]["status"] == "scheduled"
    unchanged = change(api, held, body="Hello")["attributes"]
    assert (unchanged["status"], "sendAt" in unchanged) == ("scheduled", True)
    for empty in (None, ""):
        back = change(api, held, sendAt=empty)["attributes"]
        assert (back["status"], back["sendAt"]) == ("draft", None)
        assert change(api, held, sendAt="now+1h")["attributes"]["status"] == "scheduled"
    assert change(api, held, scheduled=False)["attributes"]["status"] == "draft"
    harness.clock.advance(7200)
    assert messages(api, conversation) == []


def test_another_time_takes_the_place_of_the_first(
    harness: Sandbox, api: httpx.Client, customer: str, conversation: str
) -> None:
    held = draft(api, customer, conversation=conversation, body="Hi", sendAt="now+1h", scheduled=True)
    change(api, held, sendAt="now+3h")
    harness.clock.advance(7200)
    assert messages(api, conversation) == []
    harness.clock.advance(7200)
    assert len(messages(api, conversation)) == 1


def test_a_past_time_schedules_nothing(harness: Sandbox, api: httpx.Client, customer: str) -> None:
    held = draft(api, customer, sendAt="now-1h", scheduled=True)
    assert held["attributes"]["status"] == "draft"
    assert change(api, held, sendAt="2020-01-01")["attributes"]["status"] == "draft"


@pytest.mark.parametrize(
    "time",
    [
        "2026-02-30",
        "now+999999y",
        "2026-01-15T25:00:00Z",
        "now+9999999d+1M",
        "now-9999999d-1y",
        f"now+{'9' * 5000}s",
        "now+\u0663d",
    ],
    ids=lambda time: ascii(time[:20]),
)
def test_a_time_no_clock_shows_is_refused(api: httpx.Client, customer: str, untouched: Untouched, time: str) -> None:
    held = draft(api, customer)
    body = {"channel": "chat", "sendAt": time, "scheduled": True}
    with untouched():
        for response in (
            api.post(f"/customers/{customer}/drafts", json=body),
            api.put(f"/drafts/{held['id']}", json=body),
        ):
            assert problem(response)[:2] == (400, "sendAt")


def test_a_deleted_draft_is_not_sent(harness: Sandbox, api: httpx.Client, customer: str, conversation: str) -> None:
    held = draft(api, customer, conversation=conversation, body="Hi", sendAt="now+1h", scheduled=True)
    api.delete(f"/drafts/{held['id']}")
    harness.clock.advance(7200)
    assert messages(api, conversation) == []


def test_a_note_in_draft_becomes_a_note(harness: Sandbox, api: httpx.Client, customer: str, conversation: str) -> None:
    draft(api, customer, "note", conversation=conversation, body="Ask Signe", sendAt="now+1h", scheduled=True)
    harness.clock.advance(3601)
    (note,) = api.get(f"/conversations/{conversation}/notes").json()["data"]
    assert note["attributes"]["body"] == "Ask Signe"
    assert messages(api, conversation) == []
    assert listed(api, customer) == []


def test_a_draft_without_a_conversation_begins_one(api: httpx.Client, customer: str, within: Within) -> None:
    held = draft(api, customer, "email", to=TO["email"], subject="Lid", body="Hi", lang="en_us")
    with within() as unit:
        drafts.send(unit, unit["drafts"][held["id"]], KEY)
    (sent,) = api.get(f"/customers/{customer}/messages").json()["data"]
    assert (sent["attributes"]["subject"], sent["attributes"]["app"]) == ("Lid", "postmark")
    assert sent["attributes"]["meta"] == {"to": TO["email"]}
    assert sent["relationships"]["conversation"]["data"]["id"]


def test_what_is_sent_takes_the_files_along(
    kustomer: Account, api: httpx.Client, customer: str, conversation: str, within: Within
) -> None:
    held = draft(api, customer, conversation=conversation)
    file = {"name": "a.txt", "contentType": "text/plain", "contentLength": 3}
    made = api.post(f"/drafts/{held['id']}/attachments", json=file).json()["data"]
    with httpx.Client(transport=kustomer.transport()) as browser:
        browser.put(made["links"]["related"], content=b"abc")
        with within() as unit:
            sent = drafts.send(unit, unit["drafts"][held["id"]], KEY)
        read = api.get(f"/messages/{sent['id']}/attachments/{made['id']}").json()["data"]
        assert browser.get(read["links"]["related"]).text == "abc"
    assert "draft" not in read["relationships"]


def test_buttons_are_sent_with_their_text_as_preview(
    api: httpx.Client, customer: str, conversation: str, within: Within
) -> None:
    held = draft(api, customer, "whatsapp", conversation=conversation, app="whatsapp", to=TO["whatsapp"], meta=BUTTONS)
    with within() as unit:
        drafts.send(unit, unit["drafts"][held["id"]], KEY)
    (sent,) = messages(api, conversation)
    assert sent["attributes"]["preview"] == "The right one?"
    assert sent["attributes"]["meta"]["interactive"] == BUTTONS["interactive"]


@pytest.mark.parametrize(
    ("channel", "body"),
    [("sms", {"body": "Hi"}), ("email", {"body": "Hi"}), ("chat", {}), ("note", {}), ("sms", {"to": TO["sms"]})],
)
def test_what_cannot_be_sent_stays_with_an_error(
    harness: Sandbox, api: httpx.Client, customer: str, conversation: str, channel: str, body: Body
) -> None:
    draft(api, customer, channel, conversation=conversation, sendAt="now+1h", scheduled=True, **body)
    harness.clock.advance(3601)
    (held,) = listed(api, customer)
    assert held["attributes"]["status"] == "error"
    assert messages(api, conversation) == []


def test_an_address_of_the_customer_will_do(harness: Sandbox, api: httpx.Client) -> None:
    customer = person(api, phones=[{"phone": "+12025550114"}])
    draft(api, customer, "sms", body="Hi", sendAt="now+1h", scheduled=True)
    harness.clock.advance(3601)
    assert listed(api, customer) == []


def test_a_draft_that_failed_is_scheduled_again(
    harness: Sandbox, api: httpx.Client, customer: str, conversation: str
) -> None:
    held = draft(api, customer, conversation=conversation, sendAt="now+1h", scheduled=True)
    harness.clock.advance(3601)
    assert change(api, held, body="Hi")["attributes"]["status"] == "draft"
    change(api, held, sendAt="now+1h")
    harness.clock.advance(3601)
    assert len(messages(api, conversation)) == 1


def test_a_draft_of_a_deleted_conversation_fails(
    harness: Sandbox, api: httpx.Client, customer: str, conversation: str
) -> None:
    draft(api, customer, conversation=conversation, body="Hi", sendAt="now+1h", scheduled=True)
    api.delete(f"/conversations/{conversation}")
    harness.clock.advance(3601)
    assert [each["attributes"]["status"] for each in listed(api, customer)] == ["error"]


def test_drafts_go_with_their_customer(harness: Sandbox, kustomer: Account, api: httpx.Client, customer: str) -> None:
    draft(api, customer, body="Hi", sendAt="now+1h", scheduled=True)
    api.delete(f"/customers/{customer}")
    assert len(kustomer.collection("drafts")) == 0
    harness.clock.advance(3601)
    assert len(kustomer.collection("messages")) == 0


def test_drafts_count_among_what_is_made_for_a_customer(
    kustomer: Account, api: httpx.Client, customer: str, untouched: Untouched
) -> None:
    kustomer.quotas["creations"].limit = 2
    for _ in range(2):
        draft(api, customer)
    with untouched():
        assert api.post(f"/customers/{customer}/drafts", json={"channel": "chat"}).status_code == 429
    draft(api, person(api))


def test_whatsapp_has_a_limit_of_its_own(kustomer: Account, api: httpx.Client, customer: str) -> None:
    assert kustomer.quotas["whatsapp"].limit == 400
    kustomer.quotas["whatsapp"].limit = 1
    draft(api, customer, "whatsapp", app="whatsapp", body="Hi")
    body = {"channel": "whatsapp", "app": "whatsapp", "body": "Hi"}
    assert api.post(f"/customers/{person(api)}/drafts", json=body).status_code == 429
    draft(api, customer, "sms")
