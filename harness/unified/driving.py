"""What drives a client's calls: httpx's sync client, or its async one. It is imported when one is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from harness.unified.exchange import Incoming, Outgoing, run, run_async
from harness.unified.pages import AsyncPage, Listed, Listing, Page, Start
from harness.unified.retry import Calling, Pause, Retry
from harness.unified.sending import incoming, options, request, unreachable

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")


class SyncDriver:
    """Sends with an httpx.Client, which it closes if it has made it. May be used from several threads."""

    def __init__(
        self,
        http: httpx.Client | None,
        transport: httpx.BaseTransport | None,
        timeout: float | httpx.Timeout | None,
        retry: Retry | None,
    ) -> None:
        import httpx

        made = options(http, transport, timeout)
        self._owned = http is None
        self._http = httpx.Client(**made) if http is None else http
        self._failure = httpx.RequestError
        self._retry = retry

    def drive(self, calling: Calling[T]) -> T:
        """The outcome of a call."""
        return run(calling, self._send)

    def page(self, start: Start, cursor: str | None) -> Any:
        """The page at a cursor; what is none is given as it is."""
        found = self.drive(start(cursor))
        if not isinstance(found, Listed):
            return found
        return Page(found, lambda later: self.drive(start(later)), frozenset((cursor,) if cursor else ()))

    def close(self) -> None:
        """Let go of the connections."""
        if self._owned:
            self._http.close()

    def _send(self, wish: Outgoing | Pause) -> Incoming | None:
        if isinstance(wish, Pause):
            if self._retry is not None:
                self._retry.sleep(wish.seconds)
            return None
        try:
            return incoming(self._http.send(request(self._http, wish), follow_redirects=False))
        except self._failure as error:
            raise unreachable(wish, error) from error


class AsyncDriver:
    """The same with an httpx.AsyncClient."""

    def __init__(
        self,
        http: httpx.AsyncClient | None,
        transport: httpx.AsyncBaseTransport | None,
        timeout: float | httpx.Timeout | None,
        retry: Retry | None,
    ) -> None:
        import httpx

        made = options(http, transport, timeout)
        self._owned = http is None
        self._http = httpx.AsyncClient(**made) if http is None else http
        self._failure = httpx.RequestError
        self._retry = retry

    async def drive(self, calling: Calling[T]) -> T:
        """The outcome of a call."""
        return await run_async(calling, self._send)

    def page(self, start: Start, cursor: str | None) -> Listing[Any]:
        """What gives the page at a cursor when it is awaited."""
        return Listing(lambda: self._page(start, cursor))

    async def _page(self, start: Start, cursor: str | None) -> Any:
        found = await self.drive(start(cursor))
        if not isinstance(found, Listed):
            return found
        return AsyncPage(found, lambda later: self.drive(start(later)), frozenset((cursor,) if cursor else ()))

    async def close(self) -> None:
        """Let go of the connections."""
        if self._owned:
            await self._http.aclose()

    async def _send(self, wish: Outgoing | Pause) -> Incoming | None:
        if isinstance(wish, Pause):
            if self._retry is not None:
                await self._retry.sleep(wish.seconds)
            return None
        try:
            return incoming(await self._http.send(request(self._http, wish), follow_redirects=False))
        except self._failure as error:
            raise unreachable(wish, error) from error
