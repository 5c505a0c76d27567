"""Files of drafts and of forwards: announced with them, sent and read by pre-signed links."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import httpx
import pytest

from harness import Account, Sandbox

Body = dict[str, Any]
Untouched = Callable[[], AbstractContextManager[None]]

pytestmark = pytest.mark.harness(world="empty")

NOBODY = "6666c3656dc3d121c605ab1e"
FILE = {"name": "glazes.png", "contentType": "image/png", "contentLength": 3}


@pytest.fixture
def browser(kustomer: Account) -> httpx.Client:
    """A client without a key."""
    return httpx.Client(transport=kustomer.transport())


@pytest.fixture(params=["drafts", "forwards"])
def holder(request: pytest.FixtureRequest, api: httpx.Client) -> str:
    """The path of a draft or of a forward."""
    return begun(api, request.param)


def begun(api: httpx.Client, kind: str) -> str:
    customer = api.post("/customers", json={"name": "Odile Farrant"}).json()["data"]["id"]
    if kind == "drafts":
        made = api.post(f"/customers/{customer}/drafts", json={"channel": "chat"})
    else:
        conversation = api.post("/conversations", json={"customer": customer}).json()["data"]["id"]
        made = api.post(f"/conversations/{conversation}/forwards", json={"channel": "email"})
    return f"/{kind}/{made.json()['data']['id']}"


def another(api: httpx.Client, holder: str) -> str:
    """One of the same kind."""
    return begun(api, holder.split("/")[1])


def announce(api: httpx.Client, holder: str, **more: Any) -> Body:
    response = api.post(f"{holder}/attachments", json={**FILE, **more})
    assert response.status_code == 200, response.text
    data: Body = response.json()["data"]
    return data


def related(api: httpx.Client, data: Body) -> str:
    """A fresh link to read it."""
    return str(api.get(data["links"]["self"].removeprefix("/v1")).json()["data"]["links"]["related"])


def test_a_new_file_is_described_and_leads_to_what_it_is_of(api: httpx.Client, holder: str) -> None:
    data = announce(api, holder)
    assert data["attributes"] == FILE
    _, kind, id = holder.split("/")
    type = kind.removesuffix("s")
    assert sorted(data["relationships"]) == [type, "org"]
    assert data["relationships"][type]["data"] == {"type": type, "id": id}
    assert data["links"]["self"] == f"/v1{holder}/attachments/{data['id']}"


def test_the_status_of_success_is_a_quirk(kustomer: Account, api: httpx.Client, holder: str) -> None:
    kustomer.quirks.set(success_status="uniform")
    assert api.post(f"{holder}/attachments", json=FILE).status_code == 201


def test_the_related_link_takes_the_file_and_a_fresh_one_gives_it(
    api: httpx.Client, browser: httpx.Client, holder: str
) -> None:
    data = announce(api, holder)
    assert browser.get(related(api, data)).status_code == 404
    response = browser.put(data["links"]["related"], content=b"PNG")
    assert (response.status_code, response.content) == (200, b"")
    read = browser.get(related(api, data))
    assert (read.content, read.headers["content-type"]) == (b"PNG", "image/png")


def test_a_link_to_write_is_none_to_read(api: httpx.Client, browser: httpx.Client, holder: str) -> None:
    data = announce(api, holder)
    browser.put(data["links"]["related"], content=b"PNG")
    assert browser.get(data["links"]["related"]).status_code == 403


def test_a_link_to_write_ends_after_ten_minutes(
    harness: Sandbox, api: httpx.Client, browser: httpx.Client, holder: str, untouched: Untouched
) -> None:
    link = announce(api, holder)["links"]["related"]
    harness.clock.advance(601)
    with untouched():
        response = browser.put(link, content=b"PNG")
    assert response.status_code == 403
    assert "<Message>Request has expired</Message>" in response.text


def test_a_file_that_is_too_large_is_refused(
    api: httpx.Client, browser: httpx.Client, holder: str, untouched: Untouched
) -> None:
    link = announce(api, holder)["links"]["related"]
    with untouched():
        response = browser.put(link, content=bytes(10_048_577))
    assert response.status_code == 400
    assert "<Code>EntityTooLarge</Code>" in response.text


def test_files_are_listed_without_links_to_read_them(api: httpx.Client, holder: str) -> None:
    mine = [announce(api, holder)["id"], announce(api, holder)["id"]]
    announce(api, another(api, holder))
    answer = api.get(f"{holder}/attachments").json()
    assert [each["id"] for each in answer["data"]] == mine
    assert answer["data"][0]["links"] == {"self": f"/v1{holder}/attachments/{mine[0]}"}
    assert answer["meta"] == {"pageSize": 100, "page": 1}


def test_a_draft_or_forward_names_its_files(api: httpx.Client, holder: str) -> None:
    ids = [announce(api, holder)["id"], announce(api, holder)["id"]]
    answer = api.put(holder, json={"channel": "chat"}) if "drafts" in holder else api.get(holder)
    shown = answer.json()["data"]["relationships"]["attachments"]
    assert [each["id"] for each in shown["data"]] == ids
    assert shown["links"] == [{"self": f"/v1{holder}/attachments"}]


def test_a_deleted_file_is_gone(api: httpx.Client, browser: httpx.Client, holder: str) -> None:
    data, other = announce(api, holder), announce(api, holder)
    browser.put(data["links"]["related"], content=b"PNG")
    link, path = related(api, data), f"{holder}/attachments/{data['id']}"
    response = api.delete(path)
    assert (response.status_code, response.content) == (204, b"")
    assert api.get(path).json()["errors"][0]["source"] == {"parameter": "attachmentId"}
    assert browser.get(link).status_code == 404
    assert browser.put(data["links"]["related"], content=b"PNG").status_code == 404
    assert [each["id"] for each in api.get(f"{holder}/attachments").json()["data"]] == [other["id"]]


def test_a_file_of_another_one_is_not_found(api: httpx.Client, holder: str, untouched: Untouched) -> None:
    path = f"{holder}/attachments/{announce(api, another(api, holder))['id']}"
    with untouched():
        for response in (api.get(path), api.delete(path)):
            assert response.status_code == 404
            assert response.json()["errors"][0]["source"] == {"parameter": "attachmentId"}


@pytest.mark.parametrize("kind", ["drafts", "forwards"])
def test_files_of_nothing_are_not_found(api: httpx.Client, kind: str, untouched: Untouched) -> None:
    path = f"/{kind}/{NOBODY}/attachments"
    with untouched():
        for response in (api.get(path), api.post(path, json=FILE), api.delete(f"{path}/{NOBODY}")):
            assert response.status_code == 404
            assert response.json()["errors"][0]["source"] == {"parameter": "id"}


def test_programs_are_refused(api: httpx.Client, holder: str, untouched: Untouched) -> None:
    with untouched():
        response = api.post(f"{holder}/attachments", json={**FILE, "name": "run.exe"})
    assert response.status_code == 400
    assert response.json()["errors"][0]["title"] == "File type not allowed"
