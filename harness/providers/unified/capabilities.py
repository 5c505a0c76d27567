"""What accounts and integrations can do: capabilities, tools, configurations, the meta endpoints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import TYPE_CHECKING, Any, Final

from harness.core.exchange import Response
from harness.core.ids import uuid_text
from harness.core.provider import Call, Handler
from harness.nearest import nearest
from harness.providers.unified import tools
from harness.providers.unified.dialect import refused
from harness.providers.unified.integrated_accounts import found, integrations
from harness.providers.unified.reach import OVERRIDES, configured
from harness.providers.unified.tokens import asked_account

if TYPE_CHECKING:
    from harness.unified.account import IntegratedAccount
    from harness.unified.integration import Integration, Method


def _ping(call: Call) -> Any:
    return {"status": "ok"}


def _of_account(call: Call) -> IntegratedAccount:
    return configured(found(call, call.path["id"]))


def _of_integration(call: Call) -> IntegratedAccount:
    """By name or id, without anybody's overrides."""
    asked = call.path["integration"]
    name = next((each for each in integrations() if asked in (each, _id_of(each))), None)
    if name is None:
        raise refused(404, "There is no such integration", hint=nearest(asked, integrations()))
    return configured({"integration": name, **dict.fromkeys(OVERRIDES)})


def _id_of(integration: str) -> str:
    return uuid_text("integration", integration)


def _get_integration(call: Call) -> Any:
    integration = _of_integration(call).integration
    return {
        "id": _id_of(integration.name),
        "name": integration.name,
        "label": integration.label,
        "config": integration.document.data,
    }


def _account_capabilities(call: Call) -> Any:
    return _capabilities(call, _of_account(call))


def _integration_capabilities(call: Call) -> Any:
    return _capabilities(call, _of_integration(call))


def _capabilities(call: Call, account: IntegratedAccount) -> dict[str, Any]:
    kind = call.query.get("type") or "all"
    shown: dict[str, Any] = {}
    if kind in ("proxy", "all"):
        shown["proxy"] = list(_proxy_resources(call, account.integration))
    if kind in ("unified", "all"):
        shown["unified"] = list(_unified_resources(call, account))
    methods = [method for each in account.integration.resources.values() for method in each.values()]
    described = [row for row in (tools.row(account.integration, method) for method in methods) if "description" in row]
    # inferred: the name is told, what it holds was not seen
    shown["ai_readiness"] = {
        "methods": len(methods),
        "with_description": len(described),
        "with_query_schema": sum("query_schema" in row for row in described),
        "with_body_schema": sum("body_schema" in row for row in described),
        "is_ready": bool(described),
    }
    return shown


def _proxy_resources(call: Call, integration: Integration) -> Iterator[dict[str, Any]]:
    for resource, methods in integration.resources.items():
        if shown := [_capability(integration, each) for each in methods.values() if _wanted(call, resource, each.name)]:
            shown = [each for each in shown if _described(call, each)]
        if shown:
            yield {"resource": resource, "methods": shown}


def _capability(integration: Integration, method: Method) -> dict[str, Any]:
    row = tools.row(integration, method)
    return {
        "method": method.name,
        "name": tools.name_of(integration.name, method.resource, method.name),
        "description": row.get("description", ""),
        **{f"has_{name}": name in row for name in ("query_schema", "body_schema", "response_schema")},
    }


def _unified_resources(call: Call, account: IntegratedAccount) -> Iterator[dict[str, Any]]:
    operations = call.pack.contract.operations
    for model in account.mappings.models():
        for resource, methods in account.mappings.methods(model).items():
            shown = []
            for method in methods:
                operation = operations.get(f"{model}.{resource}.{method}")
                if operation is None or not _wanted(call, resource, method):
                    continue
                one = {
                    "method": method,
                    "name": operation.id,
                    "description": operation.data["summary"],
                    "has_query_schema": bool(operation.parameters),
                    "has_body_schema": method in ("create", "update"),
                    "has_response_schema": method in ("list", "get", "create", "update"),
                }
                if _described(call, one):
                    shown.append(one)
            if shown:
                yield {"model": model, "resource": resource, "methods": shown}


def _wanted(call: Call, resource: str, method: str) -> bool:
    methods = _listed(call, "methods")
    return call.query.get("resource") in (None, "", resource) and (not methods or method in methods)


def _described(call: Call, capability: Mapping[str, Any]) -> bool:
    wish = call.query.get("has_description")
    return wish is None or wish == bool(capability["description"])


def _listed(call: Call, name: str) -> list[str]:
    return [part.strip() for part in (call.query.get(name) or "").split(",") if part.strip()]


def _tools(call: Call) -> Any:
    account = _of_account(call)
    return {"result": tools.tools(account.integration, _listed(call, "methods"), _listed(call, "tags"))}


def _meta_of_account(call: Call) -> Any:
    id = asked_account(call)
    if not id:
        raise refused(400, "integrated_account_id is missing: the id of the account to ask, in the query")
    return _configuration(call, configured(found(call, id)))


def _meta_of_integration(call: Call) -> Any:
    return _configuration(call, _of_integration(call))


def _configuration(call: Call, account: IntegratedAccount) -> dict[str, Any]:
    """The merged configuration of one method: the mapping, and what a caller may send."""
    model, resource, method = (call.path[name] for name in ("model", "resource", "method"))
    cell = account.mappings.cell(model, resource, method)
    operation = call.pack.contract.operations.get(f"{model}.{resource}.{method}")
    if cell is None or operation is None:
        reason = account.mappings.reason(model, resource, method)
        message = f"{account.integration.label} has no mapping for {model}.{resource}.{method}"
        raise refused(404, f"{message}: {reason}" if reason else message)
    properties = {name: parameter.schema for name, parameter in operation.parameters.items()}
    own_query, own_body = cell.query_schema, cell.body_schema
    properties |= own_query.get("properties") or {}
    shown: dict[str, Any] = {
        **cell.config,
        "default_query": dict(cell.default_query),
        "default_body": dict(cell.default_body),
        "query_schema": {"type": "object", "properties": properties, **_required(own_query)},
    }
    if operation.media:
        shown["request_body_schema"] = {"type": "object", **_fields(call, model, resource), **own_body}
    return shown


def _required(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"required": schema["required"]} if schema.get("required") else {}


def _fields(call: Call, model: str, resource: str) -> dict[str, Any]:
    """The fields a body of the resource may have."""
    from harness.unified.catalogue import resource as known
    from harness.unified.json_schema import document

    found = document(known(model, resource).record)
    return {"properties": found.get("properties", {}), **({"$defs": found["$defs"]} if "$defs" in found else {})}


def _meta_of_model(call: Call) -> Any:
    account = _of_integration(call)
    model = call.path["model"]
    methods = account.mappings.methods(model)
    if not methods:
        raise refused(404, f"{account.integration.label} has no mapping for {model}")
    resources = {
        resource: {
            "methods": names,
            "not_carried": dict(account.mappings.losses(model, resource)),
        }
        for resource, names in methods.items()
    }
    shown = call.query.get("format") or "json"
    if shown == "json":
        return {"model": model, "integration": account.integration.name, "resources": resources}
    lines = [f"# {model} of {account.integration.label}", "", "| resource | methods |", "| --- | --- |"]
    lines += [f"| {resource} | {', '.join(names)} |" for resource, names in methods.items()]
    if shown == "md":
        return _text("markdown", "\n".join(lines) + "\n")
    rows = "".join(f"<tr><td>{escape(each)}</td><td>{', '.join(names)}</td></tr>" for each, names in methods.items())
    title = escape(lines[0].removeprefix("# "))
    head = "<tr><th>resource</th><th>methods</th></tr>"
    return _text("html", f"<!doctype html><title>{title}</title><h1>{title}</h1><table>{head}{rows}</table>\n")


def _text(kind: str, text: str) -> Response:
    return Response(200, text.encode(), [("content-type", f"text/{kind}; charset=utf-8")])


HANDLERS: Final[dict[str, Handler]] = {
    "ping.get": _ping,
    "integrated_accounts.capabilities": _account_capabilities,
    "integrated_accounts.tools": _tools,
    "integration.get": _get_integration,
    "integration.capabilities": _integration_capabilities,
    "integrations.get": _get_integration,
    "integrations.capabilities": _integration_capabilities,
    "meta.method": _meta_of_account,
    "meta.integration_method": _meta_of_integration,
    "meta.model": _meta_of_model,
}
