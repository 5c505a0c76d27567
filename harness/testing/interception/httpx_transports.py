"""httpx and httpx2: the transports that would open sockets; a client's own other transports stay as they are."""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import ModuleType
from typing import Any

from harness.testing.interception.hosts import intercepting
from harness.testing.interception.patches import Patches
from harness.testing.transports import Library, respond, respond_async


def patch(patches: Patches, module: ModuleType) -> None:
    """The transports of either library."""
    library: Library = "httpx2" if module.__name__.startswith("httpx2") else "httpx"
    patches.replace(module.HTTPTransport, "handle_request", functools.partial(handle_request, library))
    patches.replace(module.AsyncHTTPTransport, "handle_async_request", functools.partial(handle_async_request, library))


def handle_request(library: Library, original: Callable[..., Any]) -> Callable[..., Any]:
    """What stands in for the sync transport's `handle_request`."""

    @functools.wraps(original)
    def replacement(self: Any, request: Any) -> Any:
        found = intercepting(request.url.host)
        return original(self, request) if found is None else respond(library, found, request)

    return replacement


def handle_async_request(library: Library, original: Callable[..., Any]) -> Callable[..., Any]:
    """What stands in for the async transport's `handle_async_request`."""

    @functools.wraps(original)
    async def replacement(self: Any, request: Any) -> Any:
        found = intercepting(request.url.host)
        return await (original(self, request) if found is None else respond_async(library, found, request))

    return replacement
