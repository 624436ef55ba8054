"""How signs, addresses and written values are read aloud in a language: `engine/languages/aloud/*.toml`. Pure."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import msgspec

import engine.languages
from engine.errors import SettingsError
from engine.protocol import LanguageCode


class Aloud(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One language's words for what is written in signs."""

    plus: str
    point: str  # between a number and its decimals
    decimal_mark: str
    dot: str  # in addresses
    at: str
    slash: str
    hyphen: str
    underscore: str
    to: str  # between two numbers
    minus: str
    number_sign: str
    half: str
    signs: dict[str, str]
    euro: tuple[str, str]  # one of it, several
    dollar: tuple[str, str]
    pound: tuple[str, str]
    oclock: tuple[str, ...]  # what may stand after the figures of a time
    ordinal: str  # pattern of a written ordinal: "1st", "1.", "1º", "1e"
    ordinal_rules: tuple[str, ...]  # rulesets of the CLDR spell-out rules; the second for "a" and "ª"
    day: str  # a day and its month without the weekday
    day_rules: str
    day_article: str  # where the text has none before the day
    month_first: bool  # "5/15" is the fifteenth of May
    articles: tuple[str, ...]  # before a date or time; never twice


@cache
def aloud(code: LanguageCode) -> Aloud:
    """The language's words. Raises SettingsError naming file and field."""
    path = Path(engine.languages.__file__).with_name("aloud") / f"{code}.toml"
    try:
        return msgspec.toml.decode(path.read_bytes(), type=Aloud)
    except (OSError, msgspec.MsgspecError) as error:
        raise SettingsError(f"{path}: {error}. Correct the file, or install call-thing again.") from error
