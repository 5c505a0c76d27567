"""Writes the tables of the documents that come from the contracts: `python docs/tables.py [--check]`."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from carried import carried
from proof import proof, standing

from harness.core.contract import Contract

DOCS = Path(__file__).parent
CONTRACTS = DOCS.parent / "contracts"
FILES = [DOCS.parent / "README.md", *sorted(DOCS.glob("*.md"))]
_TABLE = re.compile(r"(<!-- (\w+) of (\w+): written by docs/tables.py -->\n).*?(\n<!-- end -->)", re.DOTALL)


def quirks(contract: Contract) -> str:
    """Every quirk with its choices, the default first."""
    rows = ["| quirk | choices, the default first | what it is about | evidence |", "| --- | --- | --- | --- |"]
    for quirk in sorted(contract.quirks.values(), key=lambda quirk: quirk.name):
        choices = [quirk.default, *[choice for choice in quirk.choices if choice != quirk.default]]
        shown = ", ".join(f"`{choice}`" for choice in choices)
        rows.append(f"| `{quirk.name}` | {shown} | {quirk.summary} | {quirk.level} |")
    return "\n".join(rows)


def operations(contract: Contract) -> str:
    """Every operation with its evidence."""
    rows = ["| operation | | evidence |", "| --- | --- | --- |"]
    rows += [
        f"| `{operation.id}` | `{operation.method} {operation.path}` | {operation.evidence.level} |"
        for operation in contract.operations.values()
    ]
    return "\n".join(rows)


TABLES = {"quirks": quirks, "operations": operations, "carried": carried, "proof": proof, "standing": standing}


def rewritten(text: str) -> str:
    """The text with its tables made anew."""

    def table(match: re.Match[str]) -> str:
        contract = Contract.load(CONTRACTS / match[3])
        return f"{match[1]}\n{TABLES[match[2]](contract)}\n{match[4]}"

    return _TABLE.sub(table, text)


def main(arguments: list[str]) -> int:
    """0 when all tables are current (or were written), 1 otherwise."""
    stale = [file for file in FILES if rewritten(file.read_text()) != file.read_text()]
    for file in stale:
        if "--check" in arguments:
            sys.stderr.write(f"{file.name}: a table is not current; run python docs/tables.py\n")
        else:
            file.write_text(rewritten(file.read_text()))
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
