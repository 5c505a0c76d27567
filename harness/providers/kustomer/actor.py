"""Who writes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from harness.providers.kustomer.jsonapi.kind import MACHINE


@dataclass(frozen=True, slots=True)
class Actor:
    """Who writes: a user's id (None: the system), and the roles of the key (None: all)."""

    user: str | None
    roles: tuple[str, ...] | None = None
    client: str = "api-gw"
    """What wrote for them. recorded: `api-gw` is the API."""

    def has(self, role: str) -> bool:
        """Whether one of the roles is this one or covers it: `org.user` covers `org.user.note.read`."""
        return self.roles is None or any(role == held or role.startswith(f"{held}.") for held in self.roles)


KEY: Final = Actor(MACHINE)
"""The machine user of the keys."""
SYSTEM: Final = Actor(None, client="system")
