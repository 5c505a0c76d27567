"""The table of what is known of each operation, for docs/tables.py."""

from __future__ import annotations

from functools import cache

from harness.core.contract import Contract
from harness.verify.proof import LEVELS, proofs
from harness.verify.subject import Subject


def proof(contract: Contract) -> str:
    """Every operation with what its fake was judged by, from a run of the suite `fake`."""
    return _table(contract.name)


@cache
def _table(provider: str) -> str:
    found = list(proofs(Subject(provider=provider)).values())
    rows = ["| | operations | which means |", "| --- | --- | --- |"]
    rows += [
        f"| *{level}* | {sum(each.level == level for each in found)} | {meaning} |" for level, meaning in LEVELS.items()
    ]
    rows += ["", "| operation | | cases passed |", "| --- | --- | --- |"]
    return "\n".join(rows + [f"| `{each.operation}` | {each.level} | {each.passed} |" for each in found])
