"""Sample-rate change on the live path: 20 ms in, 20 ms out, one millisecond of delay.

soxr's streams answer in bursts of 40 to 120 ms, too late for a call; whole sentences still go through soxr.
"""

from __future__ import annotations

import numpy as np

TAPS_PER_PHASE = 32
KAISER_BETA = 7.0  # about 70 dB of stop band (Kaiser 1974)
PASS_BAND = 0.92  # of the lower Nyquist frequency


def _low_pass(factor: int) -> np.ndarray:
    """FIR at the higher of two rates that passes what both can carry; float32, its sum is 1."""
    taps = TAPS_PER_PHASE * factor
    at = np.arange(taps) - (taps - 1) / 2
    cutoff = PASS_BAND / factor
    kernel = np.sinc(at * cutoff) * cutoff * np.kaiser(taps, KAISER_BETA)
    return np.asarray(kernel / kernel.sum(), np.float32)


class Decimator:
    """Streaming low-pass and decimation by a whole number, such as 48 → 16 kHz.

    Feed frames whose length is a multiple of `factor`; each gives length / factor samples.
    Delay: half the filter, TAPS_PER_PHASE / 2 output samples (1 ms at 16 kHz).
    """

    def __init__(self, factor: int) -> None:
        self.factor = factor
        self._kernel = _low_pass(factor)[::-1].copy()
        self._past = np.zeros(self._kernel.size - factor, np.float32)

    def feed(self, pcm: np.ndarray) -> np.ndarray:
        """pcm: int16, shape (samples,), a multiple of `factor`. Returns int16 at the lower rate."""
        if pcm.size % self.factor:
            raise ValueError(f"{pcm.size} samples are no multiple of {self.factor}")
        signal = np.concatenate([self._past, pcm.astype(np.float32)])
        self._past = signal[-self._past.size :]
        windows = np.lib.stride_tricks.sliding_window_view(signal, self._kernel.size)[:: self.factor]
        return np.asarray(np.clip(np.rint(windows @ self._kernel), -32768, 32767), np.int16)


class Interpolator:
    """The Decimator's twin: streaming, a whole number of times more samples, such as 16 → 48 kHz.

    Delay: half the filter, TAPS_PER_PHASE / 2 input samples (1 ms at 16 kHz).
    """

    def __init__(self, factor: int) -> None:
        phases = _low_pass(factor).reshape(TAPS_PER_PHASE, factor)
        self._phases = (phases / phases.sum(axis=0))[::-1].copy()  # each keeps a steady level as it is
        self._past = np.zeros(TAPS_PER_PHASE - 1, np.float32)

    def feed(self, pcm: np.ndarray) -> np.ndarray:
        """pcm: int16, shape (samples,). Returns int16 at the higher rate, factor x samples."""
        signal = np.concatenate([self._past, pcm.astype(np.float32)])
        self._past = signal[-self._past.size :]
        windows = np.lib.stride_tricks.sliding_window_view(signal, TAPS_PER_PHASE)
        return np.asarray(np.clip(np.rint(windows @ self._phases), -32768, 32767), np.int16).reshape(-1)
