"""Where sandboxes live: in this process, with a server thread for those who need a socket, or elsewhere."""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from harness.core.registry import DEFAULT, Registry
from harness.testing.clock import Moment, wish
from harness.testing.control import Control, LocalControl
from harness.testing.remote import RemoteControl
from harness.testing.sandbox import Place, Quotas, Sandbox, WorldWish, open_sandbox, read_world

if TYPE_CHECKING:
    from harness.server.process import ServerThread


class Home:
    """Sandboxes in this process. A server thread over their registry starts when its address is asked for."""

    def __init__(self, registry: Registry | None = None, *, port: int = 0) -> None:
        self.registry = registry or Registry()
        self.control: Control = LocalControl(self.registry)
        self._port = port
        self._lock = threading.Lock()
        self._thread: ServerThread | None = None

    def origin(self) -> str:
        """The server's address; the first call starts it."""
        with self._lock:
            if self._thread is None:
                from harness.server.process import ServerThread

                if DEFAULT not in self.registry.sandboxes:
                    self.control.call("sandboxes.open", id=DEFAULT, clock={"mode": "live"})
                self._thread = ServerThread(self.registry, self._port).start()
                atexit.register(self.close)
            return self._thread.url

    def providers(self) -> list[str]:
        """The names of the installed providers."""
        return self.registry.names()

    def close(self) -> None:
        """Stop the server thread, if it runs."""
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is not None:
            atexit.unregister(self.close)
            thread.stop()


class Away:
    """Sandboxes on a server that runs somewhere else."""

    registry = None

    def __init__(self, url: str, token: str | None = None) -> None:
        self._remote = RemoteControl(url, token)
        self.control: Control = self._remote
        self._providers: list[str] | None = None

    def origin(self) -> str:
        """The server's address."""
        return self._remote.url

    def providers(self) -> list[str]:
        """The names of the providers that server has."""
        if self._providers is None:
            found: list[str] = self.control.call("health.get")["providers"]
            self._providers = found
        return self._providers

    def close(self) -> None:
        """Close the connections to it."""
        self._remote.close()


class Server:
    """A running server, in this process or somewhere else."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._closed = False

    @classmethod
    def at(cls, url: str, token: str | None = None) -> Server:
        """The server that runs at an address, with the token it was started with, if any."""
        return cls(Away(url, token))

    @property
    def url(self) -> str:
        """Its address, without a trailing slash."""
        return self._origin()

    @property
    def default(self) -> Sandbox:
        """The sandbox it has from the start, whose keys never change."""
        self._origin()
        return Sandbox(self._place, self._place.control.call("sandboxes.get", sandbox=DEFAULT))

    def sandbox(
        self,
        world: WorldWish | None = None,
        *,
        clock: Moment | Mapping[str, Any] | None = None,
        quirks: Mapping[str, Mapping[str, str]] | None = None,
        quotas: Quotas = "real",
        strict: bool = True,
    ) -> Sandbox:
        """A further sandbox on it, as `harness.sandbox()` opens them."""
        return open_sandbox(self._place, world, clock=clock, quirks=quirks, quotas=quotas, strict=strict)

    def close(self) -> None:
        """Stop it, if it runs in this process; let go of it, if it does not."""
        self._closed = True
        self._place.close()

    def _origin(self) -> str:
        if self._closed:
            raise RuntimeError("the server is closed: it has no address any more")
        return self._place.origin()

    def __enter__(self) -> Self:
        self._closed = False
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __str__(self) -> str:
        return self.url

    def __repr__(self) -> str:
        return f"<Server {'closed' if self._closed else self.url}>"


def sandbox(
    world: WorldWish | None = None,
    *,
    clock: Moment | Mapping[str, Any] | None = None,
    quirks: Mapping[str, Mapping[str, str]] | None = None,
    quotas: Quotas = "real",
    strict: bool = True,
) -> Sandbox:
    """A new sandbox in this process; a context manager that closes it.

    By default it is frozen at a fixed moment, with the world `support_desk`. `world` is a shipped world's
    name, a file or a mapping; `clock` is `"live"`, a moment to freeze at, or a mapping with `mode`, `at` and
    `tick`; `quirks` is `{provider: {quirk: choice}}`; `quotas` are `"real"` or `"off"`. With `strict` the
    fake's own breaches of its contract, and its own failures, are raised where the request was made.
    """
    return open_sandbox(home(), world, clock=clock, quirks=quirks, quotas=quotas, strict=strict)


def serve(
    port: int = 0,
    world: WorldWish | None = None,
    *,
    clock: Moment | Mapping[str, Any] | None = "live",
    quirks: Mapping[str, Mapping[str, str]] | None = None,
    quotas: Quotas = "real",
    strict: bool = False,
) -> Server:
    """A server of its own in a thread of this process; a context manager that stops it.

    The options are those of its default sandbox, which is live like that of `harness serve`. Port 0 takes a
    free one. Raises OSError for a port that is taken.
    """
    place = Home(port=port)
    wishes = {"clock": wish(clock), "world": read_world(world, place), "quirks": quirks, "quotas": quotas}
    place.control.call("sandboxes.open", id=DEFAULT, strict=strict, **wishes)
    place.origin()
    return Server(place)


_homes: dict[int, Home] = {}


def home() -> Home:
    """The home of this process's sandboxes; a forked child process has one of its own."""
    found = _homes.get(os.getpid())
    return found or _homes.setdefault(os.getpid(), Home())
