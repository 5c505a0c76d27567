"""Tools: the proxy methods of an account that are described, named as Truto names them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from harness.unified.tool_names import name_of

if TYPE_CHECKING:
    from harness.unified.integration import Integration, Method

__all__ = ("READ", "WRITE", "name_of", "row", "tools")

READ: Final = ("get", "list")
WRITE: Final = ("create", "update", "delete")
_NO_SCHEMA: Final[Mapping[str, Any]] = {"type": "object", "properties": {}}


def row(integration: Integration, method: Method) -> dict[str, Any]:
    """What is written about a method: its description and those schemas that there are."""
    from harness.unified.documentation import load

    written = dict(load(integration.folder).get(method.resource, {}).get(method.name, {}))
    if method.description:
        written["description"] = method.description
    return {name: value for name, value in written.items() if value}


def tools(integration: Integration, methods: list[str], tags: list[str]) -> list[dict[str, Any]]:
    """The tools that pass both filters; an empty filter passes all."""
    found = []
    for resource, each in integration.resources.items():
        if tags and not set(tags) & set(integration.tool_tags.get(resource, ())):
            continue
        for name, method in each.items():
            written = row(integration, method)
            if "description" in written and (not methods or any(_fits(name, wish) for wish in methods)):
                found.append(_tool(integration, method, written))
    return found


def _fits(name: str, wish: str) -> bool:
    match wish:
        case "read":
            return name in READ
        case "write":
            return name in WRITE
        case "custom":
            return name not in READ + WRITE
    return name == wish


def _tool(integration: Integration, method: Method, written: Mapping[str, Any]) -> dict[str, Any]:
    query = written.get("query_schema") or _NO_SCHEMA
    body = written.get("body_schema") or _NO_SCHEMA
    required = [*query.get("required", ()), *body.get("required", ())]
    tool = {
        "name": name_of(integration.name, method.resource, method.name),
        "resource": method.resource,
        "method": method.name,
        "description": written["description"],
        "query_schema": query,
        "body_schema": body,
        "required": list(dict.fromkeys(required)),
    }
    if "response_schema" in written:
        tool["response_schema"] = written["response_schema"]
    return tool
