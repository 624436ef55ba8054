"""Agreeing on exactly one table: values the far end says are held against ours; a tool runs only after a yes."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import Literal

from engine.dialogue import plain_yes
from engine.dialogue.meaning import Meaning
from engine.dialogue.memory import FIELDS, Field
from engine.dialogue.patterns import fold, words_beside
from engine.dialogue.said_digits import misheard_phone, said_reference
from engine.dialogue.turn import ASKED_FOR_ANOTHER, ASKS_YES, REQUEST_FIELDS, Turn

SAME_NAME = 0.7  # similarity from which a heard name is ours: recognisers rarely know a surname
NAME_CORRECTIONS = 1  # then what was spelled must do, whatever the recogniser makes of it
CORRECTIONS = 3  # of one value; then a person is needed
POLITE = frozenset({"thanks", "goodbye", "anything_else"})
SMALL_WORDS = 3  # "thank you very much then"
SETTLED = frozenset({"booking_confirmed", "booking_cancelled", "noted"})  # they say that it is done
_SPEAKS_FOR_ITSELF = SETTLED | {"confirm_request"}
_DENIES = frozenset({"full", "decline", "closed", "condition", "unsure"})
_FITS = {
    "book": frozenset({"booking_confirmed", "noted"}),
    "change": frozenset({"booking_confirmed", "noted"}),
    "cancel": frozenset({"booking_cancelled", "noted"}),
}
_OFFERS = frozenset({"offer_alternative", "available", "full"})
QUESTIONS = frozenset(
    {
        "ask_party_size",
        "ask_date",
        "ask_time",
        "ask_restaurant",
        "ask_name",
        "ask_phone",
        "ask_spelling",
        "ask_who",
        "ask_robot",
    }
    | {"ask_wishes", "ask_repeat"}
)


def said_fields(turn: Turn, meaning: Meaning) -> dict[Field, bool]:
    """The values in their words, and whether each is ours. Ours among others is neither: see `unclear`."""
    said: dict[Field, bool] = {}
    for field, values, wanted in _values(turn, meaning):
        if set(values) == {wanted}:
            said[field] = True
        elif values and wanted not in values:
            said[field] = False
    if meaning.names:
        said["name"] = any(_same_name(name, turn.task.name) for name in meaning.names)
    return said


def unclear(turn: Turn, meaning: Meaning) -> bool:
    """Do they say our value beside another one? No yes can be meant for it."""
    return any(wanted in values and len(set(values)) > 1 for _, values, wanted in _values(turn, meaning))


def _values(turn: Turn, meaning: Meaning) -> list[tuple[Field, tuple[str | int, ...], str | int]]:
    """Field, what they said, what we want; what a booking was before its change is left out."""
    task, memory = turn.task, turn.memory
    dates, times = meaning.dates, meaning.times
    if task.kind == "change":
        dates = tuple(date for date in dates if date == memory.date or date != task.old_date)
        times = tuple(time for time in times if time == memory.time or time != task.old_time)
    return [
        ("party_size", meaning.party_sizes, task.party_size),
        ("date", dates, memory.date),
        ("time", times, memory.time),
    ]


def _only_old(turn: Turn, meaning: Meaning) -> bool:
    """Do they say what a booking was before, and not what it is to be?"""
    task, memory = turn.task, turn.memory
    return task.kind == "change" and (
        (task.old_date in meaning.dates and memory.date not in meaning.dates)
        or (task.old_time in meaning.times and memory.time not in meaning.times)
    )


def wrong_fields(turn: Turn, meaning: Meaning) -> list[Field]:
    """The values of theirs that are not ours; a name has been spelled once, and that must do."""
    said = said_fields(turn, meaning)
    wrong = [field for field in FIELDS if said.get(field) is False]
    if turn.memory.corrections.get("name", 0) >= NAME_CORRECTIONS and "name" in wrong:
        wrong.remove("name")
    return wrong


def corrections(turn: Turn, meaning: Meaning) -> bool:
    """They understood a value wrongly: say it again, and agree to nothing."""
    wrong: list[Field | Literal["phone"]] = [
        field for field in wrong_fields(turn, meaning) if not _answers_a_proposal(turn, meaning, field)
    ]
    if misheard_phone(turn, meaning):
        wrong.append("phone")
    if not wrong or not (
        "phone" in wrong
        or meaning.intents & _SPEAKS_FOR_ITSELF
        or "party_size" in wrong
        or (turn.memory.read_back and ("name" in wrong or _agrees_to_what_will_not_do(turn, meaning)))
    ):
        return False
    counts = dict(turn.memory.corrections)
    for field in wrong:
        counts[field] = counts.get(field, 0) + 1
        turn.say_or(f"correct_{field}", f"answer_{field}")
    turn.remember(corrections=counts)
    if wrong != ["phone"]:  # which is not among what was read back
        turn.remember(read_back=False, repeated=False)
    if max(counts.values()) > CORRECTIONS:
        turn.finish("needs_human", f"they keep a wrong {wrong[0]}", last_words="needs_human")
    return True


def _answers_a_proposal(turn: Turn, meaning: Meaning, field: Field) -> bool:
    """Is another day or time what we have asked for? One that would not do was misheard."""
    if turn.memory.pending not in ASKED_FOR_ANOTHER:
        return False
    return (field == "time" and all(map(turn.time_does, meaning.times))) or (
        field == "date" and all(map(turn.date_does, meaning.dates))
    )


def _agrees_to_what_will_not_do(turn: Turn, meaning: Meaning) -> bool:
    """A yes with a time or day that the person would not accept: they misheard. Another is an offer."""
    acceptable = all(map(turn.time_does, meaning.times)) and all(map(turn.date_does, meaning.dates))
    return bool(meaning.polarity) and not meaning.intents & _OFFERS and not acceptable


def confirms(turn: Turn, meaning: Meaning, words: str) -> bool:
    """Is this the yes to everything, all of it having been said aloud and heard, and to nothing else?"""
    intents = meaning.intents
    if not turn.memory.read_back or _being_said(turn):
        return False
    if meaning.polarity is False or intents & _DENIES:
        return False
    if wrong_fields(turn, meaning) or unclear(turn, meaning) or _only_old(turn, meaning):
        return False
    if misheard_phone(turn, meaning) or intents & (SETTLED - _FITS[turn.task.kind]):
        return False
    if {"hold", "noted"} <= intents and "booking_confirmed" not in intents:
        return False  # "one moment, I write that down": it is not written yet
    if intents & _FITS[turn.task.kind]:
        return not (plain_yes.narrows(turn, meaning, words) or plain_yes.under_way(turn, meaning, words))
    if intents & (QUESTIONS | {"greeting"}) or "offer_to_book" in intents:
        return False
    if not turn.memory.asked_yes:
        return False
    if meaning.polarity or ("available" in intents and turn.task.kind != "cancel"):
        return plain_yes.is_plain(turn, meaning, words)
    return turn.memory.repeated and bool(intents & POLITE) and _is_only_polite(turn, words)


def _is_only_polite(turn: Turn, words: str) -> bool:
    """After they have said everything themselves "thank you, goodbye" will do; "I will think about it" will not."""
    return words_beside(words, turn.hears.code, *POLITE) <= SMALL_WORDS


def _being_said(turn: Turn) -> bool:
    """Has playback not reported yet what the yes would be to?"""
    return any(sentence.key.startswith(ASKS_YES) for sentence in turn.memory.unreported)


def settle(turn: Turn, meaning: Meaning, words: str) -> None:
    """Use the tool; the yes was `words`."""
    task, memory = turn.task, turn.memory
    if task.kind == "cancel":
        turn.use("cancel", date=task.old_date or task.date, time=task.old_time or task.time, name=task.name)
        return
    confirmed_by = {field: memory.confirmed_by.get(field, words) for field in FIELDS}
    turn.use(
        "book" if task.kind == "book" else "change",
        date=memory.date,
        time=memory.time,
        party_size=task.party_size,
        name=task.name,
        phone=task.phone if memory.phone_given else "",
        reference=said_reference(turn, meaning, words) or memory.reference,
        confirmed_by=confirmed_by,
    )


def repeats(turn: Turn, meaning: Meaning) -> bool:
    """They repeat what we want, and all of it is right."""
    said = said_fields(turn, meaning)
    if not said or not all(said.values()) or meaning.intents & SETTLED or meaning.polarity is False:
        return False
    if unclear(turn, meaning) or _only_old(turn, meaning):
        return False
    if "confirm_request" not in meaning.intents and meaning.intents - {"greeting", "thanks"}:
        return False
    if all(field in said for field in FIELDS) or (
        turn.memory.read_back and len([field for field in REQUEST_FIELDS if field in said]) > 1
    ):
        turn.say("confirm_yes")
        turn.remember(stage="confirming", available=True, read_back=True, repeated=True)
    elif len(said) > 1 or turn.memory.available:
        turn.ask_yes()
    else:
        turn.say("confirm_yes")
    return True


def note_confirmed(turn: Turn, meaning: Meaning, words: str) -> None:
    """Keep the words beside every value of ours that they said."""
    said = said_fields(turn, meaning)
    if meaning.intents & SETTLED and not misheard_phone(turn, meaning):
        turn.remember(reference=said_reference(turn, meaning, words) or turn.memory.reference)
    right = {field: words for field, is_ours in said.items() if is_ours}
    if right:
        turn.remember(confirmed_by={**turn.memory.confirmed_by, **right})


def _same_name(heard: str, name: str) -> bool:
    """One word of it will do, if it is the only one; of several the last must be of the surname."""
    ours = fold(name.lower()).replace("-", " ").split()
    said = fold(heard).replace("-", " ").split()
    if len(said) > 1:
        said, ours = said[-1:], ours[1:] or ours
    return any(SequenceMatcher(None, word, own).ratio() >= SAME_NAME for word in said for own in ours)
