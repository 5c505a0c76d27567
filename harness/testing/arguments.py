"""What the control operations take, read from the control plane's contract, and how they refuse."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from harness.core.contract import JSON, Contract, Operation, Violation, violations_of
from harness.data import folder
from harness.nearest import unknown

if TYPE_CHECKING:
    from jsonschema_rs import Validator


class ControlError(ValueError):
    """A refused control call; nothing was changed."""

    def __init__(self, status: int, code: str, message: str, where: Iterable[str | int] = ()) -> None:
        super().__init__(message)
        self.status = status
        """As HTTP has it: 400 the call is wrong, 404 there is no such thing, 409 the present state stands
        against it; from a server also 401 and 403, and 503 where none answers."""
        self.code = code
        """`invalid`, `not_found`, `conflict` …"""
        self.message = message
        """What was wrong and what is valid."""
        self.where = tuple(where)
        """The argument, and the place in it."""


def invalid(message: str, *where: str | int) -> ControlError:
    """The call is wrong."""
    return ControlError(400, "invalid", message, where)


def not_found(message: str, *where: str | int) -> ControlError:
    """What the call names does not exist."""
    return ControlError(404, "not_found", message, where)


def conflict(message: str, *where: str | int) -> ControlError:
    """The present state stands against it."""
    return ControlError(409, "conflict", message, where)


class Arguments:
    """The arguments of one operation: its path and query parameters and the properties of its body."""

    def __init__(self, operation: Operation) -> None:
        self.operation = operation
        contract = operation.contract
        declared = [contract.resolve(data) for data in operation.data.get("parameters", ())]
        body = contract.resolve(operation.data.get("requestBody", {})).get("content", {}).get(JSON, {})
        whole = contract.resolve(body.get("schema", {}))
        self.path = [data["name"] for data in declared if data["in"] == "path"]
        self.query = [data["name"] for data in declared if data["in"] == "query"]
        self.body = list(whole.get("properties", ()))
        self._schema: dict[str, Any] = {
            "type": "object",
            "properties": {data["name"]: data["schema"] for data in declared} | whole.get("properties", {}),
            "required": [*self.path, *whole.get("required", ())],
        }

    def names(self) -> list[str]:
        """All of them."""
        return list(self._schema["properties"])

    def known(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Those that are not None; an unknown name is refused."""
        for name in arguments:
            if name not in self._schema["properties"]:
                raise invalid(unknown(f"argument of {self.operation.id}", name, self.names()), name)
        return {name: value for name, value in arguments.items() if value is not None}

    def check(self, arguments: Mapping[str, Any]) -> None:
        """Refuse what is missing or not as the contract says."""
        try:
            if self._validator.is_valid(arguments):
                return
            found = list(violations_of(self._validator, arguments, "body"))
        except (TypeError, ValueError) as error:
            raise invalid(f"an argument of {self.operation.id} is not JSON data: {error}") from None
        where = found[0].path
        if found[0].kind == "required":
            where = (*where, found[0].expected)
        raise invalid("; ".join(map(self._explain, found)), *where)

    @cached_property
    def _validator(self) -> Validator:
        contract = self.operation.contract
        return contract.compile(contract.absolute(self._schema))

    def _explain(self, violation: Violation) -> str:
        place = ".".join(map(str, violation.path)) or self.operation.id
        schema = self._schema_at(violation.path)
        if violation.kind == "additionalProperties":
            return "; ".join(
                unknown(f"option of {place}", name, schema.get("properties", ())) for name in violation.expected
            )
        if violation.kind == "required":
            return f"{place}: {violation.expected!r} is missing"
        if violation.kind == "enum":
            return f"{place}: the value is none of {', '.join(map(str, violation.expected))}"
        hint = f" ({schema['description']})" if violation.kind == "pattern" and "description" in schema else ""
        return f"{place}: {violation.message}{hint}"

    def _schema_at(self, path: Iterable[str | int]) -> Mapping[str, Any]:
        schema: Mapping[str, Any] = self._schema
        for part in path:
            inner = schema.get("properties", {}).get(part, schema.get("additionalProperties", {}))
            if isinstance(part, int):
                inner = schema.get("items", {})
            schema = self.operation.contract.resolve(inner) if isinstance(inner, Mapping) else {}
        return schema


@cache
def contract() -> Contract:
    """The contract of the control plane."""
    return Contract.load(folder("contracts") / "harness")


@cache
def arguments_of(operation: str) -> Arguments:
    """The arguments of an operation; an unknown one is refused."""
    operations = contract().operations
    if operation not in operations:
        raise not_found(unknown("operation", operation, operations))
    return Arguments(operations[operation])
