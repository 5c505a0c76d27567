"""Making the expanded forms of the shipped worlds anew."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from harness.core.worlds import Problem, Providers, WorldError
from harness.core.worlds.expand import expand_file
from harness.data import folder


def expand_shipped(providers: Providers, *, check: bool = False) -> list[str]:
    """Write the expanded form of every shipped world; with `check` write nothing.

    Returns the file names that were not current. Raises WorldError for a world that is wrong or not named as its
    file.
    """
    sources = folder("fixtures") / "worlds"
    texts: dict[Path, bytes] = {}
    for source in sorted(sources.glob("*.yaml")):
        data = expand_file(source, providers)
        if data["name"] != source.stem:
            raise WorldError([Problem("name", f"is {data['name']!r}, not {source.stem!r}", str(source))])
        texts[sources / "expanded" / f"{source.stem}.json"] = b"".join(_lines(data)) + b"\n"
    left_over = set((sources / "expanded").glob("*.json")) - set(texts)
    changed = [path for path, text in texts.items() if not path.exists() or path.read_bytes() != text]
    if not check:
        for path in changed:
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(texts[path])
        for path in left_over:
            path.unlink()
    return sorted(path.name for path in (*changed, *left_over))


def _lines(value: Any, depth: int = 0) -> Iterator[bytes]:
    """JSON with one record a line: mappings open to the second level, lists to their items."""
    opens = isinstance(value, dict) and depth < 2
    if not value or not (opens or isinstance(value, list)):
        yield orjson.dumps(value)
        return
    indent = b"\n" + b" " * (depth + 1)
    items = value.items() if opens else ((None, item) for item in value)
    yield b"{" if opens else b"["
    for number, (key, item) in enumerate(items):
        yield b"," * (number > 0) + indent
        if opens:
            yield orjson.dumps(key) + b": "
            yield from _lines(item, depth + 1)
        else:
            yield orjson.dumps(item)
    yield indent[:-1] + (b"}" if opens else b"]")
