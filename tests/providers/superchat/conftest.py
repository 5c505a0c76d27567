"""What the tests of the Superchat fake share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import httpx
import pytest

from harness import Account, Sandbox


@pytest.fixture
def api(superchat: Account) -> httpx.Client:
    """A client of a fresh account."""
    client: httpx.Client = superchat.client()
    return client


@pytest.fixture
def channels(superchat: Account) -> dict[str, str]:
    """The ids of the world's channels by type; of the two on WhatsApp, that of the support team."""
    return {channel["type"]: channel["id"] for channel in reversed(list(superchat.collection("channels")))}


@pytest.fixture
def untouched(harness: Sandbox, superchat: Account) -> Callable[[], AbstractContextManager[None]]:
    """`with untouched():` fails when the block leaves a trace in documents, events, jobs or the time to come."""

    def state() -> dict[str, Any]:
        documents = {name: list(superchat.collection(name)) for name in superchat.state}
        return {
            **documents,
            "events": list(harness.webhooks),
            "jobs": list(superchat.jobs),
            "due": harness.clock.next_due,
        }

    @contextmanager
    def block() -> Iterator[None]:
        harness.clock.tick = 0  # links show when they end, and that moves with the time
        before = state()
        yield
        assert state() == before

    return block
