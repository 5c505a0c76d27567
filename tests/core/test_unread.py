"""Which parts of a request its operation does not declare."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from harness.core.contract import Contract
from harness.core.exchange import Request
from harness.core.unread import unread_of

SCHEMAS: dict[str, Any] = {
    "Base": {"type": "object", "properties": {"id": {}}},
    "Note": {
        "allOf": [
            {"$ref": "#/components/schemas/Base"},
            {"properties": {"title": {"type": "string"}, "parent": {"$ref": "#/components/schemas/Note"}}},
        ]
    },
}


def unread(schema: dict[str, Any], body: Any, query: str = "") -> list[str]:
    post = {
        "operationId": "notes.create",
        "parameters": [{"name": "limit", "in": "query", "schema": {"type": "integer"}}],
        "requestBody": {"content": {"application/json": {"schema": schema}}},
        "responses": {},
    }
    document = {"paths": {"/notes": {"post": post}}, "components": {"schemas": SCHEMAS}}
    operation = Contract(document, "notes").operations["notes.create"]
    return unread_of(operation, Request("POST", "/notes", query=query, body=orjson.dumps(body)))


A = {"type": "object", "properties": {"a": {"type": "integer"}}}
B = {"type": "object", "properties": {"b": {"type": "integer"}}}


@pytest.mark.parametrize(
    ("schema", "body", "places"),
    [
        (A, {"a": 1}, []),
        (A, {"a": 1, "x": 1, "y": {"z": 1}}, ["body.x", "body.y"]),
        ({"type": "object"}, {"x": 1}, []),
        ({"type": "object", "additionalProperties": False}, {"x": 1}, ["body.x"]),
        ({**A, "additionalProperties": True}, {"x": 1}, []),
        ({**A, "additionalProperties": B}, {"x": {"b": 1, "c": 1}}, ["body.x.c"]),
        ({**A, "patternProperties": {"^x_": B}}, {"x_1": {"c": 1}, "y_1": 1}, ["body.x_1.c", "body.y_1"]),
        ({"type": "array", "items": A}, [{"a": 1}, {"x": 1}, {"x": 2}], ["body[].x"]),
        ({"oneOf": [A, B]}, {"a": 1, "b": 1, "c": 1}, ["body.c"]),
        ({"if": A, "then": B}, {"b": 1, "c": 1}, ["body.c"]),
        ({"$ref": "#/components/schemas/Note"}, {"id": 1, "parent": {"title": "", "titel": ""}}, ["body.parent.titel"]),
        (A, [1], []),
        (A, None, []),
    ],
)
def test_a_property_is_unread_where_no_schema_of_the_place_declares_it(
    schema: dict[str, Any], body: Any, places: list[str]
) -> None:
    assert unread(schema, body) == places


def test_a_query_parameter_is_told_once_however_often_it_was_sent() -> None:
    assert unread(A, {"x": 1}, "limit=1&size=2&size=3&%C3%A4=1") == ["query.size", "query.ä", "body.x"]


def unread_query(parameter: dict[str, Any], query: str) -> list[str]:
    get = {"operationId": "notes.list", "parameters": [{"in": "query", **parameter}], "responses": {}}
    operation = Contract({"paths": {"/notes": {"get": get}}}, "notes").operations["notes.list"]
    return unread_of(operation, Request("GET", "/notes", query=query))


def test_a_part_of_a_nested_parameter_is_read() -> None:
    nested = {"name": "at", "schema": {"type": "object"}}
    assert unread_query(nested, "at[gt]=1&at%5Blt%5D=2&to[gt]=3") == ["query.to[gt]"]
    assert unread_query({"name": "tags", "schema": {"type": "array"}}, "tags[]=a&tags[0]=b") == []
    assert unread_query({"name": "at", "schema": {"type": "string"}}, "at[gt]=1") == ["query.at[gt]"]


def test_an_open_object_reads_whatever_comes() -> None:
    anything = {"name": "others", "schema": {"type": "object", "additionalProperties": True}}
    assert unread_query({**anything, "style": "form"}, "a=1&b[c]=2") == []
    assert unread_query({**anything, "style": "deepObject"}, "a=1&others[b]=2") == ["query.a"]


def test_a_null_where_no_body_is_taken_says_nothing() -> None:
    get = {"operationId": "notes.list", "responses": {}}
    operation = Contract({"paths": {"/notes": {"get": get}}}, "notes").operations["notes.list"]
    assert unread_of(operation, Request("GET", "/notes", body=b"null")) == []
    assert unread_of(operation, Request("GET", "/notes", body=b"{}")) == ["body"]
