"""The records as JSON Schema, in the few keywords the project's contracts use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.unified.schemas import Record

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def definitions(records: Iterable[type[Record]], reference: str) -> dict[str, dict[str, Any]]:
    """The schemas of records and of all they hold, by class name; `reference` has `{model}` where the name goes."""
    from pydantic.json_schema import models_json_schema

    found = models_json_schema([(record, "validation") for record in records], ref_template=reference)[1]
    return {name: _plain(schema) for name, schema in sorted(found.get("$defs", {}).items())}


def document(record: type[Record]) -> dict[str, Any]:
    """One record as a JSON Schema that stands by itself."""
    found = definitions([record], "#/$defs/{model}")
    own = found.pop(record.__name__)
    return {"$schema": DIALECT, "title": record.__name__, **own, **({"$defs": found} if found else {})}


def _plain(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Without titles and defaults of null, which say nothing; `remote_data`, which every record has, comes last."""
    properties = {name: _field(field) for name, field in schema.get("properties", {}).items()}
    if "remote_data" in properties:
        properties["remote_data"] = properties.pop("remote_data")
    shown = {key: schema[key] for key in ("type", "description", "x-evidence", "required") if key in schema}
    return {**shown, "properties": properties} if properties else shown


def _field(field: Mapping[str, Any]) -> dict[str, Any]:
    kept = {
        key: value for key, value in field.items() if key not in ("title", "default", "anyOf", "additionalProperties")
    }
    if "const" in kept:
        kept["enum"] = [kept.pop("const")]
    if isinstance(kept.get("items"), Mapping):
        kept["items"] = _field(kept["items"])
    choices = [_field(choice) for choice in field.get("anyOf", ())]
    whole = {**_either(choices), **kept} if choices else kept
    return {"type": whole.pop("type"), **whole} if "type" in whole else whole


def _either(choices: list[dict[str, Any]]) -> dict[str, Any]:
    """`anyOf`, or simpler: a list of types, and an open enum as a text with its known values for examples."""
    known = [value for choice in choices if "enum" in choice for value in choice["enum"]]
    if known and {"type": "string"} in choices:
        open_enum = {"type": "string", "examples": known}
        choices = [open_enum, *(c for c in choices if c.get("type") != "string")]
    nullable = {"type": "null"} in choices
    others = [choice for choice in choices if choice != {"type": "null"}]
    if all(choice.keys() == {"type"} for choice in others):
        types = [choice["type"] for choice in choices]
        types = ["number" if type == "integer" and "number" in types else type for type in types]
        return {"type": list(dict.fromkeys(types))}
    if len(others) == 1 and nullable and isinstance(others[0].get("type"), str):
        only = others[0]
        null = {"enum": [*only["enum"], None]} if "enum" in only else {}
        return {**only, "type": [only["type"], "null"], **null}
    return {"anyOf": choices}
