"""Rows of the table of figures: printed, and kept as markdown and JSON."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import orjson

RESULTS = Path(__file__).parent / "results"
HEAD = ("figure", "ours", "beside it", "peer", "ratio", "goal", "met")


@dataclass(frozen=True, slots=True)
class Goal:
    """A figure of the design: how the measured number must compare with a bound."""

    sign: Literal["≥", "≤"]
    bound: float
    unit: str = "×"

    def met_by(self, value: float) -> bool:
        """Whether a measured number is good enough."""
        return value >= self.bound if self.sign == "≥" else value <= self.bound

    def __str__(self) -> str:
        return f"{self.sign} {self.bound:g}{'' if self.unit == '×' else ' '}{self.unit}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table. A row without a goal informs only."""

    group: str
    """Which part of the run it belongs to, as `--only` names it."""
    figure: str
    ours: str = ""
    beside: str = ""
    """What ours is compared with."""
    peer: str = ""
    """What that came to."""
    ratio: float | None = None
    """Of rates ours over the peer's; of costs ours over the peer's, and the peer's over ours for a start."""
    goal: Goal | None = None
    value: float | None = None
    """What the goal is about, where it is not the ratio."""
    trouble: str = ""
    """Why it could not be measured."""
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None without a goal or a measurement."""
        measured = self.ratio if self.value is None else self.value
        return None if self.goal is None or measured is None or self.trouble else self.goal.met_by(measured)

    def cells(self) -> tuple[str, ...]:
        """The row as the table shows it."""
        goal = "–" if self.goal is None else str(self.goal)
        if self.trouble:
            return (self.figure, self.ours, self.beside, f"could not measure: {self.trouble}", "–", goal, "–")
        ratio = "–" if self.ratio is None else f"{self.ratio:.2f}×"
        if cpu := self.details.get("cpu_ratio"):
            ratio += f" (CPU {cpu:.2f}×)"
        met = {True: "yes", False: "**no**", None: "–"}[self.met]
        return (self.figure, self.ours, self.beside, self.peer, ratio, goal, met)


@dataclass(frozen=True, slots=True)
class Report:
    """A run: its rows, and where and how it was made."""

    rows: Sequence[Row]
    facts: dict[str, str]

    def markdown(self) -> str:
        """The table, with the facts above it."""
        facts = "".join(f"- {name}: {value}\n" for name, value in self.facts.items())
        lines = [HEAD, *(row.cells() for row in self.rows)]
        table = [f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines]
        table.insert(1, f"|{' --- |' * len(HEAD)}")
        return f"# Figures\n\n{facts}\n" + "\n".join(table) + "\n"

    def keep(self, groups: frozenset[str]) -> None:
        """Write the table; rows of groups that were not measured this time stay as they were kept."""
        RESULTS.mkdir(exist_ok=True)
        file = RESULTS / "latest.json"
        older = [row for row in _kept(file) if row.group not in groups]
        whole = Report([*self.rows, *older], self.facts)
        rows = [{**asdict(row), "met": row.met} for row in whole.rows]
        document = {"facts": self.facts, "rows": rows}
        file.write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
        (RESULTS / "latest.md").write_text(whole.markdown())


def _kept(file: Path) -> list[Row]:
    if not file.is_file():
        return []
    rows = []
    for kept in orjson.loads(file.read_bytes())["rows"]:
        kept.pop("met")
        goal = kept.pop("goal")
        rows.append(Row(**kept, goal=Goal(**goal) if goal else None))
    return rows


def facts(rounds: int, pinned: bool) -> dict[str, str]:
    """Where and how this run was made."""
    system = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return {
        "made": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "machine": f"{system}, load {os.getloadavg()[0]:.1f} at the end, {python}",
        "how": f"medians of {rounds} interleaved rounds; server and client "
        + ("on a core each" if pinned else "share the cores"),
    }
