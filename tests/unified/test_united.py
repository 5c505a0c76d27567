"""Schemas that consist of parts, as one."""

from __future__ import annotations

from typing import Any

from harness.unified.united import united

RECORD: dict[str, Any] = {
    "type": "object",
    "required": ["id"],
    "additionalProperties": False,
    "properties": {
        "id": {"type": "string"},
        "gone": {"type": "boolean"},
        "tags": {"type": "array", "items": {"type": "object", "properties": {"name": {"type": ["string", "null"]}}}},
    },
}


def test_a_part_adds_what_it_requires_and_takes_away_what_it_forbids() -> None:
    narrow = {"required": ["tags"], "properties": {"gone": False}}
    assert united({"description": "One", "allOf": [narrow, RECORD]}) == {
        "description": "One",
        "type": "object",
        "required": ["tags", "id"],
        "additionalProperties": False,
        "properties": {"id": RECORD["properties"]["id"], "tags": RECORD["properties"]["tags"]},
    }


def test_a_part_narrows_what_lies_below() -> None:
    narrow = {"properties": {"tags": {"maxItems": 3, "items": {"properties": {"name": {"type": "null"}}}}}}
    found = united({"allOf": [RECORD, narrow]})["properties"]["tags"]
    assert found == {
        "type": "array",
        "items": {"type": "object", "properties": {"name": {"type": "null"}}},
        "maxItems": 3,
    }


def test_what_is_always_null_is_nothing_else() -> None:
    moment = {"description": "A moment or null.", "anyOf": [{"type": "string"}, {"type": "null"}]}
    parts = [{"properties": {"at": {"type": "null"}}}, {"properties": {"at": moment}}]
    assert united({"allOf": parts}) == {"properties": {"at": {"type": "null"}}}


def test_what_is_forbidden_stays_so_whatever_comes_after_it() -> None:
    parts = [{"properties": {"gone": False}}, {"required": ["id"]}, RECORD]
    assert "gone" not in united({"allOf": parts})["properties"]


def test_the_narrower_bound_holds() -> None:
    parts = [{"maximum": 5, "minimum": 1}, {"maximum": 9, "minimum": 2}]
    assert united({"allOf": parts}) == {"maximum": 5, "minimum": 2}


def test_conditions_stay_parts() -> None:
    schema = {"type": "object", "allOf": [{"if": {"required": ["a"]}, "then": {"required": ["b"]}}]}
    assert united(schema) == schema
