"""A report for a terminal or a log: figures by suite and evidence, then all that is not as it should be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.verify.report import by_message, conclusion, having, rows
from harness.verify.run import Run

_COLUMNS = ("suite", "judged by", "passed", "failed", "unchecked")
_NAMED = 8
"""Of the cases with one message so many are named."""


def report(runs: Sequence[Run]) -> str:
    """The whole text."""
    return "\n".join(line for run in runs for line in _lines(run)) + f"\n{conclusion(runs)}\n"


def _lines(run: Run) -> Iterator[str]:
    yield run.provider
    yield ""
    yield from _table(run)
    yield ""
    for verdict, title in (("failed", "FAILED"), ("unchecked", "NOT CHECKED")):
        outcomes = having(run, verdict)  # type: ignore[arg-type]
        if not outcomes:
            continue
        yield f"{title}: {len(outcomes)}"
        yield ""
        for message, same in by_message(outcomes).items():
            for outcome in same[:_NAMED]:
                yield f"  {outcome.case.name}"
            if len(same) > _NAMED:
                yield f"  and {len(same) - _NAMED} more"
            yield from (f"      {line}" for line in message.splitlines())
            yield ""
    if updated := [each for each in having(run, "passed") if each.message]:
        yield f"REWRITTEN: {len(updated)}"
        yield ""
        for outcome in updated:
            yield f"  {outcome.case.name}"
            yield from (f"      {line}" for line in outcome.message.splitlines())
        yield ""


def _table(run: Run) -> Iterator[str]:
    lines: list[Sequence[str]] = [_COLUMNS]
    for row in rows(run):
        figures = [str(figure or "-") for figure in (row.passed, row.failed, row.unchecked)]
        lines.append([row.suite, row.evidence, *figures])
    widths = [max(len(line[column]) for line in lines) for column in range(len(_COLUMNS))]
    for line in lines:
        cells = [
            cell.ljust(width) if column < 2 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        yield "  " + "  ".join(cells).rstrip()
