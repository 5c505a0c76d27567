"""Faults: each effect and condition, in process and over the network, and rules that are refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

import harness as package
from harness import Account, Sandbox
from harness.testing.control import ControlError

NEW = {"first_name": "Ada", "handles": [{"type": "mail", "value": "ada@example.com"}]}


@pytest.fixture
def api(superchat: Account) -> httpx.Client:
    client: httpx.Client = superchat.client()
    return client


@pytest.fixture
def wire(superchat: Account) -> Iterator[httpx.Client]:
    """A client with a socket."""
    with httpx.Client(base_url=superchat.base_url, headers=superchat.headers, timeout=20) as client:
        yield client


@pytest.fixture(params=["in process", "over the network"])
def client(request: pytest.FixtureRequest) -> httpx.Client:
    name = "api" if request.param == "in process" else "wire"
    found: httpx.Client = request.getfixturevalue(name)
    return found


def statuses(api: httpx.Client, count: int, path: str = "/me") -> list[int]:
    return [api.get(path).status_code for _ in range(count)]


def test_there_are_no_faults_to_begin_with(superchat: Account, api: httpx.Client) -> None:
    assert len(superchat.faults) == 0
    assert statuses(api, 2) == [200, 200]


@pytest.mark.parametrize("status", [400, 404, 418, 500, 502, 503, 504])
def test_a_status_comes_in_the_providers_own_words(superchat: Account, api: httpx.Client, status: int) -> None:
    superchat.faults.add("me.list", status=status)
    answer = api.get("/me")
    assert answer.status_code == status
    assert answer.json()["errors"][0]["status_code"] == status


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({}, [503, 503, 503, 503, 503, 503]),
        ({"first": 2}, [503, 503, 200, 200, 200, 200]),
        ({"after": 4}, [200, 200, 200, 200, 503, 503]),
        ({"every": 3}, [200, 200, 503, 200, 200, 503]),
        ({"after": 1, "first": 3}, [200, 503, 503, 200, 200, 200]),
        ({"times": 1, "after": 2}, [200, 200, 503, 200, 200, 200]),
        ({"chance": 0}, [200] * 6),
        ({"chance": 1}, [503] * 6),
    ],
)
def test_a_rule_strikes_when_it_says(
    superchat: Account, api: httpx.Client, rule: dict[str, Any], expected: list[int]
) -> None:
    superchat.faults.add("me.list", **rule)
    assert statuses(api, 6) == expected


def test_chance_is_the_same_in_every_run() -> None:
    def run(seed: int) -> list[int]:
        with package.sandbox() as sandbox:
            sandbox.superchat.faults.add("*", chance=0.5, seed=seed)
            return statuses(sandbox.superchat.client(), 40)

    assert run(1) == run(1)
    assert run(1) != run(2)
    assert 8 <= run(1).count(503) <= 32


def test_a_pattern_covers_what_it_matches(superchat: Account, api: httpx.Client) -> None:
    superchat.faults.add("contacts.*", status=500)
    assert api.get("/contacts").status_code == 500
    assert api.post("/contacts", json=NEW).status_code == 500
    assert api.get("/conversations").status_code == 200


def test_the_first_rule_that_strikes_counts(superchat: Account, api: httpx.Client) -> None:
    superchat.faults.add("me.list", status=500, first=1)
    superchat.faults.add("*", status=502)
    assert statuses(api, 2) == [500, 502]


def test_a_rule_that_another_came_before_has_not_struck(superchat: Account, api: httpx.Client) -> None:
    superchat.faults.add("me.list", status=500, first=1)
    superchat.faults.add("*", status=502, times=1)
    assert statuses(api, 3) == [500, 502, 200]
    assert [(fault.met, fault.struck) for fault in superchat.faults] == [(3, 1), (3, 1)]


def test_only_a_page_of_a_walk(superchat: Account, api: httpx.Client) -> None:
    superchat.faults.add("contacts.list", status=500, page=3)

    def walk() -> list[int]:
        answers, query = [], "limit=10"
        for _ in range(4):
            answer = api.get(f"/contacts?{query}")
            answers.append(answer.status_code)
            if answer.status_code == 200:
                query = f"limit=10&after={answer.json()['pagination']['next_cursor']}"
        return answers

    assert walk() == [200, 200, 500, 500]
    assert walk() == [200, 200, 500, 500]


def test_a_page_that_is_asked_for_again_is_the_same_page(superchat: Account, api: httpx.Client) -> None:
    superchat.faults.add("contacts.list", status=500, page=2, first=2)
    first = api.get("/contacts?limit=10").json()["pagination"]
    api.get("/contacts?limit=30")  # somebody else's walk
    assert statuses(api, 3, f"/contacts?limit=10&after={first['next_cursor']}") == [500, 500, 200]


def test_pages_are_counted_forwards_and_backwards(superchat: Account, api: httpx.Client) -> None:
    superchat.faults.add("contacts.list", "malformed", page=3)
    second = api.get(f"/contacts?limit=1&after={api.get('/contacts?limit=1').json()['pagination']['next_cursor']}")
    third = f"/contacts?limit=1&after={second.json()['pagination']['next_cursor']}"
    assert b"\0" in api.get(third).content
    superchat.faults.add("contacts.list", status=500, page=1)
    assert statuses(api, 1, f"/contacts?limit=1&before={second.json()['pagination']['previous_cursor']}") == [500]


def test_only_while_a_job_is_in_a_state(harness: Sandbox, superchat: Account, api: httpx.Client) -> None:
    superchat.faults.add("conversation_exports.get", status=502, job="running")
    conversation = api.get("/conversations").json()["results"][0]["url"]
    export = f"{conversation}/export/{api.post(f'{conversation}/export').json()['id']}"
    assert api.get(export).status_code == 200
    harness.clock.advance("2s")
    assert api.get(export).status_code == 502
    harness.clock.advance("10s")
    assert api.get(export).json()["status"] == "done"


def test_a_refused_request_leaves_no_trace(superchat: Account, api: httpx.Client) -> None:
    superchat.faults.add("contacts.create", status=503)
    api.post("/contacts", json=NEW)
    assert len(superchat.collection("contacts")) == 40


def test_a_rate_limit_comes_with_its_headers(superchat: Account, api: httpx.Client) -> None:
    superchat.quirks["rate_limit_retry_after"] = "present"
    superchat.faults.add("me.list", "rate_limit", first=1, retry_after=7)
    answer = api.get("/me")
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "7"
    assert api.get("/me").status_code == 200


def test_latency_moves_the_clock_and_nobody_waits(harness: Sandbox, superchat: Account, api: httpx.Client) -> None:
    superchat.faults.add("me.list", "latency", seconds=4)
    before = harness.clock.now
    assert api.get("/me").status_code == 200
    assert (harness.clock.now - before).total_seconds() == pytest.approx(4, abs=0.01)


def test_a_client_in_process_meets_its_own_timeout(superchat: Account, api: httpx.Client) -> None:
    superchat.faults.add("contacts.create", "latency", seconds=30)
    with pytest.raises(httpx.ReadTimeout):
        api.post("/contacts", json=NEW, timeout=10)
    assert len(superchat.collection("contacts")) == 41


def test_what_is_due_during_the_latency_happens(superchat: Account, api: httpx.Client) -> None:
    conversation = api.get("/conversations").json()["results"][0]["url"]
    export = f"{conversation}/export/{api.post(f'{conversation}/export').json()['id']}"
    superchat.faults.add("conversation_exports.get", "latency", seconds=10)
    assert api.get(export, timeout=60).json()["status"] == "done"


@pytest.mark.parametrize(("handled", "contacts"), [(True, 41), (False, 40)])
def test_a_cut_connection_is_the_librarys_own_error(
    superchat: Account, client: httpx.Client, handled: bool, contacts: int
) -> None:
    superchat.faults.add("contacts.create", "cut", handled=handled, first=1)
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        client.post("/contacts", json=NEW)
    assert len(superchat.collection("contacts")) == contacts


def test_a_truncated_body_ends_before_its_announced_end(superchat: Account, client: httpx.Client) -> None:
    superchat.faults.add("contacts.list", "truncate", bytes=100)
    with pytest.raises(httpx.RemoteProtocolError):
        client.get("/contacts")
    with client.stream("GET", "/contacts") as answer:
        assert answer.status_code == 200
        assert int(answer.headers["content-length"]) > 100


def test_a_malformed_body_is_no_json(superchat: Account, client: httpx.Client) -> None:
    superchat.faults.add("contacts.list", "malformed")
    answer = client.get("/contacts")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    with pytest.raises(ValueError):
        answer.json()


def test_a_dribble_brings_the_whole_body_in_pieces(superchat: Account, client: httpx.Client) -> None:
    whole = client.get("/me").json()
    superchat.faults.add("me.list", "dribble", bytes=50, seconds=0)
    assert client.get("/me").json() == whole


def test_a_slow_dribble_is_a_timeout_for_a_client_in_process(superchat: Account, api: httpx.Client) -> None:
    superchat.faults.add("me.list", "dribble", bytes=10, seconds=60)
    with pytest.raises(httpx.ReadTimeout):
        api.get("/me", timeout=5)


def test_stale_reads_see_the_state_of_a_while_ago(harness: Sandbox, superchat: Account, api: httpx.Client) -> None:
    superchat.faults.add("*", "stale", seconds=5)
    api.get("/contacts")
    made = api.post("/contacts", json=NEW).json()
    assert api.get(made["url"]).status_code == 404
    harness.clock.advance("5s")
    assert api.get(made["url"]).status_code == 200


def test_a_stale_read_after_the_very_first_write_misses_it(superchat: Account, api: httpx.Client) -> None:
    superchat.faults.add("*", "stale", seconds=5)
    made = api.post("/contacts", json=NEW).json()
    assert api.get(made["url"]).status_code == 404


def test_a_stale_read_is_never_older_than_it_says(harness: Sandbox, superchat: Account, api: httpx.Client) -> None:
    superchat.faults.add("*", "stale", seconds=5)
    old = api.post("/contacts", json=NEW).json()
    harness.clock.advance("1h")
    new = superchat.simulate.inbound_message(channel="sms", identifier="+493055500001", text="Hi")
    assert api.get(old["url"]).status_code == 200
    assert api.get(new["url"]).status_code == 404
    harness.clock.advance("5s")
    assert api.get(new["url"]).status_code == 200


def test_stale_reads_look_back_as_far_as_their_own_rule_says(
    harness: Sandbox, superchat: Account, api: httpx.Client
) -> None:
    superchat.faults.add("contacts.get", "stale", seconds=10)
    superchat.faults.add("contacts.list", "stale", seconds=60)
    made = api.post("/contacts", json=NEW).json()
    harness.clock.advance("20s")
    assert api.get(made["url"]).status_code == 200
    assert made["id"] not in api.get("/contacts?limit=100").text


def test_a_stale_read_sees_nothing_of_a_state_that_was_restored_away(
    harness: Sandbox, superchat: Account, api: httpx.Client
) -> None:
    superchat.faults.add("*", "stale", seconds=5)
    harness.snapshot("before")
    made = api.post("/contacts", json=NEW).json()
    harness.clock.advance("1m")
    api.post("/contacts", json={"handles": [{"type": "mail", "value": "bob@example.com"}]})
    harness.restore("before")
    assert api.get(made["url"]).status_code == 404


def test_a_seed_draws_the_same_again_after_a_reset(harness: Sandbox, superchat: Account, api: httpx.Client) -> None:
    def run() -> list[int]:
        harness.reset()
        superchat.faults.add("me.list", chance=0.5, seed=7)
        return statuses(api, 30)

    assert run() == run()


def test_the_journal_tells_why_a_call_was_refused_while_a_fault_struck(
    harness: Sandbox, superchat: Account, api: httpx.Client
) -> None:
    superchat.faults.add("contacts.create", "latency", seconds=1)
    api.post("/contacts", json={"handles": 5})
    (call,) = harness.journal.calls("contacts.create")
    assert str(call.note).startswith("invalid: ")


async def _async_statuses(superchat: Account) -> list[str]:
    seen = []
    async with superchat.async_client() as client:
        for _ in range(2):
            try:
                seen.append(str((await client.get("/me")).status_code))
            except httpx.RemoteProtocolError:
                seen.append("cut")
    return seen


def test_async_clients_meet_the_same(superchat: Account) -> None:
    import asyncio

    superchat.faults.add("me.list", "cut", first=1)
    assert asyncio.run(_async_statuses(superchat)) == ["cut", "200"]


def test_the_journal_tells_faults_from_answers(harness: Sandbox, superchat: Account, api: httpx.Client) -> None:
    superchat.faults.add("me.list", status=503, first=1)
    statuses(api, 2)
    assert [call.fault for call in harness.journal.calls("me.list")] == ["fault-1 status", None]


def test_a_rule_knows_how_often_it_was_met_and_struck(superchat: Account, api: httpx.Client) -> None:
    fault = superchat.faults.add("me.list", first=1)
    statuses(api, 3)
    found = superchat.faults[fault.id]
    assert (found.met, found.struck) == (3, 1)
    assert found.rule == {"operation": "me.list", "effect": "status", "status": 503, "first": 1}


def test_rules_are_removed_one_by_one_or_all(superchat: Account, api: httpx.Client) -> None:
    first = superchat.faults.add("me.list", status=500)
    superchat.faults.add("me.list", status=502)
    superchat.faults.remove(first.id)
    assert statuses(api, 1) == [502]
    superchat.faults.clear()
    assert statuses(api, 1) == [200]


def test_reset_takes_faults_away_and_a_fork_keeps_its_own(harness: Sandbox, superchat: Account) -> None:
    superchat.faults.add("me.list", first=1)
    fork = harness.fork()
    harness.reset()
    assert len(superchat.faults) == 0
    assert statuses(fork.superchat.client(), 2) == [503, 200]


@pytest.mark.parametrize("name", ["flaky", "slow", "outage", "rate_limited", "stale_reads"])
def test_a_profile_is_rules_from_a_seed(superchat: Account, name: Any) -> None:
    assert superchat.faults.profile(name, seed=3)
    assert len(superchat.faults) >= 1


def test_an_outage_is_total(superchat: Account, api: httpx.Client) -> None:
    superchat.faults.profile("outage")
    assert statuses(api, 3) == [503, 503, 503]


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ({"operation": "contacts.lits"}, "did you mean 'contacts.list'?"),
        ({"operation": "tickets.*"}, "tickets.*"),
        ({"operation": "me.list", "status": 200}, "400"),
        ({"operation": "me.list", "effect": "explode"}, "cut"),
        ({"operation": "me.list", "effect": "cut", "status": 500}, "handled"),
        ({"operation": "me.list", "first": 0}, "first"),
        ({"operation": "me.list", "chance": 2}, "chance"),
        ({"operation": "me.list", "job": "done"}, "conversation_exports.get"),
        ({"operation": "conversation_exports.get", "job": "ready"}, "running"),
        ({"operation": "me.list", "frist": 1}, "first"),
        ({"operation": "me.list", "page": 2}, "me.list has no pages; operations that have: .*contacts.list"),
        ({"operation": "me.list", "effect": "latency", "seconds": 1e300}, "from 0 to 31622400"),
        ({"operation": "me.list", "effect": "rate_limit", "retry_after": 1e12}, "from 0 to 31622400"),
    ],
)
def test_a_wrong_rule_is_refused_with_what_is_valid(superchat: Account, rule: dict[str, Any], says: str) -> None:
    with pytest.raises(ControlError, match=says.replace("s.*", r"s\.\*").replace("?", r"\?")):
        superchat.faults.add(**rule)
    assert len(superchat.faults) == 0


def test_a_fault_that_is_not_there_is_told_with_those_that_are(superchat: Account) -> None:
    superchat.faults.add("me.list")
    with pytest.raises(KeyError, match=r"unknown fault 'fault-9'.*fault-1"):
        superchat.faults["fault-9"]


def test_an_unknown_profile_names_the_valid_ones(superchat: Account) -> None:
    with pytest.raises(ControlError, match="flaky"):
        superchat.faults.profile("chaos")  # type: ignore[arg-type]


def test_a_fault_that_is_not_there_cannot_be_removed(superchat: Account) -> None:
    with pytest.raises(ControlError, match="fault-9"):
        superchat.faults.remove("fault-9")
