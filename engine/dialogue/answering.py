"""Answering: the sentences that answer what they ask, as far as the task has the answer."""

from __future__ import annotations

from engine.dialogue.confirming import QUESTIONS, SETTLED
from engine.dialogue.meaning import Meaning
from engine.dialogue.sentences import can_say
from engine.dialogue.turn import REQUEST_FIELDS, Turn

NOTHING_TO_WISH = ("answer_no_wishes", "answer_nothing_else")
_ASKING = QUESTIONS | {"greeting", "thanks", "anything_else"}


def answers(turn: Turn, meaning: Meaning) -> list[str]:
    """The sentences that answer their questions, in the order of the request."""
    task = turn.task
    of = {
        "ask_party_size": "answer_party_size",
        "ask_date": "answer_date",
        "ask_time": "answer_time",
        "ask_restaurant": "answer_restaurant" if _can(turn, "answer_restaurant") else "request_again",
        "ask_name": "answer_name",
        "ask_spelling": "answer_spelling" if _can(turn, "answer_spelling") else "answer_name",
        "ask_phone": "answer_phone" if _can(turn, "answer_phone") else "answer_no_phone",
        "ask_who": "answer_robot",
        "ask_robot": "answer_robot",
        "ask_wishes": "answer_wishes" if task.wishes else "answer_no_wishes",
        "anything_else": "answer_wishes" if task.wishes else "answer_nothing_else",
    }
    keys = list(dict.fromkeys(key for intent, key in of.items() if intent in meaning.intents))
    if turn.memory.wanted and meaning.intents & {"ask_wishes", "anything_else"}:
        keys = [key for key in keys if key not in NOTHING_TO_WISH] + ["one_more"]
    return keys


def _can(turn: Turn, key: str) -> bool:
    return can_say(key, turn.task, turn.language)


def answer(turn: Turn, meaning: Meaning) -> bool:
    """Answer all they ask."""
    keys = answers(turn, meaning)
    if "available" in meaning.intents:
        turn.remember(available=True)
    for key in keys:
        turn.say(key, template=len(keys) == 1 and _only_asks(meaning))
    done = bool(meaning.intents & SETTLED) and meaning.polarity is not False
    if keys and done and not turn.memory.read_back and set(turn.memory.told).issuperset(REQUEST_FIELDS):
        turn.ask_yes()  # it is not done before they have heard all of it
    return bool(keys)


def serve(turn: Turn, meaning: Meaning, template: str) -> bool:
    """Say a stored reply, if it is what this turn asks of this task."""
    keys = [key for key in answers(turn, meaning) if getattr(turn.language.say, key) == template]
    if not keys or not _only_asks(meaning):
        return False
    turn.say(keys[0], template=True)
    turn.remember(misunderstood=0)
    return True


def _only_asks(meaning: Meaning) -> bool:
    """Do they say nothing that changes what we know? The answer may be stored."""
    return not values_of(meaning) and meaning.polarity is None and not meaning.intents - _ASKING


def values_of(meaning: Meaning) -> bool:
    """Do they say any value?"""
    return any((meaning.dates, meaning.times, meaning.party_sizes, meaning.names, meaning.digits))
