"""`harness reset`."""

from __future__ import annotations

import click

from harness.cli.connection import control_command
from harness.testing.control import Control


@click.command("reset")
@control_command
def command(control: Control, sandbox: str) -> None:
    """Put a sandbox back to how it began: world, time, quotas and quirks; its journal is emptied.

    \b
    harness reset
    harness reset --sandbox mine
    """
    control.call("sandboxes.reset", sandbox=sandbox)
    click.echo(f"sandbox {sandbox} is as it began")
