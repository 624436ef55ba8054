"""Whatever happens, in whatever order: an attempt is dialled once, nothing cancelled is dialled, no job is lost."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Literal, NamedTuple, get_args

from hypothesis import given, settings, strategies as st

from engine.errors import JobError
from engine.jobs.job import ACTIVE, Job
from engine.jobs.lifecycle import (
    Answered,
    Cancel,
    Claimed,
    Dialing,
    Ended,
    EngineLost,
    Event,
    Expired,
    NotDialled,
    Refusal,
    Retry,
    after,
)
from engine.jobs.sqlite_store import SqliteJobStore
from engine.jobs.store import JobFilter, StaleJob
from tests.fakes.jobs import NOON, a_job, engine_died

COUNT = 3
Outcome = Literal["booked", "no_table", "busy", "no_answer", "call_back", "needs_human", "line_lost"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
ATTEMPTS = st.integers(0, 4)
EVENTS: st.SearchStrategy[Event] = st.one_of(
    st.builds(Answered, ATTEMPTS),
    st.builds(Ended, ATTEMPTS, st.sampled_from(OUTCOMES), st.sampled_from(["open", "booked"])),
    st.builds(NotDialled, st.just("refused"), st.none() | st.just(NOON)),
    st.builds(Expired),
    st.builds(Dialing, ATTEMPTS),
)


class Step(NamedTuple):
    """What one of two processes does, with the copy of a job that lies so far back, or with the job as it is."""

    what: Literal["claim", "dial", "end", "cancel", "retry", "happen", "crash", "wait"]
    who: int
    back: int
    fresh: bool
    event: Event
    outcome: Outcome


STEPS = st.builds(
    Step,
    st.sampled_from(
        ["claim"] * 4
        + ["dial"] * 4
        + ["end"] * 2
        + ["cancel", "cancel", "retry", "retry", "happen", "happen", "crash", "wait"]
    ),
    st.integers(0, 1),
    st.integers(0, 5),
    st.booleans(),
    EVENTS,
    st.sampled_from(OUTCOMES),
)


class Anything:
    """Two processes that have copies of jobs of any age and do with them what they like; engines that die."""

    def __init__(self, folder: Path, shared: bool) -> None:
        self.stores = [SqliteJobStore(folder / "jobs.db") for _ in range(2)]
        jobs = [a_job(n, calls_a_day=1000, **({"number": "+49301"} if shared else {})) for n in range(COUNT)]
        self.stores[0].add(jobs)
        self.copies = jobs
        self.dialled: set[tuple[str, int]] = set()
        self.word: dict[str, str] = {}  # of a person on a job, the last one
        self.now = NOON

    def do(self, step: Step) -> None:
        store = self.stores[step.who]
        match step.what:
            case "claim":
                self.claim(store, f"engine-{step.who}")
            case "dial":
                reserved = [job for job in self.copies if job.state == "reserved"]
                if reserved:  # now or once
                    self.dial(store, reserved[-1 - step.back % min(3, len(reserved))], 1)
            case "end":
                for job in store.list(JobFilter(states=("dialing", "talking"))):
                    self.happen(store, job, Ended(job.attempt, step.outcome))
            case "cancel":
                self.happen(store, self.pick(step), Cancel())
            case "retry":
                self.happen(store, self.pick(step), Retry())
            case "happen":
                self.happen(store, self.pick(step), step.event)
                self.dial(store, self.pick(step), step.back % 3)
            case "crash":
                self.crash(store, f"engine-{step.who}")
            case "wait":
                self.now += timedelta(minutes=20 * step.back)
        self.check()

    def pick(self, step: Step) -> Job:
        copy = self.copies[-1 - step.back % len(self.copies)]
        found = self.stores[step.who].get(copy.id) if step.fresh else copy
        assert found is not None
        return found

    def claim(self, store: SqliteJobStore, engine: str) -> None:
        job = store.claim(self.now, engine)
        if job is None:
            return
        assert job.state == "reserved" and self.word.get(job.id) != "cancel"
        others = store.list(JobFilter(number=job.number, states=ACTIVE))
        assert [other.id for other in others] == [job.id], "two at one number"
        self.copies.append(job)

    def dial(self, store: SqliteJobStore, job: Job, ahead: int) -> None:
        try:
            dialing = store.to_dialing(job, job.attempt + ahead, self.now)
        except StaleJob:
            return
        assert (job.id, dialing.attempt) not in self.dialled, "dialled twice"
        assert dialing.attempt == 1 or (job.id, dialing.attempt - 1) in self.dialled
        assert self.word.get(job.id) != "cancel", "dialled after it was cancelled"
        self.dialled.add((job.id, dialing.attempt))
        self.copies.append(dialing)

    def happen(self, store: SqliteJobStore, job: Job, event: Event) -> None:
        changed = after(job, event, self.now)
        if isinstance(changed, Refusal):
            return
        try:
            written = store.update(changed)
        except JobError:
            return
        if isinstance(event, Cancel | Retry):
            self.word[written.id] = "cancel" if isinstance(event, Cancel) else "retry"
        self.copies.append(written)

    def crash(self, store: SqliteJobStore, engine: str) -> None:
        """An engine dies, and what it had is settled; its copies may turn up again."""
        before = {job.id: job.state for job in store.list(JobFilter())}
        for job in engine_died(store, engine, self.now):
            assert job.state == ("queued" if before[job.id] == "reserved" else "unknown")

    def check(self) -> None:
        """Nothing is lost, nothing is unknown without a reason, nothing comes back from there by itself."""
        jobs = self.stores[0].list(JobFilter())
        assert [job.id for job in jobs] == [a_job(n).id for n in range(COUNT)]
        begun = {(job.id, attempt) for job in jobs for attempt in range(1, job.attempt + 1)}
        assert begun == self.dialled
        for job in jobs:
            lines = [(line.state, line.words) for line in job.history]
            for (before, _), (state, words) in pairwise([("queued", ""), *lines]):
                assert state != "unknown" or before in ("dialing", "talking")
                assert state != "dialing" or before in ("reserved", "dialing")
                assert state != "queued" or before != "unknown" or "says operator" in words


@settings(max_examples=40)
@given(steps=st.lists(STEPS, min_size=30, max_size=60), shared=st.booleans())
def test_whatever_two_processes_do_in_whatever_order(steps: list[Step], shared: bool):
    fast = Path("/dev/shm")  # a disk is waited for at every step
    with tempfile.TemporaryDirectory(dir=fast if fast.is_dir() else None) as folder:
        anything = Anything(Path(folder), shared)
        try:
            for step in steps:
                anything.do(step)
        finally:
            for store in anything.stores:
                store.close()


def test_a_store_that_does_not_look_would_dial_twice(tmp_path: Path):
    """So that the test above can fail."""

    class Careless(SqliteJobStore):
        def to_dialing(self, job, attempt, now):
            dialing = after(job, Dialing(attempt), now)
            assert isinstance(dialing, Job)
            return dialing

    store = Careless(tmp_path / "jobs.db")
    store.add([a_job()])
    job = store.claim(NOON, "one")
    assert job is not None
    assert store.to_dialing(job, 1, NOON) == store.to_dialing(job, 1, NOON)
    engine_died(store, "one")
    assert store.claim(NOON, "two") is not None
    store.close()


def test_events_by_themselves_never_leave_a_job_without_a_state():
    """Every event, in every state that a path of events leads to, gives a job or a reason."""
    seen: dict[str, Job] = {}
    waiting = [a_job()]
    steps: list[Event] = [
        Answered(1), Ended(1, "busy"), Ended(1, "booked", "booked"), Ended(1, "needs_human"), NotDialled("no"),
        Cancel(), Retry(), Expired(), Dialing(1), EngineLost(),
    ]  # fmt: skip
    while waiting:
        job = waiting.pop()
        if job.state in seen:
            continue
        seen[job.state] = job
        for event in (*steps, Claimed("one")):
            found = after(job, event, NOON)
            assert isinstance(found, Job) or found.reason.endswith(".")
            if isinstance(found, Job):
                assert found.history[-1].state == found.state
                waiting.append(found)
    assert set(seen) == {"queued", "reserved", "dialing", "talking", "done", "failed", "unknown", "cancelled"}
