"""Custom attributes: further fields of contacts, and the rules for their values."""

from __future__ import annotations

import re
from datetime import date
from typing import Any, Final

from harness.core.clock import TimeError, parse_shown
from harness.core.exchange import Response
from harness.core.provider import Call, Handler
from harness.core.store import Document, Order, Schema, Unique
from harness.core.unit import Unit
from harness.core.views import View
from harness.providers.superchat.dialect import conflict, created, deleted, wrong
from harness.providers.superchat.resources import find, get_all, show

COLLECTIONS = {
    "custom_attributes": Schema(
        orders={"created": Order(lambda attribute: (attribute["created_at"],))},
        uniques={"name": Unique(lambda attribute: (attribute["name"],))},
    )
}
SELECTS = ("single_select", "multi_select")
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)", re.ASCII)


def _attribute(unit: Unit, attribute: Document) -> dict[str, Any]:
    shown = {
        "id": attribute["id"],
        "name": attribute["name"],
        "resource": "contact",
        "type": attribute["type"],
        "read_only": attribute["read_only"],
    }
    # client against documented: the vendor's client reads option_values, the older reference has specification
    field = unit.quirks["select_options_field"]
    select = attribute["type"] in SELECTS
    if field != "specification":
        shown["option_values"] = attribute["options"]
    if field != "option_values":
        shown["specification"] = attribute["options"] if select else None
    return shown


VIEW = View("custom_attributes", _attribute)


def value_problem(attribute: Document, value: Any) -> str | None:
    """Why the attribute cannot have this value, or None. Null clears any of them."""
    kind = attribute["type"]
    if value is None:
        return "A multi-select takes a list of its options." if kind == "multi_select" else None
    if kind == "number":
        return None if isinstance(value, (int, float)) and not isinstance(value, bool) else "A number is expected."
    if kind == "multi_select":
        options = {option["value"] for option in attribute["options"]}
        if not isinstance(value, list):
            return "A multi-select takes a list of its options."
        unknown = [item for item in value if item not in options]
        return f"Not an option: {unknown[0]}." if unknown else None
    if not isinstance(value, str):
        return "A text is expected."
    if kind == "single_select":
        # client: the value of an option, not its id. https://github.com/super-chat/n8n-nodes-superchat
        return None if value in {option["value"] for option in attribute["options"]} else f"Not an option: {value}."
    if kind == "dateonly":
        return None if _is_date(value) else "A date such as 2026-01-31 is expected."
    if kind == "datetime":
        return None if _is_moment(value) else "A date-time such as 2026-01-31T09:00:00Z is expected."
    return None


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _is_moment(text: str) -> bool:
    try:
        return _MOMENT.fullmatch(text) is not None and parse_shown(text) is not None
    except TimeError:
        return False


def options_of(unit: Unit, texts: list[str], kept: list[dict[str, str]] | None = None) -> list[dict[str, str]]:
    """Options with ids; those that were there keep theirs."""
    ids = {option["value"]: option["id"] for option in kept or []}
    return [{"id": ids.get(text) or unit.new_id("so"), "value": text} for text in dict.fromkeys(texts)]


def _create(call: Call) -> Response:
    body = call.body
    if call["custom_attributes"].lookup("name", body["name"]):
        raise conflict(call, "attribute_exists", f"There is an attribute named {body['name']}.")
    options = body.get("option_values") or []
    attribute = {
        "id": call.new_id(call.quirks["custom_attribute_id_prefix"]),
        "name": body["name"],
        "type": body["type"],
        "options": options_of(call, options),
        "read_only": body.get("read_only", False),
        "created_at": call.now,
    }
    call["custom_attributes"].insert(attribute)
    return created(call, show(call, VIEW, attribute["id"]))


def _update(call: Call) -> Response:
    """inferred: renames, and replaces the options; contacts lose values that are no option any more."""
    attribute = find(call, "custom_attributes", "id", "Custom attribute")
    name = call.body.get("name", attribute["name"])
    holder = call["custom_attributes"].lookup_id("name", name)
    if holder not in (None, attribute["id"]):
        raise conflict(call, "attribute_exists", f"There is an attribute named {name}.")
    options = attribute["options"]
    select = attribute["type"] in SELECTS
    if "option_values" in call.body and bool(call.body["option_values"]) != select:
        detail = "A select attribute needs options." if select else "Only select attributes have options."
        raise wrong(call, "option_values", detail)
    if "option_values" in call.body and select:
        options = options_of(call, call.body["option_values"], options)
    changed = {**attribute, "name": name, "options": options}
    call["custom_attributes"].replace(changed)
    if options != attribute["options"]:
        _change_values(call, changed)
    return show(call, VIEW, attribute["id"])


def _change_values(call: Call, attribute: Document) -> None:
    valid = {option["value"] for option in attribute["options"]}
    for entry in call["contacts"].range("attribute", group=attribute["id"]):
        contact = entry.document
        values = []
        for held in contact["attributes"]:
            value = held["value"]
            if held["id"] == attribute["id"]:
                value = [item for item in value if item in valid] if isinstance(value, list) else value
                if not isinstance(value, list) and value not in valid:
                    continue
            values.append({"id": held["id"], "value": value})
        call["contacts"].replace({**contact, "attributes": values})


def _delete(call: Call) -> dict[str, str]:
    attribute = find(call, "custom_attributes", "id", "Custom attribute")
    for entry in call["contacts"].range("attribute", group=attribute["id"]):
        contact = entry.document
        values = [held for held in contact["attributes"] if held["id"] != attribute["id"]]
        call["contacts"].replace({**contact, "attributes": values})
    return deleted(call["custom_attributes"].delete(attribute["id"]))


HANDLERS: dict[str, Handler] = {
    "custom_attributes.list": get_all(VIEW),
    "custom_attributes.create": _create,
    "custom_attributes.update": _update,
    "custom_attributes.delete": _delete,
}
