"""Where two pieces of JSON data differ, for messages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

SHOWN = 5
"""How many differences a message tells."""


def differing(expected: Any, found: Any) -> str:
    """The first places at which they differ: `handles[0].value: expected 'a', found 'b'`; empty where nowhere."""
    places = list(_places(expected, found, ""))
    more = f"; and {len(places) - SHOWN} more" if len(places) > SHOWN else ""
    return "; ".join(places[:SHOWN]) + more


def _places(expected: Any, found: Any, place: str) -> Iterator[str]:
    if isinstance(expected, Mapping) and isinstance(found, Mapping):
        for name in [*expected, *(name for name in found if name not in expected)]:
            below = f"{place}.{name}" if place else str(name)
            if name not in found:
                yield f"{below}: expected {_shown(expected[name])}, found nothing"
            elif name not in expected:
                yield f"{below}: expected nothing, found {_shown(found[name])}"
            else:
                yield from _places(expected[name], found[name], below)
    elif isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        for index, (left, right) in enumerate(zip(expected, found, strict=True)):
            yield from _places(left, right, f"{place}[{index}]")
    elif expected != found or isinstance(expected, bool) is not isinstance(found, bool):
        yield f"{place or 'the whole'}: expected {_shown(expected)}, found {_shown(found)}"


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 100 else f"{text[:97]}…"
