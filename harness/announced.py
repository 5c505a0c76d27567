"""What installed distributions announce in entry points. To read them all takes milliseconds, so it is done once."""

from __future__ import annotations

import sys
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points


def announced(group: str) -> tuple[EntryPoint, ...]:
    """The entry points of a group, of the distributions on the import path as it is now."""
    return _on(tuple(sys.path), group)


@lru_cache(maxsize=32)
def _on(path: tuple[str, ...], group: str) -> tuple[EntryPoint, ...]:
    return tuple(entry_points(group=group))
