"""The files of a contract: a folder of YAML, split by resource, that merges into one document.

Beside them stands `bundle.json`, the same in one piece, so that nothing parses YAML at start-up; a bundle that does not
carry the digest of the files is ignored.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any

import orjson

from harness.core.contract import ContractError

BUNDLE = "bundle.json"
_COMPONENTS = ("schemas", "parameters", "responses", "requestBodies", "headers", "securitySchemes")


def document_of(folder: Path) -> dict[str, Any]:
    """The document of a contract: its bundle, where that is up to date."""
    sources = read_sources(folder)
    bundle = folder / BUNDLE
    if bundle.is_file():
        document: dict[str, Any] = orjson.loads(bundle.read_bytes())
        if document.get("x-digest") == digest_of(sources):
            return document
    return bundle_of(folder, sources)


def read_sources(folder: Path) -> dict[str, bytes]:
    """The YAML files of a contract by name, `openapi.yaml` first."""
    files = sorted(folder.glob("*.yaml"), key=lambda file: (file.name != "openapi.yaml", file.name))
    if not files or files[0].name != "openapi.yaml":
        raise ContractError(f"{folder} is not a contract: it has no openapi.yaml")
    return {file.name: file.read_bytes() for file in files}


def digest_of(sources: Mapping[str, bytes]) -> str:
    """What a bundle carries to show that it was made from these files."""
    state = blake2b(digest_size=16)
    for name, content in sources.items():
        state.update(f"{name}\0{len(content)}\0".encode())
        state.update(content)
    return state.hexdigest()


def bundle_of(folder: Path, sources: Mapping[str, bytes]) -> dict[str, Any]:
    """The merged and checked document of a contract's files."""
    import yaml

    from harness.core.contract_check import check

    document: dict[str, Any] = {}
    for name, content in sources.items():
        try:
            part = yaml.safe_load(content)
        except yaml.YAMLError as error:
            raise ContractError(f"{folder / name}: {error}") from None
        if not isinstance(part, dict):
            raise ContractError(f"{folder / name}: a part of a contract is a mapping")
        _merge(document, part, f"{folder / name}")
    if problems := check(document):
        raise ContractError(f"{folder}:\n  " + "\n  ".join(problems))
    return {"x-digest": digest_of(sources), **document}


def _merge(into: dict[str, Any], part: Mapping[str, Any], place: str, depth: int = 0) -> None:
    """Join `paths`, `components.*` and `x-quirks`; whatever both have is refused."""
    for key, value in part.items():
        if key not in into:
            into[key] = dict(value) if isinstance(value, dict) and depth < 2 else value
        elif depth < 2 and key in ("paths", "components", "x-quirks", *_COMPONENTS) and isinstance(value, dict):
            _merge(into[key], value, f"{place}/{key}", depth + 1)
        else:
            raise ContractError(f"{place}: {key!r} is already defined in another file")


def main(arguments: list[str]) -> int:
    """`python -m harness.core.contract [--check] FOLDER …`: 0 when all is well, 1 otherwise."""
    check_only = "--check" in arguments
    for name in (argument for argument in arguments if argument != "--check"):
        folder = Path(name)
        try:
            document = bundle_of(folder, read_sources(folder))
            bundle = folder / BUNDLE
            text = orjson.dumps(document, option=orjson.OPT_APPEND_NEWLINE)
            current = bundle.is_file() and bundle.read_bytes() == text
            if check_only and not current:
                raise ContractError(f"{bundle} is not current: run python -m harness.core.contract {name}")
            if not current:
                bundle.write_bytes(text)
        except ContractError as error:
            sys.stderr.write(f"error: {error}\n")
            return 1
    return 0
