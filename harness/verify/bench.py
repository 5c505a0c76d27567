"""A proxy under test: an account of a fresh fake, the calls to it, and what went over the wire."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import orjson

from harness.core.contract import Operation
from harness.core.exchange import Request
from harness.core.provider import Provider
from harness.core.store import Store
from harness.testing.account import Account
from harness.testing.sandbox import Sandbox
from harness.unified.account import IntegratedAccount
from harness.unified.exchange import Answer, Incoming, Outgoing, run
from harness.unified.integration import Integration
from harness.unified.proxy import custom, proxy
from harness.unified.quirks import of_client
from harness.verify.calls import Given, Plan, given, plans, shown_by
from harness.verify.case import Failed, Unchecked
from harness.verify.differing import differing
from harness.verify.subject import Subject


@dataclass
class Bench:
    """One account, its proxy, and what the provider was asked and answered."""

    subject: Subject
    sandbox: Sandbox
    account: Account
    provider: Provider
    integrated: IntegratedAccount
    asked: list[Outgoing] = field(default_factory=list)
    answered: list[Incoming] = field(default_factory=list)
    calls: int = 0
    before: dict[str, Any] = field(default_factory=dict)
    """The answers of the methods that were called so that there is something to call others with."""
    prepared: set[Any] = field(default_factory=set)
    """For which plans that was done."""
    left_out: frozenset[str] = frozenset()
    """Headers that are lost on the way to the provider."""

    @property
    def integration(self) -> Integration:
        """The provider's."""
        return self.integrated.integration

    @property
    def wire(self) -> Incoming:
        """The provider's last answer. Raises Failed where it was not asked."""
        if not self.answered:
            raise Failed("the provider was never asked")
        return self.answered[-1]

    def send(self, outgoing: Outgoing) -> Incoming:
        """Ask the fake, and keep both sides as they were."""
        parts = urlsplit(outgoing.url)
        sent = ((name, text) for name, text in outgoing.headers.items() if name.lower() not in self.left_out)
        headers = [("host", parts.netloc), *sent]
        request = Request(
            outgoing.method,
            parts.path,
            query=parts.query,
            headers=headers,
            body=outgoing.content,
            base_url=f"{parts.scheme}://{parts.netloc}",
        )
        self.asked.append(outgoing)
        response = self.provider.handle(request)
        found = Incoming(response.status, [(name.lower(), text) for name, text in response.headers], response.read())
        self.answered.append(found)
        return found

    def call(
        self,
        resource: str,
        method: str,
        *,
        id: str | None = None,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        account: IntegratedAccount | None = None,
    ) -> Answer:
        """A proxy method; errors are answers."""
        steps = proxy(account or self.integrated, resource, method, id=id, query=query, body=body, quirks=of_client())
        return run(steps, self.send)

    def custom(self, verb: str, path: str, **more: Any) -> Answer:
        """A free path; errors are answers."""
        account = more.pop("account", self.integrated)
        return run(custom(account, verb, path, quirks=of_client(), **more), self.send)

    def made(self, plan: Plan, query: Mapping[str, Any] | None = None) -> tuple[Given, Answer]:
        """The call of a plan, with its answer."""
        given = self.given(plan, query)
        return given, self.call(plan.resource, plan.method, id=given.id, query=given.query, body=given.body)

    def given(self, plan: Plan, query: Mapping[str, Any] | None = None) -> Given:
        """What a plan comes to now. What it is about is made first where there is none and it can be.

        `query` is that of an earlier call, for one that is about the same.
        """
        self._prepare(plan)
        self.calls += 1
        needs = "{{id}}" in self.integration.resources[plan.resource][plan.method].path
        found = given(plan, self.documents(), self.calls, query, self.before)
        if needs and found.id is None and "create" in self.integration.resources[plan.resource]:
            self.made(self.plans()[plan.resource, "create"], found.query)
            found = given(plan, self.documents(), self.calls, query, self.before)
        if needs and found.id is None:
            raise Unchecked(f"this world has nothing that {plan.name} could be about; say in calls.yaml what it is")
        if not needs:
            found = Given(found.query, None, found.body, found.shown)
        return found

    def _prepare(self, plan: Plan) -> None:
        """Do once what comes first."""
        if plan.first in self.prepared:
            return
        self.prepared.add(plan.first)
        for name in plan.first:
            resource, _, method = name.partition(".")
            _, answer = self.made(self.plans()[resource, method])
            if answer.status >= 300:
                told = self.wire.body[:300].decode("utf-8", "replace")
                raise Failed(f"{name}, which comes before {plan.name}, was answered with {answer.status}: {told!r}")
            self.before[name] = orjson.loads(self.wire.body) if self.wire.is_json else None

    def plans(self) -> dict[tuple[str, str], Plan]:
        """How each method is called."""
        return plans(self.subject.provider, self.integration, self.subject.pack.collections)

    def documents(self) -> dict[str, Any]:
        """What the fake keeps, by collection, as plain data."""
        store = self.store
        return {name: orjson.loads(orjson.dumps(list(store[name]))) for name in self.subject.pack.collections}

    @property
    def store(self) -> Store:
        """Where the fake keeps it."""
        return self.subject.registry.sandbox(self.sandbox.id).account(self.subject.provider).store

    def shown(self, plan: Plan, query: Mapping[str, Any]) -> list[str]:
        """The ids that a list has to show now."""
        return shown_by(plan, self.documents(), query) or []

    def differing(self, plan: Plan, record: Any, found: Any) -> str:
        """How what was answered differs from a record of the state, which has no address of its own in its links."""
        parts = urlsplit(self.integrated.base_url)
        here = orjson.loads(orjson.dumps(found).replace(f"{parts.scheme}://{parts.netloc}".encode(), b""))
        return differing(_without(record, plan.besides), _without(here, plan.besides))

    def record(self, collection: str, id: str) -> dict[str, Any] | None:
        """A record as the provider shows it, read from the state and not by its API."""
        found: dict[str, Any] | None = self.account.collection(collection).get(id)
        return found

    def records(self, collection: str) -> dict[str, dict[str, Any]]:
        """All of them by id."""
        ids = [str(each["id"]) for each in self.store[collection]]  # some show none
        return {id: record for id in ids if (record := self.record(collection, id)) is not None}


@contextmanager
def bench(subject: Subject, plan: Plan | None = None, **options: Any) -> Iterator[Bench]:
    """A bench over a fresh sandbox whose clock stands, so that the same record always looks the same."""
    provider = subject.provider
    quirks = {**(plan.quirks if plan else {}), **options.pop("quirks", {})}
    with subject.sandbox(**options, quirks={provider: quirks}) as sandbox:
        if "clock" not in options:
            sandbox.clock.tick = 0
        account = sandbox.account(provider)
        integrated = IntegratedAccount.connect(provider, {"api_key": account.api_key}, base_url=account.transport_url)
        yield Bench(subject, sandbox, account, subject.registry.provider(provider), integrated)


def _without(record: Any, paths: tuple[str, ...]) -> Any:
    """The record without some of its fields, which are named with dots."""
    if not isinstance(record, dict) or not paths:
        return record
    below = {name: tuple(p.partition(".")[2] for p in paths if p.startswith(f"{name}.")) for name in record}
    return {name: _without(value, below[name]) for name, value in record.items() if name not in paths}


def saying_when(subject: Subject) -> dict[str, str]:
    """The quirk by which a provider's 429 says when to come back, where that is one."""
    quirk = subject.contract.quirks.get("rate_limit_retry_after")
    return {quirk.name: "present"} if quirk and "present" in quirk.choices else {}


def connected(account: Account, **options: Any) -> IntegratedAccount:
    """An integrated account for a fake one: its key is each credential that is required."""
    needed = Integration.load(account.name).credentials
    keys = {name: account.api_key for name, required in needed.items() if required}
    return IntegratedAccount.connect(account.name, keys, **{"base_url": account.transport_url, **options})


def operation_of(subject: Subject, integration: Integration, resource: str, method: str) -> Operation | None:
    """The provider's operation behind a proxy method."""
    found = integration.resources[resource][method]
    path = re.sub(r"\{\{(?:query\.)?([^}]*)\}\}", r"{\1}", subject.contract.base_path + found.path)
    of_verb = [each for each in subject.contract.operations.values() if each.method == found.verb]
    alike = [each for each in of_verb if _shape(each.path) == _shape(path)]
    # where parameters are told apart by their form, their names tell which one is meant
    return next((each for each in alike if each.path == path), alike[0] if alike else None)


def _shape(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path.strip("/"))
