"""A coordinator between a real store and engines that make no sound, in the test's own event loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from engine.coordinator.room import Coordinator
from engine.coordinator.status import CoordinatorStatus
from engine.jobs.job import Job
from engine.jobs.sqlite_store import SqliteJobStore
from engine.jobs.stores import DATABASE
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
