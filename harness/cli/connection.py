"""What commands about a running server share: where it is, which sandbox, and what goes wrong."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from typing import Any, NoReturn

import click

from harness.cli import UNCHECKED, WRONG
from harness.core.registry import DEFAULT

PORT = 4000
_NO_ANSWER = ("unreachable", "other_version", "unauthorized")
"""Errors that say nothing about the wish, for nobody could look at it."""


def default_url() -> str:
    """HARNESS_URL, or this machine at HARNESS_PORT."""
    return os.environ.get("HARNESS_URL") or f"http://127.0.0.1:{os.environ.get('HARNESS_PORT') or PORT}"


def give_up(code: int, message: str) -> NoReturn:
    """End with an error on standard error."""
    click.echo(f"harness: {message}", err=True)
    raise SystemExit(code)


def control_command(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of a running server; it is called with `control` and `sandbox`."""

    @click.option("--url", default=default_url, show_default="HARNESS_URL, or port 4000 here", help="The server.")
    @click.option("--token", envvar="HARNESS_TOKEN", help="The server's token, if it has one.")
    @click.option("--sandbox", "-s", default=DEFAULT, show_default=True, help="The sandbox.")
    @functools.wraps(function)
    def command(*args: Any, url: str, token: str | None, **options: Any) -> Any:
        from harness.testing.control import ControlError
        from harness.testing.remote import RemoteControl

        try:
            with RemoteControl(url, token) as control:
                return function(*args, control=control, **options)
        except ControlError as error:
            give_up(UNCHECKED if error.code in _NO_ANSWER else WRONG, str(error))

    return command
