"""The projection of a world into a Superchat workspace.

Teams become inboxes, tags become labels, agents become users. Companies have no place in Superchat. What only
Superchat knows (custom attributes, contact lists, templates, webhooks) is read from the world's `superchat`
section (`workspace`, models in `world_section`).
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from harness.core.store import AlreadyThere, Document, NotUnique
from harness.core.unit import Unit
from harness.core.worlds import Finding
from harness.providers.superchat import conversations, messages, workspace
from harness.providers.superchat.channels import HANDLES, WINDOWS
from harness.providers.superchat.contacts import handle_group
from harness.providers.superchat.projection import NEUTRAL, Projection
from harness.providers.superchat.users import ME

CHANNEL_TYPES: Final = {
    "whatsapp": "whats_app",
    "sms": "sms",
    "email": "mail",
    "live_chat": "live_chat",
    "facebook": "facebook_messenger",
    "instagram": "instagram",
    "telegram": "telegram",
    "google": "google_business_messaging",
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


def _agent(world: Projection, agent: Document) -> None:
    if agent["email"].casefold() in world.emails:
        world.refuse(f"{agent['email']!r} is taken by a user of the superchat account", "email")
    world.emails.add(agent["email"].casefold())
    user = {
        "id": world.id("agents", agent["key"]),
        "first_name": agent["first_name"],
        "last_name": agent["last_name"],
        "email": agent["email"],
        "phone": agent["phone"],
        "role": ROLES[agent["role"]],
        "language": agent["language"],
        "created_at": world.at(agent["created"]),
        "updated_at": world.at(agent["created"]),
    }
    world.unit["users"].insert(user)
    there = world.unit["workspaces"].get(ME)
    if there is None or (agent["role"] == "admin" and not there["admin"]):
        name = world.section.get("workspace") or (there and there["name"]) or world.data.get("title") or "Workspace"
        world.unit["workspaces"].put({"id": ME, "name": name, "user_id": user["id"], "admin": agent["role"] == "admin"})


def _team(world: Projection, team: Document) -> None:
    world.unit["inboxes"].insert(
        {
            "id": world.id("teams", team["key"]),
            "name": team["name"],
            "user_ids": world.references("agents", team["agents"], "agents"),
            "created_at": world.at(team["created"]),
        }
    )


def _channel(world: Projection, channel: Document) -> None:
    accounts = world.section.get("whats_app_business_accounts") or {}
    account = accounts.get(channel["key"])
    if account is None and channel["type"] == "whatsapp":
        account = channel["key"]
    world.unit["channels"].insert(
        {
            "id": world.id("channels", channel["key"]),
            "type": CHANNEL_TYPES[channel["type"]],
            "name": channel["name"],
            "inbox_id": world.reference("teams", channel["team"], "team"),
            "address": channel["address"],
            "whats_app_business_account_id": account and world.id("whats_app_business_accounts", account),
            "created_at": world.at(channel["created"]),
        }
    )


def _tag(world: Projection, tag: Document) -> None:
    if tag["name"].casefold() in world.labels:
        world.refuse(f"{tag['name']!r} is taken by a label of the superchat account", "name")
    world.labels.add(tag["name"].casefold())
    label = {
        "id": world.id("tags", tag["key"]),
        "name": tag["name"],
        "created_at": world.at(tag["created"]),
    }
    world.unit["labels"].insert(label)


def _file(world: Projection, file: Document) -> None:
    content = None if file["content"] is None else file["content"].encode()
    world.unit["files"].insert(
        {
            "id": world.id("files", file["key"]),
            "name": file["name"],
            "mime_type": file["mime_type"],
            "size": len(content) if content is not None else file["size"] or 0,
            "content": None if content is None else b64encode(content).decode("ascii"),
            "created_at": world.at(file["created"]),
        }
    )


def _contact(world: Projection, contact: Document) -> None:
    key = contact["key"]
    handles = [{"type": "phone", "value": value} for value in contact["phones"]]
    handles += [{"type": "mail", "value": value} for value in contact["emails"]]
    handles += [{"type": CHANNEL_TYPES[social["type"]], "value": social["value"]} for social in contact["socials"]]
    if not handles:  # a contact of Superchat has at least one
        handles = [{"type": "live_chat", "value": f"visitor-{key}"}]
    values = [
        {"id": world.id("custom_attributes", attribute["key"]), "value": attribute["values"][key]}
        for attribute in world.section.get("custom_attributes") or ()
        if (attribute.get("values") or {}).get(key) not in (None, [])
    ]
    lists = [
        world.id("contact_lists", contact_list["key"])
        for contact_list in world.section.get("contact_lists") or ()
        if key in (contact_list.get("contacts") or ())
    ]
    world.unit["contacts"].insert(
        {
            "id": world.id("contacts", key),
            "first_name": contact["first_name"],
            "last_name": contact["last_name"],
            "gender": contact["gender"],
            "handles": [{"id": world.unit.named_id("ch", handle_group(h["type"], h["value"])), **h} for h in handles],
            "attributes": values,
            "list_ids": lists,
            "created_at": world.at(contact["created"]),
            "updated_at": world.at(contact["updated"]),
        }
    )


def _conversation(world: Projection, given: Document) -> None:
    channel = world.unit["channels"][world.reference("channels", given["channel"], "channel")]
    contact = world.contact(given["contact"], "contact")
    until = None if given["snoozed_until"] is None else world.at(given["snoozed_until"])
    status = STATUSES[given["status"]]
    if status == "snoozed" and (until is None or until <= world.unit.now):
        status, until = "open", None
    inbound = [world.at(message["at"]) for message in given["messages"] if message["from"] == "contact"]
    length = WINDOWS.get(channel["type"])
    window = inbound[-1] + length if inbound and length is not None else None
    conversation = {
        "id": world.id("conversations", given["key"]),
        "channel_id": channel["id"],
        "contact_ids": [contact["id"]],
        "status": status,
        "snoozed_until": until,
        "window_until": window if window is not None and window > world.unit.now else None,
        "user_ids": world.references("agents", given["assignees"], "assignees"),
        "label_ids": world.references("tags", given["tags"], "tags"),
        "inbox_id": world.reference("teams", given["team"], "team") if given["team"] else channel["inbox_id"],
        "created_at": world.at(given["messages"][0]["at"]),
    }
    world.unit["conversations"].insert(conversation)
    if until is not None:
        world.unit.schedule(conversations.WAKE, until, conversation["id"])
    if conversation["window_until"] is not None:
        world.unit.schedule(conversations.CLOSE, conversation["window_until"], conversation["id"])
    _messages(world, given, conversation, contact, channel)
    for number, note in enumerate(given["notes"]):
        moment = world.at(note["at"])
        world.unit["notes"].insert(
            {
                "id": world.unit.named_id("no", f"{given['key']}/{number}"),
                "conversation_id": conversation["id"],
                "content": note["text"],
                "author_id": world.reference("agents", note["author"], "notes", number, "author"),
                "file_ids": [],
                "created_at": moment,
                "updated_at": moment,
            }
        )


def _messages(world: Projection, given: Document, conversation: Document, contact: Document, channel: Document) -> None:
    wanted = HANDLES.get(channel["type"], channel["type"])
    handles = [handle["value"] for handle in contact["handles"] if handle["type"] == wanted]
    identifier = handles[0] if handles else contact["handles"][0]["value"]
    ids = [world.unit.named_id("ms", f"{given['key']}/{n}") for n in range(len(given["messages"]))]
    for number, each in enumerate(given["messages"]):
        inbound = each["from"] == "contact"
        status = "received" if inbound else MESSAGE_STATUSES[each["status"] or "delivered"]
        place = ("messages", number)
        sender = None
        if not inbound:
            sender = world.unit["users"].get(world.reference("agents", each["from"], *place, "from"))
        reply = each["reply_to"]
        message = messages.new_message(
            world.unit,
            conversation,
            "inbound" if inbound else "outbound",
            _content(world, each, channel, *place),
            contact=contact["id"],
            identifier=identifier,
            status=status,
            id=ids[number],
            at=world.at(each["at"]),
            from_name=sender["first_name"] if sender else None,
            in_reply_to=ids[reply] if reply is not None and channel["type"] == "mail" else None,
        )
        if not inbound:
            reached = dict.fromkeys(_REACHED[status], message["created_at"])
            errors = [{"title": "The message could not be delivered."}] if status == "sending_failed" else None
            world.unit["messages"].replace({**message, "reached": reached, "errors": errors})


def _content(world: Projection, message: Document, channel: Document, *place: str | int) -> dict[str, Any]:
    file = world.reference("files", message["file"], *place, "file") if message["file"] else None
    if channel["type"] == "mail":
        content = {"type": "email", **{name: message[name] for name in ("subject", "text", "html")}}
        return {**content, "files": [{"id": file}] if file else []}
    if file:
        return {"type": "media", "file_id": file}
    return {"type": "text", "body": message["text"] or message["html"] or ""}


def _workspace(world: Projection) -> None:
    """Name the workspace; one without any agent has at least its owner, whom the key acts as."""
    workspaces, name = world.unit["workspaces"], world.section.get("workspace")
    there = workspaces.get(ME)
    if there is None:
        role, created = "admin", 0
        owner = {"key": "owner", "first_name": "Owner", "last_name": None, "email": "owner@example.com"}
        _agent(world, {**owner, "phone": None, "role": role, "language": "en", "created": created})
    elif name and there["name"] != name:
        workspaces.replace({**there, "name": name})


_PUT: Final[Mapping[str, Callable[[Projection, Document], None]]] = {
    "agents": _agent,
    "teams": _team,
    "channels": _channel,
    "tags": _tag,
    "files": _file,
    "custom_attributes": workspace.put_custom_attribute,
    "contact_lists": workspace.put_contact_list,
    "contacts": _contact,
    "template_folders": workspace.put_template_folder,
    "templates": workspace.put_template,
    "webhooks": workspace.put_webhook,
    "conversations": _conversation,
}
"""What is done with a record of each kind, in this order: later kinds refer to earlier ones."""


def seed(unit: Unit, world: Mapping[str, Any]) -> None:
    """Project a world, or more of one, into an account."""
    projection = Projection(unit, world)
    for name, put in _PUT.items():
        for index, record in enumerate(projection.records(name)):
            projection.place = (name, index) if name in NEUTRAL else ("superchat", name, index)
            try:
                put(projection, record)
            except NotUnique as taken:
                projection.refuse_taken(taken, record)
            except AlreadyThere:
                projection.refuse("is in the superchat account already", "key")
    projection.place = ("superchat",)
    for channel in projection.section.get("whats_app_business_accounts") or ():
        if channel not in projection.given["channels"]:
            projection.refuse("the channel does not come with it", "whats_app_business_accounts", channel)
    _workspace(projection)


def check_world(world: Mapping[str, Any]) -> Iterable[Finding]:
    """What is wrong with the superchat section of a world, if it has one."""
    if world.get("superchat") is None:
        return ()
    from harness.providers.superchat import world_section

    return world_section.check(world)
