"""The served unified API over a sandbox's fakes, as a client over HTTP sees it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import orjson
import pytest

from harness.testing.account import Account
from harness.testing.sandbox import Sandbox

SUPERCHAT = "SUPERCHAT_ACCOUNT_ID"
LIVE_KEY = "live-key-31415"


class Api:
    """Asks for one integrated account: `api.get("/unified/ticketing/contacts", "limit=2")`."""

    def __init__(self, account: Account, client: httpx.Client) -> None:
        self.account = account
        self.client = client
        self.id = account.env[SUPERCHAT]

    def __call__(self, method: str, path: str, query: str = "", **options: Any) -> httpx.Response:
        text = "&".join(part for part in (f"integrated_account_id={self.id}", query) if part)
        return self.client.request(method, f"{path}?{text}", **options)

    def get(self, path: str, query: str = "", **options: Any) -> httpx.Response:
        return self("GET", path, query, **options)

    def post(self, path: str, query: str = "", **options: Any) -> httpx.Response:
        return self("POST", path, query, **options)

    def of(self, id: str) -> Api:
        """The same for another account."""
        other = Api(self.account, self.client)
        other.id = id
        return other

    def change(self, **fields: Any) -> None:
        """Change the integrated account."""
        response = self.client.patch(f"/integrated-account/{self.id}", json=fields)
        assert response.status_code == 200, response.text

    def create(self, **fields: Any) -> dict[str, Any]:
        """A further integrated account of Superchat."""
        body = {"integration": {"name": "superchat"}, "context": {}, **fields}
        response = self.client.post("/integrated-account", json=body)
        assert response.status_code == 200, response.text
        created: dict[str, Any] = response.json()
        return created


@pytest.fixture
def served(harness: Sandbox) -> Account:
    """The account of the served API."""
    return harness.account("unified")


@pytest.fixture
def superchat_calls(superchat: Account) -> Callable[[str], int]:
    """How often the fake behind was asked for an operation."""
    return lambda operation: len(superchat.journal.calls(operation))


@pytest.fixture
def api(served: Account) -> Iterator[Api]:
    """The API, asked for the account that leads to the sandbox's own Superchat."""
    with served.client() as client:
        yield Api(served, client)


class Live:
    """A Superchat of somebody's own, on this machine: it has nothing, keeps what it was asked, and can be slow."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str | None]] = []
        self.reached = threading.Event()
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.status = 200
        live = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                live.asked.append((self.command, self.path, self.headers["X-API-KEY"]))
                live.reached.set()
                live.may_answer.wait(20)
                answer = {"url": self.path, "results": [], "pagination": {"next_cursor": None, "previous_cursor": None}}
                body = orjson.dumps(answer)
                self.send_response(live.status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.send_header("location", "http://127.0.0.1:9/elsewhere")
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_GET  # noqa: N815 - the name that http.server looks for

            def log_message(self, *_: Any) -> None:
                """Silence."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/v1.0"


@pytest.fixture
def live() -> Iterator[Live]:
    server = Live()
    thread = threading.Thread(target=server.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server
    server.may_answer.set()
    server.server.shutdown()
    server.server.server_close()


@pytest.fixture
def connected(api: Api, live: Live) -> Callable[..., Api]:
    """The API, asked for a live account: `connected(region="eu")`."""

    def connect(**context: str) -> Api:
        context = {"api_key": LIVE_KEY, **context}
        return api.of(api.create(context=context, integration_override={"base_url": live.url})["id"])

    return connect


Refusal = Callable[[httpx.Response, int], dict[str, Any]]


@pytest.fixture
def refusal() -> Refusal:
    """The body of an error, which has the documented shape: `refusal(response, 404)`."""

    def read(response: httpx.Response, status: int) -> dict[str, Any]:
        assert response.status_code == status, response.text
        body: dict[str, Any] = response.json()
        assert body["statusCode"] == status
        assert body["error"] == HTTPStatus(status).phrase
        assert isinstance(body["message"], str)
        return body

    return read
