"""A report for CI servers, in the JUnit XML they all read.

A failed case is a `failure`. One that could not be checked is an `error` of the type `unchecked`, so that it is as loud
as a failure and counted apart. One that the user left out with a reason is `skipped` with that reason.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from harness.verify.case import Outcome
from harness.verify.report import SKIPPED
from harness.verify.run import Run

_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def report(runs: Sequence[Run]) -> str:
    """One `testsuite` for each suite of each provider."""
    root = Element("testsuites", name="harness verify")
    for run in runs:
        for suite in run.suites:
            _suite(root, run, suite)
    for name in ("tests", "failures", "errors", "skipped"):
        root.set(name, str(sum(int(each.get(name, "0")) for each in root)))
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _suite(root: Element, run: Run, suite: str) -> None:
    outcomes = [each for each in run.outcomes if each.case.suite == suite]
    kinds = [_kind(each) for each in outcomes]
    element = SubElement(
        root,
        "testsuite",
        name=f"{run.provider}.{suite}",
        tests=str(len(outcomes)),
        failures=str(kinds.count("failure")),
        errors=str(kinds.count("error")),
        skipped=str(kinds.count("skipped")),
        time="0",
    )
    for outcome, kind in zip(outcomes, kinds, strict=True):
        case = SubElement(
            element, "testcase", classname=f"{run.provider}.{suite}", name=_text(outcome.case.id), time="0"
        )
        properties = SubElement(case, "properties")
        SubElement(properties, "property", name="evidence", value=outcome.case.evidence)
        for operation in outcome.case.operations:
            SubElement(properties, "property", name="operation", value=operation)
        if kind:
            told = _text(outcome.message.removeprefix(SKIPPED))
            found = SubElement(case, kind, message=_head(kind, told))
            if kind != "skipped":
                found.set("type", "failed" if kind == "failure" else "unchecked")
                found.text = told


def _kind(outcome: Outcome) -> str:
    if outcome.verdict == "passed":
        return ""
    if outcome.verdict == "failed":
        return "failure"
    return "skipped" if outcome.message.startswith(SKIPPED) else "error"


def _head(kind: str, told: str) -> str:
    first = told.partition("\n")[0]
    return f"not checked: {first}" if kind == "error" else first


def _text(value: str) -> str:
    """Without what no XML may have."""
    return _FORBIDDEN.sub("\ufffd", value)
