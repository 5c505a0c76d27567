"""`contract_suite()` as its users run it: in a pytest of their own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import harness
from harness.verify.cassette import shipped_folder

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "ci"


class Project:
    """Somebody's project, whose tests run in a process of their own, with this plugin and no other."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self._pytester = pytester
        self.path = pytester.path

    def makepyfile(self, **files: str) -> None:
        self._pytester.makepyfile(**files)

    def runpytest(self, *options: str) -> pytest.RunResult:
        plugins = ("-p", "harness.pytest_plugin", "-p", "no:cacheprovider", "-W", "error")
        return self._pytester.runpytest_subprocess(*plugins, *options)


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Project:
    """One that is empty."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    monkeypatch.delenv("SUPERCHAT_LIVE_API_KEY", raising=False)
    return Project(pytester)


def test_each_case_is_a_test_with_its_name(project: Project) -> None:
    project.makepyfile(test_it="import harness\nTestIt = harness.contract_suite(providers='superchat', suites='proxy')")
    done = project.runpytest("-v", "-k", "labels.list or read-only")
    done.stdout.fnmatch_lines(
        [
            "*TestIt::test_case[[]proxy/labels.list as it came[]] PASSED*",
            "*TestIt::test_case[[]proxy/labels.list pages of 7[]] PASSED*",
            "*TestIt::test_case[[]proxy/a sandbox account is read-only[]] PASSED*",
        ]
    )


def test_what_cannot_be_checked_fails_and_says_so(project: Project) -> None:
    project.makepyfile(test_it="import harness\nTestIt = harness.contract_suite(providers='superchat', suites='live')")
    done = project.runpytest()
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(["not checked: there is no key to the real superchat API: set SUPERCHAT_LIVE_API_KEY"])


def test_with_a_reason_it_is_skipped(project: Project) -> None:
    project.makepyfile(
        test_it="""
        import harness

        TestIt = harness.contract_suite(providers="superchat", suites="live", skip={"live": "no key on this machine"})
        """
    )
    done = project.runpytest("-rs")
    done.assert_outcomes(skipped=1)
    done.stdout.fnmatch_lines(["SKIPPED*no key on this machine"])


def test_a_subclass_may_say_otherwise(project: Project) -> None:
    project.makepyfile(
        test_it="""
        import harness

        class TestIt(harness.contract_suite(providers="superchat", suites="live")):
            skip = {"live/nothing to check": "no key on this machine"}
        """
    )
    project.runpytest().assert_outcomes(skipped=1)


@pytest.mark.parametrize(
    ("skip", "told"),
    [
        ("{'proxy/labels.lst as it came': 'why'}", "*did you mean 'proxy/labels.list as it came'?*"),
        ("{'proxy': ' '}", "*skipping proxy needs a reason*"),
    ],
)
def test_a_skip_that_names_nothing_or_says_no_reason_ends_the_run(project: Project, skip: str, told: str) -> None:
    project.makepyfile(
        test_it=f"import harness\nTestIt = harness.contract_suite(providers='superchat', suites='proxy', skip={skip})"
    )
    done = project.runpytest()
    assert done.ret != 0
    assert not done.parseoutcomes().get("passed")
    (done.stdout if "Error" in done.stdout.str() or "ERROR" in done.stdout.str() else done.stderr).fnmatch_lines([told])


def test_a_failure_shows_the_message_of_the_case_and_no_traceback(project: Project) -> None:
    project.makepyfile(
        test_it="""
        import harness

        class Client:
            def __init__(self, account):
                self.http = account.client()

        TestIt = harness.contract_suite(
            Client,
            providers="superchat",
            work={"contacts.list": lambda client, account: client.http.get("/contacts").json().get("results")},
        )
        """
    )
    done = project.runpytest("-k", "gives or pages")
    done.stdout.fnmatch_lines(["*contacts.list always failed with 503, and the client said nothing*"])
    done.stdout.no_fnmatch_line("*Traceback*")
    done.stdout.no_fnmatch_line("*pytest_suite.py*")


def test_the_target_chooses_the_suites(project: Project) -> None:
    project.makepyfile(
        test_it="""
        import harness

        TestIt = harness.contract_suite(providers="superchat", suites=["contract", "proxy"])
        """
    )
    listed = project.runpytest("--collect-only", "-q", "--harness-target", "cassette").stdout.str()
    assert "contract/" in listed
    assert "proxy/" not in listed
    listed = project.runpytest("--collect-only", "-q", "--harness-target", "live").stdout.str()
    assert "live/nothing to check" in listed


def test_a_target_that_none_of_its_suites_meets_ends_the_run(project: Project) -> None:
    project.makepyfile(test_it="import harness\nTestIt = harness.contract_suite(providers='superchat', suites='proxy')")
    done = project.runpytest("--harness-target", "cassette")
    assert "none of its suites meets --harness-target cassette: proxy" in done.stdout.str() + done.stderr.str()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"providers": "superchatt"}, "did you mean 'superchat'?"),
        ({"suites": ["proxi"]}, "did you mean 'proxy'?"),
        ({"work": {"contacts.list": print}}, "give client_factory, too"),
        ({"client_factory": dict, "work": {"contact.list": print}}, "did you mean 'contacts.list'?"),
        ({"client_factory": dict, "work": {"contacts.list": "walk"}}, "is a function of client and account"),
    ],
)
def test_what_there_is_not_is_refused_where_the_class_is_made(arguments: dict[str, object], told: str) -> None:
    with pytest.raises(ValueError, match=r"\w") as refused:
        harness.contract_suite(**arguments)  # type: ignore[arg-type]
    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("providers = ['superchatt']", "did you mean 'superchat'?"),
        ("suites = 'proxi'", "did you mean 'proxy'?"),
        ("work = {'contacts.list': print}", "give client_factory, too"),
    ],
)
def test_what_there_is_not_is_refused_of_a_subclass_too(project: Project, line: str, told: str) -> None:
    project.makepyfile(
        test_it=f"import harness\nclass TestIt(harness.contract_suite(providers='superchat')):\n    {line}"
    )
    done = project.runpytest()
    done.assert_outcomes(errors=1)
    assert told in done.stdout.str()


def test_cassettes_of_ones_own_are_judged(project: Project) -> None:
    project.makepyfile(
        test_it="""
        import harness

        TestIt = harness.contract_suite(providers="superchat", suites="contract", cassettes="nowhere")
        """
    )
    done = project.runpytest()
    assert "there is no folder nowhere with cassettes" in done.stdout.str() + done.stderr.str()


def test_golden_values_are_rewritten_when_asked_and_the_difference_is_shown(project: Project) -> None:
    folder = project.path / "own"
    golden = folder / "golden" / "ticketing.tags.list.json"
    shutil.copytree(shipped_folder("superchat"), folder)
    right = golden.read_text()
    golden.write_text(right.replace('"name": "', '"name": "not ', 1))
    project.makepyfile(
        test_it="""
        import harness

        TestIt = harness.contract_suite(providers="superchat", suites="mapping", cassettes="own")
        """
    )
    assert project.runpytest("-k", "tags and list").parseoutcomes()["failed"] == 1
    done = project.runpytest("-k", "tags and list", "--harness-update")
    assert done.ret == 0
    done.stdout.fnmatch_lines(["*golden values rewritten*", "*ticketing.tags.list.json*"])
    assert golden.read_text() == right


def test_importing_the_package_does_not_import_the_suites() -> None:
    code = "import sys, harness; print(any(name.startswith('harness.verify') for name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


@pytest.mark.skipif(shutil.which("sh") is None, reason="needs a shell")
def test_the_example_for_other_projects_runs_as_its_ci_does(tmp_path: Path) -> None:
    place = tmp_path / "project"
    shutil.copytree(EXAMPLE, place, ignore=shutil.ignore_patterns("__pycache__"))
    bare = {
        name: value for name, value in os.environ.items() if not name.startswith(("HARNESS_", "SUPERCHAT_", "PYTEST"))
    }
    path = f"{Path(sys.executable).parent}{os.pathsep}{bare.get('PATH', '')}"
    done = subprocess.run(
        ["sh", "ci.sh", "-p", "no:cacheprovider"],
        cwd=place,
        env={**bare, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert {file.name for file in (place / "reports").iterdir()} == {"tests.xml", "verify.xml", "verify.html"}
