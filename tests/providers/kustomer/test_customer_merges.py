"""Merges: what the target has afterwards, what moves, what is left of the source."""

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


def made(api: httpx.Client, **body: Any) -> Body:
    response = api.post("/customers", json=body)
    assert response.status_code == 201, response.text
    found: Body = response.json()["data"]
    return found


def merge(api: httpx.Client, source: Body, target: Body) -> Body:
    response = api.post("/customers/merges", json={"source": source["id"], "target": target["id"]})
    assert response.status_code == 201, response.text
    found: Body = response.json()["data"]
    return found


def merged(api: httpx.Client, source: Body, target: Body) -> Body:
    """The target afterwards."""
    merge(api, source, target)
    found: Body = api.get(f"/customers/{target['id']}").json()["data"]
    return found


def events(api: httpx.Client, customer: Body, name: str) -> list[Body]:
    path = f"/customers/{customer['id']}/events"
    found: list[Body] = api.get(path, params={"name": name}).json()["data"]
    return found


def test_a_merge_says_who_went_into_whom(api: httpx.Client) -> None:
    source, target = made(api), made(api)
    done = merge(api, source, target)
    assert done["attributes"]["status"] == "success"
    parties = {name: done["relationships"][name]["data"]["id"] for name in ("source", "target")}
    assert parties == {"source": source["id"], "target": target["id"]}
    assert done["links"] == {"self": f"/v1/customers/merges/{done['id']}"}
    assert api.get(f"/customers/merges/{done['id']}").json() == {"data": done}


def test_the_merges_of_a_customer_are_those_from_either_side(api: httpx.Client, kustomer: Account) -> None:
    kustomer.quirks["merged_customer"] = "kept"
    first, second, third = made(api), made(api), made(api)
    merges = [merge(api, first, second), merge(api, second, third)]
    page = api.get(f"/customers/{second['id']}/merges").json()
    assert page["data"] == merges
    assert page["meta"] == {"pageSize": 100, "page": 1}
    assert api.get(f"/customers/{third['id']}/merges").json()["data"] == merges[1:]
    assert api.get(f"/customers/{third['id']}/merges?page=2").json()["data"] == []


def test_addresses_tags_and_places_are_those_of_both(api: httpx.Client) -> None:
    source = made(
        api,
        emails=[{"email": "b@example.com"}],
        phones=[{"phone": "+492"}],
        whatsapps=[{"phone": "+492"}],
        socials=[{"type": "twitter", "username": "b"}],
        externalId="B",
        sharedEmails=[{"email": "Shop@example.com", "type": "work"}, {"email": "home@example.com"}],
        urls=[{"url": "https://b.example.com"}, {"url": "https://a.example.com"}],
        locations=[{"address": "2 Lane"}],
        tags=["two", "both"],
    )
    target = made(
        api,
        emails=[{"email": "a@example.com"}],
        phones=[{"phone": "+491"}],
        externalId="A",
        sharedEmails=[{"email": "shop@example.com"}],
        urls=[{"url": "https://a.example.com"}],
        locations=[{"address": "1 Lane"}],
        tags=["one", "both"],
    )
    attributes = merged(api, source, target)["attributes"]
    assert [each["email"] for each in attributes["emails"]] == ["a@example.com", "b@example.com"]
    assert [each["phone"] for each in attributes["phones"]] == ["+491", "+492"]
    assert [each["phone"] for each in attributes["whatsapps"]] == ["+492"]
    assert [each["username"] for each in attributes["socials"]] == ["b"]
    assert [each["externalId"] for each in attributes["externalIds"]] == ["A", "B"]
    assert [each["email"] for each in attributes["sharedEmails"]] == ["shop@example.com", "home@example.com"]
    assert [each["url"] for each in attributes["urls"]] == ["https://a.example.com", "https://b.example.com"]
    assert [each["address"] for each in attributes["locations"]] == ["1 Lane", "2 Lane"]
    both = target["attributes"]["tags"][1]
    assert source["attributes"]["tags"][1] == both
    assert attributes["tags"] == [*target["attributes"]["tags"], source["attributes"]["tags"][0]]
    assert attributes["externalId"] == "A"
    assert api.get("/customers/email=b@example.com").json()["data"]["id"] == target["id"]


OWN = {
    "name": ("Theirs", "Ours"),
    "username": ("theirs", "ours"),
    "avatarUrl": ("https://example.com/2", "https://example.com/1"),
    "locale": ("de", "en"),
    "timeZone": ("Europe/Berlin", "Europe/London"),
    "birthdayAt": ("1992-01-01T00:00:00.000Z", "1991-01-01T00:00:00.000Z"),
    "gender": ("m", "f"),
}


def test_of_single_values_those_of_the_target_stay(api: httpx.Client) -> None:
    source = made(api, **{name: theirs for name, (theirs, _) in OWN.items()})
    target = made(api, **{name: ours for name, (_, ours) in OWN.items()})
    attributes = merged(api, source, target)["attributes"]
    assert {name: attributes[name] for name in OWN} == {name: ours for name, (_, ours) in OWN.items()}
    assert attributes["displayName"] == "Ours"


def test_single_values_the_target_lacks_are_those_of_the_source(api: httpx.Client) -> None:
    company = api.post("/companies", json={"name": "Fernhill"}).json()["data"]["id"]
    source = made(api, externalId="B", company=company, **{name: theirs for name, (theirs, _) in OWN.items()})
    later = merged(api, source, made(api))
    attributes = later["attributes"]
    assert {name: attributes[name] for name in OWN} == {name: theirs for name, (theirs, _) in OWN.items()}
    assert (attributes["externalId"], attributes["companyName"], attributes["verified"]) == ("B", "Fernhill", True)
    assert attributes["displayName"] == "Theirs"
    assert later["relationships"]["company"]["data"]["id"] == company


def test_of_custom_attributes_those_of_the_target_win(api: httpx.Client) -> None:
    names = {name: {"displayName": name} for name in ("aStr", "bStr", "cStr")}
    api.put("/metadata/customer", json={"properties": names})
    source, target = made(api, custom={"aStr": "2", "bStr": "2"}), made(api, custom={"bStr": "1", "cStr": "1"})
    assert merged(api, source, target)["attributes"]["custom"] == {"aStr": "2", "bStr": "1", "cStr": "1"}


@pytest.mark.parametrize("name", ["signedUpAt", "lastSeenAt", "lastCustomerActivityAt"])
@pytest.mark.parametrize("times", [("2024", "2025"), ("2025", "2024"), ("2025", None), (None, "2025")])
def test_of_times_the_newest_counts(api: httpx.Client, name: str, times: tuple[str | None, str | None]) -> None:
    source, target = (made(api, **({name: f"{year}-01-01T00:00:00Z"} if year else {})) for year in times)
    assert merged(api, source, target)["attributes"][name] == "2025-01-01T00:00:00.000Z"


@pytest.mark.parametrize("times", [("2024", "2025"), ("2025", "2024")])
def test_the_customer_was_created_when_the_older_one_was(api: httpx.Client, times: tuple[str, str]) -> None:
    source, target = (made(api, createdAt=f"{year}-01-01T00:00:00Z") for year in times)
    attributes = merged(api, source, target)["attributes"]
    assert attributes["createdAt"] == "2024-01-01T00:00:00.000Z"
    assert attributes["updatedAt"] == attributes["modifiedAt"] == attributes["lastActivityAt"]
    assert attributes["rev"] == 2


def test_the_creator_is_that_of_the_older_one(api: httpx.Client) -> None:
    api.post("/tracking/identity", json={"trackingId": "t", "email": "a@example.com"})  # nobody creates this one
    older = api.get("/customers/email=a@example.com").json()["data"]
    assert "createdBy" not in merged(api, older, made(api))["relationships"]


def test_the_source_is_gone_with_its_window(api: httpx.Client, harness: Sandbox) -> None:
    source, target = made(api), made(api)
    api.post(f"/customers/{source['id']}/unmasking-windows")
    later = merged(api, source, target)
    assert api.get(f"/customers/{source['id']}").status_code == 404
    assert "unmaskingWindow" not in later["attributes"]
    assert harness.clock.next_due is None
    assert [each["id"] for each in api.get("/customers").json()["data"]] == [target["id"]]


def test_a_source_that_is_kept_has_lost_what_is_unique(api: httpx.Client, kustomer: Account) -> None:
    kustomer.quirks["merged_customer"] = "kept"
    source = made(api, name="Theirs", externalId="B", emails=[{"email": "b@example.com"}])
    merge(api, source, made(api))
    attributes = api.get(f"/customers/{source['id']}").json()["data"]["attributes"]
    assert (attributes["emails"], attributes["externalIds"], attributes["verified"]) == ([], [], False)
    assert (attributes["name"], "externalId" in attributes) == ("Theirs", False)


def test_objects_of_klasses_move_and_the_target_leads_to_them(api: httpx.Client) -> None:
    api.post("/klasses", json={"name": "order"})
    source, target = made(api), made(api)
    order = api.post(f"/customers/{source['id']}/klasses/order", json={"title": "Order 1"}).json()["data"]
    later = merged(api, source, target)
    moved = api.get(f"/klasses/orders/{order['id']}").json()["data"]
    assert moved["relationships"]["customer"]["data"]["id"] == target["id"]
    assert later["relationships"]["orders"] == {
        "links": {"self": f"/v1/customers/{target['id']}/klasses/orders"},
        "meta": {"kobject": True},
    }
    listed = api.get(f"/customers/{target['id']}/klasses/order").json()["data"]
    assert [each["id"] for each in listed] == [order["id"]]


def test_conversations_with_all_that_was_said_move_and_tell_of_it(api: httpx.Client) -> None:
    source, target = made(api), made(api)
    for customer in (source, target):
        api.post("/conversations", json={"customer": customer["id"], "status": "open"})
    path = f"/customers/{source['id']}"
    message = api.post(
        f"{path}/messages", json={"channel": "email", "direction": "in", "app": "postmark", "preview": "Hello"}
    ).json()["data"]
    conversation = message["relationships"]["conversation"]["data"]["id"]
    note = api.post(f"/conversations/{conversation}/notes", json={"body": "VIP"}).json()["data"]
    before = [api.get(f"/customers/{each['id']}").json()["data"]["attributes"] for each in (source, target)]

    attributes = merged(api, source, target)["attributes"]

    counts = [each["conversationCounts"] for each in before]
    assert attributes["conversationCounts"] == {name: counts[0][name] + counts[1][name] for name in counts[0]}
    assert attributes["conversationCounts"]["all"] == 3
    assert attributes["lastMessageIn"] == before[0]["lastMessageIn"]
    assert attributes["preview"] == before[0]["preview"] != before[1]["preview"]
    assert attributes["lastConversation"]["id"] == conversation
    for resource, id in (("conversations", conversation), ("messages", message["id"]), ("notes", note["id"])):
        moved = api.get(f"/{resource}/{id}").json()["data"]
        assert moved["relationships"]["customer"]["data"]["id"] == target["id"]
    told = events(api, target, "kustomer.conversation.update")[0]["attributes"]["changes"]["relationships"]
    assert told["customer"] == {
        "op": "replace",
        "before": {"links": {"self": f"/v1{path}"}, "data": {"type": "customer", "id": source["id"]}},
        "after": {
            "links": {"self": f"/v1/customers/{target['id']}"},
            "data": {"type": "customer", "id": target["id"]},
        },
    }


def test_sessions_and_who_a_visitor_is_move_too(api: httpx.Client) -> None:
    identity = {"trackingId": "t", "sessionId": "s", "email": "b@example.com"}
    api.post("/tracking/identityEvent", json={"identity": identity, "event": {"name": "seen"}})
    source, target = api.get("/customers/email=b@example.com").json()["data"], made(api)
    merge(api, source, target)
    api.post("/tracking/event", json={"trackingId": "t", "sessionId": "s", "name": "seen-again"})
    path = f"/customers/{target['id']}/sessions"
    assert [each["attributes"]["count"] for each in api.get(path).json()["data"]] == [2]
    names = [each["attributes"]["trackingEvent"] for each in api.get(f"{path}/s/events").json()["data"]]
    assert names == ["tracking.seen-again", "tracking.seen"]


@pytest.mark.parametrize("parameter", ["source", "target"])
def test_a_merge_with_nobody_is_refused(api: httpx.Client, untouched: Untouched, parameter: str) -> None:
    gone, customer = made(api), made(api)
    api.delete(f"/customers/{gone['id']}")
    for nobody in (NOBODY, gone["id"]):
        with untouched():
            body = {"source": customer["id"], "target": customer["id"], parameter: nobody}
            response = api.post("/customers/merges", json=body)
        (told,) = response.json()["errors"]
        assert (response.status_code, told["source"]["parameter"]) == (400, parameter)
        assert told["title"] == "Invalid merge"


def test_nobody_goes_into_himself(api: httpx.Client, untouched: Untouched) -> None:
    customer = made(api)
    with untouched():
        response = api.post("/customers/merges", json={"source": customer["id"], "target": customer["id"]})
    assert response.json()["errors"] == [
        {"status": 400, "source": {"parameter": "source"}, "code": "badparam", "title": "Invalid merge"}
    ]
