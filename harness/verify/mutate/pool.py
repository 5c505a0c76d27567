"""Benches in several processes. What crosses between them is plain: names, texts and numbers."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from multiprocessing import get_context
from os import PathLike
from pathlib import Path
from typing import Any, Self

from harness.verify.mutate.bench import Bench, Fate, Look
from harness.verify.subject import Subject

_AT_ONCE = 12
"""How many cases or mutants a process takes at a time: few, so that all end at about the same time, and soon when
somebody wants to stop."""


class Pool:
    """Several processes with a bench each, or this one alone. Raises ValueError for a subject that cannot cross."""

    def __init__(self, bench: Bench, workers: int) -> None:
        self._bench = bench
        self._executor: ProcessPoolExecutor | None = None
        if workers > 1:
            self._executor = ProcessPoolExecutor(
                workers,
                mp_context=get_context("spawn"),
                initializer=_prepare,
                initargs=(_described(bench.subject), bench.suites),
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._executor:
            self._executor.shutdown(cancel_futures=True)

    def looked(self, names: Sequence[str]) -> Iterator[Look]:
        """What cases see, in any order."""
        if self._executor is None:
            yield from map(self._bench.look, names)
            return
        for case, verdict, message, facts in _done(self._executor, _look, list(names)):
            yield Look(case, verdict, message, frozenset(facts))

    def tried(self, wanted: Sequence[tuple[str, list[str]]]) -> Iterator[Fate]:
        """What became of mutants, given their candidates, in any order."""
        if self._executor is None:
            yield from (self._bench.tried(*each) for each in wanted)
            return
        for found in _done(self._executor, _try, list(wanted)):
            yield Fate(*found)


def _done(executor: ProcessPoolExecutor, work: Any, wanted: list[Any]) -> Iterator[Any]:
    with _deaf_to_interrupts():  # the processes start here, and leave it to this one to stop
        waiting: set[Future[Any]] = {
            executor.submit(work, wanted[start : start + _AT_ONCE]) for start in range(0, len(wanted), _AT_ONCE)
        }
    while waiting:
        done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
        for each in done:
            yield from each.result()


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """While it lasts, Ctrl-C does nothing; a process that starts meanwhile never hears it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _described(subject: Subject) -> dict[str, Any]:
    """A subject as plain data."""
    own = [name for name in ("client", "work", "alter") if getattr(subject, name) is not None]
    if own or subject.handlers or subject.mapping_override:
        raise ValueError(f"a subject with {own[0] if own else 'a mutation'} of its own stays in one process: workers=1")
    world = subject.world
    if isinstance(world, str | PathLike):
        world = str(world)
    elif world is not None and not isinstance(world, Mapping):
        raise ValueError("a world that is read already stays in one process: give its name or its file, or workers=1")
    folder = subject.cassette_folder
    return {"provider": subject.provider, "folder": str(folder) if folder else None, "world": world}


_benches: list[Bench] = []


def _prepare(described: Mapping[str, Any], suites: Sequence[str]) -> None:
    folder = described["folder"]
    subject = Subject(
        provider=described["provider"],
        cassette_folder=Path(folder) if folder else None,
        world=described["world"],
    )
    _benches[:] = [Bench(subject, suites)]


def _look(names: Sequence[str]) -> list[tuple[str, str, str, list[str]]]:
    looks = map(_benches[0].look, names)
    return [(look.case, look.verdict, look.message, list(look.facts)) for look in looks]


def _try(wanted: Sequence[tuple[str, list[str]]]) -> list[tuple[Any, ...]]:
    fates = (_benches[0].tried(*each) for each in wanted)
    return [(each.mutant, each.layer, each.kind, each.killed_by, each.tried, each.reason) for each in fates]
