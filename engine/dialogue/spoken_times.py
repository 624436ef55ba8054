"""Written times as they are said: "19:30", "7:30 pm", "19.30 Uhr", "19u30", "19 h". Pure."""

from __future__ import annotations

import re
from functools import cache

from engine.languages import Language
from engine.languages.words import say_time
from engine.languages.written import Aloud

_HALF_OF_DAY = r"(?:\s?(?P<half>[ap])\.?\s?m(?:\b\.?|\.))"


@cache
def _pattern(after: tuple[str, ...]) -> re.Pattern[str]:
    said_after = rf"(?:\s?(?:{'|'.join(after)})\b\.?)" if after else r"(?:\s?o['’]?clock\b)"
    return re.compile(
        r"(?<![\w.,:/-])(?P<article>\b(?:las|la)\s+)?(?P<hour>\d{1,2})"
        rf"(?:(?P<colon>[:h])(?P<minute>\d\d)(?::\d\d)?(?P<after>{said_after}|{_HALF_OF_DAY})?"
        rf"|\.(?P<dotted>\d\d)(?P<after2>{said_after}|{_HALF_OF_DAY.replace('half', 'half2')})"
        r"|u(?P<flemish>\d\d)(?:\s?uur\b)?"
        rf"|(?P<full>{said_after}|{_HALF_OF_DAY.replace('half', 'half3')})"
        r"(?:\s(?P<spaced>[0-5]\d)(?!\d|[.:,/-]\d))?)(?![\w%€$£])(?!:\d)",
        re.IGNORECASE,
    )


def times(text: str, language: Language, words: Aloud) -> str:
    """`text` with times as words; what is no time of a day stays as it is."""
    return _pattern(words.oclock).sub(lambda match: _said(match, language), text)


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
