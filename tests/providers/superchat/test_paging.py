"""Every list is walked alike: by cursors, newest first, both ways."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from harness import Account

COUNT = 23
SHUFFLED = [7 * number % COUNT for number in range(COUNT)]
"""Records stand in the world in another order than that of their times."""


def _at(number: int) -> str:
    return f"-{number + 1}h"


def _world() -> dict[str, Any]:
    """23 of everything, named t00 (the newest) to t22 (the oldest)."""
    keys = {number: f"t{number:02}" for number in SHUFFLED}
    made = [{"key": key, "created": _at(number)} for number, key in keys.items()]
    people = [{**each, "email": f"{each['key']}@example.com", "role": "agent"} for each in made]
    channels = [{**each, "name": each["key"], "type": "email", "team": "t00"} for each in made]
    contacts = [{**each, "first_name": each["key"], "emails": [f"c-{each['key']}@example.com"]} for each in made]
    files = [{**each, "name": each["key"], "mime_type": "text/plain", "content": "x"} for each in made]
    conversations = []
    for number, key in keys.items():
        messages = [{"at": _at(number), "from": "contact", "text": key}]
        notes = []
        if number == 0:
            later = range(COUNT - 1, -1, -1)
            messages = [{"at": f"-{each + 1}m", "from": "contact", "text": f"t{each:02}"} for each in later]
            notes = [{"at": f"-{each + 1}s", "author": "t00", "text": f"t{each:02}"} for each in later]
        conversations.append(
            {
                "key": key,
                "contact": "t00",
                "channel": "t00",
                "status": "open",
                "tags": [key],
                "messages": messages,
                "notes": notes,
            }
        )
    templates = [
        {
            **each,
            "name": each["key"],
            "type": "generic_template",
            "channels": ["t00"],
            "status": "approved",
            "body": "Hello",
            "variables": [],
        }
        for each in made
    ]
    hooks = [{**each, "target_url": f"https://{each['key']}.example.com", "events": ["note_created"]} for each in made]
    return {
        "name": "lists",
        "agents": [{**each, "first_name": each["key"]} for each in people],
        "teams": [{**each, "name": each["key"], "agents": ["t00"]} for each in made],
        "channels": channels,
        "tags": [{**each, "name": each["key"]} for each in made],
        "contacts": contacts,
        "files": files,
        "conversations": conversations,
        "superchat": {
            "custom_attributes": [
                {
                    **each,
                    "name": each["key"],
                    "type": "text",
                    "values": dict.fromkeys(keys.values(), "same") if each["key"] == "t00" else {},
                }
                for each in made
            ],
            "contact_lists": [
                {**each, "name": each["key"], "contacts": [*keys.values()] if each["key"] == "t00" else ["t00"]}
                for each in made
            ],
            "template_folders": [{**each, "name": each["key"]} for each in made],
            "templates": templates,
            "webhooks": hooks,
        },
    }


WORLD = _world()
pytestmark = pytest.mark.harness(world=WORLD)


class Listing:
    """One list: how it is asked for, and how its results are told apart."""

    def __init__(self, path: str, name: Callable[[dict[str, Any]], str], default: int = 50) -> None:
        self.path = path
        self.name = name
        self.default = default
        self.body: dict[str, Any] | None = None

    def get(self, api: httpx.Client, query: str = "") -> httpx.Response:
        if self.body is None:
            return api.get(self.path + query)
        return api.post(self.path + query, json=self.body)

    def walk(self, api: httpx.Client, limit: int) -> Iterator[dict[str, Any]]:
        """The pages from the newest on."""
        page = self.get(api, f"?limit={limit}").json()
        yield page
        while cursor := page["pagination"]["next_cursor"]:
            page = self.get(api, f"?limit={limit}&after={cursor}").json()
            yield page

    def walk_back(self, api: httpx.Client, limit: int, cursor: str) -> Iterator[dict[str, Any]]:
        """The pages before a cursor, towards the newest."""
        while cursor:
            page = self.get(api, f"?limit={limit}&before={cursor}").json()
            yield page
            cursor = page["pagination"]["previous_cursor"]

    def names(self, page: dict[str, Any]) -> list[str]:
        return [self.name(each) for each in page["results"]]


def _text(message: dict[str, Any]) -> str:
    content = message["content"]
    return str(content["text"])


LISTS: dict[str, tuple[str, Callable[[dict[str, Any]], str]]] = {
    "users.list": ("/users", lambda each: each["first_name"]),
    "inboxes.list": ("/inboxes", lambda each: each["name"]),
    "labels.list": ("/labels", lambda each: each["name"]),
    "channels.list": ("/channels", lambda each: each["name"]),
    "custom_attributes.list": ("/custom-attributes", lambda each: each["name"]),
    "contacts.list": ("/contacts", lambda each: each["first_name"]),
    "search_contacts.list": ("/contacts/search", lambda each: each["first_name"]),
    "contact_lists.list": ("/contact-lists", lambda each: each["name"]),
    "contact_contact_lists.list": ("/contacts/{contact}/contact-lists", lambda each: each["name"]),
    "contact_list_contacts.list": ("/contact-lists/{list}/contacts", lambda each: each["first_name"]),
    "contact_conversations.list": ("/contacts/{contact}/conversations", lambda each: each["labels"][0]["name"]),
    "conversations.list": ("/conversations", lambda each: each["labels"][0]["name"]),
    "conversation_messages.list": ("/conversations/{conversation}/messages", _text),
    "notes.list": ("/conversations/{conversation}/notes", lambda each: each["content"]),
    "files.list": ("/files", lambda each: each["name"]),
    "template_folders.list": ("/template-folders", lambda each: each["name"]),
    "templates.list": ("/templates", lambda each: each["name"]),
    "webhooks.list": ("/webhooks", lambda each: each["target_url"][8:11]),
}
NAMES = [f"t{number:02}" for number in range(COUNT)]


@pytest.fixture(params=LISTS)
def listing(request: pytest.FixtureRequest, superchat: Account) -> Listing:
    path, name = LISTS[request.param]
    first = {
        "contact": next(each["id"] for each in superchat.collection("contacts") if each["first_name"] == "t00"),
        "list": next(each["id"] for each in superchat.collection("contact_lists") if each["name"] == "t00"),
        "conversation": next(
            each["id"] for each in superchat.collection("conversations") if each["labels"][0]["name"] == "t00"
        ),
    }
    found = Listing(path.format(**first), name, 20 if request.param == "conversation_messages.list" else 50)
    if request.param == "search_contacts.list":
        attribute = next(each["id"] for each in superchat.collection("custom_attributes") if each["name"] == "t00")
        expression = {"field": "custom_attribute", "operator": "=", "value": "same", "identifier": attribute}
        found.body = {"query": {"value": [expression]}}
    return found


@pytest.fixture
def contacts() -> Listing:
    return Listing(*LISTS["contacts.list"])


def test_these_are_all_lists_that_page(superchat: Account) -> None:
    from harness.providers.superchat.pack import PACK

    assert {id for id, each in PACK.contract.operations.items() if "after" in each.parameters} == LISTS.keys()


@pytest.mark.parametrize("limit", [1, 2, 7, 50, 100])
def test_a_walk_gives_everything_once_newest_first(api: httpx.Client, listing: Listing, limit: int) -> None:
    pages = list(listing.walk(api, limit))
    assert [name for page in pages for name in listing.names(page)] == NAMES
    assert [len(page["results"]) for page in pages[:-1]] == [limit] * (len(pages) - 1)


@pytest.mark.parametrize("limit", [1, 2, 7, 50, 100])
def test_a_walk_back_gives_everything_before_the_cursor_newest_first(
    api: httpx.Client, listing: Listing, limit: int
) -> None:
    oldest = listing.get(api, "?limit=100").json()["results"][-1]["id"]
    pages = list(listing.walk_back(api, limit, oldest))
    assert [name for page in reversed(pages) for name in listing.names(page)] == NAMES[:-1]
    assert [len(page["results"]) for page in pages[:-1]] == [limit] * (len(pages) - 1)


def test_cursors_name_the_ends_of_the_page_where_there_is_more(api: httpx.Client, listing: Listing) -> None:
    for page in listing.walk(api, 10):
        ids, pagination = [each["id"] for each in page["results"]], page["pagination"]
        first, last = NAMES[0] in listing.names(page), NAMES[-1] in listing.names(page)
        assert pagination["previous_cursor"] == (None if first else ids[0])
        assert pagination["next_cursor"] == (None if last else ids[-1])


def test_urls_are_relative_and_lead_where_the_cursors_do(api: httpx.Client, listing: Listing) -> None:
    for page in listing.walk(api, 10):
        pagination = page["pagination"]
        assert page["url"] == listing.path
        for direction, cursor, url in (
            ("after", "next_cursor", "next_url"),
            ("before", "previous_cursor", "previous_url"),
        ):
            if pagination[cursor] is None:
                assert pagination[url] is None
                continue
            assert pagination[url].startswith(f"{listing.path}?")
            query = dict(httpx.QueryParams(pagination[url].partition("?")[2]))
            assert query == {direction: pagination[cursor], "limit": "10"}


def test_the_default_limit_is_that_of_the_reference(api: httpx.Client, listing: Listing) -> None:
    page = listing.get(api).json()
    assert len(page["results"]) == min(listing.default, COUNT)
    same = listing.get(api, f"?limit={listing.default}").json()
    assert (listing.names(page), page["pagination"]) == (listing.names(same), same["pagination"])


@pytest.mark.parametrize("limit", ["0", "-1", "x", "1.5", "1_0", "%2B5", "", "true", "٣", "9" * 5000])
def test_a_limit_that_is_none_is_400(api: httpx.Client, listing: Listing, limit: str) -> None:
    response = listing.get(api, f"?limit={limit}")
    assert response.status_code == 400
    assert response.json()["errors"][0]["title"] == "Invalid parameter: limit"


@pytest.mark.parametrize("limit", [101, 2**31 - 1])
def test_a_limit_over_100_is_400_but_for_the_notes_whose_bound_is_that_of_the_type(
    api: httpx.Client, listing: Listing, limit: int
) -> None:
    response = listing.get(api, f"?limit={limit}")
    assert response.status_code == (200 if listing.path.endswith("/notes") else 400)


def test_both_cursors_at_once_are_400(api: httpx.Client, listing: Listing) -> None:
    cursor = listing.get(api).json()["results"][1]["id"]
    assert listing.get(api, f"?after={cursor}&before={cursor}").status_code == 400


@pytest.mark.parametrize("direction", ["after", "before"])
@pytest.mark.parametrize("status", ["400", "404"])
def test_an_unknown_cursor_is_answered_as_the_quirk_says(
    api: httpx.Client, superchat: Account, listing: Listing, direction: str, status: str
) -> None:
    superchat.quirks["unknown_cursor"] = status
    response = listing.get(api, f"?{direction}=xx_nobody")
    assert response.status_code == int(status)
    assert response.json()["errors"][0]["status_code"] == int(status)


def test_an_empty_cursor_counts_as_none(api: httpx.Client, listing: Listing) -> None:
    assert listing.names(listing.get(api, "?after=&limit=3").json()) == NAMES[:3]


def test_after_the_oldest_there_is_nothing(api: httpx.Client, listing: Listing) -> None:
    oldest = listing.get(api, "?limit=100").json()["results"][-1]["id"]
    page = listing.get(api, f"?after={oldest}").json()
    assert (page["results"], page["pagination"]["next_cursor"]) == ([], None)


def test_before_the_newest_there_is_nothing(api: httpx.Client, listing: Listing) -> None:
    newest = listing.get(api, "?limit=1").json()["results"][0]["id"]
    page = listing.get(api, f"?before={newest}").json()
    assert (page["results"], page["pagination"]["previous_cursor"]) == ([], None)


def test_an_id_from_another_list_is_an_unknown_cursor(api: httpx.Client) -> None:
    label = api.get("/labels?limit=1").json()["results"][0]["id"]
    assert api.get(f"/contacts?after={label}").status_code == 400


# What happens between two pages


def test_a_walk_does_not_see_what_is_added_meanwhile(api: httpx.Client, contacts: Listing) -> None:
    seen = []
    for page in contacts.walk(api, 5):
        seen += contacts.names(page)
        api.post("/contacts", json={"handles": [{"value": f"new{len(seen)}@example.com"}]})
    assert seen == NAMES


def test_a_walk_back_ends_with_what_was_added_meanwhile(api: httpx.Client, contacts: Listing) -> None:
    oldest = contacts.get(api, "?limit=100").json()["results"][-1]["id"]
    api.post("/contacts", json={"first_name": "new", "handles": [{"value": "new@example.com"}]})
    pages = list(contacts.walk_back(api, 5, oldest))
    assert [name for page in reversed(pages) for name in contacts.names(page)] == ["new", *NAMES[:-1]]


def test_a_walk_that_deletes_what_it_sees_still_sees_everything(api: httpx.Client, contacts: Listing) -> None:
    seen = []
    for page in contacts.walk(api, 5):
        seen += contacts.names(page)
        for contact in page["results"]:
            api.delete(contact["url"])
    assert seen == NAMES
    assert contacts.get(api).json()["results"] == []


@pytest.mark.parametrize("path", ["/contacts", "/custom-attributes", "/files", "/templates", "/webhooks"])
@pytest.mark.parametrize("place", [0, 11, 22])
def test_the_cursor_of_a_deleted_record_keeps_its_place(api: httpx.Client, path: str, place: int) -> None:
    ids = [each["id"] for each in api.get(path).json()["results"]]
    api.delete(f"{path}/{ids[place]}")
    older = api.get(f"{path}?after={ids[place]}").json()
    newer = api.get(f"{path}?before={ids[place]}").json()
    assert [each["id"] for each in older["results"]] == ids[place + 1 :]
    assert [each["id"] for each in newer["results"]] == ids[:place]
    assert older["pagination"]["previous_cursor"] == (ids[place + 1] if 0 < place < 22 else None)
    assert newer["pagination"]["next_cursor"] == (ids[place - 1] if 0 < place < 22 else None)


def test_the_cursor_of_a_deleted_note_keeps_its_place(api: httpx.Client, superchat: Account) -> None:
    path = next(each["url"] for each in superchat.collection("conversations") if each["labels"][0]["name"] == "t00")
    notes = api.get(f"{path}/notes").json()["results"]
    api.delete(notes[4]["url"])
    assert api.get(f"{path}/notes?after={notes[4]['id']}").json()["results"] == notes[5:]


def test_a_walk_that_takes_contacts_off_the_list_still_sees_everything(api: httpx.Client, superchat: Account) -> None:
    members = next(each for each in superchat.collection("contact_lists") if each["name"] == "t00")
    listing, seen = Listing(f"{members['url']}/contacts", LISTS["contacts.list"][1]), []
    for page in listing.walk(api, 5):
        seen += listing.names(page)
        for contact in page["results"]:
            api.delete(f"{contact['url']}/contact-lists/{members['id']}")
    assert seen == NAMES


def test_a_walk_that_leaves_lists_still_sees_everything(api: httpx.Client, superchat: Account) -> None:
    contact = next(each for each in superchat.collection("contacts") if each["first_name"] == "t00")
    listing, seen = Listing(f"{contact['url']}/contact-lists", LISTS["contact_lists.list"][1]), []
    for page in listing.walk(api, 5):
        seen += listing.names(page)
        for each in page["results"]:
            api.delete(f"{contact['url']}/contact-lists/{each['id']}")
    assert seen == NAMES


def test_a_walk_that_changes_what_it_searched_for_still_sees_everything(api: httpx.Client, superchat: Account) -> None:
    attribute = next(each["id"] for each in superchat.collection("custom_attributes") if each["name"] == "t00")
    expression = {"field": "custom_attribute", "operator": "=", "value": "same", "identifier": attribute}
    listing, seen = Listing("/contacts/search", LISTS["contacts.list"][1]), []
    listing.body = {"query": {"value": [expression]}}
    for page in listing.walk(api, 5):
        seen += listing.names(page)
        for contact in page["results"]:
            api.patch(contact["url"], json={"custom_attributes": [{"id": attribute, "value": "seen"}]})
    assert seen == NAMES


def test_pages_look_at_the_present_state(api: httpx.Client, contacts: Listing) -> None:
    newest = contacts.get(api, "?limit=1").json()["results"][0]
    api.patch(newest["url"], json={"first_name": "renamed"})
    assert contacts.names(contacts.get(api, "?limit=2").json()) == ["renamed", "t01"]


def test_records_of_one_moment_are_all_there(api: httpx.Client, superchat: Account, contacts: Listing) -> None:
    same = [
        {"key": f"s{n}", "first_name": f"s{n}", "emails": [f"s{n}@example.com"], "created": "-1s"} for n in range(9)
    ]
    superchat.seed(contacts=same)
    walked = [name for page in contacts.walk(api, 2) for name in contacts.names(page)]
    assert walked == [f"s{n}" for n in range(8, -1, -1)] + NAMES


# Lists with filters


@pytest.mark.parametrize("limit", [1, 2, 7, 100])
def test_a_filtered_list_is_walked_alike(api: httpx.Client, superchat: Account, limit: int) -> None:
    folder = next(each["id"] for each in superchat.collection("template_folders") if each["name"] == "t00")
    templates = api.get("/templates").json()["results"]
    wanted = templates[1::3]
    for template in wanted:
        api.patch(template["url"], json={"folder_id": folder})
    seen, url = [], f"/templates?folder_id={folder}&limit={limit}"
    while url:
        page = api.get(url).json()
        seen += [each["id"] for each in page["results"]]
        url = page["pagination"]["next_url"]
    assert seen == [each["id"] for each in wanted]
    back = api.get(f"/templates?folder_id={folder}&limit={limit}&before={seen[-1]}").json()
    assert [each["id"] for each in back["results"]] == seen[:-1][-limit:]


def test_the_addresses_of_a_filtered_list_keep_the_filter_and_what_else_was_asked(
    api: httpx.Client, superchat: Account
) -> None:
    channel = next(each["id"] for each in superchat.collection("channels") if each["name"] == "t00")
    page = api.get(f"/templates?channel_id={channel}&size=ä+b&limit=2").json()
    query = dict(httpx.QueryParams(page["pagination"]["next_url"].partition("?")[2]))
    cursor = page["pagination"]["next_cursor"]
    assert query == {"channel_id": channel, "size": "ä b", "after": cursor, "limit": "2"}


def test_a_filter_that_nothing_passes_gives_an_empty_page(api: httpx.Client) -> None:
    page = api.get("/templates?folder_id=tn_nobody").json()
    assert (page["results"], set(page["pagination"].values())) == ([], {None})


def test_the_cursor_of_a_filtered_list_may_be_deleted(api: httpx.Client, superchat: Account) -> None:
    channel = next(each["id"] for each in superchat.collection("channels") if each["name"] == "t00")
    ids = [each["id"] for each in api.get(f"/templates?channel_id={channel}").json()["results"]]
    api.delete(f"/templates/{ids[-1]}")
    newer = api.get(f"/templates?channel_id={channel}&before={ids[-1]}&limit=5").json()
    assert [each["id"] for each in newer["results"]] == ids[-6:-1]
    assert newer["pagination"]["next_cursor"] is None
