"""Values in a scenario: what types cannot say about a name, a number, a day or a voice, and when two are the same.

The `…_problem` functions say what is wrong with a value and what to write instead; "" when it will do.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path

from engine.protocol import LanguageCode
from engine.scenario_parts import Fact

LARGEST_PARTY = 99  # a larger one is no call but a contract, and the agent says no number beyond it
FIRST_YEAR, LAST_YEAR = 2000, 2100  # days beyond are slips of the pen
SHORTEST_PHONE = 5  # shorter runs of digits are a time or a party size misread

_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")  # ITU-T E.164: at most 15 digits
_SPOKEN_PHONE = re.compile(rf"\+?[0-9]{{{SHORTEST_PHONE},15}}")
_IN_NAMES = frozenset(" .-'\u2019")


def problem(field: str, value: object) -> str:
    """What is wrong with the value of a task's or a record's field; fields without a rule have none."""
    rule = _RULES.get(field)
    return rule(value) if rule else ""


def heard_problem(fact: Fact, value: object) -> str:
    """What is wrong with a value that a restaurant believes or listens for."""
    if fact == "phone" and not _SPOKEN_PHONE.fullmatch(str(value)):
        return f"{value or 'this'} is no phone number; write its digits, at least {SHORTEST_PHONE} of them."
    return "" if fact == "phone" else problem(fact, value)


def voice_problem(voice: str, language: LanguageCode) -> str:
    """What is wrong with the name of a voice: a language of espeak-ng's, `+`, a variant."""
    spoken, plus, variant = voice.partition("+")
    languages, variants = _espeak_names()
    if spoken.casefold() != language and not spoken.casefold().startswith(f"{language}-"):
        return f"{voice} does not speak {language}; take one such as {language}+m3."
    if languages and spoken.casefold() not in languages:
        own = ", ".join(sorted(name for name in languages if name.partition("-")[0] == language))
        return f"espeak-ng knows no voice {spoken}. Voices that speak {language}: {own}."
    if plus and variants and variant not in variants:
        return f"espeak-ng knows no variant +{variant}; take +f1 to +f5 or +m1 to +m8."
    return ""


def same(fact: Fact, one: object, other: object) -> bool:
    """Are these the same value? Capitals of a name and the plus of a phone number cannot be heard."""
    return _bare(fact, one) == _bare(fact, other)


def words_of(text: str) -> str:
    """A text without capitals and punctuation: "Yes, a window." and "yes a window" are the same words."""
    return " ".join(re.findall(r"[\w']+", text.replace("\u2019", "'").casefold()))


def _bare(fact: Fact, value: object) -> object:
    if fact == "name":
        return "".join(filter(str.isalnum, unicodedata.normalize("NFC", str(value)).casefold()))
    if fact == "phone":
        return "".join(filter(str.isdecimal, str(value)))
    return value


def _restaurant(value: object) -> str:
    return "" if any(map(str.isalnum, str(value))) else "is empty; write the restaurant's name."


def _name(value: object) -> str:
    parts = str(value).split()
    good = all(
        letter.isalpha() or unicodedata.combining(letter) or letter in _IN_NAMES for letter in str(value)
    )
    if not parts:
        return "is empty; write a name such as Anna Walker."
    if not good or not all(any(map(str.isalpha, part)) for part in parts):
        return f"{value} cannot be spelled letter by letter; write words of letters, such as Anna Walker."
    return ""


def _party_size(value: object) -> str:
    if isinstance(value, int) and 1 <= value <= LARGEST_PARTY:
        return ""
    return f"must be from 1 to {LARGEST_PARTY}; mend the number."


def _phone(value: object) -> str:
    if _E164.fullmatch(str(value)):
        return ""
    return f"{value} is no phone number; write it with its country, as +441632960471, or leave the field out."


def _time(value: object) -> str:
    if _TIME.fullmatch(str(value)):
        return ""
    return f"{value or 'this'} is no time of day; write it as 19:30."


def _date(value: object) -> str:
    try:
        day = date.fromisoformat(str(value))
    except ValueError:
        return f"{value or 'this'} is no date; write it as 2025-12-05."
    if day.isoformat() != value:
        return f"{value} is no date; write it as 2025-12-05."
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        return f"{value} is not between {FIRST_YEAR} and {LAST_YEAR}; mend the year."
    return ""


_RULES: dict[str, Callable[[object], str]] = {
    "restaurant": _restaurant,
    "name": _name,
    "party_size": _party_size,
    "phone": _phone,
    **dict.fromkeys(("time", "old_time", "accept_from", "accept_until", "now"), _time),
    **dict.fromkeys(("today", "date", "old_date"), _date),
}


@cache
def _espeak_names() -> tuple[frozenset[str], frozenset[str]]:
    """Languages, in lower case, and variants, from the data beside espeak's library, which stays unloaded."""
    import espeakng_loader

    data = Path(espeakng_loader.get_data_path())
    languages = {path.name.casefold() for path in data.glob("lang/**/*") if path.is_file()}
    return frozenset(languages), frozenset(path.name for path in data.glob("voices/!v/*"))
