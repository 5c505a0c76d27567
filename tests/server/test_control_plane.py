"""The control plane over HTTP: every operation, every way to get one wrong, and who may ask."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
import pytest

from harness.core.contract import Contract
from harness.core.exchange import Request, Response
from harness.core.provider import NEAREST
from harness.core.registry import Registry
from harness.data import folder
from harness.server.app import App
from harness.server.control_plane import ControlPlane

Ask = Callable[..., Any]

CONTRACT = Contract.load(folder("contracts") / "harness")
OPERATIONS = {(operation.method, operation.template): operation for operation in CONTRACT.operations.values()}

BOX = "/sandboxes/box"
TOY = "/sandboxes/box/{}/toy"
FAULTS, TWICE = TOY.format("faults"), {"operation": "things.list", "times": 2}


@pytest.fixture
def plane(registry: Registry) -> Callable[..., Response]:
    """The control plane with an open sandbox `box`; every answer is checked against the contract."""
    control_plane = ControlPlane(registry)

    def send(method: str, path: str, body: Any = None, template: str | None = None) -> Response:
        raw, _, query = path.partition("?")
        headers = [("host", "localhost:4000"), ("content-type", "application/json")]
        content = b"" if body is None else orjson.dumps(body)
        base = "http://localhost:4000"
        request = Request(method, f"/_harness{raw}", query=query, headers=headers, body=content, base_url=base)
        response = control_plane.handle(request)
        if template is not None:
            assert OPERATIONS[method, template].check_response(response) == []
        return response

    assert send("POST", "/sandboxes", {"id": "box"}, "/sandboxes").status == 201
    return send


def call_toy(registry: Registry, method: str, path: str, sandbox: str = "box") -> Response:
    """A request to the toy with the sandbox's key."""
    key = registry.sandbox(sandbox).account("toy").api_key
    return registry.provider("toy").handle(Request(method, f"/v1{path}", headers=[("x-toy-key", key)]))


def test_every_operation_answers_as_its_contract_says(plane: Callable[..., Response], registry: Registry) -> None:
    call_toy(registry, "POST", "/things")
    call_toy(registry, "POST", "/later")
    call_toy(registry, "GET", "/nowhere")
    registry.provider("toy").handle(Request("GET", "/v1/things"))
    box, toy = "/sandboxes/{sandbox}", "/sandboxes/{sandbox}/{}/{provider}"
    steps: list[tuple[str, str, Any, str]] = [
        ("GET", "/health", None, "/health"),
        ("GET", "/openapi", None, "/openapi"),
        ("GET", "/contracts/toy", None, "/contracts/{provider}"),
        ("POST", "/sandboxes", {"world": "empty", "clock": {"mode": "live"}, "quotas": "off"}, "/sandboxes"),
        ("GET", "/sandboxes", None, "/sandboxes"),
        ("GET", BOX, None, box),
        ("GET", f"{BOX}/accounts/toy", None, f"{box}/accounts/{{provider}}"),
        ("POST", f"{BOX}/accounts/toy/keys", {"roles": ["reader"]}, f"{box}/accounts/{{provider}}/keys"),
        ("PUT", f"{BOX}/snapshots/one", None, f"{box}/snapshots/{{name}}"),
        ("GET", f"{BOX}/snapshots", None, f"{box}/snapshots"),
        ("POST", f"{BOX}/snapshots/one/restore", None, f"{box}/snapshots/{{name}}/restore"),
        ("POST", f"{BOX}/fork", None, f"{box}/fork"),
        ("GET", f"{BOX}/clock", None, f"{box}/clock"),
        ("POST", f"{BOX}/clock", {"action": "next"}, f"{box}/clock"),
        ("POST", f"{BOX}/clock", {"action": "advance", "by": "1s"}, f"{box}/clock"),
        ("GET", TOY.format("quotas"), None, toy.replace("{}", "quotas")),
        (
            "PATCH",
            f"{TOY.format('quotas')}/requests",
            {"remaining": 1},
            f"{toy.replace('{}', 'quotas')}/{{quota}}",
        ),
        ("GET", TOY.format("quirks"), None, toy.replace("{}", "quirks")),
        ("PATCH", TOY.format("quirks"), {"choices": {"mood": "rude"}}, toy.replace("{}", "quirks")),
        ("GET", TOY.format("jobs"), None, toy.replace("{}", "jobs")),
        ("PUT", f"{TOY.format('jobs')}/plans/export", {}, f"{toy.replace('{}', 'jobs')}/plans/{{kind}}"),
        ("POST", TOY.format("faults"), {"profile": "outage"}, toy.replace("{}", "faults")),
        ("GET", TOY.format("faults"), None, toy.replace("{}", "faults")),
        ("DELETE", f"{TOY.format('faults')}/fault-1", None, f"{toy.replace('{}', 'faults')}/{{fault}}"),
        ("DELETE", TOY.format("faults"), None, toy.replace("{}", "faults")),
        ("GET", f"{BOX}/journal", None, f"{box}/journal"),
        ("GET", f"{BOX}/journal?bodies=false&limit=1", None, f"{box}/journal"),
        ("GET", f"{BOX}/journal?unread=true", None, f"{box}/journal"),
        ("GET", f"{BOX}/conduct", None, f"{box}/conduct"),
        ("GET", f"{BOX}/conduct?rules=waits_retry_after&rules=no_call_after_401", None, f"{box}/conduct"),
        ("GET", "/unclaimed", None, "/unclaimed"),
        ("GET", f"{BOX}/state", None, f"{box}/state"),
        ("GET", f"{BOX}/state/toy/things", None, f"{box}/state/{{provider}}/{{collection}}"),
        ("GET", f"{BOX}/state/toy/things/th_0", None, f"{box}/state/{{provider}}/{{collection}}/{{id}}"),
        ("POST", f"{BOX}/seed", {"world": {"contacts": []}}, f"{box}/seed"),
        (
            "POST",
            f"{BOX}/webhooks/toy/subscriptions",
            {"target_url": "http://127.0.0.1:9/"},
            f"{box}/webhooks/{{provider}}/subscriptions",
        ),
        ("PATCH", f"{BOX}/webhooks/toy/plan", {"hold": True}, f"{box}/webhooks/{{provider}}/plan"),
        ("POST", f"{BOX}/webhooks/deliver", {}, f"{box}/webhooks/deliver"),
        ("GET", f"{BOX}/webhooks", None, f"{box}/webhooks"),
        (
            "POST",
            f"{BOX}/webhooks/toy/verify",
            {"headers": {}, "body": "x"},
            f"{box}/webhooks/{{provider}}/verify",
        ),
        ("GET", TOY.format("simulate"), None, toy.replace("{}", "simulate")),
        (
            "POST",
            f"{TOY.format('simulate')}/knock",
            {"arguments": {"name": "Ada"}},
            f"{toy.replace('{}', 'simulate')}/{{name}}",
        ),
        ("DELETE", f"{BOX}/journal", None, f"{box}/journal"),
        ("POST", f"{BOX}/reset", None, f"{box}/reset"),
    ]
    used = {(method, template) for method, _, _, template in steps}
    for method, path, body, template in steps:
        response = plane(method, path, body, template)
        assert response.status in (200, 201), (method, path, response.read())

    call_toy(registry, "POST", "/later")
    job = plane("GET", TOY.format("jobs")).json()["jobs"][0]["id"]
    template = f"{toy.replace('{}', 'jobs')}/{{job}}"
    assert plane("PATCH", f"{TOY.format('jobs')}/{job}", {"action": "finish"}, template).json()["state"] == "done"
    plane("POST", f"{BOX}/webhooks/toy/subscriptions", {"target_url": "http://127.0.0.1:9/"})
    call_toy(registry, "POST", "/things")
    event = plane("GET", f"{BOX}/webhooks").json()["events"][-1]["id"]
    template_event = f"{box}/webhooks/{{provider}}/events/{{event}}/redeliver"
    again = plane("POST", f"{BOX}/webhooks/toy/events/{event}/redeliver", {}, template_event)
    assert again.json()["deliveries"][0]["state"] == "queued"
    key = plane("GET", f"{BOX}/accounts/toy").json()["api_key"]
    template_key = f"{box}/accounts/{{provider}}/keys/{{key}}"
    assert plane("DELETE", f"{BOX}/accounts/toy/keys/{key}", None, template_key).json() == {}
    assert plane("DELETE", BOX, None, box).json() == {"id": "box"}
    assert (
        used | {("PATCH", template), ("POST", template_event), ("DELETE", template_key), ("DELETE", box)}
        == OPERATIONS.keys()
    )


WRONG: list[tuple[str, str, Any, int, list[str], str]] = [
    # method, path, body, status, where, words
    ("GET", "/sandboxes/bix", None, 404, ["sandbox"], "did you mean 'box'"),
    ("DELETE", "/sandboxes/bix", None, 404, ["sandbox"], "unknown sandbox 'bix'"),
    ("GET", "/contracts/tay", None, 404, ["provider"], "did you mean 'toy'"),
    ("POST", "/sandboxes", {"id": "box"}, 409, [], "open already"),
    ("POST", "/sandboxes", {"id": "no good"}, 400, ["id"], "Letters, digits, dot"),
    ("POST", "/sandboxes", {"moon": 1}, 400, ["moon"], "valid are clock, id, quirks"),
    ("POST", "/sandboxes", {"world": "emty"}, 400, ["world"], "did you mean 'empty'"),
    ("POST", "/sandboxes", {"world": "/etc/passwd.yaml"}, 400, ["world"], "as a mapping"),
    ("POST", "/sandboxes", {"world": {"contcts": []}}, 400, ["world"], "contcts"),
    ("POST", "/sandboxes", {"world": 7}, 400, ["world"], "object"),
    ("POST", "/sandboxes", {"clock": {"mode": "warm"}}, 400, ["clock", "mode"], "frozen"),
    ("POST", "/sandboxes", {"clock": {"mod": "live"}}, 400, ["clock"], "did you mean 'mode'"),
    ("POST", "/sandboxes", {"clock": {"at": "tomorrow"}}, 400, ["clock", "at"], "ISO 8601"),
    ("POST", "/sandboxes", {"clock": {"tick": -1}}, 400, ["clock", "tick"], "minimum"),
    ("POST", "/sandboxes", {"quirks": {"tay": {}}}, 400, ["quirks", "tay"], "did you mean 'toy'"),
    ("POST", "/sandboxes", {"quirks": {"toy": {"moood": "rude"}}}, 400, ["quirks"], "did you mean 'mood'"),
    ("POST", "/sandboxes", {"quirks": {"toy": {"mood": "mild"}}}, 400, ["quirks"], "kind, rude"),
    ("POST", "/sandboxes", {"quotas": "on"}, 400, ["quotas"], "real"),
    ("POST", "/sandboxes", {"strict": "yes"}, 400, ["strict"], "boolean"),
    ("POST", "/sandboxes", ["box"], 400, [], "JSON object"),
    ("POST", f"{BOX}/reset", {"hard": True}, 400, ["hard"], "unknown option"),
    ("POST", f"{BOX}/fork?twice=1", None, 400, ["twice"], "unknown query parameter"),
    ("GET", f"{BOX}/accounts/tay", None, 404, ["provider"], "did you mean 'toy'"),
    ("POST", f"{BOX}/accounts/toy/keys", {"roles": "reader"}, 400, ["roles"], "array"),
    ("DELETE", f"{BOX}/accounts/toy/keys/none", None, 404, ["key"], "unknown key"),
    ("PUT", f"{BOX}/snapshots/..%2Fup", None, 400, ["name"], "Letters, digits, dot"),
    ("POST", f"{BOX}/snapshots/kept/restore", None, 404, ["name"], "did you mean 'keep'"),
    ("POST", f"{BOX}/clock", None, 400, ["action"], "'action' is missing"),
    ("POST", FAULTS, {"rules": [TWICE, {**TWICE, "page": 2}]}, 400, ["rules", 1], "things.list has no pages"),
    ("POST", FAULTS, {"rules": [TWICE, {"operation": "thing.list"}]}, 400, ["rules", 1], "did you mean 'things.list'"),
    ("POST", FAULTS, {"rules": [{**TWICE, "status": 200}]}, 400, ["rules", 0, "status"], "minimum of 400"),
    ("POST", FAULTS, {"rules": [{**TWICE, "effect": "cut", "seconds": 1}]}, 400, ["rules", 0], "cut takes handled"),
    ("POST", f"{BOX}/clock", {"action": "stop"}, 400, ["action"], "freeze"),
    ("POST", f"{BOX}/clock", {"action": "advance"}, 400, ["by"], "needs 'by'"),
    ("POST", f"{BOX}/clock", {"action": "advance", "by": "5 minutes"}, 400, ["by"], "'5m'"),
    ("POST", f"{BOX}/clock", {"action": "advance", "by": -5}, 400, ["by"], "backwards"),
    ("POST", f"{BOX}/clock", {"action": "advance", "by": 1e300}, 400, ["by"], "years 100 to 9899"),
    ("POST", f"{BOX}/clock", {"action": "advance", "by": 5, "to": "x"}, 400, ["to"], "takes 'by'"),
    ("POST", f"{BOX}/clock", {"action": "set", "to": "soon"}, 400, ["to"], "ISO 8601"),
    ("POST", f"{BOX}/clock", {"action": "tick", "tick": 1.5}, 400, ["tick"], "integer"),
    ("POST", f"{BOX}/clock", {"action": "freeze", "by": 5}, 400, ["by"], "takes nothing, not 'by'"),
    ("PATCH", f"{TOY.format('quotas')}/request", {"limit": 1}, 404, ["quota"], "did you mean 'requests'"),
    ("PATCH", f"{TOY.format('quotas')}/requests", {"limit": -1}, 400, ["limit"], "minimum"),
    ("PATCH", f"{TOY.format('quotas')}/requests", {"limit": 5, "remaining": 6}, 400, ["remaining"], "0 to 5"),
    (
        "PATCH",
        TOY.format("quirks"),
        {"choices": {"mood": "rude", "x": "y"}},
        400,
        ["choices"],
        "counting, mood",
    ),
    ("PATCH", TOY.format("quirks"), {"mood": "rude"}, 400, ["mood"], "valid are choices"),
    ("PUT", f"{TOY.format('jobs')}/plans/import", {}, 404, ["kind"], "valid are export"),
    ("PUT", f"{TOY.format('jobs')}/plans/export", {"progress": "magic"}, 400, ["progress"], "immediate"),
    ("PUT", f"{TOY.format('jobs')}/plans/export", {"polls": 0}, 400, ["polls"], "minimum"),
    ("PATCH", f"{TOY.format('jobs')}/jab", {"action": "finish"}, 404, ["job"], "unknown job"),
    ("PATCH", f"{TOY.format('jobs')}/jab", {"action": "settle"}, 400, ["outcome"], "done or failed"),
    ("GET", f"{BOX}/journal?operation=things.lst", None, 400, ["operation"], "did you mean 'things.list'"),
    ("GET", f"{BOX}/journal?provider=tay", None, 400, ["provider"], "did you mean 'toy'"),
    ("GET", f"{BOX}/journal?status=ok", None, 400, ["status"], "integer"),
    ("GET", f"{BOX}/journal?limit=-1", None, 400, ["limit"], "minimum"),
    ("GET", f"{BOX}/state/toy/thingz", None, 404, ["collection"], "did you mean 'things'"),
    ("GET", f"{BOX}/state/toy/_events", None, 404, ["collection"], "things"),
    ("GET", f"{BOX}/state/toy/things/th_9", None, 404, ["id"], "no document 'th_9'"),
    ("GET", f"{BOX}/webhooks?provider=tay", None, 400, ["provider"], "did you mean 'toy'"),
    ("POST", f"{BOX}/webhooks/deliver", {"provider": "tay"}, 400, ["provider"], "did you mean 'toy'"),
    ("POST", f"{BOX}/webhooks/deliver", {"count": 1, "timeout": 0}, 409, ["count"], "0 delivered"),
    ("POST", f"{BOX}/webhooks/tay/subscriptions", {"target_url": "x"}, 404, ["provider"], "did you mean 'toy'"),
    ("POST", f"{BOX}/webhooks/toy/subscriptions", {}, 400, ["target_url"], "missing"),
    (
        "POST",
        f"{BOX}/webhooks/toy/subscriptions",
        {"target_url": "x", "events": ["creatd"]},
        400,
        ["events", 0],
        "did you mean 'created'",
    ),
    ("PATCH", f"{BOX}/webhooks/toy/plan", {"duplicate": 1}, 400, ["duplicate"], "did you mean 'duplicates'"),
    ("PATCH", f"{BOX}/webhooks/toy/plan", {"duplicates": -1}, 400, ["duplicates"], "minimum"),
    ("PATCH", f"{BOX}/webhooks/toy/plan", {"allow": ["https://x.org/"]}, 400, ["allow", 0], "name of a host"),
    ("POST", f"{BOX}/webhooks/toy/events/ev_0/redeliver", {}, 404, ["event"], "unknown event"),
    ("POST", f"{BOX}/webhooks/toy/verify", {"headers": {}}, 400, ["body"], "missing"),
    ("POST", f"{BOX}/simulate/toy/knok", {}, 404, ["name"], "did you mean 'knock'"),
    ("POST", f"{BOX}/simulate/toy/knock", {}, 400, ["arguments", "name"], "who"),
    (
        "POST",
        f"{BOX}/simulate/toy/knock",
        {"arguments": {"nam": "x"}},
        400,
        ["arguments", "nam"],
        "did you mean 'name'",
    ),
    ("POST", f"{BOX}/simulate/toy/knock", {"arguments": {"name": 5}}, 400, ["arguments", "name"], "text"),
    ("POST", f"{BOX}/seed", {}, 400, ["world"], "'world' is missing"),
    ("POST", f"{BOX}/seed", {"world": {}, "provider": "tay"}, 400, ["provider"], "did you mean 'toy'"),
    ("GET", "/sanboxes", None, 404, [], "nearest is GET /_harness/sandboxes"),
    ("PUT", "/sandboxes", None, 405, [], "the path has GET, POST"),
]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "where", "words"),
    WRONG,
    ids=[f"{method} {path} {body}"[:70] for method, path, body, *_ in WRONG],
)
def test_a_wrong_call_is_refused_with_place_and_remedy_and_changes_nothing(
    plane: Callable[..., Response],
    registry: Registry,
    method: str,
    path: str,
    body: Any,
    status: int,
    where: list[str],
    words: str,
) -> None:
    plane("PUT", f"{BOX}/snapshots/keep")
    call_toy(registry, "POST", "/later")
    looks = ["/sandboxes", f"{BOX}/state", f"{BOX}/snapshots", f"{BOX}/journal"]
    looks += [TOY.format(part) for part in ("quotas", "quirks", "jobs", "faults")]
    before = [plane("GET", look).read() for look in looks]

    response = plane(method, path, body)
    error = response.json()["error"]
    assert (response.status, error["status"], error["where"]) == (status, status, where), error
    assert words in error["message"]
    assert [plane("GET", look).read() for look in looks] == before


def test_an_ended_job_cannot_be_finished_again(plane: Callable[..., Response], registry: Registry) -> None:
    call_toy(registry, "POST", "/later")
    path = f"{TOY.format('jobs')}/{plane('GET', TOY.format('jobs')).json()['jobs'][0]['id']}"
    assert plane("PATCH", path, {"action": "finish", "outcome": "failed"}).json()["state"] == "failed"
    refused = plane("PATCH", path, {"action": "finish"})
    assert (refused.status, refused.json()["error"]["code"]) == (409, "conflict")


@pytest.mark.parametrize("body", [b"{", b'"x"', b"\xff"])
def test_a_body_that_is_no_json_object_is_refused(ask: Ask, body: bytes) -> None:
    answer = ask("POST", "/_harness/sandboxes", body)
    assert (answer.status, answer.json()["error"]["code"]) == (400, "invalid")


def test_a_body_of_another_media_type_is_refused(ask: Ask) -> None:
    form = {"content-type": "application/x-www-form-urlencoded"}
    answer = ask("POST", "/_harness/sandboxes", b"id=x", headers=form)
    assert (answer.status, answer.json()["error"]["code"]) == (415, "media_type")
    assert "--json" in answer.json()["error"]["message"]


def test_the_nearest_operation_of_an_unknown_path_stands_in_a_header(ask: Ask) -> None:
    assert ask("GET", "/_harness/helth").headers[NEAREST] == "health.get: GET /_harness/health"


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost:4000",
        "LOCALHOST:1",
        "127.0.0.1",
        "127.0.0.1:4000",
        "[::1]",
        "[::1]:4000",
        "a.localhost:9",
    ],
)
@pytest.mark.parametrize("origin", [None, "http://localhost:3000", "https://127.0.0.1", "http://[::1]:8080"])
def test_loopback_names_are_answered(ask: Ask, host: str, origin: str | None) -> None:
    headers = {} if origin is None else {"origin": origin}
    answer = ask("GET", "/_harness/health", host=host, headers=headers)
    assert answer.status == 200
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    "host",
    [
        "",
        "example.com",
        "api.toy.example",
        "localhost.example.com",
        "127.0.0.1.example.com",
        "127.0.0.2",
        "evillocalhost",
        "0.0.0.0:4000",
        "::1",
        "localhost:4000.example.com",
        "[::1].example.com",
        "user@example.com:1",
    ],
)
def test_other_hosts_are_refused_with_the_reason(ask: Ask, host: str) -> None:
    answer = ask("POST", "/_harness/sandboxes", host=host)
    assert (answer.status, answer.json()["error"]["code"]) == (403, "forbidden")
    assert repr(host) in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "https://example.com",
        "http://localhost.example.com",
        "http://example.com:4000",
        "localhost",
        "file://",
        "http://[",
    ],
)
def test_pages_of_another_origin_are_refused(ask: Ask, registry: Registry, origin: str) -> None:
    answer = ask("POST", "/_harness/sandboxes", headers={"origin": origin})
    assert (answer.status, answer.json()["error"]["code"]) == (403, "forbidden")
    assert not registry.sandboxes


@pytest.mark.parametrize("sent", [None, "Bearer wrong", "Basic secret-token", "secret-token", "Bearer", "Bearer é"])
def test_a_server_with_a_token_wants_it(ask: Ask, registry: Registry, sent: str | None) -> None:
    headers = {} if sent is None else {"authorization": sent}
    answer = ask("GET", "/_harness/health", headers=headers, of=App(registry, "secret-token"))
    assert (answer.status, answer.json()["error"]["code"]) == (401, "unauthorized")
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
def test_whoever_has_the_token_may_use_any_host(ask: Ask, registry: Registry, scheme: str) -> None:
    headers = {"authorization": f"{scheme} secret-token"}
    answer = ask("GET", "/_harness/health", host="ci.example.com", headers=headers, of=App(registry, "secret-token"))
    assert answer.status == 200


def test_the_limit_of_a_wide_open_quota_can_be_lowered_and_used_up(
    plane: Callable[..., Response], registry: Registry
) -> None:
    plane("PATCH", f"{TOY.format('quotas')}/requests", {"limit": 5, "remaining": 1})
    assert [call_toy(registry, "GET", "/things").status for _ in range(2)] == [200, 429]
    quota = plane("GET", TOY.format("quotas")).json()["quotas"][0]
    assert (quota["limit"], quota["window"], quota["windows"][0]["remaining"]) == (5, 60, 0)


def test_an_option_that_is_null_is_as_if_it_were_not_sent(plane: Callable[..., Response]) -> None:
    assert plane("POST", "/sandboxes", {"id": None, "world": None, "clock": {"at": None}}).status == 201


def test_an_account_without_keys_is_described_all_the_same(plane: Callable[..., Response]) -> None:
    key = plane("GET", f"{BOX}/accounts/toy").json()["api_key"]
    plane("DELETE", f"{BOX}/accounts/toy/keys/{key}")
    account = plane("GET", BOX, None, "/sandboxes/{sandbox}").json()["accounts"]["toy"]
    assert (account["api_key"], account["headers"]) == (None, {})
    assert account["env"] == {"TOY_BASE_URL": "http://localhost:4000/toy/v1"}


def test_documents_are_shown_as_the_provider_shows_them(plane: Callable[..., Response]) -> None:
    page = plane("GET", f"{BOX}/state/toy/things?offset=1&limit=1").json()
    assert page == {"documents": [{"id": "th_1", "name": "thing 1"}], "total": 3}


def test_every_operation_says_what_refuses_it() -> None:
    for operation in CONTRACT.operations.values():
        statuses = set(operation.data["responses"])
        assert {"400", "401", "403"} <= statuses
        assert ("404" in statuses) == ("{" in operation.template)
        assert ("415" in statuses) == bool(operation.media)
