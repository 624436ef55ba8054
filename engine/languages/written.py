"""A language's text besides its main file: a chat model's instructions, and how written signs are read aloud.

`prompts/*.toml` and `aloud/*.toml`, each read once.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TypeVar

import msgspec

from engine.errors import SettingsError
from engine.protocol import LanguageCode

_Text = TypeVar("_Text")


class Prompting(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A chat model's instructions; {slots} are filled from the task by `dialogue.prompt`."""

    role: str
    role_called: str  # where they have called us
    said_already: str
    goal: str
    goal_book: str
    goal_change: str
    goal_cancel: str
    today: str
    allowed: str
    only_this: str
    allowed_dates: str
    allowed_times: str
    allowed_window: str
    allowed_people: str
    allowed_rest: str
    facts: str
    phone: str
    no_phone: str
    wishes: str
    no_wishes: str
    spelling: str
    nothing_more: str
    manner: str
    manners: tuple[str, ...]
    rules: str
    rule_list: tuple[str, ...]
    tools: str
    read_back: str
    refused: str
    tool: dict[str, str]  # when to use each


class Menu(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The words in which a recorded menu offers its keys."""

    press: tuple[str, ...]
    between: tuple[str, ...]  # may stand between pressing and the key: "the", "key"
    purpose: tuple[str, ...]  # one of them says what a key is for
    booking: tuple[str, ...]  # beginnings of words in a purpose that is ours
    altering: tuple[str, ...]  # in one for a booking that there is
    anybody: tuple[str, ...]  # and in one that leads to somebody who can be asked
    conjunction: str  # what comes after it is another thing to do
    star: tuple[str, ...]
    hash: tuple[str, ...]
    digits: dict[str, str]  # names of digits besides those of the spell-out rules
    greeting: tuple[str, ...]  # patterns with a word of purpose in them that say what nothing is for
    joins: dict[str, tuple[str, ...]]  # purpose that one of these words goes on with: "um … zu"


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
    one_thing: str  # 1 before a noun
    one_feminine: str
    feminine: str  # pattern of nouns that want it
    number_marks: str  # pattern of what is said as `number_sign`
    signs: dict[str, str]
    euro: tuple[str, str]  # one of it, several
    dollar: tuple[str, str]
    pound: tuple[str, str]
    oclock: tuple[str, ...]  # what may stand after the figures of a time
    ordinal: str  # pattern of a written ordinal: "1st", "1.", "1º", "1e"
    ordinal_rules: tuple[str, ...]  # rulesets of the CLDR spell-out rules; the second in its other form
    day: str  # a day and its month without the weekday
    day_rules: str
    day_article: str  # where the text has none before the day
    month_first: bool  # "5/15" is the fifteenth of May
    menu: Menu


@cache
def prompting(code: LanguageCode) -> Prompting:
    """The instructions in this language. Raises SettingsError naming file and field."""
    return _read("prompts", code, Prompting)


@cache
def aloud(code: LanguageCode) -> Aloud:
    """How this language reads signs aloud. Raises SettingsError naming file and field."""
    return _read("aloud", code, Aloud)


def _read(folder: str, code: LanguageCode, kind: type[_Text]) -> _Text:
    path = Path(__file__).with_name(folder) / f"{code}.toml"
    try:
        return msgspec.toml.decode(path.read_bytes(), type=kind)
    except (OSError, msgspec.MsgspecError) as error:
        raise SettingsError(f"{path}: {error}. Correct the file, or install call-thing again.") from error
