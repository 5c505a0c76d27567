"""The documents of one collection, as a test reads them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from harness.testing.arguments import ControlError

Ask = Callable[..., Any]
"""Asks the control something about one account: an operation's id and its further arguments."""

_PAGE = 500


class Collection:
    """Documents as the provider shows them, in the order they were made; read anew at each use."""

    def __init__(self, ask: Ask, provider: str, name: str) -> None:
        self._ask = ask
        self._provider = provider
        self.name = name
        self._list(limit=0)

    def get(self, id: str, default: Any = None) -> Any:
        """A document by id, or the default."""
        try:
            return self[id]
        except KeyError:
            return default

    def __getitem__(self, id: str) -> dict[str, Any]:
        try:
            document: dict[str, Any] = self._ask("state.read", collection=self.name, id=id)
        except ControlError as error:
            if error.status != 404:
                raise
            raise KeyError(id) from None
        return document

    def __contains__(self, id: object) -> bool:
        return isinstance(id, str) and self.get(id) is not None

    def __len__(self) -> int:
        total: int = self._list(limit=0)["total"]
        return total

    def __iter__(self) -> Iterator[dict[str, Any]]:
        offset = 0
        while True:
            page = self._list(offset=offset, limit=_PAGE)
            yield from page["documents"]
            offset += len(page["documents"])
            if offset >= page["total"] or not page["documents"]:
                return

    def _list(self, **window: int) -> dict[str, Any]:
        answer: dict[str, Any] = self._ask("state.list", collection=self.name, **window)
        return answer

    def __repr__(self) -> str:
        return f"<Collection {self.name} of {self._provider}: {len(self)} documents>"
