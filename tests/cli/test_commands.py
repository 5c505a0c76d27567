"""The commands, run as a user runs them: in a process of their own, against a server."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import harness
from harness.cli import COMMANDS, main
from harness.core.registry import Registry
from harness.data import folder
from harness.server.process import ServerThread


@pytest.fixture(scope="module")
def server() -> Iterator[harness.Server]:
    with harness.serve() as started:
        yield started


@pytest.fixture
def sandbox(server: harness.Server) -> Iterator[harness.Sandbox]:
    with server.sandbox() as opened:
        yield opened


def run(*arguments: str, **environment: str | None) -> Result:
    """A command in this process; it thinks its output is piped."""
    wiped = {name: None for name in os.environ if name.startswith("HARNESS_")}
    return CliRunner(env={**wiped, **environment}).invoke(main, list(arguments))


def steer(server: harness.Server, sandbox: harness.Sandbox, *arguments: str) -> Result:
    """A command about a sandbox."""
    return run(*arguments, "--url", server.url, "--sandbox", sandbox.id)


def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("HARNESS_")}


def test_help_lists_every_command_with_a_summary() -> None:
    shown = run("--help").output
    for name in ("serve", "env", "routes", "coverage", "state", "reset", "clock", "faults", "snapshot", "journal"):
        assert f"  {name} " in shown


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_explains_itself_with_an_example(name: str) -> None:
    result = run(name, "--help")
    assert result.exit_code == 0
    assert result.output.startswith(f"Usage: main {name}")
    assert f"harness {name}" in result.output


def test_an_unknown_command_names_the_nearest() -> None:
    result = run("sevre")
    assert result.exit_code == 2
    assert "did you mean 'serve'?" in result.output


def test_env_prints_the_default_keys_which_never_change() -> None:
    result = run("env", "superchat")
    assert result.output.splitlines() == [
        "export SUPERCHAT_BASE_URL=http://127.0.0.1:4000/superchat/v1.0",
        "export SUPERCHAT_API_KEY=fa4e0000-0000-4000-8000-da11ab36fb5f",
    ]


def test_env_follows_the_port_and_the_url_of_the_environment() -> None:
    assert "http://127.0.0.1:4123/superchat" in run("env", HARNESS_PORT="4123").output
    assert "http://fakes.example/superchat" in run("env", HARNESS_URL="http://fakes.example/").output


@pytest.mark.parametrize("url", ["127.0.0.1:4000", "http://127.0.0.1:abc", "http://"])
def test_env_refuses_what_is_no_address(url: str) -> None:
    refused = run("env", "--url", url)
    assert (refused.exit_code, f"not the address of a server: '{url}'" in refused.output) == (2, True)


def test_env_of_an_unknown_provider_is_wrong_use() -> None:
    result = run("env", "superchta")
    assert result.exit_code == 2
    assert "did you mean 'superchat'?" in result.output


def test_env_fits_the_server(server: harness.Server) -> None:
    found = json.loads(run("env", "superchat", "--json", "--url", server.url).output)
    request = urllib.request.Request(
        f"{found['SUPERCHAT_BASE_URL']}/me", headers={"X-API-KEY": found["SUPERCHAT_API_KEY"]}
    )
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 200


def test_routes_lists_all_operations_of_a_provider() -> None:
    found = json.loads(run("routes", "superchat", "--json").output)
    assert len(found) == 61
    assert {
        "provider": "superchat",
        "method": "POST",
        "path": "/superchat/v1.0/contacts/search",
        "operation": "search_contacts.list",
    } in found


def test_state_counts_and_shows_documents(server: harness.Server, sandbox: harness.Sandbox) -> None:
    counts = json.loads(steer(server, sandbox, "state", "--json").output)
    assert counts["superchat"]["contacts"] == 40
    found = json.loads(steer(server, sandbox, "state", "superchat", "contacts", "--limit", "2").output)
    assert found["total"] == 40
    assert len(found["documents"]) == 2


def test_state_in_a_pipe_is_tab_separated(server: harness.Server, sandbox: harness.Sandbox) -> None:
    lines = steer(server, sandbox, "state", "superchat").output.splitlines()
    assert lines[0] == "provider\tcollection\tdocuments"
    assert "superchat\tcontacts\t40" in lines


def test_an_unknown_collection_is_named_with_the_valid_ones(server: harness.Server, sandbox: harness.Sandbox) -> None:
    result = steer(server, sandbox, "state", "superchat", "contcats")
    assert result.exit_code == 2
    assert "contacts" in result.output


def test_the_clock_is_shown_and_moved(server: harness.Server, sandbox: harness.Sandbox) -> None:
    assert "2026-01-15T09:00:00" in steer(server, sandbox, "clock", "show").output
    assert "2026-01-15T10:30:00" in steer(server, sandbox, "clock", "advance", "1h30m").output
    assert "2027-01-01T00:00:00" in steer(server, sandbox, "clock", "set", "2027-01-01T00:00:00Z").output
    assert json.loads(steer(server, sandbox, "clock", "live", "--json").output)["mode"] == "live"
    assert "(frozen)" in steer(server, sandbox, "clock", "freeze").output


def test_the_clock_goes_to_what_is_due_next(server: harness.Server, sandbox: harness.Sandbox) -> None:
    due = json.loads(steer(server, sandbox, "clock", "show", "--json").output)["next_due"]
    assert json.loads(steer(server, sandbox, "clock", "next", "--json").output)["now"] == due


def test_a_bad_duration_is_wrong_use_and_moves_nothing(server: harness.Server, sandbox: harness.Sandbox) -> None:
    before = sandbox.clock.now
    result = steer(server, sandbox, "clock", "advance", "5 minutes")
    assert result.exit_code == 2
    assert "'5m'" in result.output
    assert sandbox.clock.now == before


def test_a_snapshot_is_kept_listed_and_restored(server: harness.Server, sandbox: harness.Sandbox) -> None:
    assert steer(server, sandbox, "snapshot", "save", "before").exit_code == 0
    sandbox.superchat.seed(contacts=[{"first_name": "Ada", "emails": ["ada@example.com"]}])
    assert steer(server, sandbox, "snapshot", "list").output.splitlines() == ["before"]
    assert steer(server, sandbox, "snapshot", "restore", "before").exit_code == 0
    assert len(sandbox.superchat.collection("contacts")) == 40


def test_an_unknown_snapshot_names_the_kept_ones(server: harness.Server, sandbox: harness.Sandbox) -> None:
    steer(server, sandbox, "snapshot", "save", "before")
    result = steer(server, sandbox, "snapshot", "restore", "befor")
    assert result.exit_code == 2
    assert "did you mean 'before'?" in result.output


def test_faults_are_added_listed_and_taken_away(server: harness.Server, sandbox: harness.Sandbox) -> None:
    added = steer(server, sandbox, "faults", "add", "superchat", "me.list", "--status", "502", "--first", "1")
    assert added.output == "fault-1\n"
    client = sandbox.superchat.client()
    assert [client.get("/me").status_code for _ in range(2)] == [502, 200]
    lines = steer(server, sandbox, "faults", "list", "superchat").output.splitlines()
    assert lines[1] == "fault-1\tme.list\tstatus\t2\t1\tstatus=502 first=1"
    assert steer(server, sandbox, "faults", "remove", "superchat", "fault-1").exit_code == 0
    steer(server, sandbox, "faults", "profile", "superchat", "outage")
    assert client.get("/me").status_code == 503
    steer(server, sandbox, "faults", "clear", "superchat")
    assert client.get("/me").status_code == 200


def test_a_fault_for_an_unknown_operation_names_the_nearest(server: harness.Server, sandbox: harness.Sandbox) -> None:
    result = steer(server, sandbox, "faults", "add", "superchat", "contacts.lst")
    assert result.exit_code == 2
    assert "did you mean 'contacts.list'?" in result.output


def test_reset_puts_everything_back(server: harness.Server, sandbox: harness.Sandbox) -> None:
    sandbox.superchat.seed(contacts=[{"first_name": "Ada", "emails": ["ada@example.com"]}])
    assert steer(server, sandbox, "reset").exit_code == 0
    assert len(sandbox.superchat.collection("contacts")) == 40


def test_the_journal_shows_and_empties(server: harness.Server, sandbox: harness.Sandbox) -> None:
    sandbox.superchat.client().get("/contacts?limit=1")
    sandbox.superchat.client().get("/contacts/nobody")
    lines = steer(server, sandbox, "journal", "--status", "404").output.splitlines()
    assert len(lines) == 2
    assert "/v1.0/contacts/nobody" in lines[1]
    whole = steer(server, sandbox, "journal", "--operation", "contacts.list", "--json").output
    assert json.loads(whole)["exchanges"][0]["response"]["body"].startswith('{"url"')
    assert sandbox.superchat.api_key not in whole
    steer(server, sandbox, "journal", "--clear")
    assert len(steer(server, sandbox, "journal").output.splitlines()) == 1


def test_the_journal_tells_what_was_a_fault(server: harness.Server, sandbox: harness.Sandbox) -> None:
    sandbox.superchat.faults.add("me.list", status=502)
    with sandbox.superchat.client() as client:
        client.get("/me")
    header, line = steer(server, sandbox, "journal").output.splitlines()
    assert dict(zip(header.split("\t"), line.split("\t"), strict=True))["fault"] == "fault-1 status"


def test_the_journal_is_not_emptied_by_half(server: harness.Server, sandbox: harness.Sandbox) -> None:
    with sandbox.superchat.client() as client:
        client.get("/me")
    refused = steer(server, sandbox, "journal", "--status", "404", "--clear")
    assert (refused.exit_code, "whole journal" in refused.output) == (2, True)
    assert len(sandbox.journal) == 1


def test_without_a_server_a_command_could_not_look() -> None:
    result = run("state", "--url", "http://127.0.0.1:9")
    assert result.exit_code == 3
    assert "harness serve" in result.output


def test_an_unknown_sandbox_is_wrong_use(server: harness.Server) -> None:
    result = run("reset", "--url", server.url, "--sandbox", "nowhere")
    assert result.exit_code == 2
    assert "nowhere" in result.output


def test_coverage_without_a_test_run_says_unknown(tmp_path: Path) -> None:
    result = run("coverage", "superchat", "--exercised", str(tmp_path / "none.json"))
    assert result.exit_code == 3
    assert "61 of 61 with handler" in result.output
    assert "contacts.list\tGET\t/v1.0/contacts\tyes\tyes\tdocumented\tdocumented\tunknown" in result.output


def test_coverage_tells_what_a_test_run_called(tmp_path: Path) -> None:
    file = tmp_path / "exercised.json"
    file.write_text(json.dumps({"superchat": {"me.list": {"calls": 3, "statuses": [200], "tests": 2}}}))
    result = run("coverage", "superchat", "--exercised", str(file))
    assert result.exit_code == 1
    assert "me.list\tGET\t/v1.0/me\tyes\tyes\tdocumented\tdocumented\t3 calls" in result.output
    assert "1 of 61 with test" in result.output
    assert "tools: 48 of 48" in result.output


@pytest.mark.parametrize("content", ["", "[]", '{"superchat": 1}', '{"superchat": {"me.list": {"statuses": []}}}'])
def test_coverage_refuses_a_file_that_is_something_else(tmp_path: Path, content: str) -> None:
    file = tmp_path / "exercised.json"
    file.write_text(content)
    result = run("coverage", "--exercised", str(file))
    assert (result.exit_code, "exercised.json is not what" in result.output) == (2, True)


def test_doctor_finds_everything_in_place(server: harness.Server) -> None:
    result = run("doctor", "--port", server.url.rpartition(":")[2], "--json")
    found = {finding["check"]: finding for finding in json.loads(result.output)}
    assert result.exit_code == 0
    assert found["pack superchat"]["found"] == "61 operations"
    assert found["world support_desk"]["verdict"] == "fine"
    assert "serves" in found[f"port {server.url.rpartition(':')[2]}"]["found"]


def test_doctor_tells_who_holds_the_port_and_what_to_do() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        taken.settimeout(10)
        threading.Thread(target=lambda: taken.accept()[0].close(), daemon=True).start()
        result = run("doctor", "--port", str(port), "--json")
    found = {finding["check"]: finding for finding in json.loads(result.output)}
    assert result.exit_code == 1
    assert found[f"port {port}"]["verdict"] == "wrong"
    assert "what answers" in found[f"port {port}"]["found"] or "no server answers" in found[f"port {port}"]["found"]
    assert "--port 0" in found[f"port {port}"]["remedy"]


def test_doctor_finds_a_data_folder_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = run("doctor", "--port", "1", HARNESS_DATA_DIR=str(tmp_path / "file"))
    assert result.exit_code == 1
    assert "HARNESS_DATA_DIR" in result.output


def verdicts(*options: str, **environment: str | None) -> dict[str, dict[str, str]]:
    found = json.loads(run("doctor", "--port", "1", "--json", *options, **environment).output)
    return {finding["check"]: finding for finding in found}


def test_doctor_finds_a_data_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    below = tmp_path / "file" / "below"
    assert verdicts(HARNESS_DATA_DIR=str(below))["snapshots"]["verdict"] == "wrong"
    assert verdicts(HARNESS_DATA_DIR=str(tmp_path / "new" / "below"))["snapshots"]["verdict"] == "fine"
    refused = run("serve", "--port", "0", "--data-dir", str(below))
    assert (refused.exit_code, "--data-dir" in refused.output) == (2, True)


def test_doctor_looks_at_what_the_environment_names(server: harness.Server) -> None:
    wrong = verdicts(HARNESS_URL="http://127.0.0.1:9", HARNESS_WORLD="suport_desk")
    assert wrong["HARNESS_URL"]["verdict"] == wrong["HARNESS_WORLD"]["verdict"] == "wrong"
    assert "support_desk" in wrong["HARNESS_WORLD"]["found"]
    right = verdicts(HARNESS_URL=server.url, HARNESS_WORLD="crowd")
    assert right["HARNESS_URL"]["verdict"] == right["HARNESS_WORLD"]["verdict"] == "fine"


def test_doctor_knows_a_server_that_wants_a_token() -> None:
    with ServerThread(Registry(), token="open sesame") as guarded:
        port = guarded.url.rpartition(":")[2]
        shut = verdicts("--port", port)[f"port {port}"]
        assert (shut["verdict"], shut["remedy"]) == ("worth knowing", "set HARNESS_TOKEN to the server's token")
        assert verdicts("--port", port, HARNESS_TOKEN="open sesame")[f"port {port}"]["verdict"] == "fine"


@pytest.mark.parametrize("gone", ["fixtures", "contracts"])
def test_doctor_finds_that_the_data_is_gone(tmp_path: Path, gone: str) -> None:
    package = Path(harness.__file__).parent
    shutil.copytree(package, tmp_path / "harness", ignore=shutil.ignore_patterns("__pycache__"))
    for name in {"fixtures", "contracts"} - {gone}:
        shutil.copytree(folder(name), tmp_path / name)
    shown = subprocess.run(
        [sys.executable, "-m", "harness.cli", "doctor", "--json"],
        env={**environment(), "PYTHONPATH": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert shown.returncode == 1, shown.stderr
    wrong = {finding["check"] for finding in json.loads(shown.stdout) if finding["verdict"] == "wrong"}
    assert wrong >= ({"worlds"} if gone == "fixtures" else {"pack superchat", "control plane"})


def test_conduct_judges_the_clients_of_a_sandbox(server: harness.Server, sandbox: harness.Sandbox) -> None:
    with sandbox.superchat.client() as client:
        client.get("/me")
        good = steer(server, sandbox, "conduct")
        assert (good.exit_code, good.output) == (0, "provider\trule\tmessage\n")
        client.get("/contacts", params={"after": "made-up"})
    bad = steer(server, sandbox, "conduct", "--provider", "superchat")
    assert bad.exit_code == 1
    assert bad.output.splitlines()[1].startswith("superchat\tinvents_no_cursor\trequest 2 (contacts.list) sends")
    told = steer(server, sandbox, "conduct", "invents_no_cursor", "--json")
    assert told.exit_code == 1
    assert json.loads(told.output)["findings"][0]["exchanges"] == [2]
    assert steer(server, sandbox, "conduct", "waits_retry_after").exit_code == 0


def test_conduct_refuses_an_unknown_rule(server: harness.Server, sandbox: harness.Sandbox) -> None:
    unknown = steer(server, sandbox, "conduct", "waits")
    assert (unknown.exit_code, "valid are invents_no_cursor" in unknown.output) == (2, True)


def test_conduct_cannot_be_judged_by_half_a_journal() -> None:
    with ServerThread(Registry(max_journal_bytes=1)) as thread, harness.Server.at(thread.url) as server:
        sandbox = server.sandbox()
        with sandbox.superchat.client() as client:
            for _ in range(2):
                client.get("/me")
        half = steer(server, sandbox, "conduct")
    assert (half.exit_code, "let go of 1" in half.output) == (3, True)


@pytest.mark.parametrize("host", ["https://hooks.example.com", "hooks.example.com/path", ""])
def test_serve_refuses_a_target_that_is_no_host(host: str) -> None:
    refused = run("serve", "--port", "0", "--allow-target", host)
    assert (refused.exit_code, "not the name of a host" in refused.output) == (2, True)


def serve(*options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "harness.cli", "serve", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    )


def test_serve_prints_its_port_answers_and_stops_gracefully() -> None:
    process = serve("--port", "0", "--world", "empty", "--quotas", "off", "--strict")
    assert process.stdout is not None
    url = process.stdout.readline().split()[3]
    key = run("env", "superchat", "--json").output
    request = urllib.request.Request(
        f"{url}/superchat/v1.0/contacts", headers={"X-API-KEY": json.loads(key)["SUPERCHAT_API_KEY"]}
    )
    with urllib.request.urlopen(request) as answer:
        assert json.load(answer)["results"] == []
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 0
    assert errors == ""


def test_serve_names_a_taken_port_and_the_remedy(server: harness.Server) -> None:
    port = server.url.rpartition(":")[2]
    result = run("serve", "--port", port)
    assert result.exit_code == 1
    assert f"port {port}" in result.output
    assert "--port" in result.output


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--world", "support-desk"], "support_desk"),
        (["--world", "nowhere.yaml"], "nowhere.yaml"),
        (["--quotas", "some"], "'real', 'off'"),
        (["--port", "70000"], "65535"),
        (["--host", "0.0.0.0"], "token"),
        (["--token", "short"], "8 characters"),
    ],
)
def test_serve_refuses_a_bad_option(options: list[str], says: str) -> None:
    result = run("serve", "--port", "0", *options)
    assert result.exit_code == 2
    assert says in result.output


def test_snapshots_survive_the_server_in_a_data_folder(tmp_path: Path) -> None:
    options = ("--port", "0", "--data-dir", str(tmp_path))
    for arguments in (["snapshot", "save", "kept"], ["snapshot", "restore", "kept"]):
        process = serve(*options)
        assert process.stdout is not None
        url = process.stdout.readline().split()[3]
        assert run(*arguments, "--url", url).exit_code == 0
        process.terminate()
        process.communicate(timeout=30)
