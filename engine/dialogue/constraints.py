"""What the person allowed, as code. No sentence of the far end and no model can widen it."""

from __future__ import annotations

from typing import Any

import msgspec

from engine.dialogue.tools import BadArguments, Book, Cancel, Change, parse
from engine.protocol import Task

TOOL_OF_KIND = {"book": "book", "change": "change", "cancel": "cancel"}


class Allowed(msgspec.Struct, frozen=True):
    """The tool may run."""


class Refusal(msgspec.Struct, frozen=True):
    """The tool may not run; `reason` says why and what would be allowed, for a model."""

    reason: str


def check(task: Task, tool: str, arguments: dict[str, Any]) -> Allowed | Refusal:
    """May this tool run with these arguments?"""
    try:
        given = parse(tool, arguments)
    except BadArguments as error:
        return Refusal(str(error))
    if tool in TOOL_OF_KIND.values() and tool != TOOL_OF_KIND[task.kind]:
        return Refusal(f"This call is to {task.kind} a booking; the tool {tool} is not for it.")
    if isinstance(given, Book | Change):
        return _check_booking(task, given)
    if isinstance(given, Cancel):
        return _check_cancelling(task, given)
    return Allowed()


def acceptable_date(task: Task, date: str) -> bool:
    """Would this day do?"""
    return date == task.date or date in task.accept_dates


def acceptable_time(task: Task, time: str) -> bool:
    """Would this time do? Times are HH:MM and do not pass midnight."""
    earliest, latest = time_window(task)
    return time == task.time or time in task.accept_times or earliest <= time <= latest


def time_window(task: Task) -> tuple[str, str]:
    """Earliest and latest time that would do."""
    return task.accept_from or task.time, task.accept_until or task.time


def widened(task: Task, granted: dict[str, Any]) -> Task:
    """The task with a date, a time or a party size that the person, or the operator for them, has allowed as well.

    A party size and a name replace those asked for.
    """
    date, time = granted.get("date", ""), granted.get("time", "")
    changes: dict[str, Any] = {}
    if date and not acceptable_date(task, date):
        changes["accept_dates"] = (*task.accept_dates, date)
    if time and not acceptable_time(task, time):
        changes["accept_times"] = (*task.accept_times, time)
    changes |= {field: granted[field] for field in ("party_size", "name") if granted.get(field)}
    return msgspec.structs.replace(task, **changes) if changes else task


def _check_booking(task: Task, given: Book) -> Allowed | Refusal:
    if not acceptable_date(task, given.date):
        days = ", ".join((task.date, *task.accept_dates))
        return Refusal(f"date {given.date} is not allowed; allowed: {days}")
    if not acceptable_time(task, given.time):
        earliest, latest = time_window(task)
        window = task.time if earliest == latest else f"{task.time}, or {earliest} to {latest}"
        return Refusal(f"time {given.time} is not allowed; allowed: {window}")
    if given.party_size != task.party_size:
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
