"""In-process transports: httpx and httpx2, sync and async, and the same answers as over the network."""

from __future__ import annotations

import asyncio
import importlib
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import httpx
import pytest

import harness

LIBRARIES = ["httpx", "httpx2"]


@pytest.fixture(params=[f"{library} {way}" for library in LIBRARIES for way in ("sync", "async")])
def send(request: pytest.FixtureRequest, notebook: harness.Account) -> Callable[..., Any]:
    """Sends one request by a transport of either library and either way, and reads the answer."""
    name, way = request.param.split()
    library = importlib.import_module(name)
    options = {"base_url": notebook.transport_url, "headers": notebook.headers}

    def sync(method: str, url: str, **more: Any) -> Any:
        with library.Client(transport=notebook.transport(name), **options) as client:
            return client.request(method, url, **more)

    async def asynchronous(method: str, url: str, **more: Any) -> Any:
        async with library.AsyncClient(transport=notebook.async_transport(name), **options) as client:
            return await client.request(method, url, **more)

    return sync if way == "sync" else lambda *told, **more: asyncio.run(asynchronous(*told, **more))


def test_a_get_is_answered(send: Callable[..., Any]) -> None:
    answer = send("GET", "/notes")
    assert (answer.status_code, len(answer.json()["notes"])) == (200, 40)
    assert answer.headers["content-type"] == "application/json"
    assert int(answer.headers["content-length"]) == len(answer.content)


def test_a_body_arrives(send: Callable[..., Any]) -> None:
    assert send("POST", "/notes", json={"title": "größer 🙂"}).json()["title"] == "größer 🙂"


def test_path_and_query_arrive_as_they_were_encoded(send: Callable[..., Any], notebook: harness.Account) -> None:
    answer = send("GET", "/notes/a%2Fb c", params={"q": "ä&b"})
    (call,) = notebook.journal
    assert (answer.status_code, call.path, call.query) == (404, "/v2/notes/a%2Fb%20c", "q=%C3%A4%26b")


def test_a_streamed_answer_is_read_whole_without_a_key(send: Callable[..., Any]) -> None:
    url = send("POST", "/prints").json()["url"]
    answer = send("GET", url)
    assert "content-length" not in answer.headers
    assert len(answer.text.splitlines()) == 40


def test_a_streamed_request_body_arrives(send: Callable[..., Any], request: pytest.FixtureRequest) -> None:
    pieces = [b'{"title":', b' "in pieces"}']

    async def later() -> Any:
        for piece in pieces:
            yield piece

    streamed = later() if "async" in request.node.name else iter(pieces)
    answer = send("POST", "/notes", content=streamed, headers={"content-type": "application/json"})
    assert answer.json()["title"] == "in pieces"


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_streamed_answer_comes_piece_by_piece(server: harness.Server, library: Any) -> None:
    with server.sandbox(strict=False) as sandbox:
        account = sandbox.notebook
        chosen = importlib.import_module(library)
        options = {"base_url": account.transport_url, "headers": account.headers}
        with chosen.Client(transport=account.transport(library), **options) as client:
            url = client.post("/prints").json()["url"]
            with client.stream("GET", url) as answer:
                assert len(list(answer.iter_raw())) == 40


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("host", ["api.notebook.example", "acme.api.notebook.example"])
def test_the_providers_real_host_is_answered_in_process(server: harness.Server, library: Any, host: str) -> None:
    with server.sandbox() as sandbox:
        account = sandbox.notebook
        chosen = importlib.import_module(library)
        with chosen.Client(transport=account.transport(library), headers=account.headers) as client:
            assert client.get(f"https://{host}/v2/notes").status_code == 200


@pytest.mark.parametrize("library", LIBRARIES)
def test_any_other_host_is_an_error_that_names_the_hosts(server: harness.Server, library: Any) -> None:
    with server.sandbox() as sandbox:
        chosen = importlib.import_module(library)
        with (
            chosen.Client(transport=sandbox.notebook.transport(library)) as client,
            pytest.raises(LookupError, match=r"'example\.com'.*notebook\.localhost.*api\.notebook\.example"),
        ):
            client.get("https://example.com/v2/notes")


def test_an_unknown_library_is_refused_with_those_there_are(notebook: harness.Account) -> None:
    with pytest.raises(ValueError, match="did you mean 'httpx'"):
        notebook.transport("htpx")  # type: ignore[call-overload]


REQUESTS: list[tuple[str, str, dict[str, Any]]] = [
    ("GET", "/notes", {}),
    ("HEAD", "/notes", {}),
    ("POST", "/notes", {"json": {"title": "a"}}),
    ("POST", "/notes", {"json": {}}),
    ("POST", "/notes", {"content": b"{"}),
    ("GET", "/notes/none", {}),
    ("DELETE", "/notes", {}),
    ("GET", "/nowhere", {}),
    ("GET", "/notes", {"headers": {"X-API-KEY": "another"}}),
]


@pytest.mark.parametrize(("method", "path", "options"), REQUESTS)
def test_in_process_and_over_the_network_the_answers_are_the_same(
    server: harness.Server, elsewhere: harness.Server, method: str, path: str, options: dict[str, Any]
) -> None:
    answers = []
    for held in (server, elsewhere):
        with held.sandbox() as sandbox, sandbox.notebook.client() as client:
            answers.append(client.request(method, path, **options))
    near, far = answers
    assert (near.status_code, near.content) == (far.status_code, far.content)
    for name in near.headers:
        assert near.headers[name] == far.headers[name]


def test_an_answer_of_204_announces_no_length(send: Callable[..., Any], notebook: harness.Account) -> None:
    note = next(iter(notebook.collection("notes")))
    answer = send("DELETE", f"/notes/{note['id']}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert "content-length" not in answer.headers


def test_the_answer_to_a_head_announces_one_length() -> None:
    with harness.sandbox() as sandbox, sandbox.superchat.client() as client:
        answer = client.head("/me", headers={"X-API-KEY": ""})
    assert (answer.status_code, answer.headers.get_list("content-length")) == (401, ["0"])


def test_neither_library_is_imported_before_it_is_used() -> None:
    program = (
        "import sys, harness\n"
        "with harness.sandbox() as sandbox: sandbox.clock.advance('5m')\n"
        "heavy = ('httpx', 'httpx2', 'uvicorn', 'pydantic', 'yaml', 'faker')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_many_threads_may_share_a_client(sandbox: harness.Sandbox) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with sandbox.notebook.client() as client, ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda n: client.post("/notes", json={"title": str(n)}), range(20)))
    assert {answer.status_code for answer in answers} == {201}
    assert len(sandbox.notebook.collection("notes")) == 60
    assert isinstance(answers[0], httpx.Response)
