"""What a contract says of the single places of an answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from harness.core.contract import Evidence, Operation

_TOGETHER = ("allOf", "anyOf", "oneOf")


class Described:
    """The fields of an operation's answers of one status, by places without indexes: `results.name`."""

    def __init__(self, operation: Operation, status: int) -> None:
        self._operation = operation
        self._status = status

    def is_unsure(self, place: str) -> bool:
        """Whether the contract has a field there of which only clients or inference tell, and requires it nowhere."""
        return _is_unsure(self._operation, self._status, place)


@lru_cache(maxsize=4096)
def _is_unsure(operation: Operation, status: int, place: str) -> bool:
    schemas = [media["schema"] for media in operation.content(status).values() if "schema" in media]
    *around, field = place.split(".")
    for part in around:
        schemas = [found for schema in _flat(operation, schemas) for found in _inner(operation, schema, part)]
    holders = [schema for schema in _flat(operation, schemas) if field in schema.get("properties", ())]
    told = [schema["properties"][field] for schema in holders]
    if any(data is False for data in told):  # it is forbidden here, whatever is known of it elsewhere
        return False
    levels = [Evidence.read(data["x-evidence"]).level for data in told if "x-evidence" in data]
    required = any(field in schema.get("required", ()) for schema in holders)
    return bool(levels) and not required and all(level in ("client", "inferred") for level in levels)


def _inner(operation: Operation, schema: Mapping[str, Any], part: str) -> Iterator[Any]:
    if part in schema.get("properties", ()):
        yield schema["properties"][part]


def _flat(operation: Operation, schemas: list[Any]) -> list[Mapping[str, Any]]:
    """The schemas with all that they refer to, consist of or, being lists, hold; where there is a choice, all."""
    found: list[Mapping[str, Any]] = []
    waiting = [schema for schema in schemas if isinstance(schema, Mapping)]
    while waiting:
        schema = operation.contract.resolve(waiting.pop(0))
        if any(schema is seen for seen in found):
            continue
        found.append(schema)
        parts = [each for word in _TOGETHER for each in schema.get(word, ())]
        parts += [schema[word] for word in ("items", "then", "else") if word in schema]
        waiting += [part for part in parts if isinstance(part, Mapping)]
    return found
