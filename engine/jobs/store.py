"""What a store of jobs can do: the contract that every one of them keeps, proved in tests/unit/test_jobs_store.py.

A job is changed by whoever holds its latest revision. So nothing is overwritten unseen: who comes second is told
StaleJob, reads the job again and decides anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from engine.errors import JobError
from engine.jobs.job import Job, State


class StaleJob(JobError):
    """The job has changed since it was read, or was dialled already. Nothing was written; nothing may be dialled."""


class JobFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which jobs; all that is given must hold."""

    states: tuple[State, ...] = ()  # () = all
    batch: str = ""
    language: str = ""
    number: str = ""  # as calls are counted, see Job.number
    after: str = ""  # only ids behind this one: the last one of the page before
    limit: int = 100


class Watch(Protocol):
    """What changes in a store, for one thread."""

    def next(self, timeout_s: float) -> list[Job]:
        """Jobs that are new or changed, in the latest state; waits for the first. [] when the time is up.

        The first call gives every job there is. Changes in quick succession may come as one, the last is never lost.
        """
        ...

    def close(self) -> None: ...


class JobStore(Protocol):
    """The jobs. For one thread; other processes and machines may use the same store.

    Every method raises StateError, with the next step, when the store cannot do its part.
    """

    def add(self, jobs: Sequence[Job]) -> None:
        """Write new jobs, all of them or none. Raises JobError where an id is taken."""
        ...

    def get(self, job_id: str) -> Job | None: ...

    def list(self, wanted: JobFilter) -> list[Job]:
        """A page of jobs, by id: the oldest first."""
        ...

    def counts(self, batch: str = "") -> dict[State, int]:
        """How many jobs are in each state that has any."""
        ...

    def claim(self, now: datetime, engine: str) -> Job | None:
        """Reserve the next job for an engine: the highest priority, then the longest due. None: none may be dialled.

        engine: a name that no engine has had before, since jobs of one that is gone are known by it.

        A job stays in the queue while another one holds its number: one that an engine has, or that has been unknown
        for less than rules.LONGEST_CALL. One whose time has not come is put off to when it does; one whose time is over
        becomes `failed`.
        """
        ...

    def to_dialing(self, job: Job, attempt: int, now: datetime) -> Job:
        """The job is about to be dialled for the attempt job.attempt + 1; that is on the disk when this returns.

        The only way into `dialing`. Each attempt passes once, whoever asks. After a StaleJob nothing may be dialled.
        """
        ...

    def update(self, job: Job) -> Job:
        """Write a job as lifecycle.after gave it, and return it with its new revision.

        Raises StaleJob where the store's is not the revision that it was made from, JobError where it would dial.
        """
        ...

    def warm(self) -> None:
        """Do beforehand what would keep the first calls waiting: for who is going to claim, once. Nobody has to.

        What it writes nobody sees.
        """
        ...

    def watch(self) -> Watch: ...

    def close(self) -> None: ...


def check_update(old: Job, new: Job) -> None:
    """Raises StaleJob or JobError where `new` must not take the place of `old`, the job as it lies in the store."""
    if old.revision != new.revision:
        raise StaleJob(
            f"Job {new.id} has changed since it was read: it is {old.state} now. Read it again, then decide."
        )
    if new.attempt != old.attempt or (new.state == "dialing" and old.state != "dialing"):
        raise JobError(f"Job {new.id}: only to_dialing begins an attempt. Nothing was written.")


def check_dialing(old: Job | None, job: Job, attempt: int) -> None:
    """Raises StaleJob where this attempt of a job must not be dialled; `old` is the job as it lies in the store."""
    if old is None or old.revision != job.revision or old.state != "reserved" or attempt != old.attempt + 1:
        state = "gone" if old is None else old.state
        raise StaleJob(f"Job {job.id} is {state} by now; attempt {attempt} of it is not dialled.")
