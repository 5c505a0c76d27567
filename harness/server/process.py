"""Serving the application: in a thread beside a test, or in the foreground for the command line."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import gc
import socket
import threading
from collections.abc import Callable, Generator
from hashlib import blake2b
from types import FrameType
from typing import TYPE_CHECKING, Any, Self

from harness.core.collector import collector_at_rest
from harness.core.registry import DEFAULT, Registry
from harness.server.control_plane import is_loopback
from harness.testing.remote import TOKEN_RULE, is_sendable

if TYPE_CHECKING:
    import uvicorn

HOST = "127.0.0.1"
PORT = 4000
GRACE = 3
"""Seconds that requests under way get when the server stops."""

MIN_TOKEN = 8
_BACKLOG = 2048


class PortTaken(OSError):
    """The port is in use or may not be used; the text names it and the remedy."""


class OpenBind(ValueError):
    """A server that others could reach, without a token to keep them out."""


def secret_of(token: str) -> bytes:
    """The registry secret of a server with this token: makes keys that only its holder can know."""
    return blake2b(token.encode(), digest_size=32, person=b"harness-keys").digest()


def bind(host: str = HOST, port: int = PORT) -> socket.socket:
    """A listening socket; port 0 takes any that is free. Raises PortTaken; OSError for a host not here."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        bound.listen(_BACKLOG)
    except OSError as error:
        bound.close()
        if error.errno == errno.EADDRINUSE:
            problem = f"port {port} of {host} is taken: choose another with --port (0 takes any that is free)"
            raise PortTaken(error.errno, f"{problem}, or stop what uses it") from None
        if error.errno == errno.EACCES:
            raise PortTaken(error.errno, f"port {port} needs more rights: choose one above 1023 with --port") from None
        raise OSError(error.errno, f"cannot listen on {host}: {error.strerror}") from None
    bound.setblocking(False)
    return bound


def address(bound: socket.socket) -> str:
    """`http://127.0.0.1:4000` of a listening socket."""
    host, port = bound.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class ServerThread:
    """A server in a thread of this process, over a registry the process uses as well."""

    def __init__(self, registry: Registry, port: int = 0, *, host: str = HOST, token: str | None = None) -> None:
        self._registry = registry
        self._host = host
        self._port = port
        self._token = token
        self._url: str | None = None
        self._server: Any = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Its address, without a trailing slash; there is one while it runs."""
        if self._url is None:
            raise RuntimeError("the server is not running: start() it first")
        return self._url

    def start(self) -> Self:
        """Return when it listens. Raises PortTaken, OpenBind."""
        if self._thread is not None:
            return self
        _check_token(self._registry, self._host, self._token)
        bound = bind(self._host, self._port)
        ready = threading.Event()
        server = _server(self._registry, self._token, ready.set)
        failed: list[BaseException] = []

        def serve() -> None:
            try:
                server.run(sockets=[bound])
            except BaseException as error:
                failed.append(error)
            finally:
                bound.close()
                ready.set()

        thread = threading.Thread(target=serve, name="harness-server", daemon=True)
        thread.start()
        ready.wait()
        if failed:
            raise RuntimeError("the server did not start") from failed[0]
        self._server, self._thread, self._url = server, thread, address(bound)
        return self

    def stop(self) -> None:
        """Finish the requests under way and end; stopping twice is fine."""
        thread, self._thread, self._url = self._thread, None, None
        if thread is not None:
            self._server.stop()
            thread.join(GRACE + 2)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


def run(
    registry: Registry,
    *,
    host: str = HOST,
    port: int = PORT,
    token: str | None = None,
    listening: Callable[[str], object] = lambda url: None,
) -> None:
    """Serve in the foreground until SIGINT or SIGTERM; `listening` is told the address.

    The default sandbox is opened, with a live clock, if it is not open yet. Raises PortTaken, OpenBind.
    """
    _check_token(registry, host, token)
    bound = bind(host, port)
    try:
        with collector_at_rest():
            _open(registry)
            url = address(bound)
            server = _server(registry, token, lambda: listening(url))
            # Contracts and worlds stay for good: the collector need not walk through them, now or again and again.
            gc.freeze()
            gc.set_threshold(50_000, 20, 50)
        server.run(sockets=[bound])
    finally:
        bound.close()


def _open(registry: Registry) -> None:
    """The default sandbox, and in each sandbox the accounts that what is due needs."""
    if DEFAULT not in registry.sandboxes:
        from harness.core.clock import Clock

        registry.open(id=DEFAULT, clock=Clock(registry.now(), mode="live", source=registry.now))
    for sandbox in list(registry.sandboxes.values()):
        for name in registry.names():
            if not registry.pack(name).prefixes:  # what stands at the root waits until it is asked for
                registry.provider(name)
                sandbox.account(name)


def _check_token(registry: Registry, host: str, token: str | None) -> None:
    if token is not None and len(token) < MIN_TOKEN:
        raise OpenBind(f"a token has at least {MIN_TOKEN} characters, so that nobody guesses it")
    if token is not None and not is_sendable(token):
        raise OpenBind(f"a token {TOKEN_RULE}")
    if is_loopback(f"[{host}]" if ":" in host else host):
        return
    if token is None:
        raise OpenBind(
            f"{host} can be reached from other machines, so the server needs a token to keep them out of the "
            "control plane: give one (--token or HARNESS_TOKEN), or bind to 127.0.0.1"
        )
    if not registry.secret:
        raise OpenBind(f"{host} can be reached from other machines: make the registry with secret=secret_of(token)")


def _server(registry: Registry, token: str | None, listening: Callable[[], object]) -> Any:
    import uvicorn

    from harness.server.app import App

    class Server(uvicorn.Server):
        """Uvicorn that tells when it listens, stops at once when told, and leaves exit codes alone."""

        loop: asyncio.AbstractEventLoop | None = None
        told: asyncio.Event

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            self.told = asyncio.Event()
            self.loop = asyncio.get_running_loop()
            await super().startup(sockets)
            listening()

        async def main_loop(self) -> None:
            counter = 0
            while not await self.on_tick(counter % 10):
                counter += 1
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self.told.wait(), 0.1)

        @contextlib.contextmanager
        def capture_signals(self) -> Generator[None, None, None]:
            with super().capture_signals():
                yield
                self._captured_signals.clear()

        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            super().handle_exit(sig, frame)
            self.wake()

        def stop(self) -> None:
            """From any thread."""
            self.should_exit = True
            self.wake()

        def wake(self) -> None:
            if self.loop is not None:
                with contextlib.suppress(RuntimeError):  # it has ended already
                    self.loop.call_soon_threadsafe(self.told.set)

    return Server(_config(App(registry, token)))


def _config(app: Any) -> uvicorn.Config:
    from importlib.util import find_spec

    import uvicorn

    return uvicorn.Config(
        app,
        loop="uvloop" if find_spec("uvloop") else "asyncio",
        http="httptools" if find_spec("httptools") else "h11",
        ws="none",
        interface="asgi3",
        lifespan="on",
        access_log=False,
        log_config=None,
        proxy_headers=False,
        server_header=False,
        date_header=False,  # the app tells the time: some providers' answers are of their sandbox's
        timeout_graceful_shutdown=GRACE,
        backlog=_BACKLOG,
    )
