"""What one schema costs: the unified list beside the raw list, and the mapping beside the building of its records."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import cycle, islice
from statistics import median
from typing import Any

from report import Goal, Row

GROUP = "unified"
MAPPING = Goal("≤", 2)

_PAGE = 100
_CALLS = 30


def measure(rounds: int) -> list[Row]:
    """All rows of this figure."""
    from pydantic import TypeAdapter

    import harness
    from harness.unified import catalogue

    with harness.sandbox("crowd", quotas="off", strict=False) as sandbox:
        account = sandbox.account("superchat")
        client, raw = account.unified, account.client()
        page = client.ticketing.contacts.list(limit=_PAGE)
        records = list(islice(cycle(page.result), _PAGE))
        sources = [record.remote_data for record in records]
        mapped = [record.model_dump(exclude_unset=True) for record in records]
        cell = client.account.mappings.cell("ticketing", "contacts", "list")
        assert cell is not None
        response = cell.response
        assert response is not None
        contacts = TypeAdapter(list[catalogue.resource("ticketing", "contacts").record])  # type: ignore[misc]
        work: dict[str, Callable[[], Any]] = {
            "unified": lambda: client.ticketing.contacts.list(limit=_PAGE),
            "raw": lambda: raw.get("/contacts", params={"limit": _PAGE}).json(),
            "mapping": lambda: response.over({"response": sources}),
            "records": lambda: contacts.validate_python(mapped),
        }
        found: dict[str, list[float]] = {name: [] for name in work}
        for _ in range(3 * rounds + 1):
            for name, do in work.items():
                begin = time.perf_counter()
                for _ in range(_CALLS):
                    do()
                found[name].append((time.perf_counter() - begin) / _CALLS * 1e6)
    spent = {name: median(values[1:]) for name, values in found.items()}
    return [
        Row(
            group=GROUP,
            figure=f"a unified list of {_PAGE} contacts, in process",
            ours=f"{spent['unified']:.0f} µs",
            beside="the raw list through httpx, parsed",
            peer=f"{spent['raw']:.0f} µs",
            ratio=spent["unified"] / spent["raw"],
        ),
        Row(
            group=GROUP,
            figure=f"mapping {_PAGE} contacts",
            ours=f"{spent['mapping']:.0f} µs",
            beside="building their pydantic models",
            peer=f"{spent['records']:.0f} µs",
            ratio=spent["mapping"] / spent["records"],
            goal=MAPPING,
        ),
    ]
