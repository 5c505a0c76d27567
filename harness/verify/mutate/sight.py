"""What a case sees of a fake and of mappings: facts, each a line such as `value contacts.list results[].id`.

A mutant needs one such fact to be seen at all; what no case sees is the reason why it survives.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote_plus

import orjson

from harness.core.journal import Exchange
from harness.core.registry import Registry
from harness.verify.case import Case
from harness.verify.mutate.alterations import fields_of, shown

WHY_UNSEEN = {
    "status": "no case is answered so",
    "header": "no case is answered with this header",
    "field": "no case is answered with this field",
    "value": "no case is answered with a value there",
    "item": "no case is answered with an item there",
    "order": "no case has two different items there",
    "query": "no case sends this parameter",
    "body": "no case sends this field",
    "write": "no case writes this",
    "again": "no case reads the same before and after a change",
    "answer": "no case is answered by this operation",
    "cell": "no case asks this method",
}
"""Why a mutant survives that needs a fact of this kind, where no case has it."""

OF_ANY_CASE = ("write ", "again ")
"""Facts that a case may see although it asks about another operation."""
READS = ("GET", "HEAD")


@contextmanager
def watched() -> Iterator[list[Exchange]]:
    """The exchanges with every fake while it lasts."""
    seen: list[Exchange] = []
    Registry.observers.append(seen.append)
    try:
        yield seen
    finally:
        Registry.observers.remove(seen.append)


def facts(case: Case, exchanges: Iterable[Exchange], provider: str) -> set[str]:
    """All that a case sees."""
    found = {f"cell {cell}" for cell in case.cells}
    answers: dict[Any, Any] = {}
    for exchange in exchanges:
        operation = exchange.operation
        if exchange.provider != provider or operation is None:
            continue
        good = 200 <= exchange.status < 300
        judged = not case.operations or operation in case.operations  # any other is asked to get there
        wrote = good and exchange.method not in READS  # what comes of it, a later answer may show
        if wrote:
            found.add(f"write {operation}")
        elif exchange.method in READS:
            asked, told = (exchange.key, exchange.path, exchange.query), (exchange.status, exchange.response_body)
            if answers.setdefault(asked, told) != told:
                found.add(f"again {operation}")
        if wrote or judged:
            found.update(_of_body(operation, exchange))
        if judged:
            found.update(_of_query(operation, exchange))
            found.update(_of_answer(operation, exchange, good))
    return found


def _of_query(operation: str, exchange: Exchange) -> Iterator[str]:
    sent = (unquote_plus(part.partition("=")[0]) for part in exchange.query.split("&") if part)
    yield from (f"query {operation} {name}" for name in sent)


def _of_body(operation: str, exchange: Exchange) -> Iterator[str]:
    yield from (f"body {operation} {place}" for place, _ in _fields(exchange.request_body))


def _of_answer(operation: str, exchange: Exchange, good: bool) -> Iterator[str]:
    yield f"status {operation} {exchange.status}"
    yield from (f"header {operation} {name.lower()}" for name, _ in exchange.response_headers)
    where = operation if good else f"{operation} {exchange.status}"
    yield f"answer {where}"
    for place, value in _fields(exchange.response_body):
        yield f"field {where} {place}"
        if value is not None:
            yield f"value {where} {place}"
        if isinstance(value, list) and value:
            yield f"item {where} {place}"
            if value != value[::-1]:
                yield f"order {where} {place}"


def _fields(body: bytes) -> Iterator[tuple[str, Any]]:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return
    for path, value in fields_of(document):
        yield shown(path), value
