"""Where mutants are tried: the cases of one subject, in one process."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from harness.verify.case import Case, Verdict, judged
from harness.verify.mutate.mutant import Mutant
from harness.verify.mutate.sight import WHY_UNSEEN, facts, watched
from harness.verify.mutate.survival import why_unnoticed
from harness.verify.run import cases_of
from harness.verify.subject import Subject


@dataclass(frozen=True, slots=True)
class Look:
    """What came of a case without a mutant."""

    case: str
    verdict: Verdict
    message: str
    facts: frozenset[str]


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a mutant."""

    mutant: str
    layer: str
    kind: str
    killed_by: str | None
    """The case that noticed it."""
    tried: int
    """How many cases met it."""
    reason: str = ""
    """Why it survived."""

    @property
    def suite(self) -> str | None:
        """The suite that killed it."""
        return self.killed_by.partition("/")[0] if self.killed_by else None


class Bench:
    """The cases of some suites over one subject, and its mutants."""

    def __init__(self, subject: Subject, suites: Sequence[str]) -> None:
        self.subject = subject
        self.suites = tuple(suites)

    @cached_property
    def cases(self) -> Mapping[str, Case]:
        """By name."""
        return {case.name: case for case in cases_of(self.subject, self.suites)}

    @cached_property
    def mutants(self) -> Mapping[str, Mutant]:
        """By id."""
        from harness.verify.mutate.trial import known

        return {mutant.id: mutant for mutant in known(self.subject)}

    def look(self, name: str) -> Look:
        """What a case sees."""
        case = self.cases[name]
        with _silence(), watched() as exchanges:
            outcome = judged(case, self._anew())
        message = outcome.message.partition("\n")[0]
        seen = facts(case, exchanges, self.subject.provider) if outcome.verdict == "passed" else ()
        return Look(name, outcome.verdict, message, frozenset(seen))

    def _anew(self, **mutation: Any) -> Subject:
        """The subject, perhaps broken, as if it had never been asked; only projected worlds are kept."""
        subject = replace(self.subject, **mutation)
        subject.registry.share_templates(self.subject.registry)
        return subject

    def tried(self, id: str, names: Sequence[str]) -> Fate:
        """What became of a mutant; the first of the cases that fails kills it."""
        mutant = self.mutants[id]
        broken = self._anew(alter=mutant.alter, handlers=mutant.handlers, mapping_override=mutant.mapping_override)
        with _silence():
            for number, name in enumerate(names, 1):
                if judged(self.cases[name], broken).verdict == "failed":
                    return Fate(id, mutant.layer, mutant.kind, name, number)
        if names:
            reason = why_unnoticed(mutant, self.subject, len(names))
        else:
            reason = WHY_UNSEEN[mutant.needs[0].partition(" ")[0]]
        return Fate(id, mutant.layer, mutant.kind, None, len(names), reason)


@contextmanager
def _silence() -> Iterator[None]:
    """Without what a broken fake has to say of itself."""
    log = logging.getLogger("harness")
    before = log.disabled
    log.disabled = True
    try:
        yield
    finally:
        log.disabled = before
