"""The calls to providers: unified operations, the proxy, free paths. All of them defer their answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

import orjson

from harness.core.contract import JSON
from harness.core.deferred import Deferred
from harness.core.exchange import Effect, Response
from harness.core.provider import NEAREST, Call, Handler
from harness.core.store import Document
from harness.providers.unified import idempotency
from harness.providers.unified.dialect import header_text, refused
from harness.providers.unified.integrated_accounts import NAME as ACCOUNTS
from harness.providers.unified.integrated_accounts import found
from harness.providers.unified.reach import Reach, query_of, reach
from harness.providers.unified.tokens import account_of_token, named_account

if TYPE_CHECKING:
    from harness.unified.exchange import Answer, Steps

WITHOUT_ID: Final = "_without_id"
PROXY: Final = ("list", "get", "create", "update", "update_without_id", "delete", "delete_without_id", "method")
_OF_THE_SERVER: Final = ("content-length", "content-type", "date", "server")
CUSTOM: Final = ("get", "post", "put", "patch", "delete")

Make = Callable[[Call, Reach, dict[str, Any]], "Steps[Answer]"]
"""From the call, the way to the provider and the query to the steps of a call."""


def handlers(operations: Iterable[str]) -> dict[str, Handler]:
    """A handler for each of the unified operations, of the proxy and of the free paths."""
    made = {f"proxy.{name}": _deferring(_proxy) for name in PROXY}
    made |= {f"custom.{verb}": _deferring(_custom) for verb in CUSTOM}
    return made | dict.fromkeys(operations, _deferring(_unified))


def _deferring(make: Make) -> Handler:
    def handle(call: Call) -> Response | Deferred:
        from harness.unified.exchange import run

        document = _account(call)
        way = reach(call, document)
        query = query_of(call)
        steps = make(call, way, query)
        claim = idempotency.claim(call, document["id"])
        if isinstance(claim, Response):
            return claim

        def work() -> Answer:
            try:
                return run(steps, way.send)
            except BaseException:
                if claim is not None:
                    claim.release()
                raise

        def finish(call: Call, answer: Answer) -> Response:
            response = _response(answer)
            if way.delay:
                response.effect = Effect("delay", seconds=way.delay, real=True)
            if answer.remote_status == 401:
                _flag(call, document["id"])
            if claim is not None and answer.is_final:
                claim.settle(call, response)
            elif claim is not None:
                claim.release()
            return response

        return Deferred(work, finish, blocking=way.is_live)

    return handle


def _account(call: Call) -> Document:
    """The account a call is for, if it may be called."""
    own, named = account_of_token(call), named_account(call)
    if own and named and own != named:
        raise refused(403, "The token belongs to another integrated account")
    id = own or named
    if id is None:
        raise refused(400, "integrated_account_id is missing: the id of the account to ask, in the query")
    document = found(call, id)
    if document["is_blocked"]:
        raise refused(503, "The integrated account is blocked")
    if document["status"] == "needs_reauth":
        raise refused(401, "The integrated account has to be connected anew")
    if document["status"] != "active":
        raise refused(400, f"The integrated account is not active: {document['status']}")
    return document


def _flag(call: Call, id: str) -> None:
    """documented: the provider refused the credentials, and until somebody renews them nothing is asked any more."""
    document = call[ACCOUNTS].get(id)
    if document is not None and document["status"] == "active":
        call[ACCOUNTS].replace({**document, "status": "needs_reauth", "updated_at": call.now})


def _unified(call: Call, way: Reach, query: dict[str, Any]) -> Steps[Answer]:
    from harness.unified.unify import unified

    model, resource, method = call.operation.id.split(".")
    id, query = _id(call, method, query)
    headers = {name: value for name, value in call.request.headers if name != "authorization"}
    return unified(
        way.account,
        model,
        resource,
        method.removesuffix(WITHOUT_ID),
        id=id,
        query=query,
        body=_body(call, query),
        headers=headers,
        quirks=call.quirks.copy(),
    )


def _proxy(call: Call, way: Reach, query: dict[str, Any]) -> Steps[Answer]:
    from harness.unified.proxy import proxy

    name = call.operation.id.partition(".")[2]
    id, query = _id(call, name, query)
    if name == "method":
        name, id = call.path["id"], None
        body = _body(call, query)
        id = str(body["id"]) if isinstance(body, dict) and "id" in body else query.pop("id", None)
    return proxy(
        way.account,
        call.path["resource"],
        name.removesuffix(WITHOUT_ID),
        id=id,
        query=query,
        body=_body(call, query),
        quirks=call.quirks.copy(),
    )


def _custom(call: Call, way: Reach, query: dict[str, Any]) -> Steps[Answer]:
    from harness.unified.proxy import custom

    verb = call.operation.method
    path = call.path["path"]
    return custom(way.account, verb, path, query=query, body=_body(call, query), quirks=call.quirks.copy())


def _id(call: Call, method: str, query: dict[str, Any]) -> tuple[str | None, dict[str, Any]]:
    """The record's id and the rest of the query: some providers take it there or in the body."""
    if not method.endswith(WITHOUT_ID):
        return call.path.get("id"), query
    rest = {name: value for name, value in query.items() if name != "id"}
    body = _body(call, query)
    given = query.get("id") or (body.get("id") if isinstance(body, dict) else None)
    return None if given is None else str(given), rest


def _body(call: Call, query: dict[str, Any]) -> Any:
    """JSON data, or what goes through as it came: a form, a file, and whatever the caller says."""
    from harness.unified.arguments import boolean
    from harness.unified.errors import Refusal
    from harness.unified.provider import Raw

    sent = call.request.body
    if not sent:
        return None
    kind = call.request.header("content-type") or JSON
    try:
        passes = boolean("truto_body_passthrough", query.get("truto_body_passthrough") or False)
    except Refusal as refusal:
        raise refused(400, str(refusal)) from None
    if passes or kind.partition(";")[0].strip().lower() != JSON:
        return Raw(sent, kind)
    if call.body is not None:
        return call.body
    try:  # a body that the contract knows nothing of, of a DELETE
        return orjson.loads(sent)
    except orjson.JSONDecodeError as error:
        raise refused(400, f"The body is not valid JSON: {error}") from None


def _response(answer: Answer) -> Response:
    headers = [line for line in answer.headers.items() if line[0] not in _OF_THE_SERVER]
    response = Response(answer.status, b"", headers)
    if response.has_body():
        response.headers.insert(0, ("content-type", answer.content_type))
        response.body = answer.content()
    if answer.hint:
        response.headers.append((NEAREST, header_text(answer.hint)))
    return response
