"""The control: everything that may be done to sandboxes, as one table of `operations`.

`LocalControl` performs them on a registry in this process; the server's control plane puts it behind HTTP,
and `RemoteControl` speaks to that. Ids and arguments are those of the contract in `contracts/harness`.
"""

from __future__ import annotations

from typing import Any, Protocol

from harness.core.registry import Registry
from harness.core.sandbox import Account, Sandbox
from harness.core.worlds import World
from harness.nearest import unknown
from harness.testing.arguments import ControlError, arguments_of, conflict, invalid, not_found
from harness.testing.operations import OPERATIONS
from harness.testing.operations.refusals import AGAINST, WRONG

__all__ = ["Control", "ControlError", "LocalControl"]


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
            return OPERATIONS[operation](self, **given)
        except WRONG as error:
            raise invalid(str(error)) from error
        except AGAINST as error:
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

    def chosen_provider(self, name: str | None) -> None:
        """Refuse an option that names a provider there is not."""
        if name is not None and name not in (names := self.registry.names()):
            raise invalid(f"provider: {unknown('provider', name, names)}", "provider")
