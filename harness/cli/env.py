"""`harness env`."""

from __future__ import annotations

import shlex
from urllib.parse import urlsplit

import click

from harness.cli import WRONG
from harness.cli.connection import default_url, give_up
from harness.cli.output import json_option, print_json


@click.command("env")
@click.argument("provider", required=False)
@click.option("--url", default=default_url, show_default="HARNESS_URL, or port 4000 here", help="The server.")
@click.option("--token", envvar="HARNESS_TOKEN", help="The server's token, if it has one: its keys depend on it.")
@json_option
def command(provider: str | None, url: str, token: str | None, as_json: bool) -> None:
    """Print the variables that lead a client to the default sandbox of a fake.

    The keys of the default sandbox never change, so no server has to run yet. Without PROVIDER: all of them.

    \b
    eval "$(harness env superchat)"
    """
    from harness.core.registry import DEFAULT, Registry
    from harness.core.sandbox import SandboxError
    from harness.server.process import secret_of

    if not _is_address(url):
        give_up(WRONG, f"not the address of a server: {url!r}; give one such as http://127.0.0.1:4000")
    registry = Registry(secret=secret_of(token) if token else b"")
    sandbox = registry.open(id=DEFAULT)
    found: dict[str, str] = {}
    try:
        for name in [provider] if provider else registry.names():
            account = sandbox.account(name)
            found |= account.pack.env(account, url.rstrip("/") + account.pack.address)
    except SandboxError as error:
        give_up(WRONG, str(error))
    if as_json:
        print_json(found)
    else:
        for variable, value in found.items():
            click.echo(f"export {variable}={shlex.quote(value)}")


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
