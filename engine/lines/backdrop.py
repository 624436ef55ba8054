"""What is to be heard behind a restaurant's voice: hiss, a full room, a street. Made by code, the same for a seed.

A few seconds are made once and repeated without a seam. Only what the telephone lets through is made, so that a
level is the level of what is heard.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from engine.protocol import LINE_RATE_HZ

NoiseKind = Literal["white", "pub", "street"]

LOOP_S = 8
MADE_HZ = 8_000  # rate at which it is made for a telephone; twice that for more than 4 kHz
TALKERS = 8  # of a full room; fewer would be heard one by one
SYLLABLE_HZ = (2.5, 5.5)  # syllables a second, over which the loudness of speech varies most
PITCH_HZ = (95.0, 230.0)
MELODY, MELODY_HZ, MELODY_WAVES = 0.12, (0.4, 4.0), 4  # how much, how fast and how irregularly it varies
HARMONICS = 14
GLASSES = 10  # in a loop
CARS = 4
LOWEST_HZ = 60.0


def backdrop(kind: NoiseKind, seed: int, highest_hz: float) -> np.ndarray:
    """One loop of noise with a mean power of 1: float64, shape (samples,), LINE_RATE_HZ.

    highest_hz: nothing above it is in the noise.
    """
    rate_hz = MADE_HZ * (1 if highest_hz <= MADE_HZ / 2 else 2)
    time_s = np.arange(LOOP_S * rate_hz) / rate_hz
    spectrum = np.fft.rfft(_MADE[kind](np.random.default_rng(seed), time_s))
    hz = np.fft.rfftfreq(time_s.size, 1 / rate_hz)
    spectrum[(hz < LOWEST_HZ) | (hz > highest_hz)] = 0
    wave = np.fft.irfft(spectrum, LOOP_S * LINE_RATE_HZ)  # more points of the same spectrum: the line's rate
    return np.asarray(wave / np.sqrt(np.mean(wave**2)))


def _white(dice: np.random.Generator, time_s: np.ndarray) -> np.ndarray:
    return np.asarray(dice.standard_normal(time_s.size))


def _shaped(dice: np.random.Generator, time_s: np.ndarray, corner_hz: float, slope: float) -> np.ndarray:
    """Noise that falls above a corner, by 6 dB an octave for each 1 of `slope`; its mean power is 1."""
    hz = np.fft.rfftfreq(time_s.size, float(time_s[1]))
    noise = np.fft.rfft(dice.standard_normal(time_s.size))
    wave = np.fft.irfft(noise / (1 + (hz / corner_hz) ** 2) ** (slope / 2), time_s.size)
    return np.asarray(wave / np.sqrt(np.mean(wave**2)))


def _pub(dice: np.random.Generator, time_s: np.ndarray) -> np.ndarray:
    """Many voices at once, none of them in words, and glasses."""
    wave = np.zeros(time_s.size)
    for _ in range(TALKERS):
        wave += _talker(dice, time_s) * dice.uniform(0.5, 1.0)
    wave /= np.sqrt(np.mean(wave**2))
    for at_s in dice.uniform(0, LOOP_S, GLASSES):
        since_s = (time_s - at_s) % LOOP_S
        ring = np.sin(2 * np.pi * dice.uniform(2000, 3800) * since_s) * np.exp(-since_s * 40)
        wave += dice.uniform(0.3, 1.0) * ring
    return wave


def _talker(dice: np.random.Generator, time_s: np.ndarray) -> np.ndarray:
    """A buzz of speech's spectrum that comes and goes with syllables and sentences, with its melody and its breath."""
    melody = sum(_wave(dice, time_s, hz) for hz in dice.uniform(*MELODY_HZ, MELODY_WAVES))
    cycles = np.cumsum(dice.uniform(*PITCH_HZ) * np.exp(MELODY * np.asarray(melody))) * time_s[1]
    phase = 2 * np.pi * cycles * round(cycles[-1]) / cycles[-1]  # whole periods: the loop has no seam
    formant = dice.uniform(3, 8)  # of its harmonics
    buzz = sum(
        np.sin(number * phase + dice.uniform(0, 6)) / (1 + (number / formant) ** 1.5)
        for number in range(1, HARMONICS + 1)
    )
    voiced = np.clip(0.5 + 1.5 * _wave(dice, time_s, dice.uniform(*SYLLABLE_HZ)), 0, 1)
    syllables = np.clip(0.6 + _wave(dice, time_s, dice.uniform(*SYLLABLE_HZ)), 0.05, 1)
    sentences = np.clip(0.8 + _wave(dice, time_s, 0.3), 0.1, 1)
    breath = _shaped(dice, time_s, 1200, 1.0) * (1.5 - voiced)
    return np.asarray((buzz * voiced + breath) * syllables * sentences)


def _wave(dice: np.random.Generator, time_s: np.ndarray, hz: float) -> np.ndarray:
    """A sine about as fast as that, in whole periods of the loop."""
    return np.asarray(np.sin(2 * np.pi * max(1, round(hz * LOOP_S)) / LOOP_S * time_s + dice.uniform(0, 6)))


def _street(dice: np.random.Generator, time_s: np.ndarray) -> np.ndarray:
    """Engines, and the tyres of cars that pass."""
    wave = _shaped(dice, time_s, 150, 2.0)
    for at_s in dice.uniform(0, LOOP_S, CARS):
        away_s = (time_s - at_s + LOOP_S / 2) % LOOP_S - LOOP_S / 2
        wave += _shaped(dice, time_s, 500, 1.5) * 1.4 * np.exp(-((away_s / 1.1) ** 2))
    return wave


_MADE = {"white": _white, "pub": _pub, "street": _street}


class Backdrop:
    """Endless noise of a kind at a level under what is said; the same for the same seed."""

    def __init__(self, kind: NoiseKind, level_dbfs: float, seed: int, highest_hz: float) -> None:
        """level_dbfs: RMS, 0 = a full-scale sine."""
        rms = 32768 / np.sqrt(2) * 10 ** (level_dbfs / 20)
        self._loop = (backdrop(kind, seed, highest_hz) * rms).astype(np.float32)
        self._at = 0

    def add(self, pcm: np.ndarray) -> np.ndarray:
        """The audio with noise under it, int16."""
        places = (self._at + np.arange(pcm.size)) % self._loop.size
        self._at = (self._at + pcm.size) % self._loop.size
        noisy = pcm + self._loop[places]
        return np.asarray(np.clip(np.rint(noisy), -32768, 32767), np.int16)
