"""Where each unified field comes from: read from the expressions of a mapping, not from anybody's description."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.unified.catalogue import Resource
from harness.unified.engine import compiled
from harness.unified.mapping import Cell


@dataclass(frozen=True, slots=True)
class Lineage:
    """One unified field of a resource method: the provider's fields its expression reads, as dotted paths.

    Empty for a constant, and for a field that is read from the request (`$$.query…`).
    """

    field: str
    reads: tuple[str, ...]
    whole: bool = False
    """Whether these are the reads of the whole record's expression, which may be other fields', too."""


def of_cell(resource: Resource, cell: Cell) -> list[Lineage]:
    """The lineage of every field the cell's response mapping gives.

    A mapping in the operator style tells it field by field; one whole expression is not taken apart: each of the
    resource's fields then shows all that it reads.
    """
    if cell.response is None:
        return []
    written = cell.config["response_mapping"]
    if isinstance(written, Mapping):
        return [
            Lineage(name, _of_record(f'response.{{"field": ({source})}}'))
            for name, source in written.items()
            if source is not None
        ]
    read = _of_record(written)
    return [Lineage(name, read, whole=True) for name in resource.record.model_fields if name != "remote_data"]


def of_steps(cell: Cell) -> dict[str, tuple[str, ...]]:
    """What the cell's expressions read of its steps' answers, by proxy method (`channels.list`).

    Empty for one that is asked and whose answer is not read, or only as a whole.
    """
    found: dict[str, set[str]] = {}
    for kind, steps in (("before", cell.before), ("after", cell.after)):
        for step in steps:
            read = found.setdefault(f"{step.resource}.{step.method}", set())
            for mapped in cell.expressions():
                tree = mapped.expression.reads().get(kind)
                below = tree.get(step.name) if isinstance(tree, Mapping) else None
                read.update(paths(below) if isinstance(below, Mapping) else ())
    return {target: tuple(sorted(read)) for target, read in found.items()}


def paths(tree: Mapping[str, Any], prefix: str = "") -> list[str]:
    """The leaves of what an expression reads, in order: `{"handles": {"type": True}}` is `["handles.type"]`."""
    found = []
    for name, below in sorted(tree.items()):
        if isinstance(below, Mapping) and below:
            found.extend(paths(below, f"{prefix}{name}."))
        else:
            found.append(f"{prefix}{name}")
    return found


def unread(fields: Mapping[str, Any], read: set[str], prefix: str = "") -> list[str]:
    """The fields of a provider's record, by its JSON schema, that none of the paths covers.

    Of several forms that the record may have they are those of the first.
    """
    found = []
    form = (fields.get("oneOf") or fields.get("anyOf") or [fields])[0]
    for name, schema in (form.get("properties") or {}).items():
        place = f"{prefix}{name}"
        if place in read or any(path.startswith(f"{place}.") for path in read):
            inner = schema.get("items") or schema
            if place not in read:
                found.extend(unread(inner, read, f"{place}."))
        else:
            found.append(place)
    return found


def _of_record(source: str) -> tuple[str, ...]:
    """What an expression over the scope reads of the provider's record."""
    read = compiled(source).reads().get("response")
    return tuple(paths(read)) if isinstance(read, Mapping) else ()
