"""When did the packet arrive that carried a far-end frame? Pure: arrivals and frames in, with their times.

The kernel notes when a packet came in; the stack hands over frames, some time later, without a word of the packets.
Both come every 20 ms in the same order, so that counting both ties them together:

    packets   |  0  |  1  |  2  |  3  |           arrival, by the kernel's clock
    frames             |  0  |  1  |  2  |  3     handed over: + the wait in the jitter buffer

Where packets come closer together than frames, each of them carries less than a frame: then nothing is said.

A packet that was lost still makes a frame, and of two packets that came between two looks one is seen: where the beat
is regular, a gap says how many are missing. What is missed beyond that makes the wait look shorter than the jitter
buffer's least, and is mended there.
"""

from __future__ import annotations

import statistics
from collections import deque

PACKET_US = 20_000
KEPT = 50  # a second
SETTLED = 12  # frames before anything is said
LOOK_EVERY = 16  # frames: how often the count is checked
CLOSEST_US = 18_000  # packets, on average of a second: the clocks of two machines differ by far less
REGULAR_US = 6_000  # off the beat
MOST_MISSING = 2  # a longer gap may be a sender that has paused; only the packets themselves tell
SLACK_US = 4_000  # frames are looked for every few milliseconds


class WireClock:
    """One stream's arrivals and frames."""

    def __init__(self, least_us: int) -> None:
        """least_us: what a frame waits at least, the jitter buffer's setting."""
        self._least_us = least_us
        self._arrivals: deque[int] = deque(maxlen=KEPT)  # times of the newest packets
        self._packets = 0  # counted so far
        self._shift: int | None = None  # frame n was carried by packet n + shift
        self._waits: deque[int] = deque(maxlen=KEPT)
        self._frames = 0  # since the stream began, or began anew
        self._irregular = KEPT  # packets until they count as regular

    def packet(self, arrived_us: int) -> None:
        """A packet came in; the newest of several that nobody looked for in time, or the first after a lost one."""
        if self._arrivals:
            last_us = self._arrivals[-1]
            missing = round((arrived_us - last_us) / PACKET_US) - 1
            off_us = abs(arrived_us - last_us - (missing + 1) * PACKET_US)
            self._irregular = KEPT if off_us > REGULAR_US or missing > MOST_MISSING else self._irregular - 1
            if missing <= MOST_MISSING and off_us <= REGULAR_US:
                for place in range(1, missing + 1):
                    self._count(last_us + place * PACKET_US)
        self._count(arrived_us)

    def _count(self, arrived_us: int) -> None:
        self._arrivals.append(arrived_us)
        self._packets += 1

    @property
    def regular(self) -> bool:
        """Packets have come like clockwork for a second: looking once a packet is enough to count them."""
        return self._irregular <= 0

    def frame(self, number: int, at_us: int) -> None:
        """A frame was handed over."""
        self._frames += 1
        if self._shift is None:
            if self._frames >= SETTLED:
                self._anchor(number, at_us)
            return
        place = number + self._shift - (self._packets - len(self._arrivals))
        if place < 0:  # no jitter buffer is as long as what is kept: there were packets without frames
            self.again()
            return
        if place >= len(self._arrivals):  # no frame comes before its packet: some were lost
            self._shift -= place + 1 - len(self._arrivals)
            place = len(self._arrivals) - 1
        self._waits.append(at_us - self._arrivals[place])
        if self._frames % LOOK_EVERY == 0:
            waited_us = self.waited_us
            if waited_us is not None and waited_us < self._least_us - SLACK_US:
                self._shift -= 1  # a packet was lost, or two were taken for one
                possible = [wait_us for wait_us in self._waits if wait_us >= self._least_us - SLACK_US]
                self._waits = deque(possible, maxlen=KEPT)

    def _anchor(self, number: int, at_us: int) -> None:
        """Of all ways to lay frames beside packets the one with the shortest wait that is long enough."""
        for back, arrived_us in enumerate(reversed(self._arrivals)):
            if at_us - arrived_us >= self._least_us - SLACK_US:
                self._shift = self._packets - 1 - back - number
                return

    @property
    def waited_us(self) -> int | None:
        """From a packet's arrival to its frame, the median of the last second; None while it is not known."""
        if len(self._waits) < SETTLED or self._too_close():
            return None
        return int(statistics.median(self._waits))

    def _too_close(self) -> bool:
        arrivals = self._arrivals
        return len(arrivals) == KEPT and arrivals[-1] - arrivals[0] < CLOSEST_US * (KEPT - 1)

    def again(self) -> None:
        """The stream was renegotiated or has paused: what was known of it does not hold any more."""
        self._arrivals.clear()
        self._waits.clear()
        self._shift = None
        self._frames = 0
        self._irregular = KEPT
