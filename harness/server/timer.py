"""What happens by itself in a server: due events of live clocks, and the end of sandboxes nobody uses."""

from __future__ import annotations

import asyncio
import logging

from harness.core.registry import DEFAULT, Registry
from harness.core.sandbox import Sandbox

log = logging.getLogger("harness")

PAUSE = 0.05
"""Seconds between a request and the look at what it has made due; requests in between share one look."""

_DAY = 86_400.0


class Timer:
    """Serves the next due event when its time comes; nothing runs while nothing is due.

    It is used in one event loop. Whatever is due when a request comes in is run by the request itself, so
    lateness shows only to those who wait without asking.
    """

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self._loop: asyncio.AbstractEventLoop | None = None
        self._handle: asyncio.TimerHandle | None = None
        self._looking = False

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin, in a running loop."""
        self._loop = loop
        self._arm(loop, PAUSE)

    def stop(self) -> None:
        """Let nothing more happen."""
        self._loop = None
        if self._handle is not None:
            self._handle.cancel()

    def touch(self) -> None:
        """Something was asked or changed: look soon what is due next."""
        if not self._looking and self._loop is not None:
            self._arm(self._loop, PAUSE)

    def run(self) -> float | None:
        """Run what is due by now; the seconds until there is something to do again, None for never."""
        self.registry.expire()
        waits = [
            wait
            for sandbox in list(self.registry.sandboxes.values())
            for wait in (self._due(sandbox), self._idle(sandbox))
            if wait is not None
        ]
        return max(0, min(waits)) / 1000 if waits else None

    def _due(self, sandbox: Sandbox) -> int | None:
        """Milliseconds until the sandbox's next due event."""
        if sandbox.clock.mode != "live":
            return None
        try:
            with sandbox.lock:
                due = sandbox.next_due()
                if due is not None and due <= sandbox.clock.now():
                    sandbox.run_due()
                    due = sandbox.next_due()
                return None if due is None else due - sandbox.clock.now()
        except Exception:
            log.exception("a due event of sandbox %s failed", sandbox.id)
            return 0

    def _idle(self, sandbox: Sandbox) -> int | None:
        """Milliseconds until the sandbox has been idle too long."""
        limit = self.registry.idle_limit
        if limit is None or sandbox.id == DEFAULT:
            return None
        return sandbox.last_used + limit + 1 - self.registry.now()

    def _arm(self, loop: asyncio.AbstractEventLoop, seconds: float) -> None:
        if self._handle is not None:
            self._handle.cancel()
        self._looking = seconds <= PAUSE
        self._handle = loop.call_later(seconds, self._look)

    def _look(self) -> None:
        self._looking = False
        wait = self.run()
        if wait is not None and self._loop is not None:
            self._arm(self._loop, min(max(wait, PAUSE), _DAY))
