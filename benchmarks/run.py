"""The design's figures, side by side with peers on one machine."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Callable
from types import FrameType

import in_process
import loopback
import million
import search
import startup
import unified
from report import Report, Row, facts
from rich.console import Console
from rich.table import Table
from servers import can_pin

FIGURES: dict[str, Callable[[int], list[Row]]] = {
    module.GROUP: module.measure for module in (loopback, million, in_process, search, unified, startup)
}
BUDGET = 420
"""Seconds a whole run may take."""


class OutOfTime(Exception):
    """The run has had its time."""


def main() -> int:
    """Measure, print, with `--write` keep; 1 when a goal is missed, 3 when one could not be measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", choices=sorted(FIGURES), help="measure this part; may be repeated")
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds (default 5)")
    parser.add_argument("--write", action="store_true", help="keep the table in benchmarks/results")
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error("--rounds is at least 1")
    chosen = [name for name in FIGURES if not options.only or name in options.only]
    signal.signal(signal.SIGALRM, _ring)
    deadline = time.monotonic() + BUDGET
    rows: list[Row] = []
    for name in chosen:
        begin = time.monotonic()
        rows += _measured(name, options.rounds, deadline)
        print(f"{name}: {time.monotonic() - begin:.0f} s", file=sys.stderr)
    report = Report(rows, facts(options.rounds, can_pin()))
    _show(report)
    if options.write:
        report.keep(frozenset(chosen))
    goals = [row.met for row in rows if row.goal is not None]
    return 1 if False in goals else 3 if None in goals else 0


def _measured(name: str, rounds: int, deadline: float) -> list[Row]:
    """The rows of one part; whatever goes wrong becomes a row that says so."""
    try:
        signal.setitimer(signal.ITIMER_REAL, max(0.001, deadline - time.monotonic()))
        return FIGURES[name](rounds)
    except OutOfTime:
        trouble = f"the run's {BUDGET} s were over"
    except Exception as error:
        trouble = f"{type(error).__name__}: {error}"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return [Row(group=name, figure=f"all of {name}", trouble=" ".join(trouble.split())[:300])]


def _ring(_: int, frame: FrameType | None) -> None:
    raise OutOfTime


def _show(report: Report) -> None:
    if not sys.stdout.isatty():
        print(report.markdown())
        return
    table = Table()
    for name in ("figure", "ours", "beside it", "peer", "ratio", "goal", "met"):
        table.add_column(name)
    for row in report.rows:
        table.add_row(*row.cells())
    Console().print(table)


if __name__ == "__main__":
    sys.exit(main())
