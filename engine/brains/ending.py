"""How a call that a model wants to end has come out: by the record and by what they said, never by its word. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from engine.dialogue.call_back_times import call_back_at
from engine.dialogue.moves import Move, UseTool
from engine.dialogue.understanding import understand
from engine.languages import load
from engine.protocol import LanguageCode, Outcome, Task

OF_RECORD: dict[str, Outcome] = {"booked": "booked", "changed": "changed", "cancelled": "cancelled"}
OF_WORDS: dict[str, Outcome] = {
    "voicemail": "voicemail",
    "wrong_number": "wrong_number",
    "closed": "closed",
    "call_back": "call_back",
}


def outcome_of(status: str, heard: Iterable[str], task: Task, language: LanguageCode) -> Outcome:
    """status: of the reservation. heard: all that the far end said."""
    if status in OF_RECORD:
        return OF_RECORD[status]
    intents = _intents(heard, task, language)
    for intent, outcome in OF_WORDS.items():
        if intent in intents:
            return outcome
    return "no_table" if status == "declined" else "needs_human"


def call_back_of(outcome: Outcome, heard: Iterable[str], task: Task, language: LanguageCode) -> list[Move]:
    """What is recorded of a call that ends so: when they want to be called again, as they said it last."""
    if outcome != "call_back":
        return []
    today = date.fromisoformat(task.today)
    named = [call_back_at(text, language, today, task.now) for text in heard if _asks(text, task, language)]
    at = next((moment for moment in reversed(named) if moment), "")
    day, _, clock = at.partition("T")
    return [UseTool(tool="call_back", arguments={"date": day, "time": clock})] if at else []


def _asks(text: str, task: Task, language: LanguageCode) -> bool:
    return "call_back" in _intents([text], task, language)


def outcome_of_silence(status: str, heard: Sequence[str], task: Task, language: LanguageCode) -> Outcome:
    """The same of a call in which nobody answers any more."""
    if status != "open":
        return outcome_of(status, heard, task, language)
    if "voicemail" in _intents(heard, task, language):
        return "voicemail"
    return "far_end_hung_up" if heard else "no_answer"


def _intents(heard: Iterable[str], task: Task, language: LanguageCode) -> set[str]:
    today = date.fromisoformat(task.today)
    return {intent for text in heard for intent in understand(text, load(language), today).intents}


def last_words(status: str, refused: bool) -> str:
    """The key of the goodbye that is said where the model has said none. refused: a tool that records was."""
    if status in OF_RECORD:
        return status
    if status == "declined":
        return "decline"
    return "not_confirmed" if refused else "goodbye"
