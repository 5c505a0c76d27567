"""The `harness` command. Each command's module is imported when the command runs."""

from __future__ import annotations

import sys
from importlib import import_module

import click

FINE, FAILED, WRONG, UNCHECKED = 0, 1, 2, 3
"""Exit codes: all is well, a check failed, wrong use, could not check."""

COMMANDS = {
    "serve": ("harness.cli.serve", "Start the fakes."),
    "env": ("harness.cli.env", "Print the environment variables that lead a client to a fake."),
    "routes": ("harness.cli.routes", "List the operations of the fakes."),
    "coverage": ("harness.cli.coverage", "Show contract, handler, evidence and test of each operation."),
    "verify": ("harness.cli.verify", "Judge contracts, fakes and mappings by recordings and documents."),
    "mutate": ("harness.cli.mutate", "Break fake and mappings on purpose: do the suites notice?"),
    "state": ("harness.cli.state", "Show what a running server's sandbox holds."),
    "reset": ("harness.cli.reset", "Put a sandbox back to how it began."),
    "clock": ("harness.cli.clock", "Show or move a sandbox's time."),
    "faults": ("harness.cli.faults", "Make a fake fail on purpose."),
    "snapshot": ("harness.cli.snapshot", "Keep a sandbox's state under a name, or go back to one."),
    "journal": ("harness.cli.journal", "Show what was asked and answered."),
    "conduct": ("harness.cli.conduct", "Judge how the clients behaved."),
    "webhooks": ("harness.cli.webhooks", "Show the webhooks and what became of them, and send them."),
    "simulate": ("harness.cli.simulate", "Let the other side do something: a contact writes, a message is read."),
    "record": ("harness.cli.record", "Record cassettes from a real API, scrubbed."),
    "cassettes": ("harness.cli.cassettes", "Look after cassettes: list, check, scrub, compare."),
    "doctor": ("harness.cli.doctor", "Check that everything is in place, and say what to do."),
}


class Commands(click.Group):
    """A group that knows its commands' names and summaries without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order of COMMANDS."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(COMMANDS[cmd_name][0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The summaries, from the table."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Name the nearest command for an unknown one."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from harness.nearest import unknown

            ctx.fail(unknown("command", args[0], COMMANDS))
        return super().resolve_command(ctx, args)


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="provider-harness", prog_name="harness")
def main() -> None:
    """Stateful local fakes of the Superchat, Freshchat, Kustomer and SuperSend APIs.

    \b
    harness serve                 start them on http://127.0.0.1:4000
    harness env superchat         what to point a client at
    harness clock advance 5m      let five minutes pass
    """


if __name__ == "__main__":
    sys.exit(main())
