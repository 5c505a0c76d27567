"""How a client behaved: rules that any provider would want kept, judged from the journal.

What a cursor is, and which operations create something, the pack tells (`Pack.paging`, `Pack.creates`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any, Final

import orjson

from harness.core.exchange import Request
from harness.core.journal import REVOKED_KEY
from harness.nearest import unknown

if TYPE_CHECKING:
    from harness.core.journal import Exchange
    from harness.core.pack import Pack, Paging
    from harness.testing.control import Control


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a client should not have done."""

    rule: str
    provider: str
    message: str
    """What it did; exchanges are named by their numbers in the journal."""
    exchanges: tuple[int, ...]
    """The exchanges it is about, the offending one last."""

    @classmethod
    def read(cls, document: dict[str, Any]) -> Finding:
        """From the control's document."""
        return cls(document["rule"], document["provider"], document["message"], tuple(document["exchanges"]))

    def document(self) -> dict[str, Any]:
        """As JSON data."""
        return {
            "rule": self.rule,
            "provider": self.provider,
            "message": self.message,
            "exchanges": list(self.exchanges),
        }

    def __str__(self) -> str:
        return f"{self.provider} {self.rule}: {self.message}"


class Conduct:
    """The conduct of the clients of a sandbox, or of one account in it, as far as its journal goes back."""

    def __init__(self, control: Control, sandbox: str, provider: str | None = None) -> None:
        self._control = control
        self._sandbox = sandbox
        self._provider = provider

    def findings(self, *rules: str) -> list[Finding]:
        """What breaks the rules (all of them, when none is named), in the order of the journal.

        Raises ControlError for an unknown rule, and when the journal had to let go of exchanges.
        """
        answer = self._control.call(
            "conduct.list", sandbox=self._sandbox, provider=self._provider, rules=list(rules) or None
        )
        return [Finding.read(document) for document in answer["findings"]]

    def assert_good(self, *rules: str) -> None:
        """Raise an AssertionError that tells every finding and the exchanges it is about."""
        __tracebackhide__ = True
        if findings := self.findings(*rules):
            raise AssertionError(self._told(findings))

    def _told(self, findings: list[Finding]) -> str:
        about = {number for finding in findings for number in finding.exchanges}
        exchanges = self._control.call("journal.list", sandbox=self._sandbox, bodies=False)["exchanges"]
        lines = [_line(document) for document in exchanges if document["number"] in about]
        count = "1 finding" if len(findings) == 1 else f"{len(findings)} findings"
        told = "\n".join(f"  {finding}" for finding in findings)
        return "\n".join([f"the client's conduct: {count}", told, "the exchanges:", *lines])

    def __repr__(self) -> str:
        told = "\n".join(map(str, self.findings())) or "good"
        return f"<Conduct of {self._provider or 'sandbox'} {self._sandbox}>\n{told}"


def _line(document: dict[str, Any]) -> str:
    from harness.testing.journal import Exchange

    return str(Exchange.read(document))


def chosen(rules: Iterable[str] | None) -> list[str]:
    """The names of the rules, all for None; a ValueError for an unknown one."""
    if rules is None:
        return list(RULES)
    names = [rules] if isinstance(rules, str) else list(rules)
    for name in names:
        if name not in RULES:
            raise ValueError(unknown("rule of conduct", str(name), RULES))
    return names


def judge(exchanges: Sequence[Exchange], pack: Pack, rules: Iterable[str] | None = None) -> list[Finding]:
    """What breaks the rules in all exchanges of one account, oldest first, in the order of the journal."""
    found = [
        Finding(name, pack.name, message, numbers)
        for name in chosen(rules)
        for message, numbers in RULES[name](exchanges, pack)
    ]
    return sorted(found, key=lambda finding: finding.exchanges[-1])


Found = Iterator[tuple[str, tuple[int, ...]]]


def _waits_retry_after(exchanges: Sequence[Exchange], pack: Pack) -> Found:
    waiting: list[tuple[int, Exchange]] = []
    for exchange in exchanges:
        waiting = [(until, refused) for until, refused in waiting if refused.at <= exchange.at < until]
        for until, refused in reversed(waiting):
            if exchange.key == refused.key and _is_held_back(exchange, refused):
                early = _seconds(until - exchange.at)
                wait = f"a wait of {_seconds(until - refused.at)}"
                told = f"{refused.number} was refused with {refused.status} and {wait}"
                request = f"request {exchange.number} ({exchange.operation})"
                yield f"{request} came {early} too early: {told}", (refused.number, exchange.number)
                break
        if exchange.status in (429, 503) and (moment := _retry_at(exchange)) is not None:
            waiting.append((moment, exchange))


def _is_held_back(exchange: Exchange, refused: Exchange) -> bool:
    """Whether the refusal was meant for this request, too: the same operation, or the same full window."""
    same_window = refused.retry_at is not None and (exchange.note, exchange.retry_at) == (
        refused.note,
        refused.retry_at,
    )
    return exchange.operation == refused.operation or same_window


def _retry_at(exchange: Exchange) -> int | None:
    """When the client was told to come back, or when its window is whole again, whichever is sooner."""
    told = next((value for name, value in exchange.response_headers if name == "retry-after"), None)
    moments = [exchange.retry_at]
    if told is not None and told.strip().isdecimal():
        moments.append(exchange.at + int(told) * 1000)
    elif told is not None:
        from email.utils import parsedate_to_datetime

        with suppress(ValueError):  # neither seconds nor a date tells nothing
            moments.append(round(parsedate_to_datetime(told).replace(tzinfo=UTC).timestamp() * 1000))
    return min((moment for moment in moments if moment is not None), default=None)


def _seconds(milliseconds: int) -> str:
    return f"{milliseconds / 1000:g} s"


@dataclass(frozen=True, slots=True)
class _Page:
    """A request of a list, with what it asks for and what its answer hands out."""

    exchange: Exchange
    place: tuple[str, ...]
    """Equal for all pages of the same list."""
    sent: tuple[tuple[str, str], ...]
    """The cursors by parameter, empty ones too."""
    next: list[str] | None
    """What the answer hands out; None where it hands out nothing because it is no page."""
    previous: list[str]

    @property
    def request(self) -> str:
        return f"request {self.exchange.number} ({self.exchange.operation})"


def _pages(exchanges: Sequence[Exchange], pack: Pack) -> Iterator[tuple[_Page, Paging]]:
    paging = pack.paging
    if paging is None:
        return
    operations = pack.contract.operations
    lists = {id for id, operation in operations.items() if operation.parameters.keys() & set(paging.cursors)}
    lists -= paging.counted
    for exchange in exchanges:
        if exchange.operation is None or exchange.operation not in lists:
            continue
        items = Request(exchange.method, exchange.path, query=exchange.query).query_items()
        rest = sorted(f"{name}={value}" for name, value in items if name not in (*paging.cursors, *paging.sizes))
        place = (exchange.operation, exchange.path, *rest, exchange.request_body.decode("utf-8", "replace"))
        sent = tuple((name, value) for name, value in items if name in paging.cursors)
        arrived = _is_success(exchange) and not _is_lost(exchange)
        answer = _json(exchange.response_body) if arrived else None
        if answer is None:
            yield _Page(exchange, place, sent, None, []), paging
        else:
            yield _Page(exchange, place, sent, paging.next_cursors(answer), paging.previous_cursors(answer)), paging


def _invents_no_cursor(exchanges: Sequence[Exchange], pack: Pack) -> Found:
    handed: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    streamed = set()
    for page, _ in _pages(exchanges, pack):
        if _is_success(page.exchange) and not page.exchange.response_body:
            streamed.add(page.place)  # the journal keeps no streamed answers: what they handed out is not known
        if page.place in streamed:
            continue
        for name, cursor in page.sent:
            if not cursor or page.place in (lists := handed.get(cursor, set())):
                continue
            elsewhere = sorted({place[0] for place in lists})
            why = f"was handed out for another list of {', '.join(elsewhere)}" if elsewhere else "was never handed out"
            yield f"{page.request} sends {name}={cursor}, which {why}", (page.exchange.number,)
        for cursor in [*(page.next or ()), *page.previous]:
            handed[cursor].add(page.place)


def _stops_at_last_page(exchanges: Sequence[Exchange], pack: Pack) -> Found:
    handed: Counter[tuple[tuple[str, ...], str]] = Counter()
    used: Counter[tuple[tuple[str, ...], str]] = Counter()
    ended: dict[tuple[tuple[str, ...], bool], tuple[Exchange, str]] = {}
    for page, paging in _pages(exchanges, pack):
        number = page.exchange.number
        for name, cursor in page.sent:
            last, its_cursor = ended.get((page.place, name in paging.backward), (None, ""))
            if last is None:
                continue
            if (page.place, cursor) not in handed:
                sent = f"{name}={cursor}"
                yield f"{page.request} goes on with {sent} after {last.number} was the last page", (last.number, number)
            elif cursor == its_cursor and used[page.place, cursor] >= handed[page.place, cursor]:
                yield f"{page.request} asks again for {last.number}, which was the last page", (last.number, number)
        if not page.sent:
            for direction in (False, True):
                ended.pop((page.place, direction), None)
        if page.next is None:
            continue
        for cursor in page.next + page.previous:
            handed[page.place, cursor] += 1
        for name, cursor in page.sent or (("", ""),):
            backward = name in paging.backward
            used[page.place, cursor] += 1
            if not (page.previous if backward else page.next):
                ended[page.place, backward] = page.exchange, cursor


def _no_duplicate_create(exchanges: Sequence[Exchange], pack: Pack) -> Found:
    made: dict[str, dict[tuple[Any, ...], Exchange]] = defaultdict(dict)
    lost: dict[str, dict[tuple[Any, ...], Exchange]] = defaultdict(dict)
    for exchange in exchanges:
        if exchange.operation not in pack.creates:
            if _is_success(exchange):
                _settle(exchange, made, lost)
            continue
        kind = exchange.path.rpartition("/")[2]
        what = (exchange.operation, exchange.path, exchange.query, _content(exchange))
        request = f"request {exchange.number} ({exchange.operation})"
        if first := lost[kind].get(what):
            told = f"repeats {first.number}, {_fate(first)}, without a look at what became of it"
            yield f"{request} {told}", (first.number, exchange.number)
        elif (first := made[kind].get(what)) and _is_success(exchange):
            yield f"{request} creates once more what {first.number} had created", (first.number, exchange.number)
        if _is_lost(exchange):
            lost[kind][what] = exchange
        elif _is_success(exchange):
            lost[kind].pop(what, None)
            made[kind][what] = exchange


def _settle(
    exchange: Exchange,
    made: dict[str, dict[tuple[Any, ...], Exchange]],
    lost: dict[str, dict[tuple[Any, ...], Exchange]],
) -> None:
    """Whoever reads things of a kind looks what became of lost creates; what was deleted may be made again."""
    for kind in exchange.path.split("/"):
        if kind in made and exchange.method == "DELETE":
            made[kind].clear()
        if kind in lost and exchange.method in ("GET", "HEAD", "POST", "DELETE"):
            lost[kind].clear()


def _content(exchange: Exchange) -> bytes:
    """The body, equal for bodies that say the same."""
    body = exchange.request_body
    media = next((value for name, value in exchange.request_headers if name == "content-type"), "")
    _, multipart, boundary = media.partition("boundary=")
    if multipart:
        return body.replace(boundary.strip('"').encode(), b"")
    document = _json(body)
    return body if document is None else orjson.dumps(document, option=orjson.OPT_SORT_KEYS)


def _is_lost(exchange: Exchange) -> bool:
    """Whether the client cannot know if it took effect."""
    return exchange.status >= 500 or _effect(exchange) in ("cut", "truncate", "malformed")


def _fate(exchange: Exchange) -> str:
    effect = _effect(exchange)
    if effect == "cut":
        return "whose connection was cut"
    return "whose answer came broken" if effect in ("truncate", "malformed") else f"answered {exchange.status}"


def _effect(exchange: Exchange) -> str:
    return exchange.fault.rpartition(" ")[2] if exchange.fault else ""


def _no_call_after_401(exchanges: Sequence[Exchange], pack: Pack) -> Found:
    closed: dict[tuple[str, ...], Exchange] = {}
    for exchange in exchanges:
        if not exchange.key:
            continue
        place = (exchange.key, exchange.method, exchange.path)
        refused = closed.get((exchange.key,)) or closed.get(place)
        if refused is not None:
            said = "its key is not valid" if _is_shut_out(refused) else "its key may not do this"
            asked = exchange.operation or f"{exchange.method} {exchange.path}"
            told = f"{refused.number} was told with {refused.status} that {said}"
            yield f"request {exchange.number} ({asked}) came after {told}", (refused.number, exchange.number)
        if _is_shut_out(exchange):
            closed.setdefault((exchange.key,), exchange)
        elif exchange.status == 403:
            closed.setdefault(place, exchange)


def _is_shut_out(exchange: Exchange) -> bool:
    """Whether the answer was that the key opens nothing; some providers say so with a 403."""
    return exchange.status == 401 or exchange.note == REVOKED_KEY


def _is_success(exchange: Exchange) -> bool:
    return 200 <= exchange.status < 300


def _json(text: bytes) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


RULES: Final[dict[str, Callable[[Sequence[Exchange], Pack], Found]]] = {
    "waits_retry_after": _waits_retry_after,
    "invents_no_cursor": _invents_no_cursor,
    "stops_at_last_page": _stops_at_last_page,
    "no_duplicate_create": _no_duplicate_create,
    "no_call_after_401": _no_call_after_401,
}
"""The rules by name, each giving what it finds and the numbers of the exchanges that is about."""
