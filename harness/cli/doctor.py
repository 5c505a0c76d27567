"""`harness doctor`."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Final, NamedTuple

import click

from harness.cli import FAILED
from harness.cli.connection import PORT
from harness.cli.output import json_option, print_json, print_table

PATIENCE = 3.0
"""Seconds to wait for whoever holds the port."""

FINE: Final = "fine"
WORTH_KNOWING: Final = "worth knowing"
WRONG: Final = "wrong"


class Finding(NamedTuple):
    """What one check found, and what to do about it."""

    check: str
    verdict: str
    found: str
    remedy: str = ""


Check = Callable[[int], list[Finding]]
"""Looks at one thing, given the port."""


@click.command("doctor")
@click.option("--port", type=click.IntRange(1, 65535), envvar="HARNESS_PORT", default=PORT, show_default=True)
@json_option
def command(port: int, as_json: bool) -> None:
    """Check the installation, host names, the port, the data and the environment, and say what to do.

    The exit code is 1 when something is wrong.

    \b
    harness doctor
    harness doctor --port 4001 --json
    """
    findings = [finding for check in _CHECKS for finding in _findings(check, port)]
    if as_json:
        print_json([finding._asdict() for finding in findings])
    else:
        print_table(Finding._fields, findings)
    if any(finding.verdict == WRONG for finding in findings):
        raise SystemExit(FAILED)


def _findings(check: Check, port: int) -> list[Finding]:
    """What a check finds; one that cannot be made has found that something is broken."""
    try:
        return check(port)
    except Exception as error:
        name = check.__name__.strip("_").replace("_", " ")
        return [Finding(name, WRONG, f"{type(error).__name__}: {error}", "reinstall provider-harness")]


def _installation(port: int) -> list[Finding]:
    try:
        installed = version("provider-harness")
    except PackageNotFoundError:
        return [Finding("installation", WRONG, "provider-harness is not installed", "pip install provider-harness")]
    findings = [Finding("installation", FINE, f"provider-harness {installed}")]
    for module in ("uvloop", "httptools"):
        if find_spec(module) is None:
            remedy = f"pip install {module}; without it the server is about three times slower"
            findings.append(Finding(module, WORTH_KNOWING, "not installed", remedy))
    return findings


def _providers(port: int) -> list[Finding]:
    from harness.core.registry import Registry

    registry = Registry()
    findings = []
    for name in registry.names():
        try:
            provider = registry.provider(name)
        except Exception as error:
            remedy = f"reinstall the distribution with the pack {name!r}"
            findings.append(Finding(f"pack {name}", WRONG, f"{type(error).__name__}: {error}", remedy))
            continue
        found = f"{len(provider.pack.contract.operations)} operations"
        findings.append(Finding(f"pack {name}", FINE, found))
    if not findings:
        findings.append(Finding("packs", WRONG, "no provider is installed", "pip install provider-harness"))
    return findings


def _control_plane(port: int) -> list[Finding]:
    from harness.testing.arguments import contract

    return [Finding("control plane", FINE, f"{len(contract().operations)} operations")]


def _worlds(port: int) -> list[Finding]:
    from harness.core import worlds

    findings = []
    for name in worlds.names():
        try:
            records = worlds.load(name).data
        except (OSError, ValueError, KeyError) as error:
            findings.append(Finding(f"world {name}", WRONG, str(error), "reinstall provider-harness"))
            continue
        found = f"{len(records['contacts'])} contacts, {len(records['conversations'])} conversations"
        findings.append(Finding(f"world {name}", FINE, found))
    if not findings:
        findings.append(Finding("worlds", WRONG, "no world is there", "reinstall provider-harness"))
    return findings


def _chosen_world(port: int) -> list[Finding]:
    from harness.core.registry import Registry

    world = os.environ.get("HARNESS_WORLD")
    if not world:
        return []
    try:
        name = Registry().load_world(world).name
    except (OSError, ValueError) as error:
        return [Finding("HARNESS_WORLD", WRONG, str(error), "let it name a shipped world or a world file, or unset it")]
    return [Finding("HARNESS_WORLD", FINE, f"the world {name}")]


def _names(port: int) -> list[Finding]:
    from harness.core.registry import installed

    findings = []
    for name in sorted(installed()):
        host = f"{name}.localhost"
        try:
            address = socket.gethostbyname(host)
        except OSError:
            remedy = f"use the address with the prefix /{name}, or put '127.0.0.1 {host}' into the hosts file"
            findings.append(Finding(host, WORTH_KNOWING, "this name does not resolve", remedy))
            continue
        verdict = FINE if address.startswith("127.") else WRONG
        remedy = "" if verdict == FINE else f"let {host} lead to 127.0.0.1 in the hosts file"
        findings.append(Finding(host, verdict, address, remedy))
    return findings


def _port(port: int) -> list[Finding]:
    from harness.server.process import HOST, PortTaken, bind

    check = f"port {port}"
    try:
        bind(HOST, port).close()
    except PortTaken as error:
        if error.errno == errno.EADDRINUSE:
            return [_server(check, f"http://{HOST}:{port}", "stop what uses the port, or harness serve --port 0")]
        return [Finding(check, WRONG, str(error.strerror), f"harness serve --port {PORT}")]
    return [Finding(check, FINE, "free: harness serve can take it")]


def _chosen_server(port: int) -> list[Finding]:
    url = os.environ.get("HARNESS_URL")
    return [_server("HARNESS_URL", url, "start a server there, or let HARNESS_URL name another")] if url else []


def _server(check: str, url: str, remedy: str) -> Finding:
    """Whether a server of this version answers at the address."""
    from harness.testing.control import ControlError
    from harness.testing.remote import RemoteControl

    try:
        with RemoteControl(url, os.environ.get("HARNESS_TOKEN") or None, timeout=PATIENCE) as control:
            health = control.call("health.get")
    except ControlError as error:
        if error.code == "unauthorized":
            return Finding(check, WORTH_KNOWING, str(error), "set HARNESS_TOKEN to the server's token")
        return Finding(check, WRONG, str(error), remedy)
    return Finding(check, FINE, f"a harness {health['version']} serves {', '.join(health['providers'])}")


def _data_folder(port: int) -> list[Finding]:
    folder = os.environ.get("HARNESS_DATA_DIR")
    if not folder:
        return [Finding("snapshots", FINE, "kept in memory (HARNESS_DATA_DIR is not set)")]
    path = Path(folder).absolute()
    there = next(place for place in (path, *path.parents) if place.exists())
    if not (there.is_dir() and os.access(there, os.W_OK)):
        return [Finding("snapshots", WRONG, f"{path} cannot be written", "let HARNESS_DATA_DIR name a folder of yours")]
    return [Finding("snapshots", FINE, f"kept in {path}")]


_CHECKS: Final[tuple[Check, ...]] = (
    _installation,
    _providers,
    _control_plane,
    _worlds,
    _chosen_world,
    _names,
    _port,
    _chosen_server,
    _data_folder,
)
