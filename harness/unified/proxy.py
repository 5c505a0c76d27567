"""The proxy: named resources of a provider, 1-to-1, and free paths below its base URL.

The inbound verb follows from the method's name, the outbound one from the integration. Answers are the provider's own
but for lists, which come in the envelope `{result, next_cursor, prev_cursor, result_count}`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote

from harness.nearest import nearest
from harness.unified.account import IntegratedAccount
from harness.unified.errors import Refusal
from harness.unified.exchange import Answer, Steps
from harness.unified.integration import VERBS, Method
from harness.unified.placeholders import names
from harness.unified.provider import Page, Reply, asked_page, call, records_of
from harness.unified.remote import answered, passed_headers

PLATFORM = ("integrated_account_id", "limit", "next_cursor", "remote_query")
"""Query parameters that are the platform's own, beside those that begin with `truto_`."""


def envelope(result: Any, count: int, next_cursor: str | None = None, prev_cursor: str | None = None) -> dict[str, Any]:
    """A list's answer."""
    return {"result": result, "next_cursor": next_cursor, "prev_cursor": prev_cursor, "result_count": count}


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
        found = records_of(reply)
        document = envelope(found, len(found), reply.next_cursor, reply.prev_cursor)
        if shown == "debug":
            document = {"result": document["result"], "debug": debug(account, reply, len(found))}
        status = 200 if answer.status == 204 else answer.status  # an envelope is content
        return Answer(status, document, headers, records=found, remote_status=answer.status)
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
            "isLooping": reply.next_cursor is not None and reply.next_cursor == (reply.asked and reply.asked.cursor),
            "isEmptyResult": count == 0,
            "resultCount": count,
        }
    return shown


def _with_credentials(templates: Mapping[str, str]) -> list[str]:
    """The names whose values are made of credentials."""
    return [name for name, text in templates.items() if any(each.startswith("credentials") for each in names(text))]


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
