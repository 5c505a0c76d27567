"""The Superchat fake against its own contract, by Schemathesis: every operation by itself, and along the links.

`schemathesis.toml` beside this file says which checks are off, and why. HARNESS_FUZZ_EXAMPLES asks for more
examples, HARNESS_FUZZ_SEED for others; `nox -s fuzz` sets both.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

import harness
from harness.core.contract import Contract
from harness.data import folder
from harness.server.app import App
from harness.testing.home import home

schemathesis = pytest.importorskip("schemathesis", reason="the extra 'fuzz' is not installed")

CONFIGURATION = Path(__file__).with_name("schemathesis.toml")


def configuration() -> Any:
    """The file's, at the length and with the seed that the environment asks for."""
    from schemathesis.config import SchemathesisConfig

    config = SchemathesisConfig.from_path(CONFIGURATION)
    project = config.projects.default
    if examples := os.environ.get("HARNESS_FUZZ_EXAMPLES"):
        project.generation.update(max_examples=int(examples))
        project.phases.stateful.generation.update(max_examples=int(examples))
    if seed := os.environ.get("HARNESS_FUZZ_SEED"):
        config.update(seed=int(seed), max_failures=None)
        project.generation.update(deterministic=False)
    return config


@cache
def fakes() -> App:
    """The providers of this process."""
    return App(home().registry)


def application(
    environ: Mapping[str, Any], start_response: Callable[[str, list[tuple[str, str]]], object]
) -> Iterable[bytes]:
    """The fakes of this process as WSGI, which Schemathesis asks without a socket and without urllib3."""
    headers = [(name[5:].replace("_", "-").lower(), text) for name, text in environ.items() if name.startswith("HTTP_")]
    if environ.get("CONTENT_TYPE"):
        headers.append(("content-type", environ["CONTENT_TYPE"]))
    method, host = environ["REQUEST_METHOD"], environ["HTTP_HOST"]
    path, query = environ["REQUEST_URI"].partition("?")[0], environ["QUERY_STRING"]
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    response = fakes().answer(method, path, query, headers, body, f"http://{host}", host)
    start_response(f"{response.status} {HTTPStatus(response.status).phrase}", response.headers)
    return [b"" if method == "HEAD" else response.read()]


CONTRACT = schemathesis.openapi.from_dict(
    Contract.load(folder("contracts") / "superchat").document, config=configuration()
)
CONTRACT.app = application


@CONTRACT.hook
def filter_case(context: Any, case: Any) -> bool:
    """Whether a request that the schemas allow makes sense as a whole, which they cannot say."""
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return True
    query = case.query or {}
    both_cursors = bool(query.get("after") and query.get("before"))
    return not both_cursors and not _spoilt_on_the_way(case)


def _spoilt_on_the_way(case: Any) -> bool:
    """Whether Werkzeug's client makes an invalid form of it: line breaks in a field's name end its header, and an
    empty file loses its part."""
    if case.media_type != "multipart/form-data":
        return False
    names = "".join(case.body)
    return any(sign in names for sign in '\r\n"') or not getattr(case.body["file"], "data", case.body["file"])


def sandbox() -> harness.Sandbox:
    """A fresh world: the same ids each time. An unknown cursor is a 404, as an unknown id is everywhere else."""
    return harness.sandbox(quotas="off", quirks={"superchat": {"unknown_cursor": "404"}})


@CONTRACT.parametrize()
def test_an_operation(case: Any) -> None:
    with sandbox() as fresh:
        case.call_and_validate(base_url=fresh.superchat.transport_url, headers=fresh.superchat.headers)


class Chain(CONTRACT.as_state_machine()):  # type: ignore[misc]
    """Calls in a row: each takes its ids from the answer of one before it, by the contract's links."""

    def setup(self) -> None:
        self.sandbox = sandbox()

    def teardown(self) -> None:
        self.sandbox.close()

    def get_call_kwargs(self, case: Any) -> dict[str, Any]:
        account = self.sandbox.superchat
        return {"base_url": account.transport_url, "headers": account.headers}

    def validate_response(self, response: Any, case: Any, additional_checks: Any = None, **kwargs: Any) -> None:
        # the headers are handed on, so that ignored_auth knows the key for a given one
        case.validate_response(response, headers=kwargs["headers"], transport_kwargs=kwargs, recorder=self.recorder)


TestChain = Chain.TestCase
TestChain.settings = CONTRACT.config.get_hypothesis_settings(phase="stateful")


def test_each_check_that_is_off_says_why() -> None:
    lines = CONFIGURATION.read_text().splitlines()
    for number, line in enumerate(lines):
        if line == "[[operations]]":
            assert lines[number - 1].startswith("# "), f"line {number + 1} has no reason"
    document = tomllib.loads(CONFIGURATION.read_text())
    assert "checks" not in document, "a check is switched off for single operations only"


def test_each_operation_of_the_configuration_exists() -> None:
    operations = Contract.load(folder("contracts") / "superchat").operations
    for entry in tomllib.loads(CONFIGURATION.read_text())["operations"]:
        ids = entry["include-operation-id"]
        assert ({ids} if isinstance(ids, str) else set(ids)) <= operations.keys()
