"""The registry: which sandbox and account a key or a keyless link belongs to."""

from __future__ import annotations

import itertools
import os
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any, ClassVar

from harness.announced import announced
from harness.core.clock import EPOCH, Clock, machine_time
from harness.core.collector import collector_at_rest
from harness.core.journal import MAX_BYTES_TOGETHER, Exchange, Journal, Journals
from harness.core.outbox import Dispatcher
from harness.core.pack import Pack
from harness.core.provider import Provider
from harness.core.quirks import Quirks
from harness.core.sandbox import Account, Sandbox, SandboxError
from harness.core.snapshots import SnapshotFolder
from harness.core.store import Store
from harness.core.unit import Unit
from harness.core.worlds import Check, Problem, World, WorldError, fragment, load, shown
from harness.nearest import unknown

GROUP = "harness.providers"
"""The entry-point group in which distributions announce their packs."""

DEFAULT = "default"
"""The id of the sandbox a server has from the start; it gets the keys that never change."""

MAX_SANDBOXES = 10_000
MAX_TEMPLATES = 64
"""How many projected worlds are kept; each live sandbox has an epoch, and so a template, of its own."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def installed() -> dict[str, EntryPoint]:
    """The packs of all installed distributions, by name, not loaded yet."""
    return {point.name: point for point in announced(GROUP)}


class Registry:
    """All sandboxes of one process.

    `secret`, when given, makes keys that cannot be guessed; `data_dir` keeps named snapshots as JSON;
    `idle_limit` (milliseconds) closes sandboxes nobody uses. `allowed_targets` are hosts beside this machine that
    webhooks may be sent to. Past `max_journal_bytes` in all journals the oldest exchanges of all sandboxes go.
    """

    observers: ClassVar[list[Callable[[Exchange], None]]] = []
    """Called with each exchange of every registry, before it is in a journal: for those who count."""

    def __init__(
        self,
        packs: Mapping[str, Pack] | None = None,
        *,
        secret: bytes = b"",
        data_dir: Path | None = None,
        max_sandboxes: int = MAX_SANDBOXES,
        idle_limit: int | None = None,
        allowed_targets: Iterable[str] = (),
        max_journal_bytes: int = MAX_BYTES_TOGETHER,
        now: Callable[[], int] = machine_time,
    ) -> None:
        self.secret = secret
        self.snapshots = SnapshotFolder(data_dir) if data_dir else None
        self.max_sandboxes = max_sandboxes
        self.idle_limit = idle_limit
        self.allowed_targets = frozenset(allowed_targets)
        self.dispatcher: Dispatcher | None = None
        """Sends webhooks by itself while a server runs; otherwise they wait to be asked for."""
        self.now = now
        self.sandboxes: dict[str, Sandbox] = {}
        self.journals = Journals(max_journal_bytes)
        self.unclaimed = Journal(max_bytes=1024 * 1024)
        """What came with no key or an unknown one."""
        self._packs: dict[str, Pack] = dict(packs or {})
        self._points = installed() if packs is None else {}
        self._providers: dict[str, Provider] = {}
        self._keys: dict[tuple[str, str], Account] = {}
        self._links: dict[tuple[str, str], Account] = {}
        self._revoked: dict[tuple[str, str], Account] = {}
        self._templates: dict[tuple[Any, ...], Store] = {}
        self._numbers = itertools.count(1)
        self._counter = itertools.count(1)
        self._lock = threading.RLock()

    # Packs

    def names(self) -> list[str]:
        """The providers there are."""
        return sorted({*self._packs, *self._points})

    def pack(self, name: str) -> Pack:
        """A provider's pack, loaded on first use."""
        found = self._packs.get(name)
        if found is None:
            if name not in self._points:
                raise SandboxError(unknown("provider", name, self.names()))
            found = self._points[name].load()
            if not isinstance(found, Pack):
                raise TypeError(f"entry point {self._points[name].value} is not a Pack")
            if found.name != name:
                raise ValueError(f"entry point {name!r} leads to the pack {found.name!r}")
            self._packs[name] = found
        return found

    def provider(self, name: str) -> Provider:
        """A provider at work over this registry."""
        found = self._providers.get(name)
        if found is None:
            with self._lock:
                found = self._providers.setdefault(name, Provider(self.pack(name), self))
        return found

    # Worlds

    def load_world(self, world: World | str | os.PathLike[str] | Mapping[str, Any] | None = None) -> World:
        """A world by its shipped name, from a file or from a mapping, its sections judged by their packs.

        None is the default world. Raises WorldError.
        """
        return world if isinstance(world, World) else load(world, self.world_checks())

    def world_checks(self, names: list[str] | None = None) -> Mapping[str, Check | None]:
        """What judges the sections of the providers (of all of them) in a world."""
        return _Checks(self, self.names() if names is None else names)

    def seed(
        self, sandbox: Sandbox, given: Mapping[str, Any], provider: str | None = None
    ) -> dict[str, dict[str, int]]:
        """Add a fragment of a world to a provider's account, or to those of all providers, now.

        What may be left out and referred to tells `worlds.fragment`. Returns how many documents each collection
        of each account gained. Raises WorldError, and then nothing has changed.
        """
        if provider is not None:
            self.pack(provider)
        names = self.names() if provider is None else [provider]
        with sandbox.lock, ExitStack() as units:
            new, known = fragment(given, sandbox.known, self.world_checks(names))
            sandbox.run_due()
            gained = {}
            for account in [sandbox.account(name) for name in names]:
                before = account.counts()
                self._fill(units.enter_context(account.unit()), new)
                after = account.counts()
                gained[account.pack.name] = {
                    name: more for name, number in after.items() if (more := number - before[name])
                }
            sandbox.known = known
        return gained

    def _fill(self, unit: Unit, world: Mapping[str, Any]) -> None:
        """Let the pack project a world; whatever keeps it from that is told as a problem of the world."""
        pack = unit.pack
        unit.providers = tuple(self.names())
        try:
            pack.seed(unit, world)
        except WorldError:
            raise
        except Exception as error:
            whole = pack.check_world is not None and pack.name in world and "title" in world
            found = pack.check_world(world) if pack.check_world and whole else ()
            problems = [Problem(shown(place), message) for place, message in found]
            unclear = Problem("", f"{pack.name} cannot show this world: {type(error).__name__}: {error}")
            raise WorldError(problems or [unclear]) from error

    # Sandboxes

    def open(
        self,
        *,
        id: str | None = None,
        world: World | str | os.PathLike[str] | Mapping[str, Any] | None = None,
        clock: Clock | None = None,
        quirks: Mapping[str, Mapping[str, str]] | None = None,
        real_quotas: bool = True,
        strict: bool = False,
    ) -> Sandbox:
        """A new sandbox; by default frozen at the fixed epoch, with the default world."""
        for provider, chosen in (quirks or {}).items():
            Quirks(self.pack(provider).contract.quirks, chosen)
        world = self.load_world(world)
        with self._lock:
            self.expire()
            number = 0 if id == DEFAULT else next(self._numbers)
            id = id or f"sb-{number}"
            if not _NAME.fullmatch(id):
                raise SandboxError(f"not a sandbox id: {id!r}; letters, digits, dot, dash and underscore, at most 100")
            if id in self.sandboxes:
                raise SandboxError(f"sandbox {id!r} is open already")
            if len(self.sandboxes) >= self.max_sandboxes:
                raise SandboxError(f"{self.max_sandboxes} sandboxes are open, which is the maximum: close some")
            sandbox = self.sandboxes[id] = Sandbox(
                self,
                id,
                number,
                world,
                clock or Clock(EPOCH),
                quirks=quirks,
                real_quotas=real_quotas,
                strict=strict,
            )
        return sandbox

    def sandbox(self, id: str) -> Sandbox:
        """An open sandbox by id."""
        try:
            return self.sandboxes[id]
        except KeyError:
            raise SandboxError(unknown("sandbox", id, self.sandboxes)) from None

    def close(self, id: str) -> None:
        """Forget a sandbox; its keys open nothing any more."""
        with self._lock:
            sandbox = self.sandbox(id)
            del self.sandboxes[id]
            sandbox.closed = True
            self.journals.close(sandbox.journal)
            for name, account in list(sandbox.accounts.items()):
                for key in list(account.keys):
                    self._keys.pop((name, key), None)
                self._links.pop((name, account.link_token), None)
                for key in list(account.revoked):
                    self._revoked.pop((name, key), None)

    def expire(self) -> None:
        """Close the sandboxes that have been idle too long; the default one stays."""
        if self.idle_limit is None:
            return
        edge = self.now() - self.idle_limit
        with self._lock:
            for id, sandbox in list(self.sandboxes.items()):
                if id != DEFAULT and sandbox.last_used < edge:
                    self.close(id)

    # Claims

    def claim(self, account: Account, key: str) -> None:
        """Let a key (and the account's links) lead to the account, while its sandbox is open."""
        name = account.pack.name
        with self._lock:
            if not account.sandbox.closed:
                self._keys[name, key] = account
                self._links[name, account.link_token] = account

    def unclaim(self, provider: str, key: str) -> None:
        """Let a key lead nowhere."""
        with self._lock:
            account = self._keys.pop((provider, key), None)
            if account is not None and not account.sandbox.closed:
                self._revoked[provider, key] = account

    def by_key(self, provider: str, key: str) -> Account | None:
        """The account a key opens."""
        found = self._keys.get((provider, key))
        return found if found is not None or not self._open_default(provider) else self._keys.get((provider, key))

    def by_revoked_key(self, provider: str, key: str) -> Account | None:
        """The account a key once opened: its journal keeps what is still asked with it."""
        return self._revoked.get((provider, key))

    def by_link(self, provider: str, token: str) -> Account | None:
        """The account whose links carry this token."""
        found = self._links.get((provider, token))
        return found if found is not None or not self._open_default(provider) else self._links.get((provider, token))

    def _open_default(self, provider: str) -> bool:
        """The keys of the default sandbox are known before anybody asked for its accounts."""
        default = self.sandboxes.get(DEFAULT)
        if default is None or provider in default.accounts:
            return False
        default.account(provider)
        return True

    def count(self) -> int:
        """1, 2, 3 …"""
        return next(self._counter)

    def note_unclaimed(self, exchange: Exchange) -> None:
        """Keep what nobody's key brought."""
        with self._lock:
            self.unclaimed.add(exchange)

    # Templates

    def template(self, pack: Pack, world: World, epoch: int, quirks: Quirks, *, strict: bool) -> Store:
        """A provider's projection of a world that ends at `epoch`, to be forked; those used lately are kept."""
        place = (pack.name, world.digest, epoch, quirks.fingerprint, strict)
        with self._lock:
            found = self._templates.pop(place, None)
            if found is None:
                found = self._project(pack, world, epoch, quirks, strict=strict)
            self._templates[place] = found  # the last one is the one used last
            if len(self._templates) > MAX_TEMPLATES:
                del self._templates[next(iter(self._templates))]
        return found

    def share_templates(self, other: Registry) -> None:
        """Project no world that another registry over the same packs has projected, nor the other way round.

        Both are used by one thread.
        """
        self._templates = other._templates

    def _project(self, pack: Pack, world: World, epoch: int, quirks: Quirks, *, strict: bool) -> Store:
        store = Store(pack.schemas, strict=strict)
        with collector_at_rest(), store.unit():
            self._fill(Unit(pack, store, quirks, epoch), world.data)
        return store


class _Checks(Mapping[str, "Check | None"]):
    """What the packs have to say about their sections; a pack is loaded when it is asked."""

    def __init__(self, registry: Registry, names: list[str]) -> None:
        self._registry = registry
        self._names = names

    def __getitem__(self, name: str) -> Check | None:
        if name not in self._names:
            raise KeyError(name)
        return self._registry.pack(name).check_world

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)
