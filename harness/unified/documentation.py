"""What an integration's methods take and answer, from the contract of its provider: `documentation.json`.

`python -m harness.unified.documentation [--check] [NAME …]` writes the file beside each `integration.yaml`, or says
whether it is current. Servers and tools read it with `load`; the contract itself is needed for writing alone.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson

from harness.data import folder
from harness.nearest import nearest
from harness.unified.errors import ConfigurationError
from harness.unified.integration import Integration, Method, installed
from harness.unified.placeholders import names
from harness.unified.tool_names import name_of
from harness.unified.united import allowed, united

FILE = "documentation.json"
_PLACEHOLDER = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_PARAMETER = re.compile(r"\{([^{}]*)\}")
_NEXT_CURSOR = {"type": "string", "description": "Where to go on, from the page before."}


@lru_cache(maxsize=64)
def load(place: Path) -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
    """`{resource: {method: {description, query_schema, body_schema, response_schema}}}` of an integration's folder.

    A schema is null where there is nothing to send or answer. An integration without the file has no documentation.
    """
    file = place / FILE
    found: dict[str, dict[str, dict[str, Any]]] = orjson.loads(file.read_bytes()) if file.exists() else {}
    return found


def document(integration: Integration, contract: Mapping[str, Any]) -> dict[str, dict[str, dict[str, Any]]]:
    """The documentation of all methods. Raises ConfigurationError for a method that the contract does not have."""
    source = _Contract(contract, integration.name)
    return {
        resource: {name: source.entry(method) for name, method in methods.items()}
        for resource, methods in integration.resources.items()
    }


class _Contract:
    """An OpenAPI document, by method and path."""

    def __init__(self, contract: Mapping[str, Any], name: str) -> None:
        self.contract = contract
        self.name = name
        self.operations: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
        for path, operations in contract["paths"].items():
            for verb, operation in operations.items():
                self.operations.setdefault((verb.upper(), _PARAMETER.sub("{}", path)), []).append(operation)

    def entry(self, method: Method) -> dict[str, Any]:
        """The documentation of one method."""
        key = (method.verb, _PLACEHOLDER.sub("{}", method.path))
        found = self.operations.get(key)
        if found is None:
            shown = [f"{verb} {path}" for verb, path in self.operations]
            meant = nearest(f"{key[0]} {key[1]}", shown)
            raise ConfigurationError(
                f"{method.resource}.{method.name}",
                f"the contract has no {method.verb} {method.path}{f'; did you mean {meant}?' if meant else ''}",
            )
        own = f"{method.resource}.{method.name}"
        # what stands at one place may be told apart by the form of the value alone
        operation = next((each for each in found if each.get("operationId") == own), found[0])
        return {
            "description": method.description,
            "query_schema": self._query(method, operation),
            "body_schema": None if method.body is not None else allowed(self._body(method, operation)),
            "response_schema": allowed(self._response(method, operation)),
        }

    def _query(self, method: Method, operation: Mapping[str, Any]) -> dict[str, Any] | None:
        """What the caller gives beside a body: the id, what path and body are filled from, and the filters."""
        properties: dict[str, Any] = {}
        required = []
        in_path = [each for each in map(self._resolved, operation.get("parameters", ())) if each["in"] == "path"]
        wanted = names(method.path)
        told = dict(zip(wanted, in_path, strict=False))
        for name in wanted:
            own = name.removeprefix("query.")
            properties[own] = {"type": "string", "description": _described(own, told.get(name, {}))}
            required.append(own)
        body = self._body(method, operation) if method.body is not None else None
        for name, optional, schema in _filled_from(method.body, body):
            properties[name] = schema
            if not optional:
                required.append(name)
        pagination = method.pagination
        for parameter in operation.get("parameters", ()):
            found = self._resolved(parameter)
            if found["in"] != "query":
                continue
            schema = dict(found["schema"])
            if "description" in found:
                schema["description"] = found["description"]
            if pagination and found["name"] == pagination.cursor_key:
                properties["next_cursor"] = _NEXT_CURSOR
                continue
            properties["limit" if pagination and found["name"] == pagination.limit_key else found["name"]] = schema
            if found.get("required"):
                required.append(found["name"])
        if not properties:
            return None
        return {"type": "object", "properties": properties, **({"required": required} if required else {})}

    def _body(self, method: Method, operation: Mapping[str, Any]) -> dict[str, Any] | None:
        """What the body may be: of several forms that one by the name of the tool, where one is called so."""
        given = operation.get("requestBody")
        if given is None:
            return None
        content = self._resolved(given)["content"]
        found: dict[str, Any] = next(iter(content.values()))["schema"]
        tool = name_of(self.name, method.resource, method.name)
        return next((form for form in found.get("oneOf", ()) if form.get("title") == tool), found)

    def _response(self, method: Method, operation: Mapping[str, Any]) -> dict[str, Any] | None:
        """The shape of one record, or of the whole answer."""
        good = next(answer for status, answer in operation["responses"].items() if status.startswith("2"))
        content = self._resolved(good).get("content", {}).get("application/json")
        if content is None:
            return None
        schema: dict[str, Any] = content["schema"]
        for part in method.response_path:  # of an answer of several forms in the first that has it
            schema = next(form["properties"][part] for form in _forms(schema) if part in form.get("properties", {}))
        items: dict[str, Any] | None = schema.get("items") if method.is_list else None
        return items or schema

    def _resolved(self, value: Any, within: tuple[str, ...] = ()) -> Any:
        """Without references and without the notes of the contract (`x-…`), so that it stands by itself."""
        if isinstance(value, list):
            return [self._resolved(item, within) for item in value]
        if not isinstance(value, Mapping):
            return value
        reference = value.get("$ref")
        if isinstance(reference, str):
            if reference in within:
                return {}  # a shape that holds itself: anything below
            target: Any = self.contract
            for part in reference.removeprefix("#/").split("/"):
                target = target[part]
            beside = {name: item for name, item in value.items() if name != "$ref"}
            return self._resolved({**target, **beside}, (*within, reference))
        return united({name: self._resolved(item, within) for name, item in value.items() if not name.startswith("x-")})


def _forms(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """A schema, and what else it lets through."""
    yield schema
    yield from (*schema.get("oneOf", ()), *schema.get("anyOf", ()))
    yield from (schema[name] for name in ("then", "else") if name in schema)


def _described(name: str, parameter: Mapping[str, Any]) -> str:
    """What a value in a path is: what the contract says of it, unless that knows it as an id and no more."""
    if parameter.get("name") != "id" and "description" in parameter:
        return str(parameter["description"])
    of = name.removesuffix("_id").replace("_", " ") if name != "id" else "record"
    return f"The id of the {of}."


def _filled_from(template: Any, schema: Mapping[str, Any] | None) -> Iterator[tuple[str, bool, dict[str, Any]]]:
    """The parameters that fill a body: name, whether it may be left out, and its schema."""
    here = schema or {}
    if isinstance(template, Mapping):
        for name, item in template.items():
            yield from _filled_from(item, here.get("properties", {}).get(name))
    elif isinstance(template, list):
        for item in template:
            yield from _filled_from(item, here.get("items"))
    elif isinstance(template, str):
        for expression in _PLACEHOLDER.findall(template):
            name = expression.partition("?:")[0].removesuffix(":undefined").removeprefix("query.")
            yield name, "?:" in expression or expression.endswith(":undefined"), dict(here)


def _written(integration: Integration) -> bytes:
    contract = folder("contracts") / integration.name / "bundle.json"
    if not contract.exists():
        raise ConfigurationError(integration.name, f"has no contract at {contract}: its documentation is made from it")
    made = document(integration, orjson.loads(contract.read_bytes()))
    resources = (_member(resource, _lines(methods)) for resource, methods in made.items())
    return b"{\n" + b",\n".join(resources) + b"\n}\n"


def _lines(methods: Mapping[str, Any]) -> bytes:
    """A line for each method, so that a change shows where it is."""
    return b"{\n" + b",\n".join(_member(name, orjson.dumps(entry)) for name, entry in methods.items()) + b"}"


def _member(name: str, value: bytes) -> bytes:
    return orjson.dumps(name) + b": " + value


def main(arguments: Sequence[str]) -> int:
    """Write the files, or with `--check` say which are not current: then 1."""
    check = "--check" in arguments
    chosen = [each for each in arguments if each != "--check"] or installed()
    stale = 0
    for name in chosen:
        integration = Integration.load(name)
        file, content = integration.folder / FILE, _written(integration)
        if file.exists() and file.read_bytes() == content:
            continue
        if check:
            stale += 1
            print(f"{file} is not current: run python -m harness.unified.documentation", file=sys.stderr)  # noqa: T201
        else:
            file.write_bytes(content)
            print(f"wrote {file}")  # noqa: T201
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
