"""The contract of the unified operations, written from the schemas and the catalogue.

`python -m harness.unified.contract` writes `contracts/unified/parameters.yaml` and one file a model; `--check` only
looks, names what is not current and ends with 1; `--json-schema MODEL.RESOURCE` prints one record as JSON Schema. The
other files of the folder are written by hand, and `python -m harness.core.contract contracts/unified` bundles them all.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.data import folder
from harness.unified.catalogue import (
    COMMON_PARAMETERS,
    LIST_PARAMETERS,
    MODELS,
    STANDARD,
    WRITE_PARAMETERS,
    Parameter,
    Resource,
    UnknownName,
    resource,
)
from harness.unified.json_schema import definitions, document

SKILLS = "https://github.com/trutohq/truto-skills"
SHARED = "#/components"
HEADER = "# Written by `python -m harness.unified.contract` from harness/unified: change schemas and catalogue there.\n"
WITHOUT_ID = {"update": "update_without_id", "delete": "delete_without_id"}
"""Some providers take the id in the body or the query; these operations then have another path, and so another id."""


def files() -> dict[str, str]:
    """The written files of the contract by name."""
    parts = {"parameters": _parameters_part(), **{_snake(model): _model_part(model) for model in MODELS}}
    return {f"{name}.yaml": HEADER + _yaml(part) for name, part in parts.items()}


def operation_id(model: str, resource: str, method: str) -> str:
    """`ticketing.contacts.list`"""
    return f"{model}.{resource}.{method}"


def _yaml(part: Mapping[str, Any]) -> str:
    import yaml

    class Plain(yaml.SafeDumper):
        """Writes what occurs twice twice."""

        def ignore_aliases(self, data: Any) -> bool:
            return True

    text: str = yaml.dump(part, Dumper=Plain, sort_keys=False, allow_unicode=True, width=116, default_flow_style=None)
    return text


def _snake(model: str) -> str:
    return model.replace("-", "_")


def _prefix(model: str) -> str:
    """What stands before the names of a model's components: `UserDirectory`."""
    return "".join(word.capitalize() for word in model.split("-"))


def _ref(kind: str, name: str) -> dict[str, str]:
    return {"$ref": f"{SHARED}/{kind}/{name}"}


def _evidence(level: str, source: str, note: str | None = None) -> dict[str, Any]:
    return {"level": level, "source": source, **({"note": note} if note else {})}


def _parameters_part() -> dict[str, Any]:
    every = (*COMMON_PARAMETERS, *LIST_PARAMETERS, *WRITE_PARAMETERS)
    return {"components": {"parameters": {parameter.name: _parameter(parameter) for parameter in every}}}


def _parameter(parameter: Parameter) -> dict[str, Any]:
    shown: dict[str, Any] = {"name": parameter.name, "in": "query", "description": parameter.summary}
    if parameter.type in ("object", "range", "sort"):
        shown |= {"style": "deepObject", "explode": True}
    if parameter.type not in ("strings", "objects"):
        shown["allowEmptyValue"] = True  # measured of next_cursor: a client sends it so for the first page
    source = SKILLS if parameter.name == "truto_body_passthrough" else "https://www.truto.one/docs"
    return {
        **shown,
        "x-evidence": _evidence(parameter.level, source, parameter.note),
        "schema": _parameter_schema(parameter),
    }


def _parameter_schema(parameter: Parameter) -> dict[str, Any]:
    value = {"type": "string", **({"enum": list(parameter.choices)} if parameter.choices else {})}
    keys = {"properties": dict.fromkeys(parameter.fields, value)} if parameter.fields else {}
    match parameter.type:
        case "string":
            return value
        case "strings":
            return {"type": "array", "items": value}
        case "objects":
            return {"type": "array", "items": {"type": "object", **keys}}
        case "object" | "sort":
            return {"type": "object", **keys}
        case "range":
            return {"type": ["string", "object"], **keys}
    return {"type": parameter.type}


def _model_part(model: str) -> dict[str, Any]:
    resources = MODELS[model].values()
    paths: dict[str, Any] = {}
    responses: dict[str, Any] = {}
    for each in resources:
        for path, verb, operation in _operations(each):
            paths.setdefault(path, {})[verb] = operation
        responses |= _responses(each)
    return {"paths": paths, "components": {"responses": responses, "schemas": dict(_schemas(model))}}


def _schemas(model: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Of each class a schema. A record's is in two: its fields, which a body has, and what makes it whole."""
    prefix = _prefix(model)
    resources = {each.record_name: each for each in MODELS[model].values()}
    found = definitions([each.record for each in resources.values()], f"{SHARED}/schemas/{prefix}{{model}}")
    for name, schema in found.items():
        seen = {"x-evidence": schema.get("x-evidence", {"level": "documented", "source": "https://www.truto.one/docs"})}
        if name not in resources:
            yield prefix + name, {**schema, **seen}
            continue
        fields = {key: value for key, value in schema.items() if key not in ("required", "x-evidence")}
        required = schema.get("required", [])
        yield f"{prefix}{name}Fields", {**fields, **seen}
        yield (
            prefix + name,
            {
                "description": "A whole record.",
                **seen,
                "allOf": [_ref("schemas", f"{prefix}{name}Fields")],
                **({"required": required} if required else {}),
            },
        )
        yield (
            f"{prefix}{name}Answer",
            {
                "description": "A whole record, or what is left of one under truto_exclude_fields and"
                " truto_ignore_remote_data, or whatever truto_response_format gives.",
                **seen,
                "if": {"type": "object", "required": [*required, "remote_data"]},
                "then": _ref("schemas", prefix + name),
            },
        )


def _responses(each: Resource) -> dict[str, Any]:
    """What operations on a resource answer when all went well: one record, a page of them."""
    name = _prefix(each.model) + each.record_name
    answer = _ref("schemas", f"{name}Answer")
    found: dict[str, Any] = {}
    if {"get", "create", "update"} & {*each.methods}:
        found[f"{name}One"] = _answered("One record, not wrapped.", answer, each)
    if "list" in each.methods:
        page = {
            "if": {"type": "object", "required": ["result", "next_cursor", "prev_cursor", "result_count"]},
            "then": {
                "allOf": [_ref("schemas", "Page")],
                "properties": {"result": {"items": answer, "additionalProperties": answer}},
            },
        }
        found[f"{name}Page"] = _answered("One page of records.", page, each, stream=answer)
    return found


def _answered(
    description: str, schema: Mapping[str, Any], each: Resource, *, stream: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    lines = {"application/x-ndjson": {"schema": stream}} if stream else {}
    return {
        "description": description,
        "x-evidence": _evidence("documented", each.source),
        "headers": {
            name: _ref("headers", name) for name in ("ratelimit-limit", "ratelimit-remaining", "ratelimit-reset")
        },
        "content": {"application/json": {"schema": schema}, **lines},
    }


def _operations(each: Resource) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Path, verb and operation of every method."""
    for method in each.methods:
        verb, has_id = STANDARD.get(method, ("POST", False))
        if method not in STANDARD:
            yield f"{each.path}/{method}", "post", _operation(each, method, method, False)
            continue
        yield f"{each.path}/{{id}}" if has_id else each.path, verb.lower(), _operation(each, method, method, has_id)
        if method in WITHOUT_ID:
            yield each.path, verb.lower(), _operation(each, method, WITHOUT_ID[method], False)


def _operation(each: Resource, method: str, name: str, has_id: bool) -> dict[str, Any]:
    writes = method not in ("list", "get")
    shared = {parameter.name for parameter in (*COMMON_PARAMETERS, *LIST_PARAMETERS, *WRITE_PARAMETERS)}
    parameters: list[dict[str, Any]] = [_ref("parameters", "id")] if has_id else []
    parameters += [
        _ref("parameters", parameter.name) if parameter.name in shared else _parameter(parameter)
        for parameter in each.parameters(method)
    ]
    if writes and method != "delete":
        parameters.append(_ref("parameters", "idempotency_key"))
    operation: dict[str, Any] = {
        "operationId": operation_id(each.model, each.name, name),
        "summary": _summary(each, method, name),
        "tags": [each.model],
        "x-evidence": _method_evidence(each, method, name),
        "parameters": parameters,
    }
    if method in ("create", "update"):
        fields = _ref("schemas", f"{_prefix(each.model)}{each.record_name}Fields")
        multipart: dict[str, Any] = {"multipart/form-data": {}} if each.name == "attachments" else {}
        operation["requestBody"] = {"content": {"application/json": {"schema": fields}, **multipart, "*/*": {}}}
    elif method not in STANDARD:
        content = {"application/json": {"schema": True}, "multipart/form-data": {}, "*/*": {}}
        operation["requestBody"] = {"content": content}
    return {**operation, "responses": dict(_statuses(each, method))}


def _summary(each: Resource, method: str, name: str) -> str:
    words = each.name.replace("_", " ")
    if name != method:
        return f"{method.capitalize()} one of the {words}, whose id stands in the body or the query"
    known = {"list": "List {}", "get": "Read one of the {}", "create": "Add to the {}"}
    known |= {"update": "Change one of the {}", "delete": "Delete one of the {}"}
    return known.get(method, f"{method.replace('-', ' ').capitalize()}: {{}}").format(words)


def _method_evidence(each: Resource, method: str, name: str) -> dict[str, Any]:
    if method in each.inferred:
        return _evidence("inferred", each.source, "whether the resource has this method was not seen")
    if name != method:
        return _evidence("documented", SKILLS)
    return _evidence("documented", each.source)


def _statuses(each: Resource, method: str) -> Iterator[tuple[str, Any]]:
    name = _prefix(each.model) + each.record_name
    if method == "list":
        yield "200", _ref("responses", f"{name}Page")
    elif method == "delete":
        yield "200", _ref("responses", "Deleted")
    elif method not in STANDARD:
        yield "200", _ref("responses", "Done")
    else:
        yield "200", _ref("responses", f"{name}One")
        if method == "create":
            yield "201", _ref("responses", f"{name}One")
    writes = {"405": "ReadOnly"} if method not in ("list", "get") else {}
    errors = {"400": "BadRequest", "401": "Unauthorized", "403": "Forbidden", "404": "NotFound", **writes}
    errors |= {"429": "TooManyRequests", "503": "Blocked", "4XX": "Refused", "5XX": "Failed"}
    for status, response in errors.items():
        yield status, _ref("responses", response)


def main(arguments: list[str]) -> int:
    """`python -m harness.unified.contract [--check | --json-schema MODEL.RESOURCE]`: 0 when all is well, else 1."""
    if arguments[:1] == ["--json-schema"] and len(arguments) == 2:
        model, _, name = arguments[1].partition(".")
        try:
            found = resource(model, name)
        except UnknownName as error:
            sys.stderr.write(f"error: {error}\n")
            return 1
        sys.stdout.write(json.dumps(document(found.record), indent=2, ensure_ascii=False) + "\n")
        return 0
    if arguments not in ([], ["--check"]):
        sys.stderr.write("usage: python -m harness.unified.contract [--check | --json-schema MODEL.RESOURCE]\n")
        return 2
    here = folder("contracts") / "unified"
    stale = [here / name for name, text in files().items() if not _holds(here / name, text)]
    if arguments:
        for file in stale:
            sys.stderr.write(f"error: {file} is not current: run python -m harness.unified.contract\n")
        return 1 if stale else 0
    for name, text in files().items():
        (here / name).write_text(text, encoding="utf-8")
    return 0


def _holds(file: Path, text: str) -> bool:
    return file.is_file() and file.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
