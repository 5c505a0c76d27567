"""A thousand and a million contacts in one process: measured in process, then served.

`python million_server.py PORT FILE` loads both through the store's bulk insert, compares them over
`Provider.handle`, writes what it found and what a client needs to FILE, and serves until it is ended.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import orjson
from contenders import CROWD, PAGE, spread

from harness.core.exchange import Request
from harness.core.registry import Registry
from harness.core.sandbox import Account
from harness.core.worlds import load
from harness.server.process import run

SIZES = {"thousand": 1_000, "million": 1_000_000}
_BATCH = 200
_ROUNDS = 15
_STEP = 1_000


def clones(patterns: list[dict[str, Any]], count: int, end: int) -> Iterator[dict[str, Any]]:
    """Stored contacts like the patterns, each with an id, a handle and a moment of its own."""
    for number in range(count):
        pattern = patterns[number % len(patterns)]
        at = end - (count - number) * _STEP
        handle = {"id": f"ch_{number:021}", "type": "mail", "value": f"person{number}@example.com"}
        yield {
            **pattern,
            "id": f"co_{number:021}",
            "handles": [handle],
            "list_ids": [],
            "created_at": at,
            "updated_at": at,
        }


def fill(registry: Registry, patterns: list[dict[str, Any]], name: str, count: int) -> tuple[Account, float]:
    """A sandbox with that many contacts, and the seconds the bulk insert took, documents included."""
    account = registry.open(id=name, world=load("empty"), real_quotas=False).account("superchat")
    begin = time.perf_counter()
    with account.unit() as unit:
        unit["contacts"].insert_many(clones(patterns, count, unit.now))
    return account, time.perf_counter() - begin


class Measured:
    """One account's requests: pages after many cursors, and contacts by id."""

    def __init__(self, registry: Registry, account: Account, count: int) -> None:
        self._handle = registry.provider("superchat").handle
        self._headers = [("x-api-key", account.api_key), ("host", "127.0.0.1")]
        self.key = account.api_key
        self.ids = [f"co_{number:021}" for number in reversed(range(count))]
        self.cursors = spread(self.ids)
        middle = max(0, count // 2 - CROWD // 2)
        self.near = [self._page(each) for each in spread(self.ids[middle : middle + CROWD])]
        self.pages = [self._page(each) for each in self.cursors]
        self.gets = [Request("GET", f"/v1.0/contacts/{each}", headers=self._headers) for each in self.cursors]

    def _page(self, cursor: str) -> Request:
        return Request("GET", "/v1.0/contacts", query=f"limit={PAGE}&after={cursor}", headers=self._headers)

    def batch(self, requests: list[Request]) -> float:
        """Microseconds a request."""
        begin = time.perf_counter()
        for request in requests:
            answer = self._handle(request)
        spent = time.perf_counter() - begin
        assert answer.status == 200, answer.body
        return spent / len(requests) * 1e6

    def unseen(self) -> float:
        """Microseconds of a page whose contacts nobody has asked for yet; ask before anything else."""
        chosen = self.ids[: len(self.ids) - PAGE : PAGE][:_BATCH]
        return median(self.batch([self._page(each)]) for each in chosen)


def compare(measured: dict[str, Measured]) -> dict[str, dict[str, float]]:
    """Microseconds by figure and size, in interleaved rounds."""
    found: dict[str, dict[str, list[float]]] = {"near": {}, "page": {}, "get": {}}
    unseen = {name: each.unseen() for name, each in measured.items()}
    for _ in range(_ROUNDS + 1):
        for name, each in measured.items():
            found["near"].setdefault(name, []).append(each.batch(each.near))
            found["page"].setdefault(name, []).append(each.batch(each.pages))
            found["get"].setdefault(name, []).append(each.batch(each.gets))
    warm = {figure: {name: median(values[1:]) for name, values in sizes.items()} for figure, sizes in found.items()}
    return {**warm, "unseen page": unseen}


def main(port: int, file: Path) -> None:
    """Load, compare, tell, serve."""
    registry = Registry()
    crowd = registry.open(world=load("crowd"), real_quotas=False).account("superchat")
    patterns = list(crowd.store["contacts"])
    measured, seconds = {}, {}
    for name, count in SIZES.items():
        gc.disable()
        account, seconds[name] = fill(registry, patterns, name, count)
        gc.enable()
        measured[name] = Measured(registry, account, count)
    gc.collect()
    gc.freeze()
    document = {
        "seconds": seconds,
        "compared": compare(measured),
        "accounts": {name: {"key": each.key, "ids": each.cursors} for name, each in measured.items()},
    }
    file.write_bytes(orjson.dumps(document))
    run(registry, port=port)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
