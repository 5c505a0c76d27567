"""Which teams a user belongs to: written down with what that user says and does."""

from __future__ import annotations

from harness.core.unit import Unit
from harness.providers.kustomer.jsonapi.kind import LIVE


def teams_of(unit: Unit, user: str | None) -> list[str]:
    """The ids of a user's teams, the oldest first as in their list; none for the system."""
    if user is None:
        return []
    teams = (entry.document for entry in unit["teams"].range("id", group=LIVE))
    return [team["id"] for team in teams if user in team["attributes"].get("members", ())]
