"""Conversation times: stretches of work of a person on a conversation.

documented: their attributes, and that several may be read at once. inferred: that each message, note and change of a
person makes one, since people make them in the product itself and no machine does; and that it takes no time, since
nobody who asks over HTTP shows when the work began. A world may tell of longer ones.
"""

from __future__ import annotations

from typing import Any, Final, Literal

from harness.core.exchange import Response
from harness.core.provider import Call, Handler
from harness.core.store import Document
from harness.core.unit import Unit
from harness.providers.kustomer.actor import Actor
from harness.providers.kustomer.jsonapi import documents
from harness.providers.kustomer.jsonapi.kinds import CONVERSATION_TIMES, CONVERSATIONS
from harness.providers.kustomer.jsonapi.resources import find, found, listing, show, show_all
from harness.providers.kustomer.jsonapi.stamps import moment
from harness.providers.kustomer.people.membership import teams_of

MOST = 1000
"""documented: how long a page of times may be."""


_DONE: Final = {"open": "reopened", "snoozed": "snoozed", "done": "resolved"}
"""What search calls it when somebody gives a conversation a status."""


def record(
    unit: Unit,
    conversation: Document,
    by: Actor,
    said: Literal["message", "note"] | None = None,
    *,
    former: str | None = None,
) -> None:
    """Note down that a person worked on a conversation, and what was written there; `former` is the status it had
    before.

    What search alone tells of it is not shown. inferred from the names: all work touches a conversation, and one is
    reopened when it was done.
    """
    user = unit["users"].get(by.user) if by.user else None
    if user is None or user["attributes"]["userType"] == "machine":
        return
    now, known = moment(unit.now), conversation["attributes"]
    documents.create(
        unit,
        CONVERSATION_TIMES,
        {
            "updatedAt": None,
            "modifiedAt": None,
            "createdByTeams": teams_of(unit, by.user),
            "assignedUsers": known["assignedUsers"],
            "assignedTeams": known["assignedTeams"],
            "handleAt": now,
            "handleTime": 0,
            **({f"{said}At": now, f"{said}Time": 0} if said else {}),
            "channels": known["channels"],
        },
        {"customer": conversation["relations"]["customer"], "conversation": conversation["id"]},
        by=by,
        touched=True,
        **_turned(former, known["status"]),
        messages_sent=int(said == "message"),
        notes_sent=int(said == "note"),
    )


def _turned(former: str | None, status: str) -> dict[str, Any]:
    if former in (None, status) or (status == "open" and former != "done"):
        return {}
    return {_DONE[status]: True}


def _get(call: Call) -> Response:
    ids = [id for id in dict.fromkeys(call.path["ids"].split(",")) if id] or [call.path["ids"]]
    times = [find(call, CONVERSATION_TIMES, id) for id in ids]
    if "," in call.path["ids"]:
        return show_all(call, CONVERSATION_TIMES, times)
    return show(call, CONVERSATION_TIMES, times[0])


def _list(call: Call) -> Response:
    """documented by the example: the newest first."""
    group = f"conversation:{found(call, CONVERSATIONS)['id']}"
    return listing(call, CONVERSATION_TIMES, group=group, descending=True, most=MOST)


HANDLERS: dict[str, Handler] = {
    "conversation_times.list": _list,
    "conversation_times.get": _get,
}
