"""Lists through the proxy, page by page, against the state of the fake, which is read apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import orjson

from harness.verify.bench import Bench, bench
from harness.verify.calls import Given, Plan
from harness.verify.case import Failed, Unchecked
from harness.verify.subject import Subject
from harness.verify.suites.proxy.passing import shown

LIMITS = (1, 2, 7, 100)
"""One record, a page that others border on, a page that is no divisor of most numbers, and all at once."""

_OWN = 3
"""How many records are made so that some can go."""


def all_shown(subject: Subject, plan: Plan, limit: int) -> None:
    """Every record once, whole, and none more on a page than was asked for."""
    with bench(subject, plan) as at:
        given = at.given(plan)
        found = walk(at, plan, given, limit)
        ids = [_identity(each) for each in found]
        if not found and not given.shown:
            raise Unchecked(f"this world has nothing that {plan.name} could show")
        if twice := [id for id, count in Counter(ids).items() if count > 1]:
            raise Failed(f"{plan.name} shows twice at limit={limit}: {_told(twice)}")
        if plan.collection is None:
            return
        all = [at.record(plan.collection, id) for id in given.shown or ()]
        records = {_identity(each): each for each in all if each is not None}
        expected = list(records)
        if missing := [id for id in expected if id not in ids]:
            raise Failed(
                f"{plan.name} at limit={limit} does not show {len(missing)} of {len(expected)}: {_told(missing)}"
            )
        if strange := [id for id in ids if id not in expected]:
            raise Failed(f"{plan.name} at limit={limit} shows what the account does not have there: {_told(strange)}")
        for id, each in zip(ids, found, strict=True):
            if told := at.differing(plan, records[id], each):
                raise Failed(f"{plan.name} at limit={limit} shows {id} otherwise than the account has it: {told}")


def order_kept(subject: Subject, plan: Plan) -> None:
    """The order is the same whatever the size of a page."""
    with bench(subject, plan) as at:
        given = at.given(plan)
        if len(given.shown or ()) < 2 and "create" in at.integration.resources[plan.resource]:
            for _ in range(2):
                at.made(at.plans()[plan.resource, "create"], given.query)
        orders = {limit: [_identity(each) for each in walk(at, plan, given, limit)] for limit in LIMITS}
        if len(orders[1]) < 2:
            raise Unchecked(f"{plan.name} shows {len(orders[1])} records of this world: two make an order")
        for limit, ids in orders.items():
            if ids != orders[1]:
                raise Failed(f"{plan.name} comes in another order at limit={limit} than at limit=1: {_told(ids)}")


def all_shown_while_changing(subject: Subject, plan: Plan) -> None:
    """Records that come and go between two pages neither hide another one nor show one twice."""
    with bench(subject, plan) as at:
        change = _Change(at, plan)
        start = at.shown(plan, change.given.query)
        found = [_identity(each) for each in walk(at, plan, change.given, 1, between=change)]
        if not change.count:
            raise Unchecked(f"{plan.name} fits on one page of this world: give it more than one of {plan.collection}")
        if twice := [id for id, count in Counter(found).items() if count > 1]:
            raise Failed(f"{plan.name} shows twice while records come and go: {_told(twice)}")
        if missing := [id for id in start if id not in change.gone and id not in found]:
            raise Failed(f"{plan.name} does not show while others come and go: {_told(missing)}")
        if back := [id for id in change.gone_unseen if id in found]:
            raise Failed(f"{plan.name} shows what was deleted before its page: {_told(back)}")


class _Change:
    """Records come and go: after the first page the one just seen and one still to come, after the second one more."""

    def __init__(self, at: Bench, plan: Plan) -> None:
        self.at = at
        self.plan = plan
        self.given = at.given(plan)
        methods = at.integration.resources[plan.resource]
        self.creates, self.deletes = "create" in methods, "delete" in methods
        made = [self._create() for _ in range(_OWN)] if self.creates else list(self.given.shown or ())
        self.own = [id for id in made if id]
        """Those that may go."""
        self.gone: list[str] = []
        self.gone_unseen: list[str] = []
        self.count = 0

    def __call__(self, seen: list[str]) -> None:
        self.count += 1
        if self.count > 2:
            return
        if self.deletes:
            left = [id for id in self.own if id not in self.gone]
            behind = [id for id in left if id in seen][-1:] if self.count == 1 else []
            ahead = [id for id in left if id not in seen][:1]
            for id in behind + ahead:
                self._delete(id)
            self.gone += behind + ahead
            self.gone_unseen += ahead
        if self.creates and (back := self._create()) in self.gone_unseen:
            self.gone_unseen.remove(back)  # the same again, such as a membership

    def _create(self) -> str | None:
        plan = self.at.plans()[self.plan.resource, "create"]
        try:
            _, answer = self.at.made(plan, self.given.query)
        except Unchecked:
            return None  # this world has nothing more to make one of
        if answer.status >= 300:
            raise Failed(f"{plan.name} was answered with {answer.status}: {shown(self.at.wire.body)}")
        id: str = plan.record_of(orjson.loads(answer.content()))["id"]
        return id

    def _delete(self, id: str) -> None:
        answer = self.at.call(self.plan.resource, "delete", id=id, query=self.given.query)
        if answer.status >= 300:
            told = f"{self.plan.resource}.delete of {id} was answered with {answer.status}"
            raise Failed(f"{told}: {shown(self.at.wire.body)}")


def walk(
    at: Bench, plan: Plan, given: Given, limit: int, between: Callable[[list[str]], None] | None = None
) -> list[dict[str, Any]]:
    """All records of a list by its cursors. `between` is called between two pages with the ids seen."""
    found: list[dict[str, Any]] = []
    seen: set[str] = set()
    cursor, used = None, set()
    while True:
        page: dict[str, Any] = {"limit": limit} if cursor is None else {"limit": limit, "next_cursor": cursor}
        answer = at.call(plan.resource, "list", query={**given.query, **page}, body=given.body)
        if answer.status != 200:
            raise Failed(f"{plan.name} was answered with {answer.status} at {page}: {shown(at.wire.body)}")
        records = answer.body["result"]
        if len(records) > limit:
            raise Failed(f"{plan.name} shows {len(records)} records at limit={limit}")
        found += records
        cursor = answer.body["next_cursor"]
        if cursor is None:
            return found
        if cursor in used:
            raise Failed(f"{plan.name} hands out the cursor {cursor!r} for the second time: the walk would never end")
        used.add(cursor)
        ids = set(map(_identity, records))
        if ids and ids <= seen:  # cursors that count are never the same, and the walk may never end
            raise Failed(f"{plan.name} shows twice at limit={limit}: {_told(sorted(ids))}")
        seen |= ids
        if between:
            between([_identity(each) for each in found])


def _identity(record: Mapping[str, Any]) -> str:
    """What tells a record from others: its id, or all of it where it has none."""
    id = record.get("id")
    return orjson.dumps(record, option=orjson.OPT_SORT_KEYS).decode() if id is None else str(id)


def _told(ids: Iterable[Any]) -> str:
    told = list(map(str, ids))
    return ", ".join(told[:5]) + (f" and {len(told) - 5} more" if len(told) > 5 else "")
