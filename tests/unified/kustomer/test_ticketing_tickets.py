"""Unified tickets on Kustomer, both ways."""

from __future__ import annotations

from typing import Any

import pytest

TICKETS = "ticketing.tickets"


def test_a_conversation_is_a_ticket(scripted: Any, records: Any) -> None:
    assert scripted.listed(f"{TICKETS}.list", records["conversations"]["full"]) == [
        {
            "id": "64e000000000000000000001",
            "name": "Cracked bowl",
            "assignees": [{"id": "64c000000000000000000001"}, {"id": "64c000000000000000000002"}],
            "status": {"id": "done", "name": "closed"},
            "created_by": {"id": "64c000000000000000000001", "type": "user"},
            "workspace": {"id": "64f0000000000000000000aa"},
            "team": {"id": "64d000000000000000000001"},
            "conversations": [
                {"id": "64e000000000000000000001", "name": "Cracked bowl", "type": "email"},
                {"id": "64e000000000000000000001", "name": "Cracked bowl", "type": "sms"},
            ],
            "contact": {"id": "64b000000000000000000001"},
            "tags": [{"id": "64f000000000000000000011"}, {"id": "64f000000000000000000012"}],
            "priority": {"id": "5", "name": "5"},
            "created_at": "2026-01-01T10:00:00.000Z",
            "updated_at": "2026-01-03T10:00:00.000Z",
            "closed_at": "2026-01-02T12:00:00.000Z",
            "custom_fields": {"orderStr": "A-1"},
            "etag": "9",
        }
    ]


def test_a_ticket_that_was_opened_again_is_not_closed(scripted: Any, records: Any) -> None:
    ticket = scripted.mapped(f"{TICKETS}.get", {"data": records["conversations"]["reopened"]}, id="64e")
    assert ticket == {
        "id": "64e000000000000000000002",
        "assignees": [],
        "status": {"id": "open", "name": "open"},
        "conversations": [{"id": "64e000000000000000000002"}],
        "contact": {"id": "64b000000000000000000001"},
        "tags": [],
        "created_at": "2026-01-01T10:00:00.000Z",
        "updated_at": "2026-01-03T10:00:00.000Z",
        "etag": "2",
    }


@pytest.mark.parametrize(
    ("status", "expected"),
    [("snoozed", {"id": "snoozed", "name": "pending"}), ("escalated", {"id": "escalated"})],
)
def test_a_status_keeps_its_id_and_gets_a_name_where_one_is_known(
    scripted: Any, records: Any, status: str, expected: Any
) -> None:
    told = records["conversations"]["full"]
    told = {**told, "attributes": {**told["attributes"], "status": status}}
    assert scripted.mapped(f"{TICKETS}.get", {"data": told}, id="64e")["status"] == expected


def test_the_ids_of_the_statuses_are_those_a_change_takes(scripted: Any, records: Any) -> None:
    statuses = scripted.mapped("ticketing.ticket_status.list")["result"]
    assert [each["id"] for each in statuses] == ["open", "snoozed", "done"]
    for each in statuses:
        told = {"data": records["conversations"]["full"]}
        scripted.mapped(f"{TICKETS}.update", told, id="64e", body={"status": {"id": each["id"]}})
        assert scripted.requests() == [("PUT", "/conversations/64e", {"status": each["id"]})]


def test_the_priorities_are_those_tickets_have(scripted: Any, records: Any) -> None:
    priorities = scripted.mapped("ticketing.ticket_priorities.list")["result"]
    assert [each["id"] for each in priorities] == ["1", "2", "3", "4", "5"]
    ticket = scripted.mapped(f"{TICKETS}.get", {"data": records["conversations"]["full"]}, id="64e")
    assert ticket["priority"] in priorities


@pytest.mark.parametrize(
    ("query", "address", "body"),
    [
        ({}, "/conversations", None),
        ({"contact": {"id": "64b"}}, "/customers/64b/conversations", None),
        (
            {"contact": {"id": "64b"}, "updated_at": {"gte": "2026-01-01"}},
            "/customers/search",
            {
                "queryContext": "conversation",
                "and": [
                    {"conversation_customer_id": {"equals": "64b"}},
                    {"conversation_updated_at": {"gte": "2026-01-01T00:00:00.000Z"}},
                ],
            },
        ),
        (
            {"sort_by": {"created_at": "desc"}},
            "/customers/search",
            {"queryContext": "conversation", "sort": [{"conversation_created_at": "desc"}]},
        ),
        (
            {"search": "bowl", "status": {"name": "pending"}},
            "/customers/search",
            {
                "queryContext": "conversation",
                "and": [
                    {"conversation_status": {"equals": "snoozed"}},
                    {"conversation_any_text": {"contains": "bowl"}},
                ],
            },
        ),
    ],
)
def test_only_what_a_list_cannot_take_is_searched_for(scripted: Any, query: Any, address: str, body: Any) -> None:
    scripted.listed(f"{TICKETS}.list", query=query)
    assert scripted.requests() == [("POST" if body else "GET", address, body)]


def test_a_moment_that_is_none_is_left_to_kustomer(scripted: Any) -> None:
    scripted.listed(f"{TICKETS}.list", query={"created_at": {"gt": "yesterday"}})
    assert scripted.requests()[0][2]["and"] == [{"conversation_created_at": {"gt": "yesterday"}}]


def test_a_ticket_with_a_description_answers_as_it_is_afterwards(scripted: Any, records: Any) -> None:
    made, afterwards = records["conversations"]["reopened"], records["conversations"]["full"]
    ticket = scripted.call(
        f"{TICKETS}.create",
        {"data": made},
        {"data": records["messages"]["inbound"]},
        {"data": afterwards},
        body={"contact": {"id": "64b"}, "description": "It cracked.", "conversations": [{"type": "chat"}]},
    ).body
    assert (ticket["id"], ticket["remote_data"]) == (afterwards["id"], afterwards)
    assert scripted.requests() == [
        ("POST", "/conversations", {"customer": "64b"}),
        (
            "POST",
            f"/conversations/{made['id']}/messages",
            {"channel": "chat", "app": "chat", "direction": "in", "preview": "It cracked."},
        ),
        ("GET", f"/conversations/{made['id']}", None),
    ]


def test_a_ticket_without_a_description_is_made_by_one_call(scripted: Any, records: Any) -> None:
    made = records["conversations"]["full"]
    ticket = scripted.call(f"{TICKETS}.create", {"data": made}, body={"contact": {"id": "64b"}}).body
    assert (ticket["etag"], ticket["remote_data"]) == ("9", made)


def test_a_ticket_for_somebody_unknown_is_not_made(scripted: Any) -> None:
    error = {"errors": [{"status": 404, "source": {"parameter": "email"}, "code": "notfound", "title": "Not Found"}]}
    body = {"contact": {"emails": [{"email": "no@example.org"}]}}
    answer = scripted.call(f"{TICKETS}.create", (404, error), body=body)
    assert (answer.status, answer.body["message"]) == (404, "Not Found (email)")
    assert scripted.requests() == [("GET", "/customers/email=no@example.org", None)]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"status": {"name": "archived"}}, "open, snoozed or done, not archived"),
        ({"contact": {"id": "64b"}, "tags": []}, "change contact alone"),
    ],
)
def test_a_change_kustomer_cannot_make_is_refused_before_it_is_asked(scripted: Any, body: Any, says: str) -> None:
    answer = scripted.call(f"{TICKETS}.update", id="64e", body=body)
    assert answer.status == 400
    assert says in answer.body["message"]


def test_a_change_of_fields_keeps_the_others(scripted: Any, records: Any) -> None:
    held = {"data": records["conversations"]["full"]}
    scripted.mapped(f"{TICKETS}.update", held, held, id="64e", body={"custom_fields": {"rushBool": True}})
    assert scripted.requests()[1] == (
        "PUT",
        "/conversations/64e",
        {"custom": {"orderStr": "A-1", "rushBool": True}},
    )


def test_the_version_of_a_ticket_comes_back_as_its_revision(scripted: Any, records: Any) -> None:
    told = {"data": records["conversations"]["full"]}
    etag = scripted.mapped(f"{TICKETS}.get", told, id="64e")["etag"]
    scripted.mapped(f"{TICKETS}.update", told, id="64e", query={"etag": etag}, body={"name": "Bowl"})
    assert scripted.requests() == [("PUT", "/conversations/64e", {"name": "Bowl", "rev": 9})]
