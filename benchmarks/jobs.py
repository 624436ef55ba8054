"""How fast the job queue is, and what crashes leave of it: SQLite, on this machine's disk.

    python benchmarks/jobs.py [--jobs 2000] [--calls 30] [--crash-jobs 1000] [--folder DIR] [--json]

Three parts; a count of 0 leaves one out.

* The store with `--jobs` in it: wall time of each of its calls. `fdatasync` is the disk alone, 8 KB written and waited
  for: to_dialing and update wait for it once each, claim and list do not.
* `--calls` jobs, one after the other, through the real coordinator and a real engine that is warm: from the moment at
  which a job is due until it is on the disk that it is dialled (`enqueue_to_dial_ms`), and from the reservation until
  the engine has the call (`handover_ms`); how long the engine took from its start until it answered (`cold_ready_s`).
* `--crash-jobs` through the real coordinator and engines that make no sound, which are killed once for each 20 jobs,
  four times in ten between `dialing` and the call: `duplicates` were dialled twice, `lost` are nowhere any more,
  `unknown` wait for a person.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from engine.jobs.job import ACTIVE, Job, new_ids
from engine.jobs.lifecycle import Ended, after
from engine.jobs.sqlite_store import SqliteJobStore
from engine.jobs.store import JobFilter
from engine.protocol import Task
from engine.report import percentile

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.jobs_coordinated import crashed, dialled

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


GOALS: dict[tuple[str, str], float] = {
    ("enqueue_to_dial_ms", "p50"): 20.0,
    ("enqueue_to_dial_ms", "p95"): 50.0,
    ("handover_ms", "p50"): 5.0,
    ("list_ms", "p50"): 10.0,
    ("claim_ms", "p50"): 10.0,
}
COLD_GOAL_S = 5.0


def figures_of(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """All that is printed."""
    figures: dict[str, Any] = {"jobs": 0, "kills": 0, "duplicates": 0, "lost": 0, "unknown": 0}
    if arguments.calls:
        figures |= asyncio.run(dialled(folder, arguments.calls))
    if arguments.jobs:
        store = {
            name: {"n": len(times), **{f"p{part}": _share(times, part) for part in (50, 95)}}
            for name, times in measured(arguments.jobs, folder).items()
        }
        figures |= {
            "queued": arguments.jobs,
            "list_ms": store["list, a page of 100"],
            "claim_ms": store["claim"],
        }
        figures["store_ms"] = store
    if arguments.crash_jobs:
        figures |= crashed(folder, arguments.crash_jobs)
    return figures


def missed(figures: dict[str, Any]) -> list[str]:
    """The goals that these figures do not reach, in words."""
    found = [
        f"{name} {part}: {figures[name][part]} ms, the goal is {goal:g}"
        for (name, part), goal in GOALS.items()
        if name in figures and figures[name][part] > goal
    ]
    if figures.get("cold_ready_s", 0) > COLD_GOAL_S:
        found.append(f"cold_ready_s: {figures['cold_ready_s']} s, the goal is {COLD_GOAL_S:g}")
    return found + [
        f"{name}: {figures[name]}, the goal is 0" for name in ("duplicates", "lost") if figures[name]
    ]


def _share(times: list[float], part: int) -> float:
    return round(percentile(times, part / 100) or 0.0, 2)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--jobs", type=int, default=2000)
    parser.add_argument("--calls", type=int, default=30)
    parser.add_argument("--crash-jobs", type=int, default=1000)
    parser.add_argument("--folder", type=Path, help="on the disk that is to be measured")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        figures = figures_of(arguments, Path(folder))
    if arguments.json:
        print(json.dumps(figures, indent=2))
    else:
        _show(figures)
    for words in missed(figures):
        print(f"missed: {words}", file=sys.stderr)
    sys.exit(1 if missed(figures) else 0)


def _show(figures: dict[str, Any]) -> None:
    for name, figure in figures.pop("store_ms", {}).items():
        print(f"{name:<22}p50 {figure['p50']:>8.2f} ms   p95 {figure['p95']:>8.2f} ms   n {figure['n']}")
    for name, figure in figures.items():
        words = f"p50 {figure['p50']} ms, p95 {figure['p95']} ms" if isinstance(figure, dict) else figure
        print(f"{name:<28}{words}")


if __name__ == "__main__":
    main()
