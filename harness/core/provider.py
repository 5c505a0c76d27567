"""A provider at work: the way from a request to its answer.

authenticate, authorise, quota, validate, handle, journal: `Provider.handle` is the only way in, for every adapter.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from harness.core.contract import Invalid, Operation, Violation
from harness.core.deferred import Deferred, Pending
from harness.core.exchange import Headers, Refused, Request, Response, json_response
from harness.core.faults import Rule, spoil, strike
from harness.core.journal import REVOKED_KEY, SECRET_HEADERS, Exchange, name_of_key, redacted, redacted_body
from harness.core.routing import Router
from harness.core.unit import Unit
from harness.nearest import unknown

if TYPE_CHECKING:
    from harness.core.pack import Pack
    from harness.core.quota import Quota
    from harness.core.registry import Registry
    from harness.core.sandbox import Account

log = logging.getLogger("harness")

NEAREST = "x-harness-nearest"
"""The header of an unrouted answer that names the operation most like the request."""


class Call(Unit):
    """One request on its way through a provider. Handlers read it and answer with JSON data or a Response."""

    def __init__(
        self, account: Account, now: int, request: Request, operation: Operation | Link, path: dict[str, str], key: str
    ) -> None:
        super().__init__(account.pack, account.store, account.quirks, now)
        self.base_url = request.base_url
        self.link_token = account.link_token
        self.account: Account = account
        self.request = request
        self.operation = operation
        self.path = path
        """The decoded path parameters."""
        self.key = key
        """The credential, or an empty string for a keyless link."""
        self.query: dict[str, Any] = {}
        """The query parameters the contract knows, as values."""
        self.body: Any = None
        """The parsed body: JSON data, or the parts of a form."""
        self.fault: str | None = None
        """The fault that struck: its id and effect."""
        self.rule: Rule | None = None
        """Its rule."""
        self.retry_at: int | None = None
        """When it would be answered, where a quota refused it."""

    @property
    def roles(self) -> tuple[str, ...] | None:
        """The roles of its key; None: all."""
        return self.account.keys.get(self.key)


Handler = Callable[[Call], Any]
"""Call to JSON data (answered with 200), a Response or a Deferred; `raise Refused(…)` answers and rolls back."""


class Link:
    """A keyless address outside the contract, such as a download: `token` is the path parameter that names
    the account; without one the pack's own `token` finds it in the request."""

    __slots__ = ("id", "method", "path", "token")
    keyless = True
    roles: tuple[str, ...] = ()

    def __init__(self, id: str, method: str, path: str, token: str | None = None) -> None:
        self.id = id
        self.method = method
        self.path = path
        self.token = token

    def read_query(self, text: str) -> dict[str, Any]:
        """The query parameters as text."""
        return dict(Request("GET", "/", query=text).query_items())

    def read_body(self, request: Request) -> None:
        """A link takes no body."""

    def check_response(self, response: Response) -> list[Violation]:
        """No contract describes it."""
        return []


class Provider:
    """A pack at work over the accounts of a registry."""

    def __init__(self, pack: Pack, registry: Registry) -> None:
        self.pack = pack
        self.registry = registry
        self._secret = SECRET_HEADERS | pack.secret_headers
        self.router: Router[tuple[Operation | Link, Handler]] = Router()
        operations = pack.contract.operations
        if missing := sorted(operations.keys() ^ pack.handlers.keys()):
            raise ValueError(f"{pack.name}: operations and handlers do not match: {', '.join(missing)}")
        if strange := sorted(pack.creates - operations.keys()):
            raise ValueError(f"{pack.name}: creates names no operations: {', '.join(strange)}")
        for quota in pack.quotas:
            _check_choices(quota, pack)
        for operation in operations.values():
            target = (operation, pack.handlers[operation.id])
            self.router.add(
                operation.method, operation.path, target, catch_all=operation.catch_all, forms=operation.forms
            )
        for link, handler in pack.links.items():
            self.router.add(link.method, link.path, (link, handler))

    def handle(self, request: Request) -> Response:
        """Answer a request as the provider would."""
        begun = self.begin(request)
        return begun.complete() if isinstance(begun, Pending) else begun

    def begin(self, request: Request) -> Response | Pending:
        """The answer to a request, or, where its handler needs others for it, what completes it."""
        method, path = target = self._target(request)
        match = self.router.match(method, path)
        if match is None and method == "HEAD":
            match = self.router.match("GET", path)  # the adapter leaves the body out
        key = self.pack.credential(request)
        if match is None:
            return self._unrouted(request, target, key)
        (operation, handler), values = match
        if operation.keyless:
            named = operation.token if isinstance(operation, Link) else None
            token = values[named] if named else self.pack.token(request)
            account = self.registry.by_link(self.pack.name, token)
        elif key is None:
            return self._unclaimed(request, operation.id, self.pack.dialect.missing_credential(request), "no key", key)
        else:
            account = self.registry.by_key(self.pack.name, key)
        if account is None:
            response = self.pack.dialect.unknown_credential(request)
            former = None if operation.keyless else self.registry.by_revoked_key(self.pack.name, key or "")
            if former is not None:
                return self._note(former, request, operation.id, response, REVOKED_KEY, key)
            return self._unclaimed(request, operation.id, response, "unknown key", key)
        with account.sandbox.lock:
            call = Call(account, account.sandbox.begin_request(), request, operation, values, key or "")
            return self._conclude(call, handler, self._answer)

    def finish(self, call: Call, handler: Handler) -> Response:
        """The answer to a call whose work is done, from the rest of its handler. For `Pending`."""
        account = call.account
        with account.sandbox.lock:
            call.now, call.store = account.sandbox.clock.now(), account.store
            found = self._conclude(call, handler, self._handle)
        if isinstance(found, Pending):
            raise TypeError(f"{call.operation.id} deferred its answer twice")
        return found

    def _conclude(
        self,
        call: Call,
        handler: Handler,
        step: Callable[[Call, Handler], tuple[Response | Deferred, str | None]],
    ) -> Response | Pending:
        """The outcome of a step: what is left to do, or the answer as it goes out, journalled and checked."""
        request, operation, sandbox = call.request, call.operation, call.account.sandbox
        now = call.now
        try:
            answer, note = step(call, handler)
        except Exception as error:
            response = self.pack.dialect.failure(request, 500)
            note = _failure(error)
            sandbox.journal.add(self._exchange(request, response, now, operation.id, note, call.key or None, call))
            raise
        call.account.outbox.notify()
        if isinstance(answer, Deferred):
            return Pending(self, call, answer)
        if call.rule is not None:
            spoil(answer, call.rule)
        if self.pack.decorate:
            self.pack.decorate(call, answer)
        sandbox.journal.add(self._exchange(request, answer, now, operation.id, note, call.key or None, call))
        if sandbox.strict and call.fault is None and (broken := operation.check_response(answer)):
            raise ContractBroken(operation, answer, broken)
        return answer

    def _answer(self, call: Call, handler: Handler) -> tuple[Response | Deferred, str | None]:
        dialect, operation = self.pack.dialect, call.operation
        try:
            if self.pack.authorise:
                self.pack.authorise(call)
            # a link leads to a storage, whose requests the provider's limits do not count
            full = None if isinstance(operation, Link) else call.account.quotas.take(call)
            if full is not None:
                call.retry_at = full.resets_at(call.now)
                return dialect.over_quota(call, full), f"over quota {full.quota.name}"
        except Refused as refused:
            return refused.response, None
        struck = call.account.faults.pick(call)
        if struck is not None:
            id, call.rule = struck
            call.fault = f"{id} {call.rule.effect}"
            if (instead := strike(call, call.rule)) is not None:
                return instead, None
        return self._handle(call, handler, first=True)

    def _handle(self, call: Call, handler: Handler, *, first: bool = False) -> tuple[Response | Deferred, str | None]:
        """A handler, or the rest of one, in a unit of work, with whatever ends it early as an answer."""
        dialect, operation = self.pack.dialect, call.operation
        try:
            if first:
                call.query = operation.read_query(call.request.query)
                call.body = operation.read_body(call.request)
            with call.store.unit():
                answer = handler(call)
                if isinstance(answer, Deferred):
                    return answer, None
                response = answer if isinstance(answer, Response) else json_response(answer)
        except Refused as refused:
            return refused.response, None
        except Invalid as invalid:
            return dialect.invalid(call, invalid.violations), f"invalid: {invalid.violations[0]}"
        except Exception as error:
            if call.account.sandbox.strict:
                raise
            log.exception("%s failed", operation.id)
            return dialect.failure(call.request, 500), _failure(error)
        call.account.faults.after_answer(call, response)
        return response, None

    def _target(self, request: Request) -> tuple[str, str]:
        return self.pack.target(request) if self.pack.target else (request.method, request.path)

    def _unrouted(self, request: Request, target: tuple[str, str], key: str | None) -> Response:
        method, path = target
        account = self.registry.by_key(self.pack.name, key) if key else None
        quirks = account.quirks if account else {name: q.default for name, q in self.pack.contract.quirks.items()}
        response = self.pack.dialect.unknown_route(request, self.router.allowed(path), quirks)
        note = None
        if found := self.router.nearest(method, path):
            note = f"nearest {found[2][0].id}: {found[0]} {found[1]}"
            response.headers.append((NEAREST, note.removeprefix("nearest ")))
        if account is None:
            return self._unclaimed(request, None, response, note, key)
        return self._note(account, request, None, response, note, key)

    def _note(
        self,
        account: Account,
        request: Request,
        operation: str | None,
        response: Response,
        note: str | None,
        key: str | None,
    ) -> Response:
        """Journal an answer that needed no call."""
        with account.sandbox.lock:
            now = account.sandbox.begin_request()
            account.sandbox.journal.add(self._exchange(request, response, now, operation, note, key))
        return response

    def _unclaimed(
        self, request: Request, operation: str | None, response: Response, note: str | None, key: str | None
    ) -> Response:
        self.registry.note_unclaimed(self._exchange(request, response, self.registry.now(), operation, note, key))
        return response

    def _exchange(
        self,
        request: Request,
        response: Response,
        now: int,
        operation: str | None,
        note: str | None,
        key: str | None,
        call: Call | None = None,
    ) -> Exchange:
        headers: Headers = redacted(request.headers, self._secret)
        body = response.body
        exchange = Exchange(
            0,
            now,
            self.pack.name,
            operation,
            request.method,
            request.path,
            request.query,
            headers,
            redacted_body(request.body, self.pack.secret_fields),
            response.status,
            redacted(response.headers, self._secret),
            body if isinstance(body, bytes) else b"",
            note,
            call.fault if call else None,
            name_of_key(key or ""),
            call.retry_at if call else None,
        )
        for observe in self.registry.observers:
            observe(exchange)
        return exchange


def _check_choices(quota: Quota, pack: Pack) -> None:
    """A limit for a choice that its quirk does not have would never be in force. Raises ValueError."""
    quirks = pack.contract.quirks
    if quota.chosen_by is None:
        return
    if quota.chosen_by not in quirks:
        raise ValueError(f"{pack.name}: quota {quota.name}: {unknown('quirk', quota.chosen_by, quirks)}")
    choices = quirks[quota.chosen_by].choices
    for choice in quota.limits:
        if choice not in choices:
            raise ValueError(f"{pack.name}: quota {quota.name}: {unknown('choice', choice, choices)}")


def _failure(error: Exception) -> str:
    first, _, _ = str(error).partition("\n")
    return f"the handler failed: {type(error).__name__}: {first}"


class ContractBroken(AssertionError):
    """Strict mode: the fake answered something its own contract does not allow."""

    def __init__(self, operation: Operation | Link, response: Response, violations: list[Violation]) -> None:
        lines = "\n  ".join(map(str, violations))
        super().__init__(f"{operation.id} answered {response.status} against its contract:\n  {lines}")
        self.violations = violations
