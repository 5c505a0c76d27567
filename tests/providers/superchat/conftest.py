"""What the tests of the Superchat fake share."""

from __future__ import annotations

import httpx
import pytest

from harness import Account


@pytest.fixture
def api(superchat: Account) -> httpx.Client:
    """A client of a fresh account."""
    client: httpx.Client = superchat.client()
    return client


@pytest.fixture
def channels(superchat: Account) -> dict[str, str]:
    """The ids of the world's channels by type; of the two on WhatsApp, that of the support team."""
    return {channel["type"]: channel["id"] for channel in reversed(list(superchat.collection("channels")))}
