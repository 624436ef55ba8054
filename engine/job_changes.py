"""Finding jobs by what a person writes, and changing them for a person, beside whoever else changes them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from engine.errors import JobError

if TYPE_CHECKING:
    from engine.jobs.job import Job
    from engine.jobs.lifecycle import Event
    from engine.jobs.store import JobStore

PAGE = 500
TRIES = 5  # to change a job that others change at the same moment


def change(store: JobStore, job: Job, event: Event) -> Job:
    """The job after an event, as it was written. Raises JobError where that cannot happen to it, with the next step."""
    from engine.jobs.lifecycle import Refusal, after
    from engine.jobs.store import StaleJob

    for _ in range(TRIES):
        changed = after(job, event, datetime.now(UTC))
        if isinstance(changed, Refusal):
            raise JobError(changed.reason)
        try:
            return store.update(changed)
        except StaleJob:
            latest = store.get(job.id)
            if latest is None:
                raise
            job = latest
    raise JobError(f"Job {job.id} changes all the time ({job.state}). Try again.")


def one(store: JobStore, name: str) -> Job:
    """The job with this id, or whose id begins or ends so. Raises JobError where that is none or several."""
    if (exact := store.get(name)) is not None:
        return exact
    found = [job for job in every(store) if job.id.startswith(name) or job.id.endswith(name)]
    if len(found) == 1:
        return found[0]
    if not found:
        raise JobError(f"No job's id begins or ends with {name}. `call-thing jobs list` shows them.")
    some = ", ".join(job.id for job in found[:5])
    raise JobError(f"{len(found)} jobs' ids begin or end with {name}: {some}. Write more of it.")


def every(store: JobStore, batch: str = "") -> Iterator[Job]:
    """All jobs, or those of a batch, the oldest first."""
    from engine.jobs.store import JobFilter

    last = ""
    while page := store.list(JobFilter(batch=batch, after=last, limit=PAGE)):
        yield from page
        last = page[-1].id
