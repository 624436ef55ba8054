"""The far end's audio at the line's rate, whatever rate its codec has.

The stack hands over what its decoder gives, before its own resampling: 8 kHz of G.711 and 16 kHz of G.722 have to
become 48 kHz here. Written without numpy, which would cost every line process 11 MiB.
"""

from __future__ import annotations

import math
from array import array
from operator import mul

from engine.protocol import LINE_RATE_HZ

STEPS = {8_000: ((2, 24), (3, 6)), 16_000: ((3, 8),), LINE_RATE_HZ: ()}
"""By rate: factor and filter length of each step. The first is the long one: only there an image lies close by."""
ONE = 1 << 15  # coefficients are whole numbers: Q15
LOUDEST = 32_767


class Upsampler:
    """Streaming, from a codec's rate to 48 kHz. Delay: half of each filter, 1.6 ms from 8 kHz."""

    def __init__(self, rate_hz: int) -> None:
        """rate_hz: the codec's. Raises ValueError for one that no codec of ours has."""
        if rate_hz not in STEPS:
            raise ValueError(
                f"{rate_hz} Hz is none of {', '.join(map(str, STEPS))} Hz, the rates of our codecs"
            )
        self._steps = [Step(factor, taps) for factor, taps in STEPS[rate_hz]]

    def feed(self, pcm: bytes) -> bytes:
        """int16 mono at the codec's rate; as int16 mono at 48 kHz."""
        if not self._steps or not pcm:
            return pcm
        samples = array("h", pcm).tolist()
        for step in self._steps:
            samples = step.feed(samples)
        if max(samples) > LOUDEST or min(samples) < -LOUDEST:
            samples = [max(-LOUDEST, min(LOUDEST, sample)) for sample in samples]
        return array("h", samples).tobytes()


class Step:
    """A whole number of times more samples: the old ones as they are, and new ones between them."""

    def __init__(self, factor: int, taps: int) -> None:
        self._factor, self._taps = factor, taps
        self._phases = [between(phase / factor, taps) for phase in range(1, factor)]
        self._past = [0] * (taps - 1)

    def feed(self, samples: list[int]) -> list[int]:
        """The samples that these and those before them give."""
        signal, count = self._past + samples, len(samples)
        self._past = signal[count:]
        result = [0] * (count * self._factor)
        before = self._taps // 2 - 1
        result[:: self._factor] = signal[before : before + count]
        windows = list(zip(*(signal[tap : tap + count] for tap in range(self._taps)), strict=True))
        for phase, weights in enumerate(self._phases, 1):
            result[phase :: self._factor] = [sum(map(mul, weights, window)) >> 15 for window in windows]
        return result


def between(place: float, taps: int) -> list[int]:
    """Weights in Q15 of `taps` samples for the value at `place` (0..1) between the middle two: a windowed sinc."""
    offsets = [tap - (taps // 2 - 1) - place for tap in range(taps)]
    weights = [_sinc(at) * math.cos(math.pi * at / taps) ** 2 for at in offsets]  # Hann's window
    return [round(weight * ONE / sum(weights)) for weight in weights]


def _sinc(at: float) -> float:
    return math.sin(math.pi * at) / (math.pi * at) if at else 1.0
