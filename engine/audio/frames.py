"""Numbered 20 ms frames: counting past 65535, gathering them, keeping the last of them. Pure."""

from __future__ import annotations

from typing import NamedTuple

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

    def count_run(self, sequence: int, frames: int) -> int:
        """The number of the first of so many frames that follow one another."""
        first = self.count(sequence)
        self.last = max(self.last, first + frames - 1)
        return first


class Run(NamedTuple):
    """Frames that were sent one after the other."""

    sequence: int  # of the first, as in its header
    began_us: int  # when the first was sent
    pcm: bytes


class FrameRuns:
    """Gathers frames into runs of so many; a gap in their numbers ends a run.

    The very first frame is a run by itself: from then on it is known when frame 0 was.
    """

    def __init__(self, length: int) -> None:
        self._length, self._next_length = length, 1
        self._frames: list[bytes] = []
        self._sequence = self._began_us = 0

    def add(self, sequence: int, at_us: int, pcm: bytes) -> list[Run]:
        """One more frame; the runs that are complete."""
        ended: list[Run] = []
        if self._frames and (sequence - self._sequence) % SEQUENCE_MODULUS != len(self._frames):
            ended = self.rest()
        if not self._frames:
            self._sequence, self._began_us = sequence % SEQUENCE_MODULUS, at_us
        self._frames.append(pcm)
        if len(self._frames) < self._next_length:
            return ended
        self._next_length = self._length
        return ended + self.rest()

    def rest(self) -> list[Run]:
        """What has been gathered so far, if anything."""
        if not self._frames:
            return []
        run = Run(self._sequence, self._began_us, b"".join(self._frames))
        self._frames = []
        return [run]


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
            first_old, self._newest = self._newest - self._keep + 1, number
            if number - first_old >= 2 * self._keep:  # all that was kept is too old, but for the new one
                self._frames = {number: pcm}
            for old in range(first_old, number - self._keep + 1):
                self._frames.pop(old, None)

    @property
    def end_ms(self) -> int:
        """Media time up to which there is audio."""
        return (self._newest + 1) * FRAME_MS

    def between(self, start_ms: int, end_ms: int) -> np.ndarray:
        """Audio of a span, int16; what is not kept any more is left out, what was lost is silence."""
        first = max(start_ms // FRAME_MS, self._newest - self._keep + 1)
        last = min(-(-end_ms // FRAME_MS), self._newest + 1)
        kept = {number: self._frames[number] for number in range(first, last) if number in self._frames}
        if not kept:
            return np.empty(0, np.int16)
        silence = np.zeros(FRAME_MS * SAMPLES_PER_MS, np.int16)
        span = np.concatenate([kept.get(number, silence) for number in range(min(kept), max(kept) + 1)])
        offset = max(0, start_ms - min(kept) * FRAME_MS) * SAMPLES_PER_MS
        return span[offset : offset + (end_ms - max(start_ms, min(kept) * FRAME_MS)) * SAMPLES_PER_MS]
