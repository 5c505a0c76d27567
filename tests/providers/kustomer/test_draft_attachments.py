"""Files of drafts: announced with the draft, sent and read by pre-signed links."""

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


@pytest.fixture
def customer(api: httpx.Client) -> str:
    return str(api.post("/customers", json={"name": "Odile Farrant"}).json()["data"]["id"])


@pytest.fixture
def draft(api: httpx.Client, customer: str) -> str:
    return begin(api, customer)


def begin(api: httpx.Client, customer: str) -> str:
    return str(api.post(f"/customers/{customer}/drafts", json={"channel": "chat"}).json()["data"]["id"])


def announce(api: httpx.Client, draft: str, **more: Any) -> Body:
    response = api.post(f"/drafts/{draft}/attachments", json={**FILE, **more})
    assert response.status_code == 200, response.text
    data: Body = response.json()["data"]
    return data


def related(api: httpx.Client, data: Body) -> str:
    """A fresh link to read it."""
    return str(api.get(data["links"]["self"].removeprefix("/v1")).json()["data"]["links"]["related"])


def test_a_new_file_is_described_and_leads_to_its_draft(api: httpx.Client, draft: str) -> None:
    data = announce(api, draft)
    assert data["attributes"] == FILE
    assert sorted(data["relationships"]) == ["draft", "org"]
    assert data["relationships"]["draft"]["data"] == {"type": "draft", "id": draft}
    assert data["links"]["self"] == f"/v1/drafts/{draft}/attachments/{data['id']}"


def test_the_status_of_success_is_a_quirk(kustomer: Account, api: httpx.Client, draft: str) -> None:
    kustomer.quirks.set(success_status="uniform")
    assert api.post(f"/drafts/{draft}/attachments", json=FILE).status_code == 201


def test_the_related_link_takes_the_file_and_a_fresh_one_gives_it(
    api: httpx.Client, browser: httpx.Client, draft: str
) -> None:
    data = announce(api, draft)
    assert browser.get(related(api, data)).status_code == 404
    response = browser.put(data["links"]["related"], content=b"PNG")
    assert (response.status_code, response.content) == (200, b"")
    read = browser.get(related(api, data))
    assert (read.content, read.headers["content-type"]) == (b"PNG", "image/png")


def test_a_link_to_write_is_none_to_read(api: httpx.Client, browser: httpx.Client, draft: str) -> None:
    data = announce(api, draft)
    browser.put(data["links"]["related"], content=b"PNG")
    assert browser.get(data["links"]["related"]).status_code == 403


def test_a_link_to_write_ends_after_ten_minutes(
    harness: Sandbox, api: httpx.Client, browser: httpx.Client, draft: str, untouched: Untouched
) -> None:
    link = announce(api, draft)["links"]["related"]
    harness.clock.advance(601)
    with untouched():
        response = browser.put(link, content=b"PNG")
    assert response.status_code == 403
    assert "<Message>Request has expired</Message>" in response.text


def test_a_file_that_is_too_large_is_refused(
    api: httpx.Client, browser: httpx.Client, draft: str, untouched: Untouched
) -> None:
    link = announce(api, draft)["links"]["related"]
    with untouched():
        response = browser.put(link, content=bytes(10_048_577))
    assert response.status_code == 400
    assert "<Code>EntityTooLarge</Code>" in response.text


def test_files_are_listed_without_links_to_read_them(api: httpx.Client, customer: str, draft: str) -> None:
    mine = [announce(api, draft)["id"], announce(api, draft)["id"]]
    announce(api, begin(api, customer))
    answer = api.get(f"/drafts/{draft}/attachments").json()
    assert [each["id"] for each in answer["data"]] == mine
    assert answer["data"][0]["links"] == {"self": f"/v1/drafts/{draft}/attachments/{mine[0]}"}
    assert answer["meta"] == {"pageSize": 100, "page": 1}


def test_the_draft_names_its_files(api: httpx.Client, draft: str) -> None:
    ids = [announce(api, draft)["id"], announce(api, draft)["id"]]
    shown = api.put(f"/drafts/{draft}", json={"channel": "chat"}).json()["data"]["relationships"]["attachments"]
    assert [each["id"] for each in shown["data"]] == ids
    assert shown["links"] == [{"self": f"/v1/drafts/{draft}/attachments"}]


def test_a_deleted_file_is_gone(api: httpx.Client, browser: httpx.Client, draft: str) -> None:
    data, other = announce(api, draft), announce(api, draft)
    browser.put(data["links"]["related"], content=b"PNG")
    link, path = related(api, data), f"/drafts/{draft}/attachments/{data['id']}"
    response = api.delete(path)
    assert (response.status_code, response.content) == (204, b"")
    assert api.get(path).json()["errors"][0]["source"] == {"parameter": "attachmentId"}
    assert browser.get(link).status_code == 404
    assert browser.put(data["links"]["related"], content=b"PNG").status_code == 404
    assert [each["id"] for each in api.get(f"/drafts/{draft}/attachments").json()["data"]] == [other["id"]]


def test_a_file_of_another_draft_is_not_found(
    api: httpx.Client, customer: str, draft: str, untouched: Untouched
) -> None:
    path = f"/drafts/{draft}/attachments/{announce(api, begin(api, customer))['id']}"
    with untouched():
        for response in (api.get(path), api.delete(path)):
            assert response.status_code == 404
            assert response.json()["errors"][0]["source"] == {"parameter": "attachmentId"}


def test_files_of_an_unknown_draft_are_not_found(api: httpx.Client, untouched: Untouched) -> None:
    path = f"/drafts/{NOBODY}/attachments"
    with untouched():
        for response in (api.get(path), api.post(path, json=FILE), api.delete(f"{path}/{NOBODY}")):
            assert response.status_code == 404
            assert response.json()["errors"][0]["source"] == {"parameter": "id"}


def test_programs_are_refused(api: httpx.Client, draft: str, untouched: Untouched) -> None:
    with untouched():
        response = api.post(f"/drafts/{draft}/attachments", json={**FILE, "name": "run.exe"})
    assert response.status_code == 400
    assert response.json()["errors"][0]["title"] == "File type not allowed"
