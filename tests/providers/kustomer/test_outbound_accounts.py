"""Outbound accounts: what messages go out by, without ids and links."""

from __future__ import annotations

import httpx
import pytest

from harness import Account


def test_accounts_have_neither_id_nor_relationships(api: httpx.Client) -> None:
    answer = api.get("/outboundAccounts")
    assert answer.status_code == 200
    page = answer.json()
    assert (page["meta"], page["links"]) == ({}, {"self": "/v1/outboundAccounts"})
    assert page["data"]
    for account in page["data"]:
        assert {*account} == {"type", "attributes"}
        assert account["type"] == "outbound_account"
        assert {*account["attributes"]} == {"channel", "name", "account"}


@pytest.mark.parametrize("choice", ["oldest", "newest"])
def test_accounts_come_in_pages_in_the_order_of_lists(choice: str, kustomer: Account, api: httpx.Client) -> None:
    everything = api.get("/outboundAccounts").json()["data"]
    kustomer.quirks["list_order"] = choice
    pages = [
        each
        for page in range(1, len(everything) + 1)
        for each in api.get("/outboundAccounts", params={"page": page, "pageSize": 1}).json()["data"]
    ]
    assert pages == (everything if choice == "oldest" else everything[::-1])
    assert api.get("/outboundAccounts", params={"page": len(everything) + 1, "pageSize": 1}).json()["data"] == []
