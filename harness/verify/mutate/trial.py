"""Trying mutants: a baseline tells which case can see what, then each mutant meets only those, until one kills it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from multiprocessing import get_context

import orjson

from harness.core.journal import Exchange
from harness.core.registry import Registry
from harness.nearest import unknown
from harness.verify.case import Case, judged
from harness.verify.mutate.alterations import fields_of, shown
from harness.verify.mutate.mutants import Mutant, mutants
from harness.verify.run import cases_of
from harness.verify.subject import Subject

ORDER = ("mapping", "fake", "proxy", "contract", "conduct", "world")
"""The suites in the order in which they try a mutant: those that judge by cassettes first, the world last."""


class UnsoundBaseline(Exception):
    """The suites fail, or cannot check, without any mutant: nothing can be said about their sensitivity."""


@dataclass(slots=True)
class Sight:
    """What one case sees of the fake and the mappings."""

    operations: set[str] = field(default_factory=set)
    fields: set[str] = field(default_factory=set)
    """`contacts.list results[].id`, of values that are not null."""
    parameters: set[str] = field(default_factory=set)
    """`contacts.list limit`."""
    cells: set[str] = field(default_factory=set)


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


def baseline(subject: Subject, suites: Sequence[str]) -> tuple[list[Case], dict[str, Sight]]:
    """The cases that pass, and what each of them sees. Raises UnsoundBaseline for those that fail."""
    cases, sights, broken = [], {}, []
    for case in cases_of(subject, suites):
        with _watched() as exchanges:
            outcome = judged(case, replace(subject))  # a fresh one: nothing it asked before is remembered
        if outcome.verdict == "failed":
            broken.append(f"{case.name}: {outcome.message.partition(chr(10))[0]}")
        elif outcome.verdict == "passed":
            cases.append(case)
            sights[case.name] = _sight(case, exchanges, subject.provider)
    if broken:
        raise UnsoundBaseline(f"{len(broken)} cases fail without a mutant, first {broken[0]}")
    if not cases:
        raise UnsoundBaseline(f"no case of {', '.join(suites)} can be checked for {subject.provider}")
    return sorted(cases, key=lambda case: ORDER.index(case.suite) if case.suite in ORDER else 9), sights


@contextmanager
def _watched() -> Iterator[list[Exchange]]:
    seen: list[Exchange] = []
    Registry.observers.append(seen.append)
    try:
        yield seen
    finally:
        Registry.observers.remove(seen.append)


def _sight(case: Case, exchanges: Iterable[Exchange], provider: str) -> Sight:
    sight = Sight(cells=set(case.cells))
    for exchange in exchanges:
        if exchange.provider != provider or exchange.operation is None:
            continue
        if case.operations and exchange.operation not in case.operations:
            continue  # asked to get there, not to judge it
        operation = exchange.operation
        sight.operations |= {operation, f"{operation} {exchange.status}"}
        sight.parameters |= {f"{operation} {part.partition('=')[0]}" for part in exchange.query.split("&") if part}
        if 200 <= exchange.status < 300:
            try:
                document = orjson.loads(exchange.response_body)
            except orjson.JSONDecodeError:
                continue
            sight.fields |= {
                f"{operation} {shown(path)}" for path, value in fields_of(document) if value not in (None, [], {})
            }
    return sight


def may_see(mutant: Mutant, sight: Sight) -> bool:
    """Whether a case with this sight could notice the mutant at all."""
    if mutant.cell is not None:
        return ".".join(mutant.cell) in sight.cells
    operation = mutant.operations[0]
    what = mutant.id.removeprefix(f"{mutant.layer} {mutant.kind} ")
    if mutant.kind == "status":
        return what.partition(" as ")[0] in sight.operations
    if mutant.kind == "ignored":
        return what in sight.parameters
    return what in sight.fields if mutant.kind != "header" else operation in sight.operations


def tried(mutant: Mutant, cases: Sequence[Case], sights: Mapping[str, Sight], subject: Subject) -> Fate:
    """What became of one mutant; the first case that fails kills it."""
    candidates = [case for case in cases if may_see(mutant, sights[case.name])]
    broken = replace(subject, alter=mutant.alter, mapping_override=mutant.mapping_override)
    for number, case in enumerate(candidates, 1):
        if judged(case, broken).verdict == "failed":
            return Fate(mutant.id, mutant.layer, mutant.kind, case.name, number)
    reason = "no case noticed it" if candidates else "no case shows what it breaks"
    return Fate(mutant.id, mutant.layer, mutant.kind, None, len(candidates), reason)


@dataclass(frozen=True, slots=True)
class Trial:
    """The fates of all mutants tried."""

    provider: str
    fates: tuple[Fate, ...]

    def killed(self, suites: Iterable[str] | None = None) -> float:
        """The share that was killed, by some suites or by any."""
        counted = None if suites is None else set(suites)
        hit = sum(1 for fate in self.fates if fate.suite and (counted is None or fate.suite in counted))
        return hit / len(self.fates) if self.fates else 0.0

    @property
    def survivors(self) -> list[Fate]:
        """Those nobody noticed."""
        return [fate for fate in self.fates if fate.killed_by is None]


def chosen(subject: Subject, most: int | None, only: str | None = None) -> list[Mutant]:
    """The mutants to try. Raises ValueError for a pattern none has."""
    from fnmatch import fnmatchcase

    from harness.unified.integration import Integration, installed
    from harness.unified.mapping import Mappings

    mapped = Mappings.load(Integration.load(subject.provider)) if subject.provider in installed() else None
    found = mutants(subject.contract, mapped, None if only else most)
    if only:
        found = [mutant for mutant in found if fnmatchcase(mutant.id, only)][:most]
        if not found:
            raise ValueError(
                unknown("kind of mutant", only, {f"{m.layer} {m.kind} *" for m in mutants(subject.contract, mapped)})
            )
    return found


def trial(
    subject: Subject,
    suites: Sequence[str],
    *,
    most: int | None = None,
    only: str | None = None,
    workers: int = 1,
    each: Callable[[Fate], None] | None = None,
) -> Trial:
    """Try the mutants, in `workers` processes. Raises UnsoundBaseline."""
    wanted = [mutant.id for mutant in chosen(subject, most, only)]
    fates = []
    for fate in _fates(subject, suites, wanted, workers):
        fates.append(fate)
        if each:
            each(fate)
    order = {id: number for number, id in enumerate(wanted)}
    return Trial(subject.provider, tuple(sorted(fates, key=lambda fate: order[fate.mutant])))


def _fates(subject: Subject, suites: Sequence[str], wanted: list[str], workers: int) -> Iterator[Fate]:
    if workers <= 1:
        yield from _portion(subject, suites, wanted)
        return
    # every worker takes each n-th mutant: neighbours cost alike, so all end at about the same time
    parts = [list(islice(wanted, start, None, workers * 4)) for start in range(workers * 4)]
    with ProcessPoolExecutor(
        workers, mp_context=get_context("spawn"), initializer=_prepare, initargs=(subject, suites)
    ) as pool:
        for found in pool.map(_work, [part for part in parts if part]):
            yield from found


_prepared: list[tuple[Subject, list[Case], dict[str, Sight], dict[str, Mutant]]] = []


def _prepare(subject: Subject, suites: Sequence[str]) -> None:
    cases, sights = baseline(subject, suites)
    _prepared[:] = [(subject, cases, sights, {mutant.id: mutant for mutant in chosen(subject, None)})]


def _work(wanted: list[str]) -> list[Fate]:
    subject, cases, sights, known = _prepared[0]
    return [tried(known[id], cases, sights, subject) for id in wanted]


def _portion(subject: Subject, suites: Sequence[str], wanted: list[str]) -> Iterator[Fate]:
    cases, sights = baseline(subject, suites)
    known = {mutant.id: mutant for mutant in chosen(subject, None)}
    for id in wanted:
        yield tried(known[id], cases, sights, subject)
