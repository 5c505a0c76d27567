"""Message templates: generic ones for any channel, and WhatsApp ones, which have to be approved."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from harness.core.clock import HOUR
from harness.core.exchange import Response
from harness.core.provider import Call, Handler
from harness.core.store import Document, NotUnique, Order, Schema, Unique
from harness.core.unit import Unit
from harness.core.views import View
from harness.providers.superchat import channels
from harness.providers.superchat.dialect import conflict, created, deleted, moment, unknown_reference, wrong
from harness.providers.superchat.events import BUILT_IN
from harness.providers.superchat.resources import all_referenced, find, get_one, listing, referenced, show

COLLECTIONS = {
    "templates": Schema(
        orders={
            "created": Order(lambda template: (template["created_at"],)),
            "folder": Order(
                lambda template: (template["created_at"],), group=lambda template: (template["folder_id"] or "",)
            ),
        },
        uniques={"name": Unique(lambda template: (template["name"],))},
    )
}

REVIEW = "template_review"
REVIEW_TIME: Final = HOUR
"""inferred: how long WhatsApp takes to look at a template."""
PLACEHOLDER: Final = re.compile(r"\{\{\s*(\d+)\s*\}\}")
_BUTTONS: Final = {"url": "static_url"}


def _template(unit: Unit, template: Document) -> dict[str, Any]:
    found = [channel for id in template["channel_ids"] if (channel := unit["channels"].get(id))]
    return {
        "id": template["id"],
        "url": f"/templates/{template['id']}",
        "status": template["status"],
        "name": template["name"],
        "content": template["content"],
        "channels": [channels.reference(channel) for channel in found],
        "whats_app_business_account_id": template["whats_app_business_account_id"],
        "folder_id": template["folder_id"],
        "created_at": moment(unit, template["created_at"]),
        "updated_at": moment(unit, template["updated_at"]),
    }


VIEW = View("templates", _template, depends=("channels",))


def review(unit: Unit, id: str, payload: Mapping[str, Any]) -> None:
    """Due event: the review of a pending template ends as the quirk says."""
    template = unit["templates"].get(id)
    if template and template["status"] == "pending":
        generic = template["content"]["type"] == "generic_template"
        status = "approved" if generic else unit.quirks["template_review"]
        unit["templates"].replace({**template, "status": status, "updated_at": unit.now})


def _list(call: Call) -> Response:
    channel, folder, kind = (call.query.get(name) or None for name in ("channel_id", "folder_id", "type"))

    def keep(template: Document) -> bool:
        return (
            (channel is None or channel in template["channel_ids"])
            and (folder is None or template["folder_id"] == folder)
            and (kind is None or template["content"]["type"] == kind)
        )

    return listing(call, VIEW, keep=keep if channel or folder or kind else None)


def _create(call: Call) -> Response:
    body, content = call.body, call.body["content"]
    if body.get("folder_id") is not None:
        referenced(call, "template_folders", body["folder_id"], "Template folder", "folder_id")
    _check_placeholders(call, content)
    whats_app = content["type"] == "whats_app_template"
    account = body["whats_app_business_account_id"] if whats_app else None
    usable = [
        channel["id"]
        for channel in call["channels"]
        if (
            channel["whats_app_business_account_id"] == account
            if whats_app
            else "generic_template" in channels.CONTENTS[channel["type"]]
        )
    ]
    if whats_app and not usable:
        raise unknown_reference(call, "WhatsApp business account", "whats_app_business_account_id")
    # client: pending at once, there is no draft. A generic template is inferred.
    status = "pending" if whats_app else call.quirks["generic_template_status"]
    template = {
        "id": call.new_id("tn"),
        "name": body["name"],
        "status": status,
        "content": _whats_app(call, content) if whats_app else _generic(call, content),
        "channel_ids": usable,
        "whats_app_business_account_id": account,
        "folder_id": body.get("folder_id"),
        "created_at": call.now,
        "updated_at": call.now,
    }
    try:
        call["templates"].insert(template)
    except NotUnique:
        raise _name_taken(call, body["name"]) from None
    if status == "pending":
        call.schedule(REVIEW, call.now + REVIEW_TIME, template["id"])
    return created(call, show(call, VIEW, template["id"]))


def _update(call: Call) -> Response:
    """documented: renames or moves; the older reference also replaces the files of a generic template."""
    template = find(call, "templates", "id", "Template")
    body = call.body
    changes: dict[str, Any] = {name: body[name] for name in ("name", "folder_id") if name in body}
    if changes.get("folder_id") is not None:
        referenced(call, "template_folders", changes["folder_id"], "Template folder", "folder_id")
    if "file_ids" in body:
        if template["content"]["type"] != "generic_template":
            raise wrong(call, "file_ids", "Only generic templates have files.")
        changes["content"] = {**template["content"], "file_ids": _files(call, body["file_ids"])}
    try:
        call["templates"].replace({**template, **changes, "updated_at": call.now})
    except NotUnique:
        raise _name_taken(call, body["name"]) from None
    return show(call, VIEW, template["id"])


def _delete(call: Call) -> dict[str, str]:
    template = find(call, "templates", "id", "Template")
    call.unschedule(REVIEW, template["id"])
    return deleted(call["templates"].delete(template["id"]))


def _name_taken(call: Call, name: str) -> Exception:
    return conflict(call, "template_exists", f"There is a template named {name}.")


def _check_placeholders(call: Call, content: dict[str, Any]) -> None:
    """inferred from WhatsApp: each {{n}} of the body is a variable, and no position is named twice."""
    positions = [variable["position"] for variable in content["variables"]]
    if len(set(positions)) < len(positions):
        raise wrong(call, "content.variables", "A position is named twice.")
    used = {int(number) for number in PLACEHOLDER.findall(content["body"])}
    if used != set(positions):
        raise wrong(call, "content.variables", f"The body uses {sorted(used)}, the variables are {sorted(positions)}.")


def _variables(call: Call, content: dict[str, Any]) -> list[dict[str, Any]]:
    read = []
    for number, variable in enumerate(content["variables"]):
        identifier, position = variable["attribute_identifier"], variable["position"]
        if identifier == "wildcard":
            read.append({"type": "static", "position": position, "display_name": f"{{{{{position}}}}}"})
            continue
        attribute = call["custom_attributes"].get(identifier)
        if attribute is None and identifier not in BUILT_IN:
            raise wrong(call, f"content.variables.{number}.attribute_identifier", "No attribute is called so.")
        read.append(
            {
                "type": "contact_attribute",
                "position": position,
                "display_name": attribute["name"] if attribute else identifier,
                "attribute_id": identifier,
            }
        )
    return sorted(read, key=lambda variable: variable["position"])


def _files(call: Call, ids: list[str]) -> list[dict[str, str]]:
    return [{"id": id} for id in all_referenced(call, "files", ids, "File", "file_ids")]


def _generic(call: Call, content: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "generic_template",
        "body": content["body"],
        "variables": _variables(call, content),
        "subject": content.get("subject"),
        "file_ids": _files(call, [file["id"] for file in content.get("file_ids") or []]),
    }


def _whats_app(call: Call, content: dict[str, Any]) -> dict[str, Any]:
    header = content.get("header")
    if header and header["type"] == "text":
        header = {"type": "text", "value": header["value"]}
    elif header:
        file = referenced(call, "files", header["file_id"], "File", "content.header.file_id")
        header = {"type": header["type"], "file_id": file["id"]}
    buttons = content.get("buttons")
    return {
        "type": "whats_app_template",
        "category": content["category"],
        "language": content["language"],
        "body": content["body"],
        "footer": content.get("footer"),
        "header": header,
        "buttons": None if buttons is None else [_button(button) for button in buttons],
        "variables": _variables(call, content),
        "track_links": content.get("track_links") or False,
    }


def _button(button: dict[str, Any]) -> dict[str, Any]:
    """Buttons are written with `text` and read with `title`. client: https://github.com/aicoachpro/whatsappvorlagen"""
    read = {"type": _BUTTONS.get(button["type"], button["type"]), "title": button["text"]}
    target = button.get("target") or button.get("phone_number")
    return {**read, "target": target} if target else read


DUE = {REVIEW: review}

HANDLERS: dict[str, Handler] = {
    "templates.list": _list,
    "templates.get": get_one(VIEW, "Template", "id"),
    "templates.create": _create,
    "templates.update": _update,
    "templates.delete": _delete,
}
