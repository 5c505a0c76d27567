"""Integrated accounts: listed, added, changed, kept with the sandbox; live ones with their credentials."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from harness import Account, Sandbox
from harness.unified.integration import installed

CONTACTS = "/unified/ticketing/contacts"
KEY = "live-key-31415"


def listed(api: Any) -> list[str]:
    """The ids of all accounts, in their order."""
    return [each["id"] for each in api.client.get("/integrated-account").json()["result"]]


def test_there_is_one_for_each_provider_with_an_integration(api: Any) -> None:
    page = api.client.get("/integrated-account").json()
    assert page.keys() == {"result", "next_cursor", "limit"}
    assert {each["integration"]["name"] for each in page["result"]} == set(installed())
    assert {(each["status"], each["is_sandbox"]) for each in page["result"]} == {("active", False)}
    assert api.id in [each["id"] for each in page["result"] if each["integration"] == {"name": "superchat"}]


def test_its_id_is_the_same_in_every_sandbox(api: Any, harness: Sandbox) -> None:
    assert harness.fork().unified.env["SUPERCHAT_ACCOUNT_ID"] == api.id


def test_accounts_are_added_listed_changed_and_taken_away(api: Any, refusal: Any) -> None:
    first = listed(api)
    made = api.create(is_sandbox=True, context={"region": "eu"})
    other = api.of(made["id"])
    assert made["context"] == {"region": "eu"}
    assert other.get(CONTACTS).json() == api.get(CONTACTS).json()
    assert listed(api) == [*first, other.id]
    other.change(context={"plan": "pro"}, is_sandbox=False)
    assert api.client.get(f"/integrated-account/{other.id}").json()["context"] == {"region": "eu", "plan": "pro"}
    assert api.client.delete(f"/integrated-account/{other.id}").json() == {"id": other.id}
    refusal(api.client.get(f"/integrated-account/{other.id}"), 404)
    refusal(other.get(CONTACTS), 404)


def test_they_are_listed_in_pages(api: Any, refusal: Any) -> None:
    ids = [*listed(api), *(api.create()["id"] for _ in range(4))]
    found: list[str] = []
    cursor = ""
    while cursor is not None:
        page = api.client.get("/integrated-account", params={"limit": 2, "next_cursor": cursor}).json()
        found += [each["id"] for each in page["result"]]
        cursor = page["next_cursor"]
    assert found == ids
    refusal(api.client.get("/integrated-account", params={"next_cursor": "nowhere"}), 400)
    refusal(api.client.get("/integrated-account", params={"limit": 0}), 400)


def test_an_id_may_be_chosen_once(api: Any, refusal: Any) -> None:
    id = "11111111-2222-4333-8444-555555555555"
    assert api.create(id=id)["id"] == id
    again = {"id": id, "integration": {"name": "superchat"}, "context": {}}
    refusal(api.client.post("/integrated-account", json=again), 400)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"integration": {"name": "superchatt"}}, "did you mean 'superchat'?"),
        ({"integration_override": {"base_url": "https://example.org"}}, "needs credentials"),
        ({"integration_override": {"colour": "red"}}, "integration_override"),
        ({"unified_model_override": {"crm": {}}}, "unified_model_override"),
        (
            {"unified_model_override": {"ticketing": {"contacts": {"list": {"response_mapping": {"id": "("}}}}}},
            "does not compile",
        ),
        ({"context": {"api_key": "********"}}, "mask"),
        ({"context": {"api_key": 5}}, "is a text"),
        ({"context": {"api_key": "ключ"}}, "cannot stand in a header"),
        ({"context": {"api_key": KEY}, "integration_override": {"base_url": "ftp://example.org"}}, "base URL"),
    ],
)
def test_what_could_never_work_is_refused(api: Any, refusal: Any, fields: dict[str, Any], told: str) -> None:
    first = listed(api)
    body = {"integration": {"name": "superchat"}, "context": {}, **fields}
    assert told in refusal(api.client.post("/integrated-account", json=body), 400)["message"]
    assert listed(api) == first


def test_a_fakes_key_is_never_for_elsewhere(api: Any, superchat: Account, refusal: Any) -> None:
    body = {"integration": {"name": "superchat"}, "context": {"api_key": superchat.api_key}}
    message = refusal(api.client.post("/integrated-account", json=body), 400)["message"]
    assert "nothing is sent" in message
    assert superchat.api_key not in message


def test_an_override_changes_what_a_field_is_read_from(api: Any) -> None:
    override = {"ticketing": {"contacts": {"get": {"response_mapping": {"name": "'somebody'"}}}}}
    api.change(unified_model_override=override)
    id = api.get(CONTACTS, "limit=1").json()["result"][0]["id"]
    assert api.get(f"{CONTACTS}/{id}").json()["name"] == "somebody"
    assert api.client.get(f"/integrated-account/{api.id}").json()["unified_model_override"] == override
    api.change(unified_model_override=None)
    assert api.get(f"{CONTACTS}/{id}").json()["name"] != "somebody"


def test_an_accounts_override_lies_over_its_environments(api: Any, refusal: Any) -> None:
    def mapping(**fields: str) -> dict[str, Any]:
        return {"ticketing": {"contacts": {"list": {"response_mapping": fields}}}}

    api.change(environment_override=mapping(name="'environment'", details="'environment'"))
    api.change(unified_model_override=mapping(name="'account'"))
    [contact] = api.get(CONTACTS, "limit=1").json()["result"]
    assert (contact["name"], contact["details"]) == ("account", "environment")
    shown = api.client.get(f"/integrated-account/{api.id}").json()
    assert shown["environment_override"] == mapping(name="'environment'", details="'environment'")
    wrong = {"environment_override": mapping(details="(")}
    assert (
        "environment override" in refusal(api.client.patch(f"/integrated-account/{api.id}", json=wrong), 400)["message"]
    )


class TestWithTheSandbox:
    def test_snapshots_keep_them(self, api: Any, harness: Sandbox) -> None:
        first = listed(api)
        harness.snapshot("before")
        id = api.create()["id"]
        harness.snapshot("after")
        harness.restore("before")
        assert listed(api) == first
        harness.restore("after")
        assert api.of(id).get(CONTACTS).status_code == 200

    def test_forks_have_them_too_and_reach_their_own_fake(self, api: Any, harness: Sandbox) -> None:
        id = api.create()["id"]
        twin = harness.fork()
        with twin.unified.client() as client:
            body = {"first_name": "Zoe", "emails": [{"email": "zoe@example.org"}]}
            made = client.post(f"{CONTACTS}?integrated_account_id={id}", json=body).json()["id"]
        assert made in [each["id"] for each in twin.superchat.collection("contacts")]
        assert made not in [each["id"] for each in harness.superchat.collection("contacts")]

    def test_a_reset_leaves_the_first_ones(self, api: Any, harness: Sandbox) -> None:
        first = listed(api)
        api.create()
        api.change(is_blocked=True)
        harness.reset()
        assert listed(api) == first
        assert not any(each["is_blocked"] for each in api.client.get("/integrated-account").json()["result"])

    @pytest.mark.harness(world="empty")
    def test_an_empty_world_has_them(self, api: Any) -> None:
        assert api.get(CONTACTS).json()["result"] == []


class TestLive:
    def test_a_live_account_goes_where_it_is_told_with_its_own_key(self, api: Any, live: Any, connected: Any) -> None:
        account = connected()
        assert account.get("/unified/user-directory/users", "limit=2").json()["result"] == []
        assert account.get("/proxy/users").json()["result"] == []
        assert account.get("/custom/anything").json()["result"]["results"] == []
        assert [(path.partition("?")[0], key) for _, path, key in live.asked] == [
            ("/v1.0/users", KEY),
            ("/v1.0/users", KEY),
            ("/v1.0/anything", KEY),
        ]

    def test_its_credentials_are_shown_and_kept_nowhere(
        self, api: Any, live: Any, connected: Any, harness: Sandbox
    ) -> None:
        account = connected(region="eu")
        account.change(context={"api_key": KEY + "-2"})
        account.get("/proxy/users", "truto_response_format=debug")
        broken = b'{"context": {"api_key": "' + KEY.encode() + b'"'
        api.client.post("/integrated-account", content=broken, headers={"content-type": "application/json"})
        shown = api.client.get(f"/integrated-account/{account.id}").json()
        assert shown["context"] == {"api_key": "********", "region": "eu"}
        kept = [f"{each.request.text}{each.response.text}" for each in harness.journal]
        assert all(KEY not in text for text in kept)
        documents = orjson.dumps([dict(each) for each in harness.unified.collection("integrated_accounts")])
        assert KEY.encode() not in documents
        assert live.asked[-1][2] == KEY + "-2"

    def test_they_go_to_no_other_host_unless_they_are_given_again(
        self, api: Any, live: Any, connected: Any, refusal: Any
    ) -> None:
        account = connected()
        elsewhere = {"integration_override": {"base_url": "http://127.0.0.1:9/v1.0"}}
        assert "again" in refusal(api.client.patch(f"/integrated-account/{account.id}", json=elsewhere), 400)["message"]
        refusal(api.client.patch(f"/integrated-account/{account.id}", json={"integration_override": None}), 400)
        assert account.get("/proxy/users").status_code == 200
        account.change(**elsewhere, context={"api_key": KEY})
        refusal(account.get("/proxy/users"), 502)

    def test_forks_may_use_them(self, api: Any, live: Any, connected: Any, harness: Sandbox) -> None:
        account = connected()
        with harness.fork().unified.client() as client:
            assert client.get(f"/proxy/users?integrated_account_id={account.id}").status_code == 200

    def test_a_refusal_there_is_remembered(self, api: Any, live: Any, connected: Any, refusal: Any) -> None:
        account = connected()
        live.status = 401
        assert refusal(account.get("/proxy/users"), 401)["truto_is_remote_error"] is True
        refusal(account.get("/proxy/users"), 401)
        assert len(live.asked) == 1

    def test_redirects_are_not_followed(self, api: Any, live: Any, connected: Any) -> None:
        live.status = 302
        connected().get("/custom/anything")
        assert len(live.asked) == 1

    def test_an_unreachable_one_is_502(self, api: Any, live: Any, connected: Any, refusal: Any) -> None:
        account = connected()
        live.server.shutdown()
        live.server.server_close()
        assert "could not be reached" in refusal(account.get("/proxy/users"), 502)["message"]

    def test_one_whose_credentials_are_gone_has_to_be_connected_anew(
        self, api: Any, live: Any, connected: Any, refusal: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        account = connected()
        monkeypatch.setattr("harness.providers.unified.secrets._kept", {})
        assert "credentials" in refusal(account.get("/proxy/users"), 401)["message"]
        account.change(context={"api_key": KEY})
        assert account.get("/proxy/users").status_code == 200
