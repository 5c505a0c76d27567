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
        self._chunks: list[bytes] = []

    def feed(self, data: bytes) -> Iterator[Coming] | None:
        """Take more of a request; when it is whole, the pieces of its answer.

        What goes wrong while it is answered is raised here.
        """
        self._buffer += data
        waits = False
        if self._head is None:
            if END not in self._buffer:
                return None
            self._head = _head(self._take(self._buffer.index(END) + len(END)))
            waits = (self._head.header("expect") or "").lower() == "100-continue"
        body = self._body(self._head)
        if body is None:
            return iter((CONTINUE,)) if waits else None
        head, self._head = self._head, None
        received = Received(head.method, head.target, head.headers, body)
        return pieces(self._answer(received), head=received.method == "HEAD")

    def _take(self, size: int) -> bytes:
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken

    def _body(self, head: Received) -> bytes | None:
        if "chunked" in (head.header("transfer-encoding") or "").lower():
            return self._chunked()
        length = _number("content-length", head.header("content-length") or "0", 10)
        return self._take(length) if len(self._buffer) >= length else None

    def _chunked(self) -> bytes | None:
        """The body out of its chunks, once the last one is there; each is taken as it comes, trailers are dropped."""
        while (line := self._buffer.find(b"\r\n")) >= 0:
            size = _number("chunk's length", self._buffer[:line].partition(b";")[0].decode("latin-1"), 16)
            if size == 0:
                end = self._buffer.find(END, line)
                if end < 0:
                    return None
                self._take(end + len(END))
                body = b"".join(self._chunks)
                self._chunks.clear()
                return body
            end = line + 2 + size
            if len(self._buffer) < end + 2:
                return None
            self._chunks.append(self._take(end + 2)[line + 2 : end])
        return None


def _number(what: str, text: str, base: int) -> int:
    try:
        return int(text, base)
    except ValueError:
        raise ValueError(f"a server cannot read this request: its {what} is no number but {text!r}") from None


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
    lines += (f"{name}: {value}" for name, value in response.announced())
    chunked = not isinstance(body, bytes) and response.has_body() and response.header("content-length") is None
    if chunked:
        lines.append("transfer-encoding: chunked")
    yield "\r\n".join([*lines, "", ""]).encode("latin-1")
    if head or not response.has_body():
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
