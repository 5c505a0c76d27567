"""The guard: a call to a provider's real host is an error before anything is sent."""

from __future__ import annotations

import asyncio
import http.client
import socket
import ssl
import threading
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import aiohttp
import httpx
import httpx2
import niquests
import pytest
import requests
import urllib3
import uvloop

import harness
from harness.testing.guard import NotIntercepted, guard

URL = "https://api.superchat.com/v1.0/me"
HELP = (
    r"api\.superchat\.com, the real host of superchat.*nothing was sent.*superchat\.base_url.*superchat\.intercept\(\)"
)


async def by_async_httpx() -> None:
    async with httpx.AsyncClient() as client:
        await client.get(URL)


async def by_aiohttp() -> None:
    async with aiohttp.ClientSession() as session, session.get(URL):
        pass


async def by_async_niquests() -> None:
    async with niquests.AsyncSession() as session:
        await session.get(URL)


async def by_streams() -> None:
    await asyncio.open_connection("api.superchat.de", 443, ssl=True)


def on_uvloop(function: Callable[[], Any]) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(function())


CALLS: dict[str, Callable[[], Any]] = {
    "http.client": lambda: http.client.HTTPSConnection("api.superchat.com").request("GET", "/"),
    "urllib.request": lambda: urllib.request.urlopen(URL),
    "urllib3": lambda: urllib3.request("GET", URL),
    "requests": lambda: requests.get(URL),
    "httpx": lambda: httpx.get(URL),
    "httpx2": lambda: httpx2.get(URL),
    "httpx async": lambda: asyncio.run(by_async_httpx()),
    "aiohttp": lambda: asyncio.run(by_aiohttp()),
    "niquests": lambda: niquests.get(URL),
    "niquests async": lambda: asyncio.run(by_async_niquests()),
    "httpx on uvloop": lambda: on_uvloop(by_async_httpx),
    "aiohttp on uvloop": lambda: on_uvloop(by_aiohttp),
    "a socket": lambda: socket.create_connection(("API.superchat.com", 443)),
    "gethostbyname": lambda: socket.gethostbyname("api.superchat.com"),
}


@pytest.fixture
def lookups(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The names that were looked up, of which none is found."""
    asked: list[Any] = []

    def getaddrinfo(host: Any, *_: Any, **__: Any) -> Any:
        asked.append(host)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


@pytest.mark.parametrize("name", CALLS)
def test_a_call_is_refused_before_any_lookup(name: str, lookups: list[Any]) -> None:
    with guard(), pytest.raises(NotIntercepted, match=HELP):
        CALLS[name]()
    assert lookups == []


def test_streams_of_asyncio_are_refused(lookups: list[Any]) -> None:
    with guard():
        with pytest.raises(NotIntercepted, match=r"api\.superchat\.de"):
            asyncio.run(by_streams())
        with pytest.raises(NotIntercepted, match=r"api\.superchat\.de"):
            on_uvloop(by_streams)
    assert lookups == []


def test_tls_behind_a_proxy_is_refused() -> None:
    near, far = socket.socketpair()
    with near, far, guard(), pytest.raises(NotIntercepted, match=HELP):
        ssl.create_default_context().wrap_socket(near, server_hostname="api.superchat.com")


@pytest.fixture
def real_host(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server that the provider's real host name leads to, under its port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-length", "4")
            self.end_headers()
            self.wfile.write(b"real")

        def log_message(self, *_: object) -> None: ...

    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda _, *told, **named: real("127.0.0.1", *told, **named))
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as served:
        served.daemon_threads = True
        served.block_on_close = False
        thread = threading.Thread(target=served.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"api.superchat.com:{served.server_port}"
        served.shutdown()
        thread.join()


def test_a_connection_from_before_is_refused(real_host: str) -> None:
    with requests.Session() as session:
        assert session.get(f"http://{real_host}/").text == "real"
        with guard(), pytest.raises(NotIntercepted, match=HELP):
            session.get(f"http://{real_host}/")
        with guard(), harness.sandbox() as sandbox, sandbox.superchat.intercept():
            assert session.get(f"http://{real_host}/v1.0/me").status_code == 401


def test_a_plain_proxy_is_not_asked_for_a_real_host(real_host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{real_host.partition(':')[2]}")
    for call in (requests.get, urllib.request.urlopen):
        with guard(), pytest.raises(NotIntercepted, match=HELP):
            call("http://api.superchat.com/v1.0/me")


def test_a_host_below_a_providers_own_is_guarded_too(lookups: list[Any]) -> None:
    real = "acme.api.kustomerapp.com, the real host of kustomer"
    with guard(), pytest.raises(NotIntercepted, match=real):
        httpx.get("https://acme.api.kustomerapp.com/v1/users/current")
    assert lookups == []


def test_loopback_and_other_hosts_are_not_affected(lookups: list[Any]) -> None:
    with guard(), harness.sandbox() as sandbox:
        with pytest.raises(requests.ConnectionError):
            requests.get("https://example.com")
        with pytest.raises(httpx.ConnectError):
            httpx.get("https://example.com")
        assert sandbox.superchat.client().get("/me").status_code == 200
    assert {str(name) for name in lookups} <= {"example.com", "b'example.com'"}


def test_loopback_is_reached(server: harness.Server) -> None:
    with server.sandbox() as sandbox, guard():
        url, headers = f"{sandbox.superchat.base_url}/me", sandbox.superchat.headers
        assert requests.get(url, headers=headers).status_code == 200
        assert httpx.get(url, headers=headers).status_code == 200


def test_what_is_intercepted_is_not_refused() -> None:
    with guard(), harness.sandbox() as sandbox, sandbox.superchat.intercept():
        assert requests.get(URL, headers={"X-API-KEY": "real"}).status_code == 200


def test_everything_is_restored() -> None:
    def present() -> list[Any]:
        names = ("getaddrinfo", "gethostbyname", "gethostbyname_ex")
        return [
            *(getattr(socket, name) for name in names),
            vars(socket.socket).get("connect"),
            vars(socket.socket).get("connect_ex"),
            vars(ssl.SSLContext)["wrap_socket"],
            vars(ssl.SSLContext)["wrap_bio"],
            vars(http.client.HTTPConnection)["putrequest"],
            vars(uvloop.Loop).get("create_connection"),
            vars(uvloop.Loop).get("getaddrinfo"),
        ]

    before = present()
    with pytest.raises(ZeroDivisionError), guard(), guard():
        1 / 0  # noqa: B018
    assert present() == before
