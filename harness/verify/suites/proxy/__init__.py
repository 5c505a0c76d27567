"""Suite `proxy`: what goes through the proxy arrives whole, both ways, for every method of the integration.

Lists are judged by the state of the fake, which is read apart; answers by the bytes on the wire and by the state.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from functools import partial
from typing import Any

import orjson

from harness.core.contract import Operation
from harness.unified.errors import ConfigurationError
from harness.unified.integration import Integration
from harness.unified.provider import Raw
from harness.unified.query import parse
from harness.verify.bench import Bench, bench, operation_of, saying_when
from harness.verify.calls import Given, Plan, plans
from harness.verify.case import Case, Failed, unchecked
from harness.verify.differing import differing
from harness.verify.subject import Subject
from harness.verify.suites.proxy.kept import every_one, is_read_back, kept, not_as_sent
from harness.verify.suites.proxy.pages import LIMITS, all_shown, all_shown_while_changing, order_kept
from harness.verify.suites.proxy.passing import described, headed, passed, refused, shown
from harness.verify.suites.proxy.refusals import (
    cursor_statuses,
    of_large_body,
    of_nothing,
    of_unknown_cursor,
    of_wrong_body,
    with_wrong_key,
    without_key,
)
from harness.verify.suites.proxy.rules import RULES

NAME = "proxy"

_WAIT = 7
"""Seconds of a Retry-After; a number that nothing else has."""
_UNUSUAL = {"probe_text": 'Ä & b=c/é+%20 "x"', "probe_number": "0012"}
"""Query parameters that are easily spoilt on the way."""


def cases(subject: Subject) -> Iterator[Case]:
    """For each proxy method, and for what the proxy answers itself."""
    try:
        integration = Integration.load(subject.provider)
        planned = plans(subject.provider, integration, subject.pack.collections)
    except ConfigurationError as error:
        yield unchecked(NAME, subject.provider, str(error))
        return
    for plan in planned.values():
        operation = operation_of(subject, integration, plan.resource, plan.method)
        if operation is None:
            yield _without_operation(subject, plan)
            continue
        yield from _of_method(subject, plan, operation, integration)
    for name, rule in RULES.items():
        yield Case(name, NAME, subject.provider, (), rule)


def _of_method(subject: Subject, plan: Plan, operation: Operation, integration: Integration) -> Iterator[Case]:
    method = integration.resources[plan.resource][plan.method]

    def case(what: str, check: Callable[[Subject], None], evidence: str = "none", others: tuple[str, ...] = ()) -> Case:
        return Case(f"{plan.name} {what}", NAME, subject.provider, (operation.id, *others), check, evidence=evidence)

    yield case("as it came", lambda subject: _as_it_came(subject, plan, operation), "world")
    yield case("arrives unchanged", lambda subject: _arrives(subject, plan, operation))
    yield case("refused with 429", lambda subject: _limited(subject, plan, operation))
    if not operation.keyless:
        yield case("without a key", lambda subject: without_key(subject, plan, operation), "documented")
        yield case("with a wrong key", lambda subject: with_wrong_key(subject, plan, operation), "documented")
    methods = integration.resources[plan.resource]
    if plan.method == "get" and plan.collection is not None:
        yield case("of every record", lambda subject: every_one(subject, plan, operation), "world")
    if is_read_back(plan, methods):
        reads = (operation_of(subject, integration, plan.resource, each) for each in ("get", "list") if each in methods)
        others = tuple(read.id for read in reads if read)
        yield case("is kept", lambda subject: kept(subject, plan), "world", others)
    if method.is_list and method.pagination:
        for limit in LIMITS:
            yield case(f"pages of {limit}", partial(all_shown, plan=plan, limit=limit), "world")
        quirk, statuses = cursor_statuses(operation, method.pagination.cursor_key)
        for status in statuses:
            check = partial(of_unknown_cursor, plan=plan, operation=operation, status=status, quirk=quirk)
            yield case(f"of an unknown cursor, {status}", check, "documented")
        yield case("in one order", lambda subject: order_kept(subject, plan), "world")
        if not plan.numbered and {"create", "delete"} & integration.resources[plan.resource].keys():
            yield case("while records change", lambda subject: all_shown_while_changing(subject, plan), "world")
    if "{{id}}" in method.path or any(name.endswith("_id") for name in method.takes):
        yield case("of nothing", lambda subject: of_nothing(subject, plan, operation))
    if plan.body and plan.method in ("create", "update"):
        yield case("of a wrong body", lambda subject: of_wrong_body(subject, plan, operation))
    if plan.body and operation.max_body_bytes is not None:
        yield case("of too large a body", lambda subject: of_large_body(subject, plan, operation), "documented")


def _without_operation(subject: Subject, plan: Plan) -> Case:
    def check(subject: Subject) -> None:
        raise Failed(f"the contract of {subject.provider} has no operation behind the proxy method {plan.name}")

    return Case(f"{plan.name} has an operation", NAME, subject.provider, (), check)


def _as_it_came(subject: Subject, plan: Plan, operation: Operation) -> None:
    """A good call: status, headers and body are the provider's, and the state is as the answer says."""
    with bench(subject, plan) as at:
        given = at.given(plan)
        before = {} if plan.collection is None else at.records(plan.collection)
        answer = at.call(plan.resource, plan.method, id=given.id, query=given.query, body=given.body)
        wire = at.wire
        if answer.status >= 300:
            raise Failed(f"{plan.name} was answered with {answer.status}: {shown(wire.body)}")
        passed(plan.name, plan.method == "list", wire, answer, plan.record)
        described(plan.name, operation, wire)
        document = orjson.loads(wire.body) if wire.body and wire.is_json else None
        _as_the_state(at, plan, given, plan.record_of(document), before)


def _as_the_state(at: Bench, plan: Plan, given: Given, document: Any, before: dict[str, dict[str, Any]]) -> None:
    if plan.collection is None or at.integration.resources[plan.resource][plan.method].pagination:
        return  # pages have cases of their own
    now, id = at.shown(plan, given.query), given.id
    if plan.method == "delete":
        if id in now:
            raise Failed(f"{plan.name}: {id} is still there")
        return
    if isinstance(document, list):
        _all_as_the_state(at, plan, document, now)
        return
    if not isinstance(document, dict) or not isinstance(document.get("id"), str):
        raise Failed(f"{plan.name}: the answer has no id: {document!r}")
    record = at.record(plan.collection, document["id"])
    if record is None or document["id"] not in now:
        raise Failed(f"{plan.name}: the answer shows {document['id']}, which the account does not have")
    if plan.method in ("get", "update") and id is not None and document["id"] != id:
        raise Failed(f"{plan.name}: {id} was asked for, {document['id']} was answered")
    if told := at.differing(plan, record, document):
        raise Failed(f"{plan.name}: the answer is not what the account holds: {told}")
    if told := not_as_sent(given.body, plan.fields_of(document)):
        raise Failed(f"{plan.name}: the answer is not what was sent: {told}")
    if plan.method == "get" and (told := differing(before[document["id"]], record)):
        raise Failed(f"{plan.name}: reading changed the record: {told}")


def _all_as_the_state(at: Bench, plan: Plan, documents: list[Any], expected: list[str]) -> None:
    """An answer with all records at once."""
    ids = [each.get("id") for each in documents]
    if sorted(map(str, ids)) != sorted(expected):
        raise Failed(f"{plan.name} shows {len(ids)} records, {', '.join(map(str, ids[:5]))}, and not {expected[:5]}")
    for each in documents:
        if told := at.differing(plan, at.record(plan.collection or "", each["id"]), each):
            raise Failed(f"{plan.name} shows {each['id']} otherwise than it is: {told}")


def _arrives(subject: Subject, plan: Plan, operation: Operation) -> None:
    """What the caller sends is what the provider's journal has."""
    with bench(subject, plan) as at:
        given = at.given(plan)
        query = {**given.query, **_UNUSUAL}
        at.call(plan.resource, plan.method, id=given.id, query=query, body=given.body)
        method = at.integration.resources[plan.resource][plan.method]
        calls = at.account.journal.calls(operation.id)
        if not calls:
            raise Failed(f"{plan.name}: the provider's journal has no call of {operation.id}")
        exchange = calls[-1]
        expected = {name: str(value) for name, value in query.items() if name not in method.takes}
        paging = (method.pagination.cursor_key, method.pagination.limit_key) if method.pagination else ()
        arrived = {name: text for name, text in parse(exchange.query).items() if name in expected or name not in paging}
        if told := differing(expected, arrived):
            raise Failed(f"{plan.name}: the query did not arrive as it was sent: {told}")
        if given.id is not None and given.id not in exchange.path:
            raise Failed(f"{plan.name}: the path {exchange.path} does not name {given.id}")
        body = given.body
        if isinstance(body, Raw):
            if at.asked[-1].content != body.content or exchange.request.headers["content-type"] != body.content_type:
                raise Failed(f"{plan.name}: the form did not arrive as it was sent")
        elif body is not None and (told := _not_as_journaled(body, exchange.request.text, subject.pack.secret_fields)):
            raise Failed(f"{plan.name}: the body did not arrive as it was sent: {told}")
        elif body is None and method.body is None and exchange.request.text:
            raise Failed(f"{plan.name}: a body arrived that nobody sent: {exchange.request.text[:200]}")


def _not_as_journaled(body: Any, text: str, secret: Collection[str]) -> str:
    """Where a body in the journal is not as it was sent; secrets are not in the journal."""

    def open_part(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: open_part(part) for name, part in value.items() if name not in secret}
        return [open_part(part) for part in value] if isinstance(value, list) else value

    return differing(open_part(body), open_part(orjson.loads(text)))


def _limited(subject: Subject, plan: Plan, operation: Operation) -> None:
    """A 429 passes with its body and headers, and its wait is told under the normalised name."""
    with bench(subject, plan, quirks=saying_when(subject)) as at:
        given = at.given(plan)
        at.account.faults.add(operation.id, "rate_limit", retry_after=_WAIT)
        answer = at.call(plan.resource, plan.method, id=given.id, query=given.query, body=given.body)
        refused(plan.name, at.wire, answer, 429)
        headed(plan.name, operation, at.wire)
        told = at.wire.header("retry-after")
        if saying_when(subject) and told != str(_WAIT):
            raise Failed(f"{plan.name}: the provider was to say Retry-After: {_WAIT} and said {told!r}")
        if answer.headers.get("retry-after") != told:
            raise Failed(f"{plan.name}: Retry-After {told!r} became {answer.headers.get('retry-after')!r}")
        if told is not None and answer.headers.get("ratelimit-reset") != told:
            raise Failed(f"{plan.name}: a wait of {told} s is told as {answer.headers.get('ratelimit-reset')!r}")
