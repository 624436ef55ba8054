"""How fast the job queue is with many jobs in it: SQLite, on this machine's disk.

    python benchmarks/jobs.py [--jobs 2000] [--folder DIR] [--json]

Every number is the wall time of one call of the store, in milliseconds. `fdatasync` is the disk alone, 8 KB written and
waited for: to_dialing and update wait for it once each, claim and list do not.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from engine.jobs.job import ACTIVE, Job, new_ids
from engine.jobs.lifecycle import Ended, after
from engine.jobs.sqlite_store import SqliteJobStore
from engine.jobs.store import JobFilter
from engine.protocol import Task
from engine.report import percentile

NOW = datetime(2026, 6, 3, 12, 0, tzinfo=UTC)
TASK = Task(
    restaurant="Zur Linde", today="2026-06-03", date="2026-06-05", time="19:00", party_size=4, name="Mason"
)
ROUNDS = 200
T = TypeVar("T")


def jobs_of(count: int) -> list[Job]:
    """Jobs for as many numbers, all of them due."""
    ids = new_ids(NOW - timedelta(hours=1), count, 0)
    return [
        Job(
            id=job_id, created_at=NOW, task=TASK, due=NOW, number=f"+4930{number:07}", hours="11:00-23:00",
            time_zone="Europe/Berlin",
        )
        for number, job_id in enumerate(ids)
    ]  # fmt: skip


def measured(count: int, folder: Path) -> dict[str, list[float]]:
    """Milliseconds of each step, in the order in which they were made."""
    found: dict[str, list[float]] = {}

    def timed(name: str, step: Callable[[], T]) -> T:
        began = time.perf_counter()
        result = step()
        found.setdefault(name, []).append((time.perf_counter() - began) * 1000)
        return result

    store = SqliteJobStore(folder / "jobs.db")
    timed("add all", lambda: store.add(jobs_of(count)))
    for _ in range(ROUNDS // 10):
        timed("list all", lambda: store.list(JobFilter(limit=count)))
    for _ in range(ROUNDS):
        timed("list, a page of 100", lambda: store.list(JobFilter(states=("queued", *ACTIVE))))
        job = timed("claim", lambda: store.claim(NOW, "one"))
        if job is None:
            break
        dialing = timed("to_dialing", lambda job=job: store.to_dialing(job, 1, NOW))
        ended = after(dialing, Ended(1, "booked", "booked"), NOW)
        assert isinstance(ended, Job)
        timed("update", lambda ended=ended: store.update(ended))
    store.close()
    with (folder / "probe").open("wb", buffering=0) as probe:
        for _ in range(ROUNDS // 2):
            probe.write(b"x" * 8192)
            timed("fdatasync", lambda: os.fdatasync(probe.fileno()))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--jobs", type=int, default=2000)
    parser.add_argument("--folder", type=Path, help="on the disk that is to be measured")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        found = measured(arguments.jobs, Path(folder))
    figures = {
        name: {
            "n": len(times),
            **{f"p{part}": round(percentile(times, part / 100) or 0.0, 2) for part in (50, 95)},
        }
        for name, times in found.items()
    }
    if arguments.json:
        print(json.dumps({"jobs": arguments.jobs, "ms": figures}, indent=2))
        return
    for name, figure in figures.items():
        print(f"{name:<22}p50 {figure['p50']:>8.2f} ms   p95 {figure['p95']:>8.2f} ms   n {figure['n']}")


if __name__ == "__main__":
    main()
