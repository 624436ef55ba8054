"""Telephone numbers and names that are spelled: said piece by piece, with pauses that end nothing. Pure."""

from __future__ import annotations

import re

import msgspec

from engine.languages.turn_words import TurnWords

UNANNOUNCED = 3  # digits in a row that are a number though nobody has said the word
HEARD_BACK = 5  # words before the digits in which it may have been said


class Pieces(msgspec.Struct, frozen=True):
    """Digits or letters one by one at the end of what was said."""

    open: bool  # more of them must follow
    reason: str


def digit_string(words: tuple[str, ...], known: TurnWords) -> Pieces | None:
    """Is this the middle of a number that is said digit by digit? None: there is no such number at its end."""
    run = 0
    digits = 0
    while run < len(words) and (count := _digits(words[-1 - run], known)):
        digits += count
        run += 1
    if not run:
        return None
    before = words[: len(words) - run][-HEARD_BACK:]
    announced = re.search("|".join(known.number_cues), " ".join(before)) is not None
    single = [word for word in words[len(words) - run :] if known.digits.get(word) == 1 or len(word) == 1]
    if not announced and (len(single) < UNANNOUNCED or run < UNANNOUNCED):
        return None
    return Pieces(digits < known.number_digits, f"{digits} digits of a number")


def _digits(word: str, known: TurnWords) -> int:
    plain = word.replace("-", "").replace(".", "")
    return len(plain) if plain.isdecimal() else known.digits.get(word, 0)


def spelling(words: tuple[str, ...], known: TurnWords, expects: str) -> Pieces | None:
    """Is this the middle of a name that is spelled? None: nothing is."""
    letters = 0
    while letters < len(words) and len(words[-1 - letters]) == 1 and words[-1 - letters].isalpha():
        letters += 1
    real = [word for word in words[len(words) - letters :] if word not in known.one_letter_words]
    if real and (letters >= 2 or expects == "name_spelled"):
        return Pieces(True, "letters of a name")
    for cue in known.spelled_as:
        size = len(cue.split())
        before = words[-2 - size : -1]
        if len(before) == size + 1 and len(before[0]) == 1 and " ".join(before[1:]) == cue and (
            before[0].isalpha() and before[0] not in known.one_letter_words
        ):  # fmt: skip
            return Pieces(True, "letters of a name")
    return None
