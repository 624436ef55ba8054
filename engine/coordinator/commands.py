"""A job as an engine is told it, and when it is tried again where the engine would not. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from engine.errors import CallRefused, ExitCode, SettingsError
from engine.jobs.job import Job
from engine.jobs.rules import task_on
from engine.lines.accounts import account_for
from engine.lines.dial_guard import may_dial
from engine.protocol import PlaceCall
from engine.settings import Settings

OUR_FAULT = (ExitCode.ENGINE, ExitCode.STATE, ExitCode.MODEL)
"""Refusals that say nothing of the job: another engine, or this one later, may place it."""
OUR_FAULT_WAIT = timedelta(seconds=60)
STEP = timedelta(minutes=15)
LOOK_AHEAD = timedelta(days=3)
COUNTED = timedelta(hours=1)  # until a number's calls of the last 24 hours are fewer


def key_of(job: Job) -> str:
    """The key of a job's attempt: no two calls have the same."""
    return f"{job.id}/{job.attempt}"


def command_for(job: Job, now: datetime) -> PlaceCall:
    """The call of a job that is in `dialing`."""
    sip = job.line == "sip"
    return PlaceCall(
        task=task_on(job, now),
        scenario="" if sip else job.scenario,
        line=job.line,
        to=job.to if sip else "",
        account=job.account if sip else "",
        key=key_of(job),
        job=job.id,
    )


def again_at(job: Job, refused: CallRefused, settings: Settings, now: datetime) -> datetime | None:
    """When to try again after an engine has refused to place a job's call; None: never."""
    if refused.exit_code in OUR_FAULT:
        return now + OUR_FAULT_WAIT
    if job.line != "sip":
        return None
    try:
        address, _ = account_for(job.to, job.account, settings)
    except (CallRefused, SettingsError):
        return None
    always = msgspec.structs.replace(settings.dial, hours="00:00-24:00")
    if may_dial(address, now, always, 0) is not None:
        return None
    moment = now
    while moment < now + LOOK_AHEAD:
        if may_dial(address, moment, settings.dial, 0) is None:
            return moment if moment > now else now + COUNTED
        moment += STEP
    return None
