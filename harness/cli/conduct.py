"""`harness conduct`."""

from __future__ import annotations

import click

from harness.cli import FAILED, UNCHECKED
from harness.cli.connection import control_command, give_up
from harness.cli.output import json_option, print_json, print_table
from harness.testing.control import Control, ControlError


@click.command("conduct")
@click.argument("rules", nargs=-1)
@click.option("--provider", help="Only towards this provider.")
@json_option
@control_command
def command(rules: tuple[str, ...], provider: str | None, as_json: bool, control: Control, sandbox: str) -> None:
    """Judge from the journal how the clients behaved: by all rules, or by RULES.

    \b
    The rules: waits_retry_after, invents_no_cursor, stops_at_last_page, no_duplicate_create,
    no_call_after_401.

    The exit code is 1 when a rule is broken, and 3 when the journal had to let go of exchanges.

    \b
    harness conduct
    harness conduct waits_retry_after --provider superchat --json
    """
    try:
        found = control.call("conduct.list", sandbox=sandbox, provider=provider, rules=list(rules) or None)["findings"]
    except ControlError as error:
        if error.code == "conflict":
            give_up(UNCHECKED, str(error))
        raise
    if as_json:
        print_json({"findings": found})
    else:
        columns = ("provider", "rule", "message")
        print_table(columns, [[each[column] for column in columns] for each in found])
    if found:
        raise SystemExit(FAILED)
