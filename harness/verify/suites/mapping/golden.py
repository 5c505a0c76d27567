"""Golden values: what the unified API makes of a cassette's answer, and what it asks for a unified request.

One JSON file for each cell of a mapping, `cassettes/<provider>/golden/<model>.<resource>.<method>.json`, with `answers`
by interaction (`contacts:3`) and `requests` by the names in `requests.yaml`. Keys are sorted, so that a change shows
as what it is.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from harness.verify.case import Failed, Updated

SECTIONS = ("answers", "requests")
FOLDER = "golden"
_SHOWN = 20
_NOTHING = object()


class Goldens:
    """The golden files of one provider. Each is read once, and anew before it is written."""

    def __init__(self, folder: Path, provider: str, *, shipped: bool = True) -> None:
        self.folder = folder
        own = "" if shipped else f" --cassettes {folder.parent}"
        self.command = f"harness verify {provider} --suite mapping{own} --update"
        """What rewrites them."""
        self._read: dict[str, Mapping[str, Mapping[str, Any]]] = {}

    def cells(self) -> list[str]:
        """The cells that have a file, by name."""
        return sorted(path.stem for path in self.folder.glob("*.json"))

    def keys(self, cell: str, section: str) -> list[str]:
        """What a cell's file has values for. Raises Failed for one that cannot be read."""
        return sorted(self._of(cell).get(section, {}))

    def value(self, cell: str, section: str, key: str) -> Any:
        """One of them. Raises Failed for a file that cannot be read, KeyError for a key it does not have."""
        return self._of(cell)[section][key]

    def compare(self, cell: str, section: str, key: str, found: Any, *, update: bool) -> None:
        """Judge a value by the golden one. Raises Failed; with `update` rewrites it and raises Updated."""
        found = orjson.loads(orjson.dumps(found))
        expected = self._of(cell).get(section, {}).get(key, _NOTHING)
        where = f"{self._shown(cell)}: {section} {key}"
        if expected is _NOTHING:
            if update:
                self._write(cell, section, key, found)
                raise Updated(f"{where}: new")
            raise Failed(
                f"{where} has no golden value: read what the mapping gives, then write it with `{self.command}`"
            )
        if not (wrong := list(differences(expected, found))):
            return
        text = "\n".join(f"  {line}" for line in [*wrong[:_SHOWN], *(["…"] if len(wrong) > _SHOWN else [])])
        if update:
            self._write(cell, section, key, found)
            raise Updated(f"{where} is rewritten:\n{text}")
        raise Failed(f"{self._shown(cell)}:{self._line(cell, key)}: {section} {key} is otherwise:\n{text}")

    def stale(self, cell: str, section: str, key: str | None, reason: str, *, update: bool) -> None:
        """A value (without a key: a whole file) that no case asks for. Raises Failed, or Updated once it is gone."""
        self._of(cell)  # what cannot be read is not thrown away
        what = self._shown(cell) if key is None else f"{self._shown(cell)}:{self._line(cell, key)}: {section} {key}"
        if not update:
            raise Failed(f"{what} is a golden value without a case: {reason}; take it out with `{self.command}`")
        if key is None:
            self._path(cell).unlink()
        else:
            self._write(cell, section, key, _NOTHING)
        raise Updated(f"{what} is taken out: {reason}")

    def _of(self, cell: str) -> Mapping[str, Mapping[str, Any]]:
        if cell not in self._read:
            self._read[cell] = self._load(cell)
        return self._read[cell]

    def _load(self, cell: str) -> dict[str, dict[str, Any]]:
        path = self._path(cell)
        if not path.exists():
            return {}
        remedy = f"mend it, or delete it and write it anew with `{self.command}`"
        try:
            data = orjson.loads(path.read_bytes())
        except orjson.JSONDecodeError as error:
            raise Failed(f"{self._shown(cell)}:{error.lineno}: not readable as JSON: {error.msg}; {remedy}") from None
        fits = isinstance(data, dict) and all(
            section in SECTIONS and isinstance(values, dict) for section, values in data.items()
        )
        if not fits:
            raise Failed(f"{self._shown(cell)}:1: is no golden file: it has {' and '.join(SECTIONS)} by name; {remedy}")
        found: dict[str, dict[str, Any]] = data
        return found

    def _write(self, cell: str, section: str, key: str, value: Any) -> None:
        """Put one value in, or out; the file is there whole or not at all."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with _locked(self.folder):
            data = self._load(cell)
            values = data.setdefault(section, {})
            if value is _NOTHING:
                values.pop(key, None)
            else:
                values[key] = value
            kept = {name: each for name, each in data.items() if each}
            path = self._path(cell)
            draft = path.with_name(f".{path.name}.writing")
            draft.write_bytes(
                orjson.dumps(kept, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)
            )
            draft.replace(path)
        self._read[cell] = kept

    def _path(self, cell: str) -> Path:
        return self.folder / f"{cell}.json"

    def _shown(self, cell: str) -> str:
        return f"{self.folder.name}/{cell}.json"

    def _line(self, cell: str, key: str) -> int:
        """Where a value begins, 1 where it cannot be told."""
        start = orjson.dumps(key) + b": "
        lines = self._path(cell).read_bytes().split(b"\n")
        return next((number for number, line in enumerate(lines, 1) if line.strip().startswith(start)), 1)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Several test processes may rewrite values of one file."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def differences(expected: Any, found: Any, place: str = "") -> Iterator[str]:
    """What is otherwise in two pieces of JSON data, part by part.

    >>> list(differences({"a": [1, 2]}, {"a": [1, True], "b": None}))
    ["a[1]: expected 2, found true", "b: expected nothing, found null"]
    """
    if isinstance(expected, Mapping) and isinstance(found, Mapping):
        for name in sorted(expected.keys() | found.keys()):
            inner = f"{place}.{name}" if place else str(name)
            yield from differences(expected.get(name, _NOTHING), found.get(name, _NOTHING), inner)
    elif isinstance(expected, list) and isinstance(found, list):
        for index in range(max(len(expected), len(found))):
            one, other = (items[index] if index < len(items) else _NOTHING for items in (expected, found))
            yield from differences(one, other, f"{place}[{index}]")
    elif isinstance(expected, bool) != isinstance(found, bool) or expected != found:
        yield f"{place or 'the whole'}: expected {_text(expected)}, found {_text(found)}"


def _text(value: Any) -> str:
    if value is _NOTHING:
        return "nothing"
    text = orjson.dumps(value).decode()
    return text if len(text) <= 160 else f"{text[:157]}…"
