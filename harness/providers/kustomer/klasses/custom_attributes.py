"""Custom attributes: what `custom` of a kind of document may hold. In addresses they are called metadata."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import orjson

from harness.core.clock import TimeError, parse_shown
from harness.core.exchange import Refused, Response
from harness.core.provider import Call, Handler
from harness.core.store import Document
from harness.core.unit import Unit
from harness.providers.kustomer.actor import Actor
from harness.providers.kustomer.dialect import NOT_AN_ID, encoded, errors, item, not_found, wrong
from harness.providers.kustomer.events import events
from harness.providers.kustomer.jsonapi.kinds import METADATA
from harness.providers.kustomer.jsonapi.resources import is_id, written
from harness.providers.kustomer.jsonapi.stamps import moment
from harness.providers.kustomer.jsonapi.times import given_moment
from harness.providers.kustomer.wording import json_type, wrong_type

RESOURCES: Final = ("company", "conversation", "customer", "message")
OF_KLASS: Final = "kobject."
"""What the name of a resource begins with that is a klass."""
LONGEST: Final = 1024
"""documented: of a text. https://developer.kustomer.com/kustomer-api-docs/reference"""

# documented: the ending of a name decides about the type; that a tree is a text is inferred
TYPES: Final = {
    "Num": "number",
    "At": "date",
    "Bool": "boolean",
    "Str": "string",
    "Txt": "string",
    "Url": "string",
    "Id": "string",
    "Tree": "string",
    "Obj": "object",
}
_NAME: Final = re.compile(rf"(\w*?)({'|'.join(TYPES)})")
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_JSON_TYPES: Final = {"number": "number", "boolean": "boolean", "object": "object", "array": "array"}
_URI: Final = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:\S+")

Problem = tuple[str, str]
"""The title of an error, and the keyword of the schema that was broken."""


def properties(unit: Unit, resource: str) -> Mapping[str, Mapping[str, Any]]:
    """The custom attributes of a kind of document, by name; also those that were deleted."""
    known = unit["metadata"].get(resource)
    found: Mapping[str, Mapping[str, Any]] = known["attributes"]["properties"] if known else {}
    return found


def checked(
    unit: Unit, resource: str, given: Mapping[str, Any], before: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The values of `custom` with those given; null takes one away. Raises Refused (400) for names nobody defined,
    and for values that do not fit."""
    known = properties(unit, resource)
    broken = [each for name, value in given.items() for each in _broken(unit, name, value, known.get(name))]
    if broken:
        raise Refused(errors(400, broken))
    return {name: value for name, value in {**(before or {}), **given}.items() if value is not None}


def define(unit: Unit, resource: str, given: Mapping[str, Mapping[str, Any]], by: Actor, **more: Any) -> Document:
    """Define custom attributes, or change them; those that are not named stay. `more`: other parts of the metadata."""
    before = _document(unit, resource)
    attributes = before["attributes"]
    known = dict(attributes["properties"])
    for name, definition in given.items():
        known[name] = _defined(unit, name, definition, known.get(name), by)
    parts = {part: {**attributes.get(part, {}), **value} for part, value in more.items()}
    document = {**before, "attributes": {**attributes, "properties": known, **parts}}
    unit["metadata"].put(document)
    events.announce(unit, METADATA, "update", document, before, by)
    return document


def forget(unit: Unit, resource: str) -> None:
    """A kind of document is no more."""
    if resource in unit["metadata"]:
        unit["metadata"].delete(resource)


def display_name(name: str) -> str:
    """documented: the words of the name without its ending.

    >>> display_name("shopCustomerIdNum")
    'Shop Customer Id'
    """
    found = _NAME.fullmatch(name)
    return " ".join(word[0].upper() + word[1:] for word in _WORD.findall(found[1] if found else name))


def is_name(name: str) -> bool:
    """Whether a name has the form of a custom attribute's."""
    return name[:1].isalpha() and _NAME.fullmatch(name) is not None


def ending(name: str) -> str:
    """The ending of a name that says its type; `Str` where there is none."""
    found = _NAME.fullmatch(name)
    return found[2] if found else "Str"


def _document(unit: Unit, resource: str) -> Document:
    return unit["metadata"].get(resource) or {"id": resource, "attributes": {"properties": {}}, "relations": {}}


def _defined(
    unit: Unit, name: str, given: Mapping[str, Any], before: Mapping[str, Any] | None, by: Actor
) -> dict[str, Any]:
    usual = TYPES[ending(name)]
    type = given.get("type", usual)
    # inferred: a type that is not that of the ending is refused, so that search can rely on the ending
    if type not in (usual, "array") and (ending(name), type) != ("Tree", "object"):
        detail = f"/properties/properties/properties/{name}/properties/type/enum"
        raise wrong(unit, "type", f'No enum match for: "{type}"', detail)
    now = moment(unit.now)
    found = {
        "type": type,
        "displayName": display_name(name),
        **(before or {}),
        **given,
        **({"modifiedBy": by.user} if by.user else {}),
        "modifiedAt": now,
        "updatedAt": now,
    }
    if found.get("deletedAt") is None:
        found.pop("deletedAt", None)
    elif "deletedAt" in given:
        found["deletedAt"] = given_moment(unit, "deletedAt", given["deletedAt"])
    return found


def _broken(unit: Unit, name: str, value: Any, attribute: Mapping[str, Any] | None) -> Iterator[dict[str, Any]]:
    if attribute is None or attribute.get("deletedAt"):  # inferred: a deleted attribute is as good as unknown
        title, detail = "Additional properties not allowed", "/properties/custom/additionalProperties"  # recorded
        yield item(unit.quirks, 400, title, parameter=name, detail=detail)
        return
    place = f"/properties/custom/properties/{name}"
    several = attribute.get("multi") or attribute.get("array") or attribute["type"] == "array"
    if value is None:
        return
    if not several:
        if (problem := value_problem(name, attribute, value, "/null")) is not None:
            yield item(unit.quirks, 400, problem[0], parameter=name, detail=f"{place}/{problem[1]}")
    elif not isinstance(value, list):  # inferred: several values are a list
        yield item(unit.quirks, 400, wrong_type(value, "array/null"), parameter=name, detail=f"{place}/type")
    else:
        for number, each in enumerate(value):
            if (problem := value_problem(name, attribute, each)) is not None:
                yield item(unit.quirks, 400, problem[0], parameter=str(number), detail=f"{place}/items/{problem[1]}")


def value_problem(name: str, attribute: Mapping[str, Any], value: Any, nullable: str = "") -> Problem | None:
    """What is wrong with one value, in the words of tv4. documented: texts have up to 1024 characters."""
    last = ending(name)
    type = TYPES[last] if attribute["type"] == "array" else attribute["type"]
    expected = _JSON_TYPES.get(type, "string")
    if json_type(value) != expected:
        return wrong_type(value, expected + nullable), "type"
    if isinstance(value, str):
        if type == "date":
            if not _is_moment(value):
                return "Format validation failed (must be a valid date-time)", "format"
        elif len(value) > LONGEST:
            return f"String is too long ({len(value)} chars), maximum {LONGEST}", "maxLength"
        elif last == "Url" and not _URI.fullmatch(value):
            return "Format validation failed (must be a valid uri)", "format"
        elif last == "Id" and "target" in attribute and not is_id(value):  # inferred: it names a document then
            return NOT_AN_ID, "format"
    choices = attribute.get("enumeration")
    if choices and value not in choices:
        return f"No enum match for: {orjson.dumps(value).decode()}", "enum"
    return None


def _is_moment(text: str) -> bool:
    try:
        parse_shown(text)
    except TimeError:
        return False
    return True


def _resource(call: Call) -> str:
    """The resource of the path; inferred: 404 where there is none of that name."""
    name = call.path["resource"]
    if name in RESOURCES or name in call["metadata"]:
        return name
    klass = name.removeprefix(OF_KLASS)
    found = call["klasses"].lookup("value", ("name", klass.casefold()))
    if found is None or name != f"{OF_KLASS}{found['attributes']['name']}":
        raise not_found(call, "resource")
    return name


def _answer(document: Document) -> Response:
    return encoded(orjson.dumps({"data": METADATA.document(document)}))


def _list(call: Call) -> Response:
    return _answer(_document(call, _resource(call)))


def _update(call: Call) -> Response:
    """inferred: it adds to what is there. `validations` may be sent, no answer shows them."""
    body, by = written(call)
    parts = {part: body[part] for part in ("standardProperties", "relationships") if part in body}
    return _answer(define(call, _resource(call), body.get("properties", {}), by, **parts))


HANDLERS: dict[str, Handler] = {
    "custom_attributes.list": _list,
    "custom_attributes.update": _update,
}
