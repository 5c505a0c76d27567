"""Where a request leads, whose it is, and what every answer carries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from harness.core.exchange import Refused, Request, Response, json_response
from harness.core.pack import Pack
from harness.core.provider import NEAREST, Call
from harness.core.registry import Registry


@pytest.mark.parametrize("roles", [None, ("org.read",), ()])
def test_a_call_knows_the_roles_of_its_key(pack: Pack, roles: tuple[str, ...] | None) -> None:
    found: list[tuple[str, ...] | None] = []
    registry = Registry({"toy": replace(pack, authorise=lambda call: found.append(call.roles))})
    key = registry.open().account("toy").issue_key(roles)
    registry.provider("toy").handle(Request("GET", "/v1/things", headers=[("x-toy-key", key)]))
    assert found == [roles]


@pytest.fixture
def spelling(pack: Pack) -> Registry:
    """A provider that ignores case and a slash at the end, and lets a header say the method."""

    def target(request: Request) -> tuple[str, str]:
        return request.header("x-method") or request.method, request.path.rstrip("/").lower()

    return Registry({"toy": replace(pack, target=target)})


def test_a_request_may_be_meant_for_another_method_and_path_than_it_names(spelling: Registry) -> None:
    sandbox = spelling.open(strict=True, real_quotas=False)
    headers = [("x-toy-key", sandbox.account("toy").api_key), ("x-method", "POST")]
    request = Request("PUT", "/v1/Things/", headers=headers, body=b'{"name":"a"}')
    assert spelling.provider("toy").handle(request).status == 200
    (kept,) = sandbox.journal
    assert (kept.operation, kept.method, kept.path) == ("things.create", "PUT", "/v1/Things/")


def test_a_request_that_is_meant_for_nothing_is_told_what_is_near_to_what_it_means(spelling: Registry) -> None:
    handle = spelling.provider("toy").handle
    response = handle(Request("GET", "/V1/THINGS/", headers=[("x-method", "PATCH")]))
    assert (response.status, response.json()["allowed"]) == (405, ["GET", "POST"])
    response = handle(Request("GET", "/V1/UPLOAD/", headers=[("x-method", "POST")]))
    assert response.header(NEAREST) == "uploads.create: POST /v1/uploads"
    assert [(each.method, each.path) for each in spelling.unclaimed] == [("GET", "/V1/THINGS/"), ("GET", "/V1/UPLOAD/")]


def test_a_head_request_is_answered_as_a_get_wherever_it_is_meant_for(spelling: Registry) -> None:
    headers = [("x-toy-key", spelling.open(strict=True).account("toy").api_key)]
    assert spelling.provider("toy").handle(Request("HEAD", "/v1/things/", headers=headers)).status == 200


def test_a_keyless_operation_belongs_to_the_account_that_its_token_names(pack: Pack) -> None:
    registry = Registry({"toy": replace(pack, token=lambda request: dict(request.query_items()).get("of", ""))})
    sandboxes = [registry.open(strict=True) for _ in range(2)]
    token = sandboxes[1].account("toy").link_token
    assert registry.provider("toy").handle(Request("GET", "/v1/health", query=f"of={token}")).status == 204
    assert [[each.operation for each in sandbox.journal] for sandbox in sandboxes] == [[], ["health.get"]]


@pytest.mark.parametrize("query", ["", "of=nobody"])
def test_a_keyless_operation_without_a_known_token_belongs_to_nobody(pack: Pack, query: str) -> None:
    registry = Registry({"toy": replace(pack, token=lambda request: request.query.removeprefix("of="))})
    sandbox = registry.open()
    sandbox.account("toy")
    assert registry.provider("toy").handle(Request("GET", "/v1/health", query=query)).status == 403
    assert (len(sandbox.journal), [each.operation for each in registry.unclaimed]) == (0, ["health.get"])


def decorated(pack: Pack) -> tuple[Registry, Callable[..., Response]]:
    """A provider whose answers name their operation, and what asks it with a key."""

    def decorate(call: Call, response: Response) -> None:
        response.headers.append(("x-operation", call.operation.id))

    registry = Registry({"toy": replace(pack, decorate=decorate)})
    key = registry.open(id="one").account("toy").api_key

    def send(method: str, body: bytes = b"") -> Response:
        request = Request(method, "/v1/things", headers=[("x-toy-key", key)], body=body)
        return registry.provider("toy").handle(request)

    return registry, send


@pytest.mark.parametrize(
    ("body", "status"),
    [(b'{"name":"a"}', 200), (b"{}", 400), (b'{"name":"refused"}', 400), (b'{"name":"broken"}', 500)],
)
def test_every_answer_of_a_call_is_decorated(pack: Pack, body: bytes, status: int) -> None:
    _, send = decorated(pack)
    response = send("POST", body)
    assert (response.status, response.header("x-operation")) == (status, "things.create")


def test_the_answer_of_a_full_quota_is_decorated(pack: Pack) -> None:
    registry, send = decorated(pack)
    registry.sandboxes["one"].account("toy").quotas.set_limit("all", 0)
    response = send("GET")
    assert (response.status, response.header("x-operation")) == (429, "things.list")


def test_the_answer_to_a_key_without_the_role_is_decorated(pack: Pack) -> None:
    def authorise(call: Call) -> None:
        raise Refused(json_response({}, 403))

    _, send = decorated(replace(pack, authorise=authorise))
    response = send("GET")
    assert (response.status, response.header("x-operation")) == (403, "things.list")
