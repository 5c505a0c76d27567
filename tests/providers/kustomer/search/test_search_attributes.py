"""The table of attributes is that of the contract's data."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from harness import data
from harness.providers.kustomer.search import attributes, catalogue


@pytest.fixture(scope="module")
def published() -> dict[str, Any]:
    file = data.folder("contracts") / "kustomer" / "data" / "search_attributes.yaml"
    found: dict[str, Any] = yaml.safe_load(file.read_bytes())
    return found


def test_every_attribute_is_known_with_its_class_and_object(published: dict[str, Any]) -> None:
    told = {
        name: (object, about if isinstance(about, str) else about["class"])
        for object, table in published["attributes"].items()
        for name, about in table.items()
    }
    assert len(told) == 184
    assert {name: (each.object, each.class_) for name, each in attributes.DOCUMENTED.items()} == told


def test_every_class_takes_its_operators(published: dict[str, Any]) -> None:
    told = {name: frozenset(about["operators"]) for name, about in published["classes"].items()}
    assert told == catalogue.OPERATORS


def test_custom_attributes_are_told_by_their_prefix_and_ending(published: dict[str, Any]) -> None:
    assert published["custom"]["endings"] == catalogue.ENDINGS
    assert published["custom"]["prefixes"] == [f"{object}_custom_" for object in catalogue.CUSTOM_OBJECTS]
    for prefix in published["custom"]["prefixes"]:
        klass = "order_" if prefix.startswith("kobject") else ""
        for ending, class_ in published["custom"]["endings"].items():
            found = attributes.known(f"{prefix}{klass}some{ending}")
            assert found is not None
            assert (found.class_, found.klass) == (class_, klass.rstrip("_") or None)


def test_everything_that_is_sorted_by_can_be_sorted_by(published: dict[str, Any]) -> None:
    keys = [*published["sortable"]["documented"], *published["sortable"]["clients"]]
    assert [key for key in keys if attributes.sortable(key) is None] == []


@pytest.mark.parametrize(("part", "look_up"), [("attributes", attributes.known), ("sortable", attributes.sortable)])
def test_the_archive_knows_what_is_published_and_no_more(published: dict[str, Any], part: str, look_up: Any) -> None:
    names = {name.strip("^$").replace(".*", "_order") for name in published["archive"][part]}
    names = {name.replace("kobject__", "kobject_") for name in names}
    assert [name for name in names if look_up(name, archive=True) is None] == []
    every = {*attributes.DOCUMENTED, "customer_custom_levelNum", "kobject_order_title", *names}
    assert {name for name in every if look_up(name, archive=True)} == names
