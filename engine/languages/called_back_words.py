"""The words in which a restaurant says when it wants to be called again, read once from `called_back/*.toml`."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import msgspec

from engine.errors import SettingsError

FOLDER = Path(__file__).with_name("called_back")


class Length(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A length of time: `minutes`, and for a number {n} in it `each` so many more."""

    like: str
    minutes: int = 0
    each: int = 0


class CallBackWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Patterns over words as in `engine.languages.Hearing`; T D M stand for a time, a date, a length of time read."""

    within: tuple[str, ...]  # before a length of time: "in"
    hedges: tuple[str, ...]  # between the two: "about"
    later: tuple[str, ...]  # or behind it: "from now"
    lengths: tuple[Length, ...]
    times: tuple[str, ...]  # where a bare hour {s} is a time, besides those that are everywhere
    tomorrow: tuple[str, ...]  # besides the wordings that are everywhere
    next_week: tuple[str, ...]
    morning: tuple[str, ...]
    noon: tuple[str, ...]
    afternoon: tuple[str, ...]
    evening: tuple[str, ...]
    not_to_call: tuple[str, ...]  # a time that is none to call at: "we close at T"
    cues: tuple[
        str, ...
    ]  # that one is asked to call, besides the intent's: the time stands mostly behind them
    joins: tuple[str, ...]  # between two times that are one answer: "between T and T"
    instead: tuple[str, ...]  # between two times of which the second is meant: "sorry"


@cache
def call_back_words(code: str) -> CallBackWords:
    """Of the language with this code. Raises SettingsError naming file and field."""
    path = FOLDER / f"{code}.toml"
    try:
        words = msgspec.toml.decode(path.read_bytes(), type=CallBackWords)
    except (OSError, msgspec.MsgspecError) as error:
        raise SettingsError(f"{path}: {error}. Correct the file, or install call-thing again.") from error
    for name in CallBackWords.__struct_fields__:
        for pattern in getattr(words, name):
            like = pattern.like if isinstance(pattern, Length) else pattern
            try:
                re.compile(like.replace("{n}", "0").replace("{s}", "0"))
            except re.error as error:
                raise SettingsError(f"{path}: {name}: {like!r} is no pattern: {error}") from error
    return words
