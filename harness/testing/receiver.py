"""A receiver of webhooks for tests, on pytest-httpserver: keeps what comes, and fails when it is told to."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import orjson

if TYPE_CHECKING:
    from werkzeug import Request, Response

    from harness.testing.account import Account

HELD = 30.0
"""Real seconds after which a held request is let go, should a test forget it."""
POLL = 0.01
"""Real seconds between two looks at whether to stop, which is what stopping takes."""


@dataclass(frozen=True, slots=True)
class Received:
    """One webhook that came."""

    method: str
    path: str
    headers: dict[str, str]
    """By lower-case name."""
    body: bytes
    """As it came, which is what a signature is made of."""
    status: int
    """What the receiver answered; 0 where it hung up."""

    def json(self) -> Any:
        """The body parsed as JSON."""
        return orjson.loads(self.body)

    @property
    def type(self) -> str | None:
        """The payload's `event`, `type` or `name`, whichever it has first."""
        try:
            payload = self.json()
        except orjson.JSONDecodeError:
            return None
        if not isinstance(payload, dict):
            return None
        return next((payload[name] for name in ("event", "type", "name") if payload.get(name)), None)


class Receiver:
    """An address that takes webhooks. Each request has a thread of its own, so callbacks may call the fake."""

    def __init__(self) -> None:
        from pytest_httpserver import HTTPServer

        class Server(HTTPServer):
            def thread_target(self) -> None:
                if self.server is not None:
                    self.server.serve_forever(poll_interval=POLL)

        self._server = Server(host="127.0.0.1", port=0, threaded=True)
        self._changed = threading.Condition()
        self._received: list[Received] = []
        self._status = 200
        self._left: int | None = 0
        """How many more are answered with that status; None: all."""
        self._open = threading.Event()
        self._open.set()
        self._arrived = 0
        self._callback: Callable[[Received], object] | None = None

    def start(self) -> Self:
        """Listen on a free port of this machine."""
        import re

        self._server.expect_request(re.compile(".*")).respond_with_handler(self._take)
        self._server.start()
        return self

    def stop(self) -> None:
        """Let go what is held and listen no more; what went wrong in a callback is raised."""
        self._open.set()
        if self._server.is_running():
            self._server.stop()
        self._server.check_handler_errors()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Where to send webhooks; any path below it is taken, too."""
        return self._server.url_for("/webhooks")

    @property
    def received(self) -> list[Received]:
        """What came, in its order, refused ones included; those held stand here when they were answered."""
        with self._changed:
            return list(self._received)

    @property
    def accepted(self) -> list[Received]:
        """What came and was answered with a 2xx."""
        return [each for each in self.received if 200 <= each.status < 300]

    @property
    def types(self) -> list[str | None]:
        """The types of the events that came, in their order."""
        return [each.type for each in self.received]

    def of(self, type: str) -> list[Received]:
        """What came of one type of event."""
        return [each for each in self.received if each.type == type]

    def clear(self) -> None:
        """Forget what came."""
        with self._changed:
            self._received.clear()

    def refuse(self, status: int = 500, *, first: int | None = None) -> None:
        """Answer with this status from now on: the next `first` requests, or all. Raises ValueError."""
        if status not in range(200, 600):
            raise ValueError(f"status: {status!r} is not what ends a request, 200 to 599")
        self._fail(status, first)

    def hang_up(self, *, first: int | None = None) -> None:
        """Close the connection without an answer from now on: with the next `first` requests, or all."""
        self._fail(0, first)

    def accept(self) -> None:
        """Answer with 200 again."""
        self.refuse(first=0)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Meanwhile requests are read and not answered, as by a slow receiver."""
        self._open.clear()
        try:
            yield
        finally:
            self._open.set()

    def then(self, callback: Callable[[Received], object] | None) -> None:
        """Call this with each webhook, before it is answered; it may call the fake back."""
        self._callback = callback

    def wait(self, count: int, timeout: float = 10) -> list[Received]:
        """Return when so many came; AssertionError after real seconds without. Held ones count when answered."""
        return self._wait(lambda: len(self._received) >= count, f"{count} webhooks", timeout)

    def wait_held(self, count: int = 1, timeout: float = 10) -> None:
        """Return when so many requests arrived in all, answered or not."""
        self._wait(lambda: self._arrived >= count, f"{count} requests", timeout)

    def verify(self, account: Account) -> None:
        """Check that all that came is signed as the account signs. Raises AssertionError, which tells what is not."""
        __tracebackhide__ = True
        wrong = [
            f"number {number} ({each.type}): {problem}"
            for number, each in enumerate(self.received)
            if (problem := account.webhooks.verify(each.headers, each.body)) is not None
        ]
        if wrong:
            raise AssertionError("webhooks with a wrong signature:\n  " + "\n  ".join(wrong))

    def _fail(self, status: int, first: int | None) -> None:
        if first is not None and first < 0:
            raise ValueError(f"first: so many requests cannot come: {first!r}; give a number from 0, or None for all")
        with self._changed:
            self._status, self._left = status, first

    def _wait(self, arrived: Callable[[], bool], what: str, timeout: float) -> list[Received]:
        with self._changed:
            if not self._changed.wait_for(arrived, timeout):
                raise AssertionError(f"{what} did not come within {timeout:g} s, but {len(self._received)}")
            return list(self._received)

    def _take(self, request: Request) -> Response:
        from werkzeug import Response

        body = request.get_data()
        with self._changed:
            self._arrived += 1
            self._changed.notify_all()
        self._open.wait(HELD)
        with self._changed:
            refused = self._left is None or self._left > 0
            if self._left:
                self._left -= 1
            headers = {name.lower(): value for name, value in request.headers.items()}
            came = Received(request.method, request.path, headers, body, self._status if refused else 200)
            callback = self._callback
        try:
            if callback is not None:
                callback(came)
        except BaseException:
            came = replace(came, status=500)  # what the server answers then
            raise
        finally:
            with self._changed:
                self._received.append(came)
                self._changed.notify_all()
        if came.status == 0:
            request.environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
        return Response(status=came.status or 500)
