"""Webhooks and simulations: the ledger of deliveries, sending them, and what the other side does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from time import monotonic
from typing import TYPE_CHECKING, Any

import orjson

from harness.core import simulate, webhooks
from harness.core.clock import format_instant
from harness.core.exchange import Request
from harness.core.sandbox import Account, Sandbox
from harness.core.store import Document
from harness.nearest import unknown
from harness.testing.arguments import conflict, invalid, not_found
from harness.testing.operations.records import json_data

if TYPE_CHECKING:
    from harness.testing.control import LocalControl

_STATES = {
    "delivered": "delivered",
    "queued": "waiting",
    "retrying": "retrying",
    "failed": "failed",
    "refused": "refused",
}


def _accounts(sandbox: Sandbox, provider: str | None) -> list[Account]:
    return [account for name, account in sorted(sandbox.accounts.items()) if provider in (None, name)]


def _list_events(
    control: LocalControl, sandbox: str, provider: str | None = None, type: str | None = None
) -> dict[str, Any]:
    found = control.present(sandbox)
    control.chosen_provider(provider)
    if type is not None:
        packs = map(control.registry.pack, control.registry.names() if provider is None else [provider])
        known = [event for pack in packs if pack.webhooks for event in pack.webhooks.events]
        # a pack without rules may record whatever it likes
        free = any(
            len(account.store[webhooks.EVENTS]) for account in _accounts(found, provider) if not account.pack.webhooks
        )
        if type not in known and not free:
            raise invalid(f"type: {unknown('type of event', type, known)}", "type")
    with found.lock:
        return {
            "events": [
                _event(account, event)
                for account in _accounts(found, provider)
                for event in account.store[webhooks.EVENTS]
                if type in (None, event["type"])
            ]
        }


def _event(account: Account, event: Document) -> dict[str, Any]:
    deliveries = [
        {
            **each,
            "next_at": None if each["next_at"] is None else format_instant(each["next_at"]),
            "attempts": [{**attempt, "at": format_instant(attempt["at"])} for attempt in each["attempts"]],
        }
        for each in event["deliveries"]
    ]
    told = {"provider": account.pack.name, **event, "at": format_instant(event["at"]), "deliveries": deliveries}
    return json_data(told)


def _deliver(
    control: LocalControl, sandbox: str, provider: str | None = None, count: int = 0, timeout: float = 10
) -> dict[str, Any]:
    from harness.testing.delivery import deliver

    found = control.present(sandbox)
    control.chosen_provider(provider)
    until = monotonic() + timeout
    limit = until if count else None
    sent = deliver(found, _accounts(found, provider), held=True, until=limit)
    while (report := _report(found, provider))["delivered"] < count:
        with found.lock:
            left = until - monotonic()
            if left <= 0 or not found.settled.wait(left):
                told = ", ".join(f"{number} {name}" for name, number in report.items())
                raise conflict(f"count: {count} deliveries did not succeed within {timeout:g} s: {told}", "count")
        sent += deliver(found, _accounts(found, provider), held=True, until=limit)
    return {"sent": sent, **report}


def _report(sandbox: Sandbox, provider: str | None) -> dict[str, int]:
    counts = dict.fromkeys(_STATES.values(), 0)
    with sandbox.lock:
        for account in _accounts(sandbox, provider):
            for event in account.store[webhooks.EVENTS]:
                for each in event["deliveries"]:
                    counts[_STATES[each["state"]]] += 1
    return counts


def _sender(control: LocalControl, sandbox: str, provider: str) -> Account:
    account = control.account(control.present(sandbox), provider)
    if account.pack.webhooks is None:
        raise not_found(f"{provider} sends no webhooks", "provider")
    return account


def _subscribe(
    control: LocalControl, sandbox: str, provider: str, target_url: str, events: list[Any] | None = None
) -> dict[str, Any]:
    account = _sender(control, sandbox, provider)
    rules = account.pack.webhooks
    if rules is None or rules.subscribe is None:
        raise not_found(f"{provider} has no operation that subscribes: do it as its users do", "provider")
    wanted = list(rules.events) if events is None else events
    for number, event in enumerate(wanted):
        if isinstance(event, str) and event not in rules.events:
            raise invalid(f"events.{number}: {unknown('type of event', event, rules.events)}", "events", number)
    method, path, body = rules.subscribe(target_url, wanted)
    headers = [(name.lower(), value) for name, value in account.pack.headers(account.api_key).items()]
    origin = f"{control.origin or 'http://localhost'}/{provider}"
    request = Request(
        method,
        path,
        headers=[*headers, ("content-type", "application/json")],
        body=orjson.dumps(body),
        base_url=origin,
    )
    response = control.registry.provider(provider).handle(request)
    if not 200 <= response.status < 300:
        text = response.read().decode("utf-8", "replace")
        raise invalid(f"{provider} refused the subscription with {response.status}: {text}", "target_url")
    answer: dict[str, Any] = response.json()
    return answer


def _plan(control: LocalControl, sandbox: str, provider: str, **changes: Any) -> dict[str, Any]:
    account = _sender(control, sandbox, provider)
    for number, host in enumerate(changes.get("allow", ())):
        if problem := webhooks.host_problem(host):
            raise invalid(f"allow.{number}: {problem}", "allow", number)
    with account.unit() as unit:
        plan = webhooks.set_plan(unit, **changes)
    account.outbox.wake()
    return {**asdict(plan), "allow": list(plan.allow)}


def _redeliver(
    control: LocalControl, sandbox: str, provider: str, event: str, subscription: str | None = None
) -> dict[str, Any]:
    account = _sender(control, sandbox, provider)
    with account.unit() as unit:
        if event not in unit[webhooks.EVENTS]:
            newest = [
                entry.document["id"] for entry in unit[webhooks.EVENTS].range("sequence", descending=True, limit=20)
            ]
            raise not_found(unknown(f"event of {provider}", event, newest), "event")
        return _event(account, webhooks.redeliver(unit, event, subscription))


def _verify(
    control: LocalControl, sandbox: str, provider: str, headers: Mapping[str, str], body: str
) -> dict[str, Any]:
    account = _sender(control, sandbox, provider)
    with account.unit() as unit:
        event, problem = webhooks.verify(unit, headers, body.encode())
    return {"valid": problem is None, "problem": problem, "event": None if event is None else event["id"]}


def _list_simulations(control: LocalControl, sandbox: str, provider: str) -> dict[str, Any]:
    account = control.account(control.sandbox(sandbox), provider)
    return {
        "simulations": [
            {
                "name": name,
                "summary": each.summary,
                "arguments": [
                    {
                        "name": argument,
                        "kind": declared.kind,
                        "required": declared.required,
                        "choices": list(declared.choices),
                        "summary": declared.summary,
                    }
                    for argument, declared in each.arguments.items()
                ],
            }
            for name, each in account.pack.simulate.items()
        ]
    }


def _simulate(
    control: LocalControl, sandbox: str, provider: str, name: str, arguments: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    account = control.account(control.present(sandbox), provider)
    if name not in account.pack.simulate:
        raise not_found(unknown(f"simulation of {provider}", name, account.pack.simulate), "name")
    try:
        return {"result": simulate.simulate(account, name, arguments or {})}
    except simulate.SimulationError as error:
        raise invalid(str(error), "arguments", *error.where) from error


OPERATIONS: dict[str, Callable[..., Any]] = {
    "webhooks.list": _list_events,
    "webhooks.deliver": _deliver,
    "webhooks.subscribe": _subscribe,
    "webhooks.plan": _plan,
    "webhooks.redeliver": _redeliver,
    "webhooks.verify": _verify,
    "simulate.list": _list_simulations,
    "simulate.run": _simulate,
}
