"""The customer a visitor says to be: found by what it says, changed, or made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from harness.core.store import Document
from harness.core.unit import Unit
from harness.providers.kustomer.actor import SYSTEM
from harness.providers.kustomer.customers import customers
from harness.providers.kustomer.customers.addresses import identity, joined, listed, plain_number
from harness.providers.kustomer.dialect import wrong
from harness.providers.kustomer.jsonapi.times import given_moment
from harness.providers.kustomer.settings import tags

MOST: Final = 10
"""documented: how many addresses a customer has of each kind."""
_SAME: Final = (
    "name",
    "company",
    "externalId",
    "username",
    "gender",
    "locale",
    "timeZone",
    "custom",
)


def identified(unit: Unit, given: Mapping[str, Any], known: Document | None, prefix: str = "") -> Document:
    """The customer. inferred: an external id says more than an address, and an address more than what was known of
    the visitor so far. Nobody is its creator, as with a recorded one that came from elsewhere. Raises Refused."""
    if given.get("gender") in ("o", "p") and unit.quirks["genders"] == "mf":
        title = f'No enum match for: "{given["gender"]}"'
        raise wrong(unit, "gender", title, f"{prefix}/properties/gender/enum")
    customer = _named(unit, given) or known
    if customer is None:
        return customers.create(unit, _body(unit, given, {}), SYSTEM)
    held = customer["attributes"]
    body = _body(unit, given, held)
    if all(_is_held(customer, name, value) for name, value in body.items()):
        return customer
    # what a visitor says has no company left out: only a client that changes a customer says which one it has
    body.setdefault("company", customer["relations"].get("company"))
    return customers.update(unit, customer, body, SYSTEM)


def _named(unit: Unit, given: Mapping[str, Any]) -> Document | None:
    keys = []
    if "externalId" in given:
        keys.append(("externalId", given["externalId"]))
    if "email" in given:
        keys.append(("emails", given["email"].casefold()))
    if "phone" in given:
        keys.append(("phones", plain_number(given["phone"])))
    found = (unit["customers"].lookup("value", key) for key in keys)
    return next((customer for customer in found if customer is not None), None)


def _body(unit: Unit, given: Mapping[str, Any], held: Mapping[str, Any]) -> dict[str, Any]:
    """What to write: single values as they are, an address beside those that are there."""
    body: dict[str, Any] = {name: given[name] for name in _SAME if name in given}
    body |= {name: given_moment(unit, name, given[name]) for name in ("signedUpAt", "birthdayAt") if name in given}
    if body.get("externalId") == "":
        del body["externalId"]
    for name, field in (("emails", "email"), ("phones", "phone")):
        if field in given:
            item = {field: given[field]}
            # inferred: an address of somebody else is one that both share
            place = name if _is_free(unit, name, item, held) else f"shared{name.capitalize()}"
            body |= _added(place, item, held)
    if "location" in given:
        body |= _added("locations", given["location"], held)
    if "tags" in given:
        body["tags"] = list(dict.fromkeys([*held.get("tags", []), *tags.resolved(unit, given["tags"], SYSTEM)]))
    return body


def _added(name: str, item: Mapping[str, Any], held: Mapping[str, Any]) -> dict[str, Any]:
    """A list with one item more, unless it has it or is full."""
    ours = held.get(name, [])
    together = joined(name, ours, listed(name, [item]))
    return {name: together} if len(ours) < len(together) <= MOST else {}


def _is_free(unit: Unit, name: str, item: Mapping[str, Any], held: Mapping[str, Any]) -> bool:
    (key,) = identity(name, item)
    holder = unit["customers"].lookup_id("value", (name, key))
    return holder is None or any(identity(name, each) == (key,) for each in held.get(name, ()))


def _is_held(customer: Document, name: str, value: Any) -> bool:
    if name == "company":
        return bool(customer["relations"].get("company") == value)
    held = customer["attributes"].get(name)
    if name == "custom":
        return held is not None and all(key in held and held[key] == each for key, each in value.items())
    return bool(held == value)
