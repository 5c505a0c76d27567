"""The fields that a contract's schemas have, for those who break them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from harness.core.contract import Contract, Operation
from harness.verify.mutate.alterations import EACH, Path

DEPTH = 4
"""How many names deep fields are broken."""
_CHOICES = ("anyOf", "oneOf")
Schema = Mapping[str, Any]
Branch = tuple[int, ...]
"""The choices that were made on the way to a part of a schema, outermost first."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field, wherever it stands."""

    path: Path
    schema: Schema
    required: bool = False
    has_items: bool = False
    """Whether it is a list of whose items something is said."""

    @property
    def types(self) -> tuple[str, ...]:
        """Its JSON types, as far as they are said."""
        found = self.schema.get("type", ())
        return (found,) if isinstance(found, str) else tuple(found)


def answer_schema(operation: Operation) -> Schema | None:
    """That of a good answer in JSON."""
    for status in operation.data["responses"]:
        if str(status).startswith("2"):
            return response_schema(operation, status)
    return None


def response_schema(operation: Operation, status: str) -> Schema | None:
    """That of an answer of one status in JSON."""
    content = operation.contract.resolve(operation.data["responses"][status]).get("content", {})
    found: Schema | None = content.get("application/json", {}).get("schema")
    return found


def request_schema(operation: Operation) -> Schema | None:
    """That of a body in JSON."""
    body = operation.contract.resolve(operation.data.get("requestBody", {}))
    found: Schema | None = body.get("content", {}).get("application/json", {}).get("schema")
    return found


def fields(contract: Contract, schema: Schema | None) -> list[Field]:
    """The fields below a schema, the outer ones first; of a choice, those of every branch, each once.

    What any part of it forbids is none: a property that is `false`, all below `maxProperties: 0` or `maxItems: 0`. What
    one branch of a choice forbids, another may have.
    """
    places = list(_places(contract, schema or {}, (), (), ()))
    forbidden = {(branch, path) for path, below, _, branch in places if below is False}
    found: dict[Path, Field] = {}
    items: set[Path] = set()
    for path, below, required, branch in places:
        within = [branch[:length] for length in range(len(branch) + 1)]
        if any((each, place) in forbidden for each in within for place in _around(path)):
            continue
        if path[-1] == EACH:
            items.add(path)
        else:
            found.setdefault(path, Field(path, contract.resolve(below), required))
    return [replace(field, has_items=(*path, EACH) in items) for path, field in found.items()]


def _around(path: Path) -> Iterator[Path]:
    """The places whose absence takes a place away: itself, what holds it, and all that is in what holds it."""
    for length in range(1, len(path) + 1):
        yield path[:length]
        yield (*path[: length - 1], EACH)


def _places(
    contract: Contract, schema: Any, path: Path, around: tuple[Schema, ...], branch: Branch
) -> Iterator[tuple[Path, Any, bool, Branch]]:
    """Each place below with its schema, whether it is required, and the branch that says so.

    `[]` is what a list or an object holds.
    """
    for part, chosen in _parts(contract, schema, branch):
        if any(part is each for each in around):
            continue  # a schema that holds itself
        within = (*around, part)
        for name, below in part.get("properties", {}).items():
            place = (*path, name)
            if sum(each != EACH for each in place) <= DEPTH:
                yield place, below, name in part.get("required", ()), chosen
                yield from _places(contract, below, place, within, chosen)
        if path and 0 in (part.get("maxItems"), part.get("maxProperties")):
            yield (*path, EACH), False, False, chosen
        if "items" in part:
            place = (*path, EACH)
            yield place, part["items"], False, chosen
            yield from _places(contract, part["items"], place, within, chosen)


def _parts(contract: Contract, schema: Any, branch: Branch) -> Iterator[tuple[Schema, Branch]]:
    """A schema, what it consists of and what it may be, each with the branch it is in."""
    if not isinstance(schema, Mapping):
        return
    whole = contract.resolve(schema)
    yield whole, branch
    for word in ("allOf", *_CHOICES, "then", "else"):
        for part in _listed(whole.get(word)):
            # what only a quirk brings about is not what the fake does
            if "x-quirk" in whole and (word == "else" or ("items" in part and len(whole.get("anyOf", ())) > 1)):
                continue
            yield from _parts(contract, part, branch if word == "allOf" else (*branch, id(part)))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
