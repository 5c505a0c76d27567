"""Unified ticketing contacts and accounts on Kustomer, both ways."""

from __future__ import annotations

from typing import Any

import pytest

CONTACTS = "ticketing.contacts"
ACCOUNTS = "ticketing.accounts"


def test_a_customer_is_a_contact_with_its_company_and_revision(scripted: Any, records: Any) -> None:
    assert scripted.listed(f"{CONTACTS}.list", records["customers"]["full"]) == [
        {
            "id": "64b000000000000000000001",
            "first_name": "Ada",
            "last_name": "Byron",
            "name": "Ada Maria Byron",
            "emails": [{"email": "ada@example.org", "type": "home"}, {"email": "ada@example.net", "type": "work"}],
            "phones": [{"number": "+12025550101", "type": "mobile"}],
            "account_id": "64a000000000000000000001",
            "created_at": "2025-05-05T05:05:05.000Z",
            "updated_at": "2025-06-06T06:06:06.000Z",
            "etag": "3",
            "custom_fields": {"tierStr": "gold", "visitsNum": 4},
            "is_active": True,
        }
    ]


def test_what_kustomer_calls_somebody_without_a_name_is_no_name(scripted: Any, records: Any) -> None:
    contact = scripted.mapped(f"{CONTACTS}.get", {"data": records["customers"]["nameless"]}, id="64b")
    assert contact == {
        "id": "64b000000000000000000003",
        "emails": [],
        "phones": [],
        "created_at": "2025-05-05T05:05:05.000Z",
        "updated_at": "2025-05-05T05:05:05.000Z",
        "etag": "2",
        "is_active": False,
    }


def test_ranges_and_one_order_need_no_search(scripted: Any) -> None:
    query = {"created_at": {"gt": "2026-01-01T01:00:00+01:00"}, "sort_by": {"updated_at": "desc"}}
    scripted.listed(f"{CONTACTS}.list", query=query)
    assert scripted.requests() == [
        ("GET", "/customers?filter[createdAt][gt]=2026-01-01T00:00:00.000Z&sort=-updatedAt", None)
    ]


@pytest.mark.parametrize(
    ("query", "condition"),
    [
        ({"emails": [{"email": "ada@example.org"}]}, {"customer_email": {"equals": "ada@example.org"}}),
        ({"phones": [{"number": "+12025550101"}]}, {"customer_phone": {"equals": "+12025550101"}}),
        ({"name": "Ada Maria Byron"}, {"customer_name": {"equals": "Ada Maria Byron"}}),
        ({"first_name": "Ada"}, {"customer_name": {"contains": "Ada"}}),
        ({"type": "twitter"}, {"customer_social_type": {"equals": "twitter"}}),
        ({"search": "red bowl"}, {"customer_any_text": {"contains": "red bowl"}}),
    ],
)
def test_what_the_list_cannot_find_the_search_finds(scripted: Any, query: Any, condition: Any) -> None:
    scripted.listed(f"{CONTACTS}.list", query=query)
    assert scripted.requests() == [("POST", "/customers/search", {"queryContext": "customer", "and": [condition]})]


def test_of_those_with_a_word_in_their_name_those_who_have_it_first_are_left(scripted: Any, records: Any) -> None:
    people = [records["customers"]["full"], records["customers"]["namesake"]]
    found = {
        name: [each["id"][-1] for each in scripted.listed(f"{CONTACTS}.list", *people, query=query)]
        for name, query in {
            "first": {"first_name": "Ada"},
            "last": {"last_name": "Ada"},
            "both": {"first_name": "Ada", "last_name": "Byron"},
            "neither": {"first_name": "Maria"},
        }.items()
    }
    assert found == {"first": ["1"], "last": ["2"], "both": ["1"], "neither": []}


def test_a_page_of_which_nothing_is_left_still_leads_on(scripted: Any, records: Any) -> None:
    answer = {"data": [records["customers"]["namesake"]], "links": {"next": "/v1/customers/search?page=2&pageSize=1"}}
    body = scripted.mapped(f"{CONTACTS}.list", answer, query={"first_name": "Ada", "limit": "1"})
    assert body["result"] == []
    assert body["next_cursor"]


def test_the_next_page_of_a_search_is_searched_for_anew(scripted: Any) -> None:
    answer = {"data": [], "links": {"next": "/v1/customers/search?page=2&pageSize=1"}}
    cursor = scripted.mapped(f"{CONTACTS}.list", answer, query={"name": "Ada", "limit": "1"})["next_cursor"]
    scripted.listed(f"{CONTACTS}.list", query={"name": "Ada", "limit": "1", "next_cursor": cursor})
    (verb, address, body) = scripted.requests()[0]
    assert (verb, address.partition("?")[0]) == ("POST", "/customers/search")
    assert "page=2" in address
    assert body["and"] == [{"customer_name": {"equals": "Ada"}}]


def test_a_filter_search_does_not_know_is_refused_under_the_quirk(scripted: Any) -> None:
    answer = scripted.call(f"{CONTACTS}.list", query={"account_id": "64a"}, unsupported_filter="refuse")
    assert answer.status == 400
    assert "cannot filter contacts by account_id" in answer.body["message"]


def test_a_change_names_what_kustomer_would_drop_otherwise(scripted: Any, records: Any) -> None:
    held = {"data": records["customers"]["full"]}
    scripted.mapped(f"{CONTACTS}.update", held, held, id="64b", body={"last_name": "King"})
    assert scripted.requests()[1] == (
        "PUT",
        "/customers/64b",
        {"name": "Ada King", "company": "64a000000000000000000001"},
    )


def test_a_change_of_fields_keeps_the_others(scripted: Any, records: Any) -> None:
    held = {"data": records["customers"]["full"]}
    scripted.mapped(f"{CONTACTS}.update", held, held, id="64b", body={"custom_fields": {"visitsNum": None}})
    assert scripted.requests()[1][2]["custom"] == {"tierStr": "gold", "visitsNum": None}


def test_an_address_that_stays_stays_verified(scripted: Any, records: Any) -> None:
    held = {"data": records["customers"]["full"]}
    body = {"emails": [{"email": "ada@example.org", "type": "private"}, {"email": "new@example.org"}]}
    scripted.mapped(f"{CONTACTS}.update", held, held, id="64b", body=body)
    assert scripted.requests()[1][2]["emails"] == [
        {"type": "other", "verified": True, "email": "ada@example.org"},
        {"email": "new@example.org"},
    ]


def test_a_change_of_an_old_version_is_kustomers_conflict(scripted: Any, records: Any) -> None:
    conflict = {"errors": [{"status": 409, "source": {"parameter": "rev"}, "code": "conflict", "title": "Conflict"}]}
    held = {"data": records["customers"]["full"]}
    body = scripted.mapped(f"{CONTACTS}.update", held, (409, conflict), id="64b", body={"name": "Ada", "etag": "2"})
    assert scripted.requests()[1][2]["rev"] == 2
    assert (body["statusCode"], body["message"]) == (409, "Conflict (rev)")


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            {"title": "Missing required property: name", "source": {"parameter": "name"}},
            "Missing required property: name",
        ),
        ({"title": "Not Found", "source": {"parameter": "id"}}, "Not Found (id)"),
        ({"title": "Unauthorized"}, "Unauthorized"),
        ({"message": "The body is wrong", "meta": {}}, "The body is wrong"),
    ],
)
def test_an_error_has_the_words_of_kustomer(scripted: Any, error: Any, message: str) -> None:
    body = scripted.mapped(f"{CONTACTS}.get", (400, {"errors": [{"code": "odd", **error}]}), id="64b")
    assert body["message"] == message
    assert body["truto_error_insight"]["remote_error"]["value"] == {"message": message, "code": "odd"}


def test_a_company_is_an_account_with_its_domains(scripted: Any, records: Any) -> None:
    companies = records["companies"]
    assert scripted.listed(f"{ACCOUNTS}.list", companies["full"], companies["sparse"]) == [
        {
            "id": "64a000000000000000000001",
            "name": "Lindqvist Ceramics",
            "domains": ["lindqvist.example.org", "clay.example.org"],
            "created_at": "2025-01-02T03:04:05.000Z",
            "updated_at": "2025-02-03T04:05:06.000Z",
            "etag": "7",
        },
        {
            "id": "64a000000000000000000002",
            "name": "Nobody & Sons",
            "domains": [],
            "created_at": "2025-01-02T03:04:05.000Z",
            "updated_at": "2025-01-02T03:04:05.000Z",
        },
    ]


def test_an_account_is_deleted_by_a_mark(scripted: Any, records: Any) -> None:
    assert scripted.mapped(f"{ACCOUNTS}.delete", {"data": records["companies"]["full"]}, id="64a") == {"id": "64a"}
    assert scripted.requests() == [("PUT", "/companies/64a", {"deleted": True})]
