"""How far ahead of the line the restaurant's voice is made. Pure.

The line sends by a clock of its own and says what has left; in between that clock is taken to go on like ours. Some
frames lie ready there all the time, so that a recognition or a synthesis makes no hole in what is heard.
"""

from __future__ import annotations

from engine.audio.frames import FrameCounter
from engine.lines.far_end import FRAME_US

AHEAD_US = 200_000  # several times what a sentence takes to be synthesised, and soon enough for an answer


class Pace:
    """One call's voice, counted in frames of 20 ms."""

    def __init__(self) -> None:
        self.made = 0
        self._counter = FrameCounter(expected=0)
        self._left, self._left_us = 0, 0
        self._standing = True  # nobody has picked up, or the call is on hold

    def go(self, now_us: int) -> None:
        """The line's clock begins, or goes on after a hold."""
        self._standing, self._left, self._left_us = False, self.made, now_us

    def stand(self) -> None:
        """Nothing is sent for now."""
        self._standing = True

    def has_left(self, frame: int, at_us: int) -> None:
        """The line's word: frames up to this one (16 bits of its number) had left by then."""
        self._left, self._left_us = self._counter.count(frame) + 1, at_us

    def due(self, now_us: int) -> bool:
        """Is another frame to be made?"""
        return not self._standing and (self.made - self._gone(now_us)) * FRAME_US < AHEAD_US

    def all_gone(self, now_us: int) -> bool:
        """Has everything that was made left?"""
        return self._standing or self._gone(now_us) >= self.made

    def _gone(self, now_us: int) -> int:
        return min(self.made, self._left + max(0, now_us - self._left_us) // FRAME_US)
