"""What suites judge: a provider's contract, fake and mappings, by its cassettes, through some client."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.core.contract import Contract
from harness.core.provider import Provider
from harness.core.registry import Registry
from harness.testing.home import Home
from harness.testing.sandbox import Sandbox, WorldWish, open_sandbox
from harness.verify.cassette import Cassette, load_all, shipped_folder

if TYPE_CHECKING:
    from harness.core.exchange import Request, Response
    from harness.core.pack import Pack
    from harness.core.provider import Handler

Alter = Callable[["Request", Callable[["Request"], "Response"]], "Response"]
"""Stands between a client and the fake: given a request and what answers it, it answers, perhaps otherwise."""


@dataclass(frozen=True, kw_only=True)
class Subject:
    """One provider, and how it is reached."""

    provider: str
    cassette_folder: Path | None = None
    """Where its cassettes are; None for the shipped ones."""
    world: WorldWish | None = None
    client: Callable[..., Any] | None = None
    """Makes the user's own client for an account, for the suites that judge clients."""
    work: Mapping[str, Callable[[Any, Any], Any]] | None = None
    """What the user's own client does, by operation: called with the client and the account."""
    update: bool = False
    """Whether golden files are rewritten."""
    alter: Alter | None = None
    """A mutation of the fake's answers."""
    handlers: Mapping[str, Callable[[Handler], Handler]] = field(default_factory=dict)
    """A mutation of what the fake's handlers do, by operation: makes of a handler another one."""
    mapping_override: Mapping[str, Any] = field(default_factory=dict)
    """A mutation of the mappings."""
    live_key: str | None = field(default=None, repr=False)
    live_url: str | None = None
    """Where the real API is, when it is not where the integration says."""
    live_writes: bool = False
    """Whether the real API is written to."""

    @property
    def is_altered(self) -> bool:
        """Whether its fake is a mutant."""
        return self.alter is not None or bool(self.handlers)

    @cached_property
    def registry(self) -> Registry:
        """Where its sandboxes are opened."""
        return _Altered(self.provider, self.alter, self.handlers) if self.is_altered else Registry()

    @cached_property
    def kept(self) -> dict[Any, Any]:
        """What suites keep between their cases, by keys of their own."""
        return {}

    @cached_property
    def home(self) -> Home:
        """The place of its sandboxes."""
        return Home(self.registry)

    @property
    def pack(self) -> Pack:
        """The provider's pack."""
        return self.registry.pack(self.provider)

    @property
    def contract(self) -> Contract:
        """The provider's contract."""
        return self.pack.contract

    @cached_property
    def cassettes(self) -> list[Cassette]:
        """The provider's cassettes. Raises CassetteError."""
        return load_all(self.cassette_folder or shipped_folder(self.provider))

    def sandbox(self, world: WorldWish | None = None, **options: Any) -> Sandbox:
        """A fresh sandbox with quotas off, to be closed; what `open_sandbox` takes may be given."""
        return open_sandbox(
            self.home, world or self.world, **{"quotas": "off", "strict": not self.is_altered, **options}
        )


class _Altered(Registry):
    """A registry one of whose providers works and answers through a mutation."""

    def __init__(self, name: str, alter: Alter | None, handlers: Mapping[str, Callable[[Handler], Handler]]) -> None:
        super().__init__()
        self._name = name
        self._alter = alter
        self._handlers = handlers
        self._pack: Pack | None = None

    def pack(self, name: str) -> Pack:
        """A provider's pack; the handlers of the mutated one are what the mutation makes of them."""
        found = super().pack(name)
        if name != self._name or not self._handlers:
            return found
        if self._pack is None:
            handlers = {id: wrap(found.handlers[id]) for id, wrap in self._handlers.items()}
            self._pack = replace(found, handlers={**found.handlers, **handlers})
            self._pack.__dict__["contract"] = found.contract  # the same one: its validators are compiled once
        return self._pack

    def provider(self, name: str) -> Provider:
        """The provider at work; the mutated one answers as the mutation says."""
        found = super().provider(name)
        return found if name != self._name or self._alter is None else _Mutant(found, self._alter)


class _Mutant(Provider):
    """A provider whose answers pass through a mutation."""

    def __init__(self, real: Provider, alter: Alter) -> None:
        self.__dict__.update(real.__dict__)
        self._real = real
        self._alter = alter

    def handle(self, request: Request) -> Response:
        """Answer, perhaps otherwise."""
        return self._alter(request, self._real.handle)

    def begin(self, request: Request) -> Response:
        """The same: in-process clients ask by this name."""
        return self.handle(request)
