"""`harness record`, and what it shares with the commands that scrub."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli import FAILED, FINE, UNCHECKED, WRONG
from harness.cli.connection import give_up
from harness.cli.output import json_option, print_json, print_table

if TYPE_CHECKING:
    from harness.core.pack import Pack
    from harness.verify.scrubbing.pseudonyms import Pseudonyms

DAY = click.DateTime(["%Y-%m-%d"])

salt_option = click.option(
    "--salt",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="HARNESS_SALT_FILE",
    help="A file, outside of any repository, with the salt of the pseudonyms; it is made where there is none. "
    "Without it the live key is the salt.",
)
today_option = click.option("--today", type=DAY, help="The date to write or reckon with.  [default: this machine's]")
overwrite_option = click.option("--overwrite", is_flag=True, help="Replace files that are there.")


def pack_of(provider: str) -> Pack:
    """A provider's pack; an unknown one ends the command."""
    from harness.core.registry import Registry
    from harness.core.sandbox import SandboxError

    try:
        return Registry().pack(provider)
    except SandboxError as error:
        give_up(WRONG, str(error))


def pseudonyms_of(pack: Pack, salt: Path | None, key: str | None = None) -> Pseudonyms:
    """Pseudonyms by the user's salt; having none ends the command."""
    from harness.verify.scrubbing.pseudonyms import Pseudonyms, SaltError, salt_of_file, salt_of_key

    variable = f"{pack.name.upper()}_LIVE_API_KEY"
    key = key or os.environ.get(variable)
    try:
        if salt is not None:
            return Pseudonyms(salt_of_file(salt))
    except SaltError as error:
        give_up(WRONG, str(error))
    if not key:
        give_up(WRONG, f"pseudonyms need a salt: give --salt FILE (or HARNESS_SALT_FILE), or set {variable}")
    return Pseudonyms(salt_of_key(key))


def day(given: Any) -> date:
    """The date given, or this machine's."""
    found: date = given.date() if given else date.today()
    return found


def tell(lines: Iterable[str]) -> None:
    """Print lines to standard error."""
    for line in lines:
        click.echo(f"harness: {line}", err=True)


def tell_shared(pseudonyms: Pseudonyms) -> None:
    """Say when two values had to share a stand-in."""
    if pseudonyms.shared:
        tell([f"{len(pseudonyms.shared)} stand-ins stand for two values each: another salt parts them"])


@click.command("record")
@click.argument("provider")
@click.argument("operations", nargs=-1)
@click.option("--plan", type=click.Path(path_type=Path, dir_okay=False), help="A YAML list of requests to make.")
@click.option(
    "--to",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where PROVIDER/RESOURCE.yaml are written.  [default: cassettes]",
)
@click.option("--base-url", help="The address of the API.  [default: the contract's]")
@click.option("--allow-target", multiple=True, metavar="HOST", help="A further host the live key may be sent to.")
@click.option("--against-loopback", is_flag=True, help="Rehearse with a server on this machine; needs --to.")
@click.option("--wait/--no-wait", default=True, show_default=True, help="Wait out a Retry-After.")
@click.option("--dry-run", is_flag=True, help="Show the plan and ask nothing; needs no key.")
@overwrite_option
@salt_option
@today_option
@json_option
def command(
    provider: str,
    operations: tuple[str, ...],
    plan: Path | None,
    to: Path | None,
    base_url: str | None,
    allow_target: tuple[str, ...],
    against_loopback: bool,
    wait: bool,
    dry_run: bool,
    overwrite: bool,
    salt: Path | None,
    today: Any,
    as_json: bool,
) -> None:
    """Record cassettes from a real API, scrubbed.

    The key is read from <PROVIDER>_LIVE_API_KEY and from nowhere else. Without OPERATIONS and --plan the reads of the
    contract are asked: its lists, a few pages of each, and one record of each list. OPERATIONS are ids or patterns of
    reads; what changes something is asked only in a plan. Nothing is written before all of it is scrubbed; when it
    still looks secret nothing is written at all.

    The exit code is 1 when something could not be scrubbed, and 3 when something could not be asked.

    \b
    harness record superchat --dry-run
    harness record superchat 'contacts.*' --to cassettes
    harness record superchat --plan plan.yaml --salt ~/.config/harness.salt
    """
    import time

    from harness.verify.recording import recorder as recording
    from harness.verify.recording.plan import PlanError, default_plan, read_plan
    from harness.verify.scrubbing.scrubber import NotScrubbed, Scrubber

    pack = pack_of(provider)
    if plan and operations:
        give_up(WRONG, "give operations or a plan, not both")
    if against_loopback and to is None:
        give_up(WRONG, "--against-loopback needs --to: a rehearsal does not go among the cassettes")
    try:
        steps, left = (read_plan(plan, pack), []) if plan else default_plan(pack, operations)
        target = recording.target_of(pack, base_url, allowed=allow_target, against_loopback=against_loopback)
        if dry_run:
            _show_plan(steps, left, as_json)
            return
        folder = to or Path("cassettes")
        resources = dict.fromkeys(step.operation.id.rpartition(".")[0] for step in steps)
        paths = [folder / pack.name / f"{resource}.yaml" for resource in resources]
        recording.refuse_existing(paths, overwrite=overwrite)
        key = recording.live_key(pack, os.environ, target)
    except PlanError as error:
        tell(error.problems)
        raise SystemExit(WRONG) from None
    except recording.RecordingError as error:
        give_up(WRONG, str(error))
    pseudonyms = pseudonyms_of(pack, salt, key)
    sleep: Callable[[float], object] | None = time.sleep if wait else None
    recorder = recording.Recorder(pack, target, key, sleep=sleep)
    try:
        recorder.run(steps)
        scrubber = Scrubber(pack, pseudonyms, live_key=key, hosts=[target.host])
        cassettes = recorder.cassettes(scrubber, day(today))
        written = recording.write(cassettes, folder, overwrite=overwrite)
    except NotScrubbed as error:
        tell([*error.problems, "nothing is written"])
        raise SystemExit(FAILED) from None
    except recording.Interrupted as error:
        give_up(UNCHECKED, str(error))
    except recording.RecordingError as error:
        give_up(WRONG, str(error))
    rows = [
        {"file": str(path), "interactions": len(each.interactions), "operations": list(each.provenance.operations)}
        for path, each in zip(written, cassettes, strict=True)
    ]
    if as_json:
        print_json({"written": rows, "skipped": [*recorder.skipped, *left]})
    else:
        columns = ("file", "interactions", "operations")
        print_table(
            columns,
            [
                (row["file"], row["interactions"], ", ".join(each.provenance.operations))
                for row, each in zip(rows, cassettes, strict=True)
            ],
        )
    tell(f"not recorded: {each}" for each in [*recorder.skipped, *left])
    tell_shared(pseudonyms)
    raise SystemExit(UNCHECKED if recorder.skipped or left else FINE)


def _show_plan(steps: list[Any], left: list[str], as_json: bool) -> None:
    rows = [
        {
            "operation": step.operation.id,
            "method": step.operation.method,
            "path": step.operation.path,
            "values": {**step.path, **step.query},
            "pages": step.pages,
        }
        for step in steps
    ]
    if as_json:
        print_json({"plan": rows, "left": left})
        return
    cells = []
    for row in rows:
        values = " ".join(f"{name}={value}" for name, value in row["values"].items())
        cells.append((row["operation"], row["method"], row["path"], values, row["pages"]))
    print_table(("operation", "method", "path", "values", "pages"), cells)
    tell(f"not in the plan: {each}" for each in left)
