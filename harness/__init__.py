"""Stateful local fakes of provider APIs, for tests and for development.

`harness.sandbox()` opens an isolated world in this process, `harness.serve()` starts a server for one;
both are context managers. `harness.UnifiedClient` speaks to any provider, fake or real, in one schema.
Everything here is imported when it is first used.
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
    from harness.unified.client import AsyncUnifiedClient as AsyncUnifiedClient
    from harness.unified.client import UnifiedClient as UnifiedClient
    from harness.unified.errors import UnifiedError as UnifiedError
    from harness.verify.pytest_suite import contract_suite as contract_suite

    __version__: str

__all__ = [
    "Account",
    "AsyncUnifiedClient",
    "Sandbox",
    "Server",
    "UnifiedClient",
    "UnifiedError",
    "__version__",
    "contract_suite",
    "sandbox",
    "serve",
]

_HOMES = {
    "Account": "harness.testing.account",
    "AsyncUnifiedClient": "harness.unified.client",
    "Sandbox": "harness.testing.sandbox",
    "Server": "harness.testing.home",
    "UnifiedClient": "harness.unified.client",
    "UnifiedError": "harness.unified.errors",
    "contract_suite": "harness.verify.pytest_suite",
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
