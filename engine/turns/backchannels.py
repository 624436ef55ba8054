"""Words that were said while we spoke: do they want something of us, or only say "I am listening"? Pure."""

from __future__ import annotations

import unicodedata
from enum import Enum
from functools import cache

from engine.languages.interjected import interjections
from engine.protocol import LanguageCode

Phrase = tuple[str, ...]


class Wants(Enum):
    """What somebody who speaks over us wants, by their words."""

    NOTHING = "nothing"  # a back-channel
    THE_FLOOR = "the floor"
    US_TO_STOP = "us to stop"  # said so, or that something is wrong: however short it was
    UNKNOWN = "unknown"  # no words


def wants(text: str, language: LanguageCode, opening: bool = False, unfinished: bool = False) -> Wants:
    """What these words want, which are all that was said over our voice so far.

    unfinished: more words are coming, and the first of "I see" want nothing yet.
    opening: our voice says its first sentence. Then a greeting wants nothing either: both have begun at once.
    """
    words = plain(text)
    if not words:
        return Wants.UNKNOWN
    backchannels, greetings, stops = _phrases(language)
    if _consists_of(words, backchannels | greetings if opening else backchannels, unfinished):
        return Wants.NOTHING
    return Wants.US_TO_STOP if _contains(words, stops) else Wants.THE_FLOOR


def plain(text: str) -> Phrase:
    """The words in lower case, without accents and signs; a hyphen parts two words."""
    letters = unicodedata.normalize("NFKD", text.casefold().replace("-", " "))
    kept = "".join(c for c in letters if c.isalnum() or c.isspace())
    return tuple(kept.split())


@cache
def _phrases(language: LanguageCode) -> tuple[frozenset[Phrase], frozenset[Phrase], frozenset[Phrase]]:
    said = interjections(language)
    backchannels, greetings, stops = (
        frozenset(plain(phrase) for phrase in phrases)
        for phrases in (said.backchannels, said.greetings, said.stops)
    )
    return backchannels, greetings, stops


def _consists_of(words: Phrase, phrases: frozenset[Phrase], unfinished: bool) -> bool:
    """Whether the words are phrases one after the other, in any cut. unfinished: or the beginning of one at the end."""
    longest = max(len(phrase) for phrase in phrases)
    reached = [True] + [False] * len(words)
    for end in range(1, len(words) + 1):
        reached[end] = any(
            reached[start] and words[start:end] in phrases for start in range(max(0, end - longest), end)
        )
    if reached[-1] or not unfinished:
        return reached[-1]
    rests = (words[start:] for start in range(len(words)) if reached[start])
    return any(phrase[: len(rest)] == rest for rest in rests for phrase in phrases)


def _contains(words: Phrase, phrases: frozenset[Phrase]) -> bool:
    return any(
        words[start : start + len(phrase)] == phrase
        for phrase in phrases
        for start in range(len(words) - len(phrase) + 1)
    )
