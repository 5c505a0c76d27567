"""README and docs: each snippet runs, each command is one that works, each table is current."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import textwrap
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

import harness

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
AS_INSTALLED = ("README.md", "fuzzing.md")
"""The documents whose tests meet all plugins that are installed; the others name those they need."""
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def blocks(language: str, name: str = "*") -> list[Any]:
    found = []
    for document in DOCUMENTS:
        if not fnmatch(document.name, name):
            continue
        for match in _BLOCK.finditer(document.read_text()):
            if match[1] == language:
                line = document.read_text()[: match.start()].count("\n") + 1
                found.append(pytest.param(match[2], id=f"{document.name}:{line}"))
    return found


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_the_snippets_of_a_document_run(document: Path, tmp_path: Path) -> None:
    tests = 0
    for match in _BLOCK.finditer(document.read_text()):
        if match[1] == "python":
            line = document.read_text()[: match.start()].count("\n") + 1
            own = len(re.findall(r"^def test_", match[2], re.MULTILINE))
            tests += own or 1
            wrapped = match[2] if own else "def test_it():\n" + textwrap.indent(match[2], "    ")
            (tmp_path / f"test_line_{line}.py").write_text(wrapped)
    if not tests:
        return
    named, environment = [], _environment("")
    if document.name not in AS_INSTALLED:  # to load Hypothesis and Schemathesis takes longer than most tests here
        named = ["-p", "provider_harness", "-p", "pytest_httpserver.pytest_plugin"]
        environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", *named, tmp_path],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert f"{tests} passed" in done.stdout


@pytest.mark.parametrize("code", blocks("yaml", "worlds.md"))
def test_a_world_of_the_documents_is_served(code: str, tmp_path: Path) -> None:
    world = tmp_path / "bakery.yaml"
    world.write_text(code)
    with harness.sandbox(world=world) as sandbox:
        assert len(sandbox.superchat.collection("contacts")) == 21


@pytest.mark.parametrize("code", blocks("console"))
def test_the_commands_of_a_block_work(code: str, tmp_path: Path) -> None:
    commands = [line[2:] for line in code.splitlines() if line.startswith("$ ")]
    serving = [command for command in commands if command.startswith("harness serve")]
    for command in serving:
        done = subprocess.run([*shlex.split(command), "--help"], env=_environment(""), check=True, capture_output=True)
        assert b"Start the fakes" in done.stdout
    with harness.serve() as server:
        script = "\n".join(command for command in commands if command not in serving)
        done = subprocess.run(
            ["bash", "-c", f"set -e\n{script}"],
            env=_environment(server.url),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
    # `harness coverage` has no test run to look at here, which it says with 3
    assert done.returncode == (3 if "coverage" in script else 0), done.stderr
    assert '"error"' not in done.stdout


def _environment(url: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HARNESS_", "SUPERCHAT_"))}
    path = f"{Path(sys.executable).parent}{os.pathsep}{kept.get('PATH', '')}"
    return {**kept, "PATH": path, "HARNESS_URL": url, "COLUMNS": "200"}


def test_the_last_command_of_ci_is_the_test_command_of_the_readme() -> None:
    command = re.findall(r"^python3 -m venv .*nox -s tests$", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert [(ROOT / ".ci" / "run").read_text().rstrip().splitlines()[-1]] == command


def test_the_tables_are_current() -> None:
    done = subprocess.run([sys.executable, ROOT / "docs" / "tables.py", "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_every_link_leads_somewhere() -> None:
    for document in DOCUMENTS:
        for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", document.read_text()):
            if not target.startswith("https://"):
                assert (document.parent / target).exists(), f"{document.name}: {target}"
