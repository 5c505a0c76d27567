"""Every effect of a fault through every adapter: one table, of which each cell says what the client meets."""

from __future__ import annotations

import asyncio
import http.client
import importlib
import json
import re
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import aiohttp
import httpx
import httpx2
import pytest
import requests
import urllib3
import vcr
import werkzeug.test
from pytest_httpserver import HTTPServer

import harness

REAL = "https://api.notebook.example/v2"
SHORT = 0.1
"""Seconds that a client waits where its own timeout strikes."""

Answer = tuple[int, bytes]
Get = Callable[[str, dict[str, str], float], Answer]
"""One GET by a library: URL, headers, seconds until it gives up."""


def by_http_client(url: str, headers: dict[str, str], timeout: float) -> Answer:
    scheme, _, rest = url.partition("://")
    host, _, path = rest.partition("/")
    kind = http.client.HTTPSConnection if scheme == "https" else http.client.HTTPConnection
    connection = kind(host, timeout=timeout)
    try:
        connection.request("GET", f"/{path}", headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def by_urllib(url: str, headers: dict[str, str], timeout: float) -> Answer:
    asked = urllib.request.Request(url, headers=headers)
    opener = urllib.request.build_opener(_NoErrors)
    with opener.open(asked, timeout=timeout) as answer:
        return answer.status, answer.read()


class _NoErrors(urllib.request.HTTPErrorProcessor):
    def http_response(self, request: Any, response: Any) -> Any:
        return response

    https_response = http_response


def by_urllib3(url: str, headers: dict[str, str], timeout: float) -> Answer:
    with urllib3.PoolManager() as pool:
        answer = pool.request("GET", url, headers=headers, timeout=timeout, retries=False)
        return answer.status, answer.data


def by_requests(url: str, headers: dict[str, str], timeout: float) -> Answer:
    answer = requests.get(url, headers=headers, timeout=timeout)
    return answer.status_code, answer.content


def by_httpx(url: str, headers: dict[str, str], timeout: float) -> Answer:
    answer = httpx.get(url, headers=headers, timeout=timeout)
    return answer.status_code, answer.content


def by_async_httpx(url: str, headers: dict[str, str], timeout: float) -> Answer:
    async def run() -> Answer:
        async with httpx.AsyncClient(timeout=timeout) as client:
            answer = await client.get(url, headers=headers)
            return answer.status_code, answer.content

    return asyncio.run(run())


def by_httpx2(url: str, headers: dict[str, str], timeout: float) -> Answer:
    answer = httpx2.get(url, headers=headers, timeout=timeout)
    return answer.status_code, answer.content


def by_async_httpx2(url: str, headers: dict[str, str], timeout: float) -> Answer:
    async def run() -> Answer:
        async with httpx2.AsyncClient(timeout=timeout) as client:
            answer = await client.get(url, headers=headers)
            return answer.status_code, answer.content

    return asyncio.run(run())


def by_aiohttp(url: str, headers: dict[str, str], timeout: float) -> Answer:
    return _aiohttp(url, headers, aiohttp.ClientTimeout(sock_read=timeout))


def by_aiohttp_total(url: str, headers: dict[str, str], timeout: float) -> Answer:
    return _aiohttp(url, headers, aiohttp.ClientTimeout(total=timeout))


def _aiohttp(url: str, headers: dict[str, str], timeout: aiohttp.ClientTimeout) -> Answer:
    async def run() -> Answer:
        async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url, headers=headers) as answer:
            return answer.status, await answer.read()

    return asyncio.run(run())


def _niquests() -> Any:
    reason = "niquests is not installed; the nox session `niquests` has it"
    return pytest.importorskip("niquests", reason=reason)


def by_niquests(url: str, headers: dict[str, str], timeout: float) -> Answer:
    answer = _niquests().get(url, headers=headers, timeout=timeout)
    return answer.status_code, answer.content


def by_async_niquests(url: str, headers: dict[str, str], timeout: float) -> Answer:
    async def run() -> Answer:
        async with _niquests().AsyncSession() as session:
            answer = await session.get(url, headers=headers, timeout=timeout)
            return answer.status_code, answer.content

    return asyncio.run(run())


Place = Callable[[SimpleNamespace], AbstractContextManager[Get]]
"""An adapter: a way in that stands for the length of one test."""


def intercepted(get: Get) -> Place:
    @contextmanager
    def enter(given: SimpleNamespace) -> Iterator[Get]:
        with given.account.intercept():
            yield lambda _, headers, timeout: get(f"{REAL}/notes", headers, timeout)

    return enter


def intercepted_elsewhere(get: Get) -> Place:
    """Interception by an account on a server that may be anywhere."""

    @contextmanager
    def enter(given: SimpleNamespace) -> Iterator[Get]:
        with given.remote.intercept():
            yield lambda _, headers, timeout: get(f"{REAL}/notes", headers, timeout)

    return enter


def in_a_cassette(get: Get) -> Place:
    """Interception while a cassette of the user is open."""

    @contextmanager
    def enter(given: SimpleNamespace) -> Iterator[Get]:
        with vcr.use_cassette(str(given.folder / "around.yaml")), given.account.intercept():
            yield lambda _, headers, timeout: get(f"{REAL}/notes", headers, timeout)

    return enter


def around_a_cassette(get: Get) -> Place:
    """Interception, and in it a cassette that records."""

    @contextmanager
    def enter(given: SimpleNamespace) -> Iterator[Get]:
        with given.account.intercept(), vcr.use_cassette(str(given.folder / "inside.yaml")):
            yield lambda _, headers, timeout: get(f"{REAL}/notes", headers, timeout)

    return enter


def served(get: Get) -> Place:
    @contextmanager
    def enter(given: SimpleNamespace) -> Iterator[Get]:
        yield lambda _, headers, timeout: get(f"{given.account.base_url}/notes", headers, timeout)

    return enter


@contextmanager
def in_process(given: SimpleNamespace) -> Iterator[Get]:
    with given.account.client() as client:
        yield lambda _, headers, timeout: _taken(client.get("/notes", timeout=timeout))


@contextmanager
def in_process_async(given: SimpleNamespace) -> Iterator[Get]:
    async def run(timeout: float) -> Answer:
        async with given.account.async_client() as client:
            return _taken(await client.get("/notes", timeout=timeout))

    yield lambda _, headers, timeout: asyncio.run(run(timeout))


def _taken(answer: Any) -> Answer:
    return answer.status_code, answer.content


def httpserver(get: Get) -> Place:
    @contextmanager
    def enter(given: SimpleNamespace) -> Iterator[Get]:
        server: HTTPServer = given.httpserver
        server.expect_request(re.compile("/notebook/.*")).respond_with_handler(given.account.httpserver_handler())
        url = server.url_for("/notebook/v2/notes")
        yield lambda _, headers, timeout: get(url, headers, timeout)
        server.check()

    return enter


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None: ...


def wsgi_served(get: Get) -> Place:
    @contextmanager
    def enter(given: SimpleNamespace) -> Iterator[Get]:
        with make_server("127.0.0.1", 0, given.account.wsgi(), handler_class=_Quiet) as server:
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            try:
                url = f"http://127.0.0.1:{server.server_port}/notebook/v2/notes"
                yield lambda _, headers, timeout: get(url, headers, timeout)
            finally:
                server.shutdown()
                thread.join()

    return enter


@contextmanager
def wsgi_called(given: SimpleNamespace) -> Iterator[Get]:
    """A test client, which has neither a connection nor a timeout."""

    def get(_: str, headers: dict[str, str], timeout: float) -> Answer:
        answer = werkzeug.test.Client(given.account.wsgi()).get("/notebook/v2/notes", headers=headers)
        return answer.status_code, answer.data

    yield get


@dataclass(frozen=True)
class Column:
    """An adapter, and how its client shows what is no ordinary answer: an exception's name, or a word."""

    enter: Place
    cut: str
    truncated: str
    late: str
    """The answer does not begin in time, by the clock of the sandbox."""
    halting: str
    """The next piece of the body does not come in time."""
    really_late: str = ""
    """The same as `late` in real time."""
    remote: bool = False
    """Whether the account is held from elsewhere."""


WHOLE, SHORTER = "whole", "shorter"
HTTPX = ("httpx.RemoteProtocolError", "httpx.RemoteProtocolError", "httpx.ReadTimeout", "httpx.ReadTimeout")
HTTPX2 = ("httpx2.RemoteProtocolError", "httpx2.RemoteProtocolError", "httpx2.ReadTimeout", "httpx2.ReadTimeout")
PLAIN = ("http.client.RemoteDisconnected", "http.client.IncompleteRead", "TimeoutError", "TimeoutError")
URLLIB3 = (
    "urllib3.exceptions.ProtocolError",
    "urllib3.exceptions.ProtocolError",
    "urllib3.exceptions.ReadTimeoutError",
    "urllib3.exceptions.ReadTimeoutError",
)
REQUESTS = (
    "requests.ConnectionError",
    "requests.exceptions.ChunkedEncodingError",
    "requests.ReadTimeout",
    "requests.ConnectionError",
)
NIQUESTS = (
    "niquests.ConnectionError",
    "niquests.exceptions.ChunkedEncodingError",
    "niquests.ReadTimeout",
    "niquests.ConnectionError",
)
AIOHTTP = (
    "aiohttp.ServerDisconnectedError",
    "aiohttp.ClientPayloadError",
    "aiohttp.SocketTimeoutError",
    "aiohttp.SocketTimeoutError",
)
AIOHTTP_TOTAL = (*AIOHTTP[:2], "TimeoutError", "TimeoutError")
RECORDED = (
    "requests.ConnectionError",
    "requests.ConnectionError",
    "requests.ReadTimeout",
    "requests.ReadTimeout",
)
"""A cassette that records reads the whole body before it hands it on."""

COLUMNS = {
    "in process": Column(in_process, *HTTPX),
    "in process, async": Column(in_process_async, *HTTPX),
    "server by httpx": Column(served(by_httpx), f"{HTTPX[0]} or httpx.ReadError", HTTPX[1], WHOLE, *HTTPX[2:]),
    "http.client": Column(intercepted(by_http_client), *PLAIN),
    "urllib.request": Column(intercepted(by_urllib), *PLAIN),
    "urllib3": Column(intercepted(by_urllib3), *URLLIB3),
    "requests": Column(intercepted(by_requests), *REQUESTS),
    "httpx": Column(intercepted(by_httpx), *HTTPX),
    "httpx, async": Column(intercepted(by_async_httpx), *HTTPX),
    "httpx2": Column(intercepted(by_httpx2), *HTTPX2),
    "httpx2, async": Column(intercepted(by_async_httpx2), *HTTPX2),
    "aiohttp": Column(intercepted(by_aiohttp), *AIOHTTP),
    "aiohttp, total timeout": Column(intercepted(by_aiohttp_total), *AIOHTTP_TOTAL),
    "niquests": Column(intercepted(by_niquests), *NIQUESTS),
    "niquests, async": Column(intercepted(by_async_niquests), *NIQUESTS),
    "elsewhere": Column(intercepted_elsewhere(by_requests), *REQUESTS[:2], WHOLE, WHOLE, remote=True),
    "http.client in a cassette": Column(in_a_cassette(by_http_client), *PLAIN),
    "urllib3 in a cassette": Column(in_a_cassette(by_urllib3), *URLLIB3),
    "requests in a cassette": Column(in_a_cassette(by_requests), *REQUESTS),
    "httpx in a cassette": Column(in_a_cassette(by_httpx), *HTTPX),
    "aiohttp in a cassette": Column(in_a_cassette(by_aiohttp), *AIOHTTP),
    "niquests in a cassette": Column(in_a_cassette(by_niquests), *NIQUESTS),
    "niquests in a cassette, async": Column(in_a_cassette(by_async_niquests), *NIQUESTS),
    "requests around a cassette": Column(around_a_cassette(by_requests), *RECORDED),
    "httpx around a cassette": Column(around_a_cassette(by_httpx), *HTTPX),
    "aiohttp around a cassette": Column(around_a_cassette(by_aiohttp), *AIOHTTP),
    "WSGI server": Column(wsgi_served(by_http_client), *PLAIN[:2], WHOLE, PLAIN[3], PLAIN[2]),
    "WSGI test client": Column(wsgi_called, "ConnectionResetError", SHORTER, WHOLE, WHOLE),
    "httpserver handler": Column(httpserver(by_requests), *REQUESTS[:2], WHOLE, REQUESTS[3], REQUESTS[2]),
}

ROWS: dict[str, tuple[dict[str, Any], float, Callable[[Column], str]]] = {
    "status": ({"status": 503}, 5, lambda column: "503"),
    "rate_limit": ({"effect": "rate_limit"}, 5, lambda column: "429"),
    "malformed": ({"effect": "malformed"}, 5, lambda column: "malformed"),
    "cut": ({"effect": "cut"}, 5, lambda column: column.cut),
    "truncate": ({"effect": "truncate", "bytes": 100}, 5, lambda column: column.truncated),
    "truncate to nothing": ({"effect": "truncate", "bytes": 0}, 5, lambda column: column.truncated),
    "dribble": ({"effect": "dribble", "bytes": 999, "seconds": 0.001}, 5, lambda column: WHOLE),
    "slow dribble": ({"effect": "dribble", "bytes": 2000, "seconds": 0.3}, SHORT, lambda column: column.halting),
    "latency": ({"effect": "latency", "seconds": 4}, 5, lambda column: WHOLE),
    "long latency": ({"effect": "latency", "seconds": 60}, 5, lambda column: column.late),
    "real latency": ({"effect": "latency", "seconds": 0.01, "real": True}, 5, lambda column: WHOLE),
    "long real latency": (
        {"effect": "latency", "seconds": 0.3, "real": True},
        SHORT,
        lambda column: column.really_late or column.late,
    ),
}


@pytest.fixture
def given(
    server: harness.Server, elsewhere: harness.Server, httpserver: HTTPServer, tmp_path: Path
) -> Iterator[SimpleNamespace]:
    with ExitStack() as stack:
        sandbox = stack.enter_context(server.sandbox())
        remote = stack.enter_context(elsewhere.sandbox())
        yield SimpleNamespace(account=sandbox.notebook, remote=remote.notebook, folder=tmp_path, httpserver=httpserver)


@pytest.mark.parametrize("row", ROWS)
@pytest.mark.parametrize("column", COLUMNS)
def test_a_client_meets_what_the_table_says(column: str, row: str, given: SimpleNamespace) -> None:
    rule, timeout, expected = ROWS[row]
    account = given.remote if COLUMNS[column].remote else given.account
    with account.client() as client:
        whole = client.get("/notes").content
    account.faults.add("notes.list", **rule)
    with COLUMNS[column].enter(given) as get:
        assert met(get, account.headers, timeout, whole) in expected(COLUMNS[column]).split(" or ")


def met(get: Get, headers: dict[str, str], timeout: float, whole: bytes) -> str:
    """What a client meets, in a word."""
    try:
        status, body = get("", headers, timeout)
    except Exception as error:
        return _name(type(error))
    if status != 200:
        return str(status)
    if body == whole:
        return WHOLE
    if whole.startswith(body):
        return SHORTER
    with pytest.raises(ValueError):
        json.loads(body)
    return "malformed"


def _name(kind: type[Exception]) -> str:
    """An exception by its public name."""
    package = kind.__module__.partition(".")[0]
    if package == "builtins":
        return kind.__name__
    for place in ("http.client", package, f"{package}.exceptions"):
        try:
            module = importlib.import_module(place)
        except ImportError:
            continue
        if getattr(module, kind.__name__, None) is kind:
            return f"{place}.{kind.__name__}"
    return f"{kind.__module__}.{kind.__name__}"


@pytest.mark.parametrize("effect", ["truncate", "dribble"])
def test_an_answer_without_a_body_has_nothing_to_lose(effect: Any, given: SimpleNamespace) -> None:
    account = given.account
    account.faults.add("notes.list", effect)
    wsgi = werkzeug.test.Client(account.wsgi())
    with account.client() as client, account.intercept():
        answers = [
            client.head("/notes").status_code,
            httpx.head(f"{account.base_url}/notes", headers=account.headers).status_code,
            requests.head(f"{REAL}/notes", headers=account.headers).status_code,
            httpx.head(f"{REAL}/notes", headers=account.headers).status_code,
            wsgi.head("/notebook/v2/notes", headers=account.headers).status_code,
        ]
    assert answers == [200] * 5
    assert {call.fault for call in account.journal} == {f"fault-1 {effect}"}


def test_the_other_tasks_go_on_while_one_really_waits(given: SimpleNamespace) -> None:
    account = given.account
    account.faults.add("notes.list", "latency", seconds=0.1, real=True)

    async def by_aio(ended: list[str]) -> None:
        async with aiohttp.ClientSession(headers=account.headers) as session, session.get(f"{REAL}/notes"):
            ended.append("aiohttp")

    async def in_place(ended: list[str]) -> None:
        async with account.async_client() as client:
            await client.get("/notes")
            ended.append("in process")

    async def run() -> list[str]:
        ended: list[str] = []
        waiting = [asyncio.create_task(by_aio(ended)), asyncio.create_task(in_place(ended))]
        while len(account.journal) < 2:
            await asyncio.sleep(0)
        ended.append("other")
        await asyncio.gather(*waiting)
        return ended

    with account.intercept():
        assert asyncio.run(run())[0] == "other"
