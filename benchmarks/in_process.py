"""What a test pays in its own process: one call through httpx, and a fresh sandbox."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from statistics import median, quantiles

from report import Goal, Row

GROUP = "in-process"
CALL = Goal("≤", 2)
FRESH = Goal("≤", 300, "µs")

_CALLS = 200
_OPENED = 400


def measure(rounds: int) -> list[Row]:
    """All rows of this figure."""
    return [*_calls(rounds), *_fresh()]


def _calls(rounds: int) -> list[Row]:
    import httpx

    import harness

    with (
        harness.sandbox("crowd", quotas="off") as strict,
        harness.sandbox("crowd", quotas="off", strict=False) as free,
    ):
        ids = [contact["id"] for contact in free.account("superchat").collection("contacts")][:_CALLS]
        ours = {
            "checked": strict.account("superchat").client(),
            "unchecked": free.account("superchat").client(),
        }
        constant = ours["unchecked"].get(f"/contacts/{ids[0]}").read()
        headers = {"content-type": "application/json"}
        empty = httpx.Client(
            transport=httpx.MockTransport(lambda request: httpx.Response(200, headers=headers, content=constant)),
            base_url="http://superchat.localhost/v1.0",
            headers=strict.account("superchat").headers,
        )
        clients = {**ours, "empty": empty}
        found: dict[str, list[float]] = {name: [] for name in clients}
        for _ in range(3 * rounds + 1):
            for name, client in clients.items():
                found[name].append(_batch(client.get, ids))
        for client in clients.values():
            client.close()
    spent = {name: median(values[1:]) for name, values in found.items()}
    names = {
        "checked": "one get by id through httpx, in process",
        "unchecked": "the same, answers not checked against the contract (strict=False)",
    }
    return [
        Row(
            group=GROUP,
            figure=names[name],
            ours=f"{spent[name]:.0f} µs",
            beside="httpx over an empty transport",
            peer=f"{spent['empty']:.0f} µs",
            ratio=spent[name] / spent["empty"],
            goal=CALL if name == "checked" else None,
        )
        for name in ours
    ]


def _batch(get: Callable[[str], object], ids: list[str]) -> float:
    begin = time.perf_counter()
    for each in ids:
        get(f"/contacts/{each}")
    return (time.perf_counter() - begin) / len(ids) * 1e6


def _fresh() -> list[Row]:
    import harness

    opened, closed, answered = [], [], []
    for _ in range(_OPENED):
        begin = time.perf_counter()
        sandbox = harness.sandbox()
        account = sandbox.account("superchat")
        middle = time.perf_counter()
        sandbox.close()
        opened.append((middle - begin) * 1e6)
        closed.append((time.perf_counter() - middle) * 1e6)
    gc.collect()
    for _ in range(20):
        with harness.sandbox() as sandbox:
            account = sandbox.account("superchat")
            begin = time.perf_counter()
            with account.client() as client:
                client.get("/contacts")
            answered.append((time.perf_counter() - begin) * 1e6)
    return [
        Row(
            group=GROUP,
            figure="a fresh seeded sandbox and its first account, median",
            ours=f"{median(opened):.0f} µs",
            goal=FRESH,
            value=median(opened),
            details={"first": round(opened[0]), "p99": round(quantiles(opened[1:], n=100)[-1])},
        ),
        Row(group=GROUP, figure="closing it, median", ours=f"{median(closed):.0f} µs"),
        Row(group=GROUP, figure="its first client and first page, median", ours=f"{median(answered):.0f} µs"),
    ]
