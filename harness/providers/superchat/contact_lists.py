"""Contact lists and who is on them. Lists themselves are made in the product, not by the API."""

from __future__ import annotations

from typing import Any

from harness.core.exchange import Response
from harness.core.provider import Call, Handler
from harness.core.store import Document, Order, Schema
from harness.core.unit import Unit
from harness.core.views import View
from harness.providers.superchat import contacts
from harness.providers.superchat.dialect import conflict, created, not_found
from harness.providers.superchat.resources import find, get_all, get_one, listing, referenced, show

COLLECTIONS = {"contact_lists": Schema(orders={"created": Order(lambda each: (each["created_at"],))})}
"""Who is on a list is kept with the contacts, as `list_ids`."""


def _contact_list(unit: Unit, contact_list: Document) -> dict[str, Any]:
    return {
        "id": contact_list["id"],
        "name": contact_list["name"],
        "url": f"/contact-lists/{contact_list['id']}",
    }


VIEW = View("contact_lists", _contact_list)


def _of_contact(call: Call) -> Response:
    contact = find(call, "contacts", "contactId", "Contact")
    return listing(call, VIEW, keep=lambda contact_list: contact_list["id"] in contact["list_ids"])


def _membership(call: Call) -> tuple[Document, str]:
    """The contact, and the id of the list it is on; else 404."""
    contact = find(call, "contacts", "contactId", "Contact")
    contact_list = find(call, "contact_lists", "contactListId", "Contact list")
    if contact_list["id"] not in contact["list_ids"]:
        raise not_found(call, "Contact list")
    return contact, contact_list["id"]


def _show_of_contact(call: Call) -> Response:
    return show(call, VIEW, _membership(call)[1])


def _add(call: Call) -> Response:
    contact = find(call, "contacts", "contactId", "Contact")
    contact_list = referenced(call, "contact_lists", call.body["id"], "Contact list", "id")
    if contact_list["id"] not in contact["list_ids"]:
        call["contacts"].replace({**contact, "list_ids": [*contact["list_ids"], contact_list["id"]]})
    elif call.quirks["list_membership_repeat"] == "409":
        raise conflict(call, "on_list", f"The contact is on the list {contact_list['name']} already.")
    return created(call, show(call, VIEW, contact_list["id"]))


def _remove(call: Call) -> dict[str, str]:
    contact, left = _membership(call)
    call["contacts"].replace({**contact, "list_ids": [id for id in contact["list_ids"] if id != left]})
    return {"id": left}  # documented: the id of the list


def _members(call: Call) -> Response:
    if call.quirks["contact_list_contacts"] == "gone":
        raise not_found(call, "Resource")
    contact_list = find(call, "contact_lists", "contact_list_id", "Contact list")
    return listing(call, contacts.VIEW, order="list", group=contact_list["id"], home="created")


HANDLERS: dict[str, Handler] = {
    "contact_lists.list": get_all(VIEW),
    "contact_lists.get": get_one(VIEW, "Contact list", "contactListId"),
    "contact_list_contacts.list": _members,
    "contact_contact_lists.list": _of_contact,
    "contact_contact_lists.get": _show_of_contact,
    "contact_contact_lists.create": _add,
    "contact_contact_lists.delete": _remove,
}
