"""A real API under test: calls that are made once, and what they answered. Nothing is written unless asked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import orjson

from harness.core.contract import Operation
from harness.core.exchange import Response
from harness.core.unread import undeclared_of
from harness.unified.account import IntegratedAccount
from harness.unified.errors import Unreachable
from harness.unified.exchange import Incoming, Outgoing
from harness.unified.integration import Integration, Method
from harness.unified.provider import Page, RemoteError, Reply, call
from harness.verify.calls import Plan, plans, read_live
from harness.verify.case import Failed, Unchecked
from harness.verify.subject import Subject

if TYPE_CHECKING:
    import httpx

PAGE = 20
"""Records on the one page that is read of a list."""

PARENTS = 10
"""So many records are tried until one has something below it."""


class Reality:
    """One account of the real API."""

    def __init__(self, subject: Subject) -> None:
        self.integration = Integration.load(subject.provider)
        keys = {name: subject.live_key or "" for name, required in self.integration.credentials.items() if required}
        self.account = IntegratedAccount.connect(self.integration, keys, base_url=subject.live_url)
        self.plans = plans(subject.provider, self.integration, subject.pack.collections)
        self._pages: dict[str, list[Any]] = {}
        self._parents: dict[tuple[str, str], str] = {}
        self._refused: str | None = None

    def ask(
        self, plan: Plan, *, id: str | None = None, query: Mapping[str, Any] | None = None, body: Any = None
    ) -> Incoming:
        """What the API answers. Raises Unchecked for what says nothing of its contract, Failed for a refusal."""
        method = self.integration.resources[plan.resource][plan.method]
        reply = self._reply(plan, method, id, query or {}, body)
        return reply.answer

    def page(self, resource: str) -> list[Any]:
        """The records of the first page of a list. Raises Unchecked."""
        if resource not in self._pages:
            plan = self.plans.get((resource, "list"))
            if plan is None:
                raise Unchecked(f"{resource} has no list to find a record in; say in calls.yaml (live) what to ask for")
            self._pages[resource] = records(self.ask(plan, query=self.query(plan)))
        return self._pages[resource]

    def query(self, plan: Plan) -> dict[str, Any]:
        """What the method has to be asked with. Raises Unchecked where the account has nothing to ask about."""
        method = self.integration.resources[plan.resource][plan.method]
        given = plan.live.get("query", {})
        query = {name: read_live(plan, f"query.{name}", value, self._scope(value)) for name, value in given.items()}
        if not given:
            fixed = {name: value for name, value in plan.query.items() if not str(value).startswith("=")}
            query = {
                **fixed,
                **{name: self._parent(plan, method, name) for name in method.takes if name.endswith("_id")},
            }
        if plan.method == "list" and method.pagination:
            query["limit"] = PAGE
        return query

    def id(self, plan: Plan) -> str:
        """A record for the method to be about. Raises Unchecked."""
        if value := plan.live.get("id"):
            return str(read_live(plan, "id", value, self._scope(value)))
        page = self.page(plan.resource)
        if not page:
            raise Unchecked(f"the account has no {plan.resource}: make one, and {plan.name} can be checked")
        return str(page[0]["id"])

    def _scope(self, value: Any) -> dict[str, Any]:
        names = set(re.findall(r"[a-z_]+", value)) if isinstance(value, str) and value.startswith("=") else set()
        return {resource: self.page(resource) for resource in self.integration.resources if resource in names}

    def _parent(self, plan: Plan, method: Method, name: str) -> str:
        place = (plan.resource, name)
        if place not in self._parents:
            self._parents[place] = self._find_parent(plan, method, name)
        return self._parents[place]

    def _find_parent(self, plan: Plan, method: Method, name: str) -> str:
        """The first record of the list one level up that has something below it, or the first at all."""
        above = method.path.partition(f"/{{{{query.{name}}}}}")[0]
        for resource, methods in self.integration.resources.items():
            if "list" in methods and methods["list"].path == above and methods["list"].verb == "GET":
                parents = [str(each["id"]) for each in self.page(resource)[:PARENTS]]
                if not parents:
                    raise Unchecked(f"the account has no {resource}, and so nothing below it")
                listing = self.plans.get((plan.resource, "list"))
                if listing is None or len(method.takes) > 1:
                    return parents[0]
                return next((id for id in parents if records(self.ask(listing, query={name: id}))), parents[0])
        raise Unchecked(f"{plan.name} needs {name}; say in calls.yaml (live) where it comes from")

    def _reply(self, plan: Plan, method: Method, id: str | None, query: Mapping[str, Any], body: Any) -> Reply:
        if self._refused:
            raise Unchecked(self._refused)
        asked = {name: value for name, value in query.items() if name != "limit"}
        page = Page(limit=query.get("limit"))
        steps = call(self.account, method, id=id, query=asked, body=body, page=page)
        try:
            outgoing = next(steps)
            steps.send(self._send(outgoing))
        except StopIteration as stop:
            reply: Reply = stop.value
            return reply
        except RemoteError as error:
            raise self._judged(plan, error.reply.answer) from None
        raise AssertionError(f"{plan.name} took more than one request")

    def _judged(self, plan: Plan, answer: Incoming) -> Exception:
        status = answer.status
        if status == 401 or (status == 403 and not self._pages):
            self._refused = f"the real API refused the key with {status}: give one that is valid"
            return Unchecked(self._refused)
        if status == 403:
            return Unchecked(f"this key or plan may not do {plan.name}: the real API answered 403")
        if status == 429:
            self._refused = "the real API's rate limit is used up: try later"
            return Unchecked(self._refused)
        if status >= 500:
            return Unchecked(f"the real API failed with {status} at {plan.name}: try later")
        return Failed(f"{plan.name} was answered with {status}: {answer.body[:300].decode('utf-8', 'replace')}")

    @cached_property
    def _http(self) -> httpx.Client:
        import httpx

        from harness.unified.sending import TIMEOUT

        # no connection is kept, so that none is left open
        return httpx.Client(timeout=TIMEOUT, limits=httpx.Limits(max_keepalive_connections=0))

    def _send(self, outgoing: Outgoing) -> Incoming:
        import httpx

        from harness.unified.sending import incoming, request

        try:
            response = self._http.send(request(self._http, outgoing), follow_redirects=False)
        except httpx.RequestError as error:
            self._refused = f"{outgoing.url.partition('?')[0]} cannot be reached: {error or type(error).__name__}"
            raise Unchecked(self._refused) from Unreachable(outgoing.url, str(error))
        return incoming(response)


def records(answer: Incoming) -> list[Any]:
    """The only list of records in a page, or what came as the one record."""
    came = orjson.loads(answer.body)
    if isinstance(came, list):
        return came
    lists = [value for value in came.values() if isinstance(value, list)]
    return lists[0] if len(lists) == 1 else [came]


def described(name: str, operation: Operation, answer: Incoming) -> None:
    """An answer is as the contract says, both ways. Raises Failed."""
    response = Response(answer.status, answer.body, answer.headers)
    problems = [*map(str, operation.check_response(response))]
    problems += [f"{place}: the contract does not describe it" for place in undeclared_of(operation, response)]
    if problems:
        raise Failed(f"{name}: the real API is not as the contract of {operation.id} says:\n  " + "\n  ".join(problems))
