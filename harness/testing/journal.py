"""What a sandbox was asked and answered, as a test reads it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, overload

import orjson

from harness.testing.assertions import Expected, NearMiss, called, incomplete, not_called
from harness.testing.clock import moment

if TYPE_CHECKING:
    from harness.testing.control import Control


@dataclass(frozen=True, slots=True)
class Message:
    """One side of an exchange. Credentials are not in it."""

    headers: dict[str, str]
    """By lower-case name; what came several times is joined by a comma."""
    text: str

    @classmethod
    def read(cls, document: dict[str, Any]) -> Message:
        """From the control's document."""
        headers: dict[str, str] = {}
        for name, value in document.get("headers", ()):
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        return cls(headers, document.get("body", ""))

    def json(self) -> Any:
        """The body parsed as JSON."""
        return orjson.loads(self.text)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer."""

    number: int
    """Counts from 1 in each sandbox."""
    at: datetime
    provider: str
    operation: str | None
    """The operation's id, or None when no operation matched."""
    method: str
    path: str
    query: str
    """As it was sent, still encoded."""
    status: int
    note: str | None
    """Why it ended early: `nearest contacts.list`, `over quota requests` …"""
    fault: str | None
    """The fault that struck: its id and effect."""
    request: Message
    response: Message
    unread: tuple[str, ...] = ()
    """What the client sent and no handler read, because the operation does not declare it: `query.page_size`,
    `body.handles[].typ`. Outlines do not tell it."""

    @classmethod
    def read(cls, document: dict[str, Any]) -> Exchange:
        """From the control's document."""
        return cls(
            document["number"],
            moment(document["at"]),
            document["provider"],
            document["operation"],
            document["method"],
            document["path"],
            document["query"],
            document["status"],
            document["note"],
            document["fault"],
            Message.read(document.get("request", {})),
            Message.read(document.get("response", {})),
            tuple(document.get("unread", ())),
        )

    def __str__(self) -> str:
        query = f"?{self.query}" if self.query else ""
        note = f"  ({self.note})" if self.note else ""
        fault = f"  [{self.fault}]" if self.fault else ""
        at = self.at.isoformat(timespec="milliseconds").removesuffix("+00:00")
        place = f"{self.provider} {self.operation or '-'}"
        return f"{self.number:>4}  {at}Z  {self.status}  {self.method} {self.path}{query}  {place}{note}{fault}"


class Journal(Sequence[Exchange]):
    """The exchanges of a sandbox (or of one account in it), oldest first, read anew at each use."""

    def __init__(self, control: Control, sandbox: str, provider: str | None = None) -> None:
        self._control = control
        self._sandbox = sandbox
        self._provider = provider

    def calls(
        self, operation: str | None = None, *, status: int | None = None, provider: str | None = None
    ) -> list[Exchange]:
        """The exchanges that fit all that is given; `operation` is an id such as `contacts.list`."""
        if self._provider is not None and provider not in (None, self._provider):
            return []
        return self._read(operation=operation, status=status, provider=provider or self._provider)[0]

    def assert_called(
        self,
        operation: str,
        *,
        times: int | None = None,
        at_least: int | None = None,
        status: int | None = None,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        provider: str | None = None,
    ) -> list[Exchange]:
        """The calls of an operation that fit all that is given: at least one, or as many as is said.

        `query` and `body` tell the part that matters: what else was sent makes no difference. A parameter with
        the value None must not have been sent; a list must be sent as a whole. `body` may be a function, too: of
        the JSON data (of the text, where it is none) to whether it fits. Raises AssertionError, which tells the
        calls that came and how the nearest differs, and ControlError for an operation there is not.
        """
        __tracebackhide__ = True
        if times is not None and at_least is not None:
            raise ValueError("assert_called takes times or at_least, not both")
        for name, number in (("times", times), ("at_least", at_least)):
            if number is not None and (not isinstance(number, int) or number < 0):
                raise ValueError(f"{name} is how often, a number from 0, not {number!r}")
        expected = Expected(operation, status, query, body)
        calls, dropped = self._judged(operation, provider)
        matching = [call for call in calls if not expected.differences(call)]
        least = 1 if at_least is None else at_least
        if dropped and (times is not None or len(matching) < least):
            raise AssertionError(incomplete(expected, dropped))
        if len(matching) < least if times is None else len(matching) != times:
            wanted = f"at least {_calls(least)}" if times is None else f"exactly {_calls(times)}"
            raise AssertionError(not_called(expected, wanted, calls, self.outlines()))
        return matching

    def assert_not_called(
        self,
        operation: str,
        *,
        status: int | None = None,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        provider: str | None = None,
    ) -> None:
        """No call of an operation fits all that is given, which is as with `assert_called`."""
        __tracebackhide__ = True
        expected = Expected(operation, status, query, body)
        calls, dropped = self._judged(operation, provider)
        if matching := [call for call in calls if not expected.differences(call)]:
            raise AssertionError(called(expected, matching))
        if dropped:
            raise AssertionError(incomplete(expected, dropped))

    def near_misses(self) -> list[NearMiss]:
        """The requests that matched no operation, each with the nearest and what differs."""
        return [miss for exchange in self.outlines() if (miss := NearMiss.of(exchange))]

    def unread(self) -> list[Exchange]:
        """The exchanges in which the client sent what its operation does not declare, told by their `unread`."""
        return [exchange for exchange in self if exchange.unread]

    def text(self, limit: int | None = None) -> str:
        """A line for each exchange, for a person; with `limit` only the newest."""
        found, before = self._read(limit=limit, bodies=False)
        lines = [f"({before} older not shown)"] if before and found and self._provider is None else []
        return "\n".join([*lines, *map(str, found)])

    def outlines(self) -> list[Exchange]:
        """All exchanges without their bodies, which is quicker over a network."""
        return self._read(bodies=False)[0]

    def __iter__(self) -> Iterator[Exchange]:
        return iter(self._read()[0])

    def __len__(self) -> int:
        return len(self.outlines())

    @overload
    def __getitem__(self, index: int) -> Exchange: ...
    @overload
    def __getitem__(self, index: slice) -> list[Exchange]: ...
    def __getitem__(self, index: int | slice) -> Exchange | list[Exchange]:
        return self._read()[0][index]

    def _judged(self, operation: str, provider: str | None) -> tuple[list[Exchange], int]:
        """All calls of an operation, and how many exchanges the sandbox's journal let go."""
        if self._provider is not None and provider not in (None, self._provider):
            raise ValueError(f"this is the journal of {self._provider}, which has no calls of {provider!r}")
        asked = {"operation": operation, "provider": provider or self._provider}
        answer = self._control.call("journal.list", sandbox=self._sandbox, **asked)
        return [Exchange.read(document) for document in answer["exchanges"]], answer["dropped"]

    def _read(self, **wanted: Any) -> tuple[list[Exchange], int]:
        """The exchanges and how many of the sandbox's are older than the first of them."""
        asked = {"provider": self._provider, "unread": wanted.get("bodies", True), **wanted}
        answer = self._control.call("journal.list", sandbox=self._sandbox, **asked)
        found = [Exchange.read(document) for document in answer["exchanges"]]
        return found, found[0].number - 1 if found else answer["dropped"]

    def __repr__(self) -> str:
        return f"<Journal of {self._provider or 'sandbox'} {self._sandbox}>\n{self.text()}"


def _calls(count: int) -> str:
    return "1 call" if count == 1 else f"{count} calls"


class SandboxJournal(Journal):
    """The journal of a whole sandbox, which can be emptied."""

    def clear(self) -> None:
        """Forget everything; numbers start again."""
        self._control.call("journal.clear", sandbox=self._sandbox)
