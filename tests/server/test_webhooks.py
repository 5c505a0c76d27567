"""The server sends webhooks by itself: at once, and again when the time has come."""

from __future__ import annotations

import threading
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest

from harness.core.clock import Clock
from harness.core.registry import Registry
from harness.core.sandbox import Sandbox
from harness.server.process import ServerThread
from harness.testing.control import LocalControl
from harness.testing.receiver import Receiver


@pytest.fixture
def live(registry: Registry) -> Sandbox:
    """A sandbox that runs with the machine's time, which the test moves."""
    return registry.open(id="live", clock=Clock(registry.now(), mode="live", source=registry.now))


def ask(server: ServerThread, sandbox: Sandbox, method: str, path: str) -> int:
    connection = HTTPConnection(urlsplit(server.url).netloc, timeout=10)
    try:
        connection.request(method, f"/toy/v1{path}", headers={"x-toy-key": sandbox.account("toy").api_key})
        return connection.getresponse().status
    finally:
        connection.close()


def test_a_retry_comes_when_its_time_has_come(
    registry: Registry, machine: Any, live: Sandbox, harness_receiver: Receiver
) -> None:
    control = LocalControl(registry)
    with ServerThread(registry) as server:
        control.call("webhooks.subscribe", sandbox="live", provider="toy", target_url=harness_receiver.url)
        harness_receiver.refuse(500, first=1)
        ask(server, live, "POST", "/things")
        harness_receiver.wait(1)
        control.call("webhooks.deliver", sandbox="live")
        machine.now += 60_000
        ask(server, live, "HEAD", "/probe")
        harness_receiver.wait(2)
        control.call("webhooks.deliver", sandbox="live", count=1)
    assert [each.status for each in harness_receiver.received] == [500, 200]


def test_the_threads_that_send_end_with_the_server(registry: Registry, live: Sandbox) -> None:
    before = set(threading.enumerate())
    with ServerThread(registry) as server, Receiver() as receiver:
        LocalControl(registry).call("webhooks.subscribe", sandbox="live", provider="toy", target_url=receiver.url)
        assert "harness-webhooks" not in {thread.name for thread in set(threading.enumerate()) - before}
        ask(server, live, "POST", "/things")
        receiver.wait(1)
        assert "harness-webhooks" in {thread.name for thread in set(threading.enumerate()) - before}
    assert not set(threading.enumerate()) - before
    assert registry.dispatcher is None


def test_a_receiver_that_never_answers_does_not_keep_the_server_from_stopping(
    registry: Registry, live: Sandbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("harness.testing.delivery.GRACE", 0.05)
    with Receiver() as receiver, receiver.held():
        with ServerThread(registry) as server:
            LocalControl(registry).call("webhooks.subscribe", sandbox="live", provider="toy", target_url=receiver.url)
            ask(server, live, "POST", "/things")
            receiver.wait_held()
        assert f"to {receiver.url}: queued" in caplog.text


def test_the_clock_can_be_moved_over_http_while_a_receiver_calls_back(
    registry: Registry, harness_receiver: Receiver
) -> None:
    """The control plane waits in a thread of its own: the event loop goes on answering."""
    from harness.testing.remote import RemoteControl

    frozen = registry.open(id="frozen", strict=True)
    with ServerThread(registry) as server, RemoteControl(server.url) as control:
        control.call("webhooks.subscribe", sandbox="frozen", provider="toy", target_url=harness_receiver.url)
        control.call("webhooks.plan", sandbox="frozen", provider="toy", hold=True)
        statuses: list[int] = []
        harness_receiver.then(lambda webhook: statuses.append(ask(server, frozen, "GET", "/stream")))
        ask(server, frozen, "POST", "/things")
        control.call("webhooks.plan", sandbox="frozen", provider="toy", hold=False)
        control.call("clock.change", sandbox="frozen", action="advance", by="1h")
    assert statuses == [200]
