"""Who intercepts which host, for each thread of control."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from harness.core.deferred import Pending
from harness.core.exchange import Effect, Request, Response
from harness.core.hosts import known_as
from harness.testing.interception.answers import answers_of
from harness.testing.interception.patches import Patches

if TYPE_CHECKING:
    from harness.testing.account import Account
    from harness.testing.interception.wire import Received

_PLACE = "harness.testing.interception"
_HTTPX = f"{_PLACE}.httpx_transports:patch"

PATCHES = Patches(
    {
        "http.client": f"{_PLACE}.sockets:patch",
        "urllib3.connection": f"{_PLACE}.sockets:patch",
        "urllib3_future.connection": f"{_PLACE}.sockets:patch",
        "urllib3._async.connection": f"{_PLACE}.async_sockets:patch",  # urllib3-future under the older name
        "urllib3_future._async.connection": f"{_PLACE}.async_sockets:patch",
        "httpx._transports.default": _HTTPX,
        "httpx2._transports.default": _HTTPX,
        "aiohttp.client": f"{_PLACE}.aiohttp_connector:patch_session",
        "aiohttp.connector": f"{_PLACE}.aiohttp_connector:patch",
        "vcr.stubs": f"{_PLACE}.cassettes:patch",
        "vcr.patch": f"{_PLACE}.cassettes:patch_originals",
    }
)
"""Every library that is intercepted, by the module that holds what is patched."""

_own: ContextVar[Mapping[str, Interception]] = ContextVar("harness_interceptions", default=MappingProxyType({}))
_open: list[Interception] = []
_lock = threading.Lock()


class AmbiguousInterception(RuntimeError):
    """A thread that intercepts nothing calls a host that several others intercept; nothing was sent."""


class Interception:
    """While it is entered, an account answers what its thread of control sends to the provider's real hosts.

    The thread of control is the thread or asyncio task that entered it, with the tasks it starts. A thread that
    intercepts nothing itself is answered, too, as long as there is only one interception it can mean.
    """

    def __init__(self, account: Account) -> None:
        self.account = account
        self.provider = account.name
        self.hosts: frozenset[str] = frozenset()
        """The hosts it answers for, known once it is entered."""
        self.outer: frozenset[int] = frozenset()
        """The vcr cassettes (by id) that were open when it was entered: it goes before those."""
        self.is_open = False

    def __enter__(self) -> Account:
        own = _own.get()
        if self.is_open:
            raise RuntimeError(f"this interception of {self.provider} is entered already: call intercept() again")
        for other in own.values():
            if other.is_open and other.provider == self.provider:
                raise RuntimeError(
                    f"{other.account!r} intercepts {self.provider} here already: leave that first, or enter the other "
                    "one in a thread or asyncio task of its own"
                )
        self._answers = answers_of(self.account)
        self.hosts = self._answers.hosts
        PATCHES.put_on()
        self.outer = _cassettes()
        _own.set(MappingProxyType({**_alive(own), **dict.fromkeys(self.hosts, self)}))
        self.is_open = True
        with _lock:
            _open.append(self)
        return self.account

    def __exit__(self, *_: object) -> None:
        self.is_open = False
        with _lock:
            _open.remove(self)
        _own.set(MappingProxyType(_alive(_own.get())))
        PATCHES.take_off()

    def handle(self, request: Request) -> Response:
        """The account's answer to a request that was meant for the real provider; after the end nobody answers."""
        begun = self.begin(request)
        return begun.complete() if isinstance(begun, Pending) else begun

    def begin(self, request: Request) -> Response | Pending:
        """The same, but where the provider has to ask others only begun."""
        if not self.is_open:
            return Response(0, effect=Effect("cut"))
        return self._answers.begin(request)

    def receive(self, scheme: str, host: str, received: Received) -> Response:
        """The same for a request as it came over a connection; `host` may have a port."""
        target = received.target
        if not target.startswith("/"):  # a client that believes to speak to a proxy sends the whole URL
            scheme, _, rest = target.partition("://")
            host, _, path = rest.partition("/")
            target = f"/{path}"
        path, _, query = target.partition("?")
        return self.handle(
            Request(
                received.method,
                path,
                query=query.partition("#")[0],
                headers=received.headers,
                body=received.body,
                base_url=f"{scheme}://{host}",
            )
        )

    def __repr__(self) -> str:
        return f"<Interception of {self.provider} by {self.account!r}{'' if self.is_open else ', not entered'}>"


def called_host(connection: Any, url: str = "") -> str:
    """The host a connection of http.client's kind is for, behind the proxy it may go through.

    `url` is what a request asks for: a whole one is meant for a proxy that takes it to its host.
    """
    tunnelled = getattr(connection, "_tunnel_host", None)
    if not tunnelled and url.lower().startswith(("http://", "https://")):
        return urlsplit(url).hostname or ""
    return str(tunnelled or connection.host)


def intercepting(host: str | None) -> Interception | None:
    """The interception that answers the calling thread of control at a host, if there is one.

    Raises AmbiguousInterception.
    """
    if not _open or not host:
        return None
    name = host.lower().rstrip(".")
    mine = _own.get()
    known = known_as(name, mine)
    if known is not None and mine[known].is_open:
        return mine[known]
    found = [each for each in tuple(_open) if known_as(name, each.hosts) is not None]
    if len(found) > 1:
        raise AmbiguousInterception(
            f"{name} was called by a thread that intercepts nothing while {len(found)} others intercept it "
            f"({', '.join(repr(each.account) for each in found)}), and nothing was sent: enter account.intercept() in "
            "that thread, or start it with contextvars.copy_context().run"
        )
    return found[0] if found else None


def _alive(own: Mapping[str, Interception]) -> dict[str, Interception]:
    return {host: each for host, each in own.items() if each.is_open}


def _cassettes() -> frozenset[int]:
    import sys

    cassettes: Iterable[int] = ()
    if "vcr.stubs" in sys.modules:
        from harness.testing.interception.cassettes import open_cassettes

        cassettes = open_cassettes()
    return frozenset(cassettes)
