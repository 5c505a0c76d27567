"""What has to come out of a proxy, given what went into it over the wire."""

from __future__ import annotations

from typing import Any

import orjson

from harness.core.contract import Operation
from harness.core.exchange import Response
from harness.unified.exchange import Answer, Incoming
from harness.verify.case import Failed
from harness.verify.differing import differing

HOP_BY_HOP = frozenset(
    "connection keep-alive proxy-authenticate proxy-authorization te trailer transfer-encoding upgrade".split()
)
"""Those of RFC 2616, section 13.5.1: they end at the proxy."""

FRAMING = frozenset(("content-length", "content-encoding", "content-type", "set-cookie"))
"""Of the message that is made anew; cookies are nobody's concern but the proxy's."""


def passed(name: str, is_list: bool, wire: Incoming, answer: Answer, record: str | None = None) -> None:
    """What came over the wire is what the caller gets. `record`: the field that records stand in. Raises Failed."""
    _status_and_headers(name, wire, answer)
    if is_list:
        _enveloped(name, wire, answer, record)
    elif answer.content() != wire.body:
        raise Failed(f"{name}: {shown(wire.body)} came, {shown(answer.content())} was passed on")
    elif wire.body and answer.content_type != wire.header("content-type"):
        raise Failed(f"{name}: the content type {wire.header('content-type')!r} became {answer.content_type!r}")


def _status_and_headers(name: str, wire: Incoming, answer: Answer) -> None:
    if (answer.status, answer.remote_status) != (wire.status, wire.status):
        raise Failed(f"{name}: the provider's status is {wire.status}, the caller's {answer.status}")
    for header, text in wire.headers:
        if header not in HOP_BY_HOP | FRAMING and answer.headers.get(header) != text:
            raise Failed(f"{name}: header {header}: {text!r} came, {answer.headers.get(header)!r} was passed on")


def _enveloped(name: str, wire: Incoming, answer: Answer, record: str | None) -> None:
    envelope = orjson.loads(answer.content())
    if envelope.keys() != {"result", "next_cursor", "prev_cursor", "result_count"}:
        raise Failed(f"{name}: the envelope of a list has {', '.join(envelope)}")
    came = orjson.loads(wire.body)
    records = _records(came, record)
    if (told := differing(records, envelope["result"])) or envelope["result_count"] != len(envelope["result"]):
        raise Failed(f"{name}: the records are not those that came: {told or 'they are counted wrongly'}")


def _records(came: Any, record: str | None) -> list[Any]:
    """Those of a page, in its field or in its only list; or what came as the one record."""
    if record is not None:
        return came[record] if isinstance(came[record], list) else [came[record]]
    if isinstance(came, list):
        return came
    lists = [value for value in came.values() if isinstance(value, list)]
    return lists[0] if len(lists) == 1 else [came]


def described(name: str, operation: Operation, wire: Incoming) -> None:
    """What came is one of the answers that the contract describes. Raises Failed."""
    response = Response(wire.status, wire.body, wire.headers)
    if violations := operation.check_response(response):
        told = "; ".join(map(str, violations))
        raise Failed(f"{name}: what came is not as the contract of {operation.id} says: {told}")


def headed(name: str, operation: Operation, wire: Incoming) -> None:
    """What came has the headers that the contract describes of its status. Raises Failed."""
    answers = operation.data["responses"]
    declared = operation.contract.resolve(answers.get(str(wire.status), {})).get("headers", {})
    if missing := [header for header in declared if wire.header(header.lower()) is None]:
        raise Failed(f"{name}: what came has no {', '.join(missing)}, which the contract of {operation.id} describes")


def refused(name: str, wire: Incoming, answer: Answer, status: int) -> None:
    """The provider refused with this status, and its error arrives whole. Raises Failed."""
    if wire.status != status:
        raise Failed(f"{name}: the provider answered {wire.status} and not {status}: {shown(wire.body)}")
    error_passed(name, wire, answer)


def error_passed(name: str, wire: Incoming, answer: Answer) -> None:
    """An error of the provider arrives as one, with its status, headers and body. Raises Failed."""
    _status_and_headers(name, wire, answer)
    body = orjson.loads(answer.content())
    if body.get("truto_is_remote_error") is not True:
        raise Failed(f"{name}: the error does not say that it is the provider's: {body}")
    if told := differing(_data(wire.body), body.get("raw_response")):
        raise Failed(f"{name}: raw_response is not the provider's body: {told}")
    if body.get("statusCode") != wire.status:
        raise Failed(f"{name}: statusCode is {body.get('statusCode')!r}, the provider's {wire.status}")


def _data(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return body.decode("utf-8", "replace")


def shown(body: bytes) -> str:
    """The beginning of a body, for a message."""
    return repr(body[:300].decode("utf-8", "replace"))
