"""The limits of a token and of an integrated account."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from harness import Account, Sandbox

CONTACTS = "/unified/ticketing/contacts"


def test_an_account_has_fifty_calls_in_ten_seconds(api: Any, harness: Sandbox, refusal: Any) -> None:
    for number in range(50):
        path = ("/unified/ticketing/tags", "/proxy/labels", "/custom/labels")[number % 3]
        assert api.get(path).status_code == 200
    over = api.get("/proxy/labels")
    assert "truto_is_remote_error" not in refusal(over, 429)
    assert over.headers["retry-after"] == "10"
    other = api.of(api.create()["id"])
    assert other.get("/proxy/labels").status_code == 200
    assert api.client.get("/ping").status_code == 200
    harness.clock.advance(10)
    assert api.get("/proxy/labels").status_code == 200


def test_a_refused_call_is_not_made(api: Any, served: Account, superchat: Account) -> None:
    served.quotas["integrated_account"].of(api.id).remaining = 0
    assert api.post(CONTACTS, json={"emails": [{"email": "z@example.org"}]}).status_code == 429
    assert list(superchat.journal) == []


def test_a_token_has_five_hundred_calls_whatever_they_ask(api: Any, served: Account, refusal: Any) -> None:
    token = served.api_key
    served.quotas["token"].of(token).remaining = 2
    assert api.client.get("/ping").status_code == 200
    assert api.get("/proxy/labels").status_code == 200
    for path in ("/ping", "/proxy/labels", "/integrated-account"):
        over = api.get(path)
        refusal(over, 429)
        assert over.headers["retry-after"] == "10"
    other = served.issue_key()
    assert api.client.get("/ping", headers={"Authorization": f"Bearer {other}"}).status_code == 200


def test_the_limits_are_the_documented_ones(served: Account) -> None:
    quotas = {name: (served.quotas[name].limit, served.quotas[name].window) for name in served.quotas}
    assert quotas == {"token": (500, timedelta(seconds=10)), "integrated_account": (50, timedelta(seconds=10))}


def test_the_token_of_an_account_counts_for_it(api: Any, served: Account, refusal: Any) -> None:
    token = served.issue_key(roles=[f"integrated-account:{api.id}"])
    served.quotas["integrated_account"].of(api.id).remaining = 0
    client = served.client(headers={"Authorization": f"Bearer {token}"})
    refusal(client.get("/proxy/labels"), 429)


@pytest.mark.harness(quotas="off")
def test_where_quotas_are_off_nobody_reaches_them(api: Any) -> None:
    assert all(api.get("/proxy/labels", "limit=1").status_code == 200 for _ in range(60))
