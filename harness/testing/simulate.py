"""What the other side does, as a test says it: `account.simulate.inbound_message(channel="sms", …)`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Simulate:
    """Everything the other side of an account may do, as methods: contacts, networks, agents.

    Each takes keyword arguments, acts at once in one unit of work and returns what came of it as the provider's API
    shows it. Records are named by their id or by their key in the world. Raises ControlError, which names the valid
    choices; then nothing has changed. `help()` tells all.
    """

    def __init__(self, ask: Callable[..., Any], provider: str) -> None:
        self._ask = ask
        self._provider = provider

    def __call__(self, name: str, /, **arguments: Any) -> Any:
        """Let the other side do something, by name."""
        return self._ask("simulate.run", name=name, arguments=arguments)["result"]

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_"):
            raise AttributeError(name)

        def act(**arguments: Any) -> Any:
            return self(name, **arguments)

        act.__name__, act.__qualname__ = name, f"Simulate.{name}"
        return act

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *(each["name"] for each in self._list())]

    def help(self) -> str:
        """What there is, with its arguments."""
        lines = []
        for each in self._list():
            lines.append(f"{each['name']}: {each['summary']}")
            for argument in each["arguments"]:
                valid = f" ({', '.join(argument['choices'])})" if argument["choices"] else ""
                must = "" if argument["required"] else ", optional"
                lines.append(f"    {argument['name']}: {argument['kind']}{must}: {argument['summary']}{valid}")
        return "\n".join(lines)

    def _list(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._ask("simulate.list")["simulations"]
        return found

    def __repr__(self) -> str:
        return f"<Simulate {self._provider}: {', '.join(each['name'] for each in self._list()) or 'nothing'}>"
