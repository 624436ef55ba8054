"""The states of a job. Pure: a job, an event and the time in; the job as it is then, or a refusal, out.

    queued ──► reserved ──► dialing ──► talking ──► done | failed
       ▲           │           │           │
       │◄──────────┘           └─────┬─────┘ its engine is gone: nobody knows whether they were called
       │  (busy, nobody there,       ▼
       │   called back later)     unknown: waits for a person
       └── a person: retry           cancelled: a person, at any time before it is over

`dialing` is written by the store before anything is sent (JobStore.to_dialing). What was dialled, or may have been,
comes back into the queue only with an outcome that was heard of, or by a person's word.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from engine.jobs.job import ACTIVE, CAUSES, OVER, Happened, Job, State
from engine.jobs.rules import asked_moment, back_off, next_open
from engine.protocol import Outcome

GOALS: tuple[str, ...] = ("booked", "changed", "cancelled")
SETTLED: tuple[Outcome, ...] = ("booked", "changed", "cancelled", "no_table", "closed", "transferred")
"""The restaurant has answered: there is nothing to call about again."""
Recorded = Literal["open", "booked", "changed", "cancelled", "declined"]


class Refusal(msgspec.Struct, frozen=True):
    """The event cannot happen to this job now; `reason` is for people and names the next step."""

    reason: str


class Claimed(msgspec.Struct, frozen=True):
    """An engine is to have it."""

    engine: str


class Dialing(msgspec.Struct, frozen=True):
    """It is about to be dialled."""

    attempt: int


class Answered(msgspec.Struct, frozen=True):
    """They have picked up."""

    attempt: int
    call: str = ""  # its id in the engine


class Ended(msgspec.Struct, frozen=True):
    """The call is over, and its engine says how."""

    attempt: int
    outcome: Outcome
    recorded: Recorded = (
        "open"  # state of the reservation: what was agreed stays agreed however the call ended
    )
    reason: str = ""
    call_back_at: datetime | None = (
        None  # when they asked us to call; without a time zone: by the job's clock
    )
    cost_usd: float = 0.0
    call: str = ""
    journal: str = ""


class NotDialled(msgspec.Struct, frozen=True):
    """The engine has refused to place the call: for sure nothing was sent."""

    reason: str
    again_at: datetime | None = None  # where the refusal is one of time alone


class EngineLost(msgspec.Struct, frozen=True):
    """The engine, or who spoke with it, is gone, and says nothing more."""

    reason: str = "its engine ended without a word"


class Expired(msgspec.Struct, frozen=True):
    """There is no time left at which it may be dialled."""


class Cancel(msgspec.Struct, frozen=True):
    """A person wants nothing more of it."""

    by: str = "operator"


class Retry(msgspec.Struct, frozen=True):
    """A person wants it called (again)."""

    by: str = "operator"


Event = Claimed | Dialing | Answered | Ended | NotDialled | EngineLost | Expired | Cancel | Retry


def after(job: Job, event: Event, now: datetime) -> Job | Refusal:
    """The job after an event, with a line more in its history. Reads no clock and writes nothing."""
    allowed, step = _STEPS[type(event)]
    if job.state not in allowed:
        return Refusal(_not_now(job, event))
    attempt = getattr(event, "attempt", None)
    expected = job.attempt + 1 if isinstance(event, Dialing) else job.attempt
    if attempt is not None and attempt != expected:
        return Refusal(f"Attempt {attempt} of job {job.id} is not the one in hand, which is {expected}.")
    return step(job, event, now)


def _claimed(job: Job, event: Claimed, now: datetime) -> Job | Refusal:
    if now < job.due:
        return Refusal(f"Job {job.id} is not due before {job.due.isoformat(timespec='seconds')}.")
    return _to(job, "reserved", now, "an engine is kept for it", engine=event.engine)


def _dialing(job: Job, event: Dialing, now: datetime) -> Job:
    return _to(job, "dialing", now, attempt=event.attempt, call="", journal="", call_back_at=None)


def _answered(job: Job, event: Answered, now: datetime) -> Job:
    return _to(job, "talking", now, call=event.call or job.call)


def _ended(job: Job, event: Ended, now: datetime) -> Job:
    job = msgspec.structs.replace(
        job,
        outcome=event.recorded if event.recorded in GOALS else event.outcome,
        cost_usd=job.cost_usd + event.cost_usd,
        call=event.call or job.call,
        journal=event.journal or job.journal,
    )
    why = event.reason or job.outcome.replace("_", " ")
    if job.outcome in SETTLED:
        return _to(job, "done", now, why, cancel_asked=False)
    if job.cancel_asked:
        return _to(job, "cancelled", now, f"cancelled while it was called ({why})", cancel_asked=False)
    if job.state == "unknown":  # its engine was heard of again; what waits for a person stays with them
        return _to(job, "failed", now, f"{why}, as was heard later. `call-thing jobs retry` calls again")
    if job.outcome == "call_back":
        return _call_back(job, event.call_back_at, why, now)
    if job.outcome not in CAUSES:
        return _to(job, "failed", now, why)
    wait = back_off(job, job.outcome)
    if wait is None:
        times = "once" if job.tries == 1 else f"{job.tries} times"
        return _to(job, "failed", now, f"{why}; called {times}, and the policy wants no more")
    return _again(job, now + wait, why, now)


def _call_back(job: Job, asked: datetime | None, why: str, now: datetime) -> Job:
    if job.call_backs >= job.retry.call_backs:
        return _to(job, "failed", now, f"{why}; they have asked for more call-backs than the policy has")
    counted = msgspec.structs.replace(job, call_backs=job.call_backs + 1)
    if asked is None:
        return _again(counted, now + timedelta(seconds=job.retry.call_back_s), why, now)
    moment = max(asked_moment(job, asked, now), now)
    return _again(msgspec.structs.replace(counted, call_back_at=moment), moment, why, now)


def _not_dialled(job: Job, event: NotDialled, now: datetime) -> Job:
    if job.cancel_asked:
        return _to(job, "cancelled", now, event.reason, cancel_asked=False)
    if event.again_at is None:
        return _to(job, "failed", now, event.reason)
    return _again(job, max(event.again_at, now), event.reason, now)


def _engine_lost(job: Job, event: EngineLost, now: datetime) -> Job:
    if job.state == "reserved":
        return _to(job, "queued", now, event.reason)
    words = f"{event.reason}; they may have been called. Look, then `call-thing jobs retry` or `cancel`"
    return _to(job, "unknown", now, words)


def _expired(job: Job, event: Expired, now: datetime) -> Job:
    return _to(job, "failed", now, "no time is left at which it may be dialled")


def _cancel(job: Job, event: Cancel, now: datetime) -> Job:
    if job.state in ("dialing", "talking"):
        return _to(job, job.state, now, f"{event.by} wants it hung up", cancel_asked=True)
    return _to(job, "cancelled", now, f"cancelled by {event.by}")


def _retry(job: Job, event: Retry, now: datetime) -> Job | Refusal:
    job = msgspec.structs.replace(
        job, counted_from=job.attempt, call_backs=0, call_back_at=None, cancel_asked=False
    )
    due = next_open(job, now)
    if due is None:
        return Refusal(f"Job {job.id} has no time left at which it may be dialled. Add a new job.")
    if _spent(job):
        return Refusal(f"Job {job.id} has spent its budget of {job.budget_usd} USD. Add a new job.")
    return _to(job, "queued", now, f"called again, says {event.by}", due=due)


def _again(job: Job, moment: datetime, why: str, now: datetime) -> Job:
    """Back into the queue, for a moment from this one on; or failed, where it may not be dialled any more."""
    if _spent(job):
        return _to(job, "failed", now, f"{why}; its budget of {job.budget_usd} USD is spent")
    due = next_open(job, moment)
    if due is None:
        return _to(job, "failed", now, f"{why}; no time is left at which it may be dialled")
    return _to(job, "queued", now, why, due=due)


def _spent(job: Job) -> bool:
    return job.budget_usd is not None and job.cost_usd > 0 and job.cost_usd >= job.budget_usd


def _to(job: Job, state: State, now: datetime, words: str = "", **fields: object) -> Job:
    job = msgspec.structs.replace(job, **fields, state=state, reason=words)
    happened = Happened(at=now, state=state, attempt=job.attempt, words=words, engine=job.engine)
    return msgspec.structs.replace(job, history=(*job.history, happened))


def _not_now(job: Job, event: Event) -> str:
    match event:
        case Cancel():
            return f"Job {job.id} is over ({job.state}); there is nothing left to cancel."
        case Retry() if job.state == "done":
            return f"Job {job.id} is done ({job.outcome}). Add a new job to call them about something else."
        case Retry() if job.state == "queued":
            due = job.due.isoformat(timespec="seconds")
            return f"Job {job.id} is in the queue already, due {due}."
        case Retry():
            return f"Job {job.id} is being called ({job.state}). Wait until it is over, or cancel it."
    return f"Job {job.id} is {job.state}: {type(event).__name__} comes too late, or too early."


_Step = Callable[..., Job | Refusal]
_STEPS: dict[type[Event], tuple[tuple[State, ...], _Step]] = {
    Claimed: (("queued",), _claimed),
    Dialing: (("reserved",), _dialing),
    Answered: (("dialing",), _answered),
    Ended: (("dialing", "talking", "unknown"), _ended),
    NotDialled: (("reserved", "dialing"), _not_dialled),
    EngineLost: (ACTIVE, _engine_lost),
    Expired: (("queued",), _expired),
    Cancel: (("queued", *ACTIVE, "unknown"), _cancel),
    Retry: (("failed", "cancelled", "unknown"), _retry),
}
assert set(OVER).isdisjoint(_STEPS[Cancel][0])  # what is over is not cancelled
