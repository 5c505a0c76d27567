"""What the unified schemas are made of: the base of every record, date-times, and shapes that several of them share.

Values are strict, so that a mapping which answers a number where a string belongs fails instead of being mended. Keys
nobody declared are kept: an account's own mapping may add fields.

A field says how it is known only where that is less than "name, type and nesting stand in the vendor's reference":
`partial(…)` where the field is described but its name, type or nesting is not printed, `inferred(…)` where it was read
nowhere.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler, GetPydanticSchema
from pydantic_core import CoreSchema, core_schema

DOCS = "https://www.truto.one/docs"


def _moment_schema(source: Any, handler: Any) -> CoreSchema:
    """Text that begins like an ISO date-time, or a datetime; never a number, which pydantic reads as an epoch."""
    looks_iso = core_schema.str_schema(strict=True, pattern=r"^\d{4}-\d{2}-\d{2}[Tt ]")
    text = core_schema.chain_schema([looks_iso, core_schema.datetime_schema(strict=False)])
    return core_schema.union_schema([text, core_schema.datetime_schema(strict=True)], mode="left_to_right")


class _MomentFormat:
    """Shows in JSON Schema what is sent, not how it is read."""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": "string", "format": "date-time"}


Moment: TypeAlias = Annotated[datetime, GetPydanticSchema(_moment_schema), _MomentFormat()]
"""A date-time. One without a zone is let through, as real clients meet them; the contract asks for a zone."""

Number: TypeAlias = int | float
"""A JSON number; a whole one stays whole."""


def evidence(level: str, note: str | None = None, source: str | None = None) -> dict[str, Any]:
    """An `x-evidence` entry, as contracts have it."""
    found: dict[str, Any] = {"level": level}
    if source:
        found["source"] = source
    if note:
        found["note"] = note
    return {"x-evidence": found}


def partial(note: str) -> Any:
    """An optional field which the reference describes without all of name, type and nesting."""
    return Field(default=None, json_schema_extra=evidence("documented", note))


def inferred(note: str) -> Any:
    """An optional field that was read nowhere."""
    return Field(default=None, json_schema_extra=evidence("inferred", note))


def known(level: str = "documented", note: str | None = None, *, source: str = DOCS) -> ConfigDict:
    """The configuration of a record, with how its resource is known."""
    return ConfigDict(json_schema_extra=evidence(level, note, source))


class Part(BaseModel):
    """An object inside a record."""

    model_config = ConfigDict(extra="allow", strict=True, defer_build=True)


class Record(Part):
    """One object of a unified resource."""

    remote_data: dict[str, Any] | None = None
    """The provider's own record; absent under `truto_ignore_remote_data`. In a write, what is passed on untouched."""


class Reference(Part):
    """Another record, by its id."""

    id: str | None = None


class Named(Part):
    """Another record, by its id and name."""

    id: str | None = None
    name: str | None = None


class Typed(Part):
    """Another record, by its id and name, with its kind in the provider's words."""

    id: str | None = None
    name: str | None = None
    type: str | None = None


class Phone(Part):
    """A telephone number."""

    number: str | None = None
    extension: str | None = None
    type: str | None = None


class Link(Part):
    """An address on the web."""

    url: str | None = None
