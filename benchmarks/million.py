"""The same list at a million contacts, or customers, and at a thousand: in process, and over loopback."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import orjson
from contenders import CUSTOMERS_PAGE, PAGE
from load import CONNECTIONS, Asked, Rate, load, middle, write_rotation
from report import Goal, Row
from servers import Running, Unavailable

GROUP = "million"
AT_MOST = Goal("≤", 1.5)

_SERVER = Path(__file__).with_name("million_server.py")
_LOADING = 120
_PAGES = {
    "superchat": f"a page of {PAGE}",
    "kustomer": f"a JSON:API page of {CUSTOMERS_PAGE} customers",
}
_NAMES = {
    "near": "in process: {page} at 1,000,000, within a stretch of 1,000",
    "page": "in process: {page} at 1,000,000, all over it",
    "get": "in process: get by id ({provider}) at 1,000,000",
    "unseen page": "in process: {page} never asked for before, at 1,000,000",
}


def measure(rounds: int) -> list[Row]:
    """All rows of this figure. Raises Unavailable when a million cannot be loaded."""
    return [row for provider in _PAGES for row in _measure(provider, rounds)]


def _measure(provider: str, rounds: int) -> list[Row]:
    with TemporaryDirectory() as name:
        folder = Path(name)
        file = folder / "found.json"
        command = [sys.executable, str(_SERVER), "{port}", str(file), provider]
        with Running("harness", command, probe="/", start_limit=_LOADING) as server:
            found = orjson.loads(file.read_bytes())
            memory = server.memory()
            rows = list(_in_process(provider, found, memory))
            rows.append(_over_loopback(provider, server, found, folder, rounds))
    return rows


def _in_process(provider: str, found: dict[str, Any], memory: float | None) -> Iterator[Row]:
    details = {"insert_many_seconds": found["seconds"], "resident_megabytes": memory and round(memory)}
    for figure, sizes in found["compared"].items():
        yield Row(
            group=GROUP,
            figure=_NAMES[figure].format(page=_PAGES[provider], provider=provider),
            ours=f"{sizes['million']:.1f} µs",
            beside="itself at 1,000",
            peer=f"{sizes['thousand']:.1f} µs",
            ratio=sizes["million"] / sizes["thousand"],
            goal=AT_MOST if figure in ("near", "page") else None,
            details=details,
        )


def _over_loopback(provider: str, server: Running, found: dict[str, Any], folder: Path, rounds: int) -> Row:
    figure = f"over loopback: {_PAGES[provider]} at 1,000,000, all over it, {CONNECTIONS} connections"
    rates: dict[str, list[Rate]] = {"thousand": [], "million": []}
    try:
        files = {
            name: write_rotation(
                folder / name, [Asked("GET", path, tuple(account["headers"].items())) for path in account["paths"]]
            )
            for name, account in found["accounts"].items()
        }
        for number in range(rounds + 1):
            for name, file in files.items():
                rate = load(server, file, seconds=1)
                if number:
                    rates[name].append(rate)
    except Unavailable as reason:
        return Row(group=GROUP, figure=figure, beside="itself at 1,000", goal=AT_MOST, trouble=str(reason))
    thousand, million = rates["thousand"], rates["million"]
    return Row(
        group=GROUP,
        figure=figure,
        ours=str(middle(million)),
        beside="itself at 1,000",
        peer=str(middle(thousand)),
        ratio=median(small.per_second / large.per_second for small, large in zip(thousand, million, strict=True)),
        goal=AT_MOST,
    )
