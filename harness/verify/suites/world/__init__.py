"""Suite `world`: a world read through the unified API over the fake equals the world, declared losses aside.

One case for each field of each unified resource, and for each: that its records are those of the world, their order,
that pages of any size give the same, that `get` gives what the list gave, and that what is declared lost is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from harness.core.worlds import DEFAULT
from harness.unified.account import IntegratedAccount
from harness.unified.errors import ConfigurationError
from harness.verify.case import Case, Failed, unchecked
from harness.verify.operations import Operations
from harness.verify.subject import Subject
from harness.verify.suites.mapping.cells import account_of, not_mapped, operations, targets
from harness.verify.suites.world.between import compared_with, reading_through, same
from harness.verify.suites.world.filters import FILTERS, Check
from harness.verify.suites.world.losses import Losses, losses
from harness.verify.suites.world.neutral import FEWER, told
from harness.verify.suites.world.reading import Found, Reading, at, data, reading_of, shown, world_of
from harness.verify.suites.world.said import Said, To, Unordered

NAME = "world"

LIMITS = (1, 2, 7, 100)
"""The page sizes at which each list is walked."""
_SHOWN = 10
_ANEW = {"file_url"}
"""What may be made anew for each answer."""


def cases(subject: Subject) -> Iterator[Case]:
    """By resource, then by field."""
    if reason := not_mapped(subject):
        yield unchecked(NAME, subject.provider, reason)
        return
    try:
        account = account_of(subject)
        yield from _Plan(subject, account, losses(account.integration)).cases()
    except ConfigurationError as error:
        yield _failing(subject, "configuration", str(error))


class _Plan:
    """What there is to ask."""

    def __init__(self, subject: Subject, account: IntegratedAccount, declared: Losses) -> None:
        self.subject = subject
        self.account = account
        self.declared = declared
        self.told = told(world_of(subject), subject.provider, declared.words_of)
        self.operations = Operations(subject.contract, subject.pack.target)

    def cases(self) -> Iterator[Case]:
        """All of them. Raises ConfigurationError."""
        for resource, said in self.told.items():
            model, _, name = resource.partition(".")
            cell = self.account.mappings.cell(model, name, "list")
            if cell is None:
                yield self._case(resource, "is declared missing", [], _not_offered(resource, self.account))
                continue
            yield self._case(resource, "records", [resource], partial(_whole, resource=resource))
            if resource in self.declared.newest_first:
                yield self._case(resource, "order", [resource], partial(_order, resource=resource))
            if cell.resource:  # what is answered without a call comes whole
                yield self._case(resource, "pages", [resource], partial(_pages, resource=resource))
            if self.account.mappings.cell(model, name, "get"):
                yield self._case(resource, "get", [resource], partial(_gets, resource=resource), ("list", "get"))
            yield from self._fields(resource, said)
        yield from self._filters()
        yield from self._between()
        yield from self._strangers()

    def _between(self) -> Iterator[Case]:
        """The same through every other provider that is installed."""
        for other in compared_with(self.subject):
            mappings = account_of(Subject(provider=other)).mappings
            for resource in self.told:
                model, _, name = resource.partition(".")
                if resource not in FEWER and all(
                    each.cell(model, name, "list") is not None for each in (self.account.mappings, mappings)
                ):
                    check = partial(_same_through, subject=self.subject, other=other, resource=resource)
                    yield self._case(resource, f"as through {other}", [resource], check)

    def _fields(self, resource: str, said: list[Said]) -> Iterator[Case]:
        model, _, name = resource.partition(".")
        lost = self.account.mappings.losses(model, name)
        fields = list(dict.fromkeys(field for each in said for field in each.fields))
        for field in fields:
            reason = lost.get(field.partition(".")[0])
            check = _lost(resource, field, reason) if reason else _kept(resource, field)
            others = _others(resource, said, field)
            yield self._case(resource, field, [resource, *([] if reason else others)], check)
        silent = [field for field in lost if field not in {told.partition(".")[0] for told in fields}]
        if silent:
            yield self._case(resource, "fields the world is silent about", [resource], _silent(resource, lost, silent))

    def _filters(self) -> Iterator[Case]:
        for resource, what, check, others in FILTERS:
            model, _, name = resource.partition(".")
            if self.account.mappings.cell(model, name, "list") is not None:
                yield self._case(resource, what, [resource, *others], check)

    def _strangers(self) -> Iterator[Case]:
        """Declared losses of fields the world says nothing of."""
        for resource, rules in self.declared.rules.items():
            known = {field for said in self.told.get(resource, ()) for field in said.fields}
            for field, found in rules.items():
                if resource not in self.told or (known and field not in known):
                    message = f"{found[0].place}: the world says nothing of {resource}.{field}: take the loss out"
                    yield _failing(self.subject, f"{resource}.{field} loss", message)

    def _case(
        self,
        resource: str,
        what: str,
        reads: Iterable[str],
        check: Check,
        methods: tuple[str, ...] = ("list",),
    ) -> Case:
        cells = [(each, method) for each in dict.fromkeys(reads) for method in methods]
        asked: dict[str, None] = {}
        for each, method in cells:
            model, _, name = each.partition(".")
            if cell := self.account.mappings.cell(model, name, method):
                asked |= dict.fromkeys(operations(self.account, targets(self.account, cell), self.operations))
        return Case(
            f"{resource} {what}",
            NAME,
            self.subject.provider,
            tuple(asked),
            lambda subject: check(reading_of(subject)),
            tuple(f"{each}.{method}" for each, method in cells),
            "world",
        )


def _failing(subject: Subject, id: str, message: str) -> Case:
    def check(subject: Subject) -> None:
        raise Failed(message)

    return Case(id, NAME, subject.provider, (), check, (), "world")


def _others(resource: str, said: list[Said], field: str) -> list[str]:
    """The resources that have to be read to judge a field: where it leads, and what its records are known by."""
    found: dict[str, None] = {}

    def gather(value: Any) -> None:
        if isinstance(value, To):
            found[value.resource] = None
        elif isinstance(value, list | tuple):
            for each in value:
                gather(each)
        elif isinstance(value, Unordered):
            gather(value.items)

    for each in said:
        gather(each.fields.get(field, (None, ()))[0])
        gather(each.naturals)
    if resource in ("ticketing.comments", "ticketing.tickets"):
        found |= dict.fromkeys(("ticketing.tickets", "ticketing.contacts"))
    if resource.startswith("instant-messaging.channels"):
        found["instant-messaging.messages"] = None
    if resource == "instant-messaging.messages":
        found["instant-messaging.channels"] = None
    return list(found)


def _not_offered(resource: str, account: IntegratedAccount) -> Check:
    model, _, name = resource.partition(".")

    def check(reading: Reading) -> None:
        if account.mappings.reason(model, name, "list") is None:
            raise Failed(
                f"the world has {resource}, which no mapping of {account.integration.name} gives: map it, or say why "
                f"not under not_offered of {model}"
            )

    return check


def _whole(reading: Reading, resource: str) -> None:
    """Each record of the world once, none besides, and each with an id of its own."""
    model, _, name = resource.partition(".")
    ids = [record.get("id") for _, record in reading.whole(resource).matched]
    if "id" not in reading.client.account.mappings.losses(model, name) and (None in ids or len(set(ids)) < len(ids)):
        raise Failed(f"{resource}: records have no id, or share one")
    _declared_rightly(reading, resource)


def _declared_rightly(reading: Reading, resource: str) -> None:
    """What is declared to be hidden is, and what is declared to be beside the world is there."""
    declared = reading.losses
    if resource in declared.hidden:
        plain = {record.get("id") for record in reading.every(resource, **reading.queries(resource)[0])}
        for said, record in reading.whole(resource).matched:
            if not declared.is_listed(resource, said.about) and record.get("id") in plain:
                place = declared.hidden[resource].place
                raise Failed(f"{place}: {shown(said.place)} is declared hidden, yet {resource} shows it: take it out")
    if resource in declared.beside and not any(
        declared.is_beside(resource, record) for record in reading.whole(resource).extra
    ):
        raise Failed(f"{resource} is declared to have a record that no world has, and has none: take it out of beside")


def _told_failures(resource: str, lines: list[str]) -> None:
    if lines:
        more = [f"… and {len(lines) - _SHOWN} more"] if len(lines) > _SHOWN else []
        raise Failed(f"{resource} is otherwise than the world:\n  " + "\n  ".join([*lines[:_SHOWN], *more]))


def _place(said: Said, field: str) -> str:
    return shown((*said.place, *said.fields[field][1]))


def _kept(resource: str, field: str) -> Check:
    """The field is as the world says, but for the values that are declared lost, which have to be."""

    def check(reading: Reading) -> None:
        wrong: list[str] = []
        never = {rule.place: rule for rule in reading.losses.rules.get(resource, {}).get(field, [])}
        for said, record in reading.whole(resource).matched:
            if field not in said.fields:
                continue
            expected, found = said.fields[field][0], at(record, field)
            where = f"{_place(said, field)}: {resource}.{field} of {record.get('id')!r}"
            loss = reading.losses.of(resource, field, said.about)
            if loss:
                left = loss.left(said.about)
                kept = reading.differs(expected, found) is None
                if kept and reading.differs(left, found):
                    raise Failed(f"{loss.place}: is declared lost ({loss.reason}), yet comes: take it out; {where}")
                if not kept:
                    never.pop(loss.place, None)
                expected = left
            if text := reading.differs(expected, found):
                wrong.append(f"{where}: {text}")
        _told_failures(f"{resource}.{field}", wrong)
        for loss in never.values() if reading.world == DEFAULT else ():
            raise Failed(f"{loss.place}: {resource}.{field} is declared lost ({loss.reason}) and is not: take it out")

    return check


def _lost(resource: str, field: str, reason: str) -> Check:
    """The field is declared lost as a whole: no record has it."""

    def check(reading: Reading) -> None:
        for said, record in reading.whole(resource).matched:
            if reading.differs(None, found := at(record, field)):
                raise Failed(
                    f"{shown(said.place)}: {resource}.{field} is declared as not carried ({reason}), yet "
                    f"{record.get('id')!r} has {found!r}: take it out of not_carried"
                )

    return check


def _silent(resource: str, lost: Mapping[str, str], fields: list[str]) -> Check:
    def check(reading: Reading) -> None:
        for said, record in reading.whole(resource).matched:
            for field in fields:
                if reading.differs(None, found := record.get(field)):
                    raise Failed(
                        f"{shown(said.place)}: {resource}.{field} is declared as not carried ({lost[field]}), yet "
                        f"{record.get('id')!r} has {found!r}: take it out of not_carried"
                    )

    return check


def _order(reading: Reading, resource: str) -> None:
    """Newest first, as far as the world tells when a record came; in conversations, by the moments themselves."""
    before: dict[Any, tuple[Any, Said]] = {}
    for said, record in reading.whole(resource).matched:
        if said.at is None:
            continue
        list_of, moment = "", -float(said.at)
        if said.within is not None:  # here they stand beside the world's, oldest first
            list_of, moment = f"{said.within} {said.key[0]}", datetime.fromisoformat(record["created_at"]).timestamp()
        if list_of in before and moment < before[list_of][0]:
            places = " and ".join(shown(each.place) for each in (before[list_of][1], said))
            raise Failed(f"{resource} does not stand newest first: see {places}")
        before[list_of] = (moment, said)


def _pages(reading: Reading, resource: str) -> None:
    """Every record once and in the same order, whatever the size of pages."""
    for query, expected in _lists(reading, resource):
        for limit in LIMITS:
            found: list[Any] = []
            for page in reading.resource(resource).list(limit=limit, **query).pages():
                if len(page.result) > limit or page.result_count != len(page.result):
                    told = f"{len(page.result)} records, result_count {page.result_count}"
                    raise Failed(f"{resource}: a page of {limit} has {told}")
                found += [data(record) for record in page.result]
            if [record.get("id") for record in found] != [record.get("id") for record in expected]:
                raise Failed(
                    f"{resource}: pages of {limit} give {len(found)} records and one of 100 {len(expected)}, "
                    f"or others, or in another order"
                )


def _lists(reading: Reading, resource: str) -> Iterator[tuple[dict[str, Any], list[Found]]]:
    """The list of a resource; of one that is read by conversation those of the conversation with most."""
    if resource not in ("ticketing.comments", "instant-messaging.messages"):
        lists = [(query, reading.every(resource, **query)) for query in reading.queries(resource)]
        if lists:
            yield max(lists, key=lambda each: len(each[1]))
        return
    whole, name = (
        ("ticketing.tickets", "ticket")
        if resource == "ticketing.comments"
        else ("instant-messaging.channels", "channel")
    )
    for kind in ("messages", "notes") if resource == "ticketing.comments" else ("messages",):
        parts = {
            str(record["id"]): reading.parts(resource, str(record["id"]), kind)
            for _, record in reading.pairs(whole).matched
        }
        if parts:
            id = max(parts, key=lambda each: len(parts[each]))
            yield {name: {"id": id}, **({"is_internal": True} if kind == "notes" else {})}, parts[id]


def _same_through(reading: Reading, subject: Subject, other: str, resource: str) -> None:
    """The same world, read through two providers."""
    same(reading, reading_through(subject, other), resource, other)


def _gets(reading: Reading, resource: str) -> None:
    """A record by its id is the one of the list."""
    model, _, name = resource.partition(".")
    cell = reading.client.account.mappings.cell(model, name, "get")
    takes = (cell.query_schema.get("properties") or {}) if cell else {}
    listed = [pair for pair in reading.whole(resource).matched if reading.losses.is_listed(resource, pair[0].about)]
    for said, record in listed[::7]:
        query = {}
        if said.about.get("kind") == "note":
            query = {"is_internal": True, "ticket": {"id": at(record, "ticket.id")}}
            if not query.keys() <= takes.keys():
                continue
        found = data(reading.resource(resource).get(str(record["id"]), **query))
        alone = reading.losses.by_id.get(resource, {})
        if told := sorted(name for name in alone if found.get(name)):
            raise Failed(f"{resource}.{told[0]} is declared to be in the list alone, and get gives it: take it out")
        names = {**record, **found}.keys() - _ANEW - alone.keys()
        if wrong := sorted(name for name in names if record.get(name) != found.get(name)):
            raise Failed(
                f"{shown(said.place)}: get of {resource} {record['id']!r} gives other values than the list: "
                f"{', '.join(wrong)}"
            )
