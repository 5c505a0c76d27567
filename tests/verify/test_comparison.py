"""Answers compared by shape and value, with differences that name their place."""

from __future__ import annotations

from typing import Any

import pytest

from harness.core.shown import Freedom
from harness.verify.suites.fake.comparison import Rules, compare, form


def differences(expected: Any, found: Any, *frees: Freedom, at: str = "value") -> list[str]:
    rules = Rules(lambda place: frozenset(frees) if place == at else frozenset())
    return [str(each) for each in compare(expected, found, rules)]


def test_equal_answers_have_no_difference() -> None:
    answer = {"results": [{"id": "ct_1", "score": 56.5, "tags": []}], "next": None}
    assert differences(answer, {"next": None, "results": [{"tags": [], "score": 56.5, "id": "ct_1"}]}) == []


def test_a_whole_number_equals_itself_with_a_fraction() -> None:
    assert differences({"value": 3}, {"value": 3.0}) == []


@pytest.mark.parametrize(
    ("expected", "found", "difference"),
    [
        ({"a": {"b": 1}}, {"a": {}}, "body.a.b: is missing; expected 1"),
        ({"a": {}}, {"a": {"b": "x"}}, 'body.a.b: was not expected; found "x"'),
        ({"a": "x"}, {"a": None}, 'body.a: expected "x", found null'),
        ({"a": None}, {"a": "x"}, 'body.a: expected null, found "x"'),
        ({"a": 1}, {"a": "1"}, 'body.a: expected number 1, found string "1"'),
        ({"a": 1}, {"a": True}, "body.a: expected number 1, found boolean true"),
        ({"a": [1, 2]}, {"a": [1, 3]}, "body.a[1]: expected 2, found 3"),
        ({"a": [1, 2]}, {"a": [1]}, "body.a: expected 2 items, found 1"),
        ({"a": "2026-01-15T09:00:00Z"}, {"a": "2026-01-15T09:00:01Z"}, None),
    ],
)
def test_a_difference_names_its_place_and_both_sides(expected: Any, found: Any, difference: str | None) -> None:
    told = differences(expected, found)
    assert len(told) == 1
    assert difference is None or told == [difference]


def test_a_list_of_records_says_which_are_missing_and_which_were_not_expected() -> None:
    expected, found = [{"id": "a"}, {"id": "b"}, {"id": "c"}], [{"id": "b"}, {"id": "x"}]
    assert differences(expected, found) == [
        "body: expected 3 items, found 2",
        "body: a is missing",
        "body: c is missing",
        "body: x was not expected",
    ]


def test_records_in_another_order_are_told_as_such_and_not_field_by_field() -> None:
    one, other = {"id": "a", "name": "A"}, {"id": "b", "name": "B"}
    assert differences([one, other], [other, one]) == [
        "body[0]: expected a, found b: the order differs",
        "body[1]: expected b, found a: the order differs",
    ]


def test_parameters_of_an_address_may_stand_in_any_order() -> None:
    assert differences("/contacts?after=x&limit=2", "/contacts?limit=2&after=x") == []
    assert differences("/contacts?after=x&limit=2", "/contacts?limit=3&after=x") != []
    assert differences("/contacts?after=x", "/notes?after=x") != []


def test_a_free_value_still_keeps_its_form() -> None:
    assert differences({"value": "2026-01-15T09:00:00Z"}, {"value": "2027-02-03T00:00:00Z"}, "value") == []
    assert differences({"value": "2026-01-15T09:00:00Z"}, {"value": "2027-02-03T00:00:00.000Z"}, "value") != []
    assert differences({"value": "2026-01-15T09:00:00Z"}, {"value": "2027-02-03T00:00:00+00:00"}, "value") != []
    assert differences({"value": "a text"}, {"value": 3}, "value") != []
    assert differences({"value": "a text"}, {"value": None}, "value") != []


def test_a_free_null_leaves_the_value_bound() -> None:
    assert differences({"value": "x"}, {"value": None}, "null") == []
    assert differences({"value": None}, {"value": "x"}, "null") != []
    assert differences({"value": "x"}, {"value": "y"}, "null") != []
    assert differences({"value": "x"}, {}, "null") != []


def test_a_place_that_may_be_filled_may_not_be_emptied() -> None:
    assert differences({"value": None}, {"value": "x"}, "filled") == []
    assert differences({"value": "x"}, {"value": None}, "filled") != []
    assert differences({"value": None}, {}, "filled") != []


def test_a_free_order_leaves_the_items_bound() -> None:
    expected = {"value": [{"id": "a", "name": "A"}, {"id": "b", "name": "B"}]}
    assert differences(expected, {"value": [{"id": "b", "name": "B"}, {"id": "a", "name": "A"}]}, "order") == []
    assert differences(expected, {"value": [{"id": "b", "name": "X"}, {"id": "a", "name": "A"}]}, "order") != []
    assert differences(expected, {"value": [{"id": "b", "name": "B"}]}, "order") != []


def test_a_free_length_still_asks_for_some_items_of_the_same_shape() -> None:
    assert differences({"value": [{"title": 1}]}, {"value": [{"title": 1}, {"title": 2}]}, "length") == []
    assert differences({"value": [{"title": 1}]}, {"value": [{"titel": 1}, {"title": 2}]}, "length") != []
    assert differences({"value": [{"title": 1}]}, {"value": []}, "length") != []


def test_other_items_of_a_list_may_be_free_while_those_of_both_are_bound() -> None:
    expected = {"value": [{"id": "a", "name": "A"}, {"id": "b", "name": "B"}]}
    assert differences(expected, {"value": [{"id": "b", "name": "B"}, {"id": "c"}]}, "items") == []
    assert differences(expected, {"value": [{"id": "b", "name": "X"}, {"id": "c"}]}, "items") != []
    assert differences(expected, {"value": [{"id": "c", "name": "C"}]}, "items") != []


def test_a_list_that_may_be_empty_is_bound_when_it_is_not() -> None:
    assert differences({"value": []}, {"value": [1]}, "empty") == []
    assert differences({"value": [1]}, {"value": [2]}, "empty") != []


def test_a_secret_that_a_cassette_keeps_to_itself_only_has_to_be_there() -> None:
    assert differences("REDACTED", "9f2c") == []
    assert differences("REDACTED", "") != []
    assert differences("https://files.example/a?token=REDACTED", "https://other.example/b?signature=1") == []
    assert differences("https://files.example/a?token=REDACTED", "9f2c") != []


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("ct_0B8aEsHUrMZa3IjiCRLdV", "ct_QgdbUYGgVc4L766NafJ95", True),
        ("ct_0B8aEsHUrMZa3IjiCRLdV", "co_QgdbUYGgVc4L766NafJ95", False),
        ("ct_0B8aEsHUrMZa3IjiCRLdV", "ct_QgdbUYGgVc4L766NafJ9", False),
        ("2026-01-15", "2027-02-03", True),
        ("2026-01-15", "2027-02-03T00:00:00Z", False),
        ("0b0e7c1e-8c4b-4d6c-9a57-1f6f3c1f0a11", "fa4e0000-0000-4000-8000-000000000001", True),
        ("https://a.example/x", "http://b.example/y", True),
        ("https://a.example/x", "/x", False),
        ("any words", "other words", True),
        ("any words", "", False),
    ],
)
def test_forms_tell_kinds_of_text_apart(one: str, other: str, alike: bool) -> None:
    assert (form(one) == form(other)) is alike
