"""What of our voice is on its way in a line that sends by a clock of its own. Pure.

    playout ──frames──► [ 7 8 9 ] ──one every 20 ms──► far end
            ◄──────── "7 has left at …" ◄─────────┘

Each report that a frame has left makes room for one more, so that the line's clock sets the pace and what waits in
the line stays as long as the lead: that much is thrown away, and was not heard, when the far end interrupts.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from engine.protocol import CLOCK_MODULUS_US, FRAME_MS, SEQUENCE_MODULUS, VoicePlayed, elapsed_us
from engine.turns.sentence_playout import Place

FRAME_US = FRAME_MS * 1000
LATE_REPORT_US = FRAME_US * 3 // 2  # a report that is later than this is not waited for: once


class Sent(NamedTuple):
    """One frame that was handed to the line."""

    number: int
    at_us: int
    places: list[Place]  # how far its sentences have been played once it has left


class Left(NamedTuple):
    """One frame that has left the line."""

    at_us: int
    places: list[Place]


class Ahead:
    """The frames between us and the line's clock."""

    def __init__(self, lead_ms: int) -> None:
        self._lead = max(1, lead_ms // FRAME_MS)  # frames
        self._sent: deque[Sent] = deque()

    @property
    def count(self) -> int:
        """Frames that were sent and, as far as we know, have not left."""
        return len(self._sent)

    def due_us(self, since_us: int) -> int | None:
        """When a frame that has been ready `since_us` may be sent; None: not before the line says more."""
        if len(self._sent) < self._lead:
            return since_us
        if len(self._sent) == self._lead:
            return max(since_us, self._sent[-1].at_us + LATE_REPORT_US)
        return None

    def send(self, number: int, at_us: int, places: list[Place]) -> None:
        """A frame goes to the line."""
        self._sent.append(Sent(number, at_us, places))

    def follow(self, places: list[Place]) -> bool:
        """What has no sound of its own is over with the last frame before it; False when that has left already."""
        if self._sent:
            self._sent[-1].places.extend(places)
        return bool(self._sent)

    def played(self, report: VoicePlayed, now_us: int) -> list[Left]:
        """The frames that have left with this report, each with its own time; none when the frame is not known."""
        count = 1 + next(
            (i for i, sent in enumerate(self._sent) if sent.number % SEQUENCE_MODULUS == report.frame), -1
        )
        last_us = now_us - elapsed_us(report.at_us, now_us % CLOCK_MODULUS_US)
        left = [self._sent.popleft() for _ in range(count)]
        return [
            Left(max(sent.at_us, last_us - (count - 1 - i) * FRAME_US), sent.places)
            for i, sent in enumerate(left)
        ]

    def forget(self) -> None:
        """The line has thrown away what had not left."""
        self._sent.clear()
