"""What goes wrong, in the words of the unified API."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from harness import Account, Sandbox

CONTACTS = "/unified/ticketing/contacts"


class TestTokens:
    @pytest.mark.parametrize("headers", [{}, {"authorization": "Basic abc"}, {"authorization": "Bearer "}])
    def test_without_a_token_the_answer_is_401(self, served: Account, refusal: Any, headers: dict[str, str]) -> None:
        client = httpx.Client(transport=served.transport(), base_url=served.transport_url, headers=headers)
        assert "truto_is_remote_error" not in refusal(client.get("/ping"), 401)

    def test_an_unknown_or_revoked_token_is_401(self, served: Account, refusal: Any) -> None:
        client = served.client()
        refusal(client.get("/ping", headers={"authorization": "Bearer nobody"}), 401)
        served.revoke_key(served.api_key)
        refusal(client.get("/ping"), 401)

    def test_the_scheme_has_any_case(self, served: Account) -> None:
        assert served.client().get("/ping", headers={"authorization": f"bearer {served.api_key}"}).status_code == 200

    def test_tokens_are_recognisable_as_fake(self, served: Account) -> None:
        assert served.api_key.startswith("fa4e0000-0000-4000-8000-")

    def test_the_token_of_an_account_implies_it(self, api: Any, served: Account) -> None:
        token = served.issue_key(roles=[f"integrated-account:{api.id}"])
        client = served.client(headers={"Authorization": f"Bearer {token}"})
        assert client.get(CONTACTS).status_code == 200
        assert client.get("/proxy/contacts").status_code == 200
        assert client.get(f"{CONTACTS}?integrated_account_id={api.id}").status_code == 200
        assert client.get(f"/integrated-account/{api.id}/tools").status_code == 200

    @pytest.mark.parametrize(
        "path",
        ["/unified/meta/ticketing/superchat", "/unified/ticketing/contacts/meta/list", "/integrated-account"],
    )
    def test_and_may_ask_about_nothing_else(self, api: Any, served: Account, refusal: Any, path: str) -> None:
        token = served.issue_key(roles=[f"integrated-account:{api.id}"])
        client = served.client(headers={"Authorization": f"Bearer {token}"})
        refusal(client.get(path), 403)
        refusal(client.patch(f"/integrated-account/{api.id}", json={"is_sandbox": True}), 403)
        other = api.create()["id"]
        refusal(client.get(f"{CONTACTS}?integrated_account_id={other}"), 403)
        refusal(client.get(f"/integrated-account/{other}"), 403)


class TestRequests:
    @pytest.mark.parametrize("path", [CONTACTS, "/proxy/contacts", "/custom/contacts"])
    def test_the_account_has_to_be_named(self, served: Account, refusal: Any, path: str) -> None:
        assert "integrated_account_id" in refusal(served.client().get(path), 400)["message"]
        unknown = served.client().get(f"{path}?integrated_account_id=00000000-0000-4000-8000-000000000000")
        refusal(unknown, 404)
        assert "(superchat)" in unknown.headers["x-harness-nearest"]

    @pytest.mark.parametrize(
        "path",
        [
            "/unified/crm/contacts",
            "/unified/ticketing/contactz",
            "/unified/ticketing",
            "/proxy",
            "/custom/",
            "/nothing",
        ],
    )
    def test_unknown_addresses_are_404_with_the_nearest_in_a_header(self, api: Any, refusal: Any, path: str) -> None:
        response = api.get(path)
        assert "did you mean" not in refusal(response, 404)["message"]
        assert response.headers["x-harness-nearest"]

    def test_an_unmapped_method_is_404_with_its_reason(self, api: Any, refusal: Any) -> None:
        assert "has no mapping for" in refusal(api.get("/unified/ticketing/accounts"), 404)["message"]
        refusal(api.post("/unified/ticketing/tags", json={"name": "x"}), 404)

    def test_an_unmapped_write_is_405_under_the_quirk(self, api: Any, served: Account, refusal: Any) -> None:
        served.quirks.set(unmapped_write="method_not_allowed")
        refusal(api.post("/unified/ticketing/tags", json={"name": "x"}), 405)
        refusal(api("DELETE", "/unified/ticketing/attachments/1"), 405)

    def test_unknown_parameters_are_refused_or_ignored(self, api: Any, served: Account, refusal: Any) -> None:
        assert "remote_query" in refusal(api.get(CONTACTS, "colour=red"), 400)["message"]
        served.quirks.set(unknown_parameter="ignore")
        assert api.get(CONTACTS, "colour=red").status_code == 200

    @pytest.mark.parametrize("query", ["limit=0", "limit=x", "truto_ignore_limit=perhaps", "sort_by=name"])
    def test_parameters_of_the_wrong_type_are_400(self, api: Any, refusal: Any, query: str) -> None:
        refusal(api.get(CONTACTS, query), 400)

    def test_a_query_that_nests_too_deep_is_400(self, api: Any, refusal: Any) -> None:
        assert "nests deeper" in refusal(api.get("/proxy/contacts", f"a{'[b]' * 30}=1"), 400)["message"]

    def test_a_body_of_the_wrong_shape_lists_its_failures(self, api: Any, refusal: Any) -> None:
        body = refusal(api.post(CONTACTS, json={"first_name": 5}), 400)
        assert body["details"]["failures"][0]["path"] == "first_name"
        refusal(api.post(CONTACTS, content=b"{", headers={"content-type": "application/json"}), 400)


class TestAccounts:
    def test_a_blocked_account_is_503(self, api: Any, refusal: Any) -> None:
        api.change(is_blocked=True)
        for path in (CONTACTS, "/proxy/contacts", "/custom/contacts"):
            assert "truto_is_remote_error" not in refusal(api.get(path), 503)

    def test_one_that_needs_a_new_connection_is_401_until_it_is_active(self, api: Any, refusal: Any) -> None:
        api.change(status="needs_reauth")
        assert "truto_is_remote_error" not in refusal(api.get(CONTACTS), 401)
        api.change(status="active")
        assert api.get(CONTACTS).status_code == 200

    def test_one_that_is_not_ready_is_400(self, api: Any, refusal: Any) -> None:
        api.change(status="connecting")
        assert "connecting" in refusal(api.get(CONTACTS), 400)["message"]

    def test_the_providers_401_is_remembered(self, api: Any, superchat: Account, refusal: Any) -> None:
        superchat.faults.add("contacts.list", status=401, times=1)
        assert refusal(api.get("/proxy/contacts"), 401)["truto_is_remote_error"] is True
        assert api.client.get(f"/integrated-account/{api.id}").json()["status"] == "needs_reauth"
        assert "truto_is_remote_error" not in refusal(api.get("/proxy/contacts"), 401)
        assert len(superchat.journal.calls("contacts.list")) == 1

    def test_writes_on_a_sandbox_account_are_405(self, api: Any, superchat: Account, refusal: Any) -> None:
        api.change(is_sandbox=True)
        refusal(api.post(CONTACTS, json={"first_name": "Zoe", "emails": [{"email": "z@example.org"}]}), 405)
        refusal(api("DELETE", "/proxy/contacts/x"), 405)
        refusal(api.post("/custom/contacts", json={}), 405)
        assert list(superchat.journal) == []
        assert api.get(CONTACTS).status_code == 200


class TestProviders:
    def test_an_error_of_the_provider_keeps_status_and_body(self, api: Any, superchat: Account, refusal: Any) -> None:
        for path in (f"{CONTACTS}/ct_none", "/proxy/contacts/ct_none", "/custom/contacts/ct_none"):
            body = refusal(api.get(path), 404)
            assert body["truto_is_remote_error"] is True
            assert body["raw_response"]["errors"][0]["status_code"] == 404

    def test_its_field_is_a_quirk(self, api: Any, served: Account, refusal: Any) -> None:
        served.quirks.set(remote_error_field="details")
        assert "raw_response" not in refusal(api.get("/proxy/contacts/ct_none"), 404)

    def test_its_rate_limit_is_handed_back_normalised(self, api: Any, superchat: Account, refusal: Any) -> None:
        superchat.quirks.set(rate_limit_retry_after="present")
        superchat.faults.add("contacts.list", effect="rate_limit", retry_after=7)
        response = api.get(CONTACTS)
        body = refusal(response, 429)
        assert body["truto_is_remote_error"] is True
        assert "rate_limit_error" in body["truto_error_insight"]
        assert response.headers["retry-after"] == response.headers["ratelimit-reset"] == "7"

    @pytest.mark.parametrize(
        ("rule", "status"),
        [
            ({"effect": "cut"}, 502),
            ({"effect": "truncate"}, 502),
            ({"effect": "malformed"}, 502),
            ({"effect": "latency", "seconds": 31}, 504),
            ({"effect": "dribble", "seconds": 31}, 504),
            ({"effect": "status", "status": 503}, 503),
        ],
    )
    def test_its_faults_are_met_as_over_http(
        self, api: Any, superchat: Account, refusal: Any, rule: dict[str, Any], status: int
    ) -> None:
        superchat.faults.add("contacts.list", **rule)
        body = refusal(api.get(CONTACTS), status)
        assert ("truto_is_remote_error" in body) == (rule["effect"] == "status")

    def test_real_latency_is_waited_for_by_the_client_alone(self, api: Any, superchat: Account) -> None:
        superchat.faults.add("contacts.list", effect="latency", seconds=2, real=True)
        with pytest.raises(httpx.ReadTimeout):
            api.get(CONTACTS, timeout=0.001)

    def test_a_refused_key_is_its_own_error(self, api: Any, superchat: Account, refusal: Any) -> None:
        superchat.revoke_key(superchat.api_key)
        assert refusal(api.get("/proxy/contacts"), 403)["truto_is_remote_error"] is True


class TestFaultsOfTheUnifiedApi:
    def test_one_stands_in_for_the_call(self, api: Any, served: Account, superchat: Account, refusal: Any) -> None:
        served.faults.add("ticketing.contacts.list", status=502, times=1)
        assert "truto_is_remote_error" not in refusal(api.get(CONTACTS), 502)
        assert list(superchat.journal) == []
        assert api.get(CONTACTS).status_code == 200

    @pytest.mark.parametrize("effect", ["cut", "truncate"])
    def test_one_spoils_the_answer_of_a_call_that_was_made(
        self, api: Any, served: Account, superchat: Account, effect: str
    ) -> None:
        served.faults.add("ticketing.contacts.list", effect=effect)
        with pytest.raises(httpx.RemoteProtocolError):
            api.get(CONTACTS)
        assert len(superchat.journal.calls("contacts.list")) == 1

    def test_a_page_of_a_walk_can_be_struck(self, api: Any, served: Account, refusal: Any) -> None:
        served.faults.add("ticketing.contacts.list", status=500, page=2)
        cursor = api.get(CONTACTS, "limit=2").json()["next_cursor"]
        refusal(api.get(CONTACTS, f"limit=2&next_cursor={cursor}"), 500)

    def test_its_own_rate_limit_has_the_documented_header(self, api: Any, served: Account, refusal: Any) -> None:
        served.faults.add("proxy.list", effect="rate_limit")
        response = api.get("/proxy/contacts")
        refusal(response, 429)
        assert response.headers["retry-after"] == "10"


def test_a_mapping_that_gives_the_wrong_shape_is_an_error_that_names_it(api: Any, refusal: Any) -> None:
    override = {"ticketing": {"contacts": {"list": {"response_mapping": {"id": "5", "emails": "'none'"}}}}}
    api.change(unified_model_override=override)
    message = refusal(api.get(CONTACTS), 500)["message"]
    assert "resources.contacts.list.response_mapping: gives no ticketing contacts record" in message


def test_what_fails_in_the_work_is_raised_in_a_strict_sandbox(
    api: Any, harness: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("the engine is broken")

    monkeypatch.setattr("harness.unified.exchange.run", broken)
    with pytest.raises(RuntimeError, match="the engine is broken"):
        api.get(CONTACTS)
    last = list(harness.journal)[-1]
    assert (last.status, last.note) == (500, "the handler failed: RuntimeError: the engine is broken")
