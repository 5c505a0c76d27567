"""What the tests of all fakes share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from harness import Sandbox

FOLDER = Path(__file__).parent


@pytest.fixture
def untouched(harness: Sandbox, request: pytest.FixtureRequest) -> Callable[[], AbstractContextManager[None]]:
    """`with untouched():` fails when the block leaves a trace in documents, events, jobs or the time to come of the
    provider whose folder the test is in."""
    account = harness.account(request.path.relative_to(FOLDER).parts[0])

    def state() -> dict[str, Any]:
        documents = {name: list(account.collection(name)) for name in account.state}
        return {
            **documents,
            "events": list(harness.webhooks),
            "jobs": list(account.jobs),
            "due": harness.clock.next_due,
        }

    @contextmanager
    def block() -> Iterator[None]:
        harness.clock.tick = 0  # links show when they end, and that moves with the time
        before = state()
        yield
        assert state() == before

    return block
