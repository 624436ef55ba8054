"""Jobs for people and for programs. Pure: a job in, lines or plain values out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from engine.jobs.job import Job

TITLES = ("job", "state", "due", "language", "restaurant", "attempt", "outcome", "reason")
LONGEST = 48  # characters of a reason in the table; `jobs show` has all of it


def as_data(job: Job) -> dict[str, Any]:
    """A job as plain values, with every field: times in ISO, UTC."""
    return {field: msgspec.to_builtins(getattr(job, field)) for field in Job.__struct_fields__}


def table(jobs: Sequence[Job]) -> Iterator[str]:
    """A line of titles and one for each job, in columns. Has no numbers: it may end up in a log."""
    rows = [TITLES, *map(_row, jobs)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(TITLES))]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def line_of(job: Job) -> str:
    """One job in one line, for a log of what changes."""
    attempt = f", attempt {job.attempt}" if job.attempt else ""
    why = f": {job.reason}" if job.reason else ""
    return f"{job.id}  {job.state}{attempt}{why}"


def told(job: Job) -> Iterator[str]:
    """Everything of one job."""
    task, here = job.task, ZoneInfo(job.time_zone)
    yield f"job         {job.id}" + (f", batch {job.batch}" if job.batch else "")
    yield f"restaurant  {task.restaurant}, {task.language}"
    yield f"goal        {task.kind}: {task.date} {task.time}, {task.party_size} people, name {task.name}"
    yield (
        f"line        {job.line}"
        + (f", {job.to}" if job.to else "")
        + (f", {job.scenario}" if job.scenario else "")
    )
    yield f"may dial    {_when(job)}"
    yield f"policy      {_policy(job)}"
    yield f"state       {job.state}" + (f": {job.reason}" if job.reason else "")
    if job.state == "queued":
        yield f"due         {_at(job.due, here)}"
    if job.cancel_asked:
        yield "            to be hung up"
    yield f"attempts    {job.attempt}" + (f", on {job.engine}" if job.engine else "")
    if job.outcome:
        yield f"outcome     {job.outcome}"
    if job.cost_usd:
        yield f"cost        {job.cost_usd:.4f} USD"
    if job.call:
        yield f"call        {job.call}"
    if job.journal:
        yield f"journal     {job.journal}"
    for line in job.history:
        attempt = f" (attempt {line.attempt})" if line.attempt else ""
        yield f"{_at(line.at, here)}  {line.state}{attempt}  {line.words}".rstrip()


def _row(job: Job) -> tuple[str, ...]:
    due = f"{job.due.astimezone(ZoneInfo(job.time_zone)):%m-%d %H:%M}" if job.state == "queued" else "–"
    reason = job.reason if len(job.reason) <= LONGEST else f"{job.reason[: LONGEST - 1]}…"
    name = " ".join(job.task.restaurant.split())
    return job.id, job.state, due, job.task.language, name, str(job.attempt), job.outcome or "–", reason


def _when(job: Job) -> str:
    here = ZoneInfo(job.time_zone)
    parts = [job.hours or "at any time", job.days or "every day", job.time_zone]
    if job.not_before is not None:
        parts.append(f"not before {_at(job.not_before, here)}")
    if job.not_after is not None:
        parts.append(f"not after {_at(job.not_after, here)}")
    return ", ".join(parts)


def _policy(job: Job) -> str:
    parts = [
        f"{job.retry.attempts} attempts, {job.retry.call_backs} call-backs, {job.calls_a_day} calls a day"
    ]
    if job.budget_usd is not None:
        parts.append(f"at most {job.budget_usd:.2f} USD")
    if job.priority:
        parts.append(f"priority {job.priority}")
    return ", ".join(parts)


def _at(moment: datetime, place: ZoneInfo) -> str:
    return f"{moment.astimezone(place):%Y-%m-%d %H:%M:%S}"
