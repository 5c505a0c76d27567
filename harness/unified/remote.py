"""What of a provider's answer reaches the caller: its errors, its headers, its rate limit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from harness.unified.account import IntegratedAccount
from harness.unified.errors import ConfigurationError, Refusal, Unreachable, error_body
from harness.unified.exchange import Answer, Incoming, Steps
from harness.unified.provider import RemoteError, decoded

_HOP_BY_HOP = frozenset(
    "connection keep-alive proxy-authenticate proxy-authorization te trailer transfer-encoding upgrade content-length "
    "content-encoding content-type set-cookie".split()
)
_MESSAGES = (
    "message",
    "msg",
    "errorMessage",
    "description",
    "detail",
    "summary",
    "error_description",
    "title",
    "error",
)


def answered(
    account: IntegratedAccount,
    steps: Steps[Answer],
    *,
    field_of_error: str = "raw_response",
    insights: bool = False,
) -> Steps[Answer]:
    """The same call, with whatever ends it early as an answer.

    `insights` keeps what is known of the cause of a refusal, which the unified API tells and the proxy does not.
    """
    try:
        return (yield from steps)
    except RemoteError as error:
        return remote_error(account, error, field_of_error)
    except Unreachable as error:
        status = 504 if error.timed_out else 502
        return Answer(status, error_body(status, f"the provider could not be reached at {error}"))
    except Refusal as refusal:
        kept = {name: value for name, value in refusal.body.items() if insights or name != "truto_error_insight"}
        return Answer(refusal.status, kept, hint=refusal.hint)
    except ConfigurationError as error:
        return Answer(500, error_body(500, str(error)))


def remote_error(
    account: IntegratedAccount, error: RemoteError, field_of_error: str = "raw_response", **more: Any
) -> Answer:
    """The answer for an error of the provider: its status, its body, what is known of the cause.

    `field_of_error` is where its body stands: `raw_response`, `details` or `both`.
    """
    reply = error.reply
    raw = _raw(reply.answer)
    message = error.message if error.message is not None else _message(raw)
    body = error_body(error.status, message, truto_is_remote_error=True)
    for name in ("raw_response", "details") if field_of_error == "both" else (field_of_error,):
        body[name] = raw
    insight: dict[str, Any] = {}
    if error.status == 403:
        scopes = list(reply.method.scopes)
        insight["forbidden_error"] = {
            "description": "the credentials may not do this",
            "value": {"missing_scopes": scopes},
        }
    body |= more
    if insight:
        body["truto_error_insight"] = {**insight, **more.get("truto_error_insight", {})}
    return Answer(error.status, body, passed_headers(account, reply.answer), remote_status=reply.answer.status)


def _raw(answer: Incoming) -> Any:
    try:
        return decoded(answer.body)
    except orjson.JSONDecodeError:
        return answer.body.decode("utf-8", "replace")


def _message(raw: Any) -> str:
    """The first text under one of the usual names, wherever it stands."""
    if isinstance(raw, str):
        return raw.strip()[:500]
    for name in _MESSAGES:
        if (found := _text_under(raw, name)) is not None:
            return found
    return ""


def _text_under(value: Any, name: str) -> str | None:
    if isinstance(value, Mapping):
        own = value.get(name)
        if isinstance(own, str) and own:
            return own
        below: Any = value.values()
    elif isinstance(value, list):
        below = value
    else:
        return None
    return next((found for item in below if (found := _text_under(item, name)) is not None), None)


def passed_headers(account: IntegratedAccount, answer: Incoming) -> dict[str, str]:
    """The provider's headers that concern the caller, and its rate limit under the normalised names."""
    return {name: value for name, value in answer.headers if name not in _HOP_BY_HOP} | rate_limit(account, answer)


def rate_limit(account: IntegratedAccount, answer: Incoming) -> dict[str, str]:
    """`ratelimit-limit`, `ratelimit-remaining` and `ratelimit-reset` (seconds), as far as the provider tells them."""
    headers = dict(answer.headers)
    found = {}
    for name in ("limit", "remaining"):
        value = headers.get(f"ratelimit-{name}", headers.get(f"x-ratelimit-{name}"))
        if value is not None:
            found[f"ratelimit-{name}"] = value
    rules = account.integration.rate_limit
    scope = {"status": answer.status, "headers": headers}
    limited = rules.is_rate_limited.evaluate(scope) if rules.is_rate_limited else answer.status == 429
    waits = []
    if limited and rules.retry_after and (after := _number(rules.retry_after.evaluate(scope))) is not None:
        waits.append(after)
    if rules.reset and (reset := _number(rules.reset.evaluate(scope))) is not None:
        sent = _moment(headers.get("date"))
        if sent is not None:
            waits.append(max(0.0, reset - sent))
    if waits:
        found["ratelimit-reset"] = f"{max(waits):g}"
    return found


def _number(value: Any) -> float | None:
    try:
        return None if value is None else float(value)
    except (TypeError, ValueError):
        return None


def _moment(date: str | None) -> float | None:
    """Seconds since 1970 of a Date header: a reset told as a moment is measured from when the provider said it."""
    from email.utils import parsedate_to_datetime

    try:
        return None if date is None else parsedate_to_datetime(date).timestamp()
    except ValueError:
        return None
