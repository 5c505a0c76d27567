"""What a sandbox was asked and answered, as a test reads it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, overload

import orjson

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
    request: Message
    response: Message

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
            Message.read(document.get("request", {})),
            Message.read(document.get("response", {})),
        )

    def __str__(self) -> str:
        query = f"?{self.query}" if self.query else ""
        note = f"  ({self.note})" if self.note else ""
        at = self.at.isoformat(timespec="milliseconds").removesuffix("+00:00")
        place = f"{self.provider} {self.operation or '-'}"
        return f"{self.number:>4}  {at}Z  {self.status}  {self.method} {self.path}{query}  {place}{note}"


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

    def _read(self, **wanted: Any) -> tuple[list[Exchange], int]:
        """The exchanges and how many of the sandbox's are older than the first of them."""
        asked = {"provider": self._provider, **wanted}
        answer = self._control.call("journal.list", sandbox=self._sandbox, **asked)
        found = [Exchange.read(document) for document in answer["exchanges"]]
        return found, found[0].number - 1 if found else answer["dropped"]

    def __repr__(self) -> str:
        return f"<Journal of {self._provider or 'sandbox'} {self._sandbox}>\n{self.text()}"


class SandboxJournal(Journal):
    """The journal of a whole sandbox, which can be emptied."""

    def clear(self) -> None:
        """Forget everything; numbers start again."""
        self._control.call("journal.clear", sandbox=self._sandbox)


@dataclass(frozen=True, slots=True)
class Event:
    """A webhook event the provider has queued."""

    id: str
    type: str
    provider: str
    at: datetime
    payload: Any
    deliveries: list[Any]

    @classmethod
    def read(cls, document: dict[str, Any]) -> Event:
        """From the control's document."""
        return cls(
            document["id"],
            document["type"],
            document["provider"],
            moment(document["at"]),
            document["payload"],
            document["deliveries"],
        )


class Webhooks(Sequence[Event]):
    """The webhook events of a sandbox, oldest first, read anew at each use."""

    def __init__(self, control: Control, sandbox: str) -> None:
        self._control = control
        self._sandbox = sandbox

    def events(self, type: str | None = None, *, provider: str | None = None) -> list[Event]:
        """The events that fit all that is given."""
        return [event for event in self._read(provider) if type is None or event.type == type]

    def __iter__(self) -> Iterator[Event]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())

    @overload
    def __getitem__(self, index: int) -> Event: ...
    @overload
    def __getitem__(self, index: slice) -> list[Event]: ...
    def __getitem__(self, index: int | slice) -> Event | list[Event]:
        return self._read()[index]

    def _read(self, provider: str | None = None) -> list[Event]:
        answer = self._control.call("webhooks.list", sandbox=self._sandbox, provider=provider)
        return [Event.read(document) for document in answer["events"]]
