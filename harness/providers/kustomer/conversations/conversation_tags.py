"""Tags of a conversation: put on and taken off by name or id."""

from __future__ import annotations

from collections.abc import Iterable

from harness.core.exchange import Response
from harness.core.provider import Call, Handler
from harness.core.store import Document
from harness.core.unit import Unit
from harness.providers.kustomer.actor import Actor
from harness.providers.kustomer.conversations import conversations
from harness.providers.kustomer.dialect import wrong
from harness.providers.kustomer.jsonapi.kinds import CONVERSATIONS
from harness.providers.kustomer.jsonapi.resources import found, show, success
from harness.providers.kustomer.keys import actor
from harness.providers.kustomer.limits import count_update
from harness.providers.kustomer.settings import tags

MOST = 20
"""documented: on one conversation. https://developer.kustomer.com/kustomer-api-docs/reference"""


def put(unit: Unit, conversation: Document, names: Iterable[str], by: Actor) -> Document:
    """Put tags on a conversation after those it has; documented: one nobody has yet is made. Raises Refused."""
    held = conversation["attributes"]["tags"]
    wanted = list(dict.fromkeys((*held, *tags.resolved(unit, names, by))))
    if len(wanted) > MOST:  # inferred: what an update may not give them, they cannot get otherwise
        raise wrong(unit, "tags", f"Array is too long ({len(wanted)}), maximum {MOST}", "/properties/tags/maxItems")
    return conversations.update(unit, conversation, {"tags": wanted}, by)


def take(unit: Unit, conversation: Document, names: Iterable[str], by: Actor) -> Document:
    """Take tags off a conversation. inferred: one it does not have is no mistake, and none is made."""
    known = unit["tags"]
    gone = {known.lookup_id("value", ("name", name.casefold())) or name for name in names}
    left = [id for id in conversation["attributes"]["tags"] if id not in gone]
    return conversations.update(unit, conversation, {"tags": left}, by)


def _create(call: Call) -> Response:
    by, conversation = actor(call), found(call, CONVERSATIONS)
    count_update(call, conversation["id"], by)
    # documented: 200 for this POST
    return show(call, CONVERSATIONS, put(call, conversation, call.body, by), success(call, 200, 201))


def _delete(call: Call) -> Response:
    by, conversation = actor(call), found(call, CONVERSATIONS)
    count_update(call, conversation["id"], by)
    return show(call, CONVERSATIONS, take(call, conversation, call.body, by))


HANDLERS: dict[str, Handler] = {
    "conversation_tags.create": _create,
    "conversation_tags.delete": _delete,
}
