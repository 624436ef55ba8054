"""The words of whoever wants to be called again: times, days and lengths of time, and which of them is meant. Pure."""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from itertools import pairwise
from typing import Literal, NamedTuple

from engine.dialogue.patterns import Patterns, fold, numbers_of, patterns_of, tokens, whole
from engine.dialogue.values import Calendar, Words
from engine.languages.called_back_words import call_back_words

DayPart = Literal["", "morning", "noon", "afternoon", "evening"]
_BARE_NUMBER = re.compile(r"(?<!\S)(?P<h>n:\d{1,2})(?!\S)")
_FEW_WORDS = 4  # between two times that are one answer, or of which the second corrects the first


class SaidTime(NamedTuple):
    """A time as it was said."""

    clock: str  # HH:MM; of a bare hour up to 12:59
    bare: bool  # whether of the morning or of the afternoon is not said
    of_weekday: bool = False  # beside a weekday, which may be that of today in a week


class Said(NamedTuple):
    """What is meant, as far as it is said."""

    times: tuple[SaidTime, ...] = ()  # the one that is meant, then others beside it
    day: date | None = None
    part: DayPart = ""
    minutes: int = 0  # from now on


class _Value(NamedTuple):
    at: int  # letter of the utterance
    mark: str  # T, D or M
    value: str


class _Wordings(NamedTuple):
    lengths: tuple[tuple[re.Pattern[str], int, int], ...]  # minutes, and minutes for each {n}
    times: tuple[re.Pattern[str], ...]
    tomorrow: tuple[re.Pattern[str], ...]
    next_week: tuple[re.Pattern[str], ...]
    parts: tuple[tuple[DayPart, re.Pattern[str]], ...]
    not_to_call: tuple[re.Pattern[str], ...]
    cue: re.Pattern[str]
    joins: re.Pattern[str]
    instead: re.Pattern[str]


def read(text: str, code: str, today: date, expecting: bool = False) -> Said:
    """What `text` says of when to call. expecting: it answers a time of ours, so that a bare number is one."""
    words, patterns, wordings = Words(text, numbers_of(code)), patterns_of(code), _wordings(code)
    _take(words, patterns, wordings, Calendar(today))
    if expecting and not words.all("T") and not words.all("M"):
        words.take((_BARE_NUMBER,), "T", lambda match: _clock(match, 0, 1))
    utterance, values = _placed(words)
    cue = wordings.cue.search(utterance)
    start = cue.start() if cue else 0
    clocks, days = (
        _chosen(values, "TM", start, utterance, wordings),
        _chosen(values, "D", start, utterance, wordings),
    )
    day = date.fromisoformat(days[0].value) if days else None
    part = _part(text, wordings)
    if clocks and clocks[0].mark == "M":
        return Said(minutes=int(clocks[0].value))
    of_weekday = bool(re.search(r"(?<!\S)d:\d(?!\S)", " ".join(numbers_of(code).read(text)[1])))
    times = tuple(_time(each.value, of_weekday) for each in clocks if each.mark == "T")
    return Said(times, day, part)


def _take(words: Words, patterns: Patterns, wordings: _Wordings, calendar: Calendar) -> None:
    """Read everything out of `words`, surest wording first; what is not about the call is taken, too."""
    words.take(patterns.digits, "X", lambda match: match["x"] if len(match["x"].split()) > 2 else None)
    for pattern, minutes, each in wordings.lengths:
        words.take((pattern,), "M", lambda match, m=minutes, e=each: _minutes(match, m, e))  # type: ignore[misc]
    words.take(patterns.party, "P", lambda match: match["n"])
    for pattern, month, day in patterns.feasts:
        words.take((pattern,), "D", lambda _, month=month, day=day: calendar.in_a_year(month, day))  # type: ignore[misc]
    words.take(wordings.tomorrow, "D", lambda _: calendar.after(1))
    words.take(patterns.dates, "D", calendar.read)
    for pattern, days in patterns.relative:
        words.take((pattern,), "D", lambda match, days=days: calendar.after(days * _number(match)))  # type: ignore[misc]
    words.take(wordings.next_week, "D", lambda _: calendar.after(7 - calendar.today.weekday()))
    for wording in patterns.times:
        words.take((wording.pattern,), "T", lambda match, w=wording: _clock(match, w.minute, w.sign))  # type: ignore[misc]
    words.take((*patterns.loose_times, *wordings.times), "T", lambda match: _clock(match, 0, 1), group="h")
    words.forget(wordings.not_to_call, "I")


def _clock(match: re.Match[str], minute: int, sign: int) -> str | None:
    """HH:MM, with "~" before it where it is not said of which half of the day; None when there is no such time."""
    found = match.groupdict()
    if found.get("noon") or found.get("midnight"):
        return "12:00" if found.get("noon") else "00:00"
    hour = int(found["h"].split(":")[1])
    minutes = minute + sign * (int(found["m"].split(":")[1]) if found.get("m") else 0)
    if not 0 <= hour <= 24 or not -60 < minutes < 60:
        return None
    total = hour * 60 + minutes
    bare = 1 <= hour <= 12 and not found.get("am") and not found.get("pm")
    if found.get("am"):
        total = total % 720
    elif found.get("pm"):
        total = total % 720 + 720 if hour <= 12 else total
    total %= 1440
    return f"{'~' if bare else ''}{total // 60:02d}:{total % 60:02d}"


def _time(value: str, of_weekday: bool) -> SaidTime:
    return SaidTime(value.lstrip("~"), value.startswith("~"), of_weekday)


def _minutes(match: re.Match[str], minutes: int, each: int) -> str:
    return str(minutes + (each * _number(match) if each else 0))


def _number(match: re.Match[str]) -> int:
    said = match.groupdict().get("n")
    return int(said.split(":")[1]) if said else 1


def _placed(words: Words) -> tuple[str, list[_Value]]:
    """The utterance with its marks, and where in it each value stands."""
    utterance, values = "", []
    for said, value in zip(words.said, words.values, strict=True):
        if value != "" and said in ("T", "D", "M"):
            values.append(_Value(len(utterance), said, str(value)))
        utterance += f"{fold(said)} "
    return utterance, values


def _chosen(
    values: list[_Value], marks: str, start: int, utterance: str, wordings: _Wordings
) -> list[_Value]:
    """The values of these marks, the one that is meant before the others: it stands behind what asks for the call.

    start: where that is. Where none stands behind it, the nearest before it is meant; of a range the beginning; and of
    two of which one corrects the other, the correction.
    """
    ours = [value for value in values if value.mark in marks]
    behind = [value for value in ours if value.at >= start]
    if behind:
        meant = behind[0]
        for before, after in pairwise(behind):
            between = utterance[before.at + 2 : after.at]
            meant = (
                after if wordings.instead.search(between) and len(between.split()) <= _FEW_WORDS else meant
            )
    elif ours:
        meant, place = ours[-1], len(ours) - 1
        while place and not wordings.joins.sub(" ", utterance[ours[place - 1].at + 2 : meant.at]).strip():
            place -= 1
            meant = ours[place]
    else:
        return []
    return [meant, *(value for value in ours if value is not meant)]


def _part(text: str, wordings: _Wordings) -> DayPart:
    """The part of the day that is named last; the longer wording of two that end together."""
    plain = fold(" ".join(tokens(text)))
    found = [
        (match.end(), match.end() - match.start(), part)
        for part, pattern in wordings.parts
        for match in pattern.finditer(plain)
    ]
    return max(found)[2] if found else ""


@cache
def _wordings(code: str) -> _Wordings:
    told = call_back_words(code)
    within, later = "|".join(told.within), "|".join(told.later)
    hedges = rf"(?: (?:{'|'.join(told.hedges)}))*"
    number = "(?P<n>[nw]:[0-9]{1,3})"
    lengths = []
    for length in told.lengths:
        like = length.like.replace("{n}", number)
        lengths.append((whole(rf"(?:{within}){hedges} {like}"), length.minutes, length.each))
        lengths.append((whole(rf"{like} (?:{later})"), length.minutes, length.each))
    intent = dict(patterns_of(code).intents)["call_back"].pattern
    parts: tuple[tuple[DayPart, tuple[str, ...]], ...] = (
        ("morning", told.morning),
        ("noon", told.noon),
        ("afternoon", told.afternoon),
        ("evening", told.evening),
    )
    return _Wordings(
        tuple(lengths),
        tuple(map(whole, told.times)),
        tuple(map(whole, told.tomorrow)),
        tuple(map(whole, told.next_week)),
        tuple((part, whole("|".join(likes))) for part, likes in parts),
        tuple(map(whole, told.not_to_call)),
        re.compile(rf"{whole('|'.join(told.cues)).pattern}|{intent}"),
        whole("|".join(told.joins)),
        whole("|".join(told.instead)),
    )
