"""A folder `harness` of the user's own beside the package of that name."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a folder `harness`, in an environment where the distribution is installed."""
    metadata = tmp_path / "site" / "provider_harness-0.1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: provider-harness\nVersion: 0.1.0\n")
    (metadata / "entry_points.txt").write_text("[pytest11]\nharness = provider_harness\n")
    project = tmp_path / "project"
    (project / "harness").mkdir(parents=True)
    (project / "harness" / "mine.py").write_text("x = 1\n")
    (project / "test_a.py").write_text("def test_a(): pass\n")
    return project


def run(project: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(project.parent / "site"), str(ROOT)])}
    for name in ("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "PYTEST_ADDOPTS", "PYTEST_PLUGINS"):
        environment.pop(name, None)
    return subprocess.run(
        [sys.executable, *command], cwd=project, env=environment, capture_output=True, text=True, check=False
    )


def test_one_that_is_found_first_is_named_with_the_remedy(project: Path) -> None:
    (project / "harness" / "__init__.py").touch()
    told = run(project, "-m", "pytest")  # `python -m` puts the project's folder first
    assert told.returncode == pytest.ExitCode.USAGE_ERROR
    assert f"{project / 'harness'} is imported as `harness`" in told.stderr
    assert "rename your folder" in told.stderr
    assert "Traceback" not in told.stderr


def test_the_tests_run_without_the_plugin_then(project: Path) -> None:
    (project / "harness" / "__init__.py").touch()
    assert run(project, "-m", "pytest", "-p", "no:harness").returncode == 0


def test_one_without_an_init_file_hides_nothing(project: Path) -> None:
    (project / "test_a.py").write_text("def test_a(harness): pass\n")
    assert run(project, "-m", "pytest").returncode == 0


@pytest.mark.parametrize("statement", ["import harness.mine", "from harness import mine"])
def test_one_that_is_hidden_by_the_package_is_named_where_its_import_fails(project: Path, statement: str) -> None:
    (project / "test_a.py").write_text(f"{statement}\n")
    told = run(project, "-m", "pytest")
    assert told.returncode == pytest.ExitCode.INTERRUPTED
    assert f"{project / 'harness'} has 'mine', but `harness` is the installed package" in told.stdout


def test_an_attribute_that_only_the_hidden_one_has_is_explained(project: Path) -> None:
    program = f"import sys; sys.path.append({str(project)!r}); import harness; harness.mine"
    told = run(project.parent, "-c", program)
    assert f"module 'harness' has no attribute 'mine': {project / 'harness'} has 'mine'" in told.stderr
