"""Changing single values of a JSON text and leaving every other byte as it is."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from json.decoder import scanstring  # type: ignore[attr-defined]
from json.scanner import NUMBER_RE

Path = tuple[str, ...]
"""The keys that lead to a value; items of lists add nothing."""
Replace = Callable[[Path, str, bool], str]
"""Called with the path, the text and whether it is a number; gives the text that takes its place."""
KEY = "{key}"
"""The last part of the path of a key."""

_SPACE = " \t\n\r"


class NoJson(ValueError):
    """The text is no JSON."""


def rewritten(text: str, replace: Replace) -> str:
    """The text with each string and number given to `replace`. Raises NoJson."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        raise NoJson from None
    escaped = text.isascii()
    found: list[str] = []
    done = 0
    for path, start, end, value in _values(text, 0, ()):
        new = replace(path, value, text[start] != '"')
        if new != value:
            found += [text[done:start], json.dumps(new, ensure_ascii=escaped) if text[start] == '"' else new]
            done = end
    return "".join([*found, text[done:]])


def _values(text: str, at: int, path: Path) -> Iterator[tuple[Path, int, int, str]]:
    """The strings and numbers of a valid JSON text, with where they begin and end; nesting costs no stack."""
    stack: list[tuple[str, Path]] = []
    key: str | None = None
    while at < len(text):
        letter = text[at]
        if letter in "{[":
            inner = path if key is None else (*path, key)
            stack.append((letter, path))
            path, key = inner, None
            at += 1
        elif letter in "}]":
            path, key = stack.pop()[1], None
            at += 1
        elif letter == '"':
            value, end = scanstring(text, at + 1)
            after = end
            while after < len(text) and text[after] in _SPACE:
                after += 1
            if stack and stack[-1][0] == "{" and after < len(text) and text[after] == ":" and key is None:
                yield (*path, KEY), at, end, value
                key, at = value, after + 1
                continue
            yield path if key is None else (*path, key), at, end, value
            at, key = end, None
        elif match := NUMBER_RE.match(text, at):
            yield path if key is None else (*path, key), at, match.end(), match[0]
            at, key = match.end(), None
        else:
            if letter == ",":
                key = None
            at += 1
