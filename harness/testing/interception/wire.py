"""HTTP/1.1 as a server speaks it, without I/O: bytes of requests in, bytes of answers out.

The libraries that keep their own connection objects are given one whose other end is here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus

from harness.core.exchange import Effect, Response

END = b"\r\n\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

_REASONS = {status.value: status.phrase for status in HTTPStatus}


@dataclass(frozen=True, slots=True)
class Received:
    """A whole request as it was sent."""

    method: str
    target: str
    """A path with its query, or a whole URL where the client believes to speak to a proxy."""
    headers: list[tuple[str, str]]
    """Names in lower case."""
    body: bytes

    def header(self, name: str) -> str | None:
        """The first header of that lower-case name."""
        return next((value for key, value in self.headers if key == name), None)


@dataclass(frozen=True, slots=True)
class Pause:
    """A while in which nothing comes. Where it is not `real` nobody waits, but a timeout that is shorter strikes."""

    seconds: float
    real: bool = False


class HangUp:
    """The connection ends here, whatever was announced."""


Coming = bytes | Pause | HangUp
"""What a client meets next on its connection."""


class Conversation:
    """The far end of one connection."""

    def __init__(self, answer: Callable[[Received], Response]) -> None:
        self._answer = answer
        self._buffer = bytearray()
        self._head: Received | None = None

    def feed(self, data: bytes) -> Iterator[Coming] | None:
        """Take more of a request; when it is whole, the pieces of its answer.

        What goes wrong while it is answered is raised here.
        """
        self._buffer += data
        if self._head is None:
            if END not in self._buffer:
                return None
            self._head = _head(self._take(self._buffer.index(END) + len(END)))
            if (self._head.header("expect") or "").lower() == "100-continue":
                return iter((CONTINUE,))
        body = self._body(self._head)
        if body is None:
            return None
        head, self._head = self._head, None
        received = Received(head.method, head.target, head.headers, body)
        return pieces(self._answer(received), head=received.method == "HEAD")

    def _take(self, size: int) -> bytes:
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken

    def _body(self, head: Received) -> bytes | None:
        if "chunked" in (head.header("transfer-encoding") or "").lower():
            return self._chunks()
        length = int(head.header("content-length") or 0)
        return self._take(length) if len(self._buffer) >= length else None

    def _chunks(self) -> bytes | None:
        """The body out of its chunks, once the last one is there."""
        found, place = [], 0
        while True:
            line = self._buffer.find(b"\r\n", place)
            if line < 0:
                return None
            size = int(self._buffer[place:line].partition(b";")[0], 16)
            begin, end = line + 2, line + 2 + size
            if len(self._buffer) < end + 2:
                return None
            found.append(bytes(self._buffer[begin:end]))
            place = end + 2
            if size == 0:
                self._take(place)
                return b"".join(found)


def _head(text: bytes) -> Received:
    first, *lines = text.decode("latin-1").rstrip("\r\n").split("\r\n")
    method, target, _ = first.split(" ", 2)
    pairs = (line.partition(":") for line in lines)
    return Received(method, target, [(name.strip().lower(), value.strip()) for name, _, value in pairs], b"")


def pieces(response: Response, *, head: bool) -> Iterator[Coming]:
    """An answer in the bytes a server would send, a streamed one piece by piece, and what a fault does to it.

    This is where a response becomes what the socket libraries read.
    """
    effect = response.effect
    if effect is not None and effect.kind == "cut":
        yield HangUp()
        return
    if effect is not None and effect.kind == "delay":
        yield Pause(effect.seconds, effect.real)
    status, body = response.status, response.body
    lines = [f"HTTP/1.1 {status} {_REASONS.get(status, 'Unknown')}"]
    lines += (f"{name}: {value}" for name, value in response.headers)
    empty = head or status < 200 or status in (204, 304)
    chunked = False
    if response.header("content-length") is None and status >= 200 and status not in (204, 304):
        if isinstance(body, bytes):
            lines.append(f"content-length: {len(body)}")
        else:
            chunked = True
            lines.append("transfer-encoding: chunked")
    yield "\r\n".join([*lines, "", ""]).encode("latin-1")
    if empty:
        return
    if isinstance(body, bytes):
        if effect is not None:
            yield from _spoilt(body, effect)
        elif body:
            yield body
        return
    for piece in body:
        if piece:
            yield b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece
    if chunked:
        yield b"0\r\n\r\n"


def _spoilt(body: bytes, effect: Effect) -> Iterator[Coming]:
    """A body on its way to the client, as a fault wants it."""
    if effect.kind == "truncate" and effect.size < len(body):
        if effect.size:
            yield body[: effect.size]
        yield HangUp()
    elif effect.kind == "dribble":
        for at in range(0, len(body), effect.size):
            if at and effect.seconds:
                yield Pause(effect.seconds)
            yield body[at : at + effect.size]
    elif body:
        yield body
