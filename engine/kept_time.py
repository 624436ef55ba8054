"""Whether real time was kept during a call: by our voice, by the loops that carry audio, by the far end. Pure.

A loop is late by as long as something that was due, or a message that had come, waited for it. Of many calls the rooms
take what has come within 15 ms together, so that up to 15 ms are meant.
"""

from __future__ import annotations

import math
from collections import Counter

from engine.protocol import FRAME_MS, SEQUENCE_MODULUS, elapsed_us

CARRIES_AUDIO = ("capture", "vad", "playback")  # rooms whose lateness is heard; the others think in between
SHARE = 0.99


class KeptTime:
    """One call's."""

    def __init__(self) -> None:
        self.late_frames = 0  # of our voice, as playback counts them
        self._lags: Counter[int] = Counter()  # whole ms → how often
        self._far: tuple[int, int] | None = None  # its first frame: number, header clock
        self._behind_us = 0

    def loop_was_late(self, late_ms: float) -> None:
        """By so much, since it was last looked at."""
        self._lags[math.ceil(late_ms)] += 1

    def far(self, sequence: int, began_us: int) -> None:
        """A frame of the far end went on to the rooms at this time, header clock."""
        if self._far is None:
            self._far = (sequence, began_us)
        frames = (sequence - self._far[0]) % SEQUENCE_MODULUS
        self._behind_us = elapsed_us(self._far[1], began_us) - frames * FRAME_MS * 1000

    @property
    def lag_ms(self) -> float:
        """The 99th percentile of what the loops were late; 0 where nobody has looked."""
        left = math.ceil(SHARE * self._lags.total())
        for late_ms in sorted(self._lags):
            left -= self._lags[late_ms]
            if left <= 0:
                return float(late_ms)
        return 0.0

    @property
    def behind_ms(self) -> float:
        """How much later than its frames are numbered the far end's audio came in the end; never below 0."""
        return max(0.0, round(self._behind_us / 1000, 1))
