"""The status of a conversation: open, snoozed until a time, done.

documented: a conversation begins open or done; snooze is scheduled, canceled or elapsed.
https://developer.kustomer.com/kustomer-api-docs/reference
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from harness.core.clock import parse_instant
from harness.core.unit import Unit
from harness.providers.kustomer.actor import Actor
from harness.providers.kustomer.dialect import wrong
from harness.providers.kustomer.jsonapi.stamps import moment
from harness.providers.kustomer.jsonapi.times import given_moment
from harness.providers.kustomer.people.membership import teams_of

Attributes = Mapping[str, Any]

SNOOZE: Final = "snooze"
"""The kind of the due event that ends one."""
NOBODY: Final[Attributes] = {"createdByTeams": [], "assignedTeams": [], "assignedUsers": []}
"""What firstDone and its like hold before anybody did it."""

_TOTALS: Final = {"open": "totalOpen", "snoozed": "totalSnooze", "done": "totalDone"}
_DATED: Final = {
    "name": "nameAt",
    "priority": "priorityAt",
    # inferred: no other channel of a conversation is anybody's to change
    "replyChannel": "channelAt",
    "assignedTeams": "assignedTeamsAt",
    "assignedUsers": "assignedUsersAt",
    "defaultLang": "defaultLangAt",
    "status": "statusAt",
    "tags": "tagsAt",
    "custom": "customAt",
}
NEVER: Final[Attributes] = dict.fromkeys((*_DATED.values(), "brandAt"))
"""modificationHistory of what was not changed yet."""


class Turn:
    """Where a body wants a conversation to turn."""

    __slots__ = ("ending", "status", "time")

    def __init__(self, status: str, time: str | None = None, ending: str = "canceled") -> None:
        self.status = status
        self.time = time
        """Until when it sleeps; None: until somebody wakes it."""
        self.ending = ending
        """What becomes of a snooze that ends."""


def asked(unit: Unit, body: Mapping[str, Any], before: Attributes) -> Turn | None:
    """What a body says of the status, or None. Raises Refused (400) where status and snooze contradict each other.

    inferred: a snooze without a status snoozes or wakes, a status without a snooze ends one.
    """
    status, snooze = body.get("status"), body.get("snooze")
    if snooze is None:
        return None if status is None else Turn(status, _former_time(before) if status == "snoozed" else None)
    wants = snooze["status"]
    if status is not None and (wants == "scheduled") != (status == "snoozed"):
        raise wrong(unit, "snooze", f'No enum match for: "{wants}"', "/properties/snooze/properties/status/enum")
    if wants == "scheduled":
        return Turn("snoozed", given_moment(unit, "time", snooze["time"]) if "time" in snooze else None)
    if status is None and before["status"] != "snoozed":
        return None
    return Turn(status or "open", ending=wants)


def _former_time(before: Attributes) -> str | None:
    """A conversation that sleeps already sleeps on."""
    time: str | None = before["snooze"].get("time") if before["status"] == "snoozed" and "snooze" in before else None
    return time


def turned(unit: Unit, before: Attributes, turn: Turn, by: Actor) -> dict[str, Any]:
    """What changes when a conversation turns to a status; `before` has what changes with it already."""
    now, old, status = moment(unit.now), before["status"], turn.status
    changed: dict[str, Any] = {}
    if status == "snoozed":
        until = {} if turn.time is None else {"time": turn.time}
        if old != status or until.get("time") != _former_time(before):
            changed["snooze"] = {**until, "status": "scheduled", "statusAt": now}
    elif old == "snoozed":
        changed["snooze"] = {**before.get("snooze", {}), "status": turn.ending, "statusAt": now}
    if status == old:
        return changed
    changed |= {"status": status, _TOTALS[old]: _total(unit, before, old)}
    return {**changed, **entered(unit, before, status, by)}


def entered(unit: Unit, before: Attributes, status: str, by: Actor) -> dict[str, Any]:
    """What a conversation that turns to a status has from then on.

    inferred: a conversation is reopened when it was done; one that wakes is not.
    """
    now = moment(unit.now)
    match status:
        case "open":
            reopened = {"reopenCount": before.get("reopenCount", 0) + 1} if before["status"] == "done" else {}
            return {"open": {"statusAt": now}, **reopened}
        case "snoozed":
            return {"snoozeCount": before.get("snoozeCount", 0) + 1}
    done = {
        "createdByTeams": teams_of(unit, by.user),
        "assignedTeams": before["assignedTeams"],
        "assignedUsers": before["assignedUsers"],
        **({"createdBy": by.user} if by.user else {}),
        "createdAt": now,
    }
    return {
        "doneCount": before.get("doneCount", 0) + 1,
        "firstDone": before["firstDone"] if "createdAt" in before["firstDone"] else done,
        "lastDone": done,
        "firstResponseSinceLastDone": dict(NOBODY),
        "lastMessageUnrespondedToSinceLastDone": {},
    }


def _total(unit: Unit, before: Attributes, status: str) -> dict[str, int]:
    """inferred: how long a conversation was in a status, in milliseconds; only the name is known."""
    since = parse_instant(before["modificationHistory"]["statusAt"] or before["createdAt"])
    total: int = before.get(_TOTALS[status], {}).get("time", 0)
    return {"time": total + max(unit.now - since, 0)}


def with_history(before: Attributes, changed: Mapping[str, Any], now: str) -> dict[str, Any]:
    """The changes, and when each of what is watched was changed last."""
    dates = {at: now for name, at in _DATED.items() if name in changed and changed[name] != before.get(name)}
    if not dates:
        return dict(changed)
    return {**changed, "modificationHistory": {**before["modificationHistory"], **dates}}


def let_wake(unit: Unit, id: str, attributes: Attributes) -> None:
    """Let a snooze end when its time comes, and at no other time."""
    time = attributes.get("snooze", {}).get("time") if attributes["status"] == "snoozed" else None
    if time is None or attributes.get("deleted"):
        unit.unschedule(SNOOZE, id)
    else:
        unit.schedule(SNOOZE, parse_instant(time), id)
