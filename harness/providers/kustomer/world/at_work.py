"""What agents do in the application: answer, note down, send drafts, hand over, close, put off, work things off."""

from __future__ import annotations

from typing import Any

from harness.core.clock import TimeError
from harness.core.simulate import SimulationError
from harness.core.unit import Unit
from harness.providers.kustomer.actor import SYSTEM, Actor
from harness.providers.kustomer.conversations import conversations, drafts, messages, notes
from harness.providers.kustomer.jsonapi.kinds import CONVERSATIONS, DRAFTS, KOBJECTS, MESSAGES, NOTES
from harness.providers.kustomer.jsonapi.resources import is_id
from harness.providers.kustomer.jsonapi.stamps import moment
from harness.providers.kustomer.jsonapi.times import date_math
from harness.providers.kustomer.klasses import custom_objects
from harness.providers.kustomer.world import named
from harness.providers.kustomer.world.named import agent as agent_of
from harness.providers.kustomer.world.named import find, shown


def agent_reply(
    unit: Unit, conversation: str, text: str, agent: str | None = None, subject: str | None = None
) -> dict[str, Any]:
    """An agent answers."""
    found = find(unit, "conversation", conversation)
    known, by = found["attributes"], agent_of(unit, agent, found)
    if known["ended"]:
        raise SimulationError("it has ended: nobody writes there any more", "conversation")
    way = known.get("replyChannel") or (known.get("lastMessageIn") or known["lastMessageOut"]).get("channel")
    if way is None:
        raise SimulationError(
            "nothing was said there yet, so nobody knows by which channel: let it begin", "conversation"
        )
    customer = unit["customers"][found["relations"]["customer"]]
    if way in named.PLACES and named.address_of(customer, way) is None:
        raise SimulationError(f"its customer has no address for {way}", "conversation")
    if subject is not None and way != "email":
        raise SimulationError(f"only an e-mail has one, and this is {way}", "subject")
    said = unit["messages"].range("id", group=f"conversation:{found['id']}", descending=True)
    apps = (each.document["attributes"]["app"] for each in said if each.document["attributes"]["channel"] == way)
    body: dict[str, Any] = {
        "channel": way,
        "app": next(apps, named.APPS.get(way, way)),
        "direction": "out",
        "preview": text,
        "status": "sent",
        "sentAt": moment(unit.now),
    }
    if subject is not None:
        body["subject"] = subject
    return shown(unit, MESSAGES, messages.create(unit, body, by, conversation=found)["id"])


def agent_note(unit: Unit, conversation: str, text: str, agent: str | None = None) -> dict[str, Any]:
    """An agent writes a note."""
    found = find(unit, "conversation", conversation)
    note = notes.create(unit, {"body": text}, agent_of(unit, agent, found), conversation=found)
    return shown(unit, NOTES, note["id"])


def draft_sent(unit: Unit, draft: str, agent: str | None = None) -> dict[str, Any]:
    """An agent sends a draft."""
    found = find(unit, "draft", draft)
    by = Actor(found["relations"].get("createdBy")) if agent is None else Actor(find(unit, "agent", agent)["id"])
    sent = drafts.send(unit, found, by)
    for kind in (MESSAGES, NOTES):
        if sent["id"] in unit[kind.collection]:
            return shown(unit, kind, sent["id"])
    return shown(unit, DRAFTS, sent["id"])


def assign(
    unit: Unit, conversation: str, agents: str | None = None, teams: str | None = None, by: str | None = None
) -> dict[str, Any]:
    """A conversation is given to agents and teams."""
    found = find(unit, "conversation", conversation)
    if agents is None and teams is None:
        raise SimulationError("give agents, teams or both", "agents")
    body: dict[str, Any] = {}
    if agents is not None:
        body["assignedUsers"] = named.several(unit, "agent", agents, "agents")
    if teams is not None:
        body["assignedTeams"] = named.several(unit, "team", teams, "teams")
    author = SYSTEM if by is None else Actor(find(unit, "agent", by, "by")["id"])
    conversations.update(unit, found, body, author)
    return shown(unit, CONVERSATIONS, found["id"])


def close(unit: Unit, conversation: str, agent: str | None = None) -> dict[str, Any]:
    """An agent marks a conversation as done."""
    found = find(unit, "conversation", conversation)
    if found["attributes"]["status"] == "done":
        raise SimulationError("it is done already", "conversation")
    conversations.update(unit, found, {"status": "done"}, agent_of(unit, agent, found))
    return shown(unit, CONVERSATIONS, found["id"])


def snooze(unit: Unit, conversation: str, until: str | None = None, agent: str | None = None) -> dict[str, Any]:
    """An agent puts a conversation off."""
    found = find(unit, "conversation", conversation)
    snooze = {"status": "scheduled"}
    if until is not None:
        try:
            at = date_math(until, unit.now)
        except TimeError:
            raise SimulationError(f"a moment such as 2026-01-16T09:00:00Z or now+2h, not {until!r}", "until") from None
        if at <= unit.now:
            raise SimulationError(f"{until!r} has passed", "until")
        snooze["time"] = moment(at)
    conversations.update(unit, found, {"status": "snoozed", "snooze": snooze}, agent_of(unit, agent, found))
    return shown(unit, CONVERSATIONS, found["id"])


def kobject_worked(
    unit: Unit,
    object: str,
    agent: str,
    status: str | None = None,
    assignee: str | None = None,
    queue: str | None = None,
) -> dict[str, Any]:
    """An agent works on an object."""
    found = find(unit, "object", object)
    by = Actor(find(unit, "agent", agent)["id"])
    if "status" not in found["attributes"]:
        raise SimulationError("nobody works it off: its klass is not assignable", "object")
    worked: dict[str, Any] = {
        name: value for name, value in (("status", status), ("queue", queue)) if value is not None
    }
    if assignee is not None:
        worked["assignedUser"] = find(unit, "agent", assignee, "assignee")["id"]
    if queue is not None and not is_id(queue):
        raise SimulationError(f"24 hexadecimal digits, not {queue!r}", "queue")
    if not worked:
        raise SimulationError("give a status, an assignee or a queue", "status")
    custom_objects.update(unit, found, worked, by)
    return shown(unit, KOBJECTS, found["id"])
