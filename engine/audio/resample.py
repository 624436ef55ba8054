"""Sample-rate change on the live path: 20 ms in, 20 ms out, one millisecond of delay.

soxr's streams answer in bursts of 40 to 120 ms, too late for a call; whole sentences still go through soxr.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

TAPS_PER_PHASE = 32
KAISER_BETA = 7.0  # about 70 dB of stop band (Kaiser 1974)
BLOCK = 32  # samples of output that are computed as one matrix product
PASS_BAND = 0.92  # of the lower Nyquist frequency


@lru_cache
def _low_pass(factor: int) -> np.ndarray:
    """FIR at the higher of two rates that passes what both can carry; float32, its sum is 1. Not to be changed.

    Designed once: it takes longer than all else at the beginning of a recording, and who places calls waits for it.
    """
    taps = TAPS_PER_PHASE * factor
    at = np.arange(taps) - (taps - 1) / 2
    cutoff = PASS_BAND / factor
    kernel = np.sinc(at * cutoff) * cutoff * np.kaiser(taps, KAISER_BETA)
    designed = np.asarray(kernel / kernel.sum(), np.float32)
    designed.flags.writeable = False
    return designed


class Decimator:
    """Streaming low-pass and decimation by a whole number, such as 48 → 16 kHz.

    Feed frames whose length is a multiple of `factor`; each gives length / factor samples.
    Delay: half the filter, TAPS_PER_PHASE / 2 output samples (1 ms at 16 kHz).
    """

    def __init__(self, factor: int) -> None:
        self.factor = factor
        kernel = _low_pass(factor)[::-1]
        self._past = np.zeros(kernel.size - factor, np.float32)
        self._width = kernel.size + (BLOCK - 1) * factor  # input samples that a block of output comes from
        self._filter = np.zeros((self._width, BLOCK), np.float32)
        for output in range(BLOCK):
            self._filter[output * factor : output * factor + kernel.size, output] = kernel
        self._signal = self._blocks = np.empty(0, np.float32)

    def feed(self, pcm: np.ndarray) -> np.ndarray:
        """pcm: int16, shape (samples,), a multiple of `factor`. Returns int16 at the lower rate."""
        if pcm.size % self.factor:
            raise ValueError(f"{pcm.size} samples are no multiple of {self.factor}")
        if not pcm.size:
            return np.empty(0, np.int16)
        count, past = pcm.size // self.factor, self._past.size
        blocks = -(-count // BLOCK)
        if len(self._blocks) != blocks:
            self._make_room(blocks)
        signal = self._signal
        signal[:past] = self._past
        signal[past : past + pcm.size] = pcm
        self._past = signal[pcm.size : pcm.size + past].copy()
        lowered = (np.ascontiguousarray(self._blocks) @ self._filter).reshape(-1)[:count]
        np.rint(lowered, out=lowered)
        return np.asarray(np.minimum(np.maximum(lowered, -32768, out=lowered), 32767, out=lowered), np.int16)

    def _make_room(self, blocks: int) -> None:
        """For a signal of so many blocks; frames are all of one length, and so it is made once."""
        step = BLOCK * self.factor
        self._signal = np.zeros(self._past.size + blocks * step, np.float32)
        self._blocks = np.lib.stride_tricks.sliding_window_view(self._signal, self._width)[::step]


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
