"""A JSON schema that consists of parts (`allOf`), as one: what an answer has, without what one of its parts forbids."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_CONDITIONS = frozenset(("$ref", "if", "then", "else", "not"))
"""What is no part of a form but a choice between forms, or leads elsewhere."""


def united(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with its parts in it. One whose parts are conditions stays as it is."""
    parts = schema.get("allOf")
    if not parts or not all(isinstance(part, Mapping) and _CONDITIONS.isdisjoint(part) for part in parts):
        return schema
    found: Any = {name: value for name, value in schema.items() if name != "allOf"}
    for part in parts:
        found = _both(found, part)
    allowed: dict[str, Any] = _allowed(found)
    return allowed


def _both(one: Any, other: Any) -> Any:
    """What lets through only what both let through; of two descriptions the first."""
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
            return {each: _both(first.get(each, True), second.get(each, True)) for each in names}
        case "required":
            return list(dict.fromkeys((*first, *second)))
        case "items" | "additionalProperties":
            return _both(first, second)
        case "type":
            common = [each for each in _types(first) if each in _types(second)]
            return common[0] if len(common) == 1 else common
        case "maxItems" | "maxProperties" | "maxLength" | "maximum":
            return min(first, second)
        case "minItems" | "minProperties" | "minLength" | "minimum":
            return max(first, second)
    return first


def _types(type: str | list[str]) -> list[str]:
    return [type] if isinstance(type, str) else type


def _allowed(schema: Any) -> Any:
    """A schema without the properties that are forbidden, here and below."""
    if not isinstance(schema, Mapping):
        return schema
    found = dict(schema)
    if "properties" in found:
        found["properties"] = {name: _allowed(each) for name, each in found["properties"].items() if each is not False}
    if "items" in found:
        found["items"] = _allowed(found["items"])
    return found
