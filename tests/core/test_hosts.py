"""Hosts by name, and by a name that begins with `*.`."""

from __future__ import annotations

import pytest

from harness.core.hosts import known_as

NAMES = ("api.example.com", "eu.api.example.com", "*.api.example.com")


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("api.example.com", "api.example.com"),
        ("eu.api.example.com", "eu.api.example.com"),
        ("acme.api.example.com", "*.api.example.com"),
    ],
)
def test_a_host_goes_by_its_own_name_before_one_with_a_star(host: str, name: str) -> None:
    assert known_as(host, NAMES) == name


@pytest.mark.parametrize(
    "host",
    [
        "",
        "api",
        "example.com",
        "acme.example.com",
        ".api.example.com",
        "one.two.api.example.com",
        "acme.api.example.com.evil.org",
        "acmeapi.example.com",
    ],
)
def test_a_star_stands_for_exactly_one_label(host: str) -> None:
    assert known_as(host, NAMES) is None
