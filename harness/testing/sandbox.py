"""A sandbox as a user's code holds it: the same in process and on a server that runs somewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol

from harness.core.worlds import World, load
from harness.testing.account import Account
from harness.testing.arguments import ControlError
from harness.testing.clock import Clock, Moment, wish
from harness.testing.conduct import Conduct
from harness.testing.journal import SandboxJournal
from harness.testing.webhooks import Webhooks

if TYPE_CHECKING:
    from harness.core.registry import Registry
    from harness.testing.control import Control

WorldWish = str | PathLike[str] | Mapping[str, Any]
"""A shipped world's name, a world file, or a world as a mapping."""

Quotas = Literal["real", "off"]


class Place(Protocol):
    """Where sandboxes live: this process, or a server somewhere."""

    @property
    def control(self) -> Control:
        """What does things to its sandboxes."""

    @property
    def registry(self) -> Registry | None:
        """The registry, when it is in this process."""

    def origin(self) -> str:
        """The address of the place's server, without a trailing slash; in process it is started for it."""

    def providers(self) -> list[str]:
        """The names of the providers there are."""

    def close(self) -> None:
        """Stop what runs, let go of connections."""


class Sandbox:
    """An isolated world: a clock, a journal, and an account with each provider.

    Accounts are attributes, too: `sandbox.superchat` is `sandbox.account("superchat")`.
    """

    observers: ClassVar[list[Callable[[Sandbox], None]]] = []
    """Called with each sandbox that is about to be closed: for those who read its journal."""

    def __init__(self, place: Place, document: Mapping[str, Any]) -> None:
        self._place = place
        self._control = place.control
        self._accounts: dict[str, Account] = {}
        self._forks: list[Sandbox] = []
        self._closed = False
        self.id: str = document["id"]
        self.world: str = document["world"]
        """The name of the world it began with."""
        self.clock = Clock(self._control, self.id)
        self.journal = SandboxJournal(self._control, self.id)
        """What was asked and answered."""
        self.conduct = Conduct(self._control, self.id)
        """How the clients behaved."""
        self.webhooks = Webhooks(self._control, self.id)
        """The ledger of the providers' webhooks."""

    def account(self, name: str) -> Account:
        """The account with a provider."""
        found = self._accounts.get(name)
        if found is None:
            found = self._accounts[name] = Account(self._place, self.id, name)
        return found

    @property
    def providers(self) -> list[str]:
        """The names of the providers it has an account with."""
        return self._place.providers()

    def __getattr__(self, name: str) -> Account:
        if name.startswith("_"):
            raise AttributeError(name)
        providers = self._place.providers()
        if name not in providers:
            message = f"a sandbox has no attribute {name!r}, and it is no installed provider"
            raise AttributeError(f"{message}: those are {', '.join(providers) or 'none'}", name=name, obj=self)
        return self.account(name)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._place.providers()]

    @property
    def state(self) -> dict[str, dict[str, int]]:
        """How many documents each collection of each provider holds."""
        counts: dict[str, dict[str, int]] = self._control.call("state.get", sandbox=self.id)
        return counts

    def seed(self, fragment: Mapping[str, Any] | None = None, /, **sections: Any) -> dict[str, Any]:
        """Add to every provider a fragment of a world, as a mapping or by section (`contacts=[…]`).

        Returns how many documents were added.
        """
        world = {**(fragment or {}), **sections}
        added: dict[str, Any] = self._control.call("seed.add", sandbox=self.id, world=world)["added"]
        return added

    def snapshot(self, name: str) -> None:
        """Keep the present state under a name; an older one of that name goes."""
        self._control.call("snapshots.save", sandbox=self.id, name=name)

    def restore(self, name: str) -> None:
        """Be as at the snapshot: documents, clock, quotas, quirks; keys and journal stay."""
        self._control.call("snapshots.restore", sandbox=self.id, name=name)

    @property
    def snapshots(self) -> list[str]:
        """The names of the snapshots."""
        names: list[str] = self._control.call("snapshots.list", sandbox=self.id)["snapshots"]
        return names

    def reset(self) -> None:
        """Be as opened: world, clock, quotas, quirks; journal empty; keys and snapshots stay."""
        self._control.call("sandboxes.reset", sandbox=self.id)

    def fork(self) -> Sandbox:
        """A sandbox of its own with the same state, new keys and an empty journal; it is closed apart."""
        twin = Sandbox(self._place, self._control.call("sandboxes.fork", sandbox=self.id))
        self._forks.append(twin)
        return twin

    @property
    def forks(self) -> list[Sandbox]:
        """What was forked from it here and is still open."""
        return [each for twin in self._forks for each in (twin.forks if twin._closed else [twin])]

    @property
    def closed(self) -> bool:
        """Whether `close()` was called here."""
        return self._closed

    @property
    def in_process(self) -> bool:
        """Whether it lives in this process, not on a server somewhere else."""
        return self._place.registry is not None

    def close(self) -> None:
        """Forget it; its keys open nothing any more. Closing twice is fine."""
        if self._closed:
            return
        for account in self._accounts.values():
            account.disconnect()
        try:
            try:
                for observe in self.observers:
                    observe(self)
            finally:
                self._closed = True
                self._control.call("sandboxes.close", sandbox=self.id)
        except ControlError as error:
            if error.status != 404:  # its server has closed it already, as it does with those that idle
                raise

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Sandbox {self.id}{' closed' if self._closed else ''}>"


def open_sandbox(
    place: Place,
    world: WorldWish | None = None,
    *,
    clock: Moment | Mapping[str, Any] | None = None,
    quirks: Mapping[str, Mapping[str, str]] | None = None,
    quotas: Quotas = "real",
    strict: bool = True,
) -> Sandbox:
    """A new sandbox at a place. Raises ValueError for what there is not, naming what there is."""
    wishes = {
        "world": read_world(world, place),
        "clock": wish(clock),
        "quirks": quirks,
        "quotas": quotas,
        "strict": strict,
    }
    return Sandbox(place, place.control.call("sandboxes.open", **wishes))


def read_world(world: WorldWish | None, place: Place) -> str | World | Mapping[str, Any] | None:
    """The world for the control; a file is read here, once, because the place may not see it."""
    if world is None or isinstance(world, Mapping):
        return world
    if not isinstance(world, (str, PathLike)):
        raise TypeError(f"world is a shipped world's name, a file or a mapping, not {world!r}")
    file = Path(world)
    if isinstance(world, str) and not file.suffix:
        return world
    status = file.stat() if file.exists() else None
    stamp = (status.st_mtime_ns, status.st_size) if status else None
    return _world_file(file, stamp, place.registry, tuple(place.providers()))


@lru_cache(maxsize=16)
def _world_file(file: Path, stamp: object, registry: Registry | None, providers: tuple[str, ...]) -> World:
    return registry.load_world(file) if registry else load(file, providers)
