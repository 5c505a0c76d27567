"""The server as a thread and as a process."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
import pytest

from harness.core.registry import Registry
from harness.server.process import OpenBind, PortTaken, ServerThread, run, secret_of

ROOT = Path(__file__).parents[2]


@pytest.fixture
def server(registry: Registry) -> Iterator[ServerThread]:
    """A running server."""
    with ServerThread(registry) as running:
        yield running


@pytest.fixture
def key(registry: Registry) -> dict[str, str]:
    """The credential of a fresh sandbox's toy account."""
    return {"x-toy-key": registry.open(real_quotas=False).account("toy").api_key}


Connect = Callable[[str], HTTPConnection]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Opens connections to an address, closed after the test."""
    with ExitStack() as opened:
        yield lambda url: opened.enter_context(closing(HTTPConnection(urlsplit(url).netloc, timeout=10)))


def ask(connection: HTTPConnection, method: str, path: str, body: Any = None, **options: Any) -> tuple[int, bytes]:
    """One request on a connection."""
    connection.request(method, path, body, **options)
    response = connection.getresponse()
    return response.status, response.read()


def test_the_address_is_known_when_it_has_started(connect: Connect, server: ServerThread, key: dict[str, str]) -> None:
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", server.url)
    assert ask(connect(server.url), "GET", "/toy/v1/things", headers=key)[0] == 200


def test_a_connection_is_kept_alive(connect: Connect, server: ServerThread, key: dict[str, str]) -> None:
    connection = connect(server.url)
    assert ask(connection, "GET", "/toy/v1/things", headers=key)[0] == 200
    kept = connection.sock
    assert ask(connection, "HEAD", "/toy/v1/things", headers=key) == (200, b"")
    assert ask(connection, "DELETE", "/toy/v1/things", headers=key) == (204, b"")
    assert ask(connection, "GET", "/toy/v1/stream", headers=key) == (200, b'{"n": 1}')
    assert ask(connection, "POST", "/toy/v1/measure", b"abc", headers=key)[0] == 200
    assert connection.sock is kept


def test_a_chunked_upload_arrives_whole(connect: Connect, server: ServerThread, key: dict[str, str]) -> None:
    pieces = iter([b"a" * 70_000, b"b", b"c" * 10])
    status, body = ask(connect(server.url), "POST", "/toy/v1/measure", pieces, headers=key, encode_chunked=True)
    assert (status, orjson.loads(body)) == (200, {"bytes": 70_011})


def test_answers_carry_the_date_and_no_server_name(connect: Connect, server: ServerThread) -> None:
    connection = connect(server.url)
    connection.request("GET", "/")
    headers = {name.lower() for name, _ in connection.getresponse().getheaders()}
    assert "date" in headers
    assert "server" not in headers


def test_requests_of_many_threads_lose_nothing(
    connect: Connect, server: ServerThread, registry: Registry, key: dict[str, str]
) -> None:
    statuses: list[int] = []

    def create() -> None:
        connection = connect(server.url)
        headers = {**key, "content-type": "application/json"}
        statuses.extend(ask(connection, "POST", "/toy/v1/things", b"{}", headers=headers)[0] for _ in range(10))

    threads = [threading.Thread(target=create) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 80
    account = registry.sandboxes["sb-1"].account("toy")
    assert len(account.store["things"]) == 83
    assert [exchange.number for exchange in account.sandbox.journal] == list(range(1, 81))


def test_stopping_ends_the_thread_and_frees_the_port(connect: Connect, registry: Registry) -> None:
    before = set(threading.enumerate())
    server = ServerThread(registry).start()
    ask(connect(server.url), "GET", "/")
    port = urlsplit(server.url).port
    assert port is not None
    server.stop()
    server.stop()
    assert not set(threading.enumerate()) - before
    with pytest.raises(RuntimeError, match="start"):
        _ = server.url
    with ServerThread(registry, port) as again:
        assert again.url.endswith(f":{port}")


def test_starting_twice_is_starting_once(server: ServerThread) -> None:
    assert server.start().url == server.url


def test_a_taken_port_is_told_with_the_remedy(server: ServerThread, registry: Registry) -> None:
    port = urlsplit(server.url).port
    assert port is not None
    with pytest.raises(PortTaken, match=f"port {port} of 127.0.0.1 is taken.*--port"):
        ServerThread(registry, port).start()
    with pytest.raises(PortTaken, match="taken"):
        run(registry, port=port)


def test_a_host_that_is_not_here_is_told(registry: Registry) -> None:
    with pytest.raises(OSError, match=re.escape("192.0.2.1")):
        run(Registry({}, secret=b"x"), host="192.0.2.1", token="long-enough")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.com"])
def test_a_bind_that_others_can_reach_needs_a_token(registry: Registry, host: str) -> None:
    with pytest.raises(OpenBind, match="token"):
        ServerThread(registry, host=host).start()
    with pytest.raises(OpenBind, match="secret_of"):
        ServerThread(registry, host=host, token="long-enough").start()


def test_a_short_token_is_refused(registry: Registry) -> None:
    with pytest.raises(OpenBind, match="at least 8"):
        ServerThread(registry, token="short").start()


def test_with_a_token_the_keys_are_others(toy: Any) -> None:
    usual = Registry({"toy": toy}).open(id="default").account("toy").api_key
    registry = Registry({"toy": toy}, secret=secret_of("long-enough"))
    assert registry.open(id="default").account("toy").api_key != usual


def test_ipv6_is_served(connect: Connect, registry: Registry) -> None:
    if not socket.has_ipv6:
        pytest.skip("this machine has no IPv6")
    try:
        server = ServerThread(registry, host="::1").start()
    except OSError as error:
        pytest.skip(str(error))
    try:
        assert server.url.startswith("http://[::1]:")
        assert ask(connect(server.url), "GET", "/_harness/health")[0] == 200
    finally:
        server.stop()


PROGRAM = """
from harness.core.registry import Registry
from harness.server.process import run
run(Registry({}), port=0, listening=lambda url: print(url, flush=True))
print("ended", flush=True)
"""


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_process_gracefully(connect: Connect, sent: signal.Signals) -> None:
    command = [sys.executable, "-c", PROGRAM]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        connection = connect(url)
        status, body = ask(connection, "GET", "/_harness/sandboxes/default")
        assert (status, orjson.loads(body)["clock"]["mode"]) == (200, "live")
        process.send_signal(sent)
        rest, errors = process.communicate(timeout=20)
    assert (process.returncode, rest.strip(), errors) == (0, "ended", "")


def test_importing_the_server_does_not_import_uvicorn() -> None:
    program = "import sys, harness.server.process, harness.server.app; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True)
    heavy = {
        "uvicorn",
        "uvloop",
        "httptools",
        "httpx",
        "pydantic",
        "yaml",
        "faker",
        "vcr",
        "rich",
        "jsonschema_rs",
    }
    assert not heavy & set(done.stdout.split())
