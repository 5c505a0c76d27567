"""The smaller resources of Unified Ticketing on Superchat: users, teams, tags, fields, attachments, workspaces."""

from __future__ import annotations

from typing import Any

import pytest

from harness.unified.provider import Raw

FORM = (
    b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n'
    b"Content-Type: text/plain\r\n\r\nhello\r\n--b--\r\n"
)


def test_a_user_of_the_desk_has_teams_and_roles(scripted: Any, records: Any) -> None:
    assert scripted.listed("ticketing.users.list", records["users"]["supervisor"]) == [
        {
            "id": "us_supervisor",
            "name": "Mira Lind",
            "first_name": "Mira",
            "last_name": "Lind",
            "emails": [{"email": "mira@example.org"}],
            "team_ids": ["ib_service", "ib_sales"],
            "roles": [{"id": "supervisor", "name": "Supervisor"}],
            "created_at": "2024-02-03T04:05:06Z",
            "updated_at": "2025-02-03T04:05:06Z",
        }
    ]


def test_a_user_without_names_goes_by_the_address_since_a_name_must_be_there(scripted: Any, records: Any) -> None:
    user = scripted.mapped("ticketing.users.get", records["users"]["sparse"], id="us_sparse")
    assert user["name"] == "sparse@example.org"
    assert (user["first_name"], user["team_ids"]) == (None, [])


def test_one_inbox_is_a_list_of_one_team(scripted: Any, records: Any) -> None:
    user = scripted.mapped("ticketing.users.get", records["users"]["first_name_only"], id="us_first")
    assert user["team_ids"] == ["ib_service"]


@pytest.mark.parametrize(
    ("address", "resource", "name", "record"),
    [
        ("ticketing.tags", "labels", "urgent", {"id": "lb_urgent", "name": "urgent"}),
        ("ticketing.teams", "inboxes", "service", {"id": "ib_service", "name": "Service"}),
        (
            "ticketing.attachments",
            "files",
            "photo",
            {
                "id": "fi_photo",
                "file_name": "photo.jpg",
                "file_url": "https://files.example.org/photo?signature=x",
                "content_type": "image/jpeg",
            },
        ),
    ],
)
def test_tags_teams_and_attachments_are_labels_inboxes_and_files(
    scripted: Any, records: Any, address: str, resource: str, name: str, record: Any
) -> None:
    given = records[resource][name]
    assert scripted.listed(f"{address}.list", given) == [record]
    assert scripted.requests() == [("GET", f"/{resource}", None)]
    assert scripted.mapped(f"{address}.get", given, id=record["id"]) == record
    assert scripted.requests() == [("GET", f"/{resource}/{record['id']}", None)]
    assert scripted.listed(f"{address}.list") == []


@pytest.mark.parametrize(
    ("kind", "type"),
    [
        ("text", "string"),
        ("number", "number"),
        ("datetime", "datetime"),
        ("dateonly", "date"),
        ("single_select", "enum"),
        ("multi_select", "array"),
    ],
)
def test_each_kind_of_attribute_is_a_field(scripted: Any, records: Any, kind: str, type: str) -> None:
    given = records["custom_attributes"][kind]
    [field] = scripted.listed("ticketing.fields.list", given)
    options = {"single_select": ["Silver", "Gold"], "multi_select": ["Tents"]}.get(kind, [])
    assert field == {
        "id": given["id"],
        "name": given["name"],
        "label": given["name"],
        "type": type,
        "options": [{"label": each, "value": each} for each in options],
        "is_user_defined": True,
        "entity_type": "contact",
    }


def test_a_kind_of_attribute_nobody_knows_passes_through(scripted: Any, records: Any) -> None:
    [field] = scripted.listed("ticketing.fields.list", {**records["custom_attributes"]["text"], "type": "colour"})
    assert field["type"] == "colour"


def test_a_field_has_the_name_under_which_contacts_have_it(scripted: Any, records: Any) -> None:
    contact = scripted.mapped("ticketing.contacts.get", records["contacts"]["full"], id="ct_full")
    fields = scripted.listed("ticketing.fields.list", *records["custom_attributes"].values())
    assert {each["name"] for each in fields} <= contact["custom_fields"].keys()


def test_fields_of_anything_but_contacts_are_refused(scripted: Any, records: Any) -> None:
    answer = scripted.call("ticketing.fields.list", query={"entity_type": "ticket"})
    assert answer.status == 400
    assert "only contacts" in answer.body["message"]
    assert scripted.listed(
        "ticketing.fields.list", records["custom_attributes"]["text"], query={"entity_type": "contact"}
    )


def test_a_new_field_stands_in_the_fake(fake: Any) -> None:
    body = {"label": "Colour", "type": "enum", "options": [{"value": "red"}, {"label": "blue"}]}
    field = fake.call("ticketing.fields.create", body=body).body
    stored = next(each for each in fake.read("/custom-attributes")["results"] if each["id"] == field["id"])
    assert (stored["name"], stored["type"]) == ("Colour", "single_select")
    assert [each["value"] for each in stored["option_values"]] == ["red", "blue"]
    assert field["type"] == "enum"


def test_a_new_field_without_choices_sends_none(scripted: Any, records: Any) -> None:
    body = {"name": "Orders", "type": "number"}
    scripted.mapped("ticketing.fields.create", records["custom_attributes"]["number"], body=body)
    sent = {"name": "Orders", "type": "number", "resource": "contact"}
    assert scripted.requests() == [("POST", "/custom-attributes", sent)]


def test_a_field_needs_its_type(scripted: Any) -> None:
    answer = scripted.call("ticketing.fields.create", body={"name": "Orders"})
    assert answer.body["truto_error_insight"]["missing_required_body_fields"]["value"] == ["type"]


def test_an_uploaded_file_can_be_read_back_by_its_link(fake: Any) -> None:
    made = fake.call("ticketing.attachments.create", body=Raw(FORM, "multipart/form-data; boundary=b")).body
    assert (made["file_name"], made["content_type"]) == ("a.txt", "text/plain")
    assert fake.client.get(made["file_url"], headers={}).text == "hello"


def test_an_attachment_that_is_no_form_is_refused(scripted: Any) -> None:
    answer = scripted.call("ticketing.attachments.create", body={"file_name": "a.txt"})
    assert answer.status == 400
    assert "multipart/form-data" in answer.body["message"]


def test_what_is_not_offered_says_why(scripted: Any) -> None:
    answer = scripted.call("ticketing.attachments.download", body={"id": "fi_photo"})
    assert answer.status == 404
    assert "file_url is a link" in answer.body["message"]
    answer = scripted.call("ticketing.accounts.list")
    assert "no companies" in answer.body["message"]


def test_the_workspace_of_a_desk_has_its_name(scripted: Any, records: Any) -> None:
    body = scripted.mapped("ticketing.workspaces.list", records["me"]["admin"])
    assert body["result"] == [{"name": "Bikes & More"}]


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("ticketing.users", "/users"),
        ("ticketing.tags", "/labels"),
        ("ticketing.teams", "/inboxes"),
        ("ticketing.fields", "/custom-attributes"),
        ("ticketing.attachments", "/files"),
        ("ticketing.tickets", "/conversations"),
    ],
)
def test_everything_of_the_fake_is_read_in_its_order(fake: Any, address: str, path: str) -> None:
    found = fake.call(f"{address}.list", query={"limit": "100"}).body["result"]
    assert [each["id"] for each in found] == [each["id"] for each in fake.read(f"{path}?limit=100")["results"]]
    assert [each["remote_data"]["id"] for each in found] == [each["id"] for each in found]
