"""Interception: calls to the real host, by every client library, answered by the account."""

from __future__ import annotations

import asyncio
import contextvars
import http.client
import json
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import ModuleType
from typing import Any

import aiohttp
import httpx
import httpx2
import niquests
import pytest
import requests
import urllib3
import vcr

import harness
from harness.core.sandbox import SandboxError
from harness.testing.guard import guard

HOST = "api.notebook.example"
URL = f"https://{HOST}/v2/notes"
KEY = {"X-API-KEY": "a-key-of-the-real-world"}


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


Send = Callable[..., Answer]


def by_http_client(method: str, url: str, headers: dict[str, str], body: Any = None) -> Answer:
    connection = http.client.HTTPSConnection(HOST, timeout=5)
    connection.request(method, url.removeprefix(f"https://{HOST}"), body=body, headers=headers)
    answer = connection.getresponse()
    return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())


def by_urllib(method: str, url: str, headers: dict[str, str], body: Any = None) -> Answer:
    asked = urllib.request.Request(url, data=body, headers=headers, method=method)
    opener = urllib.request.build_opener(NoErrors())
    with opener.open(asked, timeout=5) as answer:
        return Answer(answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.read())


class NoErrors(urllib.request.HTTPErrorProcessor):
    def https_response(self, request: Any, response: Any) -> Any:
        return response


def by_urllib3(method: str, url: str, headers: dict[str, str], body: Any = None) -> Answer:
    with urllib3.PoolManager() as pool:
        answer = pool.request(method, url, body=body, headers=headers, timeout=5, retries=False)
        return Answer(answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.data)


def by_session(library: Any) -> Send:
    def send(method: str, url: str, headers: dict[str, str], body: Any = None) -> Answer:
        with library.Session() as session:
            answer = session.request(method, url, headers=headers, data=body, timeout=5)
            return Answer(answer.status_code, {k.lower(): v for k, v in answer.headers.items()}, answer.content)

    return send


def by_httpx(library: Any) -> Send:
    def send(method: str, url: str, headers: dict[str, str], body: Any = None) -> Answer:
        with library.Client(timeout=5) as client:
            answer = client.request(method, url, headers=headers, content=body)
            return Answer(answer.status_code, dict(answer.headers), answer.content)

    return send


def by_async_httpx(library: Any) -> Send:
    def send(method: str, url: str, headers: dict[str, str], body: Any = None) -> Answer:
        async def run() -> Answer:
            async with library.AsyncClient(timeout=5) as client:
                content = later(body) if isinstance(body, Iterator) else body
                answer = await client.request(method, url, headers=headers, content=content)
                return Answer(answer.status_code, dict(answer.headers), answer.content)

        return asyncio.run(run())

    return send


async def later(pieces: Iterator[bytes]) -> Any:
    for piece in pieces:
        yield piece


def by_aiohttp(method: str, url: str, headers: dict[str, str], body: Any = None) -> Answer:
    async def run() -> Answer:
        data = later(body) if isinstance(body, Iterator) else body
        timeout = aiohttp.ClientTimeout(total=5)
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.request(method, url, headers=headers, data=data) as answer,
        ):
            return Answer(answer.status, {k.lower(): v for k, v in answer.headers.items()}, await answer.read())

    return asyncio.run(run())


def by_async_niquests(method: str, url: str, headers: dict[str, str], body: Any = None) -> Answer:
    async def run() -> Answer:
        data = later(body) if isinstance(body, Iterator) else body
        async with niquests.AsyncSession() as session:
            answer = await session.request(method, url, headers=headers, data=data, timeout=5)
            assert answer.status_code is not None
            content = answer.content
            return Answer(answer.status_code, {k.lower(): v for k, v in answer.headers.items()}, content or b"")

    return asyncio.run(run())


SENDERS = {
    "http.client": by_http_client,
    "urllib.request": by_urllib,
    "urllib3": by_urllib3,
    "requests": by_session(requests),
    "httpx": by_httpx(httpx),
    "httpx async": by_async_httpx(httpx),
    "httpx2": by_httpx(httpx2),
    "httpx2 async": by_async_httpx(httpx2),
    "aiohttp": by_aiohttp,
    "niquests": by_session(niquests),
    "niquests async": by_async_niquests,
}


@pytest.fixture(params=SENDERS)
def send(request: pytest.FixtureRequest) -> Send:
    found: Send = SENDERS[request.param]
    return found


def test_any_key_opens_the_account(send: Send, notebook: harness.Account) -> None:
    with notebook.intercept():
        answer = send("GET", URL, KEY)
    assert (answer.status, len(answer.json()["notes"])) == (200, 40)
    assert answer.headers["content-type"] == "application/json"
    assert int(answer.headers["content-length"]) == len(answer.body)


def test_a_missing_key_is_still_refused(send: Send, notebook: harness.Account) -> None:
    with notebook.intercept():
        assert send("GET", URL, {}).status == 401


def test_the_key_that_was_sent_is_kept_nowhere(send: Send, server: harness.Server) -> None:
    with server.sandbox() as sandbox, sandbox.notebook.intercept() as notebook:
        send("GET", URL, KEY)
        send("GET", f"https://{HOST}/nowhere", KEY)
        kept = [call.request.headers for call in sandbox.journal]
        assert len(kept) == 2
        assert KEY["X-API-KEY"] not in str(kept)
        assert notebook.api_key not in str(kept)


def test_a_body_arrives(send: Send, notebook: harness.Account) -> None:
    body = json.dumps({"title": "größer 🙂"}).encode()
    with notebook.intercept():
        answer = send("POST", URL, {**KEY, "Content-Type": "application/json"}, body)
    assert (answer.status, answer.json()["title"]) == (201, "größer 🙂")


def test_a_body_in_pieces_arrives(send: Send, notebook: harness.Account) -> None:
    pieces = iter([b'{"title":', b' "in pieces"}'])
    with notebook.intercept():
        answer = send("POST", URL, {**KEY, "Content-Type": "application/json"}, pieces)
    assert answer.json()["title"] == "in pieces"


def test_a_body_in_many_pieces_arrives_whole(send: Send, server: harness.Server) -> None:
    title = "x" * 1_000_000
    body = json.dumps({"title": title}).encode()
    pieces = (body[at : at + 500] for at in range(0, len(body), 500))
    with server.sandbox() as sandbox, sandbox.notebook.intercept():
        answer = send("POST", URL, {**KEY, "Content-Type": "application/json"}, pieces)
        assert answer.json()["title"] == title


def test_chunks_with_extensions_and_trailers_are_read(notebook: harness.Account) -> None:
    chunks = b'2;why=not\r\n{"\r\n9\r\ntitle":"a\r\n2\r\n"}\r\n0\r\nX-Sum: 1\r\nX-More: 2\r\n\r\n'
    with notebook.intercept():
        connection = http.client.HTTPSConnection(HOST)
        for _ in range(2):
            connection.putrequest("POST", "/v2/notes")
            for name, value in {**KEY, "Content-Type": "application/json", "Transfer-Encoding": "chunked"}.items():
                connection.putheader(name, value)
            connection.endheaders()
            for byte in chunks:
                connection.send(bytes([byte]))
            assert json.loads(connection.getresponse().read())["title"] == "a"


@pytest.mark.parametrize(
    ("header", "value", "body"), [("Content-Length", "many", b"{}"), ("Transfer-Encoding", "chunked", b"no\r\n\r\n")]
)
def test_a_request_that_no_server_can_read_is_an_error(
    notebook: harness.Account, header: str, value: str, body: bytes
) -> None:
    with notebook.intercept():
        connection = http.client.HTTPSConnection(HOST)
        with pytest.raises(ValueError, match=r"a server cannot read this request.*'(many|no)'"):
            connection.request("POST", "/v2/notes", body, {header: value})
    assert len(notebook.journal) == 0


def test_who_waits_for_leave_to_send_a_body_gets_it_or_the_answer(send: Send, notebook: harness.Account) -> None:
    expecting = {**KEY, "Content-Type": "application/json", "Expect": "100-continue"}
    with notebook.intercept():
        assert send("GET", URL, expecting).status == 200
        assert send("POST", URL, expecting, b'{"title": "a"}').json()["title"] == "a"


def test_aiohttp_may_wait_for_leave_to_send(notebook: harness.Account) -> None:
    async def run() -> list[int]:
        async with aiohttp.ClientSession(headers=KEY, timeout=aiohttp.ClientTimeout(total=5)) as session:
            statuses = []
            for method, body in (("GET", None), ("POST", {"title": "a"})):
                async with session.request(method, URL, json=body, expect100=True) as answer:
                    statuses.append(answer.status)
            return statuses

    with notebook.intercept():
        assert asyncio.run(run()) == [200, 201]


def test_an_answer_of_204_has_neither_body_nor_length(send: Send, notebook: harness.Account) -> None:
    note = next(iter(notebook.collection("notes")))
    with notebook.intercept():
        answer = send("DELETE", f"{URL}/{note['id']}", KEY)
    assert (answer.status, answer.body) == (204, b"")
    assert not {"content-length", "transfer-encoding"} & answer.headers.keys()


def test_the_answer_to_a_head_has_no_body(send: Send, notebook: harness.Account) -> None:
    with notebook.intercept():
        answer = send("HEAD", URL, KEY)
        whole = send("GET", URL, KEY)
    assert (answer.status, answer.body) == (200, b"")
    assert int(answer.headers["content-length"]) == len(whole.body)


def test_path_and_repeated_parameters_arrive_as_they_were_encoded(send: Send, notebook: harness.Account) -> None:
    with notebook.intercept():
        answer = send("GET", f"{URL}/a%2Fb?tag=x&tag=y&q=%C3%A4", KEY)
    (call,) = notebook.journal
    assert (answer.status, call.path, call.query) == (404, "/v2/notes/a%2Fb", "tag=x&tag=y&q=%C3%A4")


def test_the_case_of_header_names_does_not_matter(send: Send, notebook: harness.Account) -> None:
    with notebook.intercept():
        assert send("GET", URL, {"x-api-key": "another"}).status == 200
        send("GET", URL, {**KEY, "X-Trace-Id": "Abc"})
    assert notebook.journal[-1].request.headers["x-trace-id"] == "Abc"


def test_a_streamed_answer_comes_whole_and_its_link_leads_to_the_real_host(
    send: Send, notebook: harness.Account
) -> None:
    with notebook.intercept():
        link = send("POST", f"https://{HOST}/v2/prints", KEY).json()["url"]
        assert link.split("://")[1].startswith(f"{HOST}/")
        answer = send("GET", link.replace("http://", "https://"), {})
    assert (answer.status, len(answer.body.splitlines())) == (200, 40)


@pytest.fixture
def no_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """No host but loopback has an address."""
    real = socket.getaddrinfo

    def getaddrinfo(host: Any, *told: Any, **named: Any) -> Any:
        if host in (HOST, HOST.encode()):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return real(host, *told, **named)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


@pytest.mark.usefixtures("no_names")
def test_a_call_after_the_end_is_not_answered(send: Send, notebook: harness.Account) -> None:
    with notebook.intercept():
        send("GET", URL, KEY)
    with pytest.raises(Exception, match=r"(?i)name|resol|connect"):
        send("GET", URL, KEY)
    assert len(notebook.journal) == 1


@pytest.mark.usefixtures("no_names")
def test_a_pooled_client_does_not_reach_the_account_afterwards(notebook: harness.Account) -> None:
    with requests.Session() as session, httpx.Client() as client:
        with notebook.intercept():
            assert session.get(URL, headers=KEY).status_code == client.get(URL, headers=KEY).status_code == 200
        with pytest.raises(requests.ConnectionError):
            session.get(URL, headers=KEY)
        with pytest.raises(httpx.ConnectError):
            client.get(URL, headers=KEY)


@pytest.mark.usefixtures("no_names")
def test_a_connection_that_stood_at_the_end_leads_nowhere(notebook: harness.Account) -> None:
    connection = http.client.HTTPSConnection(HOST)
    with notebook.intercept():
        connection.connect()
    with pytest.raises(http.client.RemoteDisconnected):
        by_lines(connection)
    with pytest.raises(socket.gaierror):
        by_lines(connection)
    assert len(notebook.journal) == 0


def by_lines(connection: http.client.HTTPConnection) -> bytes:
    connection.request("GET", "/v2/notes", headers=KEY)
    return connection.getresponse().read()


def test_a_connection_follows_the_interception_it_is_used_in(server: harness.Server) -> None:
    connection = http.client.HTTPSConnection(HOST)
    with server.sandbox() as one, server.sandbox() as two:
        with one.notebook.intercept():
            connection.connect()
        with two.notebook.intercept():
            by_lines(connection)
        assert (len(one.journal), len(two.journal)) == (0, 1)


def test_a_request_under_way_at_the_end_is_not_answered(notebook: harness.Account) -> None:
    begun, ended = threading.Event(), threading.Event()

    def body() -> Iterator[bytes]:
        yield b'{"title":'
        begun.set()
        ended.wait(5)
        yield b'"late"}'

    with ThreadPoolExecutor(1) as pool:
        with notebook.intercept():
            sent = pool.submit(requests.post, URL, headers=KEY, data=body())
            assert begun.wait(5)
        ended.set()
        with pytest.raises(requests.ConnectionError):
            sent.result()
    assert len(notebook.journal) == 0


def test_a_closed_sandbox_cannot_be_intercepted_for(server: harness.Server) -> None:
    before = patched()
    with server.sandbox() as sandbox:
        account = sandbox.notebook
    with pytest.raises(SandboxError, match="unknown sandbox"):
        account.intercept().__enter__()
    assert patched() == before
    with server.sandbox() as sandbox:
        held = sandbox.notebook.intercept()
        held.__enter__()
    with pytest.raises(SandboxError, match="unknown sandbox"):
        requests.get(URL, headers=KEY)
    held.__exit__(None, None, None)


@pytest.fixture
def names_lead_to_neighbour(neighbour: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of the real host, which is the neighbour's."""
    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda _, *told, **named: real("127.0.0.1", *told, **named))
    return neighbour.replace("127.0.0.1", HOST) + "v2/notes"


@contextmanager
def kept_by_http_client(url: str) -> Iterator[Callable[[], bytes]]:
    with closing(http.client.HTTPConnection(url.split("/")[2])) as connection:
        yield lambda: by_lines(connection)


@contextmanager
def kept_by_urllib3(url: str) -> Iterator[Callable[[], bytes]]:
    with urllib3.PoolManager() as pool:
        yield lambda: pool.request("GET", url, headers=KEY).data


def kept_by(make: Callable[[], Any]) -> Callable[[str], AbstractContextManager[Callable[[], bytes]]]:
    @contextmanager
    def enter(url: str) -> Iterator[Callable[[], bytes]]:
        with make() as session:
            yield lambda: session.get(url, headers=KEY).content

    return enter


KEEPERS: dict[str, Callable[[str], AbstractContextManager[Callable[[], bytes]]]] = {
    "http.client": kept_by_http_client,
    "urllib3": kept_by_urllib3,
    "requests": kept_by(requests.Session),
    "niquests": kept_by(niquests.Session),
    "httpx": kept_by(httpx.Client),
    "httpx2": kept_by(httpx2.Client),
}
"""Clients that keep their connection to a URL's host, and get the URL by it."""


@pytest.mark.parametrize("name", KEEPERS)
def test_a_connection_kept_alive_from_before_does_not_lead_to_the_real_host(
    name: str, names_lead_to_neighbour: str, notebook: harness.Account
) -> None:
    with KEEPERS[name](names_lead_to_neighbour) as get:
        assert get() == b"hi"
        with notebook.intercept():
            assert len(json.loads(get())["notes"]) == 40
        assert get() == b"hi"
    assert len(notebook.journal) == 1


def test_async_connections_kept_alive_from_before_do_not_lead_to_the_real_host(
    names_lead_to_neighbour: str, notebook: harness.Account
) -> None:
    url = names_lead_to_neighbour

    async def run() -> list[list[int]]:
        async with (
            aiohttp.ClientSession(headers=KEY) as aio,
            niquests.AsyncSession(headers=KEY) as niquest,
            httpx.AsyncClient(headers=KEY) as client,
        ):

            async def lengths() -> list[int]:
                async with aio.get(url) as answer:
                    first = len(await answer.read())
                return [first, len((await niquest.get(url)).content or b""), len((await client.get(url)).content)]

            outside = await lengths()
            with notebook.intercept():
                inside = await lengths()
            return [outside, inside, await lengths()]

    outside, inside, afterwards = asyncio.run(run())
    assert outside == afterwards == [2, 2, 2]
    assert min(inside) > 1000


@pytest.fixture
def neighbour() -> Iterator[str]:
    """A server on loopback that is none of ours, and keeps connections alive."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"hi")

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as served:
        served.daemon_threads = True
        served.block_on_close = False
        thread = threading.Thread(target=served.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{served.server_port}/"
        served.shutdown()
        thread.join()


@pytest.mark.parametrize("name", [name for name in SENDERS if name != "http.client"])
def test_a_host_below_the_providers_own_is_answered(name: str, notebook: harness.Account) -> None:
    with notebook.intercept():
        answer = SENDERS[name]("GET", f"https://acme.{HOST}/v2/notes", KEY)
    assert (answer.status, len(notebook.journal)) == (200, 1)


@pytest.mark.parametrize("name", [name for name in SENDERS if name != "http.client"])
def test_other_hosts_are_left_alone(name: str, notebook: harness.Account, neighbour: str) -> None:
    with notebook.intercept():
        assert SENDERS[name]("GET", neighbour, {}).body == b"hi"
    assert len(notebook.journal) == 0


def test_json_forms_and_files_arrive_by_every_library() -> None:
    with harness.sandbox() as sandbox, sandbox.superchat.intercept() as superchat:
        url, key = "https://api.superchat.com/v1.0/files", {"X-API-KEY": "real"}
        part = ("notes.txt", b"some text", "text/plain")
        statuses = [
            requests.post(url, headers=key, files={"file": part}).status_code,
            niquests.post(url, headers=key, files={"file": part}).status_code,
            httpx.post(url, headers=key, files={"file": part}).status_code,
            httpx2.post(url, headers=key, files={"file": part}).status_code,
            urllib3.request("POST", url, headers=key, fields={"file": part}).status,
            asyncio.run(upload_by_aiohttp(url, key)),
        ]
        assert statuses == [200] * 6
        assert [call.operation for call in superchat.journal] == ["files.create"] * 6


async def upload_by_aiohttp(url: str, key: dict[str, str]) -> int:
    form = aiohttp.FormData()
    form.add_field("file", b"some text", filename="notes.txt", content_type="text/plain")
    async with aiohttp.ClientSession(headers=key) as session, session.post(url, data=form) as answer:
        return answer.status


def test_a_form_body_arrives_as_it_was_sent(notebook: harness.Account) -> None:
    form = {"a": "1", "b": "ä"}

    async def by_aio() -> None:
        async with aiohttp.ClientSession(headers=KEY) as session, session.post(URL, data=form):
            pass

    with notebook.intercept():
        requests.post(URL, headers=KEY, data=form)
        httpx.post(URL, headers=KEY, data=form)
        asyncio.run(by_aio())
    for call in notebook.journal:
        assert call.request.text == "a=1&b=%C3%A4"
        assert call.request.headers["content-type"] == "application/x-www-form-urlencoded"


def test_an_aiohttp_session_with_a_base_url_stays_inside(notebook: harness.Account) -> None:
    async def run() -> tuple[int, str, Any]:
        async with aiohttp.ClientSession(f"https://{HOST}", headers=KEY) as session:
            for _ in range(3):
                async with session.post("/v2/notes", json={"title": "a"}, allow_redirects=False) as answer:
                    found = answer.status, answer.content_type, await answer.json()
            return found

    with notebook.intercept():
        status, content_type, document = asyncio.run(run())
    assert (status, content_type, document["title"]) == (201, "application/json", "a")


def test_every_library_raises_its_own_error_for_a_status(notebook: harness.Account) -> None:
    async def by_aio() -> None:
        async with aiohttp.ClientSession(raise_for_status=True) as session, session.get(URL):
            pass

    with notebook.intercept():
        with pytest.raises(requests.HTTPError, match="401"):
            requests.get(URL).raise_for_status()
        with pytest.raises(httpx.HTTPStatusError, match="401"):
            httpx.get(URL).raise_for_status()
        with pytest.raises(aiohttp.ClientResponseError, match="401"):
            asyncio.run(by_aio())
        with pytest.raises(urllib.request.HTTPError, match="401"):  # type: ignore[attr-defined]
            urllib.request.urlopen(URL)


def test_a_streamed_answer_can_be_read_in_pieces(server: harness.Server) -> None:
    with server.sandbox(strict=False) as sandbox, sandbox.notebook.intercept():
        link = requests.post(f"https://{HOST}/v2/prints", headers=KEY).json()["url"]
        with requests.get(link, stream=True) as answer:
            assert len(list(answer.iter_lines())) == 40

        async def run() -> int:
            async with aiohttp.ClientSession() as session, session.get(link) as answer:
                return len([line async for line in answer.content])

        assert asyncio.run(run()) == 40
        with httpx.stream("GET", link) as answer:
            assert len(list(answer.iter_raw())) == 40


def test_a_failure_of_the_fake_is_raised_where_the_request_was_made(send: Send, server: harness.Server) -> None:
    from harness.core.provider import ContractBroken

    with (
        server.sandbox(strict=True) as sandbox,
        sandbox.notebook.intercept(),
        pytest.raises(ContractBroken, match=r"faults\.show"),
    ):
        send("GET", f"https://{HOST}/v2/faults", KEY)


def test_the_accounts_own_keys_keep_their_meaning(server: harness.Server) -> None:
    with server.sandbox() as sandbox, sandbox.notebook.intercept() as notebook:
        own = notebook.issue_key()
        assert httpx.get(URL, headers={"X-API-KEY": own}).status_code == 200
        for key in (own, notebook.api_key):
            notebook.revoke_key(key)
        assert httpx.get(URL, headers=KEY).status_code == 401


def test_a_class_imported_by_name_before_is_intercepted(notebook: harness.Account) -> None:
    class Mine(http.client.HTTPSConnection):
        pass

    connection = Mine(HOST)
    with notebook.intercept():
        connection.request("GET", "/v2/notes", headers=KEY)
        assert connection.getresponse().status == 200


def test_http_client_may_be_used_step_by_step(notebook: harness.Account) -> None:
    with notebook.intercept():
        connection = http.client.HTTPSConnection(HOST)
        connection.connect()
        connection.putrequest("POST", "/v2/notes")
        connection.putheader("X-API-KEY", "real")
        connection.putheader("Content-Type", "application/json")
        connection.putheader("Content-Length", "14")
        connection.endheaders()
        connection.send(b'{"title":')
        connection.send(b' "b"}')
        assert json.loads(connection.getresponse().read())["title"] == "b"


def test_a_proxy_in_the_environment_is_not_asked(notebook: harness.Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    with notebook.intercept():
        assert requests.get(URL, headers=KEY).status_code == 200
        assert httpx.get(URL, headers=KEY).status_code == 200
        assert urllib.request.urlopen(urllib.request.Request(URL, headers=KEY)).status == 200


def test_a_plain_proxy_is_not_asked_either(
    neighbour: str, server: harness.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", neighbour)
    url = URL.replace("https", "http")
    with server.sandbox() as sandbox, sandbox.notebook.intercept() as notebook, requests.Session() as session:
        assert session.get("http://elsewhere.example/").text == "hi"
        assert session.get(url, headers=KEY).status_code == 200
        assert session.get("http://elsewhere.example/").text == "hi"
        assert httpx.get(url, headers=KEY).status_code == 200
        link = json.load(urllib.request.urlopen(urllib.request.Request(f"http://{HOST}/v2/prints", b"", KEY)))["url"]
        assert link.startswith(f"http://{HOST}/v2/sheets/")
        assert [call.path for call in notebook.journal] == ["/v2/notes", "/v2/notes", "/v2/prints"]


def test_headers_that_are_sent_twice_reach_an_account_elsewhere(elsewhere: harness.Server) -> None:
    with elsewhere.sandbox() as sandbox, sandbox.notebook.intercept() as notebook:
        httpx.get(URL, headers=[*KEY.items(), ("X-Trace", "1"), ("X-Trace", "2")])
        assert notebook.journal[-1].request.headers["x-trace"] == "1, 2"


def test_big_bodies_go_both_ways() -> None:
    content = bytes(range(256)) * 20_000
    key = {"X-API-KEY": "real"}

    async def by_aio(link: str) -> bytes:
        async with aiohttp.ClientSession() as session, session.get(link) as answer:
            return await answer.read()

    with harness.sandbox() as sandbox, sandbox.superchat.intercept():
        part = {"file": ("big.bin", content, "application/octet-stream")}
        link = requests.post("https://api.superchat.com/v1.0/files", headers=key, files=part).json()["link"]["url"]
        with requests.get(link, stream=True) as answer:
            assert b"".join(answer.iter_content(10_000)) == content
        assert httpx.get(link).content == niquests.get(link).content == asyncio.run(by_aio(link)) == content


def test_what_urllib3_retries_is_retried(notebook: harness.Account) -> None:
    retry = urllib3.Retry(total=3, backoff_factor=0, status_forcelist=[503])
    notebook.faults.add("notes.list", "cut", first=1)
    notebook.faults.add("notes.list", status=503, first=2)
    with notebook.intercept(), urllib3.PoolManager(retries=retry) as pool:
        assert pool.request("GET", URL, headers=KEY).status == 200
    assert len(notebook.journal) == 3


def patched() -> list[Any]:
    return [
        *(vars(owner).get("connect") for owner in (http.client.HTTPConnection, http.client.HTTPSConnection)),
        vars(http.client.HTTPConnection).get("putrequest"),
        *(vars(owner).get("connect") for owner in (urllib3.connection.HTTPConnection, aiohttp.BaseConnector)),
        *(vars(library.HTTPTransport)["handle_request"] for library in (httpx, httpx2)),
        *(vars(library.AsyncHTTPTransport)["handle_async_request"] for library in (httpx, httpx2)),
        vars(aiohttp.ClientSession)["_request"],
        *sys.meta_path,
    ]


def test_everything_is_restored_after_it_and_after_an_exception(notebook: harness.Account) -> None:
    before = patched()
    with notebook.intercept():
        assert patched() != before
    assert patched() == before
    with pytest.raises(ZeroDivisionError), notebook.intercept():
        1 / 0  # noqa: B018
    assert patched() == before


def test_everything_is_restored_when_a_guard_or_a_cassette_outlives_it(notebook: harness.Account) -> None:
    before = patched()
    for other in (guard(), vcr.use_cassette("never written", record_mode="none")):
        held = notebook.intercept()
        held.__enter__()
        other.__enter__()
        held.__exit__(None, None, None)
        other.__exit__(None, None, None)
        with notebook.intercept():
            assert requests.get(URL, headers=KEY).status_code == 200
        assert patched() == before


def test_a_library_that_cannot_be_patched_leaves_the_others_as_they_were(
    notebook: harness.Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = patched()
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "aiohttp.connector", ModuleType("aiohttp.connector"))
        with pytest.raises(AttributeError, match=r"aiohttp\.connector"):
            notebook.intercept().__enter__()
        assert patched() == before
    with notebook.intercept():
        assert requests.get(URL, headers=KEY).status_code == 200
    assert patched() == before


def test_entering_twice_is_an_error_that_names_the_way_out(server: harness.Server) -> None:
    before = patched()
    with server.sandbox() as one, server.sandbox() as two:
        with one.notebook.intercept():
            for account in (one.notebook, two.notebook):
                with pytest.raises(RuntimeError, match="leave that first, or enter the other one in a thread"):
                    account.intercept().__enter__()
            assert httpx.get(URL, headers=KEY).status_code == 200
        held = two.notebook.intercept()
        with held, pytest.raises(RuntimeError, match=r"call intercept\(\) again"):
            held.__enter__()
        with held:  # one after the other is fine
            pass
    assert patched() == before


def test_two_providers_are_intercepted_at_once(server: harness.Server) -> None:
    with server.sandbox() as sandbox, sandbox.notebook.intercept(), sandbox.superchat.intercept():
        assert httpx.get(URL, headers=KEY).status_code == 200
        assert httpx.get("https://api.superchat.de/v1.0/me", headers=KEY).status_code == 200
        assert {call.provider for call in sandbox.journal} == {"notebook", "superchat"}


def test_threads_with_accounts_of_their_own_do_not_mix(server: harness.Server) -> None:
    together = threading.Barrier(4)

    def work(number: int) -> tuple[int, list[str]]:
        with server.sandbox(world="empty") as sandbox, sandbox.notebook.intercept() as notebook:
            together.wait()
            with requests.Session() as session:
                for turn in range(5):
                    session.post(URL, headers=KEY, json={"title": f"{number} {turn}"})
            together.wait()
            return number, [call.request.json()["title"] for call in notebook.journal]

    before = patched()
    with ThreadPoolExecutor(4) as pool:
        for number, titles in pool.map(work, range(4)):
            assert titles == [f"{number} {turn}" for turn in range(5)]
    assert patched() == before


def test_tasks_with_accounts_of_their_own_do_not_mix(server: harness.Server) -> None:
    async def work(number: int, together: asyncio.Barrier) -> list[str]:
        with server.sandbox(world="empty") as sandbox, sandbox.notebook.intercept() as notebook:
            await together.wait()
            async with aiohttp.ClientSession(headers=KEY) as session, httpx.AsyncClient(headers=KEY) as client:
                for _ in range(3):
                    async with session.post(URL, json={"title": f"{number}"}):
                        pass
                    await client.post(URL, json={"title": f"{number}"})
            await together.wait()
            return [call.request.json()["title"] for call in notebook.journal]

    async def run() -> list[list[str]]:
        together = asyncio.Barrier(3)
        return await asyncio.gather(*(work(number, together) for number in range(3)))

    assert asyncio.run(run()) == [[f"{number}"] * 6 for number in range(3)]


def test_a_thread_without_its_own_is_answered_while_there_is_one_to_mean(server: harness.Server) -> None:
    found: list[Any] = []

    def call() -> None:
        try:
            found.append(httpx.get(URL, headers=KEY).status_code)
        except RuntimeError as error:
            found.append(str(error))

    with server.sandbox() as one, server.sandbox() as two, one.notebook.intercept():
        run_in_thread(call)
        other = two.notebook.intercept()
        elsewhere = contextvars.Context()
        elsewhere.run(other.__enter__)
        run_in_thread(call)
        run_in_thread(contextvars.copy_context().run, call)
        elsewhere.run(other.__exit__)
    assert (found[0], found[2]) == (200, 200)
    assert "enter account.intercept() in that thread" in found[1]


def run_in_thread(function: Callable[..., Any], *told: Any) -> None:
    thread = threading.Thread(target=function, args=told)
    thread.start()
    thread.join()


def test_a_library_imported_while_it_is_active_is_intercepted_and_none_is_imported_for_it() -> None:
    program = (
        "import sys, harness\n"
        "with harness.sandbox() as sandbox, sandbox.superchat.intercept():\n"
        "    print([n for n in ('httpx', 'httpx2', 'aiohttp', 'requests', 'urllib3', 'vcr') if n in sys.modules])\n"
        "    import httpx, requests\n"
        "    url = 'https://api.superchat.com/v1.0/me'\n"
        "    print([library.get(url, headers={'X-API-KEY': 'k'}).status_code for library in (httpx, requests)])\n"
        "print(httpx.HTTPTransport.handle_request.__module__, httpx.__loader__, httpx.__spec__.loader)\n"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    imported, statuses, restored = told.stdout.splitlines()
    assert (imported, statuses) == ("[]", "[200, 200]")
    assert restored.startswith("httpx._transports.default ")
    assert "interception" not in restored
