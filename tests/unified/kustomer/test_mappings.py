"""Unified User Directory and Instant Messaging on Kustomer as a whole: nothing of the models is left unsaid."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest

from harness.unified.account import IntegratedAccount
from harness.unified.catalogue import MODELS, Resource

MAPPINGS = IntegratedAccount.connect("kustomer", {"api_key": "nobodys"}).mappings
RESOURCES = [each for model in ("user-directory", "instant-messaging") for each in MODELS[model].values()]
OFFERED = [each for each in RESOURCES if MAPPINGS.methods(each.model).get(each.name)]


def named(value: Any) -> str:
    return f"{value.model}.{value.name}" if isinstance(value, Resource) else str(value)


def given_fields(resource: Resource, method: str) -> set[str]:
    """The fields that a cell gives: keys of the operator style, or of the outermost object otherwise."""
    cell = MAPPINGS.cell(resource.model, resource.name, method)
    assert cell is not None
    written = cell.config["response_mapping"]
    names = written.keys() if isinstance(written, Mapping) else re.findall(r"^ +'(\w+)': ", written, re.MULTILINE)
    return set(names) - {"remote_data"}


@pytest.mark.parametrize("resource", OFFERED, ids=named)
def test_every_method_gives_every_field_that_is_not_declared_as_lost(resource: Resource) -> None:
    lost = set(MAPPINGS.losses(resource.model, resource.name))
    wanted = set(resource.record.model_fields) - {"remote_data"} - lost
    assert lost <= set(resource.record.model_fields)
    for method in MAPPINGS.methods(resource.model)[resource.name]:
        if method != "delete":
            assert given_fields(resource, method) == wanted, method


@pytest.mark.parametrize("model", ["user-directory", "instant-messaging"])
def test_only_what_the_catalogue_has_is_mapped(model: str) -> None:
    for resource, methods in MAPPINGS.methods(model).items():
        assert set(methods) <= set(MODELS[model][resource].methods)
        assert set(MAPPINGS.published(model, resource)) <= set(methods)
        for method in methods:
            cell = MAPPINGS.cell(model, resource, method)
            assert cell is not None
            assert cell.error is not None


def test_what_the_published_integration_offers_is_offered() -> None:
    published = {named(each): MAPPINGS.published(each.model, each.name) for each in RESOURCES}
    assert {name: methods for name, methods in published.items() if methods} == {
        "user-directory.users": ["list", "get"],
        "user-directory.roles": ["list", "get"],
    }
