"""What the person allowed, as code. No sentence of the far end and no model can widen it.

An operator, who speaks for the person, can: for one call, by what is `Granted`.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

import msgspec

from engine.dialogue.tools import (
    CONFIRMED_FIELDS,
    BadArguments,
    Book,
    Cancel,
    LeaveMessage,
    parse,
    same_booking,
)
from engine.protocol import Reservation, Task

_LONG_NUMBER = re.compile(r"\d[\d ()./-]{3,}\d")  # five figures or more: no time, and no number of people
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


def check(
    task: Task,
    tool: str,
    arguments: dict[str, Any],
    granted: Granted = NOTHING,
    record: Reservation | None = None,
) -> Allowed | Refusal:
    """May this tool run with these arguments?

    record: the reservation as it is, where what is recorded already must stay; an operator may replace it.
    """
    try:
        given = parse(tool, arguments)
    except BadArguments as error:
        return Refusal(str(error))
    if tool in TOOL_OF_KIND.values() and tool != TOOL_OF_KIND[task.kind]:
        return Refusal(f"This call is to {task.kind} a booking; the tool {tool} is not for it.")
    if isinstance(given, Book):
        return _check_booking(task, given, granted) or _check_record(task, given, record) or Allowed()
    if isinstance(given, Cancel):
        return _check_cancelling(task, given) or Allowed()
    if isinstance(given, LeaveMessage):
        return _check_message(task, given) or Allowed()
    return Allowed()


def as_the_task_has_it(task: Task, arguments: dict[str, Any]) -> dict[str, Any]:
    """Arguments that were allowed, with name and phone number as the person wrote them."""
    own = {"name": task.name, "phone": task.phone}
    return {name: own.get(name, value) if value else value for name, value in arguments.items()}


def acceptable_date(task: Task, date: str, granted: Granted = NOTHING) -> bool:
    """Would this day do? One that is over never does."""
    return date >= task.today and (date == task.date or date in (*task.accept_dates, *granted.dates))


def acceptable_time(task: Task, time: str, granted: Granted = NOTHING) -> bool:
    """Would this time do? Times are HH:MM and do not pass midnight."""
    windows = (time_window(task), *granted.windows)
    single = (task.time, *task.accept_times, *granted.times)
    return time in single or any(first <= time <= last for first, last in windows)


def time_window(task: Task) -> tuple[str, str]:
    """Earliest and latest time that would do."""
    return task.accept_from or task.time, task.accept_until or task.time


def _check_booking(task: Task, given: Book, granted: Granted) -> Refusal | None:
    if given.date < task.today:
        return Refusal(f"date {given.date} is past; today is {task.today}")
    if not acceptable_date(task, given.date, granted):
        days = ", ".join(dict.fromkeys((task.date, *task.accept_dates, *granted.dates)))
        return Refusal(f"date {given.date} is not allowed; allowed: {days}")
    if not acceptable_time(task, given.time, granted):
        return Refusal(f"time {given.time} is not allowed; allowed: {_times(task, granted)}")
    if given.party_size not in (task.party_size, *granted.party_sizes):
        people = " or ".join(map(str, dict.fromkeys((task.party_size, *granted.party_sizes))))
        return Refusal(f"party_size {given.party_size} is not allowed; it is {people}")
    if not _same_name(given.name, task.name):
        return Refusal(f"the name is {task.name}, not {given.name}")
    if given.phone and _figures(given.phone) != _figures(task.phone):
        allowed = f"only {task.phone}" if task.phone else "none; leave it out"
        return Refusal(f"this phone number may not be given; allowed: {allowed}")
    return None


def _check_record(task: Task, given: Book, record: Reservation | None) -> Refusal | None:
    """What is recorded stays: neither a second thought of theirs nor a model's replaces a booking that was agreed."""
    if record is None or record.status not in ("booked", "changed"):
        return None
    if same_booking(record, msgspec.structs.replace(given, name=task.name)):
        return None
    kept = ", ".join(f"{field} {getattr(record, field)}" for field in CONFIRMED_FIELDS)
    return Refusal(
        f"it is {record.status} already and stays so: {kept}; another booking is for a person to make"
    )


def _check_cancelling(task: Task, given: Cancel) -> Refusal | None:
    date, time = task.old_date or task.date, task.old_time or task.time
    if given.date not in (None, date) or given.time not in (None, time):
        return Refusal(f"only the booking on {date} at {time} may be cancelled")
    if given.name and not _same_name(given.name, task.name):
        return Refusal(f"only a booking of {task.name} may be cancelled")
    return None


def _check_message(task: Task, given: LeaveMessage) -> Refusal | None:
    own = (_figures(task.phone), _figures(task.phone).removeprefix("+"))
    foreign = [number for number in _LONG_NUMBER.findall(given.text) if _figures(number) not in own]
    if foreign:
        return Refusal(f"a message holds no number but the person's own; allowed: {task.phone or 'none'}")
    return None


def _times(task: Task, granted: Granted) -> str:
    """The times that would do, for a model."""
    windows = [(first, last) for first, last in (time_window(task), *granted.windows) if first != last]
    single = dict.fromkeys((task.time, *task.accept_times, *granted.times))
    return ", or ".join([", ".join(single), *(f"{first} to {last}" for first, last in windows)])


def _same_name(given: str, name: str) -> bool:
    """The same letters in the same order; only case, spaces and the way accents are encoded may differ."""
    return _plain_name(given) == _plain_name(name)


def _plain_name(name: str) -> str:
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())


def _figures(phone: str) -> str:
    """A phone number without what only groups it; anything else in it makes it another one."""
    return re.sub(r"[ ()./-]", "", phone)
