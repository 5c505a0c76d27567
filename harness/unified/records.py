"""Unified records: mapped from the provider's, checked by their schemas, and shown as a call asks for them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

import orjson

from harness.nearest import unknown
from harness.unified.catalogue import Resource
from harness.unified.errors import ConfigurationError, Refusal
from harness.unified.mapping import Cell, Mapped
from harness.unified.provider import Page

if TYPE_CHECKING:
    from pydantic import TypeAdapter


def mapped_records(cell: Cell, sources: list[Any] | None, scope: dict[str, Any]) -> list[Any]:
    """A mapped record, or None, for each of the provider's; for an answer without a call, those the mapping has."""
    if cell.response is None:
        return list(sources or ())
    if sources is None:
        return _objects(cell.response, _listed(cell.response.over(scope)))
    if cell.each and not cell.response.single:
        found = []
        for source in sources:
            scope["response"] = source
            found.append(cell.response.over(scope))
        return _objects(cell.response, found)
    scope["response"] = sources
    listed = _objects(cell.response, _listed(cell.response.over(scope)))
    if len(listed) != len(sources):
        raise ConfigurationError(
            cell.response.place,
            f"gave {len(listed)} records for {len(sources)}: with response_mapping_method 'item' it may leave some out",
        )
    return listed


def _listed(value: Any) -> list[Any]:
    """JSONata gives a single record bare, and none as nothing."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _objects(mapped: Mapped, values: list[Any]) -> list[Any]:
    for value in values:
        if value is not None and not isinstance(value, dict):
            raise ConfigurationError(mapped.place, f"must give an object for each record, not {kind_of(value)}")
    return values


def object_of(mapped: Mapped | None, scope: Mapping[str, Any]) -> dict[str, Any] | None:
    """The object an expression gives, None where there is none."""
    if mapped is None:
        return None
    value = mapped.over(scope)
    if value is None or isinstance(value, dict):
        return value
    raise ConfigurationError(mapped.place, f"must give an object, not {kind_of(value)}")


def checked(resource: Resource, cell: Cell, values: list[dict[str, Any]], *, listed: bool = True) -> list[Any]:
    """The typed records; one that its schema refuses is a ConfigurationError with the mapping's place.

    The error tells which of them where they are a list.
    """
    from pydantic import ValidationError

    try:
        found: list[Any] = _adapter(resource).validate_python(values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"][0 if listed else 1 :])
        place = cell.response.place if cell.response else cell.place
        wrong = repr(first["input"])[:80]
        raise ConfigurationError(
            place, f"gives no {resource.model} {resource.name} record: {where}: {first['msg']} (it gave {wrong})"
        ) from None
    return found


@cache
def _adapter(resource: Resource) -> TypeAdapter[list[Any]]:
    from pydantic import TypeAdapter

    return TypeAdapter(list[resource.record])  # type: ignore[name-defined]


def keys_of(resource: Resource, records: list[dict[str, Any]], name: str) -> list[str]:
    """What each record goes by under `truto_key_by`. Raises Refusal, 400, for what is no field or no single value."""
    if name not in resource.record.model_fields and not any(name in record for record in records):
        fields = (each for each in resource.record.model_fields if each != "remote_data")
        raise Refusal(400, unknown(f"truto_key_by: field of {resource.model}.{resource.name}", name, fields))
    found = []
    for record in records:
        value = record.get(name)
        if isinstance(value, dict | list):
            raise Refusal(400, f"truto_key_by: {name} is no single value that records could go by; take id")
        found.append(value if isinstance(value, str) else orjson.dumps(value).decode())
    return found


def page_of(records: list[dict[str, Any]], page: Page) -> tuple[list[dict[str, Any]], str | None]:
    """A page of records that stand in the mapping, and the cursor of the next. Raises Refusal, 400."""
    cursor = page.cursor or "0"
    if not (cursor.isdecimal() and cursor.isascii() and (page.cursor is None or 0 < int(cursor[:9]) < len(records))):
        raise Refusal(400, f"next_cursor is no cursor of this list: {cursor[:60]!r}")
    start = int(cursor)
    end = len(records) if page.limit is None else start + page.limit
    return records[start:end], str(end) if end < len(records) else None


def without(record: dict[str, Any], made: Any, excluded: list[str]) -> tuple[dict[str, Any], Any]:
    """The record without some fields, typed without them."""
    kept = {name: value for name, value in record.items() if name not in excluded}
    fields = {name: value for name, value in dict(made).items() if name in kept}
    return kept, type(made).model_construct(**fields)


def kind_of(value: Any) -> str:
    """A value as errors show it."""
    return "nothing" if value is None else f"{type(value).__name__} {str(value)[:60]!r}"
