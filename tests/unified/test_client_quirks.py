"""The quirks of the unified API as the client has them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from harness.unified import UnifiedClient, UnifiedError
from harness.unified.quirks import chosen, defaults

Connect = Callable[..., UnifiedClient]


def test_every_quirk_has_a_default() -> None:
    assert defaults()["single_result"] == "bare"
    assert chosen() == defaults()
    assert chosen({"bare_date": "from"}) == {**defaults(), "bare_date": "from"}


@pytest.mark.parametrize(
    ("quirks", "told"),
    [
        ({"bare_dat": "from"}, "unknown quirk 'bare_dat': did you mean 'bare_date'?"),
        ({"bare_date": "before"}, "unknown choice for quirk bare_date: 'before': valid are equals, from"),
    ],
)
def test_an_unknown_quirk_or_choice_is_refused(connect: Connect, quirks: dict[str, str], told: str) -> None:
    with pytest.raises(ValueError) as failure:
        connect(quirks=quirks)
    assert told in str(failure.value)


def test_the_quirks_of_the_wire_make_no_difference(connect: Connect) -> None:
    wire = {
        "single_result": "wrapped",
        "excluded_fields": "comma",
        "stream_format": "envelope",
        "create_status": "201",
    }
    client = connect(quirks=wire)
    assert client.ticketing.contacts.get("3").name == "Person 3"
    assert client.ticketing.contacts.create(name="Ada").name == "Ada"
    page = client.ticketing.contacts.list(truto_exclude_fields=["name"], truto_ignore_remote_data=True)
    assert page.result[0].model_fields_set == {"id", "created_at"}
    assert len(client.ticketing.contacts.list(limit=2, truto_response_format="stream")) == 2


@pytest.mark.parametrize(("choice", "sent"), [("equals", "at"), ("from", "from")])
def test_a_bare_date_means_what_its_quirk_says(connect: Connect, desk: Any, choice: str, sent: str) -> None:
    connect(quirks={"bare_date": choice}).ticketing.contacts.list(created_at="2026-01-01")
    assert desk.lines == [f"GET /v1/people?{sent}=2026-01-01"]


@pytest.mark.parametrize(("choice", "status"), [("not_found", 404), ("method_not_allowed", 405)])
def test_an_unmapped_write_is_refused_as_its_quirk_says(connect: Connect, desk: Any, choice: str, status: int) -> None:
    with pytest.raises(UnifiedError, match="no mapping") as failure:
        connect(quirks={"unmapped_write": choice}).ticketing.attachments.update("up-1", file_name="a")
    assert (failure.value.status, desk.asked) == (status, [])


def test_unknown_parameters_may_be_ignored(connect: Connect) -> None:
    assert connect(quirks={"unknown_parameter": "ignore"}).ticketing.contacts.list(limt=3).result_count == 15


@pytest.mark.parametrize(("choice", "sent"), [("removed", ""), ("forwarded", "?integrated_account_id=a")])
def test_the_account_parameter_goes_on_as_its_quirk_says(connect: Connect, desk: Any, choice: str, sent: str) -> None:
    connect(quirks={"proxy_account_parameter": choice}).proxy.people.get("3", integrated_account_id="a")
    assert desk.lines == [f"GET /v1/people/3{sent}"]
