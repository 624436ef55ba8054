"""The patterns of a language file, compiled."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from engine.dialogue.numbers import (
    NumberWords as NumberWords,
    fold as fold,
    numbers_of as numbers_of,
    tokens as tokens,
)
from engine.languages import Hearing, TimePattern, load

MACROS = {
    "{h}": r"(?P<h>[nw]:\d{1,2})",
    "{s}": r"(?P<h>n:\d{1,2})(?! point)",  # a rating of "4.5" is no time
    "{m}": r"(?P<m>n:\d{1,2})",
    "{m5}": r"(?P<m>n:(?:5|10|20|25))",
    "{m10}": r"(?P<m>n:[1-5]\d)",
    "{n}": r"(?P<n>n:\d{1,2})",
    "{p}": r"(?P<n>[nw]:\d{1,2})",
    "{o}": r"(?P<o>o:\d+)",
    "{d}": r"(?P<d>n:\d+)",
    "{w}": r"(?P<w>d:\d)",
    "{mo}": r"(?P<mo>m:\d+)",
}

SUPPOSED_WORDS = 2  # between "if" and "is booked": "if your table is booked"
_CLOCK_TIME = TimePattern("(?:las? )?clock {h} (?P<m>n:[0-5]?[0-9])(?: uhr| uur| oclock)?")


class TimeWording(NamedTuple):
    pattern: re.Pattern[str]
    minute: int
    sign: int


class Patterns(NamedTuple):
    """A language's `hear` table, compiled."""

    times: tuple[TimeWording, ...]
    loose_times: tuple[re.Pattern[str], ...]
    relative: tuple[tuple[re.Pattern[str], int], ...]
    dates: tuple[re.Pattern[str], ...]
    feasts: tuple[tuple[re.Pattern[str], int, int], ...]  # with their month and day
    party: tuple[re.Pattern[str], ...]
    loose_party: tuple[re.Pattern[str], ...]
    party_limit: tuple[re.Pattern[str], ...]
    asides: tuple[re.Pattern[str], ...]
    name_cue: re.Pattern[str]
    name_stops: frozenset[str]
    name_particles: frozenset[str]
    spelling_cue: re.Pattern[str]
    digits: tuple[re.Pattern[str], ...]
    zero_words: frozenset[str]
    repeats: dict[str, int]
    letters: dict[str, str]
    intents: tuple[tuple[str, re.Pattern[str]], ...]
    yes: re.Pattern[str]
    no: re.Pattern[str]
    neither: re.Pattern[str]
    interrogative: re.Pattern[str]
    none_of: re.Pattern[str]
    only: re.Pattern[str]
    supposed: re.Pattern[str]
    part_closed: re.Pattern[str]  # "the terrace is closed"


@cache
def patterns_of(code: str) -> Patterns:
    """The compiled patterns of the language with this code."""
    hear = load(code).hear
    morning, evening = "|".join(hear.morning), "|".join(hear.evening)
    day_part = rf"(?:(?: (?P<am>{morning}))|(?: (?P<pm>{evening})))?"
    return Patterns(
        times=tuple(
            TimeWording(whole(time.like + day_part), time.minute, time.sign)
            for time in (_CLOCK_TIME, *hear.times)
        ),
        loose_times=tuple(whole(like + day_part) for like in hear.loose_times),
        relative=tuple((whole(day.like), day.days) for day in hear.relative),
        dates=tuple(whole(like) for like in hear.dates),
        feasts=tuple((whole(like), int(day[:2]), int(day[3:])) for like, day in hear.feasts.items()),
        party=tuple(whole(like) for like in hear.party),
        loose_party=tuple(whole(like) for like in hear.loose_party),
        party_limit=tuple(whole(like) for like in hear.party_limit),
        asides=tuple(whole(like) for like in hear.asides),
        name_cue=_any(tuple(sorted(hear.name_cues, key=len, reverse=True))),
        name_stops=frozenset(fold(word) for word in hear.name_stops),
        name_particles=frozenset(hear.name_particles),
        spelling_cue=_any(tuple(rf"{cue} \S+" for cue in hear.spelling_cues)),
        digits=_digits(hear),
        zero_words=frozenset(map(fold, hear.zero_words)),
        repeats={fold(word): times for word, times in hear.repeats.items()},
        letters={fold(name): letter for name, letter in hear.letters.items()},
        intents=tuple((intent, _any(_with_amenities(likes, hear))) for intent, likes in hear.intents.items()),
        yes=_any(hear.yes),
        no=_any(hear.no),
        neither=_any(hear.neither),
        part_closed=whole(
            rf"(?:{'|'.join(hear.amenities)})(?: \S+){{1,5}}? (?:{'|'.join(hear.intents['closed'])})"
        ),
        interrogative=_any(hear.interrogatives),
        none_of=_any(hear.none_of),
        only=_any(hear.only),
        supposed=whole(rf"(?:{'|'.join(hear.supposed)})(?: \S+){{0,{SUPPOSED_WORDS}}} ?$"),
    )


def _digits(hear: Hearing) -> tuple[re.Pattern[str], ...]:
    """A number that is spelled out digit by digit or in groups: behind its cue, or long enough to be nothing else."""
    nought = "".join(f"|{word}" for word in hear.zero_words)
    again = f"(?:(?:{'|'.join(hear.repeats)}) )?" if hear.repeats else ""
    part, digit = rf"{again}(?:[nw]:\d+{nought})", rf"{again}(?:[nw]:\d{nought})"
    return (
        whole(rf"(?:{'|'.join(hear.number_cues)}) (?P<x>{part}(?: {part})+)"),
        whole(rf"(?P<x>(?:{again}n:0{nought})(?: {part}){{3,}})"),
        whole(rf"(?P<x>{again}n:\d(?: {digit}){{3,}})"),
        whole(r"(?P<x>n:\d(?: n:\d\d){3,})"),
        whole(r"(?P<x>n:\d{5,}|n:\d{2,}(?: n:\d{2,}){2,})"),
    )


def _with_amenities(likes: tuple[str, ...], hear: Hearing) -> tuple[str, ...]:
    any_of_them = f"(?:{'|'.join(hear.amenities)})"
    return tuple(like.replace("{amenity}", any_of_them) for like in likes)


def cues(text: str, code: str, *intents: str) -> int:
    """How many wordings of these intents stand in `text`; values are not read out of it."""
    return _cues(text, code, intents)[0]


def words_beside(text: str, code: str, *intents: str) -> int:
    """How many words of `text` belong to no wording of these intents."""
    return _cues(text, code, intents)[1]


def _cues(text: str, code: str, intents: tuple[str, ...]) -> tuple[int, int]:
    found, plain = 0, fold(" ".join(tokens(text)))
    for intent, pattern in patterns_of(code).intents:
        if intent in intents:
            plain, times = pattern.subn(" ", plain)
            found += times
    return found, len(plain.split())


def whole(like: str) -> re.Pattern[str]:
    """A pattern of a language file, macros and all, that matches whole words alone."""
    folded = fold(like.replace("'", ""))
    for macro, expression in MACROS.items():
        folded = folded.replace(macro, expression)
    return re.compile(rf"(?<!\S)(?:{folded})(?!\S)")


def _any(likes: tuple[str, ...]) -> re.Pattern[str]:
    return whole("|".join(likes))
