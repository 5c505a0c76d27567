"""Query strings as nested data: `created_at[gt]=…`, `tags[]=a`, `tags[0]=a`, and back."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal
from urllib.parse import parse_qsl, quote, urlencode

ArrayFormat = Literal["comma", "brackets", "indices", "repeat"]

MAX_DEPTH = 8
"""How deep a name may nest: more is taken for an attack, not for a filter."""

_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_PART = re.compile(r"\[([^\[\]]*)\]")


def parse(text: str) -> dict[str, Any]:
    """The nested values of a query string; all scalars are texts.

    >>> parse("limit=2&created_at[gt]=2026&f[]=a&f[]=b&g[0]=x&next_cursor=")
    {'limit': '2', 'created_at': {'gt': '2026'}, 'f': ['a', 'b'], 'g': ['x'], 'next_cursor': ''}
    """
    found: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        match = _NAME.fullmatch(name)
        parts = [match[1], *_PART.findall(match[2])] if match else [name]
        if len(parts) > MAX_DEPTH:
            raise ValueError(f"the query parameter {name[:60]!r} nests deeper than {MAX_DEPTH}")
        _put(found, parts, value)
    return {name: _settled(value) for name, value in found.items()}


def _put(into: dict[str, Any], parts: list[str], value: str) -> None:
    """Lists are dicts with the keys 0, 1 … until all is read."""
    here = into
    for part in parts[:-1]:
        here = _under(here, part)
    last = parts[-1]
    if len(parts) > 1 and last == "":
        last = str(_free(here))
    if last in here and len(parts) == 1:  # the name again: a list
        before = here[last]
        here[last] = {**before, str(_free(before)): value} if isinstance(before, dict) else {"0": before, "1": value}
    else:
        here[last] = value


def _under(here: dict[str, Any], part: str) -> dict[str, Any]:
    key = part if part != "" else str(_free(here))
    below = here.get(key)
    if not isinstance(below, dict):
        below = here[key] = {} if below is None else {"0": below}
    return below


def _free(values: Mapping[str, Any]) -> int:
    return max((int(key) for key in values if key.isdecimal()), default=-1) + 1


def _settled(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if value and all(key.isdecimal() for key in value):
        return [_settled(value[key]) for key in sorted(value, key=int)]
    return {key: _settled(item) for key, item in value.items()}


def dump(values: Mapping[str, Any], arrays: ArrayFormat = "repeat") -> str:
    """A query string; None is left out, true and false are lower case.

    >>> dump({"a": {"gt": 1}, "b": [1, 2], "c": None, "d": True}, "brackets")
    'a%5Bgt%5D=1&b%5B%5D=1&b%5B%5D=2&d=true'
    """
    return urlencode(list(_pairs(values, arrays)), quote_via=quote)


def _pairs(values: Mapping[str, Any], arrays: ArrayFormat) -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        yield from _flat(str(name), value, arrays)


def _flat(name: str, value: Any, arrays: ArrayFormat) -> Iterator[tuple[str, str]]:
    if value is None:
        return
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _flat(f"{name}[{key}]", item, arrays)
    elif isinstance(value, list | tuple):
        if arrays == "comma":
            yield name, ",".join(_text(item) for item in value)
            return
        for index, item in enumerate(value):
            inner = {"brackets": f"{name}[]", "indices": f"{name}[{index}]", "repeat": name}[arrays]
            yield from _flat(inner, item, arrays)
    else:
        yield name, _text(value)


def _text(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
