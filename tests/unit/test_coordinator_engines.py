"""Engines of a coordinator that are not enough, do not start, are gone or silent, or are there from before it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.jobs.sqlite_store import SqliteJobStore
from engine.jobs.stores import DATABASE
from tests.fakes.coordinated_place import LONG, Place
from tests.fakes.jobs import a_job


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    place = Place(tmp_path)
    yield place
    await place.end()


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
