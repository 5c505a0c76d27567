"""`harness routes`."""

from __future__ import annotations

import click

from harness.cli import WRONG
from harness.cli.connection import give_up
from harness.cli.output import json_option, print_json, print_table


@click.command("routes")
@click.argument("provider", required=False)
@json_option
def command(provider: str | None, as_json: bool) -> None:
    """List method, path and operation id; of PROVIDER, or of all.

    \b
    harness routes superchat
    """
    from harness.core.registry import Registry
    from harness.core.sandbox import SandboxError

    registry = Registry()
    try:
        packs = [registry.pack(name) for name in ([provider] if provider else registry.names())]
    except SandboxError as error:
        give_up(WRONG, str(error))
    rows = [
        (pack.name, operation.method, pack.address + operation.template, operation.id)
        for pack in packs
        for operation in pack.contract.operations.values()
    ]
    columns = ("provider", "method", "path", "operation")
    if as_json:
        print_json([dict(zip(columns, row, strict=True)) for row in rows])
    else:
        print_table(columns, rows)
