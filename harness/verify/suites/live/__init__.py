"""Suite `live`: the real API against the contract and the mappings, when a key to it is given; never by default.

It reads. With `live_writes` it also makes, changes and deletes records of those kinds that nobody sees.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import orjson

from harness.core.contract import Operation
from harness.unified.errors import ConfigurationError
from harness.unified.mapping import Mappings
from harness.verify.bench import operation_of
from harness.verify.calls import Plan, sent_by
from harness.verify.case import Case, Failed, Unchecked, unchecked
from harness.verify.subject import Subject
from harness.verify.suites.live.reality import PAGE, PARENTS, Reality, described

NAME = "live"

_METHODS = ("list", "get")
_NUMBER = 990_001
"""Stands in the names of what is made, so that whoever finds it left over knows it."""


def cases(subject: Subject) -> Iterator[Case]:
    """One for each proxy method and unified method that reads; without a key one that says so."""
    name = subject.provider.upper()
    if not subject.live_key:
        reason = f"there is no key to the real {subject.provider} API: set {name}_LIVE_API_KEY"
        yield unchecked(NAME, subject.provider, reason)
        return
    try:
        reality = Reality(subject)
        mappings = Mappings.load(reality.integration)
    except ConfigurationError as error:
        yield unchecked(NAME, subject.provider, str(error))
        return
    for plan in reality.plans.values():
        operation = operation_of(subject, reality.integration, plan.resource, plan.method)
        if operation is not None and plan.method in _METHODS:
            yield _case(subject, plan.name, operation, partial(_reads, reality, plan, operation))
    for model in mappings.models():
        for resource, methods in mappings.methods(model).items():
            for method in _METHODS:
                made = mappings.cell(model, resource, method) if method in methods else None
                if made is not None and made.resource is not None:  # else it answers without a call
                    check = partial(_maps, reality, model, resource, method)
                    cell = f"{model}.{resource}.{method}"
                    yield _case(subject, cell, None, check, (cell,))
    if subject.live_writes:
        yield from _writes(subject, reality)


def _case(
    subject: Subject, name: str, operation: Operation | None, check: Callable[[], None], cells: tuple[str, ...] = ()
) -> Case:
    operations = (operation.id,) if operation else ()
    return Case(name, NAME, subject.provider, operations, lambda subject: check(), cells, "recorded")


def _reads(reality: Reality, plan: Plan, operation: Operation) -> None:
    id = reality.id(plan) if plan.method == "get" else None
    answer = reality.ask(plan, id=id, query=reality.query(plan))
    described(plan.name, operation, answer)


def _maps(reality: Reality, model: str, resource: str, method: str) -> None:
    """What the mapping makes of the real records is as the unified schema says."""
    from harness.unified.client import UnifiedClient
    from harness.unified.errors import UnifiedError
    from harness.unified.schemas import Record

    with UnifiedClient.of(reality.account) as client:
        resources = getattr(client, model.replace("-", "_"))
        try:
            found = _listed(resources, resource)
            if method == "get" and found:
                found = [getattr(resources, resource).get(str(found[0].id))]
        except UnifiedError as error:
            if error.is_remote or error.status in (502, 504):
                raise Unchecked(f"the real API answered {error.status}: {error.message}") from None
            raise Failed(f"{model} {resource}.{method}: {error}") from None
    if not found:
        raise Unchecked(f"the account has nothing that {model} {resource}.{method} could show")
    for record in found:
        if not isinstance(record, Record):
            raise Failed(f"{model} {resource}.{method} gave {type(record).__name__} where a record was expected")


def _listed(resources: Any, resource: str) -> list[Any]:
    """A page; of a list that is about one record of another, such as `ticket.id`, the first that is not empty."""
    from harness.unified.errors import UnifiedError

    try:
        found = list(getattr(resources, resource).list(limit=PAGE).result)
    except UnifiedError as error:
        missing = error.insight.get("missing_required_query_parameters", {}).get("value") or [""]
        owner, _, rest = str(missing[0]).partition(".")
        if error.is_remote or len(missing) != 1 or rest != "id":
            raise
    else:
        return found
    for parent in getattr(resources, f"{owner}s").list(limit=PARENTS).result:
        if found := list(getattr(resources, resource).list(limit=PAGE, **{owner: {"id": parent.id}}).result):
            return found
    return []


def _writes(subject: Subject, reality: Reality) -> Iterator[Case]:
    for resource, methods in reality.integration.resources.items():
        plan = reality.plans[resource, next(iter(methods))]
        if plan.private and {"create", "delete"} <= methods.keys():
            operations = {
                name: operation
                for name in ("create", "update", "delete")
                if name in methods and (operation := operation_of(subject, reality.integration, resource, name))
            }
            check = partial(_round_trip, reality, resource, operations)
            yield Case(
                f"{resource} made, changed and deleted",
                NAME,
                subject.provider,
                tuple(each.id for each in operations.values()),
                lambda subject, check=check: check(),  # type: ignore[misc]
                evidence="recorded",
            )


def _round_trip(reality: Reality, resource: str, operations: dict[str, Operation]) -> None:
    def write(name: str, id: str | None = None) -> Any:
        plan = reality.plans[resource, name]
        body = sent_by(plan, {"n": _NUMBER})
        answer = reality.ask(plan, id=id, body=body)
        described(plan.name, operations[name], answer)
        return plan.record_of(orjson.loads(answer.body or b"null"))

    id = str(write("create")["id"])
    try:
        if "update" in operations:
            write("update", id)
    finally:
        write("delete", id)
