"""Filters that Superchat cannot carry, and calls that are not made."""

from __future__ import annotations

from typing import Any

import pytest


def test_a_filter_superchat_cannot_carry_changes_nothing(fake: Any) -> None:
    everything = fake.call("ticketing.contacts.list").body
    assert fake.call("ticketing.contacts.list", query={"name": "nobody"}).body["result"] == everything["result"]


def test_under_the_quirk_it_is_refused_and_those_there_are_named(fake: Any) -> None:
    answer = fake.call("ticketing.contacts.list", query={"name": "nobody"}, unsupported_filter="refuse")
    assert answer.status == 400
    assert answer.body["message"] == (
        "Superchat cannot filter contacts by name; it can by emails, first_name, last_name, phones"
    )
    assert fake.requests() == []


def test_a_filter_it_carries_is_no_matter_of_the_quirk(fake: Any) -> None:
    query = {"emails": [{"email": "anna.schmidt@example.org"}]}
    assert fake.call("ticketing.contacts.list", query=query, unsupported_filter="refuse").body["result_count"] == 1


@pytest.mark.parametrize(
    ("method", "format", "body"),
    [
        ("list", "unified", {"result": [], "next_cursor": None, "prev_cursor": None, "result_count": 0}),
        ("get", "unified", {}),
        ("list", "debug", {"result": [], "debug": None}),
        ("get", "debug", {"result": None, "debug": None}),
    ],
)
def test_a_call_that_is_not_to_be_made_asks_nothing_of_superchat(
    fake: Any, method: str, format: str, body: dict[str, Any]
) -> None:
    query = {"truto_skip_api_call": "true", "truto_response_format": format}
    answer = fake.call(f"ticketing.contacts.{method}", id="ct_1" if method == "get" else None, query=query)
    assert (answer.status, answer.body) == (200, body)
    assert fake.requests() == []
