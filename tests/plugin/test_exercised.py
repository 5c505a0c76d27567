"""--harness-exercised: which operations the tests called."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

Run = Callable[..., pytest.RunResult]

SUITE = """
    import pytest

    @pytest.mark.parametrize("turn", range(3))
    def test_lists(notebook, turn):
        with notebook.client() as client:
            client.get("/notes")
            client.get("/notes")

    def test_looks_for_what_is_not_there(notebook):
        with notebook.client() as client:
            client.get("/notes")
            client.get("/notes/none")
            client.get("/nowhere")
"""

COUNTS = {
    "notebook": {
        "notes.get": {"calls": 1, "statuses": [404], "tests": 1},
        "notes.list": {"calls": 7, "statuses": [200], "tests": 4},
    }
}


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one process", "xdist"])
def test_it_counts_calls_statuses_and_tests(run: Run, tmp_path: Path, workers: tuple[str, ...]) -> None:
    file = tmp_path / "new" / "exercised.json"
    run(SUITE, "--harness-exercised", str(file), *workers).assert_outcomes(passed=4)
    assert json.loads(file.read_text()) == COUNTS


def test_it_counts_what_was_asked_of_any_sandbox_in_process(run_in_process: Run, tmp_path: Path) -> None:
    file = tmp_path / "exercised.json"
    source = """
        import harness

        def test_by_hand():
            with harness.sandbox() as sandbox, sandbox.notebook.client() as client:
                client.get("/notes")
                sandbox.journal.clear()
            with harness.serve() as server, server.default.notebook.client() as client:
                client.get("/notes")
    """
    run_in_process(source, "--harness-exercised", str(file)).assert_outcomes(passed=1)
    assert json.loads(file.read_text())["notebook"]["notes.list"] == {
        "calls": 2,
        "statuses": [200],
        "tests": 1,
    }


def test_it_adds_to_what_an_earlier_run_has_left(run_in_process: Run, tmp_path: Path) -> None:
    file = tmp_path / "exercised.json"
    earlier = {"notes.list": {"calls": 1, "statuses": [429], "tests": 1}}
    file.write_text(json.dumps({"notebook": earlier, "another": earlier}))
    run_in_process(SUITE, "--harness-exercised", str(file)).assert_outcomes(passed=4)
    counts = json.loads(file.read_text())
    assert counts["another"] == earlier
    assert counts["notebook"]["notes.list"] == {"calls": 8, "statuses": [200, 429], "tests": 5}


@pytest.mark.parametrize("content", ["no JSON", '{"notebook": 3}'])
def test_another_kind_of_file_is_refused_and_left_alone(run_in_process: Run, tmp_path: Path, content: str) -> None:
    file = tmp_path / "exercised.json"
    file.write_text(content)
    result = run_in_process(SUITE, "--harness-exercised", str(file))
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: --harness-exercised: {file} cannot be added to: *"])
    assert file.read_text() == content


def test_a_file_that_cannot_be_written_is_refused_before_the_tests(run_in_process: Run, tmp_path: Path) -> None:
    result = run_in_process(SUITE, "--harness-exercised", str(tmp_path))
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: --harness-exercised: {tmp_path} cannot be added to: *"])


def test_sandboxes_that_the_test_closes_itself_count_too(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "exercised.json"
    source = """
        def test_closes_all(harness, harness_server, notebook):
            def ask(sandbox):
                with sandbox.notebook.client() as client:
                    client.get("/notes")
            with harness.fork() as fork:
                ask(fork)
            with harness_server.sandbox() as another:
                ask(another)
            ask(harness)
            harness.close()
    """
    run(source, "--harness-exercised", str(file)).assert_outcomes(passed=1)
    assert json.loads(file.read_text())["notebook"]["notes.list"] == {"calls": 3, "statuses": [200], "tests": 1}
