"""Trying mutants: a baseline tells which case can see what, then each mutant meets only those, until one kills it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from harness.nearest import unknown
from harness.verify.mutate.bench import Bench, Fate, Look
from harness.verify.mutate.mutant import Mutant
from harness.verify.mutate.mutants import mutants, spread
from harness.verify.mutate.pool import Pool
from harness.verify.mutate.sight import OF_ANY_CASE
from harness.verify.subject import Subject

ORDER = ("mapping", "fake", "proxy", "contract", "conduct", "world")
"""The suites in the order in which they try a mutant: those that judge by cassettes first, the world last."""

LOOKED, TRIED = "cases", "mutants"
"""What progress is told of."""

Tell = Callable[[str, int, int], None]
"""Called with LOOKED or TRIED, how many are done, and how many there are."""


class UnsoundBaseline(Exception):
    """The suites fail, or cannot check, without any mutant: nothing can be said about their sensitivity."""


@dataclass(frozen=True, slots=True)
class Trial:
    """The fates of all mutants tried."""

    provider: str
    fates: tuple[Fate, ...]
    cases: int
    """How many cases there were to notice them."""

    def killed(self, suites: Iterable[str] | None = None) -> float:
        """The share that was killed, by some suites or by any."""
        counted = None if suites is None else set(suites)
        hit = sum(1 for fate in self.fates if fate.suite and (counted is None or fate.suite in counted))
        return hit / len(self.fates) if self.fates else 0.0

    @property
    def survivors(self) -> list[Fate]:
        """Those nobody noticed."""
        return [fate for fate in self.fates if fate.killed_by is None]


def known(subject: Subject) -> list[Mutant]:
    """All mutants of a subject's provider."""
    from harness.unified.integration import Integration, installed
    from harness.unified.mapping import Mappings

    if known not in subject.kept:
        mappings = Mappings.load(Integration.load(subject.provider)) if subject.provider in installed() else None
        subject.kept[known] = mutants(subject.contract, mappings)
    return list(subject.kept[known])


def chosen(subject: Subject, most: int | None = None, only: str | None = None) -> list[Mutant]:
    """The mutants to try. Raises ValueError for a pattern none has."""
    found = known(subject)
    if only:
        kinds = dict.fromkeys(f"{mutant.layer} {mutant.kind} *" for mutant in found)
        found = [mutant for mutant in found if fnmatchcase(mutant.id, only)]
        if not found:
            raise ValueError(unknown("kind of mutant", only, kinds))
    return spread(found, most)


def trial(
    subject: Subject,
    suites: Sequence[str] = ORDER,
    *,
    most: int | None = None,
    only: str | None = None,
    workers: int = 1,
    tell: Tell | None = None,
) -> Trial:
    """Try the mutants, in `workers` processes. Raises UnsoundBaseline, ValueError and what cases raise when made."""
    wanted = chosen(subject, most, only)
    bench = Bench(subject, suites)
    with Pool(bench, workers) as pool:
        looks = _baseline(bench, _that_may_see(bench, wanted), pool, tell)
        candidates = {mutant.id: _candidates(mutant, looks) for mutant in wanted}
        fates: dict[str, Fate] = {}
        for fate in pool.tried([(mutant.id, candidates[mutant.id]) for mutant in wanted]):
            fates[fate.mutant] = fate
            if tell:
                tell(TRIED, len(fates), len(wanted))
    return Trial(subject.provider, tuple(fates[mutant.id] for mutant in wanted), len(looks))


def _that_may_see(bench: Bench, wanted: Iterable[Mutant]) -> list[str]:
    """The cases that say of themselves that they ask what some mutant is of."""
    needs = {need for mutant in wanted for need in mutant.needs}
    if any(need.startswith(OF_ANY_CASE) for need in needs):
        return list(bench.cases)
    asked = {need.split(" ")[1] for need in needs}
    return [
        name
        for name, case in bench.cases.items()
        if not (case.operations or case.cells) or not asked.isdisjoint((*case.operations, *case.cells))
    ]


def _baseline(bench: Bench, names: list[str], pool: Pool, tell: Tell | None) -> list[Look]:
    """What each case sees that passes, in the order in which they try mutants."""
    looks: dict[str, Look] = {}
    for look in pool.looked(names):
        looks[look.case] = look
        if tell:
            tell(LOOKED, len(looks), len(names))
    broken = [f"{name}: {looks[name].message}" for name in names if looks[name].verdict == "failed"]
    if broken:
        raise UnsoundBaseline(f"{len(broken)} of {len(names)} cases fail without a mutant, first {broken[0]}")
    passed = [looks[name] for name in names if looks[name].verdict == "passed"]
    if not bench.cases or (names and not passed):
        raise UnsoundBaseline(f"no case can be checked: {looks[names[0]].message}" if names else "there is no case")
    rank = {name: number for number, name in enumerate(ORDER)}
    return sorted(passed, key=lambda look: rank.get(look.case.partition("/")[0], len(rank)))


def _candidates(mutant: Mutant, looks: Iterable[Look]) -> list[str]:
    """The cases that could notice a mutant at all."""
    return [look.case for look in looks if not look.facts.isdisjoint(mutant.needs)]
