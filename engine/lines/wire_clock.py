"""When did the packet arrive that carried a far-end frame? Pure: arrivals and frames in, with their times.

The kernel notes when a packet came in; the stack hands over frames, some time later, without a word of the packets.
Both come every 20 ms in the same order, so that counting both ties them together:

    packets   |  0  |  1  |  2  |  3  |           arrival, by the kernel's clock
    frames             |  0  |  1  |  2  |  3     handed over: + the wait in the jitter buffer

A packet that was lost still makes a frame, and two packets that came between two looks count as one. Both mistakes make
the wait look shorter than the jitter buffer's least, and are mended there.
"""

from __future__ import annotations

import statistics
from collections import deque

PACKET_US = 20_000
KEPT = 50  # a second
SETTLED = 12  # frames before anything is said
SLACK_US = 4_000  # frames are looked for every few milliseconds


class WireClock:
    """One stream's arrivals and frames."""

    def __init__(self, least_us: int) -> None:
        """least_us: what a frame waits at least, the jitter buffer's setting."""
        self._least_us = least_us
        self._arrivals: deque[tuple[int, int]] = deque(maxlen=KEPT)  # number, time
        self._next_packet = 0
        self._shift = 0  # frame n was carried by packet n + shift
        self._anchored = False
        self._frames: deque[tuple[int, int]] = deque(maxlen=KEPT)  # number, time

    def packet(self, arrived_us: int) -> None:
        """A packet came in. The same time twice is the same packet."""
        if self._arrivals and arrived_us <= self._arrivals[-1][1]:
            return
        self._arrivals.append((self._next_packet, arrived_us))
        self._next_packet += 1

    def frame(self, number: int, at_us: int) -> None:
        """A frame was handed over."""
        self._frames.append((number, at_us))
        if len(self._frames) < SETTLED or not self._arrivals:
            return
        if not self._anchored:
            self._anchor()
        waited = self.waited_us
        if waited is not None and waited < self._least_us - SLACK_US:
            self._shift -= 1  # a packet was lost, or two were taken for one

    def _anchor(self) -> None:
        """Of all ways to lay frames beside packets the one with the shortest wait that is long enough."""
        number, at_us = self._frames[-1]
        for packet, arrived_us in reversed(self._arrivals):
            if at_us - arrived_us >= self._least_us - SLACK_US:
                self._shift, self._anchored = packet - number, True
                return

    @property
    def waited_us(self) -> int | None:
        """From a packet's arrival to its frame, the median of the last second; None while it is not known."""
        if not self._anchored:
            return None
        arrived = dict(self._arrivals)
        waits = [
            at_us - arrived[number + self._shift]
            for number, at_us in self._frames
            if number + self._shift in arrived
        ]
        return int(statistics.median(waits)) if len(waits) >= SETTLED else None

    def again(self) -> None:
        """The stream was renegotiated or has paused: what was known of it does not hold any more."""
        self._arrivals.clear()
        self._frames.clear()
        self._anchored = False
