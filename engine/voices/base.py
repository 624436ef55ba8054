"""The seam behind which every voice stands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol

import numpy as np

from engine.protocol import LanguageCode, WordMark


class Piece(NamedTuple):
    """Some of a sentence's audio."""

    pcm: np.ndarray  # int16, shape (samples,), mono, LINE_RATE_HZ
    marks: tuple[WordMark, ...]  # words that begin in this piece, samples counted from the sentence's start


class Voice(Protocol):
    """Turns one sentence at a time into audio at the line's rate, without silence before or after it."""

    def say(self, text: str, language: LanguageCode) -> Iterator[Piece]:
        """The sentence in pieces, the first as soon as it exists. Stop iterating to cancel."""
        ...
