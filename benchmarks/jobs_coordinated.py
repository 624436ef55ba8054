"""Jobs through the real coordinator: how soon one is dialled on a real engine, and what crashes leave behind."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from engine.coordinator.status import CoordinatorStatus
from engine.coordinator.status_client import StatusClient, address_of
from engine.errors import NoEngine
from engine.job_changes import change
from engine.jobs.job import Job, new_ids
from engine.jobs.lifecycle import Cancel
from engine.jobs.sqlite_store import SqliteJobStore
from engine.jobs.stores import DATABASE
from engine.report import percentile
from engine.scenario import find, load

SCENARIO = "en/accepts"
READY_S = 60.0
ENDS_S = 20.0
PAUSE_S = 0.3  # between two jobs: the machine is to be as it is when nothing is going on


class NotMeasured(Exception):
    """It could not be measured; the words say why."""


async def dialled(folder: Path, count: int) -> dict[str, Any]:
    """`count` jobs one after the other, each called off once an engine has its call: times in ms, and cold start."""
    state = folder / "state"
    state.mkdir()
    async with _coordinator(state) as client:
        status = await _until(client, lambda now: any(each.phase == "idle" for each in now.engines), READY_S)
        cold_s = [each.ready_s for each in status.engines if each.ready_s is not None]
        store = SqliteJobStore(state / DATABASE)
        try:
            for number in range(count):
                await _one(store, client, number)
            status = await client.ask()
        finally:
            store.close()
    return {
        "enqueue_to_dial_ms": figure(status.enqueue_to_dial_ms),
        "handover_ms": figure(status.handover_ms),
        "cold_ready_s": round(max(cold_s), 2),
    }


async def _one(store: SqliteJobStore, client: StatusClient, number: int) -> None:
    path = find(SCENARIO)
    now = datetime.now(UTC)
    job = Job(
        id=new_ids(now, 1, number)[0],
        created_at=now,
        due=now,
        task=load(path).task,
        scenario=str(path.absolute()),
    )
    store.add([job])
    await _until(client, lambda now: len(now.handover_ms) > number, ENDS_S)
    change(store, job, Cancel())
    await _until(client, lambda now: sum(now.ended.values()) > number, ENDS_S)
    await asyncio.sleep(PAUSE_S)


@contextlib.asynccontextmanager
async def _coordinator(state: Path) -> AsyncIterator[StatusClient]:
    """A coordinator with one warm engine, as a command starts it."""
    command = [sys.executable, "-m", "engine", "coordinator", "--state-dir", str(state)]
    flags = ["--min-idle", "1", "--max-engines", "1", "--calls-per-engine", "8"]
    with (folder_log := state / "coordinator.log").open("wb") as log:
        process = subprocess.Popen([*command, *flags], stderr=log)
    try:
        until_s = time.monotonic() + READY_S
        while (address := address_of(state)) is None:
            if process.poll() is not None or time.monotonic() > until_s:
                raise NotMeasured(f"the coordinator did not start; its log: {folder_log}")
            await asyncio.sleep(0.05)
        async with StatusClient(address) as client:
            yield client
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(READY_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


async def _until(client: StatusClient, holds: Any, limit_s: float) -> CoordinatorStatus:
    until_s = time.monotonic() + limit_s
    while time.monotonic() < until_s:
        with contextlib.suppress(NoEngine):
            status = await client.ask()
            if holds(status):
                return status
        await asyncio.sleep(0.02)
    raise NotMeasured(f"not within {limit_s:.0f} s; the coordinator's problems: {status.problems}")


def figure(times_ms: tuple[float, ...]) -> dict[str, float]:
    """p50 and p95."""
    return {f"p{part}": round(percentile(list(times_ms), part / 100) or 0.0, 2) for part in (50, 95)}


def crashed(folder: Path, jobs: int) -> dict[str, int]:
    """A queue that is worked through while coordinator and engines are killed, a kill for each 20 jobs."""
    from tests.fakes.crash_house import CrashHouse, points_of

    share = max(1, jobs // 100)
    points = points_of(
        claimed=share // 2, dialing=share, told=share, dialled=share // 2, coordinator=share, engine=share
    )
    house = CrashHouse(folder / "crashes", jobs)
    try:
        outcome = house.run(points, 60 + 30 * len(points))
    finally:
        house.stop()
    return {
        "jobs": jobs,
        "kills": len(outcome.killed),
        "between_dialing_and_invite": sum(killed.point in ("dialing", "told") for killed in outcome.killed),
        "duplicates": outcome.duplicates,
        "lost": outcome.lost,
        "unknown": len(outcome.unknown),
    }
