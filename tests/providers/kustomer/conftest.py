"""What the tests of the Kustomer fake share."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

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
def customer(api: httpx.Client) -> str:
    """The id of a customer."""
    return str(api.post("/customers", json={"name": "Ann"}).json()["data"]["id"])


@pytest.fixture
def within(harness: Sandbox, kustomer: Account) -> Callable[[], AbstractContextManager[Unit]]:
    """`with within() as unit:` is a unit of work in the account, for what no request does."""
    return home().registry.sandbox(harness.id).account("kustomer").unit
