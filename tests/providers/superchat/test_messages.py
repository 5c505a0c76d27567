"""Sending messages: contents and channels, recipients, windows, templates, statuses; reading one."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import httpx
import pytest

from harness import Account, Sandbox

Untouched = Callable[[], AbstractContextManager[None]]
Send = Callable[..., httpx.Response]

NEW_PHONE = "+493055500001"
NEW_MAIL = "new.person@example.org"
TEXT = {"type": "text", "body": "Hello"}
TWO = [{"position": 1, "value": "Eva"}, {"position": 2, "value": "4711"}]
KINDS = (
    "text",
    "media",
    "email",
    "generic_template",
    "whats_app_template",
    "whats_app_quick_reply",
    "whats_app_list",
    "live_chat_buttons",
)
SENT_BY = {
    "sms": {"text"},
    "mail": {"email", "generic_template"},
    "whats_app": {
        "text",
        "media",
        "generic_template",
        "whats_app_template",
        "whats_app_quick_reply",
        "whats_app_list",
    },
    "facebook_messenger": {"text", "media", "generic_template"},
    "instagram": {"text", "media", "generic_template"},
    "telegram": {"text", "media", "generic_template"},
    "google_business_messaging": {"text", "media", "generic_template"},
    "live_chat": {"text", "media", "generic_template", "live_chat_buttons"},
    "phone": set(),
}
WINDOW_ENDS = [
    ("whats_app", "2026-01-16T09:00:00Z", "2026-01-16T08:59:59Z"),
    ("facebook_messenger", "2026-01-22T09:00:00Z", "2026-01-22T08:59:59Z"),
    ("instagram", "2026-01-22T09:00:00Z", "2026-01-22T08:59:59Z"),
]
WHEN_OPEN = ("text", "media", "generic_template", "whats_app_quick_reply", "whats_app_list")


@pytest.fixture
def send(api: httpx.Client, channels: dict[str, str]) -> Send:
    """Send a content by a type of channel; other keys go into the body."""

    def post(channel: str, to: str, content: dict[str, Any] = TEXT, /, **more: Any) -> httpx.Response:
        sender = {"channel_id": channels[channel]}
        return api.post("/messages", json={"to": [{"identifier": to}], "from": sender, "content": content, **more})

    return post


@pytest.fixture
def writer(superchat: Account) -> str:
    """The id of a contact who has just written on every channel."""
    types = ("facebook", "instagram", "telegram", "google", "live_chat")
    socials = [{"type": type, "value": f"writer-{type}"} for type in types]
    keys = ("whatsapp-support", "sms", "email", "facebook", "instagram", "telegram", "google", "live-chat", "line")
    superchat.seed(
        teams=[{"key": "line", "name": "Line"}],
        channels=[
            {"key": "line", "name": "Line", "type": "phone", "team": "line", "address": "+493012300000"},
            {"key": "google", "name": "Google", "type": "google", "team": "line"},
        ],
        contacts=[{"key": "writer", "phones": ["+493012345678"], "emails": ["writer@example.org"], "socials": socials}],
        conversations=[
            {"contact": "writer", "channel": key, "messages": [{"from": "contact", "text": "Hi"}]} for key in keys
        ],
    )
    return contact_with(superchat, "writer@example.org")


@pytest.fixture
def stranger(superchat: Account) -> str:
    """The id of a contact who never wrote."""
    socials = [{"type": type, "value": f"stranger-{type}"} for type in ("facebook", "instagram", "telegram")]
    superchat.seed(contacts=[{"phones": ["+493012345679"], "emails": ["stranger@example.org"], "socials": socials}])
    return contact_with(superchat, "stranger@example.org")


def contact_with(superchat: Account, value: str) -> str:
    for contact in superchat.collection("contacts"):
        if any(handle["value"] == value for handle in contact["handles"]):
            return str(contact["id"])
    raise AssertionError(f"no contact has {value}")


def template(superchat: Account, name: str) -> str:
    return next(str(each["id"]) for each in superchat.collection("templates") if each["name"] == name)


def content_of(kind: str, api: httpx.Client, superchat: Account) -> dict[str, Any]:
    """A complete content of a kind."""
    file = next(iter(superchat.collection("files")))["id"]
    if kind == "generic_template":
        written = {"type": kind, "body": "Moin", "variables": []}
        made = api.post("/templates", json={"name": "Moin", "content": written}).json()
        return {"type": kind, "template_id": made["id"]}
    given: dict[str, dict[str, Any]] = {
        "text": {"body": "Hello 👋"},
        "media": {"file_id": file},
        "email": {"subject": "Offer", "html": "<p>Hi</p>", "text": "Hi", "files": [{"id": file}]},
        "whats_app_template": {"template_id": template(superchat, "versand_bestaetigung"), "variables": TWO},
        "whats_app_quick_reply": {
            "body": "Yes?",
            "replies": [{"value": "Yes"}, {"value": "No"}],
            "footer": "please",
            "header": {"type": "image", "value": file},
        },
        "whats_app_list": {
            "title": "Choose",
            "body": "One of",
            "sections": [{"title": "A", "rows": [{"title": "a1"}, {"title": "a2"}]}, {"rows": [{"title": "b1"}]}],
            "footer": "please",
            "header": {"value": "Head"},
        },
        "live_chat_buttons": {
            "body": "Look",
            "buttons": [{"type": "url", "title": "Shop", "target": "https://example.com"}],
        },
    }
    return {"type": kind, **given[kind]}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("channel", SENT_BY)
def test_each_channel_sends_its_kinds_of_content_and_refuses_the_others(
    api: httpx.Client, superchat: Account, writer: str, untouched: Untouched, channel: str, kind: str
) -> None:
    content = content_of(kind, api, superchat)
    ids = {each["type"]: each["id"] for each in superchat.collection("channels") if each["name"] != "WhatsApp Beratung"}
    body = {"to": [{"identifier": writer}], "from": {"channel_id": ids[channel]}, "content": content}
    if kind in SENT_BY[channel]:
        answer = api.post("/messages", json=body)
        assert answer.status_code == 200
        assert answer.json()["content"] == content
    else:
        with untouched():
            assert api.post("/messages", json=body).status_code == 400


def test_google_has_a_channel_and_a_handle_of_its_own(superchat: Account, api: httpx.Client, writer: str) -> None:
    (channel,) = (each for each in api.get("/channels").json()["results"] if each["name"] == "Google")
    body = {"to": [{"identifier": writer}], "from": {"channel_id": channel["id"]}, "content": TEXT}
    sent = api.post("/messages", json=body).json()
    handles = {handle["type"]: handle["value"] for handle in api.get(f"/contacts/{writer}").json()["handles"]}
    conversation = api.get(f"/conversations/{sent['conversation_id']}").json()
    assert channel["type"] == conversation["channel"]["type"] == "google_business_messaging"
    assert sent["to"][0]["identifier"] == handles["google_business_messaging"] == "writer-google"
    assert conversation["time_window"] == {"state": "open", "open_until": None}


def test_the_answer_says_what_was_taken_on(superchat: Account, channels: dict[str, str], send: Send) -> None:
    message = send("sms", NEW_PHONE, **{"from": {"channel_id": channels["sms"], "name": "Ada"}}).json()
    contact = contact_with(superchat, NEW_PHONE)
    assert message == {
        "id": message["id"],
        "url": f"/messages/{message['id']}",
        "created_at": "2026-01-15T09:00:00Z",
        "updated_at": "2026-01-15T09:00:00Z",
        "status": "processed",
        "direction": "outbound",
        "to": [{"contact_id": contact, "identifier": NEW_PHONE, "url": f"/contacts/{contact}"}],
        "from": {"channel_id": channels["sms"], "name": "Ada"},
        "content": TEXT,
        "in_reply_to": None,
        "conversation_id": message["conversation_id"],
    }
    assert message["id"].startswith("ms_")
    assert len(message["id"]) == 24


@pytest.mark.parametrize("sender", [{}, {"name": None}])
def test_the_name_of_the_sender_may_be_missing(channels: dict[str, str], send: Send, sender: dict[str, Any]) -> None:
    message = send("sms", NEW_PHONE, **{"from": {"channel_id": channels["sms"], **sender}}).json()
    assert message["from"]["name"] is None


def test_unknown_keys_are_ignored_and_not_shown(send: Send) -> None:
    answer = send("sms", NEW_PHONE, {**TEXT, "preview": True}, priority="high")
    assert answer.json()["content"] == TEXT


@pytest.mark.parametrize(("side", "status"), [("200", 200), ("201", 201)])
def test_the_success_status_is_a_quirk(superchat: Account, send: Send, side: str, status: int) -> None:
    superchat.quirks["post_status"] = side
    assert send("sms", NEW_PHONE).status_code == status


@pytest.mark.parametrize(
    "change",
    [
        {"to": []},
        {"to": [{"identifier": NEW_PHONE}, {"identifier": "+493055500002"}]},
        {"to": {"identifier": NEW_PHONE}},
        {"to": NEW_PHONE},
        {"to": [NEW_PHONE]},
        {"to": [{}]},
        {"to": [{"identifier": None}]},
        {"to": [{"identifier": ""}]},
        {"to": [{"identifier": 493055500001}]},
        {"from": {}},
        {"from": None},
        {"from": {"channel_id": None}},
        {"from": "mc_x"},
        {"content": None},
        {"content": {}},
        {"content": "Hello"},
        {"content": {"type": "fax", "body": "Hello"}},
        {"content": {"body": "Hello"}},
        {"content": {"type": "text"}},
        {"content": {"type": "text", "text": "Hello"}},
        {"content": {"type": "text", "body": None}},
        {"content": {"type": "text", "body": 7}},
        {"in_reply_to": 7},
    ],
    ids=str,
)
def test_a_body_of_another_shape_is_refused_without_a_trace(
    send: Send, untouched: Untouched, change: dict[str, Any]
) -> None:
    with untouched():
        assert send("sms", NEW_PHONE, **change).status_code == 400


@pytest.mark.parametrize("missing", ["to", "from", "content"])
def test_recipient_sender_and_content_are_required(
    api: httpx.Client, channels: dict[str, str], untouched: Untouched, missing: str
) -> None:
    body = {"to": [{"identifier": NEW_PHONE}], "from": {"channel_id": channels["sms"]}, "content": TEXT}
    with untouched():
        assert api.post("/messages", json={key: body[key] for key in body.keys() - {missing}}).status_code == 400


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null"])
def test_a_body_that_is_no_object_is_refused(api: httpx.Client, body: bytes) -> None:
    answer = api.post("/messages", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("channel", "content"),
    [
        ("whats_app", {"type": "media"}),
        ("whats_app", {"type": "media", "file_id": None}),
        ("mail", {"type": "email", "subject": "Empty"}),
        ("mail", {"type": "email", "html": None, "text": None}),
        ("mail", {"type": "email", "text": "Hi", "files": ["fi_x"]}),
        ("mail", {"type": "email", "text": "Hi", "subject": 3}),
        ("whats_app", {"type": "whats_app_template"}),
        ("whats_app", {"type": "whats_app_template", "template_id": "tn_x", "file": {"id": "  "}}),
        ("whats_app", {"type": "whats_app_template", "template_id": "tn_x", "file": {}}),
        ("whats_app", {"type": "whats_app_template", "template_id": "tn_x", "variables": [{"position": 1}]}),
        ("whats_app", {"type": "whats_app_template", "template_id": "tn_x", "variables": [{"value": "x"}]}),
        ("whats_app", {"type": "whats_app_template", "template_id": "tn_x", "variables": {"1": "x"}}),
        (
            "whats_app",
            {"type": "generic_template", "template_id": "tn_x", "variables": [{"position": -1, "value": ""}]},
        ),
        ("whats_app", {"type": "whats_app_quick_reply", "body": "?", "replies": []}),
        ("whats_app", {"type": "whats_app_quick_reply", "body": "?", "replies": [{"value": str(n)} for n in range(4)]}),
        ("whats_app", {"type": "whats_app_quick_reply", "body": "?", "replies": ["Yes"]}),
        ("whats_app", {"type": "whats_app_quick_reply", "replies": [{"value": "Yes"}]}),
        (
            "whats_app",
            {
                "type": "whats_app_quick_reply",
                "body": "?",
                "replies": [{"value": "Y"}],
                "header": {"type": "audio", "value": "x"},
            },
        ),
        (
            "whats_app",
            {"type": "whats_app_quick_reply", "body": "?", "replies": [{"value": "Y"}], "header": {"value": "x"}},
        ),
        ("whats_app", {"type": "whats_app_list", "title": "t", "body": "b"}),
        ("whats_app", {"type": "whats_app_list", "title": "t", "body": "b", "sections": []}),
        ("whats_app", {"type": "whats_app_list", "title": "t", "body": "b", "sections": [{"rows": []}]}),
        ("whats_app", {"type": "whats_app_list", "title": "t", "body": "b", "sections": [{"title": "s"}]}),
        ("whats_app", {"type": "whats_app_list", "body": "b", "sections": [{"rows": [{"title": "r"}]}]}),
        (
            "whats_app",
            {
                "type": "whats_app_list",
                "title": "t",
                "body": "b",
                "sections": [{"rows": [{"title": "r"}]}],
                "header": {"value": "x" * 61},
            },
        ),
        (
            "live_chat",
            {"type": "live_chat_buttons", "body": "b", "buttons": [{"type": "call", "title": "t", "target": "x"}]},
        ),
    ],
    ids=str,
)
def test_a_content_over_its_limits_is_refused_without_a_trace(
    send: Send, writer: str, untouched: Untouched, channel: str, content: dict[str, Any]
) -> None:
    with untouched():
        assert send(channel, writer, content).status_code == 400


@pytest.mark.parametrize(
    ("channel", "content"),
    [
        ("mail", {"type": "email", "text": "Hi"}),
        ("mail", {"type": "email", "html": "<p>Hi</p>", "text": None, "subject": None, "files": None}),
        ("whats_app", {"type": "whats_app_quick_reply", "body": "?", "replies": [{"value": str(n)} for n in range(3)]}),
        (
            "whats_app",
            {
                "type": "whats_app_quick_reply",
                "body": "?",
                "replies": [{"value": "Y"}],
                "header": {"type": "text", "value": "T"},
            },
        ),
        (
            "whats_app",
            {"type": "whats_app_quick_reply", "body": "?", "replies": [{"value": "Y"}], "header": None, "footer": None},
        ),
        (
            "whats_app",
            {
                "type": "whats_app_list",
                "title": "t",
                "body": "b",
                "sections": [{"rows": [{"title": "r"}]}],
                "header": {"value": "x" * 60},
            },
        ),
        (
            "whats_app",
            {
                "type": "whats_app_list",
                "title": "t",
                "body": "b",
                "sections": [{"title": None, "rows": [{"title": "r"}]}],
                "header": None,
            },
        ),
    ],
    ids=str,
)
def test_a_content_at_its_limits_goes(send: Send, writer: str, channel: str, content: dict[str, Any]) -> None:
    answer = send(channel, writer, content)
    assert answer.status_code == 200
    assert answer.json()["content"] == content


@pytest.mark.parametrize(
    ("channel", "content"),
    [
        ("whats_app", {"type": "media", "file_id": "fi_gone"}),
        ("mail", {"type": "email", "text": "Hi", "files": [{"id": "fi_gone"}]}),
        ("whats_app", {"type": "generic_template", "template_id": "tn_gone"}),
        ("whats_app", {"type": "whats_app_template", "template_id": "tn_gone", "file": {"id": "fi_gone"}}),
        (
            "whats_app",
            {
                "type": "whats_app_quick_reply",
                "body": "?",
                "replies": [{"value": "Y"}],
                "header": {"type": "video", "value": "fi_gone"},
            },
        ),
    ],
    ids=str,
)
@pytest.mark.parametrize(("side", "status"), [("404", 404), ("400", 400)])
def test_an_unknown_file_or_template_is_refused_as_the_quirk_says(
    superchat: Account,
    send: Send,
    writer: str,
    untouched: Untouched,
    channel: str,
    content: dict[str, Any],
    side: str,
    status: int,
) -> None:
    superchat.quirks["unknown_reference"] = side
    with untouched():
        assert send(channel, writer, content).status_code == status


@pytest.mark.parametrize(("side", "status"), [("404", 404), ("400", 400)])
def test_an_unknown_channel_or_contact_is_refused_as_the_quirk_says(
    superchat: Account, send: Send, untouched: Untouched, side: str, status: int
) -> None:
    superchat.quirks["unknown_reference"] = side
    with untouched():
        assert send("sms", NEW_PHONE, **{"from": {"channel_id": "mc_nowhere"}}).status_code == status
        assert send("sms", "ct_nobody").status_code == status


@pytest.mark.parametrize(
    ("channel", "identifier", "content", "type"),
    [("sms", NEW_PHONE, TEXT, "phone"), ("mail", NEW_MAIL, {"type": "email", "text": "Hi"}, "mail")],
)
def test_an_unknown_address_becomes_a_contact_and_a_conversation(
    api: httpx.Client,
    channels: dict[str, str],
    send: Send,
    channel: str,
    identifier: str,
    content: dict[str, Any],
    type: str,
) -> None:
    message = send(channel, identifier, content).json()
    contact = api.get(message["to"][0]["url"]).json()
    conversation = api.get(f"/conversations/{message['conversation_id']}").json()
    assert [(handle["type"], handle["value"]) for handle in contact["handles"]] == [(type, identifier)]
    assert (contact["first_name"], contact["last_name"], contact["gender"]) == (None, None, None)
    assert conversation["contacts"] == [{"id": contact["id"], "url": contact["url"]}]
    assert conversation["channel"]["id"] == channels[channel]
    assert conversation["inbox"] == api.get(f"/channels/{channels[channel]}").json()["inbox"]
    assert (conversation["status"], conversation["labels"], conversation["assigned_users"]) == ("open", [], [])


def test_what_an_unknown_address_brings_about_is_told_in_its_order(harness: Sandbox, send: Send) -> None:
    message = send("sms", NEW_PHONE).json()
    contact, conversation, outbound = harness.webhooks
    assert [each.type for each in harness.webhooks] == ["contact_created", "conversation_opened", "message_outbound"]
    assert contact.payload["contact"]["id"] == message["to"][0]["contact_id"]
    assert conversation.payload["conversation"]["id"] == message["conversation_id"]
    assert outbound.payload["message"] == message


def test_a_second_message_goes_to_the_same_contact_and_conversation(
    harness: Sandbox, superchat: Account, send: Send
) -> None:
    first = send("sms", NEW_PHONE).json()
    before = superchat.state
    second = send("sms", NEW_PHONE).json()
    assert (second["to"], second["conversation_id"]) == (first["to"], first["conversation_id"])
    assert superchat.state == {**before, "messages": before["messages"] + 1}
    assert [each.type for each in harness.webhooks][3:] == ["message_outbound"]


def test_another_channel_is_another_conversation(send: Send, writer: str) -> None:
    ids = {send(channel, writer).json()["conversation_id"] for channel in ("sms", "whats_app", "telegram")}
    assert len(ids) == 3


@pytest.mark.parametrize("identifier", ["+493012345678", "writer@example.org", "id"])
def test_a_contact_is_reached_by_phone_by_mail_and_by_id(send: Send, writer: str, identifier: str) -> None:
    by_mail = "@" in identifier
    channel, content = ("mail", {"type": "email", "text": "Hi"}) if by_mail else ("sms", TEXT)
    message = send(channel, writer if identifier == "id" else identifier, content).json()
    assert message["to"][0]["contact_id"] == writer
    assert message["to"][0]["identifier"] == ("writer@example.org" if by_mail else "+493012345678")


def test_an_address_is_the_same_in_capitals(send: Send, writer: str) -> None:
    message = send("mail", "Writer@EXAMPLE.org", {"type": "email", "text": "Hi"}).json()
    assert message["to"][0]["contact_id"] == writer


@pytest.mark.parametrize(
    ("channel", "identifier"),
    [
        ("sms", NEW_MAIL),
        ("whats_app", NEW_MAIL),
        ("telegram", NEW_PHONE),
        ("facebook_messenger", NEW_PHONE),
        ("sms", "+49 30 555"),
        ("sms", "+0123456789"),
        ("sms", "+1"),
    ],
)
def test_an_address_the_channel_cannot_write_to_is_refused(
    send: Send, untouched: Untouched, channel: str, identifier: str
) -> None:
    with untouched():
        assert send(channel, identifier).status_code == 400


def test_a_contact_without_a_handle_for_the_channel_is_refused(
    api: httpx.Client, send: Send, untouched: Untouched
) -> None:
    contact = api.post("/contacts", json={"handles": [{"value": NEW_MAIL, "type": "mail"}]}).json()
    with untouched():
        assert send("sms", contact["id"]).status_code == 400


def test_a_deleted_contact_is_made_anew_with_a_conversation_of_its_own(api: httpx.Client, send: Send) -> None:
    first = send("sms", NEW_PHONE).json()
    api.delete(first["to"][0]["url"])
    second = send("sms", NEW_PHONE).json()
    assert second["to"][0]["contact_id"] != first["to"][0]["contact_id"]
    assert second["conversation_id"] != first["conversation_id"]


def test_a_message_leaves_the_status_of_its_conversation(api: httpx.Client, send: Send) -> None:
    url = f"/conversations/{send('sms', NEW_PHONE).json()['conversation_id']}"
    api.patch(url, json={"status": "done"})
    send("sms", NEW_PHONE)
    assert api.get(url).json()["status"] == "done"


@pytest.mark.parametrize(("channel", "end", "just_before"), WINDOW_ENDS)
def test_free_text_goes_until_the_window_closes(
    harness: Sandbox, send: Send, writer: str, untouched: Untouched, channel: str, end: str, just_before: str
) -> None:
    harness.clock.set(just_before)
    assert send(channel, writer).status_code == 200
    harness.clock.set(end)
    with untouched():
        assert send(channel, writer).status_code == 400


@pytest.mark.parametrize("kind", WHEN_OPEN)
def test_outside_the_window_whatsapp_takes_none_but_its_templates(
    harness: Sandbox, api: httpx.Client, superchat: Account, send: Send, writer: str, untouched: Untouched, kind: str
) -> None:
    content = content_of(kind, api, superchat)
    harness.clock.advance("25h")
    with untouched():
        assert send("whats_app", writer, content).status_code == 400


def test_a_whatsapp_template_goes_at_any_time(
    harness: Sandbox, api: httpx.Client, superchat: Account, send: Send, writer: str, stranger: str
) -> None:
    content = content_of("whats_app_template", api, superchat)
    harness.clock.advance("25h")
    for to in (writer, stranger, NEW_PHONE):
        assert send("whats_app", to, content).status_code == 200


@pytest.mark.parametrize(("side", "status"), [("400", 400), ("409", 409)])
def test_the_status_of_the_refusal_is_a_quirk(superchat: Account, send: Send, side: str, status: int) -> None:
    superchat.quirks["message_window_refusal"] = side
    assert send("whats_app", NEW_PHONE).status_code == status


@pytest.mark.parametrize(
    ("language", "title"),
    [
        ("en", "Starting the conversation is not allowed"),
        ("de", "Konversation starten nicht erlaubt"),
        ("pt", "Iniciar conversa não permitido"),
        ("null", None),
    ],
)
def test_the_refusal_is_told_in_the_language_of_the_account(
    superchat: Account, send: Send, language: str, title: str | None
) -> None:
    superchat.quirks["error_texts"] = language
    assert send("whats_app", NEW_PHONE).json()["errors"][0]["title"] == title


@pytest.mark.parametrize("kind", ["text", "media", "generic_template"])
@pytest.mark.parametrize("channel", ["facebook_messenger", "instagram"])
def test_only_the_contact_begins_on_facebook_and_instagram(
    api: httpx.Client, superchat: Account, send: Send, stranger: str, untouched: Untouched, channel: str, kind: str
) -> None:
    content = content_of(kind, api, superchat)
    with untouched():
        assert send(channel, stranger, content).status_code == 400


@pytest.mark.parametrize("channel", ["sms", "telegram"])
def test_other_channels_may_begin_a_conversation(send: Send, stranger: str, channel: str) -> None:
    assert send(channel, stranger).status_code == 200


def test_a_window_on_one_channel_does_not_open_another(
    superchat: Account, send: Send, writer: str, untouched: Untouched
) -> None:
    other = next(each["id"] for each in superchat.collection("channels") if each["name"] == "WhatsApp Beratung")
    with untouched():
        assert send("whats_app", writer, **{"from": {"channel_id": other}}).status_code == 400


def test_text_without_a_window_does_not_make_a_contact(send: Send, untouched: Untouched) -> None:
    with untouched():
        assert send("whats_app", NEW_PHONE).status_code == 400


@pytest.mark.parametrize("name", ["payment_reminder", "sommer_aktion"])
def test_a_template_that_is_not_approved_is_a_conflict(
    superchat: Account, channels: dict[str, str], send: Send, writer: str, untouched: Untouched, name: str
) -> None:
    sales = next(each["id"] for each in superchat.collection("channels") if each["name"] == "WhatsApp Beratung")
    content = {"type": "whats_app_template", "template_id": template(superchat, name), "variables": []}
    with untouched():
        assert send("whats_app", writer, content, **{"from": {"channel_id": sales}}).status_code == 409


def test_a_template_goes_once_it_is_approved(harness: Sandbox, superchat: Account, send: Send, writer: str) -> None:
    content = {"type": "whats_app_template", "template_id": template(superchat, "payment_reminder"), "variables": TWO}
    assert send("whats_app", writer, content).status_code == 409
    harness.clock.advance("1h")
    assert send("whats_app", writer, content).status_code == 200


@pytest.mark.parametrize(
    ("channel", "kind", "name"),
    [
        ("whats_app", "generic_template", "versand_bestaetigung"),
        ("whats_app", "whats_app_template", "Außerhalb der Öffnungszeiten"),
        ("whats_app", "whats_app_template", "relance_client"),
        ("telegram", "generic_template", "Außerhalb der Öffnungszeiten"),
    ],
)
def test_a_template_of_another_type_or_channel_is_refused(
    superchat: Account, send: Send, writer: str, untouched: Untouched, channel: str, kind: str, name: str
) -> None:
    content = {"type": kind, "template_id": template(superchat, name), "variables": []}
    with untouched():
        assert send(channel, writer, content).status_code == 400


@pytest.mark.parametrize(
    ("base", "positions", "status"),
    [
        ("any", [0, 1], 200),
        ("any", [1, 2], 200),
        ("any", [2, 1], 200),
        ("any", [0, 2], 400),
        ("any", [1], 400),
        ("any", [0, 1, 2], 400),
        ("any", [1, 1], 400),
        ("any", [], 400),
        ("any", None, 400),
        ("0", [0, 1], 200),
        ("0", [1, 2], 400),
        ("1", [1, 2], 200),
        ("1", [0, 1], 400),
    ],
)
def test_every_variable_is_given_once_counting_from_the_base(
    superchat: Account, send: Send, writer: str, base: str, positions: list[int] | None, status: int
) -> None:
    superchat.quirks["variable_base"] = base
    variables = None if positions is None else [{"position": each, "value": "x"} for each in positions]
    content = {
        "type": "whats_app_template",
        "template_id": template(superchat, "versand_bestaetigung"),
        "variables": variables,
    }
    assert send("whats_app", writer, content).status_code == status


@pytest.mark.parametrize("variables", [{}, {"variables": None}, {"variables": []}])
def test_a_template_without_variables_needs_none(
    superchat: Account, send: Send, writer: str, variables: dict[str, Any]
) -> None:
    content = {"type": "generic_template", "template_id": template(superchat, "Außerhalb der Öffnungszeiten")}
    assert send("whats_app", writer, {**content, **variables}).status_code == 200


def test_a_file_goes_with_a_media_header_only(
    harness: Sandbox, api: httpx.Client, superchat: Account, send: Send, writer: str, untouched: Untouched
) -> None:
    file = next(iter(superchat.collection("files")))["id"]
    with_text = content_of("whats_app_template", api, superchat)
    with untouched():
        assert send("whats_app", writer, {**with_text, "file": {"id": file}}).status_code == 400
    account = next(
        each["whats_app_business_account_id"]
        for each in superchat.collection("channels")
        if each["name"] == "WhatsApp Service"
    )
    made = api.post(
        "/templates",
        json={
            "name": "with_picture",
            "whats_app_business_account_id": account,
            "content": {
                "type": "whats_app_template",
                "language": "de",
                "category": "utility",
                "body": "Look",
                "header": {"type": "image", "file_id": file},
                "variables": [],
            },
        },
    ).json()
    harness.clock.advance("1h")
    with_picture = {"type": "whats_app_template", "template_id": made["id"], "file": {"id": file}}
    assert send("whats_app", writer, with_picture).json()["content"] == with_picture
    gone = {**with_picture, "file": {"id": "fi_gone"}}
    with untouched():
        assert send("whats_app", writer, gone).status_code == 404


def test_an_email_answers_a_message(api: httpx.Client, send: Send) -> None:
    first = send("mail", NEW_MAIL, {"type": "email", "text": "Hi"}).json()
    reply = send("mail", NEW_MAIL, {"type": "email", "text": "And"}, in_reply_to=first["id"]).json()
    assert reply["in_reply_to"] == first["id"]
    assert api.get(reply["url"]).json()["in_reply_to"] == first["id"]


def test_nothing_but_an_email_answers_a_message(send: Send, untouched: Untouched) -> None:
    first = send("sms", NEW_PHONE).json()
    with untouched():
        assert send("sms", NEW_PHONE, in_reply_to=first["id"]).status_code == 400
    assert send("sms", NEW_PHONE, in_reply_to=None).status_code == 200


@pytest.mark.parametrize(("side", "status"), [("404", 404), ("400", 400)])
def test_an_answer_to_an_unknown_message_is_refused_as_the_quirk_says(
    superchat: Account, send: Send, untouched: Untouched, side: str, status: int
) -> None:
    superchat.quirks["unknown_reference"] = side
    with untouched():
        answer = send("mail", NEW_MAIL, {"type": "email", "text": "Hi"}, in_reply_to="ms_nothing")
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("final", "statuses"),
    [
        ("received", ["processed", "sent", "sent", "received", "received"]),
        ("sent", ["processed", "sent", "sent", "sent", "sent"]),
        ("read", ["processed", "sent", "sent", "received", "read"]),
    ],
)
def test_the_status_moves_with_the_clock_as_far_as_the_quirk_says(
    harness: Sandbox, api: httpx.Client, superchat: Account, send: Send, final: str, statuses: list[str]
) -> None:
    superchat.quirks["message_final_status"] = final
    harness.clock.tick = 0
    url = send("sms", NEW_PHONE).json()["url"]
    seen = []
    for second in ("00", "01", "02", "03"):
        harness.clock.set(f"2026-01-15T09:00:{second}Z")
        seen.append(api.get(url).json()["status"])
    harness.clock.advance("1h")
    seen.append(api.get(url).json()["status"])
    assert seen == statuses


def test_a_move_of_the_status_is_an_update(harness: Sandbox, api: httpx.Client, send: Send) -> None:
    harness.clock.tick = 0
    sent = send("sms", NEW_PHONE).json()
    harness.clock.advance("1h")
    moved = api.get(sent["url"]).json()
    assert moved == {**sent, "status": "received", "updated_at": "2026-01-15T09:00:03Z"}


def test_the_older_vocabulary_has_three_words(
    harness: Sandbox, api: httpx.Client, superchat: Account, send: Send
) -> None:
    superchat.quirks["message_status_vocabulary"] = "legacy"
    message = send("sms", NEW_PHONE).json()
    assert message["status"] == "sent"
    harness.clock.advance("1h")
    assert api.get(message["url"]).json()["status"] == "received"
    assert {each["status"] for each in superchat.collection("messages")} == {"sent", "failed", "received"}


def test_a_message_that_failed_says_so(superchat: Account, api: httpx.Client) -> None:
    failed = next(each for each in superchat.collection("messages") if each["status"] == "sending_failed")
    assert api.get(failed["url"]).json()["errors"]


def test_a_message_reads_the_same_alone_and_in_its_conversation(api: httpx.Client, superchat: Account) -> None:
    for message in list(superchat.collection("messages"))[::10]:
        listed = api.get(f"/conversations/{message['conversation_id']}/messages", params={"limit": 100}).json()
        assert api.get(message["url"]).json() in listed["results"]


def test_a_message_read_alone_may_have_its_content_in_an_array(
    api: httpx.Client, superchat: Account, send: Send
) -> None:
    superchat.quirks["message_content_on_get"] = "array"
    message = send("sms", NEW_PHONE).json()
    assert message["content"] == TEXT
    assert api.get(message["url"]).json() == {**message, "content": [TEXT]}
    listed = api.get(f"/conversations/{message['conversation_id']}/messages").json()["results"]
    assert listed[0]["content"] == TEXT


def test_an_unknown_message_is_not_found(api: httpx.Client) -> None:
    assert api.get("/messages/ms_nothing").status_code == 404


def test_messages_are_neither_changed_nor_deleted(api: httpx.Client, send: Send) -> None:
    url = send("sms", NEW_PHONE).json()["url"]
    assert [api.request(method, url).status_code for method in ("PATCH", "PUT", "DELETE")] == [405, 405, 405]
