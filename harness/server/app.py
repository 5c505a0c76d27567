"""The ASGI application: provider addresses and the control plane on one port."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from email.utils import formatdate
from functools import lru_cache, partial
from typing import Any
from urllib.parse import quote

from harness.core.clock import machine_time
from harness.core.deferred import Pending
from harness.core.exchange import Effect, Request, Response, json_response
from harness.core.hosts import known_as
from harness.core.provider import ContractBroken, Provider
from harness.core.registry import Registry
from harness.server.control_plane import PREFIX, ControlPlane, host_name, refusal
from harness.server.timer import Timer
from harness.testing.arguments import ControlError
from harness.testing.delivery import Dispatcher
from harness.testing.pending import completed

log = logging.getLogger("harness")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

MAX_BODY = 64 * 1024 * 1024
"""Bytes a request body may have."""

ERROR = "x-harness-error"
"""The header of an answer that says that the fake itself failed, with what."""

_LOCALHOST = ".localhost"
_WAITING = ("/clock", "/webhooks/deliver")
"""How paths of the control plane end that wait for webhooks, whose receivers may call this very server."""


class App:
    """All providers of a registry, by path prefix (`/superchat/…`) and by host name, and `/_harness/…`.

    A provider that stands at the root has the prefixes its pack names. Handlers do no I/O, so they run in the event
    loop's own thread; what they defer that waits for others gets a thread. With a `token` the control plane wants it.
    """

    def __init__(self, registry: Registry, token: str | None = None, *, max_body: int = MAX_BODY) -> None:
        self.registry = registry
        self._token = token
        self._max_body = max_body
        self._prefixes: dict[str, Provider | ControlPlane] = {}
        self._hosts: dict[str, str] | None = None
        self._rooted: dict[str, str] | None = None
        self._timer = Timer(registry)
        self._dispatcher: Dispatcher | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection event of a server."""
        if scope["type"] == "http":
            await self._serve(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._live(receive, send)
        else:
            await send({"type": "websocket.close", "code": 1000})

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = []
        host = ""
        length: str | None = None
        chunked = False
        for raw_name, raw_value in scope["headers"]:
            name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
            if name == "host":
                host = value
            elif name == "content-length":
                length = value
            elif name == "transfer-encoding":
                chunked = True
            headers.append((name, value))
        body = b""
        if chunked or (length is not None and length != "0"):
            try:
                read = await self._read(receive, length)
            except _Gone:
                return
            if read is None:
                await _send(send, _too_large(self._max_body), head=False)
                return
            body = read
        raw_path = scope.get("raw_path")
        path = quote(scope["path"]) if raw_path is None else raw_path.decode("latin-1")
        method: str = scope["method"]
        query = scope["query_string"].decode("latin-1")
        asked = (method, path, query, headers, body, f"{scope['scheme']}://{host or _address(scope)}", host)
        try:
            if method == "POST" and path.startswith(f"{PREFIX}/") and path.endswith(_WAITING):
                response = await asyncio.to_thread(self.answer, *asked)
            else:
                begun = self.begin(*asked)
                response = await completed(begun) if isinstance(begun, Pending) else begun
            started = _start(response)
        except Exception as error:
            response = _failure(method, path, error)
            started = _start(response)
        self._timer.touch()
        await _send(send, response, head=method == "HEAD", started=started)

    def answer(
        self,
        method: str,
        path: str,
        query: str,
        headers: list[tuple[str, str]],
        body: bytes,
        origin: str,
        host: str,
    ) -> Response:
        """The answer of whoever the address belongs to."""
        begun = self.begin(method, path, query, headers, body, origin, host)
        return begun.complete() if isinstance(begun, Pending) else begun

    def begin(
        self,
        method: str,
        path: str,
        query: str,
        headers: list[tuple[str, str]],
        body: bytes,
        origin: str,
        host: str,
    ) -> Response | Pending:
        """The same, but where it has to ask others only begun."""
        prefix = path[1:].partition("/")[0]
        target = self._prefixes.get(prefix) or self._find(prefix)
        if target is not None and not isinstance(target, Provider):
            return target.handle(Request(method, path, query=query, headers=headers, body=body, base_url=origin))
        if target is not None and target.pack.prefixes:
            name = self._by_host(host)  # the paths of another provider may begin with the same word
            target = target if name is None else self.registry.provider(name)
        elif target is not None:
            path = path[len(prefix) + 1 :] or "/"
            origin = f"{origin}/{prefix}"
        else:
            name = self._by_host(host)
            if name is None:
                return self._index(method, path)
            target = self.registry.provider(name)
        return target.begin(Request(method, path, query=query, headers=headers, body=body, base_url=origin))

    def _find(self, prefix: str) -> Provider | ControlPlane | None:
        """What stands at a prefix; made on first use."""
        if prefix == PREFIX[1:]:
            found: Provider | ControlPlane = ControlPlane(self.registry, self._token)
        elif (name := self._by_prefix(prefix)) is not None:
            found = self.registry.provider(name)
        else:
            return None
        self._prefixes[prefix] = found
        return found

    def _by_prefix(self, prefix: str) -> str | None:
        """The provider that a first part of a path means: its name, or one of those at the root of the server."""
        registry = self.registry
        if self._rooted is None:
            self._rooted = {each: name for name in registry.names() for each in registry.pack(name).prefixes}
        return self._rooted.get(prefix) or (prefix if prefix in registry.names() else None)

    def _by_host(self, host: str) -> str | None:
        """The provider a Host header means: `superchat.localhost` or one of the provider's own."""
        name = host_name(host)
        if name.endswith(_LOCALHOST) and (label := name.removesuffix(_LOCALHOST)) in self.registry.names():
            return label
        if self._hosts is None:
            self._hosts = {
                real: provider for provider in self.registry.names() for real in self.registry.pack(provider).hosts
            }
        known = known_as(name, self._hosts)
        return None if known is None else self._hosts[known]

    def _index(self, method: str, path: str) -> Response:
        """What this server has, for those who found nothing."""
        providers = self.registry.names()
        addresses = {
            name: {
                "prefix": self.registry.pack(name).address,
                "hosts": [f"{name}{_LOCALHOST}", *self.registry.pack(name).hosts],
            }
            for name in providers
        }
        document: dict[str, Any] = {"providers": addresses, "control_plane": PREFIX}
        if path == "/":
            return json_response(document)
        prefixes = [prefix for name in providers for prefix in self.registry.pack(name).prefixes or (name,)]
        valid = ", ".join([*(f"/{prefix}/…" for prefix in prefixes), f"{PREFIX}/…"])
        message = f"nothing stands at {method} {path}: valid are {valid}"
        error = {"code": "not_found", "message": message, "where": [], "status": 404}
        return json_response({"error": error, **document}, 404)

    async def _read(self, receive: Receive, length: str | None) -> bytes | None:
        """The request body, or None for one that is too large. Raises _Gone where the client left halfway.

        That is read up to twice the limit and thrown away: many clients send all before they read.
        """
        declared = int(length) if length is not None and length.isdigit() else 0
        pieces: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise _Gone
            piece = message.get("body", b"")
            size += len(piece)
            if max(size, declared) > self._max_body:
                pieces.clear()
            elif piece:
                pieces.append(piece)
            if not message.get("more_body", False) or size > 2 * self._max_body:
                break
        if max(size, declared) > self._max_body:
            return None
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                loop = asyncio.get_running_loop()
                self._timer.start(loop)
                # what became of a webhook may have made its next attempt due
                self._dispatcher = Dispatcher(self.registry, partial(loop.call_soon_threadsafe, self._timer.touch))
                self._dispatcher.start()
                await send({"type": "lifespan.startup.complete"})
            else:
                self._timer.stop()
                if self._dispatcher is not None:
                    self._dispatcher.stop()  # in this thread: an interpreter that ends gives no other
                await send({"type": "lifespan.shutdown.complete"})
                return


class _Gone(Exception):
    """The client closed the connection before its request was whole: nobody made it, nobody waits."""


def _address(scope: Scope) -> str:
    server = scope.get("server") or ("localhost", None)
    return str(server[0]) if server[1] is None else f"{server[0]}:{server[1]}"


def _start(response: Response) -> MutableMapping[str, Any]:
    """The message that begins an answer; a body in one piece gets its length, an answer without a date the server's."""
    lines = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in response.announced()]
    if response.header("date") is None:
        lines.append((b"date", _date(machine_time() // 1000)))
    return {"type": "http.response.start", "status": response.status, "headers": lines}


@lru_cache(maxsize=2)
def _date(second: int) -> bytes:
    return formatdate(second, usegmt=True).encode("ascii")


async def _send(send: Send, response: Response, *, head: bool, started: MutableMapping[str, Any] | None = None) -> None:
    if response.effect is not None and await _spoilt(send, response, response.effect):
        return
    await send(started or _start(response))
    body = response.body
    if head or isinstance(body, bytes):
        await send({"type": "http.response.body", "body": b"" if head else body})
        return
    await _stream(send, body)


async def _spoilt(send: Send, response: Response, effect: Effect) -> bool:
    """Show what a fault did to the answer; False when it still has to be sent.

    A cut needs the connection itself, which uvicorn's `send` belongs to; behind another server it is an answer that
    never ends as announced.
    """
    match effect.kind:
        case "delay":
            if effect.real:
                await asyncio.sleep(effect.seconds)
            return False
        case "cut":
            transport = getattr(getattr(send, "__self__", None), "transport", None)
            if transport is not None:
                transport.abort()
                for _ in range(3):  # until the server has seen that the connection is gone
                    await asyncio.sleep(0)
            else:
                await send({"type": "http.response.start", "status": 500, "headers": [(b"content-length", b"1")]})
        case "truncate":
            if effect.size >= len(response.read()):
                return False
            await send(_start(response))
            await send({"type": "http.response.body", "body": response.read()[: effect.size], "more_body": True})
        case "dribble":
            body = response.read()
            await send(_start(response))
            for at in range(0, len(body), effect.size):
                if at:
                    await asyncio.sleep(effect.seconds)
                await send({"type": "http.response.body", "body": body[at : at + effect.size], "more_body": True})
            await send({"type": "http.response.body", "body": b""})
    return True


async def _stream(send: Send, pieces: Iterable[bytes]) -> None:
    try:
        for piece in pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            await asyncio.sleep(0)  # other requests get their turn between two pieces
    except Exception:
        log.exception("a streamed answer broke off")
        raise
    await send({"type": "http.response.body", "body": b""})


def _too_large(limit: int) -> Response:
    text = f"the request body is larger than the {limit} bytes this server reads\n"
    return Response(413, text.encode(), [("content-type", "text/plain; charset=utf-8"), ("connection", "close")])


def _failure(method: str, path: str, error: Exception) -> Response:
    """The answer where the fake itself failed: its own fault, not the provider's wording."""
    log.error("%s %s failed", method, path, exc_info=error)
    what = str(error) if isinstance(error, ContractBroken) else f"{type(error).__name__}: {error}"
    response = refusal(ControlError(500, "internal", f"the fake failed at {method} {path}: {what}"))
    response.headers.append((ERROR, " ".join(what.split())[:500].encode("ascii", "replace").decode()))
    return response
