"""An account as a user's code holds it: one provider inside a sandbox."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal, overload

from harness.testing.collection import Collection
from harness.testing.conduct import Conduct
from harness.testing.faults import Faults
from harness.testing.jobs import Jobs
from harness.testing.journal import Journal
from harness.testing.quirks import Quirks
from harness.testing.quotas import Quotas
from harness.testing.simulate import Simulate
from harness.testing.transports import Library, async_transport, in_process_host, networked, transport
from harness.testing.webhooks import AccountWebhooks

if TYPE_CHECKING:
    import httpx
    import httpx2

    from harness.testing.interception import Interception
    from harness.testing.sandbox import Place
    from harness.testing.wsgi import WSGIApplication
    from harness.unified.client import UnifiedClient


class Account:
    """One provider inside a sandbox: its address and credentials, and all that a test may look at or turn."""

    def __init__(self, place: Place, sandbox: str, name: str) -> None:
        self._place = place
        self._sandbox = sandbox
        self._cached: dict[str, Any] | None = None
        self._unified: UnifiedClient | None = None
        self.name = name
        self._document()
        self.quotas = Quotas(self._call, name)
        self.quirks = Quirks(self._call, name)
        self.jobs = Jobs(self._call, name)
        self.faults = Faults(self._call, name)
        self.simulate = Simulate(self._call, name)
        """What the other side does: contacts, networks, agents."""
        self.webhooks = AccountWebhooks(place.control, sandbox, name)
        """This provider's part of the sandbox's webhooks."""
        self.journal = Journal(place.control, sandbox, name)
        """This provider's part of the sandbox's journal."""
        self.conduct = Conduct(place.control, sandbox, name)
        """How the clients behaved towards this provider."""

    @property
    def base_url(self) -> str:
        """Where any HTTP client reaches it; in process the first use starts the one server thread."""
        return self._place.origin() + str(self._document()["base_path"])

    @property
    def api_key(self) -> str:
        """The first valid key; it opens this account and no other."""
        key: str | None = self._document()["api_key"]
        if key is None:
            raise ValueError(
                f"the {self.name} account of sandbox {self._sandbox} has no key left: issue_key() makes one"
            )
        return key

    @property
    def headers(self) -> dict[str, str]:
        """What a client sends to authenticate."""
        return dict(self._document()["headers"])

    @property
    def env(self) -> dict[str, str]:
        """The environment of a program that is to use this account, such as `SUPERCHAT_BASE_URL`."""
        registry = self._place.registry
        if registry is None:
            return dict(self._document()["env"])
        account = registry.sandbox(self._sandbox).account(self.name)
        return account.pack.env(account, self.base_url)

    def issue_key(self, roles: Iterable[str] | None = None) -> str:
        """Another key; with `roles` it may do only what those allow, where the provider knows roles."""
        self._cached = None
        key: str = self._call("keys.issue", roles=None if roles is None else list(roles))["api_key"]
        return key

    def revoke_key(self, key: str) -> None:
        """Take a key away; requests with it are answered like those with any unknown key."""
        self._cached = None
        self._call("keys.revoke", key=key)

    def client(self, **options: Any) -> httpx.Client:
        """An httpx client with address and credentials set; in process it needs no socket.

        `options` are httpx's; `headers` are added to the credentials.
        """
        import httpx

        return httpx.Client(**self._client_options(options, asynchronous=False))

    def async_client(self, **options: Any) -> httpx.AsyncClient:
        """The same as an httpx.AsyncClient."""
        import httpx

        return httpx.AsyncClient(**self._client_options(options, asynchronous=True))

    @overload
    def transport(self, library: Literal["httpx"] = "httpx") -> httpx.BaseTransport: ...
    @overload
    def transport(self, library: Literal["httpx2"]) -> httpx2.BaseTransport: ...
    def transport(self, library: Library = "httpx") -> Any:
        """A transport for a client of your own making, which needs `transport_url` and `headers`, too."""
        registry = self._place.registry
        return networked(library, asynchronous=False) if registry is None else transport(registry, library)

    @overload
    def async_transport(self, library: Literal["httpx"] = "httpx") -> httpx.AsyncBaseTransport: ...
    @overload
    def async_transport(self, library: Literal["httpx2"]) -> httpx2.AsyncBaseTransport: ...
    def async_transport(self, library: Library = "httpx") -> Any:
        """The same for an async client."""
        registry = self._place.registry
        return networked(library, asynchronous=True) if registry is None else async_transport(registry, library)

    @property
    def transport_url(self) -> str:
        """The base URL for `transport()`: in process `http://superchat.localhost/v1.0`, else `base_url`."""
        if self._place.registry is None:
            return self.base_url
        path = self._place.registry.pack(self.name).contract.base_path
        return f"http://{in_process_host(self.name)}{path}"

    @property
    def unified(self) -> UnifiedClient:
        """The unified client of this account, in process without a socket; its key is the one valid at first use.

        Raises ConfigurationError for a provider that no installed integration reaches.
        """
        if self._unified is None:
            from harness.unified.client import UnifiedClient

            self._unified = UnifiedClient(
                self.name, self.api_key, base_url=self.transport_url, transport=self.transport()
            )
        return self._unified

    def disconnect(self) -> None:
        """Let go of the connections of `unified`; closing the sandbox does."""
        client, self._unified = self._unified, None
        if client is not None:
            client.close()

    def intercept(self) -> Interception:
        """A context manager: while it is entered, what this thread of control sends to the provider's real hosts is
        answered by this account, whatever key is sent; a missing key is still refused.

        http.client, urllib3, requests, httpx, httpx2, aiohttp and niquests. Other hosts are not touched.
        """
        from harness.testing.interception import Interception

        return Interception(self)

    def wsgi(self) -> WSGIApplication:
        """A WSGI application with the addresses of a server, over the sandboxes of this process."""
        from harness.testing.wsgi import application

        return application(self)

    def httpserver_handler(self) -> Callable[[Any], Any]:
        """A handler for pytest-httpserver that answers as the provider, at any address that ends as the provider's
        do: `httpserver.expect_request(re.compile("/superchat/.*")).respond_with_handler(…)`.
        """
        from harness.testing.wsgi import httpserver_handler

        return httpserver_handler(self)

    def collection(self, name: str) -> Collection:
        """A collection of the account's documents, to read."""
        return Collection(self._call, self.name, name)

    @property
    def state(self) -> dict[str, int]:
        """How many documents each collection holds."""
        counts: dict[str, int] = self._place.control.call("state.get", sandbox=self._sandbox)[self.name]
        return counts

    def seed(self, fragment: Mapping[str, Any] | None = None, /, **sections: Any) -> dict[str, int]:
        """Add a fragment of a world to this account only, as a mapping or by section (`contacts=[…]`).

        Returns how many documents were added to each collection.
        """
        added: dict[str, int] = self._call("seed.add", world={**(fragment or {}), **sections})["added"][self.name]
        return added

    def _call(self, operation: str, **arguments: Any) -> Any:
        return self._place.control.call(operation, sandbox=self._sandbox, provider=self.name, **arguments)

    def _document(self) -> dict[str, Any]:
        if self._cached is None:
            self._cached = self._call("accounts.get")
        return self._cached

    def _client_options(self, options: dict[str, Any], *, asynchronous: bool) -> dict[str, Any]:
        given = dict(options)
        headers = {**self.headers, **dict(given.pop("headers", None) or {})}
        ours: dict[str, Any] = {"base_url": self.transport_url}
        if self._place.registry is None:
            ours["trust_env"] = False  # a proxy in the environment is not meant for a local fake
        else:
            ours["transport"] = self.async_transport() if asynchronous else self.transport()
        return {**ours, **given, "headers": headers}

    def __repr__(self) -> str:
        return f"<Account {self.name} of sandbox {self._sandbox}>"
