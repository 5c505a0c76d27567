"""The projection of a world into a Superchat workspace.

Teams become inboxes, tags become labels, agents become users. Companies have no place in Superchat. What only
Superchat knows (custom attributes, contact lists, templates, webhooks) is read from the world's `superchat`
section (models in `world_section`).
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any, Final, NoReturn

from harness.core.store import AlreadyThere, Document, NotUnique
from harness.core.unit import Unit
from harness.core.worlds import Finding, Place, Problem, WorldError, relative, shown
from harness.providers.superchat import conversations, messages, templates
from harness.providers.superchat.channels import HANDLES, WINDOWS
from harness.providers.superchat.contacts import handle_group
from harness.providers.superchat.events import BUILT_IN
from harness.providers.superchat.users import ME

CHANNEL_TYPES: Final = {
    "whatsapp": "whats_app",
    "sms": "sms",
    "email": "mail",
    "live_chat": "live_chat",
    "facebook": "facebook_messenger",
    "instagram": "instagram",
    "telegram": "telegram",
    "phone": "phone",
}
ROLES: Final = {"admin": "admin", "supervisor": "supervisor", "agent": "member"}
"""client: the help centre names Admin, Supervisor and Member; their spelling in the API is inferred."""
STATUSES: Final = {
    "open": "open",
    "closed": "done",
    "snoozed": "snoozed",
    "archived": "archived",
    "spam": "spam",
}
MESSAGE_STATUSES: Final = {
    "sent": "sent",
    "delivered": "received",
    "read": "read",
    "failed": "sending_failed",
}
_REACHED: Final = {
    "sent": ("processed", "sent"),
    "received": ("processed", "sent", "received"),
    "read": ("processed", "sent", "received", "read"),
    "sending_failed": ("processed", "sending_failed"),
}
SECTION: Final = frozenset(
    (
        "workspace",
        "whats_app_business_accounts",
        "custom_attributes",
        "contact_lists",
        "template_folders",
        "templates",
        "webhooks",
    )
)
_ORDER: Final = (
    "agents",
    "teams",
    "channels",
    "tags",
    "files",
    "custom_attributes",
    "contact_lists",
    "contacts",
    "template_folders",
    "templates",
    "webhooks",
    "conversations",
)
_NEUTRAL: Final = frozenset(("agents", "teams", "channels", "tags", "files", "contacts", "conversations"))
_COLLECTIONS: Final = {"agents": "users", "teams": "inboxes", "tags": "labels"}
"""The collection of a kind, where it is not named alike."""
_FILTERED: Final = {"channel": "channels", "inbox": "teams", "custom_attribute": "custom_attributes"}


class Projection:
    """One world (or a piece of one) on its way into an account's documents.

    Records refer to each other, and those of a piece to what is in the account already.
    """

    def __init__(self, unit: Unit, world: Mapping[str, Any]) -> None:
        self.unit = unit
        self.world = world
        self.section: Mapping[str, Any] = world.get("superchat") or {}
        self.is_fragment = "title" not in world
        self.place: Place = ("superchat",)
        """Of the record that is being put."""
        for name in sorted(self.section.keys() - SECTION):
            valid = ", ".join(sorted(SECTION))
            self.refuse(f"not part of a superchat section; valid are {valid}", name)
        self.given = {name: {record["key"] for record in self._records(name)} for name in _ORDER}
        quirks = unit.quirks
        self._prefixes = {
            "agents": "us",
            "teams": "ib",
            "channels": "mc",
            "tags": "lb",
            "contacts": quirks["contact_id_prefix"],
            "files": "fi",
            "conversations": "cv",
            "custom_attributes": quirks["custom_attribute_id_prefix"],
            "contact_lists": "cl",
            "template_folders": "tn",
            "templates": "tn",
            "whats_app_business_accounts": "waba",
            "webhooks": "wh",
        }

    def id(self, kind: str, key: str) -> str:
        """The id of a record: the same in every sandbox."""
        return self.unit.named_id(self._prefixes[kind], f"{kind}/{key}")

    def reference(self, kind: str, key: str, *place: str | int) -> str:
        """The id of a record that is given too or is in the account; otherwise WorldError."""
        id = self.id(kind, key)
        if key not in self.given[kind] and id not in self.unit[_COLLECTIONS.get(kind, kind)]:
            self.refuse(f"{kind} {key!r} is not in the superchat account, or not any more", *place)
        return id

    def at(self, value: int | str) -> int:
        """The moment of a relative time."""
        return self.unit.now + (relative(value) if isinstance(value, str) else value)

    def created(self, record: Document, default: str) -> int:
        """When a record of the section came: in a fragment now, unless it says otherwise."""
        given = record.get("created")
        if given is None:
            given = 0 if self.is_fragment else default
        return self.at(given)

    def refuse(self, message: str, *place: str | int) -> NoReturn:
        """Say what about the record (or a part of it) keeps it out of the account."""
        raise WorldError([Problem(shown((*self.place, *place)), message)])

    def run(self) -> None:
        """Put everything."""
        for name in _ORDER:
            for index, record in enumerate(self._records(name)):
                self.place = (name, index) if name in _NEUTRAL else ("superchat", name, index)
                try:
                    getattr(self, f"_{name}")(record)
                except NotUnique as taken:
                    self._refuse_taken(taken, record)
                except AlreadyThere:
                    self.refuse("is in the superchat account already", "key")
        self.place = ("superchat",)
        for channel in self.section.get("whats_app_business_accounts") or ():
            if channel not in self.given["channels"]:
                self.refuse("the channel does not come with it", "whats_app_business_accounts", channel)
        self._workspace()

    def _records(self, name: str) -> Iterable[Document]:
        found: Iterable[Document] = (self.world if name in _NEUTRAL else self.section).get(name) or ()
        return found

    def _refuse_taken(self, taken: NotUnique, record: Document) -> NoReturn:
        _, _, value = str(taken.key).partition(":")
        if taken.collection != "contacts":
            self.refuse(f"{record['name']!r} is taken by {taken.holder} of the superchat account", "name")
        for name in ("emails", "phones", "socials"):
            for index, given in enumerate(record[name]):
                text = given["value"] if isinstance(given, dict) else given
                if text.casefold() == value.casefold():
                    self.refuse(
                        f"{text!r} is taken by the contact {taken.holder} of the superchat account",
                        name,
                        index,
                    )
        self.refuse(f"{value!r} is taken by the contact {taken.holder} of the superchat account")

    def _workspace(self) -> None:
        """Name the workspace; one without any agent has at least its owner, whom the key acts as."""
        workspaces, name = self.unit["workspaces"], self.section.get("workspace")
        workspace = workspaces.get(ME)
        if workspace is None:
            role, created = "admin", 0
            owner = {"key": "owner", "first_name": "Owner", "last_name": None, "email": "owner@example.com"}
            self._agents({**owner, "phone": None, "role": role, "language": "en", "created": created})
        elif name and workspace["name"] != name:
            workspaces.replace({**workspace, "name": name})

    @cached_property
    def _emails(self) -> set[str]:
        return {user["email"].casefold() for user in self.unit["users"]}

    @cached_property
    def _labels(self) -> set[str]:
        return {label["name"].casefold() for label in self.unit["labels"]}

    def _agents(self, agent: Document) -> None:
        if agent["email"].casefold() in self._emails:
            self.refuse(f"{agent['email']!r} is taken by a user of the superchat account", "email")
        self._emails.add(agent["email"].casefold())
        user = {
            "id": self.id("agents", agent["key"]),
            "first_name": agent["first_name"],
            "last_name": agent["last_name"],
            "email": agent["email"],
            "phone": agent["phone"],
            "role": ROLES[agent["role"]],
            "language": agent["language"],
            "created_at": self.at(agent["created"]),
            "updated_at": self.at(agent["created"]),
        }
        self.unit["users"].insert(user)
        workspace = self.unit["workspaces"].get(ME)
        if workspace is None or (agent["role"] == "admin" and not workspace["admin"]):
            there = workspace and workspace["name"]
            name = self.section.get("workspace") or there or self.world.get("title") or "Workspace"
            self.unit["workspaces"].put(
                {"id": ME, "name": name, "user_id": user["id"], "admin": agent["role"] == "admin"}
            )

    def _teams(self, team: Document) -> None:
        self.unit["inboxes"].insert(
            {
                "id": self.id("teams", team["key"]),
                "name": team["name"],
                "user_ids": self._all("agents", team["agents"], "agents"),
                "created_at": self.at(team["created"]),
            }
        )

    def _channels(self, channel: Document) -> None:
        accounts = self.section.get("whats_app_business_accounts") or {}
        account = accounts.get(channel["key"])
        if account is None and channel["type"] == "whatsapp":
            account = channel["key"]
        self.unit["channels"].insert(
            {
                "id": self.id("channels", channel["key"]),
                "type": CHANNEL_TYPES[channel["type"]],
                "name": channel["name"],
                "inbox_id": self.reference("teams", channel["team"], "team"),
                "address": channel["address"],
                "whats_app_business_account_id": account and self.id("whats_app_business_accounts", account),
                "created_at": self.at(channel["created"]),
            }
        )

    def _tags(self, tag: Document) -> None:
        if tag["name"].casefold() in self._labels:
            self.refuse(f"{tag['name']!r} is taken by a label of the superchat account", "name")
        self._labels.add(tag["name"].casefold())
        label = {
            "id": self.id("tags", tag["key"]),
            "name": tag["name"],
            "created_at": self.at(tag["created"]),
        }
        self.unit["labels"].insert(label)

    def _files(self, file: Document) -> None:
        content = None if file["content"] is None else file["content"].encode()
        self.unit["files"].insert(
            {
                "id": self.id("files", file["key"]),
                "name": file["name"],
                "mime_type": file["mime_type"],
                "size": len(content) if content is not None else file["size"] or 0,
                "content": None if content is None else b64encode(content).decode("ascii"),
                "created_at": self.at(file["created"]),
            }
        )

    def _custom_attributes(self, attribute: Document) -> None:
        options = [
            {"id": self.unit.named_id("so", f"{attribute['key']}/{value}"), "value": value}
            for value in attribute.get("options") or ()
        ]
        id = self.id("custom_attributes", attribute["key"])
        self.unit["custom_attributes"].insert(
            {
                "id": id,
                "name": attribute["name"],
                "type": attribute["type"],
                "options": options,
                "read_only": attribute.get("read_only", False),
                "created_at": self.created(attribute, "-3y"),
            }
        )
        for key, value in (attribute.get("values") or {}).items():
            if key not in self.given["contacts"]:
                contact = self._contact(key, "values", key)
                if value not in (None, []):
                    held = [*contact["attributes"], {"id": id, "value": value}]
                    self.unit["contacts"].replace({**contact, "attributes": held})

    def _contact_lists(self, contact_list: Document) -> None:
        id = self.id("contact_lists", contact_list["key"])
        self.unit["contact_lists"].insert(
            {"id": id, "name": contact_list["name"], "created_at": self.created(contact_list, "-2y")}
        )
        for index, key in enumerate(contact_list.get("contacts") or ()):
            if key not in self.given["contacts"]:
                contact = self._contact(key, "contacts", index)
                self.unit["contacts"].replace({**contact, "list_ids": [*contact["list_ids"], id]})

    def _contact(self, key: str, *place: str | int) -> Document:
        return self.unit["contacts"][self.reference("contacts", key, *place)]

    def _contacts(self, contact: Document) -> None:
        key = contact["key"]
        handles = [{"type": "phone", "value": value} for value in contact["phones"]]
        handles += [{"type": "mail", "value": value} for value in contact["emails"]]
        handles += [{"type": CHANNEL_TYPES[social["type"]], "value": social["value"]} for social in contact["socials"]]
        if not handles:  # a contact of Superchat has at least one
            handles = [{"type": "live_chat", "value": f"visitor-{key}"}]
        values = [
            {"id": self.id("custom_attributes", attribute["key"]), "value": attribute["values"][key]}
            for attribute in self.section.get("custom_attributes") or ()
            if (attribute.get("values") or {}).get(key) not in (None, [])
        ]
        lists = [
            self.id("contact_lists", contact_list["key"])
            for contact_list in self.section.get("contact_lists") or ()
            if key in (contact_list.get("contacts") or ())
        ]
        self.unit["contacts"].insert(
            {
                "id": self.id("contacts", key),
                "first_name": contact["first_name"],
                "last_name": contact["last_name"],
                "gender": contact["gender"],
                "handles": [
                    {"id": self.unit.named_id("ch", handle_group(h["type"], h["value"])), **h} for h in handles
                ],
                "attributes": values,
                "list_ids": lists,
                "created_at": self.at(contact["created"]),
                "updated_at": self.at(contact["updated"]),
            }
        )

    def _template_folders(self, folder: Document) -> None:
        parent = folder.get("parent")
        self.unit["template_folders"].insert(
            {
                "id": self.id("template_folders", folder["key"]),
                "name": folder["name"],
                "parent_id": self.reference("template_folders", parent, "parent") if parent else None,
                "created_at": self.created(folder, "-2y"),
            }
        )

    def _templates(self, template: Document) -> None:
        generic = template["type"] == "generic_template"
        channel_ids = self._all("channels", template["channels"], "channels")
        account = None
        if not generic:
            channel = self.unit["channels"].get(channel_ids[0])
            account = channel["whats_app_business_account_id"] if channel else None
        folder = template.get("folder")
        moment = self.created(template, "-1y")
        status = template.get("status", "approved")
        id = self.id("templates", template["key"])
        self.unit["templates"].insert(
            {
                "id": id,
                "name": template["name"],
                "status": status,
                "content": self._template_content(template, generic=generic),
                "channel_ids": channel_ids,
                "whats_app_business_account_id": account,
                "folder_id": self.reference("template_folders", folder, "folder") if folder else None,
                "created_at": moment,
                "updated_at": moment,
            }
        )
        if status == "pending":
            self.unit.schedule(templates.REVIEW, self.unit.now + templates.REVIEW_TIME, id)

    def _template_content(self, template: Document, *, generic: bool) -> dict[str, Any]:
        content = {"type": template["type"], "body": template["body"], "variables": self._variables(template)}
        if generic:
            files = [{"id": id} for id in self._all("files", template.get("files") or (), "files")]
            return {**content, "subject": template.get("subject"), "file_ids": files}
        header = template.get("header")
        if header and header["type"] == "text":
            header = {"type": "text", "value": header["value"]}
        elif header:
            file = self.reference("files", header["file"], "header", "file")
            header = {"type": header["type"], "file_id": file}
        buttons = template.get("buttons")
        return {
            **content,
            "category": template["category"],
            "language": template["language"],
            "header": header,
            "footer": template.get("footer"),
            "buttons": buttons and [{k: v for k, v in each.items() if v is not None} for each in buttons],
            "track_links": template.get("track_links") or False,
        }

    def _variables(self, template: Document) -> list[dict[str, Any]]:
        read = []
        for number, variable in enumerate(template.get("variables") or ()):
            position, name = variable["position"], variable.get("attribute")
            label = variable.get("display_name") or name or f"{{{{{position}}}}}"
            read.append({"type": "static", "position": position, "display_name": label})
            if name is not None:
                place = ("variables", number, "attribute")
                built_in = name in BUILT_IN
                id = name if built_in else self.reference("custom_attributes", name, *place)
                read[-1] |= {"type": "contact_attribute", "attribute_id": id}
        return read

    def _all(self, kind: str, keys: Iterable[str], *place: str | int) -> list[str]:
        return [self.reference(kind, key, *place, number) for number, key in enumerate(keys)]

    def _webhooks(self, hook: Document) -> None:
        id = self.id("webhooks", hook["key"])
        moment = self.created(hook, "-1y")
        events = [
            {"type": event, "filters": []} if isinstance(event, str) else self._event(event, number)
            for number, event in enumerate(hook["events"])
        ]
        self.unit["webhooks"].insert(
            {
                "id": id,
                "target_url": hook["target_url"],
                "events": events,
                "status": hook.get("status", "active"),
                "secret": self.unit.named_id("secret", id, length=40).removeprefix("secret_"),
                "created_at": moment,
                "updated_at": moment,
            }
        )

    def _event(self, event: Document, number: int) -> Document:
        filters = []
        for index, each in enumerate(event.get("filters") or ()):
            if kind := _FILTERED.get(each["type"]):
                ids = self._all(kind, each["keys"], "events", number, "filters", index, "keys")
                filters.append({"type": each["type"], "ids": ids})
            else:
                filters.append({"type": each["type"], "attributes": each["attributes"]})
        return {"type": event["type"], "filters": filters}

    def _conversations(self, given: Document) -> None:
        channel = self.unit["channels"][self.reference("channels", given["channel"], "channel")]
        contact = self._contact(given["contact"], "contact")
        until = None if given["snoozed_until"] is None else self.at(given["snoozed_until"])
        status = STATUSES[given["status"]]
        if status == "snoozed" and (until is None or until <= self.unit.now):
            status, until = "open", None
        inbound = [self.at(message["at"]) for message in given["messages"] if message["from"] == "contact"]
        length = WINDOWS.get(channel["type"])
        window = inbound[-1] + length if inbound and length is not None else None
        conversation = {
            "id": self.id("conversations", given["key"]),
            "channel_id": channel["id"],
            "contact_ids": [contact["id"]],
            "status": status,
            "snoozed_until": until,
            "window_until": window if window is not None and window > self.unit.now else None,
            "user_ids": self._all("agents", given["assignees"], "assignees"),
            "label_ids": self._all("tags", given["tags"], "tags"),
            "inbox_id": self.reference("teams", given["team"], "team") if given["team"] else channel["inbox_id"],
            "created_at": self.at(given["messages"][0]["at"]),
        }
        self.unit["conversations"].insert(conversation)
        if until is not None:
            self.unit.schedule(conversations.WAKE, until, conversation["id"])
        if conversation["window_until"] is not None:
            self.unit.schedule(conversations.CLOSE, conversation["window_until"], conversation["id"])
        self._messages(given, conversation, contact, channel)
        for number, note in enumerate(given["notes"]):
            moment = self.at(note["at"])
            self.unit["notes"].insert(
                {
                    "id": self.unit.named_id("no", f"{given['key']}/{number}"),
                    "conversation_id": conversation["id"],
                    "content": note["text"],
                    "author_id": self.reference("agents", note["author"], "notes", number, "author"),
                    "file_ids": [],
                    "created_at": moment,
                    "updated_at": moment,
                }
            )

    def _messages(self, given: Document, conversation: Document, contact: Document, channel: Document) -> None:
        wanted = HANDLES.get(channel["type"], channel["type"])
        handles = [handle["value"] for handle in contact["handles"] if handle["type"] == wanted]
        identifier = handles[0] if handles else contact["handles"][0]["value"]
        ids = [self.unit.named_id("ms", f"{given['key']}/{n}") for n in range(len(given["messages"]))]
        for number, each in enumerate(given["messages"]):
            inbound = each["from"] == "contact"
            status = "received" if inbound else MESSAGE_STATUSES[each["status"] or "delivered"]
            place = ("messages", number)
            sender = None
            if not inbound:
                sender = self.unit["users"].get(self.reference("agents", each["from"], *place, "from"))
            reply = each["reply_to"]
            message = messages.new_message(
                self.unit,
                conversation,
                "inbound" if inbound else "outbound",
                self._content(each, channel, *place),
                contact=contact["id"],
                identifier=identifier,
                status=status,
                id=ids[number],
                at=self.at(each["at"]),
                from_name=sender["first_name"] if sender else None,
                in_reply_to=ids[reply] if reply is not None and channel["type"] == "mail" else None,
            )
            if not inbound:
                reached = dict.fromkeys(_REACHED[status], message["created_at"])
                errors = [{"title": "The message could not be delivered."}] if status == "sending_failed" else None
                self.unit["messages"].replace({**message, "reached": reached, "errors": errors})

    def _content(self, message: Document, channel: Document, *place: str | int) -> dict[str, Any]:
        file = self.reference("files", message["file"], *place, "file") if message["file"] else None
        if channel["type"] == "mail":
            content = {"type": "email", **{name: message[name] for name in ("subject", "text", "html")}}
            return {**content, "files": [{"id": file}] if file else []}
        if file:
            return {"type": "media", "file_id": file}
        return {"type": "text", "body": message["text"] or message["html"] or ""}


def seed(unit: Unit, world: Mapping[str, Any]) -> None:
    """Project a world, or more of one, into an account."""
    Projection(unit, world).run()


def check_world(world: Mapping[str, Any]) -> Iterable[Finding]:
    """What is wrong with the superchat section of a world, if it has one."""
    if world.get("superchat") is None:
        return ()
    from harness.providers.superchat import world_section

    return world_section.check(world)
