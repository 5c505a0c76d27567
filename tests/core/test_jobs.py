"""Asynchronous jobs: moved by the clock, at once, or by polls; with an outcome that can be decided."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from harness.core.clock import EPOCH
from harness.core.jobs import JobError, JobKind, Jobs, Plan
from harness.core.pack import Pack
from harness.core.registry import Registry
from harness.core.sandbox import Account, Sandbox


@pytest.fixture
def account(sandbox: Sandbox) -> Account:
    return sandbox.account("toy")


@contextmanager
def jobs(account: Account) -> Iterator[Jobs]:
    with account.unit() as unit:
        yield unit.jobs


def submit(account: Account, id: str = "cake", **plan: Any) -> dict[str, Any]:
    with jobs(account) as open_jobs:
        if plan:
            open_jobs.set_plan("bake", Plan(**plan))
        return open_jobs.submit("bake", id, size=3)


def state(account: Account, id: str = "cake") -> str:
    with jobs(account) as open_jobs:
        return str(open_jobs.get(id)["state"])


def ended(account: Account) -> list[tuple[str, int]]:
    """What the job kind's callbacks left: the state a job came to, and when."""
    return [(thing["name"], thing["at"]) for thing in account.store["things"] if "at" in thing]


def test_a_job_keeps_what_it_was_submitted_with(account: Account) -> None:
    job = submit(account)
    assert (job["state"], job["payload"], job["submitted_at"], job["outcome"]) == (
        "submitted",
        {"size": 3},
        EPOCH,
        "done",
    )


def test_the_clock_moves_a_job_at_its_own_times(account: Account, sandbox: Sandbox) -> None:
    submit(account)
    seen = []
    for step in (999, 1, 3_999, 1, 59_999, 1):
        sandbox.advance(step)
        seen.append(state(account))
    assert seen == ["submitted", "running", "running", "done", "done", "expired"]
    with jobs(account) as open_jobs:
        job = open_jobs.get("cake")
    assert (job["started_at"], job["finished_at"], job["expires_at"]) == (EPOCH + 1_000, EPOCH + 5_000, EPOCH + 65_000)


def test_one_leap_of_time_runs_each_step_at_its_own_moment(account: Account, sandbox: Sandbox) -> None:
    submit(account)
    sandbox.advance(10_000_000)
    assert ended(account) == [("expired", EPOCH + 65_000)]
    assert state(account) == "expired"


def test_a_failed_job_does_not_expire(account: Account, sandbox: Sandbox) -> None:
    submit(account, outcome="failed")
    sandbox.advance(10_000_000)
    assert ended(account) == [("failed", EPOCH + 5_000)]
    assert sandbox.next_due() is None


def test_an_immediate_job_is_finished_when_submitted(account: Account) -> None:
    assert submit(account, progress="immediate")["state"] == "done"
    assert ended(account) == [("done", EPOCH)]


def test_the_beginning_of_a_job_is_told_once(pack: Pack) -> None:
    begun: list[tuple[str, str, int]] = []
    kind = JobKind(
        "bake", waits=1_000, runs=4_000, started=lambda unit, job: begun.append((job["id"], job["state"], unit.now))
    )
    sandbox = Registry({"toy": replace(pack, jobs={"bake": kind})}).open(strict=True)
    account = sandbox.account("toy")
    submit(account, "by clock")
    submit(account, "at once", progress="immediate")
    submit(account, "by polls", progress="polls", polls=3)
    with jobs(account) as open_jobs:
        for _ in range(3):
            open_jobs.poll("by polls")
    sandbox.advance(10_000)
    assert begun == [("by polls", "running", EPOCH), ("by clock", "running", EPOCH + 1_000)]


@pytest.mark.parametrize("polls", [1, 2, 3])
def test_polls_move_a_job_and_the_clock_does_not(account: Account, sandbox: Sandbox, polls: int) -> None:
    submit(account, progress="polls", polls=polls)
    sandbox.advance(10_000_000)
    assert state(account) == "submitted"
    seen = []
    for _ in range(polls + 1):
        with jobs(account) as open_jobs:
            seen.append(open_jobs.poll("cake")["state"])
    assert seen == ["running"] * (polls - 1) + ["done", "done"]


def test_polling_moves_no_other_job(account: Account) -> None:
    submit(account)
    with jobs(account) as open_jobs:
        assert [open_jobs.poll("cake")["state"] for _ in range(5)] == ["submitted"] * 5


def test_a_plan_holds_for_the_jobs_submitted_afterwards(account: Account, sandbox: Sandbox) -> None:
    submit(account, "first")
    submit(account, "second", outcome="failed")
    sandbox.advance(5_000)
    assert (state(account, "first"), state(account, "second")) == ("done", "failed")
    with jobs(account) as open_jobs:
        assert open_jobs.plan("bake") == Plan(outcome="failed")


@pytest.mark.parametrize("outcome", ["done", "failed", None])
def test_a_job_can_be_finished_by_hand(account: Account, sandbox: Sandbox, outcome: Any) -> None:
    submit(account)
    with jobs(account) as open_jobs:
        job = open_jobs.finish("cake", outcome)
    assert (job["state"], job["started_at"], job["finished_at"]) == (outcome or "done", EPOCH, EPOCH)
    sandbox.advance(5_000)
    assert ended(account) == [(outcome or "done", EPOCH)]


def test_the_outcome_of_a_job_on_its_way_can_be_decided(account: Account, sandbox: Sandbox) -> None:
    submit(account)
    with jobs(account) as open_jobs:
        assert open_jobs.settle("cake", "failed")["state"] == "submitted"
    sandbox.advance(5_000)
    assert state(account) == "failed"


def test_a_done_job_can_be_expired_by_hand(account: Account, sandbox: Sandbox) -> None:
    submit(account, progress="immediate")
    with jobs(account) as open_jobs:
        assert open_jobs.expire("cake")["state"] == "expired"
    assert sandbox.next_due() is None


def test_a_forgotten_job_never_ends(account: Account, sandbox: Sandbox) -> None:
    submit(account)
    with jobs(account) as open_jobs:
        open_jobs.forget("cake")
        open_jobs.forget("never there")
    sandbox.advance(10_000_000)
    assert ended(account) == []


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda found: found.get("cak"), "did you mean 'cake'"),
        (lambda found: found.poll("pie"), "unknown job 'pie'"),
        (lambda found: found.plan("boil"), "unknown kind of job 'boil'"),
        (lambda found: found.set_plan("bakes", Plan()), "did you mean 'bake'"),
        (lambda found: found.settle("cake", "burnt"), "unknown outcome 'burnt'"),
        (lambda found: found.finish("cake", "burnt"), "unknown outcome 'burnt'"),
        (lambda found: found.expire("cake"), "it is submitted, not done"),
        (lambda found: found.submit("boil", "egg"), "unknown kind of job 'boil'"),
    ],
)
def test_what_is_unknown_or_impossible_is_refused(
    account: Account, act: Callable[[Jobs], object], message: str
) -> None:
    submit(account)
    with jobs(account) as open_jobs, pytest.raises(JobError, match=message):
        act(open_jobs)


@pytest.mark.parametrize("act", [lambda found: found.finish("cake"), lambda found: found.settle("cake", "failed")])
def test_a_job_that_has_ended_is_not_ended_again(account: Account, act: Callable[[Jobs], object]) -> None:
    submit(account, progress="immediate")
    with jobs(account) as open_jobs, pytest.raises(JobError, match="it is done"):
        act(open_jobs)


@pytest.mark.parametrize("wrong", [{"progress": "magic"}, {"outcome": "burnt"}, {"polls": 0}, {"polls": 1.5}])
def test_an_impossible_plan_is_refused(wrong: Any) -> None:
    with pytest.raises(JobError):
        Plan(**wrong)


def test_a_job_in_a_refused_unit_of_work_never_was(account: Account, sandbox: Sandbox) -> None:
    def refuse() -> None:
        with account.unit() as unit:
            unit.jobs.submit("bake", "cake")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        refuse()
    assert sandbox.next_due() is None
    with jobs(account) as open_jobs, pytest.raises(JobError):
        open_jobs.get("cake")


def test_a_snapshot_keeps_a_job_on_its_way(account: Account, sandbox: Sandbox) -> None:
    submit(account)
    sandbox.advance(1_000)
    sandbox.snapshot("running")
    sandbox.advance(4_000)
    sandbox.restore("running")
    assert state(account) == "running"
    sandbox.advance(4_000)
    assert state(account) == "done"
