"""The quotas of an account, as a test reads and sets them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from harness.nearest import unknown
from harness.testing.clock import moment_or_none

if TYPE_CHECKING:
    from harness.testing.collection import Ask


class Quota:
    """One quota of an account: read what is left, or set it."""

    def __init__(self, ask: Ask, provider: str, name: str, scope: str = "") -> None:
        self._ask = ask
        self._provider = provider
        self.name = name
        self.scope = scope
        self._read()

    def of(self, scope: str) -> Quota:
        """The window of one key, operation or object, for quotas that count by those."""
        return Quota(self._ask, self._provider, self.name, scope)

    @property
    def limit(self) -> int:
        """Requests a window allows; settable."""
        limit: int = self._read()["limit"]
        return limit

    @limit.setter
    def limit(self, limit: int) -> None:
        self._ask("quotas.change", quota=self.name, limit=limit)

    @property
    def remaining(self) -> int:
        """Requests that would still be answered; settable."""
        remaining: int = self._window()["remaining"]
        return remaining

    @remaining.setter
    def remaining(self, remaining: int) -> None:
        self._ask("quotas.change", quota=self.name, remaining=remaining, scope=self.scope)

    @property
    def resets_at(self) -> datetime | None:
        """When the window is whole again (fixed) or takes the next request (sliding); None before it."""
        return moment_or_none(self._window()["resets_at"])

    @property
    def window(self) -> timedelta:
        """How long a window is."""
        return timedelta(seconds=self._read()["window"])

    @property
    def kind(self) -> Literal["fixed", "sliding"]:
        """Whether a window begins with its first request or looks back from each."""
        kind: Literal["fixed", "sliding"] = self._read()["kind"]
        return kind

    def _window(self) -> dict[str, Any]:
        read = self._read()
        for window in read["windows"]:
            if window["scope"] == self.scope:
                found: dict[str, Any] = window
                return found
        return {"remaining": read["limit"], "resets_at": None}

    def _read(self) -> dict[str, Any]:
        quotas: dict[str, dict[str, Any]] = {quota["name"]: quota for quota in self._ask("quotas.list")["quotas"]}
        if self.name not in quotas:
            raise KeyError(unknown(f"quota of {self._provider}", self.name, quotas))
        return quotas[self.name]

    def __repr__(self) -> str:
        return f"<Quota {self.name}: {self.remaining} of {self.limit} left>"


class Quotas:
    """The quotas of an account by name."""

    def __init__(self, ask: Ask, provider: str) -> None:
        self._ask = ask
        self._provider = provider

    def __getitem__(self, name: str) -> Quota:
        return Quota(self._ask, self._provider, name)

    def __iter__(self) -> Iterator[str]:
        return iter([quota["name"] for quota in self._ask("quotas.list")["quotas"]])

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __repr__(self) -> str:
        return f"<Quotas of {self._provider}: {', '.join(self)}>"
