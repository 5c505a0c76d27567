"""One call to a provider: the request an integration makes of it, and the answer read by the integration's rules."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from harness.unified.account import IntegratedAccount
from harness.unified.engine import Expression, ExpressionError
from harness.unified.errors import ConfigurationError, Refusal
from harness.unified.exchange import Incoming, Outgoing, Steps
from harness.unified.integration import Method, Pagination
from harness.unified.placeholders import MissingValue, filled, filled_data
from harness.unified.query import dump, parse


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
    asked: Page | None = None
    """The page that was asked for."""


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
    sent = {**fixed, **query, **_paging(method, page)}
    text = dump(sent, integration.arrays)
    url = f"{account.base_url}{target}{'?' + text if text else ''}"
    content = b""
    if isinstance(body, Raw):
        content = body.content
        sent_headers["content-type"] = body.content_type
    elif method.body_format == "multipart":
        raise Refusal(400, f"{method.resource}.{method.name} takes a form: send it as multipart/form-data")
    elif body is not None:
        content = _json(method, body)
        sent_headers["content-type"] = "application/json"
    request = Outgoing(
        method.verb, url, {"accept": "*/*" if method.raw else "application/json", **sent_headers}, content
    )
    answer = yield request
    return _read(method, request, answer, page)


def _json(method: Method, body: Any) -> bytes:
    try:
        return orjson.dumps(body)
    except TypeError as error:  # half a surrogate pair, a number beyond 64 bits, what is no data at all
        raise Refusal(400, f"the body of {method.resource}.{method.name} is no JSON data: {error}") from None


def _missing(method: Method, name: str) -> Refusal:
    root, _, rest = name.partition(".")
    what = f"the id of the {method.resource} record" if root == "id" else f"the {root} parameter {rest!r}"
    kind = "missing_required_body_fields" if root == "body" else "missing_required_query_parameters"
    insight = {kind: {"description": f"{method.resource}.{method.name} needs them", "value": [rest or root]}}
    return Refusal(400, f"{method.resource}.{method.name} needs {what}", truto_error_insight=insight)


def _paging(method: Method, page: Page | None) -> dict[str, Any]:
    pagination = method.pagination
    if pagination is None or page is None:
        return {}
    found: dict[str, Any] = {}
    counts = pagination.cursor_path is None
    limit = page.limit or (pagination.max_limit if counts and method.is_list else None)
    if limit is not None and pagination.limit_key:
        found[pagination.limit_key] = min(limit, pagination.max_limit or limit)
    if page.cursor and pagination.is_link:
        found |= _linked(method, page.cursor)  # its page size, too: its number counts pages of that size
    elif page.cursor:
        if counts:
            _number_of(page)
        found[pagination.cursor_key] = page.cursor
    return found


def _linked(method: Method, link: str) -> dict[str, Any]:
    """The query of a link to a page; where else it leads does not matter."""
    try:
        found = parse(link.partition("?")[2])
    except ValueError:
        found = {}
    if not found:
        raise Refusal(400, f"next_cursor is no link to a page of {method.resource}: {link[:60]!r}")
    return found


def _number_of(page: Page) -> int:
    """Which page it is where pages are counted."""
    text = page.cursor or "1"
    if not (text.isascii() and text.isdecimal() and len(text) < 10 and int(text)):
        raise Refusal(400, f"next_cursor is the number of a page here, not {text[:60]!r}")
    return int(text)


def _read(method: Method, request: Outgoing, answer: Incoming, page: Page | None) -> Reply:
    reply = Reply(method, request, answer, None, None, asked=page)
    if answer.status >= 400:
        raise RemoteError(reply)
    if 300 <= answer.status < 400 and not method.raw:
        target = answer.header("location")
        told = (
            f"a redirect to {target}, which is not followed; is the base URL right?"
            if target
            else "which tells nothing"
        )
        raise Refusal(502, f"{_address(request)} answered {answer.status}, {told}")
    if method.raw or not answer.body:
        return reply
    try:
        reply.data = decoded(answer.body)
    except orjson.JSONDecodeError:
        if not answer.is_json and not method.is_list:
            return reply  # bytes: passed on as they are
        raise not_json(reply) from None
    if method.error and (found := _value(method.error, reply)):
        raise RemoteError(reply, found if isinstance(found, str) else None)
    reply.result = _at(reply.data, method.response_path)
    if method.pagination and method.pagination.cursor_path is None:
        _counted(reply, method.pagination, page or Page())
    elif method.pagination:
        reply.next_cursor = _cursor(reply, method.pagination.cursor_path)
        reply.prev_cursor = _cursor(reply, method.pagination.prev_cursor_path)
    return reply


def _counted(reply: Reply, pagination: Pagination, page: Page) -> None:
    """The numbers of the pages around one that tells of none."""
    size = min(page.limit or pagination.max_limit or 1, pagination.max_limit or 1)
    number = _number_of(page)
    if reply.method.is_list and isinstance(reply.result, list) and len(reply.result) >= size:
        reply.next_cursor = str(number + 1)
    if number > 1:
        reply.prev_cursor = str(number - 1)


def decoded(body: bytes) -> Any:
    """The JSON data of a body, behind a byte order mark, too. Raises orjson.JSONDecodeError."""
    return orjson.loads(body.removeprefix(BOM_UTF8))


def records_of(reply: Reply) -> list[Any]:
    """The records of a list. Raises Refusal, 502, for an answer that has none; 204 is a list without records."""
    found = reply.result
    if isinstance(found, list):
        return found
    if found is not None:
        return [found]
    if reply.answer.status == 204:
        return []
    if not reply.answer.body.strip():
        raise not_json(reply)
    where = f" at {'.'.join(reply.method.response_path)!r}" if reply.method.response_path else ""
    raise Refusal(502, f"{_address(reply.request)} answered without a list{where}")


def not_json(reply: Reply) -> Refusal:
    """What to say of an answer that had to be JSON."""
    answer = reply.answer
    kind = answer.header("content-type") or "no content type"
    start = answer.body[:80].decode("utf-8", "replace")
    return Refusal(
        502,
        f"{_address(reply.request)} answered {answer.status} with {kind} where JSON was expected: {start!r}; "
        "is the base URL right?",
    )


def _address(request: Outgoing) -> str:
    """What was asked, without the query, which may hold credentials."""
    return f"{request.method} {request.url.partition('?')[0]}"


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


def _cursor(reply: Reply, path: tuple[str, ...] | None) -> str | None:
    value = _at(reply.data, path) if path else None
    if value is None or value == "" or value is False:
        return None
    if isinstance(value, str | int):
        return str(value)
    if not reply.method.is_list:
        return None  # on a free path it may be anything
    where = ".".join(path or ())
    raise Refusal(
        502, f"{_address(reply.request)} answered with a cursor at {where!r} that is no text: {str(value)[:80]}"
    )


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
