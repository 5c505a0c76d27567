"""While a guard is up, a call to a provider's real host is an error, and nothing is sent.

It stands where names become addresses, which every library passes, and where TLS names the far end, which a call
through a proxy passes; in http.client and what is made of it also where a request begins, which one on a connection
that stands already passes. What is intercepted passes.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from types import ModuleType
from typing import Any

from harness.core.hosts import known_as
from harness.core.registry import Registry
from harness.testing.interception.hosts import called_host, intercepting
from harness.testing.interception.patches import Patches

_HERE = "harness.testing.guard"

_PATCHES = Patches(
    {
        "socket": f"{_HERE}:_patch_socket",
        "ssl": f"{_HERE}:_patch_ssl",
        "http.client": f"{_HERE}:_patch_http_client",
        "uvloop": f"{_HERE}:_patch_uvloop",  # resolves names in C
        "aiohttp.resolver": f"{_HERE}:_patch_aiohttp",  # has a resolver of its own where aiodns is installed
    }
)


class NotIntercepted(RuntimeError):
    """A call to a provider's real host while a fixture of its fake is active; nothing was sent.

    It is no OSError, so that no client takes it for a failed connection and tries again.
    """


@contextmanager
def guard() -> Iterator[None]:
    """Refuse calls to the real hosts of all installed providers."""
    _PATCHES.put_on()
    try:
        yield
    finally:
        _PATCHES.take_off()


@cache
def real_hosts() -> Mapping[str, str]:
    """The real hosts of the installed providers, each with its provider."""
    registry = Registry()
    return {host: name for name in registry.names() for host in registry.pack(name).hosts}


def refuse(host: object) -> None:
    """Raise NotIntercepted where `host` is a provider's real one."""
    if isinstance(host, (bytes, bytearray)):
        host = host.decode("ascii", "replace")
    if not isinstance(host, str) or host in ("127.0.0.1", "localhost", "::1", ""):
        return
    name = host.lower().rstrip(".")
    hosts = real_hosts()
    known = known_as(name, hosts)
    if known is not None:
        provider = hosts[known]
        raise NotIntercepted(
            f"this test was about to call {name}, the real host of {provider}: the call is not intercepted, and "
            f"nothing was sent. Let the client under test call the fake at {provider}.base_url, or wrap the call in "
            f"`with {provider}.intercept():` (`harness_guard = false` in pytest's ini file lets such calls through)"
        )


def _first(original: Callable[..., Any]) -> Callable[..., Any]:
    """Refuse by the first argument, a host."""

    @functools.wraps(original)
    def guarded(host: Any, *told: Any, **named: Any) -> Any:
        refuse(host)
        return original(host, *told, **named)

    return guarded


def _address(original: Callable[..., Any]) -> Callable[..., Any]:
    """Refuse a socket's method by its address."""

    @functools.wraps(original)
    def guarded(self: Any, address: Any) -> Any:
        if isinstance(address, tuple) and address:
            refuse(address[0])
        return original(self, address)

    return guarded


def _server_name(original: Callable[..., Any]) -> Callable[..., Any]:
    """Refuse by the name TLS expects at the far end."""

    @functools.wraps(original)
    def guarded(self: Any, *told: Any, **named: Any) -> Any:
        refuse(named.get("server_hostname") or next((each for each in told if isinstance(each, str)), None))
        return original(self, *told, **named)

    return guarded


def _patch_socket(patches: Patches, module: ModuleType) -> None:
    for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex"):
        patches.replace(module, name, _first)
    for name in ("connect", "connect_ex"):
        patches.replace(module.socket, name, _address)


def _patch_ssl(patches: Patches, module: ModuleType) -> None:
    for name in ("wrap_socket", "wrap_bio"):
        patches.replace(module.SSLContext, name, _server_name)


def _patch_http_client(patches: Patches, module: ModuleType) -> None:
    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def guarded(self: Any, method: str, url: str, *told: Any, **named: Any) -> Any:
            host = called_host(self, url)
            if intercepting(host) is None:
                refuse(host)
            return original(self, method, url, *told, **named)

        return guarded

    connection = module.HTTPConnection
    patches.replace(getattr(connection, "_baseclass", connection), "putrequest", make)


def _patch_uvloop(patches: Patches, module: ModuleType) -> None:
    def resolving(original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        async def guarded(self: Any, host: Any, *told: Any, **named: Any) -> Any:
            refuse(host)
            return await original(self, host, *told, **named)

        return guarded

    def connecting(original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        async def guarded(self: Any, factory: Any, host: Any = None, *told: Any, **named: Any) -> Any:
            refuse(host)
            return await original(self, factory, host, *told, **named)

        return guarded

    patches.replace(module.Loop, "getaddrinfo", resolving)
    patches.replace(module.Loop, "create_connection", connecting)


def _patch_aiohttp(patches: Patches, module: ModuleType) -> None:
    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        async def guarded(self: Any, host: str, *told: Any, **named: Any) -> Any:
            refuse(host)
            return await original(self, host, *told, **named)

        return guarded

    patches.replace(module.AsyncResolver, "resolve", make)
