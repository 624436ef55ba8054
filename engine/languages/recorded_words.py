"""What is said about a call being recorded, and what people answer to it, read once from `recorded/*.toml`."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import msgspec

from engine.errors import SettingsError

FOLDER = Path(__file__).with_name("recorded")
LISTS = ("yes", "fine", "beside", "refuses", "negates", "objects", "no", "unsure", "stop", "not_stop")


class RecordedWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The first five are our sentences; the rest are patterns of their words, folded, with single spaces."""

    notice: str
    question: str
    thanks: str  # after a yes
    declined: str  # after a no
    stopped: str  # when they want it to end
    yes: list[str]
    fine: list[str]  # a yes that has a no in it: "no problem"
    beside: list[
        str
    ]  # what may stand beside a plain yes; anything else may be a condition, or about something else
    refuses: list[str]  # a no, whatever else is said
    negates: list[str]  # beside a yes they make it a no: "absolutely not"
    objects: list[
        str
    ]  # said to the announcement, in a sentence of their own, a no that does not name the recording
    no: list[str]
    unsure: list[str]  # beside these no yes is a plain one: a condition, a question
    stop: list[str]  # at any moment of the call
    not_stop: list[str]  # these in the same sentence: it is something else that is not recorded

    def pattern(self, name: str) -> re.Pattern[str]:
        """Of whole words. name: of one of the lists."""
        return re.compile(rf"(?<!\S)(?:{'|'.join(getattr(self, name))})(?!\S)")


@cache
def recorded_words(code: str) -> RecordedWords:
    """Of the language with this code. Raises SettingsError naming the file, and the list with a broken pattern."""
    path = FOLDER / f"{code}.toml"
    try:
        words = msgspec.toml.decode(path.read_bytes(), type=RecordedWords)
    except (OSError, msgspec.MsgspecError) as error:
        raise SettingsError(f"{path}: {error}. Correct the file, or install again.") from error
    for name in LISTS:
        try:
            words.pattern(name)
        except re.error as error:
            raise SettingsError(f"{path}: {name}: {error}. Correct the file, or install again.") from error
    return words


@cache
def pattern_of(code: str, name: str) -> re.Pattern[str]:
    """One list of a language, compiled."""
    return recorded_words(code).pattern(name)
