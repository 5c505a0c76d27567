"""`harness webhooks`."""

from __future__ import annotations

from typing import Any

import click

from harness.cli.connection import control_command
from harness.cli.output import json_option, print_json, print_table
from harness.testing.control import Control


@click.group("webhooks")
def command() -> None:
    """Show the webhooks and what became of them, and send them.

    \b
    harness webhooks list --state retrying
    harness webhooks deliver
    harness webhooks redeliver superchat pe_6f3b…
    """


@command.command("list")
@click.option("--provider", help="Only this provider.")
@click.option("--type", "kind", help="Only this type of event.")
@click.option(
    "--state",
    type=click.Choice(["queued", "retrying", "delivered", "failed", "refused"]),
    help="Only deliveries in this state.",
)
@json_option
@control_command
def show(
    provider: str | None, kind: str | None, state: str | None, as_json: bool, control: Control, sandbox: str
) -> None:
    """The events, oldest first, with a line for each delivery; with --json each attempt, too."""
    events = [
        {**event, "deliveries": [each for each in event["deliveries"] if state in (None, each["state"])]}
        for event in control.call("webhooks.list", sandbox=sandbox, provider=provider, type=kind)["events"]
    ]
    if state is not None:
        events = [event for event in events if event["deliveries"]]
    if as_json:
        print_json({"events": events})
        return
    rows = [row for event in events for row in _rows(event)]
    print_table(("event", "at", "provider", "type", "target", "state", "attempts", "reason"), rows)


def _rows(event: dict[str, Any]) -> list[tuple[Any, ...]]:
    begin = (event["id"], event["at"], event["provider"], event["type"])
    rows = [
        (*begin, each["target_url"], each["state"], len(each["attempts"]), each["reason"])
        for each in event["deliveries"]
    ]
    return rows or [(*begin, None, "nobody wanted it", 0, None)]


@command.command("deliver")
@json_option
@control_command
def deliver(as_json: bool, control: Control, sandbox: str) -> None:
    """Send what waits, what is held back included, and tell how many deliveries are in which state."""
    report = control.call("webhooks.deliver", sandbox=sandbox)
    if as_json:
        print_json(report)
        return
    click.echo(", ".join(f"{count} {state}" for state, count in report.items() if state != "sent"))


@command.command("redeliver")
@click.argument("provider")
@click.argument("event")
@click.option("--subscription", help="Only to this one.")
@json_option
@control_command
def redeliver(
    provider: str, event: str, subscription: str | None, as_json: bool, control: Control, sandbox: str
) -> None:
    """Queue an EVENT of a PROVIDER once more, for all it went to."""
    wanted = {"provider": provider, "event": event, "subscription": subscription}
    again = control.call("webhooks.redeliver", sandbox=sandbox, **wanted)
    if as_json:
        print_json(again)
        return
    for each in again["deliveries"]:
        click.echo(f"{each['target_url']}: {each['state']}{': ' + each['reason'] if each['reason'] else ''}")
