"""An account: one provider inside a sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from harness.core.faults import Faults
from harness.core.ids import digest
from harness.core.jobs import STEP
from harness.core.outbox import Outbox
from harness.core.quirks import Quirks
from harness.core.quota import Quotas
from harness.core.unit import DUE, Unit
from harness.core.webhooks import RETRY, retry

if TYPE_CHECKING:
    from harness.core.pack import Pack
    from harness.core.sandbox import Sandbox
    from harness.core.store import Store

NEVER = 1 << 62
"""Later than any moment."""


class SandboxError(ValueError):
    """An unknown sandbox, snapshot or key, or an impossible wish; the text says what is valid."""


class Account:
    """One provider inside a sandbox: its state, credentials, quotas and quirks."""

    def __init__(self, sandbox: Sandbox, pack: Pack, store: Store, quirks: Quirks) -> None:
        self.sandbox = sandbox
        self.pack = pack
        self.store = store
        self.quirks = quirks
        table = {quota.name: quota for quota in pack.quotas}
        self.quotas = Quotas(table, quirks, real=sandbox.real_quotas)
        seed = f"{sandbox.number}"
        secret = sandbox.registry.secret
        self.keys: dict[str, tuple[str, ...] | None] = {pack.make_key(_draw(seed, pack.name, secret), None): None}
        """The valid keys, each with its roles (None: all)."""
        self.revoked: list[str] = []
        """The keys that were taken away."""
        self.link_token = _draw(f"{seed} links", pack.name, secret)[:24]
        """Names this account in keyless links."""
        self.faults = Faults(pack)
        self.outbox = Outbox(self)
        self._due_version = -1
        self._next_due = NEVER

    @property
    def api_key(self) -> str:
        """The first key."""
        if not self.keys:
            raise SandboxError(f"the {self.pack.name} account of sandbox {self.sandbox.id} has no key left: issue one")
        return next(iter(self.keys))

    def issue_key(self, roles: tuple[str, ...] | None = None) -> str:
        """Another key; with `roles` it may do only what those allow, where the provider knows roles."""
        registry = self.sandbox.registry
        seed = f"{self.sandbox.number} key {registry.count()}"
        key = self.pack.make_key(_draw(seed, self.pack.name, registry.secret), roles)
        self.keys[key] = roles
        registry.claim(self, key)
        return key

    def revoke_key(self, key: str) -> None:
        """Take a key away; requests with it are answered like those with any unknown key."""
        if key not in self.keys:
            raise SandboxError(f"not a key of the {self.pack.name} account of sandbox {self.sandbox.id}")
        del self.keys[key]
        self.revoked.append(key)
        self.sandbox.registry.unclaim(self.pack.name, key)

    @contextmanager
    def unit(self) -> Iterator[Unit]:
        """A unit of work at the sandbox's current time, under its lock."""
        with self.sandbox.lock, self._unit(self.sandbox.clock.now()) as unit:
            yield unit

    def counts(self) -> dict[str, int]:
        """How many documents each collection holds."""
        return {name: len(self.store[name]) for name in self.store.names() if not name.startswith("_")}

    def next_due(self) -> int:
        """When the next due event comes; far away when there is none."""
        events = self.store[DUE]
        if events.version != self._due_version:
            first = next(iter(events.range("due", limit=1)), None)
            self._next_due = first.document["at"] if first else NEVER
            self._due_version = events.version
        return self._next_due

    def run_next_due(self, now: int) -> None:
        """Run the first due event in a unit of work of its own."""
        entry = next(iter(self.store[DUE].range("due", limit=1)))
        event = entry.document
        self.store[DUE].delete(event["id"])
        with self._unit(now) as unit:
            if event["kind"] == STEP:
                unit.jobs.step(event["ref"])
            elif event["kind"] == RETRY:
                retry(unit, event["ref"])
            else:
                self.pack.due[event["kind"]](unit, event["ref"], event["payload"])
        self.outbox.notify()

    @contextmanager
    def _unit(self, now: int) -> Iterator[Unit]:
        self.faults.before_change(self.store, now)
        with self.store.unit():
            unit = Unit(self.pack, self.store, self.quirks, now)
            unit.link_token = self.link_token
            unit.account = self
            yield unit
            self.outbox.notify()


def _draw(seed: str, name: str, secret: bytes) -> str:
    return digest(name, seed, length=32, key=secret).hex()
