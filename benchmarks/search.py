"""Kustomer's search over 100,000 customers: indexed operators and the others, between single writes."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from statistics import median
from typing import Any

from report import Goal, Row

GROUP = "search"
INDEXED = Goal("≤", 5, "ms")
OTHERS = Goal("≤", 100, "ms")

_SIZE = 100_000
_SEARCHES = 10
_DAY = 86_400_000

Body = dict[str, Any]
Make = Callable[[int], Body]

_NEWEST = [{"customer_updated_at": "desc"}]


def _by(attribute: str, **condition: Any) -> Body:
    return {"and": [{attribute: condition}], "sort": _NEWEST}


_SEEN: dict[str, Make] = {
    "equals": lambda n: _by("customer_email", equals=f"c{n}@example.com"),
    "equals what many have": lambda n: _by("customer_progressive_status", equals=("open", "done")[n % 2]),
    "in of 50": lambda n: _by("customer_externalId", **{"in": [f"X-{each}" for each in range(n, n + 50)]}),
    "a range of dates": lambda n: _by("customer_created_at", gte=f"now-{n + 30}d", lt=f"now-{n}d/d"),
    "a range the order runs against": lambda n: _by("customer_updated_at", lte=f"now-{n + 300}d"),
    "a range of numbers": lambda n: _by("customer_custom_levelNum", gte=n, lt=n + 300),
    "set": lambda n: _by("customer_phone", set=bool(n % 2)),
    "prefix": lambda n: _by("customer_name", prefix=f"first{n % 10}"),
    "and, or": lambda n: {
        "and": [{"customer_gender": {"equals": "f"}}],
        "or": [{"customer_progressive_status": {"equals": "open"}}, {"customer_created_at": {"gte": f"now-{n}d"}}],
        "sort": _NEWEST,
    },
}
_OTHERS: dict[str, Make] = {
    "contains": lambda n: _by("customer_name", contains=f"first{n}"),
    "any_text": lambda n: _by("customer_any_text", contains=f"first{n} street"),
    "not_contains": lambda n: _by("customer_name", not_contains=f"first{n}"),
    "nested groups": lambda n: {
        "not": {"or": [{"customer_gender": {"equals": "f"}, "not": {"customer_tags": {"equals": f"t{n % 7}"}}}]},
        "sort": _NEWEST,
    },
    "by conversations": lambda n: _by("conversation_status", equals=("open", "done")[n % 2]),
    "conversations by customer": lambda n: {
        "queryContext": "conversation",
        "and": [{"customer_gender": {"equals": "mf"[n % 2]}}],
    },
    "two sorts": lambda n: {"sort": [{"customer_gender": "asc"}, {"customer_name": ("asc", "desc")[n % 2]}]},
}


def measure(rounds: int) -> list[Row]:
    """All rows of this figure."""
    search, write, seconds = _filled()
    return [
        *_rows(search, write, _SEEN, INDEXED, "indexed", rounds),
        *_rows(search, write, _OTHERS, OTHERS, "others", rounds),
        Row(group=GROUP, figure=f"filling {_SIZE:,} customers and as many conversations", ours=f"{seconds:.1f} s"),
    ]


def _rows(
    search: Callable[[Body], int], write: Callable[[], None], table: dict[str, Make], goal: Goal, kind: str, rounds: int
) -> Iterator[Row]:
    for name, make in table.items():
        begin = time.perf_counter()
        search(make(0))
        first = time.perf_counter() - begin
        spent = []
        for number in range(1, rounds * _SEARCHES + 1):
            write()
            body = make(number)
            begin = time.perf_counter()
            total = search(body)
            spent.append(time.perf_counter() - begin)
        milliseconds = median(spent) * 1_000
        yield Row(
            group=GROUP,
            figure=f"{kind}: {name}, the first page of 100 and the total, after a write",
            ours=f"{milliseconds:.2f} ms",
            beside="the first time, which makes the index",
            peer=f"{first * 1_000:.0f} ms",
            goal=goal,
            value=milliseconds,
            details={"slowest_ms": round(max(spent) * 1_000, 2), "total": total},
        )


def _filled() -> tuple[Callable[[Body], int], Callable[[], None], float]:
    """What searches, what writes one customer, and how long it took to fill the account."""
    from harness.core.clock import EPOCH, format_instant
    from harness.core.store import Store
    from harness.providers.kustomer.pack import PACK
    from harness.providers.kustomer.search.grammar import query_of
    from harness.providers.kustomer.search.matching import Matching
    from harness.providers.kustomer.search.ranking import page

    draw = random.Random(7)
    store = Store(PACK.schemas)
    begin = time.perf_counter()
    store["customers"].insert_many(_customer(number, draw) for number in range(_SIZE))
    store["conversations"].insert_many(_conversation(number, draw) for number in range(_SIZE))
    seconds = time.perf_counter() - begin

    def search(body: Body) -> int:
        query = query_of(body, now=EPOCH)
        matching = Matching(store, query, EPOCH)
        mask = matching.matches()
        page(matching.table(query.context), mask, query.sorts, 0, 100)
        return mask.bit_count()

    def write() -> None:
        customer = store["customers"][f"{draw.randrange(_SIZE):024x}"]
        changed = {"updatedAt": format_instant(EPOCH), "name": f"First{draw.randrange(500)} Changed"}
        store["customers"].replace({**customer, "attributes": {**customer["attributes"], **changed}})

    return search, write, seconds


def _customer(number: int, draw: random.Random) -> Body:
    from harness.core.clock import EPOCH, format_instant

    created = EPOCH - draw.randrange(900 * _DAY)
    updated = format_instant(min(EPOCH, created + draw.randrange(300 * _DAY)))
    name = f"First{draw.randrange(500)} Last{draw.randrange(5_000)}"
    open, done = number % 2, number % 5
    attributes = {
        "name": name,
        "displayName": name,
        "externalId": f"X-{number}",
        "externalIds": [{"externalId": f"X-{number}", "verified": True}],
        "sharedExternalIds": [],
        "emails": [{"type": "home", "email": f"c{number}@example.com", "verified": False}],
        "phones": [{"type": "mobile", "phone": f"+1202{number:07d}", "verified": False}] if number % 3 else [],
        "locations": [{"address": f"{number % 200} Street", "cityName": f"City{number % 50}"}],
        "socials": [],
        "urls": [],
        "watchers": [],
        "activeUsers": [],
        "createdAt": format_instant(created),
        "updatedAt": updated,
        "modifiedAt": updated,
        "lastActivityAt": updated,
        "conversationCounts": {"done": done, "open": open, "snoozed": 0, "all": done + open},
        "tags": [f"t{number % 7}"],
        "sentiment": {},
        "progressiveStatus": draw.choice(("open", "done", "snoozed", None)),
        "verified": True,
        "rev": 1,
        "deleted": False,
        "gender": draw.choice("mf"),
        "custom": {"levelNum": number % 1_000, "cityStr": f"City{number % 50}"},
    }
    return {"id": f"{number:024x}", "attributes": attributes, "relations": {}}


def _conversation(number: int, draw: random.Random) -> Body:
    from harness.core.clock import EPOCH, format_instant

    moment = format_instant(EPOCH - draw.randrange(700 * _DAY))
    attributes = {
        "name": f"Conversation {number % 300}",
        "status": draw.choice(("open", "done", "snoozed")),
        "createdAt": moment,
        "updatedAt": moment,
    }
    return {
        "id": f"{_SIZE + number:024x}",
        "attributes": attributes,
        "relations": {"customer": f"{draw.randrange(_SIZE):024x}"},
    }
