"""Digits that they say: our telephone number, right or misheard, or the booking's reference. Pure."""

from __future__ import annotations

from difflib import SequenceMatcher

from engine.dialogue.meaning import Meaning
from engine.dialogue.reference import reference_in
from engine.dialogue.turn import Turn

LIKE_OURS = 0.65  # similarity from which digits are meant for our telephone number


def said_reference(turn: Turn, meaning: Meaning, words: str) -> str:
    """The booking's reference in what they say, "" for none."""
    return reference_in(words) or ("" if _is_phone(meaning.digits, turn.task.phone) else meaning.digits)


def _is_phone(digits: str, phone: str) -> bool:
    """Are these digits the number we gave, or a part of it? A nought before it stands for the country."""
    return digits.lstrip("0") in _digits_of(phone)


def _digits_of(phone: str) -> str:
    return "".join(character for character in phone if character.isdecimal())


def misheard_phone(turn: Turn, meaning: Meaning) -> bool:
    """Do they say our number otherwise than it is? Other digits may be the booking's."""
    memory, digits, ours = turn.memory, meaning.digits, turn.task.phone
    if not (memory.phone_given and digits) or _is_phone(digits, ours):
        return False
    just_given = any(key.endswith("_phone") for key in memory.last_keys)
    if just_given and not meaning.intents & {"booking_confirmed", "booking_cancelled", "noted"}:
        return True
    return SequenceMatcher(None, digits, _digits_of(ours)).ratio() >= LIKE_OURS
