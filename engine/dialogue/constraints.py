"""What the person allowed, as code. No sentence of the far end and no model can widen it.

An operator, who speaks for the person, can: for one call, by what is `Granted`.
"""

from __future__ import annotations

from typing import Any

import msgspec

from engine.dialogue.tools import BadArguments, Book, Cancel, Change, parse
from engine.protocol import Task

TOOL_OF_KIND = {"book": "book", "change": "change", "cancel": "cancel"}


class Granted(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an operator allowed in this call besides the task."""

    dates: tuple[str, ...] = ()  # ISO
    times: tuple[str, ...] = ()  # HH:MM
    windows: tuple[tuple[str, str], ...] = ()  # earliest and latest time
    party_sizes: tuple[int, ...] = ()

    def __or__(self, more: Granted) -> Granted:
        """Both together."""
        both = Granted(
            tuple(dict.fromkeys((*self.dates, *more.dates))),
            tuple(dict.fromkeys((*self.times, *more.times))),
            tuple(dict.fromkeys((*self.windows, *more.windows))),
            tuple(dict.fromkeys((*self.party_sizes, *more.party_sizes))),
        )
        return self if both == self else both


NOTHING = Granted()


class Allowed(msgspec.Struct, frozen=True):
    """The tool may run."""


class Refusal(msgspec.Struct, frozen=True):
    """The tool may not run; `reason` says why and what would be allowed, for a model."""

    reason: str


def check(task: Task, tool: str, arguments: dict[str, Any], granted: Granted = NOTHING) -> Allowed | Refusal:
    """May this tool run with these arguments?"""
    try:
        given = parse(tool, arguments)
    except BadArguments as error:
        return Refusal(str(error))
    if tool in TOOL_OF_KIND.values() and tool != TOOL_OF_KIND[task.kind]:
        return Refusal(f"This call is to {task.kind} a booking; the tool {tool} is not for it.")
    if isinstance(given, Book | Change):
        return _check_booking(task, given, granted)
    if isinstance(given, Cancel):
        return _check_cancelling(task, given)
    return Allowed()


def acceptable_date(task: Task, date: str, granted: Granted = NOTHING) -> bool:
    """Would this day do?"""
    return date == task.date or date in (*task.accept_dates, *granted.dates)


def acceptable_time(task: Task, time: str, granted: Granted = NOTHING) -> bool:
    """Would this time do? Times are HH:MM and do not pass midnight."""
    windows = (time_window(task), *granted.windows)
    single = (task.time, *task.accept_times, *granted.times)
    return time in single or any(first <= time <= last for first, last in windows)


def time_window(task: Task) -> tuple[str, str]:
    """Earliest and latest time that would do."""
    return task.accept_from or task.time, task.accept_until or task.time


def _check_booking(task: Task, given: Book, granted: Granted) -> Allowed | Refusal:
    if not acceptable_date(task, given.date, granted):
        days = ", ".join((task.date, *task.accept_dates, *granted.dates))
        return Refusal(f"date {given.date} is not allowed; allowed: {days}")
    if not acceptable_time(task, given.time, granted):
        earliest, latest = time_window(task)
        window = task.time if earliest == latest else f"{task.time}, or {earliest} to {latest}"
        return Refusal(f"time {given.time} is not allowed; allowed: {window}")
    if given.party_size not in (task.party_size, *granted.party_sizes):
        return Refusal(f"party_size {given.party_size} is not allowed; it is {task.party_size}")
    if given.name.casefold() != task.name.casefold():
        return Refusal(f"the name is {task.name}, not {given.name}")
    if given.phone and given.phone != task.phone:
        return Refusal("this phone number may not be given")
    return Allowed()


def _check_cancelling(task: Task, given: Cancel) -> Allowed | Refusal:
    date, time = task.old_date or task.date, task.old_time or task.time
    if given.date not in (None, date) or given.time not in (None, time):
        return Refusal(f"only the booking on {date} at {time} may be cancelled")
    if given.name and given.name.casefold() != task.name.casefold():
        return Refusal(f"only a booking of {task.name} may be cancelled")
    return Allowed()
