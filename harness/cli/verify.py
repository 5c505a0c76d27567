"""`harness verify`."""

from __future__ import annotations

import os
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli import WRONG
from harness.cli.connection import give_up
from harness.verify.suites import NAMES, UnknownSuite

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.verify.case import Outcome

_FORMATS = ("text", "json", "junit", "html")


@click.command("verify")
@click.argument("providers", nargs=-1, metavar="[PROVIDER]…")
@click.option("--suite", "suites", multiple=True, metavar="NAME", help=f"Only these: {', '.join(NAMES)}.")
@click.option("--skip", "skips", multiple=True, metavar="NAME=REASON", help="Leave a suite or a case out, and say why.")
@click.option("--world", metavar="WORLD", help="The world of the fakes: a name, or a file.")
@click.option(
    "--cassettes",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="A folder with cassettes of your own, instead of the shipped ones.",
)
@click.option("--update", is_flag=True, help="Rewrite golden files that differ, and show the difference.")
@click.option("--live-writes", is_flag=True, help="Let the suite live make, change and delete records, too.")
@click.option("--format", "format", type=click.Choice(_FORMATS), default="text", help="What is printed (text).")
@click.option(
    "--output",
    "outputs",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write a report, too: .txt, .json, .xml (JUnit) or .html. May be given several times.",
)
def command(
    providers: tuple[str, ...],
    suites: tuple[str, ...],
    skips: tuple[str, ...],
    world: str | None,
    cassettes: Path | None,
    update: bool,
    live_writes: bool,
    format: str,
    outputs: tuple[Path, ...],
) -> None:
    """Judge contract, fake and mappings of PROVIDER (all of them, when none is named).

    \b
    contract  every request and answer of the cassettes against the contract
    fake      the same requests, replayed on the fake
    mapping   cassettes to unified records, against schemas and golden files
    world     the world read through the unified API
    proxy     what goes through the proxy arrives whole
    conduct   the reference client waits, pages and retries as it should
    live      the real API, with SUPERCHAT_LIVE_API_KEY; only when it is named

    \b
    Exit codes: 0 all passed, 1 something failed, 2 wrong use,
    3 something could not be checked; 1 wins.

    \b
    harness verify superchat
    harness verify superchat --suite proxy --output report.html --output junit.xml
    """
    from harness.unified.errors import ConfigurationError
    from harness.verify.cassette import CassetteError
    from harness.verify.known import WrongSuite, known_providers, subject_of
    from harness.verify.report import UnknownFormat, conclusion, exit_code, format_of, written
    from harness.verify.run import DEFAULT, UnknownCase, run

    try:
        formats = {file: format_of(file) for file in outputs}
        names = _chosen(suites, NAMES, "suite") or list(DEFAULT)
        chosen = _chosen(providers, known_providers(), "provider") or known_providers()
        skip = _skip(skips)
        _check_folders(outputs)
        runs = []
        for name in chosen:
            subject = subject_of(name, cassettes=cassettes, world=world, update=update, live_writes=live_writes)
            _check_world(subject)
            with _Progress(name) as progress:
                runs.append(run(subject, names, skip=skip, each=progress))
    except (UnknownFormat, UnknownSuite, UnknownCase, WrongSuite, CassetteError, ConfigurationError) as error:
        give_up(WRONG, str(error))
    for file, kind in formats.items():
        file.write_text(written(runs, kind), encoding="utf-8")
    text = written(runs, format)
    click.echo(_coloured(text) if format == "text" and sys.stdout.isatty() else text, nl=False)
    if format != "text":
        click.echo(conclusion(runs), err=True)
    raise SystemExit(exit_code(runs))


def _chosen(given: tuple[str, ...], valid: Any, what: str) -> list[str]:
    from harness.nearest import unknown

    for name in given:
        if name not in valid:
            give_up(WRONG, unknown(what, name, valid))
    return [name for name in valid if name in given]


def _skip(given: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for each in given:
        name, equals, reason = each.partition("=")
        if not equals or not reason.strip():
            give_up(WRONG, f"--skip {each} gives no reason: write --skip '{name}=why it is left out'")
        found[name] = reason
    return found


def _check_folders(outputs: tuple[Path, ...]) -> None:
    """Before anything runs, so that no long run ends without its report."""
    for file in outputs:
        if not file.parent.is_dir():
            give_up(WRONG, f"{file} cannot be written: there is no folder {file.parent}")
        if not os.access(file if file.exists() else file.parent, os.W_OK):
            give_up(WRONG, f"{file} cannot be written: it is not yours to write")


def _check_world(subject: Any) -> None:
    try:
        subject.sandbox().close()
    except (ValueError, OSError) as error:
        give_up(WRONG, str(error))


def _coloured(text: str) -> str:
    """What stands out on a terminal; a pipe gets it plain."""
    colours = {"FAILED:": "red", "NOT CHECKED:": "yellow"}
    lines = []
    for line in text.splitlines(keepends=True):
        colour = next((colour for start, colour in colours.items() if line.startswith(start)), None)
        lines.append(click.style(line, fg=colour, bold=True) if colour else line)
    return "".join(lines)


class _Progress:
    """A line on a terminal that says how far it is; nothing in a pipe."""

    def __init__(self, provider: str) -> None:
        self._provider = provider
        self._shown = sys.stderr.isatty()
        self._counts: Counter[str] = Counter()

    def __enter__(self) -> Callable[[Outcome], None]:
        return self._tell

    def _tell(self, outcome: Outcome) -> None:
        self._counts[outcome.verdict] += 1
        if self._shown:
            told = ", ".join(f"{count} {verdict}" for verdict, count in self._counts.items())
            click.echo(f"\r\x1b[2K{self._provider} {outcome.case.suite}: {told}", nl=False, err=True)

    def __exit__(self, *_: object) -> None:
        if self._shown:
            click.echo("\r\x1b[2K", nl=False, err=True)
