"""What waits to be sent: lanes, order, room, and what is done with outcomes."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from harness.core import webhooks
from harness.core.account import Account
from harness.core.outbox import BODY_START, Outcome, Post
from harness.core.pack import Pack
from harness.core.registry import Registry
from harness.core.sandbox import Sandbox
from harness.core.store import Document
from harness.core.unit import Unit
from harness.core.webhooks import EVENTS, WebhookError, WebhookRules, is_loopback, refusal

HERE = "http://127.0.0.1:9/"
GOOD, BAD = Outcome(204), Outcome(500, body="x" * 5000)


def sign(unit: Unit, subscription: str, event: Document, body: bytes) -> dict[str, str] | None:
    return {"X-Sum": f"{subscription}:{len(body)}"}


@pytest.fixture
def account(pack: Pack) -> Account:
    rules = WebhookRules(events=("made",), sign=sign, retries=lambda quirks: (60_000,))
    return Registry({"toy": replace(pack, webhooks=rules)}).open(strict=True).account("toy")


def emit(account: Account, id: str, *lanes: str, url: str = HERE) -> None:
    with account.unit() as unit:
        deliveries = [{"subscription": lane, "target_url": url} for lane in lanes]
        unit.record_event({"id": id, "type": "made", "at": unit.now, "payload": {"id": id}, "deliveries": deliveries})


def delivery(account: Account, id: str, number: int = 0) -> Any:
    return account.store[EVENTS][id]["deliveries"][number]


def taken(account: Account) -> Post:
    post = account.outbox.take()
    assert post is not None
    return post


def test_a_lane_has_one_post_on_its_way_and_others_go_on(account: Account) -> None:
    emit(account, "e1", "a", "b")
    emit(account, "e2", "a")
    first, second = taken(account), taken(account)
    assert [first.key, second.key] == ["e1/0", "e1/1"]
    assert account.outbox.take() is None
    account.outbox.record(second, [GOOD])
    assert account.outbox.take() is None
    account.outbox.record(first, [GOOD])
    assert taken(account).key == "e2/0"


def test_a_post_says_all_that_is_to_be_sent(account: Account) -> None:
    emit(account, "e1", "a")
    post = taken(account)
    assert (post.url, post.body, post.times) == (HERE, b'{"id":"e1"}', 1)
    assert post.headers == {"Content-Type": "application/json", "X-Sum": "a:11"}


def test_the_start_of_an_answer_is_kept(account: Account) -> None:
    emit(account, "e1", "a")
    account.outbox.record(taken(account), [BAD])
    assert len(delivery(account, "e1")["attempts"][0]["body"]) == BODY_START


def test_a_retry_waits_for_the_clock_and_stands_behind_what_came_earlier(account: Account) -> None:
    emit(account, "e1", "a")
    account.outbox.record(taken(account), [BAD])
    assert not account.outbox.waits()
    account.sandbox.advance(59_000)
    emit(account, "e2", "a")
    account.sandbox.advance(2_000)
    assert delivery(account, "e1")["state"] == "queued"
    for key in ("e2/0", "e1/0"):
        post = taken(account)
        assert post.key == key
        account.outbox.record(post, [GOOD])


def test_a_delivery_that_failed_for_good_gives_its_subscription_up(pack: Pack) -> None:
    given_up: list[tuple[int, str]] = []
    rules = WebhookRules(
        events=("made",),
        sign=sign,
        retries=lambda quirks: (60_000,),
        give_up=lambda unit, subscription: given_up.append((unit.now, subscription)),
    )
    account = Registry({"toy": replace(pack, webhooks=rules)}).open(strict=True).account("toy")
    began = account.sandbox.clock.now()
    emit(account, "e1", "a", "b")
    account.outbox.record(taken(account), [BAD])
    account.outbox.record(taken(account), [GOOD])
    assert given_up == []
    account.sandbox.advance(60_000)
    account.outbox.record(taken(account), [BAD])
    assert given_up == [(began + 60_000, "a")]


def test_what_is_refused_never_waits(account: Account) -> None:
    emit(account, "e1", "a", url="https://hooks.example.com/")
    assert not account.outbox.waits()
    assert delivery(account, "e1")["state"] == "refused"


def test_settled_events_make_room_and_waiting_ones_stay(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "MAX_EVENTS", 3)
    emit(account, "waiting", "a")
    for number in range(9):
        emit(account, f"e{number}")
    assert [event["id"] for event in account.store[EVENTS]] == ["waiting", "e7", "e8"]


def test_far_too_many_waiting_events_are_given_up_and_told(
    account: Account, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(webhooks, "MAX_EVENTS", 1)
    monkeypatch.setattr(webhooks, "MAX_WAITING", 2)
    for number in range(3):
        emit(account, f"e{number}", "a")
    assert "event e0 is given up undelivered" in caplog.text
    assert taken(account).key == "e1/0"


def test_an_outcome_after_a_reset_changes_nothing(account: Account) -> None:
    emit(account, "e1", "a")
    post = taken(account)
    account.sandbox.reset()
    emit(account, "e1", "a")
    account.outbox.record(post, [GOOD])
    assert delivery(account, "e1")["state"] == "queued"


def test_what_is_on_its_way_at_a_snapshot_or_fork_waits_there(account: Account) -> None:
    sandbox = account.sandbox
    emit(account, "e1", "a")
    post = taken(account)
    sandbox.snapshot("on its way")
    twin = sandbox.fork().account("toy")
    account.outbox.record(post, [GOOD])
    assert not account.outbox.waits()
    sandbox.restore("on its way")
    assert taken(account).key == taken(twin).key == "e1/0"


def test_what_was_on_its_way_when_the_state_came_back_is_sent_anew(account: Account) -> None:
    woken: list[Sandbox] = []
    account.sandbox.registry.dispatcher = SimpleNamespace(wake=woken.append)
    emit(account, "e1", "a")
    taken(account)
    account.sandbox.snapshot("on its way")
    woken.clear()
    account.sandbox.restore("on its way")
    assert woken == [account.sandbox]


def test_a_redelivery_asked_for_meanwhile_is_made(account: Account) -> None:
    emit(account, "e1", "a")
    post = taken(account)
    with account.unit() as unit:
        webhooks.redeliver(unit, "e1")
    account.outbox.record(post, [GOOD])
    assert delivery(account, "e1")["state"] == "queued"
    account.outbox.record(taken(account), [GOOD])
    assert delivery(account, "e1")["state"] == "delivered"
    assert len(delivery(account, "e1")["attempts"]) == 2


def test_a_redelivery_asked_for_meanwhile_has_all_attempts_before_it(account: Account) -> None:
    emit(account, "e1", "a")
    post = taken(account)
    with account.unit() as unit:
        webhooks.redeliver(unit, "e1")
    account.outbox.record(post, [BAD])
    account.outbox.record(taken(account), [BAD])
    assert (delivery(account, "e1")["state"], delivery(account, "e1")["tries"]) == ("retrying", 1)


@pytest.mark.parametrize("host", ["hooks.example.org", "hooks", "10.0.0.7", "fe80::1"])
def test_a_host_that_is_allowed_by_name_is_sent_to(account: Account, host: str) -> None:
    with account.unit() as unit:
        webhooks.set_plan(unit, allow=[host])
    emit(account, "e1", "a", url=f"http://{f'[{host}]' if ':' in host else host}:8000/in")
    assert delivery(account, "e1")["state"] == "queued"


@pytest.mark.parametrize("host", ["", "[", "[fe80::1]", "a:80", "Hooks.example.org", "http://x", "x/y", "a@b"])
def test_what_is_no_name_of_a_host_cannot_be_allowed(account: Account, host: str) -> None:
    with account.unit() as unit, pytest.raises(WebhookError, match="not the name of a host"):
        webhooks.set_plan(unit, allow=[host])


def test_an_unknown_part_of_a_plan_is_refused(account: Account) -> None:
    with account.unit() as unit:
        with pytest.raises(WebhookError, match="did you mean 'duplicates'"):
            webhooks.set_plan(unit, duplicate=1)
        with pytest.raises(WebhookError, match="whole number from 0"):
            webhooks.set_plan(unit, duplicates=-1)


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST", "a.localhost", "localhost.", "127.0.0.1", "127.8.8.8", "::1"]
)
def test_a_name_of_this_machine_is_known(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/",
        "http://localhost.example.com/",
        "http://127.0.0.1.example.com/",
        "http://127.0.0.1@example.com/",
        "http://2130706433/",
        "http://0.0.0.0/",
        "http://169.254.169.254/latest",
        "http://[fe80::1]/",
        "file:///etc/passwd",
        "http://",
        "http://[",
        "http://localhost:port/",
        "localhost:80",
    ],
)
def test_other_targets_are_refused_with_the_reason(url: str) -> None:
    assert refusal(url, ())
    assert refusal("http://127.0.0.1/", ()) is None
