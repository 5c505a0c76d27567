"""Imports run one way: cli and the plugin to the server, to testing, to the packs, to the core."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import harness

ROOT = Path(harness.__file__).parent
LAYERS = ("core", "providers", "testing", "verify", "server", "cli")
"""Each may import those before it when it is itself imported; later ones only inside a function, when used."""


def imported(file: Path) -> Iterator[str]:
    """The harness modules a file imports at once; what is for the type checker alone does not count."""
    for node in ast.parse(file.read_text()).body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("harness."):
            yield str(node.module)
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names if name.name.startswith("harness."))


def test_no_room_imports_one_above_it() -> None:
    wrong = [
        f"{file.relative_to(ROOT)} imports {module}"
        for number, layer in enumerate(LAYERS)
        for file in (ROOT / layer).rglob("*.py")
        for module in imported(file)
        if module.split(".")[1] in LAYERS[number + 1 :]
    ]
    assert wrong == []


def test_the_core_names_no_provider() -> None:
    named = [
        str(file.relative_to(ROOT))
        for file in (ROOT / "core").rglob("*.py")
        if any(name in file.read_text().lower() for name in ("superchat", "freshchat", "kustomer", "supersend"))
    ]
    assert named == []


def test_the_unified_client_knows_no_fake() -> None:
    """It speaks to a provider over HTTP alone, so that it is the same for a real one."""
    free = ("unified", "data", "nearest", "marked_yaml", "announced")
    wrong = [
        f"{file.relative_to(ROOT)} imports {module}"
        for file in (ROOT / "unified").rglob("*.py")
        for module in anywhere(file)
        if module.split(".")[1] not in free
    ]
    assert wrong == []


def anywhere(file: Path) -> Iterator[str]:
    """The harness modules a file imports, in functions too."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("harness."):
            yield str(node.module)
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names if name.name.startswith("harness."))
