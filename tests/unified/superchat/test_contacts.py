"""Unified ticketing contacts on Superchat, both ways."""

from __future__ import annotations

from typing import Any

import pytest

CONTACTS = "ticketing.contacts"


def test_a_contact_has_its_names_addresses_numbers_and_attributes(scripted: Any, records: Any) -> None:
    assert scripted.listed(f"{CONTACTS}.list", records["contacts"]["full"]) == [
        {
            "id": "ct_full",
            "first_name": "Ada",
            "last_name": "Byron",
            "name": "Ada Byron",
            "emails": [{"email": "ada@example.org"}, {"email": "ada@example.net"}],
            "phones": [{"number": "+4915100000001"}, {"number": "+4915100000002"}],
            "custom_fields": {
                "Number": "A-1",
                "Orders": 2.5,
                "Seen": "2026-01-01T10:00:00Z",
                "Born": "1815-12-10",
                "Tier": "Gold",
                "Likes": ["Tents"],
                "Hates": [],
                "Gone": None,
            },
            "created_at": "2025-05-05T05:05:05Z",
            "updated_at": "2025-06-06T06:06:06Z",
        }
    ]


def test_a_contact_without_names_and_known_handles_has_empty_lists(scripted: Any, records: Any) -> None:
    contact = scripted.mapped(f"{CONTACTS}.get", records["contacts"]["nameless"], id="ct_nameless")
    assert contact == {
        "id": "ct_nameless",
        "first_name": None,
        "last_name": None,
        "name": None,
        "emails": [],
        "phones": [],
        "custom_fields": {},
        "created_at": "2025-05-05T05:05:05.123Z",
        "updated_at": "2025-05-05T05:05:05.123Z",
    }


def test_one_address_and_one_attribute_stay_a_list_and_an_object(scripted: Any, records: Any) -> None:
    contact = scripted.mapped(f"{CONTACTS}.get", records["contacts"]["last_name_only"], id="ct_last")
    assert contact["name"] == "Meyer"
    assert contact["phones"] == [{"number": "+12125550100"}]
    assert contact["custom_fields"] == {"Tier": "Silver"}


def test_a_page_of_contacts_keeps_their_order_and_the_cursors(scripted: Any, records: Any) -> None:
    given = list(records["contacts"].values())
    page = {"url": "/contacts", "results": given, "pagination": {"next_cursor": "ct_last", "previous_cursor": "ct_0"}}
    body = scripted.mapped(f"{CONTACTS}.list", page, query={"limit": "500", "next_cursor": "ct_a"})
    assert [each["id"] for each in body["result"]] == ["ct_full", "ct_nameless", "ct_last"]
    assert (body["next_cursor"], body["prev_cursor"], body["result_count"]) == ("ct_last", "ct_0", 3)
    assert scripted.requests() == [("GET", "/contacts?limit=100&after=ct_a", None)]


@pytest.mark.parametrize(
    ("asked", "condition"),
    [
        ({"emails": [{"email": "ada@example.org"}]}, {"field": "mail", "value": "ada@example.org"}),
        ({"phones": {"number": "+49151"}}, {"field": "phone", "value": "+49151"}),
        ({"first_name": "Ada"}, {"field": "custom_attribute", "value": "Ada", "identifier": "first_name"}),
        ({"last_name": "Byron"}, {"field": "custom_attribute", "value": "Byron", "identifier": "last_name"}),
    ],
)
def test_a_filter_becomes_a_search(scripted: Any, records: Any, asked: Any, condition: Any) -> None:
    found = scripted.listed(f"{CONTACTS}.list", records["contacts"]["full"], query={**asked, "limit": "7"})
    assert [each["id"] for each in found] == ["ct_full"]
    [(verb, address, body)] = scripted.requests()
    assert (verb, address) == ("POST", "/contacts/search?limit=7")
    assert body == {"query": {"value": [{"operator": "=", **condition}]}}


@pytest.mark.parametrize(
    "asked",
    [
        {"emails": [{"email": "a@example.org"}, {"email": "b@example.org"}]},
        {"emails": [{"email": "a@example.org"}], "phones": [{"number": "+49151"}]},
        {"first_name": "Ada", "last_name": "Byron"},
    ],
)
def test_more_than_one_condition_is_refused_rather_than_dropped(scripted: Any, asked: Any) -> None:
    answer = scripted.call(f"{CONTACTS}.list", query=asked)
    assert answer.status == 400
    assert "one condition" in answer.body["message"]
    assert scripted.sent == []


def test_a_search_without_hits_is_an_empty_list(fake: Any) -> None:
    body = fake.call(f"{CONTACTS}.list", query={"emails": [{"email": "nobody@example.org"}]}).body
    assert (body["result"], body["next_cursor"]) == ([], None)


def test_the_fake_finds_a_contact_by_its_number(fake: Any) -> None:
    known = next(
        (contact, handle["value"])
        for contact in fake.read("/contacts?limit=100")["results"]
        for handle in contact["handles"]
        if handle["type"] == "phone"
    )
    found = fake.call(f"{CONTACTS}.list", query={"phones": [{"number": known[1]}]}).body["result"]
    assert [each["id"] for each in found] == [known[0]["id"]]


@pytest.mark.parametrize("limit", ["1", "2", "7", "100"])
def test_every_contact_of_the_fake_is_read_once(fake: Any, limit: str) -> None:
    seen: list[str] = []
    cursor = ""
    while True:
        body = fake.call(f"{CONTACTS}.list", query={"limit": limit, "next_cursor": cursor}).body
        seen += [each["id"] for each in body["result"]]
        if not (cursor := body["next_cursor"]):
            break
    assert seen == [each["id"] for each in fake.read("/contacts?limit=100")["results"]]


def test_a_new_contact_is_sent_with_every_key_superchat_asks_for(scripted: Any, records: Any) -> None:
    body = {"first_name": "Ada", "emails": [{"email": "ada@example.org"}], "phones": [{"number": "+4915100000001"}]}
    scripted.mapped(f"{CONTACTS}.create", records["contacts"]["full"], body=body)
    sent = {
        "first_name": "Ada",
        "last_name": None,
        "gender": None,
        "handles": [
            {"id": None, "type": "mail", "value": "ada@example.org"},
            {"id": None, "type": "phone", "value": "+4915100000001"},
        ],
        "custom_attributes": [],
    }
    assert scripted.requests() == [("POST", "/contacts", sent)]


@pytest.mark.parametrize(("name", "first", "last"), [("Ada Byron King", "Ada", "Byron King"), ("Ada", "Ada", None)])
def test_a_whole_name_is_taken_apart_where_no_other_is_given(
    scripted: Any, records: Any, name: str, first: str, last: str | None
) -> None:
    body = {"name": name, "emails": [{"email": "ada@example.org"}]}
    scripted.mapped(f"{CONTACTS}.create", records["contacts"]["full"], body=body)
    sent = scripted.requests()[0][2]
    assert (sent["first_name"], sent["last_name"]) == (first, last)


def test_a_new_contact_stands_in_the_fake(fake: Any) -> None:
    fields = {each["name"]: each["id"] for each in fake.read("/custom-attributes")["results"]}
    body = {
        "name": "Ada Byron",
        "emails": [{"email": "ada@example.org"}],
        "custom_fields": {"Stufe": "Gold", "Interessen": ["Zelten"], fields["Bestellungen"]: 3},
        "remote_data": {"gender": "female"},
    }
    made = fake.call(f"{CONTACTS}.create", body=body).body
    stored = fake.read(f"/contacts/{made['id']}")
    assert [(each["type"], each["value"]) for each in stored["handles"]] == [("mail", "ada@example.org")]
    assert (stored["first_name"], stored["last_name"], stored["gender"]) == ("Ada", "Byron", "female")
    assert made["custom_fields"] == {"Stufe": "Gold", "Interessen": ["Zelten"], "Bestellungen": 3}


def test_an_attribute_that_there_is_not_is_refused_by_superchat(fake: Any) -> None:
    body = {"emails": [{"email": "ada@example.org"}], "custom_fields": {"Shoe size": 7}}
    answer = fake.call(f"{CONTACTS}.create", body=body)
    assert answer.status in (400, 404)
    assert answer.body["truto_is_remote_error"] is True


def kept(records: Any, name: str) -> dict[str, Any]:
    """What every change of a contact is sent with, so that no name is lost."""
    return {each: records["contacts"][name][each] for each in ("first_name", "last_name", "gender")}


@pytest.mark.parametrize("name", ["full", "nameless"])
def test_an_update_changes_what_is_named_alone(scripted: Any, records: Any, name: str) -> None:
    contact = records["contacts"][name]
    scripted.mapped(f"{CONTACTS}.update", contact, contact, id="ct_1", body={"last_name": None})
    sent = {**kept(records, name), "last_name": None}
    assert scripted.requests() == [("GET", "/contacts/ct_1", None), ("PATCH", "/contacts/ct_1", sent)]


def test_what_only_superchat_knows_of_a_contact_is_changed_by_remote_data(scripted: Any, records: Any) -> None:
    contact = records["contacts"]["full"]
    scripted.mapped(f"{CONTACTS}.update", contact, contact, id="ct_1", body={"remote_data": {"gender": None}})
    assert scripted.requests()[1][2] == {**kept(records, "full"), "gender": None}


def test_new_addresses_leave_numbers_and_messengers_alone(scripted: Any, records: Any) -> None:
    full = records["contacts"]["full"]
    body = {"emails": [{"email": "ada@example.net"}, {"email": "ada@example.com"}]}
    scripted.mapped(f"{CONTACTS}.update", full, full, id="ct_full", body=body)
    assert scripted.requests()[1][2] == {
        **kept(records, "full"),
        "handles": [
            {"id": "ch_1", "value": "+4915100000001"},
            {"id": "ch_4", "value": "ada.b"},
            {"id": "ch_5", "value": "+4915100000002"},
            {"id": "ch_3", "type": "mail", "value": "ada@example.net"},
            {"id": None, "type": "mail", "value": "ada@example.com"},
        ],
    }


def test_attributes_that_are_not_named_stay_and_null_takes_one_away(scripted: Any, records: Any) -> None:
    full = {**records["contacts"]["full"], "custom_attributes": records["contacts"]["full"]["custom_attributes"][4:6]}
    known = {"results": list(records["custom_attributes"].values()), "pagination": {}}
    body = {"custom_fields": {"Tier": None, "Orders": 4}}
    scripted.mapped(f"{CONTACTS}.update", full, known, full, id="ct_full", body=body)
    assert [each[:2] for each in scripted.requests()] == [
        ("GET", "/contacts/ct_full"),
        ("GET", "/custom-attributes?limit=100"),
        ("PATCH", "/contacts/ct_full"),
    ]
    assert scripted.requests()[2][2] == {
        **kept(records, "full"),
        "custom_attributes": [{"id": "ca_likes", "value": ["Tents"]}, {"id": "ca_count", "value": 4}],
    }


def test_attributes_can_all_be_taken_away(scripted: Any, records: Any) -> None:
    last = records["contacts"]["last_name_only"]
    known = {"results": list(records["custom_attributes"].values()), "pagination": {}}
    scripted.mapped(f"{CONTACTS}.update", last, known, last, id="ct_last", body={"custom_fields": {"Tier": None}})
    assert scripted.requests()[2][2] == {**kept(records, "last_name_only"), "custom_attributes": []}


def test_a_contact_is_not_left_without_any_handle(scripted: Any, records: Any) -> None:
    last = records["contacts"]["last_name_only"]
    body = scripted.mapped(f"{CONTACTS}.update", last, id="ct_last", body={"phones": []})
    assert body["statusCode"] == 400
    assert "at least one" in body["message"]
    assert [each.method for each in scripted.sent] == ["GET"]


def test_a_changed_and_a_removed_contact_are_so_in_the_fake(fake: Any) -> None:
    contact = next(each for each in fake.read("/contacts?limit=100")["results"] if len(each["handles"]) > 1)
    changed = fake.call(
        f"{CONTACTS}.update", id=contact["id"], body={"first_name": "New", "emails": [{"email": "new@example.org"}]}
    ).body
    stored = fake.read(f"/contacts/{contact['id']}")
    assert stored["first_name"] == changed["first_name"] == "New"
    assert stored["last_name"] == contact["last_name"]
    kept = [(each["type"], each["value"]) for each in contact["handles"] if each["type"] != "mail"]
    assert [(each["type"], each["value"]) for each in stored["handles"]] == [*kept, ("mail", "new@example.org")]

    assert fake.call(f"{CONTACTS}.delete", id=contact["id"]).body == {"id": contact["id"]}
    assert fake.client.get(f"/contacts/{contact['id']}").status_code == 404


def test_a_taken_address_is_a_conflict_of_the_provider(fake: Any) -> None:
    body = {"emails": [{"email": "twice@example.org"}]}
    assert fake.call(f"{CONTACTS}.create", body=body).status == 200
    answer = fake.call(f"{CONTACTS}.create", body=body)
    assert (answer.status, answer.body["truto_is_remote_error"]) == (409, True)
