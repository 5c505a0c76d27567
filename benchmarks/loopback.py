"""The same work over loopback, 16 keep-alive connections, one core for the server: ours beside its peers."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import orjson
from contenders import CROWD, EMULATE, OURS, PAGE, PLAIN, STATEFUL, STATIC, Contender, Work, all_contacts
from load import CONNECTIONS, Rate, load, middle, write_rotation, wrk_command
from report import Goal, Row
from servers import Running, Unavailable

GROUP = "loopback"
TIMES = Goal("≥", 2)
TIMES_HTTPSERVER = Goal("≥", 4)

_FIGURES: dict[Work, str] = {
    "list": f"a page of {PAGE} out of {CROWD:,}, {CONNECTIONS} connections",
    "get": f"get by id, {CONNECTIONS} connections",
    "create": f"create, {CONNECTIONS} connections",
}
_SECONDS: dict[Work, int] = {"list": 2, "get": 1, "create": 1}
_FEW = 3
_STEP = 10_000_000
_PEERS = ((EMULATE, TIMES), (PLAIN, None), (STATIC, TIMES_HTTPSERVER), (STATEFUL, TIMES_HTTPSERVER))
_COUNTERFACT = "npm knows no package counterfact (404); it stands on node:http: see the row above"

_Table = dict[Work, dict[str, list[Rate]]]
_Entered = dict[str, tuple[Running, dict[Work, Path]]]


def measure(rounds: int) -> list[Row]:
    """All rows of this figure. Raises Unavailable when our own server cannot be measured."""
    wrk_command()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        mine = stack.enter_context(OURS.start(folder))
        contacts = all_contacts(mine)
        if len(contacts) != CROWD:
            raise Unavailable(f"the world crowd has {len(contacts)} contacts, not {CROWD}")
        file = folder / "contacts.json"
        file.write_bytes(orjson.dumps(contacts))
        troubles: dict[str, str] = {}
        entered: _Entered = {}
        for number, contender in enumerate((OURS, *(peer for peer, _ in _PEERS))):
            try:
                server = mine if contender is OURS else stack.enter_context(contender.start(file))
                rotations = contender.rotations(server, contacts)
            except Unavailable as reason:
                if contender is OURS:
                    raise
                troubles[contender.name] = str(reason)
                continue
            files = {work: write_rotation(folder / f"{number}-{work}", asked) for work, asked in rotations.items()}
            entered[contender.name] = server, files
        table = _race(entered, troubles, rounds)
        page = len(mine.ask("GET", f"/superchat/v1.0/contacts?limit={PAGE}")[1])
    return list(_rows(table, troubles, page))


def _race(entered: dict[str, tuple[Running, dict[Work, Path]]], troubles: dict[str, str], rounds: int) -> _Table:
    table: _Table = {work: defaultdict(list) for work in _FIGURES}
    for work in _FIGURES:  # create comes last: it makes the lists longer
        if work != "create":
            for server, files in entered.values():
                _try(server, files[work], 1)
        for number in range(rounds if work == "list" else min(rounds, _FEW)):
            for name, (server, files) in entered.items():
                if name in troubles:
                    continue
                rate = _try(server, files[work], _SECONDS[work], first=number * _STEP)
                if isinstance(rate, Rate):
                    table[work][name].append(rate)
                elif name == OURS.name:
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


def _rows(table: _Table, troubles: dict[str, str], page: int) -> Iterator[Row]:
    for work, figure in _FIGURES.items():
        mine = table[work][OURS.name]
        for peer, goal in _PEERS:
            yield _row(work, figure, mine, peer, table[work].get(peer.name, []), troubles, goal, page)
            if peer is PLAIN and work == "list":
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
    page: int,
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
            "page_bytes": page,
            "cpu_ratio": _cpu_ratio(mine, theirs),
            "ours_per_second": [round(rate.per_second) for rate in mine],
            "peer_per_second": [round(rate.per_second) for rate in theirs],
        },
    )


def _cpu_ratio(mine: list[Rate], theirs: list[Rate]) -> float | None:
    ours, peers = middle(mine).cpu, middle(theirs).cpu
    return round(peers / ours, 2) if ours and peers else None
