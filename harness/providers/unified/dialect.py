"""How the unified API words things: errors, tokens."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from harness.core.contract import Violation
from harness.core.exchange import Refused, Request, Response, json_response
from harness.core.ids import uuid_text
from harness.core.provider import NEAREST, Call
from harness.core.quota import Window

FAKE_TOKEN: Final = "fa4e0000-0000-4000-8000-"
"""How every fake token begins: a UUID in form that nobody takes for a real one."""

RETRY_AFTER: Final = 10
"""documented: seconds, whatever is left of the window. https://github.com/trutohq/truto-skills"""

_SCHEME: Final = "bearer "


def error(status: int, message: str, **more: Any) -> Response:
    """An answer in the documented shape. https://www.truto.one/docs/overview/errors"""
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Error"
    return json_response({"statusCode": status, "error": phrase, "message": message, **more}, status)


def refused(status: int, message: str, *, hint: str | None = None, **more: Any) -> Refused:
    """The same, to be raised; `hint` is what the caller probably meant, which the body never tells."""
    response = error(status, message, **more)
    if hint:
        response.headers.append((NEAREST, header_text(hint)))
    return Refused(response)


def header_text(text: str) -> str:
    """A text as it may stand in a header."""
    return " ".join(text.split())[:500].encode("ascii", "replace").decode()


def make_token(seed: str, roles: tuple[str, ...] | None) -> str:
    """A token drawn from a seed. inferred: their form is not told, and says nothing of what they may do."""
    return FAKE_TOKEN + uuid_text(seed)[-12:]


def token_of(request: Request) -> str | None:
    """documented: `Authorization: Bearer <token>`. https://github.com/trutohq/truto-skills"""
    value = request.header("authorization") or ""
    return (value[len(_SCHEME) :].strip() or None) if value.lower().startswith(_SCHEME) else None


class UnifiedDialect:
    """What the core finds out, in the words of the unified API."""

    def missing_credential(self, request: Request) -> Response:
        """documented: 401 without the remote flag is about the token."""
        return error(401, "No token was sent: send 'Authorization: Bearer <token>'")

    def unknown_credential(self, request: Request) -> Response:
        """The same."""
        return error(401, "The token is not valid")

    def unknown_route(self, request: Request, allowed: list[str], quirks: Mapping[str, str]) -> Response:
        """documented: 404, and no suggestions. A write nobody offers is 405 under the quirk."""
        if allowed and request.method not in ("GET", "HEAD") and quirks["unmapped_write"] == "method_not_allowed":
            response = error(405, f"{request.path} does not take {request.method}")
            response.headers.append(("allow", ", ".join(allowed)))
            return response
        return error(404, f"There is nothing at {request.method} {request.path}")

    def over_quota(self, call: Call, window: Window) -> Response:
        """documented: 429 with `Retry-After: 10`."""
        quota = window.quota
        what = "with this token" if quota.name == "token" else "on this integrated account"
        seconds = quota.window // 1000
        response = error(429, f"More than {quota.limit} requests {what} in {seconds} seconds")
        response.headers.append(("retry-after", str(RETRY_AFTER)))
        return response

    def invalid(self, call: Call, violations: list[Violation]) -> Response:
        """documented: 400; validation errors may list their failures under `details`."""
        failures = [
            {"in": each.place, "path": ".".join(map(str, each.path)), "message": each.message} for each in violations
        ]
        return error(400, f"The request is not valid: {_sentence(violations[0])}", details={"failures": failures})

    def failure(self, request: Request, status: int) -> Response:
        """documented: a 5xx without the remote flag is the unified API's own failure."""
        return error(status, "The unified API failed" if status >= 500 else "The request was refused")


def _sentence(violation: Violation) -> str:
    where = ".".join(map(str, violation.path))
    return f"{violation.place}{f' {where}' if where else ''}: {violation.message}"
