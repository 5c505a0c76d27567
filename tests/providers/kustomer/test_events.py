"""What is told of a write: a customer's events, the audit log, webhooks."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import httpx
import pytest

import harness as public
from harness import Account, Sandbox

Body = dict[str, Any]
Untouched = Callable[[], AbstractContextManager[None]]

pytestmark = pytest.mark.harness(world="empty")

MAIL = {"channel": "email", "app": "postmark", "body": "n"}


@pytest.fixture
def customer(api: httpx.Client) -> str:
    """The id of a new customer."""
    return made(api, "/customers", name="Odile Farrant")


def made(api: httpx.Client, path: str, /, **body: Any) -> str:
    answer = api.post(path, json=body)
    assert answer.status_code in (200, 201), answer.text
    return str(answer.json()["data"]["id"])


def ok(answer: httpx.Response) -> None:
    assert answer.is_success, answer.text


def told(api: httpx.Client, customer: str) -> list[Body]:
    """The events of a customer, oldest first."""
    found: list[Body] = api.get(f"/customers/{customer}/events").json()["data"]
    return found[::-1]


def logs(api: httpx.Client, **query: Any) -> list[Body]:
    """What the audit log has, oldest first."""
    answer = api.get("/audit-logs", params={"count": 1000, **query})
    assert answer.status_code == 200, answer.text
    found: list[Body] = answer.json()["data"]
    return found[::-1]


def names(events: list[Body]) -> list[str]:
    found = [each["attributes"].get("eventName") or each["attributes"]["name"] for each in events]
    return [name.removeprefix("kustomer.") for name in found]


@pytest.mark.parametrize("world", ["support_desk", "empty"])
def test_a_world_comes_without_a_past_of_writes(world: str) -> None:
    with public.sandbox(world=world) as sandbox:
        account = sandbox.kustomer
        assert list(sandbox.webhooks) == []
        assert [len(account.collection(name)) for name in ("audit_logs", "customer_events")] == [0, 0]


@pytest.mark.parametrize(
    ("path", "body", "change", "noun"),
    [
        ("/customers", {"name": "A"}, {"name": "B"}, "customer"),
        ("/companies", {"name": "Mill"}, {"name": "Mills"}, "company"),
        ("/conversations", {"customer": "{customer}"}, {"name": "B"}, "conversation"),
        ("/notes", {"body": "A"}, {"body": "B"}, "note"),
        ("/teams", {"name": "A"}, {"name": "B"}, "team"),
        ("/users", {"name": "A", "email": "a@example.com"}, {"name": "B"}, "user"),
        ("/role-groups", {"name": "A"}, {"name": "B"}, "role_group"),
        ("/klasses", {"name": "kiln"}, {"color": "#112233"}, "klass"),
        ("/klasses/order", {"title": "A"}, {"title": "B"}, "kobject.order"),
        ("/customers/{customer}/drafts", MAIL, {**MAIL, "body": "o"}, "draft"),
    ],
)
def test_every_write_leaves_a_log(
    path: str, body: Body, change: Body, noun: str, api: httpx.Client, customer: str
) -> None:
    made(api, "/klasses", name="order")
    path = path.format(customer=customer)
    body = {name: value.format(customer=customer) if isinstance(value, str) else value for name, value in body.items()}
    id = made(api, path, **body)
    one = f"/drafts/{id}" if noun == "draft" else f"{path}/{id}"
    ok(api.request("PATCH" if noun == "note" else "PUT", one, json=change))
    verbs = ["create", "update"]
    if noun not in ("user", "company"):  # which cannot be deleted by a request of its own
        ok(api.delete(one))
        verbs.append("delete")
    found = [each for each in logs(api) if each["attributes"]["objectId"] == id]
    assert names(found) == [f"{noun}.{verb}" for verb in verbs]
    assert [each["attributes"]["eventVerb"] for each in found] == verbs
    for log in found:
        assert log["attributes"]["objectType"] == noun.partition(".")[0]
    update = found[1]["attributes"]["changes"]
    name, value = next((name, value) for name, value in change.items() if value != body.get(name))
    assert (update["attributes"][name]["after"], update["relationships"]) == (value, {})
    assert found[0]["attributes"]["changes"] == {"attributes": {}, "relationships": {}}


def test_other_writes_leave_a_log_too(api: httpx.Client, customer: str) -> None:
    conversation = made(api, "/conversations", customer=customer)
    message = made(
        api, "/messages", conversation=conversation, channel="chat", app="chat", direction="in", preview="Hello"
    )
    made(api, f"/messages/{message}/redactions", preview="***")
    ok(api.post(f"/conversations/{conversation}/tags", json=["glaze"]))
    ok(api.put("/spam/senders", json={"channel": "email", "sender": "x@example.com", "list": "blacklist"}))
    ok(api.put("/metadata/customer", json={"properties": {"glazeStr": {}}}))
    other = made(api, "/customers", name="Other")
    made(api, "/customers/merges", source=other, target=customer)
    hook = made(api, "/outbound-webhooks", name="n", url="https://x.example", events=["kustomer.team.create"])
    ok(api.delete(f"/outbound-webhooks/{hook}"))
    assert {*names(logs(api))} >= {
        "message.create",
        "message.update",
        "tag.create",
        "sender.create",
        "customer_merge.create",
        "outbound_webhook.create",
        "outbound_webhook.delete",
    }


def test_a_log_names_who_did_it_to_what_and_is_kept_for_a_year(
    harness: Sandbox, api: httpx.Client, customer: str
) -> None:
    me = api.get("/users/current").json()["data"]
    [log] = logs(api)
    attributes = log["attributes"]
    assert {name: attributes[name] for name in ("userId", "userType", "objectId", "objectType", "client", "ip")} == {
        "userId": me["id"],
        "userType": "machine",
        "objectId": customer,
        "objectType": "customer",
        "client": "api-gw",
        "ip": "127.0.0.1",
    }
    assert attributes["org"] == me["relationships"]["org"]["data"]["id"]
    assert attributes["createdAt"][:4] == "2026"
    assert attributes["expiresAt"] == "2027" + attributes["createdAt"][4:]
    assert log["relationships"] == {
        "customer": {
            "links": {"self": f"/v1/customers/{customer}"},
            "data": {"type": "customer", "id": customer},
        },
        "user": {"links": {"self": f"/v1/users/{me['id']}"}, "data": {"type": "user", "id": me["id"]}},
    }
    assert "links" not in log


def test_a_person_who_signed_in_is_told_as_a_user(api: httpx.Client) -> None:
    ann = made(api, "/users", name="Ann", email="ann@example.com", roles=["org.admin"])
    key = api.post("/auth/tokens", json={"email": "ann@example.com", "password": "x"}).cookies["token"]
    made_by = {"Authorization": f"Bearer {key}"}
    ok(api.post("/teams", headers=made_by, json={"name": "Night"}))
    attributes = logs(api)[-1]["attributes"]
    assert (attributes["userId"], attributes["userType"]) == (ann, "user")


def test_what_happens_by_itself_is_told_as_the_systems(harness: Sandbox, api: httpx.Client, customer: str) -> None:
    conversation = made(api, "/conversations", customer=customer)
    snooze = {"status": "snoozed", "snooze": {"time": "2026-01-15T10:00:00.000Z", "status": "scheduled"}}
    ok(api.put(f"/conversations/{conversation}", json=snooze))
    harness.clock.advance("1h")
    log = next(
        each
        for each in logs(api)
        if each["attributes"]["objectId"] == conversation and each["attributes"]["userId"] is None
    )
    attributes = log["attributes"]
    assert (attributes["userType"], attributes["client"], attributes["ip"]) == ("system", "system", None)
    assert log["relationships"]["user"] == {"links": {"self": "/v1/users/null"}, "data": {"type": "user", "id": None}}


def test_a_log_tells_what_was_meant_and_relationships_by_their_ids(api: httpx.Client, customer: str) -> None:
    first, second = (made(api, "/companies", name=name) for name in ("Fernhill", "Lighthouse"))
    for company in (first, second, None):
        ok(api.put(f"/customers/{customer}", json={"company": company}))
    ok(api.put(f"/customers/{customer}", json={"locale": "nl_NL"}))
    changes = [each["attributes"]["changes"] for each in logs(api) if each["attributes"]["eventVerb"] == "update"]
    assert [each["relationships"] for each in changes] == [
        {"company": {"op": "add", "before": None, "after": first}},
        {"company": {"op": "replace", "before": first, "after": second}},
        {"company": {"op": "remove", "before": second, "after": None}},
        {},
    ]
    assert changes[3]["attributes"] == {"locale": {"op": "add", "before": None, "after": "nl_NL"}}


def test_several_files_are_logged_by_their_ids(api: httpx.Client, customer: str) -> None:
    file = {"name": "kiln.png", "contentType": "image/png", "contentLength": 3}
    upload = api.post("/attachments", json=file).json()["data"]["id"]
    note = made(api, "/notes", body="n")
    ok(api.patch(f"/notes/{note}", json={"attachments": [{"_id": upload, **file}]}))
    [log] = [each for each in logs(api) if each["attributes"]["eventName"] == "kustomer.note.update"]
    assert log["attributes"]["changes"]["relationships"]["attachments"] == {
        "op": "add",
        "before": None,
        "after": [upload],
    }


def test_a_customers_events_tell_of_all_that_belongs_to_it(api: httpx.Client, customer: str) -> None:
    made(api, "/klasses", name="order")
    conversation = made(api, "/conversations", customer=customer)
    made(api, f"/conversations/{conversation}/messages", channel="chat", app="chat", direction="in", preview="Hello")
    made(api, f"/conversations/{conversation}/notes", body="n")
    made(api, "/klasses/order", title="Order", customer=customer)
    made(api, "/companies", name="Fernhill")
    assert [each for each in names(told(api, customer)) if each.endswith("create")] == [
        "customer.create",
        "conversation.create",
        "message.create",
        "note.create",
        "kobject.order.create",
    ]


def test_a_deletion_is_an_event(api: httpx.Client, customer: str) -> None:
    conversation = made(api, "/conversations", customer=customer)
    ok(api.delete(f"/conversations/{conversation}"))
    assert "conversation.delete" in names(told(api, customer))


def test_an_event_names_its_author_only_where_somebody_changed_something(api: httpx.Client, customer: str) -> None:
    me = api.get("/users/current").json()["data"]["id"]
    ok(api.put(f"/customers/{customer}", json={"name": "Odile"}))
    created, changed = told(api, customer)
    assert (created["relationships"]["createdBy"], created["attributes"]["modifiedAt"]) == (None, None)
    assert "changes" not in created["attributes"]
    for name in ("createdBy", "modifiedBy"):
        assert changed["relationships"][name]["data"]["id"] == me
    assert changed["attributes"]["modifiedAt"] == changed["attributes"]["updatedAt"]


def test_what_only_follows_from_something_else_is_nobodys(api: httpx.Client, customer: str) -> None:
    made(api, f"/customers/{customer}/conversations")
    counted = told(api, customer)[-1]
    attributes = counted["attributes"]
    assert names([counted]) == ["customer.update"]
    assert attributes["changes"]["attributes"]["progressiveStatus"] == {"op": "add", "before": None, "after": "open"}
    assert attributes["changes"]["attributes"]["conversationCounts"]["after"]["all"] == 1
    assert attributes["changes"]["attributes"]["rev"] == {"op": "replace", "before": 1, "after": 2}
    assert (attributes["modifiedAt"], counted["relationships"]["createdBy"]) == (None, None)


def test_an_event_leads_to_the_conversation_and_message_it_is_about(api: httpx.Client, customer: str) -> None:
    conversation = made(api, "/conversations", customer=customer)
    message = made(api, f"/conversations/{conversation}/messages", channel="chat", app="chat", direction="in")
    by_name = {event["attributes"]["name"]: event["relationships"] for event in told(api, customer)}
    assert {"conversation", "message"}.isdisjoint(by_name["kustomer.customer.create"])
    assert by_name["kustomer.conversation.create"]["conversation"]["data"]["id"] == conversation
    about = by_name["kustomer.message.create"]
    assert (about["conversation"]["data"]["id"], about["message"]["data"]["id"]) == (conversation, message)


def test_a_conversation_that_moves_is_told_with_both_customers_and_who_moved_it(
    api: httpx.Client, customer: str
) -> None:
    me = api.get("/users/current").json()["data"]["id"]
    conversation = made(api, "/conversations", customer=customer)
    other = made(api, "/customers", name="Other")
    ok(api.put(f"/conversations/{conversation}", json={"customer": other}))
    event = next(each for each in told(api, other) if each["attributes"]["name"] == "kustomer.conversation.update")
    before, after = (
        {"links": {"self": f"/v1/customers/{id}"}, "data": {"type": "customer", "id": id}} for id in (customer, other)
    )
    changes = event["attributes"]["changes"]
    assert changes["relationships"]["customer"] == {"op": "replace", "before": before, "after": after}
    assert event["relationships"]["createdBy"]["data"]["id"] == me
    log = next(
        each["attributes"] for each in logs(api) if each["attributes"]["eventName"] == "kustomer.conversation.update"
    )
    assert log["changes"]["relationships"]["customer"] == {"op": "replace", "before": customer, "after": other}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/customers", {"name": 5}),
        ("POST", "/customers", {"externalId": "TW-1"}),
        ("PUT", "/customers/{customer}", {"rev": 99, "name": "X"}),
        ("PUT", "/customers/{customer}", {"custom": {"nothingStr": "x"}}),
        ("POST", "/messages", {"conversation": "6666c3656dc3d121c605ab1e", "channel": "chat", "app": "chat"}),
        ("POST", "/teams", {"name": "Night", "members": ["6666c3656dc3d121c605ab1e"]}),
        ("DELETE", "/customers/6666c3656dc3d121c605ab1e", None),
    ],
)
def test_a_refused_write_is_no_event(
    method: str, path: str, body: Any, api: httpx.Client, customer: str, untouched: Untouched
) -> None:
    made(api, "/customers", externalId="TW-1")
    with untouched():
        assert 400 <= api.request(method, path.format(customer=customer), json=body).status_code < 500


def test_events_are_part_of_a_snapshot(harness: Sandbox, api: httpx.Client, customer: str) -> None:
    harness.snapshot("made")
    ok(api.put(f"/customers/{customer}", json={"name": "Odile"}))
    harness.restore("made")
    assert names(told(api, customer)) == ["customer.create"]
    assert [event.type for event in harness.webhooks] == ["kustomer.customer.create"]


def test_users_and_teams_are_told_to_webhooks_and_nothing_of_others(
    harness: Sandbox, kustomer: Account, api: httpx.Client
) -> None:
    made(api, "/teams", name="Night")
    made(api, "/users", name="Ann", email="ann@example.com")
    made(api, "/companies", name="Fernhill")
    assert [event.type for event in harness.webhooks] == ["kustomer.team.create", "kustomer.user.create"]
