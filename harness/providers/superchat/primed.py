"""What primed records are made of: documents with defaults for what is not told, and what records refer to.

What is not told is taken as simply as it can be: times are the moment of priming, names that of the type, an inbox
named Inbox, a contact with a live chat handle, a file without a byte.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.core.clock import parse_shown
from harness.core.shown import Shown
from harness.core.store import Document
from harness.core.unit import Unit

Record = Mapping[str, Any]


def put(unit: Unit, collection: str, told: Document, shown: Shown | None = None, **default: Any) -> Document:
    """Store a document with what is told of it; the rest stays as it was, or gets its default."""
    there = unit[collection].get(told["id"])
    if "created_at" not in told and (there is None or (shown is not None and shown.when == "before")):
        told = {**told, "created_at": unit.now}
    if "updated_at" in default:
        default["updated_at"] = told.get("created_at", unit.now)
    document = {**default, **(there or {}), **told}
    unit[collection].put(document)
    return document


def refer(unit: Unit, collection: str, told: Document, **default: Any) -> str:
    """The id of a document something refers to; it is made, or gets what the reference tells of it."""
    there = unit[collection].get(told["id"])
    if there is None or any(there.get(name) != value for name, value in told.items()):
        put(unit, collection, told, **default)
    return str(told["id"])


def times(record: Record) -> Document:
    """When a record was made and changed, as far as it tells."""
    return {name: parse_shown(record[name]) for name in ("created_at", "updated_at") if record.get(name)}


def only(record: Record, *names: str) -> Document:
    """Some fields of a record, those it has."""
    return {name: record[name] for name in names if name in record}


def user(unit: Unit, record: Record) -> str:
    """A user: of an author the name is known."""
    first, _, last = (record.get("name") or "").partition(" ")
    name = {"first_name": first, "last_name": last or None} if first and record["id"] not in unit["users"] else {}
    default = {"first_name": None, "last_name": None, "email": None, "phone": None, "role": "member", "language": "en"}
    return refer(unit, "users", {**only(record, "id", "email"), **name}, **default, updated_at=0)


def inbox(unit: Unit, record: Record | None) -> str:
    """An inbox; where none is told, the one that stands for it."""
    if record is None:
        return refer(unit, "inboxes", {"id": unit.named_id("ib", "primed")}, name="Inbox", user_ids=[])
    return refer(unit, "inboxes", only(record, "id", "name"), name="Inbox", user_ids=[])


def channel(unit: Unit, record: Record, type: str, home: Record | None = None) -> str:
    """A channel; its type may be known from elsewhere."""
    told = only(record, "id", "type", "name")
    if record["id"] not in unit["channels"]:
        told["inbox_id"] = inbox(unit, home)
        told.setdefault("type", type)
    name = told.get("name", told.get("type"))
    return refer(unit, "channels", told, name=name, address=None, whats_app_business_account_id=None)


def contact(unit: Unit, id: str, handle: Mapping[str, str] | None = None) -> str:
    """A contact, of whom a handle may be known."""
    value = {"type": "live_chat", "value": f"visitor-{id}", **(handle or {})}
    return refer(
        unit,
        "contacts",
        {"id": id},
        first_name=None,
        last_name=None,
        gender=None,
        handles=[{"id": unit.named_id("ch", id), **value}],
        attributes=[],
        list_ids=[],
        updated_at=0,
    )


def label(unit: Unit, record: Record) -> str:
    """A label."""
    return refer(unit, "labels", only(record, "id", "name"), name="Label")


def file(unit: Unit, id: str) -> str:
    """A file, of which only the id is known."""
    return refer(unit, "files", {"id": id}, name="file", mime_type="application/octet-stream", size=0, content=None)


def attribute(unit: Unit, held: Record) -> str:
    """The custom attribute of a value that a contact has."""
    values = held["value"] if isinstance(held["value"], list) else [held["value"]]
    options = [
        {"id": unit.named_id("so", f"{held['id']}/{value}"), "value": value}
        for value in values
        if held["type"].endswith("_select") and value is not None
    ]
    told = only(held, "id", "name", "type")
    return refer(unit, "custom_attributes", told, options=options, read_only=False)


def contact_list(unit: Unit, record: Record) -> str:
    """A contact list."""
    return refer(unit, "contact_lists", only(record, "id", "name"), name="List")


def conversation(unit: Unit, id: str, channel: str, contact: str) -> str:
    """A conversation, of which a message tells channel and contact."""
    return refer(
        unit,
        "conversations",
        {"id": id},
        channel_id=channel,
        contact_ids=[contact],
        status="open",
        snoozed_until=None,
        window_until=None,
        user_ids=[],
        label_ids=[],
        inbox_id=unit["channels"][channel]["inbox_id"],
    )
