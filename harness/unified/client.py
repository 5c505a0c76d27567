"""The unified client: one schema over all providers, and a proxy that adds nothing.

    with UnifiedClient("superchat", api_key="…") as client:
        for contact in client.ticketing.contacts.list(limit=100):
            print(contact.name, contact.emails)
        client.proxy.contacts.get("ct_…")
        client.custom("GET", "/me")

It speaks to the provider itself, over HTTP; `base_url` or `transport` leads to a fake.
"""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from harness.nearest import unknown
from harness.unified.account import IntegratedAccount
from harness.unified.bodies import Files, body_of
from harness.unified.calls import Calls
from harness.unified.driving import AsyncDriver, SyncDriver
from harness.unified.integration import Integration
from harness.unified.models import (
    AsyncInstantMessaging,
    AsyncProxy,
    AsyncTicketing,
    AsyncUserDirectory,
    InstantMessaging,
    SyncProxy,
    Ticketing,
    UserDirectory,
)
from harness.unified.pages import RateLimit
from harness.unified.proxy_resources import Proxy
from harness.unified.resources import Driver
from harness.unified.retry import Retry

if TYPE_CHECKING:
    import httpx

_ATTRIBUTES = ("custom", "instant_messaging", "proxy", "ticketing", "user_directory")

Http = TypeVar("Http")
Transport = TypeVar("Transport")
Done = TypeVar("Done")


class _Client(Generic[Http, Transport, Done]):
    """What both clients are: an account, its calls, and what drives them."""

    _driver: Driver

    def __init__(
        self,
        integration: str | Integration,
        api_key: str | None = None,
        *,
        credentials: Mapping[str, str] | None = None,
        base_url: str | None = None,
        http: Http | None = None,
        transport: Transport | None = None,
        timeout: float | httpx.Timeout | None = None,
        retry: Retry | None = None,
        quirks: Mapping[str, str] | None = None,
        id: str = "",
        context: Mapping[str, Any] | None = None,
        is_sandbox: bool = False,
        integration_override: Mapping[str, Any] | None = None,
        environment_override: Mapping[str, Any] | None = None,
        unified_model_override: Mapping[str, Any] | None = None,
    ) -> None:
        account = IntegratedAccount.connect(
            integration,
            {**(credentials or {}), **({} if api_key is None else {"api_key": api_key})},
            base_url=base_url,
            id=id,
            context=context,
            is_sandbox=is_sandbox,
            integration_override=integration_override,
            environment_override=environment_override,
            unified_model_override=unified_model_override,
        )
        self._calls = Calls(account, retry, quirks)
        self._open(http, transport, timeout, retry)

    @classmethod
    def of(
        cls,
        account: IntegratedAccount,
        *,
        http: Http | None = None,
        transport: Transport | None = None,
        timeout: float | httpx.Timeout | None = None,
        retry: Retry | None = None,
        quirks: Mapping[str, str] | None = None,
    ) -> Self:
        """A client for an account that is connected already."""
        client = cls.__new__(cls)
        client._calls = Calls(account, retry, quirks)
        client._open(http, transport, timeout, retry)
        return client

    @property
    def account(self) -> IntegratedAccount:
        """The account it speaks for."""
        return self._calls.account

    @property
    def rate_limit(self) -> RateLimit | None:
        """The provider's rate limit as the last answer that told one had it; None before that."""
        return self._calls.rate_limit

    def custom(
        self,
        verb: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        files: Files | None = None,
        content: bytes | str | None = None,
        content_type: str | None = None,
        idempotency_key: str | None = None,
    ) -> Done:
        """Any path below the provider's base URL; gives the provider's own body, a Download for one that is no JSON.

        Raises UnifiedError for an answer of 400 and above.
        """
        sent = body_of(body, files=files, content=content, content_type=content_type)
        done: Done = self._driver.drive(self._calls.custom(verb, path, query=query, body=sent, key=idempotency_key))
        return done

    def _open(
        self,
        http: Http | None,
        transport: Transport | None,
        timeout: float | httpx.Timeout | None,
        retry: Retry | None,
    ) -> None:
        raise NotImplementedError

    def _unknown(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise AttributeError(unknown("unified model", name, _ATTRIBUTES), name=name, obj=self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.account.integration.name} at {self.account.base_url}>"

    if not TYPE_CHECKING:  # so that a type checker tells a misspelt name
        __getattr__ = _unknown


class UnifiedClient(_Client["httpx.Client", "httpx.BaseTransport", Any]):
    """A client for one account of a provider, with the unified models and the provider's own resources.

    `integration` is the name of an installed one, or an Integration. The credentials are `api_key`, or what the
    integration names. Without `base_url` it speaks to the real provider. `http` is an httpx.Client of yours, which is
    left open; else `transport` and `timeout` (seconds, 30 by default) are httpx's for one of its own. Redirects are not
    followed. `retry` lets it wait where the provider says so. `id`, `context`, `is_sandbox` and the overrides are those
    of `IntegratedAccount.connect`, `quirks` those of the unified API. Raises ConfigurationError and ValueError for what
    does not fit. May be used from several threads.
    """

    def _open(
        self,
        http: httpx.Client | None,
        transport: httpx.BaseTransport | None,
        timeout: float | httpx.Timeout | None,
        retry: Retry | None,
    ) -> None:
        self._driver: SyncDriver = SyncDriver(http, transport, timeout, retry)
        self.ticketing = Ticketing(self._driver, self._calls)
        self.user_directory = UserDirectory(self._driver, self._calls)
        self.instant_messaging = InstantMessaging(self._driver, self._calls)
        self.proxy: SyncProxy = Proxy(self._driver, self._calls)

    def close(self) -> None:
        """Let go of the connections."""
        self._driver.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncUnifiedClient(_Client["httpx.AsyncClient", "httpx.AsyncBaseTransport", Coroutine[Any, Any, Any]]):
    """The same to be awaited, over httpx.AsyncClient: `await client.ticketing.contacts.get(…)`.

    A list is awaited for a page, or gone over with `async for`. What `retry.sleep` gives is awaited, too.
    """

    def _open(
        self,
        http: httpx.AsyncClient | None,
        transport: httpx.AsyncBaseTransport | None,
        timeout: float | httpx.Timeout | None,
        retry: Retry | None,
    ) -> None:
        self._driver: AsyncDriver = AsyncDriver(http, transport, timeout, retry)
        self.ticketing = AsyncTicketing(self._driver, self._calls)
        self.user_directory = AsyncUserDirectory(self._driver, self._calls)
        self.instant_messaging = AsyncInstantMessaging(self._driver, self._calls)
        self.proxy: AsyncProxy = Proxy(self._driver, self._calls)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._driver.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
