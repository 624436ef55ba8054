"""May a model record this now? Only what we have read back aloud, and what they have answered to. Pure.

The scripted brain keeps this by its state machine. A model is held to it here, whatever it was told or believes:
date, time, party size and name stood in one turn of ours that they really heard; they spoke after it and did not say
no; and nobody has spoken of another day, time or number of people since.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Literal, NamedTuple

from engine.brains.history import Line
from engine.dialogue.confirming import QUESTIONS
from engine.dialogue.meaning import Meaning
from engine.dialogue.patterns import fold
from engine.dialogue.tools import BadArguments, Book, Cancel, parse
from engine.dialogue.understanding import understand
from engine.languages import load
from engine.protocol import LanguageCode, Task

FIRST = (
    "First read date, time, number of people and name back to them in one turn, and wait for their yes. {why}"
)
SETTLED = frozenset({"booking_confirmed", "booking_cancelled", "noted"})
ASKS = QUESTIONS | {"hold", "still_there", "greeting"}


class Spoken(NamedTuple):
    """One stretch of the conversation as it was heard."""

    who: Literal["we", "they"]
    text: str
    written: str = ""  # of ours, as the model wrote it: "7 pm", where the voice was given "seven p m"


class Values(NamedTuple):
    """What a tool is to record; None = not part of it."""

    date: str | None
    time: str | None
    party_size: int | None
    name: str


def talk_of(lines: Iterable[Line]) -> list[Spoken]:
    """What was really heard of either side; what was cut counts to the word."""
    talk: list[Spoken] = []
    for line in lines:
        if line.kind == "heard":
            talk.append(Spoken("they", line.text))
        elif line.kind == "said" and line.fate == "said":
            talk.append(Spoken("we", line.spoken, line.text))
        elif line.kind == "said" and line.fate == "cut":
            talk.append(Spoken("we", line.spoken, line.spoken))
    return talk


def refusal(
    talk: Sequence[Spoken], task: Task, tool: str, arguments: dict[str, Any], language: LanguageCode
) -> str:
    """Why `book`, `change` or `cancel` must not run yet, for the model; "" = it may, as far as this goes."""
    try:
        given = parse(tool, arguments)
    except BadArguments:
        return ""  # refused for that, with its own reason
    if isinstance(given, Book):
        wanted = Values(given.date, given.time, given.party_size, given.name or task.name)
    elif isinstance(given, Cancel):
        day, time = task.old_date or task.date, task.old_time or task.time
        wanted = Values(given.date or day, given.time or time, None, given.name or task.name)
    else:
        return ""
    turns = _turns(talk)
    missing = "They have not heard it."
    for place in range(len(turns) - 1, -1, -1):
        if turns[place].who != "we":
            continue
        readings = (turns[place].text, turns[place].written)
        left_out = min((_left_out(text, wanted, task, language) for text in readings), key=len)
        if not left_out:
            why = _not_agreed(turns[place + 1 :], wanted, task, language)
            return FIRST.format(why=why) if why else ""
        if len(left_out) < len([value for value in wanted if value]):
            missing = f"Your last words about it left out: {', '.join(left_out)}."
    return FIRST.format(why=missing)


def _turns(talk: Sequence[Spoken]) -> list[Spoken]:
    """What one side said in a row is one turn."""
    turns: list[Spoken] = []
    for spoken in talk:
        if not spoken.text.strip():
            continue
        if turns and turns[-1].who == spoken.who:
            before = turns.pop()
            written = f"{before.written} {spoken.written}"
            turns.append(Spoken(spoken.who, f"{before.text} {spoken.text}", written))
        else:
            turns.append(spoken)
    return turns


def _left_out(text: str, wanted: Values, task: Task, language: LanguageCode) -> list[str]:
    """Which of the values are not in these words of ours, or stand beside another one."""
    meaning = _read(text, wanted, task, language)
    there = {
        "date": _only(meaning.dates, wanted.date, task.old_date),
        "time": _only(meaning.times, wanted.time, task.old_time),
        "number of people": _only(meaning.party_sizes, wanted.party_size, None),
        "name": _named(text, wanted.name),
    }
    return [value for value, is_there in there.items() if not is_there]


def _only(said: Sequence[str | int], wanted: str | int | None, before: str | int | None) -> bool:
    """Whether this value was said and no other, but for what a booking was before its change."""
    return wanted is None or (wanted in said and all(value in (wanted, before) for value in said))


def _named(text: str, name: str) -> bool:
    """Whether the surname is in it, said or spelled."""
    words = fold(name.lower()).replace("-", " ").split()
    plain = "".join(sign if sign.isalnum() else " " for sign in fold(text.lower()))
    return bool(words) and (words[-1] in plain.split() or words[-1] in plain.replace(" ", ""))


def _not_agreed(after: list[Spoken], wanted: Values, task: Task, language: LanguageCode) -> str:
    """What is wrong with what was said since; "" = nothing."""
    if not any(spoken.who == "they" and _answers(spoken, wanted, task, language) for spoken in after):
        return "They have not answered to it yet."
    for place, spoken in enumerate(after):
        meaning = _read(spoken.text, wanted, task, language)
        if place == 0 and meaning.polarity is False and not meaning.intents & SETTLED:
            return "They said no to it."
        if _other(meaning.times, wanted.time, task.old_time):
            return "Another time was spoken of since."
        if _other(meaning.dates, wanted.date, task.old_date):
            return "Another day was spoken of since."
        if wanted.party_size is not None and _other(meaning.party_sizes, wanted.party_size, None):
            return "Another number of people was spoken of since."
    return ""


def _answers(spoken: Spoken, wanted: Values, task: Task, language: LanguageCode) -> bool:
    """Whether they do more than ask something, or ask us to wait."""
    meaning = _read(spoken.text, wanted, task, language)
    if meaning.polarity is not None or meaning.intents & SETTLED:
        return True
    return not meaning.intents & ASKS or bool(meaning.intents - ASKS)


def _other(said: Sequence[str | int], wanted: str | int | None, before: str | int | None) -> bool:
    """Whether a value was said that is neither what is wanted nor what a booking was before its change."""
    others = [value for value in said if value != before]
    return wanted is not None and bool(others) and wanted not in others


def _read(text: str, wanted: Values, task: Task, language: LanguageCode) -> Meaning:
    return understand(
        text,
        load(language),
        date.fromisoformat(task.today),
        near_time=wanted.time or task.time,
        near_date=wanted.date or task.date,
    )
