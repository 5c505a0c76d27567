"""Which teams a user belongs to: written down with what that user says and does."""

from __future__ import annotations

from harness.core.unit import Unit
from harness.providers.kustomer.jsonapi.kind import is_deleted


def teams_of(unit: Unit, user: str | None) -> list[str]:
    """The ids of a user's teams; none for the system."""
    if user is None:
        return []
    return [
        team["id"] for team in unit["teams"] if user in team["attributes"].get("members", ()) and not is_deleted(team)
    ]
