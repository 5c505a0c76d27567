"""`harness doctor`."""

from __future__ import annotations

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

FINE: Final = "fine"
WORTH_KNOWING: Final = "worth knowing"
WRONG: Final = "wrong"


class Finding(NamedTuple):
    """What one check found, and what to do about it."""

    check: str
    verdict: str
    found: str
    remedy: str = ""


@click.command("doctor")
@click.option("--port", type=click.IntRange(1, 65535), envvar="HARNESS_PORT", default=PORT, show_default=True)
@json_option
def command(port: int, as_json: bool) -> None:
    """Check the installation, host names, the port and the data, and say what to do.

    The exit code is 1 when something is wrong.

    \b
    harness doctor
    """
    findings = [finding for check in _CHECKS for finding in check(port)]
    if as_json:
        print_json([finding._asdict() for finding in findings])
    else:
        print_table(Finding._fields, findings)
    if any(finding.verdict == WRONG for finding in findings):
        raise SystemExit(FAILED)


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
    return findings


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
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return [_holder(port)]
    return [Finding(f"port {port}", FINE, "free: harness serve can take it")]


def _holder(port: int) -> Finding:
    from harness.testing.control import ControlError
    from harness.testing.remote import RemoteControl

    try:
        with RemoteControl(f"http://127.0.0.1:{port}") as control:
            health = control.call("health.get")
    except ControlError as error:
        remedy = "stop what uses it, or serve on another: harness serve --port 0"
        return Finding(f"port {port}", WORTH_KNOWING, f"taken: {error}", remedy)
    return Finding(f"port {port}", FINE, f"a harness {health['version']} serves {', '.join(health['providers'])}")


def _data_folder(port: int) -> list[Finding]:
    folder = os.environ.get("HARNESS_DATA_DIR")
    if not folder:
        return [Finding("snapshots", FINE, "kept in memory (HARNESS_DATA_DIR is not set)")]
    path = Path(folder)
    if path.exists() and not (path.is_dir() and os.access(path, os.W_OK)):
        return [Finding("snapshots", WRONG, f"{path} cannot be written", "let HARNESS_DATA_DIR name a folder of yours")]
    return [Finding("snapshots", FINE, f"kept in {path}")]


_CHECKS: Final[tuple[Callable[[int], list[Finding]], ...]] = (
    _installation,
    _providers,
    _worlds,
    _names,
    _port,
    _data_folder,
)
