"""Cases: the single questions a suite asks, and what came of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from harness.verify.subject import Subject

Verdict = Literal["passed", "failed", "unchecked"]


class Failed(AssertionError):
    """What is judged is not as it has to be; the text says what was expected, what was found, and where."""


class Unchecked(Exception):
    """The question could not be asked; the text says why, and what would make it possible."""


class Updated(Exception):
    """What was asked for is done: a golden value is rewritten. The text shows the difference."""


@dataclass(frozen=True, slots=True)
class Case:
    """One question. `check` raises Failed, Unchecked or Updated, or returns."""

    id: str
    """Unique within its suite and stable: `contacts.list contacts.yaml:12`."""
    suite: str
    provider: str
    operations: tuple[str, ...]
    """The provider's operations it asks about."""
    check: Callable[[Subject], None] = field(repr=False)
    cells: tuple[str, ...] = ()
    """The unified methods whose mapping it asks about: `ticketing.contacts.list`."""
    evidence: str = "none"
    """What it judges by: the kind of its cassette, `documented` for a contract, `world`, or `none`."""

    @property
    def name(self) -> str:
        """With its suite: `contract/contacts.list contacts.yaml:12`."""
        return f"{self.suite}/{self.id}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a case."""

    case: Case
    verdict: Verdict
    message: str = ""
    """Why it failed or could not be checked; of one that passed, what it rewrote."""


def judged(case: Case, subject: Subject, skip: Mapping[str, str] | None = None) -> Outcome:
    """The outcome of a case. A skipped one is unchecked, with the reason given."""
    if skip and (reason := skip.get(case.name) or skip.get(case.suite)):
        return Outcome(case, "unchecked", f"skipped: {reason}")
    try:
        case.check(subject)
    except Unchecked as reason:
        return Outcome(case, "unchecked", str(reason))
    except Updated as difference:
        return Outcome(case, "passed", str(difference))
    except Exception as error:
        if isinstance(error, AssertionError):
            return Outcome(case, "failed", str(error))
        return Outcome(case, "failed", f"{type(error).__name__}: {error}")
    return Outcome(case, "passed")


def unchecked(suite: str, provider: str, reason: str) -> Case:
    """A case that says why a suite has none."""

    def check(subject: Subject) -> None:
        raise Unchecked(reason)

    return Case("nothing to check", suite, provider, (), check)
