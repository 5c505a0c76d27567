"""Messages: recorded, found, listed, changed, moved; what their conversations and customers know of them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import httpx
import pytest

from harness import Account, Sandbox

pytestmark = pytest.mark.harness(world="empty")

Body = dict[str, Any]
Untouched = Callable[[], AbstractContextManager[None]]

NOBODY = "65f0c1e7ad3b92846f1a70e3"
NOW = "2026-01-15T09:00:00.000Z"


@pytest.fixture(autouse=True)
def still(harness: Sandbox) -> None:
    """Requests take no time."""
    harness.clock.tick = 0


@pytest.fixture
def conversation(api: httpx.Client, customer: str) -> str:
    """The id of a conversation with that customer."""
    return opened(api, customer)


def opened(api: httpx.Client, customer: str, **body: Any) -> str:
    return str(api.post("/conversations", json={"customer": customer, **body}).json()["data"]["id"])


def said(api: httpx.Client, conversation: str, direction: str = "in", **body: Any) -> Body:
    path = f"/conversations/{conversation}/messages"
    response = api.post(path, json={"channel": "chat", "app": "chat", "direction": direction, **body})
    assert response.status_code == 201, response.text
    found: Body = response.json()["data"]
    return found


def changed(api: httpx.Client, message: Body, query: str = "", **body: Any) -> Body:
    response = api.put(f"/messages/{message['id']}{query}", json=body)
    assert response.status_code == 200, response.text
    found: Body = response.json()["data"]
    return found


def known(api: httpx.Client, path: str) -> Body:
    """The attributes of a document."""
    attributes: Body = api.get(path).json()["data"]["attributes"]
    return attributes


def ids(api: httpx.Client, path: str) -> list[str]:
    return [each["id"] for each in api.get(path).json()["data"]]


def error(response: httpx.Response) -> tuple[int, str | None, str]:
    (first,) = response.json()["errors"]
    return response.status_code, first.get("source", {}).get("parameter"), first["title"]


def test_a_message_has_what_live_ones_have(api: httpx.Client, customer: str, conversation: str) -> None:
    message = said(api, conversation, preview="The spout is chipped.", meta={"page": "/teapots"})
    assert message["attributes"] == {
        "channel": "chat",
        "app": "chat",
        "size": 0,
        "direction": "in",
        "directionType": "initial-in",
        "preview": "The spout is chipped.",
        "meta": {"page": "/teapots"},
        "status": "received",
        **{name: [] for name in ("assignedTeams", "assignedUsers", "createdByTeams", "reactions", "intentDetections")},
        **dict.fromkeys(("auto", "redacted"), False),
        **dict.fromkeys(("sentAt", "createdAt", "updatedAt", "modifiedAt"), NOW),
        "rev": 1,
    }
    assert message["relationships"]["customer"] == {
        "links": {"self": f"/v1/customers/{customer}"},
        "data": {"type": "customers", "id": customer},
    }
    assert message["relationships"]["conversation"]["data"]["id"] == conversation
    assert message["links"] == {"self": f"/v1/messages/{message['id']}"}


def test_a_message_keeps_what_it_is_given(api: httpx.Client, conversation: str) -> None:
    first = said(api, conversation)
    given: Body = {
        "externalId": "<a1@mail.example.com>",
        "channel": "email",
        "app": "postmark",
        "subject": "Order",
        "preview": "Where is it?",
        "status": "sent",
        "auto": True,
        "size": 12,
        "source": "bulk",
        "location": {"cityName": "Ghent"},
        "sentiment": {"polarity": 0, "confidence": 1},
        "lang": "en_us",
        "shortcuts": [NOBODY],
    }
    related = "/v1/postmark/messages/6afd5bb5c9d4fa503563e814"
    reference = {"message": first["id"], "type": "reply"}
    message = said(
        api, conversation, "out", **given, related=related, reference=reference, sentAt="2026-01-14T10:00:00+01:00"
    )
    attributes = message["attributes"]
    assert {name: attributes[name] for name in given} == given
    assert attributes["sentAt"] == "2026-01-14T09:00:00.000Z"
    assert message["links"]["related"] == related
    assert message["relationships"]["reference"]["data"] == {"type": "message", "id": first["id"]}


def test_a_message_that_failed_says_so(api: httpx.Client, conversation: str) -> None:
    problem = {"status": 400, "code": "invalid-recipient", "title": "No such address"}
    attributes = said(api, conversation, "out", error=problem, errorAt="2026-01-15T08:00:00Z")["attributes"]
    assert [attributes[name] for name in ("status", "error", "errorAt")] == [
        "error",
        problem,
        "2026-01-15T08:00:00.000Z",
    ]


def test_a_message_takes_over_who_is_in_charge(api: httpx.Client, customer: str) -> None:
    me = api.get("/users/current").json()["data"]["id"]
    team = api.post("/teams", json={"name": "Desk", "members": [me]}).json()["data"]["id"]
    conversation = opened(api, customer, assignedUsers=[me], assignedTeams=[team])
    attributes = said(api, conversation, "out")["attributes"]
    assert (attributes["assignedUsers"], attributes["assignedTeams"]) == ([me], [team])
    assert attributes["createdByTeams"] == [team]


def test_a_message_names_the_teams_of_its_author_the_oldest_first(api: httpx.Client, conversation: str) -> None:
    me = api.get("/users/current").json()["data"]["id"]
    teams = [api.post("/teams", json={"name": name, "members": [me]}).json()["data"]["id"] for name in ("A", "B", "C")]
    assert said(api, conversation, "out")["attributes"]["createdByTeams"] == teams


def test_a_message_begins_follows_or_answers(api: httpx.Client, conversation: str) -> None:
    kinds = [said(api, conversation, side)["attributes"]["directionType"] for side in ("in", "in", "out", "out", "in")]
    assert kinds == ["initial-in", "followup-in", "response-out", "followup-out", "response-in"]


def test_a_message_of_which_nobody_says_the_side_comes_in(api: httpx.Client, conversation: str) -> None:
    response = api.post(f"/conversations/{conversation}/messages", json={"channel": "sms", "app": "twilio"})
    assert response.json()["data"]["attributes"]["directionType"] == "initial-in"


def test_a_message_alone_needs_a_conversation_that_is_there(
    api: httpx.Client, customer: str, conversation: str, untouched: Untouched
) -> None:
    body = {"channel": "chat", "app": "chat", "direction": "in"}
    with untouched():
        missing = api.post("/messages", json={**body, "customer": customer})
        unknown = api.post("/messages", json={**body, "conversation": NOBODY})
    assert error(missing) == (400, "conversation", "Missing required property: conversation")
    assert error(unknown) == (400, "conversation", "Invalid conversation")
    message = api.post("/messages", json={**body, "conversation": conversation}).json()["data"]
    assert message["relationships"]["customer"]["data"]["id"] == customer


def test_a_message_of_a_customer_opens_a_conversation(api: httpx.Client, customer: str) -> None:
    body = {"channel": "email", "app": "postmark", "direction": "in", "subject": "Order 5512", "preview": "Where?"}
    message = api.post(f"/customers/{customer}/messages", json=body).json()["data"]
    conversation = message["relationships"]["conversation"]["data"]["id"]
    attributes = known(api, f"/conversations/{conversation}")
    assert [attributes[name] for name in ("name", "status", "direction", "channels", "messageCount", "rev")] == [
        "Order 5512",
        "open",
        "in",
        ["email"],
        1,
        1,
    ]
    assert attributes["lastMessageIn"]["id"] == message["id"]
    about = known(api, f"/customers/{customer}")
    assert about["conversationCounts"]["open"] == 1
    assert about["lastConversation"] == {"id": conversation, "channels": ["email"], "tags": []}
    assert about["preview"] == {
        "previewAt": NOW,
        "type": "message_in",
        "text": "Where?",
        "subject": "Order 5512",
        "channel": "email",
    }


def test_a_message_of_a_customer_joins_the_conversation_it_names(
    api: httpx.Client, customer: str, conversation: str, untouched: Untouched
) -> None:
    other = api.post("/customers", json={"name": "Bo"}).json()["data"]["id"]
    body = {"channel": "chat", "app": "chat", "direction": "out", "conversation": conversation}
    assert api.post(f"/customers/{customer}/messages", json=body).status_code == 201
    assert ids(api, "/conversations") == [conversation]
    with untouched():
        assert error(api.post(f"/customers/{other}/messages", json=body))[:2] == (400, "conversation")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"externalId": "taken"}, 409),
        ({"reference": {"message": NOBODY, "type": "reply"}}, 400),
        ({"custom": {"shoeNum": 4}}, 400),
        ({"attachments": [NOBODY]}, 400),
        ({"queue": {"external": "elsewhere"}}, 400),
        ({"createdBy": NOBODY}, 400),
        ({"sentAt": "soon"}, 400),
    ],
    ids=str,
)
def test_a_message_that_makes_no_sense_is_refused_without_a_trace(
    api: httpx.Client, customer: str, conversation: str, untouched: Untouched, body: Body, status: int
) -> None:
    said(api, conversation, externalId="taken")
    whole = {"channel": "chat", "app": "chat", "direction": "in", **body}
    with untouched():
        assert api.post(f"/conversations/{conversation}/messages", json=whole).status_code == status
        assert api.post(f"/customers/{customer}/messages", json=whole).status_code == status
        assert api.post("/messages", json={**whole, "conversation": conversation}).status_code == status


def test_a_chosen_id_counts_once(api: httpx.Client, conversation: str, untouched: Untouched) -> None:
    assert said(api, conversation, id=NOBODY)["id"] == NOBODY
    with untouched():
        body = {"channel": "chat", "app": "chat", "id": NOBODY}
        assert api.post(f"/conversations/{conversation}/messages", json=body).status_code == 409


CLAIM = {
    "createdAt": "2025-03-01T08:00:00Z",
    "modifiedAt": "2025-03-02T08:00:00Z",
    "importedAt": "2025-03-03T08:00:00Z",
}


def test_an_administrator_says_who_wrote_and_when(api: httpx.Client, conversation: str) -> None:
    user = api.post("/users", json={"name": "Cleo", "email": "cleo@example.com"}).json()["data"]["id"]
    message = said(api, conversation, "out", **CLAIM, createdBy=user, modifiedBy=user)
    attributes = message["attributes"]
    assert {name: attributes[name] for name in CLAIM} == {name: at.replace("Z", ".000Z") for name, at in CLAIM.items()}
    assert attributes["sentAt"] == "2025-03-01T08:00:00.000Z"
    assert {message["relationships"][name]["data"]["id"] for name in ("createdBy", "modifiedBy")} == {user}


def test_nobody_else_does(kustomer: Account, api: httpx.Client, conversation: str) -> None:
    user = api.post("/users", json={"name": "Cleo", "email": "cleo@example.com"}).json()["data"]["id"]
    me = api.get("/users/current").json()["data"]["id"]
    key = kustomer.issue_key(["org.user.message", "org.permission"])
    api.headers["authorization"] = f"Bearer {key}"
    message = said(api, conversation, "out", **CLAIM, createdBy=user, modifiedBy=user)
    assert (message["attributes"]["createdAt"], message["attributes"]["modifiedAt"]) == (NOW, NOW)
    assert message["attributes"]["importedAt"] == "2025-03-03T08:00:00.000Z"
    assert {message["relationships"][name]["data"]["id"] for name in ("createdBy", "modifiedBy")} == {me}


def test_only_so_many_messages_a_minute_are_recorded_of_a_customer(
    kustomer: Account, api: httpx.Client, customer: str, conversation: str, untouched: Untouched
) -> None:
    kustomer.quotas["creations"].limit = 2  # one is the conversation
    said(api, conversation)
    body = {"channel": "chat", "app": "chat", "direction": "in"}
    with untouched():
        assert api.post(f"/conversations/{conversation}/messages", json=body).status_code == 429
        assert api.post(f"/customers/{customer}/messages", json=body).status_code == 429
        assert api.post("/messages", json={**body, "conversation": conversation}).status_code == 429
    said(api, conversation, importedAt=NOW)


def test_a_conversation_counts_its_messages(harness: Sandbox, api: httpx.Client, conversation: str) -> None:
    said(api, conversation, preview="first")
    harness.clock.advance("1m")
    said(api, conversation, "out", channel="sms", preview="second")
    attributes = known(api, f"/conversations/{conversation}")
    later = "2026-01-15T09:01:00.000Z"
    wanted = {
        "messageCount": 2,
        "inboundMessageCount": 1,
        "outboundMessageCount": 1,
        "channels": ["chat", "sms"],
        "direction": "in",
        "lastMessageDirection": "out",
        "preview": "second",
        **dict.fromkeys(("lastMessageAt", "lastActivityAt", "updatedAt", "modifiedAt"), later),
        "rev": 3,
    }
    assert {name: attributes[name] for name in wanted} == wanted


def test_a_conversation_remembers_the_first_and_the_last_of_each_side(api: httpx.Client, conversation: str) -> None:
    messages = [said(api, conversation, side) for side in ("in", "out", "out", "in")]
    attributes = known(api, f"/conversations/{conversation}")
    names = ("firstMessageIn", "firstMessageOut", "lastMessageOut", "lastMessageIn")
    assert [attributes[name]["id"] for name in names] == [message["id"] for message in messages]
    assert attributes["lastMessageOut"] == {
        "id": messages[2]["id"],
        "sentAt": NOW,
        "channel": "chat",
        "directionType": "followup-out",
        "createdByTeams": [],
    }


def test_an_answer_is_told_with_how_long_it_took(harness: Sandbox, api: httpx.Client, conversation: str) -> None:
    path = f"/conversations/{conversation}"
    waiting = said(api, conversation)
    assert known(api, path)["lastMessageUnrespondedTo"]["id"] == waiting["id"]
    harness.clock.advance("5m")
    answer = said(api, conversation, "out")
    harness.clock.advance("1m")
    followup = said(api, conversation, "out")
    attributes = known(api, path)
    assert answer["attributes"]["responseTime"] == attributes["firstResponse"]["time"] == 300_000
    assert "responseTime" not in followup["attributes"]
    assert attributes["firstResponse"]["createdAt"] == "2026-01-15T09:05:00.000Z"
    assert attributes["firstResponse"] == attributes["lastResponse"] == attributes["firstResponseSinceLastDone"]
    assert attributes["lastMessageUnrespondedTo"] == attributes["lastMessageUnrespondedToSinceLastDone"] == {}
    said(api, conversation)
    harness.clock.advance("2m")
    said(api, conversation, "out")
    again = known(api, path)
    assert (again["firstResponse"], again["lastResponse"]["time"]) == (attributes["firstResponse"], 120_000)


def test_what_is_said_first_by_an_agent_or_by_a_machine_is_no_answer(api: httpx.Client, conversation: str) -> None:
    said(api, conversation, "out")
    waiting = said(api, conversation)
    assert "responseTime" not in said(api, conversation, "out", auto=True)["attributes"]
    attributes = known(api, f"/conversations/{conversation}")
    assert "createdAt" not in attributes["firstResponse"]
    assert attributes["lastMessageUnrespondedTo"]["id"] == waiting["id"]


def test_answers_are_counted_anew_after_done(harness: Sandbox, api: httpx.Client, conversation: str) -> None:
    path = f"/conversations/{conversation}"
    said(api, conversation)
    said(api, conversation, "out")
    said(api, conversation)
    harness.clock.advance("1m")
    api.put(path, json={"status": "done"})
    done = known(api, path)
    assert "createdAt" not in done["firstResponseSinceLastDone"]
    assert done["lastMessageUnrespondedToSinceLastDone"] == {}
    assert done["lastMessageUnrespondedTo"] != {}
    harness.clock.advance("1m")
    said(api, conversation)
    said(api, conversation, "out")
    again = known(api, path)
    assert again["firstResponseSinceLastDone"] == again["lastResponse"] != again["firstResponse"]


def test_a_customer_remembers_the_last_words(harness: Sandbox, api: httpx.Client, customer: str) -> None:
    one, two = opened(api, customer), opened(api, customer)
    mood = {"polarity": -1, "confidence": 0.5}
    first = said(api, one, sentiment=mood)
    harness.clock.advance("1m")
    second = said(api, two, preview="two")
    harness.clock.advance("1m")
    answer = said(api, two, "out", preview="answer")
    about = known(api, f"/customers/{customer}")
    assert about["lastMessageIn"]["id"] == second["id"]
    assert about["lastMessageOut"]["id"] == answer["id"]
    assert about["lastMessageUnrespondedTo"]["id"] == first["id"]
    assert about["lastMessageAt"] == about["lastActivityAt"] == "2026-01-15T09:02:00.000Z"
    assert about["lastCustomerActivityAt"] == "2026-01-15T09:01:00.000Z"
    assert (about["preview"]["type"], about["preview"]["text"]) == ("message_out", "answer")
    assert about["lastConversation"]["id"] == two
    said(api, one, "out")
    assert "lastMessageUnrespondedTo" not in known(api, f"/customers/{customer}")


def test_the_mood_of_the_last_message_is_the_customers_to_remember(api: httpx.Client, customer: str) -> None:
    mood = {"polarity": 1, "confidence": 1}
    message = said(api, opened(api, customer))
    before = known(api, f"/conversations/{message['relationships']['conversation']['data']['id']}")
    changed(api, message, sentiment=mood)
    assert known(api, f"/customers/{customer}")["lastMessageIn"]["sentiment"] == mood
    assert known(api, f"/conversations/{message['relationships']['conversation']['data']['id']}") == before


def test_a_message_puts_its_conversation_into_a_queue(api: httpx.Client, customer: str, conversation: str) -> None:
    said(api, conversation, queue={"id": NOBODY})
    shown = api.get(f"/conversations/{conversation}").json()["data"]
    assert shown["relationships"]["queue"]["data"]["id"] == NOBODY
    assert shown["attributes"]["messageCount"] == 1
    body = {"channel": "chat", "app": "chat", "direction": "in", "queue": {"id": NOBODY}}
    message = api.post(f"/customers/{customer}/messages", json=body).json()["data"]
    path = f"/conversations/{message['relationships']['conversation']['data']['id']}"
    assert api.get(path).json()["data"]["relationships"]["queue"]["data"]["id"] == NOBODY


def test_custom_values_of_a_message_are_merged(api: httpx.Client, conversation: str) -> None:
    api.put("/metadata/message", json={"properties": {"boxNum": {}, "roomStr": {}}})
    message = said(api, conversation, custom={"boxNum": 1})
    assert changed(api, message, custom={"roomStr": "x"})["attributes"]["custom"] == {"boxNum": 1, "roomStr": "x"}


@pytest.mark.parametrize(
    ("choice", "works"),
    [
        ("any", ["externalId", "externalid", "EXTERNALID"]),
        ("documented", ["externalid"]),
        ("camel", ["externalId"]),
    ],
)
def test_how_a_look_up_may_be_spelt_is_a_quirk(
    kustomer: Account, api: httpx.Client, conversation: str, choice: str, works: list[str]
) -> None:
    message = said(api, conversation, externalId="x=1")
    kustomer.quirks["external_id_spelling"] = choice
    for spelling in ("externalId", "externalid", "EXTERNALID"):
        response = api.get(f"/messages/{spelling}=x%3D1")
        if spelling in works:
            assert response.json() == {"data": message}
        else:
            assert error(response) == (404, "id", "Not Found")
    assert error(api.get(f"/messages/{works[0]}=y")) == (404, "externalId", "Not Found")


def test_messages_are_listed_in_the_order_of_ids_or_as_asked(
    kustomer: Account, api: httpx.Client, customer: str, conversation: str
) -> None:
    made = [said(api, where)["id"] for where in (conversation, opened(api, customer), conversation)]
    assert ids(api, "/messages") == ids(api, f"/customers/{customer}/messages") == made
    assert ids(api, "/messages?sort=desc") == made[::-1]
    assert ids(api, f"/conversations/{conversation}/messages") == [made[0], made[2]]
    kustomer.quirks["list_order"] = "newest"
    assert ids(api, "/messages") == made[::-1]
    assert ids(api, "/messages?sort=asc") == made
    assert "included" not in api.get("/messages").json()


@pytest.mark.parametrize("path", ["/conversations/{}/messages", "/customers/{}/messages", "/messages/{}"])
def test_what_is_not_there_has_no_messages(api: httpx.Client, path: str) -> None:
    assert api.get(path.format(NOBODY)).status_code == 404


def test_a_message_is_changed(harness: Sandbox, api: httpx.Client, conversation: str) -> None:
    message = said(api, conversation, preview="a", subject="s")
    harness.clock.advance("1s")
    heart = {"subjectId": NOBODY, "subjectType": "customer", "name": "love"}
    given: Body = {"preview": "b", "lang": "nl", "spam": True, "size": 3, "reactions": [heart]}
    attributes = changed(api, message, subject=None, related="/v1/x", **given)["attributes"]
    later = "2026-01-15T09:00:01.000Z"
    assert {name: attributes[name] for name in given} == {**given, "reactions": [{**heart, "createdAt": later}]}
    assert "subject" not in attributes
    assert [attributes[name] for name in ("rev", "updatedAt", "modifiedAt", "createdAt")] == [2, later, later, NOW]
    assert api.get(f"/messages/{message['id']}").json()["data"]["links"]["related"] == "/v1/x"


def test_a_patch_changes_what_it_names(api: httpx.Client, conversation: str) -> None:
    message = said(api, conversation, preview="a", subject="s")
    after = api.patch(f"/messages/{message['id']}", json={"subject": "t"}).json()["data"]["attributes"]
    assert (after["preview"], after["subject"]) == ("a", "t")


def test_a_replaced_message_keeps_where_it_came_from(api: httpx.Client, conversation: str) -> None:
    message = said(api, conversation, preview="a", subject="s", meta={"a": 1}, sentAt="2026-01-14T09:00:00Z")
    after = changed(api, message, "?replace=true", preview="b")["attributes"]
    assert [after[name] for name in ("preview", "meta", "channel", "directionType", "sentAt")] == [
        "b",
        {},
        "chat",
        "initial-in",
        NOW,
    ]
    assert "subject" not in after


def test_a_replaced_message_has_no_related_link(api: httpx.Client, conversation: str) -> None:
    message = said(api, conversation, related="/v1/postmark/messages/1")
    assert changed(api, message, lang="nl")["links"]["related"] == "/v1/postmark/messages/1"
    assert "related" not in changed(api, message, "?replace=true", preview="b")["links"]
    assert "related" not in api.get(f"/messages/{message['id']}").json()["data"]["links"]


def test_a_changed_text_or_time_reaches_conversation_and_customer(
    api: httpx.Client, customer: str, conversation: str
) -> None:
    said(api, conversation, preview="first")
    message = said(api, conversation, preview="second")
    changed(api, message, preview="2nd", sentAt="2026-01-15T08:59:00Z")
    about, customers = known(api, f"/conversations/{conversation}"), known(api, f"/customers/{customer}")
    assert about["preview"] == customers["preview"]["text"] == "2nd"
    for attributes in (about, customers):
        assert attributes["lastMessageIn"]["sentAt"] == attributes["lastMessageAt"] == "2026-01-15T08:59:00.000Z"


def test_a_message_moves_to_another_conversation(api: httpx.Client, customer: str, conversation: str) -> None:
    other = api.post("/customers", json={"name": "Bo"}).json()["data"]["id"]
    there = opened(api, other)
    stays, message = said(api, conversation, channel="sms"), said(api, conversation, "out")
    moved = changed(api, message, conversation=there)
    assert moved["relationships"]["customer"]["data"]["id"] == other
    assert ids(api, f"/conversations/{conversation}/messages") == ids(api, f"/customers/{customer}/messages")
    left, right = known(api, f"/conversations/{conversation}"), known(api, f"/conversations/{there}")
    counts = ("messageCount", "inboundMessageCount", "outboundMessageCount")
    assert [[each[name] for name in counts] for each in (left, right)] == [[1, 1, 0], [1, 0, 1]]
    assert (left["channels"], right["channels"]) == (["sms"], ["chat"])
    assert left["lastMessageUnrespondedTo"]["id"] == stays["id"]
    assert "createdAt" not in left["firstResponse"]
    assert known(api, f"/customers/{other}")["lastMessageOut"]["id"] == message["id"]
    assert "lastMessageOut" not in known(api, f"/customers/{customer}")


def test_a_message_with_a_chosen_id_is_counted_where_its_id_puts_it(api: httpx.Client, conversation: str) -> None:
    message = said(api, conversation, "out")
    early = said(api, conversation, id=NOBODY)
    attributes = known(api, f"/conversations/{conversation}")
    assert ids(api, f"/conversations/{conversation}/messages") == [early["id"], message["id"]]
    assert (attributes["messageCount"], attributes["lastMessageDirection"]) == (2, "out")
    assert attributes["firstMessageIn"]["id"] == early["id"]


@pytest.mark.parametrize(
    ("body", "status"),
    [({"conversation": NOBODY}, 400), ({"conversation": "x"}, 400), ({"externalId": "taken"}, 409)],
    ids=str,
)
def test_a_change_of_a_message_that_makes_no_sense_is_refused_without_a_trace(
    api: httpx.Client, conversation: str, untouched: Untouched, body: Body, status: int
) -> None:
    said(api, conversation, externalId="taken")
    message = said(api, conversation)
    with untouched():
        assert api.put(f"/messages/{message['id']}", json=body).status_code == status
        assert api.patch(f"/messages/{message['id']}", json=body).status_code == status


def test_one_user_changes_a_message_only_so_often(
    kustomer: Account, api: httpx.Client, conversation: str, untouched: Untouched
) -> None:
    kustomer.quotas["object_updates"].limit = 1
    message = said(api, conversation)
    changed(api, message, lang="nl")
    with untouched():
        assert api.patch(f"/messages/{message['id']}", json={"lang": "de"}).status_code == 429


def test_a_new_message_is_delivered(harness: Sandbox, api: httpx.Client, conversation: str) -> None:
    hook = {"name": "n", "url": "https://hooks.example.com", "events": ["kustomer.message.create"]}
    api.post("/outbound-webhooks", json=hook)
    message = said(api, conversation)
    (event,) = [each for each in harness.webhooks if each.type == "kustomer.message.create"]
    assert event.payload["data"] == message


def test_a_first_message_without_words_leaves_a_customer_who_can_be_read(api: httpx.Client, customer: str) -> None:
    sent = api.post(f"/customers/{customer}/messages", json={"channel": "chat", "app": "chat", "direction": "in"})
    assert sent.status_code == 201
    preview = known(api, f"/customers/{customer}")["preview"]
    assert (preview["text"], "subject" in preview) == ("", False)
