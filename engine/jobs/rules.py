"""When a job may be dialled next. Pure: a job, a time and what was dialled in, a moment out.

Windows are stretches between two moments, so that summer time changes them as it changes an opening hour on a wall:
one that begins in the missing hour begins when the clock jumps, and in the hour that comes twice the first counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
import phonenumbers
from phonenumbers import timezone

from engine.jobs.job import Cause, Job
from engine.lines.dial_guard import UNKNOWN_ZONE, key, read
from engine.protocol import Task
from engine.settings import DialSettings
from engine.settings_checks import hours as minutes_of

DAY = timedelta(hours=24)
LOOK_AHEAD_DAYS = 15  # a weekly window whose hour is missing once is there again a week later
CALL_BACK_WINDOW = timedelta(minutes=30)  # so long after the time they asked for, `hours` do not matter
LONGEST_CALL = timedelta(seconds=2100)  # longer than a call can last, see lines/placing.py
SCENARIO_CLOCK = "12:00"  # of the call of a scenario that names no time
LONGEST_BACK_OFF_S = 604_800.0  # a week
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

Window = tuple[int, int]  # minutes after midnight; the second may be the smaller one: past midnight


def windows(hours: str) -> tuple[Window, ...]:
    """The windows of "11:00-14:00,17:00-22:30", in their order; none of "". Raises ValueError."""
    found = sorted(minutes_of(part.strip()) for part in hours.split(",")) if hours.strip() else []
    for (begin, end), (next_begin, _) in pairwise(found):
        if end > next_begin or end <= begin:
            raise ValueError(f'"{hours}" has windows that overlap; join them into one')
    return tuple(found)


def weekdays(days: str) -> frozenset[int]:
    """The days of "mon-fri,sun", 0 = Monday; all of them of "". Raises ValueError."""
    if not days.strip():
        return frozenset(range(7))
    found: set[int] = set()
    for part in days.lower().split(","):
        first, dash, last = (word.strip() for word in part.partition("-"))
        if first not in DAYS or (dash and last not in DAYS):
            raise ValueError(f'"{part.strip()}" is no day. Write days as mon, tue-fri or sat,sun')
        begin = DAYS.index(first)
        length = (DAYS.index(last) - begin) % 7 if dash else 0
        found.update((begin + step) % 7 for step in range(length + 1))
    return frozenset(found)


def zone(name: str) -> ZoneInfo:
    """A time zone by its name. Raises ValueError."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(
            f'"{name}" is no time zone that this machine knows. Write one such as Europe/Berlin; '
            "where even that is not known: sudo apt-get install tzdata"
        ) from None


def number_of(to: str, rules: DialSettings, provider: str) -> str:
    """What calls to this address are counted by, as the dial guard does it. Raises CallRefused."""
    return key(read(to, rules, provider))


def zone_of(number: str) -> str:
    """The time zone of a number, where it can only be one; else ""."""
    if not number.startswith("+") or not number[1:].isdigit():
        return ""
    try:
        zones = timezone.time_zones_for_number(phonenumbers.parse(number, None))
    except phonenumbers.NumberParseException:
        return ""
    return zones[0] if len(zones) == 1 and zones[0] != UNKNOWN_ZONE else ""


def next_open(job: Job, moment: datetime) -> datetime | None:
    """The first moment from this one on at which the job's windows let it be dialled; None where there is none.

    Knows nothing of what was dialled before.
    """
    earliest = max(moment, job.not_before) if job.not_before else moment
    found = _asked_for(job, earliest) or _in_windows(job, earliest)
    return None if found is None or (job.not_after is not None and found > job.not_after) else found


def next_dial(job: Job, now: datetime, dialled: Sequence[datetime]) -> datetime | None:
    """When the job may be dialled: `now` itself, or later; None for never.

    dialled: when its number was, over all jobs.
    """
    moment = next_open(job, max(now, job.due))
    while moment is not None:
        recent = sorted(at for at in dialled if at > moment - DAY)
        if len(recent) < job.calls_a_day:
            return moment
        moment = next_open(job, recent[-job.calls_a_day] + DAY)
    return None


def task_on(job: Job, now: datetime) -> Task:
    """What the agent is told when it is dialled now: "Friday" and "in an hour" are read from then on.

    A scenario has a today of its own.
    """
    if job.scenario:
        return job.task
    local = now.astimezone(zone(job.time_zone))
    return msgspec.structs.replace(job.task, today=local.date().isoformat(), now=f"{local:%H:%M}")


def asked_moment(job: Job, asked: datetime, now: datetime) -> datetime:
    """When a restaurant wants to be called again; without a time zone it is said by the clock of the job's.

    now: when the call has ended. A scenario has days of its own: what counts is how far from its call it lies.
    """
    if asked.tzinfo is not None:
        return asked
    if job.scenario:
        began = datetime.fromisoformat(f"{job.task.today}T{job.task.now or SCENARIO_CLOCK}")
        return now + (asked - began)
    return _moment(asked.date(), asked.hour * 60 + asked.minute, zone(job.time_zone))


def back_off(job: Job, cause: Cause) -> timedelta | None:
    """How long to wait after this cause before the next attempt; None where there is to be none."""
    policy = job.retry.back_off(cause)
    if policy.first_s == 0 or job.tries >= job.retry.attempts:
        return None
    seconds = policy.first_s * policy.factor ** max(0, job.tries - 1)
    return timedelta(seconds=min(seconds, LONGEST_BACK_OFF_S))


def _asked_for(job: Job, earliest: datetime) -> datetime | None:
    asked = job.call_back_at
    return max(asked, earliest) if asked is not None and earliest < asked + CALL_BACK_WINDOW else None


def _in_windows(job: Job, earliest: datetime) -> datetime | None:
    if not job.hours and not job.days:
        return earliest
    for begin, end in _stretches(job, earliest):
        if (moment := max(begin, earliest)) < end:
            return moment
    return None


def _stretches(job: Job, earliest: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The job's windows as moments, from the day before on: that one may reach past midnight."""
    place, open_on = zone(job.time_zone), weekdays(job.days)
    of_a_day = windows(job.hours) or ((0, 24 * 60),)
    first = earliest.astimezone(place).date() - timedelta(days=1)
    for day in (first + timedelta(days=number) for number in range(LOOK_AHEAD_DAYS + 1)):
        if day.weekday() in open_on:
            for begin, end in of_a_day:
                last = end if end > begin else end + 24 * 60
                yield _moment(day, begin, place), _moment(day, last, place)


def _moment(day: date, minutes: int, place: ZoneInfo) -> datetime:
    """When the clock of a place shows this time. In an hour that is missing: when the clock jumps over it."""
    wall = datetime.combine(day, datetime.min.time()) + timedelta(minutes=minutes)
    before = wall.replace(tzinfo=place, fold=0).astimezone(UTC)
    if before.astimezone(place).replace(tzinfo=None) == wall:
        return before
    low, high = wall.replace(tzinfo=place, fold=1).astimezone(UTC), before
    old = low.astimezone(place).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        low, high = (middle, high) if middle.astimezone(place).utcoffset() == old else (low, middle)
    return high.replace(microsecond=0)
