"""Which word follows which in the sentences that a model was taught: a bigram model with Witten-Bell smoothing.

Pure, but for reading `bigrams.json`. The small recogniser's own decoder knows little of sentences; this knows more.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path

import msgspec

from engine.errors import ModelError
from engine.protocol import LanguageCode

FILE = "bigrams.json"  # in the model's folder: for each language and word how often which words follow it
BORDER = ""  # stands before the first word and after the last
ADDED = 0.5  # to the count of each word, so that none is impossible

Counts = Mapping[str, Mapping[str, int]]


class Bigrams:
    """Of one language."""

    def __init__(self, counts: Counts) -> None:
        """counts: of each word the words that follow it, and how often."""
        self._counts = counts
        self._seen = {word: sum(following.values()) for word, following in counts.items()}
        self._words: dict[str, float] = {}
        for following in counts.values():
            for word, count in following.items():
                self._words[word] = self._words.get(word, ADDED) + count
        self._all = sum(self._words.values())

    def log_probability(self, words: Sequence[str]) -> float:
        """Of a sentence that ends after these words: natural logarithm, all words together."""
        spoken = [BORDER, *words, BORDER]
        return sum(math.log(self._after(*pair)) for pair in pairwise(spoken))

    def _after(self, before: str, word: str) -> float:
        """Witten and Bell: a word that many others followed may well be followed by one more."""
        alone = self._words.get(word, ADDED) / self._all
        following = self._counts.get(before)
        if following is None:
            return alone
        kinds = len(following)
        return (following.get(word, 0) + kinds * alone) / (self._seen[before] + kinds)


@cache
def bigrams_of(folder: Path) -> Mapping[LanguageCode, Bigrams]:
    """Those of a model; none where the folder has no such file. Raises ModelError."""
    path = folder / FILE
    if not path.exists():
        return {}
    try:
        found = msgspec.json.decode(path.read_bytes(), type=dict[LanguageCode, dict[str, dict[str, int]]])
    except (OSError, msgspec.MsgspecError) as error:
        raise ModelError(f"{path}: {error}. Write it anew: python -m tools.ear.lexicon {folder}") from None
    return {language: Bigrams(counts) for language, counts in found.items()}
