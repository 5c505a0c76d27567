"""A provider's own resources as attributes of a client: what comes and goes is the provider's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

from harness.nearest import unknown
from harness.unified.bodies import Files, body_of
from harness.unified.calls import Calls
from harness.unified.errors import UnifiedError, error_body
from harness.unified.naming import attributes, found
from harness.unified.resources import Driver

Done = TypeVar("Done")
Many = TypeVar("Many")


class ProxyMethod(Generic[Done]):
    """A method of one of a provider's own resources."""

    def __init__(self, driver: Driver, calls: Calls, resource: str, method: str) -> None:
        self._driver = driver
        self._calls = calls
        self._path = (resource, method)

    def __call__(
        self,
        body: Any = None,
        /,
        *,
        id: str | None = None,
        files: Files | None = None,
        content: bytes | str | None = None,
        content_type: str | None = None,
        idempotency_key: str | None = None,
        **parameters: Any,
    ) -> Done:
        """What the provider answers: data, a Download for bytes, None for nothing."""
        sent = body_of(body, files=files, content=content, content_type=content_type)
        call = self._calls.proxied(*self._path, id, query=parameters, body=sent, key=idempotency_key)
        done: Done = self._driver.drive(call)
        return done


class ProxyResource(Generic[Done, Many]):
    """One of a provider's own resources, by the name its integration has for it.

    Named arguments are query parameters; `remote_query={…}` takes those that have another meaning here.
    """

    def __init__(self, driver: Driver, calls: Calls, name: str) -> None:
        self._driver = driver
        self._calls = calls
        self._name = name

    def list(
        self, *, limit: int | None = None, next_cursor: str | None = None, body: Any = None, **parameters: Any
    ) -> Many:
        """A page; iterating it goes over all records from there on. `body` is for lists that the provider posts."""
        asked = {**parameters, "limit": limit}
        sent = body_of(body)
        page: Many = self._driver.page(
            lambda cursor: self._calls.proxied(self._name, "list", query={**asked, "next_cursor": cursor}, body=sent),
            next_cursor,
        )
        return page

    def get(self, id: str | None = None, /, **parameters: Any) -> Done:
        """The record, or a Download where the provider answers bytes."""
        return self._asked("get", id, parameters)

    def create(
        self,
        body: Any = None,
        /,
        *,
        files: Files | None = None,
        content: bytes | str | None = None,
        content_type: str | None = None,
        idempotency_key: str | None = None,
        **parameters: Any,
    ) -> Done:
        """What the provider answers to a new record. With `files` the body's fields go into the same form."""
        return self._method("create")(
            body,
            files=files,
            content=content,
            content_type=content_type,
            idempotency_key=idempotency_key,
            **parameters,
        )

    def update(
        self,
        id: str | None,
        body: Any = None,
        /,
        *,
        files: Files | None = None,
        content: bytes | str | None = None,
        content_type: str | None = None,
        idempotency_key: str | None = None,
        **parameters: Any,
    ) -> Done:
        """What the provider answers to a change."""
        return self._method("update")(
            body,
            id=id,
            files=files,
            content=content,
            content_type=content_type,
            idempotency_key=idempotency_key,
            **parameters,
        )

    def delete(self, id: str | None = None, /, **parameters: Any) -> Done:
        """What the provider answers to a deletion, None for nothing."""
        return self._asked("delete", id, parameters)

    def _asked(self, method: str, id: str | None, parameters: Mapping[str, Any]) -> Done:
        done: Done = self._driver.drive(self._calls.proxied(self._name, method, id, query=parameters))
        return done

    def _method(self, name: str) -> ProxyMethod[Done]:
        return ProxyMethod(self._driver, self._calls, self._name, name)

    def __getattr__(self, name: str) -> ProxyMethod[Done]:
        methods = attributes(self._calls.account.integration.resources[self._name])
        return self._method(found(self, name, f"method of {self._name}", methods))

    def __dir__(self) -> Any:
        return [*super().__dir__(), *attributes(self._calls.account.integration.resources[self._name])]

    def __repr__(self) -> str:
        return f"<ProxyResource {self._name}>"


class Proxy(Generic[Done, Many]):
    """The provider's own resources: `client.proxy.contacts`, or by any name `client.proxy["contacts"]`."""

    def __init__(self, driver: Driver, calls: Calls) -> None:
        self._driver = driver
        self._calls = calls

    def __call__(self, name: str) -> ProxyResource[Done, Many]:
        """A resource by its name, which is case-sensitive. Raises UnifiedError where there is none."""
        integration = self._calls.account.integration
        if name not in integration.resources:
            message = unknown(f"proxy resource of {integration.name}", name, integration.resources)
            raise UnifiedError(404, error_body(404, message), {})
        return ProxyResource(self._driver, self._calls, name)

    __getitem__ = __call__

    def __getattr__(self, name: str) -> ProxyResource[Done, Many]:
        integration = self._calls.account.integration
        resource = found(self, name, f"proxy resource of {integration.name}", attributes(integration.resources))
        return ProxyResource(self._driver, self._calls, resource)

    def __dir__(self) -> Any:
        return [*super().__dir__(), *attributes(self._calls.account.integration.resources)]
