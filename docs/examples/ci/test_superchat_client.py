"""The project's own tests: its client against the fake, and by the rules of conduct. No credentials are needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from superchat_client import Superchat

from harness import Account, contract_suite


def open_client(account: Account, sleep: Callable[[float], Any]) -> Superchat:
    """The client under test, led to the fake; it waits by the clock of the fake."""
    return Superchat(account.base_url, account.api_key, sleep)


TestConduct = contract_suite(
    open_client,
    providers="superchat",
    work={
        "contacts.list": lambda client, account: list(client.contacts()),
        "contacts.create": lambda client, account: client.add_contact("grace@example.org"),
    },
)


def test_a_contact_that_was_added_is_read_again(superchat: Account) -> None:
    client = Superchat(superchat.base_url, superchat.api_key)
    added = client.add_contact("grace@example.org")
    assert added in [contact["id"] for contact in client.contacts()]
    client.close()
