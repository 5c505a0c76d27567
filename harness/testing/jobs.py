"""The asynchronous jobs of an account, as a test reads and turns them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from harness.nearest import unknown
from harness.testing.clock import moment, moment_or_none

if TYPE_CHECKING:
    from harness.core.jobs import Outcome, Progress
    from harness.testing.collection import Ask


@dataclass(frozen=True, slots=True)
class Job:
    """An asynchronous job of the provider, as it was when read."""

    id: str
    kind: str
    state: str
    """submitted, running, done, failed or expired."""
    outcome: str
    """How it ended or will end."""
    progress: str
    """What moves it: `clock`, `immediate` or `polls`."""
    submitted_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    expires_at: datetime | None

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Job:
        """From the control's document."""
        return cls(
            document["id"],
            document["kind"],
            document["state"],
            document["outcome"],
            document["progress"],
            moment(document["submitted_at"]),
            *(moment_or_none(document[name]) for name in ("started_at", "finished_at", "expires_at")),
        )


class Jobs:
    """The asynchronous jobs of an account: how the next ones go, and those there are (oldest first)."""

    def __init__(self, ask: Ask, provider: str) -> None:
        self._ask = ask
        self._provider = provider

    @property
    def kinds(self) -> list[str]:
        """The kinds of job the provider runs."""
        kinds: list[str] = self._ask("jobs.list")["kinds"]
        return kinds

    def plan(self, kind: str, *, progress: Progress = "clock", polls: int = 2, outcome: Outcome = "done") -> None:
        """Decide how the next jobs of a kind go: by the clock, finished at once, or by the n-th poll."""
        self._ask("jobs.plan", kind=kind, progress=progress, polls=polls, outcome=outcome)

    def finish(self, id: str, outcome: Outcome | None = None) -> Job:
        """Bring a job to its outcome now."""
        return self._change(id, "finish", outcome)

    def settle(self, id: str, outcome: Outcome) -> Job:
        """Decide how a job that is on its way will end, without ending it."""
        return self._change(id, "settle", outcome)

    def expire(self, id: str) -> Job:
        """Take away what a done job made."""
        return self._change(id, "expire", None)

    def __iter__(self) -> Iterator[Job]:
        return map(Job.read, self._ask("jobs.list")["jobs"])

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __getitem__(self, id: str) -> Job:
        jobs = {job.id: job for job in self}
        if id not in jobs:
            raise KeyError(unknown("job", id, jobs))
        return jobs[id]

    def _change(self, id: str, action: str, outcome: Outcome | None) -> Job:
        return Job.read(self._ask("jobs.change", job=id, action=action, outcome=outcome))

    def __repr__(self) -> str:
        return f"<Jobs of {self._provider}: {', '.join(f'{job.id} {job.state}' for job in self) or 'none'}>"
