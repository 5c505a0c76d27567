"""Filters of unified lists, judged by a world: what they find has the value, and nothing else has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from harness.verify.case import Failed
from harness.verify.suites.world.reading import Found, Reading, at, shown
from harness.verify.suites.world.said import Key, Said, To

Check = Callable[[Reading], None]


def _by(field: str, filtered: Callable[[Any], dict[str, Any]]) -> Check:
    """A filter of contacts finds those that have the value, and no others."""

    def check(reading: Reading) -> None:
        seen = set[Key]()
        for said, record in reading.whole("ticketing.contacts").matched:
            value = at(record, field)
            value = value[-1] if isinstance(value, list) and value else value
            if not value or len(seen) == 3:
                continue
            seen.add(said.key)
            expected = {
                other["id"]
                for _, other in reading.pairs("ticketing.contacts").matched
                if reading.is_found("ticketing.contacts", field, other)
                and (
                    value == at(other, field)
                    or value in (at(other, field) if isinstance(at(other, field), list) else ())
                )
            }
            found = {each["id"] for each in reading.every("ticketing.contacts", **filtered(value))}
            if found != expected:
                place = shown((*said.place, *said.fields[field][1]))
                raise Failed(f"{place}: contacts by {field} {value!r} are {sorted(found)}, not {sorted(expected)}")

    return check


def _of_contact(resource: str, people: str, name: str) -> Check:
    """The conversations of one contact are its own, and no others."""

    def check(reading: Reading) -> None:
        for said, person in reading.whole(people).matched[::5]:
            found = {
                reading.key_of(resource, each["id"]) for each in reading.every(resource, **{name: {"id": person["id"]}})
            }
            expected = {
                each.key
                for each in reading.told["ticketing.tickets"]
                if each.fields["contact.id"][0] == To("ticketing.contacts", said.key)
            }
            if found != expected:
                raise Failed(f"{shown(said.place)}: {resource} of {name} {person['id']!r} are {found}, not {expected}")

    return check


def _since(reading: Reading) -> None:
    """Comments after a moment are those that came after it, and not the one of that moment."""
    parts: dict[Key | None, list[tuple[Said, Found]]] = {}
    for said, record in reading.whole("ticketing.comments").matched:
        if said.about["kind"] == "message":
            parts.setdefault(said.within, []).append((said, record))
    most = max(parts.values(), key=len, default=[])
    if not most:
        return
    ticket, middle = at(most[0][1], "ticket.id"), most[len(most) // 2][0].at or 0
    moment = (reading.epoch + timedelta(milliseconds=middle)).isoformat()
    for bound, after in (("gt", True), ("lte", False)):
        found = {str(each["id"]) for each in _comments(reading, ticket, {bound: moment})}
        expected = {str(record["id"]) for said, record in most if ((said.at or 0) > middle) is after}
        if found != expected:
            raise Failed(f"ticketing.comments with created_at[{bound}]={moment} are {found}, not {expected}")


def _comments(reading: Reading, ticket: str, created_at: Mapping[str, str]) -> list[Found]:
    return reading.every("ticketing.comments", ticket={"id": ticket}, created_at=created_at)


FILTERS: tuple[tuple[str, str, Check, tuple[str, ...]], ...] = (
    ("ticketing.contacts", "by e-mail", _by("emails.email", lambda value: {"emails": [{"email": value}]}), ()),
    ("ticketing.contacts", "by phone", _by("phones.number", lambda value: {"phones": [{"number": value}]}), ()),
    ("ticketing.contacts", "by first name", _by("first_name", lambda value: {"first_name": value}), ()),
    ("ticketing.contacts", "by last name", _by("last_name", lambda value: {"last_name": value}), ()),
    (
        "ticketing.tickets",
        "of a contact",
        _of_contact("ticketing.tickets", "ticketing.contacts", "contact"),
        ("ticketing.contacts",),
    ),
    (
        "instant-messaging.channels",
        "of a member",
        _of_contact("instant-messaging.channels", "instant-messaging.members", "user"),
        ("instant-messaging.members", "instant-messaging.messages"),
    ),
    ("ticketing.comments", "since a moment", _since, ("ticketing.tickets",)),
)
"""The resource, what is asked, how it is judged, and what else is read for it."""
