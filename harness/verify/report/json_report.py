"""A report for programs: every outcome."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from harness.verify.report import EVIDENCE, exit_code, rows
from harness.verify.run import Run

FORMAT = 1
"""Grows when a field goes or changes its meaning."""


def report(runs: Sequence[Run]) -> str:
    """Indented JSON."""
    document = {
        "format": FORMAT,
        "exit_code": exit_code(runs),
        "evidence": EVIDENCE,
        "providers": {run.provider: _of(run) for run in runs},
    }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()


def _of(run: Run) -> dict[str, Any]:
    return {
        "summary": [
            {
                "suite": row.suite,
                "evidence": row.evidence,
                "passed": row.passed,
                "failed": row.failed,
                "unchecked": row.unchecked,
            }
            for row in rows(run)
        ],
        "outcomes": [
            {
                "name": outcome.case.name,
                "suite": outcome.case.suite,
                "evidence": outcome.case.evidence,
                "operations": list(outcome.case.operations),
                "cells": list(outcome.case.cells),
                "verdict": outcome.verdict,
                "message": outcome.message,
            }
            for outcome in run.outcomes
        ],
    }
