"""`{{…}}` in paths, headers, queries and bodies of an integration: `{{id}}`, `{{query.folder_id}}`.

Of what Truto's placeholders offer, these are here: the roots, `|` alternatives, `?:` defaults, and in bodies
`:undefined`, which leaves out a key whose value was not given.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

ROOTS = ("id", "query", "body", "credentials", "context")
_OPTIONAL = ":undefined"
_PLACEHOLDER = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_EXPRESSION = re.compile(r"[a-z_]+(?:\.[A-Za-z0-9_]+)*(?:\s*\|\s*[a-z_]+(?:\.[A-Za-z0-9_]+)*)*(?:\?:.*|:undefined)?")


class MissingValue(KeyError):
    """A placeholder whose value was not given."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def names(template: str) -> list[str]:
    """What a template asks for: `["id", "query.conversation_id"]`. Raises ValueError for one that is malformed."""
    found = []
    for expression in _PLACEHOLDER.findall(template):
        if not _EXPRESSION.fullmatch(expression):
            raise ValueError(f"not a placeholder: {{{{{expression}}}}}; write such as {{{{query.name}}}}")
        for name in expression.partition("?:")[0].removesuffix(_OPTIONAL).split("|"):
            root = name.strip().partition(".")[0]
            if root not in ROOTS:
                raise ValueError(f"placeholder {{{{{expression}}}}} begins with none of {', '.join(ROOTS)}")
            found.append(name.strip())
    return found


def filled(template: str, scope: Mapping[str, Any], *, in_path: bool = False) -> str:
    """The template with its values; in a path they are percent-encoded. Raises MissingValue."""

    def value(match: re.Match[str]) -> str:
        choices, _, default = match[1].partition("?:")
        for name in choices.split("|"):
            found = _look_up(scope, name.strip())
            if found is not None and found != "":
                return _segment(str(found)) if in_path else str(found)
        if "?:" in match[1]:
            return default
        raise MissingValue(choices.split("|")[0].strip())

    return _PLACEHOLDER.sub(value, template)


def texts(template: Any) -> Iterator[str]:
    """All texts in data with placeholders."""
    if isinstance(template, str):
        yield template
    elif isinstance(template, Mapping | list):
        for item in template.values() if isinstance(template, Mapping) else template:
            yield from texts(item)


_NOTHING = object()


def filled_data(template: Any, scope: Mapping[str, Any]) -> Any:
    """Data with its placeholders filled; a text that is one placeholder alone takes the value as it is.

    Raises MissingValue.
    """
    value = _filled(template, scope)
    return None if value is _NOTHING else value


def _filled(template: Any, scope: Mapping[str, Any]) -> Any:
    if isinstance(template, Mapping):
        found = {name: _filled(item, scope) for name, item in template.items()}
        return {name: value for name, value in found.items() if value is not _NOTHING}
    if isinstance(template, list):
        return [value for item in template if (value := _filled(item, scope)) is not _NOTHING]
    if not isinstance(template, str):
        return template
    alone = _PLACEHOLDER.fullmatch(template)
    if alone is None:
        return filled(template, scope)
    for name in alone[1].partition("?:")[0].removesuffix(_OPTIONAL).split("|"):
        value = _look_up(scope, name.strip())
        if value is not None and value != "":
            return value
    return _NOTHING if alone[1].endswith(_OPTIONAL) else filled(template, scope)


def _segment(text: str) -> str:
    """As one segment of a path; a client would take dots alone for steps in the tree."""
    return quote(text, safe="") if text.strip(".") else text.replace(".", "%2E")


def _look_up(scope: Mapping[str, Any], name: str) -> Any:
    value: Any = scope
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value
