"""The shipped integrations leave nothing of the unified models unsaid."""

from __future__ import annotations

import pytest

from harness.unified.account import IntegratedAccount
from harness.unified.catalogue import MODELS, Resource
from harness.unified.mapping import Mappings

RESOURCES = [each for resources in MODELS.values() for each in resources.values()]
METHODS = [(each, method) for each in RESOURCES for method in each.methods]


def named(value: object) -> str:
    return f"{value.model}.{value.name}" if isinstance(value, Resource) else str(value)


@pytest.fixture(scope="module", params=["kustomer", "superchat"])
def mappings(request: pytest.FixtureRequest) -> Mappings:
    return IntegratedAccount.connect(request.param, {"api_key": "nobodys"}).mappings


@pytest.mark.parametrize(("resource", "method"), METHODS, ids=named)
def test_every_method_is_mapped_or_says_why_not(mappings: Mappings, resource: Resource, method: str) -> None:
    mapped = mappings.cell(resource.model, resource.name, method) is not None
    reason = mappings.reason(resource.model, resource.name, method)
    assert mapped != bool(reason), "mapped, and declared as not offered" if mapped else "neither mapped nor declared"


@pytest.mark.parametrize("resource", RESOURCES, ids=named)
def test_a_resource_without_methods_says_why_too(mappings: Mappings, resource: Resource) -> None:
    assert resource.methods or mappings.reason(resource.model, resource.name, "list")
