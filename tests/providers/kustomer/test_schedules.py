"""Schedules: opening hours, exactly one of them the default."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import httpx
import pytest

from harness import Account
from harness.core.unit import Unit
from harness.providers.kustomer.jsonapi.kind import MACHINE

Body = dict[str, Any]
Untouched = Callable[[], AbstractContextManager[None]]
Within = Callable[[], AbstractContextManager[Unit]]

pytestmark = pytest.mark.harness(world="empty")

WEEK = {"0": None, **{str(day): [[480, 1020]] for day in range(1, 6)}, "6": None}


def write(name: str = "Fair", default: bool = False, /, **days: Any) -> Body:
    return {"name": name, "hours": {**WEEK, **days}, "timezone": "Europe/Amsterdam", "default": default}


def make(api: httpx.Client, *args: Any, **days: Any) -> Body:
    response = api.post("/schedules", json=write(*args, **days))
    assert response.status_code == 200, response.text
    schedule: Body = response.json()["data"]
    return schedule


def defaults(api: httpx.Client) -> list[str]:
    return [each["id"] for each in api.get("/schedules").json()["data"] if each["attributes"]["default"]]


@pytest.fixture
def shop(within: Within, api: httpx.Client) -> Body:
    """The default schedule, and the only one."""
    with within() as unit:
        for schedule in list(unit["schedules"]):
            unit["schedules"].delete(schedule["id"])
    return make(api, "Shop", True)


def test_a_schedule_has_what_was_given(api: httpx.Client, shop: Body) -> None:
    schedule = make(api, **{"1": [[480, 720], [780, 1020]], "6": [[0, 1440]]})
    given = write(**{"1": [[480, 720], [780, 1020]], "6": [[0, 1440]]})
    assert {name: schedule["attributes"][name] for name in given} == given
    assert api.get(f"/schedules/{schedule['id']}").json() == {"data": schedule}
    assert [each["id"] for each in api.get("/schedules").json()["data"]] == [shop["id"], schedule["id"]]


def test_a_new_schedule_is_201_where_success_is_uniform(kustomer: Account, api: httpx.Client) -> None:
    kustomer.quirks.set(success_status="uniform")
    assert api.post("/schedules", json=write()).status_code == 201


def test_the_first_schedule_is_the_default_whatever_it_says(within: Within, api: httpx.Client, shop: Body) -> None:
    with within() as unit:
        unit["schedules"].delete(shop["id"])
    assert api.get("/schedules/default").status_code == 404
    schedule = make(api)
    assert schedule["attributes"]["default"] is True
    assert api.get("/schedules/default").json() == {"data": schedule}


def test_a_new_default_takes_the_place_of_the_old_one(api: httpx.Client, shop: Body) -> None:
    schedule = make(api, "Fair", True)
    assert defaults(api) == [schedule["id"]]
    response = api.put(f"/schedules/{shop['id']}", json=write("Shop", True))
    assert response.json()["data"]["attributes"]["default"] is True
    assert defaults(api) == [shop["id"]]


def test_the_default_cannot_stop_being_it(api: httpx.Client, shop: Body, untouched: Untouched) -> None:
    with untouched():
        response = api.put(f"/schedules/{shop['id']}", json=write("Shop", False))
    assert response.status_code == 409
    assert response.json()["errors"][0]["source"] == {"parameter": "default"}


def test_the_default_cannot_be_deleted(api: httpx.Client, shop: Body, untouched: Untouched) -> None:
    with untouched():
        assert api.delete(f"/schedules/{shop['id']}").status_code == 409


def test_a_schedule_can_be_changed(api: httpx.Client, shop: Body) -> None:
    changed = api.put(f"/schedules/{shop['id']}", json=write("Kiln", True, **{"6": [[600, 840]]})).json()["data"]
    assert (changed["attributes"]["name"], changed["attributes"]["hours"]["6"]) == ("Kiln", [[600, 840]])
    assert changed["attributes"]["modifiedAt"] > shop["attributes"]["modifiedAt"]
    assert defaults(api) == [shop["id"]]


def test_a_deletion_answers_with_the_schedule_marked_as_deleted(
    kustomer: Account, api: httpx.Client, shop: Body
) -> None:
    schedule = make(api)
    response = api.delete(f"/schedules/{schedule['id']}")
    assert response.status_code == 200
    gone = response.json()["data"]
    at = gone["attributes"]["deletedAt"]
    assert gone["attributes"] == {
        **schedule["attributes"],
        **dict.fromkeys(("modifiedAt", "updatedAt", "deletedAt"), at),
        "deleted": True,
    }
    assert gone["relationships"]["deletedBy"]["data"] == {"type": "user", "id": MACHINE}
    assert [each["id"] for each in api.get("/schedules").json()["data"]] == [shop["id"]]
    assert api.get(f"/schedules/{schedule['id']}").status_code == 404
    kustomer.quirks.set(deleted_reads="document")
    assert api.get(f"/schedules/{schedule['id']}").json() == {"data": gone}
    log = api.get("/audit-logs?count=1").json()["data"][0]["attributes"]
    assert (log["eventName"], log["objectId"]) == ("kustomer.schedule.delete", schedule["id"])


@pytest.mark.parametrize(
    "periods",
    [[[600, 500]], [[600, 600]], [[480, 720], [720, 1020]], [[480, 720], [700, 1020]], [[780, 1020], [480, 720]]],
    ids=["ends-first", "empty", "touching", "overlapping", "unsorted"],
)
def test_periods_are_sorted_and_do_not_touch(
    api: httpx.Client, shop: Body, untouched: Untouched, periods: list[list[int]]
) -> None:
    with untouched():
        responses = [
            api.post("/schedules", json=write(**{"3": periods})),
            api.put(f"/schedules/{shop['id']}", json=write("Shop", True, **{"3": periods})),
        ]
    for response in responses:
        assert response.status_code == 400
        error = response.json()["errors"][0]
        assert (error["source"], error["detail"]) == ({"parameter": "3"}, "/properties/hours/properties/3")


def test_holidays_stand_beside_a_schedule_when_asked_for(within: Within, api: httpx.Client, shop: Body) -> None:
    holiday = {
        "id": "6a9686134e32174184e04ab2",
        "attributes": {
            "name": "Kiln week",
            "startDate": "2026-12-21T00:00:00.000Z",
            "endDate": "2026-12-27T23:59:59.000Z",
            "enabled": True,
        },
        "relations": {"schedule": shop["id"]},
    }
    with within() as unit:
        unit["holidays"].insert(holiday)
    for path in (f"/schedules/{shop['id']}", "/schedules/default"):
        assert "included" not in api.get(path).json()
        (included,) = api.get(f"{path}?include=holidays").json()["included"]
        assert (included["type"], included["attributes"]) == ("holiday", holiday["attributes"])
        assert included["relationships"]["schedule"]["data"]["id"] == shop["id"]
    other = make(api)
    assert api.get(f"/schedules/{other['id']}?include=holidays").json()["included"] == []


def test_a_schedule_that_is_not_there_is_not_found(api: httpx.Client) -> None:
    path = "/schedules/6abda281c1a56373dd389f91"
    for response in (api.get(path), api.put(path, json=write()), api.delete(path)):
        assert response.status_code == 404
        assert response.json()["errors"][0]["source"] == {"parameter": "id"}
