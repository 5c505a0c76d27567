"""The proxy: named resources of a provider, 1-to-1, and free paths below its base URL.

The inbound verb follows from the method's name, the outbound one from the integration. Answers are the provider's own
but for lists, which come in the envelope `{result, next_cursor, prev_cursor, result_count}`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

import orjson

from harness.nearest import nearest
from harness.unified.account import IntegratedAccount
from harness.unified.engine import Expression, ExpressionError
from harness.unified.errors import ConfigurationError, Refusal, Unreachable, error_body
from harness.unified.exchange import Answer, Incoming, Outgoing, Steps
from harness.unified.integration import VERBS, Method, Pagination
from harness.unified.placeholders import MissingValue, filled, filled_data, names
from harness.unified.query import dump

PLATFORM = ("integrated_account_id", "limit", "next_cursor", "remote_query")
"""Query parameters that are the platform's own, beside those that begin with `truto_`."""

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


@dataclass(frozen=True, slots=True)
class Raw:
    """A request body that goes through as it is."""

    content: bytes
    content_type: str


@dataclass(slots=True)
class Reply:
    """A provider's answer, read by the integration's rules."""

    method: Method
    request: Outgoing
    answer: Incoming
    data: Any
    """The parsed body; None for bytes."""
    result: Any
    """What stands at the response path."""
    next_cursor: str | None = None
    prev_cursor: str | None = None


class RemoteError(Exception):
    """The provider answered with an error."""

    def __init__(self, reply: Reply, message: str | None = None) -> None:
        super().__init__(reply.answer.status)
        self.reply = reply
        self.message = message
        """What the integration's error expression found, for an error that comes with a good status."""

    @property
    def status(self) -> int:
        """The provider's; 502 for an error under a status that tells none."""
        status = self.reply.answer.status
        return status if status >= 400 else 502


@dataclass(frozen=True, slots=True)
class Page:
    """Which page of a list is asked for."""

    limit: int | None = None
    cursor: str | None = None


def call(
    account: IntegratedAccount,
    method: Method,
    *,
    id: str | None = None,
    query: Mapping[str, Any] | None = None,
    body: Any = None,
    headers: Mapping[str, str] | None = None,
    path: str | None = None,
    page: Page | None = None,
) -> Steps[Reply]:
    """One call to the provider. Raises RemoteError, Unreachable, and Refusal where the request cannot be made."""
    query = dict(query or {})
    data = body if not isinstance(body, Raw) else None
    scope = {
        "id": id,
        "query": query,
        "body": data,
        "credentials": account.credentials,
        "context": account.context,
    }
    integration = account.integration
    try:
        target = path if path is not None else filled(method.path, scope, in_path=True)
        sent_headers = {name: filled(text, scope) for name, text in {**integration.headers, **method.headers}.items()}
        sent_headers |= headers or {}
        sent_headers |= {name: filled(text, scope) for name, text in integration.authorization.items()}
        fixed = {name: filled(text, scope) for name, text in {**integration.query, **method.query}.items()}
        if body is None and method.body is not None:
            body = filled_data(method.body, scope)
    except MissingValue as missing:
        raise _missing(method, missing.name) from None
    for name in method.takes:
        query.pop(name.partition(".")[0], None)
    sent = {**fixed, **query, **_paging(method.pagination, page)}
    text = dump(sent, integration.arrays)
    url = f"{account.base_url}{target}{'?' + text if text else ''}"
    content = b""
    if isinstance(body, Raw):
        content = body.content
        sent_headers["content-type"] = body.content_type
    elif method.body_format == "multipart":
        raise Refusal(400, f"{method.resource}.{method.name} takes a form: send it as multipart/form-data")
    elif body is not None:
        content = orjson.dumps(body)
        sent_headers["content-type"] = "application/json"
    request = Outgoing(
        method.verb, url, {"accept": "*/*" if method.raw else "application/json", **sent_headers}, content
    )
    answer = yield request
    return _read(method, request, answer)


def _missing(method: Method, name: str) -> Refusal:
    root, _, rest = name.partition(".")
    what = f"the id of the {method.resource} record" if root == "id" else f"the {root} parameter {rest!r}"
    insight = {
        "missing_required_query_parameters": {
            "description": f"{method.resource}.{method.name} needs them",
            "value": [rest or root],
        }
    }
    return Refusal(400, f"{method.resource}.{method.name} needs {what}", truto_error_insight=insight)


def _paging(pagination: Pagination | None, page: Page | None) -> dict[str, Any]:
    if pagination is None or page is None:
        return {}
    found: dict[str, Any] = {}
    if page.limit is not None and pagination.limit_key:
        found[pagination.limit_key] = min(page.limit, pagination.max_limit or page.limit)
    if page.cursor:
        found[pagination.cursor_key] = page.cursor
    return found


def _read(method: Method, request: Outgoing, answer: Incoming) -> Reply:
    reply = Reply(method, request, answer, None, None)
    if answer.status >= 400:
        raise RemoteError(reply)
    if 300 <= answer.status < 400 and not method.raw:
        target = answer.header("location") or "nowhere"
        told = f"answered {answer.status}, a redirect to {target}, which is not followed; is the base URL right?"
        raise Refusal(502, f"{request.method} {request.url} {told}")
    if method.raw or not answer.body:
        return reply
    try:
        reply.data = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        if not answer.is_json and not method.is_list:
            return reply  # bytes: passed on as they are
        raise not_json(request, answer) from None
    if method.error and (found := _value(method.error, reply)):
        raise RemoteError(reply, found if isinstance(found, str) else None)
    reply.result = _at(reply.data, method.response_path)
    if method.pagination:
        reply.next_cursor = _cursor(reply.data, method.pagination.cursor_path)
        reply.prev_cursor = _cursor(reply.data, method.pagination.prev_cursor_path)
    return reply


def not_json(request: Outgoing, answer: Incoming) -> Refusal:
    """What to say of an answer that had to be JSON."""
    kind = answer.header("content-type") or "no content type"
    start = answer.body[:80].decode("utf-8", "replace")
    return Refusal(
        502,
        f"{request.method} {request.url} answered {answer.status} with {kind} where JSON was expected: {start!r}; "
        "is the base URL right?",
    )


def _value(expression: Expression, reply: Reply) -> Any:
    answer = reply.answer
    scope = {"status": answer.status, "headers": dict(answer.headers), "data": reply.data, "response": reply.data}
    try:
        return expression.evaluate(scope)
    except ExpressionError as error:
        raise ConfigurationError(f"{reply.method.resource}.{reply.method.name} error_expression", str(error)) from None


def _at(data: Any, path: tuple[str, ...]) -> Any:
    for part in path:
        data = data.get(part) if isinstance(data, Mapping) else None
    return data


def _cursor(data: Any, path: tuple[str, ...] | None) -> str | None:
    value = _at(data, path) if path else None
    return None if value is None or value == "" else str(value)


def answered(
    account: IntegratedAccount, steps: Steps[Answer], *, field_of_error: str = "raw_response"
) -> Steps[Answer]:
    """The same call, with whatever ends it early as an answer."""
    try:
        return (yield from steps)
    except RemoteError as error:
        return remote_error(account, error, field_of_error)
    except Unreachable as error:
        status = 504 if error.timed_out else 502
        return Answer(status, error_body(status, f"the provider could not be reached at {error}"))
    except Refusal as refusal:
        return Answer(refusal.status, refusal.body, hint=refusal.hint)
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
        return orjson.loads(answer.body)
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


def envelope(reply: Reply, result: Any, count: int) -> dict[str, Any]:
    """A list's answer."""
    return {
        "result": result,
        "next_cursor": reply.next_cursor,
        "prev_cursor": reply.prev_cursor,
        "result_count": count,
    }


def asked_page(query: Mapping[str, Any]) -> Page:
    """The page a query asks for. Raises Refusal for a limit that is none."""
    limit = query.get("limit")
    if limit in (None, "") or str(query.get("truto_ignore_limit", "")).lower() == "true":
        limit = None
    else:
        try:
            number = float(str(limit))
        except (TypeError, ValueError):
            number = 0.0
        if number < 1 or number != int(number):
            raise Refusal(400, f"limit is a whole number from 1, not {limit!r}")
        limit = int(number)
    cursor = query.get("next_cursor")
    return Page(limit, str(cursor) if cursor else None)


def own_parameters(query: Mapping[str, Any]) -> dict[str, Any]:
    """What of a query is meant for the provider, `remote_query` unpacked."""
    passed = {name: value for name, value in query.items() if name not in PLATFORM and not name.startswith("truto_")}
    extra = query.get("remote_query")
    return {**passed, **extra} if isinstance(extra, Mapping) else passed


def proxy(
    account: IntegratedAccount,
    resource: str,
    name: str,
    *,
    id: str | None = None,
    query: Mapping[str, Any] | None = None,
    body: Any = None,
    quirks: Mapping[str, str],
) -> Steps[Answer]:
    """A proxy call, with errors as answers. `query` is nested data as `query.parse` gives it."""
    steps = _proxy(account, resource, name, id, query or {}, body, quirks)
    return answered(account, steps, field_of_error=quirks["remote_error_field"])


def _proxy(
    account: IntegratedAccount,
    resource: str,
    name: str,
    id: str | None,
    query: Mapping[str, Any],
    body: Any,
    quirks: Mapping[str, str],
) -> Steps[Answer]:
    method = account.integration.method(resource, name)
    if method is None:
        raise _unknown(account, resource, name)
    if account.is_sandbox and name not in ("list", "get"):
        raise read_only()
    passed = own_parameters(query)
    if quirks["proxy_account_parameter"] == "forwarded" and "integrated_account_id" in query:
        passed["integrated_account_id"] = query["integrated_account_id"]
    reply = yield from call(account, method, id=id, query=passed, body=body, page=asked_page(query))
    answer = reply.answer
    shown = str(query.get("truto_response_format") or "unified")
    headers = passed_headers(account, answer)
    if method.is_list and shown != "raw":
        records = reply.result
        if not isinstance(records, list):
            if records is None and method.response_path:
                where = ".".join(method.response_path)
                raise Refusal(502, f"{reply.request.method} {reply.request.url} answered without a list at {where!r}")
            records = [records]
        document = envelope(reply, records, len(records))
        if shown == "debug":
            document = {"result": document["result"], "debug": debug(account, reply, len(records))}
        return Answer(answer.status, document, headers, records=records, remote_status=answer.status)
    if shown == "debug":
        document = {"result": reply.data, "debug": debug(account, reply, None)}
        return Answer(answer.status, document, headers, remote_status=answer.status)
    kind = answer.header("content-type") or "application/octet-stream"
    return Answer(answer.status, answer.body, headers, kind, remote_status=answer.status)


def debug(account: IntegratedAccount, reply: Reply, count: int | None) -> dict[str, Any]:
    """What was asked of the provider and what it answered; the credentials are left out."""
    integration = account.integration
    secret = {"authorization", "cookie", *map(str.lower, integration.authorization)}
    secret |= {name.lower() for name in _with_credentials({**integration.headers, **reply.method.headers})}
    url = reply.request.url
    for name in _with_credentials({**integration.query, **reply.method.query}):
        url = re.sub(rf"(?<=[?&]){re.escape(quote(name))}=[^&]*", f"{quote(name)}=***", url)
    shown: dict[str, Any] = {
        "requestUrl": url,
        "requestOptions": {
            "method": reply.request.method,
            "headers": {
                name: "***" if name.lower() in secret else value for name, value in reply.request.headers.items()
            },
            "body": reply.request.content.decode("utf-8", "replace") or None,
        },
        "data": reply.data,
        "responseHeaders": dict(reply.answer.headers),
    }
    if count is not None:
        shown |= {
            "nextCursor": reply.next_cursor,
            "isLooping": reply.next_cursor is not None and reply.next_cursor == _sent_cursor(reply),
            "isEmptyResult": count == 0,
            "resultCount": count,
        }
    return shown


def _with_credentials(templates: Mapping[str, str]) -> list[str]:
    """The names whose values are made of credentials."""
    return [name for name, text in templates.items() if any(each.startswith("credentials") for each in names(text))]


def _sent_cursor(reply: Reply) -> str | None:
    from harness.unified.query import parse

    pagination = reply.method.pagination
    return parse(reply.request.url.partition("?")[2]).get(pagination.cursor_key) if pagination else None


def _unknown(account: IntegratedAccount, resource: str, name: str) -> Refusal:
    resources = account.integration.resources
    if resource not in resources:
        refusal = Refusal(404, f"{account.integration.name} has no proxy resource {resource!r}")
        refusal.hint = nearest(resource, resources)
    else:
        refusal = Refusal(404, f"{account.integration.name} has no proxy method {resource}.{name}")
        refusal.hint = ", ".join(f"{resource}.{each}" for each in resources[resource])
    return refusal


def read_only() -> Refusal:
    """The answer to any write on a sandbox account."""
    return Refusal(405, "this is a sandbox account, which is read-only: connect a real one to write")


def custom(
    account: IntegratedAccount,
    verb: str,
    path: str,
    *,
    query: Mapping[str, Any] | None = None,
    body: Any = None,
    quirks: Mapping[str, str],
) -> Steps[Answer]:
    """A call to any path below the provider's base URL, with errors as answers.

    JSON is answered as `{result, next_cursor, prev_cursor}`, other bodies as they are. A `methodConfig` in the body
    (`response_path`) is read and not sent.
    """
    steps = _custom(account, verb, path, query or {}, body)
    return answered(account, steps, field_of_error=quirks["remote_error_field"])


def _custom(account: IntegratedAccount, verb: str, path: str, query: Mapping[str, Any], body: Any) -> Steps[Answer]:
    if verb.lower() not in VERBS:
        raise Refusal(405, f"{verb} is none of {', '.join(each.upper() for each in VERBS)}")
    if account.is_sandbox and verb.upper() != "GET":
        raise read_only()
    target = "/" + path.lstrip("/")
    if any(part in ("..", ".") for part in unquote(target).split("/")) or "\\" in unquote(target):
        raise Refusal(400, f"the path {target!r} leads out of the provider's API")
    response_path: tuple[str, ...] = ()
    if isinstance(body, Mapping) and "methodConfig" in body:
        config = body["methodConfig"]
        if not isinstance(config, Mapping) or config.keys() - {"response_path"}:
            raise Refusal(400, "methodConfig is an object; of its fields this server knows response_path")
        response_path = tuple(str(config.get("response_path") or "").split(".")) if config else ()
        body = {name: value for name, value in body.items() if name != "methodConfig"} or None
    pagination = account.integration.pagination
    method = Method(
        "custom", verb.lower(), verb.upper(), "", (), {}, {}, "json", response_path, False, pagination, None, (), None
    )
    page = Page(None, str(query["next_cursor"]) if query.get("next_cursor") else None)
    passed = {
        name: value
        for name, value in query.items()
        if name not in ("integrated_account_id", "next_cursor", "remote_query") and not name.startswith("truto_")
    }
    if isinstance(query.get("remote_query"), Mapping):
        passed |= query["remote_query"]
    reply = yield from call(account, method, query=passed, body=body, path=target, page=page)
    headers = passed_headers(account, reply.answer)
    status = reply.answer.status
    if reply.data is None:
        kind = reply.answer.header("content-type") or "application/octet-stream"
        return Answer(status, reply.answer.body, headers, kind, remote_status=status)
    document = {"result": reply.result, "next_cursor": reply.next_cursor, "prev_cursor": reply.prev_cursor}
    return Answer(status, document, headers, remote_status=status)
