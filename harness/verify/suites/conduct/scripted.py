"""Scripted work of a client under test, and what became of it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from harness.testing.account import Account
from harness.testing.journal import Exchange
from harness.testing.sandbox import Sandbox
from harness.unified.integration import Integration
from harness.verify.bench import Bench, bench, operation_of, saying_when
from harness.verify.calls import Given, Plan, plans
from harness.verify.case import Failed, Unchecked
from harness.verify.subject import Subject

Work = Callable[[Any, Account], Any]
"""What a client does, given the client and the account it is for."""

PAGE = 1
"""How many records the reference client asks for at once, so that a small world has many pages."""

MOST = 10
"""More attempts than that at one thing are too many."""


@dataclass
class Stage:
    """A client at work on a fresh account."""

    sandbox: Sandbox
    account: Account
    client: Any
    operation: str
    work: Work
    plan: Plan | None
    bench: Bench
    waits: int
    """Seconds of a Retry-After that this client can be made to wait."""
    raised: Exception | None = None
    result: Any = None
    begun: int = field(default=0)

    def perform(self) -> None:
        """Let the client do its work; what it raises is kept."""
        self.begun = len(self.account.journal)
        try:
            self.result = self.work(self.client, self.account)
            if isinstance(self.result, Iterator):
                self.result = list(self.result)
        except Unchecked:
            raise  # there was nothing to work on
        except Exception as error:  # how a client fails is what is judged
            self.raised = error

    @property
    def calls(self) -> list[Exchange]:
        """Its calls of the operation, oldest first. Raises Unchecked where it made none."""
        found = [each for each in self.exchanges if each.operation == self.operation]
        if not found:
            told = f", and raised {_named(self.raised)}" if self.raised else ""
            raise Unchecked(f"the work for {self.operation} never called it{told}")
        return found

    @property
    def exchanges(self) -> list[Exchange]:
        """All that it asked."""
        return list(self.account.journal)[self.begun :]

    def assert_good(self) -> None:
        """By the rules of conduct. Raises Failed with the findings and the exchanges they are about."""
        try:
            self.account.conduct.assert_good()
        except AssertionError as error:
            raise Failed(str(error)) from None

    def assert_loud(self, what: str) -> None:
        """It said that something went wrong. Raises Failed."""
        if self.raised is None:
            raise Failed(f"{what}, and the client said nothing: its work gave {_short(self.result)}")

    def assert_quiet(self, what: str) -> None:
        """It got there. Raises Failed."""
        if self.raised is not None:
            raise Failed(f"{what}, and the client gave up with {_named(self.raised)}")


def work_of(subject: Subject) -> dict[str, tuple[Work, Plan | None]]:
    """What the client under test does by operation; of the reference client, all it can."""
    integration = Integration.load(subject.provider)
    planned = plans(subject.provider, integration, subject.pack.collections)
    by_operation: dict[str, Plan] = {}
    for plan in planned.values():
        operation = operation_of(subject, integration, plan.resource, plan.method)
        if operation is not None:
            by_operation[operation.id] = plan
    if subject.client is not None:
        return {
            id: (work, by_operation.get(id))
            for id, work in (subject.work or {}).items()
            if id in subject.contract.operations
        }
    return {
        id: (_reference(plan), plan)
        for id, plan in by_operation.items()
        if kind_of(subject, id) == "list" or plan.method in ("get", "create")
    }


def kind_of(subject: Subject, operation: str) -> str:
    """What an operation is, for those who judge how it is called: `list`, `create` or `call`."""
    paging = subject.pack.paging
    found = subject.contract.operations[operation]
    if paging and found.parameters.keys() & set(paging.cursors):
        return "list"
    return "create" if operation in subject.pack.creates else "call"


def _reference(plan: Plan) -> Work:
    def work(client: Any, account: Account) -> Any:
        given = client.given
        if plan.method == "list":
            return list(client.unified.proxy(plan.resource).list(limit=PAGE, body=given.body, **given.query))
        from harness.unified.provider import Raw

        form = given.body if isinstance(given.body, Raw) else None
        more = {"content": form.content, "content_type": form.content_type} if form else {}
        body = None if form else given.body
        method = client.unified.proxy(plan.resource)._method(plan.method)
        return method(body, id=given.id, **more, **given.query)

    return work


@dataclass
class _Reference:
    """The reference client, with what it works on."""

    unified: Any
    given: Given


@contextmanager
def stage(subject: Subject, operation: str, work: Work, plan: Plan | None) -> Iterator[Stage]:
    """A client on a fresh account, whose 429 say when to come back. A client that takes no `sleep` has real time."""
    takes_sleep = subject.client is None or "sleep" in inspect.signature(subject.client).parameters
    options: dict[str, Any] = {} if takes_sleep else {"clock": "live"}
    with bench(subject, plan, quirks=saying_when(subject), **options) as at:
        client, close = _client(subject, at, plan)
        try:
            yield Stage(at.sandbox, at.account, client, operation, work, plan, at, 30 if takes_sleep else 1)
        finally:
            close()


def _client(subject: Subject, at: Bench, plan: Plan | None) -> tuple[Any, Callable[[], object]]:
    sleep = at.sandbox.clock.advance
    if subject.client is not None:
        named = {"sleep": sleep} if "sleep" in inspect.signature(subject.client).parameters else {}
        client = subject.client(at.account, **named)
        return client, getattr(client, "close", lambda: None)
    from harness.unified.client import UnifiedClient
    from harness.unified.retry import Retry

    if plan is None:
        raise Unchecked("the reference client works by plans only")
    given = at.given(plan)
    at.sandbox.journal.clear()  # what had to be there before is nobody's conduct
    unified = UnifiedClient.of(at.integrated, transport=at.account.transport(), retry=Retry(sleep))
    return _Reference(unified, given), unified.close


def _named(error: Exception | None) -> str:
    return f"{type(error).__name__}: {error}"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:197]}…"


def ids_of(result: Any) -> list[str] | None:
    """The ids that a work gave: of records, or itself a list of ids; None where it gives none."""
    if not isinstance(result, list | tuple | set | frozenset):
        return None
    found = [each.get("id") if isinstance(each, Mapping) else getattr(each, "id", each) for each in result]
    return [str(each) for each in found] if all(isinstance(each, str) for each in found) else None
