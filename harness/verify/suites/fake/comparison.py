"""Two answers side by side: where they differ in shape or in value, by place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from harness.core.shown import Freedom

REDACTED = "REDACTED"
"""What stands in a cassette where a secret was."""

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d([T ])\d\d:\d\d(?::\d\d(?:\.(\d+))?)?(Z|[+-]\d\d:?\d\d)?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_ID = re.compile(r"((?:[A-Za-z]+_)?)([A-Za-z0-9]{12,})", re.ASCII)
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_LONGEST = 80


@dataclass(frozen=True, slots=True)
class Difference:
    """One way in which a value is not as expected."""

    place: str
    """`body.results[0].name`."""
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


@dataclass(frozen=True, slots=True)
class Rules:
    """What is not held against a value. The functions are asked with places without indexes: `results.name`."""

    frees: Callable[[str], frozenset[Freedom]] = lambda place: frozenset()
    may_have: Callable[[str], bool] = lambda place: False
    """Whether a key that was not expected may be there."""


def compare(expected: Any, found: Any, rules: Rules = Rules(), place: str = "body") -> list[Difference]:
    """How what was found differs from what was expected, in the order of what was expected."""
    return list(_compare(expected, found, rules, place, ""))


def form(text: str) -> str:
    """The form of a text: that of a moment with its precision and zone, of an id with its prefix and length …"""
    if match := _MOMENT.fullmatch(text):
        separator, fraction, zone = match.groups()
        digits = f", {len(fraction)} digits of a second" if fraction else ""
        written = "no zone" if zone is None else "Z" if zone == "Z" else "an offset"
        return f"a moment ({separator!r}{digits}, {written})"
    if _DATE.fullmatch(text):
        return "a date"
    if _UUID.fullmatch(text):
        return "a UUID"
    if _is_address(text):
        return "an address"
    if match := _ID.fullmatch(text):
        return f"an id ({match[1]}… of {len(text)} characters)"
    return "a text" if text else "an empty text"


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return bool(parts.scheme in ("http", "https") and parts.netloc)


def _compare(expected: Any, found: Any, rules: Rules, place: str, bare: str) -> Iterator[Difference]:
    frees = rules.frees(bare)
    if (expected is None) != (found is None):
        if ("filled" if expected is None else "null") not in frees:
            yield Difference(place, f"expected {_shown(expected)}, found {_shown(found)}")
    elif kind(expected) != kind(found):
        yield Difference(place, f"expected {_named(expected)}, found {_named(found)}")
    elif isinstance(expected, Mapping):
        yield from _compare_objects(expected, found, rules, place, bare)
    elif isinstance(expected, list):
        yield from _compare_lists(expected, found, rules, place, bare)
    elif isinstance(expected, str):
        yield from _compare_texts(expected, found, "value" in frees, place)
    elif expected != found and "value" not in frees:
        yield Difference(place, f"expected {_shown(expected)}, found {_shown(found)}")


def _compare_objects(
    expected: Mapping[str, Any], found: Mapping[str, Any], rules: Rules, place: str, bare: str
) -> Iterator[Difference]:
    for name, value in expected.items():
        inner = f"{bare}.{name}" if bare else name
        if name in found:
            yield from _compare(value, found[name], rules, f"{place}.{name}", inner)
        else:
            yield Difference(f"{place}.{name}", f"is missing; expected {_shown(value)}")
    for name, value in found.items():
        inner = f"{bare}.{name}" if bare else name
        if name not in expected and not rules.may_have(inner):
            yield Difference(f"{place}.{name}", f"was not expected; found {_shown(value)}")


def _compare_lists(
    expected: Sequence[Any], found: Sequence[Any], rules: Rules, place: str, bare: str
) -> Iterator[Difference]:
    frees = rules.frees(bare)
    if "empty" in frees and not (expected and found):
        return
    if "order" in frees:
        expected, found = sorted(expected, key=_name), sorted(found, key=_name)
    names, others = [_name(each) for each in expected], [_name(each) for each in found]
    if "items" in frees and (common := set(names) & set(others)):
        expected, found = ([each for each in side if _name(each) in common] for side in (expected, found))
        names, others = [_name(each) for each in expected], [_name(each) for each in found]
    if len(expected) != len(found) and not ("length" in frees and expected and found):
        yield Difference(place, f"expected {len(expected)} items, found {len(found)}")
        for name in [name for name in names if name and name not in others]:
            yield Difference(place, f"{name} is missing")
        for name in [name for name in others if name and name not in names]:
            yield Difference(place, f"{name} was not expected")
        if any(names):
            return
    for index, (one, other) in enumerate(zip(expected, found, strict=False)):
        if names[index] != others[index] and names[index] in others:
            yield Difference(f"{place}[{index}]", f"expected {names[index]}, found {others[index]}: the order differs")
        else:
            yield from _compare(one, other, rules, f"{place}[{index}]", bare)


def _compare_texts(expected: str, found: str, is_free: bool, place: str) -> Iterator[Difference]:
    if expected == found or _same_address(expected, found):
        return
    if REDACTED in expected:  # what stood there is not known, only that it was there
        if not found or _is_address(expected) != _is_address(found):
            yield Difference(place, f"expected {_redacted(expected)}, found {_shown(found)}")
    elif not is_free:
        yield Difference(place, f"expected {_shown(expected)}, found {_shown(found)}")
    elif form(expected) != form(found):
        yield Difference(place, f"expected {form(expected)} such as {_shown(expected)}, found {_shown(found)}")


def _same_address(one: str, other: str) -> bool:
    """Whether both lead to the same, with the parameters in whatever order."""
    if not one.startswith(("/", "http")) or "?" not in one:
        return False
    (path, _, query), (other_path, _, other_query) = one.partition("?"), other.partition("?")
    return path == other_path and sorted(parse_qsl(query, True)) == sorted(parse_qsl(other_query, True))


def _redacted(expected: str) -> str:
    return "an address" if _is_address(expected) else "a secret"


def _name(item: Any) -> str:
    """The id of a record in a list, or the first id it has; empty where there is none."""
    if not isinstance(item, Mapping):
        return ""
    named = (value for key, value in item.items() if key.endswith("_id") and isinstance(value, str))
    id = item.get("id")
    return id if isinstance(id, str) else next(named, "")


def kind(value: Any) -> str:
    """The JSON type of a value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


def _named(value: Any) -> str:
    return f"{kind(value)} {_shown(value)}"


def _shown(value: Any) -> str:
    import orjson

    text = orjson.dumps(value).decode()
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
