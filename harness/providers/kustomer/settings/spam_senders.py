"""Senders that are let through or kept out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.core.exchange import Response
from harness.core.provider import Call, Handler
from harness.core.store import Document
from harness.core.unit import Unit
from harness.providers.kustomer.actor import Actor
from harness.providers.kustomer.jsonapi import documents
from harness.providers.kustomer.jsonapi.kinds import SPAM_SENDERS
from harness.providers.kustomer.jsonapi.resources import delete_one, get_all, show, written


def find(unit: Unit, channel: str, sender: str) -> Document | None:
    """What is known of a sender. inferred: the channel and the address make it the same one."""
    return unit["spam_senders"].lookup("value", ("sender", f"{channel}:{sender.casefold()}"))


def upsert(unit: Unit, body: Mapping[str, Any], by: Actor) -> Document:
    """documented: adds a sender, or moves it to the other list."""
    known = find(unit, body["channel"], body["sender"])
    if known is not None:
        return documents.change(unit, SPAM_SENDERS, known, {"list": body["list"]}, by=by)
    return documents.create(unit, SPAM_SENDERS, dict(body), by=by)


def _upsert(call: Call) -> Response:
    return show(call, SPAM_SENDERS, upsert(call, *written(call)))


HANDLERS: dict[str, Handler] = {
    "spam_senders.list": get_all(SPAM_SENDERS),
    "spam_senders.upsert": _upsert,
    "spam_senders.delete": delete_one(SPAM_SENDERS, soft=False),
}
