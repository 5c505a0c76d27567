"""A made-up provider in one small contract, for the tests of the core."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from harness.core.contract import Contract
from harness.core.exchange import Refused, Request, Response, json_response
from harness.core.jobs import JobKind
from harness.core.pack import Pack
from harness.core.provider import Call, Provider
from harness.core.quota import Quota, Window, of_key, of_operation
from harness.core.registry import Registry
from harness.core.sandbox import Sandbox
from harness.core.store import Document, Order, Schema
from harness.core.unit import Unit

CONTRACT = """
openapi: 3.1.0
info: {title: Toy, version: '1'}
servers: [{url: https://toy.example.com/v1}]
paths:
  /things:
    get:
      operationId: things.list
      x-evidence: {level: inferred}
      parameters:
        - {name: limit, in: query, schema: {type: integer, minimum: 1}}
        - {name: ratio, in: query, schema: {type: number}}
        - {name: old, in: query, allowEmptyValue: true, schema: {type: boolean}}
        - {name: tags, in: query, schema: {type: array, items: {type: string, minLength: 2}}}
        - {name: after, in: query, schema: {type: [string, 'null']}}
      responses:
        '200': {description: All., content: {application/json: {schema: {type: object}}}}
    post:
      operationId: things.create
      x-evidence: {level: inferred}
      requestBody:
        required: true
        content: {application/json: {schema: {$ref: '#/components/schemas/ThingCreate'}}}
      responses:
        '200': {description: It., content: {application/json: {schema: {$ref: '#/components/schemas/Thing'}}}}
        '400': {description: Wrong., content: {application/json: {schema: {type: object}}}}
  /things/{id}:
    get:
      operationId: things.get
      x-evidence: {level: documented, source: https://toy.example.com/docs, note: seen}
      x-tools: [get_thing]
      x-quirk: mood
      parameters:
        - {name: id, in: path, required: true, schema: {type: string}}
      responses:
        '200': {description: It., content: {application/json: {schema: {$ref: '#/components/schemas/Thing'}}}}
        '404': {description: None.}
  /uploads:
    post:
      operationId: uploads.create
      x-evidence: {level: inferred}
      requestBody:
        content:
          multipart/form-data:
            schema: {type: object, required: [file], properties: {file: {type: string, minLength: 1}}}
      responses:
        '200': {description: How many parts., content: {application/json: {schema: {type: object}}}}
  /health:
    get:
      operationId: health.get
      security: []
      x-evidence: {level: inferred}
      responses:
        '204': {description: Well.}
components:
  schemas:
    Thing:
      type: object
      x-evidence: {level: inferred}
      required: [id, name]
      additionalProperties: false
      properties:
        id: {type: string}
        name: {type: string}
        at: {type: [string, integer], format: date-time}
    ThingCreate:
      type: object
      x-evidence: {level: inferred}
      required: [name]
      properties:
        name: {type: string, minLength: 1, maxLength: 10}
        kind: {type: string, enum: [small, large]}
x-quirks:
  mood:
    summary: How it feels.
    choices: [good, bad]
    default: good
    x-evidence: {level: client, source: [https://toy.example.com/a, https://toy.example.com/b]}
  window:
    summary: How it counts.
    choices: [fixed, sliding]
    default: fixed
    x-evidence: {level: inferred, source: https://toy.example.com/c}
"""


class Dialect:
    """The shortest answers there are."""

    def missing_credential(self, request: Request) -> Response:
        return Response(401)

    def unknown_credential(self, request: Request) -> Response:
        return Response(403)

    def unknown_route(self, request: Request, allowed: list[str], quirks: Mapping[str, str]) -> Response:
        return json_response({"allowed": allowed, "mood": quirks["mood"]}, 405 if allowed else 404)

    def over_quota(self, call: Call, window: Window) -> Response:
        return json_response({"quota": window.quota.name, "resets_at": window.resets_at(call.now)}, 429)

    def invalid(self, call: Call, violations: list[Any]) -> Response:
        return json_response({"violations": list(map(str, violations))}, 400)

    def failure(self, request: Request, status: int) -> Response:
        return json_response({}, status)


def create(call: Call) -> Document:
    """Store a thing; the name `refused` ends the unit of work after that, `broken` breaks the handler."""
    thing = {"id": call.new_id("th"), "name": call.body["name"]}
    call["things"].insert(thing)
    if thing["name"] == "refused":
        raise Refused(json_response({}, 400))
    if thing["name"] == "broken":
        raise RuntimeError("the handler is broken")
    if thing["name"] == "odd":
        return {"id": 5, "name": "odd"}
    return thing


def get(call: Call) -> Any:
    thing = call["things"].get(call.path["id"])
    if thing is None:
        raise Refused(Response(404))
    return thing


def rename(unit: Unit, id: str, payload: Mapping[str, Any]) -> None:
    """Due event: a thing gets another name."""
    unit["things"].put({"id": id, "name": payload["name"], "at": unit.now})


def note(unit: Unit, job: Document) -> None:
    """A baking has ended: keep what and when."""
    unit["things"].put({"id": job["id"], "name": job["state"], "at": unit.now})


def seed(unit: Unit, world: Mapping[str, Any]) -> None:
    for contact in world["contacts"]:
        unit["things"].insert({"id": unit.named_id("th", contact["key"]), "name": contact["key"]})


@pytest.fixture(scope="session")
def contract_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The made-up provider's contract, as a folder of one file."""
    folder = tmp_path_factory.mktemp("contracts") / "toy"
    folder.mkdir()
    (folder / "openapi.yaml").write_text(CONTRACT)
    return folder


@pytest.fixture(scope="session")
def contract(contract_folder: Path) -> Contract:
    return Contract.load(contract_folder)


@pytest.fixture(scope="session")
def pack(contract_folder: Path) -> Pack:
    """A provider with a quota of each scope, a kind of job, and a due event."""
    return Pack(
        name="toy",
        title="Toy",
        contract_folder=lambda: contract_folder,
        collections={"things": Schema(orders={"name": Order(lambda thing: (thing["name"],))})},
        handlers={
            "things.list": lambda call: call.query,
            "things.create": create,
            "things.get": get,
            "uploads.create": lambda call: {"parts": len(call.body or ())},
            "health.get": lambda call: Response(204),
        },
        dialect=Dialect(),
        credential=lambda request: request.header("x-toy-key"),
        make_key=lambda seed, roles: f"toy-{seed[:12]}",
        headers=lambda key: {"X-Toy-Key": key},
        secret_headers=frozenset(("x-toy-key",)),
        seed=seed,
        quotas=(
            Quota("all", limit=5, window=60_000, quirk="window"),
            Quota("key", limit=4, window=60_000, kind="sliding", scope=of_key),
            Quota("operation", limit=3, window=1_000, scope=of_operation),
        ),
        due={"rename": rename},
        jobs={"bake": JobKind("bake", waits=1_000, runs=4_000, keeps=60_000, finished=note, expired=note)},
        hosts=("toy.example.com",),
    )


@pytest.fixture
def registry(pack: Pack) -> Registry:
    return Registry({"toy": pack})


@pytest.fixture
def sandbox(registry: Registry) -> Sandbox:
    """A strict sandbox, frozen at the epoch, without quotas."""
    return registry.open(strict=True, real_quotas=False)


@pytest.fixture
def provider(registry: Registry) -> Provider:
    return registry.provider("toy")


Ask = Callable[..., Response]


@pytest.fixture
def ask(provider: Provider, sandbox: Sandbox) -> Ask:
    """Sends a request with the sandbox's key: `ask("GET", "/things")`."""

    def send(method: str, path: str, body: bytes = b"", *, key: str | None = None, **headers: str) -> Response:
        path, _, query = path.partition("?")
        sent = {"x-toy-key": key or sandbox.account("toy").api_key, **headers}
        lines = [(name.replace("_", "-"), value) for name, value in sent.items()]
        return provider.handle(Request(method, f"/v1{path}", query=query, headers=lines, body=body))

    return send
