"""Other folders named `harness` that an import may mean, and the words that say so."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from importlib.machinery import PathFinder
from pathlib import Path

_HERE = Path(__file__).resolve().parent


def folders(places: Iterable[str] | None = None) -> list[Path]:
    """The folders `harness` on the import path that are not this package."""
    found = []
    for place in sys.path if places is None else places:
        spec = PathFinder.find_spec("harness", [place])
        found += [Path(folder) for folder in (spec.submodule_search_locations or ())] if spec else []
    return [folder for folder in dict.fromkeys(found) if folder.resolve() != _HERE]


def explanation(module: str, places: Iterable[str] | None = None) -> str:
    """Why `harness.<module>` is not there, when a namesake has it; else an empty text."""
    for folder in folders(places):
        if any((folder / f"{module}{ending}").exists() for ending in ("", ".py")):
            return (
                f"{folder} has {module!r}, but `harness` is the installed package provider-harness here: "
                "rename the folder, two packages of one name cannot be imported together"
            )
    return ""
