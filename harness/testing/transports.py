"""In-process transports: httpx and httpx2 clients, sync and async, speak to a registry with no socket.

The two libraries' classes do not cross but are alike, so one piece of code makes the transports of both. Each
is imported when a transport of its kind is first asked for.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, Protocol, get_args

from harness.core.deferred import Pending
from harness.core.exchange import Effect, Request, Response
from harness.core.hosts import known_as
from harness.nearest import unknown
from harness.testing.pending import completed

if TYPE_CHECKING:
    from harness.core.provider import Provider
    from harness.core.registry import Registry

Library = Literal["httpx", "httpx2"]


class Answerer(Protocol):
    """Whoever answers a request: a provider, or an interception."""

    def handle(self, request: Request) -> Response:
        """The answer."""


class NotServed(LookupError):
    """A request in process to a host that belongs to no provider; nothing was sent anywhere."""


def in_process_host(provider: str) -> str:
    """Where a provider lives for in-process clients."""
    return f"{provider}.localhost"


def transport(registry: Registry, library: Library = "httpx") -> Any:
    """A sync transport to every provider of the registry."""
    return _classes(_checked(library))[0](_Hosts(registry))


def async_transport(registry: Registry, library: Library = "httpx") -> Any:
    """An async transport to every provider of the registry."""
    return _classes(_checked(library))[1](_Hosts(registry))


def networked(library: Library, *, asynchronous: bool) -> Any:
    """The library's own transport, for a server that is somewhere else."""
    module = import_module(_checked(library))
    return module.AsyncHTTPTransport() if asynchronous else module.HTTPTransport()


def _checked(library: str) -> Library:
    for known in get_args(Library):
        if library == known:
            return library  # type: ignore[return-value]
    raise ValueError(unknown("client library", library, get_args(Library)))


class _Hosts:
    """The providers of a registry by the host a client calls."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._known: dict[str, Provider] = {}

    def provider(self, host: str) -> Provider:
        """The provider at a host: `superchat.localhost`, or one of its real hosts."""
        found = self._known.get(host)
        if found is None:
            found = self._known[host] = self._find(host)
        return found

    def _find(self, host: str) -> Provider:
        registry = self._registry
        names = registry.names()
        for name in names:
            if host == in_process_host(name):
                return registry.provider(name)
        hosts = {real: name for name in names for real in registry.pack(name).hosts}
        known = known_as(host, hosts)
        if known is None:
            valid = ", ".join([*map(in_process_host, names), *sorted(hosts)])
            raise NotServed(f"no provider lives at {host!r} in process, and nothing was sent there; hosts are {valid}")
        return registry.provider(hosts[known])


class _Only:
    """One answerer for all hosts."""

    def __init__(self, answerer: Answerer) -> None:
        self._answerer = answerer

    def provider(self, host: str) -> Answerer:
        """It."""
        return self._answerer


def respond(library: Library, answerer: Answerer, request: Any) -> Any:
    """The answer to one request of a client library, as its sync transports give it."""
    return _classes(library)[0](_Only(answerer)).handle_request(request)


async def respond_async(library: Library, answerer: Answerer, request: Any) -> Any:
    """The same, as its async transports give it."""
    return await _classes(library)[1](_Only(answerer)).handle_async_request(request)


def _request(sent: Any, body: bytes) -> Request:
    """A client library's request."""
    url = sent.url
    path, _, query = url.raw_path.decode("ascii").partition("?")
    return Request(
        sent.method,
        path,
        query=query,
        headers=[(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in sent.headers.raw],
        body=body,
        base_url=f"{url.scheme}://{url.netloc.decode('ascii')}",
    )


def _begin(provider: Answerer, request: Request) -> Response | Pending:
    """The answer, or, where a provider has to ask others for it, what completes it."""
    begin: Callable[[Request], Response | Pending] = getattr(provider, "begin", provider.handle)
    return begin(request)


def _shown(method: str, response: Response) -> Response:
    """The answer as a client gets it; that to a HEAD goes without its body."""
    if method != "HEAD":
        return response
    return Response(response.status, (), response.announced(), response.effect)


def _wait(effect: Effect | None, request: Any) -> float:
    """The real seconds a caller waits: none, unless a fault was asked for real latency; its timeout at most."""
    if effect is None or effect.kind != "delay" or not effect.real:
        return 0.0
    timeout = _read_timeout(request)
    return effect.seconds if timeout is None else min(effect.seconds, timeout)


def _read_timeout(request: Any) -> float | None:
    found: float | None = (request.extensions.get("timeout") or {}).get("read")
    return found


@cache
def _classes(library: Library) -> tuple[type, type]:
    """The sync and the async transport class of a client library."""
    module: Any = import_module(library)

    class Pieces(module.SyncByteStream, module.AsyncByteStream):  # type: ignore[misc]
        """A streamed body, piece by piece."""

        def __init__(self, pieces: Iterator[bytes]) -> None:
            self._pieces = pieces

        def __iter__(self) -> Iterator[bytes]:
            return self._pieces

        async def __aiter__(self) -> AsyncIterator[bytes]:
            for piece in self._pieces:
                yield piece

        def close(self) -> None:
            close = getattr(self._pieces, "close", None)
            if close:
                close()

        async def aclose(self) -> None:
            self.close()

    def spoil(request: Any, response: Response, effect: Effect) -> None:
        """What a fault did to the answer, as this library's own exceptions."""
        timeout = _read_timeout(request)
        late = timeout is not None and effect.seconds > timeout
        if effect.kind == "cut":
            raise module.RemoteProtocolError("Server disconnected without sending a response.", request=request)
        if effect.kind == "delay":
            if late:
                raise module.ReadTimeout("The read operation timed out", request=request)
            return
        body = response.read()
        response.headers = response.announced()  # the whole body, whatever of it comes
        if effect.kind == "truncate" and effect.size < len(body):
            response.body = broken(request, body[: effect.size])
        elif effect.kind == "dribble" and body:
            response.body = dribbling(request, body, effect.size, late)

    def dribbling(request: Any, body: bytes, size: int, late: bool) -> Iterator[bytes]:
        """A body in pieces; one that is too slow for the client ends after the first."""
        for at in range(0, len(body), size):
            if at and late:
                raise module.ReadTimeout("The read operation timed out", request=request)
            yield body[at : at + size]

    def broken(request: Any, body: bytes) -> Iterator[bytes]:
        """A body whose end never comes."""
        yield body
        message = "peer closed connection without sending complete message body"
        raise module.RemoteProtocolError(message, request=request)

    def answer(request: Any, response: Response) -> Any:
        """The core's response in the client library's words."""
        if response.effect is not None:
            spoil(request, response, response.effect)
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in response.announced()]
        body = response.body
        stream = module.ByteStream(body) if isinstance(body, bytes) else Pieces(iter(body))
        return module.Response(response.status, headers=headers, stream=stream)

    class Transport(module.BaseTransport):  # type: ignore[misc]
        """Answers from the registry's providers, in the caller's thread."""

        def __init__(self, hosts: _Hosts | _Only) -> None:
            self._hosts = hosts

        def handle_request(self, request: Any) -> Any:
            provider = self._hosts.provider(request.url.host)
            response = _shown(request.method, provider.handle(_request(request, request.read())))
            if seconds := _wait(response.effect, request):
                time.sleep(seconds)
            return answer(request, response)

    class AsyncTransport(module.AsyncBaseTransport):  # type: ignore[misc]
        """Answers from the registry's providers, at once."""

        def __init__(self, hosts: _Hosts | _Only) -> None:
            self._hosts = hosts

        async def handle_async_request(self, request: Any) -> Any:
            provider = self._hosts.provider(request.url.host)
            begun = _begin(provider, _request(request, await request.aread()))
            if isinstance(begun, Pending):
                begun = await completed(begun)
            response = _shown(request.method, begun)
            if seconds := _wait(response.effect, request):
                await asyncio.sleep(seconds)
            return answer(request, response)

    return Transport, AsyncTransport
