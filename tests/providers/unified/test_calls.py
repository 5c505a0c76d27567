"""Unified operations, the proxy and free paths, through HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
import pytest

from harness import Account, Sandbox

CONTACTS = "/unified/ticketing/contacts"


def test_a_list_comes_in_its_envelope_with_the_providers_records(api: Any, superchat: Account) -> None:
    page = api.get(CONTACTS, "limit=3").json()
    assert page.keys() == {"result", "next_cursor", "prev_cursor", "result_count"}
    assert page["result_count"] == len(page["result"]) == 3
    raw = superchat.client().get("/contacts?limit=3").json()
    assert [each["remote_data"] for each in page["result"]] == raw["results"]
    assert page["next_cursor"] == raw["pagination"]["next_cursor"]


def test_one_record_is_not_wrapped(api: Any) -> None:
    id = api.get(CONTACTS, "limit=1").json()["result"][0]["id"]
    assert api.get(f"{CONTACTS}/{id}").json()["id"] == id


def test_what_is_written_arrives_at_the_fake(api: Any, superchat: Account) -> None:
    made = api.post(CONTACTS, json={"first_name": "Zoe", "emails": [{"email": "zoe@example.org"}]})
    assert made.status_code == 200
    id = made.json()["id"]
    assert superchat.collection("contacts")[id]["first_name"] == "Zoe"
    assert api("PATCH", f"{CONTACTS}/{id}", json={"first_name": "Zoë"}).json()["first_name"] == "Zoë"
    assert api("PATCH", CONTACTS, json={"id": id, "first_name": "Ida"}).json()["first_name"] == "Ida"
    assert api("DELETE", CONTACTS, f"id={id}").json() == {"id": id}
    assert id not in [each["id"] for each in superchat.collection("contacts")]
    other = next(iter(superchat.collection("contacts")))["id"]
    assert api("DELETE", CONTACTS, json={"id": other}).json() == {"id": other}


@pytest.mark.harness(quirks={"unified": {"create_status": "201", "single_result": "wrapped"}})
def test_quirks_of_the_account_are_those_of_the_engine(api: Any) -> None:
    made = api.post(CONTACTS, json={"first_name": "Zoe", "emails": [{"email": "zoe@example.org"}]})
    assert made.status_code == 201
    assert made.json()["result"]["first_name"] == "Zoe"


class TestFormats:
    def test_normalized_is_as_unified(self, api: Any) -> None:
        normalized = api.get(CONTACTS, "limit=2&truto_response_format=normalized").json()
        assert normalized == api.get(CONTACTS, "limit=2&truto_response_format=unified").json()

    def test_raw_is_the_providers_answer(self, api: Any, superchat: Account) -> None:
        raw = api.get(CONTACTS, "limit=2&truto_response_format=raw")
        assert raw.json() == superchat.client().get("/contacts?limit=2").json()

    def test_stream_is_a_record_a_line(self, api: Any) -> None:
        stream = api.get(CONTACTS, "limit=3&truto_response_format=stream")
        assert stream.headers["content-type"] == "application/x-ndjson"
        assert [orjson.loads(line) for line in stream.text.splitlines()] == api.get(CONTACTS, "limit=3").json()[
            "result"
        ]

    def test_debug_tells_the_request_without_the_key(self, api: Any, superchat: Account) -> None:
        debug = api.get(CONTACTS, "limit=2&truto_response_format=debug")
        assert superchat.api_key not in debug.text
        told = debug.json()["debug"]
        assert told["requestUrl"] == "http://superchat.localhost/v1.0/contacts?limit=2"
        assert told["resultCount"] == 2
        assert told["isEmptyResult"] is False

    def test_fields_are_left_out_and_records_are_keyed(self, api: Any) -> None:
        keyed = api.get(CONTACTS, "limit=2&truto_key_by=id&truto_ignore_remote_data=true").json()["result"]
        assert all(id == record["id"] and "remote_data" not in record for id, record in keyed.items())
        slim = api.get(CONTACTS, "limit=1&truto_exclude_fields[]=id&truto_exclude_fields[]=phones").json()["result"]
        assert not {"id", "phones"} & slim[0].keys()


@pytest.mark.parametrize(
    "query",
    [
        "limit=2&truto_exclude_fields[]=id&truto_exclude_fields[]=name",
        "limit=2&truto_exclude_fields%5B%5D=id&truto_exclude_fields%5B%5D=name",
        "limit=2&truto_exclude_fields%5B0%5D=id&truto_exclude_fields%5B1%5D=name&next_cursor=",
        "limit=2&truto_exclude_fields=id,name",
    ],
)
def test_lists_in_the_query_come_in_all_forms_clients_send(api: Any, query: str) -> None:
    records = api.get(CONTACTS, query).json()["result"]
    assert len(records) == 2
    assert not any({"id", "name"} & record.keys() for record in records)


@pytest.mark.parametrize(
    "name",
    [
        *("limit", "next_cursor", "truto_response_format", "truto_key_by", "truto_ignore_limit", "first_name"),
        *("truto_ignore_remote_data", "truto_exclude_fields", "truto_skip_api_call", "truto_super_query"),
        *("remote_query", "created_at", "sort_by", "type"),
    ],
)
def test_a_parameter_without_a_value_is_none(api: Any, name: str) -> None:
    assert api.get(CONTACTS, f"{name}=").json() == api.get(CONTACTS).json()
    if name in ("limit", "next_cursor", "truto_ignore_limit", "truto_response_format", "remote_query"):
        assert api.get("/proxy/contacts", f"{name}=").json() == api.get("/proxy/contacts").json()


def test_accounts_and_capabilities_take_parameters_without_a_value(api: Any) -> None:
    assert api.client.get("/integrated-account?limit=&next_cursor=").status_code == 200
    capabilities = f"/integrated-account/{api.id}/capabilities"
    shown = api.client.get(f"{capabilities}?type=&methods=&resource=&has_description=").json()
    assert shown == api.client.get(capabilities).json()
    assert api.client.get("/unified/meta/ticketing/superchat?format=").status_code == 200


def test_a_bare_question_mark_is_no_query(served: Account, refusal: Any) -> None:
    with served.client() as client:
        assert "integrated_account_id" in refusal(client.get(f"{CONTACTS}?"), 400)["message"]


def test_parts_of_parameters_count_as_read(api: Any, harness: Sandbox) -> None:
    api.get("/proxy/contacts", "limit=1&remote_query[before]=&filter[odd]=1")
    api.get(CONTACTS, "truto_exclude_fields[0]=id&next_cursor=&remote_query[x]=1")
    assert harness.account("unified").journal.unread() == []


class TestProxy:
    def test_a_list_has_the_unified_cursor(self, api: Any, superchat: Account) -> None:
        page = api.get("/proxy/contacts", "limit=2").json()
        raw = superchat.client().get("/contacts?limit=2").json()
        assert page["result"] == raw["results"]
        assert page["next_cursor"] == raw["pagination"]["next_cursor"]
        assert page["result_count"] == 2

    def test_one_record_is_verbatim(self, api: Any, superchat: Account) -> None:
        id = next(iter(superchat.collection("contacts")))["id"]
        assert api.get(f"/proxy/contacts/{id}").content == superchat.client().get(f"/contacts/{id}").content

    def test_records_are_written(self, api: Any, superchat: Account) -> None:
        handles = [{"type": "mail", "value": "zoe@example.org"}]
        id = api.post("/proxy/contacts", json={"first_name": "Zoe", "handles": handles}).json()["id"]
        changed = api("PATCH", f"/proxy/contacts/{id}", json={"first_name": "Ida", "handles": handles})
        assert changed.json()["first_name"] == "Ida"
        assert api("PATCH", "/proxy/contacts", f"id={id}", json={"first_name": "Zoe"}).json()["first_name"] == "Zoe"
        assert api("DELETE", f"/proxy/contacts/{id}").json() == {"id": id}
        calls = [each.operation for each in superchat.journal]
        assert calls == ["contacts.create", "contacts.update", "contacts.update", "contacts.delete"]

    def test_the_id_of_what_goes_may_stand_in_the_query(self, api: Any, superchat: Account) -> None:
        id = next(iter(superchat.collection("contacts")))["id"]
        assert api("DELETE", "/proxy/contacts", f"id={id}").json() == {"id": id}

    def test_a_form_goes_through(self, api: Any, superchat: Account) -> None:
        made = api.post("/proxy/files", files={"file": ("a.txt", b"hello", "text/plain")})
        assert made.status_code == 200, made.text
        assert superchat.collection("files")[made.json()["id"]]["name"] == "a.txt"

    def test_a_body_goes_through_as_it_is_when_asked_to(self, api: Any, superchat: Account) -> None:
        body = b'{ "first_name":"Zoe",  "handles":[{"type":"mail","value":"z@example.org"}] }'
        api.post("/proxy/contacts", "truto_body_passthrough=true", content=body, headers={"content-type": "text/plain"})
        sent = superchat.journal.calls("contacts.create") or list(superchat.journal)
        assert sent[0].request.text == body.decode()

    def test_custom_methods_are_called_by_name(self, api: Any, superchat: Account) -> None:
        method = {"path": "/contacts/{{id}}", "method": "get"}
        api.change(integration_override={"resources": {"contacts": {"look": method}}})
        id = next(iter(superchat.collection("contacts")))["id"]
        assert api.post("/proxy/contacts/look", json={"id": id}).json()["id"] == id
        assert api.post("/proxy/contacts/look", f"id={id}").json()["id"] == id

    def test_unknown_names_are_404_with_the_nearest_in_a_header_only(self, api: Any, refusal: Any) -> None:
        response = api.get("/proxy/contactz")
        assert refusal(response, 404)["message"] == "superchat has no proxy resource 'contactz'"
        assert response.headers["x-harness-nearest"] == "contacts"
        assert refusal(api.get("/proxy/Contacts"), 404)
        assert refusal(api.post("/proxy/contacts/merge"), 404)

    def test_parameters_of_the_provider_are_handed_on(self, api: Any, superchat: Account) -> None:
        api.get("/proxy/contacts", "limit=1&before=&remote_query[odd]=1")
        assert "odd=1" in superchat.journal.calls("contacts.list")[0].query
        assert "integrated_account_id" not in superchat.journal.calls("contacts.list")[0].query


class TestCustom:
    def test_any_path_and_verb_reach_the_provider(self, api: Any, superchat: Account) -> None:
        handles = [{"type": "mail", "value": "zoe@example.org"}]
        made = api.post("/custom/contacts", json={"first_name": "Zoe", "handles": handles}).json()
        id = made["result"]["id"]
        assert made == {"result": made["result"], "next_cursor": None, "prev_cursor": None}
        assert api.get(f"/custom/contacts/{id}").json()["result"]["first_name"] == "Zoe"
        assert api("PATCH", f"/custom/contacts/{id}", json={"first_name": "Ida"}).status_code == 200
        assert api("PUT", f"/custom/contacts/{id}", json={"first_name": "Ida"}).status_code in (404, 405)
        assert api("DELETE", f"/custom/contacts/{id}").json()["result"] == {"id": id}

    def test_a_response_path_is_read_and_not_sent(self, api: Any, superchat: Account) -> None:
        found = api.post(
            "/custom/contacts/search",
            json={
                "query": {"value": [{"field": "mail", "operator": "=", "value": "nele.frisch@example.org"}]},
                "methodConfig": {"response_path": "results"},
            },
        )
        assert [each["first_name"] for each in found.json()["result"]] == ["Nele"]
        assert "methodConfig" not in next(iter(superchat.journal)).request.text

    def test_encoded_slashes_stay_encoded(self, api: Any, superchat: Account) -> None:
        api.get("/custom/contacts/a%2Fb")
        assert next(iter(superchat.journal)).path == "/v1.0/contacts/a%2Fb"

    def test_no_path_leads_out(self, api: Any, refusal: Any) -> None:
        assert refusal(api.get("/custom/contacts/%2e%2e/%2e%2e/secret"), 400)


def test_links_lead_where_the_client_came_from(api: Any, served: Account) -> None:
    api.post("/proxy/files", files={"file": ("a.txt", b"hello", "text/plain")})
    link = api.get("/proxy/files", "limit=1").json()["result"][0]["link"]
    url = link["url"] if isinstance(link, dict) else link
    assert url.startswith("http://superchat.localhost/")
    assert served.client().get(url).content == b"hello"


def test_what_the_provider_is_asked_stands_in_the_journal(
    api: Any, harness: Sandbox, superchat_calls: Callable[[str], int]
) -> None:
    api.get(CONTACTS, "limit=1")
    assert [(each.provider, each.operation) for each in harness.journal] == [
        ("superchat", "contacts.list"),
        ("unified", "ticketing.contacts.list"),
    ]
    assert superchat_calls("contacts.list") == 1
