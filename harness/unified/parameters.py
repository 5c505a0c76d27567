"""The query parameters of the unified API: what one is, those of every operation, and the filters that recur."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["documented", "inferred"]
ParameterType = Literal["string", "number", "boolean", "strings", "object", "objects", "range", "sort"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A query parameter.

    `strings` come as `a[]=x&a[]=y`, `a[0]=x` or `a=x,y`; an `object` as `a[field]=x`, `objects` as `a[0][field]=x`; a
    `range` as `a=ISO` or `a[gt]=ISO`; a `sort` as `a[field]=asc`.
    """

    name: str
    type: ParameterType
    summary: str
    level: Level = "documented"
    note: str | None = None
    """What is not sure about it."""
    choices: tuple[str, ...] = ()
    """The values it takes; empty for any."""
    fields: tuple[str, ...] = ()
    """The keys an object, a range or a sort knows; empty for any."""


COMMON_PARAMETERS = (
    Parameter(
        "integrated_account_id",
        "string",
        "The account to ask. Needed unless the token belongs to one account.",
    ),
    Parameter(
        "truto_response_format",
        "string",
        "What to answer: mapped data, the provider's own, a stream, or mapped data with the request that was made.",
        note="debug is in the newest pages only; how normalized differs from unified is not told",
        choices=("unified", "raw", "normalized", "stream", "debug"),
    ),
    Parameter("truto_ignore_remote_data", "boolean", "Leave remote_data out."),
    Parameter("truto_exclude_fields", "strings", "Fields to leave out."),
    Parameter("remote_query", "object", "Passed to the provider untouched: `remote_query[foo]=bar`."),
    Parameter(
        "truto_skip_api_call",
        "boolean",
        "Map without asking the provider.",
        "inferred",
        "named once, beside the debug format; what it does is not told",
    ),
)
"""What every unified operation takes."""

LIST_PARAMETERS = (
    Parameter("limit", "number", "How many records a page may have."),
    Parameter("next_cursor", "string", "Where to go on, from the page before; empty for the first page."),
    Parameter("truto_key_by", "string", "Answer an object keyed by this field in place of an array."),
    Parameter("truto_ignore_limit", "boolean", "Leave limit out of what is asked of the provider."),
    Parameter(
        "truto_super_query",
        "string",
        "Read synchronised data in place of the live provider.",
        choices=("apac", "wnam"),
    ),
)
"""What every list takes, too."""

WRITE_PARAMETERS = (
    Parameter("truto_body_passthrough", "boolean", "Hand the body to the provider as it is, binary ones too."),
)
"""What every create, update, delete and custom method takes, too."""

COMPARISONS = ("gt", "gte", "lt", "lte")
NAME_INFERRED = "described; the name is inferred"


def when(name: str, level: Level = "documented", note: str | None = None) -> Parameter:
    """A filter for a moment."""
    what = {"created_at": "created", "updated_at": "changed"}[name]
    summary = f"Records {what} at, before or after a moment: an ISO date-time, or `{name}[gt]=…`."
    return Parameter(name, "range", summary, level, note, fields=COMPARISONS)


def sort(*fields: str) -> Parameter:
    """The order, by one of these fields."""
    return Parameter(
        "sort_by", "sort", f"`sort_by[{fields[0]}]=asc` or `desc`.", choices=("asc", "desc"), fields=fields
    )


def related(name: str, what: str, *fields: str, inferred: bool = True, many: bool = False) -> Parameter:
    """Records of another record."""
    shape: ParameterType = "objects" if many else "object"
    return Parameter(
        name,
        shape,
        f"Records of this {what}.",
        "inferred" if inferred else "documented",
        NAME_INFERRED if inferred else None,
        fields=fields or ("id",),
    )


CREATED, UPDATED = when("created_at"), when("updated_at")
CREATED_INFERRED = when("created_at", "inferred", "as in the other lists")
UPDATED_INFERRED = when("updated_at", "inferred", "as in the other lists")
ORGANIZATION = Parameter("organization_id", "string", "Records of this organization.", "inferred", NAME_INFERRED)
COLLECTIONS = related("collections", "collection", "id", "type", many=True)
WORKSPACE = related("workspace", "workspace")
EMAILS = Parameter(
    "emails",
    "objects",
    "Records with this address: `emails[0][email]=…`. Where a provider searches by one field, either this or phones.",
    fields=("email", "type"),
)
NAME = Parameter("name", "string", "Records with this name.")


def texts(**names: str) -> tuple[Parameter, ...]:
    """Filters for a text, with their summaries."""
    return tuple(Parameter(name, "string", summary) for name, summary in names.items())
