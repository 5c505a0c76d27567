"""The cassettes that ship: readable, of known origin, without secrets."""

from __future__ import annotations

import datetime
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from vcr.request import Request  # type: ignore[import-untyped]
from vcr.serialize import deserialize  # type: ignore[import-untyped]
from vcr.serializers import yamlserializer  # type: ignore[import-untyped]

ROOT = Path(__file__).parents[2] / "cassettes"
FILES = sorted(file for file in ROOT.rglob("*.yaml") if "golden" not in file.parts)
assert FILES, f"no cassette in {ROOT}"
KEYS = ["kind", "date", "source", "api_version", "operations", "note"]
KINDS = {"recorded", "transcribed", "documented"}
EXTRAS = {"x-evidence", "x-inferred", "x-note", "x-file-size", "x-key"}
OPERATION = re.compile(r"[a-z][a-z_]*\.[a-z][a-z_]*")
SECRETS = {
    "a UUID": re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", re.IGNORECASE),
    "a bearer token": re.compile(r"\b(?:bearer|basic)\s+[\w.~+/-]{8,}", re.IGNORECASE),
    "a JWT": re.compile(r"\beyJ[\w-]{8,}\.[\w-]+"),
    "a key with a prefix": re.compile(r"\b(?:sk|pk|rk)_(?:live|test)_\w+"),
    "a long hexadecimal value": re.compile(r"\b[0-9a-f]{32,}\b", re.IGNORECASE),
    "a token in an address": re.compile(r"[?&](?:token|key|signature|sig)=(?!REDACTED\b)"),
    "a secret in a body": re.compile(r'"(?:secret|api_key|password|token)":"(?!REDACTED")'),
}
pytestmark = pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())


@cache
def read(path: Path) -> dict[str, Any]:
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert isinstance(document, dict)
    return document


def size(body: str | bytes | None) -> int:
    return len(body.encode() if isinstance(body, str) else body or b"")


def test_vcr_reads_it(path: Path) -> None:
    requests, responses, *_ = deserialize(path.read_text(encoding="utf-8"), yamlserializer)
    assert requests
    assert len(requests) == len(responses)
    assert all(isinstance(request, Request) for request in requests)
    assert all(isinstance(response["body"]["string"], bytes) for response in responses)


def test_its_origin_is_told(path: Path) -> None:
    document = read(path)
    assert list(document) == ["metadata", "interactions", "version"]
    provenance = document["metadata"]["provenance"]
    assert [key for key in provenance if key != "quirks"] == KEYS
    assert provenance["kind"] in KINDS
    assert datetime.date.fromisoformat(provenance["date"])
    assert provenance["source"]
    assert all(source.startswith("https://") for source in provenance["source"])
    assert provenance["api_version"]
    assert provenance["note"].strip()
    operations = provenance["operations"]
    assert operations
    assert len(set(operations)) == len(operations)
    assert all(OPERATION.fullmatch(operation) for operation in operations)


def test_what_is_inferred_is_marked_in_known_words(path: Path) -> None:
    for interaction in read(path)["interactions"]:
        assert interaction.keys() - EXTRAS == {"request", "response"}
        assert interaction.get("x-evidence", "inferred") == "inferred"
        assert set(interaction.get("x-inferred", [])) <= {"status", "headers", "body"}
        assert "x-evidence" not in interaction or interaction["x-inferred"]


def test_nothing_in_it_looks_secret(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert {name: found[0] for name, pattern in SECRETS.items() if (found := pattern.search(text))} == {}
    for interaction in read(path)["interactions"]:
        headers = {name.lower(): values for name, values in interaction["request"]["headers"].items()}
        assert headers.get("x-api-key", ["REDACTED"]) == ["REDACTED"]
        assert headers.get("authorization", ["REDACTED"]) == ["REDACTED"]
        assert "cookie" not in headers
        assert not {name.lower() for name in interaction["response"]["headers"]} & {"set-cookie"}


def test_bodies_are_what_their_headers_say(path: Path) -> None:
    for interaction in read(path)["interactions"]:
        request, response = interaction["request"], interaction["response"]
        sides = ((request, request["body"]), (response, response["body"]["string"]))
        for side, body in sides:
            headers = {name.lower(): values for name, values in side["headers"].items()}
            if "content-length" in headers:
                assert headers["content-length"] == [str(size(body))]
            refused = side is request and (not body or response["status"]["code"] == 400)
            if headers.get("content-type") == ["application/json"] and not refused:
                json.loads(body)
