"""What a test expects to have been asked, and how the calls that came differ from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from harness.core.exchange import Request

if TYPE_CHECKING:
    from harness.testing.journal import Exchange

LINES = 30
"""How many of the calls that came a failure shows."""
_NEAREST = "x-harness-nearest"


@dataclass(frozen=True, slots=True)
class Expected:
    """A call as a test describes it; what is None does not matter."""

    operation: str
    status: int | None = None
    query: Mapping[str, Any] | None = None
    body: Any = None

    def __post_init__(self) -> None:
        """Refuse what no call could ever be."""
        if self.status is not None and not isinstance(self.status, int):
            raise TypeError(f"status is a number such as 200, not {self.status!r}")
        if self.query is not None and not isinstance(self.query, Mapping):
            raise TypeError(f"query is a mapping of parameters such as {{'limit': 50}}, not {self.query!r}")

    def differences(self, exchange: Exchange) -> list[str]:
        """How a call of the operation is not the one expected."""
        found = []
        if self.status is not None and exchange.status != self.status:
            found.append(f"the status is {exchange.status}, expected {self.status}")
        if self.query is not None:
            found += _query_differences(self.query, exchange.query)
        if self.body is not None:
            found += _body_differences(self.body, exchange.request.text)
        return found

    def __str__(self) -> str:
        said = []
        if self.status is not None:
            said.append(f"status {self.status}")
        if self.query is not None:
            said.append(f"query {dict(self.query)!r}")
        if self.body is not None:
            said.append(f"body {_named(self.body)}")
        return f"{self.operation} with {', '.join(said)}" if said else self.operation


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A request that matched no operation, and the operation it was most like."""

    exchange: Exchange
    operation: str
    method: str
    path: str
    """The operation's, as its contract writes it."""
    differences: tuple[str, ...]

    @classmethod
    def of(cls, exchange: Exchange) -> NearMiss | None:
        """From an exchange that matched no operation; None for any other."""
        told = exchange.response.headers.get(_NEAREST)
        if exchange.operation is not None or told is None:
            return None
        operation, _, address = told.partition(": ")
        method, _, path = address.partition(" ")
        return cls(exchange, operation, method, path, tuple(_address_differences(exchange, method, path)))

    def __str__(self) -> str:
        sent = f"{self.exchange.method} {self.exchange.path}"
        differences = "; ".join(self.differences)
        return (
            f"{self.exchange.number:>4}  {sent} matched no operation; nearest is {self.operation}, "
            f"{self.method} {self.path}: {differences}"
        )


def not_called(expected: Expected, wanted: str, calls: list[Exchange], came: list[Exchange]) -> str:
    """Why an assertion that calls were made failed: what came, the nearest call and how it differs."""
    matching = [call for call in calls if not expected.differences(call)]
    lines = [f"expected {wanted} of {expected}; there {_were(len(matching))}"]
    others = [call for call in calls if call not in matching]
    misses = [miss for call in came if (miss := NearMiss.of(call))]
    if others and not matching:
        nearest = min(reversed(others), key=lambda call: len(expected.differences(call)))
        lines.append(f"the nearest call is {nearest.number}:")
        lines += [f"  {difference}" for difference in expected.differences(nearest)]
    elif misses and not matching:
        misses.sort(key=lambda miss: miss.operation != expected.operation)
        lines += ["near misses:", *map(str, misses[:LINES])]
    return "\n".join([*lines, *_shown(came)])


def incomplete(expected: Expected, dropped: int) -> str:
    """Why an assertion cannot be made: the journal is bounded."""
    return (
        f"nobody can tell how often {expected} was called: the journal had to let go of {dropped} older exchanges; "
        "assert earlier, or clear the journal before the calls that matter"
    )


def called(expected: Expected, calls: list[Exchange]) -> str:
    """Why an assertion that no call was made failed."""
    return "\n".join([f"expected no call of {expected}; there {_were(len(calls))}", *_shown(calls)])


def _shown(exchanges: list[Exchange]) -> Iterator[str]:
    if not exchanges:
        yield "no call came at all"
        return
    yield "the calls that came:"
    if len(exchanges) > LINES:
        yield f"({len(exchanges) - LINES} older not shown)"
    yield from map(str, exchanges[-LINES:])


def _were(count: int) -> str:
    return {0: "was none", 1: "was 1"}.get(count, f"were {count}")


def _address_differences(exchange: Exchange, method: str, path: str) -> Iterator[str]:
    if exchange.method != method:
        yield f"the method is {exchange.method}, not {method}"
    sent, declared = exchange.path.split("/"), path.split("/")
    if len(sent) != len(declared):
        yield f"the path has {len(sent) - 1} segments, not {len(declared) - 1}"
        return
    for ours, theirs in zip(sent, declared, strict=True):
        if ours != theirs and not (ours and theirs.startswith("{")):
            yield f"the path has {ours!r} in the place of {theirs!r}"


def _query_differences(expected: Mapping[str, Any], query: str) -> Iterator[str]:
    sent: dict[str, list[str]] = {}
    for name, text in Request("GET", "/", query=query).query_items():
        sent.setdefault(name, []).append(text)
    for name, value in expected.items():
        found = sent.get(name)
        if value is None:
            if found is not None:
                yield f"query.{name} is {_one(found)!r}, expected not to be sent"
            continue
        texts = [_text(each) for each in value] if isinstance(value, (list, tuple)) else [_text(value)]
        if found is None:
            yield f"query.{name} was not sent, expected {_one(texts)!r}"
        elif found != texts:
            yield f"query.{name} is {_one(found)!r}, expected {_one(texts)!r}"


def _one(texts: list[str]) -> str | list[str]:
    return texts[0] if len(texts) == 1 else texts


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _body_differences(expected: Any, text: str) -> Iterator[str]:
    try:
        body: Any = orjson.loads(text)
    except orjson.JSONDecodeError:
        if not callable(expected):
            yield f"the body is not JSON: {text[:60]!r}" if text else "there is no body"
            return
        body = text
    if callable(expected):
        yield from _judged(expected, body)
    else:
        yield from _less(expected, body, "body")


def _judged(predicate: Callable[[Any], Any], body: Any) -> Iterator[str]:
    """A predicate stumbles over a body of another shape: that is a difference, too."""
    try:
        if not predicate(body):
            yield f"the body does not satisfy {_named(predicate)}: {body!r:.200}"
    except (AttributeError, LookupError, TypeError) as error:
        yield f"the body does not satisfy {_named(predicate)}, which raised {error!r}: {body!r:.200}"


def _less(expected: Any, value: Any, place: str) -> Iterator[str]:
    """Where `value` lacks something of `expected`; properties beyond it do not matter."""
    if isinstance(expected, Mapping) and isinstance(value, dict):
        for name, part in expected.items():
            if name in value:
                yield from _less(part, value[name], f"{place}.{name}")
            else:
                yield f"{place}.{name} was not sent, expected {part!r}"
    elif isinstance(expected, (list, tuple)) and isinstance(value, list) and len(expected) == len(value):
        for index, (part, item) in enumerate(zip(expected, value, strict=True)):
            yield from _less(part, item, f"{place}[{index}]")
    elif expected != value or (isinstance(expected, (int, float)) and _is_bool(expected) is not _is_bool(value)):
        yield f"{place} is {value!r}, expected {expected!r}"


def _is_bool(value: Any) -> bool:
    return isinstance(value, bool)


def _named(body: Any) -> str:
    return getattr(body, "__name__", repr(body)) if callable(body) else repr(body)
