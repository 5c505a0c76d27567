"""Customers: made, changed, listed, deleted; what follows from what is given; what is refused."""

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


@pytest.fixture(autouse=True)
def still(harness: Sandbox) -> None:
    """Requests take no time."""
    harness.clock.tick = 0


def made(api: httpx.Client, **body: Any) -> Body:
    response = api.post("/customers", json=body)
    assert response.status_code == 201, response.text
    found: Body = response.json()["data"]
    return found


def changed(api: httpx.Client, customer: Body, query: str = "", **body: Any) -> Body:
    response = api.put(f"/customers/{customer['id']}{query}", json=body)
    assert response.status_code == 200, response.text
    found: Body = response.json()["data"]
    return found


def company(api: httpx.Client, name: str = "Fernhill") -> str:
    return str(api.post("/companies", json={"name": name}).json()["data"]["id"])


def error(response: httpx.Response) -> tuple[int, str | None, str]:
    (first,) = response.json()["errors"]
    assert first["status"] == response.status_code
    return response.status_code, first.get("source", {}).get("parameter"), first["title"]


# Making


def test_a_customer_that_has_done_nothing_has_empty_lists_and_counts(api: httpx.Client) -> None:
    attributes = made(api)["attributes"]
    empty_lists = {
        *("externalIds", "sharedExternalIds", "emails", "sharedEmails", "phones", "sharedPhones", "whatsapps"),
        *("sharedWhatsapps", "facebookIds", "instagramIds", "socials", "sharedSocials", "urls", "locations"),
        *("activeUsers", "watchers", "tags", "recentItems", "roleGroupVersions", "accessOverride"),
    }
    assert {name for name, value in attributes.items() if value == []} == empty_lists
    now = "2026-01-15T09:00:00.000Z"
    rest = {name: attributes[name] for name in attributes.keys() - empty_lists - {"displayColor", "displayIcon"}}
    assert rest == {
        "displayName": f"{attributes['displayColor']} {attributes['displayIcon']}".title(),
        "createdAt": now,
        "updatedAt": now,
        "modifiedAt": now,
        "lastActivityAt": now,
        "recentLocation": {"updatedAt": now},
        "deleted": False,
        "verified": False,
        "rev": 1,
        "lastConversation": {"channels": [], "tags": []},
        "conversationCounts": {"done": 0, "open": 0, "snoozed": 0, "all": 0},
        "preview": {},
        "sentiment": {},
        "progressiveStatus": None,
        "satisfactionLevel": {"firstSatisfaction": {"sentByTeams": []}, "lastSatisfaction": {"sentByTeams": []}},
    }


def test_a_customer_shows_its_relationships_and_its_address(api: httpx.Client) -> None:
    customer = made(api)
    path = f"/v1/customers/{customer['id']}"
    assert customer["links"] == {"self": path}
    assert customer["relationships"].keys() == {"org", "messages", "createdBy", "modifiedBy"}
    assert customer["relationships"]["messages"] == {"links": {"self": f"{path}/messages"}}
    assert api.get(f"/customers/{customer['id']}").json() == {"data": customer}


def test_what_is_given_is_shown_and_addresses_get_what_they_lack(api: httpx.Client) -> None:
    attributes = made(
        api,
        name="Naia Thornbury",
        locale="en_US",
        birthdayAt="1991-04-17T00:00:00Z",
        emails=[{"email": "Naia@example.com"}],
        sharedEmails=[{"type": "work", "email": "shop@example.com", "verified": True}],
        phones=[{"phone": "+12025550126"}],
        whatsapps=[{"phone": "whatsapp:+12025550126"}],
        socials=[{"type": "twitter", "username": "naia"}],
        urls=[{"url": "https://naia.example.org"}],
        locations=[{"type": "home", "address": "12 Kiln Lane", "name": None}],
        sentiment={"polarity": 1, "confidence": 0.5},
    )["attributes"]
    assert attributes["birthdayAt"] == "1991-04-17T00:00:00.000Z"
    assert attributes["locale"] == "en_US"
    assert attributes["emails"] == [{"type": "home", "email": "Naia@example.com", "verified": False}]
    assert attributes["sharedEmails"] == [{"type": "work", "email": "shop@example.com", "verified": True}]
    assert attributes["phones"] == [{"type": "mobile", "phone": "+12025550126", "verified": False}]
    assert attributes["whatsapps"] == [{"type": "mobile", "phone": "whatsapp:+12025550126", "verified": False}]
    assert attributes["socials"] == [{"type": "twitter", "username": "naia", "verified": False}]
    assert attributes["urls"] == [{"url": "https://naia.example.org"}]
    assert attributes["locations"] == [{"type": "home", "address": "12 Kiln Lane"}]
    assert attributes["sentiment"] == {"polarity": 1, "confidence": 0.5}


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ({"name": "Ada King Lovelace"}, ("Ada King Lovelace", "Ada", "King Lovelace")),
        ({"name": "Ada", "emails": [{"email": "ada@example.com"}]}, ("Ada", "Ada", None)),
        ({"name": "", "emails": [{"email": "ada@example.com"}]}, ("ada@example.com", None, None)),
        ({"emails": [{"email": "b@example.com"}, {"email": "a@example.com"}]}, ("b@example.com", None, None)),
    ],
)
def test_the_names_follow_from_the_name_or_the_first_address(
    api: httpx.Client, body: Body, shown: tuple[str | None, ...]
) -> None:
    attributes = made(api, **body)["attributes"]
    assert tuple(attributes.get(name) for name in ("displayName", "firstName", "lastName")) == shown


def test_colour_and_icon_stay_while_the_customer_changes(api: httpx.Client) -> None:
    customer = made(api, name="Ada")
    later = changed(api, customer, "?replace=true")["attributes"]
    for name in ("displayColor", "displayIcon"):
        assert later[name] == customer["attributes"][name]
    assert later["displayName"] == f"{later['displayColor']} {later['displayIcon']}".title()


@pytest.mark.parametrize(
    ("body", "verified"),
    [
        ({"emails": [{"email": "a@example.com"}]}, False),
        ({"emails": [{"email": "a@example.com", "verified": True}]}, True),
        ({"phones": [{"phone": "+4930123", "verified": True}]}, True),
        ({"externalId": "1"}, True),
        ({"sharedEmails": [{"email": "a@example.com", "verified": True}]}, False),
    ],
)
def test_an_external_id_or_a_verified_address_verifies(api: httpx.Client, body: Body, verified: bool) -> None:
    assert made(api, **body)["attributes"]["verified"] is verified


def test_times_of_an_import_are_kept(api: httpx.Client) -> None:
    attributes = made(api, createdAt="2020-02-03T04:05:06+01:00", importedAt="2026-01-01T00:00:00Z")["attributes"]
    assert attributes["createdAt"] == "2020-02-03T03:05:06.000Z"
    assert attributes["importedAt"] == "2026-01-01T00:00:00.000Z"
    assert attributes["updatedAt"] == "2026-01-15T09:00:00.000Z"


def test_tags_by_name_or_id_are_ids(api: httpx.Client) -> None:
    (tag,) = made(api, tags=["wholesale"])["attributes"]["tags"]
    assert api.get(f"/tags/{tag}").json()["data"]["attributes"]["name"] == "wholesale"
    assert made(api, tags=[tag, "wholesale"])["attributes"]["tags"] == [tag]


def test_custom_attributes_are_joined_with_those_it_has(api: httpx.Client) -> None:
    names = {"glazeStr": {"displayName": "Glaze"}, "kilnNum": {"displayName": "Kiln"}}
    assert api.put("/metadata/customer", json={"properties": names}).status_code == 200
    customer = made(api, custom={"glazeStr": "thin"})
    assert changed(api, customer, custom={"kilnNum": 3})["attributes"]["custom"] == {"glazeStr": "thin", "kilnNum": 3}
    replaced = changed(api, customer, "?replace=true", custom={"kilnNum": 4})
    assert replaced["attributes"]["custom"] == {"kilnNum": 4}


def test_a_custom_attribute_nobody_defined_is_refused(api: httpx.Client, untouched: Untouched) -> None:
    with untouched():
        response = api.post("/customers", json={"custom": {"glazeThickness": "thin"}})
    assert response.json()["errors"] == [
        {
            "status": 400,
            "source": {"parameter": "glazeThickness"},
            "code": "badparam",
            "title": "Additional properties not allowed",
            "detail": "/properties/custom/additionalProperties",
        }
    ]


# Changing


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_change_changes_what_is_given(api: httpx.Client, harness: Sandbox, method: str) -> None:
    customer = made(api, name="Ada", locale="en", emails=[{"email": "ada@example.com"}])
    harness.clock.advance("1m")
    response = api.request(method, f"/customers/{customer['id']}", json={"name": "Ada L.", "locale": None})
    attributes = response.json()["data"]["attributes"]
    later = "2026-01-15T09:01:00.000Z"
    expected = {**customer["attributes"], "name": "Ada L.", "displayName": "Ada L.", "lastName": "L.", "rev": 2}
    expected |= dict.fromkeys(("updatedAt", "modifiedAt", "lastActivityAt"), later)
    del expected["locale"]
    assert attributes == expected


def test_replace_drops_what_is_not_given_but_not_what_is_known_besides(api: httpx.Client) -> None:
    customer = made(
        api,
        name="Naia",
        locale="en",
        externalId="TW",
        phones=[{"phone": "+4930123"}],
        tags=["glaze"],
        company=company(api),
        sentiment={"polarity": 0, "confidence": 0},
        lastSeenAt="2026-01-01T00:00:00Z",
    )
    replaced = changed(api, customer, "?replace=true", emails=[{"email": "naia@example.com"}])
    attributes = replaced["attributes"]
    assert attributes.keys().isdisjoint(("name", "locale", "externalId", "companyName", "firstName"))
    assert (attributes["phones"], attributes["externalIds"], attributes["tags"]) == ([], [], [])
    assert attributes["sentiment"] == {}
    assert attributes["emails"][0]["email"] == attributes["displayName"] == "naia@example.com"
    assert attributes["lastSeenAt"] == "2026-01-01T00:00:00.000Z"
    assert (attributes["createdAt"], attributes["rev"]) == (customer["attributes"]["createdAt"], 2)
    assert "company" not in replaced["relationships"]


def test_an_old_rev_is_a_conflict(api: httpx.Client, untouched: Untouched) -> None:
    customer = made(api, name="Ada")
    changed(api, customer, name="Ada L.", rev=1)
    with untouched():
        response = api.put(f"/customers/{customer['id']}", json={"name": "Ada King", "rev": 1})
    assert error(response) == (409, "rev", "Conflict")


def test_an_unknown_customer_cannot_be_changed(api: httpx.Client, untouched: Untouched) -> None:
    with untouched():
        response = api.patch(f"/customers/{NOBODY}", json={"name": "Ada"})
    assert error(response) == (404, "id", "Not Found")


def test_one_user_changes_one_customer_120_times_a_minute(
    api: httpx.Client, kustomer: Account, harness: Sandbox
) -> None:
    kustomer.quotas["object_updates"].limit = 2
    first, second = made(api), made(api)
    changed(api, first, name="1")
    changed(api, first, name="2")
    refused = api.patch(f"/customers/{first['id']}", json={"name": "3"})
    assert error(refused)[0] == 429
    assert api.get(f"/customers/{first['id']}").json()["data"]["attributes"]["name"] == "2"
    changed(api, second, name="1")
    harness.clock.advance("1m")
    changed(api, first, name="3")


@pytest.mark.parametrize(("choice", "status"), [("mfop", 201), ("mf", 400)])
def test_the_letters_for_a_gender_are_a_quirk(api: httpx.Client, kustomer: Account, choice: str, status: int) -> None:
    kustomer.quirks["genders"] = choice
    response = api.post("/customers", json={"gender": "o"})
    assert response.status_code == status
    if status == 400:
        (told,) = response.json()["errors"]
        assert (told["title"], told["detail"]) == ('No enum match for: "o"', "/properties/gender/enum")


# Companies


def test_a_customer_shows_its_company_and_its_name(api: httpx.Client) -> None:
    id = company(api)
    customer = made(api, company=id)
    assert customer["attributes"]["companyName"] == "Fernhill"
    assert customer["relationships"]["company"] == {
        "links": {"self": f"/v1/companies/{id}"},
        "data": {"type": "company", "id": id},
    }


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
@pytest.mark.parametrize(("choice", "kept"), [("unlinks", False), ("keeps", True)])
def test_a_company_left_out_is_unlinked_unless_the_quirk_keeps_it(
    api: httpx.Client, kustomer: Account, method: str, choice: str, kept: bool
) -> None:
    kustomer.quirks["company_left_out"] = choice
    customer = made(api, company=company(api))
    later = api.request(method, f"/customers/{customer['id']}", json={"name": "Ada"}).json()["data"]
    assert ("company" in later["relationships"]) is kept
    assert ("companyName" in later["attributes"]) is kept


def test_a_company_that_is_null_is_unlinked_whatever_the_quirk(api: httpx.Client, kustomer: Account) -> None:
    kustomer.quirks["company_left_out"] = "keeps"
    later = changed(api, made(api, company=company(api)), company=None)
    assert "company" not in later["relationships"]


def test_a_company_that_was_deleted_may_be_named_again_by_a_customer_that_has_it(api: httpx.Client) -> None:
    fernhill = company(api)
    customer, other = made(api, company=fernhill), made(api)
    assert api.put(f"/companies/{fernhill}", json={"deleted": True}).status_code == 200
    later = changed(api, customer, "?replace=true", name="Merel", company=fernhill)
    assert later["attributes"]["companyName"] == "Fernhill"
    assert later["relationships"]["company"]["data"]["id"] == fernhill
    assert error(api.put(f"/customers/{other['id']}", json={"company": fernhill}))[:2] == (400, "company")


@pytest.mark.parametrize("id", [NOBODY, "Fernhill"])
def test_a_company_that_is_not_there_is_refused(api: httpx.Client, untouched: Untouched, id: str) -> None:
    customer = made(api)
    with untouched():
        assert error(api.post("/customers", json={"company": id}))[:2] == (400, "company")
        assert error(api.put(f"/customers/{customer['id']}", json={"company": id}))[:2] == (400, "company")


# Deleting


def test_a_deleted_customer_is_gone(api: httpx.Client) -> None:
    customer = made(api, externalId="1")
    path = f"/customers/{customer['id']}"
    assert (api.delete(path).status_code, api.get(path).status_code) == (204, 404)
    assert error(api.delete(path)) == (404, "id", "Not Found")
    assert api.get("/customers/externalId=1").status_code == 404
    assert api.get("/customers").json()["data"] == []


def test_what_a_deleted_customer_had_is_free(api: httpx.Client) -> None:
    customer = made(api, emails=[{"email": "ada@example.com"}])
    api.delete(f"/customers/{customer['id']}")
    made(api, emails=[{"email": "ada@example.com"}])


def test_a_deleted_customer_may_be_read_by_a_quirk_but_not_written(
    api: httpx.Client, kustomer: Account, untouched: Untouched
) -> None:
    kustomer.quirks["deleted_reads"] = "document"
    path = f"/customers/{made(api)['id']}"
    api.delete(path)
    attributes = api.get(path).json()["data"]["attributes"]
    assert attributes["deleted"] is True
    assert "deletedAt" in attributes
    with untouched():
        assert api.put(path, json={"name": "Ada"}).status_code == 404
        assert api.delete(path).status_code == 404


def test_the_objects_of_a_deleted_customer_stay_without_one(api: httpx.Client) -> None:
    assert api.post("/klasses", json={"name": "order"}).status_code in (200, 201)
    customer = made(api)
    path = f"/customers/{customer['id']}"
    order = api.post(f"{path}/klasses/order", json={"title": "Order 1"}).json()["data"]
    assert order["relationships"]["customer"]["data"]["id"] == customer["id"]
    assert api.delete(path).status_code == 204
    assert "customer" not in api.get(f"/klasses/orders/{order['id']}").json()["data"]["relationships"]


def test_the_conversations_of_a_deleted_customer_go_with_it(api: httpx.Client) -> None:
    customer = made(api)
    conversation = api.post("/conversations", json={"customer": customer["id"]}).json()["data"]
    assert api.delete(f"/customers/{customer['id']}").status_code == 204
    assert api.get(f"/conversations/{conversation['id']}").status_code == 404
