"""The credentials of live accounts: held in this process's memory alone, never in documents, journals or snapshots.

A document has a reference instead. Who restores a snapshot in another process finds the account without credentials,
and has to give them again.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Final

import orjson

from harness.core.ids import digest

_KEY: Final = secrets.token_bytes(32)
"""Keeps credentials from being guessed by their references, which documents show."""

_kept: dict[str, Mapping[str, str]] = {}


def keep(credentials: Mapping[str, str]) -> str:
    """Hold credentials; returns the reference."""
    text = orjson.dumps(dict(credentials), option=orjson.OPT_SORT_KEYS).decode()
    reference = digest("credentials", text, length=16, key=_KEY).hex()
    _kept[reference] = dict(credentials)
    return reference


def find(reference: str) -> Mapping[str, str] | None:
    """The credentials behind a reference, None where this process was never given them."""
    return _kept.get(reference)
