"""The fixtures and the marker, in process and with a running server."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path

import httpx
import pytest

import harness
from harness.core.registry import Registry
from harness.server.process import ServerThread

pytest_plugins = ["pytester"]

Run = Callable[..., pytest.RunResult]

SUITE = """
    from datetime import datetime, UTC
    import urllib.request
    import pytest

    START = datetime(2026, 1, 15, 9, tzinfo=UTC)

    @pytest.mark.parametrize("turn", [1, 2])
    def test_each_test_has_a_fresh_sandbox(harness, turn):
        assert (harness.clock.mode, harness.clock.now) == ("frozen", START)
        with harness.notebook.client() as client:
            assert len(client.get("/notes").json()["notes"]) == 40
            client.post("/notes", json={"title": "left behind"})

    def test_the_providers_fixture_is_the_sandboxs_account(harness, notebook):
        assert notebook is harness.notebook

    def test_the_address_answers_any_client(notebook):
        request = urllib.request.Request(f"{notebook.base_url}/notes", headers=notebook.headers)
        assert urllib.request.urlopen(request).status == 200

    def test_quotas_are_real(notebook):
        assert notebook.quotas["requests"].limit == 1000

    @pytest.mark.harness(quotas="off")
    def test_quotas_may_be_off(notebook):
        assert notebook.quotas["requests"].limit == 1_000_000_000

    @pytest.mark.harness(world="empty", clock="2026-05-01T00:00:00Z")
    class TestMarked:
        def test_a_class_may_be_marked(self, harness, notebook):
            assert notebook.state == {"notes": 0}
            assert harness.clock.now == datetime(2026, 5, 1, tzinfo=UTC)

        @pytest.mark.harness(clock="live", quirks={"notebook": {"titles": "upper"}})
        def test_the_nearer_mark_counts(self, harness, notebook):
            assert notebook.state == {"notes": 0}
            assert harness.clock.mode == "live"
            assert notebook.quirks["titles"] == "upper"

    def test_forks_are_closed_with_the_test(harness):
        with harness.fork() as fork:
            twin = fork.fork()
        assert harness.forks == [twin]
        assert twin.fork().notebook.state == {"notes": 40}

    def test_the_server_answers_and_opens_sandboxes(harness_server):
        with urllib.request.urlopen(f"{harness_server.url}/_harness/health") as answer:
            assert answer.status == 200
        with harness_server.sandbox(world="empty") as sandbox:
            assert sandbox.notebook.state == {"notes": 0}
        assert harness_server.default.id == "default"
"""


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one process", "xdist"])
def test_sandboxes_are_fresh_apart_and_as_marked(run: Run, workers: tuple[str, ...]) -> None:
    run(SUITE, *workers).assert_outcomes(passed=10)


def test_no_sandbox_is_left_on_the_server(run_in_process: Run, server: harness.Server) -> None:
    run_in_process(SUITE, "--harness-url", server.url).assert_outcomes(passed=10)
    open_now = httpx.get(f"{server.url}/_harness/sandboxes", trust_env=False).json()["sandboxes"]
    assert [sandbox["id"] for sandbox in open_now] == ["default"]


def test_the_url_may_stand_in_the_ini_file(
    run_in_process: Run, pytester: pytest.Pytester, server: harness.Server
) -> None:
    pytester.makeini(f"[pytest]\nharness_url = {server.url}\n")
    source = f"def test_url(notebook): assert notebook.base_url == '{server.url}/notebook/v2'"
    run_in_process(source).assert_outcomes(passed=1)


def test_a_server_that_does_not_answer_is_named_with_the_remedy(run_in_process: Run) -> None:
    result = run_in_process("def test_a(notebook): pass", "--harness-url", "http://127.0.0.1:1")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*no sandbox for this test: no server answers at http://127.0.0.1:1*harness serve*"])


def test_the_token_of_a_server_that_wants_one_is_sent(
    run_in_process: Run, server: harness.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    import notebook

    source = "def test_a(notebook): assert notebook.state == {'notes': 40}"
    with ServerThread(Registry({"notebook": notebook.pack}), token="open sesame") as guarded:
        without = run_in_process(source, "--harness-url", guarded.url)
        without.assert_outcomes(errors=1)
        without.stdout.fnmatch_lines(["*wants the token it was started with*"])
        run_in_process(source, "--harness-url", guarded.url, "--harness-token", "open sesame").assert_outcomes(passed=1)
        monkeypatch.setenv("HARNESS_TOKEN", "open sesame")
        run_in_process(source, "--harness-url", guarded.url).assert_outcomes(passed=1)


def test_the_fixtures_are_listed_with_their_purpose(run_in_process: Run) -> None:
    listed = run_in_process("", "--fixtures").stdout.str()
    for line in ("The notebook account of the test's sandbox.", "A fresh sandbox:", "A running server:"):
        assert line in listed


def test_the_marker_is_registered(run_in_process: Run) -> None:
    run_in_process("", "--markers").stdout.fnmatch_lines(["@pytest.mark.harness(world=*"])


def refused(run: Run, mark: str, arguments: str = "harness") -> str:
    """What is told about a test with a wrong mark; it ends in an error, without a traceback."""
    return all_refused(run, [mark], arguments)[0]


def all_refused(run: Run, marks: Iterable[str], arguments: str = "harness") -> list[str]:
    """The same of several, each of which marks a test of its own in one run."""
    tests = [f"@pytest.mark.harness({mark})\ndef test_{turn}({arguments}): pass\n" for turn, mark in enumerate(marks)]
    result = run("import pytest\n" + "".join(tests))
    result.assert_outcomes(errors=len(tests))
    result.stdout.no_fnmatch_line("*Traceback*")
    report = result.stdout.str().partition("short test summary info")[0]
    told = re.split(r"_ ERROR at setup of test_\d+ _", report)[1:]
    assert len(told) == len(tests)
    return told


def test_an_unknown_option_of_the_marker_is_refused_with_the_valid_ones(run_in_process: Run) -> None:
    told = refused(run_in_process, "wrold='empty'")
    assert "unknown option 'wrold': did you mean 'world'?" in told
    assert "valid are clock, conduct, faults, quirks, quotas, world" in told


def test_the_marker_is_checked_without_the_fixture_too(run_in_process: Run) -> None:
    assert "did you mean 'world'" in refused(run_in_process, "wrold='empty'", "")


def test_faults_begin_with_the_sandbox(run: Run) -> None:
    result = run(
        """
        import pytest

        @pytest.mark.harness(faults={"notebook": [{"operation": "notes.list", "status": 502, "first": 1}]})
        def test_one(harness, notebook):
            assert notebook.client().get("/notes").status_code == 502
            assert notebook.client().get("/notes").status_code == 200
            assert harness.journal[0].fault == "fault-1 status"
        """
    )
    result.assert_outcomes(passed=1)


FAULTS = [
    ('{"notebook": [{"operation": "notes.lits"}]}', "did you mean 'notes.list'?"),
    ('{"notebok": [{"operation": "notes.list"}]}', "did you mean 'notebook'?"),
    ('{"notebook": [{"operation": "notes.list", "frist": 1}]}', "did you mean 'first'?"),
    ('{"notebook": [{"status": 502}]}', "operation"),
    ('{"notebook": {"operation": "notes.list"}}', "faults are {provider: [rule, …]}"),
    ('["notes.list"]', "faults are {provider: [rule, …]}"),
]


def test_faults_that_cannot_be_are_refused_and_leave_no_sandbox(run: Run, server: harness.Server) -> None:
    refusals = all_refused(run, [f"faults={rules}" for rules, _ in FAULTS])
    for (rules, told), refusal in zip(FAULTS, refusals, strict=True):
        assert told in refusal, rules
    open_now = httpx.get(f"{server.url}/_harness/sandboxes", trust_env=False).json()["sandboxes"]
    assert [sandbox["id"] for sandbox in open_now] == ["default"]


def test_the_marker_takes_names_only(run_in_process: Run) -> None:
    assert "takes names only, as in world=…; not 'empty'" in refused(run_in_process, "'empty'")


WISHES = [
    ("world='suport_desk'", "did you mean 'support_desk'"),
    ("quirks={'notebok': {}}", "did you mean 'notebook'"),
    ("quirks={'notebook': {'title': 'upper'}}", "did you mean 'titles'"),
    ("quotas='of'", "quotas"),
    ("clock='yesterday'", "not a moment: 'yesterday'"),
    ("world=5", "a shipped world's name, a file or a mapping, not 5"),
    ("conduct=5", "True, False, a rule or a list of rules, not 5"),
]


def test_wishes_that_cannot_be_met_are_refused(run: Run) -> None:
    refusals = all_refused(run, [mark for mark, _ in WISHES])
    for (mark, told), refusal in zip(WISHES, refusals, strict=True):
        assert told in refusal, mark


def test_an_idle_plugin_imports_nothing_of_the_package(run_in_process: Run, pytester: pytest.Pytester) -> None:
    pytester.makeconftest(
        "import sys\n"
        "def pytest_unconfigure():\n"
        "    names = ('httpx', 'jsonschema_rs', 'notebook', 'orjson', 'uvicorn')\n"
        "    found = [name for name in sys.modules if name.startswith('harness.') or name in names]\n"
        "    print('imported:', found)\n"
    )
    told = run_in_process("def test_a(): pass", "-s").stdout
    told.fnmatch_lines(["imported: ['harness.pytest_plugin']"])


def test_a_world_file_may_be_asked_for(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "one.yaml"
    file.write_text("name: one\ntitle: One\ncontacts:\n  - {key: a, first_name: Ada, created: -2d}\n")
    source = f"""
        import pytest
        @pytest.mark.harness(world={str(file)!r})
        def test_a(notebook):
            assert notebook.state == {{"notes": 1}}
    """
    run(source).assert_outcomes(passed=1)


def test_the_receiver_takes_webhooks_in_both_modes(run: Run) -> None:
    run(
        """
        import pytest


        def test_receiver(harness, superchat, harness_receiver):
            superchat.webhooks.subscribe(harness_receiver.url, ["contact_created"])
            client = superchat.client()
            client.post("/contacts", json={"handles": [{"type": "mail", "value": "ada@example.com"}]})
            client.close()
            harness.webhooks.deliver()
            assert harness_receiver.types == ["contact_created"]
            harness_receiver.verify(superchat)


        def test_another_receiver_knows_nothing_of_it(harness_receiver):
            assert harness_receiver.received == []
            with pytest.raises(AssertionError, match="1 webhooks did not come within 0 s, but 0"):
                harness_receiver.wait(1, timeout=0)


        def test_an_error_in_a_callback_is_told(superchat, harness_receiver):
            superchat.webhooks.subscribe(harness_receiver.url, ["contact_created"])
            harness_receiver.then(lambda webhook: webhook.json()["nothing"])
            superchat.simulate.inbound_message(channel="sms", identifier="+493055500001", text="x")
            superchat.webhooks.deliver()
            assert len(superchat.webhooks.deliveries("retrying")) == 1
        """
    ).assert_outcomes(passed=3, errors=1)
