"""May a stored reply to one utterance be served for another? However alike they sound, their values must agree.

Two ways lead to a yes: the gist of both is the same (`dialogue.gist`), or they sound alike and nothing that was said
stands against it. In doubt nothing is served: a brain that thinks once more costs a second, a wrong answer the table.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from datetime import date
from functools import cache, lru_cache

import msgspec

from engine.dialogue.gist import KINDS, gist_of, known_words, masked
from engine.dialogue.meaning import Meaning
from engine.dialogue.patterns import fold, numbers_of, patterns_of, tokens
from engine.dialogue.understanding import understand
from engine.dialogue.values import Calendar, Clock, Words, read_values
from engine.languages import Language, load

_ENCLITIC_NOT = re.compile(r"n['’]t\b")  # "don't", before apostrophes are dropped
_ANY_DAY = date(2000, 1, 1)
_MARKED = re.compile(r"[nodm]:\d+")


class Verdict(msgspec.Struct, frozen=True):
    """Whether to serve, and why not (or, when `serve`, what agreed)."""

    serve: bool
    reason: str


def prepare(code: str) -> None:
    """Make the patterns of a language now: its first utterance would wait for them, longer than a look-up may take."""
    for side in ("a table for two", "no"):
        comparable(side, side, load(code), _ANY_DAY)


def may_serve(stored: str, new: str, language: Language, today: date, sounds_alike: bool) -> Verdict:
    """May the reply to `stored` answer `new`? `sounds_alike`: their similarity has reached the threshold."""
    if not tokens(stored) or not tokens(new):
        return Verdict(False, "one of them is empty")
    apart = _apart(stored, language.code) ^ _apart(new, language.code)
    if apart:
        return Verdict(False, f"said once: {', '.join(sorted(apart))}")
    if gist_of(stored, language.code, today).same_as(gist_of(new, language.code, today)):
        return Verdict(True, "the same in other words")
    if not sounds_alike:
        return Verdict(False, "too unlike")
    return comparable(stored, new, language, today)


def comparable(stored: str, new: str, language: Language, today: date) -> Verdict:
    """Do both utterances say the same numbers, dates, times, names and digits, with the same yes and no?

    Says nothing about whether they ask the same: that is the similarity's part. In doubt it does not serve.
    """
    if not tokens(stored) or not tokens(new):
        return Verdict(False, "one of them is empty")
    code = language.code
    here, there = (gist_of(text, code, today) for text in (stored, new))
    if (here.way, here.acts) != (there.way, there.acts):
        return Verdict(False, f"acts: {_shown(here.acts)} / {_shown(there.acts)}")
    for what in KINDS.values():  # cheap, and what differs most often
        mine, others = (_values(gist.values, what) for gist in (here, there))
        if mine != others:
            return Verdict(False, f"{what}: {_shown(mine)} / {_shown(others)}")
    unknown = _unknown(stored, new, code, today)
    if unknown:
        return Verdict(False, f"words: {unknown}")
    first, second = _meaning(stored, code, today), _meaning(new, code, today)
    for what in ("dates", "times", "party_sizes", "names", "digits", "party_limit", "intents", "polarity"):
        ours, theirs = getattr(first, what), getattr(second, what)
        if ours != theirs:
            return Verdict(False, f"{what}: {_shown(ours)} / {_shown(theirs)}")
    for what, read in READINGS.items():
        ours, theirs = read(stored, language.code), read(new, language.code)
        if ours != theirs:
            return Verdict(False, f"{what}: {_shown(ours)} / {_shown(theirs)}")
    if not _same_order(stored, new, code, today):
        return Verdict(False, "the same words in another order")
    opposite = _opposites(stored, new, language.code)
    if opposite:
        return Verdict(False, f"opposites: {opposite}")
    return Verdict(True, "values, polarity and intents agree")


def _values(values: tuple[str, ...], what: str) -> tuple[str, ...]:
    return tuple(value.removeprefix(f"{what}=") for value in values if value.startswith(f"{what}="))


def _numbers(text: str, code: str) -> tuple[str, ...]:
    """Numbers, ordinals, weekdays and months that are part of no value, in their order."""
    words = Words(text, numbers_of(code))
    read_values(words, patterns_of(code), numbers_of(code), Calendar(_ANY_DAY), Clock("", ""))
    return tuple(word for word in words.canonical if _MARKED.fullmatch(word))


def _negations(text: str, code: str) -> int:
    """How often something is denied."""
    spelled_out = _ENCLITIC_NOT.sub(" not", text.lower())
    words = {fold(word) for word in load(code).guard.negations}
    return sum(fold(word) in words for word in tokens(spelled_out))


READINGS: dict[str, Callable[[str, str], object]] = {"numbers": _numbers, "negations": _negations}


def _opposites(stored: str, new: str, code: str) -> str:
    """A pair of words that stand against each other, one on each side."""
    ours, theirs = (Counter(fold(word) for word in tokens(text)) for text in (stored, new))
    only_stored, only_new = ours - theirs, theirs - ours
    for group in _groups(code):
        here = [word for word in group if word in only_stored]
        there = [word for word in group if word in only_new]
        if here and there:
            return f"{here[0]} / {there[0]}"
    return ""


def _unknown(stored: str, new: str, code: str, today: date) -> str:
    """Words of one alone that may change what is meant, such as the name of another restaurant."""
    ours, theirs = (Counter(masked(text, code, today)[0]) for text in (stored, new))
    known = known_words(code)
    mine, others = ([word for word in left if word not in known] for left in (ours - theirs, theirs - ours))
    return f"{_shown(tuple(mine))} / {_shown(tuple(others))}" if mine or others else ""


def _same_order(stored: str, new: str, code: str, today: date) -> bool:
    """Do the words that both have follow one another alike? "You are" tells what "are you" asks."""
    ours, theirs = (masked(text, code, today)[0] for text in (stored, new))
    shared = set(ours) & set(theirs)
    once = {word for word in shared if ours.count(word) == theirs.count(word) == 1}
    return [word for word in ours if word in once] == [word for word in theirs if word in once]


def _apart(text: str, code: str) -> frozenset[str]:
    """Words of which the reading of dates makes nothing, though people do."""
    return frozenset(fold(word) for word in tokens(text)) & _apart_words(code)


@cache
def _apart_words(code: str) -> frozenset[str]:
    return frozenset(fold(word) for word in load(code).guard.apart)


@lru_cache(maxsize=4096)
def _meaning(text: str, code: str, today: date) -> Meaning:
    return understand(text, load(code), today)


@cache
def _groups(code: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(fold(word) for word in group) for group in load(code).guard.antonyms)


def _shown(value: object) -> str:
    if isinstance(value, frozenset | tuple):
        return ", ".join(sorted(str(part) for part in value)) or "none"
    return str(value) or "none"
