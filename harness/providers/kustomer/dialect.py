"""How Kustomer words things: errors, headers, the form of an answer."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha1
from typing import Any, Final

import orjson

from harness.core.contract import Violation
from harness.core.exchange import Refused, Request, Response
from harness.core.provider import Call
from harness.core.quota import Window
from harness.core.unit import Unit
from harness.providers.kustomer import wording

VERSION: Final = "/v1"
JSON: Final = "application/json; charset=utf-8"

CODES: Final = {
    400: ("badparam", "bad_request", "Bad Request"),
    401: ("unauthorized", "unauthorized", "Unauthorized"),
    403: ("forbidden", "forbidden", "Forbidden"),
    404: ("notfound", "not_found", "Not Found"),
    405: ("methodnotallowed", "method_not_allowed", "Method Not Allowed"),
    409: ("conflict", "conflict", "Conflict"),
    413: ("toolarge", "too_large", "Payload Too Large"),
    429: ("toomanyrequests", "too_many_requests", "Too Many Requests"),
    500: ("internal", "internal", "Internal Server Error"),
    501: ("notimplemented", "not_implemented", "Not Implemented"),
}
"""By status: the code as recorded, the one of the newer portal, the title. badparam and notfound were recorded, the
others are inferred. https://github.com/nebulab/solidus_kustomer"""

# recorded: https://github.com/nebulab/solidus_kustomer
_HEADERS: Final = [
    ("strict-transport-security", "max-age=31536000; includeSubDomains"),
    ("x-content-type-options", "nosniff"),
    ("x-kustomer-pod", "prod1"),
    ("timing-allow-origin", "*"),
    ("cache-control", "no-cache,private"),
]
_HEADERS_OF_GET: Final = [*_HEADERS, ("vary", "Accept-Encoding")]
_HEADERS_OF_OTHERS: Final = [*_HEADERS, ("vary", "X-HTTP-Method-Override, Accept-Encoding")]


def item(
    quirks: Mapping[str, str],
    status: int,
    title: str | None = None,
    *,
    parameter: str | None = None,
    detail: str | None = None,
) -> dict[str, Any]:
    """One error, in the form the quirk `error_form` says; the title is that of the status where none is given."""
    code, portal_code, usual = CODES.get(status, CODES[500])
    title = title or usual
    if quirks["error_form"] == "portal":
        return {"code": portal_code, "message": title, "meta": {}}
    found: dict[str, Any] = {"status": status}
    if parameter is not None:
        found["source"] = {"parameter": parameter}
    found |= {"code": code, "title": title}
    if detail is not None:
        found["detail"] = detail
    return found


def errors(status: int, items: list[dict[str, Any]]) -> Response:
    """An answer with errors."""
    return encoded(orjson.dumps({"errors": items}), status)


def error(
    quirks: Mapping[str, str],
    status: int,
    title: str | None = None,
    *,
    parameter: str | None = None,
    detail: str | None = None,
) -> Response:
    """An answer with one error."""
    return errors(status, [item(quirks, status, title, parameter=parameter, detail=detail)])


def not_found(unit: Unit, parameter: str | None = "id") -> Refused:
    """404: recorded for an external id."""
    return Refused(error(unit.quirks, 404, parameter=parameter))


def wrong(unit: Unit, parameter: str | None, title: str, detail: str | None = None) -> Refused:
    """400: a value that cannot be used."""
    return Refused(error(unit.quirks, 400, title, parameter=parameter, detail=detail))


NOT_AN_ID: Final = "Format validation failed (must be a valid object-id)"


def malformed(unit: Unit, parameter: str, detail: str | None = None) -> Refused:
    """400: what should be an id has not the form of one."""
    return wrong(unit, parameter, NOT_AN_ID, detail or f"/properties/{parameter}/format")


class Taken(Refused):
    """A value that something else has already."""


def conflict(unit: Unit, parameter: str | None, quirk: str | None = None) -> Refused:
    """409, or what a quirk chooses: an old revision, a value that is taken, something in use."""
    status = int(unit.quirks[quirk]) if quirk else 409
    kind = Taken if quirk == "duplicate_value" else Refused
    return kind(error(unit.quirks, status, "Conflict", parameter=parameter))


def encoded(body: bytes, status: int = 200, *, tagged: bytes | None = None) -> Response:
    """An answer from JSON text; `tagged` is what its tag is made of, where something shorter changes with the text."""
    headers = [("content-type", JSON)]
    if tagged is not None:
        headers.append(_tag(len(body), tagged))
    return Response(status, body, headers)


def empty(status: int = 204) -> Response:
    """An answer without a body."""
    return Response(status)


def dress(request: Request, response: Response) -> Response:
    """Give an answer the headers that every recorded one has."""
    body = response.body
    response.headers += _HEADERS_OF_GET if request.method == "GET" else _HEADERS_OF_OTHERS
    if body and isinstance(body, bytes) and response.header("etag") is None:
        response.headers.append(_tag(len(body), body))
    return response


def _tag(length: int, content: bytes) -> tuple[str, str]:
    """recorded: a weak tag in the form in which Express makes one of length and SHA-1."""
    digest = b64encode(sha1(content, usedforsecurity=False).digest()).rstrip(b"=").decode()
    return "etag", f'W/"{length:x}-{digest}"'


class KustomerDialect:
    """What the core finds out, in Kustomer's words."""

    def missing_credential(self, request: Request) -> Response:
        """documented as 401; the body is inferred."""
        return dress(request, error(_RECORDED, 401))

    def unknown_credential(self, request: Request) -> Response:
        """The same for a wrong key and one that was revoked."""
        from harness.providers.kustomer.files import storage

        if storage.is_meant(request):
            return storage.refusal(403, "AccessDenied", "Access Denied")
        return dress(request, error(_RECORDED, 401))

    def unknown_route(self, request: Request, allowed: list[str], quirks: Mapping[str, str]) -> Response:
        """inferred: 404 for an address or method that does not exist, as Express answers."""
        return dress(request, error(quirks, 404))

    def over_quota(self, call: Call, window: Window) -> Response:
        """429; headers are added to every answer, the body is inferred."""
        return error(call.quirks, 429)

    def invalid(self, call: Call, violations: list[Violation]) -> Response:
        """400 with one error a violation; 413 for a body that is too long."""
        first = violations[0]
        quirks = call.quirks
        if first.kind == "maxBytes":
            return error(quirks, 413)
        if first.kind == "json":
            return error(quirks, 400, "Invalid JSON")
        if first.kind in ("media", "multipart"):
            return error(quirks, 400, "Invalid content type")
        given = _body_of(call.request) if first.place == "body" else _query_of(call)
        found = [
            item(quirks, 400, each.title, parameter=each.parameter, detail=each.detail)
            for each in wording.told(call.operation, given, violations)  # type: ignore[arg-type]
        ]
        return errors(400, found)

    def failure(self, request: Request, status: int) -> Response:
        """500 is documented for the unexpected; other failures are taken to have the same shape."""
        return dress(request, error(_RECORDED, status))


_RECORDED: Final = {"error_form": "recorded"}


def _query_of(call: Call) -> dict[str, Any]:
    known = call.operation.parameters  # type: ignore[union-attr]
    return {name: known[name].value([text]) for name, text in call.request.query_items() if name in known}


def _body_of(request: Request) -> Any:
    try:
        return orjson.loads(request.body) if request.body else None
    except orjson.JSONDecodeError:
        return None
