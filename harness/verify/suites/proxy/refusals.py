"""What a provider refuses through the proxy, method by method: keys and bodies it does not take, ids of nothing, and
cursors that lead nowhere."""

from __future__ import annotations

import re
from dataclasses import replace

from harness.core.contract import Operation
from harness.core.exchange import Request
from harness.unified.account import IntegratedAccount
from harness.verify.bench import Bench, bench
from harness.verify.calls import Given, Plan
from harness.verify.case import Failed, Unchecked
from harness.verify.differing import differing
from harness.verify.subject import Subject
from harness.verify.suites.proxy.passing import described, refused

_NOWHERE = "nowhere"
"""The id of nothing."""
_TOO_FAR = 1_000_000
"""The number of a page that no list has."""


def without_key(subject: Subject, plan: Plan, operation: Operation) -> None:
    """A request that carries no key is answered as the provider answers any of them."""
    with bench(subject, plan) as at:
        pack = subject.pack
        given, status = at.given(plan), pack.dialect.missing_credential(Request("GET", "/")).status
        at.left_out = frozenset(name.lower() for name in pack.headers(at.account.api_key))
        _refused(at, plan, operation, given, status, at.integrated, may_be_bare=True)


def with_wrong_key(subject: Subject, plan: Plan, operation: Operation) -> None:
    """A key that nobody has, too."""
    with bench(subject, plan) as at:
        key = subject.pack.make_key("nobody's", None)
        status = subject.pack.dialect.unknown_credential(
            Request("GET", "/", headers=list(subject.pack.headers(key).items()))
        ).status
        credentials = dict.fromkeys(at.integrated.credentials, key)
        account = IntegratedAccount.connect(at.integration, credentials, base_url=at.integrated.base_url)
        _refused(at, plan, operation, at.given(plan), status, account, may_be_bare=True)


def of_nothing(subject: Subject, plan: Plan, operation: Operation) -> None:
    """A 404 of the provider, for an id there is not."""
    with bench(subject, plan) as at:
        given, method = at.given(plan), at.integration.resources[plan.resource][plan.method]
        if "{{id}}" in method.path:
            other = replace(given, id=f"{given.id}0")
        else:
            ids = {name for name in given.query if name in method.takes and name.endswith("_id")}
            query = {name: f"{value}0" if name in ids else value for name, value in given.query.items()}
            other = replace(given, id=None, query=query)
        _refused(at, plan, operation, other, 404, at.integrated)


def of_wrong_body(subject: Subject, plan: Plan, operation: Operation) -> None:
    """A 400 of the provider, for a body of another type."""
    with bench(subject, plan) as at:
        given = at.given(plan)
        other = {"no": "list"} if isinstance(given.body, list) else ["no", "object"]
        _refused(at, plan, operation, replace(given, body=other), 400, at.integrated)


def of_large_body(subject: Subject, plan: Plan, operation: Operation) -> None:
    """A 413 of the provider, for a body of more bytes than it takes."""
    with bench(subject, plan) as at:
        filled = {"filler": "x" * (operation.max_body_bytes or 0)}
        _refused(at, plan, operation, replace(at.given(plan), body=filled), 413, at.integrated)


def of_unknown_cursor(subject: Subject, plan: Plan, operation: Operation, status: int, quirk: str) -> None:
    """A page after nothing is refused, with the status that the quirk names."""
    with bench(subject, plan, quirks={quirk: f"{status}"}) as at:
        given = at.given(plan)
        query = {**given.query, "next_cursor": _beyond(at, plan, given)}
        answer = at.call(plan.resource, plan.method, id=given.id, query=query, body=given.body)
        refused(plan.name, at.wire, answer, status)
        described(plan.name, operation, at.wire)


def _beyond(at: Bench, plan: Plan, given: Given) -> str:
    """A cursor that leads nowhere; where they are links, one that was handed out with another value in it."""
    pagination = at.integration.resources[plan.resource][plan.method].pagination
    if pagination is None or not pagination.is_link:
        return _NOWHERE
    answer = at.call(plan.resource, plan.method, id=given.id, query={**given.query, "limit": 1}, body=given.body)
    link = answer.body.get("next_cursor") if answer.status == 200 else None
    if link is None:
        raise Unchecked(f"{plan.name} fits on one page of this world, so that no cursor is known")
    value = _TOO_FAR if plan.numbered else _NOWHERE
    return re.sub(rf"(?<=[?&]){re.escape(pagination.cursor_key)}=[^&]*", f"{pagination.cursor_key}={value}", str(link))


def cursor_statuses(operation: Operation, cursor: str) -> tuple[str, list[int]]:
    """The quirk by which a contract says how an unknown cursor is answered, with the statuses it may choose."""
    resolve = operation.contract.resolve
    for parameter in map(resolve, operation.data.get("parameters", ())):
        quirk = operation.contract.quirks.get(parameter.get("x-quirk", ""))
        if parameter["name"] == cursor and quirk is not None:
            return quirk.name, [int(choice) for choice in quirk.choices if choice.isdigit()]
    return "", []


def _refused(
    at: Bench,
    plan: Plan,
    operation: Operation,
    given: Given,
    status: int,
    account: IntegratedAccount,
    *,
    may_be_bare: bool = False,
) -> None:
    """A call is refused as the contract describes, and leaves no trace.

    Of a status that is described, `may_be_bare` lets pass one without a body: it may have two forms.
    """
    before = at.documents()
    answer = at.call(plan.resource, plan.method, id=given.id, query=given.query, body=given.body, account=account)
    refused(plan.name, at.wire, answer, status)
    if at.wire.body or not may_be_bare or str(status) not in operation.data["responses"]:
        described(plan.name, operation, at.wire)
    if told := differing(before, at.documents()):
        raise Failed(f"{plan.name}: what was refused has changed the account: {told}")
