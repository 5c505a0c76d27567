"""Tracking: what visitors do, and who they say they are."""

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


@pytest.fixture(autouse=True)
def still(harness: Sandbox) -> None:
    """Requests take no time."""
    harness.clock.tick = 0


def identify(api: httpx.Client, **identity: Any) -> Body:
    response = api.post("/tracking/identity", json=identity)
    assert response.status_code == 201, response.text
    found: Body = response.json()["data"]
    return found


def track(api: httpx.Client, name: str = "seen", **event: Any) -> None:
    response = api.post("/tracking/event", json={"name": name, **event})
    assert (response.status_code, response.content) == (204, b"")


def customer_of(api: httpx.Client, identity: Body) -> Body:
    path = identity["relationships"]["customer"]["links"]["self"].removeprefix("/v1")
    found: Body = api.get(path).json()["data"]
    return found


def tracked(api: httpx.Client, identity: Body) -> list[str]:
    """What the customer did, the newest first."""
    path = f"/customers/{identity['relationships']['customer']['data']['id']}/events"
    page = api.get(path, params={"name": "kustomer.tracking.identified.event"}).json()
    return [each["attributes"]["trackingEvent"].removeprefix("tracking.") for each in page["data"]]


@pytest.fixture
def merel(api: httpx.Client) -> Body:
    return identify(api, trackingId="t", email="merel@example.com", name="Merel Sandvik")


# Roles


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/tracking/event", {"name": "seen"}),
        ("/tracking/identity", {}),
        ("/tracking/identityEvent", {"identity": {}, "event": {"name": "seen"}}),
    ],
)
def test_only_a_key_for_tracking_tracks(kustomer: Account, untouched: Untouched, path: str, body: Body) -> None:
    keys = {roles: kustomer.issue_key(roles=[roles]) for roles in ("org.tracking", "org.user", "org.admin")}
    api = kustomer.client()
    with untouched():
        for roles in ("org.user", "org.admin"):
            refused = api.post(path, json=body, headers={"Authorization": f"Bearer {keys[roles]}"})
            assert refused.status_code == 403
    done = api.post(path, json=body, headers={"Authorization": f"Bearer {keys['org.tracking']}"})
    assert done.status_code in (201, 204)


# Identities


def test_an_identity_makes_a_customer_nobody_created(api: httpx.Client, merel: Body) -> None:
    now = "2026-01-15T09:00:00.000Z"
    assert merel["attributes"] == {
        "trackingId": "t",
        "email": "merel@example.com",
        "status": "updated",
        "statusAt": now,
        "createdAt": now,
        "updatedAt": now,
    }
    assert merel["links"] == {"self": f"/v1/tracking/identity/{merel['id']}"}
    customer = customer_of(api, merel)
    assert customer["attributes"]["name"] == "Merel Sandvik"
    assert customer["attributes"]["emails"] == [{"type": "home", "email": "merel@example.com", "verified": False}]
    assert customer["attributes"]["rev"] == 1
    assert customer["relationships"].keys() == {"org", "messages"}


def test_the_same_visitor_stays_the_same_identity(api: httpx.Client, harness: Sandbox, merel: Body) -> None:
    harness.clock.advance("1m")
    later = identify(api, trackingId="t", email="merel@example.com")
    assert (later["id"], later["relationships"]) == (merel["id"], merel["relationships"])
    assert later["attributes"]["statusAt"] == later["attributes"]["updatedAt"] == "2026-01-15T09:01:00.000Z"
    assert later["attributes"]["createdAt"] == merel["attributes"]["createdAt"]
    assert customer_of(api, later)["attributes"]["rev"] == 1


def test_a_visitor_without_a_tracking_id_gets_one(api: httpx.Client) -> None:
    first, second = identify(api), identify(api)
    assert first["attributes"]["trackingId"] != second["attributes"]["trackingId"]
    assert first["relationships"] != second["relationships"]


def test_an_identity_changes_a_customer_whose_company_was_deleted(api: httpx.Client) -> None:
    company = api.post("/companies", json={"name": "Fernhill"}).json()["data"]["id"]
    identify(api, trackingId="t", email="merel@example.com", company=company)
    api.put(f"/companies/{company}", json={"deleted": True})
    attributes = customer_of(api, identify(api, trackingId="t", name="Merel"))["attributes"]
    assert (attributes["name"], attributes["companyName"]) == ("Merel", "Fernhill")


def test_an_identity_changes_the_customer_it_names(api: httpx.Client) -> None:
    company = api.post("/companies", json={"name": "Fernhill"}).json()["data"]["id"]
    body = {"emails": [{"email": "merel@example.com"}], "tags": ["one"], "company": company, "externalId": "1"}
    customer = api.post("/customers", json=body).json()["data"]
    identity = identify(
        api,
        trackingId="t",
        externalId="1",
        email="second@example.com",
        phone="+4930123",
        name="Merel",
        username="merel",
        gender="f",
        locale="nl",
        timeZone="Europe/Amsterdam",
        signedUpAt="2025-01-01T00:00:00Z",
        birthdayAt="1990-01-01T00:00:00Z",
        location={"cityName": "Kilnhaven"},
        tags=["two"],
    )
    later = customer_of(api, identity)
    assert later["id"] == customer["id"]
    attributes = later["attributes"]
    assert [each["email"] for each in attributes["emails"]] == ["merel@example.com", "second@example.com"]
    assert [each["phone"] for each in attributes["phones"]] == ["+4930123"]
    assert attributes["locations"] == [{"cityName": "Kilnhaven"}]
    given = {name: attributes[name] for name in ("name", "username", "gender", "locale", "timeZone", "signedUpAt")}
    assert given == {
        "name": "Merel",
        "username": "merel",
        "gender": "f",
        "locale": "nl",
        "timeZone": "Europe/Amsterdam",
        "signedUpAt": "2025-01-01T00:00:00.000Z",
    }
    assert len(attributes["tags"]) == 2
    assert attributes["companyName"] == "Fernhill"
    assert attributes["rev"] == 2


@pytest.mark.parametrize(
    ("field", "body"),
    [
        ({"externalId": "1"}, {"externalId": "1"}),
        ({"email": "ADA@example.com"}, {"emails": [{"email": "ada@example.com"}]}),
        ({"phone": "+4930123"}, {"phones": [{"phone": "4930123"}]}),
    ],
)
def test_a_customer_is_known_by_id_address_or_number_and_not_changed_by_it(
    api: httpx.Client, field: Body, body: Body
) -> None:
    customer = api.post("/customers", json=body).json()["data"]
    assert customer_of(api, identify(api, trackingId="t", **field)) == customer


def test_an_address_of_somebody_else_becomes_a_shared_one(api: httpx.Client) -> None:
    other = api.post("/customers", json={"emails": [{"email": "shop@example.com"}]}).json()["data"]
    customer = api.post("/customers", json={"externalId": "1"}).json()["data"]
    later = customer_of(api, identify(api, externalId="1", email="shop@example.com"))
    assert later["id"] == customer["id"]
    assert [each["email"] for each in later["attributes"]["sharedEmails"]] == ["shop@example.com"]
    assert later["attributes"]["emails"] == []
    assert api.get(f"/customers/{other['id']}").json()["data"] == other


def test_a_visitor_who_turns_out_to_be_somebody_else_is_that_one(api: httpx.Client, merel: Body) -> None:
    other = api.post("/customers", json={"emails": [{"email": "b@example.com"}]}).json()["data"]
    later = identify(api, trackingId="t", email="b@example.com")
    assert later["id"] == merel["id"]
    assert later["relationships"]["customer"]["data"]["id"] == other["id"]


def test_a_visitor_whose_customer_is_gone_is_a_new_one(api: httpx.Client, merel: Body) -> None:
    gone = merel["relationships"]["customer"]["data"]["id"]
    api.delete(f"/customers/{gone}")
    assert identify(api, trackingId="t")["relationships"]["customer"]["data"]["id"] != gone


def test_a_customer_gets_no_eleventh_address(api: httpx.Client) -> None:
    emails = [{"email": f"a{number}@example.com"} for number in range(10)]
    customer = api.post("/customers", json={"externalId": "1", "emails": emails}).json()["data"]
    assert customer_of(api, identify(api, externalId="1", email="a10@example.com")) == customer


@pytest.mark.parametrize("path", ["/tracking/identity", "/tracking/identityEvent"])
@pytest.mark.parametrize(
    ("identity", "parameter"),
    [({"custom": {"unknownStr": "x"}}, "unknownStr"), ({"company": "65f0c1e7ad3b92846f1a70e3"}, "company")],
)
def test_an_identity_with_what_nobody_knows_is_refused(
    api: httpx.Client, untouched: Untouched, path: str, identity: Body, parameter: str
) -> None:
    body = identity if path == "/tracking/identity" else {"identity": identity, "event": {"name": "seen"}}
    with untouched():
        response = api.post(path, json=body)
    assert response.status_code == 400
    assert response.json()["errors"][0]["source"] == {"parameter": parameter}


@pytest.mark.parametrize(
    ("path", "place"), [("/tracking/identity", ""), ("/tracking/identityEvent", "/properties/identity")]
)
def test_the_letters_for_a_gender_are_a_quirk(api: httpx.Client, kustomer: Account, path: str, place: str) -> None:
    kustomer.quirks["genders"] = "mf"
    body = {"identity": {"gender": "p"}, "event": {"name": "seen"}} if place else {"gender": "p"}
    (told,) = api.post(path, json=body).json()["errors"]
    assert (told["status"], told["detail"]) == (400, f"{place}/properties/gender/enum")


# Events


def test_an_event_of_a_known_visitor_is_one_of_the_customer(api: httpx.Client, harness: Sandbox, merel: Body) -> None:
    harness.clock.advance("1h")
    track(api, "catalogue-viewed", trackingId="t", sessionId="s")
    customer = merel["relationships"]["customer"]["data"]["id"]
    (event,) = api.get(f"/customers/{customer}/sessions/s/events").json()["data"]
    now = "2026-01-15T10:00:00.000Z"
    assert event["attributes"] == {
        "name": "kustomer.tracking.identified.event",
        "trackingEvent": "tracking.catalogue-viewed",
        "app": None,
        "publishedAt": now,
        "createdAt": now,
        "location": None,
        "meta": None,
        "sessionId": "s",
    }
    assert event["relationships"]["createdBy"] is None
    assert event["relationships"]["customer"]["data"]["id"] == customer
    assert api.get(f"/customers/{customer}/events/{event['id']}").json() == {"data": event}
    attributes = customer_of(api, merel)["attributes"]
    assert [attributes[name] for name in ("lastSeenAt", "lastActivityAt", "lastCustomerActivityAt")] == [now] * 3


def test_what_is_said_about_an_event_is_kept(api: httpx.Client, merel: Body) -> None:
    track(api, trackingId="t", sessionId="s", meta={"shelfStr": "Mugs"})
    customer = merel["relationships"]["customer"]["data"]["id"]
    (event,) = api.get(f"/customers/{customer}/sessions/s/events").json()["data"]
    assert event["attributes"]["meta"] == {"shelfStr": "Mugs"}


def test_what_is_said_about_an_event_is_kept_with_its_identity_too(api: httpx.Client) -> None:
    event = {"name": "catalogue-viewed", "sessionId": "s", "meta": {"shelfStr": "Mugs"}}
    answer = api.post("/tracking/identityEvent", json={"identity": {"trackingId": "t"}, "event": event})
    assert answer.status_code == 201, answer.text
    customer = answer.json()["data"]["relationships"]["customer"]["data"]["id"]
    (tracked,) = api.get(f"/customers/{customer}/sessions/s/events").json()["data"]
    assert tracked["attributes"]["meta"] == {"shelfStr": "Mugs"}


def test_a_session_counts_its_events(api: httpx.Client, harness: Sandbox, merel: Body) -> None:
    for minutes in (0, 5, 2):
        harness.clock.advance(f"{minutes}m")
        track(api, trackingId="t", sessionId="s")
    track(api, trackingId="t", sessionId="other")
    track(api, trackingId="t")
    customer = merel["relationships"]["customer"]["data"]["id"]
    page = api.get(f"/customers/{customer}/sessions").json()
    assert page["meta"] == {}
    assert [each["attributes"] for each in page["data"]] == [
        {
            "sessionId": "s",
            "firstEventAt": "2026-01-15T09:00:00.000Z",
            "lastEventAt": "2026-01-15T09:07:00.000Z",
            "count": 3,
        },
        {
            "sessionId": "other",
            "firstEventAt": "2026-01-15T09:07:00.000Z",
            "lastEventAt": "2026-01-15T09:07:00.000Z",
            "count": 1,
        },
    ]
    assert page["data"][0]["links"] == {"self": f"/v1/customers/{customer}/sessions"}
    assert len(api.get(f"/customers/{customer}/sessions/s/events").json()["data"]) == 3


def test_the_same_session_of_two_customers_is_two(api: httpx.Client, merel: Body) -> None:
    other = identify(api, trackingId="u")
    track(api, trackingId="t", sessionId="s")
    track(api, trackingId="u", sessionId="s")
    for identity in (merel, other):
        id = identity["relationships"]["customer"]["data"]["id"]
        assert [each["attributes"]["count"] for each in api.get(f"/customers/{id}/sessions").json()["data"]] == [1]


def test_a_visitor_is_known_by_the_session_too(api: httpx.Client) -> None:
    identity = identify(api, trackingId="t", sessionId="s")
    track(api, "by-session", sessionId="s")
    assert tracked(api, identity) == ["by-session"]


def test_what_a_visitor_did_before_anybody_knew_who_it_is_is_told_afterwards(
    api: httpx.Client, harness: Sandbox
) -> None:
    track(api, "first", trackingId="t", sessionId="s")
    harness.clock.advance("1m")
    track(api, "second", trackingId="t", sessionId="s")
    harness.clock.advance("1m")
    identity = identify(api, trackingId="t", email="merel@example.com")
    assert tracked(api, identity) == ["second", "first"]
    customer = identity["relationships"]["customer"]["data"]["id"]
    (session,) = api.get(f"/customers/{customer}/sessions").json()["data"]
    assert session["attributes"]["firstEventAt"] == "2026-01-15T09:00:00.000Z"
    assert session["attributes"]["lastEventAt"] == "2026-01-15T09:01:00.000Z"
    identify(api, trackingId="t")
    assert tracked(api, identity) == ["second", "first"]


def test_an_event_that_names_nobody_leaves_no_trace(api: httpx.Client, untouched: Untouched) -> None:
    with untouched():
        track(api)
        track(api, sessionId="nobody's")


def test_an_identity_with_an_event_does_both(api: httpx.Client) -> None:
    body = {
        "identity": {"trackingId": "t", "sessionId": "s", "email": "merel@example.com"},
        "event": {"name": "basket-filled", "meta": {}},
    }
    response = api.post("/tracking/identityEvent", json=body)
    assert response.status_code == 201
    identity = response.json()["data"]
    assert identity["attributes"]["email"] == "merel@example.com"
    assert tracked(api, identity) == ["basket-filled"]
    customer = identity["relationships"]["customer"]["data"]["id"]
    assert len(api.get(f"/customers/{customer}/sessions/s/events").json()["data"]) == 1


def test_an_event_of_another_visitor_is_not_of_the_identitys_session(api: httpx.Client, merel: Body) -> None:
    body = {
        "identity": {"trackingId": "u", "sessionId": "s"},
        "event": {"trackingId": "t", "name": "basket-filled", "meta": {}},
    }
    answer = api.post("/tracking/identityEvent", json=body)
    assert answer.status_code == 201
    assert tracked(api, merel) == ["basket-filled"]
    assert tracked(api, answer.json()["data"]) == []
    customer = merel["relationships"]["customer"]["data"]["id"]
    assert api.get(f"/customers/{customer}/sessions").json()["data"] == []


def test_what_a_visitor_did_leaves_no_log_of_the_visit_itself(api: httpx.Client, merel: Body) -> None:
    before = api.get("/audit-logs").json()["data"]
    track(api, trackingId="nobody")
    assert api.get("/audit-logs").json()["data"] == before
