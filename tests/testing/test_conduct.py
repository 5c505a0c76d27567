"""How clients behave: what the rules find, and what they let pass."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

import harness
from harness.testing.conduct import RULES


@pytest.fixture
def superchat(sandbox: harness.Sandbox) -> harness.Account:
    return sandbox.superchat


@pytest.fixture
def client(superchat: harness.Account) -> Iterator[httpx.Client]:
    with superchat.client() as opened:
        yield opened


def found(account: harness.Account, rule: str) -> list[tuple[int, ...]]:
    return [finding.exchanges for finding in account.conduct.findings(rule)]


def cursor(answer: httpx.Response, name: str = "next_cursor") -> str:
    return str(answer.json()["pagination"][name])


CONTACT = {"handles": [{"type": "mail", "value": "ada@example.com"}]}


def test_nothing_asked_is_good_conduct(superchat: harness.Account) -> None:
    superchat.conduct.assert_good()
    assert superchat.conduct.findings() == []


def test_a_client_that_waits_the_retry_after_is_good(
    sandbox: harness.Sandbox, superchat: harness.Account, client: httpx.Client
) -> None:
    superchat.faults.add("contacts.list", "rate_limit", retry_after=30, first=1)
    superchat.quirks["rate_limit_retry_after"] = "present"
    wait = client.get("/contacts").headers["retry-after"]
    sandbox.clock.advance(seconds=int(wait))
    client.get("/contacts")
    superchat.conduct.assert_good()


def test_a_client_that_comes_before_the_retry_after_is_told(
    sandbox: harness.Sandbox, superchat: harness.Account, client: httpx.Client
) -> None:
    superchat.faults.add("contacts.list", "rate_limit", retry_after=30, first=1)
    superchat.quirks["rate_limit_retry_after"] = "present"
    client.get("/contacts")
    client.get("/me")  # which was not refused
    sandbox.clock.advance(seconds=20)
    client.get("/contacts")
    finding = superchat.conduct.findings("waits_retry_after")[0]
    assert finding.exchanges == (1, 3)
    assert finding.message.startswith("request 3 (contacts.list) came 9.998 s too early: 1 was refused with 429")


def test_without_a_retry_after_the_reset_of_the_window_counts(
    sandbox: harness.Sandbox, superchat: harness.Account, client: httpx.Client
) -> None:
    superchat.quotas["requests"].remaining = 1
    client.get("/me")
    client.get("/me")
    client.get("/contacts")  # another operation of the same full window
    assert found(superchat, "waits_retry_after") == [(2, 3)]
    sandbox.clock.set(superchat.quotas["requests"].resets_at)
    client.get("/me")
    assert found(superchat, "waits_retry_after") == [(2, 3)]


def test_another_key_need_not_wait(superchat: harness.Account, client: httpx.Client) -> None:
    superchat.faults.add("me.list", "rate_limit", first=1)
    client.get("/me")
    client.get("/me", headers={"X-API-KEY": superchat.issue_key()})
    assert found(superchat, "waits_retry_after") == []


def test_a_walk_to_the_last_page_and_back_is_good(superchat: harness.Account, client: httpx.Client) -> None:
    page = client.get("/contacts", params={"limit": 10})
    while (pagination := page.json()["pagination"])["next_cursor"]:
        page = client.get("/contacts", params={"limit": 15, "after": pagination["next_cursor"]})
    while (pagination := page.json()["pagination"])["previous_url"]:
        page = client.get(pagination["previous_url"])
    client.get("/contacts")
    superchat.conduct.assert_good()


def test_two_walks_at_once_are_good(superchat: harness.Account, client: httpx.Client) -> None:
    starts = [client.get("/contacts", params={"limit": 30}) for _ in range(2)]
    for start in starts:
        client.get("/contacts", params={"limit": 30, "after": cursor(start)})
    superchat.conduct.assert_good()


def test_a_cursor_nobody_handed_out_is_told(superchat: harness.Account, client: httpx.Client) -> None:
    contact = client.get("/contacts", params={"limit": 2}).json()["results"][0]["id"]
    assert client.get("/contacts", params={"after": contact}).status_code == 200
    assert found(superchat, "invents_no_cursor") == [(2,)]


def test_a_cursor_of_another_list_is_told(superchat: harness.Account, client: httpx.Client) -> None:
    after = cursor(client.get("/contacts", params={"limit": 2}))
    client.get("/conversations", params={"after": after})
    finding = superchat.conduct.findings("invents_no_cursor")[0]
    assert finding.message.endswith("which was handed out for another list of contacts.list")


def test_a_cursor_from_an_answer_that_did_not_arrive_is_told(superchat: harness.Account, client: httpx.Client) -> None:
    superchat.faults.add("contacts.list", "truncate", first=1)
    with pytest.raises(httpx.TransportError):
        client.get("/contacts", params={"limit": 2})
    after = cursor(client.get("/contacts", params={"limit": 2}))
    client.get("/contacts", params={"limit": 2, "after": after})
    assert found(superchat, "invents_no_cursor") == []


def test_going_on_after_the_last_page_is_told(superchat: harness.Account, client: httpx.Client) -> None:
    last = client.get("/contacts", params={"limit": 100})
    assert last.json()["pagination"]["next_cursor"] is None
    client.get("/contacts", params={"limit": 100, "after": ""})
    client.get("/contacts", params={"limit": 100, "after": "None"})
    client.get("/contacts", params={"limit": 100, "after": last.json()["results"][-1]["id"]})
    assert found(superchat, "stops_at_last_page") == [(1, 2), (2, 3), (2, 4)]


def test_asking_for_the_last_page_again_is_told(superchat: harness.Account, client: httpx.Client) -> None:
    after = cursor(client.get("/contacts", params={"limit": 30}))
    for _ in range(2):
        client.get("/contacts", params={"limit": 30, "after": after})
    assert found(superchat, "stops_at_last_page") == [(2, 3)]


def test_a_last_page_that_failed_may_be_asked_for_again(superchat: harness.Account, client: httpx.Client) -> None:
    after = cursor(client.get("/contacts", params={"limit": 30}))
    superchat.faults.add("contacts.list", status=503, first=1)
    for _ in range(2):
        client.get("/contacts", params={"limit": 30, "after": after})
    superchat.conduct.assert_good("stops_at_last_page")


@pytest.mark.parametrize("effect", ["status", "cut", "truncate"])
def test_a_create_repeated_blindly_is_told(superchat: harness.Account, client: httpx.Client, effect: str) -> None:
    superchat.faults.add("contacts.create", effect, first=1)  # type: ignore[arg-type]
    for _ in range(2):
        try:
            client.post("/contacts", json=CONTACT)
        except httpx.TransportError:
            continue
    assert found(superchat, "no_duplicate_create") == [(1, 2)]


def test_a_create_repeated_after_a_look_is_good(superchat: harness.Account, client: httpx.Client) -> None:
    superchat.faults.add("contacts.create", status=503, first=1)
    client.post("/contacts", json=CONTACT)
    client.post("/contacts/search", json={"query": {"value": []}})
    client.get("/contacts")
    client.post("/contacts", json=CONTACT)
    superchat.conduct.assert_good()


def test_a_refused_create_may_be_repeated(superchat: harness.Account, client: httpx.Client) -> None:
    for _ in range(2):
        assert client.post("/contacts", json={"handles": "none"}).status_code == 400
    superchat.conduct.assert_good()


def test_the_same_thing_created_twice_is_told(superchat: harness.Account, client: httpx.Client) -> None:
    client.post("/webhooks", json={"target_url": "https://example.com", "events": [{"type": "message_inbound"}]})
    client.post("/webhooks", json={"events": [{"type": "message_inbound"}], "target_url": "https://example.com"})
    client.post("/webhooks", json={"events": [{"type": "message_outbound"}], "target_url": "https://example.com"})
    assert {answer.status for answer in superchat.journal} == {200}
    assert found(superchat, "no_duplicate_create") == [(1, 2)]


def test_what_was_deleted_may_be_created_again(superchat: harness.Account, client: httpx.Client) -> None:
    for _ in range(2):
        contact = client.post("/contacts", json=CONTACT).json()["id"]
        client.delete(f"/contacts/{contact}")
    superchat.conduct.assert_good()


def test_a_call_with_a_revoked_key_after_its_401_is_told(superchat: harness.Account, client: httpx.Client) -> None:
    key = superchat.api_key
    fresh = superchat.issue_key()
    superchat.revoke_key(key)
    assert [client.get("/me").status_code for _ in range(2)] == [403, 403]  # as Superchat says it
    client.get("/me", headers={"X-API-KEY": fresh})
    assert found(superchat, "no_call_after_401") == [(1, 2)]
    assert key not in str(superchat.journal[0])
    assert superchat.journal[0].note == "revoked key"


def test_after_a_403_only_the_same_request_is_told(superchat: harness.Account, client: httpx.Client) -> None:
    superchat.faults.add("contacts.list", status=403, first=1)
    client.get("/contacts")
    client.get("/me")
    client.get("/contacts")
    assert found(superchat, "no_call_after_401") == [(1, 3)]


def test_an_unknown_rule_is_refused_with_the_valid_ones(superchat: harness.Account) -> None:
    with pytest.raises(ValueError, match="did you mean 'waits_retry_after'") as caught:
        superchat.conduct.findings("wait_retry_after")
    assert all(rule in str(caught.value) for rule in RULES)


def test_bad_conduct_is_told_with_its_exchanges(superchat: harness.Account, client: httpx.Client) -> None:
    client.get("/me")
    client.get("/contacts", params={"after": "made-up"})
    with pytest.raises(AssertionError) as caught:
        superchat.conduct.assert_good("invents_no_cursor", "waits_retry_after")
    assert str(caught.value).splitlines() == [
        "the client's conduct: 1 finding",
        "  superchat invents_no_cursor: request 2 (contacts.list) sends after=made-up, which was never handed out",
        "the exchanges:",
        str(superchat.journal[1]),
    ]


def test_a_sandbox_judges_all_its_accounts(sandbox: harness.Sandbox, client: httpx.Client) -> None:
    notebook = sandbox.notebook
    with notebook.client() as old:
        notebook.revoke_key(old.headers["x-api-key"])
        client.get("/contacts", params={"after": "made-up"})
        for _ in range(2):
            old.get("/notes")
    told = [(finding.provider, finding.rule) for finding in sandbox.conduct.findings()]
    assert told == [("superchat", "invents_no_cursor"), ("notebook", "no_call_after_401")]
    assert [finding.provider for finding in notebook.conduct.findings()] == ["notebook"]


def test_a_provider_without_cursors_has_no_pages_to_judge(sandbox: harness.Sandbox) -> None:
    with sandbox.notebook.client() as client:
        client.get("/notes", params={"after": "x"})
    sandbox.conduct.assert_good()


def test_pages_that_nobody_hands_out_are_counted_by_the_client(sandbox: harness.Sandbox) -> None:
    with sandbox.kustomer.client() as client:
        for page in (1, 2):
            client.get("/outboundAccounts", params={"page": page})
    sandbox.conduct.assert_good()
