"""Jobs for tests: one restaurant, an evening in summer, and whatever a test says is different."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from engine.jobs.job import ACTIVE, Job, new_ids
from engine.jobs.lifecycle import EngineLost, Event, Refusal, after
from engine.jobs.store import JobFilter, JobStore, StaleJob
from engine.protocol import Task

NOON = datetime(2026, 6, 3, 12, 0, tzinfo=UTC)  # a Wednesday
TASK = Task(
    restaurant="Zur Linde", today="2026-06-03", date="2026-06-05", time="19:00", party_size=4, name="Mason"
)


def a_job(count: int = 0, **fields: Any) -> Job:
    """A job that is due at noon. count: makes another id, later in the order."""
    made = NOON - timedelta(hours=1) + timedelta(milliseconds=count)
    fields = {"number": f"+4930{1234567 + count}", "due": NOON, **fields}
    return Job(id=new_ids(made, 1, count)[0], created_at=made, task=TASK, **fields)


def became(job: Job, *events: Event, now: datetime = NOON) -> Job:
    """The job after events that must all be possible."""
    for event in events:
        changed = after(job, event, now)
        assert not isinstance(changed, Refusal), changed.reason
        job = changed
    return job


def engine_died(store: JobStore, engine: str, now: datetime = NOON) -> list[Job]:
    """Settle what a dead engine had in hand, and give it back. What somebody else was faster with is left alone."""
    settled = []
    for job in store.list(JobFilter(states=ACTIVE)):
        if job.engine == engine and isinstance(lost := after(job, EngineLost(), now), Job):
            try:
                settled.append(store.update(lost))
            except StaleJob:
                continue
    return settled
