"""The shipped contracts are OpenAPI by the judgement of others, too."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from harness.core.contract_files import BUNDLE
from harness.data import folder

FOLDERS = sorted(file.parent for file in folder("contracts").glob(f"*/{BUNDLE}"))


def test_the_contracts_are_found() -> None:
    assert {"harness", "kustomer", "superchat"} <= {folder.name for folder in FOLDERS}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_bundle_is_valid_openapi_with_extensions_of_its_own(folder: Path) -> None:
    document = orjson.loads((folder / BUNDLE).read_bytes())
    found = [f"{'/'.join(map(str, error.absolute_path))}: {error.message}" for error in _errors(document)]
    assert found == []


def test_what_is_no_openapi_is_found() -> None:
    document = orjson.loads((folder("contracts") / "harness" / BUNDLE).read_bytes())
    document["info"].pop("version")
    assert _errors(document) != []


def _errors(document: object) -> list[Exception]:
    return list(OpenAPIV31SpecValidator(document).iter_errors())
