"""Outbound webhooks: subscriptions, what is delivered and how it is signed, retries, and their end."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import httpx
import pytest

from harness import Account, Sandbox
from harness import data as shipped
from harness.core.contract import violations_of
from harness.core.registry import Registry
from harness.testing.receiver import Received, Receiver

Body = dict[str, Any]
Untouched = Callable[[], AbstractContextManager[None]]

pytestmark = pytest.mark.harness(world="empty")

URL = "https://hooks.example.org/in"
EVENTS = [
    f"kustomer.{noun}.{verb}"
    for noun in ("customer", "conversation", "message", "user", "team")
    for verb in ("create", "update")
]
GOLDEN = shipped.folder("cassettes") / "kustomer" / "golden" / "deliveries"


def subscribe(api: httpx.Client, **body: Any) -> httpx.Response:
    return api.post("/outbound-webhooks", json={"name": "ERP", "url": URL, "events": EVENTS[:2], **body})


def hook(api: httpx.Client, **body: Any) -> Body:
    answer = subscribe(api, **body)
    assert answer.status_code == 201, answer.text
    found: Body = answer.json()["data"]
    return found


def made(api: httpx.Client, path: str, /, **body: Any) -> str:
    answer = api.post(path, json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["data"]["id"])


def only(receiver: Receiver) -> Received:
    [came] = receiver.received
    return came


def form(value: Any) -> Any:
    """Names and types, without values."""
    if isinstance(value, dict):
        return {name: form(each) for name, each in value.items()}
    return type(value).__name__


def test_a_webhook_is_made_with_a_token_of_its_own(api: httpx.Client) -> None:
    found = hook(api, headers=[{"name": "X-Shop", "value": "tidewick"}])
    attributes = found["attributes"]
    assert (found["type"], found["links"]) == ("outbound_webhook", {"self": f"/v1/outbound-webhooks/{found['id']}"})
    assert {*attributes} == {"name", "url", "events", "headers", "token", "createdAt", "updatedAt", "modifiedAt"}
    assert (attributes["name"], attributes["url"], attributes["events"]) == ("ERP", URL, EVENTS[:2])
    assert attributes["headers"] == [{"name": "X-Shop", "value": "tidewick"}]
    other = hook(api)["attributes"]
    assert other["headers"] == []
    assert len(attributes["token"]) >= 32
    assert other["token"] != attributes["token"]


def test_the_token_is_shown_once(api: httpx.Client) -> None:
    found = hook(api)
    token = found["attributes"].pop("token")
    path = f"/outbound-webhooks/{found['id']}"
    assert api.get(path).json()["data"] == found
    assert api.get("/outbound-webhooks").json()["data"] == [found]
    assert token not in api.get("/outbound-webhooks").text


@pytest.mark.harness(world="empty", quirks={"kustomer": {"webhook_token_shown": "always"}})
def test_the_token_is_shown_always_under_the_quirk(api: httpx.Client) -> None:
    found = hook(api)
    assert api.get(f"/outbound-webhooks/{found['id']}").json()["data"] == found
    assert api.get("/outbound-webhooks").json()["data"] == [found]


def test_an_organisation_has_five(api: httpx.Client, untouched: Untouched) -> None:
    ids = [hook(api)["id"] for _ in range(5)]
    with untouched():
        answer = subscribe(api)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (409, "conflict")
    api.delete(f"/outbound-webhooks/{ids[0]}")
    assert subscribe(api).status_code == 201


def test_a_deleted_webhook_is_gone(api: httpx.Client) -> None:
    path = f"/outbound-webhooks/{hook(api)['id']}"
    answer = api.delete(path)
    assert (answer.status_code, answer.content) == (204, b"")
    assert api.get(path).status_code == api.delete(path).status_code == 404
    assert api.get("/outbound-webhooks").json()["data"] == []


@pytest.mark.parametrize(("place", "left"), [(0, "name"), (1, "url"), (2, "events")])
def test_what_is_missing_is_told(place: int, left: str, api: httpx.Client, untouched: Untouched) -> None:
    body = {"name": "ERP", "url": URL, "events": EVENTS[:1]}
    del body[left]
    with untouched():
        answer = api.post("/outbound-webhooks", json=body)
    [error] = answer.json()["errors"]
    assert (answer.status_code, error["source"], error["detail"]) == (400, {"parameter": left}, f"/required/{place}")


@pytest.mark.parametrize(
    "wrong",
    [
        {"events": []},
        {"events": ["kustomer.note.create"]},
        {"events": [EVENTS[0], EVENTS[0]]},
        {"url": "no address"},
        {"name": ""},
        {"headers": [{"name": "X-Shop"}]},
        {"enabled": False},
        {"token": "mine"},
    ],
    ids=str,
)
def test_a_body_that_makes_no_sense_is_refused(wrong: Body, api: httpx.Client, untouched: Untouched) -> None:
    with untouched():
        assert subscribe(api, **wrong).status_code == 400


def test_a_test_subscribes_in_one_line(kustomer: Account, api: httpx.Client) -> None:
    answer = kustomer.webhooks.subscribe(URL)
    assert answer["data"]["attributes"]["events"] == EVENTS
    kustomer.webhooks.subscribe(URL, ["kustomer.team.create"])
    assert [each["attributes"]["events"] for each in api.get("/outbound-webhooks").json()["data"]] == [
        EVENTS,
        ["kustomer.team.create"],
    ]


def test_an_event_is_delivered_whole_signed_and_with_the_headers_that_were_asked_for(
    harness: Sandbox, kustomer: Account, api: httpx.Client, harness_receiver: Receiver
) -> None:
    given = [{"name": "X-Shop", "value": "tidewick"}, {"name": "X-Other", "value": ""}]
    token = hook(api, url=harness_receiver.url, headers=given)["attributes"]["token"]
    customer = made(api, "/customers", name="Corvin")
    report = harness.webhooks.deliver()
    came = only(harness_receiver)
    assert (report.delivered, came.method, came.headers["content-type"]) == (1, "POST", "application/json")
    assert came.headers["x-kustomer-webhook-event"] == came.type == "kustomer.customer.create"
    signature = hmac.new(token.encode(), came.body, hashlib.sha256).hexdigest()
    assert came.headers["x-kustomer-webhook-signature"] == signature
    assert (came.headers["x-shop"], came.headers["x-other"]) == ("tidewick", "")
    assert came.json()["data"] == api.get(f"/customers/{customer}").json()["data"]
    harness_receiver.verify(kustomer)


def test_each_webhook_gets_the_events_it_asked_for(
    harness: Sandbox, kustomer: Account, api: httpx.Client, harness_receiver: Receiver
) -> None:
    kustomer.webhooks.subscribe(f"{harness_receiver.url}/teams", ["kustomer.team.create", "kustomer.team.update"])
    kustomer.webhooks.subscribe(f"{harness_receiver.url}/users", ["kustomer.user.create"])
    team = made(api, "/teams", name="Night")
    api.put(f"/teams/{team}", json={"name": "Late"})
    api.delete(f"/teams/{team}")
    made(api, "/users", name="Ann", email="ann@example.com")
    made(api, "/companies", name="Mill Street Bakery")
    harness.webhooks.deliver()
    assert [(each.path.rpartition("/")[2], each.type) for each in harness_receiver.received] == [
        ("teams", "kustomer.team.create"),
        ("teams", "kustomer.team.update"),
        ("users", "kustomer.user.create"),
    ]


def test_an_update_has_the_form_of_one_that_was_recorded(
    harness: Sandbox, kustomer: Account, api: httpx.Client
) -> None:
    kustomer.webhooks.subscribe(URL, ["kustomer.customer.update"])
    customer = made(api, "/customers", name="Corvin A.")
    api.put(f"/customers/{customer}", json={"name": "Corvin Ashdown"})
    [event] = harness.webhooks.events("kustomer.customer.update")
    golden = json.loads((GOLDEN / "customer.update.json").read_text())
    payload = event.payload
    assert [*payload] == [*golden]
    for name in ("client", "persist", "meta", "snsFilters"):
        assert payload[name] == golden[name]
    assert payload["id"] == event.id
    assert payload["name"] == "kustomer.customer.update"
    assert payload["dataId"] == payload["data"]["id"] == customer
    assert payload["org"] == payload["partition"] == payload["data"]["relationships"]["org"]["data"]["id"]
    changes = payload["changes"]
    assert changes["relationships"] == golden["changes"]["relationships"] == {}
    recorded = golden["changes"]["attributes"]
    assert {*recorded} <= {*changes["attributes"]} <= {*recorded, "firstName", "lastName"}
    assert form(changes["attributes"]["rev"]) == form(recorded["rev"])
    assert changes["attributes"]["name"] == recorded["name"]
    assert changes["attributes"]["rev"] == {"op": "replace", "before": 1, "after": 2}


def test_a_creation_has_the_form_of_one_that_was_recorded(
    harness: Sandbox, kustomer: Account, api: httpx.Client
) -> None:
    kustomer.webhooks.subscribe(URL, ["kustomer.message.create"])
    customer = made(api, "/customers", name="Corvin", emails=[{"email": "corvin@example.org"}])
    draft = {"channel": "email", "app": "postmark", "subject": "Teapot", "body": "It has left the kiln."}
    later = {**draft, "sendAt": "2026-01-15T10:00:00.000Z", "scheduled": True}
    assert api.post(f"/customers/{customer}/drafts", json=later).status_code == 200
    harness.clock.advance("1h")
    [event] = harness.webhooks.events("kustomer.message.create")
    golden = json.loads((GOLDEN / "message.create.json").read_text())
    payload = event.payload
    assert [*payload] == [*golden]
    for name in ("client", "persist", "meta", "snsFilters"):
        assert payload[name] == golden[name]
    assert {*payload["data"]["relationships"]} >= {*golden["data"]["relationships"]}


@pytest.mark.parametrize("type", EVENTS)
def test_every_event_is_as_the_contract_has_deliveries(
    type: str, harness: Sandbox, kustomer: Account, api: httpx.Client
) -> None:
    customer = made(api, "/customers", name="Corvin")
    conversation = made(api, "/conversations", customer=customer)
    message = {"channel": "chat", "app": "chat", "direction": "in", "preview": "Hello"}
    ids = {
        "customer": customer,
        "conversation": conversation,
        "message": made(api, f"/conversations/{conversation}/messages", **message),
        "user": made(api, "/users", name="Ann", email="ann@example.com"),
        "team": made(api, "/teams", name="Night"),
    }
    for noun, path in (("customer", "customers"), ("conversation", "conversations"), ("user", "users")):
        assert api.put(f"/{path}/{ids[noun]}", json={"name": "Other"}).status_code == 200
    assert api.put(f"/teams/{ids['team']}", json={"name": "Other"}).status_code == 200
    assert api.put(f"/messages/{ids['message']}", json={"subject": "Other"}).status_code == 200
    noun = type.split(".")[1]
    event = next(each for each in harness.webhooks.events(type) if each.payload["dataId"] == ids[noun])
    contract = Registry().pack("kustomer").contract
    validator = contract.validator("#/components/schemas/WebhookDelivery")
    assert list(violations_of(validator, event.payload, "body")) == []
    assert ("changes" in event.payload) is type.endswith("update")
    assert event.payload["snsFilters"] == (["assistant"] if noun == "message" else [])
    assert event.payload["data"]["type"] == noun


def test_a_change_of_custom_values_is_told_apart(harness: Sandbox, kustomer: Account, api: httpx.Client) -> None:
    api.put("/metadata/customer", json={"properties": {"glazeStr": {}}})
    customer = made(api, "/customers", name="Corvin")
    api.put(f"/customers/{customer}", json={"custom": {"glazeStr": "celadon"}})
    api.put(f"/customers/{customer}", json={"name": "Corvin A."})
    told = [each.payload["meta"] for each in harness.webhooks.events("kustomer.customer.update")]
    assert told == [{"customChanged": True}, {"customChanged": False}]


def test_an_event_nobody_asked_for_is_kept_and_goes_nowhere(
    harness: Sandbox, kustomer: Account, api: httpx.Client
) -> None:
    kustomer.webhooks.subscribe(URL, ["kustomer.team.create"])
    made(api, "/customers", name="Corvin")
    [event] = harness.webhooks.events("kustomer.customer.create")
    assert event.deliveries == ()


@pytest.mark.parametrize(
    ("choice", "minutes"),
    [("hour", [1, 2, 4, 8, 15, 30]), ("eighty_minutes", [1, 1, 2, 3, 5, 8, 12, 16, 16, 16])],
)
def test_what_fails_is_delivered_again_by_the_clock_and_then_the_webhook_is_turned_off(
    choice: str,
    minutes: list[int],
    harness: Sandbox,
    kustomer: Account,
    api: httpx.Client,
    harness_receiver: Receiver,
) -> None:
    kustomer.quirks["webhook_retries"] = choice
    harness.clock.tick = 0
    path = f"/outbound-webhooks/{hook(api, url=harness_receiver.url)['id']}"
    harness_receiver.refuse(503)
    made(api, "/customers", name="Corvin")
    harness.webhooks.deliver()
    for number, wait in enumerate(minutes, 1):
        assert "enabled" not in api.get(path).json()["data"]["attributes"]
        [delivery] = harness.webhooks.deliveries("retrying")
        assert len(delivery.attempts) == number
        assert delivery.next_at is not None
        assert (delivery.next_at - harness.clock.now).total_seconds() == wait * 60
        harness.clock.advance(f"{wait}m")
    [failed] = harness.webhooks.deliveries("failed")
    assert (len(failed.attempts), failed.reason) == (len(minutes) + 1, "the receiver answered 503")
    assert len({each.body for each in harness_receiver.received}) == 1
    assert api.get(path).json()["data"]["attributes"]["enabled"] is False


def test_a_webhook_that_is_turned_off_gets_nothing_more(
    harness: Sandbox, kustomer: Account, api: httpx.Client, harness_receiver: Receiver
) -> None:
    hook(api, url=harness_receiver.url)
    hook(api, url=f"{harness_receiver.url}/other")
    harness_receiver.refuse(500)
    made(api, "/customers", name="Corvin")
    harness.clock.advance("2h")
    harness_receiver.accept()
    harness_receiver.clear()
    kustomer.webhooks.subscribe(f"{harness_receiver.url}/new", ["kustomer.customer.create"])
    made(api, "/customers", name="Odile")
    harness.webhooks.deliver()
    assert only(harness_receiver).path.endswith("/new")


def test_a_delivery_that_arrives_in_the_end_leaves_its_webhook_on(
    harness: Sandbox, kustomer: Account, api: httpx.Client, harness_receiver: Receiver
) -> None:
    found = hook(api, url=harness_receiver.url)
    harness_receiver.refuse(500, first=6)
    made(api, "/customers", name="Corvin")
    harness.clock.advance("2h")
    assert len(harness_receiver.received) == 7
    assert "enabled" not in api.get(f"/outbound-webhooks/{found['id']}").json()["data"]["attributes"]
    assert len(harness.webhooks.deliveries("delivered")) == 1


def test_what_is_secret_about_a_webhook_is_not_in_the_journal(
    harness: Sandbox, kustomer: Account, api: httpx.Client
) -> None:
    hook(api, headers=[{"name": "X-Api-Key", "value": "s3cr3t-of-the-receiver"}])
    [exchange] = kustomer.journal.calls("outbound_webhooks.create")
    assert "s3cr3t-of-the-receiver" not in exchange.request.text
    assert "X-Api-Key" not in exchange.request.text
    assert "kustomer.customer.create" in exchange.request.text
