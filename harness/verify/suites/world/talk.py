"""What a world says of its conversations, in the words of the unified API: tickets, channels, comments, messages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from harness.core.worlds import Place
from harness.verify.suites.world.said import At, Facts, Key, Said, Same, To, Word, full_name

STATUSES = {"open": "open", "closed": "closed", "snoozed": "pending", "archived": "archived", "spam": "spam"}
"""The unified name of a state."""


class Talk:
    """The conversations."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._world = facts.world

    def statuses(self) -> Iterator[Said]:
        conversations = reversed(list(enumerate(self._world["conversations"])))
        places = {self._status(each): index for index, each in conversations}
        for key, index in places.items():
            yield Said(key, ("conversations", index, "status"), (("id", key[1]),), {"id": (key[1], ())})

    def _status(self, conversation: Mapping[str, Any]) -> Key:
        """The state in the provider's words: several of a world may be one there."""
        return "statuses", self._facts.words_of("status", conversation["status"])[0]

    def tickets(self) -> Iterator[Said]:
        for index, each in enumerate(self._world["conversations"]):
            channel, contact = self._facts.channels[each["channel"]], self._facts.contacts[each["contact"]]
            person = To("ticketing.contacts", ("contacts", each["contact"]))
            kind = Word("channel", channel["type"])
            company = contact["company"]
            first = each["messages"][0]
            began = "contact" if first["from"] == "contact" else "user"
            files = [message["file"] for message in each["messages"] if message["file"]]
            fields = {
                "name": (each["subject"], ("subject",)),
                "status.name": (STATUSES[each["status"]], ("status",)),
                "status.id": (To("ticketing.ticket_status", self._status(each)), ("status",)),
                "contact.id": (person, ("contact",)),
                "additional_contacts": ([], ("contact",)),
                "assignees.id": ([To("ticketing.users", ("agents", key)) for key in each["assignees"]], ("assignees",)),
                "assignees.emails.email": (
                    [[self._facts.agents[key]["email"]] for key in each["assignees"]],
                    ("assignees",),
                ),
                "team.id": (To("ticketing.teams", ("teams", each["team"])), ("team",)),
                "team.name": (self._facts.teams[each["team"]]["name"], ("team",)),
                "tags.id": ([To("ticketing.tags", ("tags", key)) for key in each["tags"]], ("tags",)),
                "tags.name": ([self._facts.tags[key]["name"] for key in each["tags"]], ("tags",)),
                "conversations.type": ([kind], ("channel",)),
                "conversations.name": ([channel["name"]], ("channel",)),
                "account.id": (To("ticketing.accounts", ("companies", company)) if company else None, ("contact",)),
                "created_by.type": (began, ("messages", 0, "from")),
                "created_at": (At(first["at"]), ("messages", 0, "at")),
                "attachments.id": ([To("ticketing.attachments", ("files", key)) for key in files], ("messages",)),
            }
            naturals = (("conversation", person, kind),)
            key = ("conversations", each["key"])
            about = {name: each[name] for name in ("status", "subject")} | {"channel": channel["type"], "began": began}
            yield Said(key, ("conversations", index), naturals, fields, about, at=first["at"])

    def channels(self) -> Iterator[Said]:
        for index, each in enumerate(self._world["conversations"]):
            first = each["messages"][0]
            fields = {
                "name": (each["subject"], ("subject",)),
                "group.id": (To("user-directory.groups", ("teams", each["team"])), ("team",)),
                "group.name": (self._facts.teams[each["team"]]["name"], ("team",)),
                "type": ("dm", ("contact",)),
                "status": ("archived" if each["status"] == "archived" else "active", ("status",)),
                "created_at": (At(first["at"]), ("messages", 0, "at")),
            }
            naturals = (("first", At(first["at"]), first["text"] or first["html"]),)
            yield Said(("conversations", each["key"]), ("conversations", index), naturals, fields, at=first["at"])

    def comments(self) -> Iterator[Said]:
        """The messages."""
        for conversation, message, key, place, about in self._parts("messages"):
            inbound = message["from"] == "contact"
            contact = To("ticketing.contacts", ("contacts", conversation["contact"]))
            channel = self._facts.channels[conversation["channel"]]
            file = message["file"]
            fields = {
                "author.id": (contact if inbound else To("ticketing.users", ("agents", message["from"])), ("from",)),
                "author.type": ("contact" if inbound else "user", ("from",)),
                "author.name": (self._sender(conversation, message), ("from",)),
                "receiver.id": (None if inbound else contact, ("from",)),
                "receiver.type": (None if inbound else "contact", ("from",)),
                "body": (message["text"], ("text",)),
                "html_body": (message["html"], ("html",)),
                "ticket.id": (To("ticketing.tickets", ("conversations", conversation["key"])), ()),
                "attachments.id": ([To("ticketing.attachments", ("files", file))] if file else [], ("file",)),
                "attachments.file_name": ([self._facts.files[file]["name"]] if file else [], ("file",)),
                "attachments.content_type": ([self._facts.files[file]["mime_type"]] if file else [], ("file",)),
                "is_internal": (False, ()),
                "is_private": (False, ()),
                "channel.id": (Same("channel", channel["key"]), ()),
                "channel.name": (channel["name"], ()),
                "channel.type": (Word("channel", channel["type"]), ()),
                "created_at": (At(message["at"]), ("at",)),
                "updated_at": (At(message["at"]), ("at",)),
            }
            yield Said(key, place, (), fields, about, ("conversations", conversation["key"]), message["at"])

    def notes(self) -> Iterator[Said]:
        """The internal ones."""
        for conversation, note, key, place, about in self._parts("notes"):
            fields = {
                "author.id": (To("ticketing.users", ("agents", note["author"])), ("author",)),
                "author.type": ("user", ("author",)),
                "author.name": (full_name(self._facts.agents[note["author"]]), ("author",)),
                "receiver.id": (None, ()),
                "receiver.type": (None, ()),
                "body": (note["text"], ("text",)),
                "html_body": (None, ()),
                "ticket.id": (To("ticketing.tickets", ("conversations", conversation["key"])), ()),
                "attachments.id": ([], ()),
                "is_internal": (True, ()),
                "is_private": (True, ()),
                "created_at": (At(note["at"]), ("at",)),
                "updated_at": (At(note["at"]), ("at",)),
            }
            yield Said(key, place, (), fields, about, ("conversations", conversation["key"]), note["at"])

    def messages(self) -> Iterator[Said]:
        for conversation, message, key, place, about in self._parts("messages"):
            inbound, file, reply = message["from"] == "contact", message["file"], message["reply_to"]
            author = (
                To("instant-messaging.members", ("contacts", conversation["contact"]))
                if inbound
                else To("user-directory.users", ("agents", message["from"]))
            )
            format = "text" if message["text"] else "html" if message["html"] else None
            answered = None
            if reply is not None:
                answered = To("instant-messaging.messages", ("messages", conversation["key"], str(reply)))
            fields = {
                "body.format": (format, ("text",)),
                "body.content": (message["text"] or message["html"], ("text",)),
                "attachments.id": ([To("instant-messaging.attachments", ("files", file))] if file else [], ("file",)),
                "attachments.name": ([self._facts.files[file]["name"]] if file else [], ("file",)),
                "attachments.type": ([self._facts.files[file]["mime_type"]] if file else [], ("file",)),
                "author.id": (author, ("from",)),
                "author.name": (self._sender(conversation, message), ("from",)),
                "channel.id": (To("instant-messaging.channels", ("conversations", conversation["key"])), ()),
                "channel.type": (Word("channel", self._facts.channels[conversation["channel"]]["type"]), ()),
                "parent.id": (answered, ("reply_to",)),
                "parent.type": (None if reply is None else "message", ("reply_to",)),
                "created_at": (At(message["at"]), ("at",)),
                "updated_at": (At(message["at"]), ("at",)),
            }
            yield Said(key, place, (), fields, about, ("conversations", conversation["key"]), message["at"])

    def _parts(self, kind: str) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any], Key, Place, dict[str, Any]]]:
        for index, conversation in enumerate(self._world["conversations"]):
            for number, part in enumerate(conversation[kind]):
                sender = self._facts.agents.get(part.get("from") or part.get("author"))
                about = {
                    "kind": "note" if kind == "notes" else "message",
                    "by": "agent" if sender else "contact",
                    "first_name": sender["first_name"] if sender else None,
                    "file": bool(part.get("file")),
                    "mail": self._facts.channels[conversation["channel"]]["type"] == "email",
                    "channel": self._facts.channels[conversation["channel"]]["type"],
                    "html": part.get("html"),
                    "is_html_alone": bool(part.get("html") and not part.get("text")),
                }
                place: Place = ("conversations", index, kind, number)
                yield conversation, part, (kind, conversation["key"], str(number)), place, about

    def _sender(self, conversation: Mapping[str, Any], message: Mapping[str, Any]) -> str | None:
        person = (
            self._facts.contacts[conversation["contact"]]
            if message["from"] == "contact"
            else self._facts.agents[message["from"]]
        )
        return full_name(person)
