"""Written numbers as they are said: prices, phone numbers, ordinals, decimals, ranges, references. Pure."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from unicode_rbnf import RbnfEngine

from engine.languages import Language
from engine.languages.words import say_count, say_number, say_phone
from engine.languages.written import Aloud

LONGEST_GROUP = 4  # digits of a phone number that its writer has kept together
LONGEST_NUMBER = 6  # digits of a number that is said as one; longer ones are said digit by digit
_PHONE = re.compile(r"(?<![\w.,:])(?:\+|00)?\(?\d[\d\s()/.\u00a0-]{4,30}\d(?![\w%€$£])")
_DATE_LIKE = re.compile(r"\d{4}-\d\d-\d\d|\d{1,3}(?:[.,]\d{3})+")
_CURRENCIES = {"€": "euro", "eur": "euro", "$": "dollar", "usd": "dollar", "£": "pound", "gbp": "pound"}
_AMOUNT = r"\d{1,3}(?:[.,\u00a0]\d{3})+(?:[.,]\d{1,2})?|\d+(?:[.,]\d{1,2})?"
_PRICE = re.compile(
    rf"(?P<before>[€$£])\s?(?P<one>{_AMOUNT})(?:,-|,–)?(?!\d)"
    rf"|(?<![\d.,])(?P<two>{_AMOUNT})(?:,-|,–)?\s?(?P<after>[€$£]|\b(?:eur|usd|gbp)\b|(?P<word>\b(?:euros?|dollars?|dólares|pounds?|pfund|libras?|pond)\b))",
    re.IGNORECASE,
)
_RANGE = re.compile(r"(?<![\w.,-])(\d{1,4})\s?[-–—]\s?(\d{1,4})(?![\w-]|[.,]\d)")
_NUMBER = re.compile(
    r"(?<![\w])(?P<minus>[-−])?(?P<whole>\d{1,3}(?:[.,\u00a0]\d{3})+|\d+)(?:(?P<mark>[.,])(?P<rest>\d+))?"
)
_BETWEEN_DIGITS = re.compile(r"(?<=\d)[-–/:](?=\d)")
_FRACTION = re.compile(r"½|(?<![\d/])1/2(?![\d/])")
_ONE_THING = re.compile(r"(?<![\w.,:/+-])1 ([^\W\d_]{3,})")
_MEASURE = re.compile(r"(\d+)([a-z]{1,3})")  # "10km"
_YEAR = re.compile(r"(?:19|20)\d\d")
_DIGITS = re.compile(r"\d+")
_LETTERS_AND_DIGITS = re.compile(r"\b(?=[\w-]*\d)(?=[\w-]*[^\W\d_])[\w-]+(?:\.\d+)*\b")


@cache
def _engine(code: str) -> RbnfEngine:
    return RbnfEngine.for_language(code)


def spell_out(value: int, language: Language, rules: str) -> str:
    """A number by one of the language's spell-out rules."""
    if value == 1 and "cardinal" in rules:
        return say_number(1, language.code)
    said: Any = _engine(language.code).format_number(value, ruleset_names=[rules])
    return str(said.text).replace("\u00ad", "").replace("-", " ")


def year(value: int, language: Language) -> str:
    """2026 → "twenty twenty six"."""
    return spell_out(value, language, "spellout-numbering-year")


def digits(text: str, language: Language) -> str:
    """The digits of a text one by one, in groups."""
    return say_phone("".join(str(int(digit)) for digit in text if digit.isdecimal()), language)


def one_by_one(text: str, language: Language) -> str:
    """Digits, one by one."""
    return " ".join(say_number(int(digit), language.code) for digit in text if digit.isdecimal())


def phones(text: str, language: Language, words: Aloud) -> str:
    """Phone numbers, and whatever else is too long for a number: digit by digit in groups."""

    def said(match: re.Match[str]) -> str:
        written = match[0]
        count = sum(character.isdecimal() for character in written)
        begins_as_phone = written.startswith(("+", "0", "(0", "(+"))
        if count < (6 if begins_as_phone else 7) or _DATE_LIKE.fullmatch(written):
            return written
        international = "+" in written
        groups = _DIGITS.findall(written.replace("(0)", "") if international else written)
        as_written = len(groups) > 1 and max(map(len, groups)) <= LONGEST_GROUP
        said = ", ".join(one_by_one(group, language) for group in groups)
        return (f"{words.plus} " if international else "") + (
            said if as_written else digits(written, language)
        )

    return _PHONE.sub(said, text)


def prices(text: str, language: Language, words: Aloud) -> str:
    """Amounts of money: "€25,50" → "twenty five euros fifty"."""

    def said(match: re.Match[str]) -> str:
        amount = match["one"] or match["two"]
        if match["word"]:
            unit = match["word"]
            one = several = unit
        else:
            one, several = getattr(words, _CURRENCIES[(match["before"] or match["after"]).lower()])
            one, several = one.split()[-1], several
        whole, cents = _whole_and_cents(amount)
        if whole == 1 and not match["word"]:
            spoken = getattr(words, _CURRENCIES[(match["before"] or match["after"]).lower()])[0]
        else:
            spoken = f"{_number(str(whole), language)} {several}"
        return spoken + (f" {say_number(cents, language.code)}" if cents else "") + " "

    return _PRICE.sub(said, text)


def ordinals(text: str, language: Language, words: Aloud) -> str:
    """Written ordinals as words: "1st", "1.", "1º", "1e"."""

    def said(match: re.Match[str]) -> str:
        given = match.groupdict()
        other = given.get("feminine") or given.get("nominative") is not None
        said = spell_out(int(match["number"]), language, words.ordinal_rules[-1 if other else 0])
        return (given.get("before") or "") + said + ("." if given.get("after") is not None else "")

    return re.sub(words.ordinal, said, text, flags=re.IGNORECASE)


def numbers(text: str, language: Language, words: Aloud) -> str:
    """Every number that is left."""

    def between(match: re.Match[str]) -> str:
        return f"{_number(match[1], language)} {words.to} {_number(match[2], language)}"

    def number(match: re.Match[str]) -> str:
        minus = f"{words.minus} " if match["minus"] else ""
        whole, mark, rest = re.sub(r"\D", "", match["whole"]), match["mark"], match["rest"]
        if _YEAR.fullmatch(match[0]):
            return year(int(whole), language)
        grouped = whole != match["whole"]
        said = minus + (say_number(int(whole), language.code) if grouped else _number(whole, language))
        if not rest:
            return said
        if mark == words.decimal_mark or len(rest) != 3:
            return f"{said} {words.point} " + " ".join(say_number(int(d), language.code) for d in rest)
        return f"{said}, {_number(rest, language)}"

    def mixed(match: re.Match[str]) -> str:
        """A reference such as "AB12-7": letters one by one, and the digits."""
        if measure := _MEASURE.fullmatch(match[0]):
            return f"{_number(measure[1], language)} {measure[2]}"
        written = re.sub(r"\.(?=\d)", f" {words.point} ", match[0]).replace("-", " ").replace("_", " ")
        return _DIGITS.sub(lambda run: f" {digits(run[0], language)} ", written)

    def one(match: re.Match[str]) -> str:
        feminine = re.fullmatch(words.feminine, match[1], re.IGNORECASE)
        return f"{words.one_feminine if feminine else words.one_thing} {match[1]}"

    text = re.sub(words.number_marks, f" {words.number_sign} ", text, flags=re.IGNORECASE)
    text = _FRACTION.sub(f" {words.half} ", text)
    text = _ONE_THING.sub(one, text)
    people = language.words.people.split()[-1]
    text = re.sub(
        rf"(?<![\w.,-])\d{{1,3}}(?= {people}\b)", lambda count: say_count(int(count[0]), language), text
    )
    text = _BETWEEN_DIGITS.sub(" ", _RANGE.sub(between, text))
    text = _NUMBER.sub(number, _LETTERS_AND_DIGITS.sub(mixed, text))
    return _DIGITS.sub(lambda run: f" {digits(run[0], language)} ", text)


def _number(written: str, language: Language) -> str:
    leading_zero = written.startswith("0") and len(written) > 1
    if len(written) > LONGEST_NUMBER or leading_zero:
        return digits(written, language)
    return say_number(int(written), language.code)


def _whole_and_cents(amount: str) -> tuple[int, int]:
    """Both parts of an amount: whichever mark it has, two digits at its end are cents."""
    found = re.fullmatch(r"(.*?)[.,](\d{1,2})", amount)
    whole, cents = (found[1], found[2].ljust(2, "0")) if found else (amount, "0")
    return int(re.sub(r"\D", "", whole)), int(cents)
