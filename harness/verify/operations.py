"""Which operation of a contract a call is one of."""

from __future__ import annotations

from collections.abc import Callable

from harness.core.contract import Contract, Operation
from harness.core.exchange import Request
from harness.core.routing import Match, Router
from harness.verify.cassette import Interaction


class Operations:
    """The operations of a contract by method and path. A host that shows them below another path is understood.

    `target` is the pack's: what a request is meant for, where that is not what it names.
    """

    def __init__(self, contract: Contract, target: Callable[[Request], tuple[str, str]] | None = None) -> None:
        self._base_path = contract.base_path
        self._target = target
        self._router: Router[Operation] = Router()
        for operation in contract.operations.values():
            self._router.add(
                operation.method, operation.path, operation, catch_all=operation.catch_all, forms=operation.forms
            )

    def match(self, interaction: Interaction) -> Match[Operation] | None:
        """The operation with its path parameters, or None."""
        if self._target is None:
            return self._match(interaction.method, interaction.path)
        request = Request(
            interaction.method, interaction.path, query=interaction.query, headers=interaction.request_headers
        )
        return self._match(*self._target(request))

    def of(self, interaction: Interaction) -> Operation | None:
        """The operation, or None."""
        match = self.match(interaction)
        return match.target if match else None

    def at(self, method: str, path: str) -> Operation | None:
        """The same, of a method and a path."""
        match = self._match(method, path)
        return match.target if match else None

    def id_of(self, interaction: Interaction) -> str | None:
        """Its id, or None."""
        operation = self.of(interaction)
        return operation.id if operation else None

    def _match(self, method: str, path: str) -> Match[Operation] | None:
        match = self._router.match(method, path)
        if match is None and self._base_path and f"{self._base_path}/" in path:
            match = self._router.match(method, path[path.index(f"{self._base_path}/") :])
        return match
