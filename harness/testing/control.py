"""The control: everything that may be done to sandboxes, as one table of operations.

`LocalControl` performs them on a registry in this process; the server's control plane puts it behind HTTP,
and `RemoteControl` speaks to that. Ids and arguments are those of the contract in `contracts/harness`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import orjson

import harness
from harness.core import worlds
from harness.core.clock import EPOCH, Clock, TimeError, format_instant, parse_duration, parse_instant
from harness.core.contract import ContractError
from harness.core.jobs import COLLECTION as JOBS
from harness.core.jobs import JobError, Plan
from harness.core.journal import Exchange
from harness.core.nearest import unknown
from harness.core.provider import Pack
from harness.core.quirks import QuirkError
from harness.core.quota import Quota, QuotaError
from harness.core.registry import Registry
from harness.core.sandbox import Account, Sandbox, SandboxError
from harness.core.store import AlreadyThere, Document, NotUnique
from harness.core.unit import EVENTS, Unit
from harness.core.worlds import World, WorldError
from harness.testing.arguments import ControlError, arguments_of, conflict, contract, invalid, not_found

__all__ = ["Control", "ControlError", "LocalControl"]

_WRONG = (ContractError, QuirkError, QuotaError, TimeError, WorldError)
_AGAINST = (AlreadyThere, JobError, NotUnique, SandboxError)
_CLOCK_TAKES = {"freeze": None, "live": None, "next": None, "set": "to", "advance": "by", "tick": "tick"}
_JOB_TIMES = ("submitted_at", "started_at", "finished_at", "expires_at")


class Control(Protocol):
    """Who can be asked to do something to a sandbox."""

    def call(self, operation: str, /, **arguments: Any) -> Any:
        """Do it and return JSON data; an argument that is None is as if it were not given.

        Raises ControlError; then nothing was changed.
        """


class LocalControl:
    """The control of a registry in this process.

    With `accounts` a sandbox is described with all its accounts, without, with those that are open already.
    `origin` is the address (`http://127.0.0.1:4000`) at which a server shows the accounts, if one does.
    """

    def __init__(self, registry: Registry, *, accounts: bool = False, origin: str | None = None) -> None:
        self.registry = registry
        self.accounts = accounts
        self.origin = origin

    def call(self, operation: str, /, **arguments: Any) -> Any:
        """Perform an operation. The world of `sandboxes.open` may be a loaded `World`, too."""
        taken = arguments_of(operation)
        given = taken.known(arguments)
        world = given.get("world")
        taken.check({**given, "world": world.name} if isinstance(world, World) else given)
        try:
            return _OPERATIONS[operation](self, **given)
        except _WRONG as error:
            raise invalid(str(error)) from error
        except _AGAINST as error:
            raise conflict(str(error)) from error

    def sandbox(self, id: str) -> Sandbox:
        """A sandbox, from now on not idle; a ControlError for an unknown one."""
        found = self.registry.sandboxes.get(id)
        if found is None:
            raise not_found(unknown("sandbox", id, list(self.registry.sandboxes)), "sandbox")
        found.last_used = self.registry.now()
        return found

    def present(self, id: str) -> Sandbox:
        """A sandbox in which all that is due by now has happened."""
        found = self.sandbox(id)
        if found.clock.mode == "live":
            found.run_due()
        return found

    def account(self, sandbox: Sandbox, provider: str) -> Account:
        """An account of a sandbox; a ControlError for an unknown provider."""
        self.known_provider(provider)
        return sandbox.account(provider)

    def known_provider(self, name: str) -> None:
        """Refuse the name of a provider there is not."""
        if name not in (names := self.registry.names()):
            raise not_found(unknown("provider", name, names), "provider")


def _chosen_provider(control: LocalControl, name: str | None) -> None:
    if name is not None and name not in (names := control.registry.names()):
        raise invalid(f"provider: {unknown('provider', name, names)}", "provider")


@contextmanager
def _blaming(*where: str) -> Iterator[None]:
    """What the core refuses meanwhile is the fault of this argument."""
    try:
        yield
    except _WRONG as error:
        raise invalid(f"{'.'.join(where)}: {error}", *where) from error


def _health(control: LocalControl) -> dict[str, Any]:
    return {"status": "ok", "version": harness.__version__, "providers": control.registry.names()}


def _openapi(control: LocalControl) -> dict[str, Any]:
    return contract().document


def _contract(control: LocalControl, provider: str) -> dict[str, Any]:
    control.known_provider(provider)
    return control.registry.pack(provider).contract.document


def _list_sandboxes(control: LocalControl) -> dict[str, Any]:
    return {"sandboxes": [_describe(control, sandbox) for sandbox in list(control.registry.sandboxes.values())]}


def _open(
    control: LocalControl,
    id: str | None = None,
    world: str | World | Mapping[str, Any] | None = None,
    clock: Mapping[str, Any] | None = None,
    quirks: Mapping[str, Mapping[str, str]] | None = None,
    quotas: str = "real",
    strict: bool = False,
) -> dict[str, Any]:
    registry = control.registry
    for provider in quirks or {}:
        if provider not in (names := registry.names()):
            raise invalid(f"quirks: {unknown('provider', provider, names)}", "quirks", provider)
    begin = _new_clock(registry, **(clock or {}))
    loaded = _world(registry, world)
    with _blaming("quirks"):
        sandbox = registry.open(
            id=id, world=loaded, clock=begin, quirks=quirks, real_quotas=quotas == "real", strict=strict
        )
    return _describe(control, sandbox)


def _world(registry: Registry, world: str | World | Mapping[str, Any] | None) -> World:
    if isinstance(world, str) and Path(world).suffix:
        raise invalid(
            f"world: {world!r} is not the name of a shipped world: valid are {', '.join(worlds.names())}; "
            "the content of a world file is given as a mapping",
            "world",
        )
    with _blaming("world"):
        return registry.load_world(world)


def _new_clock(registry: Registry, mode: str = "frozen", at: str | None = None, tick: int = 1) -> Clock:
    with _blaming("clock", "at"):
        begin = None if at is None else _moment(parse_instant(at))
    if mode == "live":
        return Clock(registry.now() if begin is None else begin, mode="live", tick=tick, source=registry.now)
    return Clock(EPOCH if begin is None else begin, tick=tick, source=registry.now)


def _moment(moment: int) -> int:
    """The moment, if a clock can show it."""
    try:
        format_instant(moment)
    except OverflowError:
        raise TimeError("a clock shows the years 1 to 9999, not beyond") from None
    return moment


def _get(control: LocalControl, sandbox: str) -> dict[str, Any]:
    return _describe(control, control.present(sandbox))


def _close(control: LocalControl, sandbox: str) -> dict[str, Any]:
    control.sandbox(sandbox)
    control.registry.close(sandbox)
    return {"id": sandbox}


def _reset(control: LocalControl, sandbox: str) -> dict[str, Any]:
    found = control.sandbox(sandbox)
    found.reset()
    return _describe(control, found)


def _fork(control: LocalControl, sandbox: str) -> dict[str, Any]:
    return _describe(control, control.present(sandbox).fork())


def _describe(control: LocalControl, sandbox: Sandbox) -> dict[str, Any]:
    with sandbox.lock:
        if control.accounts:
            for name in control.registry.names():
                sandbox.account(name)
        return {
            "id": sandbox.id,
            "world": sandbox.world.name,
            "strict": sandbox.strict,
            "quotas": "real" if sandbox.real_quotas else "off",
            "clock": _clock(sandbox),
            "accounts": {name: _reach(control, account) for name, account in sorted(sandbox.accounts.items())},
        }


def _reach(control: LocalControl, account: Account) -> dict[str, Any]:
    pack = account.pack
    key = next(iter(account.keys), None)
    base_path = f"/{pack.name}{pack.contract.base_path}"
    known = {"api_key": key, "base_url": None if control.origin is None else control.origin + base_path}
    return {
        "provider": pack.name,
        "base_path": base_path,
        **({"base_url": known["base_url"]} if control.origin is not None else {}),
        "api_key": key,
        "headers": {} if key is None else pack.headers(key),
        "env": {name: value for name, meaning in pack.env.items() if (value := known[meaning]) is not None},
    }


def _account(control: LocalControl, sandbox: str, provider: str) -> dict[str, Any]:
    return _reach(control, control.account(control.sandbox(sandbox), provider))


def _issue_key(control: LocalControl, sandbox: str, provider: str, roles: list[str] | None = None) -> dict[str, Any]:
    account = control.account(control.sandbox(sandbox), provider)
    with account.sandbox.lock:
        key = account.issue_key(None if roles is None else tuple(roles))
    return {"api_key": key, "headers": account.pack.headers(key)}


def _revoke_key(control: LocalControl, sandbox: str, provider: str, key: str) -> dict[str, Any]:
    account = control.account(control.sandbox(sandbox), provider)
    with account.sandbox.lock:
        if key not in account.keys:
            raise not_found(unknown(f"key of {provider} in sandbox", key, account.keys), "key")
        account.revoke_key(key)
    return {}


def _list_snapshots(control: LocalControl, sandbox: str) -> dict[str, Any]:
    return {"snapshots": control.sandbox(sandbox).snapshots()}


def _save_snapshot(control: LocalControl, sandbox: str, name: str) -> dict[str, Any]:
    control.present(sandbox).snapshot(name)
    return {"name": name}


def _restore_snapshot(control: LocalControl, sandbox: str, name: str) -> dict[str, Any]:
    found = control.sandbox(sandbox)
    with found.lock:
        if name not in (names := found.snapshots()):
            raise not_found(unknown("snapshot", name, names), "name")
        found.restore(name)
    return _describe(control, found)


def _clock(sandbox: Sandbox) -> dict[str, Any]:
    with sandbox.lock:
        clock, due = sandbox.clock, sandbox.next_due()
        return {
            "now": format_instant(clock.now()),
            "mode": clock.mode,
            "tick": clock.tick,
            "next_due": None if due is None else format_instant(due),
        }


def _get_clock(control: LocalControl, sandbox: str) -> dict[str, Any]:
    found = control.present(sandbox)
    found.open_all()
    return _clock(found)


def _change_clock(
    control: LocalControl,
    sandbox: str,
    action: str,
    to: str | None = None,
    by: str | float | None = None,
    tick: int | None = None,
) -> dict[str, Any]:
    found = control.sandbox(sandbox)
    given: dict[str, Any] = {"to": to, "by": by, "tick": tick}
    given = {name: value for name, value in given.items() if value is not None}
    takes = _CLOCK_TAKES[action]
    if takes is not None and takes not in given:
        raise invalid(f"{takes}: the clock's {action} needs {takes!r}", takes)
    for name in given:
        if name != takes:
            raise invalid(f"{name}: the clock's {action} takes {takes or 'nothing'!r}, not {name!r}", name)
    found.open_all()
    with found.lock, _blaming(takes or "action"):
        moved = {}
        match action:
            case "freeze":
                found.clock.freeze()
            case "live":
                found.clock.live()
            case "tick":
                found.clock.tick = given["tick"]
            case "next":
                moved = {"moved": found.advance_to_next()}
            case "set":
                found.set_time(_moment(parse_instant(given["to"])))
            case "advance":
                found.advance(_duration(given["by"], found.clock.now()))
        return {**_clock(found), **moved}


def _duration(by: str | float, now: int) -> int:
    try:
        length = parse_duration(by)
    except (OverflowError, ValueError) as error:
        raise TimeError(f"not a duration: {by!r}" if not isinstance(error, TimeError) else str(error)) from None
    _moment(now + length)
    return length


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
    with account.sandbox.lock, _blaming("limit" if remaining is None else "remaining"):
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
    with account.sandbox.lock, _blaming("choices"):
        account.quirks.set(choices)
        account.quotas.follow_quirks()
    return _list_quirks(control, sandbox, provider)


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
    return _json({**document, **times})


def _instant(moment: int | None) -> str | None:
    return None if moment is None else format_instant(moment)


def _list_journal(
    control: LocalControl,
    sandbox: str,
    operation: str | None = None,
    provider: str | None = None,
    status: int | None = None,
    limit: int | None = None,
    bodies: bool = True,
) -> dict[str, Any]:
    found = control.sandbox(sandbox)
    _chosen_provider(control, provider)
    with found.lock:
        exchanges = found.journal.calls(operation, provider=provider, status=status)
        dropped = found.journal.dropped
    if operation is not None and not exchanges:
        _known_operation(control.registry, operation, provider)
    if limit is not None:
        exchanges = exchanges[max(0, len(exchanges) - limit) :]
    return {"exchanges": [_exchange(exchange, bodies=bodies) for exchange in exchanges], "dropped": dropped}


def _known_operation(registry: Registry, operation: str, provider: str | None) -> None:
    """Refuse to look for an operation that no provider has: a misspelt name would find nothing, silently."""
    packs = [registry.pack(name) for name in ([provider] if provider else registry.names())]
    valid = [known for pack in packs for known in (*pack.contract.operations, *(link.id for link in pack.links))]
    if operation not in valid:
        raise invalid(f"operation: {unknown('operation', operation, valid)}", "operation")


def _exchange(exchange: Exchange, *, bodies: bool) -> dict[str, Any]:
    document = exchange.document()
    if not bodies:
        for side in ("request", "response"):
            del document[side]["body"]
    return document


def _clear_journal(control: LocalControl, sandbox: str) -> dict[str, Any]:
    found = control.sandbox(sandbox)
    with found.lock:
        found.journal.clear()
    return {}


def _list_unclaimed(control: LocalControl) -> dict[str, Any]:
    return {"exchanges": [exchange.document() for exchange in list(control.registry.unclaimed)]}


def _state(control: LocalControl, sandbox: str) -> dict[str, Any]:
    found = control.present(sandbox)
    with found.lock:
        for name in control.registry.names():
            found.account(name)
        return dict(sorted(found.state().items()))


def _list_documents(
    control: LocalControl,
    sandbox: str,
    provider: str,
    collection: str,
    offset: int = 0,
    limit: int | None = None,
) -> dict[str, Any]:
    account = control.account(control.present(sandbox), provider)
    _known_collection(account.pack, collection)
    with account.unit() as unit:
        total = len(unit[collection])
        page = unit[collection].page_at("sequence", offset=offset, limit=total if limit is None else limit)
        return {
            "documents": [_outside(unit, collection, entry.document) for entry in page.entries],
            "total": total,
        }


def _read_document(control: LocalControl, sandbox: str, provider: str, collection: str, id: str) -> dict[str, Any]:
    account = control.account(control.present(sandbox), provider)
    _known_collection(account.pack, collection)
    with account.unit() as unit:
        document = unit[collection].get(id)
        if document is None:
            raise not_found(f"id: {collection} of {provider} has no document {id!r}; state.list shows all", "id")
        return _outside(unit, collection, document)


def _known_collection(pack: Pack, collection: str) -> None:
    if collection not in pack.collections:
        raise not_found(unknown(f"collection of {pack.name}", collection, pack.collections), "collection")


def _outside(unit: Unit, collection: str, document: Document) -> dict[str, Any]:
    """The outside form of a document, where the pack has one."""
    for view in unit.pack.views.values():
        if view.collection == collection:
            return _json(view.document(unit, document))
    return _json(document)


def _json(document: Mapping[str, Any]) -> dict[str, Any]:
    """A copy as JSON data, which nobody shares with the store."""
    copy: dict[str, Any] = orjson.loads(orjson.dumps(document, default=_placeholder))
    return copy


def _placeholder(value: Any) -> str:
    if isinstance(value, bytes):
        return f"<{len(value)} bytes>"
    raise TypeError(f"a document holds {type(value).__name__}, which is not JSON data")


def _seed(control: LocalControl, sandbox: str, world: Mapping[str, Any], provider: str | None = None) -> dict[str, Any]:
    _chosen_provider(control, provider)
    with _blaming("world"):
        return {"added": control.registry.seed(control.present(sandbox), world, provider)}


def _list_events(control: LocalControl, sandbox: str, provider: str | None = None) -> dict[str, Any]:
    found = control.present(sandbox)
    _chosen_provider(control, provider)
    with found.lock:
        return {
            "events": [
                _json({"provider": name, **event, "at": format_instant(event["at"])})
                for name, account in sorted(found.accounts.items())
                if provider in (None, name)
                for event in account.store[EVENTS]
            ]
        }


_OPERATIONS: dict[str, Callable[..., Any]] = {
    "health.get": _health,
    "openapi.get": _openapi,
    "contracts.get": _contract,
    "sandboxes.list": _list_sandboxes,
    "sandboxes.open": _open,
    "sandboxes.get": _get,
    "sandboxes.close": _close,
    "sandboxes.reset": _reset,
    "sandboxes.fork": _fork,
    "accounts.get": _account,
    "keys.issue": _issue_key,
    "keys.revoke": _revoke_key,
    "snapshots.list": _list_snapshots,
    "snapshots.save": _save_snapshot,
    "snapshots.restore": _restore_snapshot,
    "clock.get": _get_clock,
    "clock.change": _change_clock,
    "quotas.list": _list_quotas,
    "quotas.change": _change_quota,
    "quirks.list": _list_quirks,
    "quirks.change": _change_quirks,
    "jobs.list": _list_jobs,
    "jobs.plan": _plan_jobs,
    "jobs.change": _change_job,
    "journal.list": _list_journal,
    "journal.clear": _clear_journal,
    "unclaimed.list": _list_unclaimed,
    "state.get": _state,
    "state.list": _list_documents,
    "state.read": _read_document,
    "seed.add": _seed,
    "webhooks.list": _list_events,
}
