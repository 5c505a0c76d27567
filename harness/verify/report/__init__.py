"""Reports of runs: text, JSON, JUnit XML, one HTML file. Results stay apart by suite and by evidence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from harness.nearest import unknown
from harness.verify.case import Outcome, Verdict
from harness.verify.run import Run

EVIDENCE = {
    "recorded": "a recording of the real API",
    "transcribed": "somebody's recording, written down",
    "documented": "what the documentation shows",
    "inferred": "what nobody shows and is taken to be so",
    "world": "the state of the fake, read apart",
    "none": "nothing from outside: rules that hold for any provider",
}
"""What cases judge by, the surest first."""

VERDICTS: tuple[Verdict, ...] = ("passed", "failed", "unchecked")
FORMATS = {"text": ".txt", "json": ".json", "junit": ".xml", "html": ".html"}
"""The reports and how their files end."""

SKIPPED = "skipped: "
"""How the reason of an unchecked case begins that the user left out."""


class UnknownFormat(ValueError):
    """A file whose ending says of no report."""


@dataclass(frozen=True, slots=True)
class Row:
    """The figures of one suite and one kind of evidence."""

    suite: str
    evidence: str
    passed: int
    failed: int
    unchecked: int


def rows(run: Run) -> list[Row]:
    """By suite in the order they ran, then by evidence."""
    order = list(EVIDENCE)
    counts: dict[tuple[str, str], Counter[Verdict]] = {}
    for outcome in run.outcomes:
        counts.setdefault((outcome.case.suite, outcome.case.evidence), Counter())[outcome.verdict] += 1
    suites = run.suites
    places = sorted(counts, key=lambda each: (suites.index(each[0]), order.index(each[1]) if each[1] in order else 99))
    return [Row(*place, *(counts[place][verdict] for verdict in VERDICTS)) for place in places]


def by_message(outcomes: Sequence[Outcome]) -> dict[str, list[Outcome]]:
    """The outcomes with the same message together, in order."""
    found: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        found.setdefault(outcome.message, []).append(outcome)
    return found


def having(run: Run, verdict: Verdict) -> list[Outcome]:
    """The outcomes with a verdict."""
    return [each for each in run.outcomes if each.verdict == verdict]


def conclusion(runs: Sequence[Run]) -> str:
    """One line for each provider: `superchat: 1 failed and 2 could not be checked, of 860 cases`."""
    told = []
    for run in runs:
        counts, all_of = run.counts(), len(run.outcomes)
        if not all_of:
            told.append(f"{run.provider}: nothing was checked")
        elif not counts["failed"] and not counts["unchecked"]:
            told.append(f"{run.provider}: all {all_of} cases passed")
        else:
            parts = [f"{counts['failed']} failed"] if counts["failed"] else []
            parts += [f"{counts['unchecked']} could not be checked"] if counts["unchecked"] else []
            told.append(f"{run.provider}: {' and '.join(parts)}, of {all_of} cases")
    return "\n".join(told)


def exit_code(runs: Sequence[Run]) -> int:
    """1 when a case of any provider failed, 3 when one could not be checked or there was none, else 0."""
    codes = {run.exit_code for run in runs} or {3}
    return 1 if 1 in codes else 3 if 3 in codes else 0


def format_of(file: Path) -> str:
    """The report that a file's ending asks for. Raises UnknownFormat."""
    for name, ending in FORMATS.items():
        if file.suffix.lower() == ending:
            return name
    raise UnknownFormat(unknown(f"ending of the report {file}:", file.suffix or "none", FORMATS.values()))


def written(runs: Sequence[Run], format: str) -> str:
    """A report."""
    module = import_module(f"harness.verify.report.{'json_report' if format == 'json' else format}")
    text: str = module.report(runs)
    return text
