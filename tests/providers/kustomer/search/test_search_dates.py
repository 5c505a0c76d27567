"""Dates in a search: local days, moments, and what is relative to now (2026-01-15T09:00:00Z)."""

from __future__ import annotations

from typing import Any

import pytest

Org = Any


@pytest.fixture
def days(org: Org) -> Org:
    """Customers named by when they were made."""
    for moment in ("2026-01-14T22:59:59.999Z", "2026-01-14T23:00:00.000Z", "2026-01-15T08:00:00.000Z"):
        org.customer(moment[8:19], createdAt=moment)
    return org


EARLIER, MIDNIGHT, TODAY = "14T22:59:59", "14T23:00:00", "15T08:00:00"


def found(org: Org, zone: str = "GMT", **condition: str) -> list[str]:
    names: list[str] = org.names(timeZone=zone, **{"and": [{"customer_created_at": condition}]})
    return names


@pytest.mark.parametrize(
    ("condition", "names"),
    [
        ({"gte": "2026-01-15"}, [TODAY]),
        ({"gt": "2026-01-14"}, [TODAY]),
        ({"lt": "2026-01-15"}, [EARLIER, MIDNIGHT]),
        ({"lte": "2026-01-14"}, [EARLIER, MIDNIGHT]),
        ({"equals": "2026-01-14"}, [EARLIER, MIDNIGHT]),
        ({"gte": "2026-01-14T23:00:00.000Z"}, [MIDNIGHT, TODAY]),
        ({"gt": "2026-01-14T23:00:00.000Z"}, [TODAY]),
        ({"lte": "2026-01-14T23:00:00Z"}, [EARLIER, MIDNIGHT]),
        ({"equals": "2026-01-15T00:00:00+01:00"}, [MIDNIGHT]),
        ({"gt": "2026-01-14 23:00:00+00:00"}, [TODAY]),
        ({"gte": "2026-01-14 23:00:00 +0000"}, [MIDNIGHT, TODAY]),
        ({"gte": "2026-01-15T08:00"}, [TODAY]),
        ({"gte": "now-1h"}, [TODAY]),
        ({"gte": "now-10H"}, [MIDNIGHT, TODAY]),
        ({"gt": "now"}, []),
        ({"gte": "now/d"}, [TODAY]),
        ({"lt": "now/d"}, [EARLIER, MIDNIGHT]),
        ({"equals": "now-1d/d"}, [EARLIER, MIDNIGHT]),
        ({"gte": "now/M", "lte": "now/y"}, [EARLIER, MIDNIGHT, TODAY]),
        ({"gte": "now/w", "lt": "now+1w/w"}, [EARLIER, MIDNIGHT, TODAY]),
        ({"gte": "2025-12-15||+1M"}, [TODAY]),
        ({"gte": "2025-02-28||+1y-44d"}, [TODAY]),
        ({"gte": "2025-12-31||+1M-17d"}, [EARLIER, MIDNIGHT, TODAY]),
        ({"gte": "now-60m/m"}, [TODAY]),
        ({"gte": "now-3601s"}, [TODAY]),
    ],
)
def test_a_date_bounds_what_is_found(days: Org, condition: dict[str, str], names: list[str]) -> None:
    assert found(days, **condition) == names


def test_local_days_are_shifted_by_the_time_zone(days: Org) -> None:
    assert found(days, "Europe/Berlin", gte="2026-01-15") == [MIDNIGHT, TODAY]
    assert found(days, "Europe/Berlin", gte="now/d") == [MIDNIGHT, TODAY]
    assert found(days, "Asia/Tokyo", lt="2026-01-15") == []
    assert found(days, "America/New_York", gte="2026-01-15") == [TODAY]
    assert found(days, "America/Los_Angeles", gte="2026-01-15", lt="2026-01-16") == [TODAY]
    assert found(days, "America/Anchorage", gte="2026-01-15") == []


def test_moments_with_a_zone_are_not_shifted(days: Org) -> None:
    assert found(days, "Europe/Berlin", gte="2026-01-15T00:00:00Z") == [TODAY]
    assert found(days, "Europe/Berlin", gte="2026-01-15T00:00:00") == [MIDNIGHT, TODAY]


def test_a_local_day_may_have_23_hours(org: Org) -> None:
    org.customer("before", createdAt="2025-03-30T21:59:59.999Z")
    org.customer("after", createdAt="2025-03-30T22:00:00.000Z")
    assert found(org, "Europe/Berlin", lte="2025-03-30") == ["before"]
    assert found(org, "Europe/Berlin", gte="2025-03-29||+2d") == ["after"]


@pytest.mark.parametrize(
    "value",
    [
        *("yesterday", "2026-02-31", "2026-13-01", "2026-1-5", "20260105", "2026-W03", "", "now-", "now-1x", "now/1d"),
        *("NOW", "nowhere", "now+9999y", "2026-01-15T25:00:00Z", "2026-01-15||x", "9999-12-31||+1d", "now+\u0663d"),
    ],
)
def test_what_is_no_date_is_refused(org: Org, value: str) -> None:
    place = "/properties/and/items/properties/customer_created_at/properties/gte/format"
    refusal = ("gte", "Format validation failed (must be a valid date-time-math)", place)
    assert org.refusal(**{"and": [{"customer_created_at": {"gte": value}}]}) == refusal


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../etc/passwd", "America", "Europe/Berlin\u0000", "/etc"])
def test_a_zone_nobody_knows_is_refused(org: Org, zone: str) -> None:
    refusal = ("timeZone", "Format validation failed (must be a valid time zone)", "/properties/timeZone/format")
    assert org.refusal(timeZone=zone) == refusal
