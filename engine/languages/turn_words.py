"""The words by which one hears whether somebody has finished speaking, read once from `turns/*.toml`."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import msgspec

from engine.errors import SettingsError

FOLDER = Path(__file__).with_name("turns")


class VerbFinal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of a language that keeps half of its verb for the end of the sentence (German, Dutch)."""

    modals: list[str]  # an infinitive has to follow: "könnte … anbieten"
    links: list[
        str
    ]  # a predicate, an object or a participle has to follow: "ist … reserviert", "haben … frei"
    infinitive: str  # pattern of a word that closes a modal's bracket
    infinitive_like: str  # pattern of a last word that is one as well, unless it is among the next
    not_infinitives: list[str]  # or written with a capital letter
    neutral: list[str]  # "das", "es": what follows "das ist" may be a place or a time
    predicate: str  # pattern of a participle or an adjective that closes a link's
    prepositions: list[str]
    units: list[str]  # belong to the number before them: "acht Uhr"
    adverbs: list[str]  # are no object: "wir haben leider …"


class TurnWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Lower-case words; "patterns" are regular expressions on lower-case words with single spaces."""

    determiners: list[str]  # a noun follows, though it looks like a verb
    tails: list[str]  # may follow a finished sentence: "please"
    fillers: list[str]
    hold: list[str]  # patterns of "one moment", at the end of what was said
    dangling: list[str]  # something has to follow: prepositions, articles, conjunctions, auxiliaries
    open_ends: list[str]  # patterns at the end after which something has to follow
    whole_ends: list[str]  # patterns at the end after which nothing has to, though the above say so
    questions: list[str]  # question words
    question_heads: list[str]  # alone at the end, they want a noun: "how many"
    subordinators: list[str]  # begin a clause that is no sentence: "if"
    pronouns: list[str]  # subjects; the word beside them is a verb
    verbs: list[str]  # patterns of finite verbs, and of imperatives
    gerunds: str  # pattern of a word that opens a sentence as a verb does: "confirming …"; "" = none
    formulas: list[str]  # patterns of wholes without a verb: goodbyes, thanks
    answers: list[str]  # patterns of a yes, a no, or what stands for them
    digits: dict[str, int]  # how many digits of a telephone number a word is
    number_cues: list[str]  # patterns of words after which a number is said digit by digit
    number_digits: int  # of a telephone number in this language's country
    one_letter_words: list[str]  # are no letters of a spelled name
    spelled_as: list[str]  # "as in", between a letter and its example
    verb_final: VerbFinal | None = None


@cache
def turn_words(code: str) -> TurnWords:
    """Of the language with this code. Raises SettingsError naming file and field."""
    path = FOLDER / f"{code}.toml"
    try:
        words = msgspec.toml.decode(path.read_bytes(), type=TurnWords)
    except (OSError, msgspec.MsgspecError) as error:
        raise SettingsError(f"{path}: {error}. Correct the file, or install again.") from error
    for name in ("hold", "open_ends", "whole_ends", "verbs", "formulas", "answers", "number_cues"):
        for pattern in getattr(words, name):
            try:
                re.compile(pattern)
            except re.error as error:
                raise SettingsError(f"{path}: {name}: {pattern!r} is no pattern: {error}") from error
    return words
