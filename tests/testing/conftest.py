"""A server with the made-up provider `notebook`, and sandboxes on it, in process and over the network."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

import harness


@pytest.fixture(scope="session")
def server() -> Iterator[harness.Server]:
    """A server in this process, made while the distribution of `notebook` is on the import path."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(Path(__file__).parents[1] / "notebook"))
        importlib.import_module("notebook")
        served = harness.serve()
    with served:
        yield served


@pytest.fixture(scope="session")
def elsewhere(server: harness.Server) -> Iterator[harness.Server]:
    """The same server, as those see it who know its address only."""
    with harness.Server.at(server.url) as known:
        yield known


@pytest.fixture(params=["in process", "over the network"])
def held(request: pytest.FixtureRequest) -> harness.Server:
    """The server, held in either way."""
    found: harness.Server = request.getfixturevalue("server" if request.param == "in process" else "elsewhere")
    return found


@pytest.fixture
def sandbox(held: harness.Server) -> Iterator[harness.Sandbox]:
    with held.sandbox() as opened:
        yield opened


@pytest.fixture
def notebook(sandbox: harness.Sandbox) -> harness.Account:
    return sandbox.notebook
