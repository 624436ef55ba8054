"""What a stretch of sound is made of: one or two tones, sharp lines as of instruments, or neither. Pure.

128 ms at a time, in steps of 32: long enough to tell 440 Hz from 480, and for a voice to move, which a tone does not.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from engine.audio.silero import WINDOW_SAMPLES
from engine.protocol import HEARING_RATE_HZ

SPAN = 2048  # samples, 128 ms
BIN_HZ = HEARING_RATE_HZ / SPAN
LOWEST_HZ, HIGHEST_HZ = 200, 3400  # what every telephone passes
LINE_BINS = 3  # to both sides of a line: 23 Hz, the main lobe of the Hann window and a little
LEAST_SECOND = 0.08  # of the first tone's power, -11 dB: less is noise, or a harmonic
SMOOTH_BINS = 17  # 133 Hz: what a line stands out of
STANDS_OUT = 3.0  # times the mean around it
LINE_SHARE_BINS = 2
SHARP_FROM_HZ = 700  # below, the harmonics of a voice move too little to tell it from an instrument
LEAST_ABOVE = 0.01  # of the power; with less up there, all of it is looked at


class Texture(NamedTuple):
    """What 128 ms consist of."""

    tones_hz: tuple[float, ...]  # the strongest line, and a second one that comes near it; by frequency
    pure: float  # 0..1: share of the power that these lines hold
    sharp: (
        float  # 0..1: share of the power in lines that stand out, above 700 Hz: voices 0.2-0.6, music 0.8-1
    )


NOTHING = Texture((), 0.0, 0.0)


class Prism:
    """One call's spectrum. Feed windows of 32 ms."""

    _hann = np.hanning(SPAN).astype(np.float32)
    _low = round(LOWEST_HZ / BIN_HZ)
    _high = round(HIGHEST_HZ / BIN_HZ)
    _sharp_from = round(SHARP_FROM_HZ / BIN_HZ) - _low

    def __init__(self) -> None:
        self._past = np.zeros(SPAN, np.float32)

    def feed(self, samples: np.ndarray, loud: bool) -> Texture:
        """samples: int16, 512 at 16 kHz. loud: whether they are worth a look; else NOTHING is said of them."""
        self._past[:-WINDOW_SAMPLES] = self._past[WINDOW_SAMPLES:]
        self._past[-WINDOW_SAMPLES:] = samples
        if not loud:
            return NOTHING
        power = np.abs(np.fft.rfft(self._past * self._hann)) ** 2
        return _texture(power, self._low, self._high, self._sharp_from)


def _texture(power: np.ndarray, low: int, high: int, sharp_from: int) -> Texture:
    total = float(power[2:].sum()) + 1e-9  # all but a constant offset: a tone is alone in the whole of it
    band = power[low:high]
    tones, pure = _strongest(band, total, low)
    return Texture(tones, pure, _sharpness(band, sharp_from))


def _strongest(band: np.ndarray, total: float, low: int) -> tuple[tuple[float, ...], float]:
    first = int(band.argmax())
    held = _line(band, first)
    rest = band.copy()
    rest[max(0, first - LINE_BINS) : first + LINE_BINS + 1] = 0
    second = int(rest.argmax())
    also = _line(rest, second)
    if also < LEAST_SECOND * held:
        return (_hz(band, first, low),), held / total
    return tuple(sorted((_hz(band, first, low), _hz(band, second, low)))), (held + also) / total


def _line(band: np.ndarray, at: int) -> float:
    return float(band[max(0, at - LINE_BINS) : at + LINE_BINS + 1].sum())


def _hz(band: np.ndarray, at: int, low: int) -> float:
    """The line's frequency: a parabola through the logarithms of three bins."""
    if not 0 < at < band.size - 1:
        return (at + low) * BIN_HZ
    left, top, right = np.log(band[at - 1 : at + 2] + 1e-9)
    bend = left - 2 * top + right
    return float((at + low + (0.5 * (left - right) / bend if bend else 0.0)) * BIN_HZ)


def _sharpness(band: np.ndarray, sharp_from: int) -> float:
    edge = SMOOTH_BINS // 2
    padded = np.empty(band.size + 2 * edge + 1)
    padded[0], padded[1 : edge + 1], padded[-edge:] = 0.0, band[0], band[-1]
    padded[edge + 1 : -edge] = band
    sums = np.cumsum(padded)
    around = (sums[SMOOTH_BINS:] - sums[:-SMOOTH_BINS]) / SMOOTH_BINS
    tops = np.zeros(band.size, bool)
    middle = band[1:-1]
    tops[1:-1] = (middle > band[:-2]) & (middle >= band[2:]) & (middle > STANDS_OUT * around[1:-1])
    lines = tops.copy()
    for shift in range(1, LINE_SHARE_BINS + 1):
        lines[shift:] |= tops[:-shift]
        lines[:-shift] |= tops[shift:]
    above = band[sharp_from:]
    if above.sum() < LEAST_ABOVE * band.sum():
        return float(band[lines].sum() / (band.sum() + 1e-9))
    return float(above[lines[sharp_from:]].sum() / (above.sum() + 1e-9))
