"""Unified Ticketing on Kustomer as a whole: nothing of the model is left unsaid."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from harness.unified.account import IntegratedAccount
from harness.unified.catalogue import MODELS, Resource
from harness.verify.cassette import shipped_folder

MAPPINGS = IntegratedAccount.connect("kustomer", {"api_key": "nobodys"}).mappings
GOLDEN = shipped_folder("kustomer") / "golden"
RESOURCES = list(MODELS["ticketing"].values())
OFFERED = [each for each in RESOURCES if MAPPINGS.methods("ticketing").get(each.name)]


def named(value: object) -> str:
    return value.name if isinstance(value, Resource) else str(value)


def given_fields(resource: Resource) -> set[str]:
    """The fields of all records that the golden files have of a resource."""
    found: set[str] = set()
    for file in GOLDEN.glob(f"ticketing.{resource.name}.*.json"):
        golden = json.loads(file.read_text(encoding="utf-8"))
        for case in (
            *golden.get("answers", {}).values(),
            *(_body(each) for each in golden.get("requests", {}).values()),
        ):
            records = case.get("result")
            for record in records if isinstance(records, list) else [records or {}]:
                found |= record.keys()
    return found - {"remote_data"}


def _body(request: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a request answers that makes no call of its own."""
    body: Mapping[str, Any] = request.get("answer", {}).get("body", {})
    return body


@pytest.mark.parametrize("resource", OFFERED, ids=named)
def test_every_field_is_shown_or_says_why_not(resource: Resource) -> None:
    fields = set(resource.record.model_fields) - {"remote_data"}
    given, lost = given_fields(resource), set(MAPPINGS.losses("ticketing", resource.name))
    assert not given & lost, "given, and declared as lost"
    assert given | lost == fields


def test_what_the_published_integration_offers_is_offered() -> None:
    published = {name: MAPPINGS.published("ticketing", name) for name in MODELS["ticketing"]}
    assert {name: methods for name, methods in published.items() if methods} == {
        "accounts": ["list"],
        "attachments": ["get"],
        "contacts": ["list", "get"],
        "fields": ["list"],
        "tags": ["list", "get"],
        "teams": ["list"],
        "ticket_priorities": ["list"],
        "ticket_status": ["list"],
        "tickets": ["list", "get"],
        "users": ["list", "get"],
    }
    for name, methods in published.items():
        assert set(methods) <= set(MAPPINGS.methods("ticketing").get(name, ()))


def test_every_call_reads_the_errors_of_kustomer() -> None:
    for resource, methods in MAPPINGS.methods("ticketing").items():
        for method in methods:
            cell = MAPPINGS.cell("ticketing", resource, method)
            assert cell is not None
            assert cell.error is not None
