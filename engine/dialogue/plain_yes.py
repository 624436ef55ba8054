"""Is a yes a plain one? Pure."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from engine.dialogue.meaning import Meaning
from engine.dialogue.patterns import fold, numbers_of, patterns_of, tokens
from engine.dialogue.turn import Turn
from engine.languages import load

NOT_UNDERSTOOD_WORDS = (2, 5)  # beside one yes, and beside more; it may be a condition then


class Beside(NamedTuple):
    """What else there is in a turn with a yes in it."""

    yeses: int  # how many
    restricts: bool  # "only outside", "without children"
    left: int  # words that belong to no wording, value or name


def is_plain(turn: Turn, meaning: Meaning, words: str) -> bool:
    """Is nothing asked or narrowed down, and little said beside the yes that was not understood?"""
    beside = _beside(turn, meaning, words)
    if words.rstrip().endswith("?") or beside.restricts:
        return False
    return beside.left < NOT_UNDERSTOOD_WORDS[beside.yeses > 1]  # "yes, that is right, …" stands more


def narrows(turn: Turn, meaning: Meaning, words: str) -> bool:
    """Is what they say, also that it is done, narrowed down to something that we do not understand?"""
    return _beside(turn, meaning, words).restricts


def _beside(turn: Turn, meaning: Meaning, words: str) -> Beside:
    code = turn.language.code
    patterns, numbers = patterns_of(code), numbers_of(code)
    plain = fold(" ".join(tokens(words)))
    yeses, restricts = (
        len(patterns.yes.findall(plain)),
        bool(_any_of(load(code).agree.restricts).search(plain)),
    )
    for pattern in (patterns.yes, patterns.neither, *(pattern for _, pattern in patterns.intents)):
        plain = pattern.sub(" ", plain)
    names = {fold(word) for name in (turn.task.name.lower(), *meaning.names) for word in name.split()}
    left = sum(
        len(word) > 1 and word not in patterns.name_stops and word not in names and not numbers.is_value(word)
        for word in plain.split()
    )
    return Beside(yeses, restricts, left)


def under_way(turn: Turn, meaning: Meaning, words: str) -> bool:
    """Do they say that it is done while it is not: "one moment, I write that down"? A yes to it is another matter."""
    said = fold(" ".join(tokens(words)))
    return (
        bool(_any_of(load(turn.language.code).agree.under_way).search(said))
        and not meaning.dates + meaning.times
    )


@cache
def _any_of(wordings: tuple[str, ...]) -> re.Pattern[str]:
    words = "|".join(re.escape(fold(wording)) for wording in wordings)
    return re.compile(rf"(?<!\S)(?:{words})(?!\S)")
