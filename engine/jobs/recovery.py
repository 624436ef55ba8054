"""After a crash: jobs whose engine is gone go back into the queue, or wait for a person.

Who calls this has to be sure that the engine is gone: what is only slow may still dial what it has begun. A job that
was taken back before that, from an engine which is alive after all, is safe all the same: its to_dialing is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from engine.jobs.job import ACTIVE, Job
from engine.jobs.lifecycle import EngineLost, Refusal, after
from engine.jobs.store import JobFilter, JobStore, StaleJob

PAGE = 200


def take_back(store: JobStore, is_gone: Callable[[Job], bool], now: datetime, reason: str = "") -> list[Job]:
    """Settle every job in hand whose engine is gone, and return them: `queued` what was not dialled, else `unknown`.

    is_gone: of a job, whether whoever has it (Job.engine) will say no more. A job that changed meanwhile is left alone.
    """
    event = EngineLost(reason) if reason else EngineLost()
    settled: list[Job] = []
    last = ""
    while page := store.list(JobFilter(states=ACTIVE, after=last, limit=PAGE)):
        last = page[-1].id
        for job in filter(is_gone, page):
            changed = after(job, event, now)
            if isinstance(changed, Refusal):
                continue
            try:
                settled.append(store.update(changed))
            except StaleJob:
                continue
    return settled
