"""Notes: written in conversations and outside any, with mentions and files; changed, moved, deleted, brought back."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import httpx
import pytest

from harness import Account, Sandbox

pytestmark = pytest.mark.harness(world="empty")

Body = dict[str, Any]
Untouched = Callable[[], AbstractContextManager[None]]

NOBODY = "65f0c1e7ad3b92846f1a70e3"
NOW = "2026-01-15T09:00:00.000Z"


@pytest.fixture(autouse=True)
def still(harness: Sandbox) -> None:
    """Requests take no time."""
    harness.clock.tick = 0


@pytest.fixture
def conversation(api: httpx.Client, customer: str) -> str:
    """The id of a conversation with that customer."""
    return opened(api, customer)


@pytest.fixture
def user(api: httpx.Client) -> str:
    """The id of a user."""
    return str(api.post("/users", json={"name": "Cleo", "email": "cleo@example.com"}).json()["data"]["id"])


def opened(api: httpx.Client, customer: str) -> str:
    return str(api.post("/conversations", json={"customer": customer}).json()["data"]["id"])


def written(api: httpx.Client, conversation: str, text: str = "n", **body: Any) -> Body:
    response = api.post(f"/conversations/{conversation}/notes", json={"body": text, **body})
    assert response.status_code == 201, response.text
    found: Body = response.json()["data"]
    return found


def changed(api: httpx.Client, note: Body, query: str = "", **body: Any) -> Body:
    own = note["relationships"].get("conversation", {"data": {"id": NOBODY}})["data"]["id"]
    whole = {"conversation": own, "body": note["attributes"]["body"], **body}
    response = api.put(f"/notes/{note['id']}{query}", json=whole)
    assert response.status_code == 200, response.text
    found: Body = response.json()["data"]
    return found


def count(api: httpx.Client, conversation: str) -> int:
    return int(api.get(f"/conversations/{conversation}").json()["data"]["attributes"]["noteCount"])


def ids(api: httpx.Client, path: str) -> list[str]:
    return [each["id"] for each in api.get(path).json()["data"]]


def test_a_note_in_a_conversation_is_about_its_customer(api: httpx.Client, customer: str, conversation: str) -> None:
    note = written(api, conversation, "Replacement promised.", externalId="erp-88", lang="en_us")
    assert note["attributes"] == {
        "body": "Replacement promised.",
        "externalId": "erp-88",
        "lang": "en_us",
        "createdAt": NOW,
        "updatedAt": NOW,
    }
    assert set(note["relationships"]) == {"org", "customer", "createdBy", "conversation"}
    assert note["relationships"]["customer"]["data"] == {"type": "customer", "id": customer}
    assert note["relationships"]["conversation"]["data"]["id"] == conversation
    assert api.get(f"/notes/{note['id']}").json() == {"data": note}


def test_a_note_outside_any_conversation_is_about_nobody(api: httpx.Client) -> None:
    response = api.post("/notes", json={"body": "Kiln two is off."})
    assert response.status_code == 201
    assert set(response.json()["data"]["relationships"]) == {"org", "createdBy"}


def test_a_note_calls_users_and_teams(api: httpx.Client, conversation: str, user: str) -> None:
    team = api.post("/teams", json={"name": "Desk"}).json()["data"]["id"]
    note = written(api, conversation, userMentions=[{"user": user}, {"team": team}, {"user": user}])
    called = [{"type": "user", "id": user}, {"type": "team", "id": team}]
    assert note["relationships"]["userMentions"] == {"data": called}
    assert changed(api, note, userMentions=[{"team": team}])["relationships"]["userMentions"]["data"] == called[1:]


def test_a_note_takes_files_over(api: httpx.Client, conversation: str) -> None:
    body = {"name": "a.txt", "contentType": "text/plain", "contentLength": 5}
    id = api.post("/attachments", json=body).json()["data"]["id"]
    note = written(api, conversation, attachments=[{"_id": id, **body}])
    assert note["relationships"]["attachments"]["data"] == [{"type": "attachment", "id": id}]
    assert "attachments" in changed(api, note)["relationships"]
    assert "attachments" not in changed(api, note, attachments=[])["relationships"]


def test_a_conversation_counts_its_notes(harness: Sandbox, api: httpx.Client, conversation: str) -> None:
    harness.clock.advance("1s")
    first, _ = written(api, conversation), written(api, conversation)
    attributes = api.get(f"/conversations/{conversation}").json()["data"]["attributes"]
    assert (attributes["noteCount"], attributes["lastActivityAt"]) == (2, "2026-01-15T09:00:01.000Z")
    api.delete(f"/notes/{first['id']}")
    assert count(api, conversation) == 1


def test_notes_are_listed_by_themselves_by_conversation_and_by_customer(
    kustomer: Account, api: httpx.Client, customer: str, conversation: str
) -> None:
    mine, other = written(api, conversation)["id"], written(api, opened(api, customer))["id"]
    loose = api.post("/notes", json={"body": "x"}).json()["data"]["id"]
    assert ids(api, "/notes") == [mine, other, loose]
    assert ids(api, "/notes?sort=desc") == [loose, other, mine]
    assert ids(api, f"/conversations/{conversation}/notes") == [mine]
    assert ids(api, f"/customers/{customer}/notes") == [mine, other]
    kustomer.quirks["list_order"] = "newest"
    assert ids(api, "/notes") == [loose, other, mine]
    assert ids(api, "/notes?sort=asc") == [mine, other, loose]
    assert ids(api, f"/customers/{customer}/notes") == [other, mine]


@pytest.mark.parametrize("path", ["/notes/{}", "/conversations/{}/notes", "/customers/{}/notes"])
def test_what_is_not_there_has_no_notes(api: httpx.Client, path: str) -> None:
    assert api.get(path.format(NOBODY)).status_code == 404


def test_a_note_is_changed_and_nobody_is_said_to_have_modified_it(
    harness: Sandbox, api: httpx.Client, conversation: str
) -> None:
    note = written(api, conversation, externalId="x")
    harness.clock.advance("1s")
    after = changed(api, note, body="b")
    assert after["attributes"] == {**note["attributes"], "body": "b", "updatedAt": "2026-01-15T09:00:01.000Z"}
    assert "modifiedBy" not in after["relationships"]
    patched = api.patch(f"/notes/{note['id']}", json={"externalId": None}).json()["data"]["attributes"]
    assert (patched["body"], patched.get("externalId")) == ("b", None)


def test_a_replaced_note_loses_what_is_not_named(api: httpx.Client, conversation: str, user: str) -> None:
    note = written(api, conversation, externalId="x", lang="nl", userMentions=[{"user": user}])
    after = changed(api, note, "?replace=true", body="b")
    assert after["attributes"] == {"body": "b", "createdAt": NOW, "updatedAt": NOW}
    assert "userMentions" not in after["relationships"]


def test_a_note_moves_to_another_conversation(api: httpx.Client, customer: str, conversation: str) -> None:
    other = api.post("/customers", json={"name": "Bo"}).json()["data"]["id"]
    there = opened(api, other)
    note = written(api, conversation)
    moved = changed(api, note, conversation=there)
    assert moved["relationships"]["customer"]["data"]["id"] == other
    assert (count(api, conversation), count(api, there)) == (0, 1)
    assert ids(api, f"/customers/{customer}/notes") == []
    assert ids(api, f"/customers/{other}/notes") == [note["id"]]


def test_a_loose_note_joins_a_conversation(api: httpx.Client, customer: str, conversation: str) -> None:
    note = api.post("/notes", json={"body": "x"}).json()["data"]
    after = changed(api, note, conversation=conversation)
    assert after["relationships"]["customer"]["data"]["id"] == customer
    assert count(api, conversation) == 1


@pytest.mark.parametrize(
    "body",
    [
        {"userMentions": [{"user": NOBODY}]},
        {"userMentions": [{"team": NOBODY}]},
        {"userMentions": [{"user": "cleo"}]},
        {"attachments": [{"_id": NOBODY, "name": "a", "contentType": "text/plain", "contentLength": 1}]},
        {"createdBy": NOBODY},
        {"createdAt": "2026-12-31T23:59:60Z"},
    ],
    ids=str,
)
def test_a_note_that_makes_no_sense_is_refused_without_a_trace(
    api: httpx.Client, conversation: str, untouched: Untouched, body: Body
) -> None:
    note = written(api, conversation)
    with untouched():
        assert api.post(f"/conversations/{conversation}/notes", json={"body": "n", **body}).status_code == 400
        assert api.patch(f"/notes/{note['id']}", json=body).status_code == 400


@pytest.mark.parametrize(("id", "status"), [("x", 400), (NOBODY, 409)])
def test_a_chosen_id_has_to_be_one_and_to_be_free(
    api: httpx.Client, conversation: str, untouched: Untouched, id: str, status: int
) -> None:
    assert written(api, conversation, id=NOBODY)["id"] == NOBODY
    with untouched():
        assert api.post(f"/conversations/{conversation}/notes", json={"body": "n", "id": id}).status_code == status
        assert api.post("/notes", json={"body": "n", "id": id}).status_code == status


def test_a_note_cannot_move_where_nothing_is(api: httpx.Client, conversation: str, untouched: Untouched) -> None:
    note = written(api, conversation)
    with untouched():
        body = {"conversation": NOBODY, "body": "x"}
        assert api.put(f"/notes/{note['id']}", json=body).status_code == 400
        assert api.put(f"/notes/{note['id']}", json={"body": "x"}).status_code == 400


def test_an_administrator_says_who_wrote_a_note_and_when(api: httpx.Client, conversation: str, user: str) -> None:
    times = {name: f"2025-03-0{day}T08:00:00.000Z" for day, name in enumerate(("createdAt", "modifiedAt"), 1)}
    note = written(api, conversation, **times, createdBy=user, modifiedBy=user, importedAt=NOW)
    assert {name: note["attributes"][name] for name in times} == times
    assert {note["relationships"][name]["data"]["id"] for name in ("createdBy", "modifiedBy")} == {user}
    assert note["attributes"]["importedAt"] == NOW
    after = changed(api, note, modifiedBy=None)
    assert "modifiedBy" not in after["relationships"]


def test_nobody_else_says_who_wrote_a_note(kustomer: Account, api: httpx.Client, conversation: str, user: str) -> None:
    me = api.get("/users/current").json()["data"]["id"]
    api.headers["authorization"] = f"Bearer {kustomer.issue_key(['org.user', 'org.permission'])}"
    note = written(api, conversation, createdAt="2025-03-01T08:00:00Z", createdBy=user)
    assert (note["attributes"]["createdAt"], note["relationships"]["createdBy"]["data"]["id"]) == (NOW, me)


@pytest.mark.parametrize(
    ("choice", "role", "status"),
    [
        ("documented", "org.user.note.read", 201),
        ("documented", "org.user.note.write", 403),
        ("corrected", "org.user.note.read", 403),
        ("corrected", "org.user.note.write", 201),
        ("documented", "org.permission.note.create", 201),
    ],
)
def test_which_role_writes_a_note_in_a_conversation_is_a_quirk(
    kustomer: Account, api: httpx.Client, conversation: str, choice: str, role: str, status: int
) -> None:
    kustomer.quirks["role_slips"] = choice
    api.headers["authorization"] = f"Bearer {kustomer.issue_key([role])}"
    assert api.post(f"/conversations/{conversation}/notes", json={"body": "n"}).status_code == status


def test_only_so_many_notes_a_minute_are_written_about_a_customer_imported_or_not(
    kustomer: Account, api: httpx.Client, conversation: str, untouched: Untouched
) -> None:
    kustomer.quotas["creations"].limit = 2  # one is the conversation
    written(api, conversation)
    with untouched():
        for body in ({"body": "n"}, {"body": "n", "importedAt": NOW}):
            assert api.post(f"/conversations/{conversation}/notes", json=body).status_code == 429
    assert api.post("/notes", json={"body": "about nobody"}).status_code == 201


def test_one_user_changes_a_note_only_so_often(
    kustomer: Account, api: httpx.Client, conversation: str, untouched: Untouched
) -> None:
    kustomer.quotas["object_updates"].limit = 1
    note = written(api, conversation)
    changed(api, note, body="a")
    with untouched():
        assert api.patch(f"/notes/{note['id']}", json={"body": "b"}).status_code == 429


def test_a_deleted_note_is_gone(kustomer: Account, api: httpx.Client, conversation: str, untouched: Untouched) -> None:
    note = written(api, conversation)
    path = f"/notes/{note['id']}"
    assert api.delete(path).status_code == 204
    assert ids(api, "/notes") == ids(api, f"/conversations/{conversation}/notes") == []
    with untouched():
        assert api.get(path).status_code == api.delete(path).status_code == 404
        assert api.patch(path, json={"body": "b"}).status_code == 404
        assert api.patch(path, json={"deleted": True}).status_code == 404
    kustomer.quirks["deleted_reads"] = "document"
    attributes = api.get(path).json()["data"]["attributes"]
    assert (attributes["deleted"], attributes["deletedAt"]) == (True, NOW)


@pytest.mark.parametrize("back", [None, False])
def test_an_update_deletes_a_note_and_brings_it_back(api: httpx.Client, conversation: str, back: bool | None) -> None:
    note = written(api, conversation)
    gone = changed(api, note, deleted=True)["attributes"]
    assert (gone["deleted"], gone["deletedAt"], count(api, conversation)) == (True, NOW, 0)
    after = api.patch(f"/notes/{note['id']}", json={"deleted": back}).json()["data"]["attributes"]
    assert not {"deleted", "deletedAt"} & after.keys()
    assert count(api, conversation) == 1


def test_a_note_of_a_deleted_conversation_does_not_come_back_alone(
    api: httpx.Client, conversation: str, untouched: Untouched
) -> None:
    note = written(api, conversation)
    api.delete(f"/conversations/{conversation}")
    with untouched():
        assert api.patch(f"/notes/{note['id']}", json={"deleted": None}).status_code == 400
