"""Whatever happens, in whatever order: an attempt is dialled once, nothing cancelled is dialled, no job is lost."""

from __future__ import annotations

import shutil
import tempfile
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

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
from engine.jobs.recovery import take_back
from engine.jobs.sqlite_store import SqliteJobStore
from engine.jobs.store import JobFilter, StaleJob
from tests.fakes.jobs import NOON, a_job

COUNT = 3
WHO = st.integers(0, 1)  # which of two processes that use the same file
PICKS = st.integers(0, 40)
ATTEMPTS = st.integers(0, 4)
EVENTS: st.SearchStrategy[Event] = st.one_of(
    st.builds(Answered, ATTEMPTS),
    st.builds(
        Ended,
        ATTEMPTS,
        st.sampled_from(["booked", "no_table", "busy", "no_answer", "call_back", "needs_human", "line_lost"]),
        st.sampled_from(["open", "booked"]),
    ),
    st.builds(NotDialled, st.just("refused"), st.none() | st.just(NOON)),
    st.builds(Cancel),
    st.builds(Retry),
    st.builds(Expired),
    st.builds(Dialing, ATTEMPTS),
)


class Anything(RuleBasedStateMachine):
    """Two processes with copies of jobs of any age, which do with them what they like; engines that die."""

    @initialize(shared=st.booleans())
    def begin(self, shared: bool) -> None:
        fast = Path("/dev/shm")  # a disk is waited for at every step
        self.folder = Path(tempfile.mkdtemp(dir=fast if fast.is_dir() else None))
        self.stores = [SqliteJobStore(self.folder / "jobs.db") for _ in range(2)]
        jobs = [a_job(n, calls_a_day=1000, **({"number": "+49301"} if shared else {})) for n in range(COUNT)]
        self.stores[0].add(jobs)
        self.copies: list[Job] = []  # of any age
        self.dialled: set[tuple[str, int]] = set()
        self.by_a_person: dict[str, list[str]] = {job.id: [] for job in jobs}
        self.now = NOON

    @rule(who=WHO)
    def claim(self, who: int) -> None:
        job = self.stores[who].claim(self.now, f"engine-{who}")
        if job is not None:
            assert job.state == "reserved" and self.last_word(job) != "cancel"
            others = self.stores[who].list(JobFilter(number=job.number, states=ACTIVE))
            assert [other.id for other in others] == [job.id]
            self.copies.append(job)

    @precondition(lambda self: self.copies)
    @rule(who=WHO, pick=PICKS, step=st.sampled_from([1, 1, 1, 0, 2]))
    def dial(self, who: int, pick: int, step: int) -> None:
        job = self.copies[pick % len(self.copies)]
        try:
            dialing = self.stores[who].to_dialing(job, job.attempt + step, self.now)
        except StaleJob:
            return
        assert (job.id, dialing.attempt) not in self.dialled, "dialled twice"
        assert dialing.attempt == 1 or (job.id, dialing.attempt - 1) in self.dialled
        assert self.last_word(job) != "cancel", "dialled after it was cancelled"
        self.dialled.add((job.id, dialing.attempt))
        self.copies.append(dialing)

    @rule(who=WHO, pick=PICKS, fresh=st.booleans(), event=EVENTS)
    def happen(self, who: int, pick: int, fresh: bool, event: Event) -> None:
        pool = self.stores[who].list(JobFilter()) if fresh or not self.copies else self.copies
        changed = after(pool[pick % len(pool)], event, self.now)
        if isinstance(changed, Refusal):
            return
        try:
            written = self.stores[who].update(changed)
        except JobError:
            return
        if isinstance(event, Cancel | Retry):
            self.by_a_person[written.id].append("cancel" if isinstance(event, Cancel) else "retry")
        self.copies.append(written)

    @rule(who=WHO)
    def crash(self, who: int) -> None:
        """An engine dies, and what it had is settled; its copies may turn up again."""
        before = {job.id: job for job in self.stores[who].list(JobFilter())}
        for job in take_back(self.stores[who], lambda job: job.engine == f"engine-{who}", self.now):
            old = before[job.id].state
            assert job.state == ("queued" if old == "reserved" else "unknown")

    @rule(minutes=st.integers(1, 300))
    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @invariant()
    def nothing_is_lost_and_nothing_is_unknown_without_a_reason(self) -> None:
        jobs = self.stores[0].list(JobFilter())
        assert [job.id for job in jobs] == [a_job(n).id for n in range(COUNT)]
        for job in jobs:
            assert {(job.id, attempt) for attempt in range(1, job.attempt + 1)} == {
                pair for pair in self.dialled if pair[0] == job.id
            }
            states = ["queued", *(line.state for line in job.history)]
            for before, state in pairwise(states):
                assert state != "unknown" or before in ("dialing", "talking")
                assert state != "dialing" or before in ("reserved", "dialing")
            again = [line for line in job.history if line.state == "queued"]
            for line in again:
                position = job.history.index(line)
                asked = "says operator" in line.words
                assert asked or job.history[position - 1].state != "unknown", "unknown came back by itself"

    def last_word(self, job: Job) -> str:
        return (self.by_a_person[job.id] or [""])[-1]

    def teardown(self) -> None:
        for store in self.stores:
            store.close()
        shutil.rmtree(self.folder)


TestAnything = Anything.TestCase
TestAnything.settings = settings(max_examples=60, stateful_step_count=40)


def test_a_store_that_does_not_look_would_dial_twice(tmp_path: Path):
    """So that the machine above can fail."""

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
    take_back(store, lambda job: True, NOON)
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
