"""What a mutant does to an answer: functions from a JSON document to a changed one, or None where nothing changes.

A path names a field from the document's root, `[]` standing for every item of a list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

Path = tuple[str, ...]
Alteration = Callable[[Any], Any]

EACH = "[]"
STALE = "2001-01-01T00:00:00Z"
"""Older than anything a world or a cassette holds."""


def shown(path: Path) -> str:
    """`results[].handles[].value`."""
    return ".".join(path).replace(f".{EACH}", EACH)


def holders(document: Any, path: Path) -> Iterator[dict[str, Any]]:
    """The objects that hold the last name of a path."""
    if len(path) == 1:
        if isinstance(document, dict) and path[0] in document:
            yield document
        return
    if path[0] == EACH:
        for item in document if isinstance(document, list) else ():
            yield from holders(item, path[1:])
    elif isinstance(document, dict) and path[0] in document:
        yield from holders(document[path[0]], path[1:])


def rename(path: Path) -> Alteration:
    """The field goes by another name."""

    def alter(document: Any) -> Any:
        found = list(holders(document, path))
        for holder in found:
            holder[f"{path[-1]}_renamed"] = holder.pop(path[-1])
        return document if found else None

    return alter


def drop(path: Path) -> Alteration:
    """The field is gone."""

    def alter(document: Any) -> Any:
        found = list(holders(document, path))
        for holder in found:
            del holder[path[-1]]
        return document if found else None

    return alter


def replace(path: Path, change: Callable[[Any], Any]) -> Alteration:
    """The field has another value, where it has one."""

    def alter(document: Any) -> Any:
        changed = False
        for holder in holders(document, path):
            value = holder[path[-1]]
            if value is None:
                continue
            other = change(value)
            changed = changed or other != value or type(other) is not type(value)
            holder[path[-1]] = other
        return document if changed else None

    return alter


def null(path: Path) -> Alteration:
    """The field is null."""
    return replace(path, lambda value: None)


def retype(path: Path) -> Alteration:
    """The field has a value of another type."""
    return replace(path, lambda value: [value] if isinstance(value, str | list | dict) else str(value))


def other_choice(path: Path) -> Alteration:
    """An enumerated field has a value nobody has seen."""
    return replace(path, lambda value: f"{value}_new" if isinstance(value, str) else value)


def other_text(path: Path) -> Alteration:
    """A text is another one."""
    return replace(path, lambda value: f"{value}x" if isinstance(value, str) else value)


def stale(path: Path) -> Alteration:
    """A moment is long past."""
    return replace(path, lambda value: STALE)


def lose(path: Path) -> Alteration:
    """A list lacks its last item."""
    return replace(path, lambda value: value[:-1] if isinstance(value, list) and value else value)


def repeat(path: Path) -> Alteration:
    """A list has its first item twice."""
    return replace(path, lambda value: [value[0], *value] if isinstance(value, list) and value else value)


def reorder(path: Path) -> Alteration:
    """A list stands the other way round."""
    return replace(path, lambda value: value[::-1] if isinstance(value, list) and len(value) > 1 else value)


def wrong_cursor(path: Path) -> Alteration:
    """A cursor leads somewhere else."""
    return replace(
        path, lambda value: f"{value[:-1]}{'b' if value[-1:] == 'a' else 'a'}" if isinstance(value, str) else value
    )


def fields_of(document: Any, prefix: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every field of a document with its values, the outer ones first."""
    if isinstance(document, Mapping):
        for name, value in document.items():
            yield (*prefix, name), value
            yield from fields_of(value, (*prefix, name))
    elif isinstance(document, list):
        for item in document:
            yield from fields_of(item, (*prefix, EACH))
