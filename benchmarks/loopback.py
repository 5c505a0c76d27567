"""The same work over loopback, 16 keep-alive connections, one core for the server: ours beside its peers."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import orjson
from contenders import (
    CROWD,
    CUSTOMERS_PAGE,
    EMULATE,
    OUR_CUSTOMERS,
    OURS,
    PAGE,
    PLAIN,
    STATEFUL,
    STATIC,
    Contender,
    Work,
    all_contacts,
    all_customers,
)
from load import CONNECTIONS, Rate, load, middle, write_rotation, wrk_command
from report import Goal, Row
from servers import Running, Unavailable

GROUP = "loopback"
TIMES = Goal("≥", 2)
TIMES_HTTPSERVER = Goal("≥", 4)

_FEW = 3
_STEP = 10_000_000
_PEERS = ((EMULATE, TIMES), (PLAIN, None), (STATIC, TIMES_HTTPSERVER), (STATEFUL, TIMES_HTTPSERVER))
_COUNTERFACT = "npm knows no package counterfact (404); it stands on node:http: see the row above"

_Table = dict[Work, dict[str, list[Rate]]]
_Entered = dict[str, tuple[Running, dict[Work, Path]]]


@dataclass(frozen=True, slots=True)
class Race:
    """The same documents in every server, asked for in the same ways."""

    ours: Contender
    documents: Callable[[Running], list[dict[str, Any]]]
    """Those of our server, newest first."""
    page: int
    figures: dict[Work, str]
    seconds: int
    """How long the list is asked for in a round; the rest one second."""


_RACES = (
    Race(
        OURS,
        all_contacts,
        PAGE,
        {
            "list": f"a page of {PAGE} out of {CROWD:,}, {CONNECTIONS} connections",
            "get": f"get by id, {CONNECTIONS} connections",
            "create": f"create, {CONNECTIONS} connections",
        },
        2,
    ),
    Race(
        OUR_CUSTOMERS,
        all_customers,
        CUSTOMERS_PAGE,
        {"list": f"a JSON:API page of {CUSTOMERS_PAGE} customers out of {CROWD:,}, {CONNECTIONS} connections"},
        1,
    ),
)


def measure(rounds: int) -> list[Row]:
    """All rows of this figure. Raises Unavailable when our own server cannot be measured."""
    wrk_command()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        mine = stack.enter_context(OURS.start(folder, PAGE))
        # contacts come last: it is only among them that something is made
        return [row for race in reversed(_RACES) for row in _run(race, mine, folder, rounds)]


def _run(race: Race, mine: Running, folder: Path, rounds: int) -> list[Row]:
    documents = race.documents(mine)
    if len(documents) != CROWD:
        raise Unavailable(f"the world crowd has {len(documents)} of {race.figures['list']}, not {CROWD}")
    file = folder / "documents.json"
    file.write_bytes(orjson.dumps(documents))
    with ExitStack() as stack:
        troubles: dict[str, str] = {}
        entered: _Entered = {}
        for number, contender in enumerate((race.ours, *(peer for peer, _ in _PEERS))):
            try:
                is_ours = contender is race.ours
                server = mine if is_ours else stack.enter_context(contender.start(file, race.page))
                rotations = contender.rotations(server, documents, race.page)
            except Unavailable as reason:
                if contender is race.ours:
                    raise
                troubles[contender.name] = str(reason)
                continue
            files = {work: write_rotation(folder / f"{number}-{work}", rotations[work]) for work in race.figures}
            entered[contender.name] = server, files
        pages = {name: _size(server, files["list"]) for name, (server, files) in entered.items()}
        return list(_rows(race, _race(race, entered, troubles, rounds), troubles, pages))


def _size(server: Running, rotation: Path) -> int:
    """The bytes of a page."""
    method, path, listed, _ = rotation.read_text().partition("\n")[0].split("\t")
    headers = dict(header.split(": ", 1) for header in listed.split("|"))
    return len(server.ask(method, path, headers=headers)[1])


def _race(race: Race, entered: _Entered, troubles: dict[str, str], rounds: int) -> _Table:
    table: _Table = {work: defaultdict(list) for work in race.figures}
    for work in race.figures:  # create comes last: it makes the lists longer
        if work != "create":
            for server, files in entered.values():
                _try(server, files[work], 1)
        for number in range(rounds if work == "list" else min(rounds, _FEW)):
            for name, (server, files) in entered.items():
                if name in troubles:
                    continue
                rate = _try(server, files[work], race.seconds if work == "list" else 1, first=number * _STEP)
                if isinstance(rate, Rate):
                    table[work][name].append(rate)
                elif name == race.ours.name:
                    raise Unavailable(rate)
                else:
                    troubles[name] = rate
    return table


def _try(server: Running, rotation: Path, seconds: int, first: int = 0) -> Rate | str:
    try:
        rate = load(server, rotation, seconds=seconds, first=first)
    except Unavailable as reason:
        return str(reason)
    time.sleep(0.05)  # what is still on its way belongs to nobody's round
    return rate


def _rows(race: Race, table: _Table, troubles: dict[str, str], pages: dict[str, int]) -> Iterator[Row]:
    for work, figure in race.figures.items():
        mine = table[work][race.ours.name]
        for peer, goal in _PEERS:
            yield _row(work, figure, mine, peer, table[work].get(peer.name, []), troubles, goal, pages)
            if peer is PLAIN and race.ours is OURS and work == "list":
                yield Row(
                    group=GROUP,
                    figure=figure,
                    ours=str(middle(mine)),
                    beside="counterfact",
                    goal=TIMES,
                    trouble=_COUNTERFACT,
                )


def _row(
    work: Work,
    figure: str,
    mine: list[Rate],
    peer: Contender,
    theirs: list[Rate],
    troubles: dict[str, str],
    goal: Goal | None,
    pages: dict[str, int],
) -> Row:
    if not theirs:
        return Row(
            group=GROUP,
            figure=figure,
            ours=str(middle(mine)),
            beside=peer.name,
            goal=goal if work == "list" else None,
            trouble=troubles.get(peer.name, "it was not measured"),
        )
    return Row(
        group=GROUP,
        figure=figure,
        ours=str(middle(mine)),
        beside=peer.name,
        peer=str(middle(theirs)),
        ratio=median(our.per_second / their.per_second for our, their in zip(mine, theirs, strict=False)),
        goal=goal if work == "list" else None,
        details={
            "page_bytes": pages[OURS.name],
            "peer_page_bytes": pages[peer.name],
            "cpu_ratio": _cpu_ratio(mine, theirs),
            "ours_per_second": [round(rate.per_second) for rate in mine],
            "peer_per_second": [round(rate.per_second) for rate in theirs],
        },
    )


def _cpu_ratio(mine: list[Rate], theirs: list[Rate]) -> float | None:
    ours, peers = middle(mine).cpu, middle(theirs).cpu
    return round(peers / ours, 2) if ours and peers else None
