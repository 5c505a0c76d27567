"""`harness state`."""

from __future__ import annotations

import click

from harness.cli.connection import control_command
from harness.cli.output import json_option, print_json, print_table
from harness.testing.control import Control


@click.command("state")
@click.argument("provider", required=False)
@click.argument("collection", required=False)
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="Documents at most.")
@click.option("--offset", type=click.IntRange(min=0), default=0, help="Documents to pass over.")
@json_option
@control_command
def command(
    provider: str | None,
    collection: str | None,
    limit: int,
    offset: int,
    as_json: bool,
    control: Control,
    sandbox: str,
) -> None:
    """Count the documents of a sandbox, or print those of a COLLECTION as JSON.

    \b
    harness state
    harness state superchat contacts --limit 2
    """
    if provider and collection:
        print_json(
            control.call(
                "state.list",
                sandbox=sandbox,
                provider=provider,
                collection=collection,
                limit=limit,
                offset=offset,
            )
        )
        return
    counts = control.call("state.get", sandbox=sandbox)
    if provider:
        counts = {provider: control.call("accounts.get", sandbox=sandbox, provider=provider) and counts[provider]}
    if as_json:
        print_json(counts)
        return
    rows = [(name, held, count) for name, collections in counts.items() for held, count in collections.items()]
    print_table(("provider", "collection", "documents"), rows)
