"""The far end's frames: each is taken once and in order, also after a restart, and the last seconds are kept. Pure.

After a restart capture offers its last seconds again. What arrives before them is held, for a moment.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from engine.audio.frames import SAMPLES_PER_MS, FrameCounter, RecentAudio
from engine.audio.levels import audible_end
from engine.protocol import FRAME_MS, HEARING_RATE_HZ

HELD_MS = 500  # that long a restarted room waits for the frames it has missed
KEPT_MS = 8000  # of far-end audio: the last seconds of a turn and the pause after it
PAUSE_MS = 200  # beside a turn, in which the line's noise is measured


class Frame(NamedTuple):
    """20 ms of the far end, as they came."""

    sequence: int
    pcm: bytes  # int16, 16 kHz
    at_us: int  # of the header's clock


class FarFrames:
    """One call's."""

    def __init__(self, expected: int, heard_until_ms: int, restarted: bool) -> None:
        """expected: see FrameCounter. heard_until_ms: of media time; frames before it are not taken."""
        self.heard_until_ms = heard_until_ms
        self._counter = FrameCounter(expected)
        self._recent = RecentAudio(KEPT_MS)
        self._held: list[Frame] | None = [] if restarted else None  # until older ones are offered again

    def arrived(self, frame: Frame, again: bool) -> list[Frame]:
        """One more; those whose turn it is. again: it is offered once more after a restart."""
        if self._held is None:
            return [frame]
        if not again:
            self._held.append(frame)
            if len(self._held) * FRAME_MS < HELD_MS:
                return []
        held, self._held = self._held, None
        return [frame] if again else held  # capture offers again what is held here, too

    def take(self, frame: Frame) -> np.ndarray | None:
        """Its samples, int16; None: it has been taken before."""
        number = self._counter.count(frame.sequence)
        end_ms = (number + 1) * FRAME_MS
        if end_ms <= self.heard_until_ms:
            return None
        self.heard_until_ms = end_ms
        samples = np.frombuffer(frame.pcm, np.int16)
        self._recent.add(number, samples)
        return samples

    def between(self, start_ms: int, end_ms: int) -> np.ndarray:
        """The audio of a span, int16, as far as it is kept."""
        return self._recent.between(start_ms, end_ms)

    def audible_end_ms(self, start_ms: int, end_ms: int, decided_ms: int, has_ended: bool) -> int:
        """Where a turn was last audible over the line's noise. has_ended: the silence after it belongs to it."""
        turn = self.between(start_ms, end_ms)
        before = self.between(max(0, start_ms - PAUSE_MS), start_ms)
        after = self.between(max(end_ms, decided_ms - PAUSE_MS), decided_ms)
        pauses = (before, after) if has_ended else (before,)
        end = audible_end(turn, HEARING_RATE_HZ, *pauses) or turn.size
        return end_ms - (turn.size - end) // SAMPLES_PER_MS
