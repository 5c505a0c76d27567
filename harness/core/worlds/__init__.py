"""Worlds: seed data in neutral words, which every provider pack projects into its own resources.

A world is written as YAML (`fixtures/worlds/<name>.yaml`, models in `schema`) and read in its
expanded form (by `expand`): defaults filled, generated records written out, every time an integer of
milliseconds relative to the sandbox's epoch, every field present (null when absent), lists in the order of
the file.
Shipped worlds stand expanded in `fixtures/worlds/expanded`, so that reading one costs no validation and
imports neither pydantic nor faker nor yaml; `python -m harness.core.worlds [--check]` rewrites or checks
them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

import orjson

from harness.data import folder

DEFAULT = "support_desk"

Place = tuple[str | int, ...]
"""The way to a part of a world: `("conversations", 3, "status")`."""
Finding = tuple[Place, str]
"""What is wrong with a part of a world, and what to do about it."""
Check = Callable[[Mapping[str, Any]], Iterable[Finding]]
"""Judges the section of one provider in a world whose neutral part holds together."""
Providers = Collection[str] | Mapping[str, Check | None]
"""The providers whose sections a world may have, with what judges them where there is something."""

_UNITS = {
    "y": 365 * 86_400_000,
    "w": 7 * 86_400_000,
    "d": 86_400_000,
    "h": 3_600_000,
    "m": 60_000,
    "s": 1_000,
}
_TIME = re.compile(r"(?P<sign>[+-]?)" + "".join(rf"(?:(?P<{unit}>\d{{1,6}}){unit})?" for unit in _UNITS), re.ASCII)
_SUFFIXES = (".yaml", ".yml", ".json")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a world: where, and what to do about it."""

    path: str
    """Place in the document, such as `conversations[3].messages[0].from`; empty for the document itself."""
    message: str
    file: str | None = None
    """The file as it was given; None for a mapping, as are `line` and `column` (both counted from 1)."""
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        place = [str(part) for part in (self.file, self.line, self.column) if part is not None]
        return ": ".join(part for part in (":".join(place), self.path, self.message) if part)


class WorldError(ValueError):
    """A world that cannot be used; `problems` names everything found, and `str()` prints it a line each."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = list(problems)
        lines = [str(problem) for problem in self.problems]
        if len(lines) > 1:
            lines = [f"{len(lines)} problems in the world:", *(f"  {line}" for line in lines)]
        super().__init__("\n".join(lines))


@dataclass(frozen=True, slots=True)
class World:
    """An expanded world. `data` is shared by everyone who loads it: read it, never change it."""

    name: str
    digest: str
    """Hex BLAKE2b of the canonical data: two worlds with one digest project to the same templates."""
    data: dict[str, Any] = field(repr=False, compare=False)


def relative(text: str) -> int:
    """Milliseconds relative to the epoch, from a text such as `-2d4h30m`, `+2d` or `0s`.

    Units: y (365 days), w, d, h, m (minutes), s, each at most once and in this order. A time without
    a sign lies after the epoch. Raises ValueError.

    >>> relative("-1h30m")
    -5400000
    """
    match = _TIME.fullmatch(text)
    if match is None or not any(match[unit] for unit in _UNITS):
        raise ValueError(
            f"{text!r} is not a time relative to the epoch; write it such as -3d, -2d4h30m, -90s, 0s or +2d "
            f"(units in this order: {' '.join(_UNITS)})"
        )
    total = sum(int(match[unit] or 0) * size for unit, size in _UNITS.items())
    return -total if match["sign"] == "-" else total


def nearest(word: str, valid: Collection[str]) -> str:
    """The end of an error message: which valid word is nearest and, when they are few, all of them."""
    choices = list(dict.fromkeys(valid))
    if not choices:
        return "there is none to choose from"
    few = len(choices) <= 12
    close = get_close_matches(word, choices, n=1, cutoff=0.5 if few else 0.0)
    parts = [f"did you mean {close[0]!r}?"] if close else []
    return " ".join([*parts, f"Valid: {', '.join(choices)}"] if few else parts)


def shown(place: Place) -> str:
    """A place in words.

    >>> shown(("conversations", 3, "status"))
    'conversations[3].status'
    """
    text = ""
    for part in place:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def names() -> list[str]:
    """The shipped worlds."""
    return sorted(path.stem for path in (folder("fixtures") / "worlds" / "expanded").glob("*.json"))


def load(
    world: str | os.PathLike[str] | Mapping[str, Any] | None = None,
    providers: Providers = (),
) -> World:
    """A world by the name of a shipped one, from a `.yaml`, `.yml` or `.json` file, or from a mapping.

    None is the default world. `providers` are the names whose sections a file or mapping may have; where
    they lead to a check, it judges the section. A mapping may be written in either form, `World.data`
    included, and needs neither name nor title. Raises WorldError.
    """
    if world is None:
        return _shipped(DEFAULT)
    if isinstance(world, Mapping):
        from harness.core.worlds import expand

        return _world(expand.expand(world, providers))
    path = Path(world)
    if path.suffix.lower() in _SUFFIXES:
        from harness.core.worlds import expand

        return _world(expand.expand_file(path, providers))
    if isinstance(world, str) and world in names():
        return _shipped(world)
    hint = f"{nearest(str(world), names())}. A path needs the ending .yaml, .yml or .json"
    raise WorldError([Problem("", f"no world is named {os.fspath(world)!r}: {hint}")])


def fragment(
    given: Mapping[str, Any],
    known: Mapping[str, Any],
    providers: Providers = (),
) -> tuple[dict[str, Any], dict[str, Any]]:
    """More records for a world that is there: the new ones expanded, and all of them together.

    `known` is the expanded data of what is there; its keys may be referred to. In the fragment a `key` may
    be left out (`seeded-1`, `seeded-2` …), times are 0s by default, the status of a conversation is open and
    the role of an agent is agent. Times are relative to the moment of seeding, those in `known` to that of
    their own. Raises WorldError, whose problems name the place in the fragment.
    """
    from harness.core.worlds import expand

    return expand.expand_fragment(given, known, providers)


@cache
def _shipped(name: str) -> World:
    return _world(orjson.loads((folder("fixtures") / "worlds" / "expanded" / f"{name}.json").read_bytes()))


def _world(data: dict[str, Any]) -> World:
    canonical = orjson.dumps(data, option=orjson.OPT_SORT_KEYS)
    return World(data["name"], blake2b(canonical, digest_size=16).hexdigest(), data)
