"""vcrpy's cassettes around and inside an interception.

Of two that would answer the same request the inner one does. A cassette inside plays what it has recorded, and what it
would have to ask for it asks the account. A cassette around it is passed by on the way to an intercepted host, over
the connection it holds back; other hosts are left to it.
"""

from __future__ import annotations

import functools
import http.client
import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

from harness.testing.interception.hosts import intercepting
from harness.testing.interception.patches import Patches
from harness.testing.transports import Library

_OPTIONS = "_harness_options"
"""What urllib3 asks for with a request, which vcrpy forgets."""


def patch(patches: Patches, module: ModuleType) -> None:
    """vcrpy's stand-ins for the connections of http.client and urllib3."""

    def request(original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def replacement(self: Any, method: str, url: str, body: Any = None, headers: Any = None, **options: Any) -> Any:
            self.__dict__[_OPTIONS] = options
            return original(self, method, url, body, headers, **options)

        return replacement

    def getresponse(original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def replacement(self: Any, *told: Any, **named: Any) -> Any:
            found = intercepting(self._real_host())
            if found is None or id(self.cassette) not in found.outer:
                return original(self, *told, **named)
            asked, real = self._vcr_request, self.real_connection
            options = self.__dict__.pop(_OPTIONS, {})
            with sys.modules["vcr.patch"].force_reset():
                real.request(asked.method, self._url(asked.uri), body=asked.body, headers=asked.headers, **options)
                return real.getresponse(*told, **named)

        return replacement

    patches.replace(module.VCRConnection, "request", request)
    patches.replace(module.VCRConnection, "getresponse", getresponse)


def patch_originals(patches: Patches, module: ModuleType) -> None:
    """What vcrpy holds for the real transports, which is where a cassette inside sends what it has not recorded."""
    from harness.testing.interception.httpx_transports import handle_async_request, handle_request

    patches.uncover(module)
    libraries: tuple[tuple[Library, str], ...] = (("httpx", "Httpx"), ("httpx2", "Httpx2"))
    for library, title in libraries:
        sync, asynchronous = f"_{title}HttpTransport_handle_request", f"_{title}AsyncHttpTransport_handle_async_request"
        if hasattr(module, sync):
            patches.replace(module, sync, functools.partial(handle_request, library))
            patches.replace(module, asynchronous, functools.partial(handle_async_request, library))


def open_cassettes() -> Iterator[int]:
    """The ids of the cassettes that have the connection classes now."""
    owners: list[Any] = [http.client.HTTPConnection, http.client.HTTPSConnection]
    pools = sys.modules.get("urllib3.connectionpool")
    if pools is not None:
        owners += [pools.HTTPConnectionPool.ConnectionCls, pools.HTTPSConnectionPool.ConnectionCls]
    for owner in owners:
        cassette = getattr(owner, "cassette", None)
        if cassette is not None:
            yield id(cassette)


def below(current: Callable[..., Any]) -> Callable[..., Any]:
    """aiohttp's own `_request` under the one a cassette has put there."""
    module = sys.modules.get("vcr.patch")
    return getattr(module, "_AiohttpClientSessionRequest", current)
