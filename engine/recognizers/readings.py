"""Which of several readings of an utterance to believe, for a model whose every word is known. Pure.

The small recogniser is asked for its best readings, not for one: the right one is often among them, beside one with a
word that does not exist ("yourday tobirth"). A language has a few thousand words here, and words.json names them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

from engine.recognizers.bigrams import Bigrams
from engine.recognizers.lexicon import words_of

UNKNOWN_WORD_COSTS = 0.5  # of the mean log probability; between 0.2 and 1 it makes no difference
SENTENCE_COUNTS = 0.15  # what the order of words is worth beside the sound; with more, the usual is heard
SHORTEST_SPELLED = 4  # characters; a shorter word has too many neighbours
SHORTEST_PART = 2  # characters of a word that was written together with another one


class Reading(NamedTuple):
    """What may have been said."""

    text: str
    log_probability: float  # mean of its tokens
    tokens: int


def believed(readings: Sequence[Reading], known: frozenset[str], bigrams: Bigrams | None = None) -> int:
    """The place of the most likely reading; one in words that nobody taught the model has to be much likelier."""

    def worth(place: int) -> float:
        reading = readings[place]
        words = words_of(reading.text)
        worth = reading.log_probability - UNKNOWN_WORD_COSTS * len(_unknown(words, known))
        if bigrams is not None and words:  # no words have no order: silence must not be unusual
            worth += SENTENCE_COUNTS * bigrams.log_probability(words) / reading.tokens
        return worth

    return max(range(len(readings)), key=worth)


def respelled(text: str, known: frozenset[str]) -> str:
    """The same with each unknown word as what it nearly is.

    That is a known word that is a letter away, or whose other part is the next word, or two known words in one.
    Unchanged where there is nothing of the kind, or more than one.
    """
    words = text.split()
    if not _unknown(words_of(text), known):
        return text
    found: list[str] = []
    while words:
        word = words.pop(0)
        if words and word + words[0] in known and not {word, words[0]} <= known:
            found.append(word + words.pop(0))
        else:
            found.append(_nearest(word, known))
    return " ".join(found)


def _unknown(words: Sequence[str], known: frozenset[str]) -> list[str]:
    return [word for word in words if len(word) > 1 and word not in known]


def _nearest(word: str, known: frozenset[str]) -> str:
    if word in known or len(word) < SHORTEST_SPELLED:
        return word
    near = {*known.intersection(_a_letter_away(word, _letters(known))), *_in_two(word, known)}
    return near.pop() if len(near) == 1 else word


def _in_two(word: str, known: frozenset[str]) -> Iterator[str]:
    """Such as "da rufen" in "darufen"."""
    for place in range(SHORTEST_PART, len(word) - SHORTEST_PART + 1):
        if word[:place] in known and word[place:] in known:
            yield f"{word[:place]} {word[place:]}"


@cache
def _letters(known: frozenset[str]) -> frozenset[str]:
    return frozenset(letter for word in known for letter in word)


def _a_letter_away(word: str, letters: frozenset[str]) -> Iterator[str]:
    """A letter less, another one, one more, or two neighbours changed round."""
    for place in range(len(word) + 1):
        before, after = word[:place], word[place:]
        yield before + after[1:]
        if len(after) > 1:
            yield before + after[1] + after[0] + after[2:]
        for letter in letters:
            yield before + letter + after
            if after:
                yield before + letter + after[1:]
