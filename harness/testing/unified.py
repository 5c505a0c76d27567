"""The unified client on a sandbox: of one provider, and by name of the others."""

from __future__ import annotations

from harness.nearest import unknown
from harness.testing.sandbox import Sandbox
from harness.unified.client import UnifiedClient
from harness.unified.integration import installed


class Unified(UnifiedClient):
    """The client of one provider's account in a sandbox; `unified("superchat")` is that of another provider.

    Without a `provider` it is that of the first, by name, which an installed integration reaches. Raises ValueError for
    one that is not there.
    """

    def __init__(self, sandbox: Sandbox, provider: str | None = None) -> None:
        integrations = installed()
        reached = [name for name in sandbox.providers if name in integrations]
        if not reached:
            raise ValueError("no integration is installed for any provider of the sandbox")
        if provider is not None and provider not in reached:
            raise ValueError(unknown("provider with an integration", provider, reached))
        self._sandbox = sandbox
        self.provider = provider or reached[0]
        """The provider it speaks to."""
        account = sandbox.account(self.provider)
        super().__init__(self.provider, account.api_key, base_url=account.transport_url, transport=account.transport())

    def __call__(self, provider: str) -> UnifiedClient:
        """The client of another provider's account in the same sandbox."""
        return self if provider == self.provider else self._sandbox.account(provider).unified
