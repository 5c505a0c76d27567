"""`harness webhooks` and `harness simulate`, against a running server."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from click.testing import CliRunner, Result

import harness
from harness.cli import main
from harness.testing.receiver import Receiver


@pytest.fixture(scope="module")
def server() -> Iterator[harness.Server]:
    with harness.serve() as started:
        yield started


@pytest.fixture
def sandbox(server: harness.Server) -> Iterator[harness.Sandbox]:
    with server.sandbox() as opened:
        yield opened


Run = Callable[..., Result]


@pytest.fixture
def run(server: harness.Server, sandbox: harness.Sandbox) -> Run:
    """A command about the sandbox, piped."""

    def invoke(*arguments: str) -> Result:
        wiped = {name: None for name in os.environ if name.startswith("HARNESS_")}
        options = ("--url", server.url, "--sandbox", sandbox.id)
        return CliRunner(env=wiped).invoke(main, [*arguments[:2], *options, *arguments[2:]])

    return invoke


MESSAGE = ("simulate", "superchat", "inbound_message", "channel=sms", "identifier=+493055500001", "text=Hello")


def test_a_message_is_simulated_and_its_webhooks_are_shown(run: Run, sandbox: harness.Sandbox) -> None:
    message = json.loads(run(*MESSAGE).output)
    assert message["content"] == {"type": "text", "body": "Hello"}
    lines = [line.split("\t") for line in run("webhooks", "list", "--type", "message_inbound").output.splitlines()]
    assert lines[0] == ["event", "at", "provider", "type", "target", "state", "attempts", "reason"]
    assert lines[1][3:7] == ["message_inbound", "https://hooks.example.com/superchat", "refused", "0"]
    assert len(lines) == 2


def test_what_can_be_simulated_is_listed(run: Run) -> None:
    assert "\ntemplate_review\ttemplate outcome\t" in run("simulate", "superchat").output


def test_numbers_and_json_are_read(run: Run, sandbox: harness.Sandbox) -> None:
    sandbox.superchat.seed(channels=[{"key": "line", "type": "phone", "name": "Line", "team": "support"}])
    call = run("simulate", "superchat", "ai_call_completed", "channel=line", "identifier=+493055500001", "seconds=90")
    assert json.loads(call.output)["started_at"] == "2026-01-15T08:58:30Z"
    content = 'content={"type": "text", "body": "x"}'
    written = run("simulate", "superchat", "inbound_message", "channel=telegram", "identifier=ada", content)
    assert json.loads(written.output)["content"]["body"] == "x"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("knock",), "unknown simulation of superchat 'knock'"),
        (("inbound_message", "sms"), "written name=value"),
        (("inbound_message", "content={"), "content: not JSON"),
        (("inbound_message", "chanel=sms"), "did you mean 'channel'"),
        (("ai_call_completed", "channel=sms", "seconds=inf"), "takes number here, not 'inf'"),
        (("ai_call_completed", "channel=sms", "seconds={}"), "takes number here, not {}"),
    ],
)
def test_a_wrong_simulation_is_refused(run: Run, arguments: tuple[str, ...], told: str) -> None:
    result = run("simulate", "superchat", *arguments)
    assert result.exit_code == 2
    assert told in result.output


def test_an_event_is_delivered_again(run: Run, sandbox: harness.Sandbox, harness_receiver: Receiver) -> None:
    sandbox.superchat.webhooks.subscribe(harness_receiver.url, ["conversation_opened"])
    run(*MESSAGE)
    assert run("webhooks", "deliver").output.startswith("1 delivered, 0 waiting")
    (event,) = sandbox.webhooks.events("conversation_opened")
    assert run("webhooks", "redeliver", "superchat", event.id).output == f"{harness_receiver.url}: queued\n"
    assert json.loads(run("webhooks", "deliver", "--json").output)["delivered"] == 1
    assert len(harness_receiver.received) == 2
    shown = json.loads(run("webhooks", "list", "--state", "delivered", "--json").output)["events"]
    assert [len(each["attempts"]) for each in shown[0]["deliveries"]] == [2]
    assert run("webhooks", "redeliver", "superchat", "pe_nobody").exit_code == 2


def test_a_server_that_is_stopped_says_on_standard_error_what_is_undelivered(harness_receiver: Receiver) -> None:
    command = [sys.executable, "-m", "harness.cli", "serve", "--port", "0", "--allow-target", "hooks.example.invalid"]
    harness_receiver.refuse(500)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found is not None
        with harness.Server.at(found[0]) as server:
            superchat = server.default.superchat
            superchat.webhooks.subscribe(harness_receiver.url, ["conversation_opened"])
            superchat.simulate.inbound_message(channel="sms", identifier="+493055500001", text="Hello")
            harness_receiver.wait(1)
            server.default.webhooks.deliver()
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "the server stops with 1 undelivered webhook:" in errors
    assert f"to {harness_receiver.url}: retrying (the receiver answered 500)" in errors
