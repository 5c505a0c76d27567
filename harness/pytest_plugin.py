"""The pytest plugin: a thin name for each public object.

Loading it imports nothing of the package but this module; a fixture imports what it hands out when it is
used.
"""

from __future__ import annotations

import re
import types
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, nullcontext
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from harness.testing.account import Account
    from harness.testing.home import Server
    from harness.testing.receiver import Receiver
    from harness.testing.sandbox import Sandbox

PACKS = "harness.providers"
JOURNAL_LINES = 30

_MARK = (
    "harness(world=…, clock=…, quirks={provider: {quirk: choice}}, quotas=…, faults={provider: [rule]}, "
    "conduct=True or [rule]): how the sandbox begins, and whether the client's conduct is judged"
)
_WISHES = ("clock", "conduct", "faults", "quirks", "quotas", "world")

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
    parser.addini(
        "harness_guard",
        "refuse calls to a provider's real host while a test uses the fakes (default: true)",
        type="bool",
        default=True,
    )


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
        with _guard(request.config):
            yield sandbox
    finally:
        del request.node.stash[_sandbox]
        try:
            _count(request.config, sandbox)
        finally:
            for each in _family(sandbox):
                each.close()


def _guard(config: pytest.Config) -> AbstractContextManager[None]:
    """Calls to the providers' real hosts are errors, unless the ini file says otherwise."""
    if not config.getini("harness_guard"):
        return nullcontext()
    from harness.testing.guard import guard

    return guard()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """The guard for tests that use the run's server only; the judgement on conduct, where the marker asks for it."""
    server_only = "harness_server" in getattr(item, "fixturenames", ()) and _sandbox not in item.stash
    with _guard(item.config) if server_only else nullcontext():
        result = yield
    if misconduct := _misconduct(item):
        pytest.fail(misconduct, pytrace=False)
    return result


def _misconduct(item: pytest.Item) -> str:
    """What the test's client should not have done, as far as the marker asks."""
    wish = _marked(item).get("conduct")
    sandbox = item.stash.get(_sandbox, None)
    if not wish or sandbox is None:
        return ""
    rules = () if wish is True else (wish,) if isinstance(wish, str) else tuple(wish)
    told = []
    for each in _family(sandbox):
        try:
            each.conduct.assert_good(*rules)
        except (AssertionError, ValueError) as error:
            told.append(str(error))
    return "\n".join(told)


@pytest.fixture
def harness_receiver() -> Iterator[Receiver]:
    """A receiver of webhooks on a free port: `url`, `received`, `verify(account)`; can refuse, hold and call back."""
    from harness.testing.receiver import Receiver

    with Receiver() as receiver:
        yield receiver


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
    faults = wishes.pop("faults", {})
    wishes.pop("conduct", None)
    try:
        opened = away.sandbox(**wishes) if away else sandbox(**wishes)
        for provider, rules in faults.items():
            for rule in rules:
                opened.account(provider).faults.add(**rule)
        return opened
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
            if name not in _WISHES:
                from harness.core.nearest import unknown

                pytest.fail(f"@pytest.mark.harness: {unknown('option', name, _WISHES)}", pytrace=False)
        if wrong := _wrong_conduct(mark.kwargs.get("conduct", False)):
            pytest.fail(f"@pytest.mark.harness: conduct: {wrong}", pytrace=False)


def _wrong_conduct(wish: Any) -> str:
    """What is wrong with the rules a marker names."""
    if isinstance(wish, bool):
        return ""
    from harness.testing.conduct import chosen

    try:
        chosen(wish)
    except (TypeError, ValueError) as error:
        return str(error)
    return ""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """End the report of a failed test with its sandbox's journal, and what in it often is the cause."""
    report = yield
    sandbox = item.stash.get(_sandbox, None)
    if report.failed and sandbox is not None:
        report.sections.append(("harness journal", _journal_of(sandbox)))
        report.sections += [(f"harness {title}", text) for title, text in _hints(item, sandbox) if text]
    return report


def _hints(item: pytest.Item, sandbox: Sandbox) -> Iterator[tuple[str, str]]:
    try:
        journal = sandbox.journal
        yield "near misses", "\n".join(map(str, journal.near_misses()[-JOURNAL_LINES:]))
        unread = [f"{each.number:>4}  {each.operation}: {', '.join(each.unread)}" for each in journal.unread()]
        yield "sent but not read", "\n".join(unread[-JOURNAL_LINES:])
    except Exception:  # the journal's section has told why it cannot be read
        return


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
