"""The agent's sentences: templates of the language, filled with what the task holds and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from string import Formatter

from engine.dialogue.constraints import time_window
from engine.dialogue.spoken import speakable
from engine.languages import Language
from engine.languages.words import say_date, say_party, say_phone, say_time, spell
from engine.protocol import Task

ANSWERS = (
    "answer_party_size",
    "answer_date",
    "answer_time",
    "answer_name",
    "answer_restaurant",
    "answer_phone",
    "answer_no_phone",
    "answer_spelling",
    "answer_robot",
    "answer_wishes",
    "answer_no_wishes",
    "answer_nothing_else",
)


def refill(
    template: str,
    task: Task,
    language: Language,
    date: str = "",
    time: str = "",
    other_date: str = "",
    wish: str = "",
    other_time: str = "",
    call_back: str = "",
    offered_time: str = "",
) -> str:
    """`template` with every {slot} filled from the task.

    date, time: what has been agreed in place of the task's own; other_date, other_time: that are being asked for;
    wish: what an operator wishes besides; call_back: when they want to be called again, as in Reservation.
    offered_time: what they offer instead.
    Raises ValueError for a slot that does not exist or has no value.
    """
    asked = {
        "wish": speakable(wish, language.code) if wish else "",
        "other_time": say_time(other_time, language) if other_time else "",
        "offered_time": say_time(offered_time, language) if offered_time else "",
        "call_date": say_date(call_back[:10], language) if call_back else "",
        "call_time": say_time(call_back[11:], language) if call_back else "",
    }
    parts = []
    for literal, slot, _, _ in Formatter().parse(template):
        parts.append(literal)
        if slot is not None:
            own = asked.get(slot, "")
            parts.append(own or _slot(slot, task, language, date or task.date, time or task.time, other_date))
    return "".join(parts)


def can_say(key: str, task: Task, language: Language) -> bool:
    """Has the task what this sentence needs? A name may have no letters, a phone number no digits."""
    try:
        refill(getattr(language.say, key), task, language)
    except ValueError:
        return False
    return True


def is_answer(template: str, language: Language) -> bool:
    """Is this one of the language's pure answers, which may be said without further thought?"""
    return template in {getattr(language.say, key) for key in ANSWERS}


def surname(name: str) -> str:
    """The last word of a name: what is spelled, and what a table is usually kept under."""
    return name.split()[-1] if name.split() else name


def _slot(name: str, task: Task, language: Language, date: str, time: str, other_date: str) -> str:
    earliest, latest = time_window(task)
    values: dict[str, Callable[[], str]] = {
        "name": lambda: task.name,
        "restaurant": lambda: task.restaurant,
        "party_size": lambda: say_party(task.party_size, language),
        "date": lambda: say_date(date, language),
        "time": lambda: say_time(time, language),
        "old_date": lambda: say_date(task.old_date or task.date, language),
        "old_time": lambda: say_time(task.old_time or task.time, language),
        "other_date": lambda: say_date(other_date, language),
        "earliest": lambda: say_time(earliest, language),
        "latest": lambda: say_time(latest, language),
        "phone": lambda: say_phone(task.phone, language),
        "spelling": lambda: spell(surname(task.name)),
        "wishes": lambda: speakable(task.wishes, language.code),
    }
    if name not in values:
        raise ValueError(f"the template has a slot {{{name}}} that no task can fill")
    value = values[name]()
    if not value:
        raise ValueError(f"the task has nothing for the slot {{{name}}}")
    return value
