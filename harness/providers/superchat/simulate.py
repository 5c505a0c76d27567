"""What the other side does: contacts write and click, networks deliver, agents answer, WhatsApp reviews, the AI calls.

Channels, contacts, agents, conversations and templates are named by their id or by the key of the world's record.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from harness.core.clock import DAY, SECOND
from harness.core.simulate import Argument, Simulation, SimulationError
from harness.core.store import Document
from harness.core.unit import Unit
from harness.nearest import nearest
from harness.providers.superchat import contacts, conversations, messages, templates
from harness.providers.superchat.channels import CONTENTS, HANDLES, WINDOWS
from harness.providers.superchat.dialect import moment
from harness.providers.superchat.events import emit
from harness.providers.superchat.projection import Projection

_COLLECTIONS: Final = {
    "agent": "users",
    "channel": "channels",
    "contact": "contacts",
    "conversation": "conversations",
    "message": "messages",
    "template": "templates",
}
_INBOUND: Final = ("text", "media", "email")
"""The kinds of content a contact sends. documented for text, client for media, inferred for email."""
_ORDER: Final = ("processed", "sent", "received", "read")
RECEIPTS: Final = ("sent", "received", "read", "sending_failed")
REVIEWS: Final = ("approved", "rejected")


def _find(unit: Unit, kind: str, name: str) -> Document:
    """What an argument names, by id or by the world's key."""
    collection = unit[_COLLECTIONS[kind]]
    found = collection.get(name)
    if found is None and kind != "message":
        found = collection.get(Projection(unit, {}).id(f"{kind}s", name))
    if found is None:
        close = nearest(name, _keys(unit, f"{kind}s"))
        hint = f" did you mean {close!r}?" if close else ""
        by = "this id" if kind == "message" else "this id or world key"
        raise SimulationError(f"no {kind} has {by}: {name!r};{hint} collection({_COLLECTIONS[kind]!r}) shows all", kind)
    return found


def _keys(unit: Unit, kind: str) -> list[str]:
    if unit.account is None:
        return []
    known = unit.account.sandbox.known
    records = (known.get("superchat") or {}).get(kind) or known.get(kind) or ()
    return [record["key"] for record in records]


def _content(unit: Unit, channel: Document, text: str | None, content: Mapping[str, Any] | None) -> dict[str, Any]:
    """What is written: the given content, or the text in the form of the channel."""
    if (text is None) == (content is None):
        raise SimulationError("give either text or content", "text")
    if content is None:
        if channel["type"] == "mail":
            return {"type": "email", "subject": "", "text": text, "html": None, "files": []}
        return {"type": "text", "body": text}
    if content.get("type") not in _INBOUND:
        raise SimulationError(f"its type is one of {', '.join(_INBOUND)}, not {content.get('type')!r}", "content")
    written = dict(content)
    wrong = next(iter(unit.pack.contract.validator("#/components/schemas/MessageContent").iter_errors(written)), None)
    if wrong is not None:
        raise SimulationError(wrong.message, "content", *map(str, wrong.instance_path))
    if (written["type"] == "email") != (channel["type"] == "mail"):
        raise SimulationError(f"a {channel['type']} channel carries no {written['type']}", "content")
    files = [written["file_id"]] if written["type"] == "media" else [each["id"] for each in written.get("files") or ()]
    for file in files:
        if file not in unit["files"]:
            raise SimulationError(f"there is no file {file!r}", "content")
    return written


def _writer(
    unit: Unit, channel: Document, contact: str | None, identifier: str | None
) -> tuple[Document | None, str, str]:
    """The contact that writes (None: nobody known), the type of its handle and the handle."""
    wanted = str(HANDLES.get(channel["type"], channel["type"]))
    if contact is None:
        if identifier is None:
            raise SimulationError("give a contact, or the identifier (the handle) it writes from", "contact")
        pattern = {"phone": contacts.PHONE, "mail": contacts.MAIL}.get(wanted)
        if not identifier or (pattern and not pattern.fullmatch(identifier)):
            raise SimulationError(
                f"a {channel['type']} channel knows its contacts by {wanted}: {identifier!r} is none", "identifier"
            )
        return unit["contacts"].lookup("handle", contacts.handle_group(wanted, identifier)), wanted, identifier
    found = _find(unit, "contact", contact)
    handles = [handle["value"] for handle in found["handles"] if handle["type"] == wanted]
    if identifier is not None and identifier not in handles:
        raise SimulationError(f"not a {wanted} handle of the contact: {identifier!r}", "identifier")
    if not handles:
        held = ", ".join(sorted({handle["type"] for handle in found["handles"]})) or "no handle"
        raise SimulationError(f"it has no {wanted} handle to write from by {channel['type']}, but {held}", "contact")
    return found, wanted, identifier or handles[0]


def _inbound_message(
    unit: Unit,
    channel: str,
    contact: str | None = None,
    identifier: str | None = None,
    text: str | None = None,
    content: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    at = _find(unit, "channel", channel)
    written = _content(unit, at, text, content)
    writer, type, handle = _writer(unit, at, contact, identifier)
    if writer is None:
        writer = contacts.add(unit, [{"type": type, "value": handle}])
    conversation = conversations.latest(unit, writer["id"], at["id"]) or conversations.begin(unit, writer["id"], at)
    message = messages.new_message(
        unit, conversation, "inbound", written, contact=writer["id"], identifier=handle, status="received"
    )
    conversations.open_window(unit, conversation, unit.now)
    messages.announce(unit, "message_inbound", message)
    return messages.render(unit, message)


def _agent_reply(
    unit: Unit,
    conversation: str,
    agent: str | None = None,
    text: str | None = None,
    content: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    found = _find(unit, "conversation", conversation)
    channel = unit["channels"][found["channel_id"]]
    sender = None if agent is None else _find(unit, "agent", agent)
    written = _content(unit, channel, text, content)
    if written["type"] not in CONTENTS[channel["type"]]:
        raise SimulationError(f"a {channel['type']} channel does not send {written['type']}", "content")
    if channel["type"] in WINDOWS and found["window_until"] is None:
        raise SimulationError("the messaging window is closed: let the contact write first", "conversation")
    if not found["contact_ids"]:
        raise SimulationError("its contact is gone", "conversation")
    contact = unit["contacts"][found["contact_ids"][0]]
    wanted = HANDLES.get(channel["type"], channel["type"])
    handles = [handle["value"] for handle in contact["handles"] if handle["type"] == wanted]
    if not handles:
        raise SimulationError(f"its contact has no {wanted} handle any more", "conversation")
    message = messages.new_message(
        unit,
        found,
        "outbound",
        written,
        contact=contact["id"],
        identifier=handles[0],
        status="processed",
        from_name=sender["first_name"] if sender else None,
    )
    messages.move_later(unit, message)
    messages.announce(unit, "message_outbound", message)
    return messages.render(unit, message)


def _sent(unit: Unit, id: str) -> Document:
    message = _find(unit, "message", id)
    if message["direction"] != "outbound":
        raise SimulationError("receipts and clicks are for what was sent, and this came in", "message")
    return message


def _delivery_receipt(unit: Unit, message: str, status: str, error: str | None = None) -> dict[str, Any]:
    found = _sent(unit, message)
    now = found["status"]
    failing = status == "sending_failed"
    if error is not None and not failing:
        raise SimulationError("only with status sending_failed", "error")
    late = now == "sending_failed" or (_ORDER.index(now) >= _ORDER.index("received" if failing else status))
    if late:
        raise SimulationError(f"the message is {now} already", "status")
    unit.unschedule(messages.MOVE, found["id"])
    if failing:
        # inferred: the shape of an error; documented is that there are some
        told = [{"title": error or "The message could not be delivered."}]
        failed = messages.reach(unit, {**found, "errors": told}, status)
        messages.announce(unit, "message_failed", failed)
        return messages.render(unit, failed)
    for step in _ORDER[_ORDER.index(now) + 1 : _ORDER.index(status) + 1]:
        found = messages.reach(unit, found, step)
    messages.move_later(unit, found)
    return messages.render(unit, found)


def _link_clicked(unit: Unit, message: str) -> dict[str, Any]:
    found = _sent(unit, message)
    if found["status"] == "sending_failed":
        raise SimulationError("the message never arrived", "message")
    unit["messages"].replace({**found, "reached": {**found["reached"], "clicked": unit.now}})
    return messages.render(unit, found)


def _template_review(unit: Unit, template: str, outcome: str) -> dict[str, Any]:
    found = _find(unit, "template", template)
    if found["status"] != "pending":
        raise SimulationError(f"nobody reviews it: it is {found['status']}, not pending", "template")
    unit.unschedule(templates.REVIEW, found["id"])
    reviewed = {**found, "status": outcome, "updated_at": unit.now}
    unit["templates"].replace(reviewed)
    return templates.VIEW.document(unit, reviewed)


def _ai_call_completed(
    unit: Unit,
    channel: str,
    contact: str | None = None,
    identifier: str | None = None,
    seconds: float = 60,
    summary: str | None = None,
) -> dict[str, Any]:
    """inferred: no source shows the payload, its noun or its fields."""
    at = _find(unit, "channel", channel)
    if at["type"] != "phone":
        raise SimulationError(f"the AI calls by a phone channel, and this is {at['type']}", "channel")
    if not 0 <= seconds <= DAY // SECOND:
        limit = f"from no time to a day ({DAY // SECOND} seconds)"
        raise SimulationError(f"a call takes {limit}, not {seconds!r}", "seconds")
    caller, type, handle = _writer(unit, at, contact, identifier)
    if caller is None:
        caller = contacts.add(unit, [{"type": type, "value": handle}])
    conversation = conversations.latest(unit, caller["id"], at["id"]) or conversations.begin(unit, caller["id"], at)
    call = {
        "id": unit.new_id("ac"),
        "channel_id": at["id"],
        "conversation_id": conversation["id"],
        "contact": {**contacts.reference(caller["id"]), "identifier": handle},
        "started_at": moment(unit, unit.now - round(seconds * 1000)),
        "ended_at": moment(unit, unit.now),
        "summary": summary,
    }
    emit(unit, "ai_call_completed", {"call": call}, channel=at["id"], inbox=conversation["inbox_id"])
    return call


_CHANNEL: Final = Argument("the channel it goes by: id or world key", required=True)
_CONTACT: Final = Argument("who: id or world key of a contact")
_IDENTIFIER: Final = Argument("the handle it comes from; an unknown one makes a new contact")
_TEXT: Final = Argument("what is written")
_CONTENT: Final = Argument("what is written, as the API shows it: {type: text|media|email, …}", "object")
_MESSAGE: Final = Argument("the outbound message: its id", required=True)

SIMULATE: Final[dict[str, Simulation]] = {
    "inbound_message": Simulation(
        _inbound_message,
        "A contact writes: begins or reopens the conversation and opens the messaging window.",
        {"channel": _CHANNEL, "contact": _CONTACT, "identifier": _IDENTIFIER, "text": _TEXT, "content": _CONTENT},
    ),
    "delivery_receipt": Simulation(
        _delivery_receipt,
        "The network tells what became of a message.",
        {
            "message": _MESSAGE,
            "status": Argument("how far it came", required=True, choices=RECEIPTS),
            "error": Argument("why sending failed"),
        },
    ),
    "agent_reply": Simulation(
        _agent_reply,
        "Somebody of the workspace answers in the web application.",
        {
            "conversation": Argument("the conversation: id or world key", required=True),
            "agent": Argument("who answers: id or world key of an agent"),
            "text": _TEXT,
            "content": _CONTENT,
        },
    ),
    "template_review": Simulation(
        _template_review,
        "WhatsApp approves or rejects a pending template.",
        {
            "template": Argument("the template: id or world key", required=True),
            "outcome": Argument("what comes of it", required=True, choices=REVIEWS),
        },
    ),
    "link_clicked": Simulation(_link_clicked, "The contact clicks a link of a message.", {"message": _MESSAGE}),
    "ai_call_completed": Simulation(
        _ai_call_completed,
        "The AI has ended a call with a contact.",
        {
            "channel": _CHANNEL,
            "contact": _CONTACT,
            "identifier": _IDENTIFIER,
            "seconds": Argument("how long the call took", "number"),
            "summary": Argument("what it was about"),
        },
    ),
}
