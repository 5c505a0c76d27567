"""Brands: one comes with the organisation and is the default."""

from __future__ import annotations

from harness.core.exchange import Response
from harness.core.provider import Call, Handler
from harness.providers.kustomer.dialect import not_found
from harness.providers.kustomer.jsonapi import documents
from harness.providers.kustomer.jsonapi.kinds import BRANDS
from harness.providers.kustomer.jsonapi.resources import found, get_all, get_one, show
from harness.providers.kustomer.keys import actor


def _default(call: Call) -> Response:
    brand = next((each for each in call["brands"] if each["attributes"]["default"]), None)
    if brand is None:
        raise not_found(call)
    return show(call, BRANDS, brand)


def _create(call: Call) -> Response:
    return show(call, BRANDS, documents.create(call, BRANDS, {**call.body, "default": False}, by=actor(call)), 201)


def _update(call: Call) -> Response:
    return show(call, BRANDS, documents.change(call, BRANDS, found(call, BRANDS), call.body, by=actor(call)))


HANDLERS: dict[str, Handler] = {
    "brands.list": get_all(BRANDS),
    "brands.get": get_one(BRANDS),
    "brands.default": _default,
    "brands.create": _create,
    "brands.update": _update,
}
