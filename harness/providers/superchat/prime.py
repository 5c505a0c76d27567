"""Records as the API shows them, put into the documents: the inverse of the views.

What it refers to is made as far as it is shown, unless it is there (`primed`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from harness.core.clock import parse_shown
from harness.core.jobs import COLLECTION as JOBS
from harness.core.shown import Shown
from harness.core.store import Document
from harness.core.unit import Unit
from harness.providers.superchat import primed
from harness.providers.superchat.channels import WINDOWS
from harness.providers.superchat.conversation_exports import JOB
from harness.providers.superchat.prime_analytics import put_figures, put_message_times
from harness.providers.superchat.primed import Record
from harness.providers.superchat.users import ME


def prime(unit: Unit, shown: Shown) -> None:
    """Put a record into the account. Raises NotPrimed."""
    put = _PUT.get(shown.operation.rpartition(".")[0])
    if put is not None:
        put(unit, shown)


def _put_user(unit: Unit, shown: Shown) -> None:
    _keep_user(unit, shown.record, shown)


def _keep_user(unit: Unit, record: Record, shown: Shown) -> None:
    told = {
        **primed.only(record, "id", "first_name", "last_name", "email", "phone", "role", "language"),
        **primed.times(record),
    }
    primed.put(unit, "users", told, shown, phone=None)
    for inbox in record.get("inboxes", ()):
        id = primed.inbox(unit, inbox)
        there = unit["inboxes"][id]
        if record["id"] not in there["user_ids"]:
            unit["inboxes"].replace({**there, "user_ids": [*there["user_ids"], record["id"]]})
    _act_as(unit, record["id"], only_for_nobody=True)


def _act_as(unit: Unit, user: str, *, only_for_nobody: bool = False, name: str | None = None) -> None:
    """Let the key be that user's; the owner whom a world without agents has goes."""
    workspace = unit["workspaces"][ME]
    nobody = unit.named_id("us", "agents/owner")
    if not only_for_nobody or workspace["user_id"] == nobody:
        workspace = {**workspace, "user_id": user}
    unit["workspaces"].replace({**workspace, "name": name or workspace["name"]})
    if nobody in unit["users"] and workspace["user_id"] != nobody:
        unit["users"].delete(nobody)


def _put_me(unit: Unit, shown: Shown) -> None:
    user = shown.record["user"]
    _keep_user(unit, user, shown)
    _act_as(unit, user["id"], name=shown.record["workspace"]["name"])


def _put_inbox(unit: Unit, shown: Shown) -> None:
    record = shown.record
    told = {**primed.only(record, "id", "name"), "user_ids": [primed.user(unit, user) for user in record["users"]]}
    primed.put(unit, "inboxes", told, shown)


def _put_label(unit: Unit, shown: Shown) -> None:
    primed.put(unit, "labels", primed.only(shown.record, "id", "name"), shown)


def _put_channel(unit: Unit, shown: Shown) -> None:
    record = shown.record
    told = {
        **primed.only(record, "id", "type", "name", "whats_app_business_account_id"),
        "inbox_id": primed.inbox(unit, record["inbox"]),
    }
    for name in ("phone_number", "email_address"):
        if name in record:
            told["address"] = record[name]
    primed.put(unit, "channels", told, shown, address=None)


def _put_attribute(unit: Unit, shown: Shown) -> None:
    record = shown.record
    if shown.when == "made":
        return
    told = {
        **primed.only(record, "id", "name", "type", "read_only"),
        "options": record.get("option_values") or record.get("specification") or [],
    }
    primed.put(unit, "custom_attributes", told, shown, read_only=False)


def _put_contact(unit: Unit, shown: Shown) -> None:
    record = shown.record
    held = [{"id": primed.attribute(unit, each), "value": each["value"]} for each in record["custom_attributes"]]
    if shown.when == "made":
        return
    told = {
        **primed.only(record, "id", "first_name", "last_name", "gender", "handles"),
        "attributes": held,
        **primed.times(record),
    }
    primed.put(unit, "contacts", told, shown, list_ids=[])


def _put_member(unit: Unit, shown: Shown) -> None:
    _put_contact(unit, shown)
    contact_list = primed.contact_list(unit, {"id": shown.path["contact_list_id"]})
    _join(unit, shown.record["id"], contact_list)


def _put_list(unit: Unit, shown: Shown) -> None:
    primed.put(unit, "contact_lists", primed.only(shown.record, "id", "name"), shown)


def _put_list_of_contact(unit: Unit, shown: Shown) -> None:
    id = primed.contact_list(unit, shown.record)
    if shown.when != "made":
        _join(unit, primed.contact(unit, shown.path["contactId"]), id)


def _join(unit: Unit, contact: str, contact_list: str) -> None:
    there = unit["contacts"][contact]
    if contact_list not in there["list_ids"]:
        unit["contacts"].replace({**there, "list_ids": [*there["list_ids"], contact_list]})


def _put_conversation(unit: Unit, shown: Shown) -> None:
    record = shown.record
    window, snoozed = record["time_window"], record["snoozed_until"]
    inbox = primed.inbox(unit, record["inbox"])
    channel = primed.channel(unit, record["channel"], "live_chat", record["channel"].get("inbox") or record["inbox"])
    told: Document = {
        "id": record["id"],
        "channel_id": channel,
        "contact_ids": [primed.contact(unit, each["id"]) for each in record["contacts"]],
        "status": record["status"],
        "snoozed_until": parse_shown(snoozed) if snoozed else None,
        "window_until": _window(unit["channels"][channel]["type"], window),
        "user_ids": [primed.user(unit, each) for each in record["assigned_users"]],
        "label_ids": [primed.label(unit, each) for each in record["labels"]],
        "inbox_id": inbox,
    }
    primed.put(unit, "conversations", told, shown)


def _window(type: str, window: Record | None) -> int | None:
    """Until when a window is open; the documents keep none that is closed."""
    if type not in WINDOWS or not window or window["state"] != "open" or not window["open_until"]:
        return None
    return parse_shown(window["open_until"])


def _put_message(unit: Unit, shown: Shown) -> None:
    if shown.when == "made":
        return
    record = shown.record
    outbound = record["direction"] == "outbound"
    party = record["to"][0] if outbound else record["from"]
    channel_id = (record["from"] if outbound else record["to"])["channel_id"]
    content = record["content"][0] if isinstance(record["content"], list) else record["content"]
    identifier = party["identifier"]
    kind = "mail" if "@" in identifier else "phone" if identifier.startswith("+") else "live_chat"
    channel = primed.channel(unit, {"id": channel_id}, {"mail": "mail", "phone": "whats_app"}.get(kind, kind))
    contact = party["contact_id"] if outbound else party["id"]
    if contact not in unit["contacts"]:
        primed.contact(unit, contact, {"type": kind, "value": identifier})
    created = parse_shown(record["created_at"])
    status, updated = record["status"], parse_shown(record["updated_at"])
    there = unit["messages"].get(record["id"])
    reached = dict(there["reached"]) if there else {"processed": created} if outbound else {}
    if outbound:
        reached.setdefault(status, updated)
    told = {
        "id": record["id"],
        "conversation_id": primed.conversation(unit, record["conversation_id"], channel, contact),
        "channel_id": channel_id,
        "contact_id": contact,
        "identifier": identifier,
        "direction": record["direction"],
        "status": status,
        "from_name": record["from"].get("name") if outbound else None,
        "content": content,
        "template_id": content.get("template_id"),
        "in_reply_to": record["in_reply_to"],
        "errors": record.get("errors"),
        "reached": reached,
        "created_at": created,
        "updated_at": updated,
    }
    for id in _files_of(content):
        primed.file(unit, id)
    primed.put(unit, "messages", told)


def _files_of(content: Record) -> Iterable[str]:
    if content.get("file_id"):
        yield content["file_id"]
    for file in (*(content.get("files") or ()), *([content["file"]] if content.get("file") else ())):
        yield file["id"]


def _put_note(unit: Unit, shown: Shown) -> None:
    record = shown.record
    if shown.when == "made":  # the author of what the key makes is the user it stands for
        author = primed.user(unit, record["author"])
        _act_as(unit, author)
        return
    conversation = record["url"].split("/")[2]
    primed.put(
        unit,
        "notes",
        {
            "id": record["id"],
            "conversation_id": conversation,
            "content": record["content"],
            "author_id": primed.user(unit, record["author"]),
            "file_ids": [primed.file(unit, file["id"]) for file in record.get("files", ())],
            **primed.times(record),
        },
    )


def _put_export(unit: Unit, shown: Shown) -> None:
    record = shown.record
    if shown.when == "made":
        return
    link = record["link"]
    told = {
        "id": record["id"],
        "conversation_id": shown.path["conversationId"],
        **{name: record[name] and parse_shown(record[name]) for name in ("start", "end")},
        "status": record["status"],
        "valid_until": parse_shown(link["valid_until"]) if link else None,
    }
    export = primed.put(unit, "exports", told, shown, format="txt", transcript="")
    if export["id"] not in unit.store[JOBS]:
        unit.jobs.submit(JOB.name, export["id"])


def _put_file(unit: Unit, shown: Shown) -> None:
    if shown.when == "made":
        return
    primed.put(unit, "files", primed.only(shown.record, "id", "name", "mime_type"), shown, size=0, content=None)


def _put_folder(unit: Unit, shown: Shown) -> None:
    if shown.when == "made":
        return
    primed.put(unit, "template_folders", primed.only(shown.record, "id", "name", "parent_id"), shown)


def _put_template(unit: Unit, shown: Shown) -> None:
    record = shown.record
    content, account = record["content"], record["whats_app_business_account_id"]
    type = "whats_app" if content["type"] == "whats_app_template" else "live_chat"
    channels = [primed.channel(unit, each, type) for each in record["channels"]]
    if account is not None:
        for id in channels:
            if unit["channels"][id]["whats_app_business_account_id"] is None:
                unit["channels"].replace({**unit["channels"][id], "whats_app_business_account_id": account})
    if shown.when == "made":
        return
    told = {
        **primed.only(record, "id", "name", "status", "content", "whats_app_business_account_id", "folder_id"),
        "channel_ids": channels,
        **primed.times(record),
    }
    primed.put(unit, "templates", told, shown)


def _put_webhook(unit: Unit, shown: Shown) -> None:
    if shown.when == "made":
        return
    told = primed.only(shown.record, "id", "target_url", "events", "status", "secret")
    primed.put(unit, "webhooks", {**told, **primed.times(shown.record)}, shown)


_PUT: Final[Mapping[str, Callable[[Unit, Shown], None]]] = {
    "users": _put_user,
    "me": _put_me,
    "inboxes": _put_inbox,
    "labels": _put_label,
    "channels": _put_channel,
    "custom_attributes": _put_attribute,
    "contacts": _put_contact,
    "search_contacts": _put_contact,
    "contact_lists": _put_list,
    "contact_list_contacts": _put_member,
    "contact_contact_lists": _put_list_of_contact,
    "contact_conversations": _put_conversation,
    "conversations": _put_conversation,
    "messages": _put_message,
    "conversation_messages": _put_message,
    "notes": _put_note,
    "conversation_exports": _put_export,
    "files": _put_file,
    "template_folders": _put_folder,
    "templates": _put_template,
    "webhooks": _put_webhook,
    "message_analytics": put_message_times,
    "template_analytics": put_figures,
}
"""By resource, the first part of an operation's id."""
