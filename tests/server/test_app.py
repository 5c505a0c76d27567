"""The ASGI application: who answers at an address, and how requests and answers pass through."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from harness.core.clock import MINUTE, Clock
from harness.core.exchange import Response
from harness.core.provider import NEAREST
from harness.core.registry import DEFAULT, Registry
from harness.server.app import ERROR, App, _start
from harness.server.timer import Timer

Ask = Callable[..., Any]


@pytest.fixture
def key(registry: Registry) -> dict[str, str]:
    """The credential of a fresh sandbox's toy account."""
    account = registry.open().account("toy")
    return {"x-toy-key": account.api_key}


@pytest.mark.parametrize(
    ("host", "path"),
    [
        ("127.0.0.1:4000", "/toy/v1/things"),
        ("toy.localhost:4000", "/v1/things"),
        ("toy.localhost", "/v1/things"),
        ("TOY.localhost:4000", "/v1/things"),
        ("api.toy.example", "/v1/things"),
        ("api.toy.example:443", "/v1/things"),
        ("toy.localhost:4000", "/toy/v1/things"),
    ],
)
def test_a_provider_answers_by_prefix_and_by_host(ask: Ask, key: dict[str, str], host: str, path: str) -> None:
    answer = ask("GET", path, host=host, headers=key)
    assert (answer.status, answer.json()["things"]) == (200, 3)


@pytest.mark.parametrize(
    ("host", "prefix", "base"),
    [
        ("127.0.0.1:4000", "/toy", "http://127.0.0.1:4000/toy/v1/links/"),
        ("toy.localhost:4000", "", "http://toy.localhost:4000/v1/links/"),
        ("api.toy.example", "", "http://api.toy.example/v1/links/"),
        ("acme.api.toy.example", "", "http://acme.api.toy.example/v1/links/"),
    ],
)
def test_links_begin_with_the_address_the_client_used_and_open_without_a_key(
    ask: Ask, key: dict[str, str], host: str, prefix: str, base: str
) -> None:
    link = ask("GET", f"{prefix}/v1/things", host=host, headers=key).json()["link"]
    assert link.startswith(base)
    path = link.removeprefix(f"http://{host}")
    assert ask("GET", path, host=host).body == b"file"


def test_the_root_names_the_addresses(ask: Ask) -> None:
    answer = ask("GET", "/")
    assert answer.status == 200
    assert answer.json()["providers"]["toy"] == {
        "prefix": "/toy/v1",
        "hosts": ["toy.localhost", "api.toy.example", "*.api.toy.example"],
    }
    assert answer.json()["control_plane"] == "/_harness"


@pytest.mark.parametrize("path", ["/unified/contacts", "/proxy/x", "/custom/x", "/toys/v1/things", "/v1/things"])
def test_an_unknown_address_is_a_404_that_names_the_valid_ones(ask: Ask, path: str) -> None:
    answer = ask("GET", path)
    assert answer.status == 404
    assert path in answer.json()["error"]["message"]
    assert "/toy/" in answer.json()["error"]["message"]


def test_an_unknown_path_of_a_provider_is_answered_by_its_dialect(ask: Ask, key: dict[str, str]) -> None:
    answer = ask("GET", "/toy/v1/thingz", headers=key)
    assert (answer.status, answer.json()) == (404, {"toy": "no route"})
    assert answer.headers[NEAREST] == "things.list: GET /v1/things"


@pytest.mark.parametrize("path", ["/toy", "/toy/"])
def test_the_bare_prefix_is_the_providers_root(ask: Ask, key: dict[str, str], path: str) -> None:
    assert ask("GET", path, headers=key).json() == {"toy": "no route"}


def test_a_head_request_is_answered_as_get_without_the_body(ask: Ask, key: dict[str, str]) -> None:
    whole, head = ask("GET", "/toy/v1/things", headers=key), ask("HEAD", "/toy/v1/things", headers=key)
    assert (head.status, head.body) == (200, b"")
    assert head.headers == whole.headers


def test_a_head_operation_of_the_provider_is_used(ask: Ask, key: dict[str, str]) -> None:
    assert ask("HEAD", "/toy/v1/probe", headers=key).headers["x-probe"] == "head"


def test_a_request_without_a_body_is_not_waited_for(ask: Ask, key: dict[str, str]) -> None:
    assert ask("GET", "/toy/v1/things", headers=key).received == 0


@pytest.mark.parametrize("pieces", [(b"ab",), (b"a", b"b"), (b"", b"ab", b"")])
def test_a_body_in_pieces_arrives_whole(ask: Ask, key: dict[str, str], pieces: tuple[bytes, ...]) -> None:
    chunked = {**key, "transfer-encoding": "chunked"}
    assert ask("POST", "/toy/v1/measure", *pieces, headers=chunked).json() == {"bytes": 2}
    assert ask("POST", "/toy/v1/measure", *pieces, headers=key).json() == {"bytes": 2}


@pytest.mark.parametrize("chunked", [True, False])
def test_a_body_over_the_limit_is_a_413_and_reaches_no_provider(
    ask: Ask, registry: Registry, key: dict[str, str], chunked: bool
) -> None:
    headers = {**key, **({"transfer-encoding": "chunked"} if chunked else {})}
    answer = ask("POST", "/toy/v1/measure", b"x" * 600, b"x" * 401, headers=headers)
    assert answer.status == 413
    assert b"1000 bytes" in answer.body
    assert not len(registry.sandboxes["sb-1"].journal)


def test_a_body_of_just_the_limit_is_read(ask: Ask, key: dict[str, str]) -> None:
    assert ask("POST", "/toy/v1/measure", b"x" * 600, b"x" * 400, headers=key).json() == {"bytes": 1000}


def test_an_endless_body_is_not_read_to_its_end(ask: Ask, key: dict[str, str]) -> None:
    headers = {**key, "transfer-encoding": "chunked"}
    answer = ask("POST", "/toy/v1/measure", *[b"x" * 100] * 1000, headers=headers)
    assert (answer.status, answer.headers["connection"]) == (413, "close")
    assert answer.received < 30


def test_a_streamed_answer_is_sent_piece_by_piece(ask: Ask, key: dict[str, str]) -> None:
    answer = ask("GET", "/toy/v1/stream", headers=key)
    assert answer.pieces == [b'{"n": ', b"1", b"}"]
    assert "content-length" not in answer.headers


def test_an_answer_without_content_has_no_length(ask: Ask, key: dict[str, str]) -> None:
    answer = ask("DELETE", "/toy/v1/things", headers=key)
    assert (answer.status, answer.body) == (204, b"")
    assert "content-length" not in answer.headers


def test_the_path_reaches_the_provider_still_encoded(ask: Ask, registry: Registry, key: dict[str, str]) -> None:
    ask("GET", "/toy/v1/th%C3%BCngs%2F1?q=%20a+b", headers=key)
    exchange = registry.sandboxes["sb-1"].journal.calls()[-1]
    assert (exchange.path, exchange.query) == ("/v1/th%C3%BCngs%2F1", "q=%20a+b")


def test_an_answer_against_the_contract_is_a_500_that_says_what_broke(ask: Ask, registry: Registry) -> None:
    strict = {"x-toy-key": registry.open(strict=True).account("toy").api_key}
    answer = ask("GET", "/toy/v1/lie", headers=strict)
    assert answer.status == 500
    assert "things.lie answered 200 against its contract" in answer.json()["error"]["message"]
    assert "things.lie" in answer.headers[ERROR]
    assert ask("GET", "/toy/v1/things", headers=strict).status == 200


def test_a_failing_handler_of_a_strict_sandbox_is_told_in_ascii(
    ask: Ask, registry: Registry, caplog: pytest.LogCaptureFixture
) -> None:
    strict = {"x-toy-key": registry.open(strict=True).account("toy").api_key}
    answer = ask("GET", "/toy/v1/fail", headers=strict)
    assert (answer.status, answer.headers[ERROR]) == (500, "RuntimeError: the toy is broken ? ganz kaputt")
    assert "Traceback" in caplog.text
    assert ask("GET", "/toy/v1/things", headers=strict).status == 200


def test_a_failing_handler_otherwise_speaks_the_dialect(ask: Ask, key: dict[str, str]) -> None:
    answer = ask("GET", "/toy/v1/fail", headers=key)
    assert (answer.status, answer.json()) == (500, {"toy": "sorry"})


def test_the_control_plane_tells_addresses_at_the_host_the_client_used(ask: Ask) -> None:
    answer = ask("POST", "/_harness/sandboxes", host="localhost:4444")
    account = answer.json()["accounts"]["toy"]
    assert account["base_url"] == "http://localhost:4444/toy/v1"
    assert account["env"] == {"TOY_BASE_URL": account["base_url"], "TOY_API_KEY": account["api_key"]}
    listed = ask("GET", "/toy/v1/things", host="localhost:4444", headers={"x-toy-key": account["api_key"]})
    assert listed.json()["things"] == 3


def test_the_lifespan_is_answered(app: App) -> None:
    sent = []

    async def live() -> None:
        messages = iter(["lifespan.startup", "lifespan.shutdown"])

        async def receive() -> dict[str, Any]:
            return {"type": next(messages)}

        async def send(message: Any) -> None:
            sent.append(message["type"])

        await app({"type": "lifespan"}, receive, send)

    asyncio.run(live())
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


def test_the_timer_runs_what_is_due_on_a_live_clock_and_tells_when_it_is_wanted_again(
    ask: Ask, registry: Registry, machine: Any
) -> None:
    sandbox = registry.open(clock=Clock(machine.now, mode="live", source=machine))
    account = sandbox.account("toy")
    timer = Timer(registry)
    assert timer.run() is None
    ask("POST", "/toy/v1/later", headers={"x-toy-key": account.api_key})
    assert timer.run() == 10
    machine.now += 10_000
    assert timer.run() == 20
    machine.now += 50_000
    assert timer.run() == 30
    assert len(account.store["things"]) == 4
    machine.now += 30_000
    assert timer.run() is None
    assert [job["state"] for job in account.store["_jobs"]] == ["expired"]


def test_the_timer_leaves_frozen_clocks_alone(ask: Ask, registry: Registry, machine: Any) -> None:
    sandbox = registry.open()
    ask("POST", "/toy/v1/later", headers={"x-toy-key": sandbox.account("toy").api_key})
    machine.now += MINUTE * 10
    assert Timer(registry).run() is None
    assert len(sandbox.account("toy").store["things"]) == 3


def test_the_timer_closes_sandboxes_that_nobody_uses(toy: Any, machine: Any) -> None:
    registry = Registry({"toy": toy}, idle_limit=5000, now=machine)
    registry.open(id=DEFAULT)
    registry.open(id="used")
    registry.open(id="idle")
    timer = Timer(registry)
    machine.now += 5000
    registry.provider("toy").handle(_list(registry.sandbox("used").account("toy").api_key))
    assert timer.run() == pytest.approx(0.001)
    machine.now += 1
    assert timer.run() == 5.0
    assert sorted(registry.sandboxes) == [DEFAULT, "used"]


def _list(key: str) -> Any:
    from harness.core.exchange import Request

    return Request("GET", "/v1/things", headers=[("x-toy-key", key)])


def test_requests_of_many_tasks_lose_nothing(registry: Registry, app: App, key: dict[str, str]) -> None:
    import httpx

    async def create() -> None:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=key) as client:
            answers = await asyncio.gather(
                *(client.post("/toy/v1/things", content=orjson.dumps({"n": n})) for n in range(40))
            )
        assert {answer.status_code for answer in answers} == {200}

    asyncio.run(create())
    assert len(registry.sandboxes["sb-1"].account("toy").store["things"]) == 43


def test_a_request_whose_client_left_halfway_was_never_made(app: App, registry: Registry, key: dict[str, str]) -> None:
    messages = [{"type": "http.request", "body": b'{"n"', "more_body": True}, {"type": "http.disconnect"}]
    sent: list[Any] = []

    async def receive() -> Any:
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    lines = [(b"content-length", b"100"), *((name.encode(), value.encode()) for name, value in key.items())]
    scope = {
        "type": "http", "method": "POST", "path": "/toy/v1/things", "raw_path": b"/toy/v1/things",
        "query_string": b"", "headers": lines, "scheme": "http",
    }  # fmt: skip
    asyncio.run(app(scope, receive, send))
    assert sent == []
    assert len(registry.sandboxes["sb-1"].journal) == 0


def test_an_answer_has_one_date_that_of_the_provider_where_it_tells_one() -> None:
    told = [("date", "Fri, 20 Nov 2026 10:00:01 GMT")]
    dates = [
        [value for name, value in _start(response)["headers"] if name == b"date"]
        for response in (Response(204), Response(204, b"", told))
    ]
    assert [len(found) for found in dates] == [1, 1]
    assert dates[1] == [b"Fri, 20 Nov 2026 10:00:01 GMT"]
