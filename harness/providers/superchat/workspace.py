"""The records that only Superchat knows, from the `superchat` section of a world (models in `world_section`)."""

from __future__ import annotations

from typing import Any, Final

from harness.core.store import Document
from harness.providers.superchat import templates
from harness.providers.superchat.events import BUILT_IN
from harness.providers.superchat.projection import Projection

FILTERED: Final = {"channel": "channels", "inbox": "teams", "custom_attribute": "custom_attributes"}
"""What a webhook filter names by key, by its type."""


def put_custom_attribute(world: Projection, attribute: Document) -> None:
    """A custom attribute, and its values for contacts that are in the account already."""
    options = [
        {"id": world.unit.named_id("so", f"{attribute['key']}/{value}"), "value": value}
        for value in attribute.get("options") or ()
    ]
    id = world.id("custom_attributes", attribute["key"])
    world.unit["custom_attributes"].insert(
        {
            "id": id,
            "name": attribute["name"],
            "type": attribute["type"],
            "options": options,
            "read_only": attribute.get("read_only", False),
            "created_at": world.created(attribute, "-3y"),
        }
    )
    for key, value in (attribute.get("values") or {}).items():
        if key not in world.given["contacts"]:
            contact = world.contact(key, "values", key)
            if value not in (None, []):
                held = [*contact["attributes"], {"id": id, "value": value}]
                world.unit["contacts"].replace({**contact, "attributes": held})


def put_contact_list(world: Projection, contact_list: Document) -> None:
    """A contact list, and its members that are in the account already."""
    id = world.id("contact_lists", contact_list["key"])
    world.unit["contact_lists"].insert(
        {"id": id, "name": contact_list["name"], "created_at": world.created(contact_list, "-2y")}
    )
    for index, key in enumerate(contact_list.get("contacts") or ()):
        if key not in world.given["contacts"]:
            contact = world.contact(key, "contacts", index)
            world.unit["contacts"].replace({**contact, "list_ids": [*contact["list_ids"], id]})


def put_template_folder(world: Projection, folder: Document) -> None:
    """A template folder."""
    parent = folder.get("parent")
    world.unit["template_folders"].insert(
        {
            "id": world.id("template_folders", folder["key"]),
            "name": folder["name"],
            "parent_id": world.reference("template_folders", parent, "parent") if parent else None,
            "created_at": world.created(folder, "-2y"),
        }
    )


def put_template(world: Projection, template: Document) -> None:
    """A template; a pending one goes to review."""
    generic = template["type"] == "generic_template"
    channel_ids = world.references("channels", template["channels"], "channels")
    account = None
    if not generic:
        channel = world.unit["channels"].get(channel_ids[0])
        account = channel["whats_app_business_account_id"] if channel else None
    folder = template.get("folder")
    moment = world.created(template, "-1y")
    status = template.get("status", "approved")
    id = world.id("templates", template["key"])
    world.unit["templates"].insert(
        {
            "id": id,
            "name": template["name"],
            "status": status,
            "content": _template_content(world, template, generic=generic),
            "channel_ids": channel_ids,
            "whats_app_business_account_id": account,
            "folder_id": world.reference("template_folders", folder, "folder") if folder else None,
            "created_at": moment,
            "updated_at": moment,
        }
    )
    if status == "pending":
        world.unit.schedule(templates.REVIEW, world.unit.now + templates.REVIEW_TIME, id)


def _template_content(world: Projection, template: Document, *, generic: bool) -> dict[str, Any]:
    content = {"type": template["type"], "body": template["body"], "variables": _variables(world, template)}
    if generic:
        files = [{"id": id} for id in world.references("files", template.get("files") or (), "files")]
        return {**content, "subject": template.get("subject"), "file_ids": files}
    header = template.get("header")
    if header and header["type"] == "text":
        header = {"type": "text", "value": header["value"]}
    elif header:
        file = world.reference("files", header["file"], "header", "file")
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


def _variables(world: Projection, template: Document) -> list[dict[str, Any]]:
    read = []
    for number, variable in enumerate(template.get("variables") or ()):
        position, name = variable["position"], variable.get("attribute")
        label = variable.get("display_name") or name or f"{{{{{position}}}}}"
        read.append({"type": "static", "position": position, "display_name": label})
        if name is not None:
            place = ("variables", number, "attribute")
            built_in = name in BUILT_IN
            id = name if built_in else world.reference("custom_attributes", name, *place)
            read[-1] |= {"type": "contact_attribute", "attribute_id": id}
    return read


def put_webhook(world: Projection, hook: Document) -> None:
    """A webhook subscription."""
    id = world.id("webhooks", hook["key"])
    moment = world.created(hook, "-1y")
    events = [
        {"type": event, "filters": []} if isinstance(event, str) else _event(world, event, number)
        for number, event in enumerate(hook["events"])
    ]
    world.unit["webhooks"].insert(
        {
            "id": id,
            "target_url": hook["target_url"],
            "events": events,
            "status": hook.get("status", "active"),
            "secret": world.unit.named_id("secret", id, length=40).removeprefix("secret_"),
            "created_at": moment,
            "updated_at": moment,
        }
    )


def _event(world: Projection, event: Document, number: int) -> Document:
    filters = []
    for index, each in enumerate(event.get("filters") or ()):
        if kind := FILTERED.get(each["type"]):
            ids = world.references(kind, each["keys"], "events", number, "filters", index, "keys")
            filters.append({"type": each["type"], "ids": ids})
        else:
            filters.append({"type": each["type"], "attributes": each["attributes"]})
    return {"type": event["type"], "filters": filters}
