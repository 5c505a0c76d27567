"""The pytest plugin: a thin name for each public object.

Loading it imports nothing of the package but this module; a fixture imports what it hands out when it is
used.
"""

from __future__ import annotations

import re
import types
from collections.abc import Callable, Generator, Iterator
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from harness.testing.account import Account
    from harness.testing.home import Server
    from harness.testing.sandbox import Sandbox

PACKS = "harness.providers"
JOURNAL_LINES = 30

_MARK = "harness(world=…, clock=…, quirks={provider: {quirk: choice}}, quotas=…): how the sandbox begins"
_WISHES = ("clock", "quirks", "quotas", "world")
_LATER = ("faults",)

_MISSING = r"No module named 'harness\.(\w+)|cannot import name '(\w+)' from 'harness'"

_sandbox = pytest.StashKey["Sandbox"]()
_away = pytest.StashKey["Server"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of the command line, with `harness_url` for the ini file, too."""
    group = parser.getgroup("harness", "fakes of provider APIs")
    group.addoption("--harness-url", metavar="URL", help="use the fakes of a running server (harness serve) at URL")
    group.addoption("--harness-token", metavar="TOKEN", help="the token that server was started with, if it was")
    group.addoption(
        "--harness-exercised",
        metavar="FILE",
        help="add to FILE (JSON) which operations of which provider the tests called, with which answers",
    )
    parser.addini("harness_url", "like --harness-url, which goes before it", default="")


def pytest_configure(config: pytest.Config) -> None:
    """The marker, and a fixture for each installed provider."""
    config.addinivalue_line("markers", _MARK)
    config.pluginmanager.register(_provider_fixtures(), "harness-providers")
    if config.getoption("harness_exercised"):
        from harness.testing.exercised import Exercised

        config.pluginmanager.register(Exercised(config), "harness-exercised")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Let go of the connections to a server somewhere else."""
    if _away in config.stash:
        config.stash[_away].close()


def _provider_fixtures() -> types.ModuleType:
    holder = types.ModuleType("harness_providers", "A fixture for each installed provider.")
    for point in entry_points(group=PACKS):
        setattr(holder, point.name, _provider_fixture(point.name))
    return holder


def _provider_fixture(name: str) -> Callable[..., Account]:
    def account(harness: Sandbox) -> Account:
        return harness.account(name)

    account.__doc__ = f"The {name} account of the test's sandbox."
    return pytest.fixture(name=name)(account)


@pytest.fixture(scope="session")
def harness_server(pytestconfig: pytest.Config) -> Server:
    """A running server: that of --harness-url, or one in this process that serves the tests' sandboxes.

    It has `url`, `default` (the sandbox it has from the start) and `sandbox(…)`, which opens further ones.
    """
    return _away_server(pytestconfig) or _home_server()


@pytest.fixture
def harness(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """A fresh sandbox: frozen at a fixed moment, default world, real quotas, or as the marker asks."""
    sandbox = _open(request)
    request.node.stash[_sandbox] = sandbox
    try:
        yield sandbox
    finally:
        del request.node.stash[_sandbox]
        _count(request.config, sandbox)
        for each in _family(sandbox):
            each.close()


def _family(sandbox: Sandbox) -> Iterator[Sandbox]:
    """The sandbox and all that was forked from it, itself last."""
    for fork in sandbox.forks:
        yield from _family(fork)
    yield sandbox


def _count(config: pytest.Config, sandbox: Sandbox) -> None:
    """Let --harness-exercised know what was asked of a server somewhere else; the rest it sees itself."""
    counting = config.pluginmanager.getplugin("harness-exercised")
    if counting is not None and _away in config.stash:
        for each in _family(sandbox):
            counting.read(each)


def _open(request: pytest.FixtureRequest) -> Sandbox:
    from harness.testing.home import sandbox

    away = _away_server(request.config)
    wishes = _marked(request.node)
    try:
        return away.sandbox(**wishes) if away else sandbox(**wishes)
    except ValueError as error:
        pytest.fail(f"no sandbox for this test: {error}", pytrace=False)


def _away_server(config: pytest.Config) -> Server | None:
    url = config.getoption("harness_url") or config.getini("harness_url")
    if not url:
        return None
    if _away not in config.stash:
        from harness.testing.home import Server

        config.stash[_away] = Server.at(url, config.getoption("harness_token"))
    return config.stash[_away]


def _home_server() -> Server:
    from harness.testing.home import Server, home

    return Server(home())


def _marked(item: pytest.Item) -> dict[str, Any]:
    """What the markers of a test ask for; of two that say the same the nearer counts."""
    wishes: dict[str, Any] = {}
    for mark in item.iter_markers("harness"):
        wishes = {**mark.kwargs, **wishes}
    return wishes


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Refuse a marker that asks for what there is not, whether or not the test has a sandbox."""
    for mark in item.iter_markers("harness"):
        if mark.args:
            pytest.fail(
                f"@pytest.mark.harness takes names only, as in {_WISHES[-1]}=…; not {mark.args[0]!r}",
                pytrace=False,
            )
        for name in mark.kwargs:
            if name in _LATER:
                pytest.fail(f"@pytest.mark.harness: {name!r} is reserved and not there yet", pytrace=False)
            if name not in _WISHES:
                from harness.core.nearest import unknown

                pytest.fail(f"@pytest.mark.harness: {unknown('option', name, _WISHES)}", pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """End the report of a failed test with its sandbox's journal."""
    report = yield
    sandbox = item.stash.get(_sandbox, None)
    if report.failed and sandbox is not None:
        report.sections.append(("harness journal", _journal_of(sandbox)))
    return report


def _journal_of(sandbox: Sandbox) -> str:
    try:
        lines = sandbox.journal.text(JOURNAL_LINES)
    except Exception as error:  # the server may be gone; the test's own failure is what matters
        return f"cannot be read: {error}"
    return lines or f"no request came with a key of sandbox {sandbox.id}"


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Explain an import that wanted a folder `harness` of the user's and found this package."""
    report = yield
    if report.failed and (missing := re.search(_MISSING, str(report.longrepr))):
        from harness.namesakes import explanation

        if hint := explanation(missing[1] or missing[2]):
            report.sections.append(("harness", hint))
    return report
