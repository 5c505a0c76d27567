"""The unified client on a sandbox: of one provider, and by name of the others."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from harness.nearest import unknown
from harness.testing.sandbox import Sandbox
from harness.unified.client import UnifiedClient
from harness.unified.integration import installed

FIRST: Final = "superchat"
"""The provider whose integration was there first: a further one changes nobody's tests."""


def default_provider(reached: Collection[str], requested: Collection[str] = ()) -> str:
    """The provider of a client that was asked for without one.

    That is the one of `requested`, if it is one alone; else `FIRST`; else the only one of `reached`, which are those
    with an integration. Raises ValueError where several are as good as each other.
    """
    named = [name for name in reached if name in requested]
    for choices in (named, [name for name in reached if name == FIRST], list(reached)):
        if len(choices) == 1:
            return choices[0]
    if not reached:
        raise ValueError("no integration is installed for any provider of the sandbox")
    valid = ", ".join(sorted(reached))
    raise ValueError(f"several providers have an integration: name one of {valid}, by the ini option harness_unified")


class Unified(UnifiedClient):
    """The client of one provider's account in a sandbox; `unified("superchat")` is that of another provider.

    Without a `provider` it is that of `default_provider`; `requested` are those whose accounts are in use beside it.
    Raises ValueError for one that is not there.
    """

    def __init__(self, sandbox: Sandbox, provider: str | None = None, *, requested: Collection[str] = ()) -> None:
        integrations = installed()
        reached = [name for name in sandbox.providers if name in integrations]
        if provider is not None and provider not in reached:
            raise ValueError(unknown("provider with an integration", provider, reached))
        self._sandbox = sandbox
        self.provider = provider or default_provider(reached, requested)
        """The provider it speaks to."""
        account = sandbox.account(self.provider)
        super().__init__(self.provider, account.api_key, base_url=account.transport_url, transport=account.transport())

    def __call__(self, provider: str) -> UnifiedClient:
        """The client of another provider's account in the same sandbox."""
        return self if provider == self.provider else self._sandbox.account(provider).unified
