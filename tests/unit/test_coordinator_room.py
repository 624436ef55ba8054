"""The coordinator between a real store and engines that make no sound: each job's way, and engines that fail."""

from __future__ import annotations

import asyncio
import os
import stat
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
import zmq

from engine.coordinator.room import Coordinator
from engine.coordinator.status import CoordinatorStatus
from engine.coordinator.status_client import NoCoordinator, StatusClient, address_of, status_of
from engine.coordinator.status_wire import INFO
from engine.errors import AlreadyRunning, StateError
from engine.job_changes import change
from engine.job_watching import watched
from engine.jobs.job import Job
from engine.jobs.lifecycle import Cancel
from engine.jobs.sqlite_store import SqliteJobStore
from engine.jobs.stores import DATABASE
from engine.protocol import HangUp
from engine.settings import CoordinatorSettings, Settings
from tests.fakes.jobs import a_job
from tests.fakes.light_engine import LightEngine
from tests.fakes.light_pool import LightPool

PATIENCE_S = 30.0
LONG = (600.0, 600.0)  # a call that does not end by itself


class Place:
    """A state directory, its store, its engines, and a coordinator that may be ended and started again."""

    def __init__(self, state: Path) -> None:
        self.state, self.pool = state, LightPool(state)
        self.store = SqliteJobStore(state / DATABASE)
        self.settings = Settings(
            state_dir=str(state),
            coordinator=CoordinatorSettings(
                min_idle=1, max_engines=2, calls_per_engine=2, silent_s=1, hung_s=5
            ),
        )
        self.start()

    def start(self) -> None:
        self.coordinator = Coordinator(self.settings, self.pool)
        self.task = asyncio.create_task(self.coordinator.run())

    async def crash(self) -> None:
        """End it as a kill does: nothing is said to anybody."""
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)

    async def end(self) -> None:
        await self.crash()
        await self.pool.end()
        self.store.close()

    def add(self, count: int = 0, **fields: object) -> Job:
        now = datetime.now(UTC)
        job = a_job(count, **{"due": now, "number": f"+4930{count:07}", **fields})
        self.store.add([job])
        return job

    def job(self, job: Job) -> Job:
        found = self.store.get(job.id)
        assert found is not None
        return found

    async def until(self, holds: Callable[[], bool]) -> None:
        until_s = time.monotonic() + PATIENCE_S
        while not holds():
            assert time.monotonic() < until_s, self.coordinator.status()
            assert not self.task.done(), self.task
            await asyncio.sleep(0.01)

    async def reaches(self, job: Job, *states: str) -> Job:
        await self.until(lambda: self.job(job).state in states)
        return self.job(job)

    async def engine(self) -> LightEngine:
        """The first one, once it is warm."""
        await self.until(lambda: bool(self.pool.engines) and self.status.engines[0].phase == "idle")
        return next(iter(self.pool.engines.values()))

    @property
    def status(self) -> CoordinatorStatus:
        return self.coordinator.status()


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


async def test_more_waits_than_one_engine_has_slots_for_and_a_second_one_comes(place: Place):
    (await place.engine()).lasts_s = LONG
    jobs = [place.add(count) for count in range(3)]
    await place.until(lambda: all(place.job(job).state != "queued" for job in jobs))
    assert len(place.pool.engines) == 2
    assert max(len(engine.calls) for engine in place.status.engines) <= 2


async def test_engines_that_do_not_start_are_told_of_and_tried_again(tmp_path: Path):
    place = Place(tmp_path)
    place.pool.fails = 1
    try:
        await place.engine()
        assert place.status.spawns_failed == 1
        assert any("no engine today" in words for words in place.status.problems)
    finally:
        await place.end()


async def test_jobs_of_an_engine_that_is_gone_are_unknown_and_others_are_dialled_elsewhere(place: Place):
    engine = await place.engine()
    engine.lasts_s = LONG
    job = place.add(1)
    await place.reaches(job, "dialing")
    [name] = place.pool.engines
    await place.pool.vanish(name)
    unknown = await place.reaches(job, "unknown")
    assert "may have been called" in unknown.reason and unknown.engine == name
    await place.until(lambda: place.status.engines_lost == 1)
    assert (await place.reaches(place.add(2), "done", "talking", "dialing")).engine != name


async def test_an_engine_that_is_silent_and_not_gone_keeps_its_calls_until_it_is_killed(place: Place):
    engine = await place.engine()
    engine.lasts_s = LONG
    job = place.add()
    await place.reaches(job, "dialing")
    [name] = place.pool.engines
    await engine.close()  # it hangs: nobody can say that it is gone
    await place.until(lambda: any(each.phase == "lost" for each in place.status.engines))
    assert place.job(job).state == "dialing", "its call may go on"
    await place.reaches(job, "unknown")
    assert (name, 0.0) in place.pool.stopped


async def test_calls_go_on_without_their_coordinator_and_the_next_one_learns_how_they_end(place: Place):
    engine = await place.engine()
    engine.lasts_s, engine.outcomes = (1.0, 1.0), ("booked",)
    ends_alone, goes_on = place.add(1), place.add(2)
    await place.reaches(goes_on, "dialing", "talking")
    await place.reaches(ends_alone, "dialing", "talking")
    await place.crash()
    engine.lasts_s = LONG
    await asyncio.sleep(1.2)  # both end, and nobody is there to hear it
    place.start()
    for job in (ends_alone, goes_on):
        done = await place.reaches(job, "done")
        assert done.attempt == 1 and done.outcome == "booked"


async def test_what_a_coordinator_had_claimed_and_never_told_to_an_engine_is_dialled_by_the_next_one(
    place: Place,
):
    engine = await place.engine()
    engine.outcomes = ("booked",)
    [name] = place.pool.engines
    await place.crash()
    reserved, dialing = place.add(1), place.add(2)
    for job, attempt in ((reserved, 0), (dialing, 1)):
        claimed = place.store.claim(datetime.now(UTC), name)
        assert claimed is not None and claimed.id == job.id
        if attempt:
            place.store.to_dialing(claimed, attempt, datetime.now(UTC))
    place.start()
    assert (await place.reaches(reserved, "done")).attempt == 1
    done = await place.reaches(dialing, "done")
    assert done.attempt == 2, "the first one is never dialled"
    assert any("never told" in line.words for line in done.history)


async def test_jobs_of_an_engine_that_nobody_knows_any_more_are_unknown(tmp_path: Path):
    store = SqliteJobStore(tmp_path / DATABASE)
    job = a_job(due=datetime.now(UTC))
    store.add([job])
    claimed = store.claim(datetime.now(UTC), "engine-of-yesterday")
    assert claimed is not None
    store.to_dialing(claimed, 1, datetime.now(UTC))
    store.close()
    place = Place(tmp_path)
    try:
        assert (await place.reaches(job, "unknown")).engine == "engine-of-yesterday"
    finally:
        await place.end()


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


async def test_a_second_coordinator_is_refused(place: Place):
    await place.engine()
    with pytest.raises(AlreadyRunning):
        await Coordinator(place.settings, LightPool(place.state)).run()
    assert not place.task.done()


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


async def test_its_status_is_asked_for_and_published(place: Place):
    await place.engine()
    assert stat.S_IMODE((place.state / INFO).stat().st_mode) == 0o600
    address = address_of(place.state)
    assert address is not None and address.pid == os.getpid()
    async with StatusClient(address) as client:
        assert (await client.ask()).engines[0].phase == "idle"
        place.add()
        published: list[CoordinatorStatus] = []
        until_s = time.monotonic() + PATIENCE_S
        while not any(status.dialled for status in published) and time.monotonic() < until_s:
            published += [latest] if (latest := client.drain()) is not None else []
            await asyncio.sleep(0.05)
        assert published[-1].dialled == 1


async def test_who_has_not_the_key_is_told_nothing(place: Place):
    await place.engine()
    address = address_of(place.state)
    assert address is not None
    public, secret = zmq.curve_keypair()
    stranger = msgspec.structs.replace(address, client_public=public.decode(), client_secret=secret.decode())
    async with StatusClient(stranger) as client:
        with pytest.raises(NoCoordinator):
            await client.ask(timeout_s=0.5)


async def test_nobody_is_asked_where_no_coordinator_runs(tmp_path: Path):
    with pytest.raises(NoCoordinator, match="call-thing coordinator"):
        await status_of(tmp_path)


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
