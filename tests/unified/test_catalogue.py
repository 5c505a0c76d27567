"""What the unified API has, by name."""

from __future__ import annotations

import subprocess
import sys

import pytest

from harness.unified.catalogue import (
    COMMON_PARAMETERS,
    LIST_PARAMETERS,
    MODELS,
    STANDARD,
    Resource,
    UnknownName,
    resource,
)

RESOURCES = [each for resources in MODELS.values() for each in resources.values()]


def test_the_three_models_have_all_resources_that_are_known() -> None:
    assert {model: len(resources) for model, resources in MODELS.items()} == {
        "ticketing": 14,
        "user-directory": 11,
        "instant-messaging": 7,
    }


@pytest.mark.parametrize("each", RESOURCES, ids=lambda each: f"{each.model}.{each.name}")
def test_a_resource_is_found_by_its_names_and_takes_each_parameter_once(each: Resource) -> None:
    assert resource(each.model, each.name) is each
    assert each.inferred <= {*each.methods}
    for method in each.methods:
        names = [parameter.name for parameter in each.parameters(method)]
        assert len(names) == len({*names})


@pytest.mark.parametrize(
    ("model", "name", "told"),
    [
        ("tickets", "contacts", "unknown unified model 'tickets': did you mean 'ticketing'?"),
        ("ticketing", "contact", "unknown resource of ticketing 'contact': did you mean 'contacts'?"),
        ("ticketing", "Contacts", "did you mean 'contacts'?"),
        ("user_directory", "users", "did you mean 'user-directory'?"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest(model: str, name: str, told: str) -> None:
    with pytest.raises(UnknownName) as caught:
        resource(model, name)
    assert told in str(caught.value)


def test_an_unknown_method_is_refused_with_those_the_resource_has() -> None:
    contacts = resource("ticketing", "contacts")
    assert contacts.require("list") == "list"
    with pytest.raises(UnknownName, match=r"unknown method of ticketing\.contacts 'import'.*create, delete, get"):
        contacts.require("import")


def test_custom_methods_stand_beside_the_five() -> None:
    custom = {(each.model, each.name, m) for each in RESOURCES for m in each.methods if m not in STANDARD}
    assert custom == {
        ("ticketing", "attachments", "download"),
        ("ticketing", "tickets", "import"),
        ("user-directory", "groups", "remove-user"),
        ("instant-messaging", "channels", "join"),
    }


def test_a_list_takes_the_common_parameters_and_filters_of_its_own() -> None:
    found = {parameter.name: parameter for parameter in resource("ticketing", "contacts").parameters("list")}
    assert {parameter.name for parameter in (*COMMON_PARAMETERS, *LIST_PARAMETERS)} <= found.keys()
    assert found["created_at"].type == "range"
    assert found["created_at"].fields == ("gt", "gte", "lt", "lte")
    assert found["sort_by"].fields == ("created_at", "first_name", "last_name", "updated_at")
    assert found["emails"].level == "documented"
    assert found["type"].level == "inferred"


def test_a_get_takes_no_cursor_and_a_write_takes_what_writes_take() -> None:
    tickets = resource("ticketing", "tickets")
    assert "next_cursor" not in {parameter.name for parameter in tickets.parameters("get")}
    assert {"etag", "truto_body_passthrough"} <= {parameter.name for parameter in tickets.parameters("update")}


def test_methods_the_reference_leaves_open_are_marked() -> None:
    assert resource("ticketing", "comments").inferred == {"update", "delete"}
    assert resource("ticketing", "users").inferred == {"delete"}


def test_reading_the_catalogue_loads_no_pydantic() -> None:
    program = "import sys, harness.unified.catalogue; sys.exit('pydantic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
