"""Which objects pass a query: masks of tables, and the ways between objects that belong together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import compress
from typing import Final

from harness.core.store import Store
from harness.providers.kustomer.search import dates
from harness.providers.kustomer.search.attributes import ANY, Attribute, any_text
from harness.providers.kustomer.search.column import Column, flags_of, mask_of, mask_of_flags
from harness.providers.kustomer.search.grammar import All, Condition, Either, Node, Not, Query, Span, Test, Value
from harness.providers.kustomer.search.table import Table, table_of
from harness.providers.kustomer.search.values import CHANGED, Source

WINDOW: Final = 2
"""documented: search finds what was changed in so many years, the archive what was not."""

COLLECTIONS: Final[Mapping[str, str]] = {
    "customer": "customers",
    "company": "companies",
    "conversation": "conversations",
    "conversation_time": "conversation_times",
    "message": "messages",
    "note": "notes",
    "kobject": "kobjects",
    "customer_event": "customer_events",
}
"""Where the objects of a context are kept; of work sessions and work items there are none."""

_BELONGS: Final = (
    ("message", "conversation"),
    ("note", "conversation"),
    ("conversation_time", "conversation"),
    ("conversation", "customer"),
    ("message", "customer"),
    ("note", "customer"),
    ("conversation_time", "customer"),
    ("kobject", "customer"),
    ("kobject", "company"),
    ("customer", "company"),
    ("customer_event", "customer"),
)
"""What belongs to what, by a relation of that name; of two ways as long the first counts."""

_DELETED: Final = Source("flag", ("deleted",))
_KLASS: Final = Source("exact", ("$klass",))
_TRACKED: Final = Source("present", ("trackingEvent",))
_ZERO: Final = Column([(0, (0,))])


@dataclass(frozen=True, slots=True)
class Hop:
    """A step from objects to others: up to what they belong to, or down to what belongs to them."""

    child: str
    parent: str
    up: bool


@lru_cache(maxsize=256)
def way(start: str, goal: str) -> tuple[Hop, ...]:
    """The shortest way from one kind of object to another."""
    ways: dict[str, tuple[Hop, ...]] = {start: ()}
    waiting = [start]
    while goal not in ways:
        here = waiting.pop(0)
        for child, parent in _BELONGS:
            for origin, target, up in ((child, parent, True), (parent, child, False)):
                if origin == here and target not in ways:
                    ways[target] = (*ways[here], Hop(child, parent, up))
                    waiting.append(target)
    return ways[goal]


class Matching:
    """One query on one state."""

    def __init__(self, store: Store, query: Query, now: int) -> None:
        self._store = store
        self._query = query
        self._edge = dates.years_before(now, WINDOW)
        self._tables: dict[str, Table] = {}
        self._found: dict[str, int] = {}

    def table(self, object: str) -> Table:
        """The objects of a kind."""
        table = self._tables.get(object)
        if table is None:
            table = self._tables[object] = table_of(self._store, COLLECTIONS[object])
        return table

    def matches(self) -> int:
        """The objects of the context that pass."""
        query = self._query
        return self._universe(query.context, query.klass) & self._mask(query.node)

    def _universe(self, object: str, klass: str | None = None) -> int:
        """What can be found of a kind: neither deleted (unless asked for) nor on the other side of the window."""
        found = self._found.get(object)
        if found is None:
            table = self.table(object)
            old = table.column(CHANGED).within(None, self._edge)
            found = old if self._query.archive else table.alive ^ old
            if not self._query.deleted:
                found = _without(found, table.column(_DELETED).equal("true"))
            self._found[object] = found
        return found if klass is None else found & self.table(object).column(_KLASS).equal(klass)

    def _mask(self, node: Node) -> int:
        match node:
            case Test():
                return self._tested(node)
            case All(nodes):
                found = self._universe(self._query.context)
                for each in nodes:
                    found &= self._mask(each)
                return found
            case Either(nodes):
                found = 0
                for each in nodes:
                    found |= self._mask(each)
                return found
            case Not(inner):
                return _without(self._universe(self._query.context), self._mask(inner))

    def _tested(self, test: Test) -> int:
        attribute, context = test.attribute, self._query.context
        tracking = attribute.name == "tracking_events"
        object = "customer" if tracking else context if attribute.object == ANY else attribute.object
        found = self._universe(object, attribute.klass)
        for condition in test.conditions:
            found &= self._tracked(condition) if tracking else self._meeting(object, attribute, condition)
        return self._moved(found, object, context)

    def _meeting(self, object: str, attribute: Attribute, condition: Condition) -> int:
        """What meets a condition, of all objects of the kind."""
        table = self.table(object)
        operator = condition.operator.removeprefix("not_")
        if attribute.object == ANY:
            column = table.column(any_text(object))
        elif operator == "contains" and attribute.class_ in ("any", "text", "string"):
            column = table.column(attribute.words)
        else:
            column = table.column(attribute.source)
        found = _passing(column, operator, condition.value)
        return found if operator == condition.operator else _without(table.alive, found)

    def _tracked(self, condition: Condition) -> int:
        """The customers with such a number of tracking events."""
        events, customers = self.table("customer_event"), self.table("customer")
        flags = flags_of(events.column(_TRACKED).equal("true"), len(events.entries))
        counts = Counter(compress(events.parents("customer", customers), flags))
        counted = Column((slot, (counts[slot],)) for slot in sorted(counts) if slot >= 0)
        none = _without(customers.alive, counted.having())
        if condition.operator == "not_set":
            return none
        found = _passing(counted, condition.operator, condition.value)
        zero = isinstance(condition.value, Span) and _ranged(_ZERO, condition.operator, condition.value)
        return found | none if zero else found

    def _moved(self, mask: int, start: str, goal: str) -> int:
        """inferred: an object passes a test about others when one of those it goes together with passes."""
        for hop in way(start, goal):
            if not mask:
                return 0
            children, parents = self.table(hop.child), self.table(hop.parent)
            links = children.parents(hop.parent, parents)
            mask = _upwards(mask, children, links) if hop.up else _downwards(mask, parents, links)
            mask &= self._universe(hop.parent if hop.up else hop.child)
        return mask


def _passing(column: Column, operator: str, value: Value) -> int:
    """The slots of a column whose keys pass an operator that is not a negation."""
    match value:
        case None:
            return column.having()
        case frozenset():
            return _all_of(column, value)
        case Span():
            return _ranged(column, operator, value)
        case _ if operator == "prefix":
            return column.beginning(value[0])
        case _:
            return _any_of(column, value)


def _ranged(column: Column, operator: str, span: Span) -> int:
    match operator:
        case "gte":
            return column.within(span.first, None)
        case "gt":
            return column.within(span.last, None, after=True)
        case "lt":
            return column.within(None, span.first)
        case "lte":
            return column.within(None, span.last, through=True)
        case _:
            return column.within(span.first, span.last, through=True)


def _any_of(column: Column, keys: Iterable[str]) -> int:
    found = 0
    for key in keys:
        found |= column.equal(key)
    return found


def _all_of(column: Column, keys: Iterable[str]) -> int:
    """inferred: of several words all have to be there, in any order; a text without words is in none."""
    masks = [column.equal(key) for key in keys]
    found = masks[0] if masks else 0
    for mask in masks[1:]:
        found &= mask
    return found


def _without(mask: int, other: int) -> int:
    return mask ^ (mask & other)


def _upwards(mask: int, children: Table, links: list[int]) -> int:
    parents = set(compress(links, flags_of(mask, len(children.entries))))
    parents.discard(-1)
    return mask_of(list(parents))


def _downwards(mask: int, parents: Table, links: list[int]) -> int:
    flags = flags_of(mask, len(parents.entries)) + b"\0"  # the last one is for -1
    return mask_of_flags(bytes(map(flags.__getitem__, links)))
