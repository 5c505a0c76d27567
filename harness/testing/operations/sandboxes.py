"""Sandboxes as wholes: opened and closed, their accounts and keys, snapshots, time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import harness
from harness.core import worlds
from harness.core.clock import EPOCH, Clock, TimeError, format_instant, parse_duration, parse_instant
from harness.core.registry import Registry
from harness.core.sandbox import Account, Sandbox
from harness.core.worlds import World
from harness.nearest import unknown
from harness.testing.arguments import contract, invalid, not_found
from harness.testing.operations.refusals import blaming

if TYPE_CHECKING:
    from harness.testing.control import LocalControl

_FIRST, _LAST = parse_instant("0100-01-01T00:00:00Z"), parse_instant("9900-01-01T00:00:00Z")
_CLOCK_TAKES = {"freeze": None, "live": None, "next": None, "set": "to", "advance": "by", "tick": "tick"}


def _health(control: LocalControl) -> dict[str, Any]:
    return {"status": "ok", "version": harness.__version__, "providers": control.registry.names()}


def _openapi(control: LocalControl) -> dict[str, Any]:
    return contract().document


def _contract(control: LocalControl, provider: str) -> dict[str, Any]:
    control.known_provider(provider)
    return control.registry.pack(provider).contract.document


def _list_sandboxes(control: LocalControl) -> dict[str, Any]:
    return {"sandboxes": [_outline(control, sandbox) for sandbox in list(control.registry.sandboxes.values())]}


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
    with blaming("quirks"):
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
    with blaming("world"):
        return registry.load_world(world)


def _new_clock(registry: Registry, mode: str = "frozen", at: str | None = None, tick: int = 1) -> Clock:
    with blaming("clock", "at"):
        begin = None if at is None else _moment(parse_instant(at))
    if mode == "live":
        return Clock(registry.now() if begin is None else begin, mode="live", tick=tick, source=registry.now)
    return Clock(EPOCH if begin is None else begin, tick=tick, source=registry.now)


def _moment(moment: int) -> int:
    """The moment, if a clock may show it: what a world holds is older, and what is due is later, within the years
    that dates have."""
    if not _FIRST <= moment < _LAST:
        raise TimeError("a clock shows the years 100 to 9899, not beyond")
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
            sandbox.open_all()
        return _outline(control, sandbox)


def _outline(control: LocalControl, sandbox: Sandbox) -> dict[str, Any]:
    """A sandbox with the accounts it has opened already."""
    with sandbox.lock:
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
    base_url = None if control.origin is None else control.origin + pack.address
    return {
        "provider": pack.name,
        "base_path": pack.address,
        **({} if base_url is None else {"base_url": base_url}),
        "api_key": key,
        "headers": {} if key is None else pack.headers(key),
        "env": pack.env(account, base_url),
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
    wait: bool = True,
) -> dict[str, Any]:
    found = control.sandbox(sandbox)
    given: dict[str, Any] = {"to": to, "by": by, "tick": tick}
    given = {name: value for name, value in given.items() if value is not None}
    takes = _CLOCK_TAKES[action]
    if takes is not None and takes not in given:
        raise invalid(f"{takes}: the clock's {action} needs {takes!r}", takes)
    for name in given:
        if name != takes:
            raise invalid(
                f"{name}: the clock's {action} takes {repr(takes) if takes else 'nothing'}, not {name!r}", name
            )
    with blaming(takes or "action"):
        to_moment = _moment(parse_instant(given["to"])) if action == "set" else None
        length = _duration(given["by"], found.clock.now()) if action == "advance" else 0
    found.open_all()
    if wait and action in ("next", "set", "advance"):
        _deliver_due(found)
    moved = {}
    with found.lock:
        match action:
            case "freeze":
                found.clock.freeze()
            case "live":
                found.clock.live()
            case "tick":
                found.clock.tick = given["tick"]
            case "next":
                moved = {"moved": found.next_due() is not None}
                to_moment = _moment(max(found.next_due() or 0, found.clock.now()))
            case "advance":
                to_moment = found.clock.now() + length
    if to_moment is not None:
        _move(found, to_moment, wait=wait)
    return {**_clock(found), **moved}


def _move(sandbox: Sandbox, moment: int, *, wait: bool) -> None:
    """Move the time; with `wait` each webhook on the way is sent at its own moment, with no lock held."""
    if not wait:
        sandbox.set_time(moment)
        return
    while not sandbox.step_to(moment):
        _deliver_due(sandbox)
        moment = max(moment, sandbox.clock.now())  # delivering takes time, which a live clock shows
    _deliver_due(sandbox)


def _deliver_due(sandbox: Sandbox) -> None:
    """Send what waits; what is sent by others already is waited for."""
    if any(account.outbox.waits() or account.outbox.is_busy for account in list(sandbox.accounts.values())):
        from harness.testing.delivery import deliver

        deliver(sandbox)


def _duration(by: str | float, now: int) -> int:
    try:
        length = parse_duration(by)
    except (OverflowError, ValueError) as error:
        raise TimeError(f"not a duration: {by!r}" if not isinstance(error, TimeError) else str(error)) from None
    _moment(now + length)
    return length


OPERATIONS: dict[str, Callable[..., Any]] = {
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
}
