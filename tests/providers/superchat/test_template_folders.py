"""Template folders: they nest, and go only when empty."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import httpx
import pytest

from harness import Account

Untouched = Callable[[], AbstractContextManager[None]]


def folder(api: httpx.Client, name: str = "Neu", **body: Any) -> dict[str, Any]:
    made: dict[str, Any] = api.post("/template-folders", json={"name": name, **body}).json()
    return made


def test_a_folder_has_a_name_and_lies_at_the_top(api: httpx.Client) -> None:
    made = folder(api)
    assert made == {"id": made["id"], "name": "Neu", "parent_id": None}
    assert made["id"].startswith("tn_")


def test_folders_nest(api: httpx.Client) -> None:
    outer = folder(api, "Außen")
    inner = folder(api, "Innen", parent_id=outer["id"])
    innermost = folder(api, "Ganz innen", parent_id=inner["id"])
    assert (inner["parent_id"], innermost["parent_id"]) == (outer["id"], inner["id"])


def test_folders_may_share_a_name(api: httpx.Client) -> None:
    assert folder(api)["id"] != folder(api)["id"]


@pytest.mark.parametrize(("side", "status"), [("200", 200), ("201", 201)])
def test_the_success_status_is_a_quirk(api: httpx.Client, superchat: Account, side: str, status: int) -> None:
    superchat.quirks["post_status"] = side
    assert api.post("/template-folders", json={"name": "Neu"}).status_code == status


@pytest.mark.parametrize(("side", "status"), [("404", 404), ("400", 400)])
def test_an_unknown_parent_is_refused_as_the_quirk_says(
    api: httpx.Client, superchat: Account, untouched: Untouched, side: str, status: int
) -> None:
    superchat.quirks["unknown_reference"] = side
    template = next(iter(superchat.collection("templates")))["id"]
    with untouched():
        for parent in ("tn_nowhere", "", template):
            assert api.post("/template-folders", json={"name": "x", "parent_id": parent}).status_code == status


@pytest.mark.parametrize(
    "body",
    [{}, {"name": ""}, {"name": None}, {"name": 1}, {"parent_id": None}, {"name": "x", "parent_id": 1}, []],
    ids=str,
)
def test_a_body_that_makes_no_sense_is_refused_without_a_trace(
    api: httpx.Client, untouched: Untouched, body: Any
) -> None:
    with untouched():
        assert api.post("/template-folders", json=body).status_code == 400


def test_a_folder_is_renamed_where_it_is(api: httpx.Client, superchat: Account) -> None:
    inner = next(each for each in superchat.collection("template_folders") if each["parent_id"])
    renamed = api.put(f"/template-folders/{inner['id']}", json={"name": "Other", "parent_id": None}).json()
    assert renamed == {**inner, "name": "Other"}


def test_an_update_without_a_name_changes_nothing(api: httpx.Client, untouched: Untouched) -> None:
    made = folder(api)
    with untouched():
        assert api.put(f"/template-folders/{made['id']}", json={}).json() == made


@pytest.mark.parametrize("name", ["", None, 1])
def test_a_name_that_is_none_is_refused(api: httpx.Client, untouched: Untouched, name: Any) -> None:
    made = folder(api)
    with untouched():
        assert api.put(f"/template-folders/{made['id']}", json={"name": name}).status_code == 400


def test_folders_are_put_and_not_patched_or_read_one_by_one(api: httpx.Client) -> None:
    made = folder(api)
    assert api.patch(f"/template-folders/{made['id']}", json={"name": "x"}).status_code == 405
    assert api.get(f"/template-folders/{made['id']}").status_code == 405


def test_an_empty_folder_is_deleted(api: httpx.Client) -> None:
    made = folder(api)
    assert api.delete(f"/template-folders/{made['id']}").json() == {"id": made["id"]}
    assert made not in api.get("/template-folders").json()["results"]
    assert api.delete(f"/template-folders/{made['id']}").status_code == 404


def test_a_folder_with_a_folder_stays(api: httpx.Client, untouched: Untouched) -> None:
    outer = folder(api)
    inner = folder(api, parent_id=outer["id"])
    with untouched():
        assert api.delete(f"/template-folders/{outer['id']}").status_code == 409
    api.delete(f"/template-folders/{inner['id']}")
    assert api.delete(f"/template-folders/{outer['id']}").status_code == 200


def test_a_folder_with_a_template_stays_until_it_has_moved(api: httpx.Client, untouched: Untouched) -> None:
    made = folder(api)
    content = {"type": "generic_template", "body": "Moin", "variables": []}
    template = api.post("/templates", json={"name": "x", "folder_id": made["id"], "content": content}).json()
    with untouched():
        assert api.delete(f"/template-folders/{made['id']}").status_code == 409
    api.patch(template["url"], json={"folder_id": None})
    assert api.delete(f"/template-folders/{made['id']}").status_code == 200


def test_a_folder_whose_template_was_deleted_is_empty(api: httpx.Client) -> None:
    made = folder(api)
    content = {"type": "generic_template", "body": "Moin", "variables": []}
    template = api.post("/templates", json={"name": "x", "folder_id": made["id"], "content": content}).json()
    api.delete(template["url"])
    assert api.delete(f"/template-folders/{made['id']}").status_code == 200


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_an_unknown_folder_is_not_found(api: httpx.Client, superchat: Account, method: str) -> None:
    template = next(iter(superchat.collection("templates")))["id"]
    for id in ("tn_nowhere", template):
        answer = api.request(method, f"/template-folders/{id}", json={} if method == "PUT" else None)
        assert answer.status_code == 404


def test_the_list_is_newest_first_and_pages_both_ways(api: httpx.Client) -> None:
    made = [folder(api, str(number)) for number in range(4)][::-1]
    first = api.get("/template-folders", params={"limit": 2}).json()
    second = api.get("/template-folders", params={"limit": 2, "after": first["pagination"]["next_cursor"]}).json()
    assert first["results"] + second["results"] == made
    back = api.get("/template-folders", params={"before": second["pagination"]["previous_cursor"]}).json()
    assert back["results"] == first["results"]


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "after=a&before=b", "before=tn_unknown"])
def test_a_query_that_makes_no_sense_is_refused(api: httpx.Client, query: str) -> None:
    assert api.get(f"/template-folders?{query}").status_code == 400
