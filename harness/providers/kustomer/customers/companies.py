"""Companies, to which customers belong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from harness.core.exchange import Response
from harness.core.provider import Call, Handler
from harness.core.store import Document
from harness.core.unit import Unit
from harness.providers.kustomer.actor import Actor
from harness.providers.kustomer.customers.addresses import listed
from harness.providers.kustomer.dialect import not_found
from harness.providers.kustomer.jsonapi import documents
from harness.providers.kustomer.jsonapi.kind import is_deleted
from harness.providers.kustomer.jsonapi.kinds import COMPANIES
from harness.providers.kustomer.jsonapi.resources import changeable, encode, get_one, listing, page_of, paged, show
from harness.providers.kustomer.jsonapi.stamps import moment
from harness.providers.kustomer.jsonapi.times import given_moment
from harness.providers.kustomer.keys import actor
from harness.providers.kustomer.limits import count_update
from harness.providers.kustomer.settings import tags

_VALUES: Final = ("name", "externalId", "avatarUrl", "employeeCount", "defaultLang")
_LISTS: Final = ("emails", "phones", "whatsapps", "socials", "urls", "domains", "locations")


def create(unit: Unit, body: Mapping[str, Any], by: Actor, *, id: str | None = None, at: int | None = None) -> Document:
    """A new company. Raises Refused."""
    attributes = {"tags": [], **_given(unit, body, by, {})}
    return documents.create(unit, COMPANIES, attributes, by=by, id=id, at=at)


def update(unit: Unit, company: Document, body: Mapping[str, Any], by: Actor) -> Document:
    """A company with what is given changed. documented: `deleted: true` deletes it, null brings it back; there is no
    other way. Raises Refused."""
    held = company["attributes"]
    gone = is_deleted(company)
    if gone and body.get("deleted", True):
        raise not_found(unit)
    documents.check_rev(unit, company, body)
    changed = _given(unit, body, by, held)
    if gone:
        changed |= {"deleted": None, "deletedAt": None}
    elif body.get("deleted"):
        # inferred: its customers keep it, so that they have it again when it comes back
        changed |= {"deleted": True, "deletedAt": moment(unit.now)}
    company = documents.change(unit, COMPANIES, company, changed, by=by)
    if company["attributes"]["name"] != held["name"]:
        _rename(unit, company)
    return company


def _rename(unit: Unit, company: Document) -> None:
    """inferred: the name is read when a customer is shown, so a new one is no change of its customers."""
    customers, name = unit["customers"], company["attributes"]["name"]
    for entry in customers.range("id", group=f"company:{company['id']}"):
        customer = entry.document
        customers.replace({**customer, "attributes": {**customer["attributes"], "companyName": name}})


def _given(unit: Unit, body: Mapping[str, Any], by: Actor, held: Mapping[str, Any]) -> dict[str, Any]:
    changed: dict[str, Any] = {name: body[name] for name in _VALUES if name in body}
    changed |= {name: listed(name, body[name]) for name in _LISTS if name in body}
    changed |= {name: given_moment(unit, name, body[name]) for name in ("createdAt", "importedAt") if name in body}
    if "tags" in body:
        changed["tags"] = tags.resolved(unit, body["tags"], by)
    if "custom" in body:
        from harness.providers.kustomer.klasses import custom_attributes

        changed["custom"] = custom_attributes.checked(unit, "company", body["custom"], held.get("custom")) or None
    return changed


def _create(call: Call) -> Response:
    return show(call, COMPANIES, create(call, call.body, actor(call)), 201)


def _update(call: Call) -> Response:
    by, company = actor(call), changeable(call, COMPANIES)
    count_update(call, company["id"], by)
    return show(call, COMPANIES, update(call, company, call.body, by))


def _list(call: Call) -> Response:
    """documented: with both filters neither is used."""
    external, name = call.query.get("externalId"), call.query.get("filter")
    if external is not None and name is None:
        return _of_external_id(call, external)
    if name is None or external is not None:
        return listing(call, COMPANIES)
    part = name.casefold()
    return listing(call, COMPANIES, keep=lambda company: part in company["attributes"]["name"].casefold())


def _of_external_id(call: Call, external: str) -> Response:
    company = call["companies"].lookup_id("value", ("externalId", external))
    entries = [] if company is None else [call["companies"].entry(company)]
    page, size = page_of(call)
    shown = entries[(page - 1) * size : page * size]
    return paged(call, encode(call, COMPANIES, shown), page, size, len(entries))


HANDLERS: dict[str, Handler] = {
    "companies.create": _create,
    "companies.list": _list,
    "companies.get": get_one(COMPANIES),
    "companies.update": _update,
}
