"""Agreeing on exactly one table: values the far end says are held against ours; a tool runs only after a yes."""

from __future__ import annotations

from difflib import SequenceMatcher

from engine.dialogue.meaning import Meaning
from engine.dialogue.memory import FIELDS, Field
from engine.dialogue.patterns import fold
from engine.dialogue.turn import REQUEST_FIELDS, Turn

SAME_NAME = 0.7  # similarity from which a heard name is ours: recognisers rarely know a surname
NAME_CORRECTIONS = 1  # then what was spelled must do, whatever the recogniser makes of it
CORRECTIONS = 3  # of one value; then a person is needed
_SPEAKS_FOR_ITSELF = frozenset({"confirm_request", "booking_confirmed"})
_QUESTIONS = frozenset(
    {
        "ask_party_size",
        "ask_date",
        "ask_time",
        "ask_name",
        "ask_phone",
        "ask_spelling",
        "ask_who",
        "ask_robot",
    }
    | {"ask_wishes", "ask_repeat"}
)


def said_fields(turn: Turn, meaning: Meaning) -> dict[Field, bool]:
    """The values in their words, and whether each is ours."""
    task, memory = turn.task, turn.memory
    old_dates, old_times = ({task.old_date}, {task.old_time}) if task.kind != "book" else (set(), set())
    said: dict[Field, bool] = {}
    if meaning.party_sizes:
        said["party_size"] = task.party_size in meaning.party_sizes
    for field, values, old in (("date", meaning.dates, old_dates), ("time", meaning.times, old_times)):
        wanted = getattr(memory, field)
        if wanted in values:
            said[field] = True  # type: ignore[index]
        elif set(values) - old:
            said[field] = False  # type: ignore[index]
    if meaning.names:
        said["name"] = any(_same_name(name, task.name) for name in meaning.names)
    return said


def corrections(turn: Turn, meaning: Meaning) -> bool:
    """They understood a value wrongly: say it again, and agree to nothing."""
    said = said_fields(turn, meaning)
    if not (meaning.intents & _SPEAKS_FOR_ITSELF or said.get("party_size") is False):
        return False
    counts = dict(turn.memory.corrections)
    wrong = [field for field in FIELDS if said.get(field) is False]
    if counts.get("name", 0) >= NAME_CORRECTIONS and "name" in wrong:
        wrong.remove("name")
    if not wrong:
        return False
    for field in wrong:
        counts[field] = counts.get(field, 0) + 1
        turn.say(f"correct_{field}")
    turn.remember(read_back=False, repeated=False, corrections=counts)
    if max(counts.values()) > CORRECTIONS:
        turn.finish("needs_human", f"they keep a wrong {wrong[0]}", last_words="needs_human")
    return True


def confirms(turn: Turn, meaning: Meaning) -> bool:
    """Is this the yes to everything, all of it having been said aloud?"""
    if not turn.memory.read_back:
        return False
    intents = meaning.intents
    if "booking_confirmed" in intents:
        return True
    if intents & _QUESTIONS or "offer_to_book" in intents:
        return False
    if meaning.polarity is False:
        return False
    return bool(
        meaning.polarity
        or "available" in intents
        or (turn.memory.repeated and intents & {"thanks", "goodbye", "anything_else"})
    )


def settle(turn: Turn, words: str) -> None:
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
        phone=task.phone if "phone" in memory.confirmed_by else "",
        confirmed_by=confirmed_by,
    )


def repeats(turn: Turn, meaning: Meaning) -> bool:
    """They repeat what we want, and all of it is right."""
    said = said_fields(turn, meaning)
    if not said or not all(said.values()) or "booking_confirmed" in meaning.intents:
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
    right = {field: words for field, is_ours in said.items() if is_ours}
    if right:
        turn.remember(confirmed_by={**turn.memory.confirmed_by, **right})


def _same_name(heard: str, name: str) -> bool:
    ours = fold(name.lower()).split()
    return any(
        SequenceMatcher(None, fold(word), own).ratio() >= SAME_NAME for word in heard.split() for own in ours
    )
