"""aiohttp: a connector's `connect` gives a connection whose transport leads to the account. Bodies, forms, content
types, redirects, timeouts and errors are aiohttp's own."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

from harness.testing.interception.hosts import intercepting
from harness.testing.interception.patches import Patches
from harness.testing.interception.wire import Coming, Conversation, HangUp, Pause


def patch(patches: Patches, module: ModuleType) -> None:
    """What all connectors share."""
    connection = module.Connection

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        async def connect(self: Any, req: Any, traces: Any, timeout: Any) -> Any:
            found = intercepting(req.url.host)
            if found is None:
                return await original(self, req, traces, timeout)
            url = req.url
            place = url.host if url.is_default_port() else f"{url.host}:{url.port}"
            protocol = self._factory()
            far_end = Conversation(functools.partial(found.receive, url.scheme, place))
            patience = Patience(protocol, timeout, getattr(req, "_timer", None) or getattr(req, "timer", None))
            protocol.connection_made(InProcessTransport(far_end, protocol, self._loop, patience))
            protocol.force_close()  # none is to outlive the interception in the connector's pool
            self._acquired.add(protocol)
            return connection(self, req.connection_key, protocol, self._loop)

        return connect

    patches.replace(module.BaseConnector, "connect", make)


def patch_session(patches: Patches, module: ModuleType) -> None:
    """A session's `_request`, for the one case that a vcr cassette has it already: intercepted hosts go past that."""

    def make(current: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(current)
        async def request(self: Any, method: str, url: Any, **options: Any) -> Any:
            from harness.testing.interception.cassettes import below

            found = intercepting(self._build_url(url).host)
            send = current if found is None else below(current)
            return await send(self, method, url, **options)

        return request

    patches.replace(module.ClientSession, "_request", make)


class Patience:
    """How long a request's client waits, of which only a fault uses anything up."""

    def __init__(self, protocol: Any, timeout: Any, timer: Any) -> None:
        self._protocol = protocol
        self._timeout = timeout
        self._timer = timer
        self._waited = 0.0

    def outlasts(self, seconds: float) -> bool:
        """Whether it still waits after that; if not, aiohttp is told so by its own timers."""
        self._waited += seconds
        total, read = self._timeout.total, self._timeout.sock_read
        if total and self._waited > total and (not read or seconds <= read or total <= read):
            self._timer.timeout()
            return False
        if read and seconds > read:
            self._protocol.read_timeout = 1e-9
            self._protocol.start_timeout()
            return False
        return True


class InProcessTransport(asyncio.Transport):
    """The near end of a connection; the answer comes in the turns of the event loop that follow."""

    def __init__(
        self, far_end: Conversation, protocol: Any, loop: asyncio.AbstractEventLoop, patience: Patience
    ) -> None:
        super().__init__()
        self._patience = patience
        self._far_end = far_end
        self._protocol = protocol
        self._loop = loop
        self._closing = False
        self._paused = False
        self._pieces: Iterator[Coming] | None = None
        self._waiting = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send; with the last byte of a request its answer begins to come."""
        try:
            pieces = self._far_end.feed(bytes(data))
        except Exception as error:  # of the fake: it belongs to who waits for the answer
            self._protocol.set_exception(error)
            self.close()
            return
        if pieces is not None:
            self._pieces = pieces
            self._loop.call_soon(self._deliver)

    def _deliver(self) -> None:
        if self._closing or self._paused or self._waiting or self._pieces is None:
            return
        try:
            piece = next(self._pieces, None)
        except Exception as error:
            self._pieces = None
            self._protocol.set_exception(error)
            self.close()
            return
        if piece is None:
            self._pieces = None
            return
        if isinstance(piece, HangUp):
            self._pieces = None
            self.close()
        elif isinstance(piece, Pause):
            self._pause(piece)
        else:
            self._protocol.data_received(piece)
            self._loop.call_soon(self._deliver)

    def _pause(self, pause: Pause) -> None:
        if pause.real:
            self._waiting = True
            self._loop.call_later(pause.seconds, self._go_on)
        elif self._patience.outlasts(pause.seconds):
            self._loop.call_soon(self._deliver)
        else:
            self._pieces = None

    def _go_on(self) -> None:
        self._waiting = False
        self._deliver()

    def pause_reading(self) -> None:
        """No further piece for now."""
        self._paused = True

    def resume_reading(self) -> None:
        """Go on."""
        if self._paused:
            self._paused = False
            self._loop.call_soon(self._deliver)

    def is_reading(self) -> bool:
        """Whether pieces come."""
        return not self._paused

    def close(self) -> None:
        """Hang up."""
        if not self._closing:
            self._closing = True
            self._loop.call_soon(self._protocol.connection_lost, None)

    abort = close

    def is_closing(self) -> bool:
        """Whether one of them hung up."""
        return self._closing

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """There is no socket and no certificate to tell about."""
        return default

    def get_write_buffer_size(self) -> int:
        """Nothing waits to be sent."""
        return 0

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Nothing ever waits to be sent."""

    def can_write_eof(self) -> bool:
        """As over TLS."""
        return False
