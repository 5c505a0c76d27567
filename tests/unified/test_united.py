"""Schemas that consist of parts, as one."""

from __future__ import annotations

from typing import Any

import pytest

from harness.unified.united import allowed, united

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
    assert allowed(united({"description": "One", "allOf": [narrow, RECORD]})) == {
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
    assert "gone" not in allowed(united({"allOf": parts}))["properties"]


def test_what_a_part_of_a_part_forbids_stays_forbidden() -> None:
    present = united({"allOf": [RECORD, {"properties": {"gone": False}}]})
    assert "gone" not in allowed(united({"allOf": [present, RECORD]}))["properties"]


def test_what_a_part_does_not_know_goes_by_what_it_says_of_others() -> None:
    parts = [RECORD, {"properties": {"more": {"type": "string"}}}]
    assert "more" not in allowed(united({"allOf": parts}))["properties"]
    open = {"properties": {}, "additionalProperties": {"type": "string", "maxLength": 5}}
    found = united({"allOf": [open, {"properties": {"more": {"maxLength": 9}}}]})
    assert found["properties"] == {"more": {"type": "string", "maxLength": 5}}


def test_what_is_forbidden_in_a_list_or_in_a_choice_goes_too() -> None:
    narrow: dict[str, Any] = {"properties": {"gone": False, "kept": {}}}
    found = allowed({"anyOf": [narrow, {"items": narrow}], "additionalProperties": narrow})
    kept: dict[str, Any] = {"properties": {"kept": {}}}
    assert found == {"anyOf": [kept, {"items": kept}], "additionalProperties": kept}


def test_the_narrower_bound_holds() -> None:
    parts = [{"maximum": 5, "minimum": 1}, {"maximum": 9, "minimum": 2}]
    assert united({"allOf": parts}) == {"maximum": 5, "minimum": 2}


def test_a_choice_is_what_all_parts_have() -> None:
    assert united({"allOf": [{"enum": ["a", "b", "c"]}, {"enum": ["c", "b"]}]}) == {"enum": ["b", "c"]}


@pytest.mark.parametrize(
    "parts",
    [
        [{"pattern": "a"}, {"pattern": "b"}],
        [{"anyOf": [{"minimum": 1}]}, {"anyOf": [{"maximum": 5}]}],
        [{"type": "string"}, {"type": "integer"}],
        [{"properties": {"id": {"const": 1}}}, {"properties": {"id": {"const": 2}}}],
    ],
)
def test_parts_that_do_not_make_one_stay_parts(parts: list[Any]) -> None:
    assert united({"allOf": parts}) == {"allOf": parts}


def test_conditions_stay_parts() -> None:
    schema = {"type": "object", "allOf": [{"if": {"required": ["a"]}, "then": {"required": ["b"]}}]}
    assert united(schema) == schema
