"""The quirks of an account, as a test reads and sets them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from harness.nearest import unknown

if TYPE_CHECKING:
    from harness.testing.collection import Ask


class Quirks(Mapping[str, str]):
    """The switches of an account: `quirks["name"]` reads, `quirks["name"] = choice` sets."""

    def __init__(self, ask: Ask, provider: str) -> None:
        self._ask = ask
        self._provider = provider

    def set(self, chosen: Mapping[str, str] | None = None, /, **more: str) -> None:
        """Choose; all of it or, when one name or choice is wrong, nothing."""
        self._ask("quirks.change", choices={**(chosen or {}), **more})

    def choices(self, name: str) -> list[str]:
        """What a quirk may be set to."""
        choices: list[str] = self._one(name)["choices"]
        return choices

    def __getitem__(self, name: str) -> str:
        choice: str = self._one(name)["choice"]
        return choice

    def __setitem__(self, name: str, choice: str) -> None:
        self.set({name: choice})

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())

    def _one(self, name: str) -> dict[str, Any]:
        quirks = self._read()
        if name not in quirks:
            raise KeyError(unknown(f"quirk of {self._provider}", name, quirks))
        return quirks[name]

    def _read(self) -> dict[str, dict[str, Any]]:
        return {quirk["name"]: quirk for quirk in self._ask("quirks.list")["quirks"]}

    def __repr__(self) -> str:
        chosen = ", ".join(f"{name}={quirk['choice']}" for name, quirk in self._read().items())
        return f"<Quirks of {self._provider}: {chosen}>"
