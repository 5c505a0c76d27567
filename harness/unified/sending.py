"""Between the steps of a call and httpx, which whoever makes a client has imported."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.unified.errors import Unreachable
from harness.unified.exchange import Incoming, Outgoing

if TYPE_CHECKING:
    import httpx

TIMEOUT = 30.0
"""Seconds to connect, and between two pieces of an answer."""


def options(http: Any, transport: Any, timeout: float | httpx.Timeout | None) -> dict[str, Any]:
    """What httpx's client is made with. Raises TypeError where a client is given and something for another one."""
    if http is not None and (transport is not None or timeout is not None):
        raise TypeError("http= is a whole client: give transport= and timeout= to it")
    chosen = TIMEOUT if timeout is None else timeout
    return {"timeout": chosen, **({} if transport is None else {"transport": transport})}


def request(http: httpx.Client | httpx.AsyncClient, outgoing: Outgoing) -> httpx.Request:
    """The request in httpx's words. Raises Unreachable for an address that httpx does not take."""
    import httpx

    try:
        return http.build_request(
            outgoing.method, outgoing.url, headers=outgoing.headers, content=outgoing.content or None
        )
    except httpx.InvalidURL as error:
        raise Unreachable(_address(outgoing), str(error)) from error


def incoming(response: httpx.Response) -> Incoming:
    """The answer, whole."""
    headers = [(name.lower(), value) for name, value in response.headers.multi_items()]
    return Incoming(response.status_code, headers, response.content)


def unreachable(outgoing: Outgoing, error: httpx.RequestError) -> Unreachable:
    """What httpx says of a request without an answer."""
    import httpx

    reason = str(error) or type(error).__name__
    return Unreachable(_address(outgoing), reason, timed_out=isinstance(error, httpx.TimeoutException))


def _address(outgoing: Outgoing) -> str:
    return f"{outgoing.method} {outgoing.url.partition('?')[0]}"
