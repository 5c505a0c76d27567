"""What a message has that its operation's contract does not declare: nobody reads it, or nobody described it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import orjson

from harness.core.contract import MULTIPART
from harness.core.exchange import Request, Response
from harness.core.multipart import MultipartError, parse_multipart

if TYPE_CHECKING:
    from harness.core.contract import Contract, Operation, Parameter

Schema = Mapping[str, Any]
_TOGETHER = ("allOf", "anyOf", "oneOf")
_BRANCHES = ("if", "then", "else")


def unread_of(operation: Operation, request: Request) -> list[str]:
    """The places, in the order in which they were sent: `query.page_size`, `body.handles[].typ`.

    `body` alone is a body the operation takes none of. A body that cannot be parsed has no places.
    """
    found: list[str] = []
    if not any(parameter.is_open for parameter in operation.parameters.values()):
        known = operation.parameters
        found = [f"query.{name}" for name, _ in request.query_items() if name not in known and not _part(known, name)]
    if request.body:
        found += _of_body(operation, request)
    return list(dict.fromkeys(found))


def _part(known: Mapping[str, Parameter], name: str) -> bool:
    """Whether a name is that of a part of a parameter: `created_at[gt]`, `tags[]`."""
    root, bracket, _ = name.partition("[")
    return bool(bracket) and root in known and not known[root].types.isdisjoint(("object", "array"))


def undeclared_of(operation: Operation, response: Response) -> list[str]:
    """The places of an answer that its operation does not declare: `body.results[].colour`.

    An answer of an undeclared status or media type, or one that is no JSON, has no places.
    """
    contract = operation.contract
    media = (response.header("content-type") or "").partition(";")[0]
    schema = operation.content(response.status).get(media, {}).get("schema")
    if schema is None:
        return []
    try:
        body = orjson.loads(response.read())
    except orjson.JSONDecodeError:
        return []
    return list(dict.fromkeys(_undeclared(contract, body, _flat(contract, [schema]), "body")))


def _of_body(operation: Operation, request: Request) -> Iterator[str]:
    if not operation.media:
        if request.body.strip() != b"null":  # which says nothing
            yield "body"
        return
    sent = (request.header("content-type") or operation.media[0]).partition(";")[0].strip().lower()
    body: Any
    try:
        if sent == MULTIPART:
            body = {name: part.text for name, part in parse_multipart(request).items()}
        else:
            body = orjson.loads(request.body)
    except (MultipartError, orjson.JSONDecodeError):
        return
    contract = operation.contract
    declared = contract.resolve(operation.data["requestBody"])["content"]
    schema = declared[sent if sent in declared else operation.media[0]].get("schema", {})
    yield from _undeclared(contract, body, _flat(contract, [schema]), "body")


def _undeclared(contract: Contract, value: Any, schemas: list[Schema], place: str) -> Iterator[str]:
    if isinstance(value, list):
        items = [schema["items"] for schema in schemas if "items" in schema]
        items += [schema for each in schemas for schema in each.get("prefixItems", ())]
        if items:
            inner = _flat(contract, items)
            for item in value:
                yield from _undeclared(contract, item, inner, f"{place}[]")
    elif isinstance(value, dict) and any(_lists_properties(schema) for schema in schemas):
        for name, part in value.items():
            found = [each for schema in schemas for each in _property(schema, name)]
            if found:
                yield from _undeclared(contract, part, _flat(contract, found), f"{place}.{name}")
            else:
                yield f"{place}.{name}"


def _lists_properties(schema: Schema) -> bool:
    return any(word in schema for word in ("properties", "patternProperties")) or (
        schema.get("additionalProperties") is False
    )


def _property(schema: Schema, name: str) -> Iterator[Any]:
    """The schemas one schema declares for a property; True where it takes any."""
    if name in schema.get("properties", ()):
        yield schema["properties"][name]
        return
    patterns = [each for pattern, each in schema.get("patternProperties", {}).items() if re.search(pattern, name)]
    yield from patterns
    if not patterns and (others := schema.get("additionalProperties", False)) is not False:
        yield others


def _flat(contract: Contract, schemas: list[Any]) -> list[Schema]:
    """The schemas with all that they refer to and consist of; where there is a choice, every choice."""
    found: list[Schema] = []
    waiting = [schema for schema in schemas if isinstance(schema, Mapping)]
    while waiting:
        schema = contract.resolve(waiting.pop(0))
        if any(schema is seen for seen in found):
            continue
        found.append(schema)
        parts = [each for word in _TOGETHER for each in schema.get(word, ())]
        parts += [schema[word] for word in _BRANCHES if word in schema]
        waiting += [part for part in parts if isinstance(part, Mapping)]
    return found
