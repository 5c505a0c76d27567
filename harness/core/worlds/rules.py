"""What no single field of a world shows: references, repetitions, orders, and defaults from other records."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from harness.core.worlds import Finding, Place, nearest, shown

LISTS = ("agents", "teams", "companies", "channels", "tags", "contacts", "files", "conversations")


def wrong(world: Mapping[str, Any], known: Mapping[str, Any]) -> Iterator[Finding]:
    """Repeated and unknown keys, repeated addresses, impossible orders among the records of `world`.

    They may refer to those of `known`, and must not have their keys. Their addresses are not compared: a
    provider knows which are in use by now.
    """
    there = {name: {record["key"] for record in known.get(name, ())} for name in LISTS}
    keys = {name: there[name] | {record["key"] for record in world[name]} for name in LISTS}
    yield from _repeated(world)
    for name in LISTS:
        for index, record in enumerate(world[name]):
            if record["key"] in there[name]:
                yield (name, index, "key"), f"the key {record['key']!r} is taken: {name} had it before"
    for place, name, key in _references(world):
        if key not in keys[name]:
            yield place, f"{name} has no key {key!r}; {nearest(key, sorted(keys[name]))}"
    for index, agent in enumerate(world["agents"]):
        if agent["key"] == "contact":
            yield ("agents", index, "key"), "the word 'contact' is taken: it names the sender of a message"
    for index, channel in enumerate(world["channels"]):
        yield from _wrong_address(channel, ("channels", index, "address"))
    for index, contact in enumerate(world["contacts"]):
        if contact["updated"] is not None and contact["updated"] < contact["created"]:
            yield ("contacts", index, "updated"), "lies before created"
    for index, file in enumerate(world["files"]):
        size = None if file["content"] is None else len(file["content"].encode())
        if file["size"] is None and size is None:
            yield ("files", index), "give size or content"
        elif None not in (size, file["size"]) and size != file["size"]:
            yield ("files", index, "size"), f"the content has {size} bytes; leave size out"
    for index, conversation in enumerate(world["conversations"]):
        yield from _wrong_conversation(conversation, ("conversations", index))


def fill(world: Mapping[str, Any], known: Mapping[str, Any]) -> None:
    """The defaults that depend on other fields, or on other records."""
    for contact in world["contacts"]:
        if contact["updated"] is None:
            contact["updated"] = contact["created"]
    for file in world["files"]:
        if file["size"] is None:
            file["size"] = len((file["content"] or "").encode())
    channels = (*known.get("channels", ()), *world["channels"])
    teams = {channel["key"]: channel["team"] for channel in channels}
    for conversation in world["conversations"]:
        conversation["team"] = conversation["team"] or teams[conversation["channel"]]
        for message in conversation["messages"]:
            if message["from"] != "contact":
                message["status"] = message["status"] or "delivered"


def _wrong_address(channel: dict[str, Any], place: Place) -> Iterator[Finding]:
    address = channel["address"]
    if address is None:
        return
    if channel["type"] == "email" and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", address):
        yield place, f"{address!r} is not an e-mail address"
    if channel["type"] in ("whatsapp", "sms", "phone") and not re.fullmatch(r"\+[1-9][0-9]{6,14}", address):
        yield place, f"{address!r} is not an E.164 number such as +493023125000"


def _wrong_conversation(conversation: dict[str, Any], place: Place) -> Iterator[Finding]:
    if (conversation["status"] == "snoozed") != (conversation["snoozed_until"] is not None):
        yield (
            (*place, "snoozed_until" if conversation["snoozed_until"] is not None else "status"),
            "status snoozed and snoozed_until need each other",
        )
    before = None
    for index, message in enumerate(conversation["messages"]):
        at = (*place, "messages", index)
        if before is not None and message["at"] < before:
            yield (*at, "at"), "lies before the message above; messages stand in the order of their times"
        before = message["at"]
        if message["text"] is None and message["html"] is None and message["file"] is None:
            yield at, "a message needs text, html or file"
        if message["from"] == "contact" and message["status"] is not None:
            yield (*at, "status"), "only a message of an agent has a status"
        if message["reply_to"] is not None and not 0 <= message["reply_to"] < index:
            yield (*at, "reply_to"), "must be the index of an earlier message of the conversation"


def _references(world: Mapping[str, Any]) -> Iterator[tuple[Place, str, str]]:
    """Every place that names a record of a collection, with the collection and the key."""

    def many(place: Place, collection: str, found: list[str]) -> Iterator[tuple[Place, str, str]]:
        for index, key in enumerate(found):
            yield (*place, index), collection, key

    for index, team in enumerate(world["teams"]):
        yield from many(("teams", index, "agents"), "agents", team["agents"])
    for index, channel in enumerate(world["channels"]):
        yield ("channels", index, "team"), "teams", channel["team"]
    for index, contact in enumerate(world["contacts"]):
        if contact["company"] is not None:
            yield ("contacts", index, "company"), "companies", contact["company"]
    for index, conversation in enumerate(world["conversations"]):
        place = ("conversations", index)
        for name, collection in (("contact", "contacts"), ("channel", "channels"), ("team", "teams")):
            if conversation[name] is not None:
                yield (*place, name), collection, conversation[name]
        yield from many((*place, "assignees"), "agents", conversation["assignees"])
        yield from many((*place, "tags"), "tags", conversation["tags"])
        for number, message in enumerate(conversation["messages"]):
            if message["from"] != "contact":
                yield (*place, "messages", number, "from"), "agents", message["from"]
            if message["file"] is not None:
                yield (*place, "messages", number, "file"), "files", message["file"]
        for number, note in enumerate(conversation["notes"]):
            yield (*place, "notes", number, "author"), "agents", note["author"]


def _repeated(world: Mapping[str, Any]) -> Iterator[Finding]:
    """What must be there once only and is there again."""

    def unique(what: str, found: Iterator[tuple[Place, object]]) -> Iterator[Finding]:
        first: dict[object, Place] = {}
        for place, value in found:
            before = first.setdefault(value, place)
            if before != place:
                text = value if isinstance(value, str) else " ".join(map(str, value))  # type: ignore[call-overload]
                yield place, f"duplicate {what} {text!r}, first in {shown(before)}"

    def each(collection: str, name: str) -> Iterator[tuple[Place, object]]:
        for index, record in enumerate(world[collection]):
            value = record[name]
            if not isinstance(value, list):
                yield (collection, index, name), value.casefold()
                continue
            for number, item in enumerate(value):
                key = (item["type"], item["value"]) if isinstance(item, dict) else item.casefold()
                yield (collection, index, name, number), key

    for collection in LISTS:
        yield from unique("key", each(collection, "key"))
    yield from unique("e-mail", each("agents", "email"))
    yield from unique("name", each("tags", "name"))
    for name, what in (("emails", "e-mail"), ("phones", "phone"), ("socials", "handle")):
        yield from unique(what, each("contacts", name))
