"""`harness faults`."""

from __future__ import annotations

from typing import Any, get_args

import click

from harness.cli.connection import control_command
from harness.cli.output import json_option, print_json, print_table
from harness.core.faults import PROFILES, Kind
from harness.testing.control import Control


@click.group("faults")
def command() -> None:
    """Make a fake fail on purpose, the same way each time.

    \b
    harness faults add superchat contacts.list --status 503 --first 2
    harness faults profile superchat flaky --seed 7
    harness faults clear superchat
    """


@command.command("list")
@click.argument("provider")
@json_option
@control_command
def show(provider: str, as_json: bool, control: Control, sandbox: str) -> None:
    """The rules, and how often each was met and struck."""
    found = control.call("faults.list", sandbox=sandbox, provider=provider)["faults"]
    if as_json:
        print_json(found)
        return
    shown = ("id", "operation", "effect", "met", "struck")
    rows = [
        [*(rule[name] for name in shown), " ".join(f"{k}={v}" for k, v in rule.items() if k not in shown)]
        for rule in found
    ]
    print_table((*shown, "rule"), rows)


@command.command("add")
@click.argument("provider")
@click.argument("operation")
@click.option("--effect", type=click.Choice(get_args(Kind)), default="status", show_default=True, help="What happens.")
@click.option("--status", type=click.IntRange(400, 599), help="Effect status: what is answered (503).")
@click.option("--seconds", type=click.FloatRange(min=0), help="Effects latency, dribble, stale.")
@click.option("--real", is_flag=True, default=None, help="Effect latency: wait in real time, too.")
@click.option("--bytes", "size", type=click.IntRange(min=0), help="Effects truncate and dribble.")
@click.option("--retry-after", type=click.FloatRange(min=0), help="Effect rate_limit: seconds.")
@click.option("--handled/--not-handled", default=None, help="Effect cut: whether the request took effect.")
@click.option("--first", type=click.IntRange(min=1), help="Only the first N calls.")
@click.option("--after", type=click.IntRange(min=1), help="Only after N calls.")
@click.option("--every", type=click.IntRange(min=1), help="Only every N-th call.")
@click.option("--times", type=click.IntRange(min=1), help="N times at most.")
@click.option("--page", type=click.IntRange(min=1), help="Only page N of a walk.")
@click.option("--job", help="Only while the job asked about is in this state.")
@click.option("--chance", type=click.FloatRange(0, 1), help="Only with this probability, drawn from --seed.")
@click.option("--seed", type=click.IntRange(min=0), help="Of --chance.")
@control_command
def add(provider: str, operation: str, control: Control, sandbox: str, size: int | None, **rule: Any) -> None:
    """Add a rule for OPERATION of PROVIDER, or for a pattern such as 'contacts.*'."""
    given = {name: value for name, value in {**rule, "bytes": size}.items() if value is not None}
    rules = [{"operation": operation, **given}]
    for id in control.call("faults.add", sandbox=sandbox, provider=provider, rules=rules)["added"]:
        click.echo(id)


@command.command("profile")
@click.argument("provider")
@click.argument("name", type=click.Choice(list(PROFILES)))
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Decides when it strikes.")
@control_command
def profile(provider: str, name: str, seed: int, control: Control, sandbox: str) -> None:
    """Add the rules of a ready-made profile."""
    for id in control.call("faults.add", sandbox=sandbox, provider=provider, profile=name, seed=seed)["added"]:
        click.echo(id)


@command.command("remove")
@click.argument("provider")
@click.argument("fault")
@control_command
def remove(provider: str, fault: str, control: Control, sandbox: str) -> None:
    """Take the rule FAULT away."""
    control.call("faults.remove", sandbox=sandbox, provider=provider, fault=fault)
    click.echo(f"{fault} is gone")


@command.command("clear")
@click.argument("provider")
@control_command
def clear(provider: str, control: Control, sandbox: str) -> None:
    """Take all rules away."""
    control.call("faults.clear", sandbox=sandbox, provider=provider)
    click.echo(f"{provider} fails no more on purpose")
