"""A turn of the far end: the first rule that knows what to do with it does it."""

from __future__ import annotations

from collections.abc import Callable

from engine.dialogue import answering, calling_again, confirming, line_sounds, negotiation, plain_yes
from engine.dialogue.meaning import Meaning
from engine.dialogue.moves import Heard
from engine.dialogue.opening import first_words
from engine.dialogue.patterns import cues
from engine.dialogue.reference import without_reference
from engine.dialogue.resuming import again
from engine.dialogue.sentences import can_say
from engine.dialogue.turn import REQUEST_FIELDS, Turn

MISUNDERSTOOD = 4  # turns in a row; then a person is needed
REFUSALS = 2  # of what was read back
HALF_YES = 1
_WHILE_ON_HOLD = frozenset({"hold", "thanks"})


def heard(turn: Turn, event: Heard) -> None:
    """Decide what to do about `event`."""
    meaning = turn.understand(without_reference(event.text))
    on_hold = turn.memory.pending == "return"
    if line_sounds.presses_key(turn, event.text):
        return
    if (
        on_hold
        and not (meaning.intents - _WHILE_ON_HOLD)
        and meaning.polarity is None
        and not answering.values_of(meaning)
        and not event.text.rstrip().endswith("?")
    ):
        return  # music, or talk beside the telephone
    if line_sounds.machine_goes_on(turn, meaning, event.text):
        return
    if turn.memory.stage == "greeting":
        first_words(turn, meaning, event.text)
        return
    if not event.text.strip():
        if turn.memory.last_keys != ("ask_repeat",):
            turn.say("ask_repeat")
        return  # a noise
    if not turn.memory.disclosed:
        turn.say("disclosure")
    if line_sounds.greets_who_is_back(turn, meaning):
        return
    if on_hold:
        turn.remember(pending="yes_no" if turn.memory.read_back else "availability")
    negotiation.note_proposed(turn, meaning)
    confirming.note_confirmed(turn, meaning, event.text)
    if not event.served or not answering.serve(turn, meaning, event.served):
        for rule in RULES:
            if rule(turn, meaning, event.text):
                break
    _say_what_was_cut(turn)


def _say_what_was_cut(turn: Turn) -> None:
    """What they talked over is said again, after what they asked."""
    told = set(turn.memory.told)
    if (
        turn.moves
        and not turn.ends()
        and not turn.memory.tool
        and turn.memory.pending not in ("return", "call_back")
        and not told.issuperset(REQUEST_FIELDS)
    ):
        turn.say("request_again" if turn.task.kind == "book" else turn.request_key())


# --- rules: each returns whether it has dealt with the turn --------------------------------------------


def _leaves_us(turn: Turn, meaning: Meaning, words: str) -> bool:
    intents = meaning.intents
    if intents & ({"available"} | confirming.SETTLED) and meaning.polarity is not False:
        return False
    if confirming.confirms(turn, meaning, words):
        return False
    if "do_not_call" in intents:
        turn.finish("needs_human", "they asked not to be called again", last_words="not_again")
    elif "wrong_number" in intents:
        turn.finish("wrong_number", last_words="wrong_number")
    elif "voicemail" in intents and cues(words, turn.hears.code, "voicemail") > 1:
        line_sounds.machine_answers(turn)
    elif "call_back" in intents and "offer_alternative" not in intents:
        calling_again.asked_to(turn, words)
    elif "use_website" in intents and not turn.memory.website:
        turn.remember(website=1)
        turn.say("ask_by_phone")
    elif "use_website" in intents:
        turn.finish("needs_human", "they take bookings on their website only", last_words="far_goodbye")
    else:
        return False
    return True


def _holds(turn: Turn, meaning: Meaning, _words: str) -> bool:
    if "hold" not in meaning.intents:
        return False
    back_again = "available" in meaning.intents and meaning.polarity  # "let me see. yes, that is possible"
    says_more = meaning.intents & ({"full", "offer_alternative", "closed"} | confirming.SETTLED)
    if says_more or back_again or answering.answers(turn, meaning):
        return False
    turn.say("hold")
    return True


def _negotiates(turn: Turn, meaning: Meaning, words: str) -> bool:
    if confirming.confirms(turn, meaning, words) and "offer_alternative" not in meaning.intents:
        return False
    if answering.answers(turn, meaning) and not meaning.intents & negotiation.OFFERS:
        return False
    return negotiation.offers(turn, meaning)


def _sets_a_condition(turn: Turn, meaning: Meaning, words: str) -> bool:
    if "condition" not in meaning.intents or answering.answers(turn, meaning):
        return False
    turn.finish("needs_human", f"on a condition: {words}", last_words="needs_human")
    return True


def _confirmed(turn: Turn, meaning: Meaning, words: str) -> bool:
    if not confirming.confirms(turn, meaning, words):
        return False
    for key in answering.answers(turn, meaning):
        turn.say(key)
    confirming.settle(turn, meaning, words)
    return True


def _half_agrees(turn: Turn, meaning: Meaning, words: str) -> bool:
    """A yes that may not be one: ask once more, then a person is needed."""
    asked = turn.memory.read_back and turn.memory.asked_yes
    if not (asked and meaning.polarity) or plain_yes.is_plain(turn, meaning, words):
        return False
    turn.remember(half_yes=turn.memory.half_yes + 1)
    if turn.memory.half_yes > HALF_YES:
        turn.finish("needs_human", f"more than a yes: {words}", last_words="needs_human")
    else:
        turn.ask_yes()
    return True


def _asks_again(turn: Turn, meaning: Meaning, _words: str) -> bool:
    if "ask_repeat" not in meaning.intents:
        return False
    if turn.memory.last_keys == ("ask_repeat",):  # two who ask each other to repeat would never end
        return _goes_on(turn, meaning, _words)
    for key in turn.memory.last_keys or ("request_again",):
        turn.say(key)
    return True


def _available(turn: Turn, meaning: Meaning, _words: str) -> bool:
    ready = {"available", "offer_to_book", "booking_confirmed", "noted"}
    ready |= {"offer_alternative"} if turn.task.kind != "cancel" else set()  # of what we asked for
    if meaning.polarity is False and (turn.memory.read_back or not meaning.intents & ready):
        return False
    if not (meaning.intents & ready or (meaning.polarity and turn.memory.pending != "return")):
        return False
    turn.remember(available=True)
    if set(turn.memory.told).issuperset(REQUEST_FIELDS):
        turn.ask_yes()
    else:
        turn.say("request_again")
    return True


def _refuses(turn: Turn, meaning: Meaning, _words: str) -> bool:
    if meaning.polarity is not False:
        return False
    turn.remember(refusals=turn.memory.refusals + 1)
    if turn.memory.refusals > (1 if turn.task.kind == "cancel" else REFUSALS):
        turn.finish("needs_human", "they do not agree and do not say why", last_words="needs_human")
    elif turn.memory.read_back:
        turn.ask_yes()
    else:
        turn.remember(full=True)
        turn.say("ask_available" if turn.task.kind == "book" else turn.request_key())
    return True


def _parts(turn: Turn, meaning: Meaning, _words: str) -> bool:
    if "goodbye" not in meaning.intents:
        return False
    turn.remember(goodbyes=turn.memory.goodbyes + 1)
    if turn.memory.full and turn.task.kind != "cancel":
        turn.finish("no_table", "they ended the call", last_words="far_goodbye")
    elif turn.memory.goodbyes > 1 or (meaning.polarity is False and not turn.memory.available):
        turn.finish("needs_human", "they ended the call before it was settled", last_words="far_goodbye")
    elif turn.memory.read_back:
        turn.say("ask_confirmation")
    else:
        turn.say("ask_available" if turn.task.kind == "book" else turn.request_key())
    return True


def _goes_on(turn: Turn, meaning: Meaning, _words: str) -> bool:
    """Something was understood, but it answers nothing: lead back to what is open."""
    if turn.memory.anew and turn.memory.stage != "greeting":
        again(turn)
        return True
    turn.remember(misunderstood=turn.memory.misunderstood + 1)
    if turn.memory.misunderstood >= MISUNDERSTOOD:
        turn.finish("needs_human", "not understood", last_words="needs_human")
    elif not meaning.intents and turn.memory.misunderstood % 2:
        turn.say("ask_repeat")
    elif turn.memory.available:
        turn.ask_yes()
    else:
        turn.say("request_again" if turn.task.kind == "book" else turn.request_key())
        if turn.memory.misunderstood > 1 and can_say("answer_restaurant", turn.task, turn.language):
            turn.say("answer_restaurant")  # all we know: it may be a question that we have no words for
    return True


Rule = Callable[[Turn, Meaning, str], bool]


def _without_words(rule: Callable[[Turn, Meaning], bool]) -> Rule:
    return lambda turn, meaning, _words: rule(turn, meaning)


RULES: tuple[Rule, ...] = (
    calling_again.answered,
    _leaves_us,
    _holds,
    _without_words(negotiation.too_many),
    _without_words(negotiation.closed),
    _without_words(confirming.corrections),
    _negotiates,
    _sets_a_condition,
    _confirmed,
    _without_words(answering.answer),
    _asks_again,
    _without_words(confirming.repeats),
    _half_agrees,
    _available,
    _parts,
    _refuses,
    _goes_on,
)
