"""Faults: rules that make a provider fail on purpose, the same way in every run.

A rule names operations (`contacts.list`, `contacts.*`, `*`), an effect, and when it strikes: on the first n calls,
after n, on every nth, on page k of a walk, while a job is in some state, or by a seeded chance.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final, Literal

from harness.core.exchange import Effect, Response
from harness.core.ids import digest
from harness.core.past import Past
from harness.core.walks import Pages
from harness.nearest import unknown

if TYPE_CHECKING:
    from harness.core.pack import Pack
    from harness.core.provider import Call
    from harness.core.store import Store

Kind = Literal["status", "rate_limit", "latency", "cut", "truncate", "malformed", "dribble", "stale"]

_PARAMETERS: Final[dict[str, frozenset[str]]] = {
    "status": frozenset(("status",)),
    "rate_limit": frozenset(("retry_after",)),
    "latency": frozenset(("seconds", "real")),
    "cut": frozenset(("handled",)),
    "truncate": frozenset(("bytes",)),
    "malformed": frozenset(),
    "dribble": frozenset(("bytes", "seconds")),
    "stale": frozenset(("seconds",)),
}
"""What each effect takes beside the rule's conditions."""

_CONDITIONS: Final = frozenset("operation effect first after every times page job chance seed".split())
_WHOLE: Final = {"status": 0, "first": 1, "after": 1, "every": 1, "times": 1, "page": 1, "bytes": 0}
_SECONDS: Final = ("seconds", "retry_after")
LONGEST: Final = 366 * 86_400
"""More seconds than that no effect takes: the sandbox's clock may have to move by them."""
JOB_STATES: Final = ("submitted", "running", "done", "failed", "expired")
MALFORMED: Final = b'\x00{"'
"""What stands in the middle of a malformed body: no JSON, XML or text has it."""


class FaultError(ValueError):
    """A rule that cannot be used; the text names the place and what is valid."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One fault. Without a condition it strikes always."""

    operation: str
    """An operation's id, or a pattern with `*`."""
    effect: Kind = "status"
    status: int = 503
    """Effect `status`: what the provider answers, in its own words."""
    retry_after: float | None = None
    """Effect `rate_limit`: seconds until the window is whole again; None: its whole length."""
    seconds: float = 1.0
    """Effect `latency`: how long; `dribble`: between two pieces; `stale`: how old the state is that reads see."""
    real: bool = False
    """Effect `latency`: wait in real time, too; else only the sandbox's clock moves."""
    bytes: int | None = None
    """Effect `truncate`: how much of the body comes (half of it); `dribble`: the size of a piece (64)."""
    handled: bool = True
    """Effect `cut`: whether the request took effect before the connection was cut."""
    first: int | None = None
    after: int | None = None
    every: int | None = None
    times: int | None = None
    """It strikes so many times at most."""
    page: int | None = None
    """Only on this page of a walk over a list; the first is 1."""
    job: str | None = None
    """Only while the job the call asks about is in this state."""
    chance: float | None = None
    """Only with this probability, drawn from `seed` and the number of the call: the same in every run."""
    seed: int = 0

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Rule:
        """A rule from JSON data or keywords. Raises FaultError."""
        given = {name: value for name, value in data.items() if value is not None}
        names = [field.name for field in fields(cls)]
        for name in given:
            if name not in names:
                raise FaultError(unknown("field of a fault", name, names))
        if "operation" not in given:
            raise FaultError("operation: a fault names an operation, a pattern such as 'contacts.*', or '*'")
        effect = given.setdefault("effect", "status")
        if effect not in _PARAMETERS:
            raise FaultError(f"effect: {unknown('effect', str(effect), _PARAMETERS)}")
        for name in given.keys() - _CONDITIONS:
            if name not in _PARAMETERS[effect]:
                valid = ", ".join(sorted(_PARAMETERS[effect])) or "nothing"
                raise FaultError(f"{name}: the effect {effect} takes {valid} beside conditions")
        for name, lowest in _WHOLE.items():
            if name in given:
                given[name] = _whole(name, given[name], lowest)
        for name in _SECONDS:
            if name in given and (isinstance(given[name], bool) or not 0 <= given[name] <= LONGEST):
                raise FaultError(f"{name}: {given[name]!r} is not a number of seconds from 0 to {LONGEST} (a year)")
        rule = cls(**given)
        if rule.status not in range(400, 600):
            raise FaultError(f"status: {rule.status!r} is not the status of an error, 400 to 599")
        if rule.job is not None and rule.job not in JOB_STATES:
            raise FaultError(f"job: {unknown('state of a job', rule.job, JOB_STATES)}")
        if rule.chance is not None and not 0 <= rule.chance <= 1:
            raise FaultError(f"chance: {rule.chance!r} is not between 0 and 1")
        return rule

    def document(self) -> dict[str, Any]:
        """The rule as JSON data: its effect, that effect's parameters, and the conditions that are set."""
        shown = _PARAMETERS[self.effect] | {"operation", "effect"}
        return {
            name: value
            for name, value in asdict(self).items()
            if name in shown or (name in _CONDITIONS and value is not None and (name, value) != ("seed", 0))
        }


def _whole(name: str, value: Any, lowest: int) -> int:
    if isinstance(value, bool) or value != int(value) or value < lowest:
        raise FaultError(f"{name}: {value!r} is not a whole number from {lowest}")
    return int(value)


class _Armed:
    """A rule at work: how often it was met and struck."""

    __slots__ = ("id", "met", "rule", "struck")

    def __init__(self, id: str, rule: Rule) -> None:
        self.id = id
        self.rule = rule
        self.met = 0
        self.struck = 0

    def wants(self, call: Call, page: int) -> bool:
        """Whether it would strike this call, which is counted as met."""
        rule = self.rule
        if not fnmatchcase(call.operation.id, rule.operation):
            return False
        if rule.page is not None and page != rule.page:
            return False
        if rule.job is not None and _job_state(call) != rule.job:
            return False
        self.met += 1
        return not (
            (rule.first is not None and self.met > rule.first)
            or (rule.after is not None and self.met <= rule.after)
            or (rule.every is not None and self.met % rule.every)
            or (rule.times is not None and self.struck >= rule.times)
            or (rule.chance is not None and _draw(rule.seed, self.id, self.met) >= rule.chance)
        )


def _draw(seed: int, id: str, number: int) -> float:
    """A number from 0 up to 1, always the same for the same rule and call."""
    return int.from_bytes(digest(seed, id, number, length=7)) / (1 << 56)


def _milliseconds(rule: Rule) -> int:
    return round(rule.seconds * 1000)


def _job_state(call: Call) -> str | None:
    parameter = call.pack.job_parameters.get(call.operation.id)
    job = call["_jobs"].get(call.path[parameter]) if parameter else None
    return job["state"] if job else None


class Faults:
    """The rules of one account, in the order in which they were added: the first that strikes counts."""

    __slots__ = ("_age", "_armed", "_number", "_pack", "_pages", "_past", "_walks")

    def __init__(self, pack: Pack) -> None:
        self._pack = pack
        self._armed: dict[str, _Armed] = {}
        self._number = 0
        self._pages = Pages(pack.paging)
        self._past = Past()
        self._walks: frozenset[str] = frozenset()
        """The lists whose pages are counted: none while no rule asks for one."""
        self._age = 0
        """How far back a stale read looks, in milliseconds."""

    def add(self, rules: Iterable[Rule]) -> list[str]:
        """Put rules at the end; their ids. All of them or, when one can strike nothing, none. Raises FaultError."""
        rules = list(rules)
        for rule in rules:
            self.check(rule)
        ids = []
        for rule in rules:
            self._number += 1
            id = f"fault-{self._number}"
            self._armed[id] = _Armed(id, rule)
            ids.append(id)
        self._look()
        return ids

    def check(self, rule: Rule) -> None:
        """Refuse a rule that can strike nothing. Raises FaultError."""
        known = [*self._pack.contract.operations, *[link.id for link in self._pack.links]]
        if not any(fnmatchcase(id, rule.operation) for id in known):
            raise FaultError(f"operation: {unknown(f'operation of {self._pack.name}', rule.operation, known)}")
        asked = self._pack.job_parameters
        if rule.job is not None and not any(fnmatchcase(id, rule.operation) for id in asked):
            valid = ", ".join(asked) or "none"
            raise FaultError(f"job: {rule.operation} asks about no job; operations that do: {valid}")
        if rule.page is not None and not any(fnmatchcase(id, rule.operation) for id in self._lists):
            valid = ", ".join(self._lists) or "none"
            raise FaultError(f"page: {rule.operation} has no pages; operations that have: {valid}")

    @property
    def _lists(self) -> list[str]:
        cursors = self._pack.paging.cursors if self._pack.paging else ()
        operations = self._pack.contract.operations.values()
        return [each.id for each in operations if not each.parameters.keys().isdisjoint(cursors)]

    def _look(self) -> None:
        rules = [armed.rule for armed in self._armed.values()]
        self._walks = frozenset(self._lists if any(rule.page is not None for rule in rules) else ())
        self._age = max((_milliseconds(rule) for rule in rules if rule.effect == "stale"), default=0)
        if not self._age:
            self._past.clear()

    def remove(self, id: str) -> None:
        """Take one rule away."""
        if id not in self._armed:
            raise FaultError(unknown("fault", id, self._armed))
        del self._armed[id]
        self._look()

    def clear(self) -> None:
        """Take all away; the next rule is the first again, so that a seed draws the same."""
        self._armed.clear()
        self._number = 0
        self._look()
        self.forget()

    def forget(self) -> None:
        """The state was replaced: what was seen of it is of no account any more."""
        self._pages = Pages(self._pack.paging)
        self._past.clear()

    def documents(self) -> list[dict[str, Any]]:
        """The rules as JSON data, with how often each was met and struck."""
        return [
            {"id": armed.id, **armed.rule.document(), "met": armed.met, "struck": armed.struck}
            for armed in self._armed.values()
        ]

    def pick(self, call: Call) -> tuple[str, Rule] | None:
        """The fault that strikes a call."""
        if not self._armed:
            return None
        self.before_change(call.store, call.now)
        page = self._pages.of(call.request) if self._walks else 1
        struck: _Armed | None = None
        for armed in self._armed.values():
            if armed.wants(call, page) and struck is None:
                struck = armed
                armed.struck += 1
        return (struck.id, struck.rule) if struck else None

    def before_change(self, store: Store, now: int) -> None:
        """The account's state may change now."""
        if self._age:
            self._past.keep(store, now, self._age)

    def after_answer(self, call: Call, answer: Response) -> None:
        """A call was handled."""
        if call.operation.id in self._walks:
            self._pages.learn(call.request, answer)

    def stale_store(self, store: Store, now: int, age: int) -> Store:
        """The state as it was `age` milliseconds ago, give or take a little."""
        return self._past.at(now - age) or store

    def copy(self) -> Faults:
        """The same rules and counts, apart."""
        twin = Faults(self._pack)
        twin._number, twin._pages = self._number, self._pages.copy()
        for id, armed in self._armed.items():
            twin._armed[id] = other = _Armed(id, armed.rule)
            other.met, other.struck = armed.met, armed.struck
        twin._look()
        return twin


def strike(call: Call, rule: Rule) -> Response | None:
    """What a rule does before the call is handled: the answer in its place, or None where it is to be handled."""
    before = _BEFORE.get(rule.effect)
    return None if before is None else before(call, rule)


def spoil(response: Response, rule: Rule) -> None:
    """What a rule does to the answer of a call on its way out."""
    after = _AFTER.get(rule.effect)
    if after is not None:
        after(response, rule)


def _status(call: Call, rule: Rule) -> Response:
    return call.pack.dialect.failure(call.request, rule.status)


def _rate_limit(call: Call, rule: Rule) -> Response:
    for quota in call.pack.quotas:
        scope = quota.scope(call)
        if scope is not None:
            window = call.account.quotas.window(quota.name, scope).copy()
            window.limit = quota.limit
            window.leave(0, call.now)
            if rule.retry_after is not None:
                window.opened = call.now + round(rule.retry_after * 1000) - quota.window
            call.retry_at = window.resets_at(call.now)
            return call.pack.dialect.over_quota(call, window)
    return call.pack.dialect.failure(call.request, 429)


def _pass_time(call: Call, rule: Rule) -> None:
    call.account.sandbox.advance(_milliseconds(rule))
    call.now = call.account.sandbox.clock.now()


def _leave_unhandled(call: Call, rule: Rule) -> Response | None:
    return None if rule.handled else Response(0, effect=Effect("cut"))


def _look_back(call: Call, rule: Rule) -> None:
    if call.request.method in ("GET", "HEAD"):
        call.store = call.account.faults.stale_store(call.store, call.now, _milliseconds(rule))


def _delay(response: Response, rule: Rule) -> None:
    response.effect = Effect("delay", seconds=rule.seconds, real=rule.real)


def _cut(response: Response, rule: Rule) -> None:
    response.effect = Effect("cut")


def _truncate(response: Response, rule: Rule) -> None:
    length = len(response.read())
    kept = length // 2 if rule.bytes is None else min(rule.bytes, max(length - 1, 0))
    response.effect = Effect("truncate", size=kept)


def _malform(response: Response, rule: Rule) -> None:
    body = response.read()
    response.headers = [header for header in response.headers if header[0] != "content-length"]
    response.body = body[: len(body) // 2] + MALFORMED


def _dribble(response: Response, rule: Rule) -> None:
    response.read()
    response.effect = Effect("dribble", size=rule.bytes or 64, seconds=rule.seconds)


_BEFORE: Final[dict[str, Callable[[Call, Rule], Response | None]]] = {
    "status": _status,
    "rate_limit": _rate_limit,
    "latency": _pass_time,
    "cut": _leave_unhandled,
    "stale": _look_back,
}
_AFTER: Final[dict[str, Callable[[Response, Rule], None]]] = {
    "latency": _delay,
    "cut": _cut,
    "truncate": _truncate,
    "malformed": _malform,
    "dribble": _dribble,
}

PROFILES: Final[dict[str, tuple[dict[str, Any], ...]]] = {
    "flaky": (
        {"operation": "*", "effect": "status", "status": 500, "chance": 0.05},
        {"operation": "*", "effect": "status", "status": 503, "chance": 0.05},
        {"operation": "*", "effect": "cut", "handled": False, "chance": 0.03},
    ),
    "slow": ({"operation": "*", "effect": "latency", "seconds": 2.0, "chance": 0.5},),
    "outage": ({"operation": "*", "effect": "status", "status": 503},),
    "rate_limited": ({"operation": "*", "effect": "rate_limit", "retry_after": 30.0, "chance": 0.3},),
    "stale_reads": ({"operation": "*", "effect": "stale", "seconds": 5.0},),
}
"""Ready-made chaos, from a seed: each profile is nothing but rules."""


def profile(name: str, seed: int = 0) -> list[Rule]:
    """The rules of a profile."""
    if name not in PROFILES:
        raise FaultError(unknown("profile", name, PROFILES))
    return [Rule.read({**rule, "seed": seed}) for rule in PROFILES[name]]
