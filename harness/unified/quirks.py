"""The switches of the unified API, where its sources disagree or say nothing; `contracts/unified` tells of each."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import orjson

from harness.data import folder
from harness.nearest import unknown

_WIRE: Mapping[str, str] = {"single_result": "bare", "excluded_fields": "any", "stream_format": "ndjson"}
"""Those that only concern how a query or an answer is written: a caller in Python sees neither."""


def defaults() -> dict[str, str]:
    """Every quirk with its default."""
    return {name: str(quirk["default"]) for name, quirk in _table().items()}


def chosen(choices: Mapping[str, str] | None = None) -> dict[str, str]:
    """Every quirk with its choice, or its default. Raises ValueError, which names the valid ones."""
    table = _table()
    found = defaults()
    for name, choice in (choices or {}).items():
        if name not in table:
            raise ValueError(unknown("quirk", name, table))
        if choice not in table[name]["choices"]:
            raise ValueError(unknown(f"choice for quirk {name}:", str(choice), table[name]["choices"]))
        found[name] = choice
    return found


def of_client(choices: Mapping[str, str] | None = None) -> dict[str, str]:
    """The same for the client, to which the quirks of the wire make no difference: it gives records unwrapped."""
    return {**chosen(choices), **_WIRE}


@cache
def _table() -> Mapping[str, Mapping[str, Any]]:
    bundle = folder("contracts") / "unified" / "bundle.json"
    table: Mapping[str, Mapping[str, Any]] = orjson.loads(bundle.read_bytes())["x-quirks"]
    return table
