"""Watching jobs while they are called: bars in a terminal, a line for each change where there is none."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from engine.job_words import as_data, line_of
from engine.jobs.job import ACTIVE, OVER, Job, State
from engine.jobs.store import JobStore, Watch
from engine.terminal import plain, say, show

if TYPE_CHECKING:
    from rich.console import Group

LOOK_S = 0.5
AT_WORK = 8  # jobs that are shown by name


class Tally:
    """The latest of every job, and what that comes to."""

    def __init__(self, batch: str) -> None:
        self.batch = batch
        self.jobs: dict[str, Job] = {}

    def take(self, changed: Iterable[Job]) -> list[Job]:
        """The jobs of the batch among these that stand otherwise than before."""
        news = []
        for job in changed:
            before = self.jobs.get(job.id)
            if (self.batch and job.batch != self.batch) or (before and before.revision >= job.revision):
                continue
            self.jobs[job.id] = job
            if before is None or (before.state, before.reason) != (job.state, job.reason):
                news.append(job)
        return news

    @property
    def states(self) -> Counter[State]:
        return Counter(job.state for job in self.jobs.values())

    @property
    def waits(self) -> bool:
        """Whether anything will still happen by itself."""
        return any(self.states[state] for state in ("queued", *ACTIVE))

    def __str__(self) -> str:
        return ", ".join(f"{count} {state}" for state, count in self.states.most_common()) or "no jobs"


def watched(store: JobStore, batch: str, as_json: bool) -> bool:
    """Show what changes until nothing is queued or being called; whether all jobs are done then."""
    tally = Tally(batch)
    watch = store.watch()
    try:
        if sys.stdout.isatty() and not as_json:
            _with_bars(tally, watch)
        else:
            _with_lines(tally, watch, as_json)
    finally:
        watch.close()
    say(f"nothing is queued or being called: {tally}")
    return all(job.state == "done" for job in tally.jobs.values())


def _with_lines(tally: Tally, watch: Watch, as_json: bool) -> None:
    news = tally.take(watch.next(LOOK_S))
    while True:
        for job in news:
            show(json.dumps(as_data(job), ensure_ascii=False) if as_json else plain(line_of(job)))
        if not tally.waits:
            return
        news = tally.take(watch.next(LOOK_S))


def _with_bars(tally: Tally, watch: Watch) -> None:
    from rich.console import Console
    from rich.live import Live

    console = Console()
    with Live(console=console, auto_refresh=False, transient=False) as live:
        tally.take(watch.next(LOOK_S))
        while True:
            live.update(picture(tally), refresh=True)
            if not tally.waits:
                return
            tally.take(watch.next(LOOK_S))


def picture(tally: Tally) -> Group:
    """A bar of what is over, the number in each state, and the jobs that are being called."""
    from rich.console import Group
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.text import Text

    states = tally.states
    settled = sum(states[state] for state in OVER) + states["unknown"]
    bar = Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    bar.add_task(tally.batch or "jobs", total=len(tally.jobs), completed=settled)
    at_work = [job for job in tally.jobs.values() if job.state in ACTIVE]
    lines = [
        Text(plain(f"  {job.state:<9}{job.task.restaurant}  attempt {job.attempt}"))
        for job in at_work[:AT_WORK]
    ]
    if len(at_work) > AT_WORK:
        lines.append(Text(f"  and {len(at_work) - AT_WORK} more"))
    return Group(bar, Text(f"  {tally}"), *lines)
