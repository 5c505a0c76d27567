"""What the other side of Kustomer does: customers, networks, visitors, agents in the application."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import httpx
import pytest

from harness import Account, Sandbox
from harness.providers.kustomer.pack import PACK
from harness.providers.kustomer.world.named import CHANNELS
from harness.testing.arguments import ControlError

Body = dict[str, Any]
Untouched = Callable[[], AbstractContextManager[None]]

SMS = "+493055500001"
MAIL = "new@example.org"


def of(message: Body, relation: str) -> str:
    id: str = message["relationships"][relation]["data"]["id"]
    return id


def get(api: httpx.Client, document: Body) -> Body:
    """A document as the API shows it now."""
    found: Body = api.get(document["links"]["self"].removeprefix("/v1")).json()["data"]
    return found


def conversation(api: httpx.Client, message: Body) -> Body:
    found: Body = api.get(f"/conversations/{of(message, 'conversation')}").json()["data"]
    return found


def user(api: httpx.Client, name: str) -> str:
    """The id of a user."""
    users = api.get("/users").json()["data"]
    return next(str(each["id"]) for each in users if each["attributes"]["name"] == name)


@pytest.fixture
def inbound(kustomer: Account) -> Body:
    """What a stranger wrote by e-mail."""
    message: Body = kustomer.simulate.inbound_message(channel="email", address=MAIL, text="Hello", subject="Tent")
    return message


@pytest.fixture
def talk(inbound: Body) -> str:
    """The conversation it began, which nobody has."""
    return of(inbound, "conversation")


def test_a_stranger_that_writes_becomes_a_customer_with_a_conversation(
    harness: Sandbox, api: httpx.Client, inbound: Body
) -> None:
    assert get(api, inbound) == inbound
    shown = inbound["attributes"]
    assert (shown["direction"], shown["channel"], shown["app"]) == ("in", "email", "postmark")
    assert (shown["status"], shown["preview"], shown["subject"]) == ("received", "Hello", "Tent")
    customer = api.get(f"/customers/email={MAIL}").json()["data"]
    assert of(inbound, "customer") == customer["id"]
    begun = conversation(api, inbound)["attributes"]
    assert (begun["status"], begun["name"], begun["messageCount"]) == ("open", "Tent", 1)
    assert customer["attributes"]["conversationCounts"]["open"] == 1
    types = [event.type for event in harness.webhooks]
    assert [types[0], types[-1]] == ["kustomer.customer.create", "kustomer.message.create"]
    assert "kustomer.conversation.create" in types


def test_who_writes_again_goes_on_with_the_conversation(kustomer: Account, inbound: Body) -> None:
    again = kustomer.simulate.inbound_message(channel="email", address=MAIL.upper(), text="Again")
    assert (of(again, "customer"), of(again, "conversation")) == (of(inbound, "customer"), of(inbound, "conversation"))
    assert again["attributes"]["directionType"] == "followup-in"


def test_another_channel_is_another_conversation(kustomer: Account, inbound: Body) -> None:
    by_chat = kustomer.simulate.inbound_message(channel="chat", customer=of(inbound, "customer"), text="Hi")
    assert of(by_chat, "conversation") != of(inbound, "conversation")


@pytest.mark.parametrize("turn", ["close", "snooze"])
def test_a_message_reopens_what_was_done_or_put_off(
    kustomer: Account, api: httpx.Client, inbound: Body, talk: str, turn: str
) -> None:
    closed = kustomer.simulate(turn, conversation=talk, agent="priya")
    assert closed["attributes"]["status"] == {"close": "done", "snooze": "snoozed"}[turn]
    kustomer.simulate.inbound_message(channel="email", address=MAIL, text="Again")
    assert conversation(api, inbound)["attributes"]["status"] == "open"


def test_what_has_ended_is_not_gone_on_with(kustomer: Account, api: httpx.Client, inbound: Body, talk: str) -> None:
    api.patch(f"/conversations/{talk}", json={"ended": True})
    again = kustomer.simulate.inbound_message(channel="email", address=MAIL, text="Again")
    assert of(again, "conversation") != talk
    with pytest.raises(ControlError, match="it has ended"):
        kustomer.simulate.agent_reply(conversation=talk, text="x", agent="priya")


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_customer_may_write_by_every_channel(kustomer: Account, api: httpx.Client, channel: str) -> None:
    address = {"email": MAIL, "chat": None, "sms": SMS, "voice": SMS, "whatsapp": SMS}.get(channel, "someone")
    first = kustomer.simulate.inbound_message(channel=channel, address=address, text="x")
    assert first["attributes"]["channel"] == channel
    assert get(api, first) == first
    if address is not None:
        again = kustomer.simulate.inbound_message(channel=channel, address=address, text="y")
        assert of(again, "customer") == of(first, "customer")


def test_channels_and_customers_are_named_by_the_key_of_the_world_or_by_id(
    kustomer: Account, api: httpx.Client
) -> None:
    by_key = kustomer.simulate.inbound_message(channel="whatsapp-sales", customer="anna", text="x")
    anna = api.get("/customers/email=anna@example.net").json()["data"]
    assert (of(by_key, "customer"), by_key["attributes"]["app"]) == (anna["id"], "whatsapp")
    by_id = kustomer.simulate.inbound_message(channel="email", customer=anna["id"], text="x")
    assert by_id["attributes"]["meta"] == {"from": "anna.schmidt@example.org"}


@pytest.mark.parametrize(
    ("sender", "spam"), [("winner@example.net", True), ("vorstand@gipfelfreunde.example.org", None), (MAIL, None)]
)
def test_what_a_sender_writes_who_is_kept_out_is_marked(
    kustomer: Account, api: httpx.Client, sender: str, spam: bool | None
) -> None:
    message = kustomer.simulate.inbound_message(channel="email", address=sender, text="x")
    assert message["attributes"].get("spam") is spam
    assert conversation(api, message)["attributes"]["spam"] is bool(spam)


def test_an_agent_answers_by_the_channel_of_the_last_message(
    kustomer: Account, api: httpx.Client, harness: Sandbox, inbound: Body, talk: str
) -> None:
    harness.clock.advance("10m")
    answer = kustomer.simulate.agent_reply(conversation=talk, text="Hi", agent="priya", subject="Re: Tent")
    assert get(api, answer) == answer
    shown = answer["attributes"]
    assert (shown["direction"], shown["channel"], shown["app"]) == ("out", "email", "postmark")
    assert (shown["directionType"], shown["status"]) == ("response-out", "sent")
    assert of(answer, "createdBy") == user(api, "Priya")
    known = conversation(api, inbound)["attributes"]
    assert known["firstResponse"]["createdBy"] == user(api, "Priya")
    assert known["firstResponse"]["time"] == 600_000 == shown["responseTime"]
    assert harness.webhooks.events("kustomer.message.create")[-1].payload["dataId"] == answer["id"]


def test_without_a_name_it_is_the_agent_who_has_the_conversation(kustomer: Account, api: httpx.Client) -> None:
    answer = kustomer.simulate.agent_reply(conversation="tent-pole", text="Gern!")
    assert of(answer, "createdBy") == user(api, "Aylin Yıldız")


def test_an_agent_writes_a_note(kustomer: Account, api: httpx.Client, inbound: Body, talk: str) -> None:
    note = kustomer.simulate.agent_note(conversation=talk, text="Ask Jonas", agent="tom")
    assert get(api, note) == note
    assert (note["attributes"]["body"], of(note, "createdBy")) == ("Ask Jonas", user(api, "Tom Becker"))
    assert conversation(api, inbound)["attributes"]["noteCount"] == 1


def test_a_network_tells_that_a_message_came_through(kustomer: Account, api: httpx.Client, talk: str) -> None:
    sent = kustomer.simulate.agent_reply(conversation=talk, text="Hi", agent="priya")
    received = kustomer.simulate.delivery_receipt(message=sent["id"], status="received")
    assert (received["attributes"]["status"], get(api, sent)) == ("received", received)


def test_a_failure_has_its_reason_and_its_time(kustomer: Account, api: httpx.Client, talk: str) -> None:
    sent = kustomer.simulate.agent_reply(conversation=talk, text="Hi", agent="priya")
    failed = kustomer.simulate.delivery_receipt(message=sent["id"], status="error", error="No such box.")
    shown = failed["attributes"]
    assert (shown["status"], shown["error"]) == ("error", {"title": "No such box."})
    assert shown["errorAt"] == shown["modifiedAt"]
    assert get(api, sent) == failed


def test_an_agent_sends_a_draft(kustomer: Account, api: httpx.Client, inbound: Body, talk: str) -> None:
    draft = {"channel": "email", "body": "Soon!", "conversation": talk}
    made = api.post(f"/customers/{of(inbound, 'customer')}/drafts", json=draft).json()["data"]
    sent = kustomer.simulate.draft_sent(draft=made["id"], agent="grace")
    assert (sent["type"], sent["attributes"]["preview"], of(sent, "conversation")) == ("message", "Soon!", talk)
    assert of(sent, "createdBy") == user(api, "Grace Okonkwo")
    assert api.get(f"/customers/{of(inbound, 'customer')}/drafts").json()["data"] == []


def test_a_draft_that_cannot_be_sent_says_so(kustomer: Account, api: httpx.Client, inbound: Body) -> None:
    path = f"/customers/{of(inbound, 'customer')}/drafts"
    made = api.post(path, json={"channel": "sms", "body": "Soon!"}).json()["data"]
    kept = kustomer.simulate.draft_sent(draft=made["id"])
    assert (kept["type"], kept["attributes"]["status"]) == ("draft", "error")
    assert api.get(path).json()["data"] == [kept]


def test_a_conversation_is_given_to_agents_and_teams(
    kustomer: Account, api: httpx.Client, inbound: Body, talk: str
) -> None:
    given = kustomer.simulate.assign(conversation=talk, agents="tom, jonas", teams="workshop", by="lena")
    shown = given["attributes"]
    assert shown["assignedUsers"] == [user(api, "Tom Becker"), user(api, "Jonas Weiß")]
    assert len(shown["assignedTeams"]) == 1
    assert (of(given, "modifiedBy"), conversation(api, inbound)) == (user(api, "Lena Hoffmann"), given)
    assert kustomer.simulate.assign(conversation=talk, agents="")["attributes"]["assignedUsers"] == []


def test_an_agent_closes_a_conversation(kustomer: Account, api: httpx.Client, inbound: Body, talk: str) -> None:
    closed = kustomer.simulate.close(conversation=talk, agent="priya")
    assert conversation(api, inbound) == closed
    assert closed["attributes"]["lastDone"]["createdBy"] == user(api, "Priya")


@pytest.mark.parametrize("until", ["now+2h", "2026-01-15T11:00:00Z"])
def test_what_an_agent_puts_off_wakes_in_its_time(
    kustomer: Account, api: httpx.Client, harness: Sandbox, inbound: Body, talk: str, until: str
) -> None:
    snoozed = kustomer.simulate.snooze(conversation=talk, until=until, agent="priya")
    assert snoozed["attributes"]["snooze"]["time"] == "2026-01-15T11:00:00.000Z"
    for ahead, status in (("1h59m", "snoozed"), ("1m", "open")):
        harness.clock.advance(ahead)
        assert conversation(api, inbound)["attributes"]["status"] == status


def test_what_is_put_off_without_a_time_sleeps_on(
    kustomer: Account, api: httpx.Client, harness: Sandbox, inbound: Body, talk: str
) -> None:
    kustomer.simulate.snooze(conversation=talk, agent="priya")
    harness.clock.advance("30d")
    assert conversation(api, inbound)["attributes"]["status"] == "snoozed"


def test_an_answered_survey_is_told_by_conversation_and_customer(kustomer: Account, api: httpx.Client) -> None:
    rated = kustomer.simulate.satisfaction_answered(
        conversation="invoice-copy", score=1, rating=9, comment="Prima", survey="csat"
    )
    level = rated["attributes"]["satisfactionLevel"]
    assert (level["status"], level["score"], level["rating"]) == ("commented", 1, 9)
    assert (level["firstAnswer"], level["channel"], level["sentBy"]) == ("Prima", "email", user(api, "Tom Becker"))
    assert rated["attributes"]["satisfaction"] == 1
    assert get(api, rated) == rated
    kustomer.simulate.satisfaction_answered(conversation="invoice-copy", score=0)
    customer = api.get(f"/customers/{of(rated, 'customer')}").json()["data"]["attributes"]["satisfactionLevel"]
    assert (customer["firstSatisfaction"]["score"], customer["lastSatisfaction"]["score"]) == (1, 0)


def test_a_visitor_is_followed_through_a_site(kustomer: Account, api: httpx.Client) -> None:
    event = kustomer.simulate.track(customer="anna", name="page_viewed", session="s-1", meta={"url": "/tents"})
    again = kustomer.simulate.track(customer="anna", name="cart_filled", session="s-1")
    customer = of(event, "customer")
    assert api.get("/customers/email=anna@example.net").json()["data"]["id"] == customer
    shown = event["attributes"]
    assert (shown["trackingEvent"], shown["meta"]) == ("tracking.page_viewed", {"url": "/tents"})
    events = api.get(f"/customers/{customer}/events?name=kustomer.tracking.identified.event").json()["data"]
    assert [each["id"] for each in events] == [again["id"], event["id"]]
    (session,) = api.get(f"/customers/{customer}/sessions").json()["data"]
    assert (session["attributes"]["sessionId"], session["attributes"]["count"]) == ("s-1", 2)


def test_an_object_is_worked_off(kustomer: Account, api: httpx.Client, harness: Sandbox) -> None:
    done = kustomer.simulate.kobject_worked(object="stove", agent="jonas", status="done")
    assert get(api, done) == done
    assert done["attributes"]["lastDone"]["createdBy"] == user(api, "Jonas Weiß")
    opened = kustomer.simulate.kobject_worked(object=done["id"], agent="tom", status="open", assignee="tom")
    shown = opened["attributes"]
    assert (shown["reopenCount"], shown["assignedUser"]) == (1, user(api, "Tom Becker"))
    queue = "65a0a1f5e2c4d3b2a1908f7e"
    assert of(kustomer.simulate.kobject_worked(object="stove", agent="tom", queue=queue), "queue") == queue


WRONG: list[tuple[str, Body, str]] = [
    ("inbound_mesage", {}, "did you mean 'inbound_message'"),
    ("inbound_message", {"channel": "sms"}, "text: inbound_message needs it"),
    ("inbound_message", {"channel": "smss", "address": SMS, "text": "x"}, "no channel .* did you mean 'sms'"),
    ("inbound_message", {"channel": "sms", "text": "x"}, "give a customer, or the address"),
    ("inbound_message", {"channel": "sms", "address": "nobody", "text": "x"}, "a telephone number: 'nobody' is none"),
    ("inbound_message", {"channel": "email", "address": SMS, "text": "x"}, "an e-mail address: .* is none"),
    ("inbound_message", {"channel": "chat", "address": "x", "text": "x"}, "knows nobody by an address"),
    ("inbound_message", {"channel": "sms", "customer": "ana", "text": "x"}, "no customer .* did you mean 'anna'"),
    ("inbound_message", {"channel": "sms", "customer": "max", "text": "x"}, "no address to write from by sms"),
    (
        "inbound_message",
        {"channel": "email", "customer": "max", "address": "anna@example.net", "text": "x"},
        "is the address of the customer",
    ),
    ("inbound_message", {"channel": "sms", "address": SMS, "text": "x", "subject": "y"}, "only an e-mail has one"),
    ("agent_reply", {"conversation": "tent-poles", "text": "x"}, "did you mean 'tent-pole'"),
    ("agent_reply", {"conversation": "lottery", "text": "x"}, "nobody has the conversation"),
    ("agent_reply", {"conversation": "tent-pole", "text": "x", "agent": "helga"}, "no agent has this id"),
    ("agent_reply", {"conversation": "tent-pole", "text": "x", "subject": "y"}, "only an e-mail has one"),
    ("agent_note", {"conversation": "tent-pole", "text": "x", "agent": "ailin"}, "did you mean 'aylin'"),
    ("delivery_receipt", {"message": "tent-pole/0", "status": "received"}, "this came in"),
    ("delivery_receipt", {"message": "tent-pole/1", "status": "read"}, "did you mean 'received'"),
    ("delivery_receipt", {"message": "tent-pole/1", "status": "sent"}, "the message is sent already"),
    ("delivery_receipt", {"message": "tent-pole/1", "status": "received", "error": "x"}, "only with status error"),
    ("delivery_receipt", {"message": "wrong-number/0", "status": "received"}, "the message is error already"),
    ("draft_sent", {"draft": "65a0a1f5e2c4d3b2a1908f7e"}, "no draft has this id"),
    ("assign", {"conversation": "tent-pole"}, "give agents, teams or both"),
    ("assign", {"conversation": "tent-pole", "agents": "tom,tim"}, "no agent .* 'tim'"),
    ("assign", {"conversation": "tent-pole", "teams": "suport"}, "did you mean 'support'"),
    ("close", {"conversation": "invoice-copy"}, "it is done already"),
    ("snooze", {"conversation": "tent-pole", "until": "tomorrow"}, "not 'tomorrow'"),
    ("snooze", {"conversation": "tent-pole", "until": "2020-01-01T00:00:00Z"}, "has passed"),
    ("satisfaction_answered", {"conversation": "tent-pole", "score": 2}, "not 2"),
    ("satisfaction_answered", {"conversation": "tent-pole", "score": 1, "rating": 10.5}, "from 0 to 10, not 10.5"),
    ("satisfaction_answered", {"conversation": "tent-pole", "score": 1, "survey": "nps"}, "no survey has this id"),
    ("track", {"customer": "anna", "name": "9 lives"}, "name: "),
    ("track", {"customer": "anna", "name": "seen", "meta": "x"}, "takes object here"),
    ("kobject_worked", {"object": "nl-48213", "agent": "tom", "status": "done"}, "is not assignable"),
    ("kobject_worked", {"object": "stove", "agent": "tom"}, "give a status, an assignee or a queue"),
    ("kobject_worked", {"object": "stove", "agent": "tom", "status": "snoozed"}, "valid are done, open"),
    ("kobject_worked", {"object": "stove", "agent": "tom", "queue": "nowhere"}, "24 hexadecimal digits, not"),
]


@pytest.mark.parametrize(("name", "arguments", "words"), WRONG)
def test_a_wrong_wish_is_refused_with_the_reason_and_leaves_no_trace(
    kustomer: Account, untouched: Untouched, name: str, arguments: Body, words: str
) -> None:
    with untouched(), pytest.raises(ControlError, match=words):
        kustomer.simulate(name, **arguments)


def test_help_tells_all_that_can_be_simulated(kustomer: Account) -> None:
    text = kustomer.simulate.help()
    assert all(f"{name}: " in text for name in PACK.simulate)
    assert "inbound_message: A customer writes" in text
    assert "status: text: what became of it (sent, received, error)" in text
