"""Service level agreements and their versions."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import httpx
import pytest

from harness import Account
from harness.core.unit import Unit

Body = dict[str, Any]
Within = Callable[[], AbstractContextManager[Unit]]

pytestmark = pytest.mark.harness(world="empty")

MAIL = "6733e13a093f1b5f4fded500"
CHAT = "6733e13a093f1b5f4fded600"
AT = "2024-11-12T23:14:02.462Z"


def version_id(sla: str, version: int) -> str:
    return f"{sla[:-1]}{version}"


@pytest.fixture(autouse=True)
def agreements(within: Within) -> None:
    """Two agreements and no others, one with two versions, one with one."""
    with within() as unit:
        for name in ("slas", "sla_versions"):
            for document in list(unit[name]):
                unit[name].delete(document["id"])
        for sla, count in ((MAIL, 2), (CHAT, 1)):
            ids = [version_id(sla, version) for version in range(1, count + 1)]
            attributes: Body = {"currentVersion": count, "createdAt": AT}
            unit["slas"].insert({"id": sla, "attributes": attributes, "relations": {"versions": ids}})
            for version, id in enumerate(ids, 1):
                attributes = {"name": "Mail", "version": version, "metrics": {}, "createdAt": AT}
                unit["sla_versions"].insert({"id": id, "attributes": attributes, "relations": {"sla": sla}})


def included(api: httpx.Client, path: str) -> list[str]:
    return [version["id"] for version in api.get(path).json()["included"]]


def test_an_agreement_names_its_versions_and_has_no_links(api: httpx.Client) -> None:
    answer = api.get(f"/slas/{MAIL}").json()
    assert set(answer) == {"data"}
    assert set(answer["data"]) == {"type", "id", "attributes", "relationships"}
    assert answer["data"]["attributes"] == {"currentVersion": 2, "createdAt": AT}
    assert answer["data"]["relationships"]["versions"]["data"] == [
        {"type": "sla_version", "id": version_id(MAIL, 1)},
        {"type": "sla_version", "id": version_id(MAIL, 2)},
    ]


def test_the_versions_stand_beside_an_agreement_when_asked_for(api: httpx.Client) -> None:
    assert included(api, f"/slas/{MAIL}?versions=active") == [version_id(MAIL, 2)]
    assert included(api, f"/slas/{MAIL}?versions=all") == [version_id(MAIL, 1), version_id(MAIL, 2)]


def test_a_version_names_its_agreement_and_has_no_links(api: httpx.Client) -> None:
    (version,) = api.get(f"/slas/{CHAT}?versions=all").json()["included"]
    assert set(version) == {"type", "id", "attributes", "relationships"}
    assert version["relationships"]["sla"] == {
        "links": {"self": f"/v1/slas/{CHAT}"},
        "data": {"type": "sla", "id": CHAT},
    }


def test_the_list_has_the_versions_of_its_page(api: httpx.Client) -> None:
    answer = api.get("/slas").json()
    assert ([sla["id"] for sla in answer["data"]], "included" in answer) == ([MAIL, CHAT], False)
    assert included(api, "/slas?versions=active") == [version_id(MAIL, 2), version_id(CHAT, 1)]
    assert len(included(api, "/slas?versions=all")) == 3
    assert included(api, "/slas?versions=all&page=2&pageSize=1") == [version_id(CHAT, 1)]


@pytest.mark.parametrize("versions", ["active", "all"])
def test_one_version_instead_of_a_list_is_a_quirk(kustomer: Account, api: httpx.Client, versions: str) -> None:
    kustomer.quirks.set(included_versions="object")
    assert api.get(f"/slas/{MAIL}?versions={versions}").json()["included"]["id"] == version_id(MAIL, 2)
    assert api.get(f"/slas?versions={versions}").json()["included"]["id"] == version_id(MAIL, 2)
    assert "included" not in api.get(f"/slas?versions={versions}&page=2").json()


def test_an_agreement_that_is_not_there_is_not_found(api: httpx.Client) -> None:
    response = api.get("/slas/6abda281088882c3b1c59960")
    assert response.status_code == 404
    assert response.json()["errors"][0]["source"] == {"parameter": "id"}


def test_any_key_may_list_agreements_but_not_read_one(kustomer: Account) -> None:
    with kustomer.client(headers={"Authorization": f"Bearer {kustomer.issue_key(['org.tracking'])}"}) as api:
        assert api.get("/slas").status_code == 200
        assert api.get(f"/slas/{MAIL}").status_code == 403
