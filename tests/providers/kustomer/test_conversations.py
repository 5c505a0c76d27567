"""Conversations: opened, found, listed, changed, moved, deleted and brought back; what their customers know of them."""

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
UNDONE: Body = {"createdByTeams": [], "assignedTeams": [], "assignedUsers": []}


@pytest.fixture(autouse=True)
def still(harness: Sandbox) -> None:
    """Requests take no time."""
    harness.clock.tick = 0


@pytest.fixture
def other(api: httpx.Client) -> str:
    """The id of another customer."""
    return str(api.post("/customers", json={"name": "Bo"}).json()["data"]["id"])


@pytest.fixture
def user(api: httpx.Client) -> str:
    """The id of a user."""
    return str(api.post("/users", json={"name": "Cleo", "email": "cleo@example.com"}).json()["data"]["id"])


@pytest.fixture
def team(api: httpx.Client) -> str:
    """The id of a team."""
    return str(api.post("/teams", json={"name": "Desk"}).json()["data"]["id"])


def opened(api: httpx.Client, customer: str, **body: Any) -> Body:
    response = api.post("/conversations", json={"customer": customer, **body})
    assert response.status_code == 201, response.text
    found: Body = response.json()["data"]
    return found


def changed(api: httpx.Client, conversation: Body, query: str = "", **body: Any) -> Body:
    response = api.put(f"/conversations/{conversation['id']}{query}", json=body)
    assert response.status_code == 200, response.text
    found: Body = response.json()["data"]
    return found


def read(api: httpx.Client, path: str) -> Body:
    response = api.get(path)
    assert response.status_code == 200, response.text
    found: Body = response.json()["data"]
    return found


def known(api: httpx.Client, customer: str) -> Body:
    """The attributes of a customer."""
    attributes: Body = read(api, f"/customers/{customer}")["attributes"]
    return attributes


def said(api: httpx.Client, conversation: Body, direction: str = "in", **body: Any) -> Body:
    path = f"/conversations/{conversation['id']}/messages"
    response = api.post(path, json={"channel": "chat", "app": "chat", "direction": direction, **body})
    assert response.status_code == 201, response.text
    found: Body = response.json()["data"]
    return found


def ids(api: httpx.Client, path: str) -> list[str]:
    return [each["id"] for each in api.get(path).json()["data"]]


def error(response: httpx.Response) -> tuple[int, str | None, str]:
    (first,) = response.json()["errors"]
    return response.status_code, first.get("source", {}).get("parameter"), first["title"]


def test_a_new_conversation_has_the_empty_values_of_live_ones(api: httpx.Client, customer: str) -> None:
    conversation = opened(api, customer)
    assert conversation["attributes"] == {
        "channels": [],
        "status": "open",
        "open": {"statusAt": NOW},
        "messageCount": 0,
        "noteCount": 0,
        "satisfaction": 0,
        "satisfactionLevel": {"sentByTeams": [], "answers": []},
        **dict.fromkeys(("createdAt", "updatedAt", "modifiedAt", "lastActivityAt"), NOW),
        **dict.fromkeys(("spam", "ended"), False),
        **{name: [] for name in ("tags", "suggestedTags", "predictions", "suggestedShortcuts", "assignedUsers")},
        **{name: [] for name in ("assignedTeams", "roleGroupVersions", "accessOverride", "matchedTimeBasedRules")},
        **{name: {} for name in ("sentiment", "firstMessageIn", "lastMessageIn", "lastMessageUnrespondedTo")},
        "lastMessageUnrespondedToSinceLastDone": {},
        **{name: {"createdByTeams": []} for name in ("firstMessageOut", "lastMessageOut")},
        **dict.fromkeys(("firstResponse", "firstResponseSinceLastDone", "lastResponse"), UNDONE),
        **dict.fromkeys(("firstDone", "lastDone"), UNDONE),
        "outboundMessageCount": 0,
        "inboundMessageCount": 0,
        "rev": 1,
        "priority": 3,
        "modificationHistory": dict.fromkeys(
            "nameAt priorityAt channelAt assignedTeamsAt assignedUsersAt brandAt defaultLangAt statusAt tagsAt"
            " customAt".split()
        ),
        "billingStatus": "no_messages",
        "phase": "initial",
    }
    assert set(conversation["relationships"]) == {"org", "customer", "messages", "createdBy", "modifiedBy"}
    messages = {"links": {"self": f"/v1/conversations/{conversation['id']}/messages"}}
    assert conversation["relationships"]["messages"] == messages


def test_a_conversation_keeps_what_it_is_given(api: httpx.Client, customer: str, user: str, team: str) -> None:
    given: Body = {
        "externalId": "web-1",
        "name": "Which glaze?",
        "priority": 2,
        "direction": "in",
        "replyChannel": "email",
        "defaultLang": "en_us",
        "assignedUsers": [user],
        "assignedTeams": [team],
        "importedAt": "2025-01-02T03:04:05Z",
        "createdAt": "2025-01-01T03:04:05Z",
    }
    queue = {"id": NOBODY}
    conversation = opened(api, customer, **given, queue=queue, tags=["glaze"])
    times = {"importedAt": "2025-01-02T03:04:05.000Z", "createdAt": "2025-01-01T03:04:05.000Z"}
    attributes = conversation["attributes"]
    assert {name: attributes[name] for name in given} == {**given, **times}
    assert attributes["open"] == {"statusAt": times["createdAt"]}
    assert conversation["relationships"]["queue"] == {
        "links": {"self": f"/v1/routing/queues/{NOBODY}"},
        "data": {"type": "queue", "id": NOBODY},
    }
    (tag,) = api.get("/tags").json()["data"]
    assert (tag["attributes"]["name"], attributes["tags"]) == ("glaze", [tag["id"]])


def test_a_conversation_may_begin_done(api: httpx.Client, customer: str, team: str) -> None:
    attributes = opened(api, customer, status="done", assignedTeams=[team])["attributes"]
    assert (attributes["status"], attributes["doneCount"]) == ("done", 1)
    assert attributes["firstDone"]["createdAt"] == NOW
    assert attributes["firstDone"] == attributes["lastDone"]
    assert attributes["lastDone"]["assignedTeams"] == [team]
    assert "open" not in attributes
    assert known(api, customer)["conversationCounts"] == {"done": 1, "open": 0, "snoozed": 0, "all": 1}


def test_a_conversation_takes_the_id_it_is_given_once(api: httpx.Client, customer: str, untouched: Untouched) -> None:
    assert opened(api, customer, id=NOBODY)["id"] == NOBODY
    with untouched():
        assert error(api.post("/conversations", json={"customer": customer, "id": NOBODY}))[:2] == (409, "id")


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({"customer": NOBODY}, (400, "customer", "Invalid customer")),
        ({"assignedUsers": [NOBODY]}, (400, "assignedUsers", "Invalid assignedUsers")),
        ({"assignedTeams": [NOBODY]}, (400, "assignedTeams", "Invalid assignedTeams")),
        ({"custom": {"shoeNum": 4}}, (400, "shoeNum", "Additional properties not allowed")),
        ({"externalId": "taken"}, (409, "externalId", "Conflict")),
        ({"queue": {"id": "x"}}, (400, "id", "Format validation failed (must be a valid object-id)")),
    ],
    ids=str,
)
def test_a_conversation_that_makes_no_sense_is_refused_without_a_trace(
    api: httpx.Client, customer: str, untouched: Untouched, body: Body, refusal: tuple[int, str, str]
) -> None:
    opened(api, customer, externalId="taken")
    with untouched():
        assert error(api.post("/conversations", json={"customer": customer, **body})) == refusal


def test_a_conversation_with_the_customer_of_the_path_needs_no_body(api: httpx.Client, customer: str) -> None:
    response = api.post(f"/customers/{customer}/conversations", json={})
    assert response.status_code == 201
    assert response.json()["data"]["relationships"]["customer"]["data"] == {"type": "customer", "id": customer}
    assert api.post(f"/customers/{NOBODY}/conversations", json={}).status_code == 404


def test_a_customer_knows_of_a_new_conversation(api: httpx.Client, customer: str) -> None:
    conversation = opened(api, customer, tags=["vip"])
    attributes = known(api, customer)
    assert attributes["conversationCounts"] == {"done": 0, "open": 1, "snoozed": 0, "all": 1}
    assert attributes["progressiveStatus"] == "open"
    tags = conversation["attributes"]["tags"]
    assert attributes["lastConversation"] == {"id": conversation["id"], "channels": [], "tags": tags}
    assert attributes["rev"] == 2


def test_only_so_many_conversations_a_minute_are_opened_with_a_customer(
    kustomer: Account, api: httpx.Client, customer: str, other: str, untouched: Untouched
) -> None:
    kustomer.quotas["creations"].limit = 1
    opened(api, customer)
    with untouched():
        assert api.post("/conversations", json={"customer": customer}).status_code == 429
        assert api.post(f"/customers/{customer}/conversations", json={}).status_code == 429
    opened(api, other)
    opened(api, customer, importedAt=NOW)


def test_conversations_are_read_by_one_id_or_several(api: httpx.Client, customer: str) -> None:
    one, two = opened(api, customer), opened(api, customer)
    assert read(api, f"/conversations/{one['id']}") == one
    assert api.get(f"/conversations/{two['id']},{one['id']}").json() == {"data": [two, one]}
    assert error(api.get(f"/conversations/{one['id']},{NOBODY}")) == (404, "id", "Not Found")


def test_a_conversation_is_found_by_its_external_id(api: httpx.Client, customer: str) -> None:
    conversation = opened(api, customer, externalId="a/b c")
    assert read(api, "/conversations/externalId=a%2Fb%20c") == conversation
    assert error(api.get("/conversations/externalId=x")) == (404, "externalId", "Not Found")


def test_the_list_is_in_the_order_of_ids_or_as_asked(
    kustomer: Account, api: httpx.Client, customer: str, other: str
) -> None:
    made = [opened(api, who)["id"] for who in (customer, other, customer)]
    assert ids(api, "/conversations") == made
    assert ids(api, "/conversations?sort=desc") == made[::-1]
    kustomer.quirks["list_order"] = "newest"
    assert ids(api, "/conversations") == made[::-1]
    assert ids(api, "/conversations?sort=asc") == made
    assert ids(api, f"/customers/{customer}/conversations") == [made[2], made[0]]


def test_from_date_leaves_out_what_did_not_change_since(harness: Sandbox, api: httpx.Client, customer: str) -> None:
    old, touched = opened(api, customer), opened(api, customer)
    harness.clock.advance("1h")
    changed(api, touched, priority=1)
    young = opened(api, customer)
    path = f"/customers/{customer}/conversations?fromDate="
    assert ids(api, f"{path}2026-01-15T10:00:00.000Z") == [touched["id"], young["id"]]
    assert ids(api, f"{path}2026-01-15T09:00:00Z") == [old["id"], touched["id"], young["id"]]
    assert api.get(f"{path}yesterday").status_code == 400


def test_a_change_is_noted_in_the_history_of_what_changed(
    harness: Sandbox, api: httpx.Client, customer: str, user: str
) -> None:
    conversation = opened(api, customer, priority=2)
    harness.clock.advance("1s")
    later = "2026-01-15T09:00:01.000Z"
    after = changed(api, conversation, name="Glaze", assignedUsers=[user], priority=2, tags=["a"])
    attributes = after["attributes"]
    assert (attributes["name"], attributes["assignedUsers"], attributes["rev"]) == ("Glaze", [user], 2)
    assert [attributes[name] for name in ("updatedAt", "modifiedAt", "lastActivityAt")] == [later] * 3
    dated = {name for name, at in attributes["modificationHistory"].items() if at == later}
    assert dated == {"nameAt", "assignedUsersAt", "tagsAt"}


@pytest.mark.parametrize("name", ["externalId", "name", "replyChannel", "defaultLang"])
def test_null_takes_a_text_away(api: httpx.Client, customer: str, name: str) -> None:
    conversation = opened(api, customer, **{name: "x"})
    nothing: Body = {name: None}
    assert name not in changed(api, conversation, **nothing)["attributes"]


def test_a_survey_and_a_mood_are_kept(api: httpx.Client, customer: str) -> None:
    survey = {"createdAt": "2026-01-15T08:00:00Z", "status": "rated", "rating": 9}
    mood = {"polarity": 1, "confidence": 0.5}
    attributes = changed(api, opened(api, customer), satisfactionLevel=survey, sentiment=mood)["attributes"]
    assert attributes["satisfactionLevel"] == {
        "sentByTeams": [],
        "answers": [],
        **survey,
        "createdAt": "2026-01-15T08:00:00.000Z",
    }
    assert attributes["sentiment"] == mood
    assert known(api, customer)["lastConversation"]["sentiment"] == mood


def survey(api: httpx.Client, conversation: Body, **answer: Any) -> None:
    changed(api, conversation, satisfactionLevel={"createdAt": NOW, "status": "rated", **answer})


def test_a_customer_keeps_the_first_and_the_last_survey_that_was_answered(api: httpx.Client, customer: str) -> None:
    first, second = opened(api, customer), opened(api, customer)
    survey(api, first, status="offered")
    nobody: Body = {"sentByTeams": []}
    assert known(api, customer)["satisfactionLevel"] == {"firstSatisfaction": nobody, "lastSatisfaction": nobody}
    survey(api, first, rating=9)
    survey(api, second, rating=2)
    levels = known(api, customer)["satisfactionLevel"]
    assert levels["firstSatisfaction"] == {"sentByTeams": [], "createdAt": NOW, "status": "rated", "rating": 9}
    assert levels["lastSatisfaction"]["rating"] == 2


def found_by(api: httpx.Client, attribute: str, **criterion: Any) -> list[str]:
    """The ids of the objects a search finds; the attribute tells of which kind."""
    body = {"queryContext": attribute.partition("_")[0], "and": [{attribute: criterion}]}
    response = api.post("/customers/search", json=body)
    assert response.status_code == 200, response.text
    return [each["id"] for each in response.json()["data"]]


def test_a_customer_is_found_by_what_surveys_say_on_average(api: httpx.Client, customer: str, other: str) -> None:
    first, second = opened(api, customer), opened(api, customer)
    survey(api, first, rating=9, score=1)
    survey(api, second, rating=2, score=0)
    assert found_by(api, "customer_satisfaction_avg_rating", equals=5.5) == [customer]
    assert found_by(api, "customer_satisfaction_avg_score", equals=0.5) == [customer]
    changed(api, first, customer=other)
    assert found_by(api, "customer_satisfaction_avg_rating", equals=2) == [customer]
    assert found_by(api, "customer_satisfaction_avg_rating", equals=9) == [other]
    api.post("/customers/merges", json={"source": other, "target": customer})
    assert found_by(api, "customer_satisfaction_avg_rating", equals=5.5) == [customer]


def test_a_conversation_is_found_by_its_survey(api: httpx.Client, customer: str) -> None:
    conversation = opened(api, customer)
    opened(api, customer)
    survey(api, conversation, form=NOBODY)
    assert found_by(api, "conversation_satisfaction_survey_id", equals=NOBODY) == [conversation["id"]]


def test_a_conversation_is_found_by_what_no_answer_shows_of_it(api: httpx.Client, customer: str) -> None:
    opened(api, customer)
    body = {"campaign": NOBODY, "queue": {"external": "amazon-connect"}}
    conversation = api.post(f"/customers/{customer}/conversations", json=body).json()["data"]["id"]
    assert found_by(api, "conversation_campaign_id", equals=NOBODY) == [conversation]
    assert found_by(api, "conversation_external_queue", equals="amazon-connect") == [conversation]


def test_assignees_that_are_read_can_be_sent_back_although_one_was_deleted(
    api: httpx.Client, customer: str, user: str
) -> None:
    conversation = opened(api, customer, assignedUsers=[user])
    assert api.put(f"/users/{user}", json={"deleted": True}).status_code == 200
    assert changed(api, conversation, assignedUsers=[user], priority=5)["attributes"]["assignedUsers"] == [user]
    changed(api, conversation, assignedUsers=[])
    assert api.put(f"/conversations/{conversation['id']}", json={"assignedUsers": [user]}).status_code == 400


def test_custom_values_are_merged(api: httpx.Client, customer: str) -> None:
    api.put("/metadata/conversation", json={"properties": {"studioStr": {}, "boxNum": {}}})
    conversation = opened(api, customer, custom={"studioStr": "Kiln"})
    attributes = changed(api, conversation, custom={"boxNum": 2})["attributes"]
    assert attributes["custom"] == {"studioStr": "Kiln", "boxNum": 2}
    assert attributes["modificationHistory"]["customAt"] == NOW


def test_a_replaced_conversation_keeps_its_status_and_what_was_said(
    api: httpx.Client, customer: str, team: str
) -> None:
    conversation = opened(api, customer, name="x", tags=["a"], assignedTeams=[team], priority=1, queue={"id": NOBODY})
    said(api, conversation)
    changed(api, conversation, status="done", locked=True)
    after = changed(api, conversation, "?replace=true", externalId="new")
    attributes = after["attributes"]
    assert (attributes["externalId"], attributes["status"], attributes["messageCount"]) == ("new", "done", 1)
    assert (attributes["tags"], attributes["assignedTeams"], attributes["priority"]) == ([], [], 3)
    assert not {"name", "locked"} & attributes.keys()
    assert "queue" not in after["relationships"]


def test_an_old_revision_is_refused(api: httpx.Client, customer: str, untouched: Untouched) -> None:
    conversation = opened(api, customer)
    assert changed(api, conversation, priority=1, rev=1)["attributes"]["rev"] == 2
    with untouched():
        response = api.put(f"/conversations/{conversation['id']}", json={"priority": 2, "rev": 1})
    assert error(response) == (409, "rev", "Conflict")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"assignedUsers": [NOBODY]}, 400),
        ({"customer": NOBODY}, 400),
        ({"customer": NOBODY, "name": "x"}, 400),
        ({"custom": {"shoeNum": 4}}, 400),
        ({"externalId": "taken"}, 409),
        ({"ended": True, "endedBy": NOBODY}, 400),
    ],
    ids=str,
)
def test_a_change_that_makes_no_sense_is_refused_without_a_trace(
    api: httpx.Client, customer: str, untouched: Untouched, body: Body, status: int
) -> None:
    opened(api, customer, externalId="taken")
    conversation = opened(api, customer)
    with untouched():
        assert api.put(f"/conversations/{conversation['id']}", json=body).status_code == status
        assert api.patch(f"/conversations/{conversation['id']}", json=body).status_code == status


@pytest.mark.parametrize(("side", "empty"), [("document", False), ("empty", True)])
def test_what_a_patch_answers_is_a_quirk(
    kustomer: Account, api: httpx.Client, customer: str, side: str, empty: bool
) -> None:
    kustomer.quirks["conversation_patch_answer"] = side
    conversation = opened(api, customer)
    response = api.patch(f"/conversations/{conversation['id']}", json={"priority": 5})
    assert (response.status_code, response.content == b"") == (200, empty)
    after = read(api, f"/conversations/{conversation['id']}")
    assert after["attributes"]["priority"] == 5
    assert empty or response.json() == {"data": after}


def test_one_user_changes_a_conversation_only_so_often(
    kustomer: Account, api: httpx.Client, customer: str, untouched: Untouched
) -> None:
    kustomer.quotas["object_updates"].limit = 1
    conversation, free = opened(api, customer), opened(api, customer)
    changed(api, conversation, priority=1)
    with untouched():
        assert api.put(f"/conversations/{conversation['id']}", json={"priority": 2}).status_code == 429
    changed(api, free, priority=1)


def test_an_ended_conversation_tells_when_and_by_whom(api: httpx.Client, customer: str, user: str) -> None:
    conversation = opened(api, customer)
    after = changed(api, conversation, ended=True, endedReason="bye", endedBy=user)
    attributes = after["attributes"]
    assert [attributes[name] for name in ("ended", "endedAt", "endedReason", "endedByType")] == [
        True,
        NOW,
        "bye",
        "user",
    ]
    assert after["relationships"]["endedBy"]["data"] == {"type": "user", "id": user}
    again = changed(api, conversation, ended=False)
    assert again["attributes"]["ended"] is False
    assert not {"endedAt", "endedReason", "endedByType"} & again["attributes"].keys()
    assert "endedBy" not in again["relationships"]


def test_a_customer_who_ended_a_conversation_is_not_shown_as_a_user(api: httpx.Client, customer: str) -> None:
    after = changed(api, opened(api, customer), ended=True, endedByType="customer", endedBy=customer)
    assert after["attributes"]["endedByType"] == "customer"
    assert "endedBy" not in after["relationships"]


def test_a_conversation_moves_with_all_that_belongs_to_it(api: httpx.Client, customer: str, other: str) -> None:
    stays, conversation = opened(api, customer), opened(api, customer)
    kept, message = said(api, stays), said(api, conversation)
    note = api.post(f"/conversations/{conversation['id']}/notes", json={"body": "n"}).json()["data"]
    moved = changed(api, conversation, customer=other)
    assert moved["relationships"]["customer"]["data"]["id"] == other
    assert moved["attributes"]["rev"] == conversation["attributes"]["rev"] + 3
    assert ids(api, f"/customers/{other}/conversations") == [conversation["id"]]
    assert ids(api, f"/customers/{other}/messages") == [message["id"]]
    assert ids(api, f"/customers/{other}/notes") == [note["id"]]
    assert ids(api, f"/customers/{customer}/messages") == [kept["id"]]
    assert read(api, f"/messages/{message['id']}")["relationships"]["customer"]["data"]["id"] == other


def test_both_customers_know_of_a_move(api: httpx.Client, customer: str, other: str) -> None:
    stays, conversation = opened(api, customer), opened(api, customer)
    first, second = said(api, stays, preview="first"), said(api, conversation, preview="second")
    changed(api, conversation, customer=other)
    left, right = known(api, customer), known(api, other)
    for attributes, where, message in ((left, stays, first), (right, conversation, second)):
        assert attributes["conversationCounts"] == {"done": 0, "open": 1, "snoozed": 0, "all": 1}
        assert attributes["lastConversation"]["id"] == where["id"]
        assert attributes["lastMessageIn"]["id"] == message["id"]
        assert attributes["lastMessageUnrespondedTo"]["id"] == message["id"]
        assert attributes["preview"]["text"] == message["attributes"]["preview"]


def test_a_move_to_the_same_customer_is_activity_like_any_other(
    harness: Sandbox, api: httpx.Client, customer: str
) -> None:
    conversation = opened(api, customer)
    opened(api, customer)
    harness.clock.advance("1s")
    assert changed(api, conversation, customer=customer)["attributes"]["rev"] == 2
    assert known(api, customer)["lastConversation"]["id"] == conversation["id"]
    assert known(api, customer)["conversationCounts"]["open"] == 2


def test_a_move_is_told_as_a_change_of_the_relationship(api: httpx.Client, customer: str, other: str) -> None:
    conversation = opened(api, customer)
    changed(api, conversation, customer=other)
    event = api.get(f"/conversations/{conversation['id']}/events?changed=customer").json()["data"][0]

    def shown(id: str) -> Body:
        return {"links": {"self": f"/v1/customers/{id}"}, "data": {"type": "customer", "id": id}}

    change = event["attributes"]["changes"]["relationships"]["customer"]
    assert change == {"op": "replace", "before": shown(customer), "after": shown(other)}


def test_a_deleted_conversation_is_gone_from_everywhere(api: httpx.Client, customer: str) -> None:
    conversation = opened(api, customer, externalId="x")
    message = said(api, conversation)
    assert api.delete(f"/conversations/{conversation['id']}").status_code == 204
    for path in (
        f"/conversations/{conversation['id']}",
        f"/conversations/{conversation['id']}/messages",
        "/conversations/externalId=x",
        f"/messages/{message['id']}",
    ):
        assert api.get(path).status_code == 404
    assert ids(api, "/conversations") == ids(api, "/messages") == []
    attributes = known(api, customer)
    assert attributes["conversationCounts"]["all"] == 0
    assert attributes["progressiveStatus"] is None
    assert attributes["lastConversation"] == {"channels": [], "tags": []}
    assert "lastMessageIn" not in attributes
    opened(api, customer, externalId="x")


def test_nothing_is_done_to_a_deleted_conversation(api: httpx.Client, customer: str, untouched: Untouched) -> None:
    path = f"/conversations/{opened(api, customer)['id']}"
    api.delete(path)
    with untouched():
        assert api.delete(path).status_code == 404
        assert api.put(path, json={"status": "done"}).status_code == 404
        assert api.put(path, json={"deleted": True}).status_code == 404
        assert api.post(f"{path}/messages", json={"channel": "chat", "app": "chat"}).status_code == 404
        body = {"channel": "chat", "app": "chat", "direction": "in", "conversation": path.rpartition("/")[2]}
        assert api.post("/messages", json=body).status_code == 400


def test_whether_a_deleted_conversation_can_be_read_is_a_quirk(
    kustomer: Account, api: httpx.Client, customer: str
) -> None:
    kustomer.quirks["deleted_reads"] = "document"
    conversation = opened(api, customer)
    message = said(api, conversation)
    api.delete(f"/conversations/{conversation['id']}")
    attributes = read(api, f"/conversations/{conversation['id']}")["attributes"]
    assert (attributes["deleted"], attributes["deletedAt"]) == (True, NOW)
    assert read(api, f"/messages/{message['id']}")["attributes"]["deleted"] is True
    assert ids(api, "/conversations") == []


@pytest.mark.parametrize("back", [None, False])
def test_an_update_deletes_and_brings_back(api: httpx.Client, customer: str, back: bool | None) -> None:
    conversation = opened(api, customer)
    message = said(api, conversation)
    gone = changed(api, conversation, deleted=True)["attributes"]
    assert (gone["deleted"], gone["deletedAt"]) == (True, NOW)
    assert ids(api, f"/customers/{customer}/messages") == []
    assert known(api, customer)["conversationCounts"]["all"] == 0
    after = changed(api, conversation, deleted=back)["attributes"]
    assert not {"deleted", "deletedAt"} & after.keys()
    assert ids(api, f"/conversations/{conversation['id']}/messages") == [message["id"]]
    assert "deleted" not in read(api, f"/messages/{message['id']}")["attributes"]
    attributes = known(api, customer)
    assert attributes["conversationCounts"]["open"] == 1
    assert attributes["lastMessageIn"]["id"] == message["id"]


def test_a_note_deleted_before_stays_deleted_when_its_conversation_comes_back(api: httpx.Client, customer: str) -> None:
    conversation = opened(api, customer)
    path = f"/conversations/{conversation['id']}/notes"
    gone, kept = (api.post(path, json={"body": text}).json()["data"]["id"] for text in "ab")
    api.delete(f"/notes/{gone}")
    changed(api, conversation, deleted=True)
    assert changed(api, conversation, deleted=None)["attributes"]["noteCount"] == 1
    assert ids(api, path) == [kept]


def test_a_conversation_whose_external_id_was_taken_meanwhile_stays_deleted(
    api: httpx.Client, customer: str, untouched: Untouched
) -> None:
    conversation = opened(api, customer, externalId="x")
    api.delete(f"/conversations/{conversation['id']}")
    opened(api, customer, externalId="x")
    with untouched():
        assert api.put(f"/conversations/{conversation['id']}", json={"deleted": None}).status_code == 409


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_a_malformed_id_is_answered_as_the_quirk_says(kustomer: Account, api: httpx.Client, method: str) -> None:
    body = {"priority": 1} if method.startswith("P") else None
    assert api.request(method, "/conversations/x", json=body).status_code == 404
    kustomer.quirks["malformed_id"] = "400"
    assert api.request(method, "/conversations/x", json=body).status_code == 400
