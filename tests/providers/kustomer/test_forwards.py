"""Forwards: conversations passed on by e-mail, at once or at their time."""

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
TO = [{"name": "Kiln workshop", "email": "kiln@example.net"}]


@pytest.fixture
def customer(api: httpx.Client) -> str:
    return person(api)


@pytest.fixture
def conversation(api: httpx.Client, customer: str) -> str:
    return str(api.post("/conversations", json={"customer": customer}).json()["data"]["id"])


def person(api: httpx.Client) -> str:
    return str(api.post("/customers", json={"name": "Odile Farrant"}).json()["data"]["id"])


def forward(api: httpx.Client, conversation: str, **body: Any) -> Body:
    response = api.post(f"/conversations/{conversation}/forwards", json={"channel": "email", "to": TO, **body})
    assert response.status_code == 200, response.text
    data: Body = response.json()["data"]
    return data


def change(api: httpx.Client, held: Body, **body: Any) -> Body:
    response = api.put(f"/forwards/{held['id']}", json=body)
    assert response.status_code == 200, response.text
    attributes: Body = response.json()["data"]["attributes"]
    return attributes


def status(api: httpx.Client, held: Body) -> str:
    return str(api.get(f"/forwards/{held['id']}").json()["data"]["attributes"]["status"])


def test_a_new_forward_is_a_draft_of_the_conversation_and_its_customer(
    api: httpx.Client, customer: str, conversation: str
) -> None:
    data = forward(api, conversation, app="postmark", subject="Chipped spout")
    assert api.get(f"/forwards/{data['id']}").json()["data"] == data
    assert data["relationships"]["customer"]["data"]["id"] == customer
    assert data["relationships"]["conversation"]["links"]["self"] == f"/v1/conversations/{conversation}"
    assert "links" not in data
    attributes = data["attributes"]
    assert attributes.pop("createdAt") == attributes.pop("updatedAt") == attributes.pop("modifiedAt")
    assert attributes == {
        "channel": "email",
        "app": "postmark",
        "to": TO,
        "subject": "Chipped spout",
        "status": "draft",
    }


def test_the_status_of_success_is_a_quirk(kustomer: Account, api: httpx.Client, conversation: str) -> None:
    kustomer.quirks.set(success_status="uniform")
    assert api.post(f"/conversations/{conversation}/forwards", json={"channel": "email"}).status_code == 201


def test_a_forward_names_another_customer_when_it_is_told(api: httpx.Client, conversation: str) -> None:
    other = person(api)
    assert forward(api, conversation, customer=other)["relationships"]["customer"]["data"]["id"] == other


def test_forwards_are_listed_with_their_conversation(api: httpx.Client, customer: str, conversation: str) -> None:
    mine = [forward(api, conversation)["id"], forward(api, conversation)["id"]]
    forward(api, str(api.post("/conversations", json={"customer": customer}).json()["data"]["id"]))
    answer = api.get(f"/conversations/{conversation}/forwards").json()
    assert [each["id"] for each in answer["data"]] == mine


def test_an_update_changes_what_is_given_and_nothing_else(api: httpx.Client, conversation: str) -> None:
    held = forward(api, conversation, subject="Spout")
    after = change(api, held, body="Please see the photo.", lang="en_us")
    assert (after["body"], after["subject"], after["lang"]) == ("Please see the photo.", "Spout", "en_us")
    assert after["modifiedAt"] > held["attributes"]["modifiedAt"]


@pytest.mark.parametrize("said", ["sent", "failed"])
def test_whoever_sends_it_says_so(api: httpx.Client, conversation: str, said: str) -> None:
    assert forward(api, conversation, status=said)["attributes"]["status"] == said
    assert change(api, forward(api, conversation), status=said)["status"] == said


def test_files_go_with_a_forward(api: httpx.Client, conversation: str) -> None:
    file = {"name": "a.txt", "contentType": "text/plain", "contentLength": 3}
    first, second = (api.post("/attachments", json=file).json()["data"]["id"] for _ in range(2))
    held = forward(api, conversation, attachments=[{"id": first, **file}])
    shown = held["relationships"]["attachments"]
    assert shown == {
        "data": [{"type": "attachment", "id": first}],
        "links": [{"self": f"/v1/forwards/{held['id']}/attachments"}],
    }
    change(api, held, attachments=[{"id": second, **file}])
    listed = api.get(f"/forwards/{held['id']}/attachments").json()["data"]
    assert [each["id"] for each in listed] == [second]


@pytest.mark.parametrize(
    ("body", "parameter"),
    [
        ({"customer": NOBODY}, "customer"),
        ({"attachments": [{"id": NOBODY, "name": "a", "contentType": "b", "contentLength": 1}]}, "attachments"),
        ({"sendAt": "2026-02-30"}, "sendAt"),
    ],
)
def test_what_a_forward_cannot_use_leaves_no_trace(
    api: httpx.Client, conversation: str, untouched: Untouched, body: Body, parameter: str
) -> None:
    with untouched():
        response = api.post(f"/conversations/{conversation}/forwards", json={"channel": "email", **body})
    assert response.status_code == 400
    assert response.json()["errors"][0]["source"] == {"parameter": parameter}


def test_forwards_of_nothing_are_not_found(api: httpx.Client) -> None:
    assert api.post(f"/conversations/{NOBODY}/forwards", json={"channel": "email"}).status_code == 404
    assert api.get(f"/conversations/{NOBODY}/forwards").status_code == 404
    assert api.get(f"/forwards/{NOBODY}").status_code == 404
    assert api.put(f"/forwards/{NOBODY}", json={}).status_code == 404


def test_a_time_schedules_a_forward_and_it_is_sent_then(harness: Sandbox, api: httpx.Client, conversation: str) -> None:
    held = forward(api, conversation, sendAt="now+1h")
    assert held["attributes"]["status"] == "scheduled"
    harness.clock.advance(3590)
    assert status(api, held) == "scheduled"
    harness.clock.advance(11)
    assert status(api, held) == "sent"


def test_an_update_with_a_time_schedules_and_an_empty_one_takes_it_back(
    harness: Sandbox, api: httpx.Client, conversation: str
) -> None:
    held = forward(api, conversation)
    after = change(api, held, sendAt="2026-01-16T08:00:00+01:00")
    assert (after["status"], after["sendAt"]) == ("scheduled", "2026-01-16T07:00:00.000Z")
    assert change(api, held, body="Hi")["status"] == "scheduled"
    back = change(api, held, sendAt="")
    assert (back["status"], back["sendAt"]) == ("draft", None)
    harness.clock.advance(2 * 86_400)
    assert status(api, held) == "draft"


def test_a_forward_that_is_said_to_be_a_draft_is_not_sent(
    harness: Sandbox, api: httpx.Client, conversation: str
) -> None:
    held = forward(api, conversation, sendAt="now+1h")
    assert change(api, held, status="draft")["status"] == "draft"
    harness.clock.advance(7200)
    assert status(api, held) == "draft"


def test_a_forward_that_was_sent_is_not_sent_again(harness: Sandbox, api: httpx.Client, conversation: str) -> None:
    held = forward(api, conversation, sendAt="now+1h")
    change(api, held, status="failed")
    harness.clock.advance(7200)
    assert status(api, held) == "failed"


def test_a_past_time_schedules_nothing(api: httpx.Client, conversation: str) -> None:
    assert forward(api, conversation, sendAt="now-1h")["attributes"]["status"] == "draft"


def test_a_forward_to_nobody_fails(harness: Sandbox, api: httpx.Client, conversation: str) -> None:
    held = forward(api, conversation, to=[], sendAt="now+1h")
    harness.clock.advance(3601)
    assert status(api, held) == "failed"
