"""Sandboxes: isolated worlds, each with a clock, a journal and one account a provider."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from harness.core.account import NEVER, Account, SandboxError
from harness.core.clock import Clock
from harness.core.quirks import Quirks
from harness.core.quota import Quotas
from harness.core.snapshots import State
from harness.nearest import unknown

if TYPE_CHECKING:
    from harness.core.registry import Registry
    from harness.core.worlds import World

__all__ = ["MAX_DUE", "Account", "Sandbox", "SandboxError"]

log = logging.getLogger("harness")

MAX_DUE = 100_000
"""How many due events one step of time may run before it is taken for a loop."""


class Sandbox:
    """An isolated world. Accounts are made on first use, from a template shared by all sandboxes.

    One lock guards everything in it; handlers run under it and do no I/O.
    """

    def __init__(
        self,
        registry: Registry,
        id: str,
        number: int,
        world: World,
        clock: Clock,
        *,
        quirks: Mapping[str, Mapping[str, str]] | None = None,
        real_quotas: bool = True,
        strict: bool = False,
    ) -> None:
        self.registry = registry
        self.id = id
        self.number = number
        self.world = world
        self.clock = clock
        self.epoch = clock.now()
        """When the world ends and the sandbox begins."""
        self.known: Mapping[str, Any] = world.data
        """The world and what was seeded since, expanded; each time is relative to when its record came."""
        self.real_quotas = real_quotas
        self.strict = strict
        self.lock = threading.RLock()
        self.settled = threading.Condition(self.lock)
        """Notified when a webhook has been sent, with whatever outcome."""
        self.journal = registry.journals.open()
        self.accounts: dict[str, Account] = {}
        self.last_used = registry.now()
        self.closed = False
        """Set by the registry: what holds it still may go on, but no key leads to it."""
        self._quirks = {name: dict(chosen) for name, chosen in (quirks or {}).items()}
        self._begin = clock.copy()
        self._snapshots: dict[str, State] = {}

    def account(self, name: str) -> Account:
        """The account with a provider, opened when first asked for."""
        found = self.accounts.get(name)
        if found is None:
            with self.lock:
                found = self.accounts.get(name) or self._open(name)
        return found

    def _open(self, name: str) -> Account:
        pack = self.registry.pack(name)
        quirks = Quirks(pack.contract.quirks, self._quirks.get(name))
        store = self.registry.template(pack, self.world, self.epoch, quirks, strict=self.strict).fork()
        account = self.accounts[name] = Account(self, pack, store, quirks)
        self.registry.claim(account, account.api_key)
        return account

    # Time

    def begin_request(self) -> int:
        """The moment of a request that comes in now; what is due before it has happened."""
        now = self.clock.begin_request()
        self.last_used = self.registry.now()
        for account in self.accounts.values():
            if account.next_due() <= now:
                self._run_due(now)
                break
        return now

    def open_all(self) -> None:
        """Open the account with every provider there is: what is due in them counts from then on."""
        for name in self.registry.names():
            self.account(name)

    def next_due(self) -> int | None:
        """When the next due event of any opened account comes."""
        soonest = min((account.next_due() for account in self.accounts.values()), default=NEVER)
        return None if soonest == NEVER else soonest

    def run_due(self) -> None:
        """Run all that is due by now (a live clock's timer calls this)."""
        with self.lock:
            self._run_due(self.clock.now())

    def advance(self, duration: int) -> None:
        """Move a clock by milliseconds; each due event on the way runs at its own moment."""
        with self.lock:
            self._advance_to(self.clock.now() + duration)

    def advance_to_next(self) -> bool:
        """Move to the next due event and run what is due then; False when there is none."""
        with self.lock:
            due = self.next_due()
            if due is None:
                return False
            self._advance_to(max(due, self.clock.now()))
            return True

    def set_time(self, moment: int) -> None:
        """Jump to a moment; forwards, what becomes due runs on the way."""
        with self.lock:
            if moment >= self.clock.now():
                self._advance_to(moment)
            else:
                self.clock.set(moment)

    def step_to(self, moment: int) -> bool:
        """Move towards a moment, but stop, with False, where due events have left webhooks to be delivered."""
        with self.lock:
            if moment >= self.clock.now() and not self._run_due(moment, move=True, pause=True):
                return False
            self.clock.set(moment)
            return True

    def _advance_to(self, moment: int) -> None:
        self._run_due(moment, move=True)
        self.clock.set(moment)

    def _run_due(self, until: int, *, move: bool = False, pause: bool = False) -> bool:
        """Whether all that is due until then was run; with `pause` it ends where webhooks wait to be delivered."""
        for number in range(MAX_DUE):
            account = min(self.accounts.values(), key=Account.next_due, default=None)
            due = NEVER if account is None else account.next_due()
            if pause and number and due > self.clock.now() and any(a.outbox.waits() for a in self.accounts.values()):
                return False
            if account is None or due > until:
                return True
            if move and due > self.clock.now():
                self.clock.set(due)
            try:
                account.run_next_due(due)
            except Exception:
                if self.strict:
                    raise
                log.exception("a due event of %s in sandbox %s failed", account.pack.name, self.id)
        raise SandboxError(f"more than {MAX_DUE} due events in one step of time: does one schedule itself again?")

    # State

    def snapshot(self, name: str) -> None:
        """Keep the present state under a name; an older one of that name goes."""
        with self.lock:
            state = State.of(self)
        if self.registry.snapshots:
            self.registry.snapshots.write(self.id, name, state.document())
        self._snapshots[name] = state

    def restore(self, name: str) -> None:
        """Be as at the snapshot: documents, clock, quotas, quirks; keys and journal stay."""
        state = self._snapshots.get(name)
        if state is None and self.registry.snapshots:
            state = self.registry.snapshots.read(self, name)
        if state is None:
            raise SandboxError(unknown("snapshot", name, self.snapshots()))
        with self.lock:
            self._become(state)

    def snapshots(self) -> list[str]:
        """The names of the snapshots, those kept on disk included."""
        kept = self.registry.snapshots.names(self.id) if self.registry.snapshots else []
        return sorted({*self._snapshots, *kept})

    def reset(self) -> None:
        """Be as opened: world, clock, quotas, quirks; no faults, journal empty; keys and snapshots stay."""
        with self.lock:
            self.clock.become(self._begin)
            if self.clock.mode == "frozen":
                self.epoch = self.clock.now()
            self.known = self.world.data
            for account in self.accounts.values():
                account.faults.clear()
                account.outbox.forget()
                self._renew(account)
            self.journal.clear()

    def fork(self) -> Sandbox:
        """A sandbox of its own with the same state, new keys and an empty journal."""
        with self.lock:
            twin = self.registry.open(
                world=self.world,
                clock=self.clock.copy(),
                quirks=self._quirks,
                real_quotas=self.real_quotas,
                strict=self.strict,
            )
            twin.epoch, twin._begin = self.epoch, self._begin.copy()
            twin._become(State.of(self))
            for name, account in self.accounts.items():
                twin.account(name).faults = account.faults.copy()
            return twin

    def _become(self, state: State) -> None:
        for account in self.accounts.values():
            account.outbox.forget()
            account.faults.forget()
        self.clock.become(state.clock)
        self.clock.set(state.now)
        self.epoch = state.epoch
        self.known = state.known
        for name in self.accounts.keys() | state.accounts.keys():
            account = self.account(name)
            kept = state.accounts.get(name)
            if kept is None:
                self._renew(account)
                continue
            store, quirks, quotas = kept
            account.store.restore(store)
            account.quirks = quirks.copy()
            account.quotas = quotas.copy(account.quirks)
            account.outbox.notify()

    def _renew(self, account: Account) -> None:
        """Let an account be as opened; its keys stay."""
        pack = account.pack
        quirks = Quirks(pack.contract.quirks, self._quirks.get(pack.name))
        account.store.restore(self.registry.template(pack, self.world, self.epoch, quirks, strict=self.strict))
        account.quirks = quirks
        account.quotas = Quotas({quota.name: quota for quota in pack.quotas}, quirks, real=self.real_quotas)

    def state(self) -> dict[str, dict[str, int]]:
        """How many documents each collection of each opened account holds."""
        return {name: account.counts() for name, account in self.accounts.items()}
