"""The account's answers to requests that were meant for the real provider, with the account's own key."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

import orjson

from harness.core.exchange import Effect, Request, Response
from harness.core.registry import Registry, installed

if TYPE_CHECKING:
    from http.client import HTTPResponse

    from harness.core.deferred import Pending
    from harness.testing.account import Account


class Answers(Protocol):
    """Where the answers come from."""

    @property
    def hosts(self) -> frozenset[str]:
        """The provider's real hosts."""

    def begin(self, request: Request) -> Response | Pending:
        """The answer, or, where the provider has to ask others for it, what completes it."""


def answers_of(account: Account) -> Answers:
    """Those of an account in this process, or of one on a server that runs elsewhere."""
    registry = account._place.registry
    return Elsewhere(account) if registry is None else InProcess(account, registry)


class InProcess:
    """The account's provider, called directly."""

    def __init__(self, account: Account, registry: Registry) -> None:
        self._account = account
        self._registry = registry
        self._pack = registry.pack(account.name)
        registry.sandbox(account._sandbox)  # raises where it is closed
        self.hosts = frozenset(self._pack.hosts)

    def begin(self, request: Request) -> Response | Pending:
        """The provider's answer."""
        name = self._account.name
        sent = self._pack.credential(request)
        if sent is not None:
            owner = self._registry.by_key(name, sent)
            if owner is None or owner.sandbox.id != self._account._sandbox:
                self._registry.sandbox(self._account._sandbox)  # no key of a closed one would say why it is refused
                request = with_key_of(self._account, request)
        return self._registry.provider(name).begin(request)


class Elsewhere:
    """The account on a server in another process, called over HTTP; the Host header tells the server which of
    its addresses the client believes to call."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._url = urlsplit(account.base_url)

    @cached_property
    def hosts(self) -> frozenset[str]:
        """Those the server names in its index, but for the local ones."""
        response, content, _ = self._send("GET", "/", [("host", self._url.netloc)], b"")
        if response.status != 200:
            raise RuntimeError(f"{self._url.netloc} does not tell its providers: is a harness server running there?")
        hosts: list[str] = orjson.loads(content)["providers"][self._account.name]["hosts"]
        return frozenset(host for host in hosts if not host.endswith(".localhost"))

    def begin(self, request: Request) -> Response:
        """The server's answer."""
        credential = _credential(self._account)
        if credential(request) is not None:
            request = with_key_of(self._account, request)
        dropped = ("connection", "transfer-encoding", "content-length", "expect", "host", "keep-alive")
        headers = [line for line in request.headers if line[0] not in dropped]
        headers.append(("host", urlsplit(request.base_url).netloc))
        target = f"{request.path}?{request.query}" if request.query else request.path
        try:
            response, content, missing = self._send(request.method, target, headers, request.body)
        except ConnectionResetError:  # http.client.RemoteDisconnected among them: the server cut the connection
            return Response(0, b"", [], Effect("cut"))
        lines = [(name.lower(), value) for name, value in response.getheaders()]
        own = {"connection", "transfer-encoding", "date"}
        kept = [(name, value) for name, value in lines if name not in own]
        if request.method == "HEAD":
            return Response(response.status, (), kept)
        effect = Effect("truncate", size=len(content)) if missing else None
        return Response(response.status, content + bytes(missing), kept, effect)

    def _send(
        self, method: str, target: str, headers: Sequence[tuple[str, str]], body: bytes
    ) -> tuple[HTTPResponse, bytes, int]:
        """The response, its body, and how many of the announced bytes did not come."""
        from http.client import HTTPConnection, IncompleteRead

        connection = HTTPConnection(self._url.hostname or "", self._url.port)
        try:
            connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
            for name, value in headers:
                connection.putheader(name, value)
            if body or method in ("POST", "PUT", "PATCH"):
                connection.putheader("content-length", str(len(body)))
            connection.endheaders(body or None)
            response = connection.getresponse()
            try:
                return response, response.read(), 0
            except IncompleteRead as short:
                return response, short.partial, short.expected or 0
        finally:
            connection.close()


def with_key_of(account: Account, request: Request) -> Request:
    """The request with the account's key in the place of the one that was sent; as it is, when the account has none."""
    try:
        own = {name.lower(): value for name, value in account.headers.items()}
        account.api_key  # noqa: B018 - raises where there is no key
    except ValueError:
        return request
    headers = [line for line in request.headers if line[0] not in own]
    return Request(
        request.method,
        request.path,
        query=request.query,
        headers=[*headers, *own.items()],
        body=request.body,
        base_url=request.base_url,
    )


def _credential(account: Account) -> Callable[[Request], Any]:
    """What finds the key in a request: the pack's own word where it is installed here, too."""
    points = installed()
    if account.name in points:
        found: Callable[[Request], Any] = points[account.name].load().credential
        return found
    names = {name.lower() for name in account.headers}
    return lambda request: next((value for name, value in request.headers if name in names and value), None)
