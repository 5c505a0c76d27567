"""Media: files of the knowledge base."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import httpx
import pytest

from harness import Account

Body = dict[str, Any]
Untouched = Callable[[], AbstractContextManager[None]]

pytestmark = pytest.mark.harness(world="empty")

NOBODY = "6666c3656dc3d121c605ab1e"


def announce(api: httpx.Client, **more: Any) -> Body:
    body = {"name": "kiln.jpg", "contentType": "image/jpeg", "contentLength": 512, **more}
    response = api.post("/media", json=body)
    assert response.status_code == 201, response.text
    answer: Body = response.json()
    return answer


def test_new_media_show_their_times_and_context(api: httpx.Client) -> None:
    answer = announce(api)
    attributes = answer["data"]["attributes"]
    assert attributes.pop("createdAt") == attributes.pop("updatedAt")
    assert attributes == {
        "name": "kiln.jpg",
        "contentType": "image/jpeg",
        "contentLength": 512,
        "uploaded": False,
        "redacted": False,
        "context": "attachment",
    }


def test_media_link_to_attachments_and_to_nothing_else(api: httpx.Client) -> None:
    data = announce(api)["data"]
    assert (data["type"], data["links"]) == ("attachment", {"self": f"/v1/attachments/{data['id']}"})


def test_media_are_uploaded_with_their_form(kustomer: Account, api: httpx.Client) -> None:
    answer = announce(api)
    assert answer["meta"]["provider"] == "s3"
    form = answer["meta"]["upload"]
    with httpx.Client(transport=kustomer.transport()) as browser:
        assert browser.post(form["url"], data=form["fields"], files={"file": b"JPEG"}).status_code == 204
    after = api.get(f"/media/{answer['data']['id']}").json()
    assert after["data"]["attributes"]["uploaded"] is True
    assert after["data"]["attributes"]["updatedAt"] > answer["data"]["attributes"]["updatedAt"]
    assert after["meta"]["upload"]["fields"]["key"] == form["fields"]["key"]


def test_media_and_attachments_are_kept_apart(api: httpx.Client) -> None:
    assert api.get(f"/attachments/{announce(api)['data']['id']}").status_code == 404


def test_several_ids_give_a_list(api: httpx.Client) -> None:
    first, second = (announce(api)["data"]["id"] for _ in range(2))
    answer = api.get(f"/media/{second},{first}").json()
    assert [each["id"] for each in answer["data"]] == [second, first]
    assert list(answer) == ["data"]


def test_an_update_renames_and_redacts(api: httpx.Client) -> None:
    before = announce(api)
    path = f"/media/{before['data']['id']}"
    after = api.put(path, json={"name": "kiln-two.jpg", "redacted": True}).json()
    attributes = after["data"]["attributes"]
    assert (attributes["name"], attributes["redacted"]) == ("kiln-two.jpg", True)
    assert after["meta"]["upload"]["fields"]["key"] == before["meta"]["upload"]["fields"]["key"]


def test_unknown_media_are_not_found(api: httpx.Client) -> None:
    assert api.get(f"/media/{NOBODY}").status_code == 404
    assert api.put(f"/media/{NOBODY}", json={}).status_code == 404


@pytest.mark.parametrize("name", ["run.exe", "run.Exe", "old.mdb"])
def test_programs_are_refused(api: httpx.Client, untouched: Untouched, name: str) -> None:
    known = announce(api)["data"]["id"]
    with untouched():
        body = {"name": name, "contentType": "text/plain", "contentLength": 1}
        for response in (api.post("/media", json=body), api.put(f"/media/{known}", json={"name": name})):
            assert response.status_code == 400
            assert response.json()["errors"][0]["source"] == {"parameter": "name"}
