"""Where the project's data folders are: beside the package in a checkout, inside it in a wheel."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent
_FOLDERS = ("contracts", "fixtures", "cassettes")


def folder(name: str) -> Path:
    """The folder `contracts`, `fixtures` or `cassettes` that belongs to the code that runs."""
    if name not in _FOLDERS:
        raise ValueError(f"no data folder {name!r}: one of {', '.join(_FOLDERS)}")
    packed = _PACKAGE / "_data" / name
    return packed if packed.is_dir() else _PACKAGE.parent / name
