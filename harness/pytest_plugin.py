"""The pytest plugin: a thin name for each public object.

Loading it imports nothing of the package but this module; a fixture imports what it hands out when it is
used.
"""

from __future__ import annotations

import os
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
    from harness.testing.unified import Unified

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
    group.addoption("--harness-token", metavar="TOKEN", help="the token that server wants (default: HARNESS_TOKEN)")
    group.addoption(
        "--harness-exercised",
        metavar="FILE",
        help="add to FILE (JSON) which operations of which provider the tests called, with which answers",
    )
    group.addoption(
        "--harness-target",
        choices=("fake", "cassette", "live"),
        default="fake",
        help="what the suites of harness.contract_suite() meet: the fakes, the cassettes alone, or the real API",
    )
    group.addoption(
        "--harness-update",
        action="store_true",
        help="rewrite the golden files of the suites of harness.contract_suite(), and show the difference",
    )
    parser.addini("harness_url", "like --harness-url, which goes before it", default="")
    parser.addini(
        "harness_unified",
        "the provider whose client the fixture `unified` is (default: that of a fixture beside it, else superchat)",
        default="",
    )
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
        if point.name == "unified":
            continue  # the fixture of that name is the client; `harness.unified` is the account of the served API
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
        for each in _family(sandbox):
            each.close()


@pytest.fixture
def unified(harness: Sandbox, request: pytest.FixtureRequest) -> Iterator[Unified]:
    """The unified client on the test's sandbox: `unified.ticketing.contacts.list()`.

    It is that of the provider which the ini option harness_unified names, else of the one whose fixture the test has
    beside it, else (none, or several) of superchat; `unified("superchat")` is that of another one.
    """
    from harness.testing.unified import Unified

    try:
        client = Unified(harness, request.config.getini("harness_unified") or None, requested=request.fixturenames)
    except ValueError as error:
        pytest.fail(f"no unified client for this test: {error}", pytrace=False)
    with client:
        yield client


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
        if each.closed:
            told.append(f"nobody can tell the client's conduct: the test has closed sandbox {each.id} itself")
            continue
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


def _open(request: pytest.FixtureRequest) -> Sandbox:
    from harness.testing.home import sandbox

    away = _away_server(request.config)
    wishes = _marked(request.node)
    faults = wishes.pop("faults", {})
    wishes.pop("conduct", None)
    opened = None
    try:
        opened = away.sandbox(**wishes) if away else sandbox(**wishes)
        for provider, rules in _rules(faults):
            for rule in rules:
                opened.account(provider).faults.add(**rule)
        return opened
    except (TypeError, ValueError) as error:
        wrong = str(error)
    if opened is not None:
        opened.close()
    pytest.fail(f"no sandbox for this test: {wrong}", pytrace=False)


def _rules(faults: Any) -> list[tuple[str, list[dict[str, Any]]]]:
    """The rules of a marker by provider. Raises ValueError for what are none."""
    if isinstance(faults, dict) and all(isinstance(rules, (list, tuple)) for rules in faults.values()):
        found = list(faults.items())
        if all(isinstance(rule, dict) for _, rules in found for rule in rules):
            return found
    raise ValueError(f"faults are {{provider: [rule, …]}}, each rule a mapping of its options, not {faults!r}")


def _away_server(config: pytest.Config) -> Server | None:
    url = config.getoption("harness_url") or config.getini("harness_url")
    if not url:
        return None
    if _away not in config.stash:
        from harness.testing.home import Server

        config.stash[_away] = Server.at(url, config.getoption("harness_token") or os.environ.get("HARNESS_TOKEN"))
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
                from harness.nearest import unknown

                pytest.fail(f"@pytest.mark.harness: {unknown('option', name, _WISHES)}", pytrace=False)
        if wrong := _wrong_conduct(mark.kwargs.get("conduct", False)):
            pytest.fail(f"@pytest.mark.harness: conduct: {wrong}", pytrace=False)


def _wrong_conduct(wish: Any) -> str:
    """What is wrong with the rules a marker names."""
    if isinstance(wish, bool) or wish is None:
        return ""
    if not isinstance(wish, (str, list, tuple, set, frozenset)):
        return f"it is True, False, a rule or a list of rules, not {wish!r}"
    from harness.testing.conduct import chosen

    try:
        chosen(wish)
    except ValueError as error:
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


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """What `--harness-update` rewrote."""
    passed = terminalreporter.stats.get("passed", ())
    told = [text for report in passed for name, text in report.user_properties if name == "harness_updated"]
    if told:
        terminalreporter.section("golden values rewritten")
        for text in told:
            terminalreporter.write_line(text)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Explain an import that wanted a folder `harness` of the user's and found this package."""
    report = yield
    if report.failed and (missing := re.search(_MISSING, str(report.longrepr))):
        from harness.namesakes import explanation

        if hint := explanation(missing[1] or missing[2]):
            report.sections.append(("harness", hint))
    return report
