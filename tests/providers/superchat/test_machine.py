"""Contacts and conversations through HTTP against a plain model, over time, snapshots and forks."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from harness import Sandbox, sandbox

Body = dict[str, Any]

WORLD = {
    "name": "machine",
    "title": "Two inboxes without customers",
    "agents": [
        {"key": "ada", "first_name": "Ada", "email": "ada@example.com", "role": "admin", "created": "-9d"},
        {"key": "bo", "first_name": "Bo", "email": "bo@example.com", "role": "agent", "created": "-8d"},
    ],
    "teams": [
        {"key": "one", "name": "One", "agents": ["ada"], "created": "-9d"},
        {"key": "two", "name": "Two", "agents": ["bo"], "created": "-8d"},
    ],
    "channels": [
        {"key": "sms", "name": "SMS", "type": "sms", "team": "one", "address": "+493000000900", "created": "-9d"},
        {"key": "mail", "name": "Mail", "type": "email", "team": "two", "address": "a@example.com", "created": "-8d"},
        {"key": "wa", "name": "WA", "type": "whatsapp", "team": "two", "address": "+493000000901", "created": "-7d"},
    ],
    "tags": [
        {"key": "red", "name": "red", "created": "-9d"},
        {"key": "blue", "name": "blue", "created": "-8d"},
    ],
    "superchat": {
        "custom_attributes": [
            {"key": "number", "name": "Number", "type": "number"},
            {"key": "colours", "name": "Colours", "type": "multi_select", "options": ["red", "blue"]},
        ]
    },
}

PHONES = [f"+49300000000{number}" for number in range(5)]
MAILS = ["a@example.org", "A@Example.org", "b@example.org", "ü@example.org"]
NAMES = st.fixed_dictionaries(
    {},
    optional={
        "first_name": st.sampled_from([None, "Zoë", "李", ""]),
        "last_name": st.sampled_from([None, "O'Neill", "\U0001f600"]),
        "gender": st.sampled_from([None, "female", "diverse"]),
    },
)
ADDRESSES = st.lists(st.sampled_from(PHONES + MAILS), min_size=1, max_size=3, unique_by=str.lower)
ATTRIBUTES = st.fixed_dictionaries(
    {},
    optional={
        "Number": st.sampled_from([0, -1, 2.5]),
        "Colours": st.sampled_from([["red"], ["blue", "red"]]),
    },
)
WORLDS = st.integers(0, 2)
SOMEBODY = st.integers(0, 20)


@dataclass
class Model:
    """What the account should hold: contacts and conversations as they read, oldest first."""

    now: datetime
    contacts: dict[str, Body] = field(default_factory=dict)
    conversations: dict[str, Body] = field(default_factory=dict)
    messages: int = 0
    events: int = 0

    def holder(self, value: str) -> str | None:
        """The contact that has an address."""
        for id, contact in self.contacts.items():
            if any(handle["value"].lower() == value.lower() for handle in contact["handles"]):
                return id
        return None

    def advance(self, by: timedelta) -> None:
        """Let time go by: snoozes end."""
        self.now += by
        for conversation in self.conversations.values():
            until = conversation["snoozed_until"]
            if until is not None and datetime.fromisoformat(until) <= self.now:
                conversation |= {"status": "open", "snoozed_until": None}
                self.events += 1


class World:
    """A sandbox with its model, and what both were at the snapshots."""

    def __init__(self, own: Sandbox, model: Model) -> None:
        self.sandbox = own
        self.account = own.superchat
        self.api: httpx.Client = self.account.client()
        self.model = model
        self.snapshots: dict[str, Model] = {}

    def named(self, collection: str) -> dict[str, Body]:
        """The fixed records by name."""
        key = "email" if collection == "users" else "name"
        return {each[key]: each for each in self.api.get(f"/{collection}").json()["results"]}

    def seen(self) -> tuple[Any, ...]:
        """All that a refused request must leave as it was."""
        counts = {name: count for name, count in self.account.state.items() if name != "workspaces"}
        return counts, self.listed("/contacts"), self.listed("/conversations"), len(self.sandbox.webhooks)

    def listed(self, path: str) -> list[Body]:
        """A whole list."""
        page = self.api.get(path, params={"limit": 100}).json()
        assert page["pagination"]["next_cursor"] is None
        results: list[Body] = page["results"]
        return results

    def refuses(self, status: int, method: str, path: str, body: Any = None) -> None:
        """The request is refused and leaves no trace."""
        before = self.seen()
        assert self.api.request(method, path, json=body).status_code == status
        assert self.seen() == before


def zulu(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


class ContactsAndConversations(RuleBasedStateMachine):
    """Every rule acts on one of up to three worlds and on its model."""

    def __init__(self) -> None:
        super().__init__()
        self.worlds: list[World] = []

    @initialize()
    def open(self) -> None:
        own = sandbox(world=WORLD, quotas="off")
        own.clock.tick = 0
        world = World(own, Model(own.clock.now))
        self.attributes = world.named("custom-attributes")
        self.channels = world.named("channels")
        self.labels = world.named("labels")
        self.users = world.named("users")
        self.inboxes = world.named("inboxes")
        self.worlds = [world]

    def teardown(self) -> None:
        for world in self.worlds:
            world.sandbox.close()

    def world(self, number: int) -> World:
        return self.worlds[number % len(self.worlds)]

    def written(self, attributes: Body) -> list[Body]:
        return [{"id": self.attributes[name]["id"], "value": value} for name, value in attributes.items()]

    def read(self, attributes: Body) -> list[Body]:
        shown = []
        for name, value in attributes.items():
            attribute = self.attributes[name]
            url = f"/custom-attributes/{attribute['id']}"
            shown.append({"id": attribute["id"], "name": name, "type": attribute["type"], "url": url, "value": value})
        return shown

    @rule(number=WORLDS, names=NAMES, addresses=ADDRESSES, attributes=ATTRIBUTES)
    def create_contact(self, number: int, names: Body, addresses: list[str], attributes: Body) -> None:
        world, model = self.world(number), self.world(number).model
        body = {
            **names,
            "handles": [{"value": value} for value in addresses],
            "custom_attributes": self.written(attributes),
        }
        if any(model.holder(value) for value in addresses):
            world.refuses(409, "POST", "/contacts", body)
            return
        made = world.api.post("/contacts", json=body).json()
        assert [handle["value"] for handle in made["handles"]] == addresses
        assert made["id"] not in model.contacts
        model.contacts[made["id"]] = {
            "id": made["id"],
            "url": f"/contacts/{made['id']}",
            **{name: names.get(name) for name in ("first_name", "last_name", "gender")},
            "handles": [
                {"id": handle["id"], "type": "mail" if "@" in handle["value"] else "phone", "value": handle["value"]}
                for handle in made["handles"]
            ],
            "custom_attributes": self.read(attributes),
            "created_at": zulu(model.now),
            "updated_at": zulu(model.now),
        }
        model.events += 1

    @precondition(lambda self: any(world.model.contacts for world in self.worlds))
    @rule(
        number=WORLDS,
        who=SOMEBODY,
        names=NAMES,
        addresses=st.none() | ADDRESSES,
        keep=st.booleans(),
        attributes=st.none() | ATTRIBUTES,
    )
    def update_contact(
        self,
        number: int,
        who: int,
        names: Body,
        addresses: list[str] | None,
        keep: bool,
        attributes: Body | None,
    ) -> None:
        world, model = self.world(number), self.world(number).model
        contact = self.some(model.contacts, who)
        if contact is None:
            return
        body: Body = dict(names)
        if attributes is not None:
            body["custom_attributes"] = self.written(attributes)
        if addresses is not None:
            held = {handle["value"].lower(): handle for handle in contact["handles"]}
            kept = [
                handle
                for handle in contact["handles"]
                if keep and handle["value"].lower() not in map(str.lower, addresses)
            ]
            body["handles"] = [*kept, *({"value": value} for value in addresses)]
            if any(model.holder(value) not in (None, contact["id"]) for value in addresses):
                world.refuses(409, "PATCH", contact["url"], body)
                return
        changed = world.api.patch(contact["url"], json=body).json()
        contact |= {**names, "updated_at": zulu(model.now)}
        if attributes is not None:
            contact["custom_attributes"] = self.read(attributes)
        if addresses is not None:
            assert [handle["value"] for handle in changed["handles"]] == [each["value"] for each in body["handles"]]
            for handle in changed["handles"]:
                before = held.get(handle["value"].lower())
                assert before is None or before["id"] == handle["id"]
            contact["handles"] = changed["handles"]
        model.events += 1

    @rule(number=WORLDS, who=SOMEBODY)
    def delete_contact(self, number: int, who: int) -> None:
        world, model = self.world(number), self.world(number).model
        contact = self.some(model.contacts, who)
        if contact is None:
            return
        assert world.api.delete(contact["url"]).json() == {"id": contact["id"]}
        del model.contacts[contact["id"]]
        for conversation in model.conversations.values():
            conversation["contacts"] = [each for each in conversation["contacts"] if each["id"] != contact["id"]]
        model.events += 1
        world.refuses(404, "GET", contact["url"])
        world.refuses(404, "PATCH", contact["url"], {"first_name": "x"})
        world.refuses(404, "DELETE", contact["url"])

    @rule(number=WORLDS, address=st.sampled_from(PHONES + MAILS))
    def send(self, number: int, address: str) -> None:
        world, model = self.world(number), self.world(number).model
        channel, content = self.channels["SMS"], {"type": "text", "body": "Hi"}
        if "@" in address:
            channel, content = self.channels["Mail"], {"type": "email", "text": "Hi"}
        body = {"to": [{"identifier": address}], "from": {"channel_id": channel["id"]}, "content": content}
        message = world.api.post("/messages", json=body).json()
        id = message["to"][0]["contact_id"]
        if model.holder(address) is None:
            contact = world.api.get(f"/contacts/{id}").json()
            assert id not in model.contacts
            assert [handle["value"] for handle in contact["handles"]] == [address]
            model.contacts[id] = {
                "id": id,
                "url": f"/contacts/{id}",
                "first_name": None,
                "last_name": None,
                "gender": None,
                "handles": contact["handles"],
                "custom_attributes": [],
                "created_at": zulu(model.now),
                "updated_at": zulu(model.now),
            }
            model.events += 1
        assert model.holder(address) == id
        fitting = [
            each["id"]
            for each in model.conversations.values()
            if each["channel"]["id"] == channel["id"] and each["contacts"] == [{"id": id, "url": f"/contacts/{id}"}]
        ]
        if not fitting:
            conversation = message["conversation_id"]
            assert conversation not in model.conversations
            model.conversations[conversation] = {
                "id": conversation,
                "url": f"/conversations/{conversation}",
                "channel": {
                    "type": channel["type"],
                    "id": channel["id"],
                    "url": channel["url"],
                    "name": channel["name"],
                    "phone_number": channel.get("phone_number"),
                    "inbox": channel["inbox"],
                },
                "status": "open",
                "snoozed_until": None,
                "time_window": {"state": "open", "open_until": None},
                "contacts": [{"id": id, "url": f"/contacts/{id}"}],
                "assigned_users": [],
                "labels": [],
                "inbox": channel["inbox"],
            }
            model.events += 1
            fitting = [conversation]
        assert [message["conversation_id"]] == fitting
        model.messages += 1
        model.events += 1

    @rule(number=WORLDS, address=st.sampled_from(PHONES + MAILS))
    def send_what_is_refused(self, number: int, address: str) -> None:
        sender = {"channel_id": self.channels["WA"]["id"]}
        body = {"to": [{"identifier": address}], "from": sender, "content": {"type": "text", "body": "no window"}}
        self.world(number).refuses(400, "POST", "/messages", body)

    @rule(
        number=WORLDS,
        which=SOMEBODY,
        status=st.sampled_from([None, "open", "done", "spam", "archived"]),
        labels=st.none() | st.lists(st.sampled_from(["red", "blue"]), unique=True),
        users=st.none() | st.lists(st.sampled_from(["ada@example.com", "bo@example.com"]), unique=True),
        inbox=st.sampled_from([None, "One", "Two"]),
    )
    def patch_conversation(
        self,
        number: int,
        which: int,
        status: str | None,
        labels: list[str] | None,
        users: list[str] | None,
        inbox: str | None,
    ) -> None:
        world, model = self.world(number), self.world(number).model
        conversation = self.some(model.conversations, which)
        if conversation is None:
            return
        body = {
            "status": status,
            "labels": None if labels is None else [self.labels[name]["id"] for name in labels],
            "assigned_users": None if users is None else [self.users[mail]["id"] for mail in users],
            "inbox_id": None if inbox is None else self.inboxes[inbox]["id"],
        }
        assert world.api.patch(conversation["url"], json=body).status_code == 200
        if status is not None:
            model.events += status != conversation["status"] and status in ("open", "done")
            conversation |= {"status": status, "snoozed_until": None}
        if labels is not None:
            conversation["labels"] = [pick(self.labels[name], "id", "name", "url") for name in labels]
        if users is not None:
            conversation["assigned_users"] = [pick(self.users[mail], "id", "url", "email") for mail in users]
        if inbox is not None:
            conversation["inbox"] = pick(self.inboxes[inbox], "id", "name", "url")

    @rule(number=WORLDS, which=SOMEBODY, hours=st.integers(-1, 5))
    def snooze(self, number: int, which: int, hours: int) -> None:
        world, model = self.world(number), self.world(number).model
        conversation = self.some(model.conversations, which)
        if conversation is None:
            return
        until = zulu(model.now + timedelta(hours=hours))
        body = {"status": "snoozed", "snoozed_until": until, "labels": []}
        if hours <= 0:
            world.refuses(400, "PATCH", conversation["url"], body)
            return
        assert world.api.patch(conversation["url"], json=body).status_code == 200
        model.events += (conversation["status"], conversation["snoozed_until"]) != ("snoozed", until)
        conversation |= {"status": "snoozed", "snoozed_until": until, "labels": []}

    @rule(number=WORLDS, which=SOMEBODY)
    def patch_with_something_unknown(self, number: int, which: int) -> None:
        conversation = self.some(self.world(number).model.conversations, which)
        url = conversation["url"] if conversation else "/conversations/cv_nobody"
        self.world(number).refuses(404, "PATCH", url, {"status": "done", "labels": [], "assigned_users": ["us_nobody"]})

    @rule(number=WORLDS, which=SOMEBODY)
    def delete_conversation(self, number: int, which: int) -> None:
        world, model = self.world(number), self.world(number).model
        conversation = self.some(model.conversations, which)
        if conversation is None:
            return
        held = world.api.get(f"{conversation['url']}/messages", params={"limit": 100}).json()["results"]
        assert world.api.delete(conversation["url"]).json() == {"id": conversation["id"]}
        del model.conversations[conversation["id"]]
        model.messages -= len(held)
        model.events += 1
        world.refuses(404, "GET", conversation["url"])
        world.refuses(404, "PATCH", conversation["url"], {"status": "done"})
        world.refuses(404, "DELETE", conversation["url"])

    @rule(number=WORLDS, minutes=st.sampled_from([0, 1, 59, 60, 300]))
    def advance(self, number: int, minutes: int) -> None:
        self.world(number).sandbox.clock.advance(minutes=minutes)
        self.world(number).model.advance(timedelta(minutes=minutes))

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

    @precondition(lambda self: len(self.worlds) < 3)
    @rule(number=WORLDS)
    def fork(self, number: int) -> None:
        world = self.world(number)
        self.worlds.append(World(world.sandbox.fork(), deepcopy(world.model)))

    @rule(number=WORLDS, path=st.sampled_from(["contacts", "conversations"]), limit=st.integers(1, 7))
    def page_there_and_back(self, number: int, path: str, limit: int) -> None:
        world = self.world(number)
        expected = list(reversed(getattr(world.model, path)))
        there, cursor = [], None
        while True:
            query = {"limit": limit, **({"after": cursor} if cursor else {})}
            page = world.api.get(f"/{path}", params=query).json()
            there.append([each["id"] for each in page["results"]])
            assert page["pagination"]["previous_cursor"] == (there[-1][0] if cursor else None)
            cursor = page["pagination"]["next_cursor"]
            if cursor is None:
                break
        assert [id for ids in there for id in ids] == expected
        cursor = page["pagination"]["previous_cursor"]
        for ids in reversed(there[:-1]):
            page = world.api.get(f"/{path}", params={"limit": limit, "before": cursor}).json()
            assert [each["id"] for each in page["results"]] == ids
            assert page["pagination"]["next_cursor"] == ids[-1]
            cursor = page["pagination"]["previous_cursor"]
        assert cursor is None

    def some(self, documents: dict[str, Body], number: int) -> Body | None:
        return list(documents.values())[number % len(documents)] if documents else None

    @invariant()
    def every_list_shows_its_model_newest_first(self) -> None:
        for world in self.worlds:
            model = world.model
            assert world.listed("/contacts") == list(reversed(model.contacts.values()))
            assert world.listed("/conversations") == list(reversed(model.conversations.values()))

    @invariant()
    def a_conversation_is_listed_with_its_contact_only(self) -> None:
        for world in self.worlds:
            for id, contact in world.model.contacts.items():
                own = [
                    each
                    for each in world.model.conversations.values()
                    if each["contacts"][:1] and each["contacts"][0]["id"] == id
                ]
                assert world.listed(f"{contact['url']}/conversations") == own[::-1]

    @invariant()
    def no_two_contacts_share_a_handle(self) -> None:
        for world in self.worlds:
            values = [handle["value"].lower() for each in world.listed("/contacts") for handle in each["handles"]]
            assert len(values) == len(set(values))

    @invariant()
    def messages_and_events_are_counted(self) -> None:
        for world in self.worlds:
            assert world.account.state["messages"] == world.model.messages
            assert len(world.sandbox.webhooks) == world.model.events


def pick(document: Body, *names: str) -> Body:
    return {name: document[name] for name in names}


TestContactsAndConversations = ContactsAndConversations.TestCase
TestContactsAndConversations.settings = settings(
    max_examples=60,
    stateful_step_count=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
