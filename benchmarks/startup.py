"""What starting costs: the import, the plugin in an idle pytest, a server's first answer."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from contenders import BASE, EMULATE, PAGE, STATEFUL, Contender, our_key
from report import Goal, Row
from servers import Running, Unavailable

GROUP = "startup"
IMPORT = Goal("≤", 60, "ms")
PLUGIN = Goal("≤", 30, "ms")
SERVE = Goal("≤", 300, "ms")

_NO_TESTS = 5
_LIMIT = 30
_FIRST = "import harness\nwith harness.sandbox() as sandbox: sandbox.account('superchat')"


@dataclass(frozen=True, slots=True)
class Started:
    """What a server took to its first answer: milliseconds on the wall clock and of processor time."""

    wall: float
    cpu: float | None

    def __str__(self) -> str:
        return f"{self.wall:.0f} ms" + ("" if self.cpu is None else f", {self.cpu:.0f} ms CPU")


def measure(rounds: int) -> list[Row]:
    """All rows of this figure."""
    with TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "contacts.json").write_text("[]")
        return [
            _import(place, "import harness (CPU)", "import harness", rounds, IMPORT),
            _import(place, "import harness and a first sandbox (CPU)", _FIRST, rounds, None),
            _plugin(place, rounds),
            *_serve(place, rounds),
        ]


def _seconds(command: list[str], folder: Path, *, code: int = 0) -> float:
    """User and system time of a fresh process: on a busy machine its wall clock would tell of the others."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, cwd=folder, capture_output=True, timeout=_LIMIT, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != code:
        said = (done.stderr or done.stdout).decode(errors="replace").strip()[-200:]
        raise Unavailable(f"{' '.join(command[1:])}: {said}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _beside(with_it: list[str], without: list[str], folder: Path, rounds: int, *, code: int = 0) -> tuple[float, float]:
    """Milliseconds without, and what is added: the median of differences of neighbours."""
    pairs = [
        (_seconds(without, folder, code=code), _seconds(with_it, folder, code=code)) for _ in range(3 * rounds + 1)
    ][1:]
    return median(low for low, _ in pairs) * 1e3, median(high - low for low, high in pairs) * 1e3


def _import(folder: Path, figure: str, code: str, rounds: int, goal: Goal | None) -> Row:
    try:
        bare, added = _beside([sys.executable, "-c", code], [sys.executable, "-c", "pass"], folder, rounds)
    except Unavailable as reason:
        return Row(group=GROUP, figure=figure, goal=goal, trouble=str(reason))
    peer = f"{bare:.0f} ms before"
    return Row(
        group=GROUP,
        figure=figure,
        ours=f"{added:.1f} ms",
        beside="an empty Python",
        peer=peer,
        goal=goal,
        value=added,
    )


def _plugin(folder: Path, rounds: int) -> Row:
    figure = "the plugin's share of an idle pytest start (CPU)"
    others = [point.name for point in entry_points(group="pytest11") if point.name != "harness"]
    blocked = [option for name in (*others, "cacheprovider") for option in ("-p", f"no:{name}")]
    idle = [sys.executable, "-m", "pytest", "--collect-only", "-q", *blocked, "."]
    empty = folder / "empty"
    empty.mkdir()
    try:
        bare, added = _beside(idle, [*idle, "-p", "no:harness"], empty, rounds, code=_NO_TESTS)
    except Unavailable as reason:
        return Row(group=GROUP, figure=figure, goal=PLUGIN, trouble=str(reason))
    return Row(
        group=GROUP,
        figure=figure,
        ours=f"{added:.1f} ms",
        beside="pytest without it",
        peer=f"{bare:.0f} ms",
        goal=PLUGIN,
        value=added,
    )


def _serve(folder: Path, rounds: int) -> list[Row]:
    figure = "harness serve to its first answer (wall clock)"
    command = [sys.executable, "-m", "harness.cli", "serve", "--port", "{port}"]
    try:
        headers = {"X-API-KEY": our_key()}
        mine = _first_answers(
            lambda: Running("harness", command, probe=f"{BASE}/me", headers=headers, pin=False), rounds
        )
    except Unavailable as reason:
        return [Row(group=GROUP, figure=figure, goal=SERVE, trouble=str(reason))]
    rows = []
    for number, peer in enumerate((EMULATE, STATEFUL)):
        goal = None if number else SERVE
        rows.append(_beside_peer(figure, mine, peer, folder, rounds, goal))
    return rows


def _beside_peer(figure: str, mine: Started, peer: Contender, folder: Path, rounds: int, goal: Goal | None) -> Row:
    try:
        theirs = _first_answers(lambda: peer.start(folder / "contacts.json", PAGE), rounds)
    except Unavailable as reason:
        said = f"could not measure: {reason}"
        return Row(group=GROUP, figure=figure, ours=str(mine), beside=peer.name, peer=said, goal=goal, value=mine.wall)
    return Row(
        group=GROUP,
        figure=figure,
        ours=str(mine),
        beside=peer.name,
        peer=str(theirs),
        ratio=theirs.wall / mine.wall,
        goal=goal,
        value=mine.wall,
    )


def _first_answers(make: Callable[[], Running], rounds: int) -> Started:
    wall, cpu = [], []
    for _ in range(rounds + 1):
        with make() as server:
            wall.append(server.first_answer * 1e3)
            if server.first_cpu is not None:
                cpu.append(server.first_cpu * 1e3)
    return Started(median(wall[1:]), median(cpu[1:]) if cpu else None)
