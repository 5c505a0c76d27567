"""Suites as a test class: `TestSuperchat = contract_suite(…)`, one test for each case."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar

import pytest

from harness.nearest import unknown
from harness.testing.sandbox import WorldWish
from harness.verify.case import Case, judged
from harness.verify.cassette import CassetteError
from harness.verify.known import WrongSuite, known_providers, subject_of
from harness.verify.run import DEFAULT, UnknownCase, cases_of, check_names
from harness.verify.subject import Subject
from harness.verify.suites import NAMES, UnknownSuite

TARGETS: Mapping[str, Sequence[str]] = {"fake": DEFAULT, "cassette": ("contract", "mapping"), "live": ("live",)}
"""The suites that meet each target of `--harness-target`."""


UPDATED = "harness_updated"
"""The property of a test that rewrote a golden value: the difference."""


class ContractSuite:
    """The tests of `contract_suite()`. What a subclass sets or overrides goes before what was given there.

    pytest makes a test of each case: its name is that of the case, a failure shows the case's own message. What could
    not be checked fails, too, unless `skip` has a reason for it.
    """

    client_factory: ClassVar[Callable[..., Any] | None] = None
    work: ClassVar[Mapping[str, Callable[..., Any]] | None] = None
    providers: ClassVar[Sequence[str] | None] = None
    suites: ClassVar[Sequence[str] | None] = None
    skip: ClassVar[Mapping[str, str]] = {}
    world: ClassVar[WorldWish | None] = None
    cassettes: ClassVar[str | os.PathLike[str] | None] = None

    def test_case(self, contract_case: tuple[Case, Subject], record_property: Callable[[str, object], None]) -> None:
        """Ask one question."""
        case, subject = contract_case
        reason = self.skip.get(case.name) or self.skip.get(case.suite)
        if reason:
            pytest.skip(reason)
        outcome = judged(case, subject)
        if outcome.verdict == "failed":
            pytest.fail(outcome.message, pytrace=False)
        if outcome.verdict == "unchecked":
            pytest.fail(f"not checked: {outcome.message}", pytrace=False)
        if outcome.message:
            record_property(UPDATED, outcome.message)

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """A test for each case."""
        if "contract_case" not in metafunc.fixturenames:
            return
        config = metafunc.config
        target = config.getoption("harness_target", "fake")
        update = bool(config.getoption("harness_update", False))
        try:
            found = self._cases(target, update)
        except (WrongSuite, UnknownCase, UnknownSuite, CassetteError) as error:
            raise pytest.Collector.CollectError(str(error)) from None
        several = len({case.provider for case, _ in found}) > 1
        ids = [f"{case.provider}/{case.name}" if several else case.name for case, _ in found]
        metafunc.parametrize("contract_case", found, ids=[_ascii(id) for id in ids])

    def _cases(self, target: str, update: bool) -> list[tuple[Case, Subject]]:
        client = type(self).client_factory
        providers, suites = _checked(_names(self.providers), _names(self.suites), client, self.work)
        names = ["live"] if target == "live" else [name for name in suites if name in (*TARGETS[target], "live")]
        if target == "cassette":
            names = [name for name in names if name != "live"]
        if not names:
            raise WrongSuite(f"none of its suites meets --harness-target {target}: {', '.join(suites)}")
        found = []
        for provider in providers:
            subject = subject_of(
                provider, client=client, work=self.work, world=self.world, cassettes=self.cassettes, update=update
            )
            found += [(case, subject) for case in cases_of(subject, names)]
        if target == "fake":  # of what another target leaves out nobody knows the names
            check_names(self.skip, (case for case, _ in found))
        return found


def contract_suite(
    client_factory: Callable[..., Any] | None = None,
    *,
    work: Mapping[str, Callable[..., Any]] | None = None,
    providers: Iterable[str] | str | None = None,
    suites: Iterable[str] | str | None = None,
    skip: Mapping[str, str] | None = None,
    world: WorldWish | None = None,
    cassettes: str | os.PathLike[str] | None = None,
) -> type[ContractSuite]:
    """A test class that asks all that suites ask: `TestSuperchat = contract_suite(providers="superchat")`.

    With `client_factory` the suite `conduct` judges a client of yours: called with an account (`base_url`, `api_key`)
    and, where it has such a parameter, with `sleep`, a function of seconds to wait with, it gives the client. `work`
    is what that client does, by operation: `{"contacts.list": lambda client, account: client.contacts()}`; without it
    nothing of the client can be checked. Then only `conduct` runs, unless `suites` says more.

    `providers` and `suites` are names (all installed providers with an integration; all suites but `live`), `skip`
    maps suites or cases to the reason not to check them, `world` is that of the fakes, `cassettes` a folder of your
    own. Raises ValueError for a provider, a suite or an operation there is not.
    """
    chosen, asked = _names(providers), _names(suites)
    _checked(chosen, asked, client_factory, work)
    if client_factory is not None and asked is None:
        asked = ["conduct"]
    body = {
        "client_factory": None if client_factory is None else staticmethod(client_factory),
        "work": work,
        "providers": chosen,
        "suites": asked,
        "skip": dict(skip or {}),
        "world": world,
        "cassettes": cassettes,
        "__doc__": "One test for each case of the suites.",
    }
    return type("ContractSuite", (ContractSuite,), body)


def _checked(
    providers: Sequence[str] | None,
    suites: Sequence[str] | None,
    client: Callable[..., Any] | None,
    work: Mapping[str, Any] | None,
) -> tuple[Sequence[str], Sequence[str]]:
    """The providers and the suites, after a look at all that was asked for. Raises WrongSuite, UnknownSuite."""
    known = known_providers()
    for name in providers or ():
        if name not in known:
            raise WrongSuite(unknown("provider", name, known))
    for name in suites or ():
        if name not in NAMES:
            raise UnknownSuite(unknown("suite", name, NAMES))
    if work and client is None:
        raise WrongSuite("work is what a client does: give client_factory, too")
    chosen = providers or known
    valid = {id for name in chosen for id in Subject(provider=name).contract.operations} if work else set()
    for operation, each in (work or {}).items():
        if operation not in valid:
            raise WrongSuite(unknown("operation", operation, valid))
        if not callable(each):
            raise WrongSuite(f"work[{operation!r}] is a function of client and account, not {each!r}")
    return chosen, suites or DEFAULT


def _names(given: Iterable[str] | str | None) -> list[str] | None:
    return None if given is None else [given] if isinstance(given, str) else list(given)


def _ascii(name: str) -> str:
    """As pytest and its reports can name it on any terminal."""
    return name.encode("ascii", "backslashreplace").decode("ascii")
