"""The suites, each a module with NAME and `cases(subject)`.

What keeps a suite from having any case is itself one, which is unchecked.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from harness.nearest import unknown

NAMES = ("contract", "fake", "mapping", "world", "proxy", "conduct", "live")
"""In the order in which they run."""


class UnknownSuite(ValueError):
    """A suite there is not; the text names those there are."""


def suite(name: str) -> ModuleType:
    """A suite by name."""
    if name not in NAMES:
        raise UnknownSuite(unknown("suite", name, NAMES))
    return import_module(f"harness.verify.suites.{name}")
