"""A process that claims jobs and "dials" them into a file; told so, it stands still at a point until it is killed."""

from __future__ import annotations

import os
import random
import time
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Literal, NamedTuple

from engine.jobs.job import ACTIVE, Job
from engine.jobs.lifecycle import Answered, Ended, Event, Refusal, after
from engine.jobs.sqlite_store import SqliteJobStore
from engine.jobs.store import JobStore, StaleJob
from tests.fakes.jobs import NOON

Point = Literal["claimed", "dialing", "invited", ""]
HOURS_A_SECOND = 1.0  # of the time that the jobs know: back-offs and what an unknown call holds pass quickly


class Plan(NamedTuple):
    """What one dialler is told."""

    engine: str
    database: Path
    log: Path
    began_s: float  # time.time() of the whole
    still_at: Point = ""  # where it stands still: it was claimed; it is about to be dialled; it was dialled
    on_job: int = 1


def run(plan: Plan, tell: Connection) -> None:
    """Dial until nothing is left to do."""
    store = SqliteJobStore(plan.database)
    chance = random.Random(plan.engine)
    count = 0
    tell.send("begun")
    while True:
        job = store.claim(_now(plan), plan.engine)
        if job is None:
            counts = store.counts()
            if not any(counts.get(state) for state in ("queued", *ACTIVE)):
                return
            time.sleep(0.02)
            continue
        count += 1
        still = plan.still_at if count == plan.on_job else ""
        _called(store, job, plan, chance, still, tell)


def _called(
    store: JobStore, job: Job, plan: Plan, chance: random.Random, still: Point, tell: Connection
) -> None:
    _perhaps("claimed", still, tell)
    try:
        job = store.to_dialing(job, job.attempt + 1, _now(plan))
    except StaleJob:
        return
    _perhaps("dialing", still, tell)
    _write(plan.log, "invite", job)
    _perhaps("invited", still, tell)
    time.sleep(chance.uniform(0, 0.004))
    outcome = chance.choice(("booked", "booked", "booked", "no_table", "busy"))
    for event in (Answered(job.attempt), Ended(job.attempt, outcome)):
        if outcome == "busy" and isinstance(event, Answered):
            continue
        if isinstance(event, Ended):
            _write(plan.log, "end", job)
        job = _updated(store, job, event, plan)


def _updated(store: JobStore, job: Job, event: Event, plan: Plan) -> Job:
    changed = after(job, event, _now(plan))
    assert not isinstance(changed, Refusal), changed.reason
    return store.update(changed)


def _perhaps(point: Point, still: Point, tell: Connection) -> None:
    if point == still:
        tell.send(point)
        time.sleep(3600)


def _write(log: Path, what: str, job: Job) -> None:
    """One line, on the disk when this returns."""
    file = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(file, f"{what} {job.id} {job.attempt} {job.number} {job.engine}\n".encode())
        os.fsync(file)
    finally:
        os.close(file)


def _now(plan: Plan) -> datetime:
    return NOON + timedelta(hours=HOURS_A_SECOND * (time.time() - plan.began_s))
