"""pytest run by pytest: the plugin in both modes, with the made-up provider `notebook` installed."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import httpcore  # noqa: F401 — pytester forgets what is first imported in its tests, and httpx would hold on to it
import pytest

import harness

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "tests" / "notebook"

Run = Callable[..., pytest.RunResult]


@pytest.fixture(scope="session")
def server() -> Iterator[harness.Server]:
    """A server in this process, made while the distribution of `notebook` is on the import path."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(NOTEBOOK))
        importlib.import_module("notebook")
        served = harness.serve()
    with served:
        yield served


@pytest.fixture
def run_in_process(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs pytest over a test file in its own process, with this plugin and pytest-xdist and no other."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), str(NOTEBOOK)]))
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)

    def run(source: str, *options: str) -> pytest.RunResult:
        pytester.makepyfile(source)
        plugins = ("-p", "harness.pytest_plugin", "-p", "xdist.plugin")
        return pytester.runpytest_subprocess(*plugins, "-W", "error", *options)

    return run


@pytest.fixture(params=["in process", "on a running server"])
def run(request: pytest.FixtureRequest, run_in_process: Run, server: harness.Server) -> Run:
    """The same, in both modes."""
    if request.param == "in process":
        return run_in_process
    return lambda source, *options: run_in_process(source, "--harness-url", server.url, *options)
