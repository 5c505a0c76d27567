"""What a cassette takes for granted: the records that were there before its first request, and what somebody else
changed between its requests.

Read from the cassette alone. A record that an answer shows and no request made was there before, as it was first
shown; one that a whole list shows where an earlier one did not, and that nothing between them speaks of, came
meanwhile; so did a change of a record that no request between its two showings speaks of.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from harness.core.clock import SECOND, TimeError, parse_instant
from harness.core.exchange import Request
from harness.core.shown import Shown
from harness.verify.operations import Operations

if TYPE_CHECKING:
    from harness.core.contract import Operation
    from harness.core.pack import Pack
    from harness.verify.cassette import Cassette, Interaction

_READS = ("list", "get", "search", "execute")
_CREATED = re.compile(r"created(_?(at|on|time|date))?", re.IGNORECASE)
_STAMP = re.compile(r"(created|updated|modified)(_?(at|on|time|date))?", re.IGNORECASE)


@dataclass(slots=True)
class Step:
    """One interaction and what it tells."""

    interaction: Interaction
    operation: Operation | None
    path: Mapping[str, str]
    writes: bool
    """Whether it may have changed something: it is no read and was answered well."""
    answer: Any
    """As JSON data."""
    records: list[Mapping[str, Any]]
    """What an answer shows of records; none where it was no success."""
    meanwhile: list[Shown] = field(default_factory=list)
    """What somebody else made or changed before it."""
    moment: int | None = None
    """When it happened, where it tells."""


class Premise:
    """The state a cassette implies. It is not changed once it is made."""

    def __init__(self, cassette: Cassette, pack: Pack) -> None:
        self.cassette = cassette
        self._pack = pack
        operations = Operations(pack.contract, pack.target)
        self.steps = [_step(operations, each) for each in cassette.interactions]
        self.before: list[Shown] = []
        """What was there before the first request, oldest first within each kind; what requests made among it, for
        the sake of what they refer to."""
        self._first: dict[str, tuple[int, Mapping[str, Any]]] = {}
        self._mentions = [_mentioned(step) for step in self.steps]
        self._made = list(self._find_made())
        self._tell()
        self._sort()
        self.start = self._start(cassette)
        self._time()

    def known(self) -> set[str]:
        """The ids of all that was there before the first request."""
        shown = {id for each in self.before if each.when == "before" for id in ids(each.record)}
        return shown.difference(*self._made)

    def _tell(self) -> None:
        """Sort what is shown into what was there, what was made and what came or changed meanwhile."""
        told: set[Any] = set()
        last: dict[str, tuple[int, Mapping[str, Any]]] = {}
        whole: dict[Any, tuple[int, set[str]]] = {}
        for number, step in enumerate(self.steps):
            if step.operation is None:
                continue
            name = step.operation.id
            for record in step.records:
                id = _id(record)
                key = (name.rpartition(".")[0], tuple(value for value in step.path.values() if value != id), id)
                if id is None or key not in told:
                    told.add(key)
                    self._tell_first(number, name, record, whole)
                if id is None:
                    continue
                if not step.writes and id in last and self._changed_meanwhile(id, *last[id], record, number):
                    step.meanwhile.append(Shown(name, step.path, record, "meanwhile"))
                last[id] = number, record
            if self._is_whole(step):
                whole[name, tuple(step.path.values())] = number, {str(_id(each)) for each in step.records}

    def _tell_first(self, number: int, name: str, record: Mapping[str, Any], whole: Mapping[Any, Any]) -> None:
        step, id = self.steps[number], _id(record)
        if id is None:
            self.before.append(Shown(name, step.path, record))
            return
        if _makes(step, record) and id not in step.path.values():
            self.before.append(Shown(name, step.path, record, "made"))
            return
        earlier = whole.get((name, tuple(step.path.values())))
        if earlier is not None and id not in earlier[1]:  # it came between that list and this answer
            if not any(id in self._mentions[between] for between in self._writes(earlier[0], number)):
                step.meanwhile.append(Shown(name, step.path, record, "meanwhile"))
            return
        made = set().union(*self._made[: number + 1])
        if id in made:
            return
        begin, first = self._first.setdefault(id, (number, record))
        changes = sum(id in self._mentions[each] for each in self._writes(-1, begin + 1))
        self.before.append(Shown(name, step.path, _without(made, {**record, **first}), changes=changes))

    def _find_made(self) -> Iterator[set[str]]:
        """For each step the ids that its answer is the first to show: of what it made, or what a job made that it asks
        about."""
        known: set[str] = set()
        made: set[str] = set()
        for step in self.steps:
            known |= asked(step)
            shown = ids(step.answer)
            makes = any(_makes(step, each) for each in _records(step.answer)) or self._job(step) in made
            found = shown - known if makes else set()
            made |= found
            yield found
            known |= shown

    def _job(self, step: Step) -> str | None:
        """The id of the job that a step asks about."""
        parameter = self._pack.job_parameters.get(step.operation.id) if step.operation else None
        return step.path[parameter] if parameter else None

    def _writes(self, after: int, before: int) -> Iterator[int]:
        return (number for number in range(after + 1, before) if self.steps[number].writes)

    def _changed_meanwhile(
        self, id: str, number: int, old: Mapping[str, Any], new: Mapping[str, Any], now: int
    ) -> bool:
        """Whether a record looks otherwise than when it was last shown, and no request between speaks of it."""
        changed = {name for name in old.keys() & new.keys() if old[name] != new[name]}
        if not changed:
            return False
        about = {id} | {each for name in changed for each in ids({name: old[name]}) | ids({name: new[name]})}
        return not any(about & self._mentions[between] for between in self._writes(number, now))

    def _is_whole(self, step: Step) -> bool:
        """Whether an answer is a list from its beginning to its end, without a filter."""
        paging = self._pack.paging
        if step.operation is None or not isinstance(step.answer, Mapping) or step.interaction.status != 200:
            return False
        if (
            paging is None
            or step.interaction.method != "GET"
            or step.operation.parameters.keys().isdisjoint(paging.cursors)
        ):
            return False
        sent = {name for name, _ in Request("GET", "/", query=step.interaction.query).query_items()}
        filters = sent & step.operation.parameters.keys() - {*paging.sizes}
        return not filters and not paging.next_cursors(step.answer)

    def _sort(self) -> None:
        """Put the oldest first: lists show the newest first, and a page follows its cursor."""
        order: list[str] = []
        paging = self._pack.paging
        for step in self.steps:
            if step.operation is None or not step.operation.id.endswith(".list"):
                continue
            row = [id for each in step.records if (id := _id(each))]
            for name, value in Request("GET", "/", query=step.interaction.query).query_items():
                if paging and value and name in paging.cursors:
                    row = [*row, value] if name in paging.backward else [value, *row]
            _merge(order, row)
        rank = {id: number for number, id in enumerate(order)}
        kinds: dict[str, int] = {}
        for each in self.before:
            kinds.setdefault(each.operation.partition(".")[0], len(kinds))

        def place(each: Shown) -> tuple[bool, int, int]:
            kind = kinds[each.operation.partition(".")[0]]
            return each.when == "made", kind, -rank.get(_id(each.record) or "", len(rank))

        self.before.sort(key=place)

    def _start(self, cassette: Cassette) -> int:
        """When the first request was made: by its Date, or not before the newest record it could know."""
        for step in self.steps:
            if (date := _date(step.interaction)) is not None:
                return date
            if step.writes:
                break
        stamps = [moment for each in self.before if each.when == "before" for moment in _stamps(each.record)]
        written = (set(_stamps(step.answer)) - set(stamps) for step in self.steps if step.writes)
        first = next((max(moments) for moments in written if moments), None)
        if stamps or first is not None:
            newest = max(stamps, default=first)
            return min(moment for moment in (newest, first) if moment is not None)
        midnight = datetime.combine(cassette.provenance.date, datetime.min.time(), UTC)
        return int(midnight.timestamp()) * SECOND

    def _time(self) -> None:
        """When each request was made: by its Date, and more exactly by the new stamps in the answer of a write or by
        those of the same second that are shown later."""
        seen: set[int] = {moment for each in self.before if each.when == "before" for moment in _stamps(each.record)}
        shown = [list(_stamps(step.answer)) for step in self.steps]
        for number, step in enumerate(self.steps):
            date = _date(step.interaction)
            step.moment = date
            if step.writes:
                told = [_within(stamps, date) for stamps in shown[number:]]
                new = set(shown[number]) - seen
                if (exact := next(filter(None, told), None)) is not None:
                    step.moment = max(exact, key=lambda moment: (exact.count(moment), moment))
                else:
                    step.moment = max(new, default=date)
            seen |= set(shown[number])


def ids(value: Any) -> set[str]:
    """The ids in JSON data: the texts named so (`id`, `contact_id`, `file_ids`)."""
    return set(_ids(value, ""))


def names_ids(name: str) -> bool:
    """Whether a field of that name holds an id or several."""
    return name in ("id", "ids") or name.endswith(("_id", "_ids", "Id", "Ids"))


def _ids(value: Any, name: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _ids(inner, key)
    elif isinstance(value, list):
        for item in value:
            yield from _ids(item, name)
    elif isinstance(value, str) and names_ids(name):
        yield value


def _step(operations: Operations, interaction: Interaction) -> Step:
    match = operations.match(interaction)
    operation, path = (match.target, match.path) if match else (None, {})
    answer = interaction.json()
    fine = 200 <= interaction.status < 300
    reads = interaction.method in ("GET", "HEAD") or bool(
        operation and operation.id.rpartition(".")[2].partition("_")[0] in _READS
    )
    records = list(_records(answer)) if fine and operation and interaction.method != "DELETE" else []
    return Step(interaction, operation, path, fine and not reads, answer, records)


def _records(answer: Any) -> Iterator[Mapping[str, Any]]:
    """The answer itself or its `data`, the items of its lists, or, where nothing has an id, the answer as a whole."""
    if isinstance(answer, Mapping) and isinstance(inner := answer.get("data"), Mapping) and _id(inner):
        yield inner
        beside = answer.get("included")
        yield from (each for each in (beside if isinstance(beside, list) else [beside]) if isinstance(each, Mapping))
    elif isinstance(answer, Mapping) and _id(answer) is None:
        lists = [value for value in answer.values() if isinstance(value, list)]
        items = [item for each in lists for item in each]
        if items and all(isinstance(item, Mapping) and _id(item) for item in items):
            yield from items
        elif items or not lists:
            yield answer
    elif isinstance(answer, Mapping):
        yield answer
    elif isinstance(answer, list):
        yield from (item for item in answer if isinstance(item, Mapping))


def _makes(step: Step, record: Mapping[str, Any]) -> bool:
    """Whether a request made a record of its answer: a POST is taken to, another one where the record is that new."""
    if not step.writes or step.interaction.method == "POST":
        return step.writes
    date = _date(step.interaction)
    values = {**record, **attributes} if isinstance(attributes := record.get("attributes"), Mapping) else record
    created = {each for name in values if _CREATED.fullmatch(name) for each in _stamps(values[name], name)}
    return date is not None and any(each >= date for each in created)


def _without(gone: set[str], value: Any) -> Any:
    """JSON data without the items of lists that are, or have, one of these ids."""
    if isinstance(value, Mapping):
        return {key: _without(gone, inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_without(gone, each) for each in value if not _is_one_of(gone, each)]
    return value


def _is_one_of(gone: set[str], item: Any) -> bool:
    id = _id(item) if isinstance(item, Mapping) else item
    return isinstance(id, str) and id in gone


def _within(stamps: list[int], date: int | None) -> list[int]:
    """The stamps of one second."""
    return [] if date is None else [each for each in stamps if date <= each < date + SECOND]


def _id(record: Mapping[str, Any]) -> str | None:
    id = record.get("id")
    return id if isinstance(id, str) else None


def asked(step: Step) -> set[str]:
    """The ids that a request names in its path and its body."""
    return set(step.path.values()) | ids(_body(step.interaction))


def _mentioned(step: Step) -> set[str]:
    """The ids that a request or its answer speaks of."""
    return asked(step) | ids(step.answer) | set(_texts(_body(step.interaction)))


def _body(interaction: Interaction) -> Any:
    import orjson

    try:
        return orjson.loads(interaction.request_body) if interaction.request_body else None
    except orjson.JSONDecodeError:
        return None


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str):
        yield value


def _stamps(value: Any, name: str = "") -> Iterator[int]:
    """The moments at which what an answer shows was made or changed."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _stamps(inner, key)
    elif isinstance(value, list):
        for item in value:
            yield from _stamps(item)
    elif isinstance(value, str) and _STAMP.fullmatch(name):
        try:
            yield parse_instant(value)
        except TimeError:
            return


def _date(interaction: Interaction) -> int | None:
    from email.utils import parsedate_to_datetime

    text = interaction.header("date")
    try:
        return int(parsedate_to_datetime(text).timestamp()) * SECOND if text else None
    except ValueError:
        return None


def _merge(order: list[str], row: list[str]) -> None:
    """Take a row of ids into an order that keeps every row's own."""
    at = len(order)
    for id in reversed(row):
        if id in order:
            at = order.index(id)
        else:
            order.insert(at, id)
