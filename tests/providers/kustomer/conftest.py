"""What the tests of the Kustomer fake share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import httpx
import pytest

from harness import Account, Sandbox
from harness.core.unit import Unit
from harness.testing.home import home


@pytest.fixture
def api(kustomer: Account) -> httpx.Client:
    """A client of a fresh account."""
    client: httpx.Client = kustomer.client()
    return client


@pytest.fixture
def untouched(harness: Sandbox, kustomer: Account) -> Callable[[], AbstractContextManager[None]]:
    """`with untouched():` fails when the block leaves a trace in documents, events, jobs or the time to come."""

    def state() -> dict[str, Any]:
        documents = {name: list(kustomer.collection(name)) for name in kustomer.state}
        return {
            **documents,
            "events": list(harness.webhooks),
            "jobs": list(kustomer.jobs),
            "due": harness.clock.next_due,
        }

    @contextmanager
    def block() -> Iterator[None]:
        harness.clock.tick = 0  # links show when they end, and that moves with the time
        before = state()
        yield
        assert state() == before

    return block


@pytest.fixture
def within(harness: Sandbox, kustomer: Account) -> Callable[[], AbstractContextManager[Unit]]:
    """`with within() as unit:` is a unit of work in the account, for what no request does."""
    return home().registry.sandbox(harness.id).account("kustomer").unit
