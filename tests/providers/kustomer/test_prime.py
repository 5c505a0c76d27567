"""Priming: a record as the API shows it, put into an account that had nothing, reads the same there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest

import harness
from harness.core.account import Account
from harness.core.shown import NotPrimed, Shown
from harness.providers.kustomer.jsonapi.kind import MACHINE
from harness.providers.kustomer.priming.prime import prime
from harness.providers.kustomer.priming.prime_keys import other_key
from harness.testing.home import home

NOBODY = {"name": "nobody", "title": "Nobody has been here"}
SOMEBODY, TEAM = "65c098e8970d43eff06861c8", "65c09a4183c5e4a062e9136e"
LISTS = {
    "users": "/users",
    "teams": "/teams",
    "tags": "/tags",
    "brands": "/brands",
    "companies": "/companies",
    "customers": "/customers",
    "conversations": "/conversations",
    "messages": "/messages",
    "notes": "/notes",
    "klasses": "/klasses",
    "schedules": "/schedules",
    "satisfactions": "/satisfaction",
    "shortcuts": "/shortcuts",
    "spam_senders": "/spam/senders",
    "outbound_accounts": "/outboundAccounts",
}


@pytest.fixture
def bare() -> Iterator[harness.Sandbox]:
    """A sandbox where nobody has been."""
    with harness.sandbox(NOBODY, quotas="off", strict=False) as sandbox:  # records here tell only what they are about
        yield sandbox


@pytest.fixture
def client(bare: harness.Sandbox) -> Iterator[httpx.Client]:
    """A client of its account."""
    with bare.kustomer.client() as client:
        yield client


def account(sandbox: harness.Sandbox) -> Account:
    return home().registry.sandbox(sandbox.id).account("kustomer")


def read(client: httpx.Client, path: str) -> list[Any]:
    return list(client.get(path).json()["data"])


def without_org(shown: Any) -> Any:
    return [{**each, "relationships": {**each.get("relationships", {}), "org": None}} for each in shown]


def put(
    into: harness.Sandbox, operation: str, *records: Any, path: Mapping[str, str] | None = None, **more: Any
) -> None:
    with account(into).unit() as unit:
        for record in records:
            prime(unit, Shown(operation, path or {}, record, **more))


def record(type: str, id: str = "6b005d7a092a0ee36a855644", by: str | None = None, **attributes: Any) -> dict[str, Any]:
    times = dict.fromkeys(("createdAt", "updatedAt"), "2026-01-05T10:00:00.000Z")
    made = {} if by is None else {"createdBy": {"data": {"type": "user", "id": by}}}
    return {"type": type, "id": id, "attributes": {**attributes, **times}, "relationships": made}


def test_lists_of_primed_records_read_as_those_they_were_taken_from(
    api: httpx.Client, bare: harness.Sandbox, client: httpx.Client
) -> None:
    shown = {name: read(api, path) for name, path in LISTS.items()}
    for name, records in shown.items():
        if name == "outbound_accounts":
            put(bare, "outbound_accounts.list", {"data": records})
        else:
            put(bare, f"{name}.list", *records)
    assert all(shown.values())
    assert {name: without_org(read(client, path)) for name, path in LISTS.items()} == {
        name: without_org(records) for name, records in shown.items()
    }


def test_objects_of_a_klass_bring_the_klass_they_are_of(
    api: httpx.Client, bare: harness.Sandbox, client: httpx.Client
) -> None:
    name = read(api, "/klasses")[0]["attributes"]["name"]
    objects = read(api, f"/klasses/{name}")
    put(bare, "custom_objects.list", *objects, path={"name": name})
    assert objects
    assert without_org(read(client, f"/klasses/{name}")) == without_org(objects)


def test_what_stands_beside_a_record_belongs_to_it(bare: harness.Sandbox, client: httpx.Client) -> None:
    schedule = record("schedule", name="Week", hours={}, timezone="Etc/GMT", default=True)
    holiday = record("holiday", "6a9686134e32174184e04ab2", name="Fair", startDate="2026-02-01", endDate="2026-02-01")
    put(bare, "schedules.get", schedule, holiday, path={"id": schedule["id"]})
    answer = client.get(f"/schedules/{schedule['id']}", params={"include": "holidays"}).json()
    assert [each["id"] for each in answer["included"]] == [holiday["id"]]


def test_a_default_takes_the_place_of_the_one_that_was_there(bare: harness.Sandbox, client: httpx.Client) -> None:
    put(bare, "brands.list", record("brand", name="default", default=True))
    assert [each["id"] for each in read(client, "/brands")] == ["6b005d7a092a0ee36a855644"]


def test_events_are_of_their_session_whichever_is_shown_first(bare: harness.Sandbox, client: httpx.Client) -> None:
    put(bare, "customers.get", {**record("customer", SOMEBODY, progressiveStatus=None)})
    of = {"customer": {"data": {"type": "customer", "id": SOMEBODY}}}
    event = {**record("customer_event", "6af8a22b72edbd240edc97e4", name="x", sessionId="s-1"), "relationships": of}
    session = {
        **record("customer_session", sessionId="s-1", firstEventAt="", lastEventAt="", count=1),
        "relationships": of,
    }
    put(bare, "customer_events.list", event)
    put(bare, "customer_sessions.list", session)
    events = read(client, f"/customers/{SOMEBODY}/sessions/s-1/events")
    assert [each["id"] for each in events] == [event["id"]]


def test_of_what_a_request_made_only_what_it_refers_to_is_there_before(
    bare: harness.Sandbox, client: httpx.Client
) -> None:
    put(
        bare,
        "conversations.create",
        record("conversation", assignedUsers=[SOMEBODY], assignedTeams=[TEAM]),
        when="made",
    )
    assert read(client, "/conversations") == []
    assert client.get(f"/users/{SOMEBODY}").status_code == client.get(f"/teams/{TEAM}").status_code == 200


def test_whom_a_shortcut_is_for_is_there_before_it_is_made(bare: harness.Sandbox, client: httpx.Client) -> None:
    shortcut = record("shortcut", name="Thanks")
    shortcut["relationships"] = {
        "accessUsers": {"data": [{"type": "user", "id": SOMEBODY}]},
        "accessTeams": {"data": [{"type": "team", "id": TEAM}]},
    }
    put(bare, "shortcuts.create", shortcut, when="made")
    assert read(client, "/shortcuts") == []
    assert client.get(f"/users/{SOMEBODY}").status_code == client.get(f"/teams/{TEAM}").status_code == 200


def test_the_key_is_that_of_whoever_made_what_a_request_made(bare: harness.Sandbox, client: httpx.Client) -> None:
    put(bare, "customers.get", record("customer", SOMEBODY, by=TEAM, progressiveStatus=None))
    put(bare, "tags.create", record("tag", by=SOMEBODY, name="x"), when="made")
    made = client.post("/brands", json={"name": "Raku", "iconUrl": "https://example.org/raku.png"}).json()["data"]
    assert made["relationships"]["createdBy"]["data"]["id"] == SOMEBODY
    assert client.get(f"/users/{MACHINE}").status_code == 404


def test_a_revision_is_what_it_was_before_the_requests_that_changed_it(
    bare: harness.Sandbox, client: httpx.Client
) -> None:
    put(bare, "customers.get", record("customer", SOMEBODY, progressiveStatus=None, rev=4), changes=2)
    assert client.get(f"/customers/{SOMEBODY}").json()["data"]["attributes"]["rev"] == 2


def test_a_token_that_is_shown_is_a_key_of_the_account(bare: harness.Sandbox) -> None:
    token = {
        **record("auth_token", userType="machine", roles=["org.user.brand.read"]),
        "relationships": {"user": {"data": {"type": "user", "id": SOMEBODY}}},
    }
    put(bare, "auth_tokens.list", token)
    with account(bare).unit() as unit:
        key = other_key(unit, {"token": token["id"]})
        with pytest.raises(NotPrimed, match=TEAM):
            other_key(unit, {"token": TEAM})
    with bare.kustomer.client(headers={"Authorization": f"Bearer {key}"}) as client:
        shown = client.get("/auth/tokens/current").json()["data"]
        assert (shown["id"], shown["attributes"]) == (token["id"], token["attributes"])
        assert [client.get(path).status_code for path in ("/brands", "/teams")] == [200, 403]


def test_the_token_of_the_requests_takes_the_place_of_the_first_key(bare: harness.Sandbox) -> None:
    token = {
        **record("auth_token", name="sync", userType="machine", roles=["org"]),
        "relationships": {"user": {"data": {"type": "user", "id": SOMEBODY}}},
    }
    put(bare, "auth_tokens.current", token)
    with bare.kustomer.client(headers={"Authorization": f"Bearer {account(bare).api_key}"}) as client:
        assert [each["id"] for each in read(client, "/auth/tokens")] == [token["id"]]


def test_a_cassette_may_tell_of_a_key_by_its_roles_or_that_it_has_expired(bare: harness.Sandbox) -> None:
    with account(bare).unit() as unit:
        keys = [other_key(unit, {"roles": ["org.admin"]}), other_key(unit, {"expired": True})]
    answers = []
    for key in keys:
        with bare.kustomer.client(headers={"Authorization": f"Bearer {key}"}) as client:
            answers.append(client.get("/customers"))
    assert [answer.status_code for answer in answers] == [403, 401]
    assert answers[1].json()["errors"][0]["title"] == "Expired token"


def test_what_becomes_of_a_bulk_operation_that_was_made_here_is_left_to_it(
    bare: harness.Sandbox, client: httpx.Client
) -> None:
    made = client.post("/companies/bulk", json=[{"name": "Mill Street"}]).json()["data"]
    put(bare, "bulk_operations.get", {**made, "attributes": {**made["attributes"], "status": "complete"}})
    with account(bare).unit() as unit:
        assert unit["bulks"][made["id"]]["attributes"]["status"] == "queued"


def test_a_token_that_is_not_shown_again_stays(bare: harness.Sandbox, client: httpx.Client) -> None:
    body = {"name": "ERP", "url": "https://example.org/hook", "events": ["kustomer.customer.update"]}
    made = client.post("/outbound-webhooks", json=body).json()["data"]
    again = {**made, "attributes": {name: each for name, each in made["attributes"].items() if name != "token"}}
    put(bare, "outbound_webhooks.get", again, when="meanwhile")
    with account(bare).unit() as unit:
        assert unit["outbound_webhooks"][made["id"]]["attributes"]["token"] == made["attributes"]["token"]
