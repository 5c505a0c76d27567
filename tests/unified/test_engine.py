"""The engine behind mappings: its values, its errors, and the traps of JSONata that were measured."""

from __future__ import annotations

from typing import Any

import pytest

from harness.unified.engine import ExpressionError, Refused, compiled


def value(source: str, **scope: Any) -> Any:
    return compiled(source).evaluate(scope)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        # one record gives the bare object, none gives nothing; brackets keep the list
        ("one.{'id': id}", {"id": 1}),
        ("none.{'id': id}", None),
        ("two.{'id': id}", [{"id": 1}, {"id": 2}]),
        ("[one.{'id': id}]", [{"id": 1}]),
        ("[none.{'id': id}]", []),
        # a missing key is left out, a null one stays
        ("{'a': missing, 'b': nothing}", {"b": None}),
        ("[one.(id > 5 ? id : null)]", [None]),
        # a null is no text, but becomes one when joined; nothing is the empty text
        ("nothing & 'x'", "nullx"),
        ("missing & 'x'", "x"),
        # not of nothing is nothing
        ("$not(missing)", None),
        ("$not($exists(missing))", True),
        # grouping keeps a list that is a value
        ("pairs{name: value}", {"a": ["x"], "b": []}),
        # a step over null gives an empty object; a filter keeps it out
        ("[nothing.{'id': id}]", [{}]),
        ("[nothing[id].{'id': id}]", []),
        # sorting out everything gives nothing
        ("$sift(bare, function($v) {$v != null})", None),
        ("$each($sift(bare, function($v) {$v != null}), function($v, $k) {$k})", None),
        # a list in a list constructor is not flattened, but values of paths are
        ("[one.id, two.id]", [1, 1, 2]),
        ("$merge([{'a': 1}, {'a': 2}])", {"a": 2}),
    ],
)
def test_what_jsonata_makes_of(source: str, expected: Any) -> None:
    scope = {
        "one": [{"id": 1}],
        "two": [{"id": 1}, {"id": 2}],
        "none": [],
        "nothing": None,
        "bare": {"a": None},
        "pairs": [{"name": "a", "value": ["x"]}, {"name": "b", "value": []}],
    }
    assert value(source, **scope) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("$mapValues('OPEN', {'open': 'active'})", "active"),
        ("$mapValues('weird', {'open': 'active'}, false, 'unknown')", "weird"),
        ("$mapValues(missing, {'open': 'active'}, false, 'unknown')", "unknown"),
        ("$mapValues(nothing, {'open': 'active'}, false, 'unknown')", "unknown"),
        ("$mapValues('Open', {'OPEN': 'active'}, true)", "Open"),
        ("$mapValues(['open', 'x'], {'open': 'active'})", ["active", "x"]),
        ("$mapValues(7, {'open': 'active'})", 7),
        ("$firstNonEmpty('', 'b')", ""),
        ("$firstNonEmpty(missing, nothing, 'c')", "c"),
        ("$removeEmptyItems([{}, {'a': 1}, [], nothing, 'x'])", [{"a": 1}, "x"]),
        ("$dtFromIso('2024-01-01T00:00:00+05:00')", "2023-12-31T19:00:00.000+00:00"),
        ("$dtFromIso('2024-01-01T00:00:00')", "2024-01-01T00:00:00.000+00:00"),
        ("$exists($dtFromIso('bad')) and $dtFromIso('bad') != null", False),
        ("$toNumber('12')", 12),
        ("$toNumber('1.5')", 1.5),
        ("$map(['1', '2'], $toNumber)", [1, 2]),
    ],
)
def test_the_functions_of_mappings_do_as_published(source: str, expected: Any) -> None:
    assert value(source, nothing=None) == expected


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("{'a': ", "line 1, column"),
        ("response.{\n  'a': b,\n  'c': )\n}", "line 3, column"),
        ("$mapValue('x', {})", "$mapValues"),
        ("$groupBy(x, 'y')", "$groupBy is a function of Truto's"),
        ("$nosuchthing(1)", "$nosuchthing"),
    ],
)
def test_an_expression_that_does_not_compile_says_where_and_what(source: str, says: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        compiled(source)
    assert says in str(caught.value)


def test_a_function_in_a_text_is_none() -> None:
    assert value("'costs $groupBy(1)' & /* $nosuch(2) */ '!'") == "costs $groupBy(1)!"


def test_functions_that_an_expression_makes_itself_are_its_own() -> None:
    assert value("($twice := function($number) {$number * 2}; $apply := function($f) {$f(2)}; $apply($twice))") == 4


def test_an_evaluation_that_fails_says_where() -> None:
    with pytest.raises(ExpressionError, match=r"line 2, column"):
        value("(\n  $number(x)\n)", x="seven")


def test_an_expression_can_refuse_what_it_was_given() -> None:
    with pytest.raises(Refused) as caught:
        value("x > 2 ? $error('at most two') : x", x=3)
    assert str(caught.value) == "at most two"
    assert value("x > 2 ? $error('at most two') : x", x=1) == 1


@pytest.mark.parametrize(
    ("source", "read"),
    [
        ("response.{'a': b.c}", {"response": {"b": {"c": True}}}),
        ("'constant'", {}),
        ("response.handles[type = 'mail'].{'email': value}", {"response": {"handles": {"type": True, "value": True}}}),
    ],
)
def test_an_expression_tells_what_it_reads(source: str, read: Any) -> None:
    assert compiled(source).reads() == read


def test_an_expression_keeps_its_source() -> None:
    assert compiled(" 1 + 1 ").source == " 1 + 1 "


def test_an_expression_without_end_is_an_error() -> None:
    with pytest.raises(ExpressionError, match="exceeded its budget"):
        compiled("($f := function($x) {$f($x)}; $f(1))").evaluate({})
