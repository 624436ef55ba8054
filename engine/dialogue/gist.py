"""The gist of an utterance: a second key to the cache, equal for the same question in other words.

Values are read out first and kept, so that "19:30" and "half past seven" are alike. What is left is read in one of
three ways, the first that fits:

    asked      every word belongs to a known wording, or changes nothing    what is asked or told, and the values
    read back  the same but for names after "at" or "in", beside values     the names as well
    masked     anything else                                                every word in its order, and the values

A word that the language file does not know is never dropped: it can only keep two gists apart.
"""

from __future__ import annotations

import re
from datetime import date
from functools import cache, lru_cache
from typing import NamedTuple

from engine.dialogue.patterns import fold, numbers_of, patterns_of
from engine.dialogue.values import Calendar, Clock, Words, read_values
from engine.languages import load

ASKING = "ask_"  # how the names of acts begin that want an answer
READ_BACK_VALUES = 2  # a name alone may be anything; beside two values it is where the table is
KINDS = {"D": "dates", "T": "times", "P": "people", "N": "names", "X": "digits", "L": "limit"}
_NUMBER = re.compile(r"[no]:\d+")  # months and weekdays are the same word on both sides
_ASIDE = "I"  # in place of a time that is no offer, but another one all the same: "we close at ten"
_LEFT_OVER = "clock"  # by "19:30", whose numbers were taken
# What stands in place of words that are known: an act, words that lead to a name, that link one, or that do neither.
_ACT, _LEADS, _LINKS, _PLAIN = "!", "@", "~", "|"


class Gist(NamedTuple):
    """What was said, less the wording."""

    way: str  # "asked", "read back" or "masked"
    acts: tuple[str, ...]  # what is asked or told, sorted
    values: tuple[str, ...]  # such as "times=19:30", in the order of KINDS and then of the utterance
    words: tuple[str, ...]  # names, sorted; or with "masked" all words in their order

    def same_as(self, other: Gist) -> bool:
        """Is it the same, and does it say anything at all?"""
        return self == other and bool(self.acts or self.values or self.words)

    @property
    def undated(self) -> str:
        """All but the dates, so that it does not change from one day to the next."""
        values = (value for value in self.values if not value.startswith("dates="))
        return f"{self.way}: {' '.join(self.acts)} / {' '.join(values)} / {' '.join(self.words)}"

    @property
    def key(self) -> str:
        """As one line; equal for equal gists, and only for them."""
        return f"{self.way}: {' '.join(self.acts)} / {' '.join(self.values)} / {' '.join(self.words)}"


class _Wordings(NamedTuple):
    acts: tuple[tuple[str, re.Pattern[str]], ...]
    plain: re.Pattern[str]
    asking: re.Pattern[str]  # and plain
    labels: re.Pattern[str]  # and plain
    polite: re.Pattern[str]
    beside: frozenset[str]
    negations: frozenset[str]
    lead: frozenset[str]
    link: frozenset[str]


@lru_cache(maxsize=8192)
def gist_of(text: str, code: str, today: date) -> Gist:
    """The gist of `text`. `today`: the day from which "Friday" is counted."""
    said, values = masked(text, code, today)
    reading = _reading(said, code, bool(values))
    one_of_each = len({value.partition("=")[0] for value in values}) == len(values)
    if reading.explained and one_of_each and (reading.acts or values):
        if not reading.names:
            return Gist("asked", reading.acts, values, ())
        if len(values) >= READ_BACK_VALUES:
            return Gist("read back", reading.acts, values, reading.names)
    wordings = _wordings(code)
    denies = wordings.negations.intersection(said)
    kept = said if denies else wordings.polite.sub(" ", " ".join(said)).split()  # "not sure" is not "not"
    return Gist("masked", (), values, tuple(kept))


class _Reading(NamedTuple):
    """What the words say beside the values, whose days do not matter: a look-up asks for two of them."""

    acts: tuple[str, ...]
    names: tuple[str, ...]  # sorted
    explained: bool  # nothing else is left, and no name denies


@lru_cache(maxsize=8192)
def _reading(said: tuple[str, ...], code: str, has_values: bool) -> _Reading:
    wordings = _wordings(code)
    left, acts = " ".join(said), []
    for act, pattern in wordings.acts:
        left, times = pattern.subn(f" {_ACT} ", left)
        acts += [act] * bool(times)
    if any(act not in wordings.beside for act in acts):
        acts = [act for act in acts if act not in wordings.beside]
    asks = any(act.startswith(ASKING) for act in acts)
    plain = wordings.asking if asks else wordings.labels if has_values else wordings.plain
    names, explained = _names(plain.sub(lambda words: _mark(words, wordings), left), wordings)
    explained = explained and not wordings.negations.intersection(names)
    return _Reading(tuple(sorted(acts)), tuple(sorted(names)), explained)


@lru_cache(maxsize=8192)
def masked(text: str, code: str, today: date) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The words of `text` with a mark for each value, numbers as `n:7`; and the values, such as "times=19:30"."""
    numbers = numbers_of(code)
    words = Words(text, numbers)
    read_values(words, patterns_of(code), numbers, Calendar(today), Clock("", ""))
    values = dict.fromkeys(f"{what}={value}" for mark, what in KINDS.items() for value in words.all(mark))
    if _ASIDE in words.said:
        words = Words(text, numbers)
    said = " ".join(
        number if _NUMBER.fullmatch(number) else fold(word)
        for word, number in zip(words.said, words.canonical, strict=True)
        if word != _LEFT_OVER
    )
    return tuple(said.split()), tuple(values)


@cache
def known_words(code: str) -> frozenset[str]:
    """Words of which one more or less changes nothing, where everything else is the same."""
    guard = load(code).guard
    words = (fold(words) for words in (*guard.plain, *guard.polite, *guard.loose))
    return frozenset(word for word in words if word.isalpha())


def _names(marked: str, wordings: _Wordings) -> tuple[list[str], bool]:
    """The words of names, and whether nothing else is left without an explanation."""
    names: list[str] = []
    in_name, explained = False, True
    for word in marked.split():
        if word in (_ACT, _PLAIN) or word in KINDS:
            in_name = False
        elif word == _LEADS:
            in_name = True
        elif word != _LINKS and (in_name or not wordings.polite.fullmatch(word)):
            explained = explained and in_name
            names.append(word)
    return names, explained


def _mark(known: re.Match[str], wordings: _Wordings) -> str:
    words = known[0].split()
    if words[-1] in wordings.lead:
        return f" {_LEADS} "
    return f" {_LINKS} " if len(words) == 1 and words[0] in wordings.link else f" {_PLAIN} "


@cache
def _wordings(code: str) -> _Wordings:
    guard = load(code).guard
    plain = (*guard.plain, *(words for words in guard.polite if " " in words))
    return _Wordings(
        acts=tuple((act, _whole(likes)) for act, likes in guard.acts.items()),
        plain=_whole(plain),
        asking=_whole((*plain, *guard.asking)),
        labels=_whole((*plain, *guard.labels)),
        polite=_whole(guard.polite),
        beside=frozenset(guard.beside),
        negations=frozenset(fold(word) for word in guard.negations),
        lead=frozenset(fold(word) for word in guard.lead),
        link=frozenset(fold(word) for word in guard.link),
    )


def _whole(likes: tuple[str, ...]) -> re.Pattern[str]:
    folded = sorted((fold(like) for like in likes), key=len, reverse=True)  # the longest wording first
    return re.compile(rf"(?<!\S)(?:{'|'.join(folded)})(?!\S)") if folded else re.compile(r"(?!)")
