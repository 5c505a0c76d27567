"""Customers: made, changed, found by their addresses and ids, listed, deleted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from harness.core.exchange import Response
from harness.core.provider import Call, Handler
from harness.core.store import Document
from harness.core.unit import Unit
from harness.providers.kustomer.actor import Actor
from harness.providers.kustomer.customers import customer_list
from harness.providers.kustomer.customers.addresses import DEFAULTS, listed, plain_number
from harness.providers.kustomer.customers.customer_names import derived, drawn
from harness.providers.kustomer.customers.unmasking_windows import forget
from harness.providers.kustomer.dialect import empty, not_found, wrong
from harness.providers.kustomer.jsonapi import documents
from harness.providers.kustomer.jsonapi.kind import is_deleted
from harness.providers.kustomer.jsonapi.kinds import COMPANIES, CUSTOMERS, DRAFTS, KOBJECTS, NOTES
from harness.providers.kustomer.jsonapi.resources import found, get_one, looked_up, referenced, show
from harness.providers.kustomer.jsonapi.stamps import moment, new_id
from harness.providers.kustomer.jsonapi.times import given_moment
from harness.providers.kustomer.keys import actor
from harness.providers.kustomer.limits import count_update
from harness.providers.kustomer.settings import tags

TEXTS: Final = ("name", "username", "avatarUrl", "locale", "timeZone", "gender", "defaultLang")
LISTS: Final = tuple(name for name in DEFAULTS if name not in ("externalIds", "domains"))
_OWN_TIMES: Final = ("signedUpAt", "birthdayAt")
_ACTIVITY: Final = ("lastActivityAt", "lastCustomerActivityAt", "lastSeenAt")
_TIMES: Final = (*_OWN_TIMES, *_ACTIVITY, "createdAt", "importedAt")

_BLANK: Final[Mapping[str, Any]] = {
    **dict.fromkeys((*TEXTS, *_OWN_TIMES, "externalId", "custom", "companyName")),
    **{name: [] for name in (*LISTS, "externalIds", "tags")},
    "sentiment": {},
}
"""What a replaced document loses. inferred: what it is known by from elsewhere stays: its counts, its times, its
colour."""


_NOTHING: Final[list[Any]] = []
"""One for all: what is stored is never changed, and a hundred thousand customers have a million of them."""
_EMPTY: Final[Mapping[str, Any]] = {
    **dict.fromkeys((*LISTS, "externalIds", "activeUsers", "watchers", "tags", "recentItems"), _NOTHING),
    "deleted": False,
    "lastConversation": {"channels": [], "tags": []},
    "conversationCounts": {"done": 0, "open": 0, "snoozed": 0, "all": 0},
    "preview": {},
    "sentiment": {},
    "progressiveStatus": None,
    "satisfactionLevel": {"firstSatisfaction": {"sentByTeams": []}, "lastSatisfaction": {"sentByTeams": []}},
    "roleGroupVersions": _NOTHING,
    "accessOverride": _NOTHING,
}
"""recorded: what a customer has who has done nothing yet. https://github.com/nebulab/solidus_kustomer"""


def create(unit: Unit, body: Mapping[str, Any], by: Actor, *, id: str | None = None, at: int | None = None) -> Document:
    """A new customer. Raises Refused."""
    attributes, relations, id = prepared(unit, body, by, id=id, at=at)
    return documents.create(unit, CUSTOMERS, attributes, relations, by=by, id=id, at=at)


def prepared(
    unit: Unit, body: Mapping[str, Any], by: Actor, *, id: str | None = None, at: int | None = None
) -> tuple[dict[str, Any], dict[str, Any], str]:
    """Attributes, relations and id of a new customer. Raises Refused."""
    id = id or new_id(unit)
    now = moment(unit.now if at is None else at)
    relations, company = _company(unit, body, None, replace=True)
    attributes = {
        **_EMPTY,
        **drawn(id),
        "recentLocation": {"updatedAt": now},
        "lastActivityAt": now,
        **_given(unit, body, by, {}),
        **company,
    }
    return {**attributes, **derived(attributes)}, relations, id


def update(unit: Unit, customer: Document, body: Mapping[str, Any], by: Actor, *, replace: bool = False) -> Document:
    """A customer with what is given changed; `replace`: and the rest gone. Raises Refused."""
    if is_deleted(customer):
        raise not_found(unit)
    documents.check_rev(unit, customer, body)
    relations, company = _company(unit, body, customer["relations"].get("company"), replace=replace)
    held = {**customer["attributes"], **(_BLANK if replace else {})}
    changed = {
        **(_BLANK if replace else {}),
        "lastActivityAt": moment(unit.now),
        **_given(unit, body, by, held),
        **company,
    }
    after = {**held, **changed}
    return documents.change(unit, CUSTOMERS, customer, {**changed, **derived(after)}, relations, by=by)


def delete(unit: Unit, customer: Document, by: Actor) -> None:
    """Delete a customer. Raises Refused where it is gone already.

    inferred: what was said goes with it, its conversations with their messages and notes, its own notes and drafts;
    objects of klasses, which tell of other systems, stay without a customer.
    """
    if is_deleted(customer):
        raise not_found(unit)
    group = f"customer:{customer['id']}"
    if unit["conversations"].count("id", group):
        from harness.providers.kustomer.conversations import conversations

        for entry in unit["conversations"].range("id", group=group):
            conversations.delete(unit, entry.document, by)
    for entry in unit[NOTES.collection].range("id", group=group):
        documents.remove(unit, NOTES, entry.document, by=by)
    if unit[DRAFTS.collection].count("id", group):
        from harness.providers.kustomer.conversations import drafts

        for entry in unit[DRAFTS.collection].range("id", group=group):
            drafts.delete(unit, entry.document, by)
    for entry in unit["kobjects"].range("id", group=group):
        documents.change(unit, KOBJECTS, entry.document, {}, {"customer": None}, by=by, touch=False)
    forget(unit, customer["id"])
    # what went with it has changed its counts meanwhile
    documents.remove(unit, CUSTOMERS, unit["customers"].get(customer["id"]) or customer, by=by)


def _given(unit: Unit, body: Mapping[str, Any], by: Actor, held: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes of a body as answers show them."""
    changed: dict[str, Any] = {name: body[name] for name in TEXTS if name in body}
    if changed.get("gender") in ("o", "p") and unit.quirks["genders"] == "mf":
        raise wrong(unit, "gender", f'No enum match for: "{changed["gender"]}"', "/properties/gender/enum")
    for name in _TIMES:
        if name in body:
            changed[name] = None if body[name] is None else given_moment(unit, name, body[name])
    if changed.get("lastActivityAt", "") is None:  # every customer has one
        del changed["lastActivityAt"]
    changed |= {name: listed(name, body[name]) for name in LISTS if name in body}
    changed |= _external_ids(body, held)
    if "sentiment" in body:
        changed["sentiment"] = body["sentiment"]
    if "tags" in body:
        changed["tags"] = tags.resolved(unit, body["tags"], by)
    if "custom" in body:
        from harness.providers.kustomer.klasses import custom_attributes

        changed["custom"] = custom_attributes.checked(unit, "customer", body["custom"], held.get("custom")) or None
    return changed


def _external_ids(body: Mapping[str, Any], held: Mapping[str, Any]) -> dict[str, Any]:
    """recorded: externalId stands first in externalIds too, verified. https://github.com/nebulab/solidus_kustomer

    inferred: a new one takes the place of the old one; of a list without it, the first is it.
    """
    if "externalId" not in body and "externalIds" not in body:
        return {}
    former = held.get("externalId")
    if "externalIds" in body:
        items = listed("externalIds", body["externalIds"])
    else:
        items = [item for item in held.get("externalIds", ()) if item["externalId"] != former]
    if (id := body.get("externalId")) is not None:
        others = [item for item in items if item["externalId"] != id]
        return {"externalId": id, "externalIds": [{"externalId": id, "verified": True}, *others]}
    ids = [item["externalId"] for item in items]
    first = former if former in ids and "externalId" not in body else next(iter(ids), None)
    return {"externalId": first, "externalIds": items}


def _company(
    unit: Unit, body: Mapping[str, Any], held: str | None, *, replace: bool
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The relation to the company and the attribute with its name, as far as they change; what a customer has may be
    named again although it was deleted."""
    id = body.get("company")
    if id is not None:
        company = unit["companies"].get(id) if id == held else None
        company = company or referenced(unit, COMPANIES, id, "company")
        return {"company": id}, {"companyName": company["attributes"]["name"]}
    if "company" in body or replace or unit.quirks["company_left_out"] == "unlinks":
        return {"company": None}, {"companyName": None}
    return {}, {}


def _create(call: Call) -> Response:
    return show(call, CUSTOMERS, create(call, call.body, actor(call)), 201)


def _update(call: Call) -> Response:
    by, customer = actor(call), found(call, CUSTOMERS)
    count_update(call, customer["id"], by)
    replace = call.query.get("replace", False)
    return show(call, CUSTOMERS, update(call, customer, call.body, by, replace=replace))


def _delete(call: Call) -> Response:
    delete(call, found(call, CUSTOMERS), actor(call))
    return empty()


def _lookup(name: str, parameter: str, key: Callable[[str], str] = str) -> Handler:
    """The handler of a look-up by one of the values that no two customers share."""
    return lambda call: show(call, CUSTOMERS, looked_up(call, CUSTOMERS, name, key(call.path[parameter]), parameter))


HANDLERS: dict[str, Handler] = {
    "customers.create": _create,
    "customers.list": customer_list.customers,
    "customers.get": get_one(CUSTOMERS),
    "customers.update": _update,
    "customers.update_attributes": _update,
    "customers.delete": _delete,
    "customers.using_email": _lookup("emails", "email", str.casefold),
    "customers.using_phone_number": _lookup("phones", "phone", plain_number),
    "customers.using_external_id": _lookup("externalId", "externalId"),
}
