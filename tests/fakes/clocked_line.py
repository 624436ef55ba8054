"""A line that sends by a clock of its own, as playback's decisions see it."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np

from engine.protocol import (
    CLOCK_MODULUS_US,
    BargeIn,
    FlushVoice,
    PlaybackStarted,
    SpeechAudio,
    Spoken,
    VoicePlayed,
)
from engine.turns.playout import FRAME_US, Playout, Report, Silenced

CUT = BargeIn("cut", 0)
LEAD_MS = 60
AFTER_FADE = 300  # a sample of a frame that no fade reaches
MS = 1000
T0_US = CLOCK_MODULUS_US - 150 * MS  # the header's clock wraps in every test


class ClockedLine:
    """Takes a frame every 20 ms from what it was sent; reports every `every` frames, `late_us` after they have left."""

    def __init__(self, every: int = 1, late_us: int = 2 * MS, phase_us: int = 7 * MS) -> None:
        self.playout = Playout(LEAD_MS)
        self.now_us = T0_US
        self.every, self.late_us = every, late_us
        self.tick_us = T0_US + phase_us
        self.queue: deque[tuple[int, int]] = deque()  # number, sample value
        self.left: list[tuple[int, int, int]] = []  # number, value, time
        self.mail: deque[tuple[int, VoicePlayed]] = deque()
        self.sent_us: list[int] = []
        self.longest = 0
        self.reports: list[object] = []
        self.asked = False  # to flush
        self.told, self.busy = 0, True  # frames that were told; has it found something at its last tick?

    def add(self, *pieces: SpeechAudio, typed: bool = False) -> list[Spoken]:
        told = [report for piece in pieces for report in self.playout.add(piece, self.now_us, typed)]
        self.send()
        return told

    def send(self) -> None:
        while self.playout.due_us is not None and self.playout.due_us <= self.now_us:
            pcm, reports = self.playout.frame(self.now_us)
            self.reports += reports
            if pcm is not None:
                self.queue.append(
                    (self.playout.number % 65536, int(np.frombuffer(pcm, np.int16)[AFTER_FADE]))
                )
                self.sent_us.append(self.now_us)
                self.longest = max(self.longest, len(self.queue))

    def run(self, ms: float, step_us: int = 1000) -> None:
        until = self.now_us + int(ms * MS)
        while self.now_us < until:
            self.now_us += step_us
            while self.tick_us <= self.now_us:
                self._tick()
            while self.mail and self.mail[0][0] <= self.now_us:
                self.reports += self.playout.line_played(self.mail.popleft()[1], self.now_us)
            self.send()

    def _tick(self) -> None:
        if self.queue:
            self.left.append((*self.queue.popleft(), self.tick_us))
        if len(self.left) >= self.told + (self.every if self.queue or self.busy else 1):
            self.told = len(self.left)
            self.mail.append((self.tick_us + self.late_us, self.word()))
        self.busy = bool(self.queue)
        self.tick_us += FRAME_US

    def word(self, flushed: bool = False) -> VoicePlayed:
        number, _, at_us = self.left[-1] if self.left else (0, 0, 0)
        return VoicePlayed(number, at_us % CLOCK_MODULUS_US, flushed)

    def barge_in(self, action: BargeIn = CUT) -> list[object]:
        return self._ask(self.playout.barge_in(action, self.now_us))

    def silence(self, reason: Silenced) -> list[object]:
        return self._ask(self.playout.silence(reason, self.now_us))

    def talk(self, on: bool) -> list[object]:
        return self._ask(self.playout.talk(on, self.now_us))

    def hear_operator(self, pcm: bytes) -> None:
        self.playout.operator_frame(pcm, self.now_us)
        self.send()

    def _ask(self, reports: Sequence[Report]) -> list[object]:
        self.asked = self.asked or FlushVoice() in reports
        return list(reports)

    def flush(self) -> list[object]:
        """The line hears the flush, throws away what it has, and says so."""
        self.queue.clear()
        self.mail.clear()
        self.told, self.asked = len(self.left), False
        answer = list(self.playout.line_played(self.word(flushed=True), self.now_us))
        self.send()
        return answer

    @property
    def spoken(self) -> list[Spoken]:
        return [report for report in self.reports if isinstance(report, Spoken)]

    @property
    def started(self) -> list[PlaybackStarted]:
        return [report for report in self.reports if isinstance(report, PlaybackStarted)]
