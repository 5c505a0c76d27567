"""The marker judges the client's conduct, and a failed test's report tells what is often the cause."""

from __future__ import annotations

from collections.abc import Callable

import pytest

pytest_plugins = ["pytester"]

Run = Callable[..., pytest.RunResult]

BAD = """
    import pytest

    @pytest.mark.harness(conduct={wish})
    def test_a({fixtures}):
        with superchat.client() as client:
            client.get("/contacts", params={{"after": "made-up"}})
"""


def test_bad_conduct_fails_a_test_that_asks_for_good(run: Run) -> None:
    result = run(BAD.format(wish="True", fixtures="superchat"))
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "the client's conduct: 1 finding",
            "  superchat invents_no_cursor: request 1 (contacts.list) sends after=made-up, which was never handed out",
            "the exchanges:",
            "   1  *GET /v1.0/contacts[?]after=made-up*",
            "*- harness journal -*",
        ]
    )


@pytest.mark.parametrize("wish", ["False", "['waits_retry_after', 'no_call_after_401']", "'waits_retry_after'"])
def test_what_the_marker_does_not_ask_for_is_not_judged(run_in_process: Run, wish: str) -> None:
    run_in_process(BAD.format(wish=wish, fixtures="superchat")).assert_outcomes(passed=1)


def test_a_rule_is_asked_for_by_its_name(run_in_process: Run) -> None:
    run_in_process(BAD.format(wish="['invents_no_cursor']", fixtures="superchat")).assert_outcomes(failed=1)


def test_the_nearer_marker_counts(run_in_process: Run) -> None:
    source = BAD.format(wish="False", fixtures="superchat") + "\n    pytestmark = pytest.mark.harness(conduct=True)"
    run_in_process(source).assert_outcomes(passed=1)


def test_an_unknown_rule_is_refused_with_the_valid_ones(run_in_process: Run) -> None:
    result = run_in_process(BAD.format(wish="['wait_retry_after']", fixtures="superchat"))
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*unknown rule of conduct 'wait_retry_after': did you mean 'waits_retry_after'*"])


def test_a_fork_is_judged_too(run_in_process: Run) -> None:
    result = run_in_process("""
        import pytest

        @pytest.mark.harness(conduct=True)
        def test_a(harness):
            with harness.fork().superchat.client() as client:
                client.get("/contacts", params={"after": "made-up"})
    """)
    result.assert_outcomes(failed=1)


def test_a_test_that_failed_itself_is_not_judged(run_in_process: Run) -> None:
    source = BAD.format(wish="True", fixtures="superchat") + "        raise KeyError('its own')"
    result = run_in_process(source)
    result.stdout.fnmatch_lines(["*KeyError: 'its own'"])
    result.stdout.no_fnmatch_line("*the client's conduct*")


def test_a_failed_tests_report_tells_near_misses_and_what_nobody_read(run: Run) -> None:
    result = run("""
        def test_a(notebook):
            with notebook.client() as client:
                client.get("/nots")
                client.get("/notes", params={"colour": "red"})
            assert False
    """)
    result.stdout.fnmatch_lines(
        [
            "*- harness near misses -*",
            "   1  GET /v2/nots matched no operation; nearest is notes.list, GET /v2/notes: the path has 'nots' *",
            "*- harness sent but not read -*",
            "   2  notes.list: query.colour",
        ]
    )


def test_a_report_without_near_misses_has_no_section_for_them(run_in_process: Run) -> None:
    result = run_in_process("""
        def test_a(notebook):
            with notebook.client() as client:
                client.get("/notes")
            assert False
    """)
    result.stdout.no_fnmatch_line("*near misses*")
    result.stdout.no_fnmatch_line("*not read*")


def test_conduct_that_cannot_be_judged_is_told(run: Run) -> None:
    source = """
        import pytest

        @pytest.mark.harness(conduct=True)
        def test_a(harness):
            harness.close()
    """
    result = run(source)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["nobody can tell the client's conduct: the test has closed sandbox sb-* itself"])
