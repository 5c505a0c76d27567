"""Mutants of what a handler sees and keeps: it gets another question, an old state or an old time, or keeps nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from harness.core.contract import Contract, Operation
from harness.verify.mutate import alterations
from harness.verify.mutate.alterations import Alteration, Path, shown
from harness.verify.mutate.mutant import Mutant
from harness.verify.mutate.schemas import answer_schema, fields, request_schema
from harness.verify.mutate.sight import READS

if TYPE_CHECKING:
    from harness.core.provider import Call, Handler

Wrap = Callable[["Handler"], "Handler"]

_CHANGED = re.compile(r"(updated|modified|changed)(_?(at|on))?", re.IGNORECASE)
_WRITES = ("create", "update", "delete")


def of_state(contract: Contract) -> Iterator[Mutant]:
    """All of them."""
    for operation in contract.operations.values():
        for name in operation.parameters:
            need = f"query {operation.id} {name}"
            yield _state("ignored", f"{operation.id} query.{name}", operation, need, _without_query(name))
        yield from _bodies(contract, operation)
        yield from _twins(contract, operation)
        if _is_write(operation):
            yield _state("lost", operation.id, operation, f"write {operation.id}", _lost)
            yield from _stale(contract, operation)
        elif operation.method in READS and _is_written(contract, operation):
            yield _state("old", operation.id, operation, f"again {operation.id}", _old)


def _state(kind: str, what: str, operation: Operation, need: str, wrap: Wrap) -> Mutant:
    return Mutant("state", kind, what, operation.id, (need,), handlers={operation.id: wrap})


def _is_write(operation: Operation) -> bool:
    return operation.id.rpartition(".")[2] in _WRITES


def _is_written(contract: Contract, operation: Operation) -> bool:
    """Whether any operation changes what this one reads; what nobody changes is never out of date."""
    resource = operation.id.rpartition(".")[0]
    return any(f"{resource}.{method}" in contract.operations for method in _WRITES)


def _bodies(contract: Contract, operation: Operation) -> Iterator[Mutant]:
    """A field of the body ignored or, where it has to be there, taken for another."""
    for field in fields(contract, request_schema(operation)):
        what = f"{operation.id} body.{shown(field.path)}"
        need = f"body {operation.id} {shown(field.path)}"
        if not field.required:
            yield _state("ignored", what, operation, need, _with_body(alterations.drop(field.path)))
        elif "string" in field.types and "enum" not in field.schema and "const" not in field.schema:
            yield _state("misread", what, operation, need, _with_body(alterations.other_text(field.path)))


def _twins(contract: Contract, operation: Operation) -> Iterator[Mutant]:
    """A list of some records becomes the list of them all: where another list answers the same and asks for less."""
    schema = answer_schema(operation)
    if operation.id.rpartition(".")[2] != "list" or schema is None:
        return
    for other in contract.operations.values():
        less = "{" not in other.template and not other.media and other.id != operation.id
        if less and other.id.endswith(".list") and answer_schema(other) == schema:
            what = f"{operation.id} all of {other.id}"
            yield _state("ignored", what, operation, f"answer {operation.id}", _as_twin(other))


def _stale(contract: Contract, operation: Operation) -> Iterator[Mutant]:
    for field in fields(contract, answer_schema(operation)):
        is_moment = field.schema.get("format") == "date-time" and _CHANGED.fullmatch(field.path[-1])
        if is_moment and len(field.path) == 1 and operation.id.endswith(".update"):
            what = f"{operation.id} {shown(field.path)}"
            need = f"value {operation.id} {shown(field.path)}"
            yield _state("stale", what, operation, need, _as_before(field.path))


def _without_query(name: str) -> Wrap:
    def wrap(handler: Handler) -> Handler:
        def handle(call: Call) -> Any:
            call.query = {key: value for key, value in call.query.items() if key != name}
            return handler(call)

        return handle

    return wrap


def _with_body(alteration: Alteration) -> Wrap:
    def wrap(handler: Handler) -> Handler:
        def handle(call: Call) -> Any:
            altered = alteration(deepcopy(call.body))
            if altered is not None:
                call.body = altered
            return handler(call)

        return handle

    return wrap


def _as_twin(other: Operation) -> Wrap:
    def wrap(handler: Handler) -> Handler:
        def handle(call: Call) -> Any:
            return call.account.pack.handlers[other.id](call)

        return handle

    return wrap


class _Undone(Exception):
    """Takes back what a handler did."""


def _lost(handler: Handler) -> Handler:
    """It answers as if it had written."""

    def handle(call: Call) -> Any:
        answer = None
        try:
            with call.store.unit():
                answer = handler(call)
                raise _Undone
        except _Undone:
            return answer

    return handle


def _old(handler: Handler) -> Handler:
    """It answers as it did when it was first asked the same."""
    first: WeakKeyDictionary[Any, dict[Any, Any]] = WeakKeyDictionary()

    def handle(call: Call) -> Any:
        known = first.setdefault(call.account, {})
        asked = (call.request.path, call.request.query)
        if asked not in known:
            known[asked] = handler(call)
        return known[asked]

    return handle


def _as_before(path: Path) -> Wrap:
    """It writes at the moment at which the record was last changed."""
    name = path[-1]

    def wrap(handler: Handler) -> Handler:
        def handle(call: Call) -> Any:
            for collection in call.pack.collections:
                for id in call.path.values():
                    record = call.store[collection].get(id)
                    if record is not None and isinstance(record.get(name), int):
                        call.now = record[name]
            return handler(call)

        return handle

    return wrap
