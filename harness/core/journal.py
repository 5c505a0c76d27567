"""The journal: what was asked and answered, newest last, bounded in bytes, without credentials."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from heapq import heapify, heappop, heapreplace
from typing import Any

import orjson

from harness.core.clock import format_instant
from harness.core.exchange import Headers
from harness.core.ids import digest

REDACTED = "[redacted]"
SECRET_HEADERS = frozenset(("authorization", "cookie", "proxy-authorization", "set-cookie", "x-api-key"))
"""Headers whose values are never kept, whatever the provider; a pack adds its own."""

REVOKED_KEY = "revoked key"
"""The note of an answer to a key that was taken away, whatever status the provider gives it."""

MAX_BYTES = 16 * 1024 * 1024
MAX_BYTES_TOGETHER = 256 * 1024 * 1024
"""What all journals of a registry may hold together."""
_OVERHEAD, _OVERHEAD_OF_HEADER = 400, 160
"""About what the objects of an exchange, and of each header, take beside their text."""


@dataclass(slots=True)
class Exchange:
    """One request and its answer, as the journal keeps it."""

    number: int
    at: int
    provider: str
    operation: str | None
    """The operation's id, or None when no operation matched."""
    method: str
    path: str
    query: str
    request_headers: Headers
    request_body: bytes
    status: int
    response_headers: Headers
    response_body: bytes
    note: str | None = None
    """Why it ended early: `nearest contacts.list`, `over quota requests` …"""
    fault: str | None = None
    """The fault that struck: its id and effect."""
    key: str = ""
    """Tells the keys of the exchanges apart without telling them; empty where none was sent."""
    retry_at: int | None = None
    """When a refused request would be answered, where a quota refused it."""
    unread: list[str] | None = None
    """What the client sent and no handler read, once somebody has asked."""
    arrival: int = 0
    """Counts over all sandboxes."""
    size: int = 0
    """About how much memory it takes, in bytes."""

    def line(self) -> str:
        """One line for a person."""
        query = f"?{self.query}" if self.query else ""
        return (
            f"{self.number:>4}  {format_instant(self.at)}  {self.status}  {self.method} {self.path}{query}"
            f"  {self.operation or '-'}{f'  ({self.note})' if self.note else ''}"
            f"{f'  [{self.fault}]' if self.fault else ''}"
        )

    def document(self) -> dict[str, Any]:
        """The whole exchange as JSON data; bodies as text."""
        return {
            "number": self.number,
            "at": format_instant(self.at),
            "provider": self.provider,
            "operation": self.operation,
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "status": self.status,
            "note": self.note,
            "fault": self.fault,
            "key": self.key,
            "retry_at": None if self.retry_at is None else format_instant(self.retry_at),
            "request": {
                "headers": [list(header) for header in self.request_headers],
                "body": self.request_body.decode("utf-8", "replace"),
            },
            "response": {
                "headers": [list(header) for header in self.response_headers],
                "body": self.response_body.decode("utf-8", "replace"),
            },
        }


class Journal:
    """The exchanges of one sandbox; the oldest go when `max_bytes` is passed, or what all `journals` may hold."""

    __slots__ = ("_bytes", "_exchanges", "_journals", "_number", "dropped", "max_bytes")

    def __init__(self, max_bytes: int = MAX_BYTES, journals: Journals | None = None) -> None:
        self.max_bytes = max_bytes
        self._journals = journals or Journals()
        self.dropped = 0
        """How many exchanges were let go."""
        self._exchanges: deque[Exchange] = deque()
        self._bytes = 0
        self._number = 0

    def add(self, exchange: Exchange) -> None:
        """Keep an exchange and number it; its headers must be redacted already."""
        size = exchange.size = _size(exchange)
        with self._journals.lock:
            self._number += 1
            exchange.number, exchange.arrival = self._number, self._journals.next_arrival()
            self._exchanges.append(exchange)
            self._bytes += size
            while self._bytes > self.max_bytes and len(self._exchanges) > 1:
                size -= self.let_go()
            self._journals.grew(self, size)

    def let_go(self) -> int:
        """Forget the oldest exchange; returns its bytes. For `Journals` and `add`, which hold the lock."""
        size = self._exchanges.popleft().size
        self._bytes -= size
        self.dropped += 1
        return size

    @property
    def oldest(self) -> int:
        """The arrival of the oldest exchange there is."""
        return self._exchanges[0].arrival

    @property
    def bytes(self) -> int:
        """About how much memory it takes."""
        return self._bytes

    def calls(
        self, operation: str | None = None, *, provider: str | None = None, status: int | None = None
    ) -> list[Exchange]:
        """The exchanges that fit all that is given."""
        return [
            exchange
            for exchange in self
            if (operation is None or exchange.operation == operation)
            and (provider is None or exchange.provider == provider)
            and (status is None or exchange.status == status)
        ]

    def clear(self) -> None:
        """Forget everything; numbers start again."""
        with self._journals.lock:
            self._journals.grew(self, -self._bytes)
            self._exchanges.clear()
            self._bytes = self._number = self.dropped = 0

    def __iter__(self) -> Iterator[Exchange]:
        return iter(self._exchanges.copy())  # exchanges of another sandbox may push out some of these

    def __len__(self) -> int:
        return len(self._exchanges)


class Journals:
    """The journals of open sandboxes. Together they hold `max_bytes` at most: then the oldest exchanges of all go,
    a tenth at once, so that this is rare."""

    def __init__(self, max_bytes: int = MAX_BYTES_TOGETHER) -> None:
        self.max_bytes = max_bytes
        self.lock = threading.Lock()
        """Guards all of them; nothing else is locked while it is held."""
        self._open: set[Journal] = set()
        self._bytes = 0
        self._arrivals = 0

    def open(self) -> Journal:
        """A new journal that counts."""
        journal = Journal(journals=self)
        with self.lock:
            self._open.add(journal)
        return journal

    def close(self, journal: Journal) -> None:
        """A journal counts no longer."""
        with self.lock:
            if journal in self._open:
                self._open.remove(journal)
                self._bytes -= journal.bytes

    def next_arrival(self) -> int:
        """1, 2, 3 …"""
        self._arrivals += 1
        return self._arrivals

    def grew(self, journal: Journal, by: int) -> None:
        """Count what a journal has gained or lost, and make room if there is too much."""
        if journal in self._open:
            self._bytes += by
            if self._bytes > self.max_bytes:
                self._make_room()

    def _make_room(self) -> None:
        heads = [(journal.oldest, journal) for journal in self._open if len(journal)]
        heapify(heads)  # no two arrivals are equal
        enough = self.max_bytes - self.max_bytes // 10
        while self._bytes > enough and (len(heads) > 1 or len(heads[0][1]) > 1):
            journal = heads[0][1]
            self._bytes -= journal.let_go()
            if len(journal):
                heapreplace(heads, (journal.oldest, journal))
            else:
                heappop(heads)


@lru_cache(maxsize=1024)
def name_of_key(key: str) -> str:
    """What stands for a key in the journal."""
    return digest("key", key, length=4).hex() if key else ""


def _size(exchange: Exchange) -> int:
    size = _OVERHEAD + len(exchange.path) + len(exchange.query)
    size += len(exchange.request_body) + len(exchange.response_body)
    for headers in (exchange.request_headers, exchange.response_headers):
        for name, value in headers:
            size += _OVERHEAD_OF_HEADER + len(name) + len(value)
    return size


def redacted_body(body: bytes, fields: frozenset[str]) -> bytes:
    """The JSON body with the values of secret fields replaced; one that names such a field and is no JSON goes.

    Lists and objects in them keep their form, which tells no secret: whoever asks what was sent sees which fields were.
    """
    if not body or not fields:
        return body
    named = any(f'"{name}"'.encode() in body for name in fields)
    if not named and b"\\u" not in body:  # by which a name may be spelled
        return body
    try:
        sent = orjson.loads(body)
    except orjson.JSONDecodeError:
        return REDACTED.encode() if named else body
    kept = _without(sent, fields)
    return body if kept == sent else orjson.dumps(kept)


def _without(value: Any, fields: frozenset[str]) -> Any:
    if isinstance(value, dict):
        return {name: _masked(item) if name in fields else _without(item, fields) for name, item in value.items()}
    return [_without(item, fields) for item in value] if isinstance(value, list) else value


def _masked(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _masked(item) for name, item in value.items()}
    return [_masked(item) for item in value] if isinstance(value, list) else REDACTED


def redacted(headers: Headers, secret: frozenset[str]) -> Headers:
    """The headers with the values of secret ones replaced."""
    return [(name, REDACTED if name in secret else value) for name, value in headers]
