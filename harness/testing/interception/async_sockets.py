"""The async connections of urllib3-future, which niquests stands on."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable
from types import ModuleType
from typing import Any

from harness.testing.interception.hosts import Interception, called_host, intercepting
from harness.testing.interception.patches import Patches
from harness.testing.interception.sockets import (
    InProcessSocket,
    conversation,
    is_connected,
    settle,
    timeout_of,
)
from harness.testing.interception.wire import Conversation


def patch(patches: Patches, module: ModuleType) -> None:
    """The connection classes."""
    for name in ("AsyncHTTPConnection", "AsyncHTTPSConnection"):
        found = getattr(module, name)
        patches.replace(found, "connect", _connect)
        if "is_connected" in vars(found):
            patches.replace(found, "is_connected", is_connected)


def _connect(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    async def connect(self: Any, *told: Any, **named: Any) -> Any:
        found = intercepting(called_host(self))
        if found is None:
            return await original(self, *told, **named)
        self.sock = AsyncSocket(conversation(self, found), timeout_of(self), found)
        settle(self)
        await self._post_conn()
        return None

    return connect


class AsyncSocket:
    """As much of urllib3-future's async socket as its connections use."""

    def __init__(self, far_end: Conversation, timeout: float | None, interception: Interception) -> None:
        self._socket = InProcessSocket(far_end, timeout, interception)

    async def sendall(self, data: Any) -> None:
        """Send; with the last byte of a request its answer can be read."""
        for piece in data if isinstance(data, list) else (data,):
            self._socket.sendall(piece)

    send = write_all = sendall

    async def recv(self, size: int = -1) -> bytes:
        """What has come. Raises TimeoutError."""
        while (wait := self._socket.incoming.advance()) is not None:
            if wait.seconds:
                await asyncio.sleep(wait.seconds)
            if wait.too_long:
                raise TimeoutError("timed out")
        return self._socket.recv(65536 if size < 0 else size)

    async def wait_for_readiness(self) -> None:
        """It is ready."""

    async def wait_for_close(self) -> None:
        """It is closed."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._socket, name)
