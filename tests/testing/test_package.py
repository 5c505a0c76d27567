"""`import harness`: everything public, nothing loaded."""

from __future__ import annotations

import subprocess
import sys

import pytest

import harness


def test_the_public_names_are_there() -> None:
    assert {name for name in dir(harness) if not name.startswith("_")} >= {
        "Account",
        "Sandbox",
        "Server",
        "sandbox",
        "serve",
    }
    for name in harness.__all__:
        assert getattr(harness, name)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'harness' has no attribute 'sandbx'"):
        _ = harness.sandbx  # type: ignore[attr-defined]


def test_importing_it_loads_none_of_its_modules() -> None:
    program = "import sys, harness; print([name for name in sys.modules if name.startswith('harness.')])"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_a_sandbox_needs_no_pytest() -> None:
    program = (
        "import sys, harness\nwith harness.sandbox() as s: print(s.clock.mode)\nassert 'pytest' not in sys.modules"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "frozen"
