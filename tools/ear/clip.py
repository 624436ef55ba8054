"""One training clip: a sentence, a voice and a line become features, with the phoneme of every frame and the time of
every character.
"""

from __future__ import annotations

from functools import cache
from random import Random
from typing import Any, NamedTuple

import numpy as np

from engine.protocol import LanguageCode
from engine.recognizers.lexicon import written
from tools.ear import mixture, nobody, voices
from tools.ear.speaker import Speaker, Spoken
from tools.ear.telephone import RATE_HZ, through_a_line

HOP = 320  # samples between feature frames: twice Whisper's, which halves the work
WINDOW_S = 8
FRAMES_AT_MOST = 360  # of 400: some room for what is around the words in a call
FRAME_MS = 1000 * HOP / RATE_HZ
LABEL_MS = 2 * FRAME_MS  # the encoder halves the rate once more
LEAD_S, TRAIL_S = (0.0, 0.35), (0.0, 0.45)  # of the line around the words
PEAKS = (0.05, 0.9)
NOBODY_SHARE = 0.045
NOBODY_S = (0.3, 6.0)
CUT_SHARE, CUT_AT_LEAST_S = 0.16, 0.45  # speech that goes on: words so far
HEARD_SHARE = 0.9  # of a word, before it counts in a cut clip


class Clip(NamedTuple):
    """What training sees."""

    features: np.ndarray  # float16, shape (80, frames)
    text: str  # as the ear writes it; "" = nobody speaks
    language: LanguageCode
    phonemes: list[str]  # of each label frame, "en:ɪ"; "" = none
    ends_ms: (
        np.ndarray
    )  # int16, shape (characters + 1,): when each character begins; the last: when all are over


@cache
def _extractor() -> Any:
    from faster_whisper.feature_extractor import FeatureExtractor

    return FeatureExtractor(hop_length=HOP, chunk_length=WINDOW_S)


def features_of(pcm: np.ndarray) -> np.ndarray:
    """Log-mel features as faster-whisper makes them. pcm: float32, 16 kHz. Returns float32, shape (80, frames)."""
    return np.asarray(_extractor()(pcm.astype(np.float32)))


def make(speaker: Speaker, language: LanguageCode, random: Random) -> Clip | None:
    """A clip by dice; None where the sentence is too long for the window."""
    if random.random() < NOBODY_SHARE:
        return _nobody(language, random)
    text = mixture.sentence(language, random)
    voice = voices.trained(language, random)
    return spoken_clip(speaker, text, voice, language, random)


def spoken_clip(
    speaker: Speaker, text: str, voice: str, language: LanguageCode, random: Random
) -> Clip | None:
    """A sentence in a voice, through a line; None where it is too long for the window or has no words."""
    import soxr

    rate, pitch, spread = (
        random.randint(*each) for each in (voices.RATES_WPM, voices.PITCHES, voices.SPREADS)
    )
    said = speaker.say(text, voice, rate, pitch, spread)
    label, places = written(text)
    if not label or said.pcm.size == 0:
        return None
    pcm = soxr.resample(said.pcm, said.rate_hz, RATE_HZ, quality="HQ")
    spoken_ms = 1000 * pcm.size / RATE_HZ
    begins_ms = _character_times(said, text, places, spoken_ms)
    if random.random() < CUT_SHARE and spoken_ms > 2000 * CUT_AT_LEAST_S:
        spoken_ms = random.uniform(1000 * CUT_AT_LEAST_S, spoken_ms)
        pcm = pcm[: int(spoken_ms * RATE_HZ / 1000)]
        label, begins_ms = _until(label, begins_ms, spoken_ms)
        trail = 0.0
    else:
        trail = random.uniform(*TRAIL_S)
    lead = random.uniform(*LEAD_S)
    around = [int(each * RATE_HZ) for each in (lead, trail)]
    pcm = through_a_line(np.pad(_to_peak(pcm, random), around).astype(np.float32), random)
    features = features_of(pcm)
    if features.shape[1] > FRAMES_AT_MOST:
        return None
    phonemes = _phoneme_frames(said, language, lead * 1000, spoken_ms, features.shape[1])
    return Clip(
        features.astype(np.float16), label, language, phonemes, (begins_ms + lead * 1000).astype(np.int16)
    )


def _nobody(language: LanguageCode, random: Random) -> Clip:
    pcm = nobody.sound(random.uniform(*NOBODY_S), random) * 10 ** (-random.uniform(0, 60) / 20)
    features = features_of(through_a_line(pcm, random))
    nothing = [""] * ((features.shape[1] + 1) // 2)
    return Clip(features.astype(np.float16), "", language, nothing, np.zeros(1, np.int16))


def _to_peak(pcm: np.ndarray, random: Random) -> np.ndarray:
    return pcm * (random.uniform(*PEAKS) / max(1e-4, float(np.abs(pcm).max(initial=0.0))))


def _character_times(said: Spoken, text: str, places: list[int], spoken_ms: float) -> np.ndarray:
    """When each character of the label begins, and the end: between the starts of words by their share."""
    known = [(place, ms) for ms, place in said.words if 0 <= place < len(text)]
    xs, ys = [place for place, _ in known] + [len(text)], [ms for _, ms in known] + [spoken_ms]
    return np.maximum.accumulate(np.interp([*places, len(text)], xs, ys))


def _until(label: str, begins_ms: np.ndarray, end_ms: float) -> tuple[str, np.ndarray]:
    """The words of which enough was heard before a cut."""
    kept, start = 0, 0
    for word in label.split(" "):
        stop = start + len(word)
        begun, over = float(begins_ms[start]), float(begins_ms[stop])
        if begun + HEARD_SHARE * (over - begun) > end_ms:
            break
        kept, start = stop, stop + 1
    return label[:kept], np.minimum(begins_ms[: kept + 1], end_ms)


def _phoneme_frames(
    said: Spoken, language: LanguageCode, lead_ms: float, spoken_ms: float, frames: int
) -> list[str]:
    """The phoneme in the middle of each label frame."""
    starts = [-1.0, *(ms + lead_ms for ms, _ in said.phonemes), spoken_ms + lead_ms]
    names = ["", *(name for _, name in said.phonemes), ""]
    at_ms = np.arange((frames + 1) // 2) * LABEL_MS + 1
    found = np.searchsorted(starts, at_ms, side="right") - 1
    last = len(names) - 1
    over = at_ms >= spoken_ms + lead_ms
    return [
        f"{language}:{names[index]}" if names[index] and not ended and index < last else ""
        for index, ended in zip(found, over, strict=True)
    ]
