"""Written times as they are said: "19:30", "7:30 pm", "19.30 Uhr", "19u30", "19 h". Pure."""

from __future__ import annotations

import re
from functools import cache

from engine.languages import Language
from engine.languages.words import say_time
from engine.languages.written import Aloud

_BOTH_HALVES = r"(?:\s?(?P<half>[ap])\.?\s?m(?:\b\.?|\.))"
_EVENING_ALONE = r"(?:\s?(?P<half>p)\.?m\b\.?)"  # "am" is a word in German
_CLOCK = r"\d{1,2}(?:[:.]\d\d)?"
_RANGE = re.compile(rf"(?<![\w.,:/-])(?!0\d[-–— ])({_CLOCK})\s?[-–—]\s?({_CLOCK})(?![\d/–-]|[.:]\d)")
_GOES_ON = r"(?:de la|del|y|o|en|a|para|el)\b"  # after an hour; any other word is what there are so many of
_SPANISH_HOUR = re.compile(
    rf"\b(a|hasta|desde|sobre|de|y) (las?) (\d{{1,2}})(?![\w:/%€$£]|[.,]\d|\s+(?!{_GOES_ON})\w)"
)


@cache
def _pattern(after: tuple[str, ...], halves: str) -> re.Pattern[str]:
    said_after = rf"(?:\s?(?:{'|'.join(after)})\b\.?)" if after else r"(?:\s?o['’]?clock\b)"
    return re.compile(
        r"(?<![\w.,:/-])(?P<article>\b(?:las|la)\s+)?(?P<hour>\d{1,2})"
        rf"(?:(?P<colon>[:h])(?P<minute>\d\d)(?::\d\d)?(?P<after>{said_after}|{halves})?"
        rf"|\.(?P<dotted>\d\d)(?P<after2>{said_after}|{halves.replace('half', 'half2')})"
        r"|u(?P<flemish>\d\d)(?:\s?uur\b)?"
        rf"|(?P<full>{said_after}|{halves.replace('half', 'half3')})"
        r"(?:\s(?P<spaced>[0-5]\d)(?!\d|[.:,/-]\d))?)(?![\w%€$£])(?!:\d)",
        re.IGNORECASE,
    )


def times(text: str, language: Language, words: Aloud) -> str:
    """`text` with times as words; what is no time of a day stays as it is."""
    halves = _EVENING_ALONE if language.words.hours == 24 else _BOTH_HALVES
    if language.code == "es":
        text = _SPANISH_HOUR.sub(_with_minutes, text)
    return _pattern(words.oclock, halves).sub(lambda match: _said(match, language), text)


def ranges(text: str, language: Language, words: Aloud) -> str:
    """`text` with the word between two short numbers or times: "19:00-20:30", "2-4"."""
    return _RANGE.sub(rf"\1 {words.to} \2", text)


def _with_minutes(match: re.Match[str]) -> str:
    """A bare hour as a time: "a las 21" → "a las 21:00"."""
    return f"{match[1]} {match[2]} {match[3]}:00" if int(match[3]) < 24 else match[0]


def _said(match: re.Match[str], language: Language) -> str:
    given = match.groupdict()
    if given["flemish"] and language.code != "nl":
        return match[0]
    hour = int(given["hour"])
    minute = int(given["minute"] or given["dotted"] or given["flemish"] or given["spaced"] or 0)
    half = (given["half"] or given["half2"] or given["half3"] or "").lower()
    if hour > 23 or minute > 59 or (half and not 1 <= hour <= 12):
        return match[0]
    hour = hour % 12 + (12 if half == "p" else 0) if half else hour
    said = say_time(f"{hour:02}:{minute:02}", language)
    if not half and hour <= 12 and hour and not given["hour"].startswith("0"):
        said = _without_part(said, language)  # "7:30" leaves open which half of the day is meant
    article = given["article"] or ""
    ending = "." if match[0].endswith(".") and not half else ""
    if article:
        said = said.removeprefix("las ").removeprefix("la ")
        article = "la " if hour % 12 == 1 else "las "
    return article + said + ending


def _without_part(said: str, language: Language) -> str:
    for part in language.words.day_parts:
        if part.words:
            said = said.removesuffix(f" {part.words}")
    return said
