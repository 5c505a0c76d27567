"""http.client and urllib3 (so requests and urllib.request, too): `connect` gives the connection a socket whose other
end is the account. Everything above the socket is the library's own, its errors included.

vcrpy's way, other connection classes under the same names, is not taken: it reaches everybody in the process at once,
reads other hosts' answers whole, and does not reach classes imported by name.
"""

from __future__ import annotations

import functools
import io
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPResponse
from types import ModuleType
from typing import Any

from harness.testing.interception.hosts import Interception, called_host, intercepting
from harness.testing.interception.patches import Patches
from harness.testing.interception.wire import Coming, Conversation, HangUp, Pause


def patch(patches: Patches, module: ModuleType) -> None:
    """The connection classes of http.client, urllib3 or urllib3-future."""
    for name in ("HTTPConnection", "HTTPSConnection"):
        found = getattr(module, name)
        real = getattr(found, "_baseclass", found)  # under the stand-in of a vcr cassette
        patches.replace(real, "connect", _connect)
        if module.__name__ == "http.client":  # urllib3's are made of it
            patches.replace(real, "putrequest", _putrequest)
        elif "is_connected" in vars(real) and hasattr(real, "_post_conn"):
            patches.replace(real, "is_connected", is_connected)


def _connect(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def connect(self: Any, *told: Any, **named: Any) -> Any:
        found = intercepting(called_host(self))
        if found is None:
            return original(self, *told, **named)
        _attach(self, found)
        if hasattr(self, "_post_conn"):  # urllib3-future makes its protocol there
            self._post_conn()
        return None

    return connect


def _attach(connection: Any, found: Interception) -> None:
    """Lead a connection to the account."""
    connection.sock = InProcessSocket(conversation(connection, found), timeout_of(connection), found)
    connection.response_class = LastResponse
    settle(connection)


def _putrequest(original: Callable[..., Any]) -> Callable[..., Any]:
    """For what `connect` does not see: a connection that stands already, and the host behind a plain proxy."""

    @functools.wraps(original)
    def putrequest(self: Any, method: str, url: str, *told: Any, **named: Any) -> Any:
        answer = original(self, method, url, *told, **named)
        found, sock = intercepting(called_host(self, url)), self.sock
        if getattr(sock, "interception", None) is not found:
            if sock is not None:
                sock.close()
            self.sock = None  # the request opens another
            if found is not None:
                _attach(self, found)
        return answer

    return putrequest


def is_connected(original: Any) -> property:
    """A pooled connection of urllib3-future that leads elsewhere than the caller's next one would is taken for a
    dropped one."""

    def connected(self: Any) -> bool:
        elsewhere = getattr(self.sock, "interception", None) is not intercepting(called_host(self))
        return not elsewhere and bool(original.fget(self))

    return property(connected)


def conversation(connection: Any, found: Interception) -> Conversation:
    """A conversation of a connection with the account."""
    scheme = "https" if connection.default_port == 443 else "http"
    tunnelled = getattr(connection, "_tunnel_host", None)
    port = (connection._tunnel_port if tunnelled else connection.port) or connection.default_port
    host = called_host(connection).lower()
    place = host if port == connection.default_port else f"{host}:{port}"
    return Conversation(functools.partial(found.receive, scheme, place))


def timeout_of(connection: Any) -> float | None:
    """How long a connection waits for what comes next."""
    timeout = getattr(connection, "timeout", None)
    return timeout if timeout is None or isinstance(timeout, (int, float)) else socket.getdefaulttimeout()


def settle(connection: Any) -> None:
    """Tell what a client may ask about a connection that stands: there is nothing that could be eavesdropped on."""
    if hasattr(connection, "is_verified"):
        connection.is_verified = True
    if getattr(connection, "proxy", None) is not None:
        connection._has_connected_to_proxy = True


class LastResponse(HTTPResponse):
    """A response of the account closes its connection, so that none outlives the interception in a pool."""

    def begin(self) -> None:
        """As every response; then it is the last one, unless the connection leads elsewhere by now."""
        last = isinstance(getattr(self.fp, "raw", None), Incoming)
        super().begin()
        self.will_close = self.will_close or last


class InProcessSocket:
    """As much of a socket as the libraries use; what is sent is answered in the caller's thread."""

    type = socket.SOCK_STREAM
    family = socket.AF_INET

    def __init__(self, far_end: Conversation, timeout: float | None, interception: Interception) -> None:
        self._far_end = far_end
        self.interception = interception
        """Where it leads."""
        self.incoming = Incoming()
        self.incoming.timeout = timeout

    def sendall(self, data: Any, flags: int = 0) -> None:
        """Send; with the last byte of a request its answer can be read."""
        pieces = self._far_end.feed(bytes(data))
        if pieces is not None:
            self.incoming.add(pieces)

    def send(self, data: Any, flags: int = 0) -> int:
        """The same, as sockets have it."""
        self.sendall(data)
        return len(data)

    def recv(self, size: int, flags: int = 0) -> bytes:
        """What has come, at most `size` bytes."""
        return self.incoming.read(size) or b""

    def recv_into(self, buffer: Any, size: int = 0, flags: int = 0) -> int:
        """The same, into a buffer."""
        return self.incoming.readinto(memoryview(buffer)[: size or len(buffer)])

    def makefile(self, mode: str = "rb", buffering: int | None = None, **_: Any) -> io.BufferedReader:
        """A file to read from."""
        return io.BufferedReader(self.incoming)

    def settimeout(self, value: float | None) -> None:
        """Kept: only a fault makes an answer take its time."""
        self.incoming.timeout = value

    def gettimeout(self) -> float | None:
        """What was set."""
        return self.incoming.timeout

    def setsockopt(self, *_: Any) -> None:
        """There is nothing to set."""

    def getsockopt(self, *_: Any) -> int:
        """No error, nothing set."""
        return 0

    def getpeername(self) -> tuple[str, int]:
        """Nobody's address."""
        return ("127.0.0.1", 0)

    getsockname = getpeername

    def fileno(self) -> int:
        """There is no descriptor, which is what a closed socket says: no pool keeps it."""
        return -1

    def shutdown(self, how: int) -> None:
        """Nothing stands in between."""

    def close(self) -> None:
        """What a response still reads stays readable."""


@dataclass(frozen=True, slots=True)
class Wait:
    """What a reader does before it reads on: wait `seconds` in real time, and give up where that is `too_long`."""

    seconds: float
    too_long: bool


class Incoming(io.RawIOBase):
    """The pieces of answers as a file; a piece is made when it is asked for."""

    def __init__(self) -> None:
        self._pieces: list[Iterator[Coming]] = []
        self._rest = memoryview(b"")
        self._pause: Pause | None = None
        self.timeout: float | None = None

    def add(self, pieces: Iterator[Coming]) -> None:
        """A further answer."""
        self._pieces.append(pieces)

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: Any) -> int:
        """The rest of a piece, or the next one; nothing at the end. Raises TimeoutError."""
        while (wait := self.advance()) is not None:
            if wait.seconds:
                time.sleep(wait.seconds)
            if wait.too_long:
                raise TimeoutError("timed out")
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size

    def advance(self) -> Wait | None:
        """Go to the next bytes, or to the end; a pause on the way there is answered with what to do first."""
        while not self._rest:
            if self._pause is not None:
                return self._waited(self._pause)
            if not self._pieces:
                return None
            piece = next(self._pieces[0], None)
            if piece is None:
                del self._pieces[0]
            elif isinstance(piece, Pause):
                self._pause = piece
            elif isinstance(piece, HangUp):
                self._pieces.clear()
            else:
                self._rest = memoryview(piece)
        return None

    def _waited(self, pause: Pause) -> Wait:
        timeout = self.timeout
        if timeout is None or timeout >= pause.seconds:
            self._pause = None
            return Wait(pause.seconds if pause.real else 0, too_long=False)
        self._pause = Pause(pause.seconds - timeout, pause.real)
        return Wait(timeout if pause.real else 0, too_long=True)

    def empty(self) -> bool:
        """Whether all has been read."""
        return not (self._rest or self._pieces)
