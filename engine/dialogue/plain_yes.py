"""Is a yes a plain one? Pure."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from engine.dialogue.meaning import Meaning
from engine.dialogue.patterns import fold, numbers_of, patterns_of, tokens
from engine.dialogue.turn import Turn
from engine.languages import load

NOT_UNDERSTOOD_WORDS = (2, 4)  # beside one yes, and beside more; it may be a condition then


_MAY_NARROW = frozenset({"available", "give_info"})  # wordings that may hold what narrows a yes down
REMARK_WORDS = 4  # at least; fewer may belong to the sentence before: "yes. In the basement."
_SENTENCE = re.compile(r"[^.!?…]+")
BROUGHT_WORDS = 3  # by a preposition: "at a communal table"


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
    code = turn.hears.code
    patterns, numbers = patterns_of(code), numbers_of(code)
    agree, said = load(code).agree, _without_remarks(words, code)
    names = {fold(word) for name in (turn.task.name.lower(), *meaning.names) for word in name.split()}
    wishes = fold(" ".join(tokens(turn.task.wishes))).split()

    def unknown(word: str) -> bool:
        known = word in patterns.name_stops or word in names or word in wishes or numbers.is_value(word)
        return len(word) > 1 and not known

    yeses = len(patterns.yes.findall(said))
    plain = patterns.neither.sub(" , ", patterns.yes.sub(" , ", said))
    several = tuple(
        wording for wording in agree.restricts if " " in wording
    )  # may hold a yes: "claro si hay …"
    restricts = bool(_any_of(several).search(said) or _any_of(agree.restricts).search(plain)) or any(
        place not in wishes for place in _any_of(agree.places).findall(plain)
    )
    for intent, pattern in patterns.intents:
        if intent not in _MAY_NARROW:
            plain = pattern.sub(" , ", plain)
    restricts = restricts or any(
        any(map(unknown, match["words"].split())) for match in _after(agree.before).finditer(plain)
    )
    for _, pattern in patterns.intents:
        plain = pattern.sub(" ", plain)
    return Beside(yeses, restricts, sum(unknown(word) for word in plain.split()))


def _without_remarks(words: str, code: str) -> str:
    """The words without a later sentence that only tells of the house: "yes. You can park in the yard."."""
    first, *later = (fold(" ".join(tokens(sentence))) for sentence in _SENTENCE.findall(words) or [words])
    agree, tells = load(code).agree, dict(patterns_of(code).intents)["give_info"]
    narrows_down, into = _any_of(agree.restricts + agree.places), _any_of(agree.before)
    kept = [
        sentence
        for sentence in later
        if len(sentence.split()) < REMARK_WORDS
        or not tells.search(sentence)
        or narrows_down.search(sentence)
        or into.match(sentence)
    ]
    return " ".join([first, *kept])


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


@cache
def _after(prepositions: tuple[str, ...]) -> re.Pattern[str]:
    """A preposition and the words that may be what it brings."""
    before = "|".join(re.escape(fold(word)) for word in prepositions)
    return re.compile(rf"(?<!\S)(?:{before})(?=(?P<words>(?: [^\s,]+){{1,{BROUGHT_WORDS}}}))")
