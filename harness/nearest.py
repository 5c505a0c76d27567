"""Naming the valid choice a caller most likely meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

SHOWN = 200
"""How many valid choices a message lists."""


def nearest(word: str, choices: Iterable[str]) -> str | None:
    """The choice most like `word`, or None when nothing is."""
    found = get_close_matches(word, list(choices), n=1, cutoff=0.5)
    return found[0] if found else None


def unknown(what: str, word: str, choices: Iterable[str]) -> str:
    """`unknown quirk 'x': did you mean 'y'? Valid: y, z`"""
    valid = sorted(choices)
    close = nearest(word, valid)
    hint = f" did you mean {close!r}?" if close else ""
    more = f" and {len(valid) - SHOWN} more" if len(valid) > SHOWN else ""
    return f"unknown {what} {word!r}:{hint} valid are {', '.join(valid[:SHOWN]) or 'none'}{more}"
