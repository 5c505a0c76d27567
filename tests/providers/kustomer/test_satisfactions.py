"""Surveys of satisfaction."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import httpx
import pytest

from harness import Account
from harness.core.unit import Unit

Within = Callable[[], AbstractContextManager[Unit]]

pytestmark = pytest.mark.harness(world="empty")

TEMPLATE = "66be0fda93a80eaab13a4a8e"


@pytest.fixture
def surveys(within: Within) -> list[str]:
    """Three surveys and no others, the oldest first."""
    ids = [f"66be0fda93a80eaab13a4a{number}0" for number in range(3)]
    with within() as unit:
        for survey in list(unit["satisfactions"]):
            unit["satisfactions"].delete(survey["id"])
        for id in ids:
            attributes = {"name": id, "formType": "csat", "enabled": True, "channel": "email", "questions": []}
            times = dict.fromkeys(("createdAt", "updatedAt", "modified"), "2025-07-11T19:52:48.296Z")
            relations = {"template": TEMPLATE}
            unit["satisfactions"].insert({"id": id, "attributes": {**attributes, **times}, "relations": relations})
    return ids


def test_the_list_of_surveys_has_no_links_nor_do_they(api: httpx.Client, surveys: list[str]) -> None:
    answer = api.get("/satisfaction").json()
    assert set(answer) == {"meta", "data"}
    assert answer["meta"] == {"pageSize": 100, "page": 1}
    assert [survey["id"] for survey in answer["data"]] == surveys
    assert set(answer["data"][0]) == {"type", "id", "attributes", "relationships"}
    assert answer["data"][0]["relationships"]["template"] == {"data": {"type": "template", "id": TEMPLATE}}


def test_surveys_come_page_by_page(api: httpx.Client, surveys: list[str]) -> None:
    answer = api.get("/satisfaction?pageSize=2&page=2").json()
    assert answer["meta"] == {"pageSize": 2, "page": 2}
    assert [survey["id"] for survey in answer["data"]] == surveys[2:]
    assert api.get("/satisfaction?page=2").json()["data"] == []


def test_the_order_of_surveys_is_a_quirk(kustomer: Account, api: httpx.Client, surveys: list[str]) -> None:
    kustomer.quirks.set(list_order="newest")
    assert [survey["id"] for survey in api.get("/satisfaction").json()["data"]] == surveys[::-1]
