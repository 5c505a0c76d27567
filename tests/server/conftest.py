"""A toy provider with awkward operations, and ways to ask the application without a socket."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import pytest

from harness.core.clock import MINUTE
from harness.core.contract import Violation
from harness.core.exchange import Request, Response, json_response
from harness.core.jobs import JobKind
from harness.core.pack import Pack
from harness.core.provider import Call, Link
from harness.core.quota import Quota, Window, of_operation
from harness.core.registry import Registry
from harness.core.simulate import Argument, Simulation
from harness.core.store import Document, Schema
from harness.core.unit import Unit
from harness.core.views import View
from harness.core.webhooks import WebhookRules
from harness.server.app import App

EPOCH = "2026-01-15T09:00:00.000Z"

_OPERATIONS = (
    ("things.list", "get", "/things", ""),
    ("things.create", "post", "/things", "object"),
    ("things.stream", "get", "/stream", ""),
    ("things.fail", "get", "/fail", ""),
    ("things.lie", "get", "/lie", ""),
    ("things.measure", "post", "/measure", ""),
    ("things.probe", "head", "/probe", ""),
    ("things.forget", "delete", "/things", ""),
    ("things.later", "post", "/later", ""),
)


def _contract() -> str:
    lines = [
        "openapi: 3.1.0",
        "info: {title: Toy, version: '1'}",
        "servers: [{url: 'https://api.toy.example/v1'}]",
        "paths:",
    ]
    evidence = "{level: documented, source: https://toy.example/}"
    for name, method, path, body in _OPERATIONS:
        if f"  {path}:" not in lines:
            lines.append(f"  {path}:")
        at = lines.index(f"  {path}:") + 1
        media = "{application/json: {schema: {type: object}}}"
        request = f"\n      requestBody: {{content: {media}}}" if body else ""
        answer = "{description: no such answer}" if name == "things.lie" else f"{{description: x, content: {media}}}"
        operation = f"    {method}:\n      operationId: {name}\n      x-evidence: {evidence}{request}"
        lines.insert(at, f"{operation}\n      responses: {{'200': {answer}, '204': {{description: gone}}}}")
    lines += [
        "x-quirks:",
        f"  mood: {{summary: How it answers., choices: [kind, rude], default: kind, x-evidence: {evidence}}}",
        f"  counting: {{summary: How., choices: [fixed, sliding], default: fixed, x-evidence: {evidence}}}",
    ]
    return "\n".join(lines) + "\n"


class _Dialect:
    def missing_credential(self, request: Request) -> Response:
        return json_response({"toy": "no key"}, 401)

    def unknown_credential(self, request: Request) -> Response:
        return json_response({"toy": "unknown key"}, 403)

    def unknown_route(self, request: Request, allowed: list[str], quirks: Mapping[str, str]) -> Response:
        return json_response({"toy": "no route"}, 405 if allowed else 404)

    def over_quota(self, call: Call, window: Window) -> Response:
        return json_response({"toy": "too many"}, 429)

    def invalid(self, call: Call, violations: list[Violation]) -> Response:
        return json_response({"toy": str(violations[0])}, 400)

    def failure(self, request: Request, status: int) -> Response:
        return json_response({"toy": "sorry"}, status)


def _create(call: Call) -> Any:
    thing = {"id": call.new_id("th"), **(call.body or {})}
    call["things"].insert(thing)
    if "hook" in thing:  # that is how the toy subscribes
        return thing
    deliveries = [{"subscription": each["id"], "target_url": each["hook"]} for each in call["things"] if "hook" in each]
    event = {"id": call.new_id("ev"), "type": "created", "at": call.now, "payload": thing, "deliveries": deliveries}
    call.record_event(event)
    return thing


def _sign(unit: Unit, subscription: str, event: Document, body: bytes) -> dict[str, str] | None:
    return {"X-Toy-Check": f"{subscription} {len(body)}"} if subscription in unit["things"] else None


def _knock(unit: Unit, name: str) -> dict[str, Any]:
    thing = {"id": unit.new_id("th"), "name": name}
    unit["things"].insert(thing)
    return thing


def _link(call: Call) -> str:
    return f"{call.request.base_url}/v1/links/{call.account.link_token}/file"


def _fail(call: Call) -> Any:
    raise RuntimeError("the toy is broken – ganz kaputt")


def _measure(call: Call) -> Any:
    return {"bytes": len(call.request.body)}


def _later(call: Call) -> Any:
    call.jobs.submit("export", call.new_id("job"))
    call.schedule("ring", call.now + MINUTE, "bell")
    return {}


def _ring(unit: Unit, ref: str, payload: Mapping[str, Any]) -> None:
    unit["things"].insert({"id": unit.new_id("th"), "name": "rung"})


def _seed(unit: Unit, world: Mapping[str, Any]) -> None:
    for number in range(len(unit["things"]), 3):
        unit["things"].insert({"id": f"th_{number}", "name": f"thing {number}", "raw": b"1234"})


def _render(unit: Unit, document: Document) -> dict[str, Any]:
    return {"id": document["id"], "name": document.get("name")}


@pytest.fixture(scope="session")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    """A provider of one resource, with operations that stream, fail and break their contract."""
    folder: Path = tmp_path_factory.mktemp("toy")
    (folder / "openapi.yaml").write_text(_contract())
    return Pack(
        name="toy",
        title="Toy",
        contract_folder=lambda: folder,
        collections={"things": Schema(), "secrets": Schema()},
        handlers={
            "things.list": lambda call: {"things": len(call["things"]), "link": _link(call)},
            "things.create": _create,
            "things.stream": lambda call: Response(
                200, (b'{"n": ', b"1", b"}"), [("content-type", "application/json")]
            ),
            "things.fail": _fail,
            "things.lie": lambda call: json_response({"lie": True}),
            "things.measure": _measure,
            "things.probe": lambda call: Response(200, b"", [("x-probe", "head")]),
            "things.forget": lambda call: Response(204),
            "things.later": _later,
        },
        links={
            Link("things.download", "GET", "/v1/links/{token}/{name}", "token"): lambda call: Response(200, b"file")
        },
        dialect=_Dialect(),
        credential=lambda request: request.header("x-toy-key"),
        make_key=lambda seed, roles: f"toy-{seed[:24]}",
        headers=lambda key: {"X-Toy-Key": key},
        seed=_seed,
        views={"things": View("things", _render)},
        quotas=(
            Quota("requests", limit=100, window=MINUTE, quirk="counting"),
            Quota("each", limit=50, window=MINUTE, scope=of_operation),
        ),
        due={"ring": _ring},
        webhooks=WebhookRules(
            events=("created",),
            sign=_sign,
            retries=lambda quirks: (MINUTE,),
            subscribe=lambda url, events: ("POST", "/v1/things", {"hook": url}),
        ),
        simulate={"knock": Simulation(_knock, "Somebody knocks.", {"name": Argument("who", required=True)})},
        jobs={"export": JobKind("export", waits=10_000, runs=20_000, keeps=MINUTE)},
        hosts=("api.toy.example", "*.api.toy.example"),
    )


@dataclass
class MachineTime:
    """The machine's time, moved by the test."""

    now: int = 1_800_000_000_000

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def machine() -> MachineTime:
    """The time the registry takes for the machine's."""
    return MachineTime()


@pytest.fixture
def registry(toy: Pack, machine: MachineTime) -> Registry:
    """The toy, with no sandbox open."""
    return Registry({"toy": toy}, now=machine)


@dataclass
class Answer:
    """What an ASGI application sent."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    pieces: list[bytes] = field(default_factory=list)
    received: int = 0
    """How many times the application asked for a part of the request."""

    @property
    def body(self) -> bytes:
        return b"".join(self.pieces)

    def json(self) -> Any:
        return orjson.loads(self.body)


Ask = Callable[..., Answer]


@pytest.fixture
def app(registry: Registry) -> App:
    """The application over the registry."""
    return App(registry, max_body=1000)


@pytest.fixture
def ask(app: App) -> Ask:
    """One request to the application, its body in the given pieces."""

    def send_request(
        method: str,
        path: str,
        *pieces: bytes,
        host: str = "127.0.0.1:4000",
        headers: Mapping[str, str] | None = None,
        of: App | None = None,
    ) -> Answer:
        answer = Answer()
        parts: Iterator[dict[str, Any]] = iter(
            [
                {"type": "http.request", "body": piece, "more_body": number + 1 < len(pieces)}
                for number, piece in enumerate(pieces)
            ]
        )

        async def receive() -> dict[str, Any]:
            answer.received += 1
            return next(parts, {"type": "http.disconnect"})

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                answer.status = message["status"]
                answer.headers = {name.decode(): value.decode("latin-1") for name, value in message["headers"]}
            elif message["body"]:
                answer.pieces.append(message["body"])

        sent = {"host": host, **(headers or {})}
        if pieces and "transfer-encoding" not in sent:
            sent.setdefault("content-length", str(sum(map(len, pieces))))
        raw, _, query = path.partition("?")
        scope = {
            "type": "http",
            "method": method,
            "scheme": "http",
            "path": raw,
            "raw_path": raw.encode(),
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in sent.items()],
            "server": ("127.0.0.1", 4000),
        }
        asyncio.run((of or app)(scope, receive, send))
        return answer

    return send_request
