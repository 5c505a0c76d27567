"""YAML or JSON files as plain data, with the line and column of every key and item."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

import yaml

Place = tuple[str | int, ...]
"""The way to a part of a document: `("conversations", 3, "status")`."""
Finding = tuple[Place, str]
"""What is wrong with a part of a document, and what to do about it."""


class Unreadable(ValueError):
    """A file that holds no plain data; `line` and `column` count from 1, None where no place is known."""

    def __init__(self, message: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


class _Resolver(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Reads plain scalars as YAML 1.2 does: `no`, `+49302…` and `12:30` stay texts."""

    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {}


for _tag, _pattern, _first in (
    ("null", r"null|~|", ["n", "~", ""]),
    ("bool", r"true|false", ["t", "f"]),
    ("int", r"-?[0-9]+", list("-0123456789")),
    ("float", r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?", list("-0123456789")),
    ("timestamp", r"[0-9]{4}-[0-9]{2}-[0-9]{2}", list("0123456789")),
):
    _Resolver.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"(?:{_pattern})$"), _first)

_SCALARS: dict[str, Callable[[str], object]] = {
    "tag:yaml.org,2002:str": str,
    "tag:yaml.org,2002:null": lambda _: None,
    "tag:yaml.org,2002:bool": lambda text: text == "true",
    "tag:yaml.org,2002:int": int,
    "tag:yaml.org,2002:float": float,
    "tag:yaml.org,2002:timestamp": date.fromisoformat,
}

_BINARY = "tag:yaml.org,2002:binary"
MAX_DEPTH = 32
"""How deep a recorded file may nest: an alias of what is around it nests without end."""
MAX_NODES = 1_000_000
"""How many parts a recorded file may have: aliases of aliases multiply."""


@dataclass(slots=True)
class Source:
    """What a file holds, and where each key and item stands in it."""

    data: Any = None
    marks: dict[Place, tuple[int, int]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def position(self, place: Place) -> tuple[int, int]:
        """Line and column from 1, of the place or of the nearest thing around it."""
        while place and place not in self.marks:
            place = place[:-1]
        return self.marks.get(place, (1, 1))


def read(path: Path, *, recorded: bool = False) -> Source:
    """What a file holds. Raises Unreadable.

    A `recorded` file was written by a program: it may have binary texts and repeat parts by aliases.
    """
    try:
        text = path.read_bytes().decode()
        return _composed(_json_as_yaml(text) if path.suffix.lower() == ".json" else text, recorded)
    except OSError as error:
        raise Unreadable(error.strerror or str(error)) from None
    except UnicodeDecodeError as error:
        raise Unreadable(f"is not UTF-8: {error}") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (None, None)
        raise Unreadable(f"not readable as YAML: {error.problem or error.context}", line, column) from None
    except yaml.YAMLError as error:
        raise Unreadable(f"not readable as YAML: {error}") from None


def _json_as_yaml(text: str) -> str:
    """JSON is YAML but for tabs between tokens and characters written as two escaped surrogates."""

    def joined(match: re.Match[str]) -> str:
        return match[1] + bytes.fromhex(match[2] + match[3]).decode("utf-16-be")

    pair = r"(?<!\\)((?:\\\\)*)\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})"
    return re.sub(pair, joined, text.replace("\t", " "))


def _composed(text: str, recorded: bool) -> Source:
    source = Source()
    seen: set[int] = set()
    scalars = {**_SCALARS, _BINARY: b64decode} if recorded else _SCALARS
    counter = count(1)

    def line(node: yaml.Node) -> tuple[int, int]:
        return node.start_mark.line + 1, node.start_mark.column + 1

    def mark(place: Place, node: yaml.Node) -> None:
        source.marks.setdefault(place, line(node))

    def value(node: yaml.Node, place: Place) -> Any:
        if id(node) in seen:
            source.findings.append((place, "is an alias of another part; write it out"))
            return None
        if not recorded:
            seen.add(id(node))
        elif len(place) > MAX_DEPTH or next(counter) > MAX_NODES:
            raise Unreadable(f"nests deeper than {MAX_DEPTH} or has more than {MAX_NODES} parts", *line(node))
        if isinstance(node, yaml.MappingNode) and node.tag == "tag:yaml.org,2002:map":
            return dict(pairs(node, place))
        if isinstance(node, yaml.SequenceNode) and node.tag == "tag:yaml.org,2002:seq":
            items = []
            for index, item in enumerate(node.value):
                mark((*place, index), item)
                items.append(value(item, (*place, index)))
            return items
        if isinstance(node, yaml.ScalarNode) and node.tag in scalars:
            try:
                return scalars[node.tag](node.value)
            except ValueError as error:
                source.findings.append((place, str(error)))
                return None
        source.findings.append((place, f"has the YAML tag {node.tag!r}; only plain data is read"))
        return None

    def pairs(node: yaml.MappingNode, place: Place) -> Iterator[tuple[str, Any]]:
        lines: dict[str, int] = {}
        for key_node, value_node in node.value:
            key = key_node.value
            if not isinstance(key_node, yaml.ScalarNode) or key_node.tag != "tag:yaml.org,2002:str":
                mark((*place, str(key)), key_node)
                source.findings.append(((*place, str(key)), "a key must be a text"))
                continue
            if key in lines:
                # the second one is the offender, so it gets a place of its own
                source.marks[(*place, key)] = (key_node.start_mark.line + 1, key_node.start_mark.column + 1)
                source.findings.append(((*place, key), f"duplicate key, first given in line {lines[key]}"))
                continue
            lines[key] = key_node.start_mark.line + 1
            mark((*place, key), key_node)
            yield key, value(value_node, (*place, key))

    root = yaml.compose(text, Loader=_Resolver)
    if root is not None:
        source.data = value(root, ())
    return source
