"""Superchat's mappings as a whole: nothing of the unified API is left unsaid."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest

from harness.unified.account import IntegratedAccount
from harness.unified.catalogue import MODELS, Resource

MAPPINGS = IntegratedAccount.connect("superchat", {"api_key": "nobodys"}).mappings
RESOURCES = [each for resources in MODELS.values() for each in resources.values()]
OFFERED = [each for each in RESOURCES if MAPPINGS.methods(each.model).get(each.name)]


def named(value: Any) -> str:
    return f"{value.model}.{value.name}" if isinstance(value, Resource) else str(value)


def given_fields(resource: Resource, *methods: str) -> set[str]:
    """The fields that a resource's mappings give: keys of the operator style, or of the outermost object otherwise."""
    found: set[str] = set()
    for method in methods or MAPPINGS.methods(resource.model)[resource.name]:
        cell = MAPPINGS.cell(resource.model, resource.name, method)
        written = cell.config.get("response_mapping") if cell else None
        if isinstance(written, Mapping):
            found |= written.keys()
        elif written:
            found |= set(re.findall(r"'(\w+)':", innermost_removed(written)))
    return found - {"remote_data"}


def innermost_removed(expression: str) -> str:
    """An expression without the objects inside its objects."""
    while True:
        shorter = re.sub(r"(\{[^{}]*)\{[^{}]*\}", r"\1", expression)
        if shorter == expression:
            return expression
        expression = shorter


@pytest.mark.parametrize("resource", OFFERED, ids=named)
def test_every_field_is_given_or_says_why_not(resource: Resource) -> None:
    fields = set(resource.record.model_fields) - {"remote_data"}
    given, lost = given_fields(resource), set(MAPPINGS.losses(resource.model, resource.name))
    assert not given & lost, "given, and declared as lost"
    assert given | lost == fields


@pytest.mark.parametrize("resource", OFFERED, ids=named)
def test_all_methods_of_a_resource_give_the_same_fields(resource: Resource) -> None:
    for method in MAPPINGS.methods(resource.model)[resource.name]:
        if method != "delete":
            assert given_fields(resource, method) == given_fields(resource)


def test_only_what_the_catalogue_has_is_mapped_or_declared() -> None:
    for model in MAPPINGS.models():
        for resource, methods in MAPPINGS.methods(model).items():
            assert set(methods) <= set(MODELS[model][resource].methods)
            published = MAPPINGS.published(model, resource)
            assert set(published) <= set(methods)


def test_what_the_published_integration_offers_is_offered() -> None:
    published = {
        (model, resource): MAPPINGS.published(model, resource)
        for model, resources in MODELS.items()
        for resource in resources
        if MAPPINGS.published(model, resource)
    }
    assert published == {
        ("ticketing", "contacts"): ["list", "get"],
        ("ticketing", "tags"): ["list", "get"],
        ("ticketing", "users"): ["list", "get"],
        ("user-directory", "users"): ["list", "get"],
        ("user-directory", "roles"): ["list", "get"],
    }


@pytest.mark.parametrize("model", ["ticketing", "user-directory", "instant-messaging"])
def test_every_call_reads_the_errors_of_superchat(model: str) -> None:
    for resource, methods in MAPPINGS.methods(model).items():
        for method in methods:
            cell = MAPPINGS.cell(model, resource, method)
            assert cell is not None
            assert cell.error is not None


def test_an_error_has_the_words_of_superchat(scripted: Any) -> None:
    first = {"title": "Kontakt nicht gefunden", "detail": "Es gibt ihn nicht.", "url": "/contacts", "docs": None}
    body = scripted.mapped("ticketing.contacts.get", (404, {"errors": [{**first, "status_code": 404}]}), id="ct_x")
    assert (body["statusCode"], body["message"]) == (404, "Es gibt ihn nicht.")
    assert body["truto_error_insight"]["remote_error"]["value"] == {"message": "Es gibt ihn nicht.", "code": "404"}


def test_an_error_without_a_detail_has_its_title(scripted: Any) -> None:
    error = {"title": "Konflikt", "detail": None, "url": "/contacts", "docs": None, "status_code": 409}
    body = scripted.mapped("ticketing.contacts.delete", (409, {"errors": [error]}), id="ct_x")
    assert body["message"] == "Konflikt"


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_is_named_though_superchat_says_nothing(scripted: Any, status: int) -> None:
    body = scripted.mapped("ticketing.contacts.list", (status, b""))
    assert (body["statusCode"], body["message"]) == (status, "Superchat refused the API key")
    assert body["truto_is_remote_error"] is True
    assert body["raw_response"] == ""


def test_an_error_of_another_shape_keeps_its_own_message(scripted: Any) -> None:
    body = scripted.mapped("ticketing.tags.list", (500, {"message": "out of order"}))
    assert body["message"] == "out of order"


def test_the_rate_limit_tells_the_wait_where_superchat_does(scripted: Any) -> None:
    answer = {"errors": [{"title": "Slow down", "detail": None, "url": "/labels", "docs": None, "status_code": 429}]}
    body = scripted.mapped("ticketing.tags.list", (429, answer))
    assert body["truto_error_insight"]["rate_limit_error"]["value"] == {}
