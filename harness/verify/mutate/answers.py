"""Mutants of what a fake answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import orjson

from harness.core.contract import Contract, Operation
from harness.core.exchange import Request, Response
from harness.verify.mutate import alterations
from harness.verify.mutate.alterations import Alteration, shown
from harness.verify.mutate.mutant import Mutant
from harness.verify.mutate.schemas import Field, answer_schema, fields, response_schema
from harness.verify.operations import Operations

if TYPE_CHECKING:
    from harness.verify.subject import Alter

OTHER_STATUS = {400: 422, 401: 403, 403: 404, 404: 400, 409: 400, 413: 400, 429: 503}
"""What each error is taken for."""
_CURSORS = ("next_cursor", "previous_cursor")


def of_answers(contract: Contract) -> Iterator[Mutant]:
    """All of them."""
    known = Operations(contract)
    for operation in contract.operations.values():
        for field in fields(contract, answer_schema(operation)):
            for kind, need, alteration in _of_field(field):
                yield _of_good(operation, kind, need, field, alteration, known)
        yield from _statuses(operation, known)
        yield from _headers(operation, known)
    yield from _errors(contract)


def _of_field(field: Field) -> Iterator[tuple[str, str, Alteration]]:
    """Kinds, with the fact each needs of the field."""
    path, types = field.path, field.types
    yield "rename", "field", alterations.rename(path)
    yield "drop", "field", alterations.drop(path)
    if types != ("null",):  # what is always null has no value
        yield "null", "value", alterations.null(path)
        yield "retype", "value", alterations.retype(path)
    if field.has_items:
        yield "lose", "item", alterations.lose(path)
        yield "repeat", "item", alterations.repeat(path)
        if field.schema.get("maxItems") != 1:  # one item has no order
            yield "reorder", "order", alterations.reorder(path)
    if "enum" in field.schema and "string" in types:
        yield "enum", "value", alterations.other_choice(path)
    if path[-1] in _CURSORS:
        yield "cursor", "value", alterations.wrong_cursor(path)
    if field.schema.get("format") == "date-time":
        yield "stale", "value", alterations.stale(path)


def _of_good(
    operation: Operation, kind: str, need: str, field: Field, alteration: Alteration, known: Operations
) -> Mutant:
    def change(response: Response) -> None:
        if 200 <= response.status < 300:
            _rewrite(response, alteration)

    what = f"{operation.id} {shown(field.path)}"
    alter = _altering(change, known, operation)
    return Mutant("answer", kind, what, operation.id, (f"{need} {what}",), alter)


def _statuses(operation: Operation, known: Operations) -> Iterator[Mutant]:
    declared = sorted(int(each) for each in operation.data["responses"] if str(each).isdigit())
    for status in declared:
        good = 200 <= status < 300
        if good and status != next(each for each in declared if 200 <= each < 300):
            continue  # the other success, which only a quirk brings about
        other = 202 if good else OTHER_STATUS.get(status)
        if other is None:
            continue
        what = f"{operation.id} {status} as {other}"
        alter = _altering(_with_status(status, other), known, operation)
        yield Mutant("answer", "status", what, operation.id, (f"status {operation.id} {status}",), alter)


def _headers(operation: Operation, known: Operations) -> Iterator[Mutant]:
    resolve = operation.contract.resolve
    declared = [resolve(each) for each in operation.data["responses"].values()]
    names = dict.fromkeys(name.lower() for each in declared for name in each.get("headers", {}))
    if any(each.get("content") for each in declared):
        names = {"content-type": None, **names}
    for name in names:
        alter = _altering(_without(name), known, operation)
        what = f"{operation.id} {name}"
        yield Mutant("answer", "header", what, operation.id, (f"header {operation.id} {name}",), alter)


def _errors(contract: Contract) -> Iterator[Mutant]:
    """Errors have one form for the whole provider, so each break of it is one of all operations."""
    declared = [
        (operation, status)
        for operation in contract.operations.values()
        for status in operation.data["responses"]
        if str(status).startswith(("4", "5"))
    ]
    for status in sorted({status for _, status in declared}):
        operations = [operation for operation, each in declared if each == status]
        schema = next((each for operation in operations if (each := response_schema(operation, status))), None)
        for field in fields(contract, schema):
            for kind, need, alteration in _of_field(field):
                place = shown(field.path)
                needs = tuple(f"{need} {operation.id} {status} {place}" for operation in operations)
                alter = _altering(_with_error(int(status), alteration))
                yield Mutant("answer", kind, f"{status} {place}", f"{status}", needs, alter)


def _with_status(status: int, other: int) -> Callable[[Response], None]:
    def change(response: Response) -> None:
        if response.status == status:
            response.status = other

    return change


def _without(header: str) -> Callable[[Response], None]:
    def change(response: Response) -> None:
        response.headers = [(name, value) for name, value in response.headers if name.lower() != header]

    return change


def _with_error(status: int, alteration: Alteration) -> Callable[[Response], None]:
    def change(response: Response) -> None:
        if response.status == status:
            _rewrite(response, alteration)

    return change


def _rewrite(response: Response, alteration: Alteration) -> None:
    if not (response.header("content-type") or "").startswith("application/json"):
        return
    altered = alteration(orjson.loads(response.read()))
    if altered is not None:
        response.body = orjson.dumps(altered)
        response.headers = [(name, value) for name, value in response.headers if name != "content-length"]


def _altering(
    change: Callable[[Response], None], known: Operations | None = None, operation: Operation | None = None
) -> Alter:
    """A change of the answers of one operation, or of all."""

    def alter(request: Request, answer: Callable[[Request], Response]) -> Response:
        response = answer(request)
        if known is None or known.at(request.method, request.path) is operation:
            response = Response(response.status, response.read(), list(response.headers), response.effect)
            change(response)
        return response

    return alter
