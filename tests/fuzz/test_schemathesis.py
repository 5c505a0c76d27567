"""The fakes against their own contracts, by Schemathesis: every operation by itself, and along the links.

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
    """The file's; with the seed and at the length that the environment asks for, and in all phases then."""
    from schemathesis.config import SchemathesisConfig

    config = SchemathesisConfig.from_path(CONFIGURATION)
    for project in (config.projects.default, *config.projects.named.values()):
        if examples := os.environ.get("HARNESS_FUZZ_EXAMPLES"):
            project.generation.update(max_examples=int(examples))
            project.phases.stateful.generation.update(max_examples=int(examples))
            project.phases.coverage.enabled = True
        if os.environ.get("HARNESS_FUZZ_SEED"):
            project.generation.update(deterministic=False)
    if seed := os.environ.get("HARNESS_FUZZ_SEED"):
        config.update(seed=int(seed), max_failures=None)
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


class Fake:
    """One provider: its contract, and fresh worlds of it, with the same ids each time."""

    def __init__(self, name: str, **quirks: str) -> None:
        self.name, self._quirks = name, {name: quirks}
        told = Contract.load(folder("contracts") / name)
        self.title, self.operations = told.document["info"]["title"], told.operations.keys()
        self.contract = schemathesis.openapi.from_dict(told.document, config=configuration())
        self.contract.app = application

    def sandbox(self) -> harness.Sandbox:
        """A fresh world."""
        return harness.sandbox(quotas="off", quirks=self._quirks)

    def reached(self, sandbox: harness.Sandbox) -> dict[str, Any]:
        """Where the fake is asked, and with which key."""
        account = sandbox.account(self.name)
        return {"base_url": account.transport_url, "headers": account.headers}

    def hold(self, case: Any) -> None:
        """Make one call and judge the answer."""
        with self.sandbox() as fresh:
            case.call_and_validate(**self.reached(fresh))

    def chains(self) -> Any:
        """Calls in a row: each takes its ids from the answer of one before it, by the contract's links."""
        fake = self

        class Chain(self.contract.as_state_machine()):  # type: ignore[misc]
            def setup(self) -> None:
                self.sandbox = fake.sandbox()

            def teardown(self) -> None:
                self.sandbox.close()

            def get_call_kwargs(self, case: Any) -> dict[str, Any]:
                return fake.reached(self.sandbox)

            def validate_response(self, response: Any, case: Any, additional_checks: Any = None, **kwargs: Any) -> None:
                # the headers are handed on, so that ignored_auth knows the key for a given one
                case.validate_response(
                    response, headers=kwargs["headers"], transport_kwargs=kwargs, recorder=self.recorder
                )

        test = Chain.TestCase
        test.settings = self.contract.config.get_hypothesis_settings(phase="stateful")
        return test


SUPERCHAT = Fake("superchat", unknown_cursor="404")  # as an unknown id is everywhere else
KUSTOMER = Fake("kustomer")


@SUPERCHAT.contract.hook
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


@SUPERCHAT.contract.parametrize()
def test_an_operation_of_superchat(case: Any) -> None:
    SUPERCHAT.hold(case)


@KUSTOMER.contract.parametrize()
def test_an_operation_of_kustomer(case: Any) -> None:
    KUSTOMER.hold(case)


TestChainsOfSuperchat = SUPERCHAT.chains()
TestChainsOfKustomer = KUSTOMER.chains()


def test_each_check_that_is_off_says_why() -> None:
    lines = CONFIGURATION.read_text().splitlines()
    for number, line in enumerate(lines):
        if line in ("[[project.operations]]", "[project.checks]"):
            assert lines[number - 1].startswith("# "), f"line {number + 1} has no reason"
    document = tomllib.loads(CONFIGURATION.read_text())
    assert not {"checks", "operations"} & document.keys(), "what is switched off is switched off for one provider"


@pytest.mark.parametrize("fake", [SUPERCHAT, KUSTOMER], ids=lambda fake: fake.name)
def test_each_operation_of_the_configuration_exists(fake: Fake) -> None:
    [project] = [each for each in tomllib.loads(CONFIGURATION.read_text())["project"] if each["title"] == fake.title]
    for entry in project["operations"]:
        ids = entry["include-operation-id"]
        assert ({ids} if isinstance(ids, str) else set(ids)) <= fake.operations
