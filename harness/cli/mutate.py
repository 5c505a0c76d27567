"""`harness mutate`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli import FAILED, FINE, UNCHECKED, WRONG
from harness.cli.connection import give_up
from harness.cli.output import json_option, print_json, print_table

if TYPE_CHECKING:
    from harness.verify.mutate.trial import Trial

JUDGES = ("contract", "fake", "mapping", "proxy")
"""The suites that have to notice most of them without the world's help."""


@click.command("mutate")
@click.argument("provider")
@click.option("--most", type=click.IntRange(min=1), help="A sample of so many, even over kinds; otherwise all.")
@click.option("--only", metavar="PATTERN", help="Mutants whose names are like this: 'answer drop contacts.*'.")
@click.option("--workers", type=click.IntRange(min=1), help="How many processes; as many as there are cores.")
@click.option(
    "--cassettes",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="A folder with cassettes of your own, instead of the shipped ones.",
)
@click.option("--world", metavar="WORLD", help="The world of the fakes: a name, or a file.")
@click.option(
    "--at-least", type=click.FloatRange(0, 100), default=95, show_default=True, help="Percent that must be noticed."
)
@click.option(
    "--without-world",
    type=click.FloatRange(0, 100),
    default=80,
    show_default=True,
    help=f"Percent that {', '.join(JUDGES)} must notice alone.",
)
@json_option
def command(
    provider: str,
    most: int | None,
    only: str | None,
    workers: int | None,
    cassettes: Path | None,
    world: str | None,
    at_least: float,
    without_world: float,
    as_json: bool,
) -> None:
    """Break the fake and the mappings of PROVIDER on purpose, and see whether the suites notice.

    Each mutant breaks one thing: a field of an answer, a list, a cursor, a status, a header; what a handler sees or
    keeps; an expression of a mapping. The suites first run without any; a mutant then meets the cases that could see
    it, until one fails. Those nobody noticed are listed with the reason.

    \b
    Exit codes: 0 enough were noticed, 1 too few, 2 wrong use,
    3 the suites fail already, so that nothing can be said.

    \b
    harness mutate superchat
    harness mutate superchat --most 300
    harness mutate superchat --only 'mapping *' --json
    """
    import os

    from harness.nearest import unknown
    from harness.unified.errors import ConfigurationError
    from harness.verify.cassette import CassetteError
    from harness.verify.known import known_providers
    from harness.verify.mutate.trial import UnsoundBaseline, trial
    from harness.verify.subject import Subject

    if provider not in known_providers():
        give_up(WRONG, unknown("provider", provider, known_providers()))
    subject = Subject(provider=provider, cassette_folder=cassettes, world=world)
    try:
        subject.sandbox().close()  # a world that is none is told before any process starts
        with _progress(provider) as tell:
            found = trial(
                subject,
                most=most,
                only=only,
                workers=workers or os.cpu_count() or 1,
                tell=tell,
            )
    except UnsoundBaseline as error:
        give_up(UNCHECKED, f"{error}; run harness verify {provider}")
    except (CassetteError, ConfigurationError, ValueError, OSError) as error:
        give_up(WRONG, str(error))
    share, judged = found.killed() * 100, found.killed(JUDGES) * 100
    if as_json:
        print_json(_document(found, share, judged))
    else:
        _show(found, share, judged)
    raise SystemExit(FINE if share >= at_least and judged >= without_world else FAILED)


def _show(found: Trial, share: float, judged: float) -> None:
    groups: dict[tuple[str, str], list[Any]] = {}
    for fate in found.fates:
        groups.setdefault((fate.layer, fate.kind), []).append(fate)
    suites = sorted({fate.suite for fate in found.fates if fate.suite})
    rows = [
        [
            layer,
            kind,
            len(fates),
            sum(fate.killed_by is not None for fate in fates),
            *(sum(fate.suite == suite for fate in fates) for suite in suites),
        ]
        for (layer, kind), fates in groups.items()
    ]
    print_table(("layer", "kind", "mutants", "noticed", *(f"by {suite}" for suite in suites)), rows)
    if found.survivors:
        click.echo()
        print_table(("survivor", "reason"), [[fate.mutant, fate.reason] for fate in found.survivors])
    click.echo(
        f"\n{found.provider}: {share:.1f} % of {len(found.fates)} mutants noticed, "
        f"{judged:.1f} % by {', '.join(JUDGES)}"
    )


def _document(found: Trial, share: float, judged: float) -> dict[str, Any]:
    from collections import Counter
    from dataclasses import asdict

    return {
        "provider": found.provider,
        "mutants": len(found.fates),
        "cases": found.cases,
        "noticed_percent": round(share, 2),
        "noticed_by_judges_percent": round(judged, 2),
        "judges": list(JUDGES),
        "noticed_by": dict(sorted(Counter(fate.suite for fate in found.fates if fate.suite).items())),
        "fates": [asdict(fate) for fate in found.fates],
    }


@contextmanager
def _progress(provider: str) -> Iterator[Callable[[str, int, int], None]]:
    """A line on a terminal that says how far it is; nothing in a pipe."""
    import sys

    shown = sys.stderr.isatty()

    def tell(what: str, done: int, of: int) -> None:
        if shown:
            click.echo(f"\r\x1b[2K{provider}: {done} of {of} {what}", nl=False, err=True)

    try:
        yield tell
    finally:
        if shown:
            click.echo("\r\x1b[2K", nl=False, err=True)
