"""How an account behaves: its quotas, quirks, faults and asynchronous jobs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from harness.core import faults
from harness.core.clock import format_instant
from harness.core.jobs import COLLECTION as JOBS
from harness.core.jobs import Plan
from harness.core.quota import Quota
from harness.core.sandbox import Account
from harness.core.store import Document
from harness.nearest import unknown
from harness.testing.arguments import invalid, not_found
from harness.testing.operations.records import json_data
from harness.testing.operations.refusals import blaming

if TYPE_CHECKING:
    from harness.testing.control import LocalControl

_JOB_TIMES = ("submitted_at", "started_at", "finished_at", "expires_at")


def _list_quotas(control: LocalControl, sandbox: str, provider: str) -> dict[str, Any]:
    account = control.account(control.sandbox(sandbox), provider)
    with account.sandbox.lock:
        return {"quotas": [_quota(account, quota) for quota in account.pack.quotas]}


def _change_quota(
    control: LocalControl,
    sandbox: str,
    provider: str,
    quota: str,
    limit: int | None = None,
    remaining: int | None = None,
    scope: str = "",
) -> dict[str, Any]:
    account = control.account(control.sandbox(sandbox), provider)
    table = {declared.name: declared for declared in account.pack.quotas}
    if quota not in table:
        raise not_found(unknown(f"quota of {provider}", quota, table), "quota")
    with account.sandbox.lock, blaming("limit" if remaining is None else "remaining"):
        twin = account.quotas.copy(account.quirks)
        if limit is not None:
            twin.set_limit(quota, limit)
        if remaining is not None:
            twin.window(quota, scope).leave(remaining, account.sandbox.clock.now())
        account.quotas = twin
        return _quota(account, table[quota])


def _quota(account: Account, quota: Quota) -> dict[str, Any]:
    now = account.sandbox.clock.now()
    kind = quota.kind
    if quota.quirk:
        kind = "sliding" if account.quirks[quota.quirk] == "sliding" else "fixed"
    return {
        "name": quota.name,
        "limit": account.quotas.limit(quota.name),
        "window": quota.window / 1000,
        "kind": kind,
        "windows": [
            {
                "scope": scope,
                "remaining": window.remaining(now),
                "resets_at": format_instant(window.resets_at(now)),
            }
            for name, scope, window in account.quotas.open_windows()
            if name == quota.name
        ],
    }


def _list_quirks(control: LocalControl, sandbox: str, provider: str) -> dict[str, Any]:
    account = control.account(control.sandbox(sandbox), provider)
    return {
        "quirks": [
            {
                "name": quirk.name,
                "choice": account.quirks[quirk.name],
                "default": quirk.default,
                "choices": list(quirk.choices),
                "summary": quirk.summary,
                "evidence": {"level": quirk.level, "source": list(quirk.source)},
            }
            for quirk in account.pack.contract.quirks.values()
        ]
    }


def _change_quirks(control: LocalControl, sandbox: str, provider: str, choices: Mapping[str, str]) -> dict[str, Any]:
    account = control.account(control.sandbox(sandbox), provider)
    with account.sandbox.lock, blaming("choices"):
        account.quirks.set(choices)
        account.quotas.follow_quirks()
    return _list_quirks(control, sandbox, provider)


def _list_faults(control: LocalControl, sandbox: str, provider: str) -> dict[str, Any]:
    account = control.account(control.sandbox(sandbox), provider)
    with account.sandbox.lock:
        return {"faults": account.faults.documents()}


def _add_faults(
    control: LocalControl,
    sandbox: str,
    provider: str,
    rules: list[Mapping[str, Any]] | None = None,
    profile: str | None = None,
    seed: int = 0,
) -> dict[str, Any]:
    account = control.account(control.sandbox(sandbox), provider)
    if (rules is None) == (profile is None):
        raise invalid("give either rules or a profile", "rules", "profile")
    if rules is None:
        with blaming("profile"):
            read = faults.profile(str(profile), seed)
    else:
        read = []
        for number, rule in enumerate(rules):
            with blaming("rules", number):
                read.append(faults.Rule.read(rule))
    with account.sandbox.lock:
        for number, each in enumerate(read):
            with blaming(*(("profile",) if rules is None else ("rules", number))):
                account.faults.check(each)
        return {"added": account.faults.add(read)}


def _remove_fault(control: LocalControl, sandbox: str, provider: str, fault: str) -> dict[str, Any]:
    account = control.account(control.sandbox(sandbox), provider)
    with account.sandbox.lock:
        try:
            account.faults.remove(fault)
        except faults.FaultError as error:
            raise not_found(str(error), "fault") from error
        return {"faults": account.faults.documents()}


def _clear_faults(control: LocalControl, sandbox: str, provider: str) -> dict[str, Any]:
    account = control.account(control.sandbox(sandbox), provider)
    with account.sandbox.lock:
        account.faults.clear()
        return {"faults": []}


def _list_jobs(control: LocalControl, sandbox: str, provider: str) -> dict[str, Any]:
    account = control.account(control.present(sandbox), provider)
    with account.unit() as unit:
        return {"kinds": unit.jobs.kinds(), "jobs": [_job(job) for job in unit[JOBS]]}


def _plan_jobs(control: LocalControl, sandbox: str, provider: str, kind: str, **choices: Any) -> dict[str, Any]:
    account = control.account(control.present(sandbox), provider)
    if kind not in account.pack.jobs:
        raise not_found(unknown(f"kind of job of {provider}", kind, account.pack.jobs), "kind")
    plan = Plan(**choices)
    with account.unit() as unit:
        unit.jobs.set_plan(kind, plan)
    return {"kind": kind, "progress": plan.progress, "polls": plan.polls, "outcome": plan.outcome}


def _change_job(
    control: LocalControl, sandbox: str, provider: str, job: str, action: str, outcome: Any = None
) -> dict[str, Any]:
    if action == "settle" and outcome is None:
        raise invalid("outcome: settle needs 'outcome', done or failed", "outcome")
    if action == "expire" and outcome is not None:
        raise invalid("outcome: expire takes no 'outcome'", "outcome")
    account = control.account(control.present(sandbox), provider)
    with account.unit() as unit:
        if job not in unit[JOBS]:
            raise not_found(unknown(f"job of {provider}", job, [each["id"] for each in unit[JOBS]]), "job")
        match action:
            case "finish":
                return _job(unit.jobs.finish(job, outcome))
            case "settle":
                return _job(unit.jobs.settle(job, outcome))
            case _:
                return _job(unit.jobs.expire(job))


def _job(document: Document) -> dict[str, Any]:
    times = {name: _instant(document[name]) for name in _JOB_TIMES}
    return json_data({**document, **times})


def _instant(moment: int | None) -> str | None:
    return None if moment is None else format_instant(moment)


OPERATIONS: dict[str, Callable[..., Any]] = {
    "quotas.list": _list_quotas,
    "quotas.change": _change_quota,
    "quirks.list": _list_quirks,
    "quirks.change": _change_quirks,
    "faults.list": _list_faults,
    "faults.add": _add_faults,
    "faults.remove": _remove_fault,
    "faults.clear": _clear_faults,
    "jobs.list": _list_jobs,
    "jobs.plan": _plan_jobs,
    "jobs.change": _change_job,
}
