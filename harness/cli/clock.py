"""`harness clock`."""

from __future__ import annotations

from typing import Any

import click

from harness.cli.connection import control_command
from harness.cli.output import json_option, print_json
from harness.testing.control import Control


@click.group("clock")
def command() -> None:
    """Show or move a sandbox's time. Whatever becomes due on the way happens at its own moment.

    \b
    harness clock show
    harness clock freeze
    harness clock advance 1h30m
    harness clock next
    """


def _report(clock: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(clock)
        return
    due = f", next due {clock['next_due']}" if clock["next_due"] else ", nothing due"
    click.echo(f"{clock['now']} ({clock['mode']}){due}")


@command.command("show")
@json_option
@control_command
def show(as_json: bool, control: Control, sandbox: str) -> None:
    """The time, whether it runs, and when something is due next."""
    _report(control.call("clock.get", sandbox=sandbox), as_json)


@command.command("freeze")
@json_option
@control_command
def freeze(as_json: bool, control: Control, sandbox: str) -> None:
    """Stop the time where it is."""
    _report(control.call("clock.change", sandbox=sandbox, action="freeze"), as_json)


@command.command("live")
@json_option
@control_command
def live(as_json: bool, control: Control, sandbox: str) -> None:
    """Let the time run from where it is."""
    _report(control.call("clock.change", sandbox=sandbox, action="live"), as_json)


@command.command("advance")
@click.argument("duration")
@json_option
@control_command
def advance(duration: str, as_json: bool, control: Control, sandbox: str) -> None:
    """Let DURATION pass, such as 5m, 1d12h or 250ms."""
    _report(control.call("clock.change", sandbox=sandbox, action="advance", by=duration), as_json)


@command.command("set")
@click.argument("moment")
@json_option
@control_command
def set_time(moment: str, as_json: bool, control: Control, sandbox: str) -> None:
    """Go to MOMENT, in ISO 8601."""
    _report(control.call("clock.change", sandbox=sandbox, action="set", to=moment), as_json)


@command.command("next")
@json_option
@control_command
def next_due(as_json: bool, control: Control, sandbox: str) -> None:
    """Go to when something is due next, and let it happen."""
    _report(control.call("clock.change", sandbox=sandbox, action="next"), as_json)
