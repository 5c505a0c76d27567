"""Unified comments and attachments on Kustomer, both ways."""

from __future__ import annotations

from typing import Any

import pytest

COMMENTS = "ticketing.comments"
ATTACHMENTS = "ticketing.attachments"
OF = {"ticket": {"id": "64e000000000000000000001"}}


def test_a_message_of_the_customer_is_the_contacts(scripted: Any, records: Any) -> None:
    assert scripted.listed(f"{COMMENTS}.list", records["messages"]["inbound"], query=OF) == [
        {
            "id": "64a100000000000000000001",
            "author": {"id": "64b000000000000000000001", "username": "ada@example.org", "type": "contact"},
            "body": "Is it ready?",
            "ticket": {"id": "64e000000000000000000001"},
            "attachments": [{"id": "64a200000000000000000001"}, {"id": "64a200000000000000000002"}],
            "is_internal": False,
            "is_private": False,
            "channel": {"name": "postmark", "type": "email"},
            "created_at": "2026-01-01T10:00:00.000Z",
            "updated_at": "2026-01-01T10:00:01.000Z",
            "etag": "1",
        }
    ]


def test_a_message_to_the_customer_is_a_users(scripted: Any, records: Any) -> None:
    comment = scripted.mapped(f"{COMMENTS}.get", {"data": records["messages"]["outbound"]}, id="64a")
    assert comment["author"] == {"id": "64c000000000000000000001", "type": "user"}
    assert comment["receiver"] == {"id": "64b000000000000000000001", "type": "contact"}


def test_an_automatic_message_is_the_systems(scripted: Any, records: Any) -> None:
    told = records["messages"]["outbound"]
    told = {**told, "attributes": {**told["attributes"], "auto": True}}
    assert scripted.mapped(f"{COMMENTS}.get", {"data": told}, id="64a")["author"]["type"] == "system"


def test_a_note_is_internal_and_private_and_goes_by_no_channel(scripted: Any, records: Any) -> None:
    query = {**OF, "is_internal": "true"}
    assert scripted.listed(f"{COMMENTS}.list", records["notes"]["full"], query=query) == [
        {
            "id": "64a300000000000000000001",
            "author": {"id": "64c000000000000000000001", "type": "user"},
            "body": "Call first.",
            "ticket": {"id": "64e000000000000000000001"},
            "attachments": [],
            "is_internal": True,
            "is_private": True,
            "created_at": "2026-01-01T13:00:00.000Z",
            "updated_at": "2026-01-01T13:00:00.000Z",
        }
    ]


@pytest.mark.parametrize(
    ("query", "address"),
    [
        ({}, "/messages"),
        (OF, f"/conversations/{OF['ticket']['id']}/messages"),
        ({**OF, "is_private": "true"}, f"/conversations/{OF['ticket']['id']}/notes"),
        ({"is_internal": "true"}, "/notes"),
    ],
)
def test_each_kind_of_comment_has_a_list_within_a_ticket_and_one_of_all(
    scripted: Any, query: Any, address: str
) -> None:
    scripted.listed(f"{COMMENTS}.list", query=query)
    assert scripted.requests() == [("GET", address, None)]


def test_messages_of_a_ticket_since_a_moment_are_those_of_its_customer_without_other_tickets(
    scripted: Any, records: Any
) -> None:
    messages = [records["messages"][name] for name in ("inbound", "elsewhere", "outbound")]
    before = ({"data": records["conversations"]["full"]},)
    query = {**OF, "created_at": {"gt": "2026-01-01T09:00:00Z"}, "sort_by": {"created_at": "asc"}}
    found = scripted.listed(f"{COMMENTS}.list", *messages, before=before, query=query)
    assert [each["body"] for each in found] == ["Is it ready?", "It is."]
    assert scripted.requests() == [
        ("GET", f"/conversations/{OF['ticket']['id']}", None),
        (
            "POST",
            "/customers/search",
            {
                "queryContext": "message",
                "and": [
                    {"message_customer_id": {"equals": "64b000000000000000000001"}},
                    {"message_created_at": {"gt": "2026-01-01T09:00:00.000Z"}},
                ],
                "sort": [{"message_created_at": "asc"}],
            },
        ),
    ]


def test_notes_of_a_ticket_since_a_moment_take_one_search(scripted: Any, records: Any) -> None:
    query = {**OF, "is_internal": "true", "updated_at": {"lte": "2026-01-02T00:00:00Z"}}
    assert len(scripted.listed(f"{COMMENTS}.list", records["notes"]["full"], query=query)) == 1
    assert scripted.requests() == [
        (
            "POST",
            "/customers/search",
            {
                "queryContext": "note",
                "and": [
                    {"note_conversation_id": {"equals": OF["ticket"]["id"]}},
                    {"note_updated_at": {"lte": "2026-01-02T00:00:00.000Z"}},
                ],
            },
        )
    ]


def test_of_a_ticket_that_is_not_there_nothing_is_searched_for(scripted: Any) -> None:
    error = {"errors": [{"status": 404, "source": {"parameter": "id"}, "code": "notfound", "title": "Not Found"}]}
    answer = scripted.call(f"{COMMENTS}.list", (404, error), query={**OF, "created_at": {"gt": "2026-01-01"}})
    assert answer.status == 404


def test_a_new_message_goes_by_the_channel_of_the_last_one(scripted: Any, records: Any) -> None:
    so_far = {"data": [records["messages"]["inbound"], records["messages"]["outbound"]]}
    made = {"data": records["messages"]["outbound"]}
    scripted.mapped(f"{COMMENTS}.create", so_far, made, body={**OF, "body": "Yes."})
    assert scripted.requests()[1][2] == {"channel": "sms", "app": "twilio", "direction": "out", "preview": "Yes."}


def test_a_new_message_by_a_channel_goes_by_the_app_that_channel_had(scripted: Any, records: Any) -> None:
    mail = {**records["messages"]["inbound"]}
    mail["attributes"] = {**mail["attributes"], "app": "gmail"}
    so_far = {"data": [mail, records["messages"]["outbound"]]}
    body = {**OF, "body": "Yes.", "channel": {"type": "email"}}
    scripted.mapped(f"{COMMENTS}.create", so_far, {"data": mail}, body=body)
    assert scripted.requests()[1][2] == {"channel": "email", "app": "gmail", "direction": "out", "preview": "Yes."}


def test_a_note_tells_what_its_files_are(scripted: Any, records: Any) -> None:
    file = {"data": records["attachments"]["photo"], "meta": {}}
    body = {**OF, "is_internal": True, "body": "See.", "attachments": [{"id": "64a2"}]}
    scripted.mapped(f"{COMMENTS}.create", file, {"data": records["notes"]["full"]}, body=body)
    assert scripted.requests()[1][2]["attachments"] == [
        {"_id": "64a200000000000000000001", "name": "bowl.jpg", "contentType": "image/jpeg", "contentLength": 99}
    ]


def test_a_note_is_changed_without_its_ticket(scripted: Any, records: Any) -> None:
    body = {"is_private": True, "body": "Call later."}
    scripted.mapped(f"{COMMENTS}.update", {"data": records["notes"]["full"]}, id="64a3", body=body)
    assert scripted.requests() == [("PATCH", "/notes/64a3", {"body": "Call later."})]


def test_a_note_can_be_deleted(scripted: Any) -> None:
    assert scripted.mapped(f"{COMMENTS}.delete", (204, None), id="64a3") == {"id": "64a3"}
    assert scripted.requests() == [("DELETE", "/notes/64a3", None)]


def test_a_file_of_a_ticket_is_known_by_its_address_where_its_id_is_left_out(scripted: Any, records: Any) -> None:
    files = records["attachments"]
    photo, cup = scripted.listed(f"{ATTACHMENTS}.list", files["photo"], files["nameless"], query=OF)
    assert photo == {
        "id": "64a200000000000000000001",
        "file_name": "bowl.jpg",
        "ticket_id": "64e000000000000000000001",
        "size": 99,
        "file_url": "https://files.example.org/bowl.jpg",
        "content_type": "image/jpeg",
    }
    assert cup["id"] == "64a200000000000000000002"


def test_a_new_file_says_where_to_send_it(scripted: Any, records: Any) -> None:
    upload = {"upload": {"url": "https://files.example.org/", "fields": {"key": "bowl"}}}
    body = {"file_name": "bowl.jpg", "content_type": "image/jpeg", "size": 99}
    told = {"data": records["attachments"]["photo"], "meta": upload}
    attachment = scripted.call(f"{ATTACHMENTS}.create", told, body=body).body
    assert (attachment["id"], attachment["remote_data"]["meta"]) == ("64a200000000000000000001", upload)


def test_a_file_of_a_message_is_read_within_it(scripted: Any, records: Any) -> None:
    told = {"data": records["attachments"]["photo"]}
    attachment = scripted.mapped(f"{ATTACHMENTS}.get", told, id="64a2", query={"comment": {"id": "64a1"}})
    assert attachment["file_name"] == "bowl.jpg"
    assert scripted.requests() == [("GET", "/messages/64a1/attachments/64a2", None)]
