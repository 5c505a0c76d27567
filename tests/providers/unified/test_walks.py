"""Walking through lists over HTTP gives everything once, whatever the size of a page."""

from __future__ import annotations

from typing import Any

import pytest

from harness import Account

pytestmark = pytest.mark.harness(quotas="off")


def walk(api: Any, path: str, limit: int) -> list[str]:
    found: list[str] = []
    cursor = ""
    while cursor is not None:
        page = api.get(path, f"limit={limit}&next_cursor={cursor}").json()
        assert page["result_count"] == len(page["result"]) <= limit
        found += [each["id"] for each in page["result"]]
        cursor = page["next_cursor"]
    return found


@pytest.mark.parametrize("limit", [1, 2, 7, 100])
@pytest.mark.parametrize(
    ("path", "collection"),
    [
        ("/unified/ticketing/contacts", "contacts"),
        ("/unified/user-directory/users", "users"),
        ("/proxy/contacts", "contacts"),
        ("/proxy/conversations", "conversations"),
    ],
)
def test_a_walk_gives_everything_once(api: Any, superchat: Account, path: str, collection: str, limit: int) -> None:
    found = walk(api, path, limit)
    assert len(found) == len(set(found))
    assert set(found) == {each["id"] for each in superchat.collection(collection)}


def test_a_walk_while_records_come_gives_each_that_was_there_once(api: Any, superchat: Account) -> None:
    before = {each["id"] for each in superchat.collection("contacts")}
    found: list[str] = []
    cursor = ""
    while cursor is not None:
        page = api.get("/unified/ticketing/contacts", f"limit=7&next_cursor={cursor}").json()
        found += [each["id"] for each in page["result"]]
        cursor = page["next_cursor"]
        email = f"new{len(found)}@example.org"
        api.post("/unified/ticketing/contacts", json={"emails": [{"email": email}]})
    assert len(found) == len(set(found))
    assert before <= set(found)


def test_a_client_that_walks_behaves_well(api: Any, served: Account) -> None:
    walk(api, "/unified/ticketing/contacts", 7)
    served.conduct.assert_good()
