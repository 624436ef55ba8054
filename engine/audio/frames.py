"""Numbered 20 ms frames: counting past 65535, and keeping the last of them."""

from __future__ import annotations

import numpy as np

from engine.protocol import FRAME_MS, HEARING_RATE_HZ, SEQUENCE_MODULUS

SAMPLES_PER_MS = HEARING_RATE_HZ // 1000


class FrameCounter:
    """The true number of a frame from the 16 bits that travel in its header."""

    def __init__(self, expected: int = -1) -> None:
        """expected: about the number of the first frame, give or take ten minutes; -1 = it is below 65536."""
        self.last = expected
        self.lost = 0

    def count(self, sequence: int) -> int:
        """The frame's number. Gaps are added to `lost`; a number that was seen before is returned as it is."""
        if self.last < 0:
            self.last = sequence
            return sequence
        step = (sequence - self.last) % SEQUENCE_MODULUS
        if step >= SEQUENCE_MODULUS // 2:
            return self.last + step - SEQUENCE_MODULUS  # an old frame, offered again
        if step > 1:
            self.lost += step - 1
        self.last += step
        return self.last


class RecentAudio:
    """The last seconds of far-end audio at 16 kHz, found by media time."""

    def __init__(self, keep_ms: int) -> None:
        self._keep = keep_ms // FRAME_MS
        self._frames: dict[int, np.ndarray] = {}
        self._newest = -1

    def add(self, number: int, pcm: np.ndarray) -> None:
        """pcm: int16, 320 samples. Frames may come late: after a restart older ones are offered again."""
        if number <= self._newest - self._keep:
            return
        self._frames.setdefault(number, pcm)
        if number > self._newest:
            self._newest = number
            for old in [kept for kept in self._frames if kept <= number - self._keep]:
                del self._frames[old]

    @property
    def end_ms(self) -> int:
        """Media time up to which there is audio."""
        return (self._newest + 1) * FRAME_MS

    def between(self, start_ms: int, end_ms: int) -> np.ndarray:
        """Audio of a span, int16; what is not kept any more is left out, what was lost is silence."""
        first, last = start_ms // FRAME_MS, -(-end_ms // FRAME_MS)
        kept = {number: pcm for number, pcm in self._frames.items() if first <= number < last}
        if not kept:
            return np.empty(0, np.int16)
        silence = np.zeros(FRAME_MS * SAMPLES_PER_MS, np.int16)
        span = np.concatenate([kept.get(number, silence) for number in range(min(kept), max(kept) + 1)])
        offset = max(0, start_ms - min(kept) * FRAME_MS) * SAMPLES_PER_MS
        return span[offset : offset + (end_ms - max(start_ms, min(kept) * FRAME_MS)) * SAMPLES_PER_MS]
