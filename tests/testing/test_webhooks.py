"""Deliveries of webhooks, in process and by a server: order, retries, what goes wrong on purpose, the ledger."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

import httpx
import pytest

import harness
from harness.core.registry import Registry
from harness.testing import delivery
from harness.testing.arguments import ControlError
from harness.testing.home import Home
from harness.testing.receiver import Received, Receiver
from harness.testing.sandbox import open_sandbox

NUMBER = "+4930555000{}"


@pytest.fixture(scope="module")
def server() -> Iterator[harness.Server]:
    with harness.serve() as served:
        yield served


@pytest.fixture(scope="module")
def elsewhere(server: harness.Server) -> Iterator[harness.Server]:
    with harness.Server.at(server.url) as known:
        yield known


@pytest.fixture
def alone() -> Iterator[harness.Sandbox]:
    """A sandbox of this process with no server beside it: nothing is sent but by request."""
    with open_sandbox(Home()) as opened:
        yield opened


@pytest.fixture(params=["in process", "beside a server", "over the network"])
def sandbox(request: pytest.FixtureRequest) -> Iterator[harness.Sandbox]:
    """A sandbox whose webhooks wait to be asked for, one whose server sends them, and one known by address only."""
    if request.param == "in process":
        yield request.getfixturevalue("alone")
        return
    held = request.getfixturevalue("server" if request.param == "beside a server" else "elsewhere")
    with held.sandbox() as opened:
        yield opened


@pytest.fixture
def account(sandbox: harness.Sandbox) -> harness.Account:
    return sandbox.superchat


@pytest.fixture
def receiver(harness_receiver: Receiver) -> Receiver:
    return harness_receiver


def write(account: harness.Account, number: int = 1, text: str = "Hi") -> dict[str, Any]:
    """Somebody writes by SMS: three events when nobody knew the number."""
    message: dict[str, Any] = account.simulate.inbound_message(
        channel="sms", identifier=NUMBER.format(f"{number:03}"), text=text
    )
    return message


def only(receiver: Receiver) -> Received:
    (came,) = receiver.received
    return came


def test_what_was_queued_is_delivered_whole_and_signed(
    sandbox: harness.Sandbox, account: harness.Account, receiver: Receiver
) -> None:
    account.webhooks.subscribe(receiver.url, ["message_inbound"])
    message = write(account)
    report = sandbox.webhooks.deliver()
    came = only(receiver)
    (event,) = sandbox.webhooks.events("message_inbound")
    assert (came.method, came.path, came.headers["content-type"]) == ("POST", "/webhooks", "application/json")
    assert came.json() == event.payload == {"id": event.id, "event": "message_inbound", "message": message}
    assert (report.delivered, report.waiting, report.retrying) == (1, 0, 0)
    receiver.verify(account)


def test_events_come_in_their_order(sandbox: harness.Sandbox, account: harness.Account, receiver: Receiver) -> None:
    account.webhooks.subscribe(receiver.url)
    for number in range(8):
        write(account, number)
    sandbox.webhooks.deliver()
    assert [each.json()["id"] for each in receiver.received] == [event.id for event in sandbox.webhooks]
    assert receiver.types[:3] == ["contact_created", "conversation_opened", "message_inbound"]


def test_each_subscription_gets_what_it_asked_for(account: harness.Account, receiver: Receiver) -> None:
    account.webhooks.subscribe(f"{receiver.url}/contacts", ["contact_created"])
    other = account.collection("channels")
    ids = [channel["id"] for channel in other if channel["type"] != "sms"]
    filtered = {"type": "message_inbound", "filters": [{"type": "channel", "ids": ids}]}
    account.webhooks.subscribe(f"{receiver.url}/other", [filtered])
    write(account)
    account.webhooks.deliver()
    assert [(each.path, each.type) for each in receiver.received] == [("/webhooks/contacts", "contact_created")]


def test_the_ledger_tells_each_attempt(sandbox: harness.Sandbox, account: harness.Account, receiver: Receiver) -> None:
    account.webhooks.subscribe(receiver.url, ["message_inbound"])
    receiver.refuse(503, first=1)
    write(account)
    sandbox.webhooks.deliver()
    (delivery,) = sandbox.webhooks.deliveries("retrying")
    (attempt,) = delivery.attempts
    assert (attempt.status, attempt.error, attempt.signature) == (503, None, ("X-Superchat-Signature",))
    assert (delivery.reason, delivery.target_url) == ("the receiver answered 503", receiver.url)
    assert delivery.next_at is not None
    sandbox.clock.set(delivery.next_at)
    (delivery,) = sandbox.webhooks.deliveries("delivered")
    assert [each.status for each in delivery.attempts] == [503, 200]
    assert delivery.attempts[1].at - delivery.attempts[0].at == sandbox.clock.now - attempt.at


def test_retries_come_at_their_own_moments_and_end(
    sandbox: harness.Sandbox, account: harness.Account, receiver: Receiver
) -> None:
    account.webhooks.subscribe(receiver.url, ["message_inbound"])
    receiver.refuse(500)
    write(account)
    sandbox.webhooks.deliver()
    sandbox.clock.advance("1d")
    (delivery,) = sandbox.webhooks.deliveries("failed")
    begin = delivery.attempts[0].at
    assert [(each.at - begin).total_seconds() / 60 for each in delivery.attempts] == [0, 1, 6, 36]
    assert len(receiver.received) == 4
    sandbox.clock.advance("7d")
    assert len(receiver.received) == 4


def test_the_next_due_thing_may_be_a_retry(
    sandbox: harness.Sandbox, account: harness.Account, receiver: Receiver
) -> None:
    sandbox.superchat.quirks["message_final_status"] = "sent"
    account.webhooks.subscribe(receiver.url, ["message_inbound"])
    receiver.refuse(500, first=1)
    write(account)
    sandbox.webhooks.deliver()
    due = sandbox.webhooks.deliveries("retrying")[0].next_at
    while sandbox.clock.now < due:  # type: ignore[operator]
        assert sandbox.clock.next()
    assert [each.status for each in sandbox.webhooks.deliveries("delivered")[0].attempts] == [500, 200]


def test_a_receiver_that_is_down_loses_nothing(
    sandbox: harness.Sandbox, account: harness.Account, receiver: Receiver
) -> None:
    url = receiver.url
    account.webhooks.subscribe("http://127.0.0.1:9/", ["contact_created"])
    account.webhooks.subscribe(url, ["message_inbound"])
    for number in range(5):
        write(account, number)
    sandbox.webhooks.deliver()
    down = sandbox.webhooks.deliveries("retrying")
    assert len(down) == 5
    assert "ConnectionRefusedError" in str(down[0].reason)
    assert len(receiver.of("message_inbound")) == 5


def test_a_slow_receiver_holds_up_nobody_and_loses_nothing(server: harness.Server, receiver: Receiver) -> None:
    with server.sandbox() as sandbox, Receiver() as slow:
        account = sandbox.superchat
        account.webhooks.subscribe(slow.url, ["message_inbound"])
        account.webhooks.subscribe(receiver.url, ["message_inbound"])
        with slow.held():
            for number in range(5):
                write(account, number)
            receiver.wait(5)
            assert slow.received == []
            assert account.client().get("/me").status_code == 200
        slow.wait(5)
        sandbox.webhooks.wait(10)
        assert [each.body for each in slow.received] == [each.body for each in receiver.received]


def test_a_receiver_may_call_back_into_the_fake(
    sandbox: harness.Sandbox, account: harness.Account, receiver: Receiver
) -> None:
    """What the callback causes is delivered, too."""
    client = httpx.Client(base_url=account.base_url, headers=account.headers)

    def answer(came: Received) -> None:
        if came.type == "message_inbound":
            conversation = came.json()["message"]["conversation_id"]
            client.post(f"/conversations/{conversation}/notes", json={"content": "seen"}).raise_for_status()

    account.webhooks.subscribe(receiver.url, ["message_inbound", "note_created"])
    receiver.then(answer)
    write(account)
    sandbox.clock.advance("1m")
    sandbox.webhooks.wait(2)
    client.close()
    assert receiver.types == ["message_inbound", "note_created"]


def test_in_process_nothing_goes_out_by_itself(alone: harness.Sandbox, receiver: Receiver) -> None:
    alone.superchat.webhooks.subscribe(receiver.url, ["message_inbound"])
    write(alone.superchat)
    alone.clock.advance("1m", wait=False)
    assert len(alone.webhooks.deliveries("queued")) == 1
    assert receiver.received == []
    alone.clock.advance("1m")
    assert receiver.types == ["message_inbound"]


def test_a_server_sends_by_itself(server: harness.Server, receiver: Receiver) -> None:
    with server.sandbox() as sandbox:
        sandbox.superchat.webhooks.subscribe(receiver.url, ["contact_created"])
        body = {"handles": [{"value": "new@example.org"}]}
        with httpx.Client(base_url=sandbox.superchat.base_url, headers=sandbox.superchat.headers) as client:
            client.post("/contacts", json=body).raise_for_status()
        assert receiver.wait(1)[0].type == "contact_created"


def test_retries_of_a_live_sandbox_come_with_the_time(server: harness.Server, receiver: Receiver) -> None:
    with server.sandbox(clock="live") as sandbox:
        sandbox.superchat.webhooks.subscribe(receiver.url, ["message_inbound"])
        receiver.refuse(500, first=2)
        write(sandbox.superchat)
        sandbox.clock.advance("10m")
        sandbox.webhooks.wait(1)
        assert [each.status for each in receiver.received] == [500, 500, 200]


def test_the_next_deliveries_come_twice_on_request(
    sandbox: harness.Sandbox, account: harness.Account, receiver: Receiver
) -> None:
    account.webhooks.subscribe(receiver.url, ["message_inbound"])
    assert account.webhooks.plan(duplicates=1)["duplicates"] == 1
    write(account, 1)
    write(account, 2)
    sandbox.webhooks.deliver()
    ids = [each.json()["id"] for each in receiver.received]
    assert ids[0] == ids[1] != ids[2]
    assert len(ids) == 3
    assert account.webhooks.plan()["duplicates"] == 0
    assert [len(each.attempts) for each in sandbox.webhooks.deliveries("delivered")] == [2, 1]


def test_what_waits_together_is_mixed_on_request_and_alike_for_a_seed(
    sandbox: harness.Sandbox, account: harness.Account, receiver: Receiver
) -> None:
    account.webhooks.subscribe(receiver.url, ["message_inbound"])
    orders = []
    for seed in (1, 1, 2):
        sandbox.snapshot("before")
        account.webhooks.plan(shuffle=True, seed=seed, hold=True)
        for number in range(8):
            write(account, number, str(number))
        sandbox.webhooks.deliver()
        orders.append([each.json()["message"]["content"]["body"] for each in receiver.received])
        receiver.clear()
        sandbox.restore("before")
    assert orders[0] == orders[1] != orders[2]
    assert sorted(orders[0]) == list("01234567") != orders[0]


def test_a_wrong_signature_on_request_is_found_out_and_the_next_is_right(
    sandbox: harness.Sandbox, account: harness.Account, receiver: Receiver
) -> None:
    account.webhooks.subscribe(receiver.url, ["message_inbound"])
    account.webhooks.plan(wrong_signature=1)
    write(account, 1)
    sandbox.webhooks.deliver()
    with pytest.raises(AssertionError, match=r"X-Superchat-Signature of event pe_.* is not what"):
        receiver.verify(account)
    receiver.clear()
    write(account, 2)
    sandbox.webhooks.deliver()
    receiver.verify(account)


def test_a_tampered_body_and_a_missing_signature_are_found_out(
    sandbox: harness.Sandbox, account: harness.Account, receiver: Receiver
) -> None:
    account.webhooks.subscribe(receiver.url, ["message_inbound"])
    write(account)
    sandbox.webhooks.deliver()
    came = only(receiver)
    assert account.webhooks.verify(came.headers, came.body) is None
    assert "not that of any event" in str(account.webhooks.verify(came.headers, came.body + b" "))
    assert "came without X-Superchat-Signature" in str(account.webhooks.verify({}, came.body))


def test_what_is_held_goes_out_when_it_is_asked_for(
    sandbox: harness.Sandbox, account: harness.Account, receiver: Receiver
) -> None:
    account.webhooks.subscribe(receiver.url, ["message_inbound"])
    account.webhooks.plan(hold=True)
    write(account)
    sandbox.clock.advance("1h")
    assert receiver.received == []
    assert len(sandbox.webhooks.deliveries("queued")) == 1
    sandbox.webhooks.deliver()
    assert receiver.types == ["message_inbound"]


def test_an_event_can_be_delivered_again(
    sandbox: harness.Sandbox, account: harness.Account, receiver: Receiver
) -> None:
    hook = account.webhooks.subscribe(receiver.url, ["message_inbound"])["id"]
    write(account)
    sandbox.webhooks.deliver()
    (event,) = sandbox.webhooks.events("message_inbound")
    sandbox.webhooks.redeliver(event, hook)
    sandbox.webhooks.deliver()
    assert len({each.body for each in receiver.received}) == 1
    assert len(receiver.received) == 2
    assert [each.status for each in sandbox.webhooks.deliveries("delivered")[0].attempts] == [200, 200]
    with pytest.raises(ValueError, match="unknown subscription of event"):
        sandbox.webhooks.redeliver(event, "wh_nobody")
    (silent,) = sandbox.webhooks.events("conversation_opened")
    with pytest.raises(ValueError, match="went to nobody"):
        sandbox.webhooks.redeliver(silent)
    with pytest.raises(KeyError, match="unknown event"):
        sandbox.webhooks.redeliver("pe_nobody")


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(account: harness.Account, receiver: Receiver, status: int) -> None:
    account.webhooks.subscribe(receiver.url, ["message_inbound"])
    receiver.refuse(status)
    write(account)
    account.webhooks.deliver()
    assert account.webhooks.deliveries("retrying")[0].reason == f"the receiver answered {status}"
    assert len(receiver.received) == 1


def test_other_machines_are_sent_nothing_unless_they_are_allowed_by_name(
    sandbox: harness.Sandbox, account: harness.Account
) -> None:
    account.webhooks.subscribe("https://hooks.example.invalid/in", ["message_inbound"])
    write(account, 1)
    sandbox.webhooks.deliver()
    refused = sandbox.webhooks.events("message_inbound")[0].deliveries[-1]
    assert (refused.state, refused.attempts) == ("refused", ())
    assert "webhooks.plan(allow=['hooks.example.invalid'])" in str(refused.reason)
    account.webhooks.plan(allow=["hooks.example.invalid"])
    write(account, 2)
    sandbox.webhooks.deliver()
    tried = sandbox.webhooks.events("message_inbound")[1].deliveries[-1]
    assert tried.state == "retrying"
    assert tried.attempts[0].error is not None


@pytest.mark.parametrize("host", ["localhost", "hooks.localhost", "127.0.0.1"])
def test_every_name_of_this_machine_is_reached(account: harness.Account, receiver: Receiver, host: str) -> None:
    account.webhooks.subscribe(receiver.url.replace("127.0.0.1", host), ["message_inbound"])
    write(account)
    account.webhooks.deliver()
    assert only(receiver).headers["host"].startswith(host)


def test_what_a_deleted_subscription_was_to_get_is_told_as_failed(
    sandbox: harness.Sandbox, account: harness.Account, receiver: Receiver
) -> None:
    hook = account.webhooks.subscribe(receiver.url, ["message_inbound"])
    account.webhooks.plan(hold=True)
    write(account)
    with account.client() as client:
        client.delete(hook["url"]).raise_for_status()
    sandbox.webhooks.deliver()
    assert receiver.received == []
    assert f"the subscription {hook['id']} is gone" in [each.reason for each in sandbox.webhooks.deliveries("failed")]


def test_the_ledger_belongs_to_the_state(
    sandbox: harness.Sandbox, account: harness.Account, receiver: Receiver
) -> None:
    account.webhooks.subscribe(receiver.url, ["message_inbound"])
    sandbox.snapshot("before")
    write(account)
    sandbox.webhooks.deliver()
    sandbox.restore("before")
    assert list(sandbox.webhooks) == []
    sandbox.webhooks.deliver()
    assert len(receiver.received) == 1


def test_what_was_queued_at_a_snapshot_is_sent_after_its_restore(receiver: Receiver) -> None:
    place = Home(Registry())
    with open_sandbox(place) as sandbox:
        sandbox.superchat.webhooks.subscribe(receiver.url, ["message_inbound"])
        write(sandbox.superchat)
        sandbox.snapshot("queued")
        place.origin()
        sandbox.webhooks.wait(1)
        sandbox.restore("queued")
        sandbox.webhooks.wait(1)
        assert [each.body for each in receiver.wait(2)] == [receiver.received[0].body] * 2
    place.close()


def test_what_comes_of_a_post_after_a_reset_is_of_no_account(server: harness.Server, receiver: Receiver) -> None:
    with server.sandbox() as sandbox:
        sandbox.superchat.webhooks.subscribe(receiver.url, ["message_inbound"])
        with receiver.held():
            write(sandbox.superchat)
            receiver.wait_held()
            sandbox.reset()
        receiver.wait(1)
        assert list(sandbox.webhooks) == []


@pytest.fixture
def dripping() -> Iterator[str]:
    """An address that answers byte by byte and never ends, but keeps no connection longer than any test needs."""
    over = Event()

    class Drip(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            with suppress(OSError):
                self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
                while not over.wait(0.005):
                    self.wfile.write(b"x")

    with ThreadingHTTPServer(("127.0.0.1", 0), Drip) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        over.set()
        server.shutdown()
        thread.join()


def test_a_receiver_that_answers_byte_by_byte_has_no_more_time_than_others(
    dripping: str, alone: harness.Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "harness.testing.delivery.send", lambda post, send=delivery.send: send(replace(post, timeout=0.1))
    )
    alone.superchat.webhooks.subscribe(dripping, ["message_inbound"])
    write(alone.superchat)
    alone.webhooks.deliver()
    (told,) = alone.webhooks.deliveries("retrying")
    assert told.reason == told.attempts[0].error == "no whole answer within 0.1 s"


def test_waiting_for_a_receiver_that_does_not_answer_ends_in_time(server: harness.Server) -> None:
    with server.sandbox() as sandbox, Receiver() as slow, slow.held():
        sandbox.superchat.webhooks.subscribe(slow.url, ["message_inbound"])
        write(sandbox.superchat)
        slow.wait_held()
        with pytest.raises(ControlError, match=r"did not succeed within 0.05 s: .*1 waiting"):
            sandbox.webhooks.wait(1, timeout=0.05)


def test_a_callback_that_fails_is_told_as_what_the_receiver_answered(alone: harness.Sandbox) -> None:
    def fail(came: Received) -> None:
        raise ValueError("on purpose")

    with pytest.raises(ValueError, match="on purpose"), Receiver() as receiver:  # noqa: PT012
        receiver.then(fail)
        alone.superchat.webhooks.subscribe(receiver.url, ["message_inbound"])
        write(alone.superchat)
        alone.webhooks.deliver()
        assert (only(receiver).status, receiver.accepted) == (500, [])
        assert alone.webhooks.deliveries("retrying")[0].attempts[0].status == 500


def test_a_receiver_hangs_up_on_request(alone: harness.Sandbox, receiver: Receiver) -> None:
    alone.superchat.webhooks.subscribe(receiver.url, ["message_inbound"])
    receiver.hang_up(first=1)
    write(alone.superchat)
    alone.clock.advance("1h")
    (delivered,) = alone.webhooks.deliveries("delivered")
    assert [each.status for each in receiver.received] == [0, 200]
    assert [each.status for each in delivered.attempts] == [None, 200]
    assert "RemoteDisconnected" in str(delivered.attempts[0].error)


@pytest.mark.parametrize(("status", "first"), [(99, None), (600, None), (500, -1)])
def test_a_receiver_refuses_only_as_a_server_can(receiver: Receiver, status: int, first: int | None) -> None:
    with pytest.raises(ValueError, match=r"status|first"):
        receiver.refuse(status, first=first)


@pytest.mark.parametrize("host", ["http://hooks.example.org", "Hooks.example.org", "[", ""])
def test_a_host_that_cannot_be_allowed_is_refused_and_the_plan_stays(account: harness.Account, host: str) -> None:
    account.webhooks.plan(allow="hooks.example.org")
    with pytest.raises(ControlError, match=r"allow\.0"):
        account.webhooks.plan(allow=[host], duplicates=3)
    plan = account.webhooks.plan()
    assert (plan["allow"], plan["duplicates"]) == (["hooks.example.org"], 0)


def test_a_type_of_event_there_is_not_is_refused(sandbox: harness.Sandbox, account: harness.Account) -> None:
    write(account)
    assert [event.type for event in sandbox.webhooks.events("contact_created")] == ["contact_created"]
    with pytest.raises(ControlError, match=r"type: .*did you mean 'contact_created'"):
        sandbox.webhooks.events("contact_create")


def test_a_state_there_is_not_is_refused(alone: harness.Sandbox) -> None:
    with pytest.raises(ValueError, match="did you mean 'failed'"):
        alone.webhooks.deliveries("faild")  # type: ignore[arg-type]


def test_waiting_in_vain_is_told_with_the_figures(sandbox: harness.Sandbox, account: harness.Account) -> None:
    account.webhooks.subscribe("http://127.0.0.1:9/", ["message_inbound"])
    write(account)
    # over the network it may not have been tried yet
    figures = r"0 delivered, (1 waiting, 0 retrying|0 waiting, 1 retrying), 0 failed"
    with pytest.raises(ControlError, match=rf"1 deliveries did not succeed within 0 s: {figures}"):
        sandbox.webhooks.wait(1, timeout=0)


def test_many_threads_and_a_slow_receiver_lose_nothing(server: harness.Server, receiver: Receiver) -> None:
    with server.sandbox(quotas="off") as sandbox:
        account = sandbox.superchat
        account.webhooks.subscribe(receiver.url, ["message_inbound"])
        receiver.refuse(503, first=7)

        def talk(number: int) -> None:
            for turn in range(10):
                write(account, number, str(turn))

        threads = [Thread(target=talk, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        sandbox.clock.advance("1d")
        sandbox.webhooks.wait(40)
        events = {event.id for event in sandbox.webhooks.events("message_inbound")}
        assert len(events) == 40
        assert {each.json()["id"] for each in receiver.accepted} == events
        assert len(receiver.received) == 47


def test_a_server_that_stops_says_what_is_undelivered(receiver: Receiver, caplog: pytest.LogCaptureFixture) -> None:
    with harness.serve() as server, server.sandbox() as sandbox:
        sandbox.superchat.webhooks.subscribe(receiver.url, ["message_inbound"])
        receiver.refuse(500)
        write(sandbox.superchat)
        sandbox.webhooks.deliver()
        server.close()
    (told,) = [record.getMessage() for record in caplog.records if "undelivered" in record.getMessage()]
    assert "the server stops with 1 undelivered webhook:" in told
    assert re.search(
        rf"superchat message_inbound pe_\w+ to {receiver.url}: retrying \(the receiver answered 500\)", told
    )


def test_a_server_with_nothing_undelivered_says_nothing(receiver: Receiver, caplog: pytest.LogCaptureFixture) -> None:
    with harness.serve() as server, server.sandbox() as sandbox:
        sandbox.superchat.webhooks.subscribe(receiver.url, ["message_inbound"])
        write(sandbox.superchat)
        sandbox.webhooks.wait(1)
        server.close()
    assert "undelivered" not in caplog.text


def test_what_waited_before_a_server_started_is_sent_by_it(receiver: Receiver) -> None:
    place = Home(Registry())
    with open_sandbox(place) as sandbox:
        sandbox.superchat.webhooks.subscribe(receiver.url, ["message_inbound"])
        write(sandbox.superchat)
        assert receiver.received == []
        place.origin()
        assert receiver.wait(1)[0].type == "message_inbound"
    place.close()


def test_a_target_may_be_allowed_for_all_accounts_of_a_registry() -> None:
    with open_sandbox(Home(Registry(allowed_targets=["hooks.example.invalid"]))) as sandbox:
        sandbox.superchat.webhooks.subscribe("https://hooks.example.invalid/in", ["message_inbound"])
        write(sandbox.superchat)
        assert [each.state for each in sandbox.webhooks.events("message_inbound")[0].deliveries] == [
            "refused",
            "queued",
        ]


def test_a_subscription_the_provider_refuses_is_told_with_its_answer(account: harness.Account) -> None:
    with pytest.raises(ControlError, match=r"superchat refused the subscription with 400.*https://"):
        account.webhooks.subscribe("http://hooks.example.org/")
    with pytest.raises(ControlError, match="did you mean 'message_inbound'"):
        account.webhooks.subscribe("http://127.0.0.1:9/", ["message_inbond"])


def test_a_refused_move_of_the_clock_sends_nothing(alone: harness.Sandbox, receiver: Receiver) -> None:
    account = alone.superchat
    account.webhooks.subscribe(receiver.url)
    write(account)
    for wrong in ("soon", "99999999d"):
        with pytest.raises(ValueError, match=r"duration|clock"):
            alone.clock.advance(wrong)
    assert receiver.received == []
    alone.clock.advance("1s")
    assert len(receiver.received) == 3
