"""Violations in the words of tv4, the validator whose title and detail were recorded.

recorded: https://github.com/nebulab/solidus_kustomer; the other kinds after https://github.com/geraintluff/tv4
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

import orjson

from harness.providers.kustomer.conversations.branches import narrowed

if TYPE_CHECKING:
    from harness.core.contract import Contract, Operation, Violation

FORMATS: Final = {
    "ObjectId": "object-id",
    "ObjectIdOrNull": "object-id",
    "EmailRelaxed": "email",
    "PhoneNumber": "phone number",
    "WhatsappNumber": "whatsapp number",
    "WebAddress": "url",
    "DomainName": "domain name",
    "DateTimeMath": "date-time-math",
    "DateTimeMathOrNull": "date-time-math",
    "SendAt": "send-at",
}
"""The schemas that stand for a format of the provider's own. inferred: what is between the brackets of its title."""

_ORDER: Final = {
    kind: number
    for number, kinds in enumerate(
        (
            ("type",),
            ("enum", "const"),
            ("multipleOf",),
            ("minimum", "exclusiveMinimum"),
            ("maximum", "exclusiveMaximum"),
            ("minLength",),
            ("maxLength",),
            ("pattern",),
            ("minItems",),
            ("maxItems",),
            ("uniqueItems",),
            ("items",),
            ("minProperties",),
            ("maxProperties",),
            ("required",),
            ("properties", "additionalProperties"),
            ("allOf",),
            ("anyOf",),
            ("oneOf", "oneOfNotValid", "oneOfMultipleValid"),
            ("not",),
            ("format",),
        )
    )
    for kind in kinds
}
"""In which order tv4 looks at the keywords of a schema."""


class Broken:
    """One violation as tv4 tells it."""

    __slots__ = ("detail", "order", "parameter", "title")

    def __init__(self, order: list[tuple[int, int]], parameter: str | None, title: str, detail: str | None) -> None:
        self.order = order
        """Where tv4 meets it on its way through the value."""
        self.parameter = parameter
        self.title = title
        self.detail = detail


def told(operation: Operation, given: Any, violations: list[Violation]) -> list[Broken]:
    """The violations of a request as tv4 meets them; one of unknown properties is one for each of them."""
    branch, violations = narrowed(operation, given, violations)
    return sorted(_told(operation, branch, given, violations), key=lambda broken: broken.order)


def _told(
    operation: Operation, branch: Mapping[str, Any] | None, given: Any, violations: list[Violation]
) -> Iterator[Broken]:
    for violation in violations:
        schema = _schema_of(operation, branch, violation)
        value = _value(given, violation)
        place = _detail(violation)
        way = _way(given, violation.path)
        name = str(violation.path[-1]) if violation.path else None
        match violation.kind:
            case "required" if violation.expected is None:
                yield Broken([], None, "Invalid type: undefined (expected object)", "/type")
            case "required":
                order = schema.get("required") or [violation.expected]
                number = order.index(violation.expected) if violation.expected in order else 0
                title = f"Missing required property: {violation.expected}"
                at = [*way, (_ORDER["required"], number)]
                yield Broken(at, str(violation.expected), title, f"{place}/required/{number}")
            case "additionalProperties" | "falseSchema":
                # an object that may hold nothing
                for unknown in value if violation.kind == "falseSchema" else violation.expected:
                    at = [*way, _step(value, unknown)]
                    yield Broken(at, unknown, "Additional properties not allowed", f"{place}/additionalProperties")
            case "pattern" if (format := _format(operation.contract, str(violation.expected))) is not None:
                at = [*way, (_ORDER["format"], 0)]
                yield Broken(at, name, f"Format validation failed (must be a valid {format})", f"{place}/format")
            case kind:
                at = [*way, (_ORDER.get(kind, len(_ORDER)), 0)]
                yield Broken(at, name, _title(violation, schema, value), f"{place}/{_keyword(kind)}")


def _title(violation: Violation, schema: Mapping[str, Any], value: Any) -> str:
    limit = violation.expected
    length = len(value) if isinstance(value, (str, list, dict)) else 0
    match violation.kind:
        case "type":
            return wrong_type(value, _expected_types(schema, limit))
        case "enum" | "const":
            return f"No enum match for: {_text(value)}"
        case "minimum":
            return f"Value {_text(value)} is less than minimum {_text(limit)}"
        case "exclusiveMinimum":
            return f"Value {_text(value)} is equal to exclusive minimum {_text(limit)}"
        case "maximum":
            return f"Value {_text(value)} is greater than maximum {_text(limit)}"
        case "exclusiveMaximum":
            return f"Value {_text(value)} is equal to exclusive maximum {_text(limit)}"
        case "multipleOf":
            return f"Value {_text(value)} is not a multiple of {_text(limit)}"
        case "minLength":
            return f"String is too short ({length} chars), minimum {limit}"
        case "maxLength":
            return f"String is too long ({length} chars), maximum {limit}"
        case "pattern":
            return f"String does not match pattern: {limit}"
        case "format":
            return f"Format validation failed (must be a valid {limit})"
        case "minItems":
            return f"Array is too short ({length}), minimum {limit}"
        case "maxItems":
            return f"Array is too long ({length}), maximum {limit}"
        case "uniqueItems":
            first, second = _same(value)
            return f"Array items are not unique (indices {first} and {second})"
        case "minProperties":
            return f"Too few properties defined ({length}), minimum {limit}"
        case "maxProperties":
            return f"Too many properties defined ({length}), maximum {limit}"
        case "anyOf":
            return 'Data does not match any schemas from "anyOf"'
        case "oneOfNotValid" | "oneOf":
            return 'Data does not match any schemas from "oneOf"'
        case "oneOfMultipleValid":
            return 'Data is valid against more than one schema from "oneOf"'
        case "not":
            return 'Data matches schema from "not"'
        case _:
            return f"Invalid value: {violation.message}"


def _keyword(kind: str) -> str:
    return "oneOf" if kind.startswith("oneOf") else kind


def _way(value: Any, path: tuple[str | int, ...]) -> list[tuple[int, int]]:
    way = []
    for step in path:
        way.append(_step(value, step))
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            value = None
    return way


def _step(value: Any, step: str | int) -> tuple[int, int]:
    """From a value to what is in it, in the order in which it was written."""
    if isinstance(step, int):
        return _ORDER["items"], step
    return _ORDER["properties"], list(value).index(step) if isinstance(value, dict) and step in value else 0


def _detail(violation: Violation) -> str:
    """The way through the schema, which follows from the way through the value."""
    steps = (f"/properties/{step}" if isinstance(step, str) else "/items" for step in violation.path)
    return "".join(steps)


def _schema_of(operation: Operation, branch: Mapping[str, Any] | None, violation: Violation) -> Mapping[str, Any]:
    """The schema that was broken, as far as it can be followed; `branch` is the one of several a body is meant for."""
    contract = operation.contract
    schema: Mapping[str, Any] = {}
    steps: list[str | int] = list(violation.path)
    if branch is not None:
        schema = branch
    elif violation.place == "body" and operation.media:
        content = contract.resolve(operation.data["requestBody"])["content"]
        schema = content[operation.media[0]].get("schema", {})
    elif violation.place == "query" and steps:
        parameter = operation.parameters.get(str(steps.pop(0)))
        schema = parameter.schema if parameter else {}
    for step in steps:
        schema = contract.resolve(schema)
        below: Mapping[str, Any] = schema.get("properties") or {}
        schema = below.get(step, {}) if isinstance(step, str) else schema.get("items", {})
    return contract.resolve(schema)


def _value(body: Any, violation: Violation) -> Any:
    found = body
    for step in violation.path:
        try:
            found = found[step]
        except (KeyError, IndexError, TypeError):
            return None
    return found


def _format(contract: Contract, pattern: str) -> str | None:
    schemas = contract.document["components"]["schemas"]
    return next((words for name, words in FORMATS.items() if schemas[name].get("pattern") == pattern), None)


def json_type(value: Any) -> str:
    """The JSON type of a value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    return "string" if isinstance(value, str) else "array" if isinstance(value, list) else "object"


def wrong_type(value: Any, expected: str) -> str:
    """The title of a value of the wrong type."""
    return f"Invalid type: {json_type(value)} (expected {expected})"


def _expected_types(schema: Mapping[str, Any], limit: Any) -> str:
    """In the order of the schema where it is known."""
    types = schema.get("type", limit)
    return types if isinstance(types, str) else "/".join(types)


def _text(value: Any) -> str:
    return orjson.dumps(value).decode()


def _same(items: list[Any]) -> tuple[int, int]:
    for later, item in enumerate(items):
        for earlier in range(later):
            if items[earlier] == item and type(items[earlier]) is type(item):
                return earlier, later
    return 0, 1
