"""A job: one task for one restaurant, when and how often it may be called for it, and what has become of that so far.

Times are moments with a time zone; `hours` and `days` are read by the clock of the job's `time_zone`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Literal, get_args

import msgspec

from engine.protocol import Outcome, Task

State = Literal["queued", "reserved", "dialing", "talking", "done", "failed", "unknown", "cancelled"]
STATES: tuple[State, ...] = get_args(State)
ACTIVE: tuple[State, ...] = ("reserved", "dialing", "talking")
"""An engine has it."""
OVER: tuple[State, ...] = ("done", "failed", "cancelled")
"""Nothing happens with it any more, unless a person says so. `unknown` waits for one."""
JobLine = Literal["simulated", "sip"]
Cause = Literal[
    "busy", "no_answer", "unavailable", "unreachable", "network_away", "voicemail", "line_lost", "failed",
    "far_end_hung_up",
]  # fmt: skip
CAUSES: tuple[Cause, ...] = get_args(Cause)
"""Outcomes after which it may be tried again."""
MOST_ATTEMPTS = 20
Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class Part(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, gc=False
):
    """Every part of a job refuses fields that it does not know. No part can hold itself: nothing for the collector."""


class Backoff(Part, frozen=True, kw_only=True):
    """How long is waited after a cause: first_s, then each time factor times as long."""

    first_s: Annotated[int, msgspec.Meta(ge=0, le=604_800)]  # 0 = not tried again after this cause
    factor: Annotated[float, msgspec.Meta(ge=1, le=10)] = 2.0


BACK_OFF: dict[Cause, Backoff] = {
    "busy": Backoff(first_s=300),
    "no_answer": Backoff(first_s=1800),
    "unavailable": Backoff(first_s=900),
    "unreachable": Backoff(first_s=900),
    "network_away": Backoff(first_s=120),
    "voicemail": Backoff(first_s=7200, factor=1.0),
    "line_lost": Backoff(first_s=60),
    "failed": Backoff(first_s=60),
    "far_end_hung_up": Backoff(first_s=0),  # whoever hung up on us is called again by a person only
}
"""What a policy that does not name a cause does after it."""


class RetryPolicy(Part, frozen=True, kw_only=True):
    """How often a number is tried for one job, and how long is waited in between."""

    attempts: Annotated[int, msgspec.Meta(ge=1, le=MOST_ATTEMPTS)] = 3  # in all
    call_backs: Annotated[int, msgspec.Meta(ge=0, le=10)] = 2  # asked for by the restaurant, on top of those
    call_back_s: Annotated[int, msgspec.Meta(ge=60, le=604_800)] = 3600  # where they named no time
    after: dict[Cause, Backoff] = {}

    def back_off(self, cause: Cause) -> Backoff:
        """What this policy does after a cause."""
        return self.after.get(cause, BACK_OFF[cause])


class Happened(Part, frozen=True, kw_only=True):
    """One line of a job's history. Holds no number: it may be shown and logged."""

    at: Moment
    state: State  # from then on
    attempt: int = 0
    words: str = ""
    engine: str = ""


class Job(Part, frozen=True, kw_only=True):
    """What is wanted, what is allowed for it, and how it stands. Made by making.py, changed by lifecycle.py alone."""

    # what is wanted
    id: str  # sorts by the time at which it was made; see new_ids
    created_at: Moment
    task: Task
    line: JobLine = "simulated"
    to: str = (
        ""  # as it was written: a SIP address or number; on a simulated line whom it stands for, if anybody
    )
    number: str = (
        ""  # `to` as calls are counted: +COUNTRY NUMBER or user@host, see dial_guard.key; "" = not counted
    )
    scenario: str = ""  # file, for the simulated line
    account: str = ""  # SIP account; "" = the default one
    batch: str = ""  # name under which several were added together

    # what is allowed
    hours: str = ""  # "11:00-14:00,17:00-22:30"; "" = at any time that the dial guard lets through
    days: str = (
        ""  # "mon-fri,sun"; "" = every day; a window past midnight belongs to the day on which it opens
    )
    time_zone: str = "UTC"  # IANA's name
    not_before: Moment | None = None
    not_after: Moment | None = None  # later than this it is not dialled
    priority: Annotated[int, msgspec.Meta(ge=-1000, le=1000)] = 0  # the higher one first
    retry: RetryPolicy = RetryPolicy()
    budget_usd: Annotated[float, msgspec.Meta(ge=0)] | None = (
        None  # spent: not dialled again; None = no limit
    )
    calls_a_day: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 3  # to this number in 24 hours, over all jobs

    # how it stands
    state: State = "queued"
    due: Moment  # not dialled before this
    attempt: int = 0  # our own number of the last one that was begun; never counted by a queue
    counted_from: int = 0  # the attempt after which a person began anew: the policy counts from there
    call_backs: int = 0  # since then, as the restaurant asked
    call_back_at: Moment | None = None  # when they asked us to call; goes before `hours`
    cancel_asked: bool = False  # by a person, in mid-call: the line is to be hung up
    reason: str = ""  # of the state, for people
    outcome: Outcome | Literal[""] = ""  # of the last call
    engine: str = ""  # that has it, or had it last
    call: str = ""  # id of the last call there
    journal: str = ""  # its folder
    cost_usd: float = 0.0  # of all calls
    history: tuple[Happened, ...] = ()  # oldest first
    revision: int = 0  # counted up by the store with every change that it writes

    @property
    def tries(self) -> int:
        """Attempts that the policy counts: since a person began anew, and not those that were asked for."""
        return self.attempt - self.counted_from - self.call_backs


def new_ids(now: datetime, count: int, random_bits: int) -> list[str]:
    """Ids of jobs that are made at the same moment; they sort by time, and within it in the order of the list.

    random_bits: 23 random bits, so that two processes do not find the same ids in one millisecond.
    """
    stamp = f"{now.astimezone(UTC):%Y%m%d-%H%M%S}{now.microsecond // 1000:03}"
    return [f"{stamp}-{(random_bits & 0x7FFFFF) + number:06x}" for number in range(count)]


def encode(job: Job) -> bytes:
    """A job as JSON, as it lies in a store."""
    return msgspec.json.encode(job)


def decode(text: bytes | str) -> Job:
    """Raises msgspec.MsgspecError."""
    return _DECODER.decode(text)


def decoded(texts: Iterable[bytes | str]) -> list[Job]:
    """Raises msgspec.MsgspecError."""
    return [_DECODER.decode(text) for text in texts]


_DECODER = msgspec.json.Decoder(Job)
