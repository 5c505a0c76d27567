"""Contacts: people with handles (phone, mail, messenger accounts) and custom attributes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from harness.core.contract import Violation
from harness.core.exchange import Refused, Response
from harness.core.provider import Call, Handler
from harness.core.store import Document, NotUnique, Order, Schema, Unique
from harness.core.unit import Unit
from harness.core.views import View
from harness.providers.superchat import events
from harness.providers.superchat.custom_attributes import value_problem
from harness.providers.superchat.dialect import (
    SuperchatDialect,
    conflict,
    created,
    deleted,
    moment,
    unknown_reference,
    wrong,
)
from harness.providers.superchat.resources import find, get_all, get_one, listing, show

PHONE: Final = re.compile(r"\+[1-9][0-9]{6,14}")
MAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
NAMES: Final = ("first_name", "last_name", "gender")


def handle_group(type: str, value: str) -> str:
    """What is unique about a handle: addresses do not differ by case."""
    return f"{type}:{value.lower() if type == 'mail' else value}"


def _attribute_groups(contact: Document) -> Iterable[str]:
    """Each attribute the contact has, by itself and with each of its values, for deletion and search."""
    for held in contact["attributes"]:
        yield held["id"]
        values = held["value"] if isinstance(held["value"], list) else [held["value"]]
        for value in values:
            yield attribute_group(held["id"], value)
    for name in NAMES:
        if contact[name] is not None:
            yield attribute_group(name, contact[name])


def attribute_group(identifier: str, value: Any) -> str:
    """The group of the contacts that have a value: numbers are equal however they are written, and no text is one."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return f"{identifier}={float(value) if number else repr(value)}"


COLLECTIONS = {
    "contacts": Schema(
        orders={
            "created": Order(lambda contact: (contact["created_at"],)),
            "attribute": Order(lambda contact: (contact["created_at"],), group=_attribute_groups),
            "handle": Order(
                lambda contact: (contact["created_at"],),
                group=lambda contact: [handle_group(h["type"], h["value"]) for h in contact["handles"]],
            ),
            "list": Order(lambda contact: (contact["created_at"],), group=lambda contact: contact["list_ids"]),
        },
        uniques={"handle": Unique(lambda contact: [handle_group(h["type"], h["value"]) for h in contact["handles"]])},
    )
}


def reference(id: str) -> dict[str, str]:
    """A contact inside another resource."""
    return {"id": id, "url": f"/contacts/{id}"}


def _contact(unit: Unit, contact: Document) -> dict[str, Any]:
    attributes = unit["custom_attributes"]
    return {
        "id": contact["id"],
        "url": f"/contacts/{contact['id']}",
        "first_name": contact["first_name"],
        "last_name": contact["last_name"],
        "gender": contact["gender"],
        "handles": contact["handles"],
        "custom_attributes": [
            {
                "id": held["id"],
                "name": attribute["name"],
                "type": attribute["type"],
                "url": f"/custom-attributes/{held['id']}",
                "value": held["value"],
            }
            for held in contact["attributes"]
            if (attribute := attributes.get(held["id"]))
        ],
        "created_at": moment(unit, contact["created_at"]),
        "updated_at": moment(unit, contact["updated_at"]),
    }


VIEW = View("contacts", _contact, depends=("custom_attributes",))


def add(
    unit: Unit,
    handles: list[dict[str, str]],
    *,
    first_name: str | None = None,
    last_name: str | None = None,
    gender: str | None = None,
    attributes: list[dict[str, Any]] | None = None,
) -> Document:
    """A new contact and its event. Raises NotUnique for a handle that is taken."""
    contact = {
        "id": unit.new_id(unit.quirks["contact_id_prefix"]),
        "first_name": first_name,
        "last_name": last_name,
        "gender": gender,
        "handles": [{"id": unit.new_id("ch"), **handle} for handle in handles],
        "attributes": attributes or [],
        "list_ids": [],
        "created_at": unit.now,
        "updated_at": unit.now,
    }
    unit["contacts"].insert(contact)
    events.emit(unit, "contact_created", {"contact": _contact(unit, contact)})
    return contact


def _create(call: Call) -> Response:
    body = call.body
    _demand_keys(call, body)
    try:
        handles = [_checked_handle(call, handle) for handle in body["handles"]]
        _demand_distinct(call, handles)
        contact = add(
            call,
            handles,
            **{name: body.get(name) for name in NAMES},
            attributes=_checked_attributes(call, body.get("custom_attributes") or []),
        )
    except NotUnique as error:
        raise _taken(call, error) from None
    return created(call, show(call, VIEW, contact["id"]))


def _update(call: Call) -> Response:
    contact = find(call, "contacts", "contactId", "Contact")
    body = call.body
    _demand_keys(call, body)
    # Sources disagree on null: see the quirk.
    clears = call.quirks["null_in_contact_patch"] == "clears"
    changes: dict[str, Any] = {
        name: body[name] for name in NAMES if name in body and (clears or body[name] is not None)
    }
    # client: the vendor's own client sends [] for "none given", so it must not strip the last handle.
    # https://github.com/super-chat/n8n-nodes-superchat
    if body.get("handles"):
        changes["handles"] = _replaced_handles(call, contact, body["handles"])
    if body.get("custom_attributes") is not None:
        changes["attributes"] = _checked_attributes(call, body["custom_attributes"])
    updated = {**contact, **changes, "updated_at": call.now}
    try:
        call["contacts"].replace(updated)
    except NotUnique as error:
        raise _taken(call, error) from None
    events.emit(call, "contact_updated", {"contact": _contact(call, updated)}, changed=_changed(contact, updated))
    return show(call, VIEW, contact["id"])


def _delete(call: Call) -> dict[str, str]:
    contact = find(call, "contacts", "contactId", "Contact")
    for entry in call["conversations"].range("contact", group=contact["id"]):
        conversation = entry.document
        left = [id for id in conversation["contact_ids"] if id != contact["id"]]
        call["conversations"].replace({**conversation, "contact_ids": left})
    call["contacts"].delete(contact["id"])
    # documented: carries only the id
    events.emit(call, "contact_deleted", {"contact": {"id": contact["id"]}})
    return deleted(contact)


def _search(call: Call) -> Response:
    expression = call.body["query"]["value"][0]
    field, value = expression["field"], expression["value"]
    if field != "custom_attribute":
        return listing(call, VIEW, order="handle", group=handle_group(field, value), home="created")
    identifier = expression["identifier"]
    if identifier not in NAMES and identifier not in call["custom_attributes"]:
        raise wrong(call, "query.value.0.identifier", "Neither a custom attribute nor a built-in one.")
    return listing(call, VIEW, order="attribute", group=attribute_group(identifier, value), home="created")


def _conversations(call: Call) -> Response:
    from harness.providers.superchat import conversations

    contact = find(call, "contacts", "contactId", "Contact")
    return listing(call, conversations.VIEW, order="contact", group=contact["id"])


def _demand_keys(call: Call, body: dict[str, Any]) -> None:
    """The schema requires keys that clients leave out: only with the quirk are they demanded."""
    if call.quirks["missing_contact_keys"] != "refused":
        return
    missing = [Violation("body", (), "required", name, f"{name} is missing") for name in NAMES if name not in body]
    for number, handle in enumerate(body.get("handles") or []):
        if "id" not in handle:
            missing.append(Violation("body", ("handles", number), "required", "id", "id is missing"))
    if missing:
        raise Refused(SuperchatDialect().invalid(call, missing))


def _checked_handle(call: Call, handle: dict[str, Any]) -> dict[str, str]:
    value = handle["value"]
    # Only the value is documented as required; what it looks like tells the type.
    type = handle.get("type") or ("mail" if "@" in value else "phone")
    pattern, expected = (MAIL, "an e-mail address") if type == "mail" else (PHONE, "a phone number in E.164 format")
    if not pattern.fullmatch(value):
        raise wrong(call, "handles.value", f"Expected {expected}.")
    return {"type": type, "value": value}


def _replaced_handles(call: Call, contact: Document, handles: list[dict[str, Any]]) -> list[dict[str, str]]:
    """The full list that should remain: a handle with an id is kept or changed, one without is new."""
    held = {handle["id"]: handle for handle in contact["handles"]}
    same = {handle_group(handle["type"], handle["value"]): handle["id"] for handle in contact["handles"]}
    remaining = []
    for handle in handles:
        id = handle.get("id")
        if id is not None and id not in held:
            raise unknown_reference(call, "Contact handle", "handles.id")
        kept = held.get(id)
        if kept and kept["value"] == handle["value"] and handle.get("type") in (None, kept["type"]):
            remaining.append(dict(kept))  # of a messenger too, which cannot be written
            continue
        checked = _checked_handle(call, handle)
        id = id or same.get(handle_group(**checked)) or call.new_id("ch")
        remaining.append({"id": id, **checked})
    _demand_distinct(call, remaining)
    if len({handle["id"] for handle in remaining}) < len(remaining):
        raise wrong(call, "handles", "A handle is named twice.")
    return remaining


def _demand_distinct(call: Call, handles: list[dict[str, str]]) -> None:
    """inferred: one contact cannot hold the same address twice."""
    if len({handle_group(handle["type"], handle["value"]) for handle in handles}) < len(handles):
        raise wrong(call, "handles", "A handle is named twice.")


def _checked_attributes(call: Call, given: list[dict[str, Any]]) -> list[dict[str, Any]]:
    values: dict[str, Any] = {}
    for number, item in enumerate(given):
        attribute = call["custom_attributes"].get(item["id"])
        if attribute is None:  # documented: an undefined attribute is a 400
            raise wrong(call, f"custom_attributes.{number}.id", "No custom attribute has this identifier.")
        value = item.get("value")
        if problem := value_problem(attribute, value):
            raise wrong(call, f"custom_attributes.{number}.value", problem)
        values[item["id"]] = value
    return [{"id": id, "value": value} for id, value in values.items() if value is not None and value != []]


def _changed(before: Document, after: Document) -> frozenset[str]:
    """The names of changed built-in attributes and the ids of changed custom ones."""
    old = {held["id"]: held["value"] for held in before["attributes"]}
    new = {held["id"]: held["value"] for held in after["attributes"]}
    custom = {id for id in old.keys() | new.keys() if old.get(id) != new.get(id)}
    return frozenset(custom | {name for name in NAMES if before[name] != after[name]})


def _taken(call: Call, error: NotUnique) -> Refused:
    _, _, value = str(error.key).partition(":")
    return conflict(call, "handle_taken", f"Another contact has the handle {value}.")


HANDLERS: dict[str, Handler] = {
    "contacts.list": get_all(VIEW),
    "contacts.get": get_one(VIEW, "Contact", "contactId"),
    "contacts.create": _create,
    "contacts.update": _update,
    "contacts.delete": _delete,
    "search_contacts.list": _search,
    "contact_conversations.list": _conversations,
}
