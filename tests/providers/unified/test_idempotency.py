"""`Idempotency-Key`: the same key for the same account and path is one call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness import Account, Sandbox

CONTACTS = "/unified/ticketing/contacts"
KEY = {"Idempotency-Key": "k-1"}
ZOE = {"first_name": "Zoe", "emails": [{"email": "zoe@example.org"}]}
IDA = {"first_name": "Ida", "emails": [{"email": "ida@example.org"}]}
HANDLES = {"first_name": "Zoe", "handles": [{"type": "mail", "value": "zoe@example.org"}]}

Calls = Callable[[str], int]


def test_a_repeat_is_answered_as_the_first_time_and_not_executed(api: Any, superchat_calls: Calls) -> None:
    first = api.post(CONTACTS, json=ZOE, headers=KEY)
    again = api.post(CONTACTS, json=ZOE, headers=KEY)
    assert (again.status_code, again.content) == (200, first.content)
    assert again.headers["content-type"] == "application/json"
    assert superchat_calls("contacts.create") == 1


def test_the_proxy_and_free_paths_have_it_too(api: Any, superchat_calls: Calls) -> None:
    for path in ("/proxy/contacts", "/custom/contacts"):
        body = {**HANDLES, "handles": [{"type": "mail", "value": f"{path[1:6]}@example.org"}]}
        answers = {api.post(path, json=body, headers=KEY).content for _ in range(2)}
        assert len(answers) == 1
    assert superchat_calls("contacts.create") == 2
    id = api.get(CONTACTS, "limit=1").json()["result"][0]["id"]
    for _ in range(2):
        assert api("PATCH", f"{CONTACTS}/{id}", json={"first_name": "Ida"}, headers=KEY).status_code == 200
    assert superchat_calls("contacts.update") == 1


def test_another_body_is_answered_as_the_first_time_or_refused(api: Any, served: Account, refusal: Any) -> None:
    first = api.post(CONTACTS, json=ZOE, headers=KEY)
    assert api.post(CONTACTS, json=IDA, headers=KEY).content == first.content
    served.quirks.set(idempotency_mismatch="conflict")
    assert "another request" in refusal(api.post(CONTACTS, json=IDA, headers=KEY), 409)["message"]
    assert api.post(CONTACTS, json=ZOE, headers=KEY).content == first.content


def test_another_account_path_or_key_is_another_call(api: Any, superchat_calls: Calls) -> None:
    other = api.of(api.create()["id"])
    api.post(CONTACTS, json=ZOE, headers=KEY)
    other.post(CONTACTS, json=IDA, headers=KEY)
    api.post("/custom/contacts/search", json={"query": {"value": []}}, headers=KEY)
    api.post(CONTACTS, json={"emails": [{"email": "x@example.org"}]}, headers={"Idempotency-Key": "k-2"})
    assert superchat_calls("contacts.create") == 3


def test_a_refusal_of_the_provider_is_kept_one_that_passes_is_not(
    api: Any, superchat: Account, superchat_calls: Calls, refusal: Any
) -> None:
    superchat.faults.add("contacts.create", status=503, times=1)
    refusal(api.post(CONTACTS, json=ZOE, headers=KEY), 503)
    assert api.post(CONTACTS, json=ZOE, headers=KEY).status_code == 200
    assert superchat_calls("contacts.create") == 2
    taken = {"Idempotency-Key": "k-2"}
    assert [api.post("/proxy/contacts", json={}, headers=taken).status_code for _ in range(2)] == [400, 400]
    assert superchat_calls("contacts.create") == 3


def test_what_was_never_sent_is_not_kept(api: Any, refusal: Any) -> None:
    refusal(api.post(CONTACTS, "colour=red", json=ZOE, headers=KEY), 400)
    assert api.post(CONTACTS, json=ZOE, headers=KEY).status_code == 200


def test_a_lost_answer_is_found_again(api: Any, served: Account, superchat_calls: Calls) -> None:
    served.faults.add("ticketing.contacts.create", effect="malformed", times=1)
    api.post(CONTACTS, json=ZOE, headers=KEY)
    assert api.post(CONTACTS, json=ZOE, headers=KEY).json()["first_name"] == "Zoe"
    assert superchat_calls("contacts.create") == 1


def test_after_a_day_it_is_forgotten(api: Any, harness: Sandbox, superchat_calls: Calls) -> None:
    api.post(CONTACTS, json=ZOE, headers=KEY)
    harness.clock.advance("24h")
    api.post(CONTACTS, json=IDA, headers=KEY)
    assert superchat_calls("contacts.create") == 2
    assert harness.unified.state["idempotency"] == 1


def test_a_restored_sandbox_knows_the_keys_it_knew(api: Any, harness: Sandbox, superchat_calls: Calls) -> None:
    harness.snapshot("before")
    api.post(CONTACTS, json=ZOE, headers=KEY)
    harness.restore("before")
    api.post(CONTACTS, json=ZOE, headers=KEY)
    assert superchat_calls("contacts.create") == 2


def test_reads_and_empty_keys_have_none(api: Any, superchat_calls: Calls, refusal: Any) -> None:
    api.get(CONTACTS, headers=KEY)
    api.get(CONTACTS, headers=KEY)
    assert superchat_calls("contacts.list") == 2
    refusal(api.post(CONTACTS, json=ZOE, headers={"Idempotency-Key": ""}), 400)
