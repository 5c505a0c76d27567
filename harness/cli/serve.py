"""`harness serve`."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import click

from harness.cli import FAILED, WRONG
from harness.cli.connection import PORT, give_up

IDLE_MINUTES = 60


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=PORT,
    show_default=True,
    envvar="HARNESS_PORT",
    help="The port; 0 takes any that is free and prints it.",
)
@click.option("--world", envvar="HARNESS_WORLD", help="A shipped world, or a world file (.yaml).")
@click.option(
    "--quotas",
    type=click.Choice(["real", "off"]),
    default="real",
    show_default=True,
    help="The providers' rate limits, or none.",
)
@click.option("--strict", is_flag=True, help="Check every answer against the contract; a breach is a 500.")
@click.option(
    "--token",
    envvar="HARNESS_TOKEN",
    help="What the control plane demands; needed to listen beyond this machine.",
)
@click.option(
    "--data-dir",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="HARNESS_DATA_DIR",
    help="Where named snapshots are kept; in memory without.",
)
@click.option(
    "--idle-limit",
    type=click.IntRange(min=1),
    default=IDLE_MINUTES,
    show_default=True,
    help="Minutes after which a sandbox nobody uses is closed; the default one stays.",
)
@click.option(
    "--allow-target",
    multiple=True,
    metavar="HOST",
    help="A host beside this machine that webhooks may be sent to, by name; may be given several times.",
)
def command(
    host: str,
    port: int,
    world: str | None,
    quotas: str,
    strict: bool,
    token: str | None,
    data_dir: Path | None,
    idle_limit: int,
    allow_target: tuple[str, ...],
) -> None:
    """Start the fakes in the foreground, with a default sandbox whose clock runs.

    \b
    harness serve
    harness serve --port 0 --world empty --quotas off
    """
    from harness.core.clock import MINUTE, Clock
    from harness.core.registry import DEFAULT, Registry
    from harness.core.worlds import WorldError
    from harness.server.process import OpenBind, run, secret_of

    if data_dir is not None:
        _check_data_dir(data_dir)
    registry = Registry(
        secret=secret_of(token) if token else b"",
        data_dir=data_dir,
        idle_limit=idle_limit * MINUTE,
        allowed_targets=_hosts(allow_target),
    )
    try:
        registry.open(
            id=DEFAULT,
            world=registry.load_world(world),
            clock=Clock(registry.now(), mode="live", source=registry.now),
            real_quotas=quotas == "real",
            strict=strict,
        )
    except WorldError as error:
        give_up(WRONG, str(error))

    def listening(url: str) -> None:
        click.echo(f"harness listens on {url} (stop with Ctrl-C)")
        for name in registry.names():
            click.echo(f"  {url}{registry.pack(name).address}    harness env {name}")

    try:
        run(registry, host=host, port=port, token=token, listening=listening)
    except OpenBind as error:
        give_up(WRONG, str(error))
    except OSError as error:
        give_up(FAILED, error.strerror or str(error))


def _check_data_dir(folder: Path) -> None:
    """Refuse a folder nothing can be kept in, rather than at the first snapshot."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        give_up(WRONG, f"--data-dir: {folder} cannot be made: {error.strerror}")
    if not os.access(folder, os.W_OK):
        give_up(WRONG, f"--data-dir: {folder} cannot be written: choose a folder of yours")


def _hosts(targets: Iterable[str]) -> list[str]:
    """The hosts that webhooks may be sent to; what is no name of a host would allow nothing, silently."""
    from harness.core.webhooks import host_problem

    hosts = [target.lower() for target in targets]
    for host in hosts:
        if problem := host_problem(host):
            give_up(WRONG, f"--allow-target: {problem}")
    return hosts
