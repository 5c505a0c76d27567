"""Pages of a list, which go on by themselves, and what else a call may give."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from harness.unified.errors import UnifiedError, error_body
from harness.unified.retry import Calling

T = TypeVar("T")

Start = Callable[[str | None], Calling[Any]]
"""Asks for the page at a cursor."""


@dataclass(frozen=True, slots=True)
class RateLimit:
    """What the provider told of its rate limit, as far as it did."""

    limit: float | None
    """Requests in the window."""
    remaining: float | None
    """Requests left in it."""
    reset: float | None
    """Seconds until it begins anew."""

    @classmethod
    def read(cls, headers: Mapping[str, str]) -> RateLimit | None:
        """From the normalised headers; None where there are none."""
        values = [_number(headers.get(f"ratelimit-{name}")) for name in ("limit", "remaining", "reset")]
        return None if values == [None, None, None] else cls(*values)


def _number(text: str | None) -> float | None:
    try:
        number = None if text is None else float(text)
    except ValueError:
        return None
    return int(number) if number is not None and number.is_integer() else number


@dataclass(frozen=True, slots=True)
class Download:
    """Bytes that a provider answered."""

    content: bytes = field(repr=False)
    content_type: str
    headers: Mapping[str, str]
    """Lower-case names."""


@dataclass(frozen=True, slots=True)
class Listed(Generic[T]):
    """One page as a call gives it."""

    result: list[T]
    """The records of this page."""
    next_cursor: str | None
    """Where the next page begins; None on the last."""
    prev_cursor: str | None
    result_count: int
    is_partial_response: bool | None
    """Whether the list shows less of a record than `get` does; None where the mapping does not say."""
    rate_limit: RateLimit | None
    """As this answer told it."""
    keyed: dict[str, T] | None
    """The records by the field `truto_key_by` names; None where it was not asked for."""


class _Page(Generic[T]):
    """What pages of both clients are."""

    def __init__(self, listed: Listed[T], trail: frozenset[str]) -> None:
        self.result = listed.result
        self.next_cursor = listed.next_cursor
        self.prev_cursor = listed.prev_cursor
        self.result_count = listed.result_count
        self.is_partial_response = listed.is_partial_response
        self.rate_limit = listed.rate_limit
        self.keyed = listed.keyed
        self._trail = trail

    def _onward(self, trail: set[str] | frozenset[str]) -> str | None:
        """The next cursor. Raises UnifiedError for one that the walk has used already."""
        cursor = self.next_cursor
        if cursor is not None and cursor in trail:
            message = f"the provider gave the cursor {cursor!r} for the second time in one walk, which would never end"
            raise UnifiedError(502, error_body(502, message), {})
        return cursor

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.result_count}, next_cursor={self.next_cursor!r}>"


class Page(_Page[T]):
    """A page. Iterating goes over all records from its first to the last of the last page, as it asks for the pages.

    An empty page with a cursor is gone past; a cursor that comes again ends the walk with UnifiedError. Each iteration
    asks anew.
    """

    def __init__(
        self, listed: Listed[T], fetch: Callable[[str], Listed[T]], trail: frozenset[str] = frozenset()
    ) -> None:
        super().__init__(listed, trail)
        self._fetch = fetch

    def next_page(self) -> Page[T] | None:
        """The page after this one, None after the last."""
        cursor = self._onward(self._trail)
        return None if cursor is None else Page(self._fetch(cursor), self._fetch, self._trail | {cursor})

    def pages(self) -> Iterator[Page[T]]:
        """This page and all after it."""
        trail = set(self._trail)
        page = self
        while True:
            yield page
            cursor = page._onward(trail)
            if cursor is None:
                return
            trail.add(cursor)
            page = Page(self._fetch(cursor), self._fetch, frozenset((cursor,)))

    def __iter__(self) -> Iterator[T]:
        for page in self.pages():
            yield from page.result


class AsyncPage(_Page[T]):
    """The same for the async client: `async for record in page`, `await page.next_page()`."""

    def __init__(
        self, listed: Listed[T], fetch: Callable[[str], Awaitable[Listed[T]]], trail: frozenset[str] = frozenset()
    ) -> None:
        super().__init__(listed, trail)
        self._fetch = fetch

    async def next_page(self) -> AsyncPage[T] | None:
        """The page after this one, None after the last."""
        cursor = self._onward(self._trail)
        return None if cursor is None else AsyncPage(await self._fetch(cursor), self._fetch, self._trail | {cursor})

    async def pages(self) -> AsyncIterator[AsyncPage[T]]:
        """This page and all after it."""
        trail = set(self._trail)
        page = self
        while True:
            yield page
            cursor = page._onward(trail)
            if cursor is None:
                return
            trail.add(cursor)
            page = AsyncPage(await self._fetch(cursor), self._fetch, frozenset((cursor,)))

    async def __aiter__(self) -> AsyncIterator[T]:
        async for page in self.pages():
            for record in page.result:
                yield record


class Listing(Generic[T]):
    """A list that was not asked yet: awaiting gives its first page, `async for` goes over all records."""

    def __init__(self, first: Callable[[], Awaitable[Any]]) -> None:
        self._first = first

    def __await__(self) -> Generator[Any, None, AsyncPage[T]]:
        return self._first().__await__()

    async def pages(self) -> AsyncIterator[AsyncPage[T]]:
        """All pages."""
        async for page in (await self).pages():
            yield page

    async def __aiter__(self) -> AsyncIterator[T]:
        async for record in await self:
            yield record
