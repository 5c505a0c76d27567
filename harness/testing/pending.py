"""Deferred answers in an event loop: what waits for somebody outside gets a thread, of which there are enough."""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

from harness.core.deferred import Pending
from harness.core.exchange import Response

THREADS = 64
"""How many such calls a process makes at a time; they are none of the loop's own threads, which others wait for."""

_pools: dict[int, ThreadPoolExecutor] = {}
"""By process: the threads of its parent are not in a forked one."""


async def completed(pending: Pending) -> Response:
    """The answer. Who stops waiting for it does not undo it: the call is made to its end, and journalled."""
    if not pending.blocking:
        return pending.complete()
    loop = asyncio.get_running_loop()
    return await asyncio.shield(loop.run_in_executor(_pool(), copy_context().run, pending.complete))


def _pool() -> ThreadPoolExecutor:
    found = _pools.get(os.getpid())
    if found is None:  # two threads at once may make two: the one is forgotten and ends by itself
        found = _pools[os.getpid()] = ThreadPoolExecutor(THREADS, thread_name_prefix="harness-live")
    return found
