"""Unified resources as attributes of a client, whose driver decides whether a call gives or is awaited.

The type parameters are what calls give: the sync client's a record and a `Page`, the async one's coroutines of them and
a `Listing`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Generic, Literal, Protocol, TypeVar, overload

from harness.unified.bodies import Files, body_of
from harness.unified.calls import Calls
from harness.unified.naming import found, methods_of, parted
from harness.unified.pages import Start
from harness.unified.provider import Raw
from harness.unified.retry import Calling

if TYPE_CHECKING:
    from harness.unified.schemas import Record

One = TypeVar("One")
Many = TypeVar("Many")
Gone = TypeVar("Gone")


class Driver(Protocol):
    """What makes calls."""

    def drive(self, calling: Calling[Any]) -> Any:
        """The outcome, or a coroutine of it."""

    def page(self, start: Start, cursor: str | None) -> Any:
        """The page at a cursor, or what gives it when awaited; what is no page is given as it is."""


class Custom:
    """A method of a unified resource beside the five."""

    def __init__(self, driver: Driver, calls: Calls, model: str, resource: str, method: str) -> None:
        self._driver = driver
        self._calls = calls
        self._path = (model, resource, method)

    def __call__(
        self,
        body: Mapping[str, Any] | Record | Raw | None = None,
        /,
        *,
        query: Mapping[str, Any] | None = None,
        files: Files | None = None,
        content: bytes | str | None = None,
        content_type: str | None = None,
        idempotency_key: str | None = None,
        **fields: Any,
    ) -> Any:
        """What it gives: data, or a Download. Given like what `create` takes."""
        asked, rest = parted(query, fields)
        sent = body_of(body, rest, files=files, content=content, content_type=content_type)
        return self._driver.drive(self._calls.one(*self._path, query=asked, body=sent, key=idempotency_key))


class Resource(Generic[One, Many, Gone]):
    """One unified resource. Each method raises UnifiedError for an answer of 400 and above.

    Parameters are Python values: nested mappings (`created_at={"gt": datetime(…)}`), lists, `sort_by={"name": "asc"}`,
    `remote_query={…}` and all of `truto_…`; what the formats of `truto_response_format` give tells
    `harness.unified.calls`.
    """

    def __init__(self, driver: Driver, calls: Calls, model: str, name: str) -> None:
        self._driver = driver
        self._calls = calls
        self._path = (model, name)

    @overload
    def list(
        self,
        *,
        limit: int | None = None,
        next_cursor: str | None = None,
        truto_response_format: Literal["unified", "normalized"] | None = None,
        **parameters: Any,
    ) -> Many: ...
    @overload
    def list(
        self,
        *,
        limit: int | None = None,
        next_cursor: str | None = None,
        truto_response_format: str,
        **parameters: Any,
    ) -> Any: ...
    def list(self, *, limit: int | None = None, next_cursor: str | None = None, **parameters: Any) -> Any:
        """A page; iterating it goes over all records from there on."""
        asked = {**parameters, "limit": limit}
        return self._driver.page(
            lambda cursor: self._calls.list(*self._path, {**asked, "next_cursor": cursor}), next_cursor
        )

    @overload
    def get(
        self, id: str, /, *, truto_response_format: Literal["unified", "normalized"] | None = None, **parameters: Any
    ) -> One: ...
    @overload
    def get(self, id: str, /, *, truto_response_format: str, **parameters: Any) -> Any: ...
    def get(self, id: str, /, **parameters: Any) -> Any:
        """One record."""
        return self._driver.drive(self._calls.one(*self._path, "get", id, query=parameters))

    def create(
        self,
        body: Mapping[str, Any] | Record | Raw | None = None,
        /,
        *,
        query: Mapping[str, Any] | None = None,
        files: Files | None = None,
        content: bytes | str | None = None,
        content_type: str | None = None,
        idempotency_key: str | None = None,
        **fields: Any,
    ) -> One:
        """A new record, from a body, from fields by name, or both (a field goes before the body's).

        Names that begin with `truto_`, and `remote_query`, are parameters; others of them stand in `query`.
        """
        asked, rest = parted(query, fields)
        sent = body_of(body, rest, files=files, content=content, content_type=content_type)
        call = self._calls.one(*self._path, "create", query=asked, body=sent, key=idempotency_key)
        record: One = self._driver.drive(call)
        return record

    def update(
        self,
        id: str | None,
        body: Mapping[str, Any] | Record | Raw | None = None,
        /,
        *,
        query: Mapping[str, Any] | None = None,
        files: Files | None = None,
        content: bytes | str | None = None,
        content_type: str | None = None,
        idempotency_key: str | None = None,
        **fields: Any,
    ) -> One:
        """The record after a change, given like a new one. Some providers take the id in the body: then it is None."""
        asked, rest = parted(query, fields)
        sent = body_of(body, rest, files=files, content=content, content_type=content_type)
        call = self._calls.one(*self._path, "update", id, query=asked, body=sent, key=idempotency_key)
        record: One = self._driver.drive(call)
        return record

    def delete(self, id: str | None = None, /, **parameters: Any) -> Gone:
        """Take a record away; gives `{"id": …}`."""
        gone: Gone = self._driver.drive(self._calls.one(*self._path, "delete", id, query=parameters))
        return gone

    def _custom(self, name: str) -> Custom:
        method = found(self, name, f"method of {'.'.join(self._path)}", methods_of(*self._path))
        return Custom(self._driver, self._calls, *self._path, method)

    def __dir__(self) -> Any:
        return [*super().__dir__(), *methods_of(*self._path)]

    def __repr__(self) -> str:
        return f"<Resource {'.'.join(self._path)}>"

    if not TYPE_CHECKING:  # so that a type checker tells a misspelt name
        __getattr__ = _custom


class WithDownload(Resource[One, Many, Gone]):
    """A resource whose bytes can be had."""

    download: Custom


class WithImport(Resource[One, Many, Gone]):
    """A resource that takes records from elsewhere."""

    import_: Custom


class WithJoin(Resource[One, Many, Gone]):
    """A resource one can join."""

    join: Custom


class WithRemoveUser(Resource[One, Many, Gone]):
    """A resource with users in it."""

    remove_user: Custom


class Model:
    """A unified model, its resources as attributes: those that a subclass annotates."""

    name: str
    """In kebab-case, as in addresses."""

    def __init__(self, driver: Driver, calls: Calls) -> None:
        self._driver = driver
        self._calls = calls

    def _resource(self, name: str) -> Resource[Any, Any, Any]:
        kinds = type(self).__annotations__
        kind = found(self, name, f"resource of {self.name}", kinds).partition("[")[0]
        made: Resource[Any, Any, Any] = globals().get(kind, Resource)(self._driver, self._calls, self.name, name)
        self.__dict__[name] = made
        return made

    def __dir__(self) -> Any:
        return [*super().__dir__(), *type(self).__annotations__]

    if not TYPE_CHECKING:
        __getattr__ = _resource
