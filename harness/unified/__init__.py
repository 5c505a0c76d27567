"""The reference client of the unified API, and the schemas it speaks. Imports neither packs nor core.

`UnifiedClient("superchat", api_key=…)` is the client, `AsyncUnifiedClient` the same to be awaited. Everything here is
imported when it is first used.

Where things are:

- what the unified API has: `catalogue`, `parameters`, `schemas`; as a contract: `contract`, `json_schema`;
- how a provider is reached and read, as YAML: `integration`, `mapping`, in `integrations`; what reads it: `document`,
  `placeholders`, `query`, `engine`, `functions`;
- a call, as steps that yield requests: `account`, `exchange`, `unify`, `proxy`, `arguments`, `errors`, `quirks`;
- the client: `client` and its attributes `models`, `resources`, `proxy_resources`, `naming`; what goes in, `bodies`,
  and comes out, `pages`; its calls, `calls`, with `retry` and `idempotency`, and what sends them, `driving`
  and `sending`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.unified.account import IntegratedAccount as IntegratedAccount
    from harness.unified.client import AsyncUnifiedClient as AsyncUnifiedClient
    from harness.unified.client import UnifiedClient as UnifiedClient
    from harness.unified.errors import ConfigurationError as ConfigurationError
    from harness.unified.errors import UnifiedError as UnifiedError
    from harness.unified.integration import Integration as Integration
    from harness.unified.pages import AsyncPage as AsyncPage
    from harness.unified.pages import Download as Download
    from harness.unified.pages import Page as Page
    from harness.unified.pages import RateLimit as RateLimit
    from harness.unified.provider import Raw as Raw
    from harness.unified.retry import Retry as Retry

_HOMES = {
    "AsyncPage": "pages",
    "AsyncUnifiedClient": "client",
    "ConfigurationError": "errors",
    "Download": "pages",
    "IntegratedAccount": "account",
    "Integration": "integration",
    "Page": "pages",
    "RateLimit": "pages",
    "Raw": "provider",
    "Retry": "retry",
    "UnifiedClient": "client",
    "UnifiedError": "errors",
}

__all__ = [
    "AsyncPage",
    "AsyncUnifiedClient",
    "ConfigurationError",
    "Download",
    "IntegratedAccount",
    "Integration",
    "Page",
    "RateLimit",
    "Raw",
    "Retry",
    "UnifiedClient",
    "UnifiedError",
]


def _load(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'harness.unified' has no attribute {name!r}", name=name)
    found = globals()[name] = getattr(import_module(f"harness.unified.{_HOMES[name]}"), name)
    return found


if not TYPE_CHECKING:  # so that a type checker tells a misspelt name
    __getattr__ = _load


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
