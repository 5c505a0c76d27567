"""A failing test's report ends with its sandbox's journal."""

from __future__ import annotations

from collections.abc import Callable

import pytest

pytest_plugins = ["pytester"]

Run = Callable[..., pytest.RunResult]


def test_a_failed_tests_report_ends_with_the_journal(run: Run) -> None:
    result = run("""
        def test_a(notebook):
            print("printed before")
            with notebook.client() as client:
                client.get("/notes")
                client.get("/nots")
            assert False
    """)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*printed before*",
            "*- harness journal -*",
            "   1  2026-01-15T09:00:00.001Z  200  GET /v2/notes  notebook notes.list",
            "   2  2026-01-15T09:00:00.002Z  404  GET /v2/nots  notebook -  (nearest notes.list: *)",
            "*short test summary*",
        ],
        consecutive=False,
    )


def test_a_passed_test_tells_no_journal(run_in_process: Run) -> None:
    result = run_in_process("def test_a(notebook):\n    with notebook.client() as client: client.get('/notes')", "-rA")
    result.stdout.no_fnmatch_line("*harness journal*")


def test_only_the_newest_exchanges_are_told(run_in_process: Run) -> None:
    result = run_in_process("""
        def test_a(notebook):
            with notebook.client() as client:
                for _ in range(40):
                    client.get("/notes")
            assert False
    """)
    result.stdout.fnmatch_lines(["(10 older not shown)", "  11  *", "  40  *"])
    result.stdout.no_fnmatch_line("  10  *")


def test_without_a_request_it_says_so(run_in_process: Run) -> None:
    result = run_in_process("def test_a(notebook): assert False")
    result.stdout.fnmatch_lines(["no request came with a key of sandbox sb-1"])


def test_a_setup_that_fails_after_the_sandbox_was_opened_tells_it_too(run_in_process: Run) -> None:
    result = run_in_process("""
        import pytest

        @pytest.fixture
        def prepared(notebook):
            with notebook.client() as client:
                client.get("/notes")
            raise RuntimeError("not prepared")

        def test_a(prepared): pass
    """)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*not prepared*", "*- harness journal -*", "   1  *"])


def test_the_fakes_own_breach_fails_the_test(run_in_process: Run) -> None:
    result = run_in_process("""
        def test_a(notebook):
            with notebook.client() as client:
                client.get("/faults")
    """)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*faults.show answered 200 against its contract*"])


def test_it_is_told_under_xdist_too(run: Run) -> None:
    result = run(
        """
        def test_a(notebook):
            with notebook.client() as client:
                client.get("/notes")
            assert False
        """,
        "-n",
        "1",
    )
    result.stdout.fnmatch_lines(["*- harness journal -*", "   1  *notes.list"])
