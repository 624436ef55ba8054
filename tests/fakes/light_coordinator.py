"""The real coordinator over engines that make no sound; told so, it stands still between a claim and the command.

python -m tests.fakes.light_coordinator STATE [--engines N] [--slots N]
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
from datetime import datetime
from pathlib import Path

from engine.coordinator.room import Coordinator
from engine.coordinator.spawners.local import LocalPool
from engine.jobs.job import Job
from engine.jobs.sqlite_store import SqliteJobStore
from engine.jobs.stores import DATABASE
from engine.settings import CoordinatorSettings, Settings
from tests.fakes.light_engine import PLAN
from tests.fakes.standing_still import perhaps

LIGHT = (sys.executable, "-m", "tests.fakes.light_engine")
SETTINGS = CoordinatorSettings(min_idle=2, silent_s=1, starts_at_once=4)


class StandingStore(SqliteJobStore):
    """The store; whoever is to be killed there stands still in it."""

    def __init__(self, state: Path) -> None:
        super().__init__(state / DATABASE)
        self._plan = state / PLAN

    def claim(self, now: datetime, engine: str) -> Job | None:
        job = super().claim(now, engine)
        if job is not None:
            perhaps(self._plan, "claimed", job.id, os.getpid())
        return job

    def to_dialing(self, job: Job, attempt: int, now: datetime) -> Job:
        dialing = super().to_dialing(job, attempt, now)
        perhaps(self._plan, "dialing", f"{job.id}/{attempt}", os.getpid())
        return dialing


async def run(state: Path, engines: int, slots: int) -> None:
    """Until it has drained."""
    changed = {"max_engines": engines, "calls_per_engine": slots}
    settings = Settings(
        state_dir=str(state),
        coordinator=CoordinatorSettings(
            **{**{f: getattr(SETTINGS, f) for f in SETTINGS.__struct_fields__}, **changed}
        ),
    )
    await Coordinator(settings, LocalPool(settings, [], LIGHT), lambda: StandingStore(state)).run()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("state", type=Path)
    parser.add_argument("--engines", type=int, default=4)
    parser.add_argument("--slots", type=int, default=4)
    options = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    asyncio.run(run(options.state, options.engines, options.slots))
