"""The grammar of a search: from the groups of a body to a tree of tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any, Final

from harness.providers.kustomer.search import dates
from harness.providers.kustomer.search.attributes import Attribute, known, sortable
from harness.providers.kustomer.search.catalogue import OPERATORS
from harness.providers.kustomer.search.values import number_of, text_of, words
from harness.providers.kustomer.search.wrong import Wrong, malformed, mistyped, unknown

DEEPEST: Final = 50
"""inferred: how deep groups may stand inside each other."""
GROUPS: Final = ("and", "or", "not")


@dataclass(frozen=True, slots=True)
class Span:
    """A number, or the milliseconds of a date: what stands between the two, both included."""

    first: float
    last: float


Value = None | frozenset[str] | tuple[str, ...] | Span
"""Nothing, words that have all to be there, texts of which one has to be, or a span."""


@dataclass(frozen=True, slots=True)
class Condition:
    """An operator with its value, in the form the attribute's values are compared in."""

    operator: str
    value: Value


@dataclass(frozen=True, slots=True)
class Test:
    """What one object has to meet: all conditions on an attribute of its own."""

    attribute: Attribute
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class All:
    """What passes all of these."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """What passes any of these."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """What does not pass this."""

    node: Node


Node = Test | All | Either | Not


@dataclass(frozen=True, slots=True)
class Sort:
    """An attribute to sort by."""

    attribute: Attribute
    descending: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A search as it was understood."""

    context: str
    """The kind of object: `customer`, `kobject`."""
    klass: str | None
    """The klass of the objects, where the context names one."""
    node: Node
    sorts: tuple[Sort, ...]
    deleted: bool
    """Whether deleted objects are found."""
    archive: bool
    """Whether it is those that have not changed for long that are found."""


def query_of(body: Mapping[str, Any], *, now: int, archive: bool = False, lenient: bool = False) -> Query:
    """A body as a query; `lenient` leaves out what is asked about unknown attributes. Raises Wrong."""
    zone = dates.zone(body.get("timeZone", "GMT"))
    if zone is None:
        raise malformed("timeZone", "time zone", "/properties/timeZone")
    context = body.get("queryContext", "customer")
    reading = _Reading(now, zone, archive, lenient)
    klass = context.removeprefix("kobject_") if context.startswith("kobject_") else None
    return Query(
        context="kobject" if klass is not None else context,
        klass=klass,
        node=All(tuple(reading.groups(body, "", 0))),
        sorts=tuple(reading.sorts(body.get("sort", ()), context)),
        deleted=body.get("includeDeleted", False),
        archive=archive,
    )


@dataclass(frozen=True, slots=True)
class _Reading:
    now: int
    zone: tzinfo
    archive: bool
    lenient: bool

    def groups(self, holder: Mapping[str, Any], place: str, depth: int) -> Iterator[Node]:
        """The groups `and`, `or` and `not` of a body or of a criterion."""
        for name in GROUPS:
            group = holder.get(name)
            if group is None:
                continue
            if depth >= DEEPEST:
                title = f"Groups are nested too deeply, maximum {DEEPEST}"
                raise Wrong(title, name, f"{place}/properties/{name}/maximum")
            # inferred: a group of nothing demands nothing, also or
            if nodes := tuple(self._members(group, f"{place}/properties/{name}", depth + 1)):
                yield All(nodes) if name == "and" else Either(nodes) if name == "or" else Not(Either(nodes))

    def _members(self, group: Any, place: str, depth: int) -> Iterator[Node]:
        if isinstance(group, list):
            for criterion in group:
                if nodes := tuple(self._criterion(criterion, f"{place}/items", depth)):
                    yield nodes[0] if len(nodes) == 1 else All(nodes)
        else:
            yield from self._criterion(group, place, depth)

    def _criterion(self, criterion: Mapping[str, Any], place: str, depth: int) -> Iterator[Node]:
        yield from self.groups(criterion, place, depth)
        for name, condition in criterion.items():
            if name in GROUPS:
                continue
            attribute = known(name, archive=self.archive)
            if attribute is None:
                if not self.lenient:
                    raise unknown(name, place)
            elif conditions := tuple(self._conditions(attribute, condition, f"{place}/properties/{name}")):
                yield Test(attribute, conditions)

    def _conditions(self, attribute: Attribute, given: Mapping[str, Any], place: str) -> Iterator[Condition]:
        valid = OPERATORS[attribute.class_]
        for operator, value in given.items():
            if operator in valid:
                yield self._condition(attribute, operator, value, f"{place}/properties/{operator}")
            elif not self.lenient:
                raise unknown(operator, place)

    def _condition(self, attribute: Attribute, operator: str, given: Any, place: str) -> Condition:
        if operator in ("set", "not_set"):
            if not isinstance(given, bool):
                raise mistyped(operator, given, "boolean", place)
            return Condition("set" if given is (operator == "set") else "not_set", None)
        value: Value
        match attribute.class_:
            case "datetime":
                value = self._date(operator, given, place)
            case "number":
                number = number_of(given)
                if number is None:
                    raise mistyped(operator, given, "number", place)
                value = Span(number, number)
            case "any" | "text":
                value = _words(operator, given, place)
            case "string" if operator in ("contains", "not_contains"):
                value = _words(operator, given, place)
            case "string":
                value = (_text(operator, given, "string", place).casefold(),)
            case "boolean":
                value = (_truth(attribute, operator, given, place),)
            case _:
                value = _choices(operator, given, place)
        return Condition(operator, value)

    def _date(self, operator: str, given: Any, place: str) -> Span:
        if not isinstance(given, str):
            raise mistyped(operator, given, "string", place)
        found = dates.stretch(given, self.zone, self.now)
        if found is None:
            raise malformed(operator, "date-time-math", place)
        return Span(found[0], found[1] - 1)

    def sorts(self, given: Any, context: str) -> Iterator[Sort]:
        """What to sort by. inferred: attributes of the searched object only."""
        place = "/properties/sort"
        several = isinstance(given, list)
        for each in given if several else [given] if given else ():
            for name, direction in each.items():
                attribute = sortable(name, archive=self.archive)
                if attribute is not None and _object_of(context) == attribute.object:
                    yield Sort(attribute, direction == "desc")
                elif not self.lenient:
                    raise unknown(name, f"{place}/items" if several else place)


def _object_of(context: str) -> str:
    return "kobject" if context.startswith("kobject_") else context


def _text(operator: str, given: Any, expected: str, place: str) -> str:
    text = text_of(given)
    if text is None:
        raise mistyped(operator, given, expected, place)
    return text


def _words(operator: str, given: Any, place: str) -> frozenset[str]:
    return frozenset(words(_text(operator, given, "string", place)))


def _truth(attribute: Attribute, operator: str, given: Any, place: str) -> str:
    """documented: a truth, which some attributes are published with as a text; a direction is called one, too."""
    if isinstance(given, str) and (attribute.name == "message_direction" or given in ("true", "false")):
        return given
    if not isinstance(given, bool):
        raise mistyped(operator, given, "boolean", place)
    return "true" if given else "false"


def _choices(operator: str, given: Any, place: str) -> tuple[str, ...]:
    """inferred: one value, or several of which one has to be there; `in` always takes several."""
    if isinstance(given, list):
        return tuple(_text(operator, each, "string", f"{place}/items") for each in given)
    return (_text(operator, given, "array" if operator == "in" else "string/array", place),)
