"""Which words belong to which language: what a language's other files name, and greetings. Read once."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import msgspec

from engine.errors import SettingsError
from engine.languages import load
from engine.languages.turn_words import turn_words
from engine.languages.words import month_names, say_number, weekday_names
from engine.protocol import LanguageCode

FILE = Path(__file__).with_name("greetings.toml")
COUNTED = 32  # numbers up to here are known as words: hours, minutes, days, people
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_SLOT = re.compile(r"\{\w+\}")


def words_in(text: str) -> tuple[str, ...]:
    """The words of a text in lower case, without accents and figures: the files write some of them, some not."""
    plain = "".join(
        sign for sign in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(sign)
    )
    return tuple(word.replace("’", "'") for word in _WORD.findall(plain))


@cache
def known_words(code: LanguageCode) -> frozenset[str]:
    """Common words of a language; some of them belong to others as well. Raises SettingsError."""
    language, turns = load(code), turn_words(code)
    verbs = turns.verb_final
    lists: list[Iterable[str]] = [
        language.hear.name_stops,
        language.hear.interrogatives,
        language.guard.negations,
        turns.determiners,
        turns.tails,
        turns.dangling,
        turns.questions,
        turns.pronouns,
        turns.subordinators,
        weekday_names(code),
        month_names(code),
        [say_number(number, code) for number in range(COUNTED)],
        [_SLOT.sub(" ", getattr(language.say, field)) for field in language.say.__struct_fields__],
        _greetings()[code],
    ]
    if verbs is not None:
        lists += [verbs.modals, verbs.links, verbs.prepositions, verbs.adverbs, verbs.units, verbs.neutral]
    return frozenset(word for texts in lists for text in texts for word in words_in(text))


@cache
def _greetings() -> dict[str, list[str]]:
    try:
        return msgspec.toml.decode(FILE.read_bytes(), type=dict[str, list[str]])
    except (OSError, msgspec.MsgspecError) as error:
        raise SettingsError(f"{FILE}: {error}. Correct the file, or install again.") from error
