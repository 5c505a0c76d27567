"""The control plane: the operations of a `LocalControl` behind HTTP, as `contracts/harness` tells them."""

from __future__ import annotations

import hmac
from typing import Any

import orjson

from harness.core.contract import JSON, Operation
from harness.core.exchange import Request, Response, json_response
from harness.core.provider import NEAREST
from harness.core.registry import Registry
from harness.core.routing import Router
from harness.nearest import unknown
from harness.testing.arguments import ControlError, arguments_of, contract, invalid

PREFIX = "/_harness"


class ControlPlane:
    """Answers the requests under `/_harness`.

    Without a token it answers only who names this machine by a loopback name and is no page of another
    origin, so that a web page cannot reach it, by a rebound name either; with one, whoever sends it.
    """

    def __init__(self, registry: Registry, token: str | None = None) -> None:
        self.registry = registry
        self._token = None if token is None else token.encode()
        self._router: Router[Operation] = Router(
            (operation.method, operation.path, operation) for operation in contract().operations.values()
        )

    def handle(self, request: Request) -> Response:
        """Answer a request; `request.base_url` is the origin the client used."""
        from harness.testing.control import LocalControl  # all operations: no start waits for them

        try:
            self._guard(request)
            match = self._router.match(request.method, request.path)
            if match is None:
                return self._unrouted(request)
            operation = match.target
            arguments = _arguments(operation, request, match.path)
            control = LocalControl(self.registry, accounts=True, origin=request.base_url)
            return json_response(control.call(operation.id, **arguments), _success(operation))
        except ControlError as error:
            return refusal(error)

    def _guard(self, request: Request) -> None:
        if self._token is not None:
            scheme, _, sent = (request.header("authorization") or "").partition(" ")
            if scheme.lower() != "bearer" or not hmac.compare_digest(sent.strip().encode(), self._token):
                raise ControlError(401, "unauthorized", "send the server's token as 'Authorization: Bearer …'")
            return
        hosts = [value for name, value in request.headers if name == "host"]
        for host in hosts or [""]:
            if not is_loopback(host):
                raise ControlError(
                    403,
                    "forbidden",
                    "the control plane answers to loopback names only (localhost, *.localhost, 127.0.0.1, "
                    f"[::1]), not to the Host {host!r}; a server started with a token answers to any",
                )
        for name, origin in request.headers:
            if name == "origin" and not is_loopback(origin.partition("://")[2]):
                raise ControlError(
                    403, "forbidden", f"the control plane does not answer pages of another origin: {origin!r}"
                )

    def _unrouted(self, request: Request) -> Response:
        asked = f"{request.method} {request.path}"
        found = self._router.nearest(request.method, request.path)
        if allowed := self._router.allowed(request.path):
            valid = ", ".join(allowed)
            response = refusal(ControlError(405, "method_not_allowed", f"no operation {asked}: the path has {valid}"))
            response.headers.append(("allow", valid))
        else:
            hint = f": nearest is {found[0]} {found[1]}; {PREFIX}/openapi describes all" if found else ""
            response = refusal(ControlError(404, "not_found", f"no operation {asked}{hint}"))
        if found:
            response.headers.append((NEAREST, f"{found[2].id}: {found[0]} {found[1]}"))
        return response


def is_loopback(host: str) -> bool:
    """Whether a Host header's value (any port) names this machine as only this machine can."""
    name = host_name(host)
    return name in ("localhost", "127.0.0.1", "[::1]") or name.endswith(".localhost")


def host_name(host: str) -> str:
    """A Host header's value without its port, in lower case."""
    name, colon, port = host.lower().rpartition(":")
    return name if colon and (port.isdigit() or not port) else host.lower()


def refusal(error: ControlError) -> Response:
    """The error as an answer."""
    document = {
        "code": error.code,
        "message": error.message,
        "where": list(error.where),
        "status": error.status,
    }
    response = json_response({"error": document}, error.status)
    if error.status == 401:
        response.headers.append(("www-authenticate", "Bearer"))
    return response


def _arguments(operation: Operation, request: Request, path: dict[str, str]) -> dict[str, Any]:
    """What path, query and body give; what they mean together is for the control to check."""
    taken = arguments_of(operation.id)
    texts: dict[str, list[str]] = {}
    for name, text in request.query_items():
        if name not in taken.query:
            raise invalid(unknown(f"query parameter of {operation.id}", name, taken.query), name)
        texts.setdefault(name, []).append(text)
    query = {name: operation.parameters[name].value(found) for name, found in texts.items()}
    body = _body(request) if request.body else {}
    for name in body:
        if name not in taken.body:
            raise invalid(unknown(f"option in the body of {operation.id}", name, taken.body), name)
    return {**path, **query, **body}


def _body(request: Request) -> dict[str, Any]:
    sent = (request.header("content-type") or JSON).partition(";")[0].strip().lower()
    if sent != JSON:
        raise ControlError(
            415, "media_type", f"the body is {JSON}, not {sent}: send 'Content-Type: {JSON}' (curl: --json)"
        )
    try:
        body = orjson.loads(request.body)
    except orjson.JSONDecodeError as error:
        raise invalid(f"the body is not JSON: {error}") from None
    if not isinstance(body, dict):
        raise invalid('the body is a JSON object of options, such as {"action": "freeze"}')
    return body


def _success(operation: Operation) -> int:
    return next(int(status) for status in operation.data["responses"] if status.startswith("2"))
