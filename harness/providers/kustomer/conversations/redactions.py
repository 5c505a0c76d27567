"""Redactions: parts of a message made unreadable for good."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.core.exchange import Response
from harness.core.provider import Call, Handler
from harness.core.store import Document
from harness.core.unit import Unit
from harness.providers.kustomer.actor import Actor
from harness.providers.kustomer.conversations import messages
from harness.providers.kustomer.dialect import wrong
from harness.providers.kustomer.files import attachments
from harness.providers.kustomer.jsonapi import documents
from harness.providers.kustomer.jsonapi.kinds import MESSAGES, REDACTIONS
from harness.providers.kustomer.jsonapi.resources import found, show
from harness.providers.kustomer.jsonapi.stamps import moment
from harness.providers.kustomer.keys import actor
from harness.providers.kustomer.limits import count_update


def redact(unit: Unit, message: Document, body: Mapping[str, Any], by: Actor) -> Document:
    """Put the text and the meta of a body in the place of a message's, and take its files away. Raises Refused.

    documented: the message is redacted afterwards. inferred: what takes whose place; 400 where nothing is to be
    redacted, also for a file of another message.
    """
    if not body:
        raise wrong(unit, None, 'Data does not match any schemas from "anyOf"', "/anyOf")
    files = list(dict.fromkeys(body.get("attachments", ())))
    held = message["relations"].get("attachments", ())
    if any(id not in held for id in files):
        raise wrong(unit, "attachments", "Invalid attachments")
    for id in files:
        attachments.redact(unit, id, by)
    parts = {name: body[name] for name in ("preview", "meta") if name in body}
    changed = {**parts, "redacted": True, "redactedAt": moment(unit.now)}
    after = documents.change(unit, MESSAGES, message, changed, by=by)
    relations = message["relations"]
    messages.follow(unit, message, after, relations.get("conversation"), by)
    return documents.create(
        unit,
        REDACTIONS,
        {"createdAt": None, "updatedAt": None, **parts},  # documented by the example: it has no times
        {
            "message": message["id"],
            "conversation": relations.get("conversation"),
            "customer": relations["customer"],
            "attachments": files,
        },
        by=by,
    )


def _create(call: Call) -> Response:
    by, message = actor(call), found(call, MESSAGES)
    count_update(call, message["id"], by)
    return show(call, REDACTIONS, redact(call, message, call.body, by), 201)


HANDLERS: dict[str, Handler] = {"messages.redact": _create}
