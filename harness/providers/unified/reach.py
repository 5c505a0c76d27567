"""How an integrated account reaches its provider: this sandbox's own fake by a call, a live one over HTTP."""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import orjson

from harness.core.exchange import Effect, Request, Response
from harness.core.hosts import known_as
from harness.providers.unified import secrets
from harness.providers.unified.dialect import refused

if TYPE_CHECKING:
    import httpx

    from harness.core.provider import Call
    from harness.core.registry import Registry
    from harness.core.store import Document
    from harness.unified.account import IntegratedAccount
    from harness.unified.exchange import Incoming, Outgoing

CONNECT_SECONDS: Final = 5.0
READ_SECONDS: Final = 30.0
"""How long a provider may be silent; then the answer is 504. inferred: Truto's own patience is not told."""

OVERRIDES: Final = ("integration_override", "environment_override", "unified_model_override")
"""The fields of an account with what is merged over integration and mappings, the last one on top."""

_LOCALHOST: Final = ".localhost"
_clients: dict[int, httpx.Client] = {}
"""By process: a forked one must not use the connections of its parent."""
_making = threading.Lock()


@dataclass(slots=True)
class Reach:
    """An account ready for a call."""

    account: IntegratedAccount
    send: Callable[[Outgoing], Incoming]
    is_live: bool
    delay: float = 0.0
    """Real seconds the provider's answers took, by faults that were asked for real latency."""


def credentials_of(document: Document) -> tuple[str, ...]:
    """The names of an integration's credentials; a configuration that cannot be used is 400."""
    return tuple(configured(document).credentials)


def configured(document: Document) -> IntegratedAccount:
    """Integration and mappings of an account, read and merged, with credentials that stand for nothing.

    Raises Refused, 400, where an override does not fit.
    """
    from harness.unified.errors import ConfigurationError

    overrides = orjson.dumps([document.get(name) for name in OVERRIDES])
    try:
        return _configured(document["integration"], overrides)
    except ConfigurationError as error:
        raise refused(400, str(error)) from None


@lru_cache(maxsize=256)
def _configured(integration: str, overrides: bytes) -> IntegratedAccount:
    from harness.unified.account import IntegratedAccount
    from harness.unified.integration import Integration

    of_integration, of_environment, of_account = orjson.loads(overrides)
    base = Integration.load(integration)
    names = base.overridden(of_integration).credentials
    account = IntegratedAccount.connect(
        base,
        dict.fromkeys(names, "none"),
        integration_override=of_integration,
        environment_override=of_environment,
        unified_model_override=of_account,
    )
    for override in (of_environment, of_account):  # an expression that does not compile is told at once
        for model, resources in (override or {}).items():
            for resource, cells in resources.items():
                for method in cells:
                    account.mappings.cell(model, resource, method)
    return account


def check_credentials(account: IntegratedAccount, credentials: Mapping[str, str]) -> None:
    """Refuse, with 400, credentials that are missing or cannot be sent."""
    from harness.unified.account import IntegratedAccount
    from harness.unified.errors import ConfigurationError

    try:
        IntegratedAccount.connect(account.integration, credentials)
    except ConfigurationError as error:
        raise refused(400, str(error)) from None


def reach(call: Call, document: Document) -> Reach:
    """How to call an account's provider. Raises Refused where that cannot be."""
    account = configured(document)
    told = {"id": document["id"], "context": document["context"], "is_sandbox": document["is_sandbox"]}
    if document["credentials"] is not None:
        known = secrets.find(document["credentials"])
        if known is None:
            raise refused(401, "The credentials of this account are not kept beyond the process that was given them")
        return Reach(replace(account, credentials=known, **told), _send_live, is_live=True)
    provider = document["integration"]
    fake = call.account.sandbox.account(provider)
    key = next(iter(fake.keys), None) or (fake.revoked[-1] if fake.revoked else "none")
    registry = call.account.sandbox.registry
    root = _root(call, registry, provider)
    made = replace(
        account,
        base_url=root + fake.pack.contract.base_path,
        credentials=dict.fromkeys(account.credentials, key),
        **told,
    )
    found = Reach(made, _unsendable, is_live=False)
    found.send = _FakeSender(registry, provider, root, found)
    return found


def _root(call: Call, registry: Registry, provider: str) -> str:
    """The address of a fake as the client of this call would reach it: links in its answers begin with it."""
    seen = urlsplit(call.request.base_url)
    host = seen.hostname or ""
    pack = registry.pack(provider)
    if known_as(host, call.pack.hosts) is not None and pack.hosts:
        return f"https://{pack.hosts[0]}"
    if host.endswith(_LOCALHOST):
        port = f":{seen.port}" if seen.port else ""
        return f"{seen.scheme}://{provider}{_LOCALHOST}{port}"
    return call.request.base_url + pack.address.removesuffix(pack.contract.base_path)


def _unsendable(outgoing: Outgoing) -> Incoming:
    raise RuntimeError("nobody to send to")


class _FakeSender:
    """Calls a fake as a client would, and meets what faults do to its answers."""

    def __init__(self, registry: Registry, provider: str, root: str, told: Reach) -> None:
        self._registry = registry
        self._provider = provider
        self._root = root
        self._told = told

    def __call__(self, outgoing: Outgoing) -> Incoming:
        from harness.unified.exchange import Incoming

        path, _, query = outgoing.url.removeprefix(self._root).partition("?")
        headers = [("host", urlsplit(self._root).netloc), *outgoing.headers.items()]
        if outgoing.content:
            headers.append(("content-length", str(len(outgoing.content))))
        request = Request(
            outgoing.method, path, query=query, headers=headers, body=outgoing.content, base_url=self._root
        )
        response = self._registry.provider(self._provider).handle(request)
        if response.effect is not None:
            self._meet(outgoing, response, response.effect)
        body = response.read() if response.has_body() and outgoing.method != "HEAD" else b""
        return Incoming(response.status, list(response.headers), body)

    def _meet(self, outgoing: Outgoing, response: Response, effect: Effect) -> None:
        """What a client over HTTP would make of a fault."""
        from harness.unified.errors import Unreachable

        address = f"{outgoing.method} {outgoing.url.partition('?')[0]}"
        late = effect.seconds > READ_SECONDS
        if effect.kind == "delay" and effect.real:
            self._told.delay += min(effect.seconds, READ_SECONDS)
        if effect.kind == "cut":
            raise Unreachable(address, "the connection ended without an answer")
        if effect.kind == "truncate" and effect.size < len(response.read()):
            raise Unreachable(address, "the connection ended in the middle of the answer")
        if late and (effect.kind == "delay" or (effect.kind == "dribble" and len(response.read()) > effect.size)):
            raise Unreachable(address, f"no answer within {READ_SECONDS:g} seconds", timed_out=True)


def _send_live(outgoing: Outgoing) -> Incoming:
    """Over the network; redirects are not followed, for they could lead the credentials elsewhere."""
    import httpx

    from harness.unified.sending import incoming, request, unreachable

    client = _shared_client()
    try:
        return incoming(client.send(request(client, outgoing), follow_redirects=False))
    except httpx.RequestError as error:
        raise unreachable(outgoing, error) from error


def _shared_client() -> httpx.Client:
    """One for all live accounts of the process: connections are used again."""
    with _making:
        found = _clients.get(os.getpid())
        if found is None:
            import httpx

            timeout = httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS)
            found = httpx.Client(timeout=timeout, follow_redirects=False, headers={"user-agent": "harness-unified"})
            _clients[os.getpid()] = found
            atexit.register(found.close)
        return found


def query_of(call: Call) -> dict[str, Any]:
    """The whole query as nested data. Raises Refused, 400, where it nests too deep."""
    from harness.unified.query import parse

    try:
        return parse(call.request.query)
    except ValueError as error:
        raise refused(400, str(error)) from None
