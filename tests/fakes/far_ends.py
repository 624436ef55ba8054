"""What the far end sends in the tests of the rooms that hear: espeak's voice, silence, noise, all from one seed."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
import soxr

from engine.audio.levels import audible_span, with_level
from engine.bus import Delivery
from engine.protocol import HEARING_RATE_HZ, FarFrame, Flag
from engine.voices.espeak import Espeak
from tests.fakes.fake_bus import heard

FRAME_SAMPLES = HEARING_RATE_HZ // 50
VOICES = {"en": "en-us", "de": "de", "es": "es", "nl": "nl"}


@cache
def _espeak() -> Espeak:
    return Espeak()


@cache
def speech(text: str, language: str = "en", level_dbfs: float = -24.0) -> np.ndarray:
    """int16 at 16 kHz, without silence around it."""
    made = _espeak().synthesize(text, VOICES[language])
    pcm = with_level(soxr.resample(made.pcm, made.rate_hz, HEARING_RATE_HZ, quality="HQ"), level_dbfs)
    first, last = audible_span(pcm, HEARING_RATE_HZ)
    return pcm[first:last]


def silence(ms: int) -> np.ndarray:
    return np.zeros(ms * 16, np.int16)


def noise(ms: int, level_dbfs: float = -40.0, seed: int = 1) -> np.ndarray:
    rms = 32768 / np.sqrt(2) * 10 ** (level_dbfs / 20)
    return np.random.default_rng(seed).normal(0, rms, ms * 16).astype(np.int16)


def frames(*parts: np.ndarray, first: int = 0, call: int = 1, flags: Flag = Flag.NONE) -> Iterator[Delivery]:
    """The parts one after another as 20 ms frames, the last one filled up with silence."""
    pcm = np.concatenate(parts)
    pcm = np.concatenate([pcm, np.zeros(-pcm.size % FRAME_SAMPLES, np.int16)])
    for number in range(pcm.size // FRAME_SAMPLES):
        piece = pcm[number * FRAME_SAMPLES : (number + 1) * FRAME_SAMPLES]
        yield heard(FarFrame(pcm=piece.tobytes()), call, flags, first + number)
