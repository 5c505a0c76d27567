"""Unified Instant Messaging on Kustomer: conversations as channels, customers as members, messages, files."""

from __future__ import annotations

from typing import Any

import pytest

CHANNEL = {"channel": {"id": "64e000000000000000000001"}}
MESSAGES = "/conversations/64e000000000000000000001/messages"


def paged(*records: Any) -> dict[str, Any]:
    """A page of Kustomer's."""
    return {"meta": {}, "links": {"prev": None, "next": None}, "data": list(records)}


def one(record: Any) -> dict[str, Any]:
    """One document."""
    return {"data": record}


def message(channel: str, app: str) -> dict[str, Any]:
    """A message that went so."""
    return {"type": "message", "id": "64a1", "attributes": {"channel": channel, "app": app}, "relationships": {}}


def test_a_conversation_is_a_direct_exchange(scripted: Any, records: Any) -> None:
    assert scripted.listed("instant-messaging.channels.list", records["conversations"]["full"]) == [
        {
            "id": "64e000000000000000000001",
            "name": "Cracked bowl",
            "workspace": {"id": "64f0000000000000000000aa"},
            "group": {"id": "64d000000000000000000001"},
            "type": "dm",
            "status": "active",
            "created_at": "2026-01-01T10:00:00.000Z",
            "updated_at": "2026-01-03T10:00:00.000Z",
        }
    ]


def test_a_conversation_of_no_team_has_no_group(scripted: Any, records: Any) -> None:
    given = records["conversations"]["reopened"]
    channel = scripted.mapped("instant-messaging.channels.get", one(given), id="64e2")
    assert not {"group", "name", "workspace"} & channel.keys()


@pytest.mark.parametrize(("ended", "status"), [(True, "archived"), (False, "active")])
def test_what_has_ended_is_archived(scripted: Any, records: Any, ended: bool, status: str) -> None:
    given = records["conversations"]["full"]
    given["attributes"]["ended"] = ended
    assert scripted.listed("instant-messaging.channels.list", given)[0]["status"] == status


def test_the_channels_of_a_member_are_asked_of_the_customer(scripted: Any) -> None:
    scripted.listed("instant-messaging.channels.list", query={"user": {"id": "64b1"}, "type": "dm", "limit": "5"})
    assert scripted.requests() == [("GET", "/customers/64b1/conversations?pageSize=5", None)]


@pytest.mark.parametrize(
    ("query", "more"),
    [({}, {}), ({"user": {"id": "64b1"}}, {"and": [{"conversation_customer_id": {"equals": "64b1"}}]})],
)
def test_archived_channels_are_left_out_by_a_search(scripted: Any, query: Any, more: Any) -> None:
    scripted.listed("instant-messaging.channels.list", query={"exclude_archived": "true", "limit": "5", **query})
    body = {
        "queryContext": "conversation",
        "not": [{"conversation_ended": {"equals": True}}],
        "sort": [{"conversation_updated_at": "desc"}],
        **more,
    }
    assert scripted.requests() == [("POST", "/customers/search?pageSize=5", body)]


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({"type": "channel"}, "type is dm"),
        ({"type": "group_dm"}, "type is dm"),
        ({"workspace": {"id": "64f0"}}, "one workspace"),
    ],
)
def test_channels_that_kustomer_cannot_choose_are_refused(scripted: Any, query: Any, says: str) -> None:
    answer = scripted.mapped("instant-messaging.channels.list", query=query)
    assert (answer["statusCode"], says in answer["message"]) == (400, True)


def test_a_customer_is_a_member(scripted: Any, records: Any) -> None:
    given = records["customers"]["full"]
    given["attributes"] |= {
        "username": "ada",
        "companyName": "Lindqvist Ceramics",
        "avatarUrl": "https://example.org/ada.png",
        "timeZone": "Europe/London",
        "locale": "en_GB",
        "lastSeenAt": "2026-01-01T00:00:00.000Z",
        "signedUpAt": "2025-05-06T00:00:00.000Z",
        "urls": [{"type": "website", "url": "https://ada.example.org"}],
    }
    given["relationships"]["org"] = {"data": {"type": "org", "id": "64f0"}}
    assert scripted.listed("instant-messaging.members.list", given) == [
        {
            "id": "64b000000000000000000001",
            "first_name": "Ada",
            "last_name": "Byron",
            "name": "Ada Maria Byron",
            "username": "ada",
            "emails": [{"email": "ada@example.org", "type": "home"}, {"email": "ada@example.net", "type": "work"}],
            "phones": [{"number": "+12025550101", "type": "mobile"}],
            "status": "active",
            "is_email_verified": True,
            "organizations": [{"id": "64a000000000000000000001", "name": "Lindqvist Ceramics"}],
            "workspaces": [{"id": "64f0"}],
            "type": "contact",
            "avatar": "https://example.org/ada.png",
            "timezone": "Europe/London",
            "languages": ["en_GB"],
            "created_at": "2025-05-05T05:05:05.000Z",
            "updated_at": "2025-06-06T06:06:06.000Z",
            "last_active_at": "2026-01-01T00:00:00.000Z",
            "activated_at": "2025-05-06T00:00:00.000Z",
            "urls": ["https://ada.example.org"],
        }
    ]


def test_a_customer_of_whom_little_is_known_keeps_what_there_is(scripted: Any, records: Any) -> None:
    given = one(records["customers"]["nameless"])
    member = scripted.mapped("instant-messaging.members.get", given, id="64b3")
    assert (member["status"], member["is_email_verified"]) == ("deleted", False)
    assert [member[name] for name in ("emails", "phones", "organizations", "languages", "urls")] == [[], [], [], [], []]
    assert not {"name", "first_name", "username", "last_active_at"} & member.keys()


@pytest.mark.parametrize(
    ("attributes", "languages", "active"),
    [
        ({"defaultLang": "de", "locale": "en_GB"}, ["de"], None),
        ({"lastCustomerActivityAt": "2026-02-01T00:00:00.000Z"}, [], "2026-02-01T00:00:00.000Z"),
    ],
)
def test_the_nearer_of_two_is_taken(scripted: Any, records: Any, attributes: Any, languages: Any, active: Any) -> None:
    given = records["customers"]["full"]
    given["attributes"] |= {"lastSeenAt": "2026-01-01T00:00:00.000Z", **attributes} if active else attributes
    [member] = scripted.listed("instant-messaging.members.list", given)
    assert (member["languages"], member.get("last_active_at")) == (languages, active)


def test_a_message_tells_its_author_channel_and_files(scripted: Any, records: Any) -> None:
    given = records["messages"]["inbound"]
    given["relationships"]["reference"] = {"data": {"type": "message", "id": "64a100000000000000000009"}}
    assert scripted.listed("instant-messaging.messages.list", given, query=CHANNEL) == [
        {
            "id": "64a100000000000000000001",
            "body": {"format": "text", "content": "Is it ready?"},
            "attachments": [{"id": "64a200000000000000000001"}, {"id": "64a200000000000000000002"}],
            "author": {"id": "64b000000000000000000001"},
            "channel": {"id": "64e000000000000000000001", "type": "email"},
            "parent": {"id": "64a100000000000000000009", "type": "message"},
            "created_at": "2026-01-01T10:00:00.000Z",
            "updated_at": "2026-01-01T10:00:01.000Z",
        }
    ]
    assert scripted.requests() == [("GET", MESSAGES, None)]


def test_an_outbound_message_is_by_who_recorded_it(scripted: Any, records: Any) -> None:
    given = one(records["messages"]["outbound"])
    found = scripted.mapped("instant-messaging.messages.get", given, id="64a100000000000000000002")
    assert found["author"] == {"id": "64c000000000000000000001"}
    assert found["attachments"] == []
    assert "parent" not in found


def test_messages_are_those_of_one_channel(scripted: Any) -> None:
    answer = scripted.mapped("instant-messaging.messages.list")
    assert answer["truto_error_insight"]["missing_required_query_parameters"]["value"] == ["channel.id"]


@pytest.mark.parametrize(
    ("before", "body", "sent"),
    [
        (
            [message("sms", "zipwhip")],
            {"body": {"content": "Hi"}},
            {"channel": "sms", "app": "zipwhip", "preview": "Hi"},
        ),
        (
            [message("email", "gmail"), message("chat", "smooch")],
            {"body": {"content": "Hi", "format": "text"}, "parent": {"id": "64a9"}},
            {
                "channel": "chat",
                "app": "smooch",
                "preview": "Hi",
                "reference": {"message": "64a9", "type": "reply"},
            },
        ),
        (
            [message("chat", "chat")],
            {"attachments": [{"id": "64a2"}]},
            {"channel": "chat", "app": "chat", "attachments": ["64a2"]},
        ),
        (
            [message("email", "gmail"), message("chat", "chat")],
            {"body": {"content": "Hi"}, "remote_data": {"channel": "email", "subject": "Bowl"}},
            {"channel": "email", "app": "gmail", "preview": "Hi", "subject": "Bowl"},
        ),
        (
            [],
            {"body": {"content": "Hi"}, "remote_data": {"channel": "whatsapp"}},
            {"channel": "whatsapp", "app": "whatsapp", "preview": "Hi"},
        ),
    ],
)
def test_a_message_goes_by_the_way_of_the_last_one(
    scripted: Any, records: Any, before: Any, body: Any, sent: Any
) -> None:
    made = one(records["messages"]["outbound"])
    scripted.mapped("instant-messaging.messages.create", paged(*before), made, body={**CHANNEL, **body})
    assert scripted.requests() == [("GET", MESSAGES, None), ("POST", MESSAGES, {"direction": "out", **sent})]


def test_a_message_whose_way_is_said_asks_for_none(scripted: Any, records: Any) -> None:
    own = {"channel": "chat", "app": "chat", "direction": "in"}
    body = {**CHANNEL, "body": {"content": "Hello?"}, "remote_data": own}
    scripted.mapped("instant-messaging.messages.create", one(records["messages"]["inbound"]), body=body)
    assert scripted.requests() == [("POST", MESSAGES, {**own, "preview": "Hello?"})]


@pytest.mark.parametrize(
    ("before", "body", "says"),
    [
        ([message("chat", "chat")], {}, "needs a body or an attachment"),
        ([message("chat", "chat")], {"body": {"content": "<b>Hi</b>", "format": "html"}}, "plain text"),
        ([], {"body": {"content": "Hi"}}, "nothing tells how this message goes"),
        ([], {"body": {"content": "Hi"}, "remote_data": {"channel": "voice"}}, "nothing tells how this message goes"),
    ],
)
def test_a_message_that_cannot_go_out_is_refused(scripted: Any, before: Any, body: Any, says: str) -> None:
    answer = scripted.mapped("instant-messaging.messages.create", paged(*before), body={**CHANNEL, **body})
    assert (answer["statusCode"], says in answer["message"]) == (400, True)


def test_a_message_of_no_channel_is_refused(scripted: Any) -> None:
    answer = scripted.mapped("instant-messaging.messages.create", body={"body": {"content": "Hi"}})
    assert answer["truto_error_insight"]["missing_required_body_fields"]["value"] == ["channel.id"]


def test_what_a_message_says_is_changed(scripted: Any, records: Any) -> None:
    body = {"body": {"content": "It was."}}
    scripted.mapped("instant-messaging.messages.update", one(records["messages"]["outbound"]), id="64a1", body=body)
    assert scripted.requests() == [("PUT", "/messages/64a1", {"preview": "It was."})]
    html = {"body": {"content": "<b>It</b>", "format": "html"}}
    answer = scripted.mapped("instant-messaging.messages.update", id="64a1", body=html)
    assert (answer["statusCode"], "plain text" in answer["message"]) == (400, True)


def test_the_files_of_a_channel_have_an_id_even_where_it_stands_in_a_link(scripted: Any, records: Any) -> None:
    files = records["attachments"]
    assert scripted.listed("instant-messaging.attachments.list", files["photo"], files["nameless"], query=CHANNEL) == [
        {
            "id": "64a200000000000000000001",
            "file_name": "bowl.jpg",
            "channel_id": "64e000000000000000000001",
            "size": 99,
            "file_url": "https://files.example.org/bowl.jpg",
            "content_type": "image/jpeg",
        },
        {
            "id": "64a200000000000000000002",
            "file_name": "cup.jpg",
            "channel_id": "64e000000000000000000001",
            "size": 5,
            "content_type": "image/jpeg",
            "created_at": "2026-01-01T13:00:00.000Z",
        },
    ]
    assert scripted.requests() == [("GET", "/conversations/64e000000000000000000001/attachments", None)]


def test_a_file_is_announced_and_keeps_the_form_to_upload_it_with(scripted: Any, records: Any) -> None:
    upload = {"url": "https://files.example.org", "fields": {"key": "k"}}
    given = {"data": records["attachments"]["photo"], "meta": {"upload": upload}}
    body = {"file_name": "bowl.jpg", "content_type": "image/jpeg", "size": 99}
    answer = scripted.call("instant-messaging.attachments.create", given, body=body)
    assert answer.body["id"] == "64a200000000000000000001"
    assert answer.body["remote_data"]["meta"]["upload"] == upload
    own = {"name": "bowl.jpg", "contentType": "image/jpeg", "contentLength": 99}
    assert scripted.requests() == [("POST", "/attachments", own)]


def test_one_file_is_read_by_its_id(scripted: Any, records: Any) -> None:
    found = scripted.mapped("instant-messaging.attachments.get", one(records["attachments"]["photo"]), id="64a2")
    assert (found["file_name"], found["size"]) == ("bowl.jpg", 99)
    assert scripted.requests() == [("GET", "/attachments/64a2", None)]


def test_the_workspace_is_the_organisation(scripted: Any) -> None:
    me = {"type": "user", "id": "64c1", "attributes": {}, "relationships": {"org": {"data": {"id": "64f0"}}}}
    assert scripted.mapped("instant-messaging.workspaces.list", one(me))["result"] == [{"id": "64f0"}]


@pytest.mark.parametrize("resource", ["channels", "members"])
def test_an_empty_list_is_empty(scripted: Any, resource: str) -> None:
    assert scripted.listed(f"instant-messaging.{resource}.list") == []
