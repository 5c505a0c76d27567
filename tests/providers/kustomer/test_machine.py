"""Conversations through HTTP against a plain model, over time, snapshots and forks."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import httpx
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from harness import Sandbox, sandbox

Body = dict[str, Any]

STEP = timedelta(seconds=1)
WORLDS = st.integers(0, 2)
SOME = st.integers(0, 20)
STATUSES = ("open", "snoozed", "done")


@dataclass
class Conversation:
    """What a conversation should be."""

    id: str
    customer: str
    status: str
    active: datetime
    rev: int = 1
    until: datetime | None = None
    counts: dict[str, int] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    deleted: bool = False

    def turn(self, status: str, until: datetime | None = None) -> None:
        """To another status, or to the same with another end."""
        name = {"done": "doneCount", "snoozed": "snoozeCount"}.get(status)
        if self.status == "done" and status == "open":
            name = "reopenCount"
        if name is not None and status != self.status:
            self.counts[name] = self.counts.get(name, 0) + 1
        self.status, self.until = status, until

    def write(self, now: datetime) -> None:
        """Somebody changed it."""
        self.rev += 1
        self.active = now


@dataclass
class Message:
    """What a message should be."""

    id: str
    direction: str
    conversation: str


@dataclass
class Model:
    """What the account should hold."""

    now: datetime
    customers: list[str]
    conversations: dict[str, Conversation] = field(default_factory=dict)
    messages: dict[str, Message] = field(default_factory=dict)

    def live(self, customer: str | None = None) -> list[Conversation]:
        """The conversations that are there, of one customer or of all, by their ids."""
        every = (self.conversations[id] for id in sorted(self.conversations))
        return [each for each in every if not each.deleted and customer in (None, each.customer)]

    def said(self, conversation: str) -> list[Message]:
        """The messages of a conversation, by their ids."""
        return [self.messages[id] for id in sorted(self.messages) if self.messages[id].conversation == conversation]

    def advance(self, by: timedelta) -> None:
        """Let time go by: snoozes end."""
        self.now += by
        for each in self.live():
            if each.until is not None and each.until <= self.now:
                each.write(each.until)
                each.turn("open")


class World:
    """A sandbox with its model, and what both were at the snapshots."""

    def __init__(self, own: Sandbox, model: Model) -> None:
        self.sandbox = own
        self.account = own.kustomer
        self.api: httpx.Client = self.account.client()
        self.model = model
        self.snapshots: dict[str, Model] = {}

    def advance(self, by: timedelta) -> None:
        """Let time go by in both."""
        self.sandbox.clock.advance(by)
        self.model.advance(by)

    def listed(self, path: str) -> dict[str, Body]:
        """A whole list, by id."""
        page = self.api.get(path).json()
        assert page["links"]["next"] is None
        ids = [each["id"] for each in page["data"]]
        assert ids == sorted(ids)
        return {each["id"]: each for each in page["data"]}

    def asked(self, method: str, path: str, body: Any = None) -> Body:
        """What a request that succeeds answers."""
        response = self.api.request(method, path, json=body)
        assert response.is_success, response.text
        found: Body = response.json()["data"] if response.content else {}
        return found

    def refuses(self, status: int, method: str, path: str, body: Any = None) -> None:
        """The request is refused and leaves no trace."""
        before = self.account.state
        assert self.api.request(method, path, json=body).status_code == status
        assert self.account.state == before

    def check(self) -> None:
        """Everything the account shows is as the model has it."""
        conversations, messages = self.listed("/conversations"), self.listed("/messages")
        assert list(conversations) == [each.id for each in self.model.live()]
        for each in self.model.live():
            self._check_conversation(each, conversations[each.id])
        gone = {each.id for each in self.model.conversations.values() if each.deleted}
        there = {id for id, message in self.model.messages.items() if message.conversation not in gone}
        assert messages.keys() == there
        for customer in self.model.customers:
            self._check_customer(customer, messages)

    def _check_conversation(self, each: Conversation, shown: Body) -> None:
        attributes = shown["attributes"]
        said = self.model.said(each.id)
        waiting: str | None = None
        for message in said:
            waiting = message.id if message.direction == "in" else None
        sides = {side: [message.id for message in said if message.direction == side] for side in ("in", "out")}
        assert shown["relationships"]["customer"]["data"]["id"] == each.customer
        assert (attributes["status"], attributes["tags"]) == (each.status, each.tags)
        assert {name: attributes[name] for name in each.counts} == each.counts
        assert attributes["noteCount"] == len(each.notes)
        assert attributes["messageCount"] == len(said)
        for side, name in (("in", "inboundMessageCount"), ("out", "outboundMessageCount")):
            assert attributes[name] == len(sides[side])
            first, last = (sides[side][0], sides[side][-1]) if sides[side] else (None, None)
            assert attributes[f"firstMessage{side.title()}"].get("id") == first
            assert attributes[f"lastMessage{side.title()}"].get("id") == last
        assert attributes["lastMessageUnrespondedTo"].get("id") == waiting
        answered = any(one.direction == "in" and other.direction == "out" for one, other in pairwise(said))
        assert ("createdAt" in attributes["firstResponse"]) is answered
        assert datetime.fromisoformat(attributes["lastActivityAt"]) == each.active
        assert attributes["rev"] >= each.rev
        if each.status == "snoozed":
            until = attributes["snooze"].get("time")
            assert (until and datetime.fromisoformat(until)) == each.until

    def _check_customer(self, customer: str, messages: dict[str, Body]) -> None:
        attributes = self.asked("GET", f"/customers/{customer}")["attributes"]
        own = self.model.live(customer)
        counts = {status: sum(each.status == status for each in own) for status in STATUSES}
        assert attributes["conversationCounts"] == {**counts, "all": len(own)}
        assert attributes["progressiveStatus"] == next((status for status in STATUSES if counts[status]), None)
        latest = max((each.active for each in own), default=None)
        last = attributes["lastConversation"].get("id")
        assert last in {each.id for each in own if each.active == latest} or (last is None and not own)
        mine = [
            message["id"]
            for message in messages.values()
            if message["relationships"]["customer"]["data"]["id"] == customer
        ]
        assert sorted(mine) == sorted(message.id for each in own for message in self.model.said(each.id))
        waiting = {self.model.said(each.id)[-1].id for each in own if self._waits(each)}
        assert ("lastMessageUnrespondedTo" in attributes) is bool(waiting)

    def _waits(self, each: Conversation) -> bool:
        said = self.model.said(each.id)
        return bool(said) and said[-1].direction == "in"


class Conversations(RuleBasedStateMachine):
    """Every rule acts on one of up to three worlds and on its model, a second after the one before."""

    def __init__(self) -> None:
        super().__init__()
        self.worlds: list[World] = []

    @initialize()
    def open_world(self) -> None:
        own = sandbox(world="empty", quotas="off")
        own.clock.tick = 0
        world = World(own, Model(own.clock.now, []))
        for name in ("Ann", "Bo"):
            world.model.customers.append(world.asked("POST", "/customers", {"name": name})["id"])
        self.tags = {name: self.tag_id(world, name) for name in ("red", "blue")}
        self.worlds = [world]

    def tag_id(self, world: World, name: str) -> str:
        """The id of a tag, made by a conversation that does not stay."""
        body = {"customer": world.model.customers[0], "tags": [name]}
        conversation = world.asked("POST", "/conversations", body)
        world.asked("DELETE", f"/conversations/{conversation['id']}")
        return str(conversation["attributes"]["tags"][0])

    def teardown(self) -> None:
        for world in self.worlds:
            world.sandbox.close()

    def world(self, number: int) -> World:
        """One of the worlds, a second later."""
        world = self.worlds[number % len(self.worlds)]
        world.advance(STEP)
        return world

    def some(self, world: World, who: int, *, deleted: bool = False) -> Conversation | None:
        """One of the conversations."""
        every = world.model.conversations
        found = [every[id] for id in sorted(every) if every[id].deleted is deleted]
        return found[who % len(found)] if found else None

    @rule(number=WORLDS, who=SOME, status=st.sampled_from(["open", "done"]))
    def open(self, number: int, who: int, status: str) -> None:
        world, model = self.world(number), self.worlds[number % len(self.worlds)].model
        customer = model.customers[who % 2]
        id = world.asked("POST", "/conversations", {"customer": customer, "status": status})["id"]
        model.conversations[id] = made = Conversation(id, customer, "open", model.now)
        made.turn(status)
        world.check()

    @rule(number=WORLDS, who=SOME, status=st.sampled_from(STATUSES), hours=st.none() | st.integers(1, 4))
    def turn(self, number: int, who: int, status: str, hours: int | None) -> None:
        world = self.world(number)
        if (conversation := self.some(world, who)) is None:
            return
        body: Body = {"status": status}
        until = None
        if status == "snoozed":
            until = conversation.until
            if hours is not None:
                until = world.model.now + timedelta(hours=hours)
                body["snooze"] = {"time": until.isoformat(), "status": "scheduled"}
        world.asked("PUT", f"/conversations/{conversation.id}", body)
        conversation.write(world.model.now)
        conversation.turn(status, until)
        world.check()

    @rule(number=WORLDS, who=SOME, direction=st.sampled_from(["in", "out"]))
    def say(self, number: int, who: int, direction: str) -> None:
        world = self.world(number)
        if (conversation := self.some(world, who)) is None:
            return
        before = world.model.said(conversation.id)
        body = {"channel": "chat", "app": "chat", "direction": direction}
        message = world.asked("POST", f"/conversations/{conversation.id}/messages", body)
        last = before[-1].direction if before else None
        kind = "initial" if last is None else "followup" if last == direction else "response"
        assert message["attributes"]["directionType"] == f"{kind}-{direction}"
        world.model.messages[message["id"]] = Message(message["id"], direction, conversation.id)
        conversation.write(world.model.now)
        if direction == "in":
            conversation.turn("open")
        world.check()

    @rule(number=WORLDS, which=SOME, who=SOME)
    def move_message(self, number: int, which: int, who: int) -> None:
        world = self.world(number)
        there = [message for each in world.model.live() for message in world.model.said(each.id)]
        target = self.some(world, who)
        if not there or target is None:
            return
        message = there[which % len(there)]
        world.asked("PATCH", f"/messages/{message.id}", {"conversation": target.id})
        message.conversation = target.id
        world.check()

    @rule(number=WORLDS, who=SOME)
    def write_note(self, number: int, who: int) -> None:
        world = self.world(number)
        if (conversation := self.some(world, who)) is None:
            return
        note = world.asked("POST", f"/conversations/{conversation.id}/notes", {"body": "n"})
        conversation.notes.append(note["id"])
        conversation.write(world.model.now)
        world.check()

    @rule(number=WORLDS, who=SOME)
    def delete_note(self, number: int, who: int) -> None:
        world = self.world(number)
        conversation = self.some(world, who)
        if conversation is None or not conversation.notes:
            return
        id = conversation.notes.pop()
        world.asked("DELETE", f"/notes/{id}")
        conversation.write(world.model.now)
        world.refuses(404, "GET", f"/notes/{id}")
        world.check()

    @rule(number=WORLDS, who=SOME, name=st.sampled_from(["red", "blue"]), method=st.sampled_from(["POST", "DELETE"]))
    def tag(self, number: int, who: int, name: str, method: str) -> None:
        world = self.world(number)
        if (conversation := self.some(world, who)) is None:
            return
        world.asked(method, f"/conversations/{conversation.id}/tags", [name])
        others = [id for id in conversation.tags if id != self.tags[name]]
        if method == "DELETE":
            conversation.tags = others
        elif len(others) == len(conversation.tags):
            conversation.tags = [*others, self.tags[name]]
        conversation.write(world.model.now)
        world.check()

    @rule(number=WORLDS, who=SOME, whose=SOME)
    def move(self, number: int, who: int, whose: int) -> None:
        world = self.world(number)
        if (conversation := self.some(world, who)) is None:
            return
        conversation.customer = world.model.customers[whose % 2]
        world.asked("PUT", f"/conversations/{conversation.id}", {"customer": conversation.customer})
        conversation.write(world.model.now)
        world.check()

    @rule(number=WORLDS, who=SOME, by_update=st.booleans())
    def delete(self, number: int, who: int, by_update: bool) -> None:
        world = self.world(number)
        if (conversation := self.some(world, who)) is None:
            return
        path = f"/conversations/{conversation.id}"
        if by_update:
            world.asked("PUT", path, {"deleted": True})
            conversation.write(world.model.now)
        else:
            world.asked("DELETE", path)
        conversation.deleted = True
        world.refuses(404, "GET", path)
        world.refuses(404, "PUT", path, {"priority": 1})
        world.check()

    @rule(number=WORLDS, who=SOME)
    def bring_back(self, number: int, who: int) -> None:
        world = self.world(number)
        if (conversation := self.some(world, who, deleted=True)) is None:
            return
        world.asked("PUT", f"/conversations/{conversation.id}", {"deleted": None})
        conversation.deleted = False
        conversation.write(world.model.now)
        world.advance(STEP)  # a snooze whose time has come meanwhile is over then
        if conversation.status == "open" and conversation.active < world.model.now - STEP:
            conversation.active = world.model.now - STEP
        world.check()

    @rule(number=WORLDS, who=SOME, behind=st.integers(1, 3))
    def be_late(self, number: int, who: int, behind: int) -> None:
        world = self.world(number)
        if (conversation := self.some(world, who)) is None:
            return
        path = f"/conversations/{conversation.id}"
        rev = world.asked("GET", path)["attributes"]["rev"]
        world.refuses(409, "PUT", path, {"priority": 1, "rev": rev - behind})
        world.check()

    @rule(number=WORLDS, hours=st.integers(1, 5))
    def wait(self, number: int, hours: int) -> None:
        world = self.world(number)
        world.advance(timedelta(hours=hours))
        world.check()

    @rule(number=WORLDS, name=st.sampled_from("ab"))
    def snapshot(self, number: int, name: str) -> None:
        world = self.world(number)
        world.sandbox.snapshot(name)
        world.snapshots[name] = deepcopy(world.model)

    @rule(number=WORLDS, name=st.sampled_from("ab"))
    def restore(self, number: int, name: str) -> None:
        world = self.world(number)
        if name in world.snapshots:
            world.sandbox.restore(name)
            world.model = deepcopy(world.snapshots[name])
            world.check()

    @precondition(lambda self: len(self.worlds) < 3)
    @rule(number=WORLDS)
    def fork(self, number: int) -> None:
        world = self.world(number)
        self.worlds.append(World(world.sandbox.fork(), deepcopy(world.model)))


TestConversations = Conversations.TestCase
TestConversations.settings = settings(
    max_examples=40,
    stateful_step_count=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
