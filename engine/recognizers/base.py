"""The seam behind which every recogniser stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple, Protocol

import numpy as np

from engine.protocol import LanguageCode

NOT_ASKED: Mapping[LanguageCode, float] = MappingProxyType({})


class Recognition(NamedTuple):
    """What a recogniser made of some audio."""

    text: str
    language: LanguageCode
    confidence: float  # mean token probability, 0..1
    no_speech: float  # the model's own doubt that anyone spoke, 0..1
    languages: Mapping[LanguageCode, float] = NOT_ASKED
    """How probable each of our four is, summing to 1; empty where the recogniser was not asked or cannot tell."""


class Recognizer(Protocol):
    """Speech to text, a whole stretch of audio at a time."""

    def transcribe(
        self, pcm: np.ndarray, language: LanguageCode | None, names: Sequence[str] = ()
    ) -> Recognition:
        """pcm: int16, shape (samples,), 16 kHz mono, of any length. `language` None = find out which of the four it is.

        names: words that may well be said and that nobody could spell without having seen them. A hint, no more.
        """
        ...
