"""The table of what a provider carries of the unified schema, made from its mappings."""

from __future__ import annotations

from harness.core.contract import Contract
from harness.unified import lineage
from harness.unified.catalogue import MODELS, Resource
from harness.unified.documentation import load
from harness.unified.integration import Integration
from harness.unified.mapping import Mappings


def carried(contract: Contract) -> str:
    """What of the unified schema a provider carries, from which of its fields, and what of it nothing reads."""

    integration = Integration.load(contract.name)
    mappings, documents = Mappings.load(integration), load(integration.folder)
    read: dict[str, set[str]] = {}
    parts = []
    for model, resources in MODELS.items():
        parts.append(f"## {model}")
        for name, resource in resources.items():
            methods = mappings.methods(model).get(name, [])
            parts.append(f"### {name}")
            if not methods:
                parts.append(
                    f"Not offered: {mappings.reason(model, name, '*') or mappings.reason(model, name, 'list')}."
                )
                continue
            rows = ["| method | asks | |", "| --- | --- | --- |"]
            published = mappings.published(model, name)
            for method in resource.methods:
                cell = mappings.cell(model, name, method)
                if cell is None:
                    rows.append(f"| {method} | | not offered: {mappings.reason(model, name, method)} |")
                    continue
                targets = (
                    []
                    if cell.resource is None or cell.method is None
                    else [
                        f"{resource_name}.{method_name}"
                        for resource_name in cell.resource.names
                        for method_name in cell.method.names
                        if integration.method(resource_name, method_name)
                    ]
                )
                steps = [f"{step.resource}.{step.method}" for step in (*cell.before, *cell.after)]
                asked = (
                    ", ".join(f"`{each}`" for each in dict.fromkeys([*steps, *targets]))
                    or "nothing: the answer is fixed"
                )
                rows.append(f"| {method} | {asked} | {'' if method in published else 'beyond what Truto publishes'} |")
                for step_target, fields in lineage.of_steps(cell).items():
                    read.setdefault(step_target, set()).update(fields)
                for each in lineage.of_cell(resource, cell):
                    for target in targets:
                        read.setdefault(target, set()).update(each.reads)
            parts.append("\n".join(rows))
            parts.append(_fields(mappings, resource, methods))
    parts.append("## What no mapping reads")
    rows = ["| proxy method | fields of its records |", "| --- | --- |"]
    for target, paths in sorted(read.items()):
        resource_name, _, method_name = target.partition(".")
        schema = documents.get(resource_name, {}).get(method_name, {}).get("response_schema") or {}
        left = lineage.unread(schema, paths)
        rows.append(f"| `{target}` | {', '.join(f'`{each}`' for each in left) or 'none'} |")
    unasked = sorted(
        f"{resource_name}.{method_name}"
        for resource_name, methods in integration.resources.items()
        for method_name in methods
        if f"{resource_name}.{method_name}" not in read and method_name in ("list", "get")
    )
    return "\n\n".join([*parts, "\n".join(rows), f"No mapping asks {', '.join(f'`{each}`' for each in unasked)}."])


def _fields(mappings: Mappings, resource: Resource, methods: list[str]) -> str:
    """The fields of a resource, with where they come from in each method that reads them otherwise."""

    losses = mappings.losses(resource.model, resource.name)
    sources: dict[str, dict[str, list[str]]] = {}
    cells = [(method, mappings.cell(resource.model, resource.name, method)) for method in methods]
    told = [(method, each) for method, cell in cells if cell for each in lineage.of_cell(resource, cell)]
    apart = {each.field for _, each in told if not each.whole}
    for method, each in told:
        if not each.whole or each.field not in apart:  # a whole expression says less of a field than one of its own
            shown = ", ".join(f"`{path}`" for path in each.reads) or "fixed, or from the request"
            sources.setdefault(each.field, {}).setdefault(shown, []).append(method)
    rows = ["| field | comes from |", "| --- | --- |"]
    for name in resource.record.model_fields:
        if name == "remote_data":
            continue
        found = sources.get(name, {})
        if name in losses:  # one whole expression is not taken apart: what it leaves out is told by the mapping
            text = f"not carried: {losses[name]}"
        elif len(found) == 1:
            text = next(iter(found))
        else:
            text = "; ".join(f"{', '.join(names)}: {shown}" for shown, names in found.items())
        rows.append(f"| `{name}` | {text} |")
    return "\n".join(rows)
