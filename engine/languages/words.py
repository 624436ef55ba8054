"""Values as words, the way they are said on the phone: no digit is left for a voice to guess at."""

from __future__ import annotations

from datetime import date
from functools import cache

from babel import Locale
from unicode_rbnf import RbnfEngine

from engine.languages import Language, load


@cache
def _engine(code: str) -> RbnfEngine:
    return RbnfEngine.for_language(code)


@cache
def say_number(value: int, code: str) -> str:
    """17 → "seventeen"."""
    if value == 1:
        return load(code).words.one
    return _plain(_engine(code).format_number(value).text)


@cache
def say_ordinal(day: int, code: str) -> str:
    """The day of a month as this language says it: 27 → "twenty seventh", but "veintisiete"."""
    rules = load(code).words.ordinal_rules
    return _plain(_engine(code).format_number(day, ruleset_names=[rules]).text)


def say_party(people: int, language: Language) -> str:
    """4 → "four people"."""
    wording = language.words
    if people == 1:
        return wording.one_person
    return wording.people.format(n=say_count(people, language))


def say_count(people: int, language: Language) -> str:
    """A number as it stands before the word for people: "veintiuna"."""
    rules = language.words.people_rules
    return _plain(_engine(language.code).format_number(people, ruleset_names=[rules]).text)


def say_time(time: str, language: Language) -> str:
    """A time on the phone: "19:30" → "seven thirty p m", "neunzehn Uhr dreißig"."""
    wording = language.words
    hour, minute = (int(part) for part in time.split(":"))
    part = [day_part.words for day_part in wording.day_parts if day_part.hour <= hour][-1]
    said_hour = hour % wording.hours or (12 if wording.hours == 12 else 0)
    if minute == 0:
        template = wording.full_hour
    elif minute == 15:
        template = wording.quarter
    elif minute == 30:
        template = wording.half
    else:
        template = wording.few_minutes if minute < 10 else wording.minutes
    words = template.format(
        article=wording.article_one if said_hour == 1 else wording.article,
        h=wording.hour_one if said_hour == 1 else say_number(said_hour, language.code),
        m=say_number(minute, language.code),
        part=part,
    )
    return " ".join(words.split())


def say_date(iso: str, language: Language) -> str:
    """A date on the phone: "2026-11-27" → "Friday the twenty seventh of November"."""
    day = date.fromisoformat(iso)
    return language.words.date.format(
        weekday=weekday_names(language.code)[day.weekday()],
        day=say_ordinal(day.day, language.code),
        month=month_names(language.code)[day.month - 1],
    )


def say_phone(number: str, language: Language) -> str:
    """Digit by digit, in groups, so that it can be written down."""
    digits = [say_number(int(character), language.code) for character in number if character.isdecimal()]
    size = language.words.digit_group
    groups = [" ".join(digits[start : start + size]) for start in range(0, len(digits), size)]
    if len(groups) > 1 and " " not in groups[-1]:
        last = groups.pop()
        groups[-1] += " " + last
    return ", ".join(groups)


def spell(name: str) -> str:
    """Letter by letter: "Walker" → "W, A, L, K, E, R"."""
    return ", ".join(letter for letter in name.upper() if letter.isalpha())


@cache
def weekday_names(code: str) -> tuple[str, ...]:
    """Monday first."""
    names = Locale(code).days["format"]["wide"]
    return tuple(names[index] for index in range(7))


@cache
def month_names(code: str) -> tuple[str, ...]:
    """January first."""
    names = Locale(code).months["format"]["wide"]
    return tuple(names[index] for index in range(1, 13))


def _plain(text: str) -> str:
    return text.replace("\u00ad", "").replace("-", " ")
