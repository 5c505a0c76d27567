"""`harness mutate`."""

from __future__ import annotations

from typing import Any

import click

from harness.cli import FAILED, FINE, WRONG
from harness.cli.connection import give_up
from harness.cli.output import json_option, print_json, print_table

MOST = 600
"""How many mutants a run tries unless told otherwise: two minutes on two cores."""
JUDGES = ("contract", "fake", "mapping", "proxy")
"""The suites that have to notice most of them without the world's help."""


@click.command("mutate")
@click.argument("provider")
@click.option("--most", type=click.IntRange(min=1), default=MOST, show_default=True, help="How many mutants to try.")
@click.option("--all", "everything", is_flag=True, help="Try every mutant there is.")
@click.option("--only", metavar="PATTERN", help="Mutants whose names are like this: 'answer drop contacts.*'.")
@click.option("--workers", type=click.IntRange(min=1), show_default="the cores there are", help="Processes.")
@click.option(
    "--at-least", type=click.FloatRange(0, 100), default=95, show_default=True, help="Percent that must be killed."
)
@click.option(
    "--without-world",
    type=click.FloatRange(0, 100),
    default=80,
    show_default=True,
    help="Percent that contract, fake, mapping and proxy must kill.",
)
@json_option
def command(
    provider: str,
    most: int,
    everything: bool,
    only: str | None,
    workers: int | None,
    at_least: float,
    without_world: float,
    as_json: bool,
) -> None:
    """Break the fake and the mappings of PROVIDER on purpose, and see whether the suites notice.

    Each mutant changes one thing: a field of an answer, a page, a status, a filter, an expression of a mapping. The
    suites first run without any; a mutant then meets the cases that could see it, until one fails. Mutants nobody
    noticed are listed with the reason. The exit code is 1 when too few were noticed, 3 when the suites fail already.

    \b
    harness mutate superchat
    harness mutate superchat --only 'mapping *' --json
    """
    import os

    from harness.core.sandbox import SandboxError
    from harness.verify.cassette import CassetteError
    from harness.verify.mutate.trial import ORDER, UnsoundBaseline, trial
    from harness.verify.subject import Subject

    subject = Subject(provider=provider)
    try:
        _ = subject.pack
        with _progress(None if as_json else "mutants") as tell:
            found = trial(
                subject,
                ORDER,
                most=None if everything else most,
                only=only,
                workers=workers or os.cpu_count() or 1,
                each=tell,
            )
    except (SandboxError, CassetteError, ValueError) as error:
        give_up(WRONG, str(error))
    except UnsoundBaseline as error:
        give_up(3, f"{error}; run harness verify {provider}")
    share, judged = found.killed() * 100, found.killed(JUDGES) * 100
    if as_json:
        print_json(_document(found, share, judged))
    else:
        _show(found, share, judged)
    raise SystemExit(FINE if share >= at_least and judged >= without_world else FAILED)


def _show(found: Any, share: float, judged: float) -> None:
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
    print_table(("layer", "kind", "mutants", "killed", *(f"by {suite}" for suite in suites)), rows)
    if found.survivors:
        click.echo()
        print_table(("survivor", "reason"), [[fate.mutant, fate.reason] for fate in found.survivors])
    click.echo(f"\n{len(found.fates)} mutants, {share:.1f} % killed, {judged:.1f} % by {', '.join(JUDGES)}")


def _document(found: Any, share: float, judged: float) -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "provider": found.provider,
        "mutants": len(found.fates),
        "killed_percent": round(share, 2),
        "killed_by_judges_percent": round(judged, 2),
        "judges": list(JUDGES),
        "fates": [asdict(fate) for fate in found.fates],
    }


def _progress(what: str | None) -> Any:
    """A counter on a terminal; nothing where nobody looks."""
    import sys
    from contextlib import contextmanager, nullcontext

    if what is None or not sys.stderr.isatty():
        return nullcontext(None)

    @contextmanager
    def shown() -> Any:
        from rich.console import Console
        from rich.progress import Progress, SpinnerColumn, TextColumn

        with Progress(
            SpinnerColumn(), TextColumn("{task.completed:.0f} {task.description}"), console=Console(stderr=True)
        ) as bar:
            task = bar.add_task(what)
            yield lambda fate: bar.advance(task)

    return shown()
