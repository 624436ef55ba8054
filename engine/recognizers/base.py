"""The seam behind which every recogniser stands."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np

from engine.protocol import LanguageCode


class Recognition(NamedTuple):
    """What a recogniser made of some audio."""

    text: str
    language: LanguageCode
    confidence: float  # mean token probability, 0..1
    no_speech: float  # the model's own doubt that anyone spoke, 0..1


class Recognizer(Protocol):
    """Speech to text, a whole stretch of audio at a time."""

    def transcribe(self, pcm: np.ndarray, language: LanguageCode | None) -> Recognition:
        """pcm: int16, shape (samples,), 16 kHz mono. `language` None = find out which of the four it is."""
        ...
