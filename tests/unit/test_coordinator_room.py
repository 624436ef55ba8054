"""The coordinator between a real store and engines that make no sound: each job's way, and how it all ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from engine.coordinator.status_client import address_of
from engine.errors import StateError
from engine.job_changes import change
from engine.job_watching import watched
from engine.jobs.job import Job
from engine.jobs.lifecycle import Cancel
from engine.jobs.sqlite_store import SqliteJobStore
from engine.jobs.stores import DATABASE
from engine.protocol import HangUp
from tests.fakes.coordinated_place import LONG, PATIENCE_S, Place


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    place = Place(tmp_path)
    yield place
    await place.end()


async def test_a_job_is_called_and_how_it_ended_is_written(place: Place):
    engine = await place.engine()
    engine.outcomes = ("booked",)
    done = await place.reaches(place.add(), "done")
    assert (done.outcome, done.attempt, done.call) == ("booked", 1, f"{done.engine}-1")
    assert [line.state for line in done.history] == ["reserved", "dialing", "talking", "done"]
    await place.until(lambda: place.status.ended == {"booked": 1})
    status = place.status
    assert status.dialled == 1 and len(status.handover_ms) == len(status.enqueue_to_dial_ms) == 1
    await place.until(lambda: place.status.jobs == {"done": 1})
    await place.until(lambda: place.status.engines[0].calls_ended == 1)


async def test_who_is_busy_is_called_again_later(place: Place):
    (await place.engine()).outcomes = ("busy",)
    job = place.add()
    await place.until(lambda: place.job(job).attempt == 1 and place.job(job).state == "queued")
    assert place.job(job).due > datetime.now(UTC) + timedelta(seconds=200)
    await place.until(lambda: place.status.next_due is not None)


async def test_a_job_that_is_not_due_waits_for_its_moment_and_no_longer(place: Place):
    await place.engine()
    job = place.add(due=datetime.now(UTC) + timedelta(seconds=0.5))
    await place.reaches(job, "dialing", "talking", "done", "queued")
    done = await place.reaches(job, "done", "failed", "dialing", "talking")
    dialled = next(line.at for line in done.history if line.state == "dialing")
    assert timedelta(0) <= dialled - job.due < timedelta(seconds=5)


async def test_a_call_that_is_called_off_is_ended_and_one_that_waits_is_never_dialled(place: Place):
    engine = await place.engine()
    engine.lasts_s = LONG
    waits = place.add(1, due=datetime.now(UTC) + timedelta(hours=1))
    job = place.add(2)
    await place.reaches(job, "dialing")
    change(place.store, place.job(job), Cancel("Kim"))
    change(place.store, place.job(waits), Cancel("Kim"))
    assert (await place.reaches(job, "cancelled")).outcome == "hung_up"
    assert next(command for _, command in engine.commands if isinstance(command, HangUp)).goodbye
    assert place.job(waits).state == "cancelled" and place.job(waits).attempt == 0


async def test_what_an_engine_refuses_is_told_as_it_said_it(place: Place):
    (await place.engine()).refuses = "The number is not on the allow list."
    failed = await place.reaches(place.add(), "failed")
    assert failed.reason == "The number is not on the allow list." and failed.attempt == 1


async def test_draining_lets_running_calls_end_and_then_ends_the_engines(place: Place):
    engine = await place.engine()
    engine.lasts_s, engine.outcomes = (1.0, 1.0), ("booked",)
    job = place.add(1)
    await place.reaches(job, "talking", "dialing")
    place.coordinator.drain()
    await place.until(lambda: place.status.draining)
    later = place.add(2)
    await asyncio.wait_for(place.task, PATIENCE_S)
    assert place.job(job).state == "done" and place.job(later).state == "queued"
    assert place.pool.gone == set(place.pool.engines)
    assert address_of(place.state) is None


async def test_asked_twice_it_says_goodbye_on_all_calls(place: Place):
    (await place.engine()).lasts_s = LONG
    job = place.add()
    await place.reaches(job, "dialing")
    place.coordinator.drain()
    place.coordinator.drain()
    await asyncio.wait_for(place.task, PATIENCE_S)
    assert (place.job(job).state, place.job(job).outcome) == ("failed", "hung_up")


async def test_who_watches_a_batch_sees_each_job_to_its_end(place: Place, capsys: pytest.CaptureFixture[str]):
    (await place.engine()).outcomes = ("booked",)
    jobs = [place.add(count, batch="spring") for count in range(2)]  # as many as the engine has slots

    def watch() -> bool:
        store = SqliteJobStore(place.state / DATABASE)
        try:
            return watched(store, "spring", as_json=False)
        finally:
            store.close()

    assert await asyncio.wait_for(asyncio.to_thread(watch), PATIENCE_S)
    shown = capsys.readouterr().out
    for job in jobs:
        assert f"{job.id}  done, attempt 1: booked" in shown


async def test_what_cannot_be_written_now_is_written_later(place: Place, monkeypatch: pytest.MonkeyPatch):
    engine = await place.engine()
    engine.outcomes = ("booked",)
    update, failures = SqliteJobStore.update, [StateError("the disk is full")] * 2

    def failing(store: SqliteJobStore, job: Job) -> Job:
        if job.state == "done" and failures:
            raise failures.pop()
        return update(store, job)

    monkeypatch.setattr(SqliteJobStore, "update", failing)
    assert (await place.reaches(place.add(), "done")).outcome == "booked"
    assert not failures and "the disk is full" in place.status.problems


async def test_what_cannot_be_written_down_as_dialled_is_not_dialled_and_tried_again(
    place: Place, monkeypatch: pytest.MonkeyPatch
):
    engine = await place.engine()
    engine.outcomes = ("booked",)
    to_dialing, failures = SqliteJobStore.to_dialing, [StateError("the disk is full")]

    def failing(store: SqliteJobStore, job: Job, attempt: int, now: datetime) -> Job:
        if failures:
            raise failures.pop()
        return to_dialing(store, job, attempt, now)

    monkeypatch.setattr(SqliteJobStore, "to_dialing", failing)
    done = await place.reaches(place.add(), "done")
    assert done.attempt == 1 and len(done.history) > 3
