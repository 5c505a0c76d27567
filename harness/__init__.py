"""Stateful local fakes of provider APIs, for tests and for development.

`harness.sandbox()` opens an isolated world in this process, `harness.serve()` starts a server for one;
both are context managers. Everything here is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.testing.account import Account as Account
    from harness.testing.home import Server as Server
    from harness.testing.home import sandbox as sandbox
    from harness.testing.home import serve as serve
    from harness.testing.sandbox import Sandbox as Sandbox

    __version__: str

__all__ = ["Account", "Sandbox", "Server", "__version__", "sandbox", "serve"]

_HOMES = {
    "Account": "harness.testing.account",
    "Sandbox": "harness.testing.sandbox",
    "Server": "harness.testing.home",
    "sandbox": "harness.testing.home",
    "serve": "harness.testing.home",
}


def _load(name: str) -> Any:
    if name in _HOMES:
        found = getattr(import_module(_HOMES[name]), name)
    elif name == "__version__":
        from importlib.metadata import PackageNotFoundError, version

        try:
            found = version("provider-harness")
        except PackageNotFoundError:  # run from a checkout that is not installed
            found = "0"
    else:
        from harness.namesakes import explanation

        hint = "" if name.startswith("_") else explanation(name)
        raise AttributeError(f"module 'harness' has no attribute {name!r}{hint and ': '}{hint}", name=name)
    globals()[name] = found
    return found


if not TYPE_CHECKING:  # so that a type checker tells a misspelt name
    __getattr__ = _load


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
