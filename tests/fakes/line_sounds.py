"""Sounds of a telephone line for tests, synthesised: tones, music, a voice. 16 kHz, float, int16's scale."""

from __future__ import annotations

from functools import cache

import numpy as np

RATE_HZ = 16_000
FULL_SCALE_SINE = 32768 / np.sqrt(2)  # its RMS
FADE_S = 0.004


def tone(hz: tuple[float, ...], ms: float, level_dbfs: float = -20) -> np.ndarray:
    """Steady tones together."""
    time_s = np.arange(int(ms * RATE_HZ / 1000)) / RATE_HZ
    wave = np.sum([np.sin(2 * np.pi * each * time_s + number) for number, each in enumerate(hz)], axis=0)
    fade = np.minimum(1, np.minimum(time_s, time_s[::-1]) / FADE_S)
    return np.asarray(wave / np.sqrt(np.mean(wave**2)) * fade * FULL_SCALE_SINE * 10 ** (level_dbfs / 20))


def quiet(ms: float) -> np.ndarray:
    return np.zeros(int(ms * RATE_HZ / 1000))


def noise(ms: float, level_dbfs: float, seed: int = 3) -> np.ndarray:
    samples = int(ms * RATE_HZ / 1000)
    return np.random.default_rng(seed).standard_normal(samples) * FULL_SCALE_SINE * 10 ** (level_dbfs / 20)


def music(ms: float, level_dbfs: float = -22, seed: int = 1) -> np.ndarray:
    """Struck chords over a slow bass, with a beat of noise."""
    random = np.random.default_rng(seed)
    wave = np.zeros(int(ms * RATE_HZ / 1000))
    for begins in np.arange(0, ms / 1000 - 0.3, 0.3):
        for hz in random.choice([196, 220, 262, 294, 330, 392, 440, 523, 587, 659], 3, replace=False):
            _strike(wave, begins, sum(_partial(hz * k, 0.25) / k for k in (1, 2, 3, 4, 5)))
        _strike(wave, begins, random.standard_normal(800) * np.exp(-np.arange(800) / 160) * 0.5)
    return np.asarray(wave / np.sqrt(np.mean(wave**2)) * FULL_SCALE_SINE * 10 ** (level_dbfs / 20))


def _partial(hz: float, decay_s: float) -> np.ndarray:
    time_s = np.arange(int(0.6 * RATE_HZ)) / RATE_HZ
    return np.asarray(
        np.sin(2 * np.pi * hz * time_s) * np.exp(-time_s / decay_s) * np.minimum(1, time_s / 0.01)
    )


def _strike(wave: np.ndarray, begins_s: float, note: np.ndarray) -> None:
    first = int(begins_s * RATE_HZ)
    last = min(wave.size, first + note.size)
    wave[first:last] += note[: last - first]


@cache
def voice(text: str, language: str = "en", pitch: int = 50) -> np.ndarray:
    """Somebody says it."""
    import soxr

    from engine.voices.espeak import Espeak

    made = Espeak().synthesize(text, language, 165, pitch)
    return np.asarray(soxr.resample(made.pcm.astype(np.float32), made.rate_hz, RATE_HZ) * 0.5)


def pcm(*parts: np.ndarray) -> np.ndarray:
    """One after the other, int16."""
    return np.clip(np.concatenate(parts), -32768, 32767).astype(np.int16)
