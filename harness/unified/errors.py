"""What can go wrong between a unified call and its answer."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any


class ConfigurationError(ValueError):
    """An integration or a mapping that cannot be used; the text names file and line (or override), and the remedy."""

    def __init__(self, place: str, message: str) -> None:
        super().__init__(f"{place}: {message}")
        self.place = place


class Unreachable(Exception):
    """The provider gave no answer: raised by whoever sends, answered as 502 (504 where `timed_out`)."""

    def __init__(self, address: str, reason: str, *, timed_out: bool = False) -> None:
        super().__init__(f"{address}: {reason}")
        self.address = address
        self.reason = reason
        self.timed_out = timed_out


class Refusal(Exception):
    """Ends a call with an error of the unified API itself, not of the provider."""

    def __init__(self, status: int, message: str, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.body = error_body(status, message, **more)
        self.hint: str | None = None
        """What the caller probably meant; the documented answer never says it."""


def error_body(status: int, message: str, **more: Any) -> dict[str, Any]:
    """`{statusCode, error, message}` and what a kind of error adds."""
    return {"statusCode": status, "error": phrase(status), "message": message, **more}


def phrase(status: int) -> str:
    """The standard phrase of a status, or `Error` for one outside the standard."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"


class UnifiedError(Exception):
    """An answer of 400 or above, as the unified client raises it.

    `is_remote` tells the provider's errors (`raw_response` is its body) from those of the unified API. `insight` is
    `truto_error_insight`, or empty.
    """

    def __init__(self, status: int, body: Mapping[str, Any], headers: Mapping[str, str]) -> None:
        super().__init__(f"{status} {body.get('error', '')}: {body.get('message', '')}")
        self.status = status
        self.body = dict(body)
        """The whole error, as the unified API shows it."""
        self.headers = dict(headers)
        """Lower-case names; the rate limit is in `ratelimit-limit`, `ratelimit-remaining`, `ratelimit-reset`."""

    @property
    def message(self) -> str:
        """What went wrong, as far as it could be read from the provider's answer."""
        return str(self.body.get("message", ""))

    @property
    def is_remote(self) -> bool:
        """Whether the provider answered so."""
        return bool(self.body.get("truto_is_remote_error"))

    @property
    def raw_response(self) -> Any:
        """The provider's body: JSON data, or text."""
        return self.body.get("raw_response", self.body.get("details"))

    @property
    def insight(self) -> dict[str, Any]:
        """What is known of the cause: missing fields, missing scopes, the rate limit."""
        return dict(self.body.get("truto_error_insight") or {})

    @property
    def retry_after(self) -> float | None:
        """Seconds to wait, where the answer says so."""
        value = self.headers.get("retry-after")
        try:
            return None if value is None else float(value)
        except ValueError:
            return None
