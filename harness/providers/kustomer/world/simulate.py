"""What the other side does: customers and networks (`other_side`), and agents in the application (`at_work`).

Channels, customers, agents, teams, conversations and objects are named by their id or by the key of the world's record.
"""

from __future__ import annotations

from typing import Final

from harness.core.simulate import Argument, Simulation
from harness.providers.kustomer.world import at_work, other_side

_CONVERSATION: Final = Argument("the conversation: id or world key", required=True)
_AGENT: Final = Argument("who does it: id or world key of an agent; by default the first it is assigned to")
_WHO: Final = Argument("who does it: id or world key of an agent", required=True)
_TEXT: Final = Argument("what is written", required=True)
_SUBJECT: Final = Argument("of an e-mail")

SIMULATE: Final[dict[str, Simulation]] = {
    "inbound_message": Simulation(
        other_side.inbound_message,
        "A customer writes: begins, goes on with or reopens a conversation.",
        {
            "channel": Argument(
                "how: world key or id of an outbound account, or a channel such as email", required=True
            ),
            "text": _TEXT,
            "customer": Argument("who: id or world key of a customer"),
            "address": Argument("what it comes from; an unknown one makes a new customer"),
            "subject": _SUBJECT,
        },
    ),
    "agent_reply": Simulation(
        at_work.agent_reply,
        "An agent answers by the channel of the last message that came in.",
        {"conversation": _CONVERSATION, "text": _TEXT, "agent": _AGENT, "subject": _SUBJECT},
    ),
    "agent_note": Simulation(
        at_work.agent_note,
        "An agent writes a note.",
        {"conversation": _CONVERSATION, "text": _TEXT, "agent": _AGENT},
    ),
    "delivery_receipt": Simulation(
        other_side.delivery_receipt,
        "The network tells what became of an outgoing message.",
        {
            "message": Argument("the message: its id", required=True),
            "status": Argument("what became of it", required=True, choices=other_side.RECEIPTS),
            "error": Argument("why it could not be delivered"),
        },
    ),
    "draft_sent": Simulation(
        at_work.draft_sent,
        "An agent sends a draft: a message or a note takes its place.",
        {
            "draft": Argument("the draft: its id", required=True),
            "agent": Argument("who sends it: id or world key of an agent; by default who made it"),
        },
    ),
    "assign": Simulation(
        at_work.assign,
        "A conversation is given to agents and teams.",
        {
            "conversation": _CONVERSATION,
            "agents": Argument("ids or world keys, joined by commas; nobody where empty"),
            "teams": Argument("ids or world keys, joined by commas; none where empty"),
            "by": Argument("who does it: id or world key of an agent"),
        },
    ),
    "close": Simulation(
        at_work.close, "An agent marks a conversation as done.", {"conversation": _CONVERSATION, "agent": _AGENT}
    ),
    "snooze": Simulation(
        at_work.snooze,
        "An agent puts a conversation off.",
        {
            "conversation": _CONVERSATION,
            "until": Argument("a moment such as 2026-01-16T09:00:00Z or now+2h; until somebody wakes it where none"),
            "agent": _AGENT,
        },
    ),
    "satisfaction_answered": Simulation(
        other_side.satisfaction_answered,
        "A customer answers a survey about a conversation.",
        {
            "conversation": _CONVERSATION,
            "score": Argument("0 for not satisfied, 1 for satisfied", "number", required=True),
            "rating": Argument("from 0 to 10", "number"),
            "comment": Argument("what is written besides"),
            "survey": Argument("the survey: id or world key"),
        },
    ),
    "track": Simulation(
        other_side.track,
        "A customer does something on a tracked site.",
        {
            "customer": Argument("who: id or world key of a customer", required=True),
            "name": Argument("what, such as page_viewed", required=True),
            "session": Argument("the id of the session"),
            "meta": Argument("what there is to say about it", "object"),
        },
    ),
    "kobject_worked": Simulation(
        at_work.kobject_worked,
        "An agent works on an object of an assignable klass.",
        {
            "object": Argument("the object: id or world key", required=True),
            "agent": _WHO,
            "status": Argument("what it is then", choices=("open", "done")),
            "assignee": Argument("who gets it: id or world key of an agent"),
            "queue": Argument("the id of the queue it goes to"),
        },
    ),
}
