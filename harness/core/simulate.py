"""Simulate: what the other side does (a contact writes, a network delivers, somebody approves), as a pack offers it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import TYPE_CHECKING, Any, Literal

import orjson

from harness.nearest import unknown

if TYPE_CHECKING:
    from harness.core.account import Account

Kind = Literal["text", "number", "object"]
_TYPES: Mapping[str, tuple[type, ...]] = {"text": (str,), "number": (int, float), "object": (Mapping,)}


class SimulationError(ValueError):
    """Something the other side cannot do; the text names the argument and what is valid. Nothing was changed."""

    def __init__(self, message: str, *where: str) -> None:
        super().__init__(": ".join([".".join(where), message]) if where else message)
        self.where = where


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a simulation."""

    summary: str
    kind: Kind = "text"
    required: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Simulation:
    """Something the other side may do. `run(unit, **arguments)` gives JSON data: what came of it."""

    run: Callable[..., Any]
    summary: str
    arguments: Mapping[str, Argument] = field(default_factory=dict)

    def check(self, name: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments that are not None. Raises SimulationError."""
        known = {key: value for key, value in given.items() if value is not None}
        for key, value in known.items():
            declared = self.arguments.get(key)
            if declared is None:
                raise SimulationError(unknown(f"argument of {name}", key, self.arguments), key)
            is_endless = isinstance(value, float) and not isfinite(value)
            if not isinstance(value, _TYPES[declared.kind]) or isinstance(value, bool) or is_endless:
                raise SimulationError(f"{name} takes {declared.kind} here, not {value!r}", key)
            try:
                orjson.dumps(dict(value) if isinstance(value, Mapping) else value)
            except TypeError as error:
                raise SimulationError(f"no JSON can say it: {error}", key) from None
            if declared.choices and value not in declared.choices:
                raise SimulationError(unknown(key, str(value), declared.choices), key)
        for key, declared in self.arguments.items():
            if declared.required and key not in known:
                raise SimulationError(f"{name} needs it: {declared.summary}", key)
        return known


def simulate(account: Account, name: str, arguments: Mapping[str, Any]) -> Any:
    """Let the other side do something, now, in one unit of work. Raises SimulationError."""
    offered = account.pack.simulate
    if name not in offered:
        raise SimulationError(unknown(f"simulation of {account.pack.name}", name, offered), "name")
    with account.sandbox.lock:
        account.sandbox.run_due()
        with account.unit() as unit:
            return offered[name].run(unit, **offered[name].check(name, arguments))
