"""The table of what is known of each operation, for docs/tables.py."""

from __future__ import annotations

from functools import cache

from harness.core.contract import Contract
from harness.verify.proof import LEVELS, Proof, proofs
from harness.verify.subject import Subject


def proof(contract: Contract) -> str:
    """Every operation with what its fake was judged by, from a run of the suite `fake`."""
    return _table(contract.name)


def standing(contract: Contract) -> str:
    """The same in short: the operations of each level, without the names of the most of them."""
    found = _proofs(contract.name)
    names = {level: [f"`{each.operation}`" for each in found if each.level == level] for level in LEVELS}
    most = max(names, key=lambda level: len(names[level]))
    rows = ["| | which means | operations |", "| --- | --- | --- |"]
    for level, meaning in LEVELS.items():
        shown = "all others" if level == most else ", ".join(names[level]) or "none"
        rows.append(f"| *{level}*, {len(names[level])} | {meaning} | {shown} |")
    return "\n".join(rows)


@cache
def _proofs(provider: str) -> list[Proof]:
    return list(proofs(Subject(provider=provider)).values())


def _table(provider: str) -> str:
    found = _proofs(provider)
    rows = ["| | operations | which means |", "| --- | --- | --- |"]
    rows += [
        f"| *{level}* | {sum(each.level == level for each in found)} | {meaning} |" for level, meaning in LEVELS.items()
    ]
    rows += ["", "| operation | | cases passed |", "| --- | --- | --- |"]
    return "\n".join(rows + [f"| `{each.operation}` | {each.level} | {each.passed} |" for each in found])
