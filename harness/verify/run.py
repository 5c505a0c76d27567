"""Runs suites over a subject."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from harness.nearest import unknown
from harness.verify.case import Case, Outcome, Verdict, judged
from harness.verify.subject import Subject
from harness.verify.suites import NAMES, suite

DEFAULT = tuple(name for name in NAMES if name != "live")
"""The suites that run when none is named: all but the one that meets the real API."""


class UnknownCase(ValueError):
    """A case named in `skip` that no suite has."""


@dataclass(frozen=True, slots=True)
class Run:
    """What came of all cases of one provider."""

    provider: str
    outcomes: tuple[Outcome, ...]

    def counts(self, suite: str | None = None) -> Counter[Verdict]:
        """How many passed, failed and could not be checked, of one suite or of all."""
        return Counter(each.verdict for each in self.outcomes if suite in (None, each.case.suite))

    @property
    def suites(self) -> list[str]:
        """Those that ran, in order."""
        return list(dict.fromkeys(each.case.suite for each in self.outcomes))

    @property
    def exit_code(self) -> int:
        """0 when all is proven, 1 when a case failed, 3 when one could not be checked (or there was none)."""
        counts = self.counts()
        if counts["failed"]:
            return 1
        return 3 if counts["unchecked"] or not self.outcomes else 0


def cases_of(subject: Subject, names: Sequence[str] = DEFAULT) -> list[Case]:
    """All cases of some suites. Raises UnknownSuite, CassetteError."""
    return [case for name in names for case in suite(name).cases(subject)]


def run(
    subject: Subject,
    names: Sequence[str] = DEFAULT,
    *,
    skip: Mapping[str, str] | None = None,
    each: Callable[[Outcome], None] | None = None,
) -> Run:
    """Ask every case of the suites; `each` is told every outcome as it comes.

    `skip` names suites or cases with the reason, which makes them unchecked; a name that is none is refused.
    """
    cases = cases_of(subject, names)
    check_names(skip or {}, cases)
    outcomes = []
    for case in cases:
        outcome = judged(case, subject, skip)
        outcomes.append(outcome)
        if each:
            each(outcome)
    return Run(subject.provider, tuple(outcomes))


def check_names(skip: Mapping[str, str], cases: Iterable[Case]) -> None:
    """Refuse to skip what there is not, or without a reason."""
    valid = {name for case in cases for name in (case.name, case.suite)} | {*NAMES}
    for name, reason in skip.items():
        if name not in valid:
            raise UnknownCase(unknown("suite or case to skip", name, valid))
        if not reason.strip():
            raise UnknownCase(f"skipping {name} needs a reason")
