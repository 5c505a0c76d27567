"""Unified Instant Messaging on Superchat: channels are conversations, members contacts."""

from __future__ import annotations

from typing import Any

import pytest

CHANNEL = {"channel": {"id": "cv_open"}}


def test_a_conversation_is_a_direct_channel(scripted: Any, records: Any) -> None:
    conversations = records["conversations"]
    given = [conversations[name] for name in ("open", "archived", "several_contacts", "spam")]
    assert scripted.listed("instant-messaging.channels.list", *given) == [
        {"id": "cv_open", "group": {"id": "ib_sales", "name": "Sales"}, "type": "dm", "status": "active"},
        {"id": "cv_archived", "group": {"id": "ib_service", "name": "Service"}, "type": "dm", "status": "archived"},
        {"id": "cv_many", "group": {"id": "ib_service", "name": "Service"}, "type": "group_dm", "status": "active"},
        {"id": "cv_spam", "group": {"id": "ib_service", "name": "Service"}, "type": "dm", "status": "active"},
    ]


def test_the_channels_of_a_member_are_its_conversations(scripted: Any, records: Any) -> None:
    asked = {"user": {"id": "ct_full"}, "type": "dm"}
    scripted.listed("instant-messaging.channels.list", records["conversations"]["open"], query=asked)
    assert scripted.requests() == [("GET", "/contacts/ct_full/conversations", None)]


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"type": "private_channel"}, "type is dm"),
        ({"type": "group_dm"}, "type is dm"),
        ({"exclude_archived": "true"}, "archived"),
    ],
)
def test_channels_superchat_cannot_choose_are_refused(scripted: Any, asked: Any, says: str) -> None:
    answer = scripted.call("instant-messaging.channels.list", query=asked)
    assert (answer.status, says in answer.body["message"]) == (400, True)


def test_a_contact_is_a_member(scripted: Any, records: Any) -> None:
    member = scripted.mapped("instant-messaging.members.get", records["contacts"]["full"], id="ct_full")
    assert member == {
        "id": "ct_full",
        "first_name": "Ada",
        "last_name": "Byron",
        "name": "Ada Byron",
        "emails": [{"email": "ada@example.org"}, {"email": "ada@example.net"}],
        "phones": [{"number": "+4915100000001"}, {"number": "+4915100000002"}],
        "type": "contact",
        "created_at": "2025-05-05T05:05:05Z",
        "updated_at": "2025-06-06T06:06:06Z",
    }


def test_the_author_of_a_message_from_outside_is_a_member(scripted: Any, records: Any) -> None:
    assert scripted.listed("instant-messaging.messages.list", records["messages"]["inbound_text"], query=CHANNEL) == [
        {
            "id": "ms_in",
            "body": {"format": "text", "content": "Is it there yet?"},
            "attachments": [],
            "author": {"id": "ct_full"},
            "channel": {"id": "cv_open"},
            "created_at": "2026-01-01T08:00:00Z",
            "updated_at": "2026-01-01T08:00:01Z",
        }
    ]
    assert scripted.requests() == [("GET", "/conversations/cv_open/messages", None)]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("outbound_text", {"author": {"name": "Mira"}, "body": {"format": "text", "content": "Tomorrow."}}),
        ("nobodys_text", {"author": None}),
        ("email", {"parent": {"id": "ms_in", "type": "message"}, "body": {"format": "text", "content": "Tomorrow."}}),
        ("html_email", {"body": {"format": "html", "content": "<b>now</b>"}, "attachments": []}),
        ("media", {"body": None, "attachments": [{"id": "fi_photo"}]}),
        ("template", {"body": None, "attachments": [{"id": "fi_photo"}]}),
        ("quick_reply", {"body": {"format": "text", "content": "Agreed?"}}),
    ],
)
def test_each_kind_of_message_keeps_what_it_says(scripted: Any, records: Any, name: str, expected: Any) -> None:
    message = scripted.mapped("instant-messaging.messages.get", records["messages"][name], id="ms")
    assert {field: message.get(field) for field in expected} == expected


def test_messages_need_their_channel(scripted: Any) -> None:
    answer = scripted.call("instant-messaging.messages.list")
    assert answer.body["truto_error_insight"]["missing_required_query_parameters"]["value"] == ["channel.id"]
    answer = scripted.call("instant-messaging.messages.create", body={"body": {"content": "x"}})
    assert answer.body["truto_error_insight"]["missing_required_body_fields"]["value"] == ["channel.id"]


@pytest.mark.parametrize(
    ("conversation", "body", "sent"),
    [
        ("open", {"body": {"content": "Hi"}}, {"content": {"type": "text", "body": "Hi"}}),
        ("open", {"attachments": [{"id": "fi_1"}]}, {"content": {"type": "media", "file_id": "fi_1"}}),
        (
            "snoozed",
            {"body": {"content": "Hi", "format": "text"}, "parent": {"id": "ms_in"}, "attachments": [{"id": "fi_1"}]},
            {"content": {"type": "email", "text": "Hi", "files": [{"id": "fi_1"}]}, "in_reply_to": "ms_in"},
        ),
        (
            "snoozed",
            {"body": {"content": "<b>Hi</b>", "format": "html"}},
            {"content": {"type": "email", "html": "<b>Hi</b>", "files": []}},
        ),
    ],
)
def test_a_message_goes_out_by_the_way_of_its_conversation(
    scripted: Any, records: Any, conversation: str, body: Any, sent: Any
) -> None:
    given, made = records["conversations"][conversation], records["messages"]["outbound_text"]
    scripted.mapped("instant-messaging.messages.create", given, made, body={**CHANNEL, **body})
    to = {
        "to": [{"identifier": given["contacts"][0]["id"]}],
        "from": {"channel_id": given["channel"]["id"], "name": None},
    }
    assert scripted.requests() == [("GET", "/conversations/cv_open", None), ("POST", "/messages", {**to, **sent})]


@pytest.mark.parametrize(
    ("conversation", "body", "says"),
    [
        ("open", {"body": {"content": "x"}, "parent": {"id": "ms_in"}}, "only e-mails"),
        ("open", {}, "needs a body or an attachment"),
        ("contact_gone", {"body": {"content": "x"}}, "nobody to write to"),
    ],
)
def test_a_message_that_cannot_go_out_is_refused(
    scripted: Any, records: Any, conversation: str, body: Any, says: str
) -> None:
    given = records["conversations"][conversation]
    answer = scripted.mapped("instant-messaging.messages.create", given, body={**CHANNEL, **body})
    assert (answer["statusCode"], says in answer["message"]) == (400, True)


def test_a_message_through_the_unified_api_stands_in_the_fake(fake: Any) -> None:
    channel = next(
        each
        for each in fake.read("/conversations?limit=100")["results"]
        if each["channel"]["type"] == "mail" and each["contacts"]
    )["id"]
    body = {"channel": {"id": channel}, "body": {"content": "<i>Hi</i>", "format": "html"}}
    made = fake.call("instant-messaging.messages.create", body=body).body
    newest = fake.read(f"/conversations/{channel}/messages?limit=1")["results"][0]
    assert (newest["id"], newest["content"]["html"]) == (made["id"], "<i>Hi</i>")
    listed = fake.call("instant-messaging.messages.list", query={"channel": {"id": channel}, "limit": "1"}).body
    assert listed["result"][0]["id"] == made["id"]


def test_authors_and_channels_of_the_fake_can_be_looked_up(fake: Any) -> None:
    channel = fake.call("instant-messaging.channels.list", query={"limit": "2"}).body["result"][1]
    messages = fake.call("instant-messaging.messages.list", query={"channel": {"id": channel["id"]}}).body["result"]
    authors = {each["author"]["id"] for each in messages if "id" in each.get("author", {})}
    assert authors
    for id in authors:
        assert fake.call("instant-messaging.members.get", id=id).body["id"] == id
    assert {each["channel"]["id"] for each in messages} == {channel["id"]}
