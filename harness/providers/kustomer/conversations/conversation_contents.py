"""What belongs to a conversation and goes where it goes: messages, notes, drafts, times."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from harness.core.store import Document
from harness.core.unit import Unit
from harness.providers.kustomer.actor import Actor
from harness.providers.kustomer.jsonapi import documents
from harness.providers.kustomer.jsonapi.kind import DELETED, Kind
from harness.providers.kustomer.jsonapi.kinds import CONVERSATION_TIMES, DRAFTS, FORWARDS, MESSAGES, NOTES, REDACTIONS

_SAID: Final = (MESSAGES, NOTES)
_SILENT: Final = (DRAFTS, FORWARDS, CONVERSATION_TIMES, REDACTIONS)
"""What of a move nothing is told of."""


def move_along(unit: Unit, conversation: str, customer: str, by: Actor) -> None:
    """Give another customer what belongs to a conversation."""
    for kind in _SAID:
        for document in _of(unit, kind, conversation):
            documents.change(unit, kind, document, {}, {"customer": customer}, by=by, touch=False)
    for kind in _SILENT:
        for document in _of(unit, kind, conversation):
            relations = {**document["relations"], "customer": customer}
            unit[kind.collection].replace({**document, "relations": relations})


def take_along(unit: Unit, conversation: Document, by: Actor) -> None:
    """Delete what was said in a conversation that is deleted. inferred: it comes back with it."""
    for kind in _SAID:
        for document in _of(unit, kind, conversation["id"]):
            documents.remove(unit, kind, {**document, "gone_with": conversation["id"]}, by=by)


def bring_back(unit: Unit, conversation: Document, by: Actor) -> None:
    """Restore what went with a conversation."""
    for kind in _SAID:
        for entry in unit[kind.collection].range("id", group=DELETED):
            if entry.document.get("gone_with") == conversation["id"]:
                back = {"deleted": None, "deletedAt": None}
                documents.change(unit, kind, entry.document, back, by=by, touch=False, gone_with=None)


def _of(unit: Unit, kind: Kind, conversation: str) -> Iterator[Document]:
    collection = unit[kind.collection]
    if "conversation" in kind.parents:
        yield from (entry.document for entry in collection.range("id", group=f"conversation:{conversation}"))
    else:
        yield from (each for each in collection if each["relations"].get("conversation") == conversation)
