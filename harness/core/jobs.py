"""Asynchronous jobs: submitted, running, then done or failed, later expired.

How a job moves is its plan: by the `clock` (the provider's usual times), `immediate` (finished when
submitted), or after n `polls`. Plans are set for a kind of job and hold for those submitted afterwards; the outcome
of a job that is on its way can be settled, too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

from harness.nearest import unknown

if TYPE_CHECKING:
    from harness.core.store import Collection, Document
    from harness.core.unit import Unit

Progress = Literal["clock", "immediate", "polls"]
Outcome = Literal["done", "failed"]

COLLECTION = "_jobs"
PLANS = "_job_plans"
STEP = "_job_step"
"""The due event that moves a job."""


class JobError(ValueError):
    """An unknown kind or job, or an impossible plan; the text names what is valid."""


@dataclass(frozen=True, slots=True)
class JobKind:
    """A kind of job a provider runs: its times in milliseconds and what happens at its ends."""

    name: str
    waits: int
    """From submitted to running."""
    runs: int
    """From running to its outcome."""
    keeps: int | None = None
    """From done to expired; None: for ever."""
    started: Callable[[Unit, Document], None] | None = None
    """Called when the job begins to run, with the job's document; not where it is finished when submitted."""
    finished: Callable[[Unit, Document], None] | None = None
    """Called when the job is done or failed, with the job's document."""
    expired: Callable[[Unit, Document], None] | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """How jobs of one kind go from now on."""

    progress: Progress = "clock"
    polls: int = 2
    """With progress `polls`: the poll that finds the job finished."""
    outcome: Outcome = "done"

    def __post_init__(self) -> None:
        for name, value, valid in (
            ("progress", self.progress, get_args(Progress)),
            ("outcome", self.outcome, get_args(Outcome)),
        ):
            if value not in valid:
                raise JobError(unknown(name, str(value), valid))
        if not isinstance(self.polls, int) or self.polls < 1:
            raise JobError(f"polls is a whole number from 1, not {self.polls!r}")


class Jobs:
    """The jobs of one account, seen from inside a unit of work."""

    __slots__ = ("_kinds", "_unit")

    def __init__(self, unit: Unit, kinds: Mapping[str, JobKind]) -> None:
        self._unit = unit
        self._kinds = kinds

    def submit(self, kind: str, id: str, **payload: Any) -> Document:
        """A new job with the pack's own data beside it; under plan `immediate` it is finished on return."""
        plan = self.plan(kind)
        job = {
            "id": id,
            "kind": kind,
            "state": "submitted",
            "submitted_at": self._unit.now,
            "started_at": None,
            "finished_at": None,
            "expires_at": None,
            "progress": plan.progress,
            "polls_left": plan.polls if plan.progress == "polls" else None,
            "outcome": plan.outcome,
            "payload": payload,
        }
        self._collection.insert(job)
        if plan.progress == "immediate":
            return self.finish(id)
        if plan.progress == "clock":
            self._unit.schedule(STEP, self._unit.now + self._kinds[kind].waits, id)
        return job

    def get(self, id: str) -> Document:
        """The job as it is."""
        job: Document | None = self._collection.get(id)
        if job is None:
            raise JobError(unknown("job", id, [found["id"] for found in self._collection]))
        return job

    def poll(self, id: str) -> Document:
        """The job as a client that asks finds it: under plan `polls`, asking moves it."""
        job = self.get(id)
        if job["polls_left"] is None or job["finished_at"] is not None:
            return job
        left = job["polls_left"] - 1
        self._collection.replace({**job, "polls_left": left})
        return self.finish(id) if left <= 0 else self._start(id)

    def step(self, id: str) -> None:
        """The due event: start, finish or expire, whichever comes next."""
        job = self._collection.get(id)
        if job is None:
            return
        if job["state"] == "submitted":
            self._start(id)
            self._unit.schedule(STEP, self._unit.now + self._kinds[job["kind"]].runs, id)
        elif job["state"] == "running":
            self.finish(id)
        elif job["state"] == "done":
            self.expire(id)

    def finish(self, id: str, outcome: Outcome | None = None) -> Document:
        """Bring the job to its outcome now; a job that has ended already is refused."""
        job = self.get(id)
        if job["finished_at"] is not None:
            raise JobError(f"job {id} has ended already: it is {job['state']}")
        kind, now = self._kinds[job["kind"]], self._unit.now
        state = outcome or job["outcome"]
        if state not in get_args(Outcome):
            raise JobError(unknown("outcome", state, get_args(Outcome)))
        expires = now + kind.keeps if kind.keeps is not None and state == "done" else None
        job = {
            **job,
            "state": state,
            "outcome": state,
            "started_at": job["started_at"] if job["started_at"] is not None else now,
            "finished_at": now,
            "expires_at": expires,
        }
        self._collection.replace(job)
        self._unit.unschedule(STEP, id)
        if expires is not None:
            self._unit.schedule(STEP, expires, id)
        if kind.finished:
            kind.finished(self._unit, job)
        return job

    def expire(self, id: str) -> Document:
        """Take away what a done job made."""
        job = self.get(id)
        if job["state"] != "done":
            raise JobError(f"job {id} cannot expire: it is {job['state']}, not done")
        job = {**job, "state": "expired", "expires_at": self._unit.now}
        self._collection.replace(job)
        self._unit.unschedule(STEP, id)
        expired = self._kinds[job["kind"]].expired
        if expired:
            expired(self._unit, job)
        return job

    def forget(self, id: str) -> None:
        """Remove a job whose object is gone."""
        if id in self._collection:
            self._collection.delete(id)
            self._unit.unschedule(STEP, id)

    def settle(self, id: str, outcome: Outcome) -> Document:
        """Decide how a job that is on its way will end, without ending it."""
        job = self.get(id)
        if outcome not in get_args(Outcome):
            raise JobError(unknown("outcome", str(outcome), get_args(Outcome)))
        if job["finished_at"] is not None:
            raise JobError(f"job {id} has ended already: it is {job['state']}")
        job = {**job, "outcome": outcome}
        self._collection.replace(job)
        return job

    def plan(self, kind: str) -> Plan:
        """How the next job of this kind goes."""
        self._known(kind)
        kept = self._unit.store[PLANS].get(kind)
        return Plan(**{name: value for name, value in kept.items() if name != "id"}) if kept else Plan()

    def set_plan(self, kind: str, plan: Plan) -> None:
        """Decide how jobs of this kind go from now on."""
        self._known(kind)
        self._unit.store[PLANS].put({"id": kind, **asdict(plan)})

    def kinds(self) -> list[str]:
        """The kinds of job this provider runs."""
        return list(self._kinds)

    def _start(self, id: str) -> Document:
        job = self.get(id)
        if job["state"] == "submitted":
            job = {**job, "state": "running", "started_at": self._unit.now}
            self._collection.replace(job)
            if started := self._kinds[job["kind"]].started:
                started(self._unit, job)
        return job

    def _known(self, kind: str) -> None:
        if kind not in self._kinds:
            raise JobError(unknown("kind of job", kind, self._kinds))

    @property
    def _collection(self) -> Collection:
        return self._unit.store[COLLECTION]
