"""`harness simulate`."""

from __future__ import annotations

import contextlib
from math import isfinite
from typing import Any

import click
import orjson

from harness.cli.connection import control_command
from harness.cli.output import print_json, print_table
from harness.testing.control import Control


@click.command("simulate")
@click.argument("provider")
@click.argument("name", required=False)
@click.argument("arguments", nargs=-1, metavar="[ARGUMENT=VALUE]…")
@control_command
def command(provider: str, name: str | None, arguments: tuple[str, ...], control: Control, sandbox: str) -> None:
    """Let the other side of PROVIDER do something (a contact writes, a message is read); without NAME list it all.

    A value that begins with { is JSON.

    \b
    harness simulate superchat
    harness simulate superchat inbound_message channel=sms identifier=+493055500001 text=Hello
    """
    if name is None:
        found = control.call("simulate.list", sandbox=sandbox, provider=provider)["simulations"]
        print_table(("name", "arguments", "what it does"), [_row(each) for each in found])
        return
    given = dict(map(_argument, arguments))
    _read_numbers(given, name, control.call("simulate.list", sandbox=sandbox, provider=provider)["simulations"])
    print_json(control.call("simulate.run", sandbox=sandbox, provider=provider, name=name, arguments=given)["result"])


def _row(each: dict[str, Any]) -> tuple[str, str, str]:
    names = (one["name"] if one["required"] else f"[{one['name']}]" for one in each["arguments"])
    return each["name"], " ".join(names), each["summary"]


def _argument(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise click.UsageError(f"an argument is written name=value, not {text!r}")
    if value.startswith("{"):
        try:
            return name, orjson.loads(value)
        except orjson.JSONDecodeError as error:
            raise click.UsageError(f"{name}: not JSON: {error}") from None
    return name, value


def _read_numbers(given: dict[str, Any], name: str, simulations: list[dict[str, Any]]) -> None:
    """What stands for a number on the command line; what is none is refused by the control."""
    numbers = {
        one["name"]
        for each in simulations
        if each["name"] == name
        for one in each["arguments"]
        if one["kind"] == "number"
    }
    for argument in numbers & given.keys():
        with contextlib.suppress(ValueError, TypeError):
            if isfinite(number := float(given[argument])):
                given[argument] = number
