"""What the other side of Superchat does: contacts, networks, agents, reviewers, the AI."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, get_args

import httpx
import pytest

from harness import Account, Sandbox
from harness.providers.superchat.events import EventType
from harness.testing.arguments import ControlError

SMS = "+493055500001"
Untouched = Callable[[], AbstractContextManager[None]]


def types(harness: Sandbox) -> list[str]:
    return [event.type for event in harness.webhooks]


def status_of(api: httpx.Client, message: dict[str, Any]) -> Any:
    return api.get(message["url"]).json()["status"]


@pytest.fixture
def sent(superchat: Account, api: httpx.Client) -> dict[str, Any]:
    """A message that was sent by SMS and is still processed."""
    channel = next(each["id"] for each in superchat.collection("channels") if each["type"] == "sms")
    body = {"to": [{"identifier": SMS}], "from": {"channel_id": channel}, "content": {"type": "text", "body": "Hi"}}
    message: dict[str, Any] = api.post("/messages", json=body).json()
    return message


@pytest.fixture
def channel(superchat: Account) -> Callable[[str], str]:
    """The id of the world's first channel of a type."""
    return lambda kind: next(each["id"] for each in superchat.collection("channels") if each["type"] == kind)


Channel = Callable[[str], str]


def test_a_stranger_that_writes_becomes_a_contact_with_a_conversation(
    harness: Sandbox, superchat: Account, api: httpx.Client
) -> None:
    message = superchat.simulate.inbound_message(channel="sms", identifier=SMS, text="Hallo")
    assert types(harness) == ["contact_created", "conversation_opened", "message_inbound"]
    assert harness.webhooks[-1].payload["message"] == message == api.get(message["url"]).json()
    assert (message["direction"], message["status"]) == ("inbound", "received")
    assert message["content"] == {"type": "text", "body": "Hallo"}
    contact = api.get(message["from"]["url"]).json()
    assert [(each["type"], each["value"]) for each in contact["handles"]] == [("phone", SMS)]
    conversation = api.get(f"/conversations/{message['conversation_id']}").json()
    assert (conversation["status"], conversation["contacts"][0]["id"]) == ("open", contact["id"])


def test_who_writes_again_goes_on_with_the_conversation(harness: Sandbox, superchat: Account) -> None:
    first, second = (superchat.simulate.inbound_message(channel="sms", identifier=SMS, text="x") for _ in range(2))
    assert first["conversation_id"] == second["conversation_id"]
    assert types(harness)[3:] == ["message_inbound"]


@pytest.mark.parametrize("status", ["done", "snoozed"])
def test_a_message_reopens_a_conversation(harness: Sandbox, superchat: Account, api: httpx.Client, status: str) -> None:
    message = superchat.simulate.inbound_message(channel="sms", identifier=SMS, text="x")
    url = f"/conversations/{message['conversation_id']}"
    until = {"snoozed_until": "2026-01-16T09:00:00Z"} if status == "snoozed" else {}
    api.patch(url, json={"status": status, **until})
    known = len(harness.webhooks)
    superchat.simulate.inbound_message(channel="sms", identifier=SMS, text="x")
    assert types(harness)[known:] == ["conversation_opened", "message_inbound"]
    assert api.get(url).json()["status"] == "open"


def test_a_message_opens_the_window_for_free_text(
    harness: Sandbox, superchat: Account, api: httpx.Client, channel: Channel
) -> None:
    whats_app = channel("whats_app")
    message = superchat.simulate.inbound_message(channel=whats_app, identifier=SMS, text="x")
    answer = {"to": [{"identifier": SMS}], "from": {"channel_id": whats_app}, "content": {"type": "text", "body": "y"}}
    window = api.get(f"/conversations/{message['conversation_id']}").json()["time_window"]
    assert window == {"state": "open", "open_until": "2026-01-16T09:00:00Z"}
    assert api.post("/messages", json=answer).is_success
    harness.clock.advance("24h")
    assert api.post("/messages", json=answer).status_code == 400


def test_a_contact_may_write_by_every_kind_of_channel(superchat: Account) -> None:
    identifiers = {"sms": SMS, "whats_app": SMS, "phone": SMS, "mail": "new@example.org"}
    for each in list(superchat.collection("channels")):
        identifier = identifiers.get(each["type"], "someone")
        message = superchat.simulate.inbound_message(channel=each["id"], identifier=identifier, text="x")
        assert message["content"]["type"] == ("email" if each["type"] == "mail" else "text")


def test_content_may_be_given_as_the_api_shows_it(superchat: Account, channel: Channel) -> None:
    file = next(iter(superchat.collection("files")))["id"]
    content = {"type": "media", "file_id": file}
    message = superchat.simulate.inbound_message(channel=channel("telegram"), identifier="someone", content=content)
    assert message["content"] == content


def test_records_are_named_by_the_key_of_the_world_or_by_id(superchat: Account) -> None:
    contact = next(each for each in superchat.collection("contacts") if each["handles"][0]["type"] == "phone")
    by_id = superchat.simulate.inbound_message(channel="sms", contact=contact["id"], text="x")
    assert by_id["from"]["identifier"] == contact["handles"][0]["value"]
    superchat.seed(contacts=[{"key": "ada", "phones": ["+493055500009"]}])
    by_key = superchat.simulate.inbound_message(channel="sms", contact="ada", text="x")
    assert by_key["from"]["identifier"] == "+493055500009"


def test_receipts_move_a_message_and_analytics_follow(
    superchat: Account, api: httpx.Client, harness: Sandbox, sent: dict[str, Any]
) -> None:
    assert superchat.simulate.delivery_receipt(message=sent["id"], status="read")["status"] == "read"
    superchat.simulate.link_clicked(message=sent["id"])
    superchat.simulate.inbound_message(channel="sms", identifier=SMS, text="x")
    (figures,) = api.get("/analytics/messages", params={"message_ids": sent["id"]}).json()["results"]
    assert None not in {figures[name] for name in ("delivered_at", "read_at", "clicked_at", "replied_at")}
    assert figures["failed_at"] is None
    assert status_of(api, sent) == "read"
    harness.clock.advance("1h")
    assert status_of(api, sent) == "read"


def test_after_a_receipt_a_message_goes_on_by_itself(
    superchat: Account, api: httpx.Client, harness: Sandbox, sent: dict[str, Any]
) -> None:
    superchat.simulate.delivery_receipt(message=sent["id"], status="sent")
    assert status_of(api, sent) == "sent"
    harness.clock.advance("1m")
    assert status_of(api, sent) == "received"


def test_a_failure_is_an_event_with_its_error_and_final(
    superchat: Account, api: httpx.Client, harness: Sandbox, sent: dict[str, Any]
) -> None:
    failed = superchat.simulate.delivery_receipt(message=sent["id"], status="sending_failed", error="No such number.")
    assert failed["errors"] == [{"title": "No such number."}]
    assert harness.webhooks.events("message_failed")[0].payload["message"] == failed
    harness.clock.advance("1h")
    assert status_of(api, sent) == "sending_failed"
    (figures,) = api.get("/analytics/messages", params={"message_ids": sent["id"]}).json()["results"]
    assert figures["failed_at"] is not None


def test_an_agent_answers_in_a_conversation(harness: Sandbox, superchat: Account, api: httpx.Client) -> None:
    agent = next(iter(superchat.collection("users")))
    message = superchat.simulate.inbound_message(channel="sms", identifier=SMS, text="x")
    answer = superchat.simulate.agent_reply(conversation=message["conversation_id"], agent=agent["id"], text="Moin")
    assert (answer["direction"], answer["from"]["name"]) == ("outbound", agent["first_name"])
    assert answer["to"][0]["identifier"] == SMS
    assert harness.webhooks.events("message_outbound")[0].payload["message"] == answer
    harness.clock.advance("1m")
    assert status_of(api, answer) == "received"


@pytest.mark.parametrize("outcome", ["approved", "rejected"])
def test_a_pending_template_is_reviewed_once(
    superchat: Account, api: httpx.Client, harness: Sandbox, outcome: str
) -> None:
    pending = next(each for each in superchat.collection("templates") if each["status"] == "pending")
    reviewed = superchat.simulate.template_review(template=pending["id"], outcome=outcome)
    assert reviewed == api.get(pending["url"]).json()
    assert reviewed["status"] == outcome
    harness.clock.advance("1d")
    assert api.get(pending["url"]).json()["status"] == outcome
    with pytest.raises(ControlError, match=f"it is {outcome}, not pending"):
        superchat.simulate.template_review(template=pending["id"], outcome=outcome)


def test_all_types_of_event_can_occur_and_are_delivered(
    harness: Sandbox, superchat: Account, api: httpx.Client, harness_receiver: Any
) -> None:
    superchat.seed(channels=[{"key": "line", "type": "phone", "name": "Line", "team": "support"}])
    superchat.webhooks.subscribe(harness_receiver.url)
    call = superchat.simulate.ai_call_completed(channel="line", identifier=SMS, seconds=90, summary="A question")
    assert (call["started_at"], call["ended_at"]) == ("2026-01-15T08:58:30Z", "2026-01-15T09:00:00Z")
    inbound = superchat.simulate.inbound_message(channel="sms", identifier=SMS, text="x")
    url = f"/conversations/{inbound['conversation_id']}"
    answer = superchat.simulate.agent_reply(conversation=inbound["conversation_id"], text="y")
    superchat.simulate.delivery_receipt(message=answer["id"], status="sending_failed")
    api.post(f"{url}/notes", json={"content": "x"})
    api.patch(url, json={"status": "snoozed", "snoozed_until": "2026-01-16T09:00:00Z"})
    api.patch(url, json={"status": "done"})
    api.delete(url)
    api.patch(inbound["from"]["url"], json={"first_name": "Ada"})
    api.delete(inbound["from"]["url"])
    harness.webhooks.deliver()
    assert set(harness_receiver.types) == set(get_args(EventType))
    harness_receiver.verify(superchat)


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("inbound_mesage", {}, "did you mean 'inbound_message'"),
    ("inbound_message", {}, "arguments.channel|channel: inbound_message needs it"),
    ("inbound_message", {"channel": "smss", "identifier": SMS, "text": "x"}, "no channel .* did you mean 'sms'"),
    ("inbound_message", {"channel": "sms", "text": "x"}, "give a contact, or the identifier"),
    ("inbound_message", {"channel": "sms", "identifier": SMS}, "either text or content"),
    ("inbound_message", {"channel": "sms", "identifier": SMS, "txt": "x"}, "did you mean 'text'"),
    ("inbound_message", {"channel": "sms", "identifier": SMS, "text": 5}, "takes text here, not 5"),
    ("inbound_message", {"channel": "sms", "identifier": "nobody", "text": "x"}, "by phone: 'nobody' is none"),
    ("inbound_message", {"channel": "sms", "contact": "ct_nobody", "text": "x"}, "no contact has this id"),
    ("inbound_message", {"channel": "sms", "identifier": SMS, "content": {"type": "fax"}}, "text, media, email"),
    ("inbound_message", {"channel": "sms", "identifier": SMS, "content": {"type": "text"}}, "content: .*body"),
    ("inbound_message", {"channel": "sms", "identifier": SMS, "content": {"type": "text", "body": 5}}, "content.body"),
    ("inbound_message", {"channel": "sms", "identifier": SMS, "content": {"type": "email"}}, "carries no email"),
    (
        "inbound_message",
        {"channel": "telegram", "identifier": "a", "content": {"type": "media", "file_id": "x"}},
        "no file",
    ),
    ("ai_call_completed", {"channel": "line", "identifier": SMS, "seconds": 1e300}, "from no time to a day"),
    ("ai_call_completed", {"channel": "line", "identifier": SMS, "seconds": -1}, "from no time to a day"),
    (
        "ai_call_completed",
        {"channel": "line", "identifier": SMS, "seconds": float("inf")},
        "takes number here, not inf",
    ),
    ("inbound_message", {"channel": "sms", "identifier": SMS, "text": "\ud800"}, "text: no JSON can say it"),
    (
        "inbound_message",
        {"channel": "sms", "identifier": SMS, "content": {"type": "text", "body": {1}}},
        "no JSON can say it",
    ),
    ("delivery_receipt", {"message": "ms_nobody", "status": "read"}, "no message has this id"),
    ("delivery_receipt", {"message": "ms_nobody", "status": "red"}, "did you mean 'read'"),
    ("agent_reply", {"conversation": "cv_nobody", "text": "x"}, "no conversation has this id"),
    ("template_review", {"template": "tn_nobody", "outcome": "approved"}, "no template has this id"),
    ("ai_call_completed", {"channel": "sms", "identifier": SMS}, "by a phone channel, and this is sms"),
]


@pytest.mark.parametrize(("name", "arguments", "words"), WRONG)
def test_a_wrong_wish_is_refused_with_the_reason_and_leaves_no_trace(
    superchat: Account, untouched: Untouched, name: str, arguments: dict[str, Any], words: str
) -> None:
    superchat.seed(channels=[{"key": "line", "type": "phone", "name": "Line", "team": "support"}])
    with untouched(), pytest.raises(ControlError, match=words):
        superchat.simulate(name, **arguments)


def test_what_has_happened_does_not_happen_again(
    superchat: Account, sent: dict[str, Any], untouched: Untouched, channel: Channel
) -> None:
    inbound = superchat.simulate.inbound_message(channel="sms", identifier=SMS, text="x")
    superchat.simulate.delivery_receipt(message=sent["id"], status="received")
    for status in ("sent", "received", "sending_failed"):
        with untouched(), pytest.raises(ControlError, match="the message is received already"):
            superchat.simulate.delivery_receipt(message=sent["id"], status=status)
    with untouched(), pytest.raises(ControlError, match="only with status sending_failed"):
        superchat.simulate.delivery_receipt(message=sent["id"], status="read", error="x")
    with untouched(), pytest.raises(ControlError, match="this came in"):
        superchat.simulate.delivery_receipt(message=inbound["id"], status="read")


def test_an_agent_cannot_write_into_a_closed_window(harness: Sandbox, superchat: Account, channel: Channel) -> None:
    message = superchat.simulate.inbound_message(channel=channel("whats_app"), identifier=SMS, text="x")
    harness.clock.advance("25h")
    with pytest.raises(ControlError, match="the messaging window is closed"):
        superchat.simulate.agent_reply(conversation=message["conversation_id"], text="y")


def test_help_tells_all_that_can_be_simulated(superchat: Account) -> None:
    text = superchat.simulate.help()
    assert "inbound_message: A contact writes" in text
    assert "status: text: how far it came (sent, received, read, sending_failed)" in text
    assert "delivery_receipt" in dir(superchat.simulate)
