"""What the scripted brain does about sounds that are nobody: wait, leave its message, or end the call. Pure."""

from __future__ import annotations

from typing import cast

from engine.dialogue.meaning import Meaning
from engine.dialogue.menus import key_for_us, misses_our_key
from engine.dialogue.moves import SoundOnLine
from engine.dialogue.turn import Turn
from engine.protocol import Outcome

BEEP_COMES_MS = 3000  # after the last word of a machine; later there is none
FEW_WORDS = 5
GREETS = frozenset({"greeting", "still_there", "ask_restaurant", "thanks"})


def sound_heard(turn: Turn, event: SoundOnLine) -> None:
    """A sound begins, is over, or has lasted for too long."""
    if turn.ends():
        return
    match event.sound:
        case "music" | "ringback" if event.too_long:
            minutes = max(1, round(event.lasted_ms / 60_000))
            _end(turn, "needs_human", f"on hold for {minutes} min")
        case "music" | "ringback":
            _hold(turn, event)
        case "busy":
            _end(turn, "far_end_hung_up" if _spoke_with_us(turn) else "busy", "a busy tone")
        case "information":
            _end(turn, "far_end_hung_up" if _spoke_with_us(turn) else "not_found", "an information tone")
        case "beep" if not event.on:
            if turn.memory.machine:
                leave_message(turn)
            else:
                turn.remember(beeped=True)


def machine_answers(turn: Turn) -> None:
    """It is an answering machine: our message begins after its tone."""
    if turn.memory.beeped:
        leave_message(turn)
    else:
        turn.remember(machine=True)


def machine_goes_on(turn: Turn, meaning: Meaning, words: str) -> bool:
    """Its greeting was cut in two by a pause: what follows is no answer to us. A few words are somebody's after all."""
    turn.remember(beeped=turn.memory.beeped and "voicemail" in meaning.intents)
    if not turn.memory.machine:
        return False
    goes_on = "voicemail" in meaning.intents or len(words.split()) > FEW_WORDS
    turn.remember(machine=goes_on)
    return goes_on


def presses_key(turn: Turn, words: str) -> bool:
    """A recorded menu asks for a key: press ours, and wait for whoever it leads to.

    Where ours was not understood the menu is heard once more; what it offers then must do.
    """
    alters = turn.task.kind != "book"
    if turn.memory.tool or turn.memory.closing:
        return False
    if misses_our_key(words, turn.task.language, alters) and not turn.memory.menu_unclear:
        turn.remember(menu_unclear=True, pending="return", back=True, machine=False)
        return True
    key = key_for_us(words, turn.task.language, alters)
    if not key:
        return False
    turn.use("press_digits", digits=key)
    turn.remember(pending="return", back=True, machine=False)
    return True


def leave_message(turn: Turn) -> None:
    """Say who we are and what it was about, and end the call."""
    turn.remember(machine=False)
    turn.say("disclosure")
    turn.finish("voicemail", last_words="voicemail")


def greets_who_is_back(turn: Turn, meaning: Meaning) -> bool:
    """After hold music somebody says hello: perhaps somebody else, who is told in short what it is about."""
    back = turn.memory.back
    turn.remember(back=False)
    only_greets = bool(meaning.intents) and not meaning.intents - GREETS and "greeting" in meaning.intents
    if not back or not only_greets or turn.memory.stage == "greeting":
        return False
    turn.say("disclosure")
    if turn.memory.read_back:
        turn.ask_yes()
    else:
        turn.say(turn.request_key())
    return True


def _hold(turn: Turn, event: SoundOnLine) -> None:
    if event.on:
        turn.use("wait_on_hold")
        turn.remember(pending="return", back=True)
        return
    memory = turn.memory
    if memory.pending == "return":
        asked = "greeting" if memory.stage == "greeting" else "yes_no" if memory.read_back else "availability"
        turn.remember(pending=asked, silences=0)


def _spoke_with_us(turn: Turn) -> bool:
    return turn.memory.heard_anything and turn.memory.disclosed


def _end(turn: Turn, outcome: Outcome, reason: str) -> None:
    """Without a word, since nobody hears it; what was settled before counts."""
    if turn.memory.closing:
        turn.finish(cast(Outcome, turn.memory.closing), reason)
    else:
        turn.finish(outcome, reason)
