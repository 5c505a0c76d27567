"""The same control in this process and over HTTP."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest
from pytest_httpserver import HTTPServer

import harness
from harness.core import worlds
from harness.core.pack import Pack
from harness.core.registry import Registry
from harness.server.process import OpenBind, ServerThread
from harness.testing.control import Control, ControlError, LocalControl
from harness.testing.remote import RemoteControl


@pytest.fixture(params=["local", "remote"])
def control(request: pytest.FixtureRequest, registry: Registry) -> Iterator[Control]:
    """A control of the registry, in process and over a socket."""
    if request.param == "local":
        yield LocalControl(registry, accounts=True)
        return
    with ServerThread(registry) as server, RemoteControl(server.url) as remote:
        yield remote


def test_a_sandbox_is_opened_described_and_closed(control: Control) -> None:
    opened = control.call(
        "sandboxes.open", id="mine", world="empty", clock={"at": "2026-03-01", "tick": 0}, strict=True
    )
    assert opened["clock"] == {
        "now": "2026-03-01T00:00:00.000Z",
        "mode": "frozen",
        "tick": 0,
        "next_due": None,
    }
    assert (opened["id"], opened["world"], opened["strict"], opened["quotas"]) == (
        "mine",
        "empty",
        True,
        "real",
    )
    account = opened["accounts"]["toy"]
    assert account["headers"] == {"X-Toy-Key": account["api_key"]}
    assert account["base_path"] == "/toy/v1"
    assert control.call("sandboxes.get", sandbox="mine") == opened
    assert control.call("sandboxes.list") == {"sandboxes": [opened]}
    assert control.call("sandboxes.close", sandbox="mine") == {"id": "mine"}
    assert control.call("sandboxes.list") == {"sandboxes": []}


def test_a_loaded_world_is_taken_as_it_is(control: Control) -> None:
    assert control.call("sandboxes.open", world=worlds.load("empty"))["world"] == "empty"


def test_a_world_may_be_a_mapping(control: Control) -> None:
    opened = control.call("sandboxes.open", world={"name": "tiny"})
    assert opened["world"] == "tiny"


def test_an_argument_that_is_none_is_as_if_not_given(control: Control) -> None:
    assert control.call("sandboxes.open", id=None, world=None, clock=None, quirks=None)["id"] == "sb-1"


def test_snapshots_clock_quirks_and_quotas_go_back_together(control: Control) -> None:
    box = control.call("sandboxes.open")["id"]
    control.call("snapshots.save", sandbox=box, name="before")
    control.call("clock.change", sandbox=box, action="advance", by="1h")
    control.call("quirks.change", sandbox=box, provider="toy", choices={"mood": "rude"})
    control.call("quotas.change", sandbox=box, provider="toy", quota="requests", limit=7)
    control.call("snapshots.restore", sandbox=box, name="before")
    assert control.call("clock.get", sandbox=box)["now"] == "2026-01-15T09:00:00.000Z"
    assert control.call("quirks.list", sandbox=box, provider="toy")["quirks"][0]["choice"] == "kind"
    assert control.call("quotas.list", sandbox=box, provider="toy")["quotas"][0]["limit"] == 100


@pytest.mark.parametrize(
    ("operation", "arguments", "status", "where"),
    [
        ("clock.got", {}, 404, ()),
        ("clock.get", {"sandbox": "none"}, 404, ("sandbox",)),
        ("clock.get", {}, 400, ("sandbox",)),
        ("clock.get", {"sandbox": "none", "bix": 1}, 400, ("bix",)),
        ("sandboxes.open", {"clock": {"mode": "warm"}}, 400, ("clock", "mode")),
        ("sandboxes.open", {"clock": {"at": "soon"}}, 400, ("clock", "at")),
        ("sandboxes.open", {"world": object()}, 400, None),
        ("sandboxes.open", {"quirks": {"toy": {"moood": "rude"}}}, 400, ("quirks",)),
        ("health.get", {"verbose": True}, 400, ("verbose",)),
    ],
)
def test_a_wrong_call_is_refused(
    control: Control, operation: str, arguments: dict[str, Any], status: int, where: tuple[str, ...] | None
) -> None:
    with pytest.raises(ControlError) as refused:
        control.call(operation, **arguments)
    assert refused.value.status == status
    assert where is None or refused.value.where == where
    assert str(refused.value) == refused.value.message
    assert control.call("sandboxes.list") == {"sandboxes": []}


def _scenario(control: Control) -> list[Any]:
    """One story through many operations, refusals included."""
    told: list[Any] = []

    def do(operation: str, /, **arguments: Any) -> Any:
        try:
            told.append(control.call(operation, **arguments))
        except ControlError as error:
            told.append([error.status, error.code, error.message, error.where])
        return told[-1]

    do("health.get")
    do("openapi.get")
    do("contracts.get", provider="toy")
    do("sandboxes.open", id="a", clock={"at": "2026-02-01T10:00:00+02:00"}, quirks={"toy": {"mood": "rude"}})
    do("sandboxes.open", id="a")
    do("keys.issue", sandbox="a", provider="toy", roles=["one"])
    do("keys.revoke", sandbox="a", provider="toy", key="no/such key?")
    do("snapshots.save", sandbox="a", name="s.1")
    do("clock.change", sandbox="a", action="next")
    do("clock.change", sandbox="a", action="advance", by=1.5)
    do("clock.change", sandbox="a", action="advance", by="x")
    do("clock.change", sandbox="a", action="tick", tick=50)
    do("quotas.change", sandbox="a", provider="toy", quota="each", remaining=3, scope="things.list")
    do("quotas.change", sandbox="a", provider="toy", quota="each", remaining=51)
    do("quotas.list", sandbox="a", provider="toy")
    do("quirks.change", sandbox="a", provider="toy", choices={"counting": "sliding"})
    do("quirks.change", sandbox="a", provider="toy", choices={"counting": 5})
    do("jobs.plan", sandbox="a", provider="toy", kind="export", progress="polls", polls=3)
    do("jobs.list", sandbox="a", provider="toy")
    do("journal.list", sandbox="a", bodies=False, limit=3)
    do("journal.list", sandbox="a", operation="no.such")
    do("journal.list", sandbox="a", unread=True)
    do("conduct.list", sandbox="a", rules=["waits_retry_after", "invents_no_cursor"])
    do("conduct.list", sandbox="a", rules=["wait"])
    do("journal.clear", sandbox="a")
    do("unclaimed.list")
    do("state.get", sandbox="a")
    do("state.list", sandbox="a", provider="toy", collection="things", offset=1, limit=5)
    do("state.read", sandbox="a", provider="toy", collection="things", id="th_2")
    do("state.read", sandbox="a", provider="toy", collection="things", id="th/2")
    do("webhooks.plan", sandbox="a", provider="toy", hold=True, allow=["hooks.example.org"])
    do("webhooks.subscribe", sandbox="a", provider="toy", target_url="http://127.0.0.1:9/", events=["created"])
    do("webhooks.list", sandbox="a", provider="toy")
    do("webhooks.verify", sandbox="a", provider="toy", headers={"x-toy-check": "th_1 2"}, body="{}")
    do("webhooks.redeliver", sandbox="a", provider="toy", event="ev_0")
    do("simulate.list", sandbox="a", provider="toy")
    do("simulate.run", sandbox="a", provider="toy", name="knock", arguments={"name": "Ada"})
    do("simulate.run", sandbox="a", provider="toy", name="knock", arguments={"nam": "Ada"})
    do("sandboxes.fork", sandbox="a")
    do("snapshots.list", sandbox="a")
    do("snapshots.restore", sandbox="a", name="s.1")
    do("sandboxes.reset", sandbox="a")
    do("sandboxes.list")
    return told


def _without_addresses(told: Any, url: str) -> Any:
    if isinstance(told, dict):
        kept = {name: value for name, value in told.items() if not str(value).startswith(url)}
        return {name: _without_addresses(value, url) for name, value in kept.items()}
    return [_without_addresses(each, url) for each in told] if isinstance(told, list) else told


def test_both_controls_give_the_same_results(toy: Pack, machine: Any) -> None:
    local = _scenario(LocalControl(Registry({"toy": toy}, now=machine), accounts=True))
    with ServerThread(Registry({"toy": toy}, now=machine)) as server, RemoteControl(server.url) as control:
        remote = _without_addresses(_scenario(control), server.url)
    assert remote == local


def test_without_accounts_none_is_opened(registry: Registry) -> None:
    opened = LocalControl(registry).call("sandboxes.open")
    assert opened["accounts"] == {}
    assert registry.sandboxes["sb-1"].accounts == {}


def test_a_server_that_is_not_there_is_told_with_the_command_that_starts_one() -> None:
    with ServerThread(Registry({})) as server:
        url = server.url
    command = f"`harness serve --port {urlsplit(url).port}`"
    with RemoteControl(url) as control, pytest.raises(ControlError, match=command) as refused:
        control.call("health.get")
    assert refused.value.status == 503


@pytest.mark.parametrize("url", ["localhost:4000", "ftp://localhost", "http://[", "http://localhost:port"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with RemoteControl(url) as control, pytest.raises(ControlError, match=re.escape(url)):
        control.call("health.get")


@pytest.mark.parametrize("body", ["<html>", "{}", "[]", '{"error": "no"}'])
@pytest.mark.parametrize("status", [200, 404])
def test_another_kind_of_server_is_recognised(httpserver: HTTPServer, body: str, status: int) -> None:
    httpserver.expect_request("/_harness/health").respond_with_data(body, status=status)
    with (
        RemoteControl(httpserver.url_for("")) as control,
        pytest.raises(ControlError, match="no harness server"),
    ):
        control.call("sandboxes.list")


def test_a_server_of_another_version_is_refused(httpserver: HTTPServer) -> None:
    health = {"status": "ok", "version": "99.1", "providers": []}
    httpserver.expect_request("/_harness/health").respond_with_json(health)
    with (
        RemoteControl(httpserver.url_for("")) as control,
        pytest.raises(ControlError, match=f"provider-harness 99.1, this is {harness.__version__}"),
    ):
        control.call("sandboxes.list")


def test_a_token_is_sent_and_its_lack_is_told(registry: Registry) -> None:
    with ServerThread(registry, token="a-good-token") as server:
        with RemoteControl(server.url, "a-good-token") as control:
            assert control.call("sandboxes.list") == {"sandboxes": []}
        with RemoteControl(server.url) as control, pytest.raises(ControlError, match="the token") as refused:
            control.call("sandboxes.list")
    assert refused.value.status == 401


def test_a_proxy_from_the_environment_does_not_come_between(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with ServerThread(registry) as server, RemoteControl(server.url) as control:
        assert control.call("health.get")["status"] == "ok"


def test_threads_may_share_one_control(registry: Registry) -> None:
    with ServerThread(registry) as server, RemoteControl(server.url) as control:
        threads = [threading.Thread(target=lambda: control.call("sandboxes.open")) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(control.call("sandboxes.list")["sandboxes"]) == 16


def test_roles_of_a_pack_reach_the_key(toy: Pack) -> None:
    registry = Registry({"toy": replace(toy)})
    control = LocalControl(registry)
    control.call("sandboxes.open", id="a")
    key = control.call("keys.issue", sandbox="a", provider="toy", roles=["reader"])["api_key"]
    assert registry.sandbox("a").account("toy").keys[key] == ("reader",)


def test_the_list_of_sandboxes_opens_no_account(control: Control, registry: Registry) -> None:
    sandbox = registry.open(id="idle")
    assert control.call("sandboxes.list")["sandboxes"][0]["accounts"] == {}
    assert sandbox.accounts == {}


@pytest.mark.parametrize("url", ["127.0.0.1:4000", "", "ftp://127.0.0.1", "http://"])
def test_what_is_no_address_is_wrong_use(url: str) -> None:
    with pytest.raises(ControlError, match="not the address of a server") as refused:
        RemoteControl(url).call("health.get")
    assert refused.value.status == 400


def test_a_token_that_no_header_carries_is_refused_on_both_sides(registry: Registry) -> None:
    with pytest.raises(ControlError, match="printable ASCII"):
        RemoteControl("http://127.0.0.1:9", "pässwörter").call("health.get")
    with pytest.raises(OpenBind, match="printable ASCII"):
        ServerThread(registry, token="pässwörter").start()


@pytest.mark.parametrize("at", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"])
def test_a_clock_at_the_end_of_time_is_refused_and_opens_nothing(control: Control, at: str) -> None:
    with pytest.raises(ControlError, match="the years 100 to 9899"):
        control.call("sandboxes.open", clock={"at": at})
    assert control.call("sandboxes.list") == {"sandboxes": []}
    box = control.call("sandboxes.open", clock={"at": "9899-12-31T23:59:59Z"})["id"]
    with pytest.raises(ControlError, match="the years 100 to 9899"):
        control.call("clock.change", sandbox=box, action="advance", by="1s")
