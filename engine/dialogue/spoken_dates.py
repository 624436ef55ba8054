"""Written dates as they are said: "2026-05-15", "15.5.", "15/05/2026", "May 15th", "15. Mai". Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from functools import cache

from babel import Locale

from engine.dialogue.spoken_numbers import spell_out, year
from engine.languages import Language
from engine.languages.words import month_names, say_date
from engine.languages.written import Aloud

_ISO = r"(?P<iso>\d{4}-\d{2}-\d{2})(?:T(?P<clock>\d{2}:\d{2})(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?"
_FULL = r"(?P<a>\d{1,2})(?P<sep>[./-])(?P<b>\d{1,2})(?P=sep)(?P<year>\d{4}|\d{2})"
_DOTTED = r"(?P<day>\d{1,2})\.\s?(?P<month>\d{1,2})\.(?!\d)"
_SLASHED = r"(?P<one>\d{1,2})/(?P<two>\d{1,2})(?![/\d])"
_DASHED = re.compile(
    r"(?<=\bop )(\d{1,2})-(\d{1,2})(?![\w-])", re.IGNORECASE
)  # elsewhere it is "two to four"
_CUE = re.compile(
    r"\b(?:on|by|until|till|from|am|vom|zum|bis|el|del|al|op|tot|van|date|datum|fecha),?\s+$", re.IGNORECASE
)
_AFTER = r"(?![\w%€$£])"


@cache
def _names(code: str, kind: str) -> dict[str, str]:
    """Weekdays or months by all they are called, abbreviations too: "fri." and "fri" are "Friday"."""
    calendar = getattr(Locale(code), kind)["format"]
    wide, short = calendar["wide"], calendar["abbreviated"]
    names = {name.casefold(): name for name in wide.values()}
    for index, name in short.items():
        names.setdefault(name.casefold().rstrip("."), wide[index])
        names.setdefault(name.casefold().rstrip(".") + ".", wide[index])
    return names


def _alternatives(names: Iterable[str]) -> str:
    return "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))


@cache
def _patterns(code: str) -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """Figures alone; a day before a month's name; a month's name before a day. All with what stands before them."""
    weekdays = _alternatives(_names(code, "days"))
    months = _alternatives(_names(code, "months"))
    before = rf"(?<![\w.,:/-])(?:(?P<weekday>{weekdays})(?!\w),?\s+)?(?:(?P<article>the|der|den|dem|el|del|al|de)\s+)?"
    years = r"(?:,?\s+(?:de(?:l)?\s+)?(?P<year>(?:19|20)\d\d)\b)?"
    figures = re.compile(f"{before}(?:{_ISO}|{_FULL}|{_DOTTED}|{_SLASHED}){_AFTER}", re.IGNORECASE)
    day_first = re.compile(
        rf"{before}(?<!\d)(?P<day>\d{{1,2}})(?:st|nd|rd|th|e|de|ste|\.|º|o)?\s+(?:of\s+|de\s+)?(?P<month>{months})(?!\w){years}",
        re.IGNORECASE,
    )
    month_first = re.compile(
        rf"\b(?P<month>{months})\s+(?:the\s+)?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?![\w:.]\d|\d|:|\s*(?:[ap]\.?m\b)){years}",
        re.IGNORECASE,
    )
    return figures, day_first, month_first


def dates(text: str, language: Language, words: Aloud) -> str:
    """`text` with dates as words; what is no day of the calendar stays as it is."""
    figures, day_first, month_first = _patterns(language.code)
    if language.code == "nl":
        text = _DASHED.sub(r"\1/\2", text)
    text = figures.sub(lambda match: _figures(match, language, words), text)
    text = day_first.sub(lambda match: _day_first(match, language, words), text)
    if words.month_first:
        text = month_first.sub(lambda match: _month_first(match, language, words), text)
    return text


def _figures(match: re.Match[str], language: Language, words: Aloud) -> str:
    given = match.groupdict()
    if given["iso"]:
        day = _calendar(*(int(part) for part in given["iso"].split("-")))
        clock = f", {given['clock']}" if given["clock"] else ""
        return match[0] if day is None else _with_weekday(match, day, language) + clock
    if given["year"]:
        whole = int(given["year"]) + (2000 if len(given["year"]) == 2 else 0)
        found = _day_and_month(int(given["a"]), int(given["b"]), words.month_first and given["sep"] == "/")
        day = None if found is None else _calendar(whole, found[1], found[0])
        return match[0] if day is None else _with_weekday(match, day, language)
    if given["day"]:
        found = _day_and_month(int(given["day"]), int(given["month"]), False)
    elif not _is_date(match):
        return match[0]
    else:
        found = _day_and_month(int(given["one"]), int(given["two"]), words.month_first)
    if found is None:
        return match[0]
    return _without_weekday(match, found[0], month_names(language.code)[found[1] - 1], language, words)


def _is_date(match: re.Match[str]) -> bool:
    """Is "15/5" a day? "24/7" and "1/2" are none, unless something before them says so."""
    one, two = match["one"], match["two"]
    said_so = match["weekday"] or match["article"] or _CUE.search(match.string, 0, match.start())
    alone = "0" in (one[0], two[0]) or (max(int(one), int(two)) > 12 and (one, two) != ("24", "7"))
    return bool(said_so or alone)


def _day_first(match: re.Match[str], language: Language, words: Aloud) -> str:
    if not 1 <= int(match["day"]) <= 31:
        return match[0]
    said = _without_weekday(match, int(match["day"]), _wide(match, "month", language), language, words)
    return said + _year(match, language)


def _month_first(match: re.Match[str], language: Language, words: Aloud) -> str:
    if not 1 <= int(match["day"]) <= 31:
        return match[0]
    return (
        f"{_wide(match, 'month', language)} {spell_out(int(match['day']), language, words.day_rules)}"
        + _year(match, language)
    )


def _wide(match: re.Match[str], group: str, language: Language) -> str:
    """A weekday or month as it is written out; written out already it stays as it is."""
    names = _names(language.code, "days" if group == "weekday" else "months")
    written = match[group]
    name = names[written.casefold()]
    return written if written.casefold() == name.casefold() else name


def _year(match: re.Match[str], language: Language) -> str:
    if not match["year"]:
        return ""
    between = " de " if language.code == "es" else " "
    return between + year(int(match["year"]), language)


def _with_weekday(match: re.Match[str], day: date, language: Language) -> str:
    """The day as `say_date` has it; an article or a weekday that stands there already is not said twice."""
    said = say_date(day.isoformat(), language)
    article = match["article"] or ""
    if language.code == "es" and article.lower() in ("el", "del", "al"):
        return f"{article} {said.removeprefix('el ')}"
    if article.lower() == "de" and language.code == "es":
        return f"de {said}"
    return said


def _without_weekday(match: re.Match[str], day: int, month: str, language: Language, words: Aloud) -> str:
    weekday = (
        f"{_wide(match, 'weekday', language)}{', den' if language.code == 'de' and not match['article'] else ''} "
        if match["weekday"]
        else ""
    )
    article = f"{match['article']} " if match["article"] else words.day_article
    rules = words.day_rules
    if language.code == "de" and article.strip().lower() == "der":
        rules = "spellout-ordinal"  # "der fünfzehnte Mai"
    elif language.code == "nl" and article.strip().lower() == "de":
        rules = "spellout-ordinal"
    if weekday and match["article"] and language.code == "de":
        weekday = f"{_wide(match, 'weekday', language)}, "
    said = words.day.format(article=article, day=spell_out(day, language, rules), month=month)
    return weekday + (said if "{article}" in words.day else article + said)


def _day_and_month(one: int, two: int, month_first: bool) -> tuple[int, int] | None:
    """Day and month of two figures; by the order of the language where both orders would do."""
    day, month = (two, one) if (month_first and one <= 12) or two > 12 else (one, two)
    return (day, month) if 1 <= day <= 31 and 1 <= month <= 12 else None


def _calendar(whole: int, month: int, day: int) -> date | None:
    try:
        return date(whole, month, day)
    except ValueError:
        return None
