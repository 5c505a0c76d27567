"""Tags: read by id and in lists; made by their names."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import httpx
import pytest

from harness import Account
from harness.core.unit import Unit
from harness.providers.kustomer.actor import KEY
from harness.providers.kustomer.jsonapi import documents
from harness.providers.kustomer.jsonapi.kinds import TAGS
from harness.providers.kustomer.settings import tags

Within = Callable[[], AbstractContextManager[Unit]]

pytestmark = pytest.mark.harness(world="empty")

NOBODY = "6666c3656dc3d121c605ab1e"


def resolved(within: Within, *names: str) -> list[str]:
    with within() as unit:
        return tags.resolved(unit, names, KEY)


def listed(api: httpx.Client, **query: Any) -> list[str]:
    return [each["id"] for each in api.get("/tags", params=query).json()["data"]]


def test_a_name_nobody_has_yet_becomes_a_tag(within: Within, api: httpx.Client) -> None:
    [id] = resolved(within, "glaze")
    tag = api.get(f"/tags/{id}").json()["data"]
    assert (tag["type"], tag["links"]) == ("tag", {"self": f"/v1/tags/{id}"})
    assert (tag["attributes"]["name"], tag["attributes"]["deleted"]) == ("glaze", False)
    assert tag["attributes"]["color"].startswith("#")
    me = api.get("/users/current").json()["data"]["id"]
    assert {tag["relationships"][name]["data"]["id"] for name in ("createdBy", "modifiedBy")} == {me}


def test_a_tag_is_the_same_by_id_and_by_name_in_whatever_case(within: Within, api: httpx.Client) -> None:
    [id] = resolved(within, "Glaze")
    assert resolved(within, "glaze", id, "GLAZE") == [id]
    assert listed(api) == [id]


def test_nothing_is_refused_and_the_order_stays(within: Within, api: httpx.Client) -> None:
    first, second, third = resolved(within, "kiln", NOBODY, "glaze")
    assert resolved(within, "glaze", NOBODY, "kiln") == [third, second, first]
    assert resolved(within) == []
    assert api.get(f"/tags/{second}").json()["data"]["attributes"]["name"] == NOBODY


def test_a_deleted_tag_stands_in_the_list_of_those_and_its_name_is_free(within: Within, api: httpx.Client) -> None:
    kept, gone = resolved(within, "kiln", "glaze")
    with within() as unit:
        documents.remove(unit, TAGS, unit["tags"][gone], by=KEY)
    assert (listed(api), listed(api, deleted="false"), listed(api, deleted="true")) == ([kept], [kept], [gone])
    assert api.get(f"/tags/{gone}").status_code == 404
    assert resolved(within, "glaze") != [gone]


def test_filters_stand_in_the_links(within: Within, api: httpx.Client) -> None:
    resolved(within, "a", "b", "c")
    page = api.get("/tags", params={"deleted": "false", "page": 1, "pageSize": 2}).json()
    assert page["links"] == {
        "self": "/v1/tags?page=1&pageSize=2&deleted=false",
        "first": "/v1/tags?page=1&pageSize=2&deleted=false",
        "prev": None,
        "next": "/v1/tags?page=2&pageSize=2&deleted=false",
    }


def test_an_unknown_tag_is_not_found(api: httpx.Client) -> None:
    answer = api.get(f"/tags/{NOBODY}")
    assert answer.status_code == 404
    assert answer.json()["errors"][0]["source"] == {"parameter": "id"}


def test_a_head_is_answered_like_a_get_without_the_body(kustomer: Account, api: httpx.Client) -> None:
    head, get = api.head("/tags"), api.get("/tags")
    assert (head.status_code, head.content) == (200, b"")
    for name in ("content-type", "content-length", "x-kustomer-pod"):
        assert head.headers[name] == get.headers[name]
    assert (head.headers["x-ratelimit-remaining"], get.headers["x-ratelimit-remaining"]) == ("999", "998")
    assert api.head(f"/tags/{NOBODY}").status_code == 404
