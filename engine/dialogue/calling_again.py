"""They want to be called at another time: say when that is, let them correct it, and end the call. Pure.

    "call back after five" ──► recorded, and said to them: "today, at five p m, is that right?"
                                  │ yes, thanks, silence ──► goodbye
                                  │ "no, at six" ──► recorded anew, and said once more
                                  │ "no" ──► "when should I call again?", once
                                  │ nothing that is understood ──► said once more
                                  └ "wait, we do have a table" ──► the call goes on

It is recorded before they have said yes to it: who hangs up at once has said it all the same.
"""

from __future__ import annotations

from datetime import date

from engine.dialogue import answering
from engine.dialogue.call_back_times import call_back_at
from engine.dialogue.meaning import Meaning
from engine.dialogue.menus import about_booking
from engine.dialogue.patterns import fold, patterns_of, tokens
from engine.dialogue.turn import Turn

MOMENTS = 3  # that we say; then the last that we have understood must do
_GOES_ON = frozenset({"available", "offer_alternative", "offer_to_book", "booking_confirmed"})
_LEFT_TO_OTHERS = frozenset({"ask_repeat", "hold", "do_not_call", "wrong_number"})


def names_a_moment(turn: Turn, words: str) -> bool:
    """Do they say when?"""
    return bool(_understood(turn, words))


def asked_to(turn: Turn, words: str) -> None:
    """They ask us to call again, or will call themselves."""
    at = _understood(turn, words)
    if at:
        _say(turn, at)
    else:
        over(turn)


def answered(turn: Turn, meaning: Meaning, words: str) -> bool:
    """What they say to the moment that we have named; whether it is dealt with."""
    memory, intents = turn.memory, meaning.intents
    if memory.pending != "call_back" or intents & _LEFT_TO_OTHERS:
        return False
    if meaning.polarity is not False and "call_back" not in intents and _have_a_table(turn, meaning, words):
        _record(turn, "")
        turn.remember(pending="availability")
        return False
    at = _understood(turn, words)
    if at and at != memory.call_back:
        if memory.call_backs_said < MOMENTS:
            _say(turn, at)
        else:
            _record(turn, at)
            over(turn)
        return True
    if answering.answers(turn, meaning) and "anything_else" not in intents:
        return False  # they want to know something first
    if meaning.polarity is False and not at and not memory.when_asked:
        _record(turn, "")
        turn.remember(when_asked=True)
        turn.say("ask_when_to_call")
        return True
    understood = bool(intents) or meaning.polarity is not None or bool(at)
    if not understood and memory.call_back and memory.call_backs_said < MOMENTS:
        _say(turn, memory.call_back)
        return True
    over(turn)
    return True


def _have_a_table(turn: Turn, meaning: Meaning, words: str) -> bool:
    """Have they changed their mind? A yes alone is to the call, and so is "six would be better"."""
    rest = patterns_of(turn.hears.code).yes.sub(" ", fold(" ".join(tokens(words))))
    if not turn.understand(rest).intents & _GOES_ON:
        return False
    named = meaning.times or meaning.dates
    return not named or bool(meaning.party_sizes) or about_booking(words, turn.hears.code)


def over(turn: Turn) -> None:
    """There is nothing more to say."""
    at = turn.memory.call_back
    reason = f"they want to be called again at {at.replace('T', ' ')}" if at else ""
    turn.finish("call_back", reason, last_words="call_back")


def _understood(turn: Turn, words: str) -> str:
    task, memory = turn.task, turn.memory
    today = date.fromisoformat(task.today)
    return call_back_at(words, turn.hears.code, today, task.now, memory.call_back, memory.when_asked)


def _say(turn: Turn, at: str) -> None:
    turn.remember(call_back=at, call_backs_said=turn.memory.call_backs_said + 1)
    turn.say("ask_call_back_today" if at.startswith(turn.task.today) else "ask_call_back")
    _record(turn, at)


def _record(turn: Turn, at: str) -> None:
    turn.remember(call_back=at)
    day, _, clock = at.partition("T")
    turn.use("call_back", **({"date": day, "time": clock} if at else {}))
