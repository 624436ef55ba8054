"""The operator's voice between the microphone and the line. Pure.

    microphone ──frames, in bursts of one to three──► [ 3 4 5 ] ──one every 20 ms──► line

A stretch of speech starts a little late, by as much as the frames have lately differed in their way here, so that a
burst that is late makes no hole. What piles up all the same is thrown away from its old end: a conversation bears a
lost syllable better than a delay. A line with a clock of its own is given what there is; what waits there counts.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from engine.audio.resample import Interpolator
from engine.protocol import HEARING_RATE_HZ, LINE_RATE_HZ
from engine.turns.ahead import FRAME_US

LONGEST_DELAY_US = FRAME_US  # of a start; a console that sends more unevenly is heard with holes
SHORTEST_DELAY_US = 5_000  # what two processes differ by from one frame to the next
MOST_FRAMES = 5  # 100 ms here and in the line
UNTOLD_FRAMES = 2  # of those in the line may have left: it tells of every second one
JITTER_FRAMES = 50  # a second of them tells how evenly they come
FEW_FRAMES = 10  # fewer of them do not


class OperatorPlayout:
    """One call's. Frames are 20 ms: 16 kHz in, 48 kHz out."""

    def __init__(self, line_has_clock: bool) -> None:
        self.due_us: int | None = None  # when `frame` must be asked next
        self.dropped = 0  # frames that came too late
        self._line_has_clock = line_has_clock
        self._waiting: deque[bytes] = deque()
        self._to_line_rate = Interpolator(LINE_RATE_HZ // HEARING_RATE_HZ)
        self._came = 0  # frames since the stretch began
        self._ways_us: deque[int] = deque(maxlen=JITTER_FRAMES)  # how late each came, on an even clock
        self._delay_us = LONGEST_DELAY_US

    def add(self, pcm: bytes, now_us: int, in_line: int = 0) -> None:
        """A frame of the microphone. in_line: frames that the line was sent and has not told of."""
        self._ways_us.append(now_us - self._came * FRAME_US)
        self._came += 1
        self._waiting.append(pcm)
        room = max(1, MOST_FRAMES - max(0, in_line - UNTOLD_FRAMES))
        while len(self._waiting) > room:
            self._waiting.popleft()
            self.dropped += 1
        if self.due_us is None:
            self._learn()
            self.due_us = now_us if in_line else now_us + self._delay_us

    def frame(self, now_us: int) -> bytes | None:
        """The frame that is due; None: the microphone owes it."""
        if not self._waiting:
            self.due_us = None
            return None
        pcm = np.frombuffer(self._waiting.popleft(), np.int16)
        if self._line_has_clock:
            self.due_us = now_us if self._waiting else None
        else:
            self.due_us = max((self.due_us or now_us) + FRAME_US, now_us - FRAME_US)
        return self._to_line_rate.feed(pcm).tobytes()

    def _learn(self) -> None:
        if len(self._ways_us) >= FEW_FRAMES:
            spread_us = max(self._ways_us) - min(self._ways_us)
            self._delay_us = min(LONGEST_DELAY_US, max(SHORTEST_DELAY_US, spread_us))

    def clear(self) -> None:
        """The microphone is off: nothing of it may leave from now on."""
        self._learn()
        self.due_us = None
        self._waiting.clear()
        self._ways_us.clear()
        self._came = 0
        self._to_line_rate = Interpolator(LINE_RATE_HZ // HEARING_RATE_HZ)
