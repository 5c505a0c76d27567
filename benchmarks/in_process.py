"""What a test pays in its own process: one call through httpx, and a fresh sandbox."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median, quantiles

from report import Goal, Row

GROUP = "in-process"
CALL = Goal("≤", 2)
FRESH = Goal("≤", 300, "µs")

_CALLS = 200
_OPENED = 400


@dataclass(frozen=True, slots=True)
class Asked:
    """What a test asks one provider for."""

    provider: str
    collection: str
    what: str


CONTACTS = Asked("superchat", "contacts", "a contact")
CUSTOMERS = Asked("kustomer", "customers", "a customer")


def measure(rounds: int) -> list[Row]:
    """All rows of this figure."""
    return [row for asked in (CONTACTS, CUSTOMERS) for row in (*_calls(asked, rounds), *_fresh(asked))]


def _calls(asked: Asked, rounds: int) -> list[Row]:
    import httpx

    import harness

    with (
        harness.sandbox("crowd", quotas="off") as strict,
        harness.sandbox("crowd", quotas="off", strict=False) as free,
    ):
        account = strict.account(asked.provider)
        documents = free.account(asked.provider).collection(asked.collection)
        paths = [f"/{asked.collection}/{document['id']}" for document in documents][:_CALLS]
        ours = {"checked": account.client(), "unchecked": free.account(asked.provider).client()}
        constant = ours["unchecked"].get(paths[0])
        headers, content = dict(constant.headers), constant.read()  # what httpx makes of them is its own cost
        empty = httpx.Client(
            transport=httpx.MockTransport(lambda request: httpx.Response(200, headers=headers, content=content)),
            base_url=ours["checked"].base_url,
            headers=account.headers,
        )
        clients = {**ours, "empty": empty}
        found: dict[str, list[float]] = {name: [] for name in clients}
        for _ in range(3 * rounds + 1):
            for name, client in clients.items():
                found[name].append(_batch(client.get, paths))
        for client in clients.values():
            client.close()
    spent = {name: median(values[1:]) for name, values in found.items()}
    names = {
        "checked": f"one get of {asked.what} by id through httpx, in process",
        "unchecked": f"the same of {asked.what}, answers not checked against the contract (strict=False)",
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


def _batch(get: Callable[[str], object], paths: list[str]) -> float:
    begin = time.perf_counter()
    for path in paths:
        get(path)
    return (time.perf_counter() - begin) / len(paths) * 1e6


def _fresh(asked: Asked) -> list[Row]:
    import harness

    opened, closed, answered = [], [], []
    for _ in range(_OPENED):
        begin = time.perf_counter()
        sandbox = harness.sandbox()
        account = sandbox.account(asked.provider)
        middle = time.perf_counter()
        sandbox.close()
        opened.append((middle - begin) * 1e6)
        closed.append((time.perf_counter() - middle) * 1e6)
    gc.collect()
    for _ in range(20):
        with harness.sandbox() as sandbox:
            account = sandbox.account(asked.provider)
            begin = time.perf_counter()
            with account.client() as client:
                client.get(f"/{asked.collection}")
            answered.append((time.perf_counter() - begin) * 1e6)
    return [
        Row(
            group=GROUP,
            figure=f"a fresh seeded sandbox and its first account ({asked.provider}), median",
            ours=f"{median(opened):.0f} µs",
            goal=FRESH,
            value=median(opened),
            details={"first": round(opened[0]), "p99": round(quantiles(opened[1:], n=100)[-1])},
        ),
        Row(group=GROUP, figure=f"closing it ({asked.provider}), median", ours=f"{median(closed):.0f} µs"),
        Row(
            group=GROUP,
            figure=f"its first client and first page ({asked.provider}), median",
            ours=f"{median(answered):.0f} µs",
        ),
    ]
