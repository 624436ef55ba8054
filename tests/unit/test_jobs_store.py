"""What every store of jobs does alike: the contract of engine/jobs/store.py, on each of them that can run here."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from engine.errors import JobError
from engine.jobs.job import Job
from engine.jobs.lifecycle import Answered, Cancel, Claimed, Dialing, Ended, EngineLost, Event
from engine.jobs.sqlite_store import SqliteJobStore
from engine.jobs.store import JobFilter, JobStore, StaleJob
from tests.fakes.firestore_emulator import FirestoreEmulator, why_not
from tests.fakes.jobs import NOON, a_job, became

HOUR = timedelta(hours=1)
SOON_S = 10.0  # a store that is told of changes by another machine may know of them a little later

Opener = Callable[[], JobStore]


@pytest.fixture(scope="module")
def emulator() -> Iterator[FirestoreEmulator]:
    if reason := why_not():
        pytest.skip(reason)
    running = FirestoreEmulator()
    yield running
    running.stop()


@pytest.fixture(params=["sqlite", "firestore"])
def opened(request, tmp_path: Path) -> Iterator[Opener]:
    """Opens the same store again and again, as other processes would."""
    stores: list[JobStore] = []
    opener = (
        (lambda: SqliteJobStore(tmp_path / "jobs.db"))
        if request.param == "sqlite"
        else request.getfixturevalue("emulator").opener()
    )

    def opened_once() -> JobStore:
        stores.append(opener())
        return stores[-1]

    yield opened_once
    for store in stores:
        store.close()


@pytest.fixture
def store(opened: Opener) -> JobStore:
    return opened()


def claimed(store: JobStore, now=NOON, engine="one") -> Job:
    """The next job, as soon as the store knows of it."""
    until = time.monotonic() + SOON_S
    while (job := store.claim(now, engine)) is None:
        assert time.monotonic() < until, "nothing can be claimed"
        time.sleep(0.01)
    return job


def told(store: JobStore, job: Job, *events: Event, now=NOON) -> Job:
    for event in events:
        job = store.update(became(job, event, now=now))
    return job


def dialling(store: JobStore, now=NOON) -> Job:
    job = claimed(store, now)
    return store.to_dialing(job, job.attempt + 1, now)


def first_due(store: JobStore) -> datetime | None:
    return min((job.due for job in store.list(JobFilter(states=("queued",)))), default=None)


def test_what_was_added_is_there_for_everybody(opened: Opener):
    store, job = opened(), a_job(hours="11:00-14:00", budget_usd=1.5)
    store.add([job])
    assert opened().get(job.id) == job and store.get("another") is None


def test_a_store_that_was_warmed_holds_what_it_held(opened: Opener):
    store = opened()
    store.add([a_job(1)])
    store.warm()
    store.warm()
    assert opened().list(JobFilter()) == [a_job(1)] and store.counts() == {"queued": 1}
    assert dialling(store).state == "dialing"


def test_jobs_are_added_all_or_none(store: JobStore):
    store.add([a_job(1)])
    with pytest.raises(JobError, match="Nothing was added"):
        store.add([a_job(0), a_job(1), a_job(2)])
    assert store.list(JobFilter()) == [a_job(1)]


def test_listing_by_state_batch_number_and_page(store: JobStore):
    jobs = [a_job(count, batch="spring" if count < 3 else "") for count in range(5)]
    store.add(jobs)
    gone = told(store, jobs[1], Cancel())
    assert store.list(JobFilter()) == [jobs[0], gone, *jobs[2:]]
    assert store.list(JobFilter(batch="spring", states=("queued",))) == [jobs[0], jobs[2]]
    assert store.list(JobFilter(states=("cancelled", "failed"))) == [gone]
    assert store.list(JobFilter(number=jobs[3].number)) == [jobs[3]]
    assert store.list(JobFilter(limit=2, after=jobs[1].id)) == jobs[2:4]
    assert store.list(JobFilter(language="de")) == []
    assert store.counts() == {"queued": 4, "cancelled": 1}
    assert store.counts("spring") == {"queued": 2, "cancelled": 1} and store.counts("autumn") == {}


def test_the_higher_priority_comes_first_then_the_longest_due_then_the_oldest(store: JobStore):
    early = a_job(3, due=NOON - HOUR)
    jobs = [a_job(0), a_job(1), a_job(2, priority=5), early, a_job(4, due=NOON + HOUR)]
    store.add(jobs)
    order = [claimed(store).id for _ in range(4)]
    assert order == [jobs[index].id for index in (2, 3, 0, 1)]
    assert store.claim(NOON, "one") is None
    assert first_due(store) == NOON + HOUR


def test_a_claimed_job_is_reserved_for_its_engine_and_nobody_else_gets_it(opened: Opener):
    store, other = opened(), opened()
    store.add([a_job()])
    job = claimed(store, engine="two")
    assert (job.state, job.engine) == ("reserved", "two") and store.get(job.id) == job
    assert other.claim(NOON, "one") is None and store.claim(NOON, "one") is None
    assert first_due(store) is None


def test_a_number_is_called_by_one_job_at_a_time(store: JobStore):
    store.add([a_job(0, number="+49301"), a_job(1, number="+49301"), a_job(2, number="+49302")])
    first, second = claimed(store), claimed(store)
    assert (first.number, second.number) == ("+49301", "+49302")
    assert store.claim(NOON, "one") is None
    first = store.to_dialing(first, 1, NOON)
    assert store.claim(NOON, "one") is None
    told(store, first, Answered(1), Ended(1, "booked", "booked"))
    assert claimed(store).number == "+49301"


def test_an_unknown_call_holds_its_number_for_as_long_as_it_may_last(store: JobStore):
    store.add([a_job(0, number="+49301", priority=1), a_job(1, number="+49301", priority=0)])
    told(store, dialling(store), EngineLost())
    assert store.claim(NOON + timedelta(minutes=30), "one") is None
    assert claimed(store, NOON + timedelta(minutes=36)).priority == 0


def test_jobs_without_a_number_do_not_wait_for_one_another(store: JobStore):
    store.add([a_job(0, number=""), a_job(1, number="")])
    assert {claimed(store).id, claimed(store).id} == {a_job(0).id, a_job(1).id}


def test_a_number_that_was_called_often_enough_today_waits(store: JobStore):
    store.add([a_job(count, number="+49301", calls_a_day=2) for count in range(3)])
    for hours in (0, 1):
        told(
            store, dialling(store, NOON + hours * HOUR), Ended(1, "booked", "booked"), now=NOON + hours * HOUR
        )
    assert store.claim(NOON + 2 * HOUR, "one") is None
    assert first_due(store) == NOON + 24 * HOUR
    assert claimed(store, NOON + 24 * HOUR).state == "reserved"


def test_a_job_outside_of_its_windows_is_put_off_and_one_whose_time_is_over_fails(store: JobStore):
    later, over = a_job(0, hours="18:00-20:00"), a_job(1, not_after=NOON - HOUR, due=NOON - 2 * HOUR)
    store.add([later, over])
    until = time.monotonic() + SOON_S
    while store.claim(NOON, "one") is None and time.monotonic() < until:
        if (found := store.get(over.id)) and found.state == "failed" and first_due(store) == NOON + 6 * HOUR:
            break
    found = store.get(over.id)
    assert found and found.state == "failed" and "no time is left" in found.reason
    assert claimed(store, NOON + 6 * HOUR).id == later.id


def test_dialling_is_written_before_anything_is_sent(opened: Opener):
    store = opened()
    store.add([a_job()])
    job = dialling(store)
    assert (job.state, job.attempt) == ("dialing", 1) and opened().get(job.id) == job


def test_an_attempt_passes_once_whoever_asks(opened: Opener):
    store, other = opened(), opened()
    store.add([a_job()])
    reserved = claimed(store)
    store.to_dialing(reserved, 1, NOON)
    for again in (store, other):
        with pytest.raises(StaleJob):
            again.to_dialing(reserved, 1, NOON)


def test_a_wrong_attempt_is_not_dialled(store: JobStore):
    store.add([a_job()])
    reserved = claimed(store)
    for attempt in (0, 2):
        with pytest.raises(StaleJob):
            store.to_dialing(reserved, attempt, NOON)
    assert store.to_dialing(reserved, 1, NOON).attempt == 1


def test_what_was_cancelled_or_given_to_another_engine_is_not_dialled(opened: Opener):
    store, person = opened(), opened()
    store.add([a_job(0), a_job(1)])
    first, second = claimed(store), claimed(store)
    told(person, first, Cancel())
    told(person, second, EngineLost(), Claimed("two"))
    for job in (first, second):
        with pytest.raises(StaleJob):
            store.to_dialing(job, 1, NOON)


def test_a_cancelled_job_is_never_claimed(store: JobStore):
    store.add([a_job(0), a_job(1)])
    told(store, a_job(0), Cancel())
    assert claimed(store).id == a_job(1).id and store.claim(NOON, "one") is None


def test_who_comes_second_is_told_and_overwrites_nothing(opened: Opener):
    store, other = opened(), opened()
    store.add([a_job()])
    changed = told(store, a_job(), Cancel("anna"))
    with pytest.raises(StaleJob, match="cancelled now"):
        other.update(became(a_job(), Claimed("one")))
    assert store.get(changed.id) == changed and changed.revision == 1


def test_no_update_begins_an_attempt(store: JobStore):
    store.add([a_job()])
    reserved = claimed(store)
    with pytest.raises(JobError, match="only to_dialing"):
        store.update(became(reserved, Dialing(1)))
    with pytest.raises(StaleJob):
        store.update(msgspec.structs.replace(reserved, id="20260603-000000000-000000"))


def test_after_a_back_off_the_next_attempt_has_the_next_number(store: JobStore):
    store.add([a_job()])
    waiting = told(store, dialling(store), Ended(1, "busy"))
    assert waiting.due > NOON and store.claim(NOON, "one") is None
    assert dialling(store, waiting.due).attempt == 2


def test_a_watch_gives_all_there_is_and_then_what_changes(opened: Opener):
    store, other = opened(), opened()
    store.add([a_job(0), a_job(1)])
    watch = other.watch()
    try:
        assert {job.id for job in _seen(watch, 2)} == {a_job(0).id, a_job(1).id}
        store.add([a_job(2)])
        assert [job.id for job in _seen(watch, 1)] == [a_job(2).id]
        gone = told(store, a_job(1), Cancel())
        assert _seen(watch, 1)[-1] == gone
        assert watch.next(0.0) == []
    finally:
        watch.close()


def _seen(watch, count: int) -> list[Job]:
    """At least so many jobs of a watch."""
    seen: list[Job] = []
    until = time.monotonic() + SOON_S
    while len({job.id for job in seen}) < count:
        assert time.monotonic() < until, f"saw only {len(seen)}"
        seen += watch.next(0.5)
    return seen
