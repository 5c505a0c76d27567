"""A sandbox is the same whether it lives in this process or on a server."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

import harness

START = datetime(2026, 1, 15, 9, tzinfo=UTC)


def test_it_begins_frozen_at_the_fixed_moment(sandbox: harness.Sandbox) -> None:
    assert (sandbox.clock.mode, sandbox.clock.now) == ("frozen", START)


def test_each_request_ticks_one_millisecond(sandbox: harness.Sandbox) -> None:
    with sandbox.notebook.client() as client:
        client.get("/notes")
    assert sandbox.clock.now == START + timedelta(milliseconds=1)


@pytest.mark.parametrize("by", ["5m", 300, 300.0, timedelta(minutes=5)])
def test_the_clock_advances_by_text_seconds_or_timedelta(sandbox: harness.Sandbox, by: str | float | timedelta) -> None:
    assert sandbox.clock.advance(by) == START + timedelta(minutes=5)


def test_the_clock_advances_by_units(sandbox: harness.Sandbox) -> None:
    assert sandbox.clock.advance(days=1, minutes=5) == START + timedelta(days=1, minutes=5)


def test_advance_wants_either_a_duration_or_units(sandbox: harness.Sandbox) -> None:
    with pytest.raises(TypeError, match="one of the two"):
        sandbox.clock.advance()
    with pytest.raises(TypeError, match="one of the two"):
        sandbox.clock.advance("5m", minutes=5)


def test_a_duration_that_cannot_be_read_is_refused_with_the_valid_forms(sandbox: harness.Sandbox) -> None:
    with pytest.raises(ValueError, match=r"not a duration.*'5m'"):
        sandbox.clock.advance("five minutes")


def test_the_clock_is_set_frozen_and_let_go(sandbox: harness.Sandbox) -> None:
    moment = datetime(2027, 3, 1, tzinfo=UTC)
    assert sandbox.clock.set(moment) == moment
    assert sandbox.clock.set("2027-04-01T00:00:00Z") == datetime(2027, 4, 1, tzinfo=UTC)
    modes = []
    for turn in (sandbox.clock.live, sandbox.clock.freeze):
        turn()
        modes.append(sandbox.clock.mode)
    assert modes == ["live", "frozen"]


def test_the_tick_can_be_set(sandbox: harness.Sandbox) -> None:
    sandbox.clock.tick = 0
    with sandbox.notebook.client() as client:
        client.get("/notes")
    assert (sandbox.clock.tick, sandbox.clock.now) == (0, START)


def test_the_clock_goes_to_the_next_due_event_until_there_is_none(held: harness.Server) -> None:
    with held.sandbox(world="empty") as sandbox, sandbox.notebook.client() as client:
        assert sandbox.clock.next_due is None
        assert not sandbox.clock.next()
        made = client.post("/prints").json()["id"]
        assert sandbox.clock.next_due == START + timedelta(minutes=1, milliseconds=1)
        assert sandbox.clock.next()
        assert client.get(f"/prints/{made}").json()["state"] == "running"


@pytest.mark.parametrize(
    "clock",
    ["2026-05-01T12:00:00Z", datetime(2026, 5, 1, 12, tzinfo=UTC), {"at": "2026-05-01T12:00:00Z"}],
)
def test_it_begins_at_the_moment_asked_for(held: harness.Server, clock: str) -> None:
    with held.sandbox(clock=clock) as sandbox:
        assert sandbox.clock.now == datetime(2026, 5, 1, 12, tzinfo=UTC)


def test_it_begins_live_when_asked(held: harness.Server) -> None:
    with held.sandbox(clock="live") as sandbox:
        assert sandbox.clock.mode == "live"


def test_it_begins_with_the_shipped_world_asked_for(held: harness.Server) -> None:
    with held.sandbox(world="empty") as sandbox:
        assert sandbox.world == "empty"
        assert sandbox.notebook.state == {"notes": 0}


def test_it_begins_with_a_world_from_a_file(held: harness.Server, tmp_path: Path) -> None:
    file = tmp_path / "two.yaml"
    file.write_text(
        "name: two\ntitle: Two\ncontacts:\n"
        "  - {key: a, first_name: Ada, created: -2d}\n  - {key: b, first_name: Bo, created: -1d}\n"
    )
    with held.sandbox(world=file) as sandbox:
        assert [note["title"] for note in sandbox.notebook.collection("notes")] == ["Ada", "Bo"]


def test_it_begins_with_a_world_from_a_mapping(held: harness.Server) -> None:
    world = {"name": "one", "title": "One", "contacts": [{"key": "a", "first_name": "Ada", "created": "-1d"}]}
    with held.sandbox(world=world) as sandbox:
        assert sandbox.notebook.state == {"notes": 1}


def test_an_unknown_world_is_refused_with_the_shipped_ones(held: harness.Server) -> None:
    with pytest.raises(ValueError, match="support_desk"):
        held.sandbox(world="suport_desk")


def test_a_world_file_that_is_wrong_is_refused_with_file_and_line(held: harness.Server, tmp_path: Path) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text("name: bad\ncontacts:\n  - {key: a, shoe_size: 44}\n")
    with pytest.raises(ValueError, match=r"bad\.yaml:3"):
        held.sandbox(world=file)


def test_it_begins_with_the_quirks_asked_for(held: harness.Server) -> None:
    with held.sandbox(quirks={"notebook": {"titles": "upper"}}) as sandbox:
        assert sandbox.notebook.quirks["titles"] == "upper"


def test_quotas_may_be_off(held: harness.Server) -> None:
    with held.sandbox(quotas="off") as sandbox:
        assert sandbox.notebook.quotas["requests"].limit > 1_000_000


def test_an_account_is_an_attribute(sandbox: harness.Sandbox) -> None:
    assert sandbox.notebook is sandbox.account("notebook")


def test_an_unknown_attribute_names_the_installed_providers(sandbox: harness.Sandbox) -> None:
    with pytest.raises(AttributeError, match=r"'notebok'.*notebook"):
        _ = sandbox.notebok


def test_an_unknown_account_is_refused_with_the_nearest(sandbox: harness.Sandbox) -> None:
    with pytest.raises(ValueError, match="did you mean 'notebook'"):
        sandbox.account("notebok")


def test_the_state_counts_every_providers_documents(sandbox: harness.Sandbox) -> None:
    assert sandbox.state["notebook"] == {"notes": 40}


def test_two_sandboxes_share_nothing(held: harness.Server) -> None:
    with held.sandbox(world="empty") as one, held.sandbox(world="empty") as other:
        with one.notebook.client() as client:
            client.post("/notes", json={"title": "mine"})
        assert (one.notebook.state, other.notebook.state) == ({"notes": 1}, {"notes": 0})
        assert one.notebook.api_key != other.notebook.api_key


def test_a_fork_has_the_state_and_goes_its_own_way(sandbox: harness.Sandbox) -> None:
    with sandbox.notebook.client() as client:
        client.post("/notes", json={"title": "before"})
    with sandbox.fork() as twin:
        assert sandbox.forks == [twin]
        with twin.notebook.client() as client:
            client.post("/notes", json={"title": "after"})
        assert (sandbox.notebook.state["notes"], twin.notebook.state["notes"]) == (41, 42)
    assert sandbox.forks == []


def test_a_snapshot_is_restored(sandbox: harness.Sandbox) -> None:
    sandbox.snapshot("begin")
    with sandbox.notebook.client() as client:
        client.post("/notes", json={"title": "gone"})
    sandbox.restore("begin")
    assert (sandbox.snapshots, sandbox.notebook.state, sandbox.clock.now) == (["begin"], {"notes": 40}, START)


def test_an_unknown_snapshot_is_refused_with_those_there_are(sandbox: harness.Sandbox) -> None:
    sandbox.snapshot("begin")
    with pytest.raises(ValueError, match="did you mean 'begin'"):
        sandbox.restore("began")


def test_reset_brings_the_beginning_back(sandbox: harness.Sandbox) -> None:
    key = sandbox.notebook.api_key
    with sandbox.notebook.client() as client:
        client.post("/notes", json={"title": "gone"})
    sandbox.clock.advance("1d")
    sandbox.reset()
    assert (sandbox.notebook.state, sandbox.clock.now, len(sandbox.journal)) == ({"notes": 40}, START, 0)
    assert sandbox.notebook.api_key == key


def test_a_seed_reaches_every_provider(sandbox: harness.Sandbox) -> None:
    added = sandbox.seed(contacts=[{"key": "new", "first_name": "New", "created": "-1d"}])
    assert added["notebook"] == {"notes": 1}
    assert sandbox.notebook.state == {"notes": 41}


def test_a_closed_sandboxs_key_opens_nothing(held: harness.Server) -> None:
    sandbox = held.sandbox()
    with sandbox.notebook.client() as client:
        assert client.get("/notes").status_code == 200
        sandbox.close()
        assert client.get("/notes").status_code == 401


def test_closing_twice_is_fine(held: harness.Server) -> None:
    sandbox = held.sandbox()
    sandbox.close()
    sandbox.close()
    assert repr(sandbox) == f"<Sandbox {sandbox.id} closed>"


def test_closing_what_the_server_has_closed_already_is_fine(held: harness.Server, server: harness.Server) -> None:
    sandbox = held.sandbox()
    httpx.delete(f"{server.url}/_harness/sandboxes/{sandbox.id}", trust_env=False)
    sandbox.close()


def test_webhook_events_can_be_read(sandbox: harness.Sandbox) -> None:
    with sandbox.notebook.client() as client:
        note = client.post("/notes", json={"title": "heard"}).json()
    (event,) = sandbox.webhooks
    assert (event.type, event.provider, event.payload["id"]) == ("note.created", "notebook", note["id"])
    assert event.at == START + timedelta(milliseconds=1)
    assert sandbox.webhooks.events("note.deleted") == []
    assert len(sandbox.webhooks.events("note.created", provider="notebook")) == 1


def test_a_strict_sandbox_refuses_the_fakes_own_breaches(server: harness.Server) -> None:
    with (
        server.sandbox() as sandbox,
        sandbox.notebook.client() as client,
        pytest.raises(AssertionError, match=r"faults\.show answered 200 against its contract"),
    ):
        client.get("/faults")


def test_a_sandbox_that_is_not_strict_lets_them_pass(held: harness.Server) -> None:
    with held.sandbox(strict=False) as sandbox, sandbox.notebook.client() as client:
        assert client.get("/faults").json() == {"not": "a note"}


def test_the_default_sandbox_of_a_server_is_live_and_there_from_the_start(held: harness.Server) -> None:
    assert (held.default.id, held.default.clock.mode) == ("default", "live")


def test_a_sandbox_knows_whether_it_is_closed_and_where_it_lives(held: harness.Server, server: harness.Server) -> None:
    with held.sandbox() as sandbox:
        assert not sandbox.closed
    assert sandbox.closed
    assert sandbox.in_process is (held is server)


def test_a_closed_server_has_no_address_and_starts_no_other() -> None:
    with harness.serve() as server:
        assert repr(server) == f"<Server {server.url}>"
    assert repr(server) == "<Server closed>"
    with pytest.raises(RuntimeError, match="closed"):
        _ = server.url
    with pytest.raises(RuntimeError, match="closed"):
        _ = server.default


@pytest.mark.parametrize("id", [".", "..", "", "a/b", "a?b#c", "%2e"])
def test_an_odd_id_is_just_not_there(notebook: harness.Account, id: str) -> None:
    assert notebook.collection("notes").get(id) is None


def test_the_clock_does_not_follow_what_is_due_to_the_end_of_time() -> None:
    with harness.sandbox() as sandbox:
        with sandbox.superchat.client() as client:
            conversation = client.get("/conversations").json()["results"][0]["url"]
            client.patch(conversation, json={"status": "snoozed", "snoozed_until": "9999-12-31T23:59:59Z"})
        while (due := sandbox.clock.next_due) and due.year < 9999:
            sandbox.clock.next()
        before = sandbox.clock.now
        with pytest.raises(ValueError, match="the years 100 to 9899"):
            sandbox.clock.next()
        assert sandbox.clock.now == before
