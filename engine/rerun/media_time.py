"""Media time and the call's clock: which sample was heard when. Pure.

On a machine that is late the simulated far end falls behind its own clock, so that the two drift apart. What the
detector says stands in both times, eight times a second.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable

from engine.protocol import FRAME_MS, Flag, Message, TurnEnded, Voice

NEIGHBOURS = 4  # to each side: half a second; the least late of them tells


class MediaTime:
    """One call's. Times are µs since the call began, and ms of the far end's sound."""

    def __init__(self, events: Iterable[tuple[int, Flag, Message]], media_us: int) -> None:
        """media_us: when the first frame had been heard."""
        self._first_us = media_us - FRAME_MS * 1000
        self._at_us: list[int] = []
        self._late_us: list[int] = []  # by how much more than none that moment was told
        for us, _, message in events:
            match message:
                case Voice(side="far", end_ms=ms) | TurnEnded(decided_ms=ms):
                    if not self._at_us or us >= self._at_us[-1]:
                        self._at_us.append(us)
                        self._late_us.append(us - ms * 1000)

    def ms(self, us: int) -> int:
        """Media time at a moment; below 0 before anything was heard."""
        return (us - self._offset_us(us)) // 1000

    def _offset_us(self, us: int) -> int:
        place = bisect_left(self._at_us, us)
        near = self._late_us[max(0, place - NEIGHBOURS) : place + NEIGHBOURS]
        return min(near) if near and us > self._first_us else self._first_us
