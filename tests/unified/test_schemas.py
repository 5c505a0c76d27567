"""The records of the unified API: strict values, open enums, and where the models differ from each other."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from harness.unified.catalogue import MODELS, resource
from harness.unified.schemas import Record, instant_messaging, ticketing, user_directory

RECORDS = [each.record for resources in MODELS.values() for each in resources.values()]


def refused(record: type[Record], data: dict[str, Any]) -> list[tuple[str, str]]:
    """Where and how a record refuses data."""
    with pytest.raises(ValidationError) as caught:
        record.model_validate(data)
    return [(".".join(map(str, error["loc"])), error["type"]) for error in caught.value.errors()]


@pytest.mark.parametrize(
    "record", RECORDS, ids=lambda record: f"{record.__module__.rpartition('.')[2]}.{record.__name__}"
)
def test_every_record_can_be_built_and_carries_the_providers_own(record: type[Record]) -> None:
    needed = {name: "1" for name, field in record.model_fields.items() if field.is_required()}
    built = record.model_validate({**needed, "remote_data": {"raw": [1]}})
    assert built.remote_data == {"raw": [1]}
    assert needed.keys() <= {"id", "name"}


def test_an_id_that_is_a_number_is_refused_and_not_made_a_text() -> None:
    assert refused(ticketing.Contact, {"id": 7}) == [("id", "string_type")]
    assert refused(ticketing.Tag, {"id": 7}) == [("id", "string_type")]
    assert refused(user_directory.RoleAssignment, {"id": "1", "user_id": 7}) == [("user_id", "string_type")]


@pytest.mark.parametrize("value", ["true", 1, "yes"])
def test_only_true_and_false_are_booleans(value: object) -> None:
    assert refused(ticketing.Contact, {"id": "1", "is_active": value}) == [("is_active", "bool_type")]


def test_a_number_that_came_as_text_is_refused() -> None:
    assert {where for where, _ in refused(ticketing.Attachment, {"size": "12"})} == {"size.int", "size.float"}
    whole = ticketing.Attachment.model_validate({"size": 12})
    assert whole.model_dump(exclude_none=True) == {"size": 12}
    assert isinstance(whole.size, int)


@pytest.mark.parametrize("text", ["2026-01-02T03:04:05Z", "2026-01-02T03:04:05.000+00:00", "2026-01-02 03:04:05+00:00"])
def test_a_date_time_is_read_from_text(text: str) -> None:
    found = ticketing.Contact.model_validate({"id": "1", "created_at": text})
    assert found.created_at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_a_date_time_may_lack_its_zone_or_be_one_already() -> None:
    bare = datetime(2026, 1, 2, 3, 4, 5)
    for value in ("2026-01-02 03:04:05", bare):
        assert ticketing.Contact.model_validate({"id": "1", "created_at": value}).created_at == bare


@pytest.mark.parametrize("value", [1767323045, "1767323045", "2026-01-02", "yesterday", ""])
def test_what_is_no_date_time_is_refused(value: object) -> None:
    assert {where.split(".")[0] for where, _ in refused(ticketing.Contact, {"id": "1", "created_at": value})} == {
        "created_at"
    }


def test_a_record_is_written_back_as_it_was_read() -> None:
    data = {"id": "1", "emails": [{"email": "a@example.com"}], "created_at": "2026-01-02T03:04:05Z", "mine": {"a": 1}}
    found = TypeAdapter(ticketing.Contact).validate_python(data)
    assert found.model_dump(mode="json", exclude_unset=True) == data


def test_fields_that_a_mapping_adds_are_kept() -> None:
    found = ticketing.Contact.model_validate(
        {"id": "1", "tier": "gold", "emails": [{"email": "a@example.com", "x": 1}]}
    )
    assert found.model_extra == {"tier": "gold"}
    assert found.emails is not None
    assert found.emails[0].model_extra == {"x": 1}


@pytest.mark.parametrize("record", [ticketing.Contact, ticketing.User])
def test_an_email_needs_its_address_in_ticketing(record: type[Record]) -> None:
    assert refused(record, {"id": "1", "name": "A", "emails": [{"type": "work"}]}) == [("emails.0.email", "missing")]


@pytest.mark.parametrize("record", [user_directory.User, instant_messaging.Member])
def test_an_email_may_lack_its_address_in_the_directories(record: type[Record]) -> None:
    record.model_validate({"id": "1", "emails": [{"is_primary": True}]})


def test_a_phone_needs_its_number_in_a_ticket_and_not_in_a_contact() -> None:
    ticketing.Contact.model_validate({"id": "1", "phones": [{"type": "work"}]})
    ticket = {"id": "1", "assignees": [{"phones": [{"type": "work"}]}]}
    assert refused(ticketing.Ticket, ticket) == [("assignees.0.phones.0.number", "missing")]


def test_the_organization_of_a_group_is_an_id_in_the_directory_and_an_object_in_messaging() -> None:
    assert user_directory.Group.model_validate({"id": "1", "organization": "o"}).organization == "o"
    assert refused(user_directory.Group, {"id": "1", "organization": {"id": "o"}}) == [("organization", "string_type")]
    found = instant_messaging.Group.model_validate({"id": "1", "organization": {"id": "o"}})
    assert found.organization is not None
    assert found.organization.id == "o"
    assert refused(instant_messaging.Group, {"organization": "o"}) == [("organization", "model_type")]


def test_who_uploaded_a_file_is_an_id_and_inside_a_comment_also_an_object() -> None:
    assert ticketing.Attachment.model_validate({"uploaded_by": "u"}).uploaded_by == "u"
    assert refused(ticketing.Attachment, {"uploaded_by": {"id": "u"}}) == [("uploaded_by", "string_type")]
    for value in ("u", {"id": "u"}):
        ticketing.Comment.model_validate({"id": "1", "attachments": [{"uploaded_by": value}]})


def test_the_account_is_an_id_in_a_contact_and_an_object_in_a_ticket() -> None:
    assert ticketing.Contact.model_validate({"id": "1", "account_id": "a"}).account_id == "a"
    ticket = ticketing.Ticket.model_validate({"id": "1", "account": {"id": "a"}})
    assert ticket.account is not None
    assert ticket.account.id == "a"
    assert refused(ticketing.Ticket, {"id": "1", "account": "a"}) == [("account", "model_type")]


def test_users_of_ticketing_and_of_the_directory_are_different_records() -> None:
    assert refused(ticketing.User, {"id": "1"}) == [("name", "missing")]
    user_directory.User.model_validate({"id": "1"})
    assert resource("ticketing", "users").record is not resource("user-directory", "users").record


@pytest.mark.parametrize(
    ("record", "field"),
    [
        (user_directory.User, "status"),
        (instant_messaging.Member, "status"),
        (ticketing.Tag, "status"),
        (ticketing.Field, "type"),
        (user_directory.Activity, "action"),
    ],
)
def test_a_value_that_maps_to_nothing_passes_through_where_that_is_documented(record: type[Record], field: str) -> None:
    found = record.model_validate({"id": "1", field: "on sabbatical"})
    assert getattr(found, field) == "on sabbatical"


@pytest.mark.parametrize(
    ("record", "data", "where"),
    [
        (ticketing.Ticket, {"status": {"name": "snoozed"}}, "status.name"),
        (ticketing.Ticket, {"created_by": {"type": "bot"}}, "created_by.type"),
        (ticketing.Comment, {"author": {"id": "1", "type": "bot"}}, "author.type"),
        (instant_messaging.Channel, {"type": "thread"}, "type"),
    ],
)
def test_elsewhere_only_the_printed_values_are_taken(record: type[Record], data: dict[str, Any], where: str) -> None:
    assert refused(record, {"id": "1", **data}) == [(where, "literal_error")]
