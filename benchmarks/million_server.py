"""A thousand and a million contacts or customers in one process: measured in process, then served.

`python million_server.py PORT FILE superchat|kustomer` loads both through the store's bulk insert, compares them over
`Provider.handle`, writes what it found and what a client needs to FILE, and serves until it is ended.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import orjson
from contenders import CROWD, CUSTOMERS_PAGE, PAGE, customer_pages, spread

from harness.core.clock import format_instant
from harness.core.exchange import Request
from harness.core.registry import Registry
from harness.core.sandbox import Account
from harness.core.worlds import load
from harness.server.process import run

SIZES = {"thousand": 1_000, "million": 1_000_000}
_BATCH = 200
_ROUNDS = 15
_STEP = 1_000
_STRETCH = CROWD

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Crowd:
    """What there are a thousand and a million of."""

    collection: str
    id: Callable[[int], str]
    clone: Callable[[Document, int, int], Document]
    """A stored document like a pattern, with the number and the moment of its own."""
    one: str
    """The address of one, with a slash at the end."""
    page: int
    pages: Callable[[int, int, int], list[str]]
    """The addresses of pages all over those from one number up to another; at most so many."""


def _contact(pattern: Document, number: int, at: int) -> Document:
    handle = {"id": f"ch_{number:021}", "type": "mail", "value": f"person{number}@example.com"}
    own = {"id": _contact_id(number), "handles": [handle], "list_ids": [], "created_at": at, "updated_at": at}
    return {**pattern, **own}


def _contact_id(number: int) -> str:
    return f"co_{number:021}"


def _contact_pages(begin: int, end: int, count: int) -> list[str]:
    ids = [_contact_id(number) for number in reversed(range(begin, end))]
    return [f"/superchat/v1.0/contacts?limit={PAGE}&after={each}" for each in spread(ids, count)]


def _customer(pattern: Document, number: int, at: int) -> Document:
    now = format_instant(at, fraction=True)
    mail = {"type": "home", "verified": False, "email": f"person{number}@example.com"}
    own = {"createdAt": now, "updatedAt": now, "modifiedAt": now, "emails": [mail], "phones": [], "socials": []}
    return {**pattern, "id": _customer_id(number), "attributes": {**pattern["attributes"], **own}}


def _customer_id(number: int) -> str:
    return f"{number:024x}"


def _customer_pages(begin: int, end: int, count: int) -> list[str]:
    return customer_pages((end - begin) // CUSTOMERS_PAGE, begin // CUSTOMERS_PAGE, count)


CROWDS = {
    "superchat": Crowd("contacts", _contact_id, _contact, "/superchat/v1.0/contacts/", PAGE, _contact_pages),
    "kustomer": Crowd("customers", _customer_id, _customer, "/kustomer/v1/customers/", CUSTOMERS_PAGE, _customer_pages),
}


def clones(crowd: Crowd, patterns: list[Document], count: int, end: int) -> Iterator[Document]:
    """So many stored documents like the patterns."""
    for number in range(count):
        yield crowd.clone(patterns[number % len(patterns)], number, end - (count - number) * _STEP)


def fill(registry: Registry, name: str, patterns: list[Document], size: str) -> tuple[Account, float]:
    """A sandbox with a thousand or a million, and the seconds the bulk insert took, documents included."""
    account = registry.open(id=size, world=load("empty"), real_quotas=False).account(name)
    begin = time.perf_counter()
    with account.unit() as unit:
        crowd = CROWDS[name]
        unit[crowd.collection].insert_many(clones(crowd, patterns, SIZES[size], unit.now))
    return account, time.perf_counter() - begin


class Measured:
    """One account's requests: pages all over it, and single documents by id."""

    def __init__(self, registry: Registry, account: Account, count: int) -> None:
        name = account.pack.name
        crowd = CROWDS[name]
        self._handle = registry.provider(name).handle
        self.headers = account.pack.headers(account.api_key)
        self._sent = [*((name.lower(), value) for name, value in self.headers.items()), ("host", "127.0.0.1")]
        self._prefix = len(name) + 1
        self.paths = crowd.pages(0, count, CROWD)
        middle = max(0, count // 2 - _STRETCH // 2)
        self.near = self._requests(crowd.pages(middle, middle + _STRETCH, CROWD))
        self.pages = self._requests(self.paths)
        upto = min(count, crowd.page * _BATCH)
        self._unseen = [self._request(path) for path in crowd.pages(0, upto, upto // crowd.page - 1)]
        step = max(1, count // CROWD)
        self.gets = [self._request(f"{crowd.one}{crowd.id(number)}") for number in range(0, count, step)]

    def _requests(self, addresses: list[str]) -> list[Request]:
        """As many as tell something."""
        return [self._request(address) for address in addresses] * max(1, _BATCH // len(addresses))

    def _request(self, address: str) -> Request:
        path, _, query = address[self._prefix :].partition("?")
        return Request("GET", path, query=query, headers=self._sent)

    def batch(self, requests: list[Request]) -> float:
        """Microseconds a request."""
        begin = time.perf_counter()
        for request in requests:
            answer = self._handle(request)
        spent = time.perf_counter() - begin
        assert answer.status == 200, answer.body
        return spent / len(requests) * 1e6

    def unseen(self) -> float:
        """Microseconds of a page whose documents nobody has asked for yet; ask before anything else."""
        return median(self.batch([request]) for request in self._unseen)


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


def main(port: int, file: Path, name: str) -> None:
    """Load, compare, tell, serve."""
    registry = Registry()
    crowd = registry.open(world=load("crowd"), real_quotas=False).account(name)
    patterns = list(crowd.store[CROWDS[name].collection])
    measured, seconds = {}, {}
    gc.disable()  # a collection of a million takes seconds
    for size, count in SIZES.items():
        account, seconds[size] = fill(registry, name, patterns, size)
        measured[size] = Measured(registry, account, count)
    gc.freeze()
    gc.enable()
    document = {
        "seconds": seconds,
        "compared": compare(measured),
        "accounts": {size: {"headers": each.headers, "paths": each.paths} for size, each in measured.items()},
    }
    file.write_bytes(orjson.dumps(document))
    run(registry, port=port)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
