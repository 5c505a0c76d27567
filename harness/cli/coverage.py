"""`harness coverage`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from harness.cli import FAILED, FINE, UNCHECKED, WRONG
from harness.cli.connection import give_up
from harness.cli.output import json_option, print_json, print_table

EXERCISED = ".harness/exercised.json"
COLUMNS = ("operation", "method", "path", "contract", "handler", "evidence", "proof", "test")


@click.command("coverage")
@click.argument("provider", required=False)
@click.option(
    "--exercised",
    type=click.Path(path_type=Path, dir_okay=False),
    default=EXERCISED,
    show_default=True,
    help="What a test run called, written by pytest --harness-exercised.",
)
@json_option
def command(provider: str | None, exercised: Path, as_json: bool) -> None:
    """Show for each operation whether it has a contract, a handler, evidence, proof and a test.

    Evidence is that of the contract. Proof says by what the fake was judged just now, by the suite `fake` of harness
    verify: proven by a recording or a transcription of one, documented, inferred, or not known. The last column
    says what the tests called, from the file of a test run; without it the column says unknown and the exit code is
    3. The exit code is 1 when anything is missing.

    \b
    pytest --harness-exercised .harness/exercised.json
    harness coverage superchat
    """
    from harness.core.registry import Registry
    from harness.core.sandbox import SandboxError

    registry = Registry()
    try:
        names = [provider] if provider else registry.names()
        packs = [registry.pack(name) for name in names]
    except SandboxError as error:
        give_up(WRONG, str(error))
    called = _read(exercised)
    reports = {
        pack.name: _rows(pack, None if called is None else called.get(pack.name, {}), _proofs(pack.name))
        for pack in packs
    }
    if as_json:
        print_json(reports)
    for name, rows in reports.items():
        if not as_json:
            print_table(COLUMNS, [[row[column] for column in COLUMNS] for row in rows], title=name)
        click.echo(f"{_summary(name, rows)}{_tools(registry.pack(name))}", err=as_json)
    everything = [row for rows in reports.values() for row in rows]
    if any("missing" in row.values() for row in everything):
        raise SystemExit(FAILED)
    if called is None:
        click.echo(f"no test run to judge by: {exercised} does not exist", err=True)
    raise SystemExit(FINE if called is not None else UNCHECKED)


def _read(file: Path) -> dict[str, Any] | None:
    import orjson

    if not file.is_file():
        return None
    try:
        found = orjson.loads(file.read_bytes())
    except orjson.JSONDecodeError as error:
        give_up(WRONG, f"{file} is not what pytest --harness-exercised writes: {error}")
    if not _is_count(found):
        give_up(WRONG, f"{file} is not what pytest --harness-exercised writes: remove it and run the tests again")
    counts: dict[str, Any] = found
    return counts


def _is_count(found: Any) -> bool:
    if not isinstance(found, dict) or not all(isinstance(operations, dict) for operations in found.values()):
        return False
    counted = [count for operations in found.values() for count in operations.values()]
    return all(isinstance(count, dict) and isinstance(count.get("calls"), int) for count in counted)


def _proofs(provider: str) -> dict[str, Any]:
    from harness.verify.cassette import CassetteError
    from harness.verify.known import known_providers
    from harness.verify.proof import proofs
    from harness.verify.subject import Subject

    if provider not in known_providers():
        return {}  # nothing but its contract is there to judge it by
    try:
        return dict(proofs(Subject(provider=provider)))
    except CassetteError as error:
        give_up(WRONG, str(error))


def _rows(pack: Any, called: dict[str, Any] | None, proofs: dict[str, Any]) -> list[dict[str, str]]:
    operations = pack.contract.operations
    rows = []
    for id in [*operations, *sorted(pack.handlers.keys() - operations.keys())]:
        operation = operations.get(id)
        test = "unknown"
        if called is not None:
            test = f"{called[id]['calls']} calls" if id in called else "missing"
        rows.append(
            {
                "operation": id,
                "method": operation.method if operation else "",
                "path": operation.path if operation else "",
                "contract": "yes" if operation else "missing",
                "handler": "yes" if id in pack.handlers else "missing",
                "evidence": operation.evidence.level if operation else "missing",
                "proof": proofs[id].level if id in proofs else "",
                "test": test,
            }
        )
    return rows


def _tools(pack: Any) -> str:
    """How many of the tools the contract names an account offers as proxy methods."""
    from harness.unified.errors import ConfigurationError
    from harness.unified.integration import Integration
    from harness.unified.tool_names import name_of

    named = {tool for operation in pack.contract.operations.values() for tool in operation.tools}
    if not named:
        return ""
    try:
        resources = Integration.load(pack.name).resources
    except ConfigurationError:
        resources = {}
    offered = {name_of(pack.name, resource, method) for resource, each in resources.items() for method in each}
    return f"; tools: {len(named & offered)} of {len(named)}"


def _summary(name: str, rows: list[dict[str, str]]) -> str:
    def having(column: str) -> int:
        return sum(row[column] not in ("missing", "unknown") for row in rows)

    parts = [f"{having(column)} of {len(rows)} with {column}" for column in ("contract", "handler", "evidence", "test")]
    levels: dict[str, int] = {}
    for row in rows:
        levels[row["evidence"]] = levels.get(row["evidence"], 0) + 1
    evidence = ", ".join(f"{count} {level}" for level, count in sorted(levels.items()))
    proof: dict[str, int] = {}
    for row in rows:
        if row["proof"]:
            proof[row["proof"]] = proof.get(row["proof"], 0) + 1
    if proof:
        evidence += f"; proof: {', '.join(f'{count} {level}' for level, count in sorted(proof.items()))}"
    unknown = " (test: unknown)" if any(row["test"] == "unknown" for row in rows) else ""
    return f"{name}: {'; '.join(parts)}{unknown}; evidence: {evidence}"
