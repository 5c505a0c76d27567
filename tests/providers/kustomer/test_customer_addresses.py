"""External ids and addresses of customers: how they depend on each other, and what no two customers share."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import httpx
import pytest

from harness import Account

pytestmark = pytest.mark.harness(world="empty")

Body = dict[str, Any]
Untouched = Callable[[], AbstractContextManager[None]]


def made(api: httpx.Client, **body: Any) -> Body:
    response = api.post("/customers", json=body)
    assert response.status_code == 201, response.text
    found: Body = response.json()["data"]
    return found


def changed(api: httpx.Client, customer: Body, **body: Any) -> Body:
    response = api.put(f"/customers/{customer['id']}", json=body)
    assert response.status_code == 200, response.text
    found: Body = response.json()["data"]
    return found


def error(response: httpx.Response) -> tuple[int, str, str]:
    (first,) = response.json()["errors"]
    return response.status_code, first["source"]["parameter"], first["title"]


def test_an_external_id_stands_first_in_the_list_and_is_verified(api: httpx.Client) -> None:
    attributes = made(api, externalId="B", externalIds=[{"externalId": "A"}])["attributes"]
    assert attributes["externalId"] == "B"
    assert attributes["externalIds"] == [
        {"externalId": "B", "verified": True},
        {"externalId": "A", "verified": False},
    ]


def test_the_first_of_a_list_is_the_external_id(api: httpx.Client) -> None:
    attributes = made(api, externalIds=[{"externalId": "A"}, {"externalId": "B", "verified": True}])["attributes"]
    assert attributes["externalId"] == "A"


def test_a_new_external_id_takes_the_place_of_the_old_one(api: httpx.Client) -> None:
    customer = made(api, externalId="A", externalIds=[{"externalId": "C"}])
    attributes = changed(api, customer, externalId="B")["attributes"]
    assert [each["externalId"] for each in attributes["externalIds"]] == ["B", "C"]
    assert api.get("/customers/externalId=A").status_code == 404


def test_an_external_id_that_is_taken_away_leaves_the_list(api: httpx.Client) -> None:
    attributes = changed(api, made(api, externalId="A"), externalId=None)["attributes"]
    assert attributes["externalIds"] == []
    assert "externalId" not in attributes
    assert attributes["verified"] is False


def test_a_list_that_still_has_the_external_id_keeps_it(api: httpx.Client) -> None:
    attributes = changed(api, made(api, externalId="A"), externalIds=[{"externalId": "B"}, {"externalId": "A"}])
    assert attributes["attributes"]["externalId"] == "A"


@pytest.mark.parametrize(
    ("parameter", "first", "second"),
    [
        ("emails", {"emails": [{"email": "ada@example.com"}]}, {"emails": [{"email": "ADA@example.com"}]}),
        ("phones", {"phones": [{"phone": "+4930123"}]}, {"phones": [{"phone": "4930123"}]}),
        ("whatsapps", {"whatsapps": [{"phone": "+4930123"}]}, {"whatsapps": [{"phone": "whatsapp:+4930123"}]}),
        (
            "socials",
            {"socials": [{"type": "twitter", "username": "ada"}]},
            {"socials": [{"type": "twitter", "username": "Ada"}]},
        ),
        ("externalId", {"externalId": "1"}, {"externalIds": [{"externalId": "1"}]}),
    ],
)
@pytest.mark.parametrize("status", ["409", "400"])
def test_an_address_somebody_has_is_refused(
    api: httpx.Client,
    kustomer: Account,
    untouched: Untouched,
    parameter: str,
    first: Body,
    second: Body,
    status: str,
) -> None:
    kustomer.quirks["duplicate_value"] = status
    made(api, **first)
    other = made(api)
    with untouched():
        assert error(api.post("/customers", json=second)) == (int(status), parameter, "Conflict")
        assert error(api.put(f"/customers/{other['id']}", json=second)) == (int(status), parameter, "Conflict")


@pytest.mark.parametrize(
    "body",
    [
        {"sharedEmails": [{"email": "ada@example.com"}]},
        {"sharedPhones": [{"phone": "+4930123"}]},
        {"sharedSocials": [{"type": "twitter", "username": "ada"}]},
        {"sharedExternalIds": [{"externalId": "1"}]},
    ],
)
def test_what_is_shared_may_be_had_twice(api: httpx.Client, body: Body) -> None:
    assert made(api, **body)["id"] != made(api, **body)["id"]


def test_an_address_a_customer_gave_up_is_free(api: httpx.Client) -> None:
    customer = made(api, emails=[{"email": "ada@example.com"}])
    changed(api, customer, emails=[])
    made(api, emails=[{"email": "ada@example.com"}])
