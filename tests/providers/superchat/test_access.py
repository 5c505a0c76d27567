"""Who may ask, what there is to ask for, and how often."""

from __future__ import annotations

import uuid

import httpx
import pytest

from harness import Account, Sandbox

TEXTS = {
    "en": ("Contact not found", "Invalid parameter: handles", "Method not allowed"),
    "de": ("Contact nicht gefunden", "Ungültiger Parameter: handles", "Methode nicht erlaubt"),
    "pt": ("Contact não encontrado", "Parâmetro inválido: handles", "Método não permitido"),
    "null": (None, None, None),
}


def errors(response: httpx.Response) -> list[dict[str, object]]:
    found: list[dict[str, object]] = response.json()["errors"]
    return found


def test_a_request_without_a_key_is_401_with_an_empty_body(superchat: Account) -> None:
    bare = httpx.Client(base_url=superchat.transport_url, transport=superchat.transport())
    response = bare.get("/me")
    assert (response.status_code, response.content) == (401, b"")
    assert response.headers["content-length"] == "0"


def test_an_empty_key_counts_as_none(superchat: Account) -> None:
    assert superchat.client(headers={"X-API-KEY": ""}).get("/me").status_code == 401


def test_a_wrong_key_is_403_with_an_empty_body(superchat: Account) -> None:
    response = superchat.client(headers={"X-API-KEY": str(uuid.UUID(int=7))}).get("/me")
    assert (response.status_code, response.content) == (403, b"")
    assert response.headers["content-length"] == "0"


@pytest.mark.parametrize("header", ["Authorization", "X-API-TOKEN"])
def test_the_key_counts_in_its_own_header_only(superchat: Account, header: str) -> None:
    bare = httpx.Client(base_url=superchat.transport_url, transport=superchat.transport())
    assert bare.get("/me", headers={header: superchat.api_key}).status_code == 401


def test_the_key_has_no_prefix(superchat: Account) -> None:
    key = superchat.api_key
    assert superchat.client(headers={"X-API-KEY": f"Bearer {key}"}).get("/me").status_code == 403


def test_a_key_looks_like_a_lower_case_uuid(superchat: Account) -> None:
    assert str(uuid.UUID(superchat.api_key)) == superchat.api_key


def test_a_request_without_a_key_changes_nothing_and_is_in_no_journal(superchat: Account) -> None:
    bare = httpx.Client(base_url=superchat.transport_url, transport=superchat.transport())
    bare.post("/contacts", json={"handles": [{"value": "a@example.com"}]})
    assert (len(superchat.collection("contacts")), len(superchat.journal)) == (40, 0)


def test_a_second_key_opens_the_same_workspace(api: httpx.Client, superchat: Account) -> None:
    other = superchat.client(headers={"X-API-KEY": superchat.issue_key()})
    made = api.post("/contacts", json={"handles": [{"value": "new@example.com"}]}).json()
    assert other.get(made["url"]).json() == made


def test_a_revoked_key_is_a_wrong_one(api: httpx.Client, superchat: Account) -> None:
    superchat.revoke_key(superchat.api_key)
    assert api.get("/me").status_code == 403


def test_what_is_made_in_one_sandbox_is_not_in_another(harness: Sandbox, superchat: Account) -> None:
    fork = harness.fork()
    response = superchat.client().post("/contacts", json={"handles": [{"value": "mine@example.com"}]})
    contact = response.json()["url"]
    assert fork.account("superchat").client().get(contact).status_code == 404


def test_the_journal_does_not_hold_the_key(api: httpx.Client, superchat: Account) -> None:
    api.get("/me")
    assert superchat.api_key not in str(superchat.journal[-1])


def test_further_headers_are_harmless(api: httpx.Client) -> None:
    headers = {"X-Superchat-Platform": "n8n", "X-Superchat-n8n-Version": "1"}
    assert api.get("/me", headers=headers).status_code == 200


def test_unknown_query_parameters_are_ignored(api: httpx.Client) -> None:
    assert api.get("/custom-attributes?size=1000").json() == api.get("/custom-attributes").json() | {
        "url": "/custom-attributes"
    }


@pytest.mark.parametrize("host", ["api.superchat.com", "api.superchat.de"])
def test_both_real_hosts_answer_alike(superchat: Account, host: str) -> None:
    client = superchat.client(base_url=f"https://{host}/v1.0")
    assert client.get("/me").json() == superchat.client().get("/me").json()


@pytest.mark.parametrize("path", ["/v1/contacts", "/v2.0/contacts", "/contacts", "/", "/v1.0"])
def test_another_version_is_a_json_404(superchat: Account, path: str) -> None:
    root = superchat.transport_url.removesuffix("/v1.0")
    response = superchat.client(base_url=root).get(path)
    assert response.status_code == 404
    assert errors(response)[0]["status_code"] == 404


def test_an_unknown_path_is_404_without_a_key_too(superchat: Account) -> None:
    bare = httpx.Client(base_url=superchat.transport_url, transport=superchat.transport())
    assert errors(bare.get("/kontakte"))[0]["title"] == "Resource not found"


@pytest.mark.parametrize(
    ("method", "path", "nearest"),
    [
        ("GET", "/contact", "contacts.list: GET /v1.0/contacts"),
        ("GET", "/conversations/cv_1/message", "conversation_messages.list: GET /v1.0/conversations/{id}/messages"),
        ("POST", "/template-folder", "template_folders.create: POST /v1.0/template-folders"),
        ("DELETE", "/contacts", "contacts"),
    ],
)
def test_an_unknown_path_names_the_nearest_operation(api: httpx.Client, method: str, path: str, nearest: str) -> None:
    assert nearest in api.request(method, path).headers["x-harness-nearest"]


def test_the_nearest_operation_is_in_the_journal(api: httpx.Client, superchat: Account) -> None:
    api.get("/contact")
    assert superchat.journal[-1].note == "nearest contacts.list: GET /v1.0/contacts"


def test_an_answered_request_names_no_nearest_operation(api: httpx.Client) -> None:
    assert "x-harness-nearest" not in api.get("/contacts").headers


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("PUT", "/contacts", "GET, POST"),
        ("PATCH", "/me", "GET"),
        ("POST", "/contacts/ct_1", "DELETE, GET, PATCH"),
        ("PATCH", "/webhooks/wh_1", "DELETE, GET, PUT"),
        ("PATCH", "/template-folders/tn_1", "DELETE, PUT"),
        ("POST", "/contact-lists", "GET"),
    ],
)
def test_a_method_a_path_has_not_is_405_and_names_those_it_has(
    api: httpx.Client, method: str, path: str, allow: str
) -> None:
    response = api.request(method, path)
    assert (response.status_code, response.headers["allow"]) == (405, allow)
    assert errors(response)[0]["status_code"] == 405


def test_a_wrong_method_changes_nothing(api: httpx.Client, superchat: Account) -> None:
    before = superchat.state
    api.put("/contacts", json={"handles": [{"value": "a@example.com"}]})
    assert superchat.state == before


@pytest.mark.parametrize(("language", "texts"), TEXTS.items())
def test_titles_are_in_the_language_of_the_account(
    api: httpx.Client, superchat: Account, language: str, texts: tuple[str | None, ...]
) -> None:
    superchat.quirks["error_texts"] = language
    answers = [api.get("/contacts/ct_no"), api.post("/contacts", json={}), api.put("/contacts")]
    assert tuple(errors(answer)[0]["title"] for answer in answers) == texts


def test_every_error_has_all_its_keys(api: httpx.Client) -> None:
    (item,) = errors(api.get("/labels/lb_no"))
    assert item.pop("detail")
    assert str(item.pop("docs")).startswith("https://")
    assert item == {"title": "Label not found", "url": "/labels/{labelId}", "status_code": 404}


def test_a_contact_that_is_not_there_is_answered_as_the_error_page_shows_it(api: httpx.Client) -> None:
    detail = "No contact could be found for this resource identifier. Please make sure to use uuids and not hashed ids."
    assert errors(api.get("/contacts/ct_no")) == [
        {
            "title": "Contact not found",
            "detail": detail,
            "url": "/contact/{contact_id}",
            "docs": "https://superchat.readme.io/frequent-contact-errors",
            "status_code": 404,
        }
    ]


def test_a_body_that_breaks_several_rules_gets_an_error_for_each(api: httpx.Client) -> None:
    response = api.post("/contacts", json={"first_name": 5, "gender": "x", "handles": []})
    assert [item["title"] for item in errors(response)] == [
        "Invalid parameter: first_name",
        "Invalid parameter: gender",
        "Invalid parameter: handles",
    ]


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b"", "application/json"),
        (b"{", "application/json"),
        (b"[]", "application/json"),
        (b"null", "application/json"),
        (b'"text"', "application/json"),
        (b"\xff\xfe{}", "application/json"),
        (b'{"handles":[{"value":"a@example.com"}]}', "text/plain"),
        (b"handles=a", "application/x-www-form-urlencoded"),
        (b'{"handles":[{"value":"\\ud800@example.com"}]}', "application/json"),
    ],
)
def test_a_body_that_cannot_be_read_is_400(
    api: httpx.Client, superchat: Account, content: bytes, content_type: str
) -> None:
    before = superchat.state
    response = api.post("/contacts", content=content, headers={"content-type": content_type})
    assert response.status_code == 400
    assert superchat.state == before


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON", None])
def test_json_is_read_however_it_is_announced(api: httpx.Client, content_type: str | None) -> None:
    headers = {"content-type": content_type} if content_type else {}
    body = '{"handles":[{"value":"jürgen@example.com"}]}'.encode()
    assert api.post("/contacts", content=body, headers=headers).status_code == 200


# The rate limit


def test_2500_requests_are_answered_in_five_minutes(api: httpx.Client, superchat: Account) -> None:
    answers = [api.get("/me").status_code for _ in range(2501)]
    assert answers[:2500] == [200] * 2500
    assert answers[2500] == 429


def test_the_rate_limit_has_the_common_error_shape_and_no_headers(api: httpx.Client, superchat: Account) -> None:
    superchat.quotas["requests"].remaining = 0
    response = api.get("/me")
    assert response.status_code == 429
    assert errors(response)[0]["title"] == "Too many requests"
    assert not [name for name in response.headers if "rate" in name or name == "retry-after"]


def test_the_rate_limit_ends_when_five_minutes_have_passed(
    api: httpx.Client, superchat: Account, harness: Sandbox
) -> None:
    superchat.quotas["requests"].remaining = 0
    harness.clock.advance("4m59s")
    assert api.get("/me").status_code == 429
    harness.clock.advance("1s")
    assert api.get("/me").status_code == 200


def test_all_keys_share_the_rate_limit(api: httpx.Client, superchat: Account) -> None:
    superchat.quotas["requests"].remaining = 1
    other = superchat.client(headers={"X-API-KEY": superchat.issue_key()})
    assert (other.get("/me").status_code, api.get("/me").status_code) == (200, 429)


def test_a_request_over_the_limit_changes_nothing(api: httpx.Client, superchat: Account) -> None:
    superchat.quotas["requests"].remaining = 0
    before = superchat.state
    response = api.post("/contacts", json={"handles": [{"value": "a@example.com"}]})
    assert response.status_code == 429
    assert superchat.state == before


def test_refused_requests_count_too(api: httpx.Client, superchat: Account) -> None:
    superchat.quotas["requests"].remaining = 2
    answers = [api.get("/contacts/ct_no"), api.post("/contacts", json={}), api.get("/me")]
    assert [answer.status_code for answer in answers] == [404, 400, 429]


def test_a_fixed_window_begins_with_its_first_request(api: httpx.Client, superchat: Account, harness: Sandbox) -> None:
    superchat.quotas["requests"].limit = 2
    api.get("/me")
    harness.clock.advance("4m")
    api.get("/me")
    assert api.get("/me").status_code == 429
    harness.clock.advance("1m")
    assert [api.get("/me").status_code for _ in range(3)] == [200, 200, 429]


def test_a_sliding_window_looks_back_from_each_request(api: httpx.Client, superchat: Account, harness: Sandbox) -> None:
    superchat.quirks["rate_limit_window"] = "sliding"
    superchat.quotas["requests"].limit = 2
    api.get("/me")
    harness.clock.advance("4m")
    api.get("/me")
    assert api.get("/me").status_code == 429
    harness.clock.advance("1m")
    assert [api.get("/me").status_code for _ in range(2)] == [200, 429]


def test_a_window_that_is_open_follows_the_quirk(api: httpx.Client, superchat: Account, harness: Sandbox) -> None:
    superchat.quotas["requests"].limit = 2
    api.get("/me")
    superchat.quirks["rate_limit_window"] = "sliding"
    harness.clock.advance("4m")
    api.get("/me")
    harness.clock.advance("1m")
    assert [api.get("/me").status_code for _ in range(2)] == [200, 429]


def test_retry_after_says_when_the_limit_ends(api: httpx.Client, superchat: Account, harness: Sandbox) -> None:
    superchat.quirks["rate_limit_retry_after"] = "present"
    superchat.quotas["requests"].remaining = 0
    harness.clock.advance("1m")
    wait = int(api.get("/me").headers["retry-after"])
    assert 239 <= wait <= 240
    harness.clock.advance(wait)
    assert api.get("/me").status_code == 200


@pytest.mark.harness(quotas="off")
def test_without_quotas_nobody_is_refused(api: httpx.Client) -> None:
    assert {api.get("/me").status_code for _ in range(2600)} == {200}


# Times


def test_times_are_utc_in_whole_seconds(api: httpx.Client) -> None:
    made = api.post("/contacts", json={"handles": [{"value": "a@example.com"}]}).json()
    assert made["created_at"] == "2026-01-15T09:00:00Z"


def test_times_carry_milliseconds_under_the_quirk(api: httpx.Client, superchat: Account) -> None:
    superchat.quirks["timestamp_fraction"] = "milliseconds"
    made = api.post("/contacts", json={"handles": [{"value": "a@example.com"}]}).json()
    assert made["created_at"] == "2026-01-15T09:00:00.001Z"
    assert api.get("/contacts?limit=1").json()["results"] == [made]
