"""`harness snapshot`."""

from __future__ import annotations

import click

from harness.cli.connection import control_command
from harness.cli.output import json_option, print_json
from harness.testing.control import Control


@click.group("snapshot")
def command() -> None:
    """Keep a sandbox's state under a name, or go back to one.

    \b
    harness snapshot save before-import
    harness snapshot restore before-import
    """


@command.command("list")
@json_option
@control_command
def names(as_json: bool, control: Control, sandbox: str) -> None:
    """The names of the snapshots."""
    found = control.call("snapshots.list", sandbox=sandbox)["snapshots"]
    if as_json:
        print_json(found)
    else:
        for name in found:
            click.echo(name)


@command.command("save")
@click.argument("name")
@control_command
def save(name: str, control: Control, sandbox: str) -> None:
    """Keep the present state as NAME; an older one of that name goes."""
    control.call("snapshots.save", sandbox=sandbox, name=name)
    click.echo(f"sandbox {sandbox} is kept as {name}")


@command.command("restore")
@click.argument("name")
@control_command
def restore(name: str, control: Control, sandbox: str) -> None:
    """Be as NAME was: documents, time, quotas and quirks; keys and journal stay."""
    control.call("snapshots.restore", sandbox=sandbox, name=name)
    click.echo(f"sandbox {sandbox} is as {name} was")
