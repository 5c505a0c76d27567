"""Searching by attributes of objects that belong together."""

from __future__ import annotations

from typing import Any

import pytest

Org = Any


@pytest.fixture
def desk(org: Org) -> Org:
    """Ada of Acme has an open and a done conversation, Ben one that is done, Cleo none."""
    acme = org.put("companies", name="Acme")
    ada = org.customer("Ada", acme, gender="f")
    ben = org.customer("Ben", gender="m")
    org.customer("Cleo", gender="f")
    broken = org.conversation("Broken", ada, status="open", priority=5, createdAt="2026-01-10T00:00:00.000Z")
    thanks = org.conversation("Thanks", ada, status="done", priority=1, createdAt="2026-01-02T00:00:00.000Z")
    late = org.conversation("Late", ben, status="done", priority=3, createdAt="2026-01-05T00:00:00.000Z")
    org.put("messages", {"conversation": broken, "customer": ada}, name="m1", preview="The spout is chipped")
    org.put("messages", {"conversation": late, "customer": ben}, name="m2", preview="Where is it", direction="in")
    org.put("notes", {"conversation": late, "customer": ben}, name="n1", body="Call back")
    org.put("kobjects", {"customer": ben}, name="o1", klass="order", custom={"totalNum": 9})
    org.put("conversation_times", {"conversation": thanks, "customer": ada}, name="t1", handleTime=30)
    return org


@pytest.mark.parametrize(
    ("context", "criterion", "names"),
    [
        ("customer", {"conversation_status": {"equals": "open"}}, ["Ada"]),
        ("customer", {"conversation_status": {"equals": "done"}}, ["Ada", "Ben"]),
        ("customer", {"conversation_status": {"not_equals": "done"}}, ["Ada"]),
        ("customer", {"conversation_priority": {"gt": 1, "lt": 5}}, ["Ben"]),
        ("customer", {"message_body": {"contains": "spout"}}, ["Ada"]),
        ("customer", {"message_direction": {"equals": "in"}}, ["Ben"]),
        ("customer", {"note_body": {"contains": "call"}}, ["Ben"]),
        ("customer", {"company_name": {"equals": "acme"}}, ["Ada"]),
        ("customer", {"kobject_custom_order_totalNum": {"gte": 9}}, ["Ben"]),
        ("customer", {"kobject_custom_visit_totalNum": {"gte": 9}}, []),
        ("customer", {"conversation_time_handle_time": {"equals": 30}}, ["Ada"]),
        ("conversation", {"customer_gender": {"equals": "f"}}, ["Broken", "Thanks"]),
        ("conversation", {"customer_name": {"not_equals": "ada"}}, ["Late"]),
        ("conversation", {"company_name": {"contains": "acme"}}, ["Broken", "Thanks"]),
        ("conversation", {"message_body": {"contains": "where"}}, ["Late"]),
        ("conversation", {"note_body": {"contains": "back"}}, ["Late"]),
        ("conversation", {"conversation_time_handle_time": {"gt": 0}}, ["Thanks"]),
        ("message", {"conversation_status": {"equals": "open"}}, ["m1"]),
        ("message", {"note_body": {"contains": "call"}}, ["m2"]),
        ("message", {"customer_gender": {"equals": "m"}}, ["m2"]),
        ("note", {"conversation_name": {"equals": "late"}}, ["n1"]),
        ("kobject", {"conversation_status": {"equals": "done"}}, ["o1"]),
        ("kobject_order", {"customer_name": {"equals": "ben"}}, ["o1"]),
        ("company", {"conversation_status": {"equals": "open"}}, ["Acme"]),
        ("company", {"message_body": {"contains": "where"}}, []),
        ("conversation_time", {"conversation_name": {"equals": "thanks"}}, ["t1"]),
    ],
)
def test_an_object_is_found_by_what_belongs_to_it(
    desk: Org, context: str, criterion: dict[str, Any], names: list[str]
) -> None:
    assert desk.names(queryContext=context, **{"and": [criterion]}) == names


def test_a_range_has_to_be_met_by_one_of_them(desk: Org) -> None:
    inside = {"conversation_created_at": {"gte": "2026-01-03", "lte": "2026-01-09"}}
    assert desk.names(**{"and": [inside]}) == ["Ben"]


def test_not_means_that_none_of_them_passes(desk: Org) -> None:
    assert desk.names(**{"not": [{"conversation_status": {"equals": "done"}}]}) == ["Cleo"]


def test_what_is_deleted_or_archived_does_not_help_to_find(desk: Org) -> None:
    ada = next(each["id"] for each in desk.found({})["data"] if each["attributes"]["name"] == "Ada")
    desk.conversation("Deleted", ada, status="snoozed", deleted=True)
    desk.conversation("Archived", ada, status="snoozed", updatedAt="2020-01-01T00:00:00.000Z")
    snoozed = {"and": [{"conversation_status": {"equals": "snoozed"}}]}
    assert desk.names(**snoozed) == []
    assert desk.names(includeDeleted=True, **snoozed) == ["Ada"]


def test_what_moves_to_another_customer_is_found_there(desk: Org) -> None:
    broken = {"and": [{"conversation_name": {"equals": "Broken"}}]}
    assert desk.names(**broken) == ["Ada"]
    ids = {each["attributes"]["name"]: each["id"] for each in desk.found({})["data"]}
    id = desk.found({"queryContext": "conversation", **broken})["data"][0]["id"]
    desk.conversation("Broken", ids["Cleo"], id=id)
    assert desk.names(**broken) == ["Cleo"]


def test_a_customer_that_comes_after_its_conversation_is_found_by_it(desk: Org) -> None:
    desk.conversation("Early", "f" * 24)
    early = {"and": [{"conversation_name": {"equals": "early"}}]}
    assert desk.names(**early) == []
    desk.customer("Dora", id="f" * 24)
    assert desk.names(**early) == ["Dora"]


@pytest.mark.parametrize(
    ("condition", "names"),
    [
        ({"gte": 2}, ["Ada"]),
        ({"equals": 0}, ["Ben", "Cleo"]),
        ({"lt": "2"}, ["Ben", "Cleo"]),
        ({"set": True}, ["Ada"]),
        ({"not_set": True}, ["Ben", "Cleo"]),
    ],
)
def test_customers_are_found_by_the_number_of_their_tracking_events(
    desk: Org, condition: dict[str, Any], names: list[str]
) -> None:
    ids = {each["attributes"]["name"]: each["id"] for each in desk.found({})["data"]}
    for _ in range(2):
        desk.put("customer_events", {"customer": ids["Ada"]}, trackingEvent="page")
    desk.put("customer_events", {"customer": ids["Ben"]}, type="customer")
    assert desk.names(**{"and": [{"tracking_events": condition}]}) == names


def test_any_text_is_that_of_the_searched_object(desk: Org) -> None:
    spout = {"and": [{"any_text": {"contains": "spout"}}]}
    assert desk.names(queryContext="message", **spout) == ["m1"]
    assert desk.names(queryContext="customer", **spout) == []
