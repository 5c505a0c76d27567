"""`harness cassettes`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli import FAILED, FINE, UNCHECKED, WRONG
from harness.cli.connection import give_up
from harness.cli.output import json_option, print_json, print_table
from harness.cli.record import (
    DAY,
    day,
    overwrite_option,
    pack_of,
    pseudonyms_of,
    salt_option,
    tell,
    tell_shared,
    today_option,
)

if TYPE_CHECKING:
    from harness.core.pack import Pack
    from harness.verify.cassette import Cassette

places_argument = click.argument("places", nargs=-1)


@click.group("cassettes")
def command() -> None:
    """Look after cassettes: the recorded conversations that fakes and mappings are judged by.

    PLACES are files, folders or providers; without them the cassettes that belong to this installation. A file stands
    in a folder that has its provider's name.

    \b
    harness cassettes list
    harness cassettes check cassettes/superchat
    harness cassettes age --max 180
    """


@command.command("list")
@places_argument
@today_option
@json_option
def list_(places: tuple[str, ...], today: Any, as_json: bool) -> None:
    """Show what there is: provider, resource, kind, date, operations.

    \b
    harness cassettes list superchat
    harness cassettes list --json
    """
    from harness.verify.recording.upkeep import age

    found = _loaded(places)
    now = day(today)
    rows = [
        {
            "provider": each.provider,
            "resource": each.name.partition("/")[2],
            "interactions": len(each.interactions),
            "kind": each.provenance.kind,
            "date": each.provenance.date.isoformat(),
            "days": age(each, now),
            "operations": list(each.provenance.operations),
        }
        for each in found
    ]
    _print(rows, as_json)


@command.command("check")
@places_argument
@json_option
def check_(places: tuple[str, ...], as_json: bool) -> None:
    """Check that every file loads, says where it is from, tells no secret and shows operations of the contract.

    What looks like a person (an e-mail address that somebody may have, a number that can be called) is a warning. The
    exit code is 1 when something is wrong, and 3 when nothing could be checked, or not all for want of a pack.

    \b
    harness cassettes check
    harness cassettes check cassettes/superchat/contacts.yaml --json
    """
    from harness.core.registry import installed
    from harness.verify.recording.upkeep import check, load_each
    from harness.verify.scrubbing.leaks import persons

    found, problems = load_each(_paths(places))
    if not found and not problems:
        give_up(UNCHECKED, "there is no cassette to check")
    warnings: list[str] = []
    unchecked: list[str] = []
    known = installed()
    for each in found:
        if each.provider not in known:
            unchecked.append(f"{each.name}: no pack of {each.provider} is installed, so nothing says what it may hold")
            continue
        pack = pack_of(each.provider)
        problems += check(each, pack)
        warnings += persons(each, pack)
    counts = {"cassettes": len(found), "problems": problems, "unchecked": unchecked, "warnings": warnings}
    if as_json:
        print_json(counts)
    else:
        kinds = (("wrong", problems), ("not checked", unchecked), ("warning", warnings))
        if rows := [(kind, text) for kind, texts in kinds for text in texts]:
            print_table(("", "what"), rows)
        figures = f"{len(problems)} problems, {len(unchecked)} not checked, {len(warnings)} warnings"
        click.echo(f"{len(found)} cassettes, {figures}", err=True)
    raise SystemExit(FAILED if problems else UNCHECKED if unchecked else FINE)


@command.command("unused")
@places_argument
@click.option("--fail", is_flag=True, help="End with 1 when a file or an interaction is of no use.")
@json_option
def unused_(places: tuple[str, ...], fail: bool, as_json: bool) -> None:
    """Show the interactions that no suite learns anything from, and the operations that no cassette shows.

    \b
    harness cassettes unused superchat
    harness cassettes unused --fail
    """
    from harness.verify.recording.upkeep import unused

    reports = {}
    for provider, cassettes in _by_provider(_loaded(places)).items():
        found = unused(cassettes, pack_of(provider))
        reports[provider] = {
            "files": list(found.files),
            "interactions": list(found.interactions),
            "operations": list(found.operations),
        }
    if as_json:
        print_json(reports)
    else:
        words = {"files": "unused file", "interactions": "unused interaction", "operations": "operation not shown"}
        rows = [
            (provider, words[kind], each)
            for provider, report in reports.items()
            for kind, items in report.items()
            for each in items
        ]
        print_table(("provider", "what", "which"), rows)
    if fail and any(report["files"] or report["interactions"] for report in reports.values()):
        raise SystemExit(FAILED)


@command.command("age")
@places_argument
@click.option("--max", "most", type=click.IntRange(min=0), metavar="DAYS", help="End with 1 when one is older.")
@today_option
@json_option
def age_(places: tuple[str, ...], most: int | None, today: Any, as_json: bool) -> None:
    """Show how old the cassettes are, the oldest first.

    \b
    harness cassettes age
    harness cassettes age --max 180 --today 2027-01-31
    """
    from harness.verify.recording.upkeep import age

    now = day(today)
    found = sorted(_loaded(places), key=lambda each: (each.provenance.date, each.name))
    rows = [
        {
            "cassette": each.name,
            "kind": each.provenance.kind,
            "date": each.provenance.date.isoformat(),
            "days": age(each, now),
        }
        for each in found
    ]
    _print(rows, as_json)
    old = [row for row in rows if most is not None and int(str(row["days"])) > most]
    if old:
        click.echo(f"{len(old)} older than {most} days: record them anew with `harness record`", err=True)
        raise SystemExit(FAILED)


@command.command("scrub")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--dry-run", is_flag=True, help="Show what would change and write nothing.")
@salt_option
@json_option
def scrub_(files: tuple[Path, ...], dry_run: bool, salt: Path | None, as_json: bool) -> None:
    """Take secrets and persons out of cassettes, in place.

    Shows what changed by its place, never the value. Files scrubbed together, or with the same salt, have the same
    stand-in for the same person. What is scrubbed already stays as it is.

    \b
    harness cassettes scrub cassettes/superchat --salt ~/.config/harness.salt
    harness cassettes scrub cassettes/superchat/contacts.yaml --dry-run
    """
    found = _loaded(tuple(map(str, files)))
    changed: list[tuple[str, str]] = []
    for provider, cassettes in _by_provider(found).items():
        pack = pack_of(provider)
        scrubbed, places = _scrubbed(pack, cassettes, salt)
        changed += places
        for old, new in zip(cassettes, scrubbed, strict=True):
            if new != old and new.path is not None and not dry_run:
                new.save(new.path)
    if as_json:
        print_json({"changed": [{"place": place, "kind": kind} for place, kind in changed]})
    else:
        print_table(("place", "kind"), changed)


@command.command("diff")
@click.argument("before")
@click.argument("after", required=False)
@click.option("--fake", is_flag=True, help="Compare with what the fake answers.")
@json_option
def diff_(before: str, after: str | None, fake: bool, as_json: bool) -> None:
    """Show which fields of the answers were gained, lost or retyped from BEFORE to AFTER.

    Both are files, folders or providers. Without AFTER: from what the contract says to BEFORE, or with --fake from
    BEFORE to what the fake answers. The exit code is 1 when there is a difference, and 3 when they show no operation in
    common.

    \b
    harness cassettes diff cassettes/superchat new/superchat
    harness cassettes diff cassettes/superchat/contacts.yaml
    harness cassettes diff cassettes/superchat --fake
    """
    from harness.verify.recording import upkeep

    if after is not None and fake:
        give_up(WRONG, "give AFTER or --fake, not both")
    rows: list[upkeep.Change] = []
    compared = 0
    others = _by_provider(_loaded((after,))) if after is not None else {}
    for provider, cassettes in _by_provider(_loaded((before,))).items():
        pack = pack_of(provider)
        if after is None and not fake:
            rows += upkeep.against_contract(cassettes, pack.contract)
            compared += len(cassettes)
            continue
        old = _shapes(cassettes, pack)
        new = upkeep.of_fake(pack) if fake else _shapes(others.get(provider, []), pack)
        rows += upkeep.differences(old, new)
        compared += len(old.keys() & new.keys())
    if not compared:
        give_up(UNCHECKED, "they show no operation with the same status: there is nothing to compare")
    columns = ("operation", "status", "field", "change", "was", "now")
    if as_json:
        print_json({"changes": [{name: getattr(row, name) for name in columns} for row in rows]})
    else:
        print_table(columns, [[getattr(row, name) for name in columns] for row in rows])
    raise SystemExit(FAILED if rows else FINE)


@command.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--provider", required=True, help="Whose calls to take.")
@click.option(
    "--kind",
    type=click.Choice(["recorded", "transcribed"]),
    default="transcribed",
    show_default=True,
    help="Recorded by you, or transcribed from somebody's recording.",
)
@click.option("--source", help="Where it is from.  [default: the file's name]")
@click.option("--date", "when", type=DAY, help="When it was recorded.  [default: this machine's date]")
@click.option("--to", type=click.Path(path_type=Path, file_okay=False), default="cassettes", show_default=True)
@overwrite_option
@salt_option
def import_(
    file: Path,
    provider: str,
    kind: str,
    source: str | None,
    when: Any,
    to: Path,
    overwrite: bool,
    salt: Path | None,
) -> None:
    """Make cassettes of a HAR file, scrubbed on the way in, one a resource.

    \b
    harness cassettes import session.har --provider superchat --salt ~/.config/harness.salt
    """
    from harness.verify.recording import har
    from harness.verify.recording.recorder import RecordingError, write

    pack = pack_of(provider)
    try:
        cassettes, left = har.imported(file, pack, kind, day(when), source=source)
    except har.HarError as error:
        give_up(WRONG, str(error))
    tell(f"left out: {each}" for each in left)
    if not cassettes:
        give_up(UNCHECKED, f"{file} has no call of {pack.title}")
    scrubbed, _ = _scrubbed(pack, cassettes, salt)
    try:
        written = write(scrubbed, to, overwrite=overwrite)
    except RecordingError as error:
        give_up(WRONG, str(error))
    rows = [(path, len(each.interactions)) for path, each in zip(written, scrubbed, strict=True)]
    print_table(("file", "interactions"), rows)


@command.command("export")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--to", type=click.Path(path_type=Path, dir_okay=False), help="A file; without it, standard output.")
@overwrite_option
def export_(file: Path, to: Path | None, overwrite: bool) -> None:
    """Print a cassette as a HAR document.

    \b
    harness cassettes export cassettes/superchat/contacts.yaml --to contacts.har
    """
    from harness.verify.recording import har
    from harness.verify.scrubbing.leaks import check_places

    [cassette] = _loaded((str(file),))
    if problems := check_places(cassette, pack_of(cassette.provider)):
        tell(problems)
        raise SystemExit(FAILED)
    document = har.exported(cassette)
    if to is None:
        print_json(document)
        return
    import orjson

    try:
        with to.open("wb" if overwrite else "xb") as target:
            target.write(orjson.dumps(document, option=orjson.OPT_INDENT_2))
    except FileExistsError:
        give_up(WRONG, f"{to} is there already: give --overwrite to replace it")
    except OSError as error:
        give_up(WRONG, f"{to}: {error.strerror}")


def _scrubbed(pack: Pack, cassettes: list[Cassette], salt: Path | None) -> tuple[list[Cassette], list[tuple[str, str]]]:
    """The cassettes scrubbed and the places that changed; a secret that is left ends the command."""
    import os

    from harness.verify.scrubbing.scrubber import NotScrubbed, Scrubber

    pseudonyms = pseudonyms_of(pack, salt)
    key = os.environ.get(f"{pack.name.upper()}_LIVE_API_KEY") or None
    scrubber = Scrubber(pack, pseudonyms, live_key=key)
    try:
        found = scrubber.cassettes(cassettes)
    except NotScrubbed as error:
        tell([*error.problems, "nothing is written"])
        raise SystemExit(FAILED) from None
    tell_shared(pseudonyms)
    return found, scrubber.changed


def _paths(places: Iterable[str]) -> list[Path]:
    """The places that words mean: files, folders, providers, or all that is shipped."""
    from harness.core.registry import Registry
    from harness.data import folder
    from harness.verify.cassette import shipped_folder

    found = []
    for place in places:
        if Path(place).exists():
            found.append(Path(place))
        elif place in Registry().names():
            found.append(shipped_folder(place))
        else:
            give_up(WRONG, f"{place} is no file, no folder and no provider ({', '.join(Registry().names())})")
    return found or [folder("cassettes")]


def _loaded(places: tuple[str, ...]) -> list[Cassette]:
    """All cassettes there; a broken one ends the command."""
    from harness.verify.recording.upkeep import load_each

    found, problems = load_each(_paths(places))
    if problems:
        tell(problems)
        raise SystemExit(WRONG)
    return found


def _by_provider(cassettes: Iterable[Cassette]) -> dict[str, list[Cassette]]:
    found: dict[str, list[Cassette]] = {}
    for each in cassettes:
        found.setdefault(each.provider, []).append(each)
    return found


def _shapes(cassettes: Iterable[Cassette], pack: Pack) -> Any:
    from harness.verify.recording.upkeep import shapes

    return shapes((each for cassette in cassettes for each in cassette.interactions), pack.contract)


def _print(rows: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        print_json(rows)
    elif rows:
        shown = [[", ".join(cell) if isinstance(cell, list) else cell for cell in row.values()] for row in rows]
        print_table(tuple(rows[0]), shown)
    else:
        click.echo("there is no cassette", err=True)
