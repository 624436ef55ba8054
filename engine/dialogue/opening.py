"""The beginning of a call: what they answer with, who we are, and what we want."""

from __future__ import annotations

from engine.dialogue import calling_again, line_sounds
from engine.dialogue.meaning import Meaning
from engine.dialogue.turn import Turn


def open_call(turn: Turn) -> None:
    """The disclosure, then the request."""
    turn.say("disclosure")
    turn.say(turn.request_key())
    turn.remember(stage="asking")


def first_words(turn: Turn, meaning: Meaning, words: str = "") -> None:
    """They have picked up and said this: ask for the table, wait for them, or leave."""
    intents = meaning.intents
    if "hold" in intents and not intents - {"hold", "greeting", "thanks"}:
        turn.remember(pending="return")  # the opening waits for them
        return
    if "voicemail" in intents:
        line_sounds.machine_answers(turn)
    elif "wrong_number" in intents:
        turn.say("disclosure")
        turn.finish("wrong_number", last_words="wrong_number")
    elif _wants_another_call(turn, meaning, words):
        turn.say("disclosure")
        turn.remember(stage="asking")
        calling_again.asked_to(turn, words)
    elif (
        "closed" in intents
        and "available" not in intents
        and turn.task.kind != "cancel"
        and (not meaning.dates or turn.task.date in meaning.dates)
    ):
        turn.say("disclosure")
        turn.finish("closed", last_words="closed")
    else:
        open_call(turn)
        if "ask_restaurant" in intents:
            turn.say("answer_restaurant")


def _wants_another_call(turn: Turn, meaning: Meaning, words: str) -> bool:
    """Who is closed for good says no time; who opens later does."""
    intents = meaning.intents
    if "call_back" not in intents or intents & {"available", "offer_alternative"}:
        return False
    return "closed" not in intents or calling_again.names_a_moment(turn, words)
