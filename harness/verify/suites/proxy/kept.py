"""What was written through the proxy is there afterwards: read back one by one and in its list, and in the state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from harness.core.contract import Operation
from harness.verify.bench import Bench, bench
from harness.verify.calls import Given, Plan
from harness.verify.case import Failed
from harness.verify.differing import differing
from harness.verify.subject import Subject
from harness.verify.suites.proxy.pages import walk
from harness.verify.suites.proxy.passing import described, shown

WRITES = ("create", "update", "delete")
_MOST = 250
"""How many records are read one by one."""


def is_read_back(plan: Plan, methods: Mapping[str, Any]) -> bool:
    """Whether a method writes what others of its resource read."""
    return plan.method in WRITES and plan.collection is not None and not {"get", "list"}.isdisjoint(methods)


def kept(subject: Subject, plan: Plan) -> None:
    """Read, write, read again: what was written shows, and what was shown before shows no longer."""
    with bench(subject, plan) as at:
        methods = at.integration.resources[plan.resource]
        given = at.given(plan)
        id = given.id
        if plan.method != "create" and plan.id is None and "create" in methods:
            _, made = at.made(at.plans()[plan.resource, "create"], given.query)  # what it shows, the plan knows
            id = plan.record_of(orjson.loads(made.content()))["id"]
        if id is not None:
            _read(at, plan, methods, id, given)
        answer = at.call(plan.resource, plan.method, id=id, query=given.query, body=given.body)
        if answer.status >= 300:
            raise Failed(f"{plan.name} was answered with {answer.status}: {shown(at.wire.body)}")
        if plan.method == "create":
            id = plan.record_of(orjson.loads(at.wire.body))["id"]
        if id is None:
            return
        single, listed = _read(at, plan, methods, id, given)
        record = None if plan.method == "delete" else at.record(plan.collection or "", id)
        for what, found in (("get", single), ("list", listed)):
            if what not in methods:
                continue
            if (record is None) != (found is None):
                told = "still shows" if record is None else "does not show"
                raise Failed(f"after {plan.name} {plan.resource}.{what} {told} {id}")
            if record is not None and (told := at.differing(plan, record, found)):
                raise Failed(f"after {plan.name} {plan.resource}.{what} shows {id} otherwise than it is: {told}")
        if single is not None and plan.method != "delete" and (told := not_as_sent(given.body, plan.fields_of(single))):
            raise Failed(f"after {plan.name} {plan.resource}.get does not show what was sent: {told}")


def every_one(subject: Subject, plan: Plan, operation: Operation) -> None:
    """Each record of the account, one by one, as the state has it and as the contract says."""
    with bench(subject, plan) as at:
        given = at.given(plan)
        for id in list(given.shown or ())[:_MOST]:
            at.call(plan.resource, plan.method, id=id, query=given.query)
            described(plan.name, operation, at.wire)
            record = at.record(plan.collection or "", id)
            if told := at.differing(plan, record, plan.record_of(orjson.loads(at.wire.body))):
                raise Failed(f"{plan.name} shows {id} otherwise than it is: {told}")


def _read(at: Bench, plan: Plan, methods: Mapping[str, Any], id: str, given: Given) -> tuple[Any, Any]:
    """A record as `get` and as the list show it, None where they do not."""
    single = listed = None
    if "get" in methods:
        answer = at.call(plan.resource, "get", id=id, query=given.query)
        if answer.status != 404:
            single = plan.record_of(orjson.loads(at.wire.body))
    if "list" in methods:
        found = walk(at, at.plans()[plan.resource, "list"], Given(given.query, None, None, None), 100)
        listed = next((each for each in found if each.get("id") == id), None)
    return single, listed


def not_as_sent(body: Any, document: Mapping[str, Any]) -> str:
    """Where a plain value that was sent is shown as another one."""
    if not isinstance(body, Mapping):
        return ""
    plain = {name: value for name, value in body.items() if isinstance(value, str | int | float)}
    names = plain.keys() & document.keys()
    return differing({name: plain[name] for name in names}, {name: document[name] for name in names})
