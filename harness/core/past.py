"""The past of an account's state, for reads that lag behind."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from harness.core.store import Store

STEPS: Final = 20
"""How many states are kept at most of the time that is looked back on."""


class Past:
    """States of a while ago: one is kept before a change, unless the last one is nearly as new."""

    __slots__ = ("_states",)

    def __init__(self) -> None:
        self._states: deque[tuple[int, Store]] = deque()

    def keep(self, store: Store, now: int, age: int) -> None:
        """Something may change now, and reads will look back so many milliseconds."""
        states = self._states
        while states and states[-1][0] > now:
            states.pop()  # the clock was set back
        if states and states[-1][1].version == store.version:
            states[-1] = now, states[-1][1]
        elif not states or now - states[-1][0] >= age // STEPS:
            states.append((now, store.fork()))
        while states[0][0] <= now - age and len(states) > 1:
            states.popleft()

    def at(self, moment: int) -> Store | None:
        """The state at a moment; None: nothing has changed since."""
        return next((state for kept, state in self._states if kept > moment), None)

    def clear(self) -> None:
        """Forget it all."""
        self._states.clear()
