"""Templates: what may be written, how it reads, review, renaming and moving, lists and their filters."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import httpx
import pytest

from harness import Account, Sandbox

Untouched = Callable[[], AbstractContextManager[None]]

GENERIC = {"type": "generic_template", "body": "Moin", "variables": []}
WHATS_APP = {
    "type": "whats_app_template",
    "language": "de",
    "category": "utility",
    "body": "Hallo {{1}}, Nummer {{2}}",
    "variables": [
        {"position": 1, "attribute_identifier": "first_name"},
        {"position": 2, "attribute_identifier": "wildcard"},
    ],
}


@pytest.fixture
def account(superchat: Account) -> str:
    """The WhatsApp business account."""
    accounts = (channel["whats_app_business_account_id"] for channel in superchat.collection("channels"))
    return next(str(each) for each in accounts if each)


@pytest.fixture
def create(api: httpx.Client, account: str) -> Callable[..., httpx.Response]:
    """Create a template; keys of the content and, under `name`, `folder_id` and so on, of the body."""

    def post(content: dict[str, Any], /, **body: Any) -> httpx.Response:
        own = {"whats_app_business_account_id": account} if content.get("type") == "whats_app_template" else {}
        return api.post("/templates", json={"name": "fresh", **own, "content": content, **body})

    return post


Create = Callable[..., httpx.Response]


def names(answer: httpx.Response) -> list[str]:
    return [each["name"] for each in answer.json()["results"]]


def test_a_generic_template_reads_as_it_was_written(api: httpx.Client, superchat: Account, create: Create) -> None:
    file = next(iter(superchat.collection("files")))["id"]
    template = create({**GENERIC, "subject": "Hi", "file_ids": [{"id": file}]}).json()
    assert template["content"] == {**GENERIC, "subject": "Hi", "file_ids": [{"id": file}]}
    assert (template["status"], template["whats_app_business_account_id"]) == ("approved", None)
    assert template["id"].startswith("tn_")
    assert api.get(template["url"]).json() == template


def test_a_generic_template_is_for_every_channel_that_takes_one(superchat: Account, create: Create) -> None:
    types = {channel["id"]: channel["type"] for channel in superchat.collection("channels")}
    usable = {types[channel["id"]] for channel in create(GENERIC).json()["channels"]}
    assert usable == set(types.values()) - {"sms"}


def test_a_whatsapp_template_is_pending_and_for_the_channels_of_its_account(
    superchat: Account, create: Create, account: str
) -> None:
    template = create(WHATS_APP).json()
    ids = {
        channel["id"]
        for channel in superchat.collection("channels")
        if channel["whats_app_business_account_id"] == account
    }
    assert template["status"] == "pending"
    assert {channel["id"] for channel in template["channels"]} == ids
    assert template["whats_app_business_account_id"] == account


def test_a_whatsapp_template_is_read_in_other_words_than_it_was_written(superchat: Account, create: Create) -> None:
    file = next(iter(superchat.collection("files")))["id"]
    number = next(each["id"] for each in superchat.collection("custom_attributes") if each["name"] == "Kundennummer")
    template = create(
        {
            **WHATS_APP,
            "category": "marketing",
            "body": "{{2}} {{1}} {{3}}",
            "variables": [
                {"position": 2, "attribute_identifier": number},
                {"position": 1, "attribute_identifier": "last_name"},
                {"position": 3, "attribute_identifier": "wildcard"},
            ],
            "header": {"type": "document", "file_id": file, "is_persistent": True},
            "footer": "Bye",
            "buttons": [
                {"type": "url", "text": "Shop", "target": "https://example.com"},
                {"type": "dynamic_url", "text": "Track", "example_url_suffix": "7"},
                {"type": "phone_number", "text": "Call", "target": "+493012345678"},
                {"type": "quick_reply", "text": "OK"},
            ],
        }
    ).json()
    assert template["content"] == {
        "type": "whats_app_template",
        "category": "marketing",
        "language": "de",
        "body": "{{2}} {{1}} {{3}}",
        "footer": "Bye",
        "header": {"type": "document", "file_id": file},
        "buttons": [
            {"type": "static_url", "title": "Shop", "target": "https://example.com"},
            {"type": "dynamic_url", "title": "Track"},
            {"type": "phone_number", "title": "Call", "target": "+493012345678"},
            {"type": "quick_reply", "title": "OK"},
        ],
        "variables": [
            {"type": "contact_attribute", "position": 1, "display_name": "last_name", "attribute_id": "last_name"},
            {"type": "contact_attribute", "position": 2, "display_name": "Kundennummer", "attribute_id": number},
            {"type": "static", "position": 3, "display_name": "{{3}}"},
        ],
        "track_links": False,
    }


def test_what_is_left_out_of_a_whatsapp_template_is_null(create: Create) -> None:
    content = create(WHATS_APP).json()["content"]
    assert (content["header"], content["footer"], content["buttons"]) == (None, None, None)


@pytest.mark.parametrize(("side", "status"), [("200", 200), ("201", 201)])
def test_the_success_status_is_a_quirk(superchat: Account, create: Create, side: str, status: int) -> None:
    superchat.quirks["post_status"] = side
    assert create(GENERIC).status_code == status


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"type": "generic_template", "body": "Moin"},
        {"type": "generic_template", "variables": []},
        {"type": "generic_template", "body": None, "variables": []},
        {"type": "sms_template", "body": "Moin", "variables": []},
        {**GENERIC, "variables": None},
        {**GENERIC, "variables": {}},
        {**GENERIC, "file_ids": ["fi_x"]},
        {**GENERIC, "body": "{{1}}"},
        {**GENERIC, "variables": [{"position": 1, "attribute_identifier": "wildcard"}]},
        {**GENERIC, "body": "{{0}}", "variables": [{"position": 0, "attribute_identifier": "wildcard"}]},
        {**WHATS_APP, "variables": []},
        {**WHATS_APP, "variables": [*WHATS_APP["variables"], WHATS_APP["variables"][0]]},
        {**WHATS_APP, "variables": [WHATS_APP["variables"][0], {"position": 2, "attribute_identifier": "ca_x"}]},
        {**WHATS_APP, "variables": [WHATS_APP["variables"][0], {"position": 2}]},
        {**WHATS_APP, "variables": [WHATS_APP["variables"][0], {"attribute_identifier": "gender"}]},
        {**WHATS_APP, "category": "authentication"},
        {**WHATS_APP, "category": "transactional"},
        {key: value for key, value in WHATS_APP.items() if key != "variables"},
        {key: value for key, value in WHATS_APP.items() if key != "language"},
        {**WHATS_APP, "header": {"type": "text"}},
        {**WHATS_APP, "header": {"type": "text", "file_id": "fi_x"}},
        {**WHATS_APP, "header": {"type": "image"}},
        {**WHATS_APP, "header": {"type": "image", "value": "x"}},
        {**WHATS_APP, "header": {"type": "audio", "file_id": "x"}},
        {**WHATS_APP, "buttons": [{"type": "quick_reply"}]},
        {**WHATS_APP, "buttons": [{"type": "url", "text": "Shop"}]},
        {**WHATS_APP, "buttons": [{"type": "phone_number", "text": "Call"}]},
        {**WHATS_APP, "buttons": [{"type": "static_url", "text": "Shop", "target": "https://example.com"}]},
        {**WHATS_APP, "track_links": "yes"},
    ],
    ids=str,
)
def test_a_content_that_makes_no_sense_is_refused_without_a_trace(
    create: Create, untouched: Untouched, content: dict[str, Any]
) -> None:
    with untouched():
        assert create(content).status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        {"name": None},
        {"name": ""},
        {"name": 1},
        {"content": None},
        {"content": "Moin"},
        {"folder_id": 1},
        {"whats_app_business_account_id": 1},
    ],
    ids=str,
)
def test_a_body_of_another_shape_is_refused_without_a_trace(
    create: Create, untouched: Untouched, body: dict[str, Any]
) -> None:
    with untouched():
        assert create(GENERIC, **body).status_code == 400


@pytest.mark.parametrize("missing", ["name", "content", "whats_app_business_account_id"])
def test_name_content_and_business_account_are_required(
    api: httpx.Client, account: str, untouched: Untouched, missing: str
) -> None:
    body = {"name": "fresh", "content": WHATS_APP, "whats_app_business_account_id": account}
    del body[missing]
    with untouched():
        assert api.post("/templates", json=body).status_code == 400


@pytest.mark.parametrize("account_id", [None, ""])
def test_the_business_account_of_a_whatsapp_template_is_not_empty(
    create: Create, untouched: Untouched, account_id: str | None
) -> None:
    with untouched():
        assert create(WHATS_APP, whats_app_business_account_id=account_id).status_code == 400


@pytest.mark.parametrize(
    ("content", "body"),
    [
        (GENERIC, {"folder_id": "tn_nowhere"}),
        (WHATS_APP, {"whats_app_business_account_id": "waba_nobody"}),
        ({**GENERIC, "file_ids": [{"id": "fi_gone"}]}, {}),
        ({**WHATS_APP, "header": {"type": "image", "file_id": "fi_gone"}}, {}),
    ],
    ids=str,
)
@pytest.mark.parametrize(("side", "status"), [("404", 404), ("400", 400)])
def test_an_unknown_folder_account_or_file_is_refused_as_the_quirk_says(
    superchat: Account,
    create: Create,
    untouched: Untouched,
    content: dict[str, Any],
    body: dict[str, Any],
    side: str,
    status: int,
) -> None:
    superchat.quirks["unknown_reference"] = side
    with untouched():
        assert create(content, **body).status_code == status


@pytest.mark.parametrize(
    ("language", "title"), [("en", "Template already exists"), ("de", "Vorlage existiert bereits")]
)
def test_a_name_that_is_taken_is_a_conflict(
    superchat: Account, create: Create, untouched: Untouched, language: str, title: str
) -> None:
    superchat.quirks["error_texts"] = language
    with untouched():
        answer = create(GENERIC, name="versand_bestaetigung")
    assert answer.status_code == 409
    assert answer.json()["errors"][0]["title"] == title


@pytest.mark.parametrize("outcome", ["approved", "rejected"])
def test_the_review_ends_after_an_hour_as_the_quirk_says(
    harness: Sandbox, api: httpx.Client, superchat: Account, create: Create, outcome: str
) -> None:
    superchat.quirks["template_review"] = outcome
    harness.clock.tick = 0
    template = create(WHATS_APP).json()
    harness.clock.set("2026-01-15T09:59:59Z")
    assert api.get(template["url"]).json() == template
    harness.clock.set("2026-01-15T10:00:00Z")
    reviewed = {**template, "status": outcome, "updated_at": "2026-01-15T10:00:00Z"}
    assert api.get(template["url"]).json() == reviewed


def test_a_generic_template_may_be_pending_first_and_is_always_approved(
    harness: Sandbox, api: httpx.Client, superchat: Account, create: Create
) -> None:
    superchat.quirks.set(generic_template_status="pending", template_review="rejected")
    template = create(GENERIC).json()
    assert template["status"] == "pending"
    harness.clock.advance("1h")
    assert api.get(template["url"]).json()["status"] == "approved"


def test_a_template_deleted_during_review_stays_deleted(harness: Sandbox, api: httpx.Client, create: Create) -> None:
    template = create(WHATS_APP).json()
    assert api.delete(template["url"]).json() == {"id": template["id"]}
    harness.clock.advance("2h")
    assert api.get(template["url"]).status_code == 404


def test_a_template_is_renamed_and_moved(
    harness: Sandbox, api: httpx.Client, superchat: Account, create: Create
) -> None:
    folder = next(iter(superchat.collection("template_folders")))["id"]
    template = create(GENERIC).json()
    harness.clock.advance("5m")
    moved = api.patch(template["url"], json={"folder_id": folder}).json()
    assert moved == {**template, "folder_id": folder, "updated_at": "2026-01-15T09:05:00Z"}
    renamed = api.patch(template["url"], json={"name": "other"}).json()
    assert (renamed["name"], renamed["folder_id"]) == ("other", folder)
    assert api.patch(template["url"], json={"folder_id": None}).json()["folder_id"] is None


def test_a_template_keeps_its_own_name(api: httpx.Client, create: Create) -> None:
    template = create(GENERIC).json()
    assert api.patch(template["url"], json={"name": "fresh"}).status_code == 200


def test_a_new_name_that_is_taken_is_a_conflict(api: httpx.Client, create: Create, untouched: Untouched) -> None:
    template = create(GENERIC).json()
    with untouched():
        assert api.patch(template["url"], json={"name": "versand_bestaetigung"}).status_code == 409


def test_a_name_is_free_again_after_a_deletion(api: httpx.Client, create: Create) -> None:
    api.delete(create(GENERIC).json()["url"])
    assert create(GENERIC).status_code == 200


def test_the_text_of_a_template_cannot_be_changed(api: httpx.Client, create: Create) -> None:
    template = create(GENERIC).json()
    changed = api.patch(template["url"], json={"content": {**GENERIC, "body": "Other"}, "status": "rejected"}).json()
    assert (changed["content"], changed["status"]) == (template["content"], "approved")


def test_the_files_of_a_generic_template_are_replaced(api: httpx.Client, superchat: Account, create: Create) -> None:
    first, second = [file["id"] for file in superchat.collection("files")][:2]
    template = create({**GENERIC, "file_ids": [{"id": first}]}).json()
    changed = api.patch(template["url"], json={"file_ids": [second]}).json()
    assert changed["content"]["file_ids"] == [{"id": second}]
    assert api.patch(template["url"], json={"file_ids": []}).json()["content"]["file_ids"] == []


@pytest.mark.parametrize(
    "body",
    [{"name": ""}, {"name": None}, {"name": 1}, {"folder_id": 1}, {"file_ids": "fi_x"}, {"file_ids": [{"id": "fi_x"}]}],
    ids=str,
)
def test_a_change_that_makes_no_sense_is_refused_without_a_trace(
    api: httpx.Client, create: Create, untouched: Untouched, body: dict[str, Any]
) -> None:
    template = create(GENERIC).json()
    with untouched():
        assert api.patch(template["url"], json=body).status_code == 400


def test_a_whatsapp_template_has_no_files_to_replace(api: httpx.Client, create: Create, untouched: Untouched) -> None:
    template = create(WHATS_APP).json()
    with untouched():
        assert api.patch(template["url"], json={"file_ids": []}).status_code == 400


@pytest.mark.parametrize(("side", "status"), [("404", 404), ("400", 400)])
@pytest.mark.parametrize("body", [{"folder_id": "tn_nowhere"}, {"file_ids": ["fi_gone"]}], ids=str)
def test_a_change_to_an_unknown_folder_or_file_is_refused_as_the_quirk_says(
    api: httpx.Client,
    superchat: Account,
    create: Create,
    untouched: Untouched,
    body: dict[str, Any],
    side: str,
    status: int,
) -> None:
    superchat.quirks["unknown_reference"] = side
    template = create(GENERIC).json()
    with untouched():
        assert api.patch(template["url"], json={"name": "other", **body}).status_code == status


def test_a_template_is_no_folder(api: httpx.Client, create: Create, untouched: Untouched) -> None:
    template = create(GENERIC).json()
    with untouched():
        assert api.patch(template["url"], json={"folder_id": template["id"]}).status_code == 404


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_an_unknown_template_is_not_found(api: httpx.Client, method: str) -> None:
    answer = api.request(method, "/templates/tn_nothing", json={} if method == "PATCH" else None)
    assert answer.status_code == 404


def test_the_list_is_newest_first(api: httpx.Client, create: Create) -> None:
    create(GENERIC)
    assert names(api.get("/templates"))[:2] == ["fresh", "payment_reminder"]


@pytest.mark.parametrize("kind", ["generic_template", "whats_app_template"])
def test_the_list_is_narrowed_by_kind(api: httpx.Client, superchat: Account, kind: str) -> None:
    expected = {each["name"] for each in superchat.collection("templates") if each["content"]["type"] == kind}
    assert expected
    assert set(names(api.get("/templates", params={"type": kind}))) == expected


def test_the_list_is_narrowed_by_channel(api: httpx.Client, channels: dict[str, str]) -> None:
    answer = api.get("/templates", params={"channel_id": channels["live_chat"]})
    assert set(names(answer)) == {"Begrüßung", "Außerhalb der Öffnungszeiten"}


def test_the_list_is_narrowed_by_folder_without_what_lies_deeper(api: httpx.Client, superchat: Account) -> None:
    folder = next(each["id"] for each in superchat.collection("template_folders") if each["name"] == "Service")
    assert set(names(api.get("/templates", params={"folder_id": folder}))) == {"Begrüßung", "payment_reminder"}


def test_filters_narrow_together(api: httpx.Client, superchat: Account, channels: dict[str, str]) -> None:
    folder = next(each["id"] for each in superchat.collection("template_folders") if each["name"] == "Service")
    query = {"folder_id": folder, "channel_id": channels["whats_app"], "type": "whats_app_template"}
    assert names(api.get("/templates", params=query)) == ["payment_reminder"]


@pytest.mark.parametrize("query", ["channel_id=mc_nothing", "folder_id=tn_nothing"])
def test_a_filter_by_something_unknown_finds_nothing(api: httpx.Client, query: str) -> None:
    assert names(api.get(f"/templates?{query}")) == []


@pytest.mark.parametrize("query", ["channel_id=", "folder_id=", "type=", "cahnnel_id=mc_x", "size=1000"])
def test_empty_and_unknown_filters_are_ignored(api: httpx.Client, superchat: Account, query: str) -> None:
    assert len(names(api.get(f"/templates?{query}"))) == superchat.state["templates"]


@pytest.mark.parametrize("query", ["type=sms_template", "limit=0", "limit=101", "after=a&before=b", "after=tn_unknown"])
def test_a_query_that_makes_no_sense_is_refused(api: httpx.Client, query: str) -> None:
    assert api.get(f"/templates?{query}").status_code == 400


def test_a_filtered_list_pages_both_ways(api: httpx.Client) -> None:
    query: dict[str, Any] = {"type": "whats_app_template", "limit": 2}
    first = api.get("/templates", params=query).json()
    second = api.get("/" + first["pagination"]["next_url"].lstrip("/")).json()
    assert [len(first["results"]), len(second["results"])] == [2, 2]
    assert second["pagination"]["next_cursor"] is None
    assert api.get("/" + second["pagination"]["previous_url"].lstrip("/")).json()["results"] == first["results"]


def test_a_filtered_list_ends_at_a_deleted_cursor(api: httpx.Client) -> None:
    query: dict[str, Any] = {"type": "whats_app_template"}
    *_, before, oldest = api.get("/templates", params=query).json()["results"]
    api.delete(oldest["url"])
    page = api.get("/templates", params={**query, "before": oldest["id"], "limit": 1}).json()
    assert [each["id"] for each in page["results"]] == [before["id"]]
    assert page["pagination"]["next_cursor"] is None


def test_a_filtered_list_begins_at_a_deleted_cursor(api: httpx.Client) -> None:
    query: dict[str, Any] = {"type": "whats_app_template"}
    newest, after, *_ = api.get("/templates", params=query).json()["results"]
    api.delete(newest["url"])
    page = api.get("/templates", params={**query, "after": newest["id"], "limit": 1}).json()
    assert [each["id"] for each in page["results"]] == [after["id"]]
    assert page["pagination"]["previous_cursor"] is None
