"""Contracts: the OpenAPI 3.1 description of a provider, with the evidence for each part of it.

A contract is a folder of YAML files; `contract_files` makes one document of them. `python -m harness.core.contract
FOLDER …` bundles it (`--check` only looks).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import orjson

from harness.core.exchange import Request, Response
from harness.core.multipart import MultipartError, parse_multipart
from harness.core.quirks import Quirk
from harness.nearest import unknown

if TYPE_CHECKING:
    from jsonschema_rs import Registry, Validator

LEVELS = ("recorded", "documented", "client", "inferred")
METHODS = ("get", "put", "post", "delete", "patch", "head", "options")
JSON = "application/json"
MAX_BYTES = "x-max-body-bytes"
"""How long a body may be where one is taken: in a document for all operations, in one for that (null: any length)."""
MULTIPART = "multipart/form-data"
ANY_MEDIA = "*/*"
_ROOT = "urn:contract"
_INTEGER = re.compile(r"-?[0-9]{1,18}")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")


class ContractError(ValueError):
    """A contract that cannot be used; the text names file or place and what is wrong."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """How sure we are of something, and where it was read."""

    level: str
    source: tuple[str, ...] = ()
    note: str | None = None

    @classmethod
    def read(cls, data: Mapping[str, Any] | str) -> Evidence:
        """From an `x-evidence` value: a level, or a mapping with level, source and note."""
        if isinstance(data, str):
            return cls(data)
        source = data.get("source", ())
        return cls(data["level"], (source,) if isinstance(source, str) else tuple(source), data.get("note"))


@dataclass(frozen=True, slots=True)
class Violation:
    """One way in which a message breaks the contract. Dialects turn it into wording."""

    place: str
    """`body`, `query`, `path`, `status` or `headers`."""
    path: tuple[str | int, ...]
    """Where in that place."""
    kind: str
    """The schema keyword that failed (`type`, `required`, `maxLength` …), or `json`, `media`, `maxBytes`, `status`."""
    expected: Any
    """What the keyword demands: the missing name, the limit, the valid choices."""
    message: str
    """What is wrong, in neutral words."""

    def __str__(self) -> str:
        where = "/".join(map(str, self.path))
        return f"{self.place}{'/' + where if where else ''}: {self.message} [{self.kind}]"


class Invalid(Exception):
    """A request that breaks its operation's schema, with all violations in a fixed order."""

    def __init__(self, violations: list[Violation]) -> None:
        super().__init__("; ".join(map(str, violations)))
        self.violations = violations


class Parameter:
    """A query parameter: its schema and how its text becomes a value."""

    __slots__ = ("allows_empty", "is_open", "name", "required", "schema", "types")

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.name: str = data["name"]
        self.required: bool = data.get("required", False)
        self.allows_empty: bool = data.get("allowEmptyValue", False)
        """Whether `name=` is as if it were not there."""
        self.schema: dict[str, Any] = data.get("schema", {})
        types = self.schema.get("type", "string")
        self.types: frozenset[str] = frozenset([types] if isinstance(types, str) else types)
        form = data.get("style", "form") == "form" and "object" in self.types
        self.is_open: bool = form and self.schema.get("additionalProperties") is True
        """Whether it stands for parameters of any name, as an object in the style `form` does."""

    def value(self, texts: list[str]) -> Any:
        """The value of the parameter's texts; a text that does not fit stays text, for the schema to refuse."""
        if "array" in self.types:
            return texts
        text = texts[-1]
        if "integer" in self.types and _INTEGER.fullmatch(text):
            return int(text)
        if "number" in self.types and _NUMBER.fullmatch(text):
            return float(text)
        if "boolean" in self.types and text in ("true", "false"):
            return text == "true"
        if text == "" and "null" in self.types:
            return None
        return text


class Operation:
    """One method and path of a contract."""

    def __init__(self, contract: Contract, method: str, template: str, data: Mapping[str, Any]) -> None:
        self.contract = contract
        self.data = data
        self.id: str = data["operationId"]
        self.method = method.upper()
        self.template = template
        self.path = contract.base_path + template
        self.tools: tuple[str, ...] = tuple(data.get("x-tools", ()))
        self.quirk: str | None = data.get("x-quirk")
        self.keyless: bool = data.get("security") == []
        self.roles: tuple[str, ...] = tuple(data.get("x-roles", ()))
        """Of which a key needs one; none: any key will do."""
        self.max_body_bytes: int | None = data.get(MAX_BYTES, contract.document.get(MAX_BYTES))
        self._pointer = f"#/paths/{template.replace('~', '~0').replace('/', '~1')}/{method}"

    def __repr__(self) -> str:
        return f"<Operation {self.id}: {self.method} {self.path}>"

    @property
    def evidence(self) -> Evidence:
        """How sure we are that it exists and behaves so."""
        return Evidence.read(self.data["x-evidence"])

    @cached_property
    def parameters(self) -> dict[str, Parameter]:
        """The query parameters by name."""
        declared = map(self.contract.resolve, self.data.get("parameters", ()))
        return {data["name"]: Parameter(data) for data in declared if data["in"] == "query"}

    @cached_property
    def catch_all(self) -> bool:
        """Whether the last part of its path stands for whatever follows, slashes included."""
        if not self.template.endswith("}"):
            return False
        declared = map(self.contract.resolve, self.data.get("parameters", ()))
        return any(data.get("x-catch-all", False) for data in declared)

    @cached_property
    def forms(self) -> dict[str, str]:
        """The patterns of those of its path parameters that only a text of that form is a value of."""
        declared = map(self.contract.resolve, self.data.get("parameters", ()))
        return {data["name"]: data["schema"]["pattern"] for data in declared if data.get("x-by-form", False)}

    @cached_property
    def media(self) -> tuple[str, ...]:
        """The media types of the request body; none when there is no body."""
        return tuple(self._body.get("content", ()))

    @cached_property
    def _body(self) -> Mapping[str, Any]:
        return self.contract.resolve(self.data.get("requestBody", {}))

    @cached_property
    def _query_validator(self) -> Validator:
        return self.contract.compile(
            {
                "type": "object",
                "properties": {
                    name: self.contract.absolute(parameter.schema) for name, parameter in self.parameters.items()
                },
                "required": [name for name, parameter in self.parameters.items() if parameter.required],
            }
        )

    @cached_property
    def _body_validator(self) -> Validator:
        media = self.media[0]
        if "$ref" in self.data["requestBody"]:
            return self.contract.compile(self.contract.absolute(self._body["content"][media].get("schema", {})))
        return self.contract.validator(f"{self._pointer}/requestBody/content/{media.replace('/', '~1')}/schema")

    @cached_property
    def read_query(self) -> Any:
        """Query string to the values of declared parameters; others are ignored. Raises Invalid."""
        if not self.parameters:
            return lambda text: {}
        return lru_cache(maxsize=512)(self._read_query)

    def _read_query(self, text: str) -> dict[str, Any]:
        texts: dict[str, list[str]] = {}
        for name, value in Request("GET", "/", query=text).query_items():
            parameter = self.parameters.get(name)
            if parameter is not None and (value or not parameter.allows_empty):
                texts.setdefault(name, []).append(value)
        values = {name: self.parameters[name].value(found) for name, found in texts.items()}
        if violations := list(violations_of(self._query_validator, values, "query")):
            raise Invalid(violations)
        return values

    def read_body(self, request: Request) -> Any:
        """The parsed body, checked against the schema; None where there is none. Raises Invalid."""
        if not self.media:
            return None
        limit, size = self.max_body_bytes, len(request.body)
        if limit is not None and size > limit:
            raise Invalid([Violation("body", (), "maxBytes", limit, f"{size} bytes are more than {limit}")])
        if not request.body:
            if self._body.get("required"):
                raise Invalid([Violation("body", (), "required", None, "a body is required")])
            return None
        sent = (request.header("content-type") or JSON).partition(";")[0].strip().lower()
        if sent not in self.media:
            if ANY_MEDIA in self.media:
                return None  # the handler reads request.body
            raise Invalid([Violation("body", (), "media", list(self.media), f"{sent} is not {self.media[0]}")])
        if sent == MULTIPART:
            try:
                body: Any = parse_multipart(request)
            except MultipartError as error:
                raise Invalid([Violation("body", (), "multipart", None, str(error))]) from None
            checked: Any = {name: part.text for name, part in body.items()}
        else:
            try:
                body = checked = orjson.loads(request.body)
            except orjson.JSONDecodeError as error:
                raise Invalid([Violation("body", (), "json", None, str(error))]) from None
        if not self._body_validator.is_valid(checked):
            try:
                violations = list(violations_of(self._body_validator, checked, "body"))
            except ValueError as error:  # what is wrong stands too deep for the validator to tell of it
                violations = [Violation("body", (), "json", None, str(error))]
            raise Invalid(violations)
        return body

    def declared(self, status: int) -> str | None:
        """What a status is declared as: itself, or its class (`4XX`); None where it is not."""
        names = (str(status), f"{status // 100}XX")
        return next((name for name in names if name in self.data["responses"]), None)

    def content(self, status: int) -> Mapping[str, Any]:
        """The media types an answer of a status may have, each with its `schema`; none where there is no body."""
        name = self.declared(status)
        found: Mapping[str, Any] = (
            self.contract.resolve(self.data["responses"][name]).get("content", {}) if name else {}
        )
        return found

    def check_response(self, response: Response) -> list[Violation]:
        """How the answer breaks the contract: undeclared status, wrong media type, wrong body."""
        status = self.declared(response.status)
        if status is None:
            valid = sorted(self.data["responses"])
            return [Violation("status", (), "status", valid, f"{response.status} is not declared")]
        content = self.content(response.status)
        body = response.read()
        if not content:
            return [Violation("body", (), "empty", None, "the body should be empty")] if body else []
        media = (response.header("content-type") or "").partition(";")[0]
        if media not in content:
            if ANY_MEDIA in content:
                return []
            return [Violation("headers", ("content-type",), "media", list(content), f"{media!r} is not declared")]
        if media != JSON:
            return []
        validator = self._response_validator(status, media)
        try:
            document = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            return [Violation("body", (), "json", None, str(error))]
        return [] if validator.is_valid(document) else list(violations_of(validator, document, "body"))

    def _response_validator(self, status: str, media: str) -> Validator:
        declared = self.data["responses"][status]
        pointer = declared.get("$ref") or f"{self._pointer}/responses/{status}"
        return self.contract.validator(f"{pointer}/content/{media.replace('/', '~1')}/schema")


def violations_of(validator: Validator, instance: Any, place: str) -> Iterator[Violation]:
    """All violations, in the order of the instance's paths and then of the keywords."""
    violations = (
        Violation(place, tuple(error.instance_path), error.kind.name, _expected(error.kind), error.message)
        for error in validator.iter_errors(instance)
    )
    found = {(tuple(map(str, v.path)), v.kind, str(v.expected), v.message): v for v in violations}
    yield from (found[order] for order in sorted(found))


def _expected(kind: Any) -> Any:
    demands = [value for name, value in kind.as_dict().items() if name not in ("error", "context")]
    value = demands[0] if demands else None
    return tuple(value) if isinstance(value, list) else value


class Contract:
    """A whole contract: operations by id, quirks by name, validators compiled on first use."""

    def __init__(self, document: dict[str, Any], name: str) -> None:
        self.document = document
        self.name = name
        servers = document.get("servers") or [{"url": ""}]
        self.base_path = urlsplit(servers[0]["url"]).path.rstrip("/")
        self._validators: dict[str, Validator] = {}

    @classmethod
    def load(cls, folder: Path) -> Contract:
        """From a folder of YAML files (from its bundle, when that is up to date)."""
        from harness.core.contract_files import document_of

        return cls(document_of(folder), folder.name)

    @cached_property
    def operations(self) -> dict[str, Operation]:
        """All operations by id, in the order of the document."""
        found: dict[str, Operation] = {}
        for template, item in self.document["paths"].items():
            for method in METHODS:
                if method in item:
                    operation = Operation(self, method, template, item[method])
                    if operation.id in found:
                        raise ContractError(f"{self.name}: operation id {operation.id!r} is used twice")
                    found[operation.id] = operation
        return found

    @cached_property
    def quirks(self) -> dict[str, Quirk]:
        """The switches this contract declares, by name."""
        return {name: Quirk.read(name, data) for name, data in self.document.get("x-quirks", {}).items()}

    def operation(self, id: str) -> Operation:
        """One operation; a ContractError that names the nearest for an unknown id."""
        try:
            return self.operations[id]
        except KeyError:
            raise ContractError(unknown(f"operation of {self.name}", id, self.operations)) from None

    def resolve(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """What a `$ref` points to, or the data itself."""
        while "$ref" in data:
            target: Any = self.document
            for part in data["$ref"].removeprefix("#/").split("/"):
                target = target[part.replace("~1", "/").replace("~0", "~")]
            data = target
        return data

    def absolute(self, schema: Any) -> Any:
        """The schema with references that hold outside the document, too."""
        if isinstance(schema, Mapping):
            return {key: _ROOT + value if key == "$ref" else self.absolute(value) for key, value in schema.items()}
        return [self.absolute(item) for item in schema] if isinstance(schema, list) else schema

    def validator(self, pointer: str) -> Validator:
        """The validator of the schema at `#/…`."""
        found = self._validators.get(pointer)
        if found is None:
            found = self._validators[pointer] = self.compile({"$ref": _ROOT + quote(pointer, safe="#/~")})
        return found

    def compile(self, schema: dict[str, Any]) -> Validator:
        """A validator for a schema that may refer to this contract."""
        from jsonschema_rs import Draft202012Validator

        return Draft202012Validator(schema, registry=self._registry, validate_formats=True)

    @cached_property
    def _registry(self) -> Registry:
        from jsonschema_rs import Draft202012, Registry

        return Registry([(_ROOT, self.document)], draft=Draft202012)


if __name__ == "__main__":
    from harness.core.contract_files import main

    sys.exit(main(sys.argv[1:]))
