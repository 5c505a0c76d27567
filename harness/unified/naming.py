"""From attributes of a client to the names in addresses, and what is said of those there are not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from keyword import iskeyword
from typing import Any

from harness.nearest import unknown
from harness.unified.catalogue import resource

_PARAMETERS = ("integrated_account_id", "remote_query")


def attributes(names: Iterable[str]) -> dict[str, str]:
    """Names by the attributes they have: `remove-user` by `remove_user`, `import` by `import_`."""
    found = {}
    for name in names:
        plain = name.replace("-", "_")
        found[f"{plain}_" if iskeyword(plain) else plain] = name
    return found


def methods_of(model: str, name: str) -> dict[str, str]:
    """The methods of a unified resource by attribute."""
    return attributes(resource(model, name).methods)


def found(owner: object, name: str, what: str, names: Mapping[str, str]) -> str:
    """What an attribute stands for. Raises AttributeError, which names the nearest."""
    if name in names:
        return names[name]
    if name.startswith("_"):
        raise AttributeError(name)
    raise AttributeError(unknown(what, name, names), name=name, obj=owner)


def parted(query: Mapping[str, Any] | None, fields: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Parameters and fields of a write, whose named arguments are fields but for those that are always parameters."""
    asked: dict[str, Any] = dict(query or {})
    rest: dict[str, Any] = {}
    for name, value in fields.items():
        (asked if name.startswith("truto_") or name in _PARAMETERS else rest)[name] = value
    return asked, rest
