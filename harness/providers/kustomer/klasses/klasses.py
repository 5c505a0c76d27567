"""Klasses: the kinds of objects an organisation defines."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from harness.core.exchange import Response
from harness.core.provider import Call, Handler
from harness.core.store import Document
from harness.core.unit import Unit
from harness.providers.kustomer.actor import Actor
from harness.providers.kustomer.dialect import conflict, empty
from harness.providers.kustomer.jsonapi import documents
from harness.providers.kustomer.jsonapi.kinds import KLASSES
from harness.providers.kustomer.jsonapi.resources import found, get_one, listing, show, success, written
from harness.providers.kustomer.keys import actor
from harness.providers.kustomer.klasses import custom_attributes

_SHOWN: Final = ("displayName", "icon", "color", "klassSchema", "mixins", "status")


def named(unit: Unit, name: str) -> Document | None:
    """The klass of that name or plural. recorded: objects are written to the one and linked by the other.
    https://github.com/nebulab/solidus_kustomer"""
    klass = unit["klasses"].lookup("value", ("name", name.casefold()))
    if klass is None or name not in (klass["attributes"]["name"], klass["plural"]):
        return None
    return klass


def plural(name: str) -> str:
    """The name of its objects. recorded: order, orders; documented: purchase, purchases; the rest is English.

    >>> [plural(name) for name in ("order", "category", "box", "day")]
    ['orders', 'categories', 'boxes', 'days']
    """
    if re.search("[^aeiou]y$", name, re.IGNORECASE):
        return f"{name[:-1]}ies"
    return f"{name}{'es' if re.search('(s|x|z|ch|sh)$', name, re.IGNORECASE) else 's'}"


def create(unit: Unit, body: Mapping[str, Any], by: Actor) -> Document:
    """Define a klass. Raises Refused (409) for a name that is taken, also as a plural."""
    name = body["name"]
    attributes = {"name": name, "status": "enabled", **_shown(body)}
    klass = documents.create(unit, KLASSES, attributes, by=by, plural=plural(name))
    _define(unit, klass, body, by)
    return klass


def update(unit: Unit, klass: Document, body: Mapping[str, Any], by: Actor) -> Document:
    """Change what is given. documented by the example: a klass that was changed says that no app turned it off."""
    attributes = {"appDisabled": klass["attributes"].get("appDisabled", False), **_shown(body)}
    _define(unit, klass, body, by)
    return documents.change(unit, KLASSES, klass, attributes, by=by)


def delete(unit: Unit, klass: Document, by: Actor) -> None:
    """documented: fails while there are objects of it."""
    name = klass["attributes"]["name"]
    if unit["kobjects"].count("id", f"klass:{name}"):
        raise conflict(unit, None, "klass_in_use")
    custom_attributes.forget(unit, resource_of(klass))
    documents.remove(unit, KLASSES, klass, by=by, soft=False)


def resource_of(klass: Document) -> str:
    """What its custom attributes are listed under, which is the type of its objects too."""
    return f"{custom_attributes.OF_KLASS}{klass['attributes']['name']}"


def _shown(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: body[name] for name in _SHOWN if name in body}


def _define(unit: Unit, klass: Document, body: Mapping[str, Any], by: Actor) -> None:
    """inferred: the properties of a JSON schema that are called like custom attributes define these."""
    schema = body.get("jsonSchema")
    properties = schema.get("properties") if isinstance(schema, dict) else None
    names = [name for name in properties if custom_attributes.is_name(name)] if isinstance(properties, dict) else []
    if names:
        custom_attributes.define(unit, resource_of(klass), {name: {} for name in names}, by)


def _list(call: Call) -> Response:
    status = call.query.get("status", "enabled")
    return listing(call, KLASSES, keep=lambda klass: klass["attributes"]["status"] == status)


def _create(call: Call) -> Response:
    return show(call, KLASSES, create(call, *written(call)), success(call, 200, 201))


def _update(call: Call) -> Response:
    return show(call, KLASSES, update(call, found(call, KLASSES), *written(call)))


def _delete(call: Call) -> Response:
    delete(call, found(call, KLASSES), actor(call))
    return empty()


HANDLERS: dict[str, Handler] = {
    "klasses.list": _list,
    "klasses.get": get_one(KLASSES),
    "klasses.create": _create,
    "klasses.update": _update,
    "klasses.delete": _delete,
}
