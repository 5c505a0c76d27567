"""`harness verify`: what it prints, writes and ends with."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from harness.cli import main
from harness.verify.cassette import shipped_folder


def verify(*arguments: object, **environment: str | None) -> Result:
    wiped = {name: None for name in os.environ if name.startswith(("HARNESS_", "SUPERCHAT_"))}
    return CliRunner(env={**wiped, **environment}).invoke(main, ["verify", *map(str, arguments)])


@pytest.fixture(scope="module")
def labels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a single cassette."""
    folder = tmp_path_factory.mktemp("cassettes")
    shutil.copy(shipped_folder("superchat") / "labels.yaml", folder)
    return folder


def test_all_is_proven_ends_with_0(labels: Path) -> None:
    done = verify("superchat", "--suite", "contract", "--cassettes", labels)
    assert done.exit_code == 0, done.output
    assert "cases passed" in done.output


def test_a_failure_ends_with_1(labels: Path, tmp_path: Path) -> None:
    text = (labels / "labels.yaml").read_text()
    (tmp_path / "labels.yaml").write_text(text.replace('"name":', '"label":'))
    done = verify("superchat", "--suite", "contract", "--cassettes", tmp_path)
    assert done.exit_code == 1
    assert "FAILED:" in done.output
    assert "labels.yaml:" in done.output


def test_what_could_not_be_checked_ends_with_3_and_is_told() -> None:
    done = verify("superchat", "--suite", "live")
    assert done.exit_code == 3
    assert "NOT CHECKED: 1" in done.output
    assert "SUPERCHAT_LIVE_API_KEY" in done.output


def test_a_suite_that_is_left_out_is_not_checked(labels: Path) -> None:
    done = verify(
        "superchat", "--suite", "contract", "--suite", "live", "--cassettes", labels, "--skip", "live=no key here"
    )
    assert done.exit_code == 3
    assert "skipped: no key here" in done.output


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["superchatt"], "unknown provider 'superchatt': did you mean 'superchat'?"),
        (["superchat", "--suite", "prox"], "unknown suite 'prox': did you mean 'proxy'?"),
        (["superchat", "--suite", "live", "--skip", "life=why"], "did you mean 'live'?"),
        (["superchat", "--suite", "live", "--skip", "live"], "--skip live gives no reason"),
        (["superchat", "--suite", "live", "--output", "report.pdf"], "valid are .html, .json, .txt, .xml"),
        (["superchat", "--suite", "live", "--output", "no/such/report.html"], "there is no folder no/such"),
        (["superchat", "--suite", "live", "--world", "moon"], "moon"),
        (["superchat", "--cassettes", "nowhere"], "nowhere"),
        (["superchat", "--format", "pdf"], "pdf"),
    ],
)
def test_wrong_use_ends_with_2_and_says_what_is_valid(arguments: list[str], told: str) -> None:
    done = verify(*arguments)
    assert done.exit_code == 2
    assert told in done.output


def test_a_broken_cassette_ends_with_2_and_writes_no_report(tmp_path: Path) -> None:
    (tmp_path / "labels.yaml").write_text("version: 1\ninteractions: []\n")
    report = tmp_path / "report.html"
    report.write_text("the last one")
    done = verify("superchat", "--suite", "contract", "--cassettes", tmp_path, "--output", report)
    assert done.exit_code == 2
    assert "labels.yaml:" in done.output
    assert report.read_text() == "the last one"


def test_several_reports_at_once(labels: Path, tmp_path: Path) -> None:
    files = [tmp_path / f"report.{ending}" for ending in ("html", "xml", "json", "txt")]
    outputs = [argument for file in files for argument in ("--output", file)]
    done = verify("superchat", "--suite", "contract", "--cassettes", labels, "--format", "json", *outputs)
    assert done.exit_code == 0
    assert json.loads(done.stdout)["exit_code"] == 0
    assert json.loads(files[2].read_text()) == json.loads(done.stdout)
    assert files[0].read_text().startswith("<!doctype html>")
    assert files[1].read_text().startswith("<?xml")
    assert files[3].read_text().startswith("superchat\n")


def test_a_pipe_gets_no_progress(labels: Path) -> None:
    done = verify("superchat", "--suite", "contract", "--cassettes", labels)
    assert done.stderr == ""
    assert "\r" not in done.output


def test_the_key_to_the_real_api_comes_from_the_environment_and_is_never_shown() -> None:
    key = "4c6f9a52-secret"
    done = verify(
        "superchat",
        *("--suite", "live", "--format", "json"),
        SUPERCHAT_LIVE_API_KEY=key,
        SUPERCHAT_LIVE_BASE_URL="http://127.0.0.1:9/v1.0",
    )
    assert done.exit_code == 3
    assert "cannot be reached" in done.output
    assert key not in done.output


def test_help_tells_the_suites_and_the_exit_codes() -> None:
    shown = verify("--help").output
    for word in ("contract", "conduct", "live", "0 all passed", "3 something could not be checked"):
        assert word in shown


def test_coverage_says_by_what_each_operation_was_judged() -> None:
    done = CliRunner().invoke(main, ["coverage", "superchat", "--json"])
    (found,) = json.loads(done.stdout).values()
    assert {row["proof"] for row in found} <= {"proven", "documented", "inferred", "not known"}
    assert "proof:" in done.stderr
