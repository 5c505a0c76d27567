"""Sending webhooks: in the calling thread when asked to, and by the threads of a server as they come."""

from __future__ import annotations

import io
import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from time import monotonic
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from harness.core.outbox import BODY_START, Outcome, Post
from harness.core.sandbox import MAX_DUE, SandboxError
from harness.core.webhooks import EVENTS, WAITING, is_loopback

if TYPE_CHECKING:
    import socket

    from harness.core.registry import Registry
    from harness.core.sandbox import Account, Sandbox

log = logging.getLogger("harness")

WORKERS = 16
"""How many receivers may be slow at once before others wait for them."""
GRACE = 3.0
"""Seconds that posts on their way get when a server stops."""
TOLD = 20
"""How many undelivered posts are named one by one."""

_PATH = "/%:@!$&'()*+,;=~-._"


class _Timed(io.RawIOBase):
    """What comes from a socket until a moment of `monotonic`; then TimeoutError, however much comes bit by bit."""

    def __init__(self, stream: io.BufferedReader, sock: socket.socket, until: float) -> None:
        self._stream = stream
        self._sock = sock
        self._until = until

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        left = self._until - monotonic()
        if left <= 0:
            raise TimeoutError
        self._sock.settimeout(left)
        return self._stream.readinto1(buffer)

    def close(self) -> None:
        self._stream.close()
        super().close()


def send(post: Post) -> Outcome:
    """Send a post once and read the start of the answer, both within the post's timeout.

    Redirects are not followed, proxies of the environment not used.
    """
    import http.client

    until = monotonic() + post.timeout

    def timed(sock: socket.socket, *arguments: Any, **options: Any) -> http.client.HTTPResponse:
        response = http.client.HTTPResponse(sock, *arguments, **options)
        response.fp = io.BufferedReader(_Timed(response.fp, sock, until))
        return response

    parts = urlsplit(post.url)
    host = parts.hostname or ""
    # only this machine may answer for a name such as hooks.localhost, whatever a resolver says
    at = "127.0.0.1" if is_loopback(host) and host.rstrip(".").endswith(".localhost") else host
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    # under a cassette of vcrpy's the class is a stand-in, and webhooks are none of the test's own calls
    kind = getattr(kind, "_baseclass", kind)
    try:
        connection = kind(at, parts.port, timeout=post.timeout)
    except ValueError as error:
        return Outcome(error=f"not an address: {error}")
    path = quote(parts.path or "/", safe=_PATH) + (f"?{quote(parts.query, safe=_PATH + '?')}" if parts.query else "")
    headers = {"Host": parts.netloc.rpartition("@")[2], "User-Agent": "provider-harness", **post.headers}
    connection.response_class = timed
    try:
        connection.request("POST", path, post.body, {**headers, "Connection": "close"})
        with connection.getresponse() as response:
            return Outcome(response.status, body=response.read(BODY_START).decode("utf-8", "replace"))
    except TimeoutError:
        return Outcome(error=f"no whole answer within {post.timeout:g} s")
    except (http.client.HTTPException, OSError, ValueError) as error:
        return Outcome(error=f"{type(error).__name__}: {error}")
    finally:
        connection.close()


def send_and_record(account: Account, post: Post) -> None:
    """Send a post as often as it wants and keep what came of it."""
    outcomes: list[Outcome] = []
    try:
        outcomes.extend(send(post) for _ in range(post.times))
    finally:
        account.outbox.record(post, outcomes)


def deliver(
    sandbox: Sandbox,
    accounts: Iterable[Account] | None = None,
    *,
    held: bool = False,
    until: float | None = None,
) -> int:
    """Send what waits, in this thread, and return when it and all that others are sending has been tried.

    Returns how many posts this thread sent. Others are waited for until a moment of `monotonic` at most. Nothing may
    hold the sandbox's lock.
    """
    chosen = list(sandbox.accounts.values() if accounts is None else accounts)
    for sent in range(MAX_DUE):
        found = next(_taken(chosen, held=held), None)
        while found is None:
            with sandbox.lock:
                if not any(account.outbox.is_busy for account in chosen):
                    return sent
                if not sandbox.settled.wait(None if until is None else max(until - monotonic(), 0)):
                    return sent
            found = next(_taken(chosen, held=held), None)
        send_and_record(*found)
    raise SandboxError(f"{MAX_DUE} webhooks were sent and more wait: does each of them cause another?")


def _taken(accounts: Iterable[Account], *, held: bool = False) -> Iterator[tuple[Account, Post]]:
    for account in accounts:
        if (post := account.outbox.take(held=held)) is not None:
            yield account, post


class Dispatcher:
    """Sends what comes to wait in any sandbox of a registry, in threads that are started when there is something.

    A slow receiver holds up its own subscription only. `settled` is called, in a thread of its own, after each post.
    """

    def __init__(self, registry: Registry, settled: Callable[[], object] = lambda: None) -> None:
        self._registry = registry
        self._settled = settled
        self._changed = threading.Condition()
        self._awake: dict[str, Sandbox] = {}
        self._threads: list[threading.Thread] = []
        self._idle = 0
        self._stopped = False

    def wake(self, sandbox: Sandbox) -> None:
        """Deliveries wait in a sandbox. Takes no time; its lock may be held."""
        with self._changed:
            if not self._stopped:
                self._awake[sandbox.id] = sandbox
                self._staff()

    def start(self) -> None:
        """Be what the registry wakes, and look for what waits already."""
        self._registry.dispatcher = self
        for sandbox in list(self._registry.sandboxes.values()):
            if any(account.outbox.waits() for account in list(sandbox.accounts.values())):
                self.wake(sandbox)

    def stop(self) -> None:
        """Send nothing more, wait a little for what is on its way, and say what is undelivered."""
        if self._registry.dispatcher is self:
            self._registry.dispatcher = None
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        for number, thread in enumerate(self._threads):
            thread.join(GRACE if number == 0 else GRACE / len(self._threads))
        if left := list(undelivered(self._registry)):
            lines = [*left[:TOLD], *([f"and {len(left) - TOLD} more"] if len(left) > TOLD else [])]
            text = "\n  ".join(lines)
            count = "1 undelivered webhook" if len(left) == 1 else f"{len(left)} undelivered webhooks"
            log.warning("the server stops with %s:\n  %s", count, text)

    def _staff(self) -> None:
        if self._idle:
            self._changed.notify()
        elif len(self._threads) < WORKERS:
            thread = threading.Thread(target=self._work, name="harness-webhooks", daemon=True)
            self._threads.append(thread)
            thread.start()

    def _next(self) -> Sandbox | None:
        """A sandbox in which something waits; None when it is time to end."""
        with self._changed:
            while not self._awake and not self._stopped:
                self._idle += 1
                self._changed.wait()
                self._idle -= 1
            if self._stopped:
                return None
            sandbox = self._awake.pop(next(iter(self._awake)))
            if self._awake:
                self._staff()
            return sandbox

    def _work(self) -> None:
        while (sandbox := self._next()) is not None:
            if sandbox.closed:
                continue
            try:
                for account, post in _taken(list(sandbox.accounts.values())):
                    send_and_record(account, post)
                    if self._stopped:
                        break
                    self._settled()
            except Exception:
                log.exception("a webhook of sandbox %s could not be sent", sandbox.id)


def undelivered(registry: Registry) -> Iterator[str]:
    """A line for each delivery that is still to be made."""
    for sandbox in list(registry.sandboxes.values()):
        for name, account in sorted(sandbox.accounts.items()):
            with sandbox.lock:
                events = list(account.store[EVENTS])
            for event in events:
                for each in event["deliveries"]:
                    if each["state"] in WAITING:
                        place = f"{name} {event['type']} {event['id']} to {each['target_url']}"
                        last = f" ({each['reason']})" if each["reason"] else ""
                        yield f"sandbox {sandbox.id}: {place}: {each['state']}{last}"
