"""A JSON schema that consists of parts (`allOf`), as one; and one without the properties that it forbids."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_CONDITIONS = frozenset(("$ref", "if", "then", "else", "not"))
"""What is no part of a form but a choice between forms, or leads elsewhere."""
_BELOW = frozenset(("items", "additionalProperties", "allOf", "anyOf", "oneOf", "then", "else"))
"""Where other schemas stand in one, beside its properties."""
_NOTES = frozenset(("default", "description", "example", "examples", "title"))


class _Apart(Exception):
    """Two parts each say of something what no one schema can."""


def united(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with its parts in it, what they forbid as `false`: it may be a part of another one.

    One whose parts are conditions stays as it is, and so does one whose parts do not make one.
    """
    parts = schema.get("allOf")
    if not parts or not all(isinstance(part, Mapping) and _CONDITIONS.isdisjoint(part) for part in parts):
        return schema
    found: Any = {name: value for name, value in schema.items() if name != "allOf"}
    try:
        for part in parts:
            found = _both(found, part)
    except _Apart:
        return schema
    whole: dict[str, Any] = found
    return whole


def _both(one: Any, other: Any) -> Any:
    """What lets through only what both let through; of two notes the first. Raises _Apart."""
    if not isinstance(one, Mapping) or not isinstance(other, Mapping):
        return False if one is False or other is False else other if one is True else one
    if "null" in (one.get("type"), other.get("type")):
        return {"type": "null"}
    return {name: _each(name, one, other) for name in (*one, *(name for name in other if name not in one))}


def _each(name: str, one: Mapping[str, Any], other: Mapping[str, Any]) -> Any:
    if name not in one or name not in other:
        return one.get(name, other.get(name))
    first, second = one[name], other[name]
    match name:
        case "properties":
            names = (*first, *(each for each in second if each not in first))
            rest, others = one.get("additionalProperties", True), other.get("additionalProperties", True)
            return {each: _both(first.get(each, rest), second.get(each, others)) for each in names}
        case "required":
            return list(dict.fromkeys((*first, *second)))
        case "items" | "additionalProperties":
            return _both(first, second)
        case "type":
            common = [each for each in _types(first) if each in _types(second)]
            if not common:
                raise _Apart
            return common[0] if len(common) == 1 else common
        case "enum":
            return [each for each in first if each in second]
        case "maxItems" | "maxProperties" | "maxLength" | "maximum":
            return min(first, second)
        case "minItems" | "minProperties" | "minLength" | "minimum":
            return max(first, second)
    if first != second and name not in _NOTES:
        raise _Apart
    return first


def _types(type: str | list[str]) -> list[str]:
    return [type] if isinstance(type, str) else type


def allowed(schema: Any) -> Any:
    """A schema without the properties that are forbidden, here and below."""
    if isinstance(schema, list):
        return [allowed(each) for each in schema]
    if not isinstance(schema, Mapping):
        return schema
    found = {name: allowed(each) if name in _BELOW else each for name, each in schema.items()}
    if "properties" in found:
        found["properties"] = {name: allowed(each) for name, each in found["properties"].items() if each is not False}
    return found
