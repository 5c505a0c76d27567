"""What happened in a world: conversations with their messages and notes, and objects, one after the other as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from harness.core.store import Document
from harness.providers.kustomer.actor import SYSTEM, Actor
from harness.providers.kustomer.conversations import conversations, messages, notes
from harness.providers.kustomer.files.attachments import RELATIONS
from harness.providers.kustomer.jsonapi import documents
from harness.providers.kustomer.jsonapi.kinds import CONVERSATIONS
from harness.providers.kustomer.jsonapi.stamps import moment, new_id
from harness.providers.kustomer.world import world_own
from harness.providers.kustomer.world.projection import Projection

MESSAGE_STATUSES: Final = {"failed": "error"}
"""Of what an agent sent; whatever else becomes of it, Kustomer says sent."""

Step = tuple[int, Callable[[], Any]]
"""Something that happens, and when."""


def happen(world: Projection) -> None:
    """Let everything happen in the order of time, so that what came last is what is remembered as last."""
    steps = [
        step
        for kind, steps_of in (("objects", _steps_of_object), ("conversations", _steps_of_conversation))
        for index, record in world.all_of(kind)
        for step in steps_of(world, index, record)
    ]
    for _, run in sorted(steps, key=lambda step: step[0]):
        run()


def _steps_of_object(world: Projection, index: int, record: Document) -> Iterator[Step]:
    created = world.created(record)

    def put() -> None:
        world.turn_to("objects", index, record)
        world.begin("objects", record["key"], created)
        world_own.put_object(world, record)

    yield created, put


def _steps_of_conversation(world: Projection, index: int, given: Document) -> Iterator[Step]:
    talk = _Talk(world, index, given)
    said = [(each["at"], "messages", number, each) for number, each in enumerate(given["messages"])]
    noted = [(each["at"], "notes", number, each) for number, each in enumerate(given["notes"])]
    parts = sorted((*said, *noted), key=lambda part: part[:3])
    yield parts[0][0], talk.begin
    for at, kind, number, each in parts:
        yield at, lambda kind=kind, number=number, each=each: talk.add(kind, number, each)  # type: ignore[misc]
    yield parts[-1][0], talk.settle


class _Talk:
    """One conversation of a world on its way."""

    def __init__(self, world: Projection, index: int, given: Document) -> None:
        self.world = world
        self.index = index
        self.given = given
        self.key: str = given["key"]
        self.id = ""
        self.channel: Document = {}
        self.last: Actor = SYSTEM
        """The agent who wrote last."""

    def begin(self) -> None:
        world, given = self.world, self.given
        world.turn_to("conversations", self.index, given)
        self.channel = world.unit["outbound_accounts"][world.reference("channels", given["channel"], "channel")]
        first = given["messages"][0]
        world.begin("conversations", self.key, min(part["at"] for part in (first, *given["notes"])))
        team = world.reference("teams", given["team"], "team") if given["team"] else self.channel["team"]
        body = {
            "customer": world.reference("contacts", given["contact"], "contact"),
            "name": given["subject"],
            "assignedUsers": world.users(given["assignees"], "assignees"),
            "assignedTeams": [team],
            "tags": world.references("tags", given["tags"], "tags"),
            "direction": "in" if first["from"] == "contact" else "out",
        }
        if custom := world.values.get(("conversation", self.key)):
            body["custom"] = custom
        by = SYSTEM if first["from"] == "contact" else world.agent(first["from"], "messages", 0, "from")
        conversation = conversations.create(world.unit, body, by)
        self.id = world.made("conversations", self.key, conversation)["id"]

    def add(self, kind: str, number: int, each: Document) -> None:
        """A message or a note."""
        world = self._turn(kind, number, each["at"])
        conversation = world.unit["conversations"][self.id]
        if kind == "notes":
            author = world.agent(each["author"], kind, number, "author")
            notes.create(world.unit, {"body": each["text"]}, author, conversation=conversation)
        else:
            self._say(number, each, conversation)

    def settle(self) -> None:
        """Give it the status it has at the end, as the agent who wrote last gave it."""
        world, unit, given = self.world, self.world.unit, self.given
        end = max(part["at"] for part in (*given["messages"], *given["notes"]))
        self._turn("end", 0, end)
        conversation = unit["conversations"][self.id]
        status, until = given["status"], given["snoozed_until"]
        if status in ("closed", "archived", "spam"):
            conversation = conversations.update(unit, conversation, {"status": "done"}, self.last)
        elif status == "snoozed" and until is not None and until > 0:
            snooze = {"time": world.text(until), "status": "scheduled"}
            conversations.update(unit, conversation, {"status": "snoozed", "snooze": snooze}, self.last)
        if status == "spam":
            documents.change(unit, CONVERSATIONS, conversation, {"spam": True}, by=SYSTEM, touch=False)

    def _turn(self, kind: str, number: int, at: int) -> Projection:
        world = self.world
        world.place, world.record = ("conversations", self.index), self.given
        world.begin("conversations", f"{self.key}/{kind}", at, number)
        return world

    def _say(self, number: int, given: Document, conversation: Document) -> None:
        world, place = self.world, ("messages", number)
        inbound = given["from"] == "contact"
        author = SYSTEM if inbound else world.agent(given["from"], *place, "from")
        body: dict[str, Any] = {
            "channel": self.channel["attributes"]["channel"],
            "app": self.channel["app"],
            "direction": "in" if inbound else "out",
            "status": "received" if inbound else MESSAGE_STATUSES.get(given["status"], "sent"),
            "sentAt": moment(world.unit.now),
        }
        if given["text"] or given["html"]:
            body["preview"] = given["text"] or given["html"]
        if given["subject"]:
            body["subject"] = given["subject"]
        if given["html"] and given["text"]:
            body["meta"] = {"html": given["html"]}
        if given["reply_to"] is not None:
            answered = world.reference("messages", self._message(given["reply_to"]), *place, "reply_to")
            body["reference"] = {"message": answered, "type": "reply"}
        if given["file"]:
            body["attachments"] = [self._file(world.reference("files", given["file"], *place, "file"))]
        message = messages.create(world.unit, body, author, conversation=conversation)
        world.made("messages", self._message(number), message)
        if not inbound:
            self.last = author

    def _message(self, number: int) -> str:
        return f"{self.key}/{number}"

    def _file(self, id: str) -> dict[str, Any]:
        """A file as a message takes it; one that goes with another message is copied, since it has one place only."""
        file = self.world.unit["attachments"][id]
        described = {name: file["attributes"][name] for name in ("name", "contentType", "contentLength")}
        if any(name in file["relations"] for name in RELATIONS):
            return {"_id": new_id(self.world.unit), "sourceId": id, **described}
        return {"_id": id, **described}
