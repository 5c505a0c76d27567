"""`harness journal`."""

from __future__ import annotations

import click

from harness.cli.connection import control_command
from harness.cli.output import json_option, print_json, print_table
from harness.testing.control import Control


@click.command("journal")
@click.option("--operation", help="Only this operation, such as contacts.list.")
@click.option("--provider", help="Only this provider.")
@click.option("--status", type=int, help="Only answers of this status.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="The newest so many.")
@click.option("--clear", is_flag=True, help="Empty the journal.")
@json_option
@control_command
def command(
    operation: str | None,
    provider: str | None,
    status: int | None,
    limit: int,
    clear: bool,
    as_json: bool,
    control: Control,
    sandbox: str,
) -> None:
    """Show what was asked and answered, oldest first. With --json whole exchanges; credentials are never kept.

    \b
    harness journal --status 404
    harness journal --operation contacts.list --json
    harness journal --clear
    """
    if clear:
        if operation or provider or status is not None:
            raise click.UsageError("--clear empties the whole journal: it goes with no filter")
        control.call("journal.clear", sandbox=sandbox)
        click.echo(f"the journal of sandbox {sandbox} is empty")
        return
    wanted = {"operation": operation, "provider": provider, "status": status}
    given = {name: value for name, value in wanted.items() if value is not None}
    found = control.call("journal.list", sandbox=sandbox, limit=limit, bodies=as_json, **given)
    if as_json:
        print_json(found)
        return
    rows = [
        (
            each["number"],
            each["at"],
            each["status"],
            each["method"],
            f"{each['path']}?{each['query']}" if each["query"] else each["path"],
            each["operation"] or "-",
            each["note"],
            each["fault"],
        )
        for each in found["exchanges"]
    ]
    print_table(("number", "at", "status", "method", "path", "operation", "note", "fault"), rows)
