"""What a caller asked, judged and typed by the catalogue: query parameters and bodies of unified methods."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from harness.nearest import unknown
from harness.unified.catalogue import Resource
from harness.unified.errors import Refusal
from harness.unified.parameters import Parameter

_TRUE = ("true", "1")
_FALSE = ("false", "0")


def typed(
    resource: Resource, method: str, query: Mapping[str, Any], extra: Iterable[str], quirks: Mapping[str, str]
) -> dict[str, Any]:
    """The query with its values as the catalogue types them. Raises Refusal for what it does not know.

    `extra` are parameters that a mapping adds to those of the catalogue. A bare moment in a range becomes
    `{"eq": …}` or `{"gte": …}` (quirk `bare_date`); a comma list becomes a list. Empty texts are no values.
    """
    known = {parameter.name: parameter for parameter in resource.parameters(method)}
    added = set(extra)
    found: dict[str, Any] = {}
    for name, value in query.items():
        parameter = known.get(name)
        if parameter is None:
            if name not in added and quirks["unknown_parameter"] == "refuse":
                raise Refusal(400, _unknown(f"{resource.model}.{resource.name}.{method}", name, {*known, *added}))
            found[name] = value
        elif value is not None and value != "":
            found[name] = _value(parameter, value, quirks)
    return found


def _unknown(operation: str, name: str, valid: Iterable[str]) -> str:
    text = unknown(f"query parameter of {operation}:", name, valid)
    return f"{text}; the provider's own parameters go into remote_query[…]"


def _value(parameter: Parameter, value: Any, quirks: Mapping[str, str]) -> Any:
    match parameter.type:
        case "string":
            return _choice(parameter, _text(parameter, value))
        case "number":
            return _number(parameter, value)
        case "boolean":
            return boolean(parameter.name, value)
        case "strings":
            return strings(parameter.name, value, quirks)
        case "range":
            if not isinstance(value, Mapping):
                return {"eq" if quirks["bare_date"] == "equals" else "gte": _text(parameter, value)}
            return _known_fields(parameter, value)
        case "sort":
            return {name: _choice(parameter, str(order)) for name, order in _known_fields(parameter, value).items()}
        case "objects":
            items = value if isinstance(value, list) else [value]
            return [_known_fields(parameter, item) for item in items]
        case _:
            return _known_fields(parameter, value)


def _text(parameter: Parameter, value: Any) -> str:
    if isinstance(value, Mapping | list):
        raise Refusal(400, f"{parameter.name} is one text, not {value!r}")
    return str(value)


def _choice(parameter: Parameter, value: str) -> str:
    if parameter.choices and value not in parameter.choices:
        raise Refusal(400, unknown(f"{parameter.name}:", value, parameter.choices))
    return value


def _number(parameter: Parameter, value: Any) -> int | float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise Refusal(400, f"{parameter.name} is a number, not {value!r}") from None
    return int(number) if number.is_integer() else number


def boolean(name: str, value: Any) -> bool:
    """A truth value, from itself or as text. Raises Refusal."""
    if isinstance(value, bool):
        return value
    text = str(value).lower()
    if text not in _TRUE + _FALSE:
        raise Refusal(400, f"{name} is true or false, not {value!r}")
    return text in _TRUE


def strings(name: str, value: Any, quirks: Mapping[str, str]) -> list[str]:
    """A list of texts, from brackets (`a[]=x`, `a[0]=x`), a repeated name or a comma list.

    Of `truto_exclude_fields` the quirk may let one form alone count; the other then excludes nothing.
    """
    allowed = quirks["excluded_fields"] if name == "truto_exclude_fields" else "any"
    if isinstance(value, list):
        return [] if allowed == "comma" else [str(item) for item in value]
    if isinstance(value, Mapping):
        raise Refusal(400, f"{name} is a list: {name}[]=a&{name}[]=b")
    if allowed == "brackets":
        return [str(value)]
    return [part.strip() for part in str(value).split(",") if part.strip()]


def _known_fields(parameter: Parameter, value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        example = parameter.fields[0] if parameter.fields else "name"
        raise Refusal(400, f"{parameter.name} is nested: {parameter.name}[{example}]=…")
    for field in value:
        if parameter.fields and field not in parameter.fields:
            raise Refusal(400, unknown(f"field of {parameter.name}:", str(field), parameter.fields))
    return dict(value)


def require(schema: Mapping[str, Any], given: Any, kind: str, what: str) -> None:
    """Refuse a call without what the mapping's schema requires. `kind` is `query_parameters` or `body_fields`."""
    present = given if isinstance(given, Mapping) else {}
    missing = [name for name in _required(schema) if _absent(present, name.split("."))]
    if not missing:
        return
    words = kind.replace("_", " ")
    insight = {f"missing_required_{kind}": {"description": f"{what} needs these {words}", "value": missing}}
    message = f"{what} needs the {words} {', '.join(missing)}"
    raise Refusal(400, message, truto_error_insight=insight)


def _required(schema: Mapping[str, Any], prefix: str = "") -> list[str]:
    """The dotted names of all that is required."""
    found = []
    properties = schema.get("properties") or {}
    for name in schema.get("required") or ():
        below = _required(properties.get(name) or {}, f"{prefix}{name}.")
        found.extend(below or [f"{prefix}{name}"])
    return found


def _absent(given: Any, parts: list[str]) -> bool:
    for part in parts:
        given = given.get(part) if isinstance(given, Mapping) else None
    return given is None or given == ""
