"""The check of a contract's own text: every keyword known, every part with its evidence.

The validator accepts unknown keywords silently, so a misspelt `maxLenght` would check nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from harness.nearest import unknown

SCHEMA = frozenset(
    "type properties required additionalProperties items prefixItems minItems maxItems uniqueItems enum const oneOf"
    " anyOf allOf if then else not $ref description title format pattern minLength maxLength minimum maximum"
    " exclusiveMinimum exclusiveMaximum multipleOf default examples deprecated readOnly writeOnly discriminator"
    " minProperties maxProperties propertyNames contains dependentRequired x-evidence x-quirk".split()
)
FORMATS = frozenset("date-time date time email uri uri-reference uuid binary int32 int64 ipv4 ipv6 hostname".split())
OPERATION = frozenset(
    "operationId summary description tags parameters requestBody responses security deprecated x-evidence x-tools"
    " x-quirk x-roles x-max-body-bytes".split()
)
PARAMETER = frozenset(
    "name in required schema description deprecated style explode allowEmptyValue example x-evidence x-quirk"
    " x-catch-all x-by-form".split()
)
RESPONSE = frozenset("description content headers links $ref x-evidence x-quirk".split())
LINK = frozenset("operationId parameters requestBody description".split())
BODY = frozenset("description content required $ref x-evidence x-quirk".split())
MEDIA = frozenset("schema example examples encoding".split())
ROOT = frozenset(
    "openapi info servers security tags paths components x-quirks x-personal x-digest x-max-body-bytes"
    " externalDocs".split()
)
COMPONENTS = frozenset("schemas parameters responses requestBodies headers securitySchemes".split())
QUIRK = frozenset("summary choices default x-evidence".split())
EVIDENCE = frozenset("level source note".split())
PERSONAL = frozenset("name email phone handle any address text file ip iban host secret keep".split())
"""What a field may hold about a person, for those who scrub: `any` is told by its form, `file` is a name with an
ending, `keep` is nobody's."""
LEVELS = frozenset("recorded documented client inferred".split())
TYPES = frozenset("string number integer boolean object array null".split())
STATUS_CLASSES = frozenset("2XX 4XX 5XX".split())
METHODS = frozenset("get put post delete patch head options".split())

_IN_PATH = re.compile(r"\{([^{}/]+)\}")
_WHOLE = re.compile(r"\^.+\$", re.DOTALL)
_ROLE = re.compile(r"[a-z_]+(\.[a-z_]+(\{[A-Za-z]+\})?)*")
_ONE = ("items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames")
_MANY = ("oneOf", "anyOf", "allOf", "prefixItems")


def check(document: Mapping[str, Any]) -> list[str]:
    """All problems of a merged contract, each with its place; none when it is fit for use."""
    return list(_document(document))


def _document(document: Mapping[str, Any]) -> Iterator[str]:
    yield from _keys(document, ROOT, "document")
    if document.get("openapi", "").split(".")[:2] != ["3", "1"]:
        yield "document: openapi is to be 3.1.x"
    if "x-max-body-bytes" in document:
        yield from _max_bytes(document["x-max-body-bytes"], "document")
    quirks = document.get("x-quirks", {})
    for name, quirk in quirks.items():
        yield from _quirk(quirk, f"x-quirks.{name}")
    components = document.get("components", {})
    yield from _keys(components, COMPONENTS, "components")
    for name, schema in components.get("schemas", {}).items():
        place = f"components.schemas.{name}"
        yield from _evidence(schema, place, required=True)
        yield from _schema(schema, place, document)
    for name, response in components.get("responses", {}).items():
        yield from _evidence(response, f"components.responses.{name}", required=True)
        yield from _response(response, f"components.responses.{name}", document)
    for name, parameter in components.get("parameters", {}).items():
        yield from _parameter(parameter, f"components.parameters.{name}", document)
    ids: set[str] = set()
    for path, item in document.get("paths", {}).items():
        if not path.startswith("/"):
            yield f"paths.{path}: a path begins with /"
        for method, operation in item.items():
            place = f"paths.{path}.{method}"
            if method not in METHODS:
                yield f"{place}: {unknown('method', method, METHODS)}"
                continue
            if operation.get("operationId") in ids:
                yield f"{place}: operationId {operation['operationId']!r} is used twice"
            ids.add(operation.get("operationId", ""))
            yield from _operation(operation, path, place, document)
    yield from _personal(document.get("x-personal", {}), ids)
    for place, used in _used_quirks(document, "document"):
        if used not in quirks:
            yield f"{place}: {unknown('quirk', used, quirks)}"


def _operation(operation: Mapping[str, Any], path: str, place: str, document: Mapping[str, Any]) -> Iterator[str]:
    yield from _keys(operation, OPERATION, place)
    yield from _evidence(operation, place, required=True)
    if "." not in operation.get("operationId", ""):
        yield f"{place}: operationId is 'resource.method'"
    named = set()
    for number, parameter in enumerate(operation.get("parameters", ())):
        yield from _parameter(parameter, f"{place}.parameters[{number}]", document)
        target = _target(parameter, document) or {}
        if target.get("in") == "path":
            named.add(target.get("name"))
        if "x-catch-all" in target and not (target["x-catch-all"] is True and path.endswith(f"/{{{target['name']}}}")):
            yield f"{place}: x-catch-all is true, and the parameter ends the path: {target.get('name')!r} does not"
    in_path = set(_IN_PATH.findall(path))
    if named != in_path:
        yield f"{place}: path parameters {sorted(map(str, named))} are not those of the path {sorted(in_path)}"
    yield from _roles(operation.get("x-roles", []), in_path, place)
    if operation.get("x-max-body-bytes") is not None:
        yield from _max_bytes(operation["x-max-body-bytes"], place)
    if "requestBody" in operation:
        body = operation["requestBody"]
        yield from _keys(body, BODY, f"{place}.requestBody")
        yield from _content(body, f"{place}.requestBody", document)
    if not operation.get("responses"):
        yield f"{place}: responses are missing"
    for status, response in operation.get("responses", {}).items():
        if not (str(status).isdigit() or status in STATUS_CLASSES):
            yield f"{place}.responses.{status}: a response is named by its status"
        yield from _response(response, f"{place}.responses.{status}", document)


def _max_bytes(limit: Any, place: str) -> Iterator[str]:
    if type(limit) is not int or limit < 1:
        yield f"{place}.x-max-body-bytes: a number of bytes from 1 on, not {limit!r}"


def _roles(roles: Any, in_path: set[str], place: str) -> Iterator[str]:
    """`x-roles`: the roles of which a key needs one, none for any key; `{name}` stands for a parameter of the path."""
    if not isinstance(roles, list) or not all(isinstance(role, str) and _ROLE.fullmatch(role) for role in roles):
        yield f"{place}.x-roles: a list of dotted names"
        return
    for role in roles:
        if missing := sorted(set(_IN_PATH.findall(role)) - in_path):
            yield f"{place}.x-roles: {role!r} takes {missing}, which the path does not have"
    if len(set(roles)) < len(roles):
        yield f"{place}.x-roles: a role is listed twice"


def _parameter(parameter: Mapping[str, Any], place: str, document: Mapping[str, Any]) -> Iterator[str]:
    if "$ref" in parameter:
        if _target(parameter, document) is None:
            yield f"{place}: {parameter['$ref']} leads nowhere"
        return
    yield from _keys(parameter, PARAMETER, place)
    yield from _evidence(parameter, place)
    if parameter.get("in") not in ("query", "path", "header"):
        yield f"{place}: 'in' is query, path or header"
    yield from _schema(parameter.get("schema", {}), f"{place}.schema", document)
    if "x-by-form" in parameter:
        yield from _by_form(parameter, place)


def _by_form(parameter: Mapping[str, Any], place: str) -> Iterator[str]:
    """`x-by-form`: what is in the path tells by its form whether the operation is meant."""
    if parameter["x-by-form"] is not True:
        yield f"{place}.x-by-form: true, or leave it out"
    if parameter.get("in") != "path":
        yield f"{place}.x-by-form: only a parameter in the path has one"
    schema = parameter.get("schema")
    pattern = schema.get("pattern") if isinstance(schema, Mapping) else None
    if not isinstance(pattern, str) or not _WHOLE.fullmatch(pattern):
        yield f"{place}.x-by-form: the schema needs a pattern for the whole text, '^…$'"
        return
    try:
        re.compile(pattern)
    except re.error as error:
        yield f"{place}.schema.pattern: {error}"


def _response(response: Mapping[str, Any], place: str, document: Mapping[str, Any]) -> Iterator[str]:
    if "$ref" in response:
        if _target(response, document) is None:
            yield f"{place}: {response['$ref']} leads nowhere"
        return
    yield from _keys(response, RESPONSE, place)
    yield from _evidence(response, place)
    yield from _content(response, place, document)
    for name, link in response.get("links", {}).items():
        yield from _link(link, f"{place}.links.{name}", document)


def _link(link: Mapping[str, Any], place: str, document: Mapping[str, Any]) -> Iterator[str]:
    yield from _keys(link, LINK, place)
    operations = {
        operation["operationId"]: operation
        for item in document["paths"].values()
        for operation in item.values()
        if "operationId" in operation
    }
    name = link.get("operationId", "")
    if name not in operations:
        yield f"{place}: {unknown('operation', name, operations)}"
        return
    declared = [_target(parameter, document) or {} for parameter in operations[name].get("parameters", ())]
    names = [parameter["name"] for parameter in declared if "name" in parameter]
    for parameter, value in link.get("parameters", {}).items():
        if parameter not in names:
            yield f"{place}.parameters: {unknown('parameter', parameter, names)}"
        if not str(value).startswith(("$response.", "$request.")):
            yield f"{place}.parameters.{parameter}: {value!r} takes nothing from the response or its request"


def _content(holder: Mapping[str, Any], place: str, document: Mapping[str, Any]) -> Iterator[str]:
    for media, data in holder.get("content", {}).items():
        yield from _keys(data, MEDIA, f"{place}.content.{media}")
        yield from _schema(data.get("schema", {}), f"{place}.content.{media}.schema", document)


def _schema(schema: Any, place: str, document: Mapping[str, Any]) -> Iterator[str]:
    if isinstance(schema, bool):
        return
    if not isinstance(schema, Mapping):
        yield f"{place}: a schema is a mapping, true or false"
        return
    yield from _keys(schema, SCHEMA, place)
    yield from _evidence(schema, place)
    types = schema.get("type", ())
    for name in [types] if isinstance(types, str) else types:
        if name not in TYPES:
            yield f"{place}.type: {unknown('type', str(name), TYPES)}"
    if (form := schema.get("format")) is not None and form not in FORMATS:
        yield f"{place}.format: {unknown('format', form, FORMATS)}"
    if "$ref" in schema and _target(schema, document) is None:
        yield f"{place}: {schema['$ref']} leads nowhere"
    properties = schema.get("properties", {})
    for name, part in properties.items():
        yield from _schema(part, f"{place}.{name}", document)
    if properties and schema.get("additionalProperties") is False:
        for name in schema.get("required", ()):
            if name not in properties:
                yield f"{place}.required: {name!r} is not a property"
    for keyword in _ONE:
        if keyword in schema:
            yield from _schema(schema[keyword], f"{place}.{keyword}", document)
    for keyword in _MANY:
        for number, part in enumerate(schema.get(keyword, ())):
            yield from _schema(part, f"{place}.{keyword}[{number}]", document)


def _quirk(quirk: Mapping[str, Any], place: str) -> Iterator[str]:
    yield from _keys(quirk, QUIRK, place)
    yield from _evidence(quirk, place, required=True)
    choices = quirk.get("choices", [])
    if len(choices) < 2 or not all(isinstance(choice, str) for choice in choices):
        yield f"{place}.choices: at least two texts (quote what YAML would read as a number or a boolean)"
    if quirk.get("default") not in choices:
        yield f"{place}.default: one of the choices"
    if not quirk.get("summary"):
        yield f"{place}.summary: is missing"


def _personal(rules: Any, operations: set[str]) -> Iterator[str]:
    """`x-personal`: patterns of operations to the ends of ways to fields, each with what it holds."""
    if not isinstance(rules, Mapping) or not all(isinstance(ends, Mapping) for ends in rules.values()):
        yield "x-personal: a mapping of operations to mappings of fields to kinds"
        return
    for pattern, ends in rules.items():
        if not any(fnmatchcase(id, pattern) for id in operations):
            yield f"x-personal: {unknown('operation', str(pattern), operations)}"
        for end, kind in ends.items():
            if kind not in PERSONAL:
                yield f"x-personal.{pattern}.{end}: {unknown('kind', str(kind), PERSONAL)}"


def _evidence(holder: Mapping[str, Any], place: str, *, required: bool = False) -> Iterator[str]:
    evidence = holder.get("x-evidence")
    if evidence is None:
        if required:
            yield f"{place}: x-evidence is missing"
        return
    level = evidence
    if isinstance(evidence, Mapping):
        yield from _keys(evidence, EVIDENCE, f"{place}.x-evidence")
        level = evidence.get("level")
        sources = evidence.get("source", [])
        for source in [sources] if isinstance(sources, str) else sources:
            if not source.startswith("https://"):
                yield f"{place}.x-evidence: {source!r} is not a public address"
    elif required:
        yield f"{place}.x-evidence: a mapping with level and source"
    if level not in LEVELS:
        yield f"{place}.x-evidence: {unknown('level', str(level), LEVELS)}"


def _keys(holder: Any, valid: frozenset[str], place: str) -> Iterator[str]:
    if not isinstance(holder, Mapping):
        yield f"{place}: should be a mapping"
        return
    for key in holder:
        if key not in valid:
            yield f"{place}: {unknown('keyword', str(key), valid)}"


def _target(holder: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any] | None:
    reference = holder.get("$ref")
    if reference is None:
        return holder
    target: Any = document
    for part in reference.removeprefix("#/").split("/"):
        part = part.replace("~1", "/").replace("~0", "~")
        if not isinstance(target, Mapping) or part not in target:
            return None
        target = target[part]
    return target if isinstance(target, Mapping) else None


def _used_quirks(node: Any, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, Mapping):
        for key, value in node.items():
            if key == "x-quirk" and isinstance(value, str):
                yield place, value
            else:
                yield from _used_quirks(value, f"{place}.{key}")
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from _used_quirks(value, f"{place}[{number}]")
