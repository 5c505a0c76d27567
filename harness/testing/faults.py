"""An account's faults, as a user's code holds them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from harness.core.faults import Kind
from harness.nearest import unknown

Profile = Literal["flaky", "slow", "outage", "rate_limited", "stale_reads"]


@dataclass(frozen=True, slots=True)
class Fault:
    """One rule, and how often it was met and struck."""

    id: str
    operation: str
    effect: str
    met: int
    struck: int
    rule: dict[str, Any]


class Faults:
    """The rules that make the account's fake fail on purpose; none to begin with.

    `faults.add("contacts.list", status=503, first=2)`; the first rule that strikes a call counts.
    """

    def __init__(self, ask: Callable[..., Any], provider: str) -> None:
        self._ask = ask
        self._provider = provider

    def add(self, operation: str, effect: Kind = "status", **rule: Any) -> Fault:
        """Add a rule for an operation, or a pattern such as `contacts.*`.

        Effects and what they take: `status` (status), `rate_limit` (retry_after), `latency` (seconds, real), `cut`
        (handled), `truncate` (bytes), `malformed`, `dribble` (bytes, seconds), `stale` (seconds). Conditions: first,
        after, every, times, page, job, chance with seed. Raises ControlError, which names the valid choices.
        """
        added = self._ask("faults.add", rules=[{"operation": operation, "effect": effect, **rule}])["added"]
        return self[added[0]]

    def profile(self, name: Profile, seed: int = 0) -> list[Fault]:
        """Add the rules of a ready-made profile; the seed decides when they strike."""
        added = self._ask("faults.add", profile=name, seed=seed)["added"]
        return [self[id] for id in added]

    def remove(self, id: str) -> None:
        """Take one rule away."""
        self._ask("faults.remove", fault=id)

    def clear(self) -> None:
        """Take all away."""
        self._ask("faults.clear")

    def __iter__(self) -> Iterator[Fault]:
        for found in self._ask("faults.list")["faults"]:
            rule = {name: value for name, value in found.items() if name not in ("id", "met", "struck")}
            yield Fault(found["id"], found["operation"], found["effect"], found["met"], found["struck"], rule)

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __getitem__(self, id: str) -> Fault:
        for fault in self:
            if fault.id == id:
                return fault
        raise KeyError(unknown("fault", id, [fault.id for fault in self]))

    def __repr__(self) -> str:
        return (
            f"<Faults of {self._provider}: {', '.join(f'{each.operation} {each.effect}' for each in self) or 'none'}>"
        )
